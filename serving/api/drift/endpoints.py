"""`/v1/drift`. Belongs here: translation between HTTP and the service."""

from __future__ import annotations

import orjson
from fastapi import APIRouter, Request, Response

from dp_assets.domain.access import Permission
from serving.api.access import GuardedRoute, needs
from serving.api.answers import conditional, etag
from serving.api.descriptions import answered, documented
from serving.api.drift import service
from serving.api.drift.schemas import EXAMPLE, Drift, DriftQuery
from serving.api.parameters import parse
from serving.api.problems import BadParameterError, NoBundleError, NotMadeError, may_raise
from serving.api.state import table

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
