"""Who may do what: roles, permissions, and the part of a hierarchy that somebody is kept to.

Belongs here: the one table from role to permission, and what a scope covers. Does not belong here: users and keys
(`dp_resources/accounts.py`), proving who somebody is (`serving/api/authentication.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from dp_assets.domain.errors import DemandPlannerError

TOTAL = "total"


class AccountRefusedError(DemandPlannerError):
    """What was asked of a user or a key cannot be done."""


class Permission(StrEnum):
    """What an endpoint asks for."""

    READ = "read"
    PLAN = "plan"
    OPERATE = "operate"
    ADMINISTER = "administer"


class Role(StrEnum):
    """What a user is."""

    VIEWER = "viewer"
    PLANNER = "planner"
    DATA_ENGINEER = "data_engineer"
    ADMIN = "admin"


PERMISSIONS: Mapping[Role, frozenset[Permission]] = {
    Role.VIEWER: frozenset({Permission.READ}),
    Role.PLANNER: frozenset({Permission.READ, Permission.PLAN}),
    Role.DATA_ENGINEER: frozenset({Permission.READ, Permission.OPERATE}),
    Role.ADMIN: frozenset(Permission),
}
"""Read forecasts; set numbers; take files, run and back-date; manage users and keys."""


def permissions_of(roles: Iterable[Role]) -> frozenset[Permission]:
    """What somebody with these roles may do."""
    return frozenset(one for role in roles for one in PERMISSIONS[role])


def parse_roles(words: Iterable[str]) -> tuple[Role, ...]:
    """Roles by their names, in the order of `Role`.

    Raises:
        AccountRefusedError: a word is no role, or there is none.
    """
    given = list(words)
    if wrong := [word for word in given if word not in set(Role)]:
        raise AccountRefusedError(f"expected roles out of {', '.join(Role)}, got {wrong[0]!r}")
    if not given:
        raise AccountRefusedError(f"expected at least one role out of {', '.join(Role)}, got none")
    return tuple(role for role in Role if role in given)


def parse_permissions(words: Iterable[str]) -> frozenset[Permission]:
    """Permissions by their names; AccountRefusedError when a word is none."""
    given = list(words)
    if wrong := [word for word in given if word not in set(Permission)]:
        raise AccountRefusedError(f"expected permissions out of {', '.join(Permission)}, got {wrong[0]!r}")
    return frozenset(map(Permission, given))


@dataclass(frozen=True, order=True)
class ScopeNode:
    """One node that somebody is kept to, with everything below it."""

    hierarchy: str
    node: str

    def __str__(self) -> str:
        return f"{self.hierarchy}:{self.node}"

    def covers(self, hierarchy: str, series_id: str, parent: str | None) -> bool:
        """Whether a series lies below it, or is it.

        Args:
            hierarchy: hierarchy that the parent is a node of.
            series_id: the series.
            parent: path of the lowest node above the series.
        """
        if self.hierarchy != hierarchy:
            return False
        return self.node in (TOTAL, series_id, parent) or (parent or "").startswith(f"{self.node}/")


def parse_scope_node(text: str) -> ScopeNode:
    """`hierarchy:node`, such as `product:GROCERY/SOUP`; AccountRefusedError for anything else."""
    hierarchy, colon, node = text.partition(":")
    if not (hierarchy and colon and node):
        raise AccountRefusedError(f"expected a node as hierarchy:node, e.g. product:GROCERY, got {text!r}")
    return ScopeNode(hierarchy, node)


@dataclass(frozen=True)
class NodeScope:
    """Which nodes somebody works on.

    Attributes:
        nodes: the nodes, ascending; None is everything, () is nothing.
        sees_outside: whether what lies outside can be read, though not changed.
    """

    nodes: tuple[ScopeNode, ...] | None = None
    sees_outside: bool = False

    @property
    def hides(self) -> bool:
        """Whether there is anything that must not be seen."""
        return self.nodes is not None and not self.sees_outside

    def covers(self, hierarchy: str, series_id: str, parent: str | None) -> bool:
        """Whether a series is inside by this hierarchy (see `ScopeNode.covers`)."""
        return self.nodes is None or any(one.covers(hierarchy, series_id, parent) for one in self.nodes)


EVERYTHING = NodeScope()


def scope_of(nodes: Iterable[str] | None, sees_outside: bool) -> NodeScope:
    """The scope of nodes that are named as `parse_scope_node` reads them; everything where there are none.

    Raises:
        AccountRefusedError: one is no node, or `sees_outside` is asked for where nothing is outside.
    """
    if not nodes:
        if sees_outside:
            raise AccountRefusedError("to see what is outside only makes sense with nodes to be kept to; name one")
        return EVERYTHING
    return NodeScope(tuple(sorted(map(parse_scope_node, nodes))), sees_outside)


@dataclass(frozen=True)
class Principal:
    """Who asks, once that is proven.

    Attributes:
        name: user name; of a token of somebody else's issuer, `oidc:` and the name it gives.
        roles: what they are.
        scope: nodes they are kept to.
        permissions: what they may do here; a key may have fewer than its user.
        via: how it was proven.
        prefix: of the key, where it was a key.
        confirmed: whether it still holds is known; False where nobody could say, and they only read.
    """

    name: str
    roles: tuple[Role, ...]
    scope: NodeScope = EVERYTHING
    permissions: frozenset[Permission] = field(default=frozenset())
    via: Literal["nothing", "key", "session", "oidc"] = "nothing"
    prefix: str | None = None
    confirmed: bool = True

    @property
    def label(self) -> str:
        """How logs and limits name them; never a secret."""
        return f"key {self.prefix}" if self.prefix else self.name

    def may(self, permission: Permission) -> bool:
        """Whether they may do that."""
        return permission in self.permissions


ANONYMOUS = Principal("anonymous", (Role.VIEWER,), EVERYTHING, PERMISSIONS[Role.VIEWER])
"""Whoever asks an API that is open; reads, and changes nothing."""
