"""`dp retention`: what is old, where it goes, and moving it.

Belongs here: arguments and printing. Does not belong here: the decision (`domain/retention.py`), moving
(`archiving.py`).
"""

from __future__ import annotations

from typing import Annotated

import typer

from dp_assets.commands.plan import user as this_user
from dp_assets.commands.terminal import console, open_project, say, show

retention = typer.Typer(
    no_args_is_help=True, help="Retention: show what is old and why it stays or goes, and archive it."
)
SAID = {"archive": "→ archive", "remove": "✕ remove", "archived": "in the archive", "keep": "stays"}


@retention.command()
def plan(files: Annotated[bool, typer.Option("--files", help="Every file that changes, too.")] = False) -> None:
    """Show what would be archived, removed and kept, with counts, bytes, ages and reasons. Nothing is touched."""
    import polars as pl

    from dp_assets.archiving import make_plan
    from dp_assets.domain.retention import summary

    project = open_project()
    lake = project.lake()
    made = make_plan(lake, project.config, project.planning(), project.clock.now())
    rows = [
        {
            "what": SAID[one.fate],
            "kind": one.kind,
            "files": one.files,
            "MiB": one.bytes / 2**20,
            "oldest": one.oldest.isoformat(),
            "newest": one.newest.isoformat(),
            "why": one.reason,
        }
        for one in summary(made.decisions)
    ]
    if not rows:
        console.print("The lake holds nothing that has a period.")
        return
    show(pl.DataFrame(rows), f"Retention of {lake.root} as of {project.clock.now():%Y-%m-%d}")
    if files:
        show(pl.DataFrame(made.actions, schema=["path", "what", "bytes"], orient="row"), "Files that change")
    for one in made.unfinished:
        console.print(f"Plan {one} was begun and is not done. Next: [bold]dp retention apply --plan {one}[/]")
    if not made.actions:
        console.print("There is nothing to do.")
    elif not lake.is_local:
        console.print("Lifecycle rules of the bucket archive; nothing of it is applied from here.")
    elif project.config.retention.archive is None:
        console.print("Nothing is archived until retention.archive in demand.yaml names a folder.")
    else:
        console.print(f"Next: [bold]dp retention apply --plan {made.hash}[/]", highlight=False)


@retention.command()
def apply(
    plan: Annotated[str, typer.Option("--plan", help="Hash that `dp retention plan` ends with.")],
    by: Annotated[str, typer.Option("--by", help="Who, for the ledger; the user of this machine when left out.")] = "",
) -> None:
    """Do what a plan says, if it still holds. It may be interrupted; the same command goes on."""
    from dp_assets.archiving import apply_plan, archive_of

    project = open_project()
    archive = archive_of(project.lake(), project)
    came = apply_plan(archive, project.config, project.planning(), plan, by or this_user(), project.clock.now(), say)
    left = f"; {came.left} stay, as they are needed or were written anew" if came.left else ""
    say(
        f"{came.archived} files ({came.archived_bytes / 2**20:.1f} MiB) lie in {archive.root}, "
        f"{came.removed} ({came.removed_bytes / 2**20:.1f} MiB) were removed{left}"
    )
