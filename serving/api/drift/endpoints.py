"""`/v1/drift` and `/v1/drift/cycles`. Belongs here: translation between HTTP and the service."""

from __future__ import annotations

import asyncio

import orjson
from fastapi import APIRouter, Request, Response

from dp_assets.domain.access import Permission
from serving.api.access import GuardedRoute, needs
from serving.api.answers import conditional, etag
from serving.api.descriptions import answered, documented
from serving.api.drift import service
from serving.api.drift.schemas import CYCLES_EXAMPLE, EXAMPLE, Drift, DriftCycles, DriftCyclesQuery, DriftQuery
from serving.api.parameters import parse
from serving.api.problems import BadParameterError, NoBundleError, NotMadeError, may_raise
from serving.api.state import library, table

router = APIRouter(tags=["accuracy"], route_class=GuardedRoute)


@router.get(
    "/v1/drift",
    response_class=Response,
    summary="Whether the champion still fits",
    responses={
        **answered(Drift, "What changed since the champion was trained", EXAMPLE),
        **may_raise(NotMadeError, BadParameterError, NoBundleError),
    },
    openapi_extra={"parameters": documented(DriftQuery, path={})},
)
@needs(Permission.READ)
async def drift(request: Request) -> Response:
    """The table `drift` of a cycle: errors, coverage, channels and attributes against the champion's training.

    It is about all series together, so whoever must not see every node is refused.
    """
    query = parse(DriftQuery, request)
    found = await table(request, "drift", query.cycle)
    tag = etag(found.sha256, ("drift", found.cycle, *query.model_dump().items()))
    return conditional(request, tag, lambda: orjson.dumps(service.drift(found, query)))


@router.get(
    "/v1/drift/cycles",
    response_class=Response,
    summary="Drift over cycles, and what came of retrainings",
    responses={
        **answered(DriftCycles, "Verdicts and retrainings, the newest first", CYCLES_EXAMPLE, conditional=False),
        **may_raise(BadParameterError),
    },
    openapi_extra={"parameters": documented(DriftCyclesQuery, path={})},
)
@needs(Permission.READ)
async def drift_cycles(request: Request) -> Response:
    """Per cycle whether its champion still fits and how far off it was; per retraining why, and whether it took over.

    It is about all series together, so whoever must not see every node is refused.
    """
    limit = parse(DriftCyclesQuery, request).limit
    lake, tables = library(request).lake, library(request).tables
    records = await asyncio.to_thread(service.judged, lake, limit)
    trained = await asyncio.to_thread(service.retrainings, lake, limit)
    found = {cycle: kept for cycle in records if (kept := await tables.get("drift", cycle)) is not None}
    return Response(service.cycles(records, found, trained).model_dump_json(), media_type="application/json")
