"""`/v1/forecast`. Belongs here: translation between HTTP and the service. Does not belong here: any decision."""

from __future__ import annotations

from typing import Annotated

import orjson
from fastapi import APIRouter, Path, Query, Request, Response

from serving.api.forecasts import service
from serving.api.forecasts.schemas import SkuForecast
from serving.api.problems import BadParameterError, NoBundleError, UnknownSkuError, documented
from serving.api.state import in_service

router = APIRouter(tags=["forecasts"])

Sku = Annotated[str, Path(description="stock keeping unit, as the producers write it", examples=["1029743"])]
Horizon = Annotated[
    int | None,
    Query(description="leads to return, from 1 to the horizon of the cycle; all when left out", examples=[4]),
]
Levels = Annotated[
    list[str] | None,
    Query(
        description="central interval levels in percent, whole numbers from 1 to 99, separated by commas; those of the "
        "configuration when left out. Levels that are not published are interpolated (see `basis`)",
        examples=[["50,80,95"]],
    ),
]
Compute = Annotated[
    bool,
    Query(
        description="run the network now, on CPU, instead of reading the batch's numbers. It agrees with the batch to "
        "1e-5 and answers only for series that the network forecasts; others come from the batch, `computed: false`"
    ),
]


@router.get(
    "/v1/forecast/skus/{sku:path}",
    response_class=Response,
    summary="Forecast of a SKU",
    responses={
        200: {"model": SkuForecast, "description": "Mean, median and intervals of every series of the SKU"},
        **documented(UnknownSkuError, BadParameterError, NoBundleError),
    },
)
async def forecast_of_sku(
    request: Request, sku: Sku, horizon: Horizon = None, levels: Levels = None, compute: Compute = False
) -> Response:
    """Forecasts of the current cycle for every series of one SKU, lead by lead.

    A SKU has one series, or one per location where the series key is `[sku, location]`. Quantities: units per bucket.
    """
    loaded = in_service(request)
    bundle = loaded.bundle
    rows = service.rows_of(bundle, sku)
    leads, chosen = service.horizon_of(bundle, horizon), service.levels_of(bundle, levels)
    computed = await loaded.computer.compute(rows) if compute else None
    answer = service.sku_forecast(bundle, sku, rows, leads, chosen, computed)
    return Response(orjson.dumps(answer), media_type="application/json")
