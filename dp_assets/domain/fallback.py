"""Fallbacks: forecasts of active series that the network does not forecast. Each says by which method it was made.

Belongs here: `imapa` for series with some history, `analogue` for new ones, both with intervals from their own
backtest, and `twin` for new ones that a planner named one for. Does not belong here: the network's forecasts
(`inference.py`), the statistical methods (`statistical.py`), the table they end in (`forecasts.py`).

imapa     statsforecast's IMAPA, see `statistical.py`. Flat over the leads.
analogue  a series with fewer than MIN_OBSERVED buckets: its own mean, drawn to that of its family's younger members,
          times the growth that the family is forecast to have at each lead. The family is the deepest level of the
          first hierarchy with enough established members, and in the end the whole catalogue. The bucket of the first
          sale is left out of all these means: there is a sale in it by definition, and counting it overstates what
          follows up to fourfold.
twin      a new series with a twin (`product_life.py`): the twin's demand × multiplier × ramp, drawn to what the series
          has sold so far as the analogue is to its family. Errors are taken to be the analogue's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from dp_assets.domain import contracts
from dp_assets.domain.config import DemandConfig
from dp_assets.domain.intervals import quantiles
from dp_assets.domain.panel import Panel
from dp_assets.domain.product_life import PREDECESSOR, ramp, share_begun
from dp_assets.domain.statistical import (
    IMAPA,
    NAIVE_BUCKETS,
    POOLED_SERIES,
    distributions,
    earlier_origins,
    method_residuals,
    recent_mean,
    statistical_means,
)
from dp_assets.domain.windows import MIN_OBSERVED, IndexArray

Array = npt.NDArray[np.float64]
ANALOGUE, TWIN = "analogue", "twin"
FAMILY_MEMBERS = 5
"""Established members a family needs to speak for a new one."""
YOUNG_WEEKS = 26
"""Members on sale for less than this speak for a newcomer, where there are enough of them."""
PRIOR_BUCKETS = 2.0
"""The family's mean counts as much as so many of the series' own buckets."""
GROWTH_RANGE = (0.2, 5.0)
MIN_RESIDUALS = 100
"""Residuals below which the analogue's errors are taken to be like those of imapa."""


@dataclass(frozen=True)
class Fallback:
    """R series: rows of the panel, mean (R, M) and quantiles (R, M, Q) in units, method per row."""

    rows: IndexArray
    mean: Array
    quantiles: Array
    method: list[str]


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
    means[seasoned] = statistical_means(IMAPA, panel, seasoned, panel.history)
    means[fresh] = analogue(panel, fresh, panel.history, config, means)
    by_twin = like_twin(panel, fresh, means)
    named = np.isfinite(by_twin).all(axis=1)
    means[fresh[named]] = by_twin[named]
    errors = {method: distributions(frame, config) for method, frame in _backtests(panel, seasoned, config).items()}
    spans = np.empty((len(rows), panel.horizon, len(config.quantile_levels)))
    names = panel.series["series_id"].to_numpy()
    for method, here in ((IMAPA, established), (ANALOGUE, ~established)):
        spans[here] = quantiles(means[rows[here]], names[rows[here]].tolist(), errors[method])
    has_twin = np.isin(rows, fresh[named])
    methods = np.select([established, has_twin], [IMAPA, TWIN], default=ANALOGUE).tolist()
    return Fallback(rows, means[rows], spans, methods)


def analogue(panel: Panel, rows: IndexArray, origin: int, config: DemandConfig, means: Array | None) -> Array:
    """(R, M) means of new series by their family; see the module's docstring.

    Args:
        panel: the panel.
        rows: the new series.
        origin: bucket index of lead 1; nothing at or after it is read.
        config: the hierarchy that says what a family is.
        means: (S, M) forecasts of the established series, for the family's growth; None for no growth.
    """
    return by_family(panel, rows, origin, config.hierarchies[0].levels if config.hierarchies else (), means)


