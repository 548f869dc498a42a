"""The interval contract: what intervals promised over the newest cycles is compared with what was sold, and acted upon.

Belongs here: the verdict per demand class as of a cycle, and how far quantiles are moved outwards where it is bad.
Does not belong here: calibration on the backtest (`calibration.py`), scores of published forecasts (`accuracy.py`).

Calibration knows the backtest of a model; what comes after it may be wilder. So each cycle looks at the forecasts of
the cycles before it whose buckets have closed since, as they would have been without this contract. Where an interval
covers less of a demand class than its tolerance allows, the quantiles of that class are moved by the split-conformal
shifts of those very rows, outwards only and never the median: an interval may become wider, but no forecast changes.
Intervals that cover too much are reported and left alone.

Source: split conformal prediction on the newest forecasts of an ordered series, as in Stankeviciute, Alaa and van der
Schaar (2021) and Gibbs and Candès (2021); shifts are those of `calibration.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import polars as pl

from dp_assets.domain.calibration import conformal_shifts
from dp_assets.domain.config import DemandConfig
from dp_assets.domain.contracts import INTERVAL_CONTRACT
from dp_assets.domain.contracts.columns import quantile_name
from dp_assets.domain.demand_classes import CLASSES, demand_classes
from dp_assets.domain.intervals import Array, scale_of
from dp_assets.domain.metrics import pit_coverage
from dp_assets.domain.panel import Panel

CYCLES = 8
"""Earlier cycles that are looked at: one alone says little, and old ones were another model's."""
TOLERANCE = {80: 0.04, 95: 0.02}
"""Interval in percent → how far its coverage of a demand class may lie from it."""
ROWS = 500
"""Rows of a class below which nothing is judged."""
HOLDS, NARROW, WIDE, UNJUDGED = "holds", "too narrow", "too wide", "unjudged"
WIDENED, BLOCKED = "widened", "blocked"
VERDICTS = {"widen": WIDENED, "block": BLOCKED, "warn": NARROW}
"""`intervals.when_too_narrow` → verdict on an interval that is."""


@dataclass(frozen=True)
class EarlierCycle:
    """Forecasts of a cycle before the one that is judged.

    Attributes:
        panel: its panel, which says the demand class that a series had.
        forecasts: its table `forecasts`.
        contract: its table `interval_contract`, by which those forecasts may have been widened.
    """

    panel: Panel
    forecasts: pl.DataFrame
    contract: pl.DataFrame


@dataclass(frozen=True)
class _Rows:
    """n forecasts whose buckets have closed: class (n,), actual and mean (n,), quantiles (n, Q) before any widening."""

    classes: np.ndarray[tuple[int], np.dtype[np.str_]]
    actual: Array
    mean: Array
    quantiles: Array


def interval_contract(earlier: Sequence[EarlierCycle], panel: Panel, config: DemandConfig) -> pl.DataFrame:
    """The table `interval_contract` of a cycle: coverage per demand class and interval, the verdict, and the shifts.

    Args:
        earlier: cycles before this one.
        panel: this cycle's panel: what was sold, as known at its cutoff. Nothing later is read.
        config: quantile levels, active_weeks, `intervals.when_too_narrow`.
    """
    levels = np.asarray(config.quantile_levels)
    judged = [_closed(one, panel, config) for one in earlier]
    rows = []
    for name in CLASSES:
        here = [(part, part.classes == name) for part in judged]
        actual, mean = (
            np.concatenate([np.zeros(0), *(getattr(part, of)[at] for part, at in here)]) for of in ("actual", "mean")
        )
        quantiles = np.concatenate([np.zeros((0, len(levels))), *(part.quantiles[at] for part, at in here)])
        found = _of_class(actual, quantiles, levels, VERDICTS[config.intervals.when_too_narrow])
        moved = any(row["verdict"] == WIDENED for row in found)
        shifts = _outwards(conformal_shifts(actual, mean, quantiles, levels), levels) if moved else 0 * levels
        rows += [{"demand_class": name, "cycles": len(judged), **row, "shifts": shifts.tolist()} for row in found]
    return INTERVAL_CONTRACT.conform(pl.DataFrame(rows, schema=INTERVAL_CONTRACT.schema))


