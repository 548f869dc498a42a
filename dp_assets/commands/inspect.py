"""`dp inspect`: what the lake holds, for people.

Belongs here: commands that only read. Does not belong here: commands that change anything (`cli.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from dp_assets.commands.terminal import console, open_project, say, show

if TYPE_CHECKING:
    from dp_assets.project import Project

inspect = typer.Typer(no_args_is_help=True, help="Look at what the lake holds.")


@inspect.command("files")
def inspect_files(
    status: Annotated[str | None, typer.Option(help="Only accepted, duplicate, quarantined or recalled ones.")] = None,
) -> None:
    """List file versions with arrival, rows and state."""
    import polars as pl

    from dp_assets.ingestion import unclaimed
    from dp_assets.registry import recalled_versions

    project = open_project()
    lake = project.lake()
    frame = lake.read_all("raw_files")
    if frame is None:
        raise typer.BadParameter("no file was ingested yet; run `dp run`")
    withdrawn = pl.col("file_version_id").is_in(list(recalled_versions(lake)))
    frame = frame.with_columns(pl.when(withdrawn).then(pl.lit("recalled")).otherwise("status").alias("status"))
    for uri in unclaimed(project.landing(), project.config):
        console.print(f"[yellow]{escape(uri)} matches no producer's files: it is never read[/]", highlight=False)
    frame = frame if status is None else frame.filter(pl.col("status") == status)
    show(
        frame.sort("arrived_at", "uri").select(
            "file_version_id", "uri", "arrived_at", "format", "rows", "status", "reason"
        ),
        f"{len(frame)} file versions",
    )


@inspect.command("ledger")
def inspect_ledger(
    producer: Annotated[str | None, typer.Option(help="Only this producer's files, one line each.")] = None,
) -> None:
    """Show what became of every row and unit that was read: totals per producer, filters, files; does it balance?"""
    import polars as pl

    from dp_assets.domain.ledger import imbalances, ledger_totals, rejections
    from dp_assets.lake_state import committed_ledger

    project = open_project()
    ledger = committed_ledger(project.lake(), project.config)
    if producer is not None:
        ledger = ledger.filter(pl.col("producer") == _known_producer(producer, project))
    if ledger.is_empty():
        raise typer.BadParameter("no file was ingested yet; run `dp run`")
    rows = ["rows_read", "rows_accepted", "rows_rejected", "rows_duplicate", "rows_withdrawn"]
    units = [name.replace("rows", "units") for name in rows]
    totals = ledger_totals(ledger)
    show(totals.select("producer", "files", "superseded", "recalled", "quarantined", *rows), "Rows by producer")
    show(totals.select("producer", *units), "Units by producer")
    show(rejections(ledger), "Rejected rows by filter or type rule")
    if producer is not None:
        columns = ["file_version_id", "uri", "arrived_at", "status", "recalled", *rows, "superseded_by"]
        show(ledger.sort("arrived_at", "uri").select(columns), f"{len(ledger)} file versions")
    found = imbalances(ledger)
    for sentence in found:
        console.print(f"[red]{escape(sentence)}[/]", highlight=False)
    if found:
        raise typer.Exit(1)
    say(f"balanced: read = accepted + rejected + duplicate, for every one of {len(ledger)} file versions")


@inspect.command("quality")
def inspect_quality(
    producer: Annotated[str | None, typer.Option(help="Only this producer's files.")] = None,
    findings: Annotated[int, typer.Option(min=0, help="Findings to list, the most serious first.")] = 20,
) -> None:
    """Show how delivered files look beside their producer's history, and what stands out."""
    from dp_assets.domain.quality import flagged, sentences, summary

    project = open_project()
    lake = project.lake()
    versions = lake.partitions("data_quality")
    if producer is not None:
        name = _known_producer(producer, project)
        versions = [version for version in versions if version.rsplit("-", 1)[0] == name]
    reports = lake.read_all("data_quality", versions)
    if reports is None:
        raise typer.BadParameter("no file was reported on yet; run `dp run`")
    show(summary(reports), f"{len(versions)} file versions")
    for sentence in sentences(flagged(reports), findings):
        console.print(f"• {escape(sentence)}", highlight=False)


def _known_producer(name: str, project: Project) -> str:
    names = [producer.name for producer in project.config.producers]
    if name not in names:
        raise typer.BadParameter(f"expected one of {', '.join(names)}, got {name!r}", param_hint="--producer")
    return name


