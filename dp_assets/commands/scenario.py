"""`dp scenario`: what-if questions about a cycle, kept, computed, compared and promoted to the plan.

Belongs here: arguments and printing. Does not belong here: what a scenario is (`domain/scenario_definition.py`), how it
is computed (`domain/scenarios.py`), reading and writing around that (`scenarios.py`).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from dp_assets.commands.plan import User, Yes, say_proposed, take_in, user
from dp_assets.commands.terminal import console, open_instance, open_project, say, show

if TYPE_CHECKING:
    import polars as pl

    from dp_assets.domain.scenario_definition import KeptScenario
    from dp_assets.project import Project

scenario = typer.Typer(
    no_args_is_help=True, help="Ask what if: other prices, promotions, influences, growth, new stores and products."
)
Name = Annotated[str, typer.Argument(help="Name of the scenario.")]
Names = Annotated[list[str], typer.Argument(help="Names of scenarios.")]
Level = Annotated[str, typer.Option(help="total, a level of the hierarchy, or series.")]
OfHierarchy = Annotated[str | None, typer.Option(help="Hierarchy; the first one when left out.")]
Rows = Annotated[int, typer.Option(min=1, help="Rows shown at most.")]


@scenario.command("create")
def scenario_create(
    name: Name,
    file: Annotated[Path, typer.Option(help="YAML; docs/scenarios.md describes it.", exists=True, dir_okay=False)],
    replace: Annotated[bool, typer.Option("--replace", help="Replace the one of that name.")] = False,
    by: User = "",
) -> None:
    """Keep a scenario; nothing is computed yet.

    Example: dp scenario create spring-sale --file examples/scenarios/price_cut.yaml
    """
    from dp_assets.domain.config_file import read_text
    from dp_assets.domain.scenario_definition import ScenarioRefusedError, check_name, parse_scenario
    from dp_assets.planning import current_cycle

    check_name(name)
    definition = parse_scenario(read_text(file), file.name)
    project = open_project()
    cycle = project.grid.parse(str(definition.cycle or current_cycle(project.lake())))
    if not project.lake().exists("published_forecasts", cycle=cycle.isoformat()):
        published = project.lake().partitions("published_forecasts")
        raise ScenarioRefusedError(f"expected a published cycle, {published[0]} to {published[-1]}, got {cycle}")
    made = project.planning().create_scenario(
        name, cycle, definition, by or user(), project.clock.now(), replace=replace
    )
    say(f"kept scenario {name} over cycle {made.cycle}: {len(definition.changes)} change(s)")
    console.print(f"Next: [bold]dp scenario run {name}[/]")


@scenario.command("run")
def scenario_run(names: Names) -> None:
    """Compute scenarios: only the series that they change, and the nodes above those."""
    from dp_assets.dbt_manifest import ensure_manifest
    from dp_assets.domain.plan import RunPlan
    from dp_assets.execution import definitions_for, execute
    from dp_assets.partitions import SCENARIO_PARTITIONS
    from dp_assets.scenario_results import record_of, result

    project, instance = open_project(), open_instance()
    kept = [project.planning().scenario(name) for name in dict.fromkeys(names)]
    ensure_manifest(project.settings)
    partitions = str(SCENARIO_PARTITIONS.name)
    known = set(instance.get_dynamic_partitions(partitions))
    if missing := [one.name for one in kept if one.name not in known]:
        instance.add_dynamic_partitions(partitions, missing)
    plan = RunPlan("run_scenarios", tuple(one.name for one in kept), "asked for on the command line")
    execute(plan, project, definitions_for(project, lambda _: None), instance)
    lake = project.lake()
    for one in kept:
        record = record_of(lake, one.name) or {}
        units = _difference(result(lake, one))
        say(f"{one.name}: {record.get('series', 0):,} series computed, {units:+,.1f} units in all")
        _show_notes(record.get("notes", []))
    console.print(f"Next: [bold]dp scenario compare {' '.join(one.name for one in kept)}[/]")


@scenario.command("list")
def scenario_list() -> None:
    """List the scenarios there are, and whether what they came to still holds."""
    import polars as pl

    from dp_assets.scenario_results import result, what_is_missing

    project = open_project()
    lake = project.lake()
    rows = []
    for one in project.planning().scenarios():
        missing = what_is_missing(lake, one)
        rows.append(
            {
                "name": one.name,
                "cycle": str(one.cycle),
                "changes": len(one.definition.changes),
                "units": None if missing else _difference(result(lake, one)),
                "state": missing or "up to date",
                "by": one.user,
                "description": one.definition.description,
            }
        )
    if not rows:
        console.print("There is no scenario yet. Next: [bold]dp scenario create --help[/]")
        return
    show(
        pl.DataFrame(rows, schema_overrides={"units": pl.Float64}), "Scenarios; units: difference to what is published"
    )


@scenario.command("show")
def scenario_show(name: Name, level: Level = "total", hierarchy: OfHierarchy = None, rows: Rows = 20) -> None:
    """Print a scenario as it was written, and what it came to beside the base."""
    import yaml

    from dp_assets.scenario_results import record_of, what_is_missing

    project = open_project()
    kept, lake = project.planning().scenario(name), project.lake()
    written = kept.definition.model_dump(mode="json", exclude_defaults=True)
    console.print(f"[bold]{name}[/] over cycle {kept.cycle}, by {escape(kept.user)}", highlight=False)
    console.print(escape(yaml.safe_dump(written, sort_keys=False, allow_unicode=True)), highlight=False)
    if missing := what_is_missing(lake, kept):
        console.print(f"Its numbers: {missing}. Next: [bold]dp scenario run {name}[/]", highlight=False)
        return
    _show_notes((record_of(lake, name) or {}).get("notes", []))
    _show_comparison(project, [kept], level, hierarchy, None, rows)


@scenario.command("compare")
def scenario_compare(
    names: Names,
    level: Level = "total",
    hierarchy: OfHierarchy = None,
    node: Annotated[str | None, typer.Option(help="Only this node or series.")] = None,
    rows: Rows = 40,
) -> None:
    """Print scenarios side by side, beside what is published, with intervals; biggest differences first.

    Example: dp scenario compare price-cut leaflet --level department
    """
    project = open_project()
    kept = [project.planning().scenario(name) for name in dict.fromkeys(names)]
    _show_comparison(project, kept, level, hierarchy, node, rows)


@scenario.command("promote")
def scenario_promote(
    name: Name,
    reason: Annotated[str, typer.Option(help="One of planning.reason_codes, e.g. promotion.")],
    by: User = "",
    yes: Yes = False,
) -> None:
    """Set what a scenario changes as overrides of its cycle, one per series and bucket, with rows in the ledger.

    Where planning.approval asks for it, they are proposed instead, and hold once somebody approves them.
    """
    from dp_assets.domain.planning import EditRefusedError
    from dp_assets.domain.scenarios import launched_series, numbers_to_promote
    from dp_assets.planning import current_cycle
    from dp_assets.scenario_results import result

    project = open_project()
    kept, lake = project.planning().scenario(name), project.lake()
    if (current := current_cycle(project.lake())) != kept.cycle.isoformat():
        raise EditRefusedError(
            f"planners' numbers are set for the newest cycle, {current}; {name} is over {kept.cycle}: create it again"
        )
    table = result(lake, kept)
    series = lake.read("published_forecasts", ["series_id"], cycle=current)["series_id"].unique().to_list()
    wanted = numbers_to_promote(name, table, series, reason, kept.cycle, project.config)
    if launched := launched_series(table, series):
        say(
            f"{len(launched):,} series that it launches, such as {launched[0]}, stay out of the plan: announce them in "
            "a file of feed product_life, and they are forecast from their first day on"
        )
    if not wanted:
        raise EditRefusedError(f"{name} changes no number of a series that cycle {current} forecasts; nothing to set")
    _show_comparison(project, [kept], "total", None, None, 20)
    say(f"{len(wanted):,} overrides of {len({one.node for one in wanted}):,} series")
    if not yes:
        typer.confirm("Set them?", abort=True)
    who, now = by or user(), project.clock.now()
    if project.config.planning.approval != "none":
        say_proposed(project.planning().propose_scenario(kept, wanted, who, now))
        return
    project.planning().promote_scenario(kept, wanted, who, now)
    say("set; a kill from here on is made good by `dp run`")
    take_in(project)


@scenario.command("delete")
def scenario_delete(name: Name, by: User = "", yes: Yes = False) -> None:
    """Delete a scenario and what it came to; the ledger keeps what it was. Numbers it was promoted to stay."""
    from dp_assets.partitions import SCENARIO_PARTITIONS
    from dp_assets.scenario_results import forget

    project = open_project()
    project.planning().scenario(name)
    if not yes:
        typer.confirm(f"Delete scenario {name}?", abort=True)
    forget(project.lake(), name)  # first: killed in between, it is a scenario that was not computed yet
    project.planning().delete_scenario(name, by or user(), project.clock.now())
    instance, partitions = open_instance(), str(SCENARIO_PARTITIONS.name)
    if name in instance.get_dynamic_partitions(partitions):
        instance.delete_dynamic_partition(partitions, name)
    say(f"deleted scenario {name}")


def _difference(table: pl.DataFrame) -> float:
    """Units that a scenario adds in all."""
    from dp_assets.domain.hierarchy import SERIES

    series = table.filter(level=SERIES)
    return float((series["forecast"] - series["base_forecast"]).sum())


def _show_notes(notes: list[str]) -> None:
    for note in notes:
        console.print(f"[yellow]{escape(note)}[/]", highlight=False)


def _show_comparison(
    project: Project, kept: list[KeptScenario], level: str, hierarchy: str | None, node: str | None, rows: int
) -> None:
    """Prints scenarios side by side: number and interval per node and bucket."""
    import polars as pl

    from dp_assets.domain.scenario_definition import BASE, ScenarioRefusedError
    from dp_assets.domain.scenarios import compare, differing
    from dp_assets.scenario_results import results

    found = compare(results(project.lake(), kept), level, project.config, hierarchy)
    found = differing(found, [one.name for one in kept])
    if node is not None:
        found = found.filter(pl.col("node") == node)
        if found.is_empty():
            raise ScenarioRefusedError(f"none of these scenarios changes a {level} called {node!r}")
    if found.is_empty():
        console.print("Nothing differs from what is published.")
        return
    names = [BASE, *(one.name for one in kept)]
    shown = found.head(rows).select(
        "node",
        pl.col("bucket_start").cast(pl.String).alias("bucket"),
        *(
            pl.struct(f"{name}:{number}" for number in ("mean", "lower", "upper"))
            .map_elements(_cell, pl.String)
            .alias(name)
            for name in names
        ),
    )
    show(shown, f"Units by {level}, with intervals ({min(rows, len(found)):,} of {len(found):,} rows)")


def _cell(numbers: dict[str, float]) -> str:
    mean, low, high = numbers.values()
    return f"{mean:,.1f} ({low:,.1f}–{high:,.1f})"
