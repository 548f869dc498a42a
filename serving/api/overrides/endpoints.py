"""`/v1/overrides`. Belongs here: translation between HTTP and the service."""

from __future__ import annotations

import orjson
from fastapi import APIRouter, Request, Response

from dp_assets.domain.access import Permission
from serving.api.access import GuardedRoute, needs, principal_of
from serving.api.answers import conditional, headers_of
from serving.api.descriptions import answered, documented, documented_body
from serving.api.overrides import service
from serving.api.overrides.schemas import (
    CELLS_EXAMPLE,
    EDIT_EXAMPLE,
    LIST_EXAMPLE,
    PREVIEW_EXAMPLE,
    SET_EXAMPLE,
    WITHDRAW_EXAMPLE,
    WITHDRAWN_EXAMPLE,
    Cells,
    CellsQuery,
    NumbersToWithdraw,
    Overrides,
    OverridesQuery,
    OverridesSet,
    OverridesToSet,
    Preview,
    PreviewQuery,
    Withdrawn,
    WithdrawQuery,
)
from serving.api.parameters import parse, parse_body
from serving.api.problems import BadParameterError, PlanningUnavailableError, UnknownNodeError, may_raise
from serving.api.writing import CHANGES, IDEMPOTENCY_KEY, beside, changed, desk, refused, seen_of

router = APIRouter(tags=["overrides"], route_class=GuardedRoute)
PLACE = {
    "hierarchy": "Name of a hierarchy, as configured.",
    "node": "Path of the node, joined by `/`; `total` is the top; or the id of a series.",
}


@router.get(
    "/v1/overrides",
    response_class=Response,
    summary="Planners' numbers",
    responses={
        **answered(Overrides, "Numbers that planners set, oldest first", LIST_EXAMPLE),
        **may_raise(BadParameterError, PlanningUnavailableError),
    },
    openapi_extra={"parameters": documented(OverridesQuery, path={})},
)
@needs(Permission.READ, heeds_scope=True)
async def overrides(request: Request) -> Response:
    """Numbers that hold in the current cycle, or all that were ever set.

    The ETag is the state of planners' numbers: `If-Match` of a change says by it what was looked at.
    """
    query, principal, here = parse(OverridesQuery, request), principal_of(request), desk(request)
    answer, tag = await beside(here.turns, lambda: service.listing(here, principal, query))
    return conditional(request, tag, lambda: orjson.dumps(answer))


@router.get(
    "/v1/overrides/{hierarchy}/{node:path}",
    response_class=Response,
    summary="Buckets of a node, as planners see them",
    responses={
        **answered(Cells, "What is forecast, published and set, bucket by bucket", CELLS_EXAMPLE),
        **may_raise(UnknownNodeError, BadParameterError, PlanningUnavailableError),
    },
    openapi_extra={"parameters": documented(CellsQuery, path=PLACE)},
)
@needs(Permission.READ, heeds_scope=True)
async def cells(request: Request) -> Response:
    """The current cycle's numbers of a node or series, and who set what there; the ETag is what `If-Match` takes."""
    query, principal, here = parse(CellsQuery, request), principal_of(request), desk(request)
    at = request.path_params
    answer, tag = await beside(here.turns, lambda: service.cells(here, principal, at["hierarchy"], at["node"], query))
    return Response(orjson.dumps(answer), headers=headers_of(tag), media_type="application/json")


@router.post(
    "/v1/overrides",
    response_class=Response,
    status_code=201,
    summary="Set or lock numbers",
    responses={
        201: answered(OverridesSet, "They hold", SET_EXAMPLE, conditional=False)[200],
        202: answered(OverridesSet, "They wait for approval", SET_EXAMPLE, conditional=False)[200],
        **refused(),
    },
    openapi_extra={"requestBody": documented_body(OverridesToSet, EDIT_EXAMPLE), "parameters": CHANGES},
)
@needs(Permission.PLAN, heeds_scope=True)
async def set_overrides(request: Request) -> Response:
    """Sets numbers for nodes, series or SKUs, all of them or none, in the name of who asks.

    Where a number holds already, `If-Match` must say that it was seen. With `planning.approval`, they are proposed.
    """
    body, principal, seen = await parse_body(OverridesToSet, request), principal_of(request), seen_of(request)
    return await changed(request, lambda here, asked: service.set_overrides(here, principal, body, seen, asked))


@router.post(
    "/v1/overrides/preview",
    response_class=Response,
    summary="What an edit would do",
    responses={
        **answered(Preview, "Every total before and after, conflicts and advice", PREVIEW_EXAMPLE, conditional=False),
        **refused(),
    },
    openapi_extra={
        "requestBody": documented_body(OverridesToSet, EDIT_EXAMPLE),
        "parameters": documented(PreviewQuery, path={}),
    },
)
@needs(Permission.PLAN, heeds_scope=True)
async def preview(request: Request) -> Response:
    """Reconciles and publishes under the wish in memory; nothing is written.

    Its ETag is the state that it looked at: set the numbers with it as `If-Match`.
    """
    body, query = await parse_body(OverridesToSet, request), parse(PreviewQuery, request)
    principal, here = principal_of(request), desk(request)
    answer, tag = await beside(here.previews, lambda: service.preview(here, principal, body, query.series))
    return Response(orjson.dumps(answer), headers=headers_of(tag), media_type="application/json")


@router.post(
    "/v1/overrides/withdraw",
    response_class=Response,
    summary="Take numbers back",
    responses={**answered(Withdrawn, "They no longer hold", WITHDRAWN_EXAMPLE, conditional=False), **refused()},
    openapi_extra={
        "requestBody": documented_body(NumbersToWithdraw, WITHDRAW_EXAMPLE),
        "parameters": [IDEMPOTENCY_KEY],
    },
)
@needs(Permission.PLAN, heeds_scope=True)
async def withdraw(request: Request) -> Response:
    """Ends numbers from the current cycle on, all of them or none; a lock is unlocked so."""
    body, principal = await parse_body(NumbersToWithdraw, request), principal_of(request)
    numbers, reason = body.numbers, body.reason
    return await changed(request, lambda here, asked: service.withdraw(here, principal, numbers, reason, asked))


@router.delete(
    "/v1/overrides/{number}",
    response_class=Response,
    summary="Take a number back",
    responses={**answered(Withdrawn, "It no longer holds", WITHDRAWN_EXAMPLE, conditional=False), **refused()},
    openapi_extra={"parameters": documented(WithdrawQuery, path={"number": "As `GET /v1/overrides` lists it."})},
)
@needs(Permission.PLAN, heeds_scope=True)
async def withdraw_one(request: Request) -> Response:
    """Ends one number from the current cycle on."""
    query, principal = parse(WithdrawQuery, request), principal_of(request)
    number = number_in(request)
    return await changed(
        request, lambda here, asked: service.withdraw(here, principal, [number], query.reason, asked), b""
    )


def number_in(request: Request) -> int:
    """The number in the path; BadParameterError where it is none."""
    given = str(request.path_params["number"])
    if not (given.isascii() and given.isdigit() and len(given) < 19):
        raise BadParameterError(f"expected the number of an override or proposal in the path, got {given[:40]!r}")
    return int(given)
