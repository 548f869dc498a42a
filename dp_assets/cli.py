"""The console script `dp`: land files, run what is due, look inside.

Belongs here: arguments, help, tables and progress for people. Does not belong here: any work of its own.
"""

from __future__ import annotations

import os
import shutil
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from dp_assets.commands.alerts import alerts
from dp_assets.commands.export import export
from dp_assets.commands.inspect import inspect
from dp_assets.commands.key import key
from dp_assets.commands.plan import plan
from dp_assets.commands.receipt import receipt
from dp_assets.commands.retention import retention
from dp_assets.commands.rollback import rollback
from dp_assets.commands.scenario import scenario
from dp_assets.commands.terminal import console, heed_interrupts, open_instance, open_project, say, show
from dp_assets.commands.user import user
from dp_assets.commands.why import why
from dp_assets.domain.errors import DemandPlannerError

if TYPE_CHECKING:
    import polars as pl

    from dp_assets.domain.plan import Affected
    from dp_assets.domain.recall import FileEvent
    from dp_assets.project import Project

app = typer.Typer(
    name="dp",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help=(
        "Demand Planner: from producers' files to reconciled weekly SKU forecasts.\n\n"
        "Typical day: [bold]dp land file.csv[/], [bold]dp run[/], [bold]dp inspect sku 1234[/].\n\n"
        "First time: [bold]make demo[/], or [bold]dp config check[/] for a demand.yaml of your own."
    ),
)
demo = typer.Typer(no_args_is_help=True, help="The demonstration on a year of grocery transactions.")
clock = typer.Typer(no_args_is_help=True, help="Show or move the simulated clock (DP_CLOCK=simulated).")
config = typer.Typer(no_args_is_help=True, help="Check demand.yaml, or print its schema and reference.")
app.add_typer(demo, name="demo")
app.add_typer(clock, name="clock")
app.add_typer(config, name="config")
app.add_typer(inspect, name="inspect")
app.add_typer(receipt, name="receipt")
app.add_typer(plan, name="plan")
app.add_typer(why, name="why")
app.add_typer(scenario, name="scenario")
app.add_typer(user, name="user")
app.add_typer(key, name="key")
app.add_typer(alerts, name="alerts")
app.add_typer(retention, name="retention")
app.command("rollback")(rollback)
app.command("export")(export)

DEMO_START = datetime(2017, 12, 5, 12, tzinfo=UTC)


@app.command()
def land(
    files: Annotated[list[Path], typer.Argument(help="Files to hand in.", exists=True, dir_okay=False)],
    folder: Annotated[str, typer.Option(help="Folder below the landing root, e.g. the producer's.")],
) -> None:
    """Copy files into the landing root, where the sensor or `dp run` picks them up.

    The copy becomes visible in one step, so nobody reads half a file. Example: dp land sales.csv --folder north
    """
    project = open_project()
    if "://" in project.landing_root:
        raise typer.BadParameter("the landing root is remote; upload with your storage's own tools", param_hint="files")
    target = Path(project.landing_root) / folder
    target.mkdir(parents=True, exist_ok=True)
    for file in files:
        staged = target / f".{file.name}.tmp"
        shutil.copyfile(file, staged)
        staged.replace(target / file.name)
        say(f"landed {target / file.name}")
    console.print("Next: `dp run` in this process, or leave it to the sensor of `dp up`.")


@app.command()
def run() -> None:
    """Do everything that is due: ingest files, rebuild buckets, train if there is no model, forecast, score.

    Asks the same plan as the sensors, so it does nothing when nothing is due, and a second call is safe.
    """
    from dp_assets.dbt_manifest import ensure_manifest
    from dp_assets.execution import run_until_done
    from dp_assets.orphans import fail_orphans

    project, instance = open_project(), open_instance()
    ensure_manifest(project.settings)
    for run_id in fail_orphans(instance, _dagster_is_up(project.settings.dagster_url)):
        say(f"run {run_id} had been killed with its process; marked as failed, and what it left is done now")
    done = run_until_done(project, instance, say)
    say("everything was up to date" if not done else f"{done} job(s) ran; everything is up to date")


