"""Users and API keys, in the planning database.

Belongs here: their tables, and what may be changed of them. Does not belong here: what passwords and keys look like
(`credentials.py`), what a role may do (`dp_assets/domain/access.py`), tokens and requests (`serving/api`), the ledger's
chain (`planning_ledger.py`).

A password that this module makes is one-time: whoever uses it must choose another. Every change is one transaction
with its row in the ledger, which holds what was changed but never a hash.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from dp_assets.domain.access import (
    AccountRefusedError,
    NodeScope,
    Permission,
    Role,
    ScopeNode,
    parse_permissions,
    parse_roles,
    parse_scope_node,
    permissions_of,
)
from dp_resources.credentials import (
    PASSWORD_HASHER,
    SECRET_HASHER,
    new_prefix,
    new_secret,
    nobodys,
    one_time_password,
    verified,
)
from dp_resources.planning_db import PlanningDatabase
from dp_resources.planning_ledger import LEDGER, METADATA, enter

USERS = sa.Table(
    "users",
    METADATA,
    sa.Column("name", sa.Text),
    sa.Column("sequence", sa.BigInteger),
    sa.Column("roles", sa.Text),
    sa.Column("nodes", sa.Text),
    sa.Column("sees_outside", sa.Boolean),
    sa.Column("password_hash", sa.Text),
    sa.Column("must_change_password", sa.Boolean),
    sa.Column("disabled", sa.Boolean),
)
KEYS = sa.Table(
    "api_keys",
    METADATA,
    sa.Column("prefix", sa.Text),
    sa.Column("sequence", sa.BigInteger),
    sa.Column("user", sa.Text),
    sa.Column("label", sa.Text),
    sa.Column("permissions", sa.Text),
    sa.Column("secret_hash", sa.Text),
    sa.Column("expires_at", sa.Text),
    sa.Column("revoked", sa.Boolean),
)
ADMIN = "admin"
NAME = re.compile(r"[a-z0-9][a-z0-9._@-]{0,63}")
"""No colon: it sets users apart from those of another issuer (`oidc:…`)."""
SHORTEST_PASSWORD, LONGEST_PASSWORD = 12, 256


@dataclass(frozen=True)
class User:
    """A user as the database knows it.

    Attributes:
        name: small letters, digits and `._@-`.
        roles: what they are.
        scope: nodes they are kept to.
        has_password: whether they can sign in at all.
        must_change_password: whether the password is a one-time one.
        disabled: whether neither they nor their keys are let in.
        sequence: row of the ledger of the last change.
    """

    name: str
    roles: tuple[Role, ...]
    scope: NodeScope
    has_password: bool
    must_change_password: bool
    disabled: bool
    sequence: int


@dataclass(frozen=True)
class ApiKey:
    """A key as the database knows it.

    Attributes:
        prefix: its name, the part that may be shown.
        user: whose it is; it never may more than they.
        label: what it is for.
        permissions: what it may at most.
        expires_at: from then on it is refused, UTC.
        revoked: whether it is refused already.
        sequence: row of the ledger of the last change.
    """

    prefix: str
    user: str
    label: str
    permissions: frozenset[Permission]
    expires_at: datetime
    revoked: bool
    sequence: int


@dataclass(frozen=True)
class KeyOfUser:
    """A key, whose it is, and the hash that its secret is checked against."""

    key: ApiKey
    user: User
    secret_hash: str

    def holds(self, at: datetime) -> bool:
        """Whether it is good at a moment, if the secret is right."""
        return not (self.key.revoked or self.user.disabled) and at < self.key.expires_at


class Accounts:
    """Users and keys of one planning database."""

    def __init__(self, database: PlanningDatabase) -> None:
        self.database = database

    # -- users --------------------------------------------------------------------------------------------------------

    def users(self) -> list[User]:
        """Every user, by name."""
        with self.database.read() as connection:
            return [_user(row) for row in connection.execute(sa.select(USERS).order_by(USERS.c.name)).mappings()]

    def user(self, name: str) -> User | None:
        """The user of that name; None where there is none."""
        with self.database.read() as connection:
            row = _row_of(connection, name)
        return None if row is None else _user(row)

    def ensure_admin(self, by: str, at: datetime) -> str | None:
        """Makes the first user, `admin`, where there is none at all; returns the one-time password, once."""
        if self.users():
            return None
        password = one_time_password()
        made_hash = PASSWORD_HASHER.hash(password)
        with self.database.write() as connection:
            if connection.execute(sa.select(USERS.c.name).limit(1)).first() is not None:
                return None
            _add(connection, ADMIN, (Role.ADMIN,), NodeScope(), made_hash, by, at)
        return password

    def add_user(
        self, name: str, roles: tuple[Role, ...], scope: NodeScope, by: str, at: datetime, with_password: bool = True
    ) -> str | None:
        """Adds a user; returns the one-time password, None for one who only has keys.

        Raises:
            AccountRefusedError: the name is taken, or is none.
        """
        if not NAME.fullmatch(name):
            raise AccountRefusedError(
                f"expected a name of up to 64 small letters, digits and ._@-, beginning with one of the first two, "
                f"got {name!r}"
            )
        password = one_time_password() if with_password else None
        made_hash = None if password is None else PASSWORD_HASHER.hash(password)
        with self.database.write() as connection:
            if _row_of(connection, name) is not None:
                raise AccountRefusedError(f"expected a new name, but there is a user {name!r} already")
            _add(connection, name, roles, scope, made_hash, by, at)
        return password

    def set_access(self, name: str, roles: tuple[Role, ...], scope: NodeScope, by: str, at: datetime) -> None:
        """Gives a user other roles and another scope; AccountRefusedError when there is no such user."""
        self._change(name, "change user", by, at, roles=" ".join(roles), **_scope_values(scope))

    def set_disabled(self, name: str, disabled: bool, by: str, at: datetime) -> None:
        """Lets a user in no longer, or again; AccountRefusedError when there is no such user."""
        self._change(name, "disable user" if disabled else "enable user", by, at, disabled=disabled)

    def reset_password(self, name: str, by: str, at: datetime) -> str:
        """A new one-time password in place of a user's own; AccountRefusedError when there is no such user."""
        password = one_time_password()
        hashed = PASSWORD_HASHER.hash(password)
        self._change(name, "reset password", by, at, password_hash=hashed, must_change_password=True)
        return password

    def change_password(self, user: User, password: str, new: str, at: datetime) -> User:
        """A password of the user's own choice. The caller has checked the present one.

        Raises:
            AccountRefusedError: the new one is too short or long, the present one, or the name.
        """
        if not SHORTEST_PASSWORD <= len(new) <= LONGEST_PASSWORD:
            raise AccountRefusedError(
                f"expected a new password of {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters, got {len(new)}"
            )
        if new == password or new.lower() == user.name:
            raise AccountRefusedError("expected a new password that is neither the present one nor the user name")
        hashed = PASSWORD_HASHER.hash(new)
        return self._change(
            user.name, "change password", user.name, at, password_hash=hashed, must_change_password=False
        )

    def check_password(self, name: str, password: str) -> User | None:
        """The user, if the password is theirs and they are let in; it takes as long where there is no such user."""
        with self.database.read() as connection:
            row = _row_of(connection, name)
        stored = None if row is None else row["password_hash"]
        right = verified(PASSWORD_HASHER, stored or nobodys(PASSWORD_HASHER), password[: LONGEST_PASSWORD + 1])
        if row is None or stored is None or not right or row["disabled"]:
            return None
        return _user(row)

    def _change(self, name: str, action: str, by: str, at: datetime, **values: Any) -> User:
        with self.database.write() as connection:
            before = _row_of(connection, name)
            if before is None:
                raise AccountRefusedError(f"there is no user {name!r}; `dp user list` shows all")
            after = {**before, **values}
            sequence = enter(connection, at, by, action, name, _user_shown(before), _user_shown(after))
            connection.execute(USERS.update().where(USERS.c.name == name).values(**values, sequence=sequence))
            return _user({**after, "sequence": sequence})

    # -- keys ---------------------------------------------------------------------------------------------------------

    def api_keys(self) -> list[ApiKey]:
        """Every key, by user and prefix."""
        query = sa.select(KEYS).order_by(KEYS.c.user, KEYS.c.prefix)
        with self.database.read() as connection:
            return [_key(row) for row in connection.execute(query).mappings()]

    def key(self, prefix: str) -> KeyOfUser | None:
        """The key of that prefix with its user; None where there is none."""
        with self.database.read() as connection:
            row = _key_row(connection, prefix)
            user = None if row is None else _row_of(connection, row["user"])
        return None if row is None or user is None else KeyOfUser(_key(row), _user(user), row["secret_hash"])

    def create_key(
        self,
        user: str,
        label: str,
        permissions: frozenset[Permission] | None,
        expires_at: datetime,
        by: str,
        at: datetime,
    ) -> tuple[ApiKey, str]:
        """Adds a key for a user; returns it with the text to hand out, which nobody can show again.

        Args:
            user: whose it is.
            label: what it is for.
            permissions: what it may at most; None for all that the user may.
            expires_at: from then on it is refused, UTC.
            by: who asks.
            at: now, UTC.

        Raises:
            AccountRefusedError: there is no such user, they may less, or the key would be over at once.
        """
        prefix, secret = new_prefix(), new_secret()
        secret_hash = SECRET_HASHER.hash(secret)
        with self.database.write() as connection:
            owner = _row_of(connection, user)
            if owner is None:
                raise AccountRefusedError(f"there is no user {user!r}; `dp user add` makes one")
            may = _permissions_of_key(_user(owner), permissions)
            key = _add_key(connection, prefix, secret_hash, user, label, may, expires_at, by, at)
        return key, f"dp_{prefix}_{secret}"

    def rotate_key(
        self, prefix: str, overlap: timedelta, expires_at: datetime, by: str, at: datetime
    ) -> tuple[ApiKey, str]:
        """A new key in place of one that goes on for a while; returns the new one with its text.

        Args:
            prefix: of the key that is replaced.
            overlap: how long that one still holds, unless it ends earlier.
            expires_at: until when the new one does.
            by: who asks.
            at: now, UTC.

        Raises:
            AccountRefusedError: there is no such key, or it no longer holds.
        """
        new, secret = new_prefix(), new_secret()
        secret_hash = SECRET_HASHER.hash(secret)
        with self.database.write() as connection:
            before = _key_row(connection, prefix)
            if before is None or before["revoked"] or datetime.fromisoformat(before["expires_at"]) <= at:
                state = "there is no such key" if before is None else "it no longer holds"
                raise AccountRefusedError(f"expected the prefix of a key that holds, got {prefix!r}: {state}")
            old = _key(before)
            key = _add_key(connection, new, secret_hash, old.user, old.label, old.permissions, expires_at, by, at)
            _change_key(connection, before, "rotate key", by, at, expires_at=_text(min(old.expires_at, at + overlap)))
        return key, f"dp_{new}_{secret}"

    def revoke_key(self, prefix: str, by: str, at: datetime) -> None:
        """Ends a key; AccountRefusedError when there is none of that prefix, or it was revoked already."""
        with self.database.write() as connection:
            before = _key_row(connection, prefix)
            if before is None or before["revoked"]:
                state = "there is no such key" if before is None else "it was revoked already"
                raise AccountRefusedError(f"expected the prefix of a key, got {prefix!r}: {state}; see `dp key list`")
            _change_key(connection, before, "revoke key", by, at, revoked=True)

    # -- ledger -------------------------------------------------------------------------------------------------------

    def enter_refusal(self, who: str, subject: str, address: str, left_out: int, at: datetime) -> None:
        """A row of the ledger for a sign-in that was refused.

        Args:
            who: the user it was tried for, where there is one of that name; else `unknown`.
            subject: what did not fit: a password, a key with its prefix, a token.
            address: where the request came from.
            left_out: refusals since the last such row that have none of their own.
            at: now, UTC.
        """
        after = {"address": address, "left_out": left_out}
        with self.database.write() as connection:
            enter(connection, at, who, "refuse sign-in", subject, None, after)

    def verify(self) -> list[str]:
        """Users and keys that are not what the ledger says of them, one sentence each."""
        with self.database.read() as connection:
            users = connection.execute(sa.select(USERS)).mappings().all()
            keys = connection.execute(sa.select(KEYS)).mappings().all()
            query = sa.select(LEDGER.c.sequence, LEDGER.c.subject, LEDGER.c.after)
            wanted = [row["sequence"] for row in (*users, *keys)]
            rows = connection.execute(query.where(LEDGER.c.sequence.in_(wanted))).mappings().all()
        said = {row["sequence"]: (row["subject"], json.loads(row["after"] or "{}")) for row in rows}
        kept = [("user", row["name"], row["sequence"], _user_shown(row)) for row in users]
        kept += [("key", row["prefix"], row["sequence"], _key_shown(row)) for row in keys]
        return [
            f"{kind} {name!r} is not what row {sequence} of the ledger says"
            for kind, name, sequence, after in kept
            if said.get(sequence) != (name, after)
        ]


