"""Accuracy of one cycle once its actuals are known.

Belongs here: which rows are scored against what, for which groups, and the summary over cycles.
Does not belong here: the metrics (`metrics.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime

import numpy as np
import polars as pl

from dp_assets.domain.config import DemandConfig
from dp_assets.domain.contracts import ACCURACY
from dp_assets.domain.demand_classes import demand_classes
from dp_assets.domain.hierarchy import TOTAL, Hierarchy, Matrix
from dp_assets.domain.interval_contract import ROWS, TOLERANCE
from dp_assets.domain.metrics import row_losses, summarise
from dp_assets.domain.panel import Panel

NO_HIERARCHY = "-"
DEMAND_CLASS = "demand_class"
WEIGHT_WEEKS = 13
POOLED_LEADS = 0
COVERAGE = ("coverage_50", "coverage_80", "coverage_90", "coverage_95")


def known_actuals(contributions: pl.DataFrame, now: datetime) -> pl.DataFrame:
    """`weekly_buckets` rows → series_id, bucket_start, actual: the sum of every contribution known by `now`."""
    known = contributions.filter(pl.col("known_from") <= now).sort(
        "series_id", "bucket_start", "file_version_id", "event", "known_from"
    )
    return known.group_by("series_id", "bucket_start", maintain_order=True).agg(
        pl.col("quantity").sum().alias("actual")
    )


def past_scales(panel: Panel, config: DemandConfig) -> pl.DataFrame:
    """Per series, from history before the cutoff alone: scale_squared, weight and demand_class.

    scale_squared is the mean squared step y_t − y_{t−1} from the first sale on, null with fewer than two buckets.
    weight is the revenue of the last 13 weeks; units where no price is known at all.
    """
    quantity = np.asarray(panel.quantity, dtype=np.float64)
    since = np.arange(1, panel.history) > np.asarray(panel.first)[:, None]
    steps = np.diff(quantity, axis=1) ** 2
    count = since.sum(axis=1)
    squared = np.divide((steps * since).sum(axis=1), count, out=np.full(len(panel), np.nan), where=count > 0)
    recent = slice(-config.in_buckets(WEIGHT_WEEKS), None)
    units = quantity[:, recent]
    revenue: Matrix = (units * np.asarray(panel.price, dtype=np.float64)[:, recent]).sum(axis=1)
    weight = revenue if revenue.any() else units.sum(axis=1)
    return pl.DataFrame(
        {
            "series_id": panel.series["series_id"],
            "scale_squared": squared,
            "weight": weight,
            "demand_class": demand_classes(panel),
        }
    ).with_columns(pl.col("scale_squared").fill_nan(None))


def scored_frame(
    forecasts: pl.DataFrame, actuals: pl.DataFrame, scales: pl.DataFrame, closed: Sequence[date]
) -> pl.DataFrame:
    """Forecasts of closed buckets beside what was sold; a series without a sale in a closed bucket sold 0."""
    return (
        forecasts.filter(pl.col("bucket_start").is_in(list(closed)))
        .join(actuals, on=["series_id", "bucket_start"], how="left")
        .with_columns(pl.col("actual").fill_null(0.0))
        .join(scales, on="series_id", how="left")
        .with_columns(pl.col("weight").fill_null(0.0))
        .sort("series_id", "lead")
    )


def accuracy_table(scored: pl.DataFrame, hierarchies: Sequence[Hierarchy], config: DemandConfig) -> pl.DataFrame:
    """The `accuracy` table: errors of series pooled in total, per method, class and node, over all leads and each."""
    if scored.is_empty():
        return ACCURACY.empty()
    rows = row_losses(scored, quantile_levels=config.quantile_levels)
    frames = []
    for hierarchy, level, grouped in _groupings(rows, hierarchies):
        grouped = grouped.with_columns(pl.lit(hierarchy).alias("hierarchy"), pl.lit(level).alias("level"))
        keys = ["hierarchy", "level", "node"]
        pooled = summarise(grouped, keys).with_columns(pl.lit(POOLED_LEADS, pl.Int64()).alias("lead"))
        frames += [pooled, summarise(grouped, [*keys, "lead"]).select(pooled.columns)]
    return ACCURACY.conform(pl.concat(frames))


def _groupings(rows: pl.DataFrame, hierarchies: Sequence[Hierarchy]) -> Iterator[tuple[str, str, pl.DataFrame]]:
    """(hierarchy, level, rows with their node)."""
    yield NO_HIERARCHY, TOTAL, rows.with_columns(pl.lit(TOTAL).alias("node"))
    for level in ("method", DEMAND_CLASS):
        yield NO_HIERARCHY, level, rows.with_columns(pl.col(level).alias("node"))
    for hierarchy in hierarchies:
        for depth, level in enumerate(hierarchy.levels[1:], start=1):
            nodes = pl.DataFrame(
                {"series_id": hierarchy.series, "node": hierarchy.nodes["node"].gather(hierarchy.ancestors[:, depth])}
            )
            yield hierarchy.name, level, rows.join(nodes, on="series_id")


def category_of(config: DemandConfig) -> tuple[str, str] | None:
    """Name and top level of the first hierarchy, by whose nodes coverage is reported; None where it has no levels."""
    first = config.hierarchies[0] if config.hierarchies else None
    return (first.name, first.levels[0]) if first is not None and first.levels else None


def rolling_coverage(accuracy: Mapping[str, pl.DataFrame], category: tuple[str, str] | None = None) -> pl.DataFrame:
    """Coverage of the intervals under contract per demand class and category, over all closed leads of some cycles.

    Columns: by (demand_class, or the category's level), node, level (percent), observations, coverage, low and high
    (what the contract allows), holds. A node with fewer than ROWS rows has nothing to break.

    Args:
        accuracy: cycle → `accuracy` rows.
        category: hierarchy and level of the categories.
    """
    pooled = pl.concat([ACCURACY.empty(), *(frame for _, frame in sorted(accuracy.items()))]).filter(
        (pl.col("lead") == POOLED_LEADS) & _reported(category)
    )
    found = []
    for level, tolerance in TOLERANCE.items():
        covered = (pl.col(f"coverage_{level}") * pl.col("observations")).sum() / pl.col("observations").sum()
        of_node = pooled.group_by(pl.col("level").alias("by"), "node").agg(
            pl.lit(level, pl.Int64()).alias("level"), pl.col("observations").sum(), covered.alias("coverage")
        )
        low, high = level / 100 - tolerance, level / 100 + tolerance
        too_few = pl.col("observations") < ROWS
        holds = too_few | pl.col("coverage").is_between(low - 1e-9, high + 1e-9)
        found.append(of_node.with_columns(low=pl.lit(low), high=pl.lit(high), holds=holds))
    return pl.concat(found).sort(pl.col("by") != DEMAND_CLASS, "node", "level")


def _reported(category: tuple[str, str] | None) -> pl.Expr:
    """Rows of `accuracy` that are of demand classes or of the category's nodes."""
    of_class = (pl.col("hierarchy") == NO_HIERARCHY) & (pl.col("level") == DEMAND_CLASS)
    if category is None:
        return of_class
    return of_class | ((pl.col("hierarchy") == category[0]) & (pl.col("level") == category[1]))


def coverage_summary(accuracy: pl.DataFrame, category: tuple[str, str] | None = None) -> pl.DataFrame:
    """How much each interval of a cycle covered: in all, per lead, per demand class and per category.

    Columns: by (all, lead, demand_class, or the category's level), node, observations, coverage_50 … coverage_95.

    Args:
        accuracy: the cycle's `accuracy` rows.
        category: hierarchy and level of the categories.
    """
    total = (pl.col("hierarchy") == NO_HIERARCHY) & (pl.col("level") == TOTAL)
    pooled = pl.col("lead") == POOLED_LEADS
    parts = (
        (total & pooled, pl.lit("all"), pl.lit("all")),
        (total & ~pooled, pl.lit("lead"), pl.col("lead").cast(pl.String())),
        (_reported(category) & pooled, pl.col("level"), pl.col("node")),
    )
    numbers = ("observations", *COVERAGE)
    rows = [
        accuracy.filter(kept).sort("level", "node", "lead").select(by.alias("by"), node.alias("node"), *numbers)
        for kept, by, node in parts
    ]
    return pl.concat(rows)


SUMMARY = ("wape", "rmsse", "bias", *COVERAGE)
SUMMARY_NAIVE = ("naive_wape", "naive_rmsse", "naive_bias")


def accuracy_summary(accuracy: Mapping[str, pl.DataFrame], method: str | None = None) -> pl.DataFrame:
    """One row per cycle, and a last one over all of them: metrics of all closed leads beside the naive forecast.

    Columns: cycle, observations, actual, wape (of the median), naive_wape, better_by (share of the naive's WAPE saved),
    rmsse and bias (of the mean; positive is over-forecast) beside the naive's, coverage. The last row weighs WAPE and
    bias by units sold, so that it is the WAPE of all cycles' rows together, and the others by observations.

    Args:
        accuracy: cycle → `accuracy` rows; cycles without rows are left out.
        method: only series forecast by it, e.g. `lstm`; all series when left out.
    """
    level, node = (TOTAL, TOTAL) if method is None else ("method", method)
    wanted = (
        (pl.col("hierarchy") == NO_HIERARCHY)
        & (pl.col("level") == level)
        & (pl.col("node") == node)
        & (pl.col("lead") == POOLED_LEADS)
    )
    frames = [
        frame.filter(wanted).select(pl.lit(cycle).alias("cycle"), "observations", "actual", *SUMMARY, *SUMMARY_NAIVE)
        for cycle, frame in sorted(accuracy.items())
    ]
    empty = ACCURACY.empty().select(pl.lit("").alias("cycle"), "observations", "actual", *SUMMARY, *SUMMARY_NAIVE)
    cycles = pl.concat([empty.clear(), *frames])
    rows = pl.concat([cycles, _over_cycles(cycles)]) if len(cycles) > 1 else cycles
    return rows.select(
        "cycle",
        "observations",
        "actual",
        "wape",
        "naive_wape",
        (1 - pl.col("wape") / pl.col("naive_wape")).alias("better_by"),
        "rmsse",
        "naive_rmsse",
        "bias",
        "naive_bias",
        *(name for name in SUMMARY if name.startswith("coverage")),
    )


def _over_cycles(cycles: pl.DataFrame) -> pl.DataFrame:
    def weighted(name: str) -> pl.Expr:
        weight = pl.col("actual" if name.endswith(("wape", "bias")) else "observations")
        return (pl.col(name) * weight).sum() / weight.filter(pl.col(name).is_not_null()).sum()

    return cycles.select(
        pl.lit("all").alias("cycle"),
        pl.col("observations", "actual").sum(),
        *(weighted(name).alias(name) for name in (*SUMMARY, *SUMMARY_NAIVE)),
    )
