"""Fallbacks: forecasts of active series that the network does not forecast. Each says by which method it was made.

Belongs here: `imapa` for series with some history, `analogue` for new ones, both with intervals from their own
backtest. Does not belong here: the network's forecasts (`inference.py`), the table they end in (`forecasts.py`).

imapa     statsforecast's IMAPA: intermittent demand smoothed at several levels of temporal aggregation and averaged.
          Flat over the leads.
analogue  a series with fewer than MIN_OBSERVED buckets: its own mean, drawn to that of its family's younger members,
          times the growth that the family is forecast to have at each lead. The family is the deepest level of the
          first hierarchy with enough established members, and in the end the whole catalogue. The bucket of the first
          sale is left out of all these means: there is a sale in it by definition, and counting it overstates what
          follows up to fourfold.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt
import polars as pl

from dp_assets.domain import contracts
from dp_assets.domain.config import DemandConfig
from dp_assets.domain.error_distributions import error_distributions
from dp_assets.domain.intervals import ErrorDistributions, quantiles
from dp_assets.domain.panel import Panel
from dp_assets.domain.windows import MIN_OBSERVED, IndexArray

Array = npt.NDArray[np.float64]
IMAPA = "imapa"
ANALOGUE = "analogue"
NAIVE_BUCKETS = 8
FAMILY_MEMBERS = 5
"""Established members a family needs to speak for a new one."""
YOUNG_WEEKS = 26
"""Members on sale for less than this speak for a newcomer, where there are enough of them."""
PRIOR_BUCKETS = 2.0
"""The family's mean counts as much as so many of the series' own buckets."""
GROWTH_RANGE = (0.2, 5.0)
BACKTEST_SERIES = 4000
"""Series backtested at most: errors are pooled, so more of them cost time and tell little."""
MIN_RESIDUALS = 100
"""Residuals below which the analogue's errors are taken to be like those of imapa."""


@dataclass(frozen=True)
class Fallback:
    """R series: rows of the panel, mean (R, M) and quantiles (R, M, Q) in units, method per row."""

    rows: IndexArray
    mean: Array
    quantiles: Array
    method: list[str]


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


def fall_back(panel: Panel, known: Array, config: DemandConfig) -> Fallback:
    """Forecasts every series of a panel that has no forecast yet.

    Args:
        panel: the cycle's panel.
        known: (S, M) means already made by the network, NaN in the rows that have none.
        config: horizon, quantile levels, hierarchies.
    """
    rows = np.flatnonzero(np.isnan(known[:, 0])).astype(np.int64)
    established = panel.observed[rows].sum(axis=1) >= MIN_OBSERVED
    seasoned, fresh = rows[established], rows[~established]
    means = known.copy()
    means[seasoned] = imapa(panel, seasoned, panel.history)[:, None]
    means[fresh] = analogue(panel, fresh, panel.history, config, means)
    errors = {method: _distributions(frame, config) for method, frame in _backtests(panel, seasoned, config).items()}
    spans = np.empty((len(rows), panel.horizon, len(config.quantile_levels)))
    names = panel.series["series_id"].to_numpy()
    for method, here in ((IMAPA, established), (ANALOGUE, ~established)):
        spans[here] = quantiles(means[rows[here]], names[rows[here]].tolist(), errors[method])
    methods = [IMAPA if is_established else ANALOGUE for is_established in established.tolist()]
    return Fallback(rows, means[rows], spans, methods)


def imapa(panel: Panel, rows: IndexArray, origin: int) -> Array:
    """(R,) IMAPA's mean per bucket from observed buckets before the origin; the same for every lead.

    Series with the very same history are computed once: of many slow movers most are alike.
    """
    from statsforecast import models

    model, made = models.IMAPA(), dict[bytes, float]()
    result = np.zeros(len(rows))
    for number, row in enumerate(rows.tolist()):
        demand = panel.capped[row, :origin][panel.observed[row, :origin] > 0]
        key = demand.tobytes()
        if key not in made:
            values = np.ascontiguousarray(demand, dtype=np.float64)
            made[key] = float(model.forecast(y=values, h=1)["mean"][0]) if values.any() else 0.0
        result[number] = made[key]
    return np.asarray(np.maximum(np.nan_to_num(result), 0.0))


def analogue(panel: Panel, rows: IndexArray, origin: int, config: DemandConfig, means: Array | None) -> Array:
    """(R, M) means of new series by their family; see the module's docstring.

    Args:
        panel: the panel.
        rows: the new series.
        origin: bucket index of lead 1; nothing at or after it is read.
        config: the hierarchy that says what a family is.
        means: (S, M) forecasts of the established series, for the family's growth; None for no growth.
    """
    old = panel.observed[:, :origin].sum(axis=1) >= MIN_OBSERVED
    recent = recent_mean(panel, origin)
    units, buckets = _after_first_sale(panel, origin)
    result = np.empty((len(rows), panel.horizon))
    for family, members in _families(panel, rows, old, config):
        mine = rows[family]
        speakers = _younger(members, buckets, panel.bucket_weeks) if len(members) else mine
        rate = units[speakers].sum() / max(buckets[speakers].sum(), 1.0)
        growth = np.ones(panel.horizon)
        if means is not None and len(members) and (base := recent[members].sum()) > 0:
            growth = np.clip(means[members].sum(axis=0) / base, *GROWTH_RANGE)
        level = (units[mine] + PRIOR_BUCKETS * rate) / (buckets[mine] + PRIOR_BUCKETS)
        result[family] = level[:, None] * growth
    return result