@app.command()
def materialize(
    job: Annotated[str, typer.Argument(help="ingest_new_files, refresh_buckets, retrain, weekly_cycle, …")],
    first: Annotated[str, typer.Argument(help="First partition, e.g. the cutoff 2017-10-02.")],
    last: Annotated[str | None, typer.Argument(help="Last partition; the first one when left out.")] = None,
) -> None:
    """Run one job over a range of partitions now: dp materialize weekly_cycle 2017-10-02 2017-11-06 backfills."""
    from dp_assets.dbt_manifest import ensure_manifest
    from dp_assets.defs.automation.jobs import SELECTIONS
    from dp_assets.defs.automation.sensors import partition_order
    from dp_assets.domain.plan import RunPlan
    from dp_assets.execution import definitions_for, execute

    if job not in SELECTIONS:
        raise typer.BadParameter(f"expected one of {', '.join(SELECTIONS)}, got {job!r}", param_hint="job")
    project, instance = open_project(), open_instance()
    ensure_manifest(project.settings)
    plan = RunPlan(job, (first,), "asked for on the command line")  # type: ignore[arg-type]
    order = partition_order(plan, project, instance)
    listed = order[order.index(first) :] if first in order else []
    last = last or first
    keys = tuple(listed[: listed.index(last) + 1] if last in listed else [key for key in listed if key <= last])
    if not keys:
        raise typer.BadParameter(f"no partition between {first} and {last}; the newest is {order[-1:]}")
    plan = RunPlan(plan.job, keys, plan.cause)
    execute(plan, project, definitions_for(project, say), instance)
    say(f"{job} ran for {len(keys)} partition(s)")


