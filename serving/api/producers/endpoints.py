"""`/v1/producers`. Belongs here: translation between HTTP and the service."""

from __future__ import annotations

import orjson
from fastapi import APIRouter, Request, Response

from dp_assets.domain.access import Permission
from serving.api.access import GuardedRoute, needs
from serving.api.descriptions import answered
from serving.api.problems import PlanningUnavailableError, may_raise
from serving.api.producers import service
from serving.api.producers.schemas import EXAMPLE, Producers
from serving.api.state import library
from serving.api.writing import beside, desk

router = APIRouter(tags=["files"], route_class=GuardedRoute)


@router.get(
    "/v1/producers",
    response_class=Response,
    summary="Who delivers files",
    responses={
        **answered(Producers, "Producers, and how fresh they are", EXAMPLE, conditional=False),
        **may_raise(PlanningUnavailableError),
    },
)
@needs(Permission.READ)
async def producers(request: Request) -> Response:
    """Each producer: when its newest file came and whether that is late, states of its files, what became of rows."""
    here, reader = desk(request), library(request).tables.reader()
    answer = await beside(here.turns, lambda: service.producers(here, reader))
    return Response(orjson.dumps(answer), media_type="application/json")
