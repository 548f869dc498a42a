"""What a product that nobody has sold yet would be forecast, by its attributes alone.

Belongs here: the cold start of the batch (`analogue` of `dp_assets/domain/fallback.py`) over a bundle. Does not belong
here: HTTP, products that a planner named a twin for.

A network is not asked: it forecasts what has MIN_OBSERVED buckets of history, here as in the batch. The family is
looked up over the history that the bundle keeps. The batch measures the analogue's own errors by looking back; here
intervals are those of the model's forecasts of like size, which a new product may well leave more often.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np
import numpy.typing as npt
import polars as pl

from dp_assets.domain.fallback import by_family
from dp_assets.domain.intervals import ErrorDistributions, quantiles
from dp_assets.domain.panel import Panel
from serving.bundle import Bundle

FloatArray = npt.NDArray[np.float64]


def forecast(
    bundle: Bundle, rows: npt.NDArray[np.intp], attributes: Mapping[str, str | None]
) -> tuple[FloatArray, FloatArray]:
    """Mean (M,) and quantiles (M, Q) of a new product, units per bucket.

    Args:
        bundle: a bundle with a model.
        rows: (R,) rows of the series that may speak for it.
        attributes: its attributes; what is left out is not known.
    """
    head, levels = bundle.head, bundle.head.hierarchies[0].levels[1:] if bundle.head.hierarchies else ()
    panel = _panel(bundle, rows, attributes)
    means = np.concatenate([bundle.mean[rows], np.full((1, head.horizon), np.nan)])
    mean = by_family(panel, np.array([len(rows)], np.int64), panel.history, levels, means)
    distributions = ErrorDistributions.of(bundle.error_distributions(), head.quantile_levels)
    return mean[0], quantiles(mean, [""], distributions)[0]


def _panel(bundle: Bundle, rows: npt.NDArray[np.intp], attributes: Mapping[str, str | None]) -> Panel:
    """History of some series, and none of the new one, which stands last."""
    described = bundle.described[rows.tolist()]
    new = pl.DataFrame({name: [attributes.get(name)] for name in described.columns}, schema=described.schema)
    nothing = np.zeros((1, len(bundle.head.history)), np.float32)
    observed = np.concatenate([bundle.observed[rows].astype(np.float32), nothing])
    units = np.concatenate([bundle.units[rows], nothing])
    many, history = units.shape
    begun = observed > 0
    # Whoever was seen in the first bucket kept may have begun before it.
    first = np.where(begun.any(axis=1), begun.argmax(axis=1), history)
    first[begun[:, :1].any(axis=1)] = -1
    none = np.zeros((many, history, 0), np.float32)
    return Panel(
        cutoff=date.fromisoformat(bundle.head.cycle),
        bucket_weeks=bundle.head.bucket_weeks,
        horizon=bundle.head.horizon,
        starts=np.array([*bundle.head.history, *bundle.head.leads], "datetime64[D]"),
        series=pl.concat([described, new]),
        quantity=units,
        capped=units,
        observed=observed,
        price=np.zeros_like(units),
        past=none,
        known=none,
        calendar=np.zeros((history, 0), np.float32),
        first=first.astype(np.int32),
        past_names=(),
        known_names=(),
        calendar_names=(),
        known_reach=(),
    )
