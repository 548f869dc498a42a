"""Errors as the API tells them: problem details for HTTP APIs (RFC 9457).

Belongs here: the error tree of the API, its JSON form and its handlers. Does not belong here: when an error is raised.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, cast

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from dp_assets.domain.errors import DemandPlannerError
from serving.api.descriptions import reference

MEDIA_TYPE = "application/problem+json"
URN = "urn:demand-planner:problem:"
REALM = 'Bearer realm="demand-planner"'
SHOWN_INPUT = 200
"""Characters shown of what came, which may be as long as its sender likes."""


class Problem(BaseModel):
    """Problem details (RFC 9457)."""

    model_config = ConfigDict(extra="forbid")

    type: str = Field(description="what kind of problem, as a URI", examples=[f"{URN}unknown-sku"])
    title: str = Field(description="the kind of problem in words", examples=["Unknown SKU"])
    status: int = Field(description="HTTP status", examples=[404])
    detail: str = Field(description="what was expected, what came, and what to do")
    instance: str = Field(description="path that was asked for", examples=["/v1/forecast/skus/1"])


class ProblemError(Exception):
    """Base of the errors that become an answer of their own."""

    status = 500
    kind = "error"
    title = "Error"

    def __init__(self, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.headers = dict(headers or {})


class UnknownSkuError(ProblemError):
    """No series of that SKU is in the current cycle."""

    status, kind, title = 404, "unknown-sku", "Unknown SKU"


class UnknownCycleError(ProblemError):
    """The lake holds no bundle of that cycle."""

    status, kind, title = 404, "unknown-cycle", "Unknown cycle"


class UnknownSeriesError(ProblemError):
    """The table of that cycle has nothing about that series."""

    status, kind, title = 404, "unknown-series", "Unknown series"


class UnknownReceiptError(ProblemError):
    """The lake holds no receipt of that id, or several begin so."""

    status, kind, title = 404, "unknown-receipt", "Unknown receipt"


class UnknownFileError(ProblemError):
    """The lake has no file version of that id."""

    status, kind, title = 404, "unknown-file", "Unknown file"


class UnknownNodeError(ProblemError):
    """No hierarchy or node of that name is in the cycle."""

    status, kind, title = 404, "unknown-node", "Unknown node"


class UnknownScenarioError(ProblemError):
    """There is no scenario of that name."""

    status, kind, title = 404, "unknown-scenario", "Unknown scenario"


class UnknownUserError(ProblemError):
    """There is no user of that name."""

    status, kind, title = 404, "unknown-user", "Unknown user"


class UnknownApiKeyError(ProblemError):
    """There is no API key of that prefix."""

    status, kind, title = 404, "unknown-key", "Unknown key"


class UnknownProducerError(ProblemError):
    """No producer of that name is configured."""

    status, kind, title = 404, "unknown-producer", "Unknown producer"


class NotMadeError(ProblemError):
    """The table was not made for that cycle; the message names the command that makes it."""

    status, kind, title = 404, "not-made", "Not made yet"


class NotAcceptableError(ProblemError):
    """None of the formats accepted is one that can be answered."""

    status, kind, title = 406, "not-acceptable", "Not acceptable"


class BodyTooLongError(ProblemError):
    """The body of the request is longer than the API takes; the middleware answers so before anything is read."""

    status, kind, title = 413, "body-too-long", "Body too long"


class BadParameterError(ProblemError):
    """A parameter has a value that cannot be answered."""

    status, kind, title = 422, "bad-parameter", "Bad parameter"


class RefusedEditError(ProblemError):
    """What is asked for breaks a rule of planning; nothing was changed."""

    status, kind, title = 422, "edit-refused", "Edit refused"


class RefusedAccountError(ProblemError):
    """What is asked of a user or a key cannot be done; nothing was changed."""

    status, kind, title = 422, "account-refused", "Not possible with users and keys"


class KeyUsedError(ProblemError):
    """Something else was asked under the same Idempotency-Key within the last 24 hours."""

    status, kind, title = 422, "key-used", "Key used for something else"


class AlreadyDecidedError(ProblemError):
    """It ended, or was decided on, before."""

    status, kind, title = 409, "already-decided", "Already decided"


class NoSuchNumberError(ProblemError):
    """There is no such number or proposal."""

    status, kind, title = 404, "unknown-number", "Unknown number"


class ChangedMeanwhileError(ProblemError):
    """`If-Match` names a state that is no longer so: somebody else was faster. Nothing was changed."""

    status, kind, title = 412, "changed-meanwhile", "Changed meanwhile"


class IfMatchRequiredError(ProblemError):
    """A number holds there already; `If-Match` must say that it was seen."""

    status, kind, title = 428, "if-match-required", "If-Match required"


class PlanningUnavailableError(ProblemError):
    """The planning database or the lake does not answer; nothing was changed, and forecasts can still be read."""

    status, kind, title = 503, "planning-unavailable", "Planning is not available"

    def __init__(self, detail: str) -> None:
        super().__init__(detail, headers={"Retry-After": "5"})


class NotComputableError(ProblemError):
    """What is asked about has no effect that could be computed; the message says why."""

    status, kind, title = 422, "not-computable", "Not computable"


class UnauthenticatedError(ProblemError):
    """Nobody who may ask: no key, token or password, or one that does not hold."""

    status, kind, title = 401, "not-authenticated", "Not authenticated"

    def __init__(self, detail: str, error: str | None = None) -> None:
        challenge = f'{REALM}, error="{error}"' if error else REALM
        super().__init__(detail, headers={"WWW-Authenticate": challenge})


class ForbiddenError(ProblemError):
    """Known, but not allowed to do this."""

    status, kind, title = 403, "not-allowed", "Not allowed"


class PasswordChangeRequiredError(ForbiddenError):
    """A one-time password is good for choosing another one only."""

    kind, title = "password-change-required", "Password change required"


class TooManyRequestsError(ProblemError):
    """More requests than agreed; `Retry-After` says how many seconds to wait."""

    status, kind, title = 429, "too-many-requests", "Too many requests"

    def __init__(self, detail: str, seconds: float) -> None:
        super().__init__(detail, headers={"Retry-After": str(math.ceil(seconds))})


class CannotBeServedError(ProblemError):
    """There is no such bundle, or it cannot be served; or there is nothing to undo."""

    status, kind, title = 409, "cannot-be-served", "Cannot be served"


class CannotBeRecalledError(ProblemError):
    """The file version is not in the state to be recalled, or put back; the message says in which it is."""

    status, kind, title = 409, "cannot-be-recalled", "Cannot be recalled"


class CannotAuthenticateError(ProblemError):
    """Whoever asks cannot be looked up just now."""

    status, kind, title = 503, "cannot-authenticate", "Cannot authenticate"

    def __init__(self) -> None:
        detail = "users and keys cannot be looked up just now; the API's log says why; try again in a while"
        super().__init__(detail, headers={"Retry-After": "5"})


class NoBundleError(ProblemError):
    """Nothing can be served yet."""

    status, kind, title = 503, "no-forecasts-yet", "No forecasts yet"

    def __init__(self, detail: str) -> None:
        super().__init__(detail, headers={"Retry-After": "5"})


def problem_response(
    request: Request, status: int, kind: str, title: str, detail: str, headers: Mapping[str, str] | None = None
) -> Response:
    """One problem as `application/problem+json`."""
    body = Problem(type=URN + kind, title=title, status=status, detail=detail, instance=request.url.path)
    return Response(orjson.dumps(body.model_dump()), status, headers=dict(headers or {}), media_type=MEDIA_TYPE)


async def _on_problem(request: Request, error: Exception) -> Response:
    found = cast(ProblemError, error)
    return problem_response(request, found.status, found.kind, found.title, found.detail, found.headers)


async def _on_domain(request: Request, error: Exception) -> Response:
    return problem_response(request, 503, "cannot-compute", "Cannot compute", str(error))


async def _on_bug(request: Request, _error: Exception) -> Response:
    detail = "this is a mistake in the program, not in the question; its log says more"
    return problem_response(request, 500, "internal-error", "Internal error", detail)


async def _on_validation(request: Request, error: Exception) -> Response:
    found = cast(RequestValidationError, error).errors()
    detail = "; ".join(f"{'.'.join(map(str, one['loc'][1:]))}: {one['msg']}{_given(one)}" for one in found)
    return problem_response(request, 422, BadParameterError.kind, BadParameterError.title, detail)


def _given(error: Mapping[str, Any]) -> str:
    """What came, unless it came in a body, which may hold a password."""
    return "" if error["loc"][0] == "body" else f", got {repr(error['input'])[:SHOWN_INPUT]}"


async def _on_http(request: Request, error: Exception) -> Response:
    found = cast(HTTPException, error)
    kind = {404: "not-found", 405: "method-not-allowed", 413: BodyTooLongError.kind}.get(found.status_code, "http")
    detail = f"{request.method} {request.url.path}: {found.detail}; the paths there are stand in /docs"
    return problem_response(request, found.status_code, kind, str(found.detail), detail, found.headers)


def add_problem_handlers(app: FastAPI) -> None:
    """Makes every error of the app a problem document."""
    app.add_exception_handler(ProblemError, _on_problem)
    app.add_exception_handler(DemandPlannerError, _on_domain)
    app.add_exception_handler(Exception, _on_bug)
    app.add_exception_handler(RequestValidationError, _on_validation)
    app.add_exception_handler(HTTPException, _on_http)


def may_raise(*errors: type[ProblemError]) -> dict[int | str, dict[str, Any]]:
    """`responses` of an endpoint that may raise these errors, each with an example."""
    found: dict[int | str, dict[str, Any]] = {}
    for error in errors:
        said = error.__doc__ or error.title
        shown = {"type": URN + error.kind, "title": error.title, "status": error.status}
        example = {"summary": error.title, "value": {**shown, "detail": said, "instance": "/v1/…"}}
        content = {MEDIA_TYPE: {"schema": reference(Problem), "examples": {}}}
        response = found.setdefault(error.status, {"description": "", "content": content})
        response["description"] = " ".join(filter(None, (response["description"], said)))
        response["content"][MEDIA_TYPE]["examples"][error.kind] = example
    return found


def share_problems(found: dict[str, Any]) -> None:
    """Says once, under `components`, which problems several operations answer in the same words.

    A response is called by the kinds of its problems. Where two that are called alike differ, the first is shared.
    """
    shared: dict[str, dict[str, Any]] = found["components"].setdefault("responses", {})
    for path in found["paths"].values():
        for operation in path.values():
            for status, response in operation["responses"].items():
                if status >= "400":
                    name = "_or_".join(response["content"][MEDIA_TYPE]["examples"])
                    if shared.setdefault(name, response) == response:
                        operation["responses"][status] = {"$ref": f"#/components/responses/{name}"}
