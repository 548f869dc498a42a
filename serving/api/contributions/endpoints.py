"""`/v1/contributions`. Belongs here: translation between HTTP and the service."""

from __future__ import annotations

import orjson
from fastapi import APIRouter, Request, Response

from dp_assets.domain.access import Permission
from serving.api.access import GuardedRoute, needs
from serving.api.answers import conditional, etag
from serving.api.contributions import service
from serving.api.contributions.schemas import EXAMPLE, Contributions, ContributionsQuery
from serving.api.descriptions import answered, documented
from serving.api.parameters import parse
from serving.api.problems import BadParameterError, NoBundleError, NotMadeError, UnknownSeriesError, may_raise
from serving.api.state import table, view_of_tables

router = APIRouter(tags=["reasons"], route_class=GuardedRoute)
SERIES = {"series_id": "The key columns joined by `|`."}


@router.get(
    "/v1/contributions/{series_id:path}",
    response_class=Response,
    summary="Why a forecast is what it is",
    responses={
        **answered(Contributions, "What every driver adds to the baseline, lead by lead", EXAMPLE),
        **may_raise(UnknownSeriesError, NotMadeError, BadParameterError, NoBundleError),
    },
    openapi_extra={"parameters": documented(ContributionsQuery, path=SERIES)},
)
@needs(Permission.READ, heeds_scope=True)
async def contributions(request: Request) -> Response:
    """The table `feature_contributions` of a cycle for one series: those of a lead sum to forecast − baseline."""
    query, series_id = parse(ContributionsQuery, request), request.path_params["series_id"]
    found = await table(request, "feature_contributions", query.cycle)
    tag = etag(found.sha256, ("contributions", found.cycle, series_id, query.lead))
    # Before the tag is looked at: what is not there, or not seen, has none.
    answer = service.contributions(found, await view_of_tables(request), series_id, query.lead)
    return conditional(request, tag, lambda: orjson.dumps(answer))
