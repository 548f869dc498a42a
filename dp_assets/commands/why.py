"""`dp why`: what drives a forecast, why it changed since the last cycle, why a bucket was capped, what promotions did.

Belongs here: arguments and printing. Does not belong here: any computing (`reasons.py`), where a number comes from
(`why_number.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from dp_assets.commands.terminal import console, open_project, say, show
from dp_assets.commands.why_number import why_number

if TYPE_CHECKING:
    import polars as pl

    from dp_assets.project import Project

why = typer.Typer(
    no_args_is_help=True,
    help="Explain a forecast, its change since the last cycle, an outlier, promotions, or a number.",
)
why.command("number")(why_number)
Cycle = Annotated[str, typer.Option(help="The cycle, YYYY-MM-DD; the newest one when left out.")]


@why.command("forecast")
def why_forecast(
    series: Annotated[str, typer.Argument(help="The series, e.g. a SKU.")],
    cycle: Cycle = "",
) -> None:
    """Show what drives the forecast of a series: units that each driver adds to its even, uneventful self.

    Example: dp why forecast 1082185
    """
    import polars as pl

    from dp_assets.domain.driver_details import sentences
    from dp_assets.reasons import contributions_of

    project = open_project()
    chosen = _cycle(project, cycle)
    forecasts = project.lake().read("forecasts", ["series_id", "method"], cycle=chosen)
    _known(series, forecasts["series_id"], chosen)
    table = contributions_of(project.lake(), project.config, chosen, [series])
    if table.is_empty():
        method = forecasts.filter(pl.col("series_id") == series)["method"][0]
        console.print(
            f"The forecast of {escape(series)} comes from the method {method}, which reads nothing but past sales; "
            "there are no drivers to tell apart.",
            highlight=False,
        )
        return
    leads = table["lead"].unique().sort().to_list()[:4]
    by_driver = table.group_by("driver", maintain_order=True).agg(
        pl.col("contribution").sum().alias("horizon"),
        *(pl.col("contribution").filter(pl.col("lead") == lead).sum().alias(f"lead {lead}") for lead in leads),
    )
    ends = table.unique("lead").sort("lead")

    def summed(name: str) -> dict[str, object]:
        whole = {"driver": name, "horizon": float(ends[name].sum())}
        return {**whole, **{f"lead {lead}": float(ends.filter(pl.col("lead") == lead)[name][0]) for lead in leads}}

    shown = by_driver.sort(pl.col("horizon").abs(), descending=True)
    rows = pl.concat([pl.DataFrame([summed("baseline")]), shown, pl.DataFrame([summed("forecast")])])
    show(rows, f"Units per driver, {series}, cycle {chosen}")
    for sentence in sentences(table):
        console.print(f"• {escape(sentence)}", highlight=False)


@why.command("change")
def why_change(
    node: Annotated[str, typer.Argument(help="A series, or the path of a node such as GROCERY/SOUP; total for all.")],
    cycle: Cycle = "",
    since: Annotated[str, typer.Option(help="The cycle to compare with; the one before when left out.")] = "",
    hierarchy: Annotated[str, typer.Option(help="Hierarchy of the node; the first one when left out.")] = "",
) -> None:
    """Show why a published number differs from an earlier cycle's, over the buckets that both forecast.

    Example: dp why change GROCERY
    """
    import polars as pl

    from dp_assets.domain.forecast_changes import waterfall
    from dp_assets.reasons import changes_of, comparable_cycle

    project = open_project()
    chosen = _cycle(project, cycle)
    earlier = since or comparable_cycle(project.lake(), project.config, chosen)
    if earlier is None:
        console.print(f"No earlier cycle forecast any bucket of cycle {chosen}; there is nothing to compare it with.")
        return
    _known(earlier, pl.Series(project.lake().partitions("published_forecasts")), "the lake", "cycle")
    series = _below(project, node, hierarchy, chosen, earlier)
    say(f"forecasting {len(series)} series again, with the inputs of {earlier}, of {chosen} and between")
    table = changes_of(project, chosen, earlier, series)
    one = table.filter(pl.col("part") == table["part"][0])
    parts = waterfall(table)
    ends = [
        {"part": earlier, "units": float(one["before"].sum())},
        {"part": chosen, "units": float(one["after"].sum())},
    ]
    rows = pl.concat([pl.DataFrame(ends[:1]), parts, pl.DataFrame(ends[1:])])
    buckets = one["bucket_start"].unique().sort()
    say(f"over the {len(buckets)} buckets that both forecast, {buckets[0]} to {buckets[-1]}:")
    show(rows, node)


@why.command("outliers")
def why_outliers(
    series: Annotated[str, typer.Argument(help="The series; the biggest of all when left out.")] = "",
    cycle: Cycle = "",
    rows: Annotated[int, typer.Option(min=1, help="How many, biggest first.")] = 20,
) -> None:
    """Show why buckets were capped: the likeliest cause, and what points to it."""
    import polars as pl

    from dp_assets.reasons import causes_of_outliers

    project = open_project()
    chosen = _cycle(project, cycle)
    found = causes_of_outliers(project.lake(), project, chosen)
    if series:
        found = found.filter(pl.col("series_id") == series)
    if found.is_empty():
        console.print(f"No bucket was capped{f' in {escape(series)}' if series else ''}, as of {chosen}.")
        return
    shown = found.sort(["excess", "series_id", "bucket_start", "rank"], descending=[True, False, False, False])
    show(shown.head(rows), f"Capped buckets as of {chosen}, most units above the cap first")


@why.command("promotions")
def why_promotions(
    series: Annotated[str, typer.Argument(help="The series; the promoted ones with most revenue when left out.")] = "",
    cycle: Cycle = "",
    rows: Annotated[int, typer.Option(min=1, help="How many runs, biggest planned uplift first.")] = 20,
) -> None:
    """Show what promotions were planned to add to sales and did add, and which neighbours they seem to move.

    Example: dp why promotions
    """
    import polars as pl

    from dp_assets.reasons import side_effects_of, uplift_of

    project = open_project()
    lake, chosen = project.lake(), _cycle(project, cycle)
    if series:
        _known(series, lake.read("forecasts", ["series_id"], cycle=chosen)["series_id"], chosen)
    found = uplift_of(lake, project.config, chosen, [series] if series else None)
    if found.is_empty():
        console.print("No promotion began within the last horizon, or begins with the next bucket.")
    else:
        columns = ["series_id", "bucket_start", "buckets", "kinds", "baseline", "planned", "sold", "achieved"]
        runs = found.group_by("series_id", "bucket_start", "buckets", maintain_order=True).agg(
            pl.col("kind").str.join(", ").alias("kinds"), pl.col("baseline", "planned", "sold", "achieved").first()
        )
        shown = runs.sort(["planned", "series_id", "bucket_start"], descending=[True, False, False])
        show(shown.select(columns).head(rows), f"Units of promotions, as of {chosen}; – where it is not over")
    effects = side_effects_of(lake, project.config, chosen)
    if series:
        effects = effects.filter((pl.col("promoted") == series) | (pl.col("affected") == series))
    if len(effects):
        strongest = effects.sort("p_value", "promoted", "affected").head(rows)
        show(
            strongest.drop("category", "p_value"),
            "Neighbours that sell less or more meanwhile: candidates, surest first",
        )


def _cycle(project: Project, asked: str) -> str:
    import polars as pl

    cycles = project.lake().partitions("published_forecasts")
    if not cycles:
        raise typer.BadParameter("no cycle has been published yet; run `dp run`")
    if asked:
        _known(asked, pl.Series(cycles), "the lake", "cycle")
    return asked or max(cycles)


def _known(name: str, known: pl.Series, where: str, what: str = "series") -> None:
    if name not in known:
        some = ", ".join(known.unique().sort().tail(5).to_list())
        raise typer.BadParameter(f"expected a {what} of {where}, such as {some}; got {name!r}")


def _below(project: Project, node: str, hierarchy: str, *cycles: str) -> list[str]:
    """The series of a node in any of the cycles."""
    from datetime import date

    import polars as pl

    from dp_assets.domain.hierarchy import build_hierarchies, configured_hierarchies

    lake, found = project.lake(), set()
    names = [one.name for one in configured_hierarchies(project.config)]
    wanted = hierarchy or names[0]
    _known(wanted, pl.Series(names), "demand.yaml", "hierarchy")
    for cycle in cycles:
        forecasts = lake.read("forecasts", cycle=cycle)
        if node in forecasts["series_id"]:
            found.add(node)
            continue
        attributes = lake.read("sku_attributes", cycle=cycle)
        built = build_hierarchies(forecasts, attributes, project.config, date.fromisoformat(cycle))
        labels = next(one for one in built if one.name == wanted).labels()
        found |= set(labels.filter(pl.col("node") == node)["series_id"])
    if not found:
        raise typer.BadParameter(
            f"expected a series, or a node of hierarchy {wanted!r} by its path, such as GROCERY/SOUP; got {node!r}"
        )
    return sorted(found)
