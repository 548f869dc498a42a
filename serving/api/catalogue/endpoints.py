"""`/v1/forecast/catalogue`. Belongs here: translation between HTTP and the service."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from dp_assets.domain.access import Permission
from serving.api.access import GuardedRoute, needs
from serving.api.answers import etag, headers_of, is_known, not_modified
from serving.api.catalogue import service
from serving.api.catalogue.formats import written
from serving.api.catalogue.schemas import CSV_EXAMPLE, EXAMPLE, MEDIA_TYPES, CatalogueQuery, CatalogueRow
from serving.api.descriptions import documented, reference
from serving.api.filters import selected
from serving.api.moments import of_moment
from serving.api.parameters import parse
from serving.api.problems import BadParameterError, NoBundleError, NotAcceptableError, UnknownCycleError, may_raise
from serving.api.questions import question_of
from serving.api.state import view

router = APIRouter(tags=["forecasts"], route_class=GuardedRoute)
BINARY = {"type": "string", "format": "binary"}
CONTENT: dict[str, Any] = {
    MEDIA_TYPES["ndjson"]: {"schema": reference(CatalogueRow), "example": EXAMPLE},
    MEDIA_TYPES["csv"]: {"schema": {"type": "string"}, "example": CSV_EXAMPLE},
    MEDIA_TYPES["parquet"]: {"schema": BINARY},
    MEDIA_TYPES["arrow"]: {"schema": BINARY},
}


@router.get(
    "/v1/forecast/catalogue",
    response_class=Response,
    summary="Forecasts of everything",
    responses={
        200: {"content": CONTENT, "description": "A row per series and lead, sent while it is read"},
        304: {"description": "The client has it: `If-None-Match` named the current ETag."},
        **may_raise(UnknownCycleError, NotAcceptableError, BadParameterError, NoBundleError),
    },
    openapi_extra={"parameters": documented(CatalogueQuery, path={})},
)
@needs(Permission.READ, heeds_scope=True)
async def catalogue(request: Request) -> Response:
    """Every series × lead as one table, or those that pass the filters: NDJSON, CSV, Parquet or an Arrow stream.

    Columns and meaning are the same in all of them. In CSV, text that a spreadsheet would run as a formula begins with
    a `'`. In Parquet and Arrow, `user`, `reason_code`, `method`, `model_version` and `receipt` are dictionaries.
    The table is of one cycle throughout, even where a newer one comes into service meanwhile.
    """
    query = parse(CatalogueQuery, request)
    name = service.format_of(query, request.headers.get("accept"))
    loaded = await of_moment(request, query)
    question = question_of(loaded.bundle.head, query)
    seen = await view(request, loaded)
    rows = seen.series(selected(loaded.bundle, query.attribute, query.method))
    tag = etag(loaded.version, ("catalogue", name, question, query.attribute, query.method, seen.stamp))
    headers = {**headers_of(tag), "vary": "Accept"}
    if is_known(request, tag.encode()):
        return not_modified(tag)
    # A plain iterator is advanced in a thread, one block at a time, and no faster than the client takes them.
    table = service.blocks(loaded.bundle, rows, question, guarded=name == "csv")
    headers["content-disposition"] = f'attachment; filename="forecast-{loaded.cycle}.{name}"'
    return StreamingResponse(written(table, name), headers=headers, media_type=MEDIA_TYPES[name])
