"""The worklist of a cycle: what deserves a planner's look, ranked by the money at stake.

Belongs here: the rules, each a table of series, units at stake and a sentence. Does not belong here: thresholds
(`config.py`), what a planner does about it (`planning.py`).

changed   the published total differs from what the cycle before said of the same buckets by more than a share
biased    published numbers of lead 1 erred to the same side in so many buckets in a row
outside   what the last bucket sold lies outside the interval that was forecast for it
new       a series without enough history of its own is forecast by its family, or by the twin that somebody named
expiring  a lock holds in this cycle for the last time

Units at stake are the difference, the sum of the errors, what lies outside, the forecast, or the locked number; money
is units × the last price (of a node: the average price of everything that is forecast). Only cycles that follow each
other without a gap up to this one are buckets in a row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from dp_assets.domain.config import DemandConfig
from dp_assets.domain.contracts import EXCEPTIONS
from dp_assets.domain.fallback import ANALOGUE, TWIN


@dataclass(frozen=True)
class Before:
    """An earlier cycle.

    Attributes:
        published: its `published_forecasts`.
        forecasts: its `forecasts`, for intervals.
    """

    published: pl.DataFrame
    forecasts: pl.DataFrame


def exception_table(
    published: pl.DataFrame,
    forecasts: pl.DataFrame,
    inputs: pl.DataFrame,
    prices: pl.DataFrame,
    actuals: pl.DataFrame,
    earlier: Mapping[date, Before],
    cycle: date,
    config: DemandConfig,
) -> pl.DataFrame:
    """The `exceptions` table.

    Args:
        published, forecasts, inputs: `published_forecasts`, `forecasts` and `planner_inputs` rows of the cycle.
        prices: series_id and price.
        actuals: series_id, bucket_start, actual, of buckets before the cycle; a series without a row sold 0.
        earlier: cutoff → an earlier cycle.
        cycle: the cutoff.
        config: thresholds.
    """
    known = sorted(when for when in earlier if when < cycle)
    found = [
        _new(published, forecasts),
        _expiring(inputs, cycle, config),
    ]
    if known:
        found.append(_changed(published, earlier[known[-1]].published, config))
    step = timedelta(weeks=config.bucket.weeks)
    in_a_row = [cycle - number * step for number in range(1, config.exceptions.bias_buckets + 1)]
    if in_a_row[0] in earlier:
        found.append(_outside(earlier[in_a_row[0]].forecasts, actuals, cycle, config))
    if all(when in earlier for when in in_a_row):
        found.append(_biased([earlier[when] for when in in_a_row], actuals, config))
    rows = pl.concat(found).join(prices, left_on="node", right_on="series_id", how="left")
    average = float((published.join(prices, on="series_id").select((pl.col("final") * pl.col("price")).sum())).item())
    average /= max(float(published["final"].sum()), 1e-9)
    rows = (
        rows.with_columns(money=pl.col("units") * pl.col("price").fill_null(average))
        .sort("money", "units", "node", "rule", descending=[True, True, False, False])
        .head(config.exceptions.most)
        .with_row_index("rank", offset=1)
    )
    return EXCEPTIONS.conform(rows)


def _rows(frame: pl.DataFrame, rule: str, units: pl.Expr, words: pl.Expr) -> pl.DataFrame:
    """What every rule gives: node, rule, units, words."""
    return frame.select(
        "node", pl.lit(rule).alias("rule"), units.cast(pl.Float64()).alias("units"), words.alias("words")
    )


def _in_units(column: str) -> pl.Expr:
    return pl.col(column).round(1).cast(pl.String())


def _changed(published: pl.DataFrame, before: pl.DataFrame, config: DemandConfig) -> pl.DataFrame:
    both = published.join(before, on=["series_id", "bucket_start"], suffix="_before")
    sums = both.group_by(node=pl.col("series_id")).agg(pl.col("final", "final_before").sum(), buckets=pl.len())
    change = (pl.col("final") - pl.col("final_before")).abs()
    big = sums.filter(change > config.exceptions.change_share * pl.max_horizontal("final_before", pl.lit(1.0)))
    words = pl.format(
        "published {} units for the next {} buckets; the cycle before said {}",
        _in_units("final"),
        pl.col("buckets"),
        _in_units("final_before"),
    )
    return _rows(big, "changed", change, words)


def _outside(before: pl.DataFrame, actuals: pl.DataFrame, cycle: date, config: DemandConfig) -> pl.DataFrame:
    level = config.exceptions.interval or max(config.intervals.levels)
    low, high = pl.col(f"lower_{level}"), pl.col(f"upper_{level}")
    closed = before.filter((pl.col("lead") == 1) & (pl.col("bucket_start") < cycle))
    rows = closed.join(actuals, on=["series_id", "bucket_start"], how="left").with_columns(
        pl.col("actual").fill_null(0.0), pl.col("series_id").alias("node")
    )
    beyond = pl.max_horizontal(low - pl.col("actual"), pl.col("actual") - high)
    words = pl.format(
        f"sold {{}} units in the bucket of {{}}; the {level} % interval was {{}} to {{}}",
        _in_units("actual"),
        pl.col("bucket_start").cast(pl.String()),
        _in_units(f"lower_{level}"),
        _in_units(f"upper_{level}"),
    )
    return _rows(rows.filter(beyond > 0), "outside", beyond, words)


def _biased(earlier: list[Before], actuals: pl.DataFrame, config: DemandConfig) -> pl.DataFrame:
    first = pl.concat(one.published.filter(pl.col("lead") == 1) for one in earlier)
    errors = first.join(actuals, on=["series_id", "bucket_start"], how="left").with_columns(
        error=pl.col("final") - pl.col("actual").fill_null(0.0)
    )
    runs = errors.group_by(node=pl.col("series_id")).agg(
        pl.col("error").sum(), side=pl.col("error").sign().sum().abs(), buckets=pl.len()
    )
    count = config.exceptions.bias_buckets
    run = runs.filter((pl.col("buckets") == count) & (pl.col("side") == count))
    words = pl.format(
        "{} in the last {} buckets in a row, by {} units in all",
        pl.when(pl.col("error") > 0).then(pl.lit("over-forecast")).otherwise(pl.lit("under-forecast")),
        pl.col("buckets"),
        pl.col("error").abs().round(1).cast(pl.String()),
    )
    return _rows(run, "biased", pl.col("error").abs(), words)


def _new(published: pl.DataFrame, forecasts: pl.DataFrame) -> pl.DataFrame:
    like = {ANALOGUE: "its family", TWIN: "the product named as its twin"}
    first = forecasts.filter(pl.col("method").is_in(list(like)) & (pl.col("lead") == 1))
    fresh = first.select("series_id", like=pl.col("method").replace_strict(like, return_dtype=pl.String))
    sums = published.join(fresh, on="series_id").group_by("like", node=pl.col("series_id")).agg(pl.col("final").sum())
    words = pl.format("new: {} units are forecast by what {} sells", _in_units("final"), pl.col("like"))
    return _rows(sums, "new", pl.col("final"), words)


def _expiring(inputs: pl.DataFrame, cycle: date, config: DemandConfig) -> pl.DataFrame:
    last = inputs.filter("locked").filter((pl.col("expires") == cycle) | (pl.col("bucket_start") == cycle))
    sums = (
        last.group_by("node", "user").agg(pl.col("quantity").sum(), pl.col("bucket_start").min()).sort("node", "user")
    )
    words = pl.format("the lock of {} units that {} set holds for the last time", _in_units("quantity"), pl.col("user"))
    return _rows(sums, "expiring", pl.col("quantity"), words)
