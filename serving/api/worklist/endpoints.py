"""`/v1/worklist`. Belongs here: translation between HTTP and the service."""

from __future__ import annotations

import orjson
from fastapi import APIRouter, Request, Response

from dp_assets.domain.access import Permission
from serving.api.access import GuardedRoute, needs
from serving.api.answers import conditional, etag
from serving.api.descriptions import answered, documented
from serving.api.parameters import parse
from serving.api.problems import BadParameterError, NoBundleError, NotMadeError, may_raise
from serving.api.state import table, view_of_tables
from serving.api.worklist import service
from serving.api.worklist.schemas import EXAMPLE, Worklist, WorklistQuery

router = APIRouter(tags=["worklist"], route_class=GuardedRoute)


@router.get(
    "/v1/worklist",
    response_class=Response,
    summary="What to look at first",
    responses={
        **answered(Worklist, "Exceptions by money at stake", EXAMPLE),
        **may_raise(NotMadeError, BadParameterError, NoBundleError),
    },
    openapi_extra={"parameters": documented(WorklistQuery, path={})},
)
@needs(Permission.READ, heeds_scope=True)
async def worklist(request: Request) -> Response:
    """The table `exceptions` of a cycle: what changed much, is biased, new, outside its interval or about to expire."""
    query = parse(WorklistQuery, request)
    exceptions = await table(request, "exceptions", query.cycle)
    seen = await view_of_tables(request)
    tag = etag(exceptions.sha256, ("worklist", exceptions.cycle, seen and seen.stamp, *query.model_dump().items()))
    return conditional(request, tag, lambda: orjson.dumps(service.worklist(exceptions, seen, query)))
