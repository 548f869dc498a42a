"""`/v1/worksheet`. Belongs here: translation between HTTP and the service."""

from __future__ import annotations

from typing import Any

import orjson
from fastapi import APIRouter, Request, Response

from dp_assets.domain.access import Permission
from serving.api.access import GuardedRoute, needs, principal_of
from serving.api.descriptions import answered, documented
from serving.api.overrides.schemas import SET_EXAMPLE, OverridesSet
from serving.api.parameters import parse
from serving.api.problems import BadParameterError, PlanningUnavailableError, may_raise
from serving.api.worksheet import service
from serving.api.worksheet.files import CSV_TYPE, XLSX_TYPE
from serving.api.worksheet.schemas import WORKSHEET_EXAMPLE, WorksheetPreview, WorksheetQuery
from serving.api.writing import IDEMPOTENCY_KEY, beside, changed, desk, refused

router = APIRouter(tags=["worksheet"], route_class=GuardedRoute)
FILE: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}
FILES = {CSV_TYPE: FILE, XLSX_TYPE: FILE}
BODY = {"required": True, "content": FILES}


@router.get(
    "/v1/worksheet",
    response_class=Response,
    summary="A worksheet to fill in",
    responses={
        200: {"description": "Rows with empty columns for new numbers", "content": FILES},
        **may_raise(BadParameterError, PlanningUnavailableError),
    },
    openapi_extra={"parameters": documented(WorksheetQuery, path={})},
)
@needs(Permission.PLAN, heeds_scope=True)
async def worksheet(request: Request) -> Response:
    """Nodes or series × buckets with what is published and set, as a file for a spreadsheet; only what one may plan.

    Fill in `new_quantity` and `reason_code` (and `comment`, `lock`: yes), leave `version` as it is, and hand it in.
    """
    query, principal, here = parse(WorksheetQuery, request), principal_of(request), desk(request)
    body = await beside(here.turns, lambda: service.worksheet(here, principal, query))
    kind = f"{CSV_TYPE}; charset=utf-8" if query.format == "csv" else XLSX_TYPE
    name = f'attachment; filename="plan.{query.format}"'
    return Response(body, headers={"content-disposition": name, "content-type": kind})


@router.post(
    "/v1/worksheet/preview",
    response_class=Response,
    summary="What a worksheet would do",
    responses={
        **answered(WorksheetPreview, "Every change and every refusal", WORKSHEET_EXAMPLE, conditional=False),
        **may_raise(BadParameterError, PlanningUnavailableError),
    },
    openapi_extra={"requestBody": BODY},
)
@needs(Permission.PLAN, heeds_scope=True)
async def preview(request: Request) -> Response:
    """Row by row what would be set and what cannot be, and what the changes do to all totals; nothing is written."""
    body, principal, here = await request.body(), principal_of(request), desk(request)
    answer = await beside(here.previews, lambda: service.preview(here, principal, body))
    return Response(orjson.dumps(answer), media_type="application/json")


@router.post(
    "/v1/worksheet",
    response_class=Response,
    status_code=201,
    summary="Hand in a worksheet",
    responses={
        201: answered(OverridesSet, "Its numbers hold", SET_EXAMPLE, conditional=False)[200],
        202: answered(OverridesSet, "They wait for approval", SET_EXAMPLE, conditional=False)[200],
        **refused(),
    },
    openapi_extra={"requestBody": BODY, "parameters": [IDEMPOTENCY_KEY]},
)
@needs(Permission.PLAN, heeds_scope=True)
async def hand_in(request: Request) -> Response:
    """Sets, or proposes, every new quantity of a worksheet (CSV or XLSX), or none where one row cannot be taken.

    A number that was changed since the worksheet was made is such a row.
    """
    body, principal = await request.body(), principal_of(request)
    return await changed(request, lambda here, asked: service.hand_in_worksheet(here, principal, body, asked), body)
