"""The worklist of a cycle: what deserves a planner's look, ranked by the money at stake.

Belongs here: the rules, each a table of nodes, units at stake and a sentence. Does not belong here: thresholds
(`planning_config.py`), which of them holds for which series (`policies.py`), what a planner does about it
(`planning.py`).

changed    the published total differs from what the cycle before said of the same buckets by more than a share
biased     published numbers of lead 1 erred to the same side in so many buckets in a row
outside    what the last bucket sold lies outside the interval that was forecast for it
uncertain  the error to expect over the horizon is more than a share of the forecast
new        a series without enough history of its own is forecast by its family, or by the twin that somebody named
expiring   a lock holds in this cycle for the last time

The first four judge series, and the nodes of levels that have thresholds of their own. Units at stake are the
difference, the sum of the errors, what lies outside, the expected error, the forecast, or the locked number; money is
units × the last price (of a node: the average price of what is forecast below it, or of everything). Only cycles that
follow each other without a gap up to this one are buckets in a row.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

import polars as pl

from dp_assets.domain.config import DemandConfig
from dp_assets.domain.contracts import EXCEPTIONS
from dp_assets.domain.contracts.columns import quantile_name
from dp_assets.domain.fallback import ANALOGUE, TWIN
from dp_assets.domain.hierarchy import SERIES, Hierarchy, labels_of
from dp_assets.domain.planning_config import Thresholds
from dp_assets.domain.policies import thresholds_of


@dataclass(frozen=True)
class Said:
    """What a cycle said.

    Attributes:
        published: its `published_forecasts`.
        forecasts: its `forecasts`, for intervals of series.
        rollups: its `reconciled_rollups`, for intervals of nodes; may be empty where no level has thresholds.
    """

    published: pl.DataFrame
    forecasts: pl.DataFrame
    rollups: pl.DataFrame


@dataclass(frozen=True)
class _Judged:
    """The nodes of one level of one hierarchy, or all series, as rules look at them.

    Attributes:
        hierarchy, level: names.
        published: node, lead, bucket_start and final of the cycle.
        spans: node, lead and the quantiles of the cycle.
        earlier: the same two of each earlier cycle, by cutoff.
        actuals: node, bucket_start, actual.
        thresholds: node → what it is judged by, as one frame per set of thresholds.
    """

    hierarchy: str
    level: str
    published: pl.DataFrame
    spans: pl.DataFrame
    earlier: Mapping[date, tuple[pl.DataFrame, pl.DataFrame]]
    actuals: pl.DataFrame
    thresholds: Sequence[tuple[Thresholds, pl.Series]]


def exception_table(
    now: Said,
    inputs: pl.DataFrame,
    classes: pl.DataFrame,
    actuals: pl.DataFrame,
    earlier: Mapping[date, Said],
    hierarchies: Sequence[Hierarchy],
    cycle: date,
    config: DemandConfig,
) -> pl.DataFrame:
    """The `exceptions` table.

    Args:
        now: what the cycle says.
        inputs: `planner_inputs` rows of the cycle.
        classes: `series_classes` rows of the cycle.
        actuals: series_id, bucket_start, actual, of buckets before the cycle; a series without a row sold 0.
        earlier: cutoff → an earlier cycle.
        hierarchies: those of the cycle.
        cycle: the cutoff.
        config: thresholds.
    """
    labels = labels_of(hierarchies)
    found = [_new(now, hierarchies[0].name), _expiring(inputs, labels, cycle)]
    found += [
        rows
        for judged in _levels(now, classes, actuals, earlier, labels, config)
        for thresholds, nodes in judged.thresholds
        for rows in _rules(judged, thresholds, nodes, cycle, timedelta(weeks=config.bucket.weeks))
    ]
    rows = _priced(pl.concat(found), now.published, classes, labels)
    rows = (
        rows.sort("money", "units", "hierarchy", "node", "rule", descending=[True, True, False, False, False])
        .head(config.exceptions.most)
        .with_row_index("rank", offset=1)
    )
    return EXCEPTIONS.conform(rows)


def _priced(rows: pl.DataFrame, published: pl.DataFrame, classes: pl.DataFrame, labels: pl.DataFrame) -> pl.DataFrame:
    """Rows with money: units × the average price of what is forecast below a node; of everything for an unknown one."""
    valued = published.join(classes.select("series_id", "price"), on="series_id", how="left").select(
        "series_id", "final", value=pl.col("final") * pl.col("price").fill_null(0.0)
    )
    sums = pl.col("final", "value").sum()
    price = pl.col("value") / pl.col("final")
    nodes = valued.group_by("series_id").agg(sums).join(labels, on="series_id").group_by("hierarchy", "level", "node")
    below = nodes.agg(sums).filter(pl.col("final") > 0).select("hierarchy", "level", "node", price=price)
    own = classes.select(pl.lit(SERIES).alias("level"), pl.col("series_id").alias("node"), own="price")
    everything = valued.select(sums)
    average = everything["value"][0] / max(float(everything["final"][0]), 1e-9)
    placed = rows.join(below, on=["hierarchy", "level", "node"], how="left").join(own, on=["level", "node"], how="left")
    return placed.with_columns(money=pl.col("units") * pl.coalesce("own", "price", pl.lit(average)))


def _levels(
    now: Said,
    classes: pl.DataFrame,
    actuals: pl.DataFrame,
    earlier: Mapping[date, Said],
    labels: pl.DataFrame,
    config: DemandConfig,
) -> Iterator[_Judged]:
    """All series, then every level that has thresholds of its own."""
    first = labels["hierarchy"][0]
    quantiles = [quantile_name(level) for level in config.quantile_levels]
    series = pl.col("series_id").alias("node")

    def of_series(said: Said) -> tuple[pl.DataFrame, pl.DataFrame]:
        return (
            said.published.select(series, "lead", "bucket_start", "final"),
            said.forecasts.select(series, "lead", *quantiles),
        )

    by_series = thresholds_of(classes, config)
    yield _Judged(
        first,
        SERIES,
        *of_series(now),
        {when: of_series(said) for when, said in earlier.items()},
        actuals.select(series, "bucket_start", "actual"),
        [(one, classes["series_id"].filter(by_series == at)) for at, one in enumerate(config.exception_thresholds)],
    )
    for name, level in labels.select("hierarchy", "level").unique(maintain_order=True).iter_rows():
        if level not in config.exceptions.levels:
            continue
        below = labels.filter((pl.col("hierarchy") == name) & (pl.col("level") == level)).select("node", "series_id")

        def of_nodes(
            said: Said, below: pl.DataFrame = below, name: str = name, level: str = level
        ) -> tuple[pl.DataFrame, pl.DataFrame]:
            sums = said.published.join(below, on="series_id").group_by("node", "lead", "bucket_start")
            mine = said.rollups.filter((pl.col("hierarchy") == name) & (pl.col("level") == level))
            return sums.agg(pl.col("final").sum()), mine.select("node", "lead", *quantiles)

        sold = actuals.join(below, on="series_id").group_by("node", "bucket_start").agg(pl.col("actual").sum())
        thresholds = config.exceptions.levels[level].over(config.exception_thresholds[0])
        told = {when: of_nodes(said) for when, said in earlier.items()}
        yield _Judged(name, level, *of_nodes(now), told, sold, [(thresholds, below["node"].unique())])


def _rules(
    judged: _Judged, thresholds: Thresholds, nodes: pl.Series, cycle: date, step: timedelta
) -> Iterator[pl.DataFrame]:
    """Rows of every rule that judges nodes, of those nodes."""
    if not len(nodes):
        return

    def mine(frame: pl.DataFrame) -> pl.DataFrame:
        return frame.filter(pl.col("node").is_in(nodes.implode()))

    before = sorted(when for when in judged.earlier if when < cycle)
    yield _uncertain(judged, mine(judged.published), thresholds)
    if before:
        yield _changed(judged, mine(judged.published), judged.earlier[before[-1]][0], thresholds)
    in_a_row = [cycle - number * step for number in range(1, thresholds.bias_buckets + 1)]
    if in_a_row[0] in judged.earlier:
        published, spans = judged.earlier[in_a_row[0]]
        yield _outside(judged, mine(published.join(spans, on=["node", "lead"])), cycle, thresholds)
    if all(when in judged.earlier for when in in_a_row):
        yield _biased(judged, mine(pl.concat(judged.earlier[when][0] for when in in_a_row)), thresholds)


def _rows(judged: _Judged, frame: pl.DataFrame, rule: str, units: pl.Expr, words: pl.Expr) -> pl.DataFrame:
    """What every rule gives: hierarchy, level, node, rule, units, words."""
    return frame.select(
        pl.lit(judged.hierarchy).alias("hierarchy"),
        pl.lit(judged.level).alias("level"),
        "node",
        pl.lit(rule).alias("rule"),
        units.cast(pl.Float64()).alias("units"),
        words.alias("words"),
    )


def _in_units(column: str) -> pl.Expr:
    return pl.col(column).round(1).cast(pl.String())


def _changed(judged: _Judged, published: pl.DataFrame, before: pl.DataFrame, thresholds: Thresholds) -> pl.DataFrame:
    both = published.join(before, on=["node", "bucket_start"], suffix="_before")
    sums = both.group_by("node").agg(pl.col("final", "final_before").sum(), buckets=pl.len())
    change = (pl.col("final") - pl.col("final_before")).abs()
    big = sums.filter(change > thresholds.change_share * pl.max_horizontal("final_before", pl.lit(1.0)))
    words = pl.format(
        "published {} units for the next {} buckets; the cycle before said {}",
        _in_units("final"),
        pl.col("buckets"),
        _in_units("final_before"),
    )
    return _rows(judged, big, "changed", change, words)


def _outside(judged: _Judged, before: pl.DataFrame, cycle: date, thresholds: Thresholds) -> pl.DataFrame:
    level = thresholds.interval
    low, high = (quantile_name(round(0.5 + sign * level / 200, 4)) for sign in (-1, 1))
    closed = before.filter((pl.col("lead") == 1) & (pl.col("bucket_start") < cycle))
    rows = closed.join(judged.actuals, on=["node", "bucket_start"], how="left").with_columns(
        pl.col("actual").fill_null(0.0)
    )
    beyond = pl.max_horizontal(pl.col(low) - pl.col("actual"), pl.col("actual") - pl.col(high))
    words = pl.format(
        f"sold {{}} units in the bucket of {{}}; the {level} % interval was {{}} to {{}}",
        _in_units("actual"),
        pl.col("bucket_start").cast(pl.String()),
        _in_units(low),
        _in_units(high),
    )
    return _rows(judged, rows.filter(beyond > 0), "outside", beyond, words)


def _uncertain(judged: _Judged, published: pl.DataFrame, thresholds: Thresholds) -> pl.DataFrame:
    names = [name for name in judged.spans.columns if name.startswith("q")]
    weights = _quantile_weights([float(name[1:]) for name in names])
    error = pl.sum_horizontal(
        weight * (pl.col(name) - pl.col(quantile_name(0.5))).abs() for name, weight in zip(names, weights, strict=True)
    )
    sums = published.join(judged.spans, on=["node", "lead"]).group_by("node")
    expected = sums.agg(pl.col("final").sum(), error=error.sum(), buckets=pl.len())
    wide = expected.filter(pl.col("error") > thresholds.uncertain_share * pl.max_horizontal("final", pl.lit(1.0)))
    words = pl.format(
        "an error of {} units is to be expected over the next {} buckets, {} are forecast",
        _in_units("error"),
        pl.col("buckets"),
        _in_units("final"),
    )
    return _rows(judged, wide, "uncertain", pl.col("error"), words)


def _quantile_weights(levels: Sequence[float]) -> list[float]:
    """What each quantile counts for in a mean over the distribution: halfway to its neighbours, and the tail.

    >>> [round(weight, 3) for weight in _quantile_weights([0.1, 0.5, 0.9])]
    [0.3, 0.4, 0.3]
    """
    edges = [0.0, *((one + other) / 2 for one, other in pairwise(levels)), 1.0]
    return [high - low for low, high in pairwise(edges)]


def _biased(judged: _Judged, published: pl.DataFrame, thresholds: Thresholds) -> pl.DataFrame:
    first = published.filter(pl.col("lead") == 1)
    errors = first.join(judged.actuals, on=["node", "bucket_start"], how="left").with_columns(
        error=pl.col("final") - pl.col("actual").fill_null(0.0)
    )
    runs = errors.group_by("node").agg(pl.col("error").sum(), side=pl.col("error").sign().sum().abs(), buckets=pl.len())
    count = thresholds.bias_buckets
    run = runs.filter((pl.col("buckets") == count) & (pl.col("side") == count))
    words = pl.format(
        "{} in the last {} buckets in a row, by {} units in all",
        pl.when(pl.col("error") > 0).then(pl.lit("over-forecast")).otherwise(pl.lit("under-forecast")),
        pl.col("buckets"),
        pl.col("error").abs().round(1).cast(pl.String()),
    )
    return _rows(judged, run, "biased", pl.col("error").abs(), words)


def _new(now: Said, hierarchy: str) -> pl.DataFrame:
    like = {ANALOGUE: "its family", TWIN: "the product named as its twin"}
    first = now.forecasts.filter(pl.col("method").is_in(list(like)) & (pl.col("lead") == 1))
    fresh = first.select("series_id", like=pl.col("method").replace_strict(like, return_dtype=pl.String))
    sums = now.published.join(fresh, on="series_id").group_by("like", node=pl.col("series_id"))
    words = pl.format("new: {} units are forecast by what {} sells", _in_units("final"), pl.col("like"))
    return sums.agg(pl.col("final").sum()).select(
        pl.lit(hierarchy).alias("hierarchy"),
        pl.lit(SERIES).alias("level"),
        "node",
        pl.lit("new").alias("rule"),
        pl.col("final").cast(pl.Float64()).alias("units"),
        words.alias("words"),
    )


def _expiring(inputs: pl.DataFrame, labels: pl.DataFrame, cycle: date) -> pl.DataFrame:
    last = inputs.filter("locked").filter((pl.col("expires") == cycle) | (pl.col("bucket_start") == cycle))
    sums = last.group_by("hierarchy", "node", "user").agg(pl.col("quantity").sum(), pl.col("bucket_start").min())
    words = pl.format("the lock of {} units that {} set holds for the last time", _in_units("quantity"), pl.col("user"))
    levels = labels.select("hierarchy", "node", "level").unique(
        ["hierarchy", "node"], keep="first", maintain_order=True
    )
    return (
        sums.join(levels, on=["hierarchy", "node"], how="left")
        .sort("hierarchy", "node", "user")
        .select(
            "hierarchy",
            pl.col("level").fill_null("unknown"),
            "node",
            pl.lit("expiring").alias("rule"),
            pl.col("quantity").cast(pl.Float64()).alias("units"),
            words.alias("words"),
        )
    )
