"""`/v1/changes`. Belongs here: translation between HTTP and the service."""

from __future__ import annotations

import orjson
from fastapi import APIRouter, Request, Response

from dp_assets.domain.access import Permission
from serving.api.access import GuardedRoute, needs
from serving.api.answers import conditional, etag
from serving.api.changes import service
from serving.api.changes.schemas import EXAMPLE, Changes, ChangesQuery
from serving.api.descriptions import answered, documented
from serving.api.parameters import parse
from serving.api.problems import BadParameterError, NoBundleError, NotMadeError, UnknownSeriesError, may_raise
from serving.api.state import table, view_of_tables

router = APIRouter(tags=["reasons"], route_class=GuardedRoute)
SERIES = {"series_id": "The key columns joined by `|`."}


@router.get(
    "/v1/changes/{series_id:path}",
    response_class=Response,
    summary="Why a forecast changed",
    responses={
        **answered(Changes, "The waterfall from the cycle before, bucket by bucket", EXAMPLE),
        **may_raise(UnknownSeriesError, NotMadeError, BadParameterError, NoBundleError),
    },
    openapi_extra={"parameters": documented(ChangesQuery, path=SERIES)},
)
@needs(Permission.READ, heeds_scope=True)
async def changes(request: Request) -> Response:
    """The table `forecast_changes` of a cycle for one series: what each reason changed of the earlier number."""
    query, series_id = parse(ChangesQuery, request), request.path_params["series_id"]
    found = await table(request, "forecast_changes", query.cycle)
    tag = etag(found.sha256, ("changes", found.cycle, series_id))
    answer = service.changes(found, await view_of_tables(request), series_id)
    return conditional(request, tag, lambda: orjson.dumps(answer))
