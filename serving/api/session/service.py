"""Sessions out of the gate. Does not belong here: HTTP."""

from __future__ import annotations

from dp_assets.domain.access import Principal
from serving.api.authentication import Gate
from serving.api.session.schemas import Asking, Credentials, PasswordChange, Session


def asking(principal: Principal) -> Asking:
    """Who asks, and what they may."""
    nodes = principal.scope.nodes
    return Asking(
        name=principal.name,
        signed_in=principal.via != "nothing",
        roles=list(principal.roles),
        permissions=sorted(principal.permissions),
        nodes=None if nodes is None else [str(node) for node in nodes],
        sees_outside=principal.scope.sees_outside,
    )


async def sign_in(gate: Gate, given: Credentials, address: str) -> Session:
    """A session of a user; the errors of `Gate.sign_in`."""
    return _session(await gate.sign_in(given.user, given.password.get_secret_value(), address))


async def change_password(gate: Gate, given: PasswordChange, address: str) -> Session:
    """A session of a user whose password is another one now; the errors of `Gate.change_password`."""
    present, new = given.password.get_secret_value(), given.new_password.get_secret_value()
    return _session(await gate.change_password(given.user, present, new, address))


def _session(token: str) -> Session:
    from serving.api.tokens import SESSION_SECONDS

    return Session(access_token=token, token_type="Bearer", expires_in=SESSION_SECONDS)  # noqa: S106  no secret
