"""`/v1/accuracy`. Belongs here: translation between HTTP and the service."""

from __future__ import annotations

from datetime import date

import orjson
from fastapi import APIRouter, Request, Response

from dp_assets.domain.access import Permission
from serving.api.access import GuardedRoute, needs
from serving.api.accuracy import service
from serving.api.accuracy.schemas import EXAMPLE, Accuracy, AccuracyQuery
from serving.api.answers import conditional, etag
from serving.api.descriptions import answered, documented
from serving.api.parameters import parse
from serving.api.problems import BadParameterError, NoBundleError, NotMadeError, may_raise
from serving.api.state import library, table, view_of_tables

router = APIRouter(tags=["accuracy"], route_class=GuardedRoute)


@router.get(
    "/v1/accuracy",
    response_class=Response,
    summary="How good forecasts were",
    responses={
        **answered(Accuracy, "Scores of a cycle whose actuals are known", EXAMPLE),
        **may_raise(NotMadeError, BadParameterError, NoBundleError),
    },
    openapi_extra={"parameters": documented(AccuracyQuery, path={})},
)
@needs(Permission.READ, heeds_scope=True)
async def accuracy(request: Request) -> Response:
    """The table `accuracy` of a cycle: published forecasts against what was sold, beside the naive forecast."""
    query = parse(AccuracyQuery, request)
    cycle = query.cycle
    if cycle is None:
        newest = await library(request).tables.newest("accuracy")
        if newest is None:
            raise NotMadeError(
                "no cycle was scored yet, because its weeks are not over or their sales have not arrived; when they "
                "have, make the table accuracy with: dp materialize score_cycles <cycle>"
            )
        cycle = date.fromisoformat(newest)
    scores = await table(request, "accuracy", cycle)
    seen = await view_of_tables(request)
    tag = etag(scores.sha256, ("accuracy", scores.cycle, seen and seen.stamp, *query.model_dump().items()))
    return conditional(request, tag, lambda: orjson.dumps(service.accuracy(scores, seen, query)))
