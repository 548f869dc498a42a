"""`/v1/value-added`. Belongs here: translation between HTTP and the service."""

from __future__ import annotations

from datetime import date

import orjson
from fastapi import APIRouter, Request, Response

from dp_assets.domain.access import Permission
from serving.api.access import GuardedRoute, needs
from serving.api.answers import conditional, etag
from serving.api.descriptions import answered, documented
from serving.api.parameters import parse
from serving.api.problems import BadParameterError, NoBundleError, NotMadeError, may_raise
from serving.api.state import library, table, view_of_tables
from serving.api.value_added import service
from serving.api.value_added.schemas import EXAMPLE, ValueAdded, ValueAddedQuery

router = APIRouter(tags=["accuracy"], route_class=GuardedRoute)


@router.get(
    "/v1/value-added",
    response_class=Response,
    summary="What each step did to the error",
    responses={
        **answered(ValueAdded, "Errors of each step of a cycle whose actuals are known", EXAMPLE),
        **may_raise(NotMadeError, BadParameterError, NoBundleError),
    },
    openapi_extra={"parameters": documented(ValueAddedQuery, path={})},
)
@needs(Permission.READ, heeds_scope=True)
async def value_added(request: Request) -> Response:
    """The table `forecast_value_added` of a cycle: what model, reconciliation and planners each saved of the error.

    Whoever must not see every node is told of nodes alone: all, planners and reasons are sums over everything.
    """
    query = parse(ValueAddedQuery, request)
    cycle = query.cycle
    if cycle is None:
        newest = await library(request).tables.newest("forecast_value_added")
        if newest is None:
            raise NotMadeError(
                "no cycle was scored yet, because its weeks are not over or their sales have not arrived; when they "
                "have, make the table forecast_value_added with: dp materialize score_cycles <cycle>"
            )
        cycle = date.fromisoformat(newest)
    added = await table(request, "forecast_value_added", cycle)
    seen = await view_of_tables(request)
    tag = etag(added.sha256, ("value added", added.cycle, seen and seen.stamp, *query.model_dump().items()))
    return conditional(request, tag, lambda: orjson.dumps(service.value_added(added, seen, query)))
