"""`/v1/series`. Belongs here: translation between HTTP and the service."""

from __future__ import annotations

import orjson
from fastapi import APIRouter, Request, Response

from dp_assets.domain.access import Permission
from serving.api.access import GuardedRoute, needs
from serving.api.answers import conditional, etag
from serving.api.descriptions import answered, documented
from serving.api.parameters import parse
from serving.api.problems import BadParameterError, NoBundleError, UnknownCycleError, may_raise
from serving.api.series import service
from serving.api.series.schemas import EXAMPLE, SeriesPage, SeriesQuery
from serving.api.state import of_cycle, view

router = APIRouter(tags=["series"], route_class=GuardedRoute)


@router.get(
    "/v1/series",
    response_class=Response,
    summary="Series",
    responses={
        **answered(SeriesPage, "Series by SKU, with their attributes", EXAMPLE),
        **may_raise(UnknownCycleError, BadParameterError, NoBundleError),
    },
    openapi_extra={"parameters": documented(SeriesQuery, path={})},
)
@needs(Permission.READ, heeds_scope=True)
async def all_series(request: Request) -> Response:
    """What is forecast: ids, key columns and attributes, filtered and page by page."""
    query = parse(SeriesQuery, request)
    loaded = await of_cycle(request, query.cycle)
    seen = await view(request, loaded)
    tag = etag(loaded.version, ("series", seen.stamp, *query.model_dump().items()))
    return conditional(request, tag, lambda: orjson.dumps(service.series_page(loaded, seen, query)))
