"""`/v1/cycles` and `/v1/cycles/{cycle}`. Belongs here: translation between HTTP and the service."""

from __future__ import annotations

import asyncio

import orjson
from fastapi import APIRouter, Request, Response

from dp_assets.domain.access import Permission
from serving.api.access import GuardedRoute, needs, principal_of
from serving.api.descriptions import answered, documented
from serving.api.lineage import service
from serving.api.lineage.schemas import CARD_EXAMPLE, EXAMPLE, CardQuery, CycleCard, Cycles
from serving.api.parameters import parse
from serving.api.problems import BadParameterError, UnknownCycleError, may_raise
from serving.api.state import library

router = APIRouter(tags=["cycles"], route_class=GuardedRoute)
CYCLE = {"cycle": "Cutoff of the cycle, YYYY-MM-DD."}


@router.get(
    "/v1/cycles",
    response_class=Response,
    summary="Cycles of the lake",
    responses=answered(Cycles, "Every cycle, and what was made of it", EXAMPLE, conditional=False),
)
@needs(Permission.READ, heeds_scope=True)
async def all_cycles(request: Request) -> Response:
    """Every cycle that the lake knows, oldest first: whether it was forecast, published, bundled, scored, explained."""
    shelf = library(request)
    served = shelf.current.cycle if shelf.current else None
    found = await asyncio.to_thread(service.cycles, shelf.lake, served)
    answer = {**found, "dagster_url": service.dagster_url(request.app.state.settings, principal_of(request))}
    return Response(orjson.dumps(answer), media_type="application/json")


@router.get(
    "/v1/cycles/{cycle}",
    response_class=Response,
    summary="Card and lineage of a cycle",
    responses={
        **answered(CycleCard, "Model, leaderboard, intervals, planners, tables", CARD_EXAMPLE, conditional=False),
        **may_raise(UnknownCycleError, BadParameterError),
    },
    openapi_extra={"parameters": documented(CardQuery, path=CYCLE)},
)
@needs(Permission.READ)
async def cycle_card(request: Request) -> Response:
    """What a cycle is made of: the model behind it and how it was judged, the contract of intervals, how far planners'
    numbers are in, and every table with its hash and the run that wrote it."""
    parse(CardQuery, request)
    shelf, cycle = library(request), request.path_params["cycle"]
    served = shelf.current.cycle if shelf.current else None
    found = await asyncio.to_thread(service.card, shelf.lake, cycle, served)
    return Response(orjson.dumps(found), media_type="application/json")
