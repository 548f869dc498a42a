"""Statistical methods: forecasts of a series from its own past alone, with quantiles from the errors of its like.

Belongs here: the means of every such method, and quantiles from the method's own earlier forecasts. Does not belong
here: which series is forecast by which (`fallback.py`, `leaderboard.py`), series without a past (`fallback.py`).

naive            mean of the last 8 buckets; flat over the leads.
imapa            statsforecast's IMAPA: intermittent demand smoothed at several levels of temporal aggregation and
                 averaged (Petropoulos and Kourentzes, 2015). Flat.
ses              simple exponential smoothing with an optimised constant. Flat.
theta            the standard theta method (Assimakopoulos and Nikolopoulos, 2000): half the trend of the series.
seasonal_naive   what was sold in the same bucket of the year before.
seasonal_ses     exponential smoothing of every bucket of the year over the years.

A series with less history than a method needs is forecast as by imapa: theta needs MIN_OBSERVED buckets, a season one
year, seasonal_ses two. All read quantities after outlier capping, but for naive, and nothing at or after the origin.
"""

from __future__ import annotations

from collections.abc import Mapping
from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from dp_assets.domain import contracts
from dp_assets.domain.config import DemandConfig
from dp_assets.domain.error_distributions import error_distributions
from dp_assets.domain.errors import ChallengerError
from dp_assets.domain.intervals import ErrorDistributions, quantiles
from dp_assets.domain.panel import Panel
from dp_assets.domain.windows import MIN_OBSERVED, IndexArray

Array = npt.NDArray[np.float64]
NAIVE, IMAPA, SES, THETA = "naive", "imapa", "ses", "theta"
SEASONAL_NAIVE, SEASONAL_SES = "seasonal_naive", "seasonal_ses"
STATISTICAL = (NAIVE, IMAPA, SES, THETA, SEASONAL_NAIVE, SEASONAL_SES)
YEARS = {SEASONAL_NAIVE: 1, SEASONAL_SES: 2}
"""Years of history that a seasonal method needs of a series."""
NAIVE_BUCKETS = 8
POOLED_SERIES = 4000
"""Series whose errors are pooled at most: more of them cost time and tell little."""


def naive(panel: Panel) -> Array:
    """(S,) mean of the last 8 buckets, or of those since the first sale where they are fewer; units per bucket."""
    return recent_mean(panel, panel.history)


def recent_mean(panel: Panel, origin: int) -> Array:
    """(S,) mean quantity of the last NAIVE_BUCKETS buckets before a bucket index, counted from the first sale on."""
    start = max(0, origin - NAIVE_BUCKETS)
    since = np.arange(start, origin) >= panel.first[:, None]
    total = (np.asarray(panel.quantity[:, start:origin], np.float64) * since).sum(axis=1)
    return np.asarray(total / np.maximum(since.sum(axis=1), 1))


def library() -> str:
    """Name and version of the library behind the statistical methods."""
    import statsforecast

    return f"statsforecast {statsforecast.__version__}"


def year(panel: Panel) -> int:
    """Buckets of a year."""
    return round(52 / panel.bucket_weeks)


def has_history(method: str, panel: Panel, rows: IndexArray, origin: int) -> npt.NDArray[np.bool_]:
    """(R,) whether a series has the history before an origin that a method needs; any has that of the simplest ones."""
    if method == THETA:
        return np.asarray(panel.observed[rows, :origin].sum(axis=1) >= MIN_OBSERVED)
    return np.asarray(origin - panel.first[rows] >= YEARS.get(method, 0) * year(panel))


def statistical_means(method: str, panel: Panel, rows: IndexArray, origin: int) -> Array:
    """(R, M) means of a method from an origin on, units per bucket; never negative.

    Series with the very same history are computed once: of many slow movers most are alike.

    Args:
        method: one of STATISTICAL.
        panel: the panel.
        rows: series.
        origin: bucket index of lead 1.

    Raises:
        ChallengerError: the library failed, or gave no number.
    """
    if method == NAIVE:
        return np.repeat(recent_mean(panel, origin)[rows][:, None], panel.horizon, axis=1)
    able = has_history(method, panel, rows, origin)
    result = np.empty((len(rows), panel.horizon))
    result[able] = _by_library(method, panel, rows[able], origin)
    result[~able] = _by_library(IMAPA, panel, rows[~able], origin)
    return result


def _by_library(method: str, panel: Panel, rows: IndexArray, origin: int) -> Array:
    model, made = _model(method, year(panel)), dict[bytes, Array]()
    result = np.zeros((len(rows), panel.horizon))
    for number, row in enumerate(rows.tolist()):
        demand = _history(panel, row, origin, whole=method in YEARS)
        key = demand.tobytes()
        if key not in made:
            made[key] = _forecast(model, demand, panel.horizon) if demand.any() else np.zeros(panel.horizon)
            if not np.isfinite(made[key]).all():
                raise ChallengerError(f"{method} gave no number for series {panel.series['series_id'][row]}")
        result[number] = made[key]
    return np.asarray(np.maximum(result, 0.0))