def _after_first_sale(panel: Panel, origin: int) -> tuple[Array, Array]:
    """(S,) units and (S,) buckets between the bucket of the first sale, left out, and the origin."""
    after = np.arange(origin) > panel.first[:, None]
    units = (np.asarray(panel.quantity[:, :origin], np.float64) * after).sum(axis=1)
    return units, after.sum(axis=1).astype(np.float64)


def _younger(members: IndexArray, buckets: Array, bucket_weeks: int) -> IndexArray:
    """The members not on sale for longer than YOUNG_WEEKS; all of them where the younger ones are too few."""
    young = members[buckets[members] * bucket_weeks < YOUNG_WEEKS]
    return young if len(young) >= FAMILY_MEMBERS else members


def _families(
    panel: Panel, rows: IndexArray, old: npt.NDArray[np.bool_], config: DemandConfig
) -> list[tuple[IndexArray, IndexArray]]:
    """New series grouped by family: (positions in `rows`, rows of the family's established members)."""
    levels = config.hierarchies[0].levels if config.hierarchies else ()
    usable = [name for name in levels if name in panel.series.columns and panel.series[name].dtype == pl.String]
    waiting = np.arange(len(rows), dtype=np.int64)
    found: list[tuple[IndexArray, IndexArray]] = []
    for depth in range(len(usable), -1, -1):
        if not len(waiting):
            break
        keys = _family_codes(panel.series, usable[:depth])
        left: list[int] = []
        for key in np.unique(keys[rows[waiting]]):
            mine = waiting[keys[rows[waiting]] == key]
            members = np.flatnonzero((keys == key) & old).astype(np.int64)
            if depth == 0 or (key >= 0 and len(members) >= FAMILY_MEMBERS):
                found.append((mine, members))
            else:
                left.extend(mine.tolist())
        waiting = np.array(sorted(left), dtype=np.int64)
    return found


def _family_codes(series: pl.DataFrame, levels: list[str]) -> IndexArray:
    """(S,) number of the family that a series has by its values on those levels; −1 where one of them is missing."""
    if not levels:
        return np.zeros(len(series), np.int64)
    known = pl.all_horizontal(pl.col(name).is_not_null() for name in levels)
    coded = series.select(pl.when(known).then(pl.struct(levels).rank("dense").cast(pl.Int64)).otherwise(-1))
    return coded.to_series().to_numpy()


def _backtests(panel: Panel, seasoned: IndexArray, config: DemandConfig) -> dict[str, pl.DataFrame]:
    """Method → residuals of the method at one and two horizons before the cutoff."""
    pool = seasoned if len(seasoned) >= MIN_RESIDUALS else np.arange(len(panel), dtype=np.int64)
    step = max(1, -(-len(pool) // BACKTEST_SERIES))
    frames: dict[str, list[pl.DataFrame]] = {IMAPA: [], ANALOGUE: []}
    for origin in (panel.history - 2 * panel.horizon, panel.history - panel.horizon):
        if origin < 1:
            continue
        seen = panel.observed[:, :origin].sum(axis=1)
        old = pool[::step][seen[pool[::step]] >= MIN_OBSERVED]
        flat = np.repeat(imapa(panel, old, origin)[:, None], panel.horizon, axis=1)
        frames[IMAPA].append(_residuals(panel, old, origin, flat, config))
        new = np.flatnonzero((seen >= 1) & (seen < MIN_OBSERVED)).astype(np.int64)[:BACKTEST_SERIES]
        frames[ANALOGUE].append(_residuals(panel, new, origin, analogue(panel, new, origin, config, None), config))
    empty = contracts.residuals(config).empty()
    joined = {method: pl.concat([empty, *parts]) for method, parts in frames.items()}
    if len(joined[ANALOGUE]) < MIN_RESIDUALS:
        joined[ANALOGUE] = joined[IMAPA]
    return joined


def _residuals(panel: Panel, rows: IndexArray, origin: int, mean: Array, config: DemandConfig) -> pl.DataFrame:
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


def _distributions(residuals: pl.DataFrame, config: DemandConfig) -> ErrorDistributions:
    """Distributions of a backtest; where there is no history for one, a normal error as wide as that of a count."""
    if not residuals.is_empty():
        return ErrorDistributions.of(error_distributions(residuals, config), config.quantile_levels)
    scaled = [NormalDist().inv_cdf(level) for level in config.quantile_levels]
    assumed = {"lead": [1], "pooled": [True], "centre": [0.0], "scaled_quantiles": [scaled], "spread": [1.0]}
    assumed |= {"shifts": [[0.0] * len(scaled)], "whole": [False]}
    rest = {"series_id": ["*bin:00"], "normal": [False], "mean": [0.0], "std": [1.0]}
    return ErrorDistributions.of(pl.DataFrame({**assumed, **rest}), config.quantile_levels)