def _of_class(actual: Array, quantiles: Array, levels: Array, when_narrow: str) -> list[dict[str, object]]:
    """One entry per interval under contract."""
    found = []
    for percent, tolerance in TOLERANCE.items():
        low, high = percent / 100 - tolerance, percent / 100 + tolerance
        coverage = float(pit_coverage(actual, quantiles, levels, percent / 100).mean()) if len(actual) else None
        verdict = UNJUDGED
        if coverage is not None and len(actual) >= ROWS:
            verdict = when_narrow if coverage < low - 1e-9 else WIDE if coverage > high + 1e-9 else HOLDS
        found.append(
            {"level": percent, "observations": len(actual), "coverage": coverage}
            | {"low": low, "high": high, "verdict": verdict}
        )
    return found


def _outwards(shifts: Array, levels: Array) -> Array:
    """(Q,) shifts that widen, and from the median outwards never by less than nearer to it.

    >>> _outwards(np.array([-0.1, 0.2, 0.3, 0.5, 0.4]), np.array([0.1, 0.25, 0.5, 0.75, 0.9])).tolist()
    [-0.1, 0.0, 0.0, 0.5, 0.5]
    """
    lower, upper = levels < 0.5, levels > 0.5
    result = np.zeros(len(levels))
    result[upper] = np.maximum.accumulate(np.maximum(shifts[upper], 0.0))
    result[lower] = np.minimum.accumulate(np.minimum(shifts[lower], 0.0)[::-1])[::-1]
    return result


def _closed(one: EarlierCycle, panel: Panel, config: DemandConfig) -> _Rows:
    """Rows of an earlier cycle whose buckets lie before the cutoff, with what was sold.

    A series that is no longer active sold nothing within `active_weeks`; what it sold before is not known here.
    """
    since = panel.cutoff - timedelta(weeks=config.active_weeks)
    names = panel.series["series_id"]
    place = pl.DataFrame({"series_id": names, "row": np.arange(len(names))})
    classes = pl.DataFrame(
        {"series_id": one.panel.series["series_id"], "demand_class": demand_classes(one.panel).tolist()}
    )
    rows = (
        one.forecasts.filter(pl.col("bucket_start") < panel.cutoff)
        .join(classes, on="series_id", how="inner", maintain_order="left")
        .join(place, on="series_id", how="left", maintain_order="left")
        .filter(pl.col("row").is_not_null() | (pl.col("bucket_start") >= since))
    )
    days = rows["bucket_start"].to_numpy().astype("datetime64[D]")
    at = np.searchsorted(panel.starts[: panel.history].astype("datetime64[D]"), days)
    row = rows["row"].fill_null(-1).to_numpy()
    actual = np.where(row < 0, 0.0, np.asarray(panel.quantity[np.maximum(row, 0), at], np.float64))
    mean = rows["forecast"].to_numpy()
    published = rows.select(quantile_name(level) for level in config.quantile_levels).to_numpy()
    of_row = rows["demand_class"].to_numpy().astype(np.str_)
    before = published - class_shifts(one.contract, of_row, len(config.quantile_levels)) * scale_of(mean)[:, None]
    levels = np.asarray(config.quantile_levels)
    # A quantile that was cut off at zero comes back too high, but it was not above the median.
    median = published[:, [int(np.argmin(np.abs(levels - 0.5)))]]
    before = np.where(levels < 0.5, np.minimum(before, median), before)
    return _Rows(of_row, actual, mean, np.maximum.accumulate(np.maximum(before, 0.0), axis=1))


def class_shifts(contract: pl.DataFrame, classes: np.ndarray[tuple[int], np.dtype[np.str_]], levels: int) -> Array:
    """(n, Q) shifts of series of these demand classes (n,); 0 where the contract widens nothing.

    Args:
        contract: the table `interval_contract`; without rows nothing is widened.
        classes: demand classes.
        levels: Q.
    """
    known = dict(contract.select("demand_class", "shifts").iter_rows())
    names, of_row = np.unique(classes, return_inverse=True)
    values = [np.asarray(known.get(name, np.zeros(levels)), np.float64) for name in names.tolist()]
    return np.stack(values)[of_row] if values else np.zeros((0, levels))