@app.command()
def recall(
    file: Annotated[str, typer.Argument(help="File version, or path below the landing root: what counts there.")],
    reason: Annotated[str, typer.Option(help="Why; a recall must say it.")] = "",
    by: Annotated[str, typer.Option(help="Who asks for it; the user of this machine when left out.")] = "",
    undo: Annotated[bool, typer.Option("--undo", help="Put a recalled version back in force instead.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only list what was computed from it.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Take a file back: list what was computed from it, compute exactly that again, and show the difference it makes.

    Nothing is deleted: dp recall --undo FILE restores the former bytes.
    Example: dp recall north/week-30.csv --reason "till 4 counted twice"
    """
    from getpass import getuser

    from dp_assets.domain.recall import RecallRefusedError
    from dp_assets.recalls import reached_by, version_meant, write_event

    project = open_project()
    lake = project.lake()
    version = version_meant(lake, file, undo)
    show_reached(reached_by(lake, project.config, version, undo), f"{'undo' if undo else 'recall'} of {version}")
    if dry_run:
        return
    if not undo and not reason.strip():
        raise RecallRefusedError("a recall needs --reason; it stands in the audit trail beside who and when")
    confirm_event(project, yes)
    complete_event(project, write_event(lake, version, undo, by or getuser(), reason, project.clock.now()))


@app.command()
def backdate(
    file: Annotated[str, typer.Argument(help="File version, or path below the landing root: what counts there.")],
    arrived: Annotated[
        datetime | None, typer.Option(help="From when on it counts, UTC, e.g. 2017-10-30T06:00:00.")
    ] = None,
    reason: Annotated[str, typer.Option(help="Why; a backdated arrival must say it.")] = "",
    by: Annotated[str, typer.Option(help="Who asks for it; the user of this machine when left out.")] = "",
    undo: Annotated[bool, typer.Option("--undo", help="Let it count from its recorded arrival on again.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only list what is computed again.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Let a file that came late count as if it had come in time, and compute the cycles that had not known it again.

    Its recorded arrival stays; dp backdate --undo FILE restores the former bytes.
    Example: dp backdate north/week-30.csv --arrived 2017-10-30T06:00:00 --reason "our gateway was down"
    """
    from getpass import getuser

    from dp_assets.recalls import backdate_meant, reached_by_backdate, write_backdate

    if (arrived is None) == (not undo):
        raise typer.BadParameter("expected either a moment or --undo", param_hint="--arrived")
    if arrived is not None and not reason.strip() and not dry_run:
        raise typer.BadParameter("it stands in the audit trail beside who and when", param_hint="--reason")
    project = open_project()
    lake = project.lake()
    moment = None if arrived is None else arrived.replace(tzinfo=arrived.tzinfo or UTC)
    version, arrivals = backdate_meant(lake, file, moment)
    show_reached(reached_by_backdate(lake, project.config, version, arrivals), f"arrival of {version}")
    if dry_run:
        return
    confirm_event(project, yes)
    complete_event(project, write_backdate(lake, version, arrivals, by or getuser(), reason, project.clock.now()))


def confirm_event(project: Project, yes: bool) -> None:
    """Says what is due anyway, and asks whether to go on."""
    from dp_assets.domain.plan import plan_requests
    from dp_assets.lake_state import read_state

    if due := plan_requests(read_state(project.lake(), project.planning()), project.config, project.clock.now()):
        say(f"{due[0].job} is due anyway ({due[0].cause}); the differences below will include what it changes")
    if not yes:
        typer.confirm("Go on?", abort=True)


def complete_event(project: Project, event: FileEvent) -> None:
    """Computes everything that a written event reaches, and shows the difference it made."""
    from dp_assets.dbt_manifest import ensure_manifest
    from dp_assets.execution import run_until_done
    from dp_assets.recalls import difference_report

    say(f"{event.event} written as _file_events/{event.identifier}.json; a kill from here on is made good by `dp run`")
    ensure_manifest(project.settings)
    run_until_done(project, open_instance(), say)
    if (report := difference_report(project.lake(), event)) is not None:
        show_differences(report)


def show_reached(reached: Affected, title: str) -> None:
    """Prints everything computed from a file version."""
    import polars as pl

    rows = [(name.replace("_", " "), len(keys), _keys_in_short(keys)) for name, keys in vars(reached).items()]
    show(pl.DataFrame(rows, schema=["what", "count", "which"], orient="row"), title)
    if reached.out_of_reach:
        console.print("[yellow]Out of reach stay as they are: too little history is left to compute them again.[/]")


def _keys_in_short(keys: tuple[str, ...], shown: int = 6) -> str:
    return ", ".join(keys) if len(keys) <= shown else f"{', '.join(keys[: shown - 1])}, … {keys[-1]}"


def show_differences(report: pl.DataFrame, rows: int = 20) -> None:
    """Prints the totals per cycle, and the biggest differences of the newest one."""
    import polars as pl

    from dp_assets.domain.recall import difference_totals

    changed = report.filter(pl.col("difference") != 0)
    show(difference_totals(report), "Published forecasts before and after, units over all leads")
    if len(changed):
        cycle = max(changed["cycle"].to_list())
        newest = changed.filter(pl.col("cycle") == cycle).drop("cycle")
        show(newest.head(rows), f"Biggest of {len(newest)} differences in cycle {cycle}")


@app.command()
def prepare() -> None:
    """Parse the dbt project once, so that the graph loads without starting dbt. `make` calls it."""
    from dp_assets.dbt_manifest import ensure_manifest

    path = ensure_manifest(open_project().settings)
    say(f"dbt manifest is current: {path}")


@app.command()
def ddl(
    root: Annotated[
        str, typer.Option(help="Root of the lake, e.g. s3://bucket/lake; the configured one by default.")
    ] = "",
    database: Annotated[str, typer.Option(help="Database in the catalogue.")] = "demand_planner",
) -> None:
    """Print what makes the lake's tables queryable in Athena and Glue: dp ddl --root s3://bucket/lake > lake.sql."""
    from dp_assets.domain.table_ddl import lake_ddl

    project = open_project()
    typer.echo("\n\n".join(lake_ddl(project.config, root or project.lake().root, database)))


@app.command()
def up(
    dagster_port: Annotated[int, typer.Option(help="Port of the Dagster web UI.")] = 3000,
    api_port: Annotated[int, typer.Option(help="Port of the forecast API.")] = 8000,
) -> None:
    """Start the Dagster UI, its daemon and the forecast API; one Ctrl-C stops them all."""
    from dp_assets.dbt_manifest import ensure_manifest
    from dp_assets.orphans import fail_orphans
    from dp_assets.up import run_up

    project = open_project()
    ensure_manifest(project.settings)
    fail_orphans(open_instance(), daemon_is_up=_dagster_is_up(project.settings.dagster_url))
    raise typer.Exit(run_up(dagster_port=dagster_port, api_port=api_port))


@demo.command("land")
def demo_land() -> None:
    """Write the landing folder as the three producers would have by the simulated now (set at the first call)."""
    from dp_assets.demo import land_demo
    from dp_resources.clock import SimulatedClock

    project = open_project()
    if not isinstance(project.clock, SimulatedClock):
        raise typer.BadParameter("the demo needs DP_CLOCK=simulated; `make demo` sets it")
    report = land_demo(Path(project.landing_root), project.clock.now(), say)
    say(str(report))


@demo.command("run")
def demo_run() -> None:
    """Set the clock (first call), land what has arrived, run everything due, and print the result."""
    set_demo_clock()
    demo_land()
    run()
    demo_report()


def set_demo_clock() -> None:
    """Puts the simulated clock to the demo's start unless it already runs."""
    from dp_resources.clock import SimulatedClock
    from dp_resources.settings import Settings

    clock = SimulatedClock(Settings().state_dir.resolve() / "clock.json")
    if not clock.path.exists():
        clock.set(DEMO_START)


@demo.command("report")
def demo_report() -> None:
    """Print rows per producer, accuracy of the replayed cycles beside the naive forecast, and example forecasts."""
    from dp_assets.domain.inference import MODELS
    from dp_assets.report import accuracy_report, example_forecasts, ingestion_report

    project = open_project()
    lake = project.lake()
    console.print()
    show(ingestion_report(lake), "Rows read, accepted, rejected and duplicate, by producer")
    everything = accuracy_report(lake)
    if len(everything):
        show(everything, "Accuracy of past cycles, all series (WAPE: median; RMSSE, bias: mean; + is over-forecast)")
    modelled = accuracy_report(lake, MODELS)
    if len(modelled):
        show(modelled, "The same for the series that the model forecasts")
        wape, naive, coverage = modelled.select("wape", "naive_wape", "coverage_80").mean().row(0)
        say(
            f"the model over {len(modelled)} cycles: WAPE {wape:.3f} against {naive:.3f} of the naive forecast "
            f"({1 - wape / naive:.1%} better); the 80 % interval covers {coverage:.1%}"
        )
    show(example_forecasts(lake, project.config), "Ten forecasts of the newest cycle (lead 1, 80 % interval)")
    console.print(
        "\nNext: [bold]make up[/] opens the graph on http://127.0.0.1:3000 and the API on http://127.0.0.1:8000/docs; "
        "then [bold]make demo-next-week[/] in another terminal."
    )


@demo.command("next-week")
def demo_next_week() -> None:
    """Move the clock by a week and land that week's files; the sensors of `dp up` do the rest.

    When no Dagster is up, the same work is done here.
    """
    clock_advance(days=7)
    demo_land()
    project = open_project()
    if _dagster_is_up(project.settings.dagster_url):
        say(f"landed; the sensors take over: watch {project.settings.dagster_url}/runs")
        console.print(f"The new cycle shows at {project.settings.api_url}/v1/cycles/current when they are done.")
    else:
        say("no Dagster is up; doing here what its sensors would do")
        run()


def _dagster_is_up(url: str) -> bool:
    from dp_assets.reload import is_up

    return is_up(url)


@clock.command("show")
def clock_show() -> None:
    """Print what time it is for the platform."""
    console.print(open_project().clock.now().isoformat())


@clock.command("set")
def clock_set(moment: Annotated[datetime, typer.Argument(help="UTC, e.g. 2017-12-05T12:00:00.")]) -> None:
    """Set the simulated clock; it never goes back."""
    from dp_resources.clock import SimulatedClock
    from dp_resources.settings import Settings

    SimulatedClock(Settings().state_dir.resolve() / "clock.json").set(moment.replace(tzinfo=UTC))
    clock_show()


@clock.command("advance")
def clock_advance(days: Annotated[int, typer.Option(min=1, help="Days to move on.")] = 7) -> None:
    """Move the simulated clock on, and make a running Dagster list the partitions that begin."""
    from dp_assets.reload import reload_and_wait
    from dp_resources.clock import SimulatedClock

    project = open_project()
    if not isinstance(project.clock, SimulatedClock):
        raise typer.BadParameter("the clock is the wall's; set DP_CLOCK=simulated to move it")
    project.clock.set(project.clock.now() + timedelta(days=days))
    say(f"it is now {project.clock.now().isoformat()}")
    newest = open_project().cycles.get_last_partition_key()
    if _dagster_is_up(project.settings.dagster_url) and newest:
        reload_and_wait(project.settings.dagster_url, newest)
        say(f"Dagster lists cycle {newest}")


@config.command("check")
def config_check(path: Annotated[Path, typer.Argument(help="The file.")] = Path("demand.yaml")) -> None:
    """Validate a configuration; every mistake is named with its line."""
    from dp_assets.domain.config_file import load_config

    loaded = load_config(path)
    console.print(
        f"{path} is valid: {len(loaded.producers)} producers, {len(loaded.attributes)} attributes, "
        f"buckets of {loaded.bucket.weeks} week(s), {loaded.lookback} buckets back, {loaded.horizon} ahead."
    )


@config.command("schema")
def config_schema() -> None:
    """Print the JSON Schema of demand.yaml, for editors."""
    import json

    from dp_assets.domain.config_file import json_schema

    sys.stdout.write(json.dumps(json_schema(), indent=2) + "\n")


@config.command("reference")
def config_reference() -> None:
    """Print the configuration reference as Markdown."""
    from dp_assets.domain.config_file import reference_markdown

    sys.stdout.write(reference_markdown())


def main() -> None:
    """Entry point: errors raised on purpose become one message, not a traceback."""
    heed_interrupts()
    code = 0
    try:
        app()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except DemandPlannerError as error:
        console.print(f"[red bold]{type(error).__name__}[/] {escape(str(error))}", highlight=False)
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    if "duckdb" in sys.modules:
        # DuckDB's bindings print pages about leaked instances while the interpreter is taken down; everything is
        # written and closed by now, so the take-down is left out.
        os._exit(code)
    sys.exit(code)
