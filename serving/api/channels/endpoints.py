"""`/v1/channels` and `/v1/hierarchies/{name}/channels`. Belongs here: translation between HTTP and the service."""

from __future__ import annotations

import asyncio

import orjson
from fastapi import APIRouter, Request, Response

from dp_assets.domain.access import Permission
from serving.api.access import GuardedRoute, needs
from serving.api.answers import conditional, etag, is_known, not_modified
from serving.api.channels import service
from serving.api.channels.schemas import (
    EXAMPLE,
    NODE_EXAMPLE,
    Channels,
    ChannelsOfNode,
    ChannelsOfNodeQuery,
    ChannelsQuery,
)
from serving.api.descriptions import answered, documented
from serving.api.nodes.service import row_of
from serving.api.parameters import parse
from serving.api.problems import (
    BadParameterError,
    NoBundleError,
    UnknownCycleError,
    UnknownNodeError,
    UnknownSeriesError,
    may_raise,
)
from serving.api.state import of_cycle, view

router = APIRouter(tags=["reasons"], route_class=GuardedRoute)
SERIES = {"series_id": "The key columns joined by `|`."}
NODE = {
    "name": "Name of a hierarchy, as configured.",
    "node": "Path of the node, joined by `/`; `total` is the top.",
}


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


@router.get(
    "/v1/hierarchies/{name}/channels/{node:path}",
    response_class=Response,
    summary="What the models are told of the series below a node",
    responses={
        **answered(ChannelsOfNode, "Which share of the series is promoted, and the calendar, by bucket", NODE_EXAMPLE),
        **may_raise(UnknownNodeError, UnknownCycleError, BadParameterError, NoBundleError),
    },
    openapi_extra={"parameters": documented(ChannelsOfNodeQuery, path=NODE)},
)
@needs(Permission.READ, heeds_scope=True)
async def channels_of_node(request: Request) -> Response:
    """Means over the series below the node that models are told of: of promotions, the share of series under them."""
    query, node = parse(ChannelsOfNodeQuery, request), request.path_params["node"]
    loaded = await of_cycle(request, query.cycle)
    row = row_of(await view(request, loaded), request.path_params["name"], node, query.level)
    tag = etag(loaded.version, ("channels of node", row))
    if is_known(request, tag.encode()):
        return not_modified(tag)
    found = await asyncio.to_thread(service.channels_of_node, loaded.bundle, row)
    return conditional(request, tag, lambda: orjson.dumps(found))
