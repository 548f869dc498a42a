"""The leaderboard of a cycle: how well every method forecast the backtest, and how far each is believed.

Belongs here: the shares of a blend, the champion of every demand class, the table `leaderboard` with its verdicts. Does
not belong here: demand classes (`demand_classes.py`), making the forecasts that are compared (`residuals.py`),
publishing new ones (`inference.py`, `statistical.py`).

A blend mixes the network and gradient boosting, mean with mean and quantile with quantile of the same level (Vincent
averaging: Lichtendahl, Grushka-Cockayne and Winkler, 2013), so it crosses no quantiles. The share of boosting is
learned per demand class, as what would have had the least pinball loss over all backtest rows of the class, and drawn
towards equal shares where there are few.

Statistical methods are no part of the blend: they gained nothing there (decision 34). One of them is the champion of a
demand class where it clearly wins: by a margin, beyond chance, and in every fold.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from dp_assets.domain.contracts import LEADERBOARD
from dp_assets.domain.demand_classes import CLASSES, Names, demand_classes
from dp_assets.domain.inference import BLEND, BOOSTING, LSTM, mixed
from dp_assets.domain.metrics import pinball
from dp_assets.domain.panel import Panel
from dp_assets.domain.statistical import STATISTICAL

Array = npt.NDArray[np.float64]
EQUAL = 0.5
PRIOR_ROWS = 40_000.0
"""Equal shares count as much as so many backtest rows: what was best on one stretch of time may not be on the next."""
STEPS = 20
"""Shares tried: 0, 1 ÷ STEPS … 1."""
MARGIN = 0.02
"""Share of the model's pinball loss by which a statistical method must be better to take a demand class over: its
quantiles are made of errors already, those of the model are still to be calibrated."""
ERRORS = 2.0
"""Standard errors beyond which the difference is taken for more than chance; a series counts as one observation."""
ROWS = 500
"""Rows of a demand class below which nothing can win."""
ALL = "all"


@dataclass(frozen=True)
class Forecast:
    """Forecasts of n backtest rows: mean (n,), quantiles (n, Q) or None where a method makes none, units."""

    mean: Array
    quantiles: Array | None

    def take(self, rows: npt.NDArray[np.intp]) -> Forecast:
        """Some of the rows, in the given order."""
        return Forecast(self.mean[rows], None if self.quantiles is None else self.quantiles[rows])


@dataclass(frozen=True)
class Backtest:
    """Rows of a backtest (n of them), and what the models said.

    Attributes:
        series: (n,) row of the panel.
        actual: (n,) units sold.
        network: what the network forecast.
        boosting: what gradient boosting forecast, None where it has none.
    """

    series: npt.NDArray[np.int64]
    actual: Array
    network: Forecast
    boosting: Forecast | None

    def take(self, rows: npt.NDArray[np.intp]) -> Backtest:
        """Some of the rows, in the given order."""
        boosting = None if self.boosting is None else self.boosting.take(rows)
        return Backtest(self.series[rows], self.actual[rows], self.network.take(rows), boosting)


def joined(parts: Sequence[Backtest]) -> Backtest:
    """The rows of several backtests one after the other; all of them with boosting, or none."""
    boosted = [part.boosting for part in parts if part.boosting is not None]
    return Backtest(
        np.concatenate([part.series for part in parts]),
        np.concatenate([part.actual for part in parts]),
        stacked([part.network for part in parts]),
        stacked(boosted) if boosted else None,
    )


def stacked(parts: Sequence[Forecast]) -> Forecast:
    """The rows of several forecasts with quantiles one after the other."""
    quantiles = np.concatenate([_quantiles(part) for part in parts])
    return Forecast(np.concatenate([part.mean for part in parts]), quantiles)


def learned_shares(backtest: Backtest, classes: Names, levels: Array) -> dict[str, float]:
    """Demand class → share of boosting; 0 everywhere where it made no forecasts.

    Args:
        backtest: all rows of the backtest.
        classes: (S,) of the panel's series.
        levels: Q quantile levels.
    """
    if backtest.boosting is None:
        return dict.fromkeys(CLASSES, 0.0)
    of_row = classes[backtest.series]
    return {name: _share(backtest, of_row == name, levels) for name in CLASSES}


def _share(backtest: Backtest, here: npt.NDArray[np.bool_], levels: Array) -> float:
    """The share of one class."""
    rows = int(here.sum())
    best = EQUAL
    if rows and backtest.boosting is not None:
        actual = backtest.actual[here]
        network, boosting = (_quantiles(forecast)[here] for forecast in (backtest.network, backtest.boosting))
        tried = np.linspace(0, 1, STEPS + 1)
        losses = [_pinball(actual, network + share * (boosting - network), levels) for share in tried]
        best = float(tried[int(np.argmin(losses))])
    return round((rows * best + PRIOR_ROWS * EQUAL) / (rows + PRIOR_ROWS), 4)


def _quantiles(forecast: Forecast) -> Array:
    assert forecast.quantiles is not None
    return forecast.quantiles


def _pinball(actual: Array, quantiles: Array, levels: Array) -> float:
    """Sum over rows and levels."""
    return float(_row_pinball(actual, quantiles, levels).sum())


def _row_pinball(actual: Array, quantiles: Array, levels: Array) -> Array:
    """(n,) sums over levels."""
    losses = [pinball(actual, quantiles[:, at], float(level)) for at, level in enumerate(levels)]
    return np.asarray(sum(losses), np.float64)


def leaderboard(
    backtest: Backtest,
    others: Mapping[str, Forecast | str],
    classes: Names,
    shares: Mapping[str, float],
    levels: Array,
    absent: str = "",
    folds: npt.NDArray[np.int64] | None = None,
) -> pl.DataFrame:
    """The table `leaderboard`: per demand class and over all, every method's errors on the same rows, and the verdict.

    Args:
        backtest: the rows that are compared, those at the origins where a fold ends.
        others: further methods' forecasts of the same rows, or why one has none.
        classes: (S,) of the panel's series.
        shares: demand class → share of boosting in the blend.
        levels: Q quantile levels.
        absent: why there is no boosting.
        folds: (n,) the fold that a row belongs to; left out, all rows are of one.
    """
    methods: dict[str, Forecast | str] = {LSTM: backtest.network, BOOSTING: backtest.boosting or absent}
    of_row = classes[backtest.series]
    if backtest.boosting is not None:
        share = np.array([shares[name] for name in of_row], np.float64)
        methods[BLEND] = blended(backtest.network, backtest.boosting, share)
    methods |= others
    model = LSTM if backtest.boosting is None else BLEND
    winners = _winners(backtest, methods, model, classes, levels, folds)
    rows = []
    for name in (*CLASSES, ALL):
        here = np.full(len(of_row), True) if name == ALL else of_row == name
        champion = winners.get(name, model)
        scores = {
            method: None if isinstance(forecast, str) else _scores(backtest.actual[here], forecast, here, levels)
            for method, forecast in methods.items()
        }
        for method, found in scores.items():
            rows.append(
                {
                    "demand_class": name,
                    "method": method,
                    "observations": int(here.sum()),
                    **(found or dict.fromkeys(("wape", "rmse", "bias", "wql"))),
                    "share": _share_of(method, shares.get(name)),
                    "champion": method == champion,
                    "reason": str(methods[method]) if found is None else _reason(method, champion, scores),
                }
            )
    return LEADERBOARD.conform(pl.DataFrame(rows, infer_schema_length=None))


def _winners(
    backtest: Backtest,
    methods: Mapping[str, Forecast | str],
    model: str,
    classes: Names,
    levels: Array,
    folds: npt.NDArray[np.int64] | None,
) -> dict[str, str]:
    """Demand class → the statistical method that clearly wins it, the best of several; nothing for other classes."""
    of_row = classes[backtest.series]
    fold = np.zeros(len(of_row), np.int64) if folds is None else folds
    ours = methods[model]
    assert isinstance(ours, Forecast)
    loss = _row_pinball(backtest.actual, _quantiles(ours), levels)
    found: dict[str, tuple[float, str]] = {}
    for method in STATISTICAL:
        forecast = methods.get(method, "")
        if isinstance(forecast, str) or forecast.quantiles is None:
            continue
        gain = loss - _row_pinball(backtest.actual, forecast.quantiles, levels)
        for name in CLASSES:
            here = of_row == name
            if here.sum() < ROWS or not _clear(gain[here], loss[here], backtest.series[here], fold[here]):
                continue
            found[name] = max(found.get(name, (0.0, "")), (float(gain[here].sum()), method))
    return {name: method for name, (_, method) in found.items()}


def _clear(gain: Array, loss: Array, series: npt.NDArray[np.int64], fold: npt.NDArray[np.int64]) -> bool:
    """Whether a gain (n,) over a loss (n,) is one: above the margin and the standard errors, and in every fold."""
    if gain.sum() <= MARGIN * loss.sum() or any(gain[fold == one].sum() <= 0 for one in np.unique(fold)):
        return False
    _, place = np.unique(series, return_inverse=True)
    of_series = np.bincount(place, gain)
    spread = of_series.std(ddof=1) * np.sqrt(len(of_series)) if len(of_series) > 1 else np.inf
    return bool(gain.sum() > ERRORS * spread)


def blended(network: Forecast, boosting: Forecast, share: Array) -> Forecast:
    """The blend of two forecasts with boosting's share of every row (n,)."""
    return Forecast(mixed(network.mean, boosting.mean, share), mixed(_quantiles(network), _quantiles(boosting), share))