def by_family(panel: Panel, rows: IndexArray, origin: int, levels: Sequence[str], means: Array | None) -> Array:
    """`analogue` by the levels of a hierarchy, from the highest down; levels that are no columns are passed over."""
    old = panel.observed[:, :origin].sum(axis=1) >= MIN_OBSERVED
    recent = recent_mean(panel, origin)
    units, buckets = _after_first_sale(panel, origin)
    result = np.empty((len(rows), panel.horizon))
    for family, members in _families(panel, rows, old, levels):
        mine = rows[family]
        speakers = _younger(members, buckets, panel.bucket_weeks) if len(members) else mine
        rate = units[speakers].sum() / max(buckets[speakers].sum(), 1.0)
        growth = np.ones(panel.horizon)
        if means is not None and len(members) and (base := recent[members].sum()) > 0:
            growth = np.clip(means[members].sum(axis=0) / base, *GROWTH_RANGE)
        level = (units[mine] + PRIOR_BUCKETS * rate) / (buckets[mine] + PRIOR_BUCKETS)
        result[family] = level[:, None] * growth
    return result


def like_twin(panel: Panel, rows: IndexArray, means: Array) -> Array:
    """(R, M) means of new series by the twin that a planner named; NaN where there is none that is forecast.

    Args:
        panel: the panel.
        rows: the new series.
        means: (S, M) forecasts of all series but the new ones.
    """
    result = np.full((len(rows), panel.horizon), np.nan)
    if "life_twin" not in panel.series.columns:
        return result
    at = panel.series.select("series_id").with_row_index("twin")
    said = panel.series[rows.tolist()].join(
        at, left_on="life_twin", right_on="series_id", how="left", maintain_order="left"
    )
    units, buckets = _after_first_sale(panel, panel.history)
    new = set(rows.tolist())
    for place, line in enumerate(said.iter_rows(named=True)):
        row, twin = int(rows[place]), line["twin"]
        if twin is None or twin in new or not np.isfinite(means[twin]).all():
            continue
        launch = np.array([line["life_launch_on"] or panel.starts[panel.first[row]]], "datetime64[D]")
        usual = (
            np.repeat(_before(panel, twin, launch), panel.horizon) if line["life_kind"] == PREDECESSOR else means[twin]
        )
        full = usual * line["life_multiplier"]
        steps = ramp(np.array([line["life_ramp_weeks"]]), launch, panel.starts)[0]
        seen = steps[panel.history - int(buckets[row]) : panel.history].sum()
        level = float(full.mean())
        drawn = (units[row] + PRIOR_BUCKETS * level) / ((seen + PRIOR_BUCKETS) * level) if level > 0 else 1.0
        result[place] = full * steps[panel.history :] * drawn
        if panel.first[row] >= panel.history:  # nobody has bought it yet: nothing is sold before its launch
            result[place] *= share_begun(launch, panel.starts[panel.history :], panel.bucket_weeks)[0]
    return result


def _before(panel: Panel, row: int, launch: npt.NDArray[np.datetime64]) -> Array:
    """(1,) mean of a series' last observed buckets that ended by a day; of its last ones where none did."""
    ended = panel.starts[: panel.history] + np.timedelta64(7 * panel.bucket_weeks, "D") <= launch
    seen = panel.observed[row] > 0
    here = np.flatnonzero(seen & ended if (seen & ended).any() else seen)[-NAIVE_BUCKETS:]
    return np.asarray([float(panel.capped[row, here].mean()) if len(here) else 0.0])


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
    panel: Panel, rows: IndexArray, old: npt.NDArray[np.bool_], levels: Sequence[str]
) -> list[tuple[IndexArray, IndexArray]]:
    """New series grouped by family: (positions in `rows`, rows of the family's established members)."""
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
    step = max(1, -(-len(pool) // POOLED_SERIES))
    frames: dict[str, list[pl.DataFrame]] = {IMAPA: [], ANALOGUE: []}
    for origin in earlier_origins(panel, panel.history):
        seen = panel.observed[:, :origin].sum(axis=1)
        old = pool[::step][seen[pool[::step]] >= MIN_OBSERVED]
        means = statistical_means(IMAPA, panel, old, origin)
        frames[IMAPA].append(method_residuals(panel, old, origin, means, config))
        new = np.flatnonzero((seen >= 1) & (seen < MIN_OBSERVED)).astype(np.int64)[:POOLED_SERIES]
        frames[ANALOGUE].append(
            method_residuals(panel, new, origin, analogue(panel, new, origin, config, None), config)
        )
    empty = contracts.residuals(config).empty()
    joined = {method: pl.concat([empty, *parts]) for method, parts in frames.items()}
    if len(joined[ANALOGUE]) < MIN_RESIDUALS:
        joined[ANALOGUE] = joined[IMAPA]
    return joined
