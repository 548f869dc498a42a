"""`dp alerts`: what is wrong, and whether channels work.

Belongs here: arguments and printing. Does not belong here: looking, keeping and sending (`alerting.py`).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from dp_assets.commands.terminal import console, open_instance, open_project, say, show

alerts = typer.Typer(no_args_is_help=True, help="Alerts: list them, look once, send a test to every channel.")


@alerts.command("list")
def list_(past: Annotated[bool, typer.Option("--past", help="Those that are over, too.")] = False) -> None:
    """Show the alerts that are open: what happened, what to do, where to look."""
    import polars as pl

    from dp_resources.planning_alerts import AlertSearch, alert_numbers, kept_alerts

    database = open_project().planning()
    found = kept_alerts(database, alert_numbers(database, AlertSearch(state=None if past else "open")))
    if not found:
        console.print("No alert was ever opened." if past else "No alert is open.")
        return
    rows = [
        {
            "since": one.opened_at.strftime("%Y-%m-%d %H:%M"),
            "severity": str(one.alert.severity),
            "owner": one.alert.owner,
            "what happened": one.alert.happened,
            "what to do": one.alert.do,
            "look at": one.alert.link or one.alert.runbook,
            **({"state": one.ending or "open"} if past else {}),
        }
        for one in found
    ]
    show(pl.DataFrame(rows), "Alerts (since: UTC)")


@alerts.command()
def check() -> None:
    """Look once at everything, as the sensor does: open, close and send what is due."""
    from dp_assets.definitions import build_definitions
    from dp_assets.defs.automation.alerts import look

    project, instance = open_project(), open_instance()
    checks = build_definitions(project).resolve_asset_graph().asset_check_keys
    report = look(project, instance, project.lake(), checks, project.clock.now(), datetime.now(UTC))
    say(str(report))


@alerts.command()
def test() -> None:
    """Send one test alert to every channel of demand.yaml, and say what happened; fails if one took it not."""
    from dp_assets.alerting import send_tests
    from dp_resources.alert_channels import channels_of

    project = open_project()
    config, settings = project.config.alerts, project.settings
    if not config.channels:
        console.print("No channel is configured: the section alerts of demand.yaml names them, see docs/operating.md.")
        return
    found = send_tests(config, channels_of(config, settings), settings.api_url, datetime.now(UTC))
    kinds = {one.name: one.kind for one in config.channels}
    for name, error in found.items():
        said = "took it" if error is None else f"failed: {error}"
        style = "green" if error is None else "red"
        console.print(f"{name} ({kinds[name]}) {said}", style=style, highlight=False, markup=False)
    if any(found.values()):
        raise typer.Exit(1)
