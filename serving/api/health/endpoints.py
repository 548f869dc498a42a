"""`/healthz`. Belongs here: liveness. Does not belong here: anything that could block or fail."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from serving.api.descriptions import answered
from serving.api.health import service
from serving.api.health.schemas import EXAMPLE, Health
from serving.api.state import library

router = APIRouter(tags=["health"])


@router.get(
    "/healthz",
    summary="Liveness",
    response_class=Response,
    responses=answered(Health, "The process answers", EXAMPLE, conditional=False),
)
async def healthz(request: Request) -> Response:
    """Answers 200 while the process lives, and says which cycle it serves."""
    return Response(service.health(library(request)).model_dump_json(), media_type="application/json")
