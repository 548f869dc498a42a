"""`/v1/worklist`. Belongs here: translation between HTTP and the service."""

from __future__ import annotations

import asyncio

import orjson
from fastapi import APIRouter, Request, Response

from dp_assets.domain.access import Permission
from serving.api.access import GuardedRoute, needs
from serving.api.answers import conditional, etag
from serving.api.descriptions import answered, documented
from serving.api.parameters import parse
from serving.api.problems import BadParameterError, NoBundleError, NotMadeError, may_raise
from serving.api.state import library, table, view_of_tables
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
    loaded = library(request).current
    bundle = loaded.bundle if query.recent and loaded and loaded.cycle == exceptions.cycle else None
    asked = ("worklist", exceptions.cycle, bundle and bundle.version, seen and seen.stamp, *query.model_dump().items())
    tag = etag(exceptions.sha256, asked)
    if bundle is None:
        return conditional(request, tag, lambda: orjson.dumps(service.worklist(exceptions, seen, query)))
    # Beside the event loop: the history of a node is a sum over the series below it.
    answer = await asyncio.to_thread(service.worklist, exceptions, seen, query, bundle)
    return conditional(request, tag, lambda: orjson.dumps(answer))