@inspect.command("sku")
def inspect_sku(sku: Annotated[str, typer.Argument(help="The SKU.")]) -> None:
    """Show one SKU: attributes and where they came from, recent buckets, the newest forecast and its totals."""
    import polars as pl

    project = open_project()
    lake = project.lake()
    cycles = lake.partitions("forecasts")
    if not cycles:
        raise typer.BadParameter("no cycle has been forecast yet; run `dp run`")
    attributes = lake.read("sku_attributes", cycle=cycles[-1]).filter(pl.col("sku") == sku)
    if attributes.is_empty():
        raise typer.BadParameter(f"SKU {sku!r} is not known as of {cycles[-1]}", param_hint="sku")
    show(
        pl.DataFrame(
            [
                {"attribute": name, "value": str(attributes[name][0]), "from": attributes[f"{name}_source"][0]}
                for name in project.config.attributes
            ]
        ),
        f"SKU {sku} as of {cycles[-1]}",
    )
    buckets = lake.read_all("weekly_buckets", lake.partitions("weekly_buckets")[-8:])
    if buckets is not None:
        sums = (
            buckets.filter(pl.col("sku") == sku)
            .group_by("series_id", "bucket_start")
            .agg(pl.col("quantity", "revenue", "transactions", "promoted_quantity").sum())
        )
        show(sums.sort("series_id", "bucket_start"), "Last eight buckets")
    forecast = lake.read("forecasts", cycle=cycles[-1]).filter(pl.col("sku") == sku)
    levels = [name for level in project.config.intervals.levels for name in (f"lower_{level}", f"upper_{level}")]
    columns = ["series_id", "lead", "bucket_start", "forecast", "q0.5", *levels, "naive", "method"]
    show(forecast.select(columns), f"Forecast of cycle {cycles[-1]}; receipt {forecast['receipt'][0][:16]}…")
    if lake.exists("total_forecasts", cycle=cycles[-1]):
        totals = lake.read("total_forecasts", cycle=cycles[-1]).filter(pl.col("sku") == sku)
        show(
            totals.select("series_id", "lead", "forecast", "q0.5", *levels), "Totals of the first buckets, lead by lead"
        )


@inspect.command("attributes")
def inspect_attributes(sku: Annotated[str, typer.Argument(help="The SKU.")]) -> None:
    """Show what was known of a SKU when: every attribute's values, who said so, and what a planner corrected."""
    import polars as pl

    lake = open_project().lake()
    cycle = _newest_cycle(lake.partitions("sku_attribute_history"))
    history = lake.read("sku_attribute_history", cycle=cycle).filter(pl.col("sku") == sku)
    if history.is_empty():
        raise typer.BadParameter(f"nothing is known of SKU {sku!r} as of {cycle}", param_hint="sku")
    value = pl.coalesce("value", pl.col("labels").list.join(", "), pl.lit("(nobody knows)")).alias("value")
    columns = ["attribute", value, "known_from", "known_until", "producer", "file_version_id", "corrected"]
    show(history.select(columns), f"SKU {sku} as of {cycle}")
    conflicts = lake.read("attribute_conflicts", cycle=cycle).filter(pl.col("sku") == sku).drop("sku")
    if len(conflicts):
        show(conflicts, "Where producers disagree")


@inspect.command("conflicts")
def inspect_conflicts() -> None:
    """Show which producers disagree on which attributes, and on how many SKUs, as of the newest cycle."""
    from dp_assets.domain.attributes import conflict_summary

    lake = open_project().lake()
    cycle = _newest_cycle(lake.partitions("attribute_conflicts"))
    conflicts = lake.read("attribute_conflicts", cycle=cycle)
    show(conflict_summary(conflicts), f"{conflicts['sku'].n_unique()} SKUs with disagreements as of {cycle}")


def _newest_cycle(cycles: list[str]) -> str:
    if not cycles:
        raise typer.BadParameter("no cycle has been computed yet; run `dp run`")
    return max(cycles)


@inspect.command("accuracy")
def inspect_accuracy() -> None:
    """Show the accuracy of every scored cycle beside the naive forecast."""
    from dp_assets.report import accuracy_report

    accuracy = accuracy_report(open_project().lake())
    if accuracy.is_empty():
        raise typer.BadParameter("no cycle has been scored yet; its actuals come with the following weeks' files")
    show(accuracy, "Accuracy by cycle")


@inspect.command("worklist")
def inspect_worklist(
    rows: Annotated[int, typer.Option(min=1, help="How many, those with most money at stake first.")] = 20,
) -> None:
    """Show what deserves a planner's look in the newest cycle, and why."""
    import polars as pl

    lake = open_project().lake()
    cycle = _newest_cycle(lake.partitions("exceptions"))
    found = lake.read("exceptions", cycle=cycle)
    shown = found.head(rows).select("rank", "level", "node", "rule", pl.col("money").round(2), "words")
    show(shown, f"{len(found)} exceptions of cycle {cycle}")
    console.print("Next: [bold]dp inspect sku …[/] for one of them, [bold]dp plan set …[/] to decide otherwise.")