def _share_of(method: str, boosting: float | None) -> float | None:
    """What a method counts for in the blend of a class; None for methods that are no part of it."""
    if boosting is None or method not in {LSTM, BOOSTING}:
        return None
    return round(boosting if method == BOOSTING else 1 - boosting, 4)


def _scores(actual: Array, forecast: Forecast, here: npt.NDArray[np.bool_], levels: Array) -> dict[str, float | None]:
    """Errors of some rows, relative to what was sold; all None where nothing was."""
    total, mean = float(actual.sum()), forecast.mean[here]
    if total <= 0:
        return dict.fromkeys(("wape", "rmse", "bias", "wql"))
    centre, wql = mean, None
    if forecast.quantiles is not None:
        quantiles = forecast.quantiles[here]
        centre = quantiles[:, int(np.argmin(np.abs(levels - 0.5)))]
        wql = 2 * _pinball(actual, quantiles, levels) / len(levels) / total
    return {
        "wape": float(np.abs(actual - centre).sum()) / total,
        "rmse": float(np.sqrt(((actual - mean) ** 2).mean())),
        "bias": float(mean.sum() - total) / total,
        "wql": wql,
    }


def _reason(method: str, champion: str, scores: Mapping[str, dict[str, float | None] | None]) -> str:
    """The verdict on a method in words."""
    own, best = scores[method], scores[champion]
    assert own is not None
    assert best is not None
    mine, theirs = (found["wql"] if own["wql"] is not None else found["rmse"] for found in (own, best))
    metric = "wql" if own["wql"] is not None else "rmse"
    if mine is None or theirs is None:
        return f"{'published: ' if method == champion else ''}nothing was sold in these rows"
    if method == champion:
        rivals = [name for name, found in scores.items() if found is not None and name != method]
        ahead = [name for name in rivals if _loses(own, scores[name])]
        beaten = f"behind {', '.join(ahead)}" if ahead else f"ahead of {', '.join(rivals)}"
        return f"published: {beaten}" if rivals else "published: nothing else was tried"
    if theirs == 0:
        return f"{metric} {mine:.3g} against 0 of the {champion}"
    return f"{metric} {100 * (mine / theirs - 1):+.1f} % against the {champion}"


