"""Rows of exports: the published numbers of one level, with what they are made of.

Belongs here: which numbers stand in a row, and how those of series are summed to nodes. Does not belong here: where
rows go (`dp_resources/export_targets.py`), what may be configured (`export_config.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from dp_assets.domain.contracts.columns import quantile_name
from dp_assets.domain.export_config import SERIES_LEVEL, ExportConfig, columns_of
from dp_assets.domain.hierarchy import Hierarchy

ENDS = {"lower_80": 0.1, "upper_80": 0.9, "lower_95": 0.025, "upper_95": 0.975}
"""Ends of the intervals → their quantile level, all of which are always published."""
JOINED = ", "
"""Between several methods, users or reasons below one node."""


@dataclass(frozen=True)
class Published:
    """What exports are made of.

    Attributes:
        cycle: whose numbers they are.
        published, rollups, forecasts: `published_forecasts`, `reconciled_rollups` and `forecasts` of the cycle.
        hierarchies: which series is below which node.
    """

    cycle: date
    published: pl.DataFrame
    rollups: pl.DataFrame
    forecasts: pl.DataFrame
    hierarchies: Sequence[Hierarchy]


def export_table(source: Published, wanted: ExportConfig, series_key: Sequence[str]) -> pl.DataFrame:
    """One row per series (or node) and lead, ascending, with the wanted columns; units per bucket.

    Intervals are those of the reconciled number. Of a node, `statistical` and `reconciled` are its own, `final` and
    `override` are sums of the series below; `override` is null where no planner set a number.
    """
    chosen = _hierarchy(source.hierarchies, wanted)
    method = source.forecasts.select("series_id", "lead", "method")
    series = source.published.join(method, on=["series_id", "lead"], how="left")
    level = source.rollups.filter(hierarchy=chosen.name, level=wanted.level).select(
        "node", "lead", **{name: pl.col(quantile_name(quantile)) for name, quantile in ENDS.items()}, **_OWN
    )
    if wanted.level == SERIES_LEVEL:
        ends = level.select(pl.col("node").alias("series_id"), "lead", *ENDS)
        table, order = series.join(ends, on=["series_id", "lead"], how="left"), ["series_id", "lead"]
    else:
        table, order = _summed(series, level, chosen, wanted.level), ["node", "lead"]
    columns = wanted.columns or columns_of(wanted.level, series_key)
    return table.with_columns(pl.lit(source.cycle).alias("cycle")).sort(order).select(columns)


_OWN = {"statistical": pl.col("base_forecast"), "reconciled": pl.col("forecast")}


def _summed(series: pl.DataFrame, level: pl.DataFrame, hierarchy: Hierarchy, name: str) -> pl.DataFrame:
    """Series' rows → one row per node of a level and lead."""
    members = hierarchy.labels().filter(level=name).select("node", "series_id")

    def together(column: str) -> pl.Expr:
        words = pl.col(column).drop_nulls().unique().sort()
        return pl.when(words.len() > 0).then(words.str.join(JOINED)).alias(column)

    overridden = pl.col("override").is_not_null()
    sums = (
        series.join(members, on="series_id")
        .sort("series_id")
        .group_by("node", "lead")
        .agg(
            pl.col("bucket_start").first(),
            pl.col("final").sum(),
            pl.when(overridden.any()).then(pl.col("final").filter(overridden).sum()).alias("override"),
            *map(together, ("method", "user", "reason_code")),
        )
    )
    return sums.join(level, on=["node", "lead"], how="left").with_columns(
        hierarchy=pl.lit(hierarchy.name), level=pl.lit(name)
    )


def _hierarchy(hierarchies: Sequence[Hierarchy], wanted: ExportConfig) -> Hierarchy:
    """The hierarchy that is named, or the first one that has the level."""
    return next(
        one
        for one in hierarchies
        if wanted.hierarchy in (None, one.name) and wanted.level in (SERIES_LEVEL, *one.levels)
    )
