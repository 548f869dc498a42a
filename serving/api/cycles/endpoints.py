"""`/v1/cycles`. Belongs here: translation between HTTP and the service."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from dp_assets.domain.access import Permission
from serving.api.access import GuardedRoute, needs
from serving.api.cycles import service
from serving.api.cycles.schemas import EXAMPLE, Cycle
from serving.api.descriptions import answered
from serving.api.problems import NoBundleError, may_raise
from serving.api.state import in_service, view

router = APIRouter(tags=["cycles"], route_class=GuardedRoute)


@router.get(
    "/v1/cycles/current",
    summary="The cycle being served",
    response_class=Response,
    responses={
        **answered(Cycle, "The cycle and what made its forecasts", EXAMPLE, conditional=False),
        **may_raise(NoBundleError),
    },
)
@needs(Permission.READ, heeds_scope=True)
async def current_cycle(request: Request) -> Response:
    """Which cycle the forecasts are of, how far they reach, and what made them.

    Whoever is kept to some nodes and must not see others is told of the series below them only.
    """
    loaded = in_service(request)
    found = service.current_cycle(loaded, await view(request, loaded))
    return Response(found.model_dump_json(), media_type="application/json")