def _loses(own: Mapping[str, float | None], rival: Mapping[str, float | None] | None) -> bool:
    """Whether a rival is better: by its quantiles where it has some, else by its mean."""
    if rival is None:
        return False
    metric = "wql" if rival["wql"] is not None else "rmse"
    mine, theirs = own[metric], rival[metric]
    return mine is not None and theirs is not None and theirs < mine


def shares_of(table: pl.DataFrame, panel: Panel) -> Array:
    """(S,) share of boosting in the forecast of every series of a panel, by its demand class.

    Args:
        table: the champion's `leaderboard`; without rows, nothing is boosted.
        panel: the panel that is forecast.
    """
    rows = table.filter((pl.col("method") == BOOSTING) & (pl.col("demand_class") != ALL))
    known = dict(rows.select("demand_class", pl.col("share").fill_null(0.0)).iter_rows())
    return np.array([known.get(name, 0.0) for name in demand_classes(panel).tolist()], np.float64)


def winners_of(table: pl.DataFrame, panel: Panel) -> Names:
    """(S,) statistical method that forecasts a series of a panel because it is the champion of its demand class; empty
    where the model does.

    Args:
        table: the champion's `leaderboard`.
        panel: the panel that is forecast.
    """
    rows = table.filter(pl.col("champion") & pl.col("method").is_in(STATISTICAL) & (pl.col("demand_class") != ALL))
    known = dict(rows.select("demand_class", "method").iter_rows())
    return np.array([known.get(name, "") for name in demand_classes(panel).tolist()], np.str_)
