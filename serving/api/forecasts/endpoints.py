"""`/v1/forecast`. Belongs here: translation between HTTP and the service. Does not belong here: any decision.

`ForecastQuery` reads the parameters itself: declared to FastAPI, four of them cost as much as the rest of a request.
`documented` tells OpenAPI of them.
"""

from __future__ import annotations

import orjson
from fastapi import APIRouter, Request, Response

from dp_assets.domain.access import Permission
from serving.api.access import GuardedRoute, needs
from serving.api.forecasts import service
from serving.api.forecasts.schemas import ForecastQuery, SkuForecast
from serving.api.parameters import documented, parse
from serving.api.problems import BadParameterError, NoBundleError, UnknownSkuError, may_raise
from serving.api.state import in_service, view

router = APIRouter(tags=["forecasts"], route_class=GuardedRoute)
SKU = {"sku": "Stock keeping unit, as the producers write it."}


@router.get(
    "/v1/forecast/skus/{sku:path}",
    response_class=Response,
    summary="Forecast of a SKU",
    responses={
        200: {"model": SkuForecast, "description": "Mean, median and intervals of every series of the SKU"},
        **may_raise(UnknownSkuError, BadParameterError, NoBundleError),
    },
    openapi_extra={"parameters": documented(ForecastQuery, path=SKU)},
)
@needs(Permission.READ, heeds_scope=True)
async def forecast_of_sku(request: Request) -> Response:
    """Forecasts of the current cycle for every series of one SKU, lead by lead.

    A SKU has one series, or one per location where the series key is `[sku, location]`. Quantities: units per bucket.
    """
    loaded, sku, query = in_service(request), request.path_params["sku"], parse(ForecastQuery, request)
    rows = service.rows_of(await view(request, loaded), sku)
    horizon = service.horizon_of(loaded.bundle, query.horizon)
    levels = service.levels_of(loaded.bundle, query.levels)
    if query.compute:
        computed = await loaded.computer.compute(rows)
        body = orjson.dumps(service.sku_forecast(loaded.bundle, sku, rows, horizon, levels, computed))
    else:
        body = loaded.answers.get(
            (sku, rows, horizon, levels),
            lambda: orjson.dumps(service.sku_forecast(loaded.bundle, sku, rows, horizon, levels)),
        )
    return Response(body, media_type="application/json")
