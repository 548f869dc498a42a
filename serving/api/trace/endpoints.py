"""`/v1/trace`. Belongs here: translation between HTTP and the service. Does not belong here: any decision.

Everything is read in a thread beside the event loop.
"""

from __future__ import annotations

import asyncio
from datetime import date

import orjson
from fastapi import APIRouter, Request, Response

from dp_assets.domain.access import Permission
from serving.api.access import GuardedRoute, needs
from serving.api.descriptions import answered, documented
from serving.api.parameters import parse
from serving.api.problems import (
    BadParameterError,
    NoBundleError,
    UnknownCycleError,
    UnknownSeriesError,
    may_raise,
)
from serving.api.state import gate, in_service, library, of_cycle, view
from serving.api.trace import service
from serving.api.trace.schemas import EXAMPLE, ROWS_EXAMPLE, RowsPage, RowsQuery, Trace, TraceQuery
from serving.views import View

router = APIRouter(tags=["trace"], route_class=GuardedRoute)
FORECAST = {"series_id": "The key columns joined by `|`.", "bucket": "First day of the forecast bucket, YYYY-MM-DD."}
HISTORY = {"series_id": "The key columns joined by `|`.", "bucket": "First day of a bucket of history, YYYY-MM-DD."}
REFUSED = (UnknownSeriesError, UnknownCycleError, BadParameterError, NoBundleError)


@router.get(
    "/v1/trace/{series_id:path}/{bucket}/rows",
    response_class=Response,
    summary="The file rows behind a bucket of history",
    responses={
        **answered(RowsPage, "Rows by file version and row number", ROWS_EXAMPLE, conditional=False),
        **may_raise(*REFUSED),
    },
    openapi_extra={"parameters": documented(RowsQuery, path=HISTORY)},
)
@needs(Permission.READ, heeds_scope=True)
async def rows_of_history(request: Request) -> Response:
    """Accepted rows of producers' files that fall into a bucket of a series, by their number in the file.

    `known` says whether the cycle knew the file: a row that arrived later, or whose file was recalled, counts for
    nothing in it.
    """
    query, bucket = parse(RowsQuery, request), service.day(request.path_params["bucket"])
    cycle, seen = await _seen(request, query.cycle)
    series_id, reader = request.path_params["series_id"], library(request).tables.reader()
    service.refuse_unseen(seen, series_id, cycle)
    found = await asyncio.to_thread(service.rows_page, reader, series_id, bucket, cycle, query)
    return Response(orjson.dumps(found), media_type="application/json")


@router.get(
    "/v1/trace/{series_id:path}/{bucket}",
    response_class=Response,
    summary="Where a published number comes from",
    responses={
        **answered(Trace, "Every link of the number, from publication to file rows", EXAMPLE, conditional=False),
        **may_raise(*REFUSED),
    },
    openapi_extra={"parameters": documented(TraceQuery, path=FORECAST)},
)
@needs(Permission.READ, heeds_scope=True)
async def trace(request: Request) -> Response:
    """The number followed back: reconciliation, planners, forecast, receipt, model, features, history, files, rows.

    Every link names its table, its partition, the hash of its content, where that lies, and the run that wrote it.
    """
    query, bucket = parse(TraceQuery, request), service.day(request.path_params["bucket"])
    wanted = query.cycle or await _cycle_of(request, bucket)
    cycle, seen = await _seen(request, wanted)
    series_id, shelf = request.path_params["series_id"], library(request)
    service.refuse_unseen(seen, series_id, cycle)
    reader, planning = shelf.tables.reader(), gate(request).settings.planning_url
    found = await asyncio.to_thread(service.trace, reader, planning, seen, series_id, bucket, cycle, query)
    return Response(orjson.dumps(found), media_type="application/json")


async def _seen(request: Request, cycle: date | None) -> tuple[str, View]:
    """A cycle, that in service where none is named, and what whoever asks sees of it."""
    loaded = await of_cycle(request, cycle)
    return loaded.cycle, await view(request, loaded)


async def _cycle_of(request: Request, bucket: date) -> date | None:
    """The newest cycle that may have published a number for a bucket; None is the one in service."""
    if bucket.isoformat() >= in_service(request).cycle:
        return None
    cycles = await asyncio.to_thread(library(request).lake.partitions, "published_forecasts")
    return date.fromisoformat(max((one for one in cycles if one <= bucket.isoformat()), default=bucket.isoformat()))
