"""`/v1/conflicts`. Belongs here: translation between HTTP and the service."""

from __future__ import annotations

import asyncio

import orjson
from fastapi import APIRouter, Request, Response

from dp_assets.domain.access import NodeScope, Permission
from serving.api.access import GuardedRoute, needs, principal_of
from serving.api.conflicts import service
from serving.api.conflicts.schemas import (
    CORRECTED_EXAMPLE,
    EXAMPLE,
    WANTED_EXAMPLE,
    Conflicts,
    ConflictsQuery,
    Corrected,
    CorrectionsWanted,
)
from serving.api.descriptions import answered, documented, documented_body
from serving.api.parameters import parse, parse_body
from serving.api.problems import (
    BadParameterError,
    ForbiddenError,
    KeyUsedError,
    NoBundleError,
    NotMadeError,
    PlanningUnavailableError,
    RefusedEditError,
    UnknownSkuError,
    may_raise,
)
from serving.api.state import in_service, library, table, view, view_of_tables
from serving.api.writing import IDEMPOTENCY_KEY, beside, changed, desk

router = APIRouter(tags=["files"], route_class=GuardedRoute)


@router.get(
    "/v1/conflicts",
    response_class=Response,
    summary="Attributes on which producers disagree",
    responses={
        **answered(Conflicts, "Disagreements, SKU by SKU", EXAMPLE, conditional=False),
        **may_raise(NotMadeError, BadParameterError, NoBundleError),
    },
    openapi_extra={"parameters": documented(ConflictsQuery, path={})},
)
@needs(Permission.READ, heeds_scope=True)
async def conflicts(request: Request) -> Response:
    """Single-valued attributes of which producers give different values: who says what, and whose value is used.

    The lowest `priority` of demand.yaml wins, then the newest file; a planner's correction wins over all.
    """
    query, here = parse(ConflictsQuery, request), desk(request)
    found = await table(request, "attribute_conflicts", query.cycle)
    seen = await view_of_tables(request)
    answer = await asyncio.to_thread(service.conflicts, found, seen, query)
    answer |= await beside(here.turns, lambda: service.where_corrections_go(here))
    return Response(orjson.dumps(answer), media_type="application/json")


@router.post(
    "/v1/conflicts/corrections",
    response_class=Response,
    status_code=201,
    summary="Correct attributes",
    responses={
        201: answered(Corrected, "A file of corrections landed", CORRECTED_EXAMPLE, conditional=False)[200],
        **may_raise(
            BadParameterError,
            RefusedEditError,
            KeyUsedError,
            UnknownSkuError,
            ForbiddenError,
            NoBundleError,
            PlanningUnavailableError,
        ),
    },
    openapi_extra={
        "requestBody": documented_body(CorrectionsWanted, WANTED_EXAMPLE),
        "parameters": [IDEMPOTENCY_KEY],
    },
)
@needs(Permission.PLAN, heeds_scope=True)
async def correct(request: Request) -> Response:
    """Says what attributes of SKUs are, whatever producers say: from the next cycle on, until a newer correction.

    It becomes a file of the producer that takes corrections, and can be recalled like any other.
    """
    wanted, principal, loaded = await parse_body(CorrectionsWanted, request), principal_of(request), in_service(request)
    nodes = principal.scope.nodes
    own = None if nodes is None else await loaded.views.of(NodeScope(nodes))
    known = await library(request).tables.get("sku_attributes", loaded.cycle)
    service.check_skus([one.sku for one in wanted.corrections], await view(request, loaded), own, known)
    return await changed(request, lambda here, asked: service.correct(here, principal.name, wanted, asked))
