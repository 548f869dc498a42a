"""`/v1/keys`. Belongs here: translation between HTTP and the service."""

from __future__ import annotations

import orjson
from fastapi import APIRouter, Request, Response

from dp_assets.domain.access import Permission
from serving.api.access import GuardedRoute, needs, principal_of
from serving.api.descriptions import answered, documented, documented_body, in_path
from serving.api.keys import service
from serving.api.keys.schemas import KEY_EXAMPLE, MADE_EXAMPLE, ApiKey, KeyMade, Keys, KeysQuery, NewKey, Rotation
from serving.api.parameters import parse, parse_body
from serving.api.problems import (
    BadParameterError,
    ForbiddenError,
    KeyUsedError,
    PlanningUnavailableError,
    RefusedAccountError,
    UnknownApiKeyError,
    UnknownUserError,
    may_raise,
)
from serving.api.writing import IDEMPOTENCY_KEY, beside, changed, desk

router = APIRouter(tags=["keys"], route_class=GuardedRoute)
PREFIX = in_path("prefix", "As `GET /v1/keys` lists it.")
REFUSALS = (BadParameterError, RefusedAccountError, ForbiddenError, KeyUsedError, PlanningUnavailableError)
MADE = answered(KeyMade, "The key, told once", MADE_EXAMPLE, conditional=False)[200]


@router.get(
    "/v1/keys",
    response_class=Response,
    summary="API keys",
    responses={
        **answered(Keys, "Keys of all users, without their secrets", {"keys": [KEY_EXAMPLE]}, conditional=False),
        **may_raise(BadParameterError, PlanningUnavailableError),
    },
    openapi_extra={"parameters": documented(KeysQuery, path={})},
)
@needs(Permission.ADMINISTER)
async def keys(request: Request) -> Response:
    """Keys that hold: their prefix, whose they are, what they are for and may, and until when."""
    query, here = parse(KeysQuery, request), desk(request)
    answer = await beside(here.turns, lambda: service.keys(here, query.all))
    return Response(orjson.dumps(answer), media_type="application/json")


@router.post(
    "/v1/keys",
    response_class=Response,
    status_code=201,
    summary="Make an API key",
    responses={201: MADE, **may_raise(*REFUSALS, UnknownUserError)},
    openapi_extra={
        "requestBody": documented_body(NewKey, {"user": "shop", "purpose": "dashboard", "permissions": ["read"]}),
        "parameters": [IDEMPOTENCY_KEY],
    },
)
@needs(Permission.ADMINISTER)
async def create(request: Request) -> Response:
    """A key of a user, for a program. It is told once."""
    body, principal = await parse_body(NewKey, request), principal_of(request)
    return await changed(request, lambda here, asked: service.create(here, principal, body, asked))


@router.post(
    "/v1/keys/{prefix}/rotate",
    response_class=Response,
    status_code=201,
    summary="Replace an API key",
    responses={201: MADE, **may_raise(*REFUSALS, UnknownApiKeyError)},
    openapi_extra={
        "requestBody": documented_body(Rotation, {"overlap_hours": 24}),
        "parameters": [PREFIX, IDEMPOTENCY_KEY],
    },
)
@needs(Permission.ADMINISTER)
async def rotate(request: Request) -> Response:
    """A new key of the same user for the same purpose; the present one goes on for a while, so that programs can
    change over."""
    body, principal, prefix = await parse_body(Rotation, request), principal_of(request), request.path_params["prefix"]
    return await changed(request, lambda here, asked: service.rotate(here, principal, prefix, body, asked))


@router.delete(
    "/v1/keys/{prefix}",
    response_class=Response,
    summary="End an API key",
    responses={
        **answered(ApiKey, "The key, which is refused from now on", KEY_EXAMPLE, conditional=False),
        **may_raise(*REFUSALS, UnknownApiKeyError),
    },
    openapi_extra={"parameters": [PREFIX, IDEMPOTENCY_KEY]},
)
@needs(Permission.ADMINISTER)
async def revoke(request: Request) -> Response:
    """Every API process refuses it after five seconds at the latest."""
    principal, prefix = principal_of(request), request.path_params["prefix"]
    return await changed(request, lambda here, asked: service.revoke(here, principal, prefix, asked))
