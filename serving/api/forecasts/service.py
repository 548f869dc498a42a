"""Forecasts of one SKU out of the bundle in service.

Belongs here: what is answered to which question, and which questions cannot be answered.
Does not belong here: HTTP (`endpoints.py`), files (`serving/bundle.py`), the forward pass (`serving/forward.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from serving.api.problems import BadParameterError, UnknownSkuError
from serving.bundle import Bundle
from serving.levels import Weights, weights
from serving.views import View

FloatArray = npt.NDArray[np.float64]
MAX_LEVELS = 20
Answer = dict[str, Any]


def rows_of(seen: View, sku: str) -> Sequence[int]:
    """Rows of the SKU's series that are seen.

    Raises:
        UnknownSkuError: no series of it is forecast, or none that is seen.
    """
    rows = seen.rows(sku)
    if not rows:
        raise UnknownSkuError(
            f"no series of SKU {sku!r} is forecast in cycle {seen.bundle.head.cycle} ({seen.skus} SKUs are); check the "
            "spelling, or, if it is new or has not sold lately, look for it in the table eligibility of that cycle"
        )
    return rows


def horizon_of(bundle: Bundle, asked: int | None) -> int:
    """Leads to answer, all of them unless asked otherwise.

    Raises:
        BadParameterError: more leads than the cycle has, or less than one.
    """
    longest = bundle.head.horizon
    if asked is None:
        return longest
    if not 1 <= asked <= longest:
        raise BadParameterError(
            f"horizon: expected 1 to {longest}, the buckets that cycle {bundle.head.cycle} forecasts, got {asked}; "
            f"leave horizon out for all {longest}"
        )
    return asked


def levels_of(bundle: Bundle, asked: str | None) -> tuple[int, ...]:
    """Interval levels to answer, in the order asked for; those of the configuration unless asked otherwise.

    Raises:
        BadParameterError: a level is not a whole number from 1 to 99, or there are too many.
    """
    if asked is None:
        return bundle.head.interval_levels
    words = [word.strip() for word in asked.split(",")]
    wrong = [word for word in words if not (word.isascii() and word.isdigit() and 1 <= int(word) <= 99)]
    if wrong:
        raise BadParameterError(
            f"levels: expected whole numbers from 1 to 99 separated by commas, e.g. levels=50,80,95, got {wrong[0]!r}"
        )
    levels = tuple(dict.fromkeys(int(word) for word in words))
    if len(levels) > MAX_LEVELS:
        raise BadParameterError(f"levels: expected at most {MAX_LEVELS} levels, got {len(levels)}")
    return levels


def sku_forecast(
    bundle: Bundle,
    sku: str,
    rows: Sequence[int],
    horizon: int,
    levels: tuple[int, ...],
    computed: dict[int, tuple[FloatArray, FloatArray]] | None = None,
) -> Answer:
    """The answer of `SkuForecast`, as plain Python values.

    Args:
        bundle: the bundle in service.
        sku: the SKU.
        rows: rows of its series.
        horizon: leads to answer.
        levels: interval levels in percent.
        computed: row → mean (M,) and quantiles (M, Q) to use instead of the batch's.
    """
    rule = weights(levels, bundle.head.quantile_levels)
    fresh = computed or {}
    return {
        "sku": sku,
        "cycle": bundle.head.cycle,
        "bucket_weeks": bundle.head.bucket_weeks,
        "horizon": horizon,
        "series": [_series(bundle, row, horizon, levels, rule, fresh.get(row)) for row in rows],
    }


def _series(
    bundle: Bundle,
    row: int,
    horizon: int,
    levels: tuple[int, ...],
    rule: Weights,
    fresh: tuple[FloatArray, FloatArray] | None,
) -> Answer:
    mean, quantiles = (bundle.mean[row], bundle.quantiles[row]) if fresh is None else fresh
    leads = [
        {
            "lead": lead,
            "bucket_start": start,
            "mean": centre,
            "median": median,
            "published": published,
            "naive": naive,
            "intervals": intervals,
            "method": method,
            "model_version": model_version,
            "receipt": receipt,
        }
        for lead, start, centre, median, published, naive, intervals, method, model_version, receipt in zip(
            range(1, horizon + 1),
            bundle.head.leads,
            mean.tolist(),
            quantiles[:, bundle.median].tolist(),
            bundle.published[row].tolist(),
            bundle.naive[row].tolist(),
            _intervals(levels, rule, quantiles),
            bundle.words("method", row),
            bundle.words("model_version", row),
            bundle.words("receipt", row),
            strict=False,  # the horizon ends the shortest of them
        )
    ]
    key = bundle.keys[row]
    return {
        "series_id": bundle.series_ids[row],
        "key": key,
        "computed": fresh is not None,
        "leads": leads,
        "total": _total(bundle.totals[row, horizon - 1], bundle.median, levels, rule) if fresh is None else None,
    }


def _total(known: FloatArray, median: int, levels: tuple[int, ...], rule: Weights) -> Answer | None:
    """The answer of `TotalForecast` from a mean and Q quantiles; None where they are not known."""
    mean, quantiles = known[0], known[1:]
    if np.isnan(mean):
        return None
    (intervals,) = _intervals(levels, rule, quantiles[None])
    return {"mean": float(mean), "median": float(quantiles[median]), "intervals": intervals}


def _intervals(levels: tuple[int, ...], rule: Weights, quantiles: FloatArray) -> Iterator[tuple[Answer, ...]]:
    """Per lead, its intervals in the order of the levels."""
    ends = rule.ends(quantiles).T.tolist()
    per_level = [
        [
            {"level": level, "lower": lower, "upper": upper, "basis": basis}
            for lower, upper in zip(lows, highs, strict=True)
        ]
        for level, basis, lows, highs in zip(levels, rule.basis, ends[: len(levels)], ends[len(levels) :], strict=True)
    ]
    return zip(*per_level, strict=True)
