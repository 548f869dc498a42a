"""`/v1/trace`. Belongs here: translation between HTTP and the service. Does not belong here: any decision.

Everything is read in a thread beside the event loop.
"""

from __future__ import annotations

import asyncio
from datetime import date

import orjson
from fastapi import APIRouter, Request, Response

from dp_assets.domain.access import Permission
from serving.api.access import GuardedRoute, needs, principal_of
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
    cycle = await _cycle(request, query.cycle)
    seen = await _seen(request, cycle)
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
    cycle = await _cycle(request, query.cycle, bucket)
    seen = await _seen(request, cycle)
    series_id, shelf = request.path_params["series_id"], library(request)
    service.refuse_unseen(seen, series_id, cycle)
    reader, planning = shelf.tables.reader(), gate(request).settings.planning_url
    found = await asyncio.to_thread(service.trace, reader, planning, seen, series_id, bucket, cycle, query)
    return Response(orjson.dumps(found), media_type="application/json")


async def _cycle(request: Request, named: date | None, bucket: date | None = None) -> str:
    """The cycle that is meant: the named one, or the newest that published, none newer than that in service.

    Bundles are not asked for: one of an older format is no reason not to trace its cycle.

    Args:
        request: who asks.
        named: the cycle asked for.
        bucket: the forecast bucket that it must have forecast; None for any.

    Raises:
        NoBundleError: nothing was ever published.
        UnknownCycleError: that one was not, or none that forecast the bucket.
    """
    shelf = library(request)
    cycles = await asyncio.to_thread(shelf.lake.partitions, "published_forecasts")
    if named is not None:
        found = [one for one in cycles if one == named.isoformat()]
    else:
        last = min(shelf.current.cycle if shelf.current else "9999", bucket.isoformat() if bucket else "9999")
        found = [one for one in cycles if one <= last]
    if found:
        return found[-1]
    if not cycles:
        in_service(request)
    wanted = named or (f"none that forecast the bucket of {bucket}" if bucket else "none")
    known = ", ".join(cycles[-3:]) or "none yet"
    raise UnknownCycleError(f"expected a cycle that published numbers ({known}), got {wanted}")


async def _seen(request: Request, cycle: str) -> View | None:
    """What somebody who is kept to nodes sees of a cycle, as its bundle hangs series; None is everything."""
    if not principal_of(request).scope.hides:
        return None
    return await view(request, await of_cycle(request, date.fromisoformat(cycle)))
