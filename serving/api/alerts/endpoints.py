"""`/v1/alerts`. Belongs here: translation between HTTP and the service."""

from __future__ import annotations

import orjson
from fastapi import APIRouter, Request, Response

from dp_assets.domain.access import Permission
from serving.api.access import GuardedRoute, needs
from serving.api.alerts import service
from serving.api.alerts.schemas import ALERTS_EXAMPLE, Alerts, AlertsQuery
from serving.api.descriptions import answered, documented
from serving.api.parameters import parse
from serving.api.problems import BadParameterError, PlanningUnavailableError, may_raise
from serving.api.writing import beside, desk

router = APIRouter(tags=["alerts"], route_class=GuardedRoute)


@router.get(
    "/v1/alerts",
    response_class=Response,
    summary="What is wrong, and what was",
    responses={
        **answered(Alerts, "Alerts, the last opened first", ALERTS_EXAMPLE, conditional=False),
        **may_raise(BadParameterError, PlanningUnavailableError),
    },
    openapi_extra={"parameters": documented(AlertsQuery, path={})},
)
@needs(Permission.OPERATE)
async def alerts(request: Request) -> Response:
    """Alerts about runs, files, cycles and checks: what happened, what it means, what to do, whom it was told to. They
    open and close by themselves; a sensor of the asset graph looks every 15 seconds."""
    query, here = parse(AlertsQuery, request), desk(request)
    answer = await beside(here.turns, lambda: service.search(here, query))
    return Response(orjson.dumps(answer), media_type="application/json")
