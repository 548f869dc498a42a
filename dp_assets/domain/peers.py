"""Peer channels: how the sales of a series' peers have moved of late, all of them and those at each hierarchy level.

Belongs here: momentum of groups of series as past channels of their members. Does not belong here: what a series' own
history says (`channels.py`), sums of forecasts (`rollups.py`).

What a whole family does, a trend or the beginning of a season, shows in its sum long before it can be told from noise
in one series. A channel is the mean of the newest weeks ÷ the mean of a longer span, of the sum of all series with the
same value, so it has no unit and 1 means unchanged. The value at bucket t is what is known at the end of t. Cells
before a series' first sale are 0. Gradient boosting reads them; the network does not, which took a rise that history
holds once for one to come (decision 35).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from dp_assets.domain.config import DemandConfig
from dp_assets.domain.panel import FloatArray

PREFIX = "peers_"
"""Names of the channels begin like this."""
TOTAL = "total"
SPANS = ((1, 8), (4, 13))
"""Newest weeks, and weeks they are compared with."""
LARGEST = 4.0
"""Channels are at most this."""
OFFSET = 0.1
"""Added to the mean of the longer span, units: what has not sold yet has no momentum."""


def peer_groups(config: DemandConfig) -> tuple[str, ...]:
    """What peers share: nothing, then each level of a hierarchy, every one once."""
    levels = [level for hierarchy in config.hierarchies for level in hierarchy.levels]
    return (TOTAL, *dict.fromkeys(levels))


def peer_names(config: DemandConfig) -> tuple[str, ...]:
    """Names of the channels, in order."""
    return tuple(f"{PREFIX}{group}_{newest}w" for group in peer_groups(config) for newest, _ in SPANS)


def peer_channels(
    capped: FloatArray, observed: FloatArray, series: pl.DataFrame, first: npt.NDArray[np.int32], config: DemandConfig
) -> FloatArray:
    """(S, T, G) float32 channels in the order of `peer_names`.

    Args:
        capped, observed: (S, T) as in `Panel`.
        series: S rows with the levels of the hierarchies; one that is missing, or has labels, groups all series.
        first: (S,) index of the first sale.
        config: hierarchies and bucket length.
    """
    buckets = capped.shape[1]
    since = np.arange(buckets) >= first[:, None]
    channels = np.zeros((*capped.shape, len(peer_names(config))), dtype=np.float32)
    sold = np.ascontiguousarray((capped * observed).T)  # (T, S)
    number = 0
    for group in peer_groups(config):
        code = _codes(series, group)
        sums = np.stack([np.bincount(code, units, minlength=1) for units in sold], axis=1).astype(np.float64)
        for newest, span in SPANS:
            momentum = _momentum(sums, config.in_buckets(newest), config.in_buckets(span)).astype(np.float32)
            np.copyto(channels[:, :, number], momentum[code], where=since)
            number += 1
    return channels


def _codes(series: pl.DataFrame, group: str) -> npt.NDArray[np.int64]:
    """(S,) number of the group of every series; those without a value are one."""
    if group not in series.columns or series[group].dtype != pl.String:
        return np.zeros(len(series), np.int64)
    return series[group].fill_null("").rank("dense").to_numpy().astype(np.int64) - 1


def _momentum(sums: npt.NDArray[np.float64], newest: int, span: int) -> npt.NDArray[np.float64]:
    """(N, T) mean of the newest buckets ÷ mean of the span, over what there is."""
    total = np.pad(np.cumsum(sums, axis=1), ((0, 0), (1, 0)))
    stop = np.arange(1, sums.shape[1] + 1)

    def mean(buckets: int) -> npt.NDArray[np.float64]:
        start = np.maximum(stop - buckets, 0)
        return np.asarray((total[:, stop] - total[:, start]) / (stop - start))

    return np.minimum(mean(newest) / (mean(span) + OFFSET), LARGEST)
