"""`/v1/channels`. Belongs here: translation between HTTP and the service."""

from __future__ import annotations

import orjson
from fastapi import APIRouter, Request, Response

from dp_assets.domain.access import Permission
from serving.api.access import GuardedRoute, needs
from serving.api.answers import conditional, etag
from serving.api.channels import service
from serving.api.channels.schemas import EXAMPLE, Channels, ChannelsQuery
from serving.api.descriptions import answered, documented
from serving.api.parameters import parse
from serving.api.problems import (
    BadParameterError,
    NoBundleError,
    UnknownCycleError,
    UnknownSeriesError,
    may_raise,
)
from serving.api.state import of_cycle, view

router = APIRouter(tags=["reasons"], route_class=GuardedRoute)
SERIES = {"series_id": "The key columns joined by `|`."}


@router.get(
    "/v1/channels/{series_id:path}",
    response_class=Response,
    summary="What the models are told of a series",
    responses={
        **answered(Channels, "Promotions, prices, holidays and outside influences, bucket by bucket", EXAMPLE),
        **may_raise(UnknownSeriesError, UnknownCycleError, BadParameterError, NoBundleError),
    },
    openapi_extra={"parameters": documented(ChannelsQuery, path=SERIES)},
)
@needs(Permission.READ, heeds_scope=True)
async def channels(request: Request) -> Response:
    """The buckets that a forecast reads, about the last year, and those ahead as they were planned at the cutoff."""
    query, series_id = parse(ChannelsQuery, request), request.path_params["series_id"]
    loaded = await of_cycle(request, query.cycle)
    row = service.row_of(loaded.bundle, await view(request, loaded), series_id)
    tag = etag(loaded.version, ("channels", series_id))
    return conditional(request, tag, lambda: orjson.dumps(service.channels_of(loaded.bundle, series_id, row)))
