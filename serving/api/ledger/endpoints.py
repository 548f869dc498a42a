"""`/v1/ledger`. Belongs here: translation between HTTP and the service."""

from __future__ import annotations

import orjson
from fastapi import APIRouter, Request, Response

from dp_assets.domain.access import Permission
from serving.api.access import GuardedRoute, needs, principal_of
from serving.api.descriptions import answered, documented
from serving.api.ledger import service
from serving.api.ledger.schemas import LEDGER_EXAMPLE, Ledger, LedgerQuery
from serving.api.parameters import parse
from serving.api.problems import BadParameterError, PlanningUnavailableError, may_raise
from serving.api.writing import beside, desk

router = APIRouter(tags=["ledger"], route_class=GuardedRoute)


@router.get(
    "/v1/ledger",
    response_class=Response,
    summary="Who did what",
    responses={
        **answered(Ledger, "Rows of the audit ledger, the newest first", LEDGER_EXAMPLE, conditional=False),
        **may_raise(BadParameterError, PlanningUnavailableError),
    },
    openapi_extra={"parameters": documented(LedgerQuery, path={})},
)
@needs(Permission.OPERATE)
async def ledger(request: Request) -> Response:
    """Searches the audit ledger: every change of planners' numbers, scenarios, files, what is published and served,
    users and keys. Rows about users, keys and refused sign-ins are for administrators alone."""
    query, principal, here = parse(LedgerQuery, request), principal_of(request), desk(request)
    answer = await beside(here.turns, lambda: service.search(here, principal, query))
    return Response(orjson.dumps(answer), media_type="application/json")
