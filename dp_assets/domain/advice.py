"""Advice at the moment of an override: what the planner's own earlier edits of that kind did to the error.

Belongs here: edits as cases with what was sold, which of them are alike, the advice in words, and how it would have
done had it always been followed. Does not belong here: errors of published forecasts (`value_added.py`), rules of edits
(`planning.py`).

A case is one number for a node in a bucket: before (what was forecast), after (what the planner set), and actual (what
was sold). Cases are alike when the same planner moved a number in the same direction for the same reason, or for any
reason where there are too few. Of alike cases, the advised factor is the multiple of their changes that would have come
closest in absolute error: the median of (actual − before) ÷ (after − before), weighted by the size of the change. A few
cases that count as wholly right stand beside them, so that little experience says little. Below 1 the planner overdoes
it; 0 means that it would have been better to leave the forecast alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import polars as pl

Array = npt.NDArray[np.float64]
ENOUGH = 5
"""Cases below which nothing is said, and below which cases of any reason are taken together."""
BELIEF = 2.0
"""The planner's being right counts as much as so many cases of median size."""
MOST = 1.5
"""Factors are advised up to here: nobody is told to go much further than he dared."""
UP, DOWN = "up", "down"
CASES = {
    "cycle": pl.Date,
    "user": pl.String,
    "reason_code": pl.String,
    "node": pl.String,
    "bucket_start": pl.Date,
    "before": pl.Float64,
    "after": pl.Float64,
    "actual": pl.Float64,
}


@dataclass(frozen=True)
class Advice:
    """What a planner's record says of an edit.

    Attributes:
        cases: how many alike ones there are.
        helped: in how many of them the planner's number was nearer than the forecast.
        factor: multiple of the change that would have come closest.
        reason_code: the reason that they share; None where reasons were taken together.
    """

    cases: int
    helped: int
    factor: float
    reason_code: str | None

    def words(self, before: float, after: float) -> str:
        """The advice for a number about to be moved."""
        direction = "raises" if after > before else "cuts"
        why = f" for {self.reason_code}" if self.reason_code else ""
        record = f"Of your {self.cases} earlier {direction}{why}, {self.helped} came nearer to what was sold."
        if abs(self.factor - 1) < 0.05:
            return f"{record} Changes of their size were right."
        advised = before + self.factor * (after - before)
        return (
            f"{record} {self.factor:.2g} times their change would have been closest; here that is {advised:.4g} "
            f"instead of {after:.4g}."
        )


def edit_cases(
    cycle: date, inputs: pl.DataFrame, published: pl.DataFrame, below: pl.DataFrame, actuals: pl.DataFrame
) -> pl.DataFrame:
    """Cases of one cycle, with null for what is not sold yet.

    Args:
        cycle: the cycle.
        inputs: `planner_inputs` rows first set in it.
        published: its `published_forecasts`.
        below: hierarchy, node, series_id: which series a node, or a series itself, consists of.
        actuals: series_id, bucket_start, actual, of buckets that are over; a series without a row sold 0 in them.
    """
    over = actuals["bucket_start"].unique()
    series = (
        inputs.join(below, on=["hierarchy", "node"])
        .join(
            published.select("series_id", "bucket_start", "statistical", "reconciled"), on=["series_id", "bucket_start"]
        )
        .join(actuals, on=["series_id", "bucket_start"], how="left")
    )
    # A lock is part of what was reconciled, so what stood there before is what the models said.
    before = pl.when(pl.col("locked")).then("statistical").otherwise("reconciled")
    return (
        series.group_by("user", "reason_code", "hierarchy", "node", "bucket_start", "quantity")
        .agg(before.sum().alias("before"), pl.col("actual").fill_null(0.0).sum())
        .with_columns(
            pl.lit(cycle).alias("cycle"),
            pl.col("quantity").alias("after"),
            pl.when(pl.col("bucket_start").is_in(over.implode())).then("actual").otherwise(None).alias("actual"),
        )
        .sort("user", "hierarchy", "node", "bucket_start", "quantity")
        .select(pl.col(name).cast(dtype) for name, dtype in CASES.items())
    )


