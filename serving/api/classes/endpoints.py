"""`/v1/classes`. Belongs here: translation between HTTP and the service."""

from __future__ import annotations

import orjson
from fastapi import APIRouter, Request, Response

from dp_assets.domain.access import Permission
from serving.api.access import GuardedRoute, needs
from serving.api.answers import conditional, etag
from serving.api.classes import service
from serving.api.classes.schemas import EXAMPLE, ClassesPage, ClassesQuery
from serving.api.descriptions import answered, documented
from serving.api.parameters import parse
from serving.api.problems import BadParameterError, NoBundleError, NotMadeError, may_raise
from serving.api.state import table, view_of_tables

router = APIRouter(tags=["series"], route_class=GuardedRoute)


@router.get(
    "/v1/classes",
    response_class=Response,
    summary="Classes of series",
    responses={
        **answered(ClassesPage, "Series by series_id, with their classes", EXAMPLE),
        **may_raise(NotMadeError, BadParameterError, NoBundleError),
    },
    openapi_extra={"parameters": documented(ClassesQuery, path={})},
)
@needs(Permission.READ, heeds_scope=True)
async def classes(request: Request) -> Response:
    """The table `series_classes` of a cycle: how much each series matters, how steady it is, how it sells."""
    query = parse(ClassesQuery, request)
    found, seen = await table(request, "series_classes", query.cycle), await view_of_tables(request)
    tag = etag(found.sha256, ("classes", found.cycle, seen and seen.stamp, *query.model_dump().items()))
    return conditional(request, tag, lambda: orjson.dumps(service.classes(found, seen, query)))
