"""`/v1/thresholds`. Belongs here: translation between HTTP and the service."""

from __future__ import annotations

import orjson
from fastapi import APIRouter, Request, Response

from dp_assets.domain.access import Permission
from serving.api.access import GuardedRoute, needs
from serving.api.descriptions import answered
from serving.api.problems import PlanningUnavailableError, may_raise
from serving.api.thresholds import service
from serving.api.thresholds.schemas import THRESHOLDS_EXAMPLE, Thresholds
from serving.api.writing import beside, desk

router = APIRouter(tags=["thresholds"], route_class=GuardedRoute)


@router.get(
    "/v1/thresholds",
    response_class=Response,
    summary="What something is judged by",
    responses={
        **answered(Thresholds, "Settings of the configuration", THRESHOLDS_EXAMPLE, conditional=False),
        **may_raise(PlanningUnavailableError),
    },
)
@needs(Permission.READ)
async def thresholds(request: Request) -> Response:
    """What puts items on the worklist, warns of a file or holds it back, caps outliers, and widens intervals. They are
    changed in `demand.yaml`; this process reads it when it starts."""
    here = desk(request)
    answer = await beside(here.turns, lambda: service.thresholds(here))
    return Response(orjson.dumps(answer), media_type="application/json")