def _forecast(model: Any, demand: Array, horizon: int) -> Array:
    """(M,) means by a model of statsforecast, whatever goes wrong in it as ChallengerError."""
    try:
        return np.asarray(model.forecast(y=demand, h=horizon)["mean"], np.float64)
    except Exception as error:
        raise ChallengerError(f"{type(model).__name__} of statsforecast failed: {error}") from error


def _history(panel: Panel, row: int, origin: int, whole: bool) -> Array:
    """A series' observed buckets before the origin. A season needs every bucket in its place (`whole`): what was not
    observed since the first sale then counts as the mean of what was."""
    demand, seen = panel.capped[row, :origin].astype(np.float64), panel.observed[row, :origin] > 0
    if not whole:
        return demand[seen]
    mean = demand[seen].mean() if seen.any() else 0.0
    return np.where(seen, demand, mean)[panel.first[row] :]


def _model(method: str, season: int) -> Any:
    """statsforecast's model of a method. The theta method gets no season: tests for one take noise for it."""
    from statsforecast import models

    if method == SEASONAL_NAIVE:
        return models.SeasonalNaive(season_length=season)
    if method == SEASONAL_SES:
        return models.SeasonalExponentialSmoothingOptimized(season_length=season)
    if method == THETA:
        return models.Theta(season_length=1)
    return models.SimpleExponentialSmoothingOptimized() if method == SES else models.IMAPA()


def earlier_origins(panel: Panel, origin: int) -> list[int]:
    """Origins one and two horizons before an origin, from which whole horizons are known by then; ascending."""
    return [at for at in (origin - 2 * panel.horizon, origin - panel.horizon) if at >= 1]


def pooled_quantiles(
    mean: Array,
    earlier: Mapping[int, Array],
    panel: Panel,
    rows: IndexArray,
    config: DemandConfig,
) -> Array:
    """Quantiles (R, M, Q) around a method's means from the errors of its own earlier forecasts of the same series.

    Args:
        mean: (R, M) the forecasts.
        earlier: origin, a whole horizon or more before that of the forecasts → (R, M) what it forecast from there.
        panel: the panel.
        rows: the series.
        config: quantile levels.
    """
    frames = [contracts.residuals(config).empty()]
    for origin, means in sorted(earlier.items()):
        old = np.flatnonzero(panel.observed[rows, :origin].sum(axis=1) >= MIN_OBSERVED)
        some = old[:: max(1, -(-len(old) // POOLED_SERIES))]
        frames.append(method_residuals(panel, rows[some], origin, means[some], config))
    names = panel.series["series_id"].to_numpy()[rows].tolist()
    return quantiles(mean, names, distributions(pl.concat(frames), config))


def statistical_forecast(
    method: str, panel: Panel, rows: IndexArray, origin: int, config: DemandConfig
) -> tuple[Array, Array]:
    """Mean (R, M) and quantiles (R, M, Q) of a method from an origin on, units; nothing at or after it is read."""
    mean = statistical_means(method, panel, rows, origin)
    earlier = {at: statistical_means(method, panel, rows, at) for at in earlier_origins(panel, origin)}
    return mean, pooled_quantiles(mean, earlier, panel, rows, config)


def method_residuals(panel: Panel, rows: IndexArray, origin: int, mean: Array, config: DemandConfig) -> pl.DataFrame:
    """Residuals of forecasts (R, M) made at an origin a whole horizon or more before the cutoff."""
    horizon = panel.horizon
    seen = panel.observed[rows, origin : origin + horizon] > 0
    which, lead = np.nonzero(seen)
    actual = panel.quantity[rows, origin : origin + horizon].astype(np.float64)[which, lead]
    frame = pl.DataFrame(
        {
            "series_id": panel.series["series_id"].to_numpy()[rows[which]],
            "cutoff": np.full(len(which), panel.starts[origin]).astype("datetime64[D]"),
            "lead": lead + 1,
            "actual": actual,
            "predicted": mean[which, lead],
            "residual": actual - mean[which, lead],
            "scale": recent_mean(panel, origin)[rows[which]],
            "predicted_quantiles": [None] * len(which),
            "out_of_sample": np.full(len(which), True),
        },
        schema_overrides={"series_id": pl.String, "predicted_quantiles": pl.List(pl.Float32)},
    )
    return contracts.residuals(config).conform(frame)


def distributions(residuals: pl.DataFrame, config: DemandConfig) -> ErrorDistributions:
    """Distributions of a backtest; where there is no history for one, a normal error as wide as that of a count."""
    if not residuals.is_empty():
        return ErrorDistributions.of(error_distributions(residuals, config), config.quantile_levels)
    scaled = [NormalDist().inv_cdf(level) for level in config.quantile_levels]
    assumed = {"lead": [1], "pooled": [True], "centre": [0.0], "scaled_quantiles": [scaled], "spread": [1.0]}
    assumed |= {"shifts": [[0.0] * len(scaled)], "whole": [False]}
    rest = {"series_id": ["*bin:00"], "normal": [False], "mean": [0.0], "std": [1.0]}
    return ErrorDistributions.of(pl.DataFrame({**assumed, **rest}), config.quantile_levels)
