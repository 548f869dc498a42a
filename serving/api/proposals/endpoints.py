"""`/v1/proposals`. Belongs here: translation between HTTP and the service."""

from __future__ import annotations

import orjson
from fastapi import APIRouter, Request, Response

from dp_assets.domain.access import Permission
from serving.api.access import GuardedRoute, needs, principal_of
from serving.api.answers import headers_of
from serving.api.descriptions import answered, documented, documented_body, in_path
from serving.api.overrides.endpoints import number_in
from serving.api.overrides.schemas import PREVIEW_EXAMPLE, SET_EXAMPLE, OverridesSet, Preview, PreviewQuery
from serving.api.parameters import parse, parse_body
from serving.api.problems import BadParameterError, NoSuchNumberError, PlanningUnavailableError, may_raise
from serving.api.proposals import service
from serving.api.proposals.schemas import (
    PROPOSALS_EXAMPLE,
    Proposals,
    ProposalsQuery,
    Rejected,
    Rejection,
)
from serving.api.writing import IDEMPOTENCY_KEY, REFUSALS, beside, changed, desk

router = APIRouter(tags=["proposals"], route_class=GuardedRoute)
NUMBER = in_path("number", "As `GET /v1/proposals` lists it.")
REFUSED = may_raise(*REFUSALS, NoSuchNumberError)


@router.get(
    "/v1/proposals",
    response_class=Response,
    summary="Numbers that wait for approval",
    responses={
        **answered(Proposals, "Proposals that wait, or those decided on", PROPOSALS_EXAMPLE, conditional=False),
        **may_raise(BadParameterError, PlanningUnavailableError),
    },
    openapi_extra={"parameters": documented(ProposalsQuery, path={})},
)
@needs(Permission.READ, heeds_scope=True)
async def proposals(request: Request) -> Response:
    """Proposals that wait, oldest first, or those decided on; with a number that must not be seen they are left out."""
    query, principal, here = parse(ProposalsQuery, request), principal_of(request), desk(request)
    answer = await beside(here.turns, lambda: service.listing(here, principal, query))
    return Response(orjson.dumps(answer), media_type="application/json")


@router.post(
    "/v1/proposals/{number}/preview",
    response_class=Response,
    summary="What a proposal would do",
    responses={
        **answered(Preview, "Every total before and after, conflicts", PREVIEW_EXAMPLE, conditional=False),
        **REFUSED,
    },
    openapi_extra={"parameters": documented(PreviewQuery, path={"number": "As `GET /v1/proposals` lists it."})},
)
@needs(Permission.PLAN, heeds_scope=True)
async def preview(request: Request) -> Response:
    """Reconciles and publishes under the proposal in memory; nothing is written."""
    query, principal, here = parse(PreviewQuery, request), principal_of(request), desk(request)
    number = number_in(request)
    answer, tag = await beside(here.previews, lambda: service.preview(here, principal, number, query.series))
    return Response(orjson.dumps(answer), headers=headers_of(tag), media_type="application/json")


@router.post(
    "/v1/proposals/{number}/approve",
    response_class=Response,
    status_code=201,
    summary="Let a proposal hold",
    responses={201: answered(OverridesSet, "They hold", SET_EXAMPLE, conditional=False)[200], **REFUSED},
    openapi_extra={"parameters": [NUMBER, IDEMPOTENCY_KEY]},
)
@needs(Permission.PLAN, heeds_scope=True)
async def approve(request: Request) -> Response:
    """Sets the numbers, all or none, in the name of who proposed them; under four eyes nobody approves their own.

    Where one of the cells was changed since it was proposed, the answer is 412: propose again.
    """
    number, principal = number_in(request), principal_of(request)
    return await changed(request, lambda here, asked: service.approve(here, principal, number, asked))


@router.post(
    "/v1/proposals/{number}/reject",
    response_class=Response,
    summary="Reject a proposal",
    responses={**answered(Rejected, "It ended", {"rejected": 7}, conditional=False), **REFUSED},
    openapi_extra={
        "requestBody": documented_body(Rejection, {"reason": "cancelled"}),
        "parameters": [NUMBER, IDEMPOTENCY_KEY],
    },
)
@needs(Permission.PLAN, heeds_scope=True)
async def reject(request: Request) -> Response:
    """Ends a proposal without setting anything."""
    body, number, principal = await parse_body(Rejection, request), number_in(request), principal_of(request)
    return await changed(request, lambda here, asked: service.reject(here, principal, number, body.reason, asked))
