"""`/v1/forecast/newcomers`. Belongs here: HTTP and the service. Does not belong here: any decision."""

from __future__ import annotations

import asyncio

import orjson
from fastapi import APIRouter, Request, Response

from dp_assets.domain.access import Permission
from serving.api.access import GuardedRoute, needs
from serving.api.descriptions import answered, documented_body
from serving.api.newcomers import service
from serving.api.newcomers.schemas import EXAMPLE, QUESTION, Newcomer, NewcomerForecast
from serving.api.parameters import parse_body
from serving.api.problems import BadParameterError, NoBundleError, NotComputableError, UnknownCycleError, may_raise
from serving.api.state import of_cycle, view

router = APIRouter(tags=["forecasts"], route_class=GuardedRoute)


@router.post(
    "/v1/forecast/newcomers",
    response_class=Response,
    summary="Forecast of a product that nobody has sold yet",
    responses={
        **answered(NewcomerForecast, "Mean, median and intervals, lead by lead", EXAMPLE, conditional=False),
        **may_raise(UnknownCycleError, BadParameterError, NotComputableError, NoBundleError),
    },
    openapi_extra={"requestBody": documented_body(Newcomer, QUESTION)},
)
@needs(Permission.READ, heeds_scope=True)
async def newcomer(request: Request) -> Response:
    """A product described by its attributes alone, as a cycle would forecast it: like its family. Nothing is kept.

    The family is the deepest level of the first hierarchy with five members that have some history, and in the end
    everything. Who is kept to nodes is answered by what lies in them.
    """
    asked = await parse_body(Newcomer, request)
    loaded = await of_cycle(request, asked.cycle)
    seen = await view(request, loaded)
    found = await asyncio.to_thread(service.forecast_of, seen, asked)
    return Response(orjson.dumps(found), media_type="application/json")
