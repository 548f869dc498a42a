"""API keys over HTTP. Does not belong here: HTTP (`endpoints.py`), rules and tables (`dp_resources/accounts.py`).

As with passwords (`users/service.py`), a key is told once, and never part of an answer that is kept.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from dp_assets.domain.access import Principal, parse_permissions
from serving.api.keys.schemas import NewKey, Rotation
from serving.api.overrides.service import Answer
from serving.api.problems import UnknownApiKeyError
from serving.api.users.service import Told, check_manages, known_user, told_once
from serving.desk import Desk

if TYPE_CHECKING:
    from dp_resources.accounts import Accounts, ApiKey
    from dp_resources.planning_once import Asked, Reply


def keys(desk: Desk, everything: bool) -> Answer:
    """The answer of `Keys`."""
    from dp_resources.accounts import Accounts

    now = datetime.now(UTC)
    found = [_shown(one, now) for one in Accounts(desk.database).api_keys()]
    return {"keys": [one for one in found if everything or one["state"] == "holds"]}


def create(desk: Desk, principal: Principal, wanted: NewKey, asked: Asked | None) -> Reply:
    """Makes a key; the answer of `KeyMade`.

    Raises:
        ForbiddenError: whoever asks is kept to some nodes.
        UnknownUserError: there is no such user.
        AccountRefusedError: it would be allowed more than its user.
    """
    check_manages(principal)
    permissions = None if wanted.permissions is None else parse_permissions(wanted.permissions)

    def change(accounts: Accounts) -> Told:
        now, days = datetime.now(UTC), timedelta(days=wanted.days)
        known_user(accounts, wanted.user)
        made, text = accounts.create_key(wanted.user, wanted.purpose, permissions, now + days, principal.name, now)
        return _shown(made, now), {"key": text}

    return told_once(desk, principal, asked, 201, change)


def rotate(desk: Desk, principal: Principal, prefix: str, how: Rotation, asked: Asked | None) -> Reply:
    """Makes a key in place of one; the answer of `KeyMade`.

    Raises:
        UnknownApiKeyError: there is no key of that prefix.
        ForbiddenError: whoever asks is kept to some nodes.
        AccountRefusedError: it no longer holds.
    """
    check_manages(principal)

    def change(accounts: Accounts) -> Told:
        now, overlap = datetime.now(UTC), timedelta(hours=how.overlap_hours)
        _known(accounts, prefix)
        made, text = accounts.rotate_key(prefix, overlap, now + timedelta(days=how.days), principal.name, now)
        return _shown(made, now), {"key": text}

    return told_once(desk, principal, asked, 201, change)


def revoke(desk: Desk, principal: Principal, prefix: str, asked: Asked | None) -> Reply:
    """Ends a key; the answer of `ApiKey`. Raises as `rotate`."""
    check_manages(principal)

    def change(accounts: Accounts) -> Told:
        now = datetime.now(UTC)
        _known(accounts, prefix)
        accounts.revoke_key(prefix, principal.name, now)
        return _shown(_known(accounts, prefix), now), {}

    return told_once(desk, principal, asked, 200, change)


def _known(accounts: Accounts, prefix: str) -> ApiKey:
    found = accounts.key(prefix)
    if found is None:
        raise UnknownApiKeyError(f"there is no key {prefix[:80]!r}; GET /v1/keys?all=true lists all")
    return found.key


def _shown(key: ApiKey, now: datetime) -> Answer:
    return {
        "prefix": key.prefix,
        "user": key.user,
        "purpose": key.label,
        "permissions": sorted(key.permissions),
        "expires_at": key.expires_at,
        "state": "revoked" if key.revoked else "expired" if key.expires_at <= now else "holds",
    }
