"""`/v1/history` and `/v1/hierarchies/{name}/history`. Belongs here: translation between HTTP and the service."""

from __future__ import annotations

import asyncio

import orjson
from fastapi import APIRouter, Request, Response

from dp_assets.domain.access import Permission
from serving.api.access import GuardedRoute, needs
from serving.api.answers import conditional, etag
from serving.api.descriptions import answered, documented
from serving.api.forecasts.service import rows_of
from serving.api.history import as_of, service
from serving.api.history.schemas import (
    EXAMPLE,
    NODE_EXAMPLE,
    HistoryQuery,
    NodeHistory,
    NodeHistoryQuery,
    SkuHistory,
)
from serving.api.moments import grid_in_service, of_moment
from serving.api.nodes.service import row_of
from serving.api.parameters import parse
from serving.api.problems import (
    BadParameterError,
    NoBundleError,
    UnknownCycleError,
    UnknownNodeError,
    UnknownSkuError,
    may_raise,
)
from serving.api.state import library, of_cycle, view

router = APIRouter(tags=["history"], route_class=GuardedRoute)
NODE = {
    "name": "Name of a hierarchy, as configured.",
    "node": "Path of the node, joined by `/`; `total` is the top.",
}
SKU = {"sku": "Stock keeping unit, as the producers write it."}


@router.get(
    "/v1/history/{sku:path}",
    response_class=Response,
    summary="History of a SKU",
    responses={
        **answered(SkuHistory, "What every series of the SKU sold, bucket by bucket", EXAMPLE),
        **may_raise(UnknownSkuError, UnknownCycleError, BadParameterError, NoBundleError),
    },
    openapi_extra={"parameters": documented(HistoryQuery, path=SKU)},
)
@needs(Permission.READ, heeds_scope=True)
async def history_of_sku(request: Request) -> Response:
    """Actuals of up to two years before the cutoff, as the cycle knew them, beside what the models see of them.

    With `as_of` it is what had arrived by then, whatever was restated, corrected or handed in late since.
    """
    sku, query = request.path_params["sku"], parse(HistoryQuery, request)
    loaded = await of_moment(request, query)
    rows = rows_of(await view(request, loaded), sku)
    if query.as_of is not None:
        grid, tables = await grid_in_service(request), library(request).tables.reader()
        asked = (loaded.bundle, sku, rows, query.as_of, grid, query.buckets)
        found, version = await asyncio.to_thread(as_of.history_as_of, tables, *asked)
        tag = etag(version, ("history", loaded.version, sku, tuple(rows), query.as_of, query.buckets))
        return conditional(request, tag, lambda: orjson.dumps(found))
    tag = etag(loaded.version, ("history", sku, tuple(rows), query.buckets))
    return conditional(request, tag, lambda: orjson.dumps(service.sku_history(loaded.bundle, sku, rows, query.buckets)))


@router.get(
    "/v1/hierarchies/{name}/history/{node:path}",
    response_class=Response,
    summary="History of a node",
    responses={
        **answered(NodeHistory, "What the series below the node sold together, bucket by bucket", NODE_EXAMPLE),
        **may_raise(UnknownNodeError, UnknownCycleError, BadParameterError, NoBundleError),
    },
    openapi_extra={"parameters": documented(NodeHistoryQuery, path=NODE)},
)
@needs(Permission.READ, heeds_scope=True)
async def history_of_node(request: Request) -> Response:
    """Actuals of up to two years before the cutoff, summed over the series that the cycle forecasts below the node."""
    hierarchy, node = request.path_params["name"], request.path_params["node"]
    query = parse(NodeHistoryQuery, request)
    loaded = await of_cycle(request, query.cycle)
    row = row_of(await view(request, loaded), hierarchy, node, query.level)
    tag = etag(loaded.version, ("history of node", row, query.buckets))
    return conditional(request, tag, lambda: orjson.dumps(service.node_history(loaded.bundle, row, query.buckets)))
