"""`/v1/cycles`. Belongs here: translation between HTTP and the service."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from serving.api.cycles import service
from serving.api.cycles.schemas import EXAMPLE, Cycle
from serving.api.descriptions import answered
from serving.api.problems import NoBundleError, may_raise
from serving.api.state import in_service

router = APIRouter(tags=["cycles"])


@router.get(
    "/v1/cycles/current",
    summary="The cycle being served",
    response_class=Response,
    responses={
        **answered(Cycle, "The cycle and what made its forecasts", EXAMPLE, conditional=False),
        **may_raise(NoBundleError),
    },
)
async def current_cycle(request: Request) -> Response:
    """Which cycle the forecasts are of, how far they reach, and what made them."""
    return Response(service.current_cycle(in_service(request)).model_dump_json(), media_type="application/json")
