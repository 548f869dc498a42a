"""`/v1/users`. Belongs here: translation between HTTP and the service."""

from __future__ import annotations

from typing import Any

import orjson
from fastapi import APIRouter, Request, Response

from dp_assets.domain.access import Permission
from serving.api.access import GuardedRoute, needs, principal_of
from serving.api.descriptions import answered, documented_body, in_path
from serving.api.parameters import parse_body
from serving.api.problems import (
    BadParameterError,
    ForbiddenError,
    KeyUsedError,
    PlanningUnavailableError,
    RefusedAccountError,
    UnknownUserError,
    may_raise,
)
from serving.api.users import service
from serving.api.users.schemas import (
    ACCESS_EXAMPLE,
    CHANGED_EXAMPLE,
    USER_EXAMPLE,
    Access,
    NewUser,
    UserChanged,
    Users,
)
from serving.api.writing import IDEMPOTENCY_KEY, beside, changed, desk

router = APIRouter(tags=["users"], route_class=GuardedRoute)
NAME = in_path("name", "As `GET /v1/users` lists it.")
REFUSED = may_raise(BadParameterError, RefusedAccountError, ForbiddenError, KeyUsedError, PlanningUnavailableError)
UNKNOWN = may_raise(UnknownUserError)
CHANGED: dict[int | str, dict[str, Any]] = {
    **answered(UserChanged, "The user as they are now", CHANGED_EXAMPLE, conditional=False),
    **REFUSED,
    **UNKNOWN,
}


@router.get(
    "/v1/users",
    response_class=Response,
    summary="Users",
    responses={
        **answered(Users, "Everybody, by name", {"users": [USER_EXAMPLE]}, conditional=False),
        **may_raise(PlanningUnavailableError),
    },
)
@needs(Permission.ADMINISTER)
async def users(request: Request) -> Response:
    """Everybody who may ask, what they are and which nodes they are kept to. Whoever signs in at another issuer is not
    listed."""
    here = desk(request)
    answer = await beside(here.turns, lambda: service.users(here))
    return Response(orjson.dumps(answer), media_type="application/json")


@router.post(
    "/v1/users",
    response_class=Response,
    status_code=201,
    summary="Add a user",
    responses={
        201: answered(UserChanged, "The user, with a one-time password", CHANGED_EXAMPLE, conditional=False)[200],
        **REFUSED,
    },
    openapi_extra={
        "requestBody": documented_body(NewUser, {"user": "ada", **ACCESS_EXAMPLE}),
        "parameters": [IDEMPOTENCY_KEY],
    },
)
@needs(Permission.ADMINISTER)
async def add(request: Request) -> Response:
    """A user with a one-time password, which they replace by their own when they first sign in. It is told once."""
    body, principal = await parse_body(NewUser, request), principal_of(request)
    return await changed(request, lambda here, asked: service.add(here, principal, body, asked))


@router.post(
    "/v1/users/{name}/access",
    response_class=Response,
    summary="Give a user other roles and nodes",
    responses=CHANGED,
    openapi_extra={
        "requestBody": documented_body(Access, ACCESS_EXAMPLE),
        "parameters": [NAME, IDEMPOTENCY_KEY],
    },
)
@needs(Permission.ADMINISTER)
async def set_access(request: Request) -> Response:
    """Replaces roles and nodes. Whoever is signed in must sign in again; nobody takes the administration from
    themselves."""
    body, principal, name = await parse_body(Access, request), principal_of(request), request.path_params["name"]
    return await changed(request, lambda here, asked: service.set_access(here, principal, name, body, asked))


@router.post(
    "/v1/users/{name}/disable",
    response_class=Response,
    summary="Let a user in no longer",
    responses=CHANGED,
    openapi_extra={"parameters": [NAME, IDEMPOTENCY_KEY]},
)
@needs(Permission.ADMINISTER)
async def disable(request: Request) -> Response:
    """Neither the user nor any of their keys is let in, in every API process after five seconds at the latest."""
    return await _set_disabled(request, disabled=True)


@router.post(
    "/v1/users/{name}/enable",
    response_class=Response,
    summary="Let a user in again",
    responses=CHANGED,
    openapi_extra={"parameters": [NAME, IDEMPOTENCY_KEY]},
)
@needs(Permission.ADMINISTER)
async def enable(request: Request) -> Response:
    """Lets a user in again, with the password and the keys that they had."""
    return await _set_disabled(request, disabled=False)


@router.post(
    "/v1/users/{name}/password",
    response_class=Response,
    summary="Give a user a one-time password",
    responses=CHANGED,
    openapi_extra={"parameters": [NAME, IDEMPOTENCY_KEY]},
)
@needs(Permission.ADMINISTER)
async def reset_password(request: Request) -> Response:
    """A new one-time password; the present one ends at once, and so do sessions. It is told once."""
    principal, name = principal_of(request), request.path_params["name"]
    return await changed(request, lambda here, asked: service.reset_password(here, principal, name, asked))


async def _set_disabled(request: Request, disabled: bool) -> Response:
    principal, name = principal_of(request), request.path_params["name"]
    return await changed(request, lambda here, asked: service.set_disabled(here, principal, name, disabled, asked))
