"""`/v1/forecast/skus`. Belongs here: translation between HTTP and the service. Does not belong here: any decision.

`ForecastQuery` reads the parameters itself: declared to FastAPI, four of them cost as much as the rest of a request.
`documented` tells OpenAPI of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from fastapi import APIRouter, Request, Response

from dp_assets.domain.access import Permission
from serving.api.access import GuardedRoute, needs, principal_of
from serving.api.answers import etag, rendered, sent
from serving.api.descriptions import answered, documented, documented_body
from serving.api.forecasts import service
from serving.api.forecasts.schemas import (
    EXAMPLE,
    MANY_EXAMPLE,
    MANY_QUESTION,
    ForecastQuery,
    ManySkus,
    SkuForecast,
    SkuForecasts,
)
from serving.api.middleware import ASKED
from serving.api.moments import of_moment
from serving.api.parameters import parse, parse_body
from serving.api.problems import (
    BadParameterError,
    NoBundleError,
    UnknownCycleError,
    UnknownSkuError,
    may_raise,
)
from serving.api.questions import question_of
from serving.api.state import in_service, view
from serving.library import Loaded, Rendered
from serving.rendering import Form

router = APIRouter(tags=["forecasts"], route_class=GuardedRoute)
SKU = {"sku": "Stock keeping unit, as the producers write it."}


@router.get(
    "/v1/forecast/skus/{sku:path}",
    response_class=Response,
    summary="Forecast of a SKU",
    responses={
        **answered(SkuForecast, "Mean, median and intervals of every series of the SKU", EXAMPLE),
        **may_raise(UnknownSkuError, UnknownCycleError, BadParameterError, NoBundleError),
    },
    openapi_extra={"parameters": documented(ForecastQuery, path=SKU)},
)
@needs(Permission.READ, heeds_scope=True)
async def forecast_of_sku(request: Request) -> Response:
    """Forecasts of a cycle for every series of one SKU, lead by lead.

    A SKU has one series, or one per location where the series key is `[sku, location]`. Quantities: units per bucket.
    """
    current, key = in_service(request), (request.scope["path"], request.scope["query_string"])
    seen_by_all = not principal_of(request).scope.hides  # what is kept is what everybody may see
    if seen_by_all and (known := current.answers.find(key)) is not None:
        return sent(request, known)
    sku = request.path_params["sku"]
    if seen_by_all and not key[1] and (every := current.bundle.rows(sku)):  # the usual question needs no reading
        return sent(request, _answer(current, sku, every, current.renderer.usual, key))
    query = parse(ForecastQuery, request)
    plain = query.cycle is None and query.as_of is None
    loaded = current if plain else await of_moment(request, query)
    rows = service.rows_of(await view(request, loaded), sku)
    form = loaded.renderer.form(question_of(loaded.bundle.head, query))
    if query.compute:  # without an ETag: its last digits depend on what else was computed in the same pass
        computed = await loaded.computer.compute(rows)
        body = loaded.renderer.sku(sku, rows, form, computed)
        return Response(body, media_type="application/json")
    return sent(request, _answer(loaded, sku, rows, form, key if loaded is current and seen_by_all else None))


def _answer(loaded: Loaded, sku: str, rows: Sequence[int], form: Form, key: tuple[str, bytes] | None) -> Rendered:
    """An answer, kept where it is asked for again and its question is said."""
    tag = etag(loaded.version, (sku, tuple(rows), form.name))
    answer = rendered(loaded.renderer.sku(sku, rows, form), tag, key[1] if key else b"")
    if key is not None and loaded.answers.is_asked_again(key):
        loaded.answers.keep(key, answer)
    return answer


@router.post(
    "/v1/forecast/skus",
    response_class=Response,
    summary="Forecasts of many SKUs",
    responses={
        **answered(
            SkuForecasts, "Forecasts of the SKUs found, and the others by name", MANY_EXAMPLE, conditional=False
        ),
        **may_raise(UnknownCycleError, BadParameterError, NoBundleError),
    },
    openapi_extra={"requestBody": documented_body(ManySkus, MANY_QUESTION)},
)
@needs(Permission.READ, heeds_scope=True)
async def forecasts_of_skus(request: Request) -> Response:
    """The same question about up to 1,000 SKUs at once; nothing is changed by it.

    SKUs that are not forecast are named in `unknown`, and the others are answered all the same.
    """
    asked = await parse_body(ManySkus, request)
    request.scope[ASKED] = f"{len(asked.skus)} SKUs"
    loaded = await of_moment(request, asked)
    seen = await view(request, loaded)
    # Beside the event loop: a thousand SKUs take as long to render as a thousand requests.
    body = await asyncio.to_thread(service.many, loaded, seen, asked)
    return Response(body, media_type="application/json")
