"""`/v1/session`. Belongs here: translation between HTTP and the service."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from dp_assets.domain.access import Permission
from serving.api.access import GuardedRoute, address_of, needs, principal_of, public
from serving.api.descriptions import answered, documented_body
from serving.api.parameters import parse_body
from serving.api.problems import (
    BadParameterError,
    CannotAuthenticateError,
    PasswordChangeRequiredError,
    TooManyRequestsError,
    UnauthenticatedError,
    may_raise,
)
from serving.api.session import service
from serving.api.session.schemas import (
    ASKING,
    CHANGE_EXAMPLE,
    CREDENTIALS_EXAMPLE,
    EXAMPLE,
    Asking,
    Credentials,
    PasswordChange,
    Session,
)
from serving.api.state import gate

router = APIRouter(tags=["session"], route_class=GuardedRoute)
SIGNED_IN = answered(Session, "A token, and until when it holds", EXAMPLE, conditional=False)
REFUSALS = (UnauthenticatedError, TooManyRequestsError, CannotAuthenticateError)


@router.get(
    "/v1/session",
    summary="Who asks",
    response_class=Response,
    responses=answered(Asking, "Who asks, and what they may", ASKING, conditional=False),
)
@needs(Permission.READ, heeds_scope=True)
async def who_asks(request: Request) -> Response:
    """Name, roles, permissions and nodes of whoever shows the key or token, so that a client offers no more."""
    return Response(service.asking(principal_of(request)).model_dump_json(), media_type="application/json")


@router.post(
    "/v1/session",
    summary="Sign in",
    response_class=Response,
    responses={**SIGNED_IN, **may_raise(BadParameterError, PasswordChangeRequiredError, *REFUSALS)},
    openapi_extra={"requestBody": documented_body(Credentials, CREDENTIALS_EXAMPLE)},
)
@public
async def sign_in(request: Request) -> Response:
    """A token for a user and password, to be shown instead of an API key for an hour."""
    given = await parse_body(Credentials, request)
    return _answer(await service.sign_in(gate(request), given, address_of(request)))


@router.post(
    "/v1/session/password",
    summary="Choose a password",
    response_class=Response,
    responses={**SIGNED_IN, **may_raise(BadParameterError, *REFUSALS)},
    openapi_extra={"requestBody": documented_body(PasswordChange, CHANGE_EXAMPLE)},
)
@public
async def change_password(request: Request) -> Response:
    """Replaces a one-time password, or one's own, and answers with a token. Sessions from before end."""
    given = await parse_body(PasswordChange, request)
    return _answer(await service.change_password(gate(request), given, address_of(request)))


def _answer(session: Session) -> Response:
    return Response(session.model_dump_json(), media_type="application/json")
