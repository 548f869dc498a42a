"""Residuals: what the models got wrong on buckets they had not seen.

Belongs here: the backtest, rolling-origin refits of the network and of gradient boosting side by side. Does not belong
here: the verdict on them (`leaderboard.py`), the distributions made of residuals (`error_distributions.py`), the
intervals made of those (`intervals.py`), accuracy of what was published (`metrics.py`).

Fold k is refitted on windows whose targets lie before its training end; it then forecasts from every origin from its
end up to the next fold's, so that each origin is forecast by the newest model that had not seen what followed it. Leads
that reach past the history have no actual yet and are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import polars as pl

from dp_assets.domain import contracts
from dp_assets.domain.boosting import fit_boosting
from dp_assets.domain.demand_classes import CLASSES, demand_classes
from dp_assets.domain.errors import ChallengerError, NotEnoughHistoryError
from dp_assets.domain.inference import settled
from dp_assets.domain.leaderboard import (
    Array,
    Backtest,
    Forecast,
    blended,
    joined,
    leaderboard,
    learned_shares,
    stacked,
)
from dp_assets.domain.statistical import (
    STATISTICAL,
    YEARS,
    earlier_origins,
    has_history,
    pooled_quantiles,
    statistical_means,
    year,
)
from dp_assets.domain.windows import MIN_OBSERVED, IndexArray, WindowIndex, targets, trainable_rows

if TYPE_CHECKING:
    from dp_assets.domain.config import DemandConfig
    from dp_assets.domain.encoders import Encoders
    from dp_assets.domain.network import DemandNetwork, NetworkSpec
    from dp_assets.domain.panel import Panel
    from dp_assets.domain.training import HyperParameters, Predicted, WindowSource

Report = Callable[[str], None]
COMPARED_SERIES = 4_000
"""Series per fold that the leaderboard compares at most: statistical methods cost by the series, and more tell
little."""
SEASONED = 0.5
"""Share of the compared series that must have the history a seasonal method needs."""


def origins_after(ends: list[int], history: int) -> list[range]:
    """Per fold, the origins it forecasts from: its training end up to the next fold's end, the last one up to T − 1.

    >>> origins_after([31, 35], 39)
    [range(31, 35), range(35, 39)]
    """
    return [range(end, stop) for end, stop in zip(ends, [*ends[1:], history], strict=True)]


def backtest_windows(panel: Panel, rows: IndexArray, origins: range) -> WindowIndex:
    """Windows of the series at the origins where they have enough observed history."""
    seen = np.cumsum(panel.observed[rows], axis=1)
    at = np.asarray(origins, np.int64)
    which, number = np.nonzero(seen[:, at - 1] >= MIN_OBSERVED)
    return WindowIndex(np.asarray(rows, np.int64)[which], at[number])


@dataclass(frozen=True)
class Judged:
    """What a backtest gives: the table `residuals` of what is published, and the table `leaderboard`."""

    residuals: pl.DataFrame
    leaderboard: pl.DataFrame


@dataclass(frozen=True)
class _Rows:
    """Observed leads of windows, n rows: window index and lead, the level of the window, and the forecasts."""

    index: WindowIndex
    window: IndexArray
    lead: IndexArray
    level: Array
    actual: Array
    network: Forecast
    boosting: Forecast | None

    @classmethod
    def of(
        cls,
        panel: Panel,
        index: WindowIndex,
        found: Predicted,
        other: tuple[Array, Array] | None,
        levels: Sequence[float],
    ) -> _Rows:
        actual, mask = targets(panel, index, capped=False)
        window, lead = np.nonzero(mask > 0)
        return cls(
            index,
            window,
            lead,
            found.level[window].astype(np.float64),
            actual[window, lead].astype(np.float64),
            _settled(found.mean[window, lead], found.quantiles[window, lead], levels),
            None if other is None else _settled(other[0][window, lead], other[1][window, lead], levels),
        )

    @property
    def series(self) -> IndexArray:
        """(n,) rows of the panel."""
        return np.asarray(self.index.rows[self.window])

    @property
    def backtest(self) -> Backtest:
        """The rows as they are compared."""
        return Backtest(self.series, self.actual, self.network, self.boosting)

    def frame(self, panel: Panel, shares: Array, out_of_sample: bool, config: DemandConfig) -> pl.DataFrame:
        """Rows of the table `residuals`; actuals are as sold, not capped. shares (S,) of boosting per series."""
        published = self.network
        if self.boosting is not None:
            published = blended(self.network, self.boosting, shares[self.series])
        frame = pl.DataFrame(
            {
                "series_id": panel.series["series_id"].to_numpy()[self.series],
                "cutoff": panel.starts[self.index.origins[self.window]].astype("datetime64[D]"),
                "lead": self.lead + 1,
                "actual": self.actual,
                "predicted": published.mean,
                "residual": self.actual - published.mean,
                "scale": self.level,
                "predicted_quantiles": pl.Series(published.quantiles).arr.to_list(),
                "out_of_sample": np.full(len(self.window), out_of_sample),
            }
        )
        return contracts.residuals(config).conform(frame)


def _settled(mean: npt.NDArray[Any], quantiles: npt.NDArray[Any], levels: Sequence[float]) -> Forecast:
    """A model's forecasts with the mean that is published of them."""
    exact = quantiles.astype(np.float64)
    return Forecast(settled(mean.astype(np.float64), exact, levels), exact)


