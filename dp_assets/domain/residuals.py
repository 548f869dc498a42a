"""Residuals: what the model got wrong on buckets it had not seen.

Belongs here: backtest residuals from rolling-origin refits. Does not belong here: the distributions made of them
(`error_distributions.py`), the intervals made of those (`intervals.py`), accuracy of what was published (`metrics.py`).

Fold k is refitted on windows whose targets lie before its training end; it then forecasts from every origin from its
end up to the next fold's, so that each origin is forecast by the newest model that had not seen what followed it. Leads
that reach past the history have no actual yet and are left out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from dp_assets.domain import contracts
from dp_assets.domain.errors import NotEnoughHistoryError
from dp_assets.domain.windows import MIN_OBSERVED, IndexArray, WindowIndex, targets

if TYPE_CHECKING:
    from dp_assets.domain.config import DemandConfig
    from dp_assets.domain.network import DemandNetwork, NetworkSpec
    from dp_assets.domain.panel import Panel
    from dp_assets.domain.training import HyperParameters, WindowSource

Report = Callable[[str], None]


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


def residual_frame(
    network: DemandNetwork, source: WindowSource, index: WindowIndex, out_of_sample: bool, config: DemandConfig
) -> pl.DataFrame:
    """Rows of the table `residuals` for the windows; actuals are as sold, not capped."""
    from dp_assets.domain.training import predict_windows

    panel = source.panel
    found = predict_windows(network, source, index)
    predicted = found.mean.astype(np.float64)
    actual, mask = targets(panel, index, capped=False)
    window, lead = np.nonzero(mask > 0)
    names = panel.series["series_id"].to_numpy()
    frame = pl.DataFrame(
        {
            "series_id": names[index.rows[window]],
            "cutoff": panel.starts[index.origins[window]].astype("datetime64[D]"),
            "lead": lead + 1,
            "actual": actual[window, lead].astype(np.float64),
            "predicted": predicted[window, lead],
            "residual": actual[window, lead] - predicted[window, lead],
            "scale": found.level[window].astype(np.float64),
            "predicted_quantiles": pl.Series(found.quantiles[window, lead]).arr.to_list(),
            "out_of_sample": np.full(len(window), out_of_sample),
        }
    )
    return contracts.residuals(config).conform(frame)


def backtest(
    source: WindowSource,
    spec: NetworkSpec,
    hyper: HyperParameters,
    config: DemandConfig,
    rows: IndexArray,
    epochs: int,
    champion: DemandNetwork,
    report: Report | None = None,
) -> pl.DataFrame:
    """The table `residuals` of a model.

    Args:
        source: the model's panel, scaled and encoded by its encoders.
        spec: the model's network.
        hyper: its hyper-parameters.
        config: folds, loss, seed.
        rows: series to backtest, those the network forecasts.
        epochs: epochs of each refit: those of the champion.
        champion: the model itself, asked only where there is too little history for a fold.
        report: called with one line per fold.

    Returns:
        Out-of-sample residuals, or in-sample ones of the newest origins, labelled so, where no fold can be held back.
    """
    from dp_assets.domain.training import fit_before, fold_count, fold_ends

    panel = source.panel
    for count in range(fold_count(config), 0, -1):
        try:
            ends = fold_ends(panel, count)
            frames = []
            for end, origins in zip(ends, origins_after(ends, panel.history), strict=True):
                network = fit_before(source, spec, hyper, config, end, epochs=epochs).network
                index = backtest_windows(panel, rows, origins)
                frames.append(residual_frame(network, source, index, True, config))
                if report is not None:
                    report(f"fold trained before {panel.starts[end]}: {len(frames[-1])} residuals")
        except NotEnoughHistoryError:
            continue
        return contracts.residuals(config).conform(pl.concat(frames))
    newest = range(max(1, panel.history - panel.horizon), panel.history)
    return residual_frame(champion, source, backtest_windows(panel, rows, newest), False, config)
