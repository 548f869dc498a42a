"""`/healthz`. Belongs here: liveness. Does not belong here: anything that could block or fail for a bare question."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from dp_assets.domain.access import Permission
from serving.api.access import GuardedRoute, Need, admit, public, shows_something
from serving.api.descriptions import answered
from serving.api.health import service
from serving.api.health.schemas import EXAMPLE, Health
from serving.api.problems import (
    CannotAuthenticateError,
    ForbiddenError,
    TooManyRequestsError,
    UnauthenticatedError,
    may_raise,
)
from serving.api.state import gate, library

router = APIRouter(tags=["health"], route_class=GuardedRoute)
READERS = Need(Permission.READ, heeds_scope=True)


@router.get(
    "/healthz",
    summary="Liveness",
    response_class=Response,
    responses={
        **answered(Health, "The process answers", EXAMPLE, conditional=False),
        **may_raise(UnauthenticatedError, ForbiddenError, TooManyRequestsError, CannotAuthenticateError),
    },
)
@public
async def healthz(request: Request) -> Response:
    """Answers 200 while the process lives, and says whether forecasts can be served; to readers also which.

    Who shows nothing is always answered. A key or token that does not hold is refused here as elsewhere.
    """
    shown = {"status", "ready"}
    if gate(request).is_open or shows_something(request):
        await admit(request, READERS)
        shown = set(Health.model_fields)
    found = service.health(library(request), gate(request))
    return Response(found.model_dump_json(include=shown), media_type="application/json")