def secret_matches(key: KeyOfUser | None, secret: str) -> bool:
    """Whether a secret is a key's; takes as long where there is no key. About 20 ms, so not for an event loop."""
    right = verified(SECRET_HASHER, key.secret_hash if key else nobodys(SECRET_HASHER), secret)
    return key is not None and right


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def _row_of(connection: sa.Connection, name: str) -> dict[str, Any] | None:
    row = connection.execute(sa.select(USERS).where(USERS.c.name == name)).mappings().first()
    return None if row is None else dict(row)


def _key_row(connection: sa.Connection, prefix: str) -> dict[str, Any] | None:
    row = connection.execute(sa.select(KEYS).where(KEYS.c.prefix == prefix)).mappings().first()
    return None if row is None else dict(row)


def _add(
    connection: sa.Connection,
    name: str,
    roles: tuple[Role, ...],
    scope: NodeScope,
    password_hash: str | None,
    by: str,
    at: datetime,
) -> None:
    row = {
        "name": name,
        "roles": " ".join(roles),
        **_scope_values(scope),
        "password_hash": password_hash,
        "must_change_password": password_hash is not None,
        "disabled": False,
    }
    sequence = enter(connection, at, by, "add user", name, None, _user_shown(row))
    connection.execute(USERS.insert().values(**row, sequence=sequence))


