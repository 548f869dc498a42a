"""`dp export`: the published numbers of a cycle, written to every configured target again.

Belongs here: arguments and printing. Does not belong here: any writing (`exporting.py`).
"""

from __future__ import annotations

from typing import Annotated

import typer

from dp_assets.commands.terminal import console, open_project, say, show


def export(cycle: Annotated[str, typer.Argument(help="Cutoff of a published cycle, e.g. 2017-12-04.")]) -> None:
    """Write the published numbers of a cycle to the targets of `exports` in demand.yaml; a second call is safe."""
    import polars as pl

    from dp_assets.exporting import export_cycle, failures

    project = open_project()
    if not project.config.exports:
        console.print("Nothing is configured: the section exports of demand.yaml names targets, see docs/exports.md.")
        return
    key = project.grid.parse(cycle).isoformat()
    done = export_cycle(project.lake(), project, key)
    rows = [{"export": one.name, "target": one.target, "rows": one.rows, "since": one.at} for one in done]
    show(pl.DataFrame(rows), f"Exports of cycle {key}")
    if (message := failures(done)) is not None:
        console.print(message, style="red", highlight=False, markup=False)
        raise typer.Exit(1)
    say(f"{len(done)} export(s) of cycle {key} stand")
