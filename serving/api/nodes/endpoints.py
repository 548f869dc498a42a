"""`/v1/forecast/nodes` and `/v1/hierarchies`. Belongs here: translation between HTTP and the service."""

from __future__ import annotations

import orjson
from fastapi import APIRouter, Request, Response

from dp_assets.domain.access import Permission
from serving.api.access import GuardedRoute, needs
from serving.api.answers import conditional, etag
from serving.api.descriptions import answered, documented
from serving.api.moments import of_moment
from serving.api.nodes import service
from serving.api.nodes.schemas import (
    FORECAST_EXAMPLE,
    HIERARCHIES_EXAMPLE,
    PAGE_EXAMPLE,
    Hierarchies,
    NodeForecast,
    NodePage,
    NodeQuery,
    NodesQuery,
)
from serving.api.parameters import parse
from serving.api.problems import BadParameterError, NoBundleError, UnknownCycleError, UnknownNodeError, may_raise
from serving.api.questions import question_of
from serving.api.schemas import CycleQuery
from serving.api.state import of_cycle, view

router = APIRouter(tags=["nodes"], route_class=GuardedRoute)
HIERARCHY = "Name of a hierarchy, as configured."
NODE = {"hierarchy": HIERARCHY, "node": "Path of the node, joined by `/`; `total` is the top."}


@router.get(
    "/v1/forecast/nodes/{hierarchy}/{node:path}",
    response_class=Response,
    summary="Forecast of a node",
    responses={
        **answered(NodeForecast, "Reconciled forecast of the node, and what is below it", FORECAST_EXAMPLE),
        **may_raise(UnknownNodeError, UnknownCycleError, BadParameterError, NoBundleError),
    },
    openapi_extra={"parameters": documented(NodeQuery, path=NODE)},
)
@needs(Permission.READ, heeds_scope=True)
async def forecast_of_node(request: Request) -> Response:
    """Forecast of one member of a level of a hierarchy: a department, a category, the total.

    Means agree: each node is the sum of its children, and of the series below it.
    """
    hierarchy, node = request.path_params["hierarchy"], request.path_params["node"]
    query = parse(NodeQuery, request)
    loaded = await of_moment(request, query)
    row = service.row_of(await view(request, loaded), hierarchy, node, query.level)
    question = question_of(loaded.bundle.head, query)
    tag = etag(loaded.version, ("node", row, *question))
    return conditional(
        request, tag, lambda: orjson.dumps(service.node_forecast(loaded.bundle, hierarchy, row, question))
    )


@router.get(
    "/v1/hierarchies",
    response_class=Response,
    summary="Hierarchies",
    responses={
        **answered(Hierarchies, "Every hierarchy with its levels", HIERARCHIES_EXAMPLE),
        **may_raise(UnknownCycleError, BadParameterError, NoBundleError),
    },
    openapi_extra={"parameters": documented(CycleQuery, path={})},
)
@needs(Permission.READ, heeds_scope=True)
async def all_hierarchies(request: Request) -> Response:
    """The hierarchies that forecasts are reconciled over, their levels, and how many nodes stand on each."""
    loaded = await of_cycle(request, parse(CycleQuery, request).cycle)
    seen = await view(request, loaded)
    tag = etag(loaded.version, ("hierarchies", seen.stamp))
    return conditional(request, tag, lambda: orjson.dumps(service.hierarchies(seen)))


@router.get(
    "/v1/hierarchies/{name}/nodes",
    response_class=Response,
    summary="Nodes of a hierarchy",
    responses={
        **answered(NodePage, "Nodes by level from the top, then path", PAGE_EXAMPLE),
        **may_raise(UnknownNodeError, UnknownCycleError, BadParameterError, NoBundleError),
    },
    openapi_extra={"parameters": documented(NodesQuery, path={"name": HIERARCHY})},
)
@needs(Permission.READ, heeds_scope=True)
async def nodes_of_hierarchy(request: Request) -> Response:
    """Nodes of one hierarchy, of one level or right below one node, page by page."""
    query, name = parse(NodesQuery, request), request.path_params["name"]
    loaded = await of_cycle(request, query.cycle)
    seen = await view(request, loaded)
    tag = etag(loaded.version, ("nodes", name, seen.stamp, *query.model_dump().items()))
    return conditional(request, tag, lambda: orjson.dumps(service.node_page(loaded, seen, name, query)))
