"""What each endpoint asks for, and the check of it before anything else is looked at.

Belongs here: declaring a permission, checking it, the principal of a request. Does not belong here: which role has
which permission (`dp_assets/domain/access.py`), proving who somebody is (`authentication.py`).

A router with `route_class=GuardedRoute` takes only endpoints that say what they need:

    @router.get("/v1/cycles/current")
    @needs(Permission.READ, heeds_scope=True)
    async def current_cycle(request: Request) -> Response: ...

The check is part of the route and no FastAPI dependency: solving one costs as much as half of a request. What it
costs is made up for by calling endpoints that take the request alone without FastAPI's solving of arguments, so such
routes take no FastAPI dependencies either.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from fastapi import FastAPI, Request, Response
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.types import ASGIApp, Receive, Scope, Send

from dp_assets.domain.access import ANONYMOUS, PERMISSIONS, Permission, Principal
from serving.api.authentication import Gate
from serving.api.problems import (
    BodyTooLongError,
    CannotAuthenticateError,
    ForbiddenError,
    TooManyRequestsError,
    UnauthenticatedError,
    may_raise,
)

PRINCIPAL = "demand_planner.principal"
SCHEME = "bearer"
SECURITY_SCHEMES = {
    SCHEME: {
        "type": "http",
        "scheme": "bearer",
        "description": (
            "An API key (`dp key create`), the token of `POST /v1/session`, or a token of the OIDC issuer that the "
            "API is configured with."
        ),
    }
}
Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])


@dataclass(frozen=True)
class Need:
    """What an endpoint asks for.

    Attributes:
        permission: the permission.
        heeds_scope: whether it keeps what is outside a scope to itself. One that does not refuses whoever must not see
            everything.
    """

    permission: Permission
    heeds_scope: bool


def needs(permission: Permission, heeds_scope: bool = False) -> Callable[[Endpoint], Endpoint]:
    """Declares what an endpoint asks for (see `Need`)."""

    def declare(endpoint: Endpoint) -> Endpoint:
        endpoint.__dict__["need"] = Need(permission, heeds_scope)
        return endpoint

    return declare


def public(endpoint: Endpoint) -> Endpoint:
    """Declares that an endpoint answers everybody."""
    endpoint.__dict__["need"] = None
    return endpoint


class GuardedRoute(APIRoute):
    """A route whose endpoint says what it needs, and which checks that first."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        if "need" not in endpoint.__dict__:
            raise TypeError(f"{path}: expected @needs(…) or @public on {endpoint.__name__}, got neither")
        self.need: Need | None = endpoint.__dict__["need"]
        if self.need is not None:
            says = {"security": [{SCHEME: []}], "x-permission": str(self.need.permission)}
            options["openapi_extra"] = {**says, **(options.get("openapi_extra") or {})}
        super().__init__(path, endpoint, **options)
        if self._is_plain:
            self.app = _asked(self.get_route_handler())

    @property
    def _is_plain(self) -> bool:
        """Whether FastAPI has nothing to solve for the endpoint."""
        return _takes_the_request_alone(self.endpoint) and not self.dependencies

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, behind the check."""
        handle = self.endpoint if self._is_plain else super().get_route_handler()
        need = self.need
        if need is None:
            return handle

        async def guarded(request: Request) -> Response:
            await admit(request, need)
            return await handle(request)

        return guarded


def _asked(handle: Callable[[Request], Coroutine[Any, Any, Response]]) -> ASGIApp:
    """A handler as an app, without FastAPI's exit stacks, which nothing without dependencies uses, and its second look
    for exceptions: the app's own layer answers them alike."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        response = await handle(Request(scope, receive, send))
        await response(scope, receive, send)

    return answer


def _takes_the_request_alone(endpoint: Callable[..., Any]) -> bool:
    signature = inspect.signature(endpoint, eval_str=True)
    kinds = [parameter.annotation for parameter in signature.parameters.values()]
    alone = inspect.iscoroutinefunction(endpoint) and kinds == [Request] and list(signature.parameters) == ["request"]
    return alone and signature.return_annotation is Response


def describe_refusals(document: dict[str, Any]) -> None:
    """Adds to an OpenAPI document how to authenticate, and the refusals that operations share: of who asks, and of
    bodies.

    Told to FastAPI per route, they would cost the start of the process a tenth.
    """
    document["components"]["securitySchemes"] = SECURITY_SCHEMES
    refusals = may_raise(UnauthenticatedError, ForbiddenError, TooManyRequestsError, CannotAuthenticateError)
    too_long = may_raise(BodyTooLongError)
    for path in document["paths"].values():
        for operation in path.values():
            if "security" in operation:
                for status, said in refusals.items():
                    operation["responses"].setdefault(str(status), said)
            if "requestBody" in operation:
                operation["responses"].setdefault("413", too_long[413])


def check_guarded(app: FastAPI) -> None:
    """Raises TypeError when an endpoint of the app says nothing of what it needs, so that none is open by oversight."""
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if isinstance(route, APIRoute) and not isinstance(route, GuardedRoute):
            raise TypeError(f"{route.path}: expected a router with route_class=GuardedRoute")


async def admit(request: Request, need: Need) -> Principal:
    """Who asks, if they may.

    Raises:
        UnauthenticatedError: they show nothing where something is asked for, or what does not hold.
        ForbiddenError: they may not.
        TooManyRequestsError: they ask too often.
        CannotAuthenticateError: they cannot be looked up.
    """
    scope, gate = request.scope, cast(Gate, request.app.state.gate)
    if (shown := _authorization(scope["headers"])) is not None:
        principal = await gate.principal(shown, address_of(request))
        if wait := gate.requests.take(principal.label):
            raise TooManyRequestsError(f"{principal.label} asks more often than agreed; wait before the next", wait)
    elif gate.is_open:
        principal = ANONYMOUS
    else:
        raise UnauthenticatedError(
            "expected an API key or a token as Authorization: Bearer …, got none; `dp key create` makes a key, "
            "POST /v1/session a token"
        )
    scope[PRINCIPAL] = principal
    if not principal.confirmed and need.permission is not Permission.READ:
        raise CannotAuthenticateError
    if not principal.may(need.permission):
        having = ", ".join(role for role, permissions in PERMISSIONS.items() if need.permission in permissions)
        raise ForbiddenError(f"this needs the permission {need.permission}, which {having} have, unless a key has less")
    if principal.scope.hides and not need.heeds_scope:
        raise ForbiddenError("this tells of all nodes, and you are kept to some of them")
    return principal


def principal_of(request: Request) -> Principal:
    """Who asks, in an endpoint that needs a permission; also as `Depends(principal_of)`."""
    return cast(Principal, request.scope[PRINCIPAL])


def shows_something(request: Request) -> bool:
    """Whether a request comes with credentials, good or not."""
    return _authorization(request.scope["headers"]) is not None


def _authorization(headers: Iterable[tuple[bytes, bytes]]) -> bytes | None:
    for name, value in headers:
        if name == b"authorization":
            return value
    return None


def address_of(request: Request) -> str:
    """Where a request comes from; behind a proxy that is trusted, who asked the proxy."""
    client = request.scope.get("client")
    return str(client[0]) if client else "unknown"
