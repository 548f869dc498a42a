"""`/v1/forecast/what-if`. Belongs here: HTTP and the service. Does not belong here: any decision."""

from __future__ import annotations

import orjson
from fastapi import APIRouter, Request, Response

from dp_assets.domain.access import Permission
from serving.api.access import GuardedRoute, needs
from serving.api.descriptions import answered, documented_body
from serving.api.parameters import parse_body
from serving.api.problems import (
    BadParameterError,
    NoBundleError,
    NotComputableError,
    UnknownCycleError,
    UnknownSeriesError,
    may_raise,
)
from serving.api.state import of_cycle, view
from serving.api.what_if import service
from serving.api.what_if.schemas import EXAMPLE, QUESTION, WhatIf, WhatIfForecast

router = APIRouter(tags=["forecasts"], route_class=GuardedRoute)


@router.post(
    "/v1/forecast/what-if",
    response_class=Response,
    summary="What other plans would make of a forecast",
    responses={
        **answered(WhatIfForecast, "The forecast under the plans asked about, and without", EXAMPLE, conditional=False),
        **may_raise(UnknownSeriesError, UnknownCycleError, BadParameterError, NotComputableError, NoBundleError),
    },
    openapi_extra={"requestBody": documented_body(WhatIf, QUESTION)},
)
@needs(Permission.READ, heeds_scope=True)
async def what_if(request: Request) -> Response:
    """One series under other promotions, another price plan or other regressors, computed now by the model that made
    the cycle's forecast. Nothing is kept.

    Only buckets from the cutoff on can be planned otherwise, and only through what the model reads. Whole departments,
    prices that work through elasticity, growth and launches are what scenarios are for (`dp scenario`).
    """
    asked = await parse_body(WhatIf, request)
    loaded = await of_cycle(request, asked.cycle)
    row = service.row_of(await view(request, loaded), asked.series_id)
    question = service.question_about(loaded.bundle, asked)
    mean, quantiles = await loaded.computer.under(row, lambda forward: service.plans(forward, row, asked))
    return Response(
        orjson.dumps(service.answer(loaded, row, asked, question, mean, quantiles)), media_type="application/json"
    )
