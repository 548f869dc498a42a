"""`dp receipt`: what decided a forecast, and the proof that it can be computed again.

Belongs here: arguments and printing. Does not belong here: receipts themselves (`receipts.py`, `kept_receipts.py`).
"""

from __future__ import annotations

from typing import Annotated

import typer
from rich.markup import escape

from dp_assets.commands.terminal import console, open_project, say, show

receipt = typer.Typer(no_args_is_help=True, help="Show what decided a forecast, and compute it again to compare.")
Asked = Annotated[str, typer.Argument(help="A receipt's id or its beginning, or a cycle such as 2017-12-04.")]


@receipt.command("show")
def receipt_show(asked: Asked) -> None:
    """Print what a table of forecasts was made of: hashes of contents, code, libraries, seed, trial, threads."""
    import polars as pl

    from dp_assets.kept_receipts import find

    found = find(open_project().lake(), asked)
    rows = [{"part": name, "value": value} for name, value in found.parts.items()]
    rows += [{"part": f"file of {name}", "value": digest} for name, digest in found.hashes.items()]
    show(pl.DataFrame(rows), f"Receipt {found.id}")
    console.print(f"Next: [bold]dp receipt verify {found.id[:12]}[/] computes it again.", highlight=False)


@receipt.command("verify")
def receipt_verify(
    asked: Asked,
    training: Annotated[bool, typer.Option("--training", help="Train the models again as well.")] = False,
) -> None:
    """Compute the forecasts of a receipt again from the contents it names, and compare them byte by byte.

    Ends with an error when forecasts (or, with --training, weights or trees) differ. They may where code, libraries or
    the processor are others than then; the table says what is.
    """
    import polars as pl

    from dp_assets.kept_receipts import WHERE, find
    from dp_assets.receipts import verify, verify_training

    project = open_project()
    lake = project.lake()
    found = find(lake, asked)
    verdicts = verify(found, lake, project.settings, say)
    if training:
        verdicts += verify_training(found, lake, say)
    rows = [
        {"what": one.what, "receipt": one.expected[:60], "now": one.found[:60], "equal": "yes" if one.holds else "NO"}
        for one in verdicts
    ]
    show(pl.DataFrame(rows), f"Receipt {found.id}")
    repeated = [one for one in verdicts if one.what not in WHERE]
    if failed := [one.what for one in repeated if not one.holds]:
        console.print(f"[red]not repeated: {escape(', '.join(failed))}[/]", highlight=False)
        raise typer.Exit(1)
    say(f"repeated byte by byte: {', '.join(one.what for one in repeated)}")