def advise(cases: pl.DataFrame, user: str, reason_code: str, before: float, after: float) -> Advice | None:
    """What the record of a planner says of moving a number; None where it says nothing.

    Args:
        cases: rows of `edit_cases` of any cycles; those not sold yet are not looked at.
        user: the planner.
        reason_code: why.
        before, after: the forecast, and the number to be set.
    """
    mine = _judged(cases).filter((pl.col("user") == user) & (pl.col("direction") == _direction(before, after)))
    same = mine.filter(pl.col("reason_code") == reason_code)
    alike, shared = (same, reason_code) if len(same) >= ENOUGH else (mine, None)
    if len(alike) < ENOUGH or before == after:
        return None
    first, set_to, actual = (alike[name].to_numpy() for name in ("before", "after", "actual"))
    helped = int((np.abs(set_to - actual) < np.abs(first - actual)).sum())
    return Advice(len(alike), helped, closest_factor(first, set_to, actual), shared)


def _judged(cases: pl.DataFrame) -> pl.DataFrame:
    moved = cases.filter(pl.col("actual").is_not_null() & (pl.col("after") != pl.col("before")))
    return moved.with_columns(
        pl.when(pl.col("after") > pl.col("before")).then(pl.lit(UP)).otherwise(pl.lit(DOWN)).alias("direction")
    )


def _direction(before: float, after: float) -> str:
    return UP if after > before else DOWN


def closest_factor(before: Array, after: Array, actual: Array) -> float:
    """The multiple of the changes, in [0, MOST], with the least absolute error in all, drawn towards 1."""
    change = after - before
    size = np.abs(change)
    wanted = np.append((actual - before) / change, 1.0)
    weight = np.append(size, BELIEF * np.median(size))
    order = np.argsort(wanted, kind="stable")
    share = np.cumsum(weight[order]) / weight.sum()
    median = float(wanted[order][int(np.searchsorted(share, 0.5))])
    return min(max(median, 0.0), MOST)


def back_tested(cases: pl.DataFrame, bucket_weeks: int) -> pl.DataFrame:
    """user, edits, advised, and errors in units: of the forecast, of the edits, of the edits as advised.

    Each case is advised by those whose bucket was over before its cycle, as it would have been at the time; a case
    without advice counts as it was set.

    Args:
        cases: rows of `edit_cases` over many cycles.
        bucket_weeks: length of a bucket.
    """
    rows = []
    judged = _judged(cases).sort("cycle", "user", "node", "bucket_start")
    ends = cases.with_columns((pl.col("bucket_start") + pl.duration(weeks=bucket_weeks)).alias("end"))
    for case in judged.iter_rows(named=True):
        known = ends.filter(pl.col("end") <= case["cycle"])
        advice = advise(known, case["user"], case["reason_code"], case["before"], case["after"])
        followed = case["before"] + (advice.factor if advice else 1.0) * (case["after"] - case["before"])
        rows.append(
            {
                "user": case["user"],
                "edits": 1,
                "advised": int(advice is not None),
                "error_of_forecast": abs(case["before"] - case["actual"]),
                "error_of_edits": abs(case["after"] - case["actual"]),
                "error_as_advised": abs(followed - case["actual"]),
            }
        )
    columns = ("edits", "advised", "error_of_forecast", "error_of_edits", "error_as_advised")
    if not rows:
        return pl.DataFrame(schema={"user": pl.String, **dict.fromkeys(columns, pl.Float64)})
    return pl.DataFrame(rows).group_by("user").agg(pl.col(columns).sum()).sort("user")


def first_set(inputs_by_cycle: Sequence[tuple[date, pl.DataFrame]]) -> list[tuple[date, pl.DataFrame]]:
    """Of each cycle the inputs that no earlier one had: a lock that lives on is one decision."""
    seen: set[int] = set()
    found = []
    for cycle, inputs in sorted(inputs_by_cycle, key=lambda one: one[0]):
        new = inputs.filter(~pl.col("ledger_sequence").is_in(list(seen)))
        seen |= set(new["ledger_sequence"])
        found.append((cycle, new))
    return found