def _permissions_of_key(owner: User, wanted: frozenset[Permission] | None) -> frozenset[Permission]:
    most = permissions_of(owner.roles)
    if beyond := sorted((wanted or frozenset()) - most):
        raise AccountRefusedError(f"{owner.name} may {', '.join(sorted(most))}, so a key of theirs may not {beyond[0]}")
    return most if wanted is None else wanted


def _add_key(
    connection: sa.Connection,
    prefix: str,
    secret_hash: str,
    user: str,
    label: str,
    permissions: frozenset[Permission],
    expires_at: datetime,
    by: str,
    at: datetime,
) -> ApiKey:
    if expires_at <= at:
        raise AccountRefusedError(f"expected an end later than now for the new key, got {_text(expires_at)}")
    row = {
        "prefix": prefix,
        "user": user,
        "label": label,
        "permissions": " ".join(sorted(permissions)),
        "secret_hash": secret_hash,
        "expires_at": _text(expires_at),
        "revoked": False,
    }
    sequence = enter(connection, at, by, "create key", prefix, None, _key_shown(row))
    connection.execute(KEYS.insert().values(**row, sequence=sequence))
    return _key({**row, "sequence": sequence})


def _change_key(
    connection: sa.Connection, before: dict[str, Any], action: str, by: str, at: datetime, **values: Any
) -> None:
    after, prefix = {**before, **values}, before["prefix"]
    sequence = enter(connection, at, by, action, prefix, _key_shown(before), _key_shown(after))
    connection.execute(KEYS.update().where(KEYS.c.prefix == prefix).values(**values, sequence=sequence))


