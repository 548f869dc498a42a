"""`dp rollback`: serve an earlier bundle until that is undone.

Belongs here: arguments and printing. Does not belong here: what can be served, and the ledger (`serving/pins.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from dp_assets.commands.plan import user as this_user
from dp_assets.commands.terminal import console, open_project, say, show

if TYPE_CHECKING:
    from dp_resources.lake import Lake

SECONDS = 10
"""Every API process follows by then."""


def rollback(
    to: Annotated[str, typer.Argument(help="A cycle such as 2017-11-27, or the first letters of a version.")] = "",
    reason: Annotated[str, typer.Option(help="Why; told to whoever asks the API what it serves.")] = "",
    undo: Annotated[bool, typer.Option("--undo", help="Serve the newest bundle again.")] = False,
    list_: Annotated[bool, typer.Option("--list", help="Show what can be rolled back to.")] = False,
    by: Annotated[str, typer.Option("--by", help="Who, for the ledger; the user of this machine when left out.")] = "",
) -> None:
    """Have the API serve an earlier cycle, or an earlier version of a cycle, until that is undone.

    It stays so when newer bundles come. Forecasting and planning go on as before. Example: dp rollback 2017-11-27
    --reason "prices of week 49 were wrong", and later dp rollback --undo
    """
    from serving.pins import Rollbacks

    if sum((bool(to), undo, list_)) != 1:
        raise typer.BadParameter("expected a cycle or version to serve, or --undo, or --list", param_hint="to")
    project = open_project()
    if list_:
        _show(project.lake())
        return
    rollbacks = Rollbacks(project.lake(), project.planning())
    if undo:
        last = rollbacks.undo(by or this_user(), reason)
        say(f"the newest bundle ({f'cycle {last[0]}' if last else 'none yet'}) is served again within {SECONDS} s")
        return
    pin = rollbacks.roll_back(to, by or this_user(), reason)
    say(f"cycle {pin.cycle}, version {pin.version[:12]}, is served within {SECONDS} s, also when newer ones come")
    console.print("Next: [bold]dp rollback --undo[/] once the newest one is good again", highlight=False)


def _show(lake: Lake) -> None:
    import polars as pl

    from serving.pins import kept, pin_of

    found = kept(lake)
    if not found:
        console.print("There is no bundle yet. Next: [bold]dp run[/]")
        return
    rows = [
        {
            "cycle": one.cycle,
            "version": one.version[:12],
            "written": one.written_at.strftime("%Y-%m-%d %H:%M"),
            "is": "newest of its cycle" if one.is_newest else "an earlier version",
            "state": "served" if one.is_served else "can be served" if one.can_be_served else "of another format",
        }
        for one in found
    ]
    show(pl.DataFrame(rows), "Bundles that are kept (written: UTC)")
    pin = pin_of(lake)
    if pin is None:
        return
    said = f"{pin.by} rolled back on {pin.at:%Y-%m-%d %H:%M}: {pin.reason}"
    console.print(f"{said}. [bold]dp rollback --undo[/] ends that.", highlight=False)
    if not any(one.is_served for one in found):
        console.print(f"But cycle {pin.cycle}, version {pin.version[:12]}, is no longer kept.", highlight=False)
