"""`dp key`: what programs show to the API instead of signing in.

Belongs here: arguments and printing. Does not belong here: the table of keys (`dp_resources/accounts.py`).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from dp_assets.commands.plan import user as this_user
from dp_assets.commands.terminal import console, say, show
from dp_assets.commands.user import By, open_accounts
from dp_assets.domain.access import Permission, parse_permissions

if TYPE_CHECKING:
    from dp_resources.accounts import ApiKey

key = typer.Typer(no_args_is_help=True, help="Create, rotate and revoke API keys.")
Prefix = Annotated[str, typer.Argument(help="The part of a key between dp_ and the next _, as `dp key list` shows it.")]
Days = Annotated[int, typer.Option("--days", min=1, max=366, help="After so many days it is refused.")]


@key.command("create")
def key_create(
    user: Annotated[str, typer.Argument(help="Whose key it is; it may at most what they may.")],
    purpose: Annotated[str, typer.Option("--for", help="What it is for, e.g. the program that shows it.")],
    scope: Annotated[
        list[str] | None,
        typer.Option("--scope", help=f"At most this, of {', '.join(Permission)}; all the user may when left out."),
    ] = None,
    days: Days = 90,
    by: By = "",
) -> None:
    """Make a key for a user and print it, once.

    Example: dp key create ada --for dashboard --scope read --days 30
    """
    permissions, now = parse_permissions(scope) if scope else None, datetime.now(UTC)
    until = now + timedelta(days=days)
    _tell(*open_accounts().create_key(user, purpose, permissions, until, by or this_user(), now))


@key.command("list")
def key_list(
    everything: Annotated[bool, typer.Option("--all", help="Also those that no longer hold.")] = False,
) -> None:
    """Print the keys that hold."""
    import polars as pl

    now = datetime.now(UTC)
    found = [one for one in open_accounts().api_keys() if everything or not (one.revoked or one.expires_at <= now)]
    if not found:
        console.print("There are no keys that hold. Next: [bold]dp key create --help[/]")
        return
    rows = [
        {
            "prefix": one.prefix,
            "user": one.user,
            "for": one.label,
            "may": ", ".join(sorted(one.permissions)),
            "until": one.expires_at.strftime("%Y-%m-%d %H:%M"),
            "state": "revoked" if one.revoked else "expired" if one.expires_at <= now else "holds",
        }
        for one in found
    ]
    show(pl.DataFrame(rows), "API keys (until: UTC)")


@key.command("rotate")
def key_rotate(
    prefix: Prefix,
    overlap_hours: Annotated[int, typer.Option(min=0, max=720, help="How long the old one goes on.")] = 24,
    days: Days = 90,
    by: By = "",
) -> None:
    """Print a new key in place of one, which goes on for a while so that programs can change over."""
    now = datetime.now(UTC)
    made = open_accounts().rotate_key(
        prefix, timedelta(hours=overlap_hours), now + timedelta(days=days), by or this_user(), now
    )
    _tell(*made)
    say(f"{prefix} goes on for {overlap_hours} h at most")


@key.command("revoke")
def key_revoke(prefix: Prefix, by: By = "") -> None:
    """End a key; a running API refuses it within seconds."""
    open_accounts().revoke_key(prefix, by or this_user(), datetime.now(UTC))
    say(f"{prefix} is revoked; it holds within seconds")


def _tell(made: ApiKey, text: str) -> None:
    say(f"key {made.prefix} of {made.user} may {', '.join(sorted(made.permissions))} until {made.expires_at:%Y-%m-%d}")
    console.print("The key, shown only now:", highlight=False)
    console.print(text, highlight=False, soft_wrap=True)