def backtest(
    source: WindowSource,
    encoders: Encoders,
    spec: NetworkSpec,
    hyper: HyperParameters,
    config: DemandConfig,
    rows: IndexArray,
    epochs: int,
    champion: DemandNetwork,
    absent: str = "",
    threads: int = 1,
    report: Report | None = None,
) -> Judged:
    """The backtest of a cycle's models.

    Args:
        source: the models' panel, scaled and encoded by their encoders.
        encoders: those.
        spec: the network.
        hyper: its hyper-parameters.
        config: folds, loss, seed.
        rows: series to backtest, those the models forecast.
        epochs: epochs of each refit: those of the champion.
        champion: the network itself, asked only where there is too little history for a fold.
        absent: why there is no gradient boosting; empty where there is.
        threads: threads of LightGBM.
        report: called with one line per fold.

    Returns:
        Out-of-sample residuals of the blend, whose shares they also decide; or in-sample ones of the network alone at
        the newest origins, labelled so, where no fold can be held back.
    """
    from dp_assets.domain.training import fit_before, fold_count, fold_ends, predict_windows

    panel = source.panel
    for count in range(fold_count(config), 0, -1):
        try:
            ends = fold_ends(panel, count)
            folds = []
            for end, origins in zip(ends, origins_after(ends, panel.history), strict=True):
                network = fit_before(source, spec, hyper, config, end, epochs=epochs).network
                index = backtest_windows(panel, rows, origins)
                other = None
                if not absent:
                    try:
                        fitted = fit_boosting(source, encoders, trainable_rows(panel), config, end, threads)
                        other = fitted.predict_windows(source, index)
                    except ChallengerError as error:
                        absent = f"failed in the backtest: {error}"
                found = predict_windows(network, source, index)
                folds.append(_Rows.of(panel, index, found, other, config.quantile_levels))
                if report is not None:
                    report(f"fold trained before {panel.starts[end]}: {len(folds[-1].actual)} residuals")
        except NotEnoughHistoryError:
            continue
        if absent:  # it may have failed in a later fold only: half a backtest compares nothing
            folds = [replace(fold, boosting=None) for fold in folds]
        return _judged(panel, folds, ends, config, absent)
    newest = range(max(1, panel.history - panel.horizon), panel.history)
    index = backtest_windows(panel, rows, newest)
    in_sample = _Rows.of(panel, index, predict_windows(champion, source, index), None, config.quantile_levels)
    reason = absent or "no fold could be held back to judge it by"
    return Judged(
        in_sample.frame(panel, np.zeros(len(panel)), False, config),
        _board(panel, [in_sample], [int(newest[0])], dict.fromkeys(CLASSES, 0.0), config, reason),
    )


def _judged(panel: Panel, folds: list[_Rows], ends: list[int], config: DemandConfig, absent: str) -> Judged:
    """Shares from every row, the leaderboard from the rows at the folds' ends, residuals of the blend."""
    classes, levels = demand_classes(panel), np.asarray(config.quantile_levels)
    shares = learned_shares(joined([fold.backtest for fold in folds]), classes, levels)
    by_series = np.array([shares[name] for name in classes.tolist()])
    frames = [fold.frame(panel, by_series, True, config) for fold in folds]
    return Judged(
        contracts.residuals(config).conform(pl.concat(frames)), _board(panel, folds, ends, shares, config, absent)
    )


def _board(
    panel: Panel, folds: list[_Rows], ends: list[int], shares: dict[str, float], config: DemandConfig, absent: str
) -> pl.DataFrame:
    """The table `leaderboard` over the windows at each fold's end, where all leads of all methods can be compared."""
    kept, numbers, compared = [], [], []
    for number, (fold, end) in enumerate(zip(folds, ends, strict=True)):
        at_end = fold.index.origins[fold.window] == end
        series = np.unique(fold.series[at_end])
        some = series[:: max(1, -(-len(series) // COMPARED_SERIES))]
        here = np.flatnonzero(at_end & np.isin(fold.series, some))
        kept.append(fold.backtest.take(here))
        numbers.append(np.full(len(here), number, np.int64))
        compared.append((end, some, np.searchsorted(some, fold.series[here]), fold.lead[here]))
    others = {method: _statistical(method, panel, compared, config) for method in STATISTICAL}
    levels = np.asarray(config.quantile_levels)
    return leaderboard(joined(kept), others, demand_classes(panel), shares, levels, absent, np.concatenate(numbers))


def _statistical(
    method: str,
    panel: Panel,
    compared: Sequence[tuple[int, IndexArray, IndexArray, IndexArray]],
    config: DemandConfig,
) -> Forecast | str:
    """A statistical method's forecasts of the compared rows of all folds, or why there are none.

    Args:
        method: its name.
        panel: the panel.
        compared: per fold its end, the series compared, and the place in them and the lead of every row.
        config: quantile levels.
    """
    able = np.concatenate([has_history(method, panel, series, end) for end, series, _, _ in compared])
    if len(able) and able.mean() < SEASONED:
        return (
            f"left out: {able.mean():.0%} of the series had the {YEARS[method] * year(panel)} buckets of history that "
            f"it needs, {SEASONED:.0%} must"
        )
    every = np.unique(np.concatenate([series for _, series, _, _ in compared]))
    made: dict[int, Array] = {}

    def means(origin: int, series: IndexArray) -> Array:
        """Means from an origin; one fold's are where the next one's errors come from."""
        if origin not in made:
            made[origin] = statistical_means(method, panel, every, origin)
        return made[origin][np.searchsorted(every, series)]

    parts = []
    try:
        for end, series, place, lead in compared:
            mean = means(end, series)
            earlier = {at: means(at, series) for at in earlier_origins(panel, end)}
            spread = pooled_quantiles(mean, earlier, panel, series, config)
            parts.append(Forecast(mean[place, lead], spread[place, lead]))
    except ChallengerError as error:
        return f"failed in the backtest: {error}"
    return stacked(parts)
