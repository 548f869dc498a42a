"""What every command of `dp` shares: the project it works on, lines of progress, tables, signals.

Belongs here: opening, printing, being interrupted. Does not belong here: commands (`cli.py`, `commands/inspect.py`).
"""

from __future__ import annotations

import os
import signal
import sys
import time
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

if TYPE_CHECKING:
    import dagster as dg
    import polars as pl

    from dp_assets.project import Project

console = Console(width=None if sys.stdout.isatty() else 120)


def say(message: str) -> None:
    """One line of progress, with the time since the command began."""
    console.print(f"[dim]{time.monotonic() - STARTED:6.1f} s[/] {escape(message)}", highlight=False)


STARTED = time.monotonic()


def heed_interrupts() -> None:
    """SIGINT and SIGTERM end this process and those that it starts, however it was started. Call it before all else.

    A shell has a command in the background, or under nohup, ignore SIGINT, and whatever that starts as well. Dagster
    gives SIGTERM the handler of SIGINT: runs could not be ended, and each would wait half a minute for the processes
    that follow its logs, which it asks to end by SIGTERM.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler)


def open_project() -> Project:
    """The project of the environment, with Dagster's home and state folder in place."""
    from dp_assets.project import REPOSITORY, load_project
    from dp_resources.settings import Settings

    settings = Settings()
    settings = settings.model_copy(update={"state_dir": settings.state_dir.resolve()})
    settings.state_dir.mkdir(parents=True, exist_ok=True)
    os.environ["DP_STATE_DIR"] = str(settings.state_dir)
    os.environ.setdefault("DAGSTER_HOME", str(REPOSITORY))
    return load_project(settings)


def open_instance() -> dg.DagsterInstance:
    import dagster as dg

    return dg.DagsterInstance.get()


def show(frame: pl.DataFrame, title: str) -> None:
    """Prints a frame as a table; floats with three digits, ratios as they are named."""
    table = Table(title=title, title_justify="left", header_style="bold", box=SIMPLE_HEAD, pad_edge=False)
    for name, dtype in frame.schema.items():
        numeric = dtype.is_numeric()
        table.add_column(name.replace("_", " "), justify="right" if numeric else "left", no_wrap=numeric)
    for row in frame.iter_rows():
        table.add_row(*(_cell(value) for value in row))
    console.print(table)


def _cell(value: object) -> str:
    if value is None:
        return "–"
    if value == 0 and isinstance(value, float):
        return "0"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.3f}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else escape(str(value))