@inspect.command("value-added")
def inspect_value_added() -> None:
    """Show what model, reconciliation and planners each did to the error, over all scored cycles."""
    import polars as pl

    from dp_assets.domain.value_added import POOLED_LEADS

    lake = open_project().lake()
    frame = lake.read_all("forecast_value_added")
    if frame is None or frame.is_empty():
        raise typer.BadParameter("no cycle has been scored yet; its actuals come with the following weeks' files")
    steps = [name for name in frame.columns if name.startswith("added_by")]
    wanted = (pl.col("lead") == POOLED_LEADS) & pl.col("grouping").is_in(["all", "user", "reason_code"])
    sums = frame.filter(wanted).group_by("grouping", "name").agg(pl.col("observations", "error_naive", *steps).sum())
    show(sums.sort("grouping", "name"), "Units of error that each step saved (negative: cost)")


@inspect.command("periods")
def inspect_periods(
    node: Annotated[str, typer.Argument(help="Path of the node, such as GROCERY/SOUP; total, or a series.")] = "total",
    hierarchy: Annotated[str, typer.Option(help="Hierarchy of the node; the first one when left out.")] = "",
) -> None:
    """Show a node's forecast over several weeks, months and quarters, with the 80 % interval.

    In units, in money, and in the units of measure of `reporting.unit_table`.
    """
    import polars as pl

    from dp_assets.domain.hierarchy import configured_hierarchies

    project = open_project()
    lake = project.lake()
    cycle = _newest_cycle(lake.partitions("temporal_rollups"))
    name = hierarchy or configured_hierarchies(project.config)[0].name
    rows = lake.read("temporal_rollups", cycle=cycle).filter(pl.col("hierarchy") == name)
    if rows.is_empty():
        raise typer.BadParameter(
            f"cycle {cycle} has no periods of hierarchy {name!r}: the horizon holds none of reporting.spans_weeks or "
            f"reporting.calendar, its model has no backtest yet, or there is no such hierarchy"
        )
    found = rows.filter(pl.col("node") == node).sort("kind", "starts_on")
    if found.is_empty():
        raise typer.BadParameter(f"hierarchy {name!r} has no node {node!r} in cycle {cycle}", param_hint="node")
    units = project.config.reporting.units
    measured = [column for column in (units.columns.values() if units else ()) if column in found.columns]
    columns = ["kind", "period", "starts_on", "ends_on", "sold", "forecast", "q0.1", "q0.9", "value", *measured]
    show(found.select(columns).with_columns(pl.col(pl.Float64).round(1)), f"{node} ({name}), cycle {cycle}")
    if any(found[column].null_count() for column in measured):
        console.print(f"– where a SKU below has no factor in {project.config.reporting.unit_table}", highlight=False)


@inspect.command("stockouts")
def inspect_stockouts(
    sku: Annotated[str | None, typer.Argument(help="Only this SKU, and what its masks do to its forecast.")] = None,
    rows: Annotated[int, typer.Option(min=1, help="How many series, those that lost most first.")] = 20,
) -> None:
    """Show buckets out of stock in the newest cycle, what they would have sold, and what masking them does."""
    import polars as pl

    project = open_project()
    lake = project.lake()
    cycle = _newest_cycle(lake.partitions("lost_sales"))
    lost = lake.read("lost_sales", cycle=cycle)
    if sku is None:
        money = (pl.col("lost") * pl.col("price")).sum().round(2).alias("money")
        sums = lost.group_by("series_id").agg(
            pl.len().alias("buckets"),
            pl.col("kind").unique().sort().str.join(", "),
            pl.col("lost").sum().round(1),
            money,
        )
        shown = sums.sort("lost", "series_id", descending=[True, False]).head(rows)
        show(shown, f"{len(lost)} buckets out of stock of {len(sums)} series, as of {cycle}")
        return
    lost = lost.filter(pl.col("sku") == sku).drop("sku")
    if lost.is_empty():
        raise typer.BadParameter(f"SKU {sku!r} has no bucket out of stock as of {cycle}", param_hint="sku")
    show(lost.with_columns(pl.col(pl.Float64).round(2)), f"Buckets of SKU {sku} out of stock, as of {cycle}")
    from dp_assets.stockout_effect import stockout_effect

    effect = stockout_effect(project, cycle, [sku])
    show(effect.with_columns(pl.col(pl.Float64).round(2)), "Its forecast, and as if what was sold had been demand")
