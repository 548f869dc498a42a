"""Who can be assigned an exception: whoever is let in, may plan, and plans all of what it is about.

Belongs here: that question, and refusals. Does not belong here: HTTP (`endpoints.py`), setting marks (`marks.py`),
users (`dp_resources/accounts.py`).

Users of another issuer are known by what they show, and by nothing before that: where there is one, such a name is
taken as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dp_assets.domain.access import Permission, permissions_of
from serving.api.problems import RefusedEditError
from serving.api.questions import Answer
from serving.api.worklist.service import Key, Sight
from serving.views import View

if TYPE_CHECKING:
    from dp_resources.accounts import User

OF_ISSUER = "oidc:"
"""How names of users begin whom another issuer knows."""


@dataclass(frozen=True)
class Assignees:
    """Who can be assigned something.

    Attributes:
        users: everybody, by name.
        views: what those plan who are let in and may plan; None is everything.
        has_issuer: whether people of another issuer are let in.
        sight: what whoever asks sees.
    """

    users: Mapping[str, User]
    views: Mapping[str, View | None]
    has_issuer: bool
    sight: Sight

    def answer(self, place: Key) -> Answer:
        """The answer of `Assignees`: who can be assigned an exception."""
        names = {name for name in self.views if self._plans(name, place)}
        if self.has_issuer and self.sight.user.startswith(OF_ISSUER):
            names.add(self.sight.user)  # who asks plans it
        return {"names": sorted(names), "others": self.has_issuer}

    def check(self, name: str, place: Key) -> None:
        """Refuses to assign an exception to somebody; RefusedEditError, which says why as far as it may be told."""
        if name in self.views:
            if self._plans(name, place):
                return
            why = "does not plan all of it"
        elif name.startswith(OF_ISSUER) and len(name) > len(OF_ISSUER):
            if self.has_issuer:
                return
            why = "is a user of another issuer, and the API is configured with none"
        elif name in self.users:
            why = "is shut out" if self.users[name].disabled else "may read and not plan"
        else:
            why = "is no user"
        if self.sight.seen is not None:  # who else there is, and what they plan, is told to those who see everything
            why = "is no user who is let in and plans all of it"
        raise RefusedEditError(f"assigned_to: {name!r} {why}; GET /v1/worklist/assignees lists who can be assigned it")

    def _plans(self, name: str, place: Key) -> bool:
        view = self.views[name]
        return view is None or view.has_place(*place[:3])


def may_plan(user: User) -> bool:
    """Whether a user is let in and may plan anything."""
    return not user.disabled and Permission.PLAN in permissions_of(user.roles)
