"""Forecast value added: what each step on the way to the published number did to its error.

Belongs here: errors of the naive, the model's, the reconciled and the published forecast beside what was sold, and the
difference each step made. Does not belong here: metrics of the model itself (`accuracy.py`).

Gilliland (2010), "The Business Forecasting Deal": a step that does not lower the error is waste. Errors are absolute
ones of series and bucket, in units, of means, because that is what is reconciled and overridden; what the steps add is
the sum of what each of them adds, exactly. Positive is better.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import pairwise

import polars as pl

from dp_assets.domain.contracts import FORECAST_VALUE_ADDED
from dp_assets.domain.hierarchy import Hierarchy

EVERYTHING = "all"
POOLED_LEADS = 0
STEPS = ("naive", "model", "reconciled", "published")


def step_errors(
    published: pl.DataFrame, forecasts: pl.DataFrame, actuals: pl.DataFrame, closed: Sequence[date]
) -> pl.DataFrame:
    """Rows of closed buckets: series_id, lead, user, reason_code, actual, and the absolute error of each step, units.

    Args:
        published: `published_forecasts` rows.
        forecasts: `forecasts` rows of the same series and leads, for the naive forecast.
        actuals: series_id, bucket_start, actual; a series without a row sold 0.
        closed: buckets whose sales are known.
    """
    numbers = {"model": "statistical", "reconciled": "reconciled", "published": "final", "naive": "naive"}
    return (
        published.filter(pl.col("bucket_start").is_in(list(closed)))
        .join(forecasts.select("series_id", "lead", "naive"), on=["series_id", "lead"])
        .join(actuals, on=["series_id", "bucket_start"], how="left")
        .with_columns(pl.col("actual").fill_null(0.0))
        .with_columns((pl.col(name) - pl.col("actual")).abs().alias(f"error_{step}") for step, name in numbers.items())
        .select("series_id", "lead", "user", "reason_code", "actual", *(f"error_{step}" for step in STEPS))
        .sort("series_id", "lead")
    )


def value_added_table(errors: pl.DataFrame, hierarchies: Sequence[Hierarchy]) -> pl.DataFrame:
    """The `forecast_value_added` table: in all, per node, per planner and per reason, over all leads and each.

    Args:
        errors: rows of `step_errors`.
        hierarchies: over the same series.
    """
    frames = [FORECAST_VALUE_ADDED.empty()]
    for grouping, rows in _groupings(errors, hierarchies):
        for keys in (["name"], ["name", "lead"]):
            summed = rows.group_by(keys).agg(
                pl.len().cast(pl.Int64()).alias("observations"),
                pl.col("actual", *(f"error_{step}" for step in STEPS)).sum(),
            )
            if "lead" not in keys:
                summed = summed.with_columns(pl.lit(POOLED_LEADS, pl.Int64()).alias("lead"))
            added = (
                (pl.col(f"error_{before}") - pl.col(f"error_{after}")).alias(f"added_by_{after}")
                for before, after in pairwise(STEPS)
            )
            made = summed.with_columns(pl.lit(grouping).alias("grouping"), *added)
            frames.append(FORECAST_VALUE_ADDED.conform(made))
    return FORECAST_VALUE_ADDED.conform(pl.concat(frames))


def _groupings(errors: pl.DataFrame, hierarchies: Sequence[Hierarchy]) -> Iterator[tuple[str, pl.DataFrame]]:
    """(grouping, rows with the name of their group). Planners and reasons have the rows that they changed."""
    yield EVERYTHING, errors.with_columns(pl.lit(EVERYTHING).alias("name"))
    for column in ("user", "reason_code"):
        yield column, errors.filter(pl.col(column).is_not_null()).with_columns(pl.col(column).alias("name"))
    for hierarchy in hierarchies:
        for depth, level in enumerate(hierarchy.levels[1:], start=1):
            names = pl.DataFrame(
                {"series_id": hierarchy.series, "name": hierarchy.nodes["node"].gather(hierarchy.ancestors[:, depth])}
            )
            yield f"{hierarchy.name}.{level}", errors.join(names, on="series_id")
