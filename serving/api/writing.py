"""What all endpoints that change something share: conditions, keys of requests, refusals as problems.

Belongs here: `If-Match`, `Idempotency-Key`, running a change beside the event loop. Does not belong here: the changes
(the nouns' services), how answers are kept (`dp_resources/planning_once.py`).
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast

from fastapi import Request, Response

from serving.api.access import principal_of
from serving.api.problems import (
    AlreadyDecidedError,
    BadParameterError,
    ChangedMeanwhileError,
    ForbiddenError,
    IfMatchRequiredError,
    KeyUsedError,
    PlanningUnavailableError,
    ProblemError,
    RefusedAccountError,
    RefusedEditError,
    TooManyRequestsError,
    UnknownNodeError,
    may_raise,
)
from serving.desk import Desk
from serving.turns import TooManyWaitError, Turns

if TYPE_CHECKING:
    from dp_resources.planning_once import Asked, Reply

TAG = re.compile(r'"plan-(\d{1,18})-(\d{4}-\d\d-\d\d)"')
KEY = re.compile(r"[\x21-\x7e]{1,255}")
ANY = 2**62
"""Whatever there is was seen."""
IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "description": (
        "ETag of `GET /v1/overrides` or of a cell when it was looked at; needed where a number is replaced. `*` "
        "replaces whatever there is."
    ),
    "schema": {"type": "string"},
}
IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": (
        "Text of your choice, new for each change: asked again with the same key and body within 24 hours, the change "
        "is not made twice, and the answer is the same."
    ),
    "schema": {"type": "string", "maxLength": 255},
}
CHANGES = [IF_MATCH, IDEMPOTENCY_KEY]
log = logging.getLogger("demand_planner.serving")
T = TypeVar("T")


class Seen(NamedTuple):
    """A state of planners' numbers that somebody knows: the last change in it, and the cycle."""

    change: int
    cycle: str | None


def desk(request: Request) -> Desk:
    """The planning side of the app."""
    return cast(Desk, request.app.state.desk)


def plan_tag(change: int, cycle: str) -> str:
    """The ETag of a state of planners' numbers."""
    return f'"plan-{change}-{cycle}"'


def seen_of(request: Request) -> Seen | None:
    """What `If-Match` says that was seen; None without one.

    Raises:
        BadParameterError: it names no ETag of planners' numbers.
    """
    given = request.headers.get("if-match")
    if given is None:
        return None
    if given.strip() == "*":
        return Seen(ANY, None)
    found = TAG.fullmatch(given.strip())
    if found is None:
        raise BadParameterError(f"If-Match: expected one ETag as GET /v1/overrides gives it, got {given[:80]!r}")
    return Seen(int(found[1]), found[2])


def seen_change(seen: Seen | None, cycle: str) -> int | None:
    """The last change that was seen.

    Raises:
        ChangedMeanwhileError: it was seen in another cycle than the current one.
    """
    if seen is None:
        return None
    if seen.cycle not in (None, cycle):
        raise ChangedMeanwhileError(
            f"cycle {seen.cycle} was looked at, but {cycle} was forecast since, and knows more; look at it again"
        )
    return seen.change


def asked_of(request: Request, body: bytes) -> Asked | None:
    """The request as one that may come again; None without an `Idempotency-Key`.

    Raises:
        BadParameterError: the key is empty, too long, or holds more than visible ASCII.
    """
    from dp_resources.planning_once import Asked

    key = request.headers.get("idempotency-key")
    if key is None:
        return None
    if not KEY.fullmatch(key):
        raise BadParameterError("Idempotency-Key: expected 1 to 255 visible ASCII characters without spaces")
    scope = request.scope
    said = (scope["method"], scope["path"], scope["query_string"], request.headers.get("if-match"))
    digest = sha256(repr(said).encode() + body).hexdigest()
    return Asked(principal_of(request).name, key, digest, datetime.now(UTC))


async def changed(request: Request, make: Callable[[Desk, Asked | None], Reply], body: bytes | None = None) -> Response:
    """Makes a change in a thread, at most once per Idempotency-Key, and answers what came of it."""
    asked = asked_of(request, await request.body() if body is None else body)

    def work() -> Reply:
        from dp_resources.planning_once import answer_of

        known = None if asked is None else answer_of(desk(request).database, asked)
        return known or make(desk(request), asked)

    reply = await beside(desk(request).turns, work)
    headers = {"content-type": "application/json", **reply.headers}
    return Response(reply.body, reply.status, headers=headers)


async def beside(turns: Turns, work: Callable[[], T]) -> T:
    """Does something in a thread of planning, when it is its turn; refusals of the domain become problems.

    Raises:
        TooManyRequestsError: too many wait for such work.
    """

    def run() -> T:
        with refusals():
            return work()

    try:
        return await turns.do(run)
    except TooManyWaitError:
        raise TooManyRequestsError("too many wait for such work already; try again in a while", 5) from None


@contextmanager
def refusals() -> Iterator[None]:
    """Turns refusals of the domain into problems."""
    from dp_assets.domain import planning
    from dp_assets.domain.access import AccountRefusedError
    from dp_assets.domain.errors import ArtefactError, ConfigError, StorageError
    from dp_assets.domain.scenario_definition import ScenarioRefusedError

    try:
        yield
    except planning.UnseenNumberError as error:
        raise IfMatchRequiredError(str(error)) from error
    except planning.StaleEditError as error:
        raise ChangedMeanwhileError(str(error)) from error
    except planning.OtherRequestError as error:
        raise KeyUsedError(str(error)) from error
    except (planning.EditRefusedError, ScenarioRefusedError) as error:
        raise RefusedEditError(str(error)) from error
    except AccountRefusedError as error:
        raise RefusedAccountError(str(error)) from error
    except StorageError as error:  # which names where the database is
        log.error("planning is not available: %s", error)
        raise PlanningUnavailableError(
            "the planning database or the lake does not answer just now; nothing was changed, and forecasts can still "
            "be read; try again in a while"
        ) from error
    except (ConfigError, ArtefactError) as error:
        log.error("planning is not available: %s", error)
        raise PlanningUnavailableError(str(error)) from error


REFUSALS: tuple[type[ProblemError], ...] = (
    BadParameterError,
    RefusedEditError,
    KeyUsedError,
    UnknownNodeError,
    ForbiddenError,
    IfMatchRequiredError,
    ChangedMeanwhileError,
    AlreadyDecidedError,
    PlanningUnavailableError,
)


def refused() -> dict[int | str, dict[str, Any]]:
    """`responses` of an endpoint that changes planners' numbers."""
    return may_raise(*REFUSALS)