def _scope_values(scope: NodeScope) -> dict[str, Any]:
    nodes = None if scope.nodes is None else json.dumps([str(one) for one in scope.nodes])
    return {"nodes": nodes, "sees_outside": scope.sees_outside}


def _scope(row: Any) -> NodeScope:
    nodes: tuple[ScopeNode, ...] | None = None
    if row["nodes"] is not None:
        nodes = tuple(map(parse_scope_node, json.loads(row["nodes"])))
    return NodeScope(nodes, row["sees_outside"])


def _user(row: Any) -> User:
    return User(
        name=row["name"],
        roles=parse_roles(row["roles"].split()),
        scope=_scope(row),
        has_password=row["password_hash"] is not None,
        must_change_password=row["must_change_password"],
        disabled=row["disabled"],
        sequence=row["sequence"],
    )


def _key(row: Any) -> ApiKey:
    return ApiKey(
        prefix=row["prefix"],
        user=row["user"],
        label=row["label"],
        permissions=parse_permissions(row["permissions"].split()),
        expires_at=datetime.fromisoformat(row["expires_at"]),
        revoked=row["revoked"],
        sequence=row["sequence"],
    )


def _user_shown(row: Any) -> dict[str, Any]:
    """What the ledger tells of a user."""
    names = ("roles", "nodes", "sees_outside", "must_change_password", "disabled")
    return {name: row[name] for name in names} | {"has_password": row["password_hash"] is not None}


def _key_shown(row: Any) -> dict[str, Any]:
    """What the ledger tells of a key."""
    return {name: row[name] for name in ("user", "label", "permissions", "expires_at", "revoked")}
