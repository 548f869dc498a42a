"""`dp user`: who may sign in to the API, and as what.

Belongs here: arguments and printing. Does not belong here: rules (`dp_assets/domain/access.py`), the tables
(`dp_resources/accounts.py`).

Times are the wall's, even where the business runs on a simulated clock: keys expire for attackers, who do not.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from dp_assets.commands.plan import user as this_user
from dp_assets.commands.terminal import console, open_project, say, show
from dp_assets.domain.access import Role, parse_roles, scope_of

if TYPE_CHECKING:
    from dp_resources.accounts import Accounts

user = typer.Typer(no_args_is_help=True, help="Add and disable users of the API; give them roles and nodes.")
Name = Annotated[str, typer.Argument(help="User name: small letters, digits and ._@-")]
Roles = Annotated[list[str], typer.Option("--role", help=f"One of {', '.join(Role)}; may be given again.")]
Nodes = Annotated[
    list[str] | None,
    typer.Option("--node", help="Keep to a node, as hierarchy:node, e.g. product:GROCERY; may be given again."),
]
SeesOutside = Annotated[
    bool, typer.Option("--sees-outside", help="With --node: may read, though not change, what lies outside.")
]
By = Annotated[str, typer.Option("--by", help="Who, for the ledger; the user of this machine when left out.")]


def open_accounts() -> Accounts:
    """Users and keys of the project's planning database."""
    from dp_resources.accounts import Accounts

    return Accounts(open_project().planning())


@user.command("add")
def user_add(
    name: Name,
    role: Roles,
    node: Nodes = None,
    sees_outside: SeesOutside = False,
    no_password: Annotated[
        bool, typer.Option("--no-password", help="For a program: cannot sign in, only has keys.")
    ] = False,
    by: By = "",
) -> None:
    """Add a user, and print the one-time password that they change when they first sign in.

    Example: dp user add ada --role planner --node product:GROCERY
    """
    roles, scope = parse_roles(role), scope_of(node, sees_outside)
    password = open_accounts().add_user(name, roles, scope, by or this_user(), datetime.now(UTC), not no_password)
    say(f"{name} is added as {', '.join(roles)}")
    if password is None:
        console.print(f"Next: [bold]dp key create {name} --for …[/]")
    else:
        _tell(name, password)


@user.command("list")
def user_list() -> None:
    """Print all users, what they are and which nodes they are kept to."""
    import polars as pl

    found = open_accounts().users()
    if not found:
        console.print("There are no users yet. Next: [bold]dp user add --help[/]")
        return
    rows = [
        {
            "user": one.name,
            "roles": ", ".join(one.roles),
            "nodes": "all" if one.scope.nodes is None else ", ".join(map(str, one.scope.nodes)),
            "outside": "hidden" if one.scope.hides else "readable",
            "password": "none" if not one.has_password else "one-time" if one.must_change_password else "own",
            "state": "disabled" if one.disabled else "in use",
        }
        for one in found
    ]
    show(pl.DataFrame(rows), "Users of the API")


@user.command("role")
def user_role(name: Name, role: Roles, node: Nodes = None, sees_outside: SeesOutside = False, by: By = "") -> None:
    """Replace a user's roles and nodes. Whoever is signed in must sign in again.

    Example: dp user role ada --role planner --role data_engineer --node product:GROCERY --sees-outside
    """
    roles, scope = parse_roles(role), scope_of(node, sees_outside)
    open_accounts().set_access(name, roles, scope, by or this_user(), datetime.now(UTC))
    nodes = "all nodes" if scope.nodes is None else ", ".join(map(str, scope.nodes))
    say(f"{name} is {', '.join(roles)} of {nodes}; it holds within seconds")


@user.command("password")
def user_password(name: Name, by: By = "") -> None:
    """Print a new one-time password for a user; the present one ends at once."""
    _tell(name, open_accounts().reset_password(name, by or this_user(), datetime.now(UTC)))


@user.command("disable")
def user_disable(
    name: Name,
    undo: Annotated[bool, typer.Option("--undo", help="Let the user in again.")] = False,
    by: By = "",
) -> None:
    """Let a user in no longer, nor any of their keys."""
    open_accounts().set_disabled(name, not undo, by or this_user(), datetime.now(UTC))
    say(f"{name} is {'let in again' if undo else 'disabled; it holds within seconds'}")


def _tell(name: str, password: str) -> None:
    console.print(f"One-time password of {name}, shown only now: [bold]{password}[/]", highlight=False)
    console.print("It is changed at the first sign-in: docs/access.md says how.", highlight=False)
