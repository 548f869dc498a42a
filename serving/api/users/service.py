"""Users over HTTP. Does not belong here: HTTP (`endpoints.py`), rules and tables (`dp_resources/accounts.py`).

A one-time password is told in the answer to the request that made it. The answer that is kept for the case that the
same request comes again is without it: nothing that can be shown to the API is ever stored.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson

from dp_assets.domain.access import Permission, Principal, parse_roles, permissions_of, scope_of
from serving.api.overrides.service import Answer, reply
from serving.api.problems import ForbiddenError, RefusedAccountError, UnknownUserError
from serving.api.users.schemas import Access, NewUser
from serving.desk import Desk

if TYPE_CHECKING:
    from dp_resources.accounts import Accounts, User
    from dp_resources.planning_once import Asked, Joined, Reply

Told = tuple[Answer, Answer]
"""An answer, and what is told with it once."""


def users(desk: Desk) -> Answer:
    """The answer of `Users`."""
    from dp_resources.accounts import Accounts

    return {"users": [_shown(one) for one in Accounts(desk.database).users()]}


def add(desk: Desk, principal: Principal, asked_for: NewUser, asked: Asked | None) -> Reply:
    """Adds a user; the answer of `UserChanged`.

    Raises:
        ForbiddenError: whoever asks is kept to some nodes.
        AccountRefusedError: the name is taken, or is none; a role or a node is none.
    """
    roles, scope = parse_roles(asked_for.roles), scope_of(asked_for.nodes, asked_for.sees_outside)

    def work(accounts: Accounts, at: datetime) -> str | None:
        return accounts.add_user(asked_for.user, roles, scope, principal.name, at, asked_for.with_password)

    return _changed(desk, principal, asked_for.user, asked, work, status=201)


def set_access(desk: Desk, principal: Principal, name: str, access: Access, asked: Asked | None) -> Reply:
    """Gives a user other roles and nodes; the answer of `UserChanged`.

    Raises:
        UnknownUserError: there is no such user.
        RefusedAccountError: whoever asks could not undo it.
        ForbiddenError, AccountRefusedError: as `add`.
    """
    roles, scope = parse_roles(access.roles), scope_of(access.nodes, access.sees_outside)
    manages = Permission.ADMINISTER in permissions_of(roles) and scope.nodes is None
    _keep_oneself(principal, name, manages)

    def work(accounts: Accounts, at: datetime) -> None:
        accounts.set_access(name, roles, scope, principal.name, at)

    return _changed(desk, principal, name, asked, work)


def set_disabled(desk: Desk, principal: Principal, name: str, disabled: bool, asked: Asked | None) -> Reply:
    """Lets a user in no longer, or again; answers and raises as `set_access`."""
    _keep_oneself(principal, name, manages=not disabled)

    def work(accounts: Accounts, at: datetime) -> None:
        accounts.set_disabled(name, disabled, principal.name, at)

    return _changed(desk, principal, name, asked, work)


def reset_password(desk: Desk, principal: Principal, name: str, asked: Asked | None) -> Reply:
    """A new one-time password; answers and raises as `set_access`."""

    def work(accounts: Accounts, at: datetime) -> str:
        return accounts.reset_password(name, principal.name, at)

    return _changed(desk, principal, name, asked, work)


def check_manages(principal: Principal) -> None:
    """Refuses whoever is kept to some nodes: users and keys are about all of them.

    Raises:
        ForbiddenError: they are.
    """
    if principal.scope.nodes is not None:
        raise ForbiddenError("users and keys are about all nodes, and you are kept to some of them")


def _check_still_manages(accounts: Accounts, principal: Principal) -> None:
    """Looks within the transaction what is else remembered for seconds: nobody who was shut out opens a way back, and
    of two administrators who disable each other one stays."""
    if principal.via == "oidc":
        return
    key = accounts.key(principal.prefix) if principal.prefix else None
    user = accounts.user(principal.name)
    holds = key.holds(datetime.now(UTC)) if key else principal.prefix is None
    manages = user and not user.disabled and Permission.ADMINISTER in permissions_of(user.roles)
    if not (holds and manages and user and user.scope.nodes is None):
        raise ForbiddenError("you no longer manage users and keys")


def known_user(accounts: Accounts, name: str) -> User:
    """The user of that name.

    Raises:
        UnknownUserError: there is none.
    """
    found = accounts.user(name)
    if found is None:
        raise UnknownUserError(f"there is no user {name[:80]!r}; GET /v1/users lists all")
    return found


def told_once(
    desk: Desk, principal: Principal, asked: Asked | None, status: int, change: Callable[[Accounts], Told]
) -> Reply:
    """Makes a change, and answers with what must be told once only if it was made now.

    Raises:
        ForbiddenError: whoever asks was let in a moment ago, and no longer manages users and keys.
    """
    from dp_resources.accounts import Accounts
    from dp_resources.planning_once import Reply

    secrets: Answer = {}

    def work(database: Joined) -> Reply:
        accounts = Accounts(database)
        _check_still_manages(accounts, principal)
        answer, told = change(accounts)
        secrets.update(told)
        return reply(status, {**answer, **dict.fromkeys(told)})

    kept = desk.once(asked, work)
    if not any(secrets.values()):
        return kept
    return Reply(kept.status, orjson.dumps({**orjson.loads(kept.body), **secrets}).decode(), kept.headers)


def _changed(
    desk: Desk,
    principal: Principal,
    name: str,
    asked: Asked | None,
    work: Callable[[Accounts, datetime], Any],
    status: int = 200,
) -> Reply:
    check_manages(principal)

    def change(accounts: Accounts) -> Told:
        if status != 201:
            known_user(accounts, name)
        password = work(accounts, datetime.now(UTC))
        return _shown(known_user(accounts, name)), {"one_time_password": password}

    return told_once(desk, principal, asked, status, change)


def _keep_oneself(principal: Principal, name: str, manages: bool) -> None:
    if name == principal.name and not manages:
        raise RefusedAccountError("you could no longer manage users, nor undo it; another administrator can do this")


def _shown(user: User) -> Answer:
    return {
        "user": user.name,
        "roles": list(user.roles),
        "nodes": None if user.scope.nodes is None else [str(node) for node in user.scope.nodes],
        "sees_outside": user.scope.sees_outside,
        "password": "none" if not user.has_password else "one_time" if user.must_change_password else "own",
        "disabled": user.disabled,
    }
