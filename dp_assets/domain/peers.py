"""Peer channels: how the sales of a series' peers have moved of late, all of them and those at each hierarchy level.

Belongs here: momentum of groups of series as past channels of their members, whose sums may be added up some series at
a time. Does not belong here: what a series' own history says (`channels.py`), sums of forecasts (`rollups.py`).

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

IntArray = npt.NDArray[np.int64]
Float64Array = npt.NDArray[np.float64]
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
    peers = peers_of(series, config)
    sums = np.zeros((capped.shape[1], peer_count(peers)))
    add_sales(sums, peers, capped, observed)
    return channels_of_sums(peer_momentum(sums, config), peers, first)


def peers_of(series: pl.DataFrame, config: DemandConfig) -> IntArray:
    """(G, S) number of the sum that each series belongs to in each group; the numbers of a group follow those of the
    one before it."""
    found, taken = [], 0
    for group in peer_groups(config):
        code = _codes(series, group)
        found.append(code + taken)
        taken += int(code.max(initial=-1)) + 1
    return np.stack(found)


def peer_count(peers: IntArray) -> int:
    """N: how many sums there are."""
    return int(peers.max(initial=-1)) + 1


def add_sales(sums: Float64Array, peers: IntArray, capped: FloatArray, observed: FloatArray) -> None:
    """Adds what some series have sold to sums, one after another: the same totals whatever is added at once.

    Args:
        sums: (T, N) totals of the series before them, changed in place.
        peers: (G, R) what `peers_of` said of these series.
        capped, observed: (R, T) as in `Panel`.
    """
    sold = np.ascontiguousarray((capped * observed).T)  # (T, R)
    for code in peers if len(capped) else ():
        begin, end = int(code.min()), int(code.max()) + 1
        # The totals so far come first, so that the sums go on where they stood.
        number = np.concatenate([np.arange(end - begin), code - begin])
        for bucket, units in enumerate(sold):
            sums[bucket, begin:end] = np.bincount(number, np.concatenate([sums[bucket, begin:end], units]))


def peer_momentum(sums: Float64Array, config: DemandConfig) -> FloatArray:
    """(2, N, T) float32 momentum of every sum (T, N), one for each of SPANS."""
    by_sum = np.ascontiguousarray(sums.T)
    spans = ((config.in_buckets(newest), config.in_buckets(span)) for newest, span in SPANS)
    return np.stack([_momentum(by_sum, *span).astype(np.float32) for span in spans])


def channels_of_sums(momentum: FloatArray, peers: IntArray, first: npt.NDArray[np.int32]) -> FloatArray:
    """(R, T, G) float32 channels of some series, in the order of `peer_names`.

    Args:
        momentum: what `peer_momentum` said of the sums of all series.
        peers: (G, R) what `peers_of` said of these series.
        first: (R,) index of their first sale.
    """
    since = np.arange(momentum.shape[2]) >= first[:, None]
    channels = np.zeros((*since.shape, len(peers) * len(SPANS)), dtype=np.float32)
    for number, (code, span) in enumerate((code, span) for code in peers for span in momentum):
        np.copyto(channels[:, :, number], span[code], where=since)
    return channels


def _codes(series: pl.DataFrame, group: str) -> IntArray:
    """(S,) number of the group of every series; those without a value are one."""
    if group not in series.columns or series[group].dtype != pl.String:
        return np.zeros(len(series), np.int64)
    return series[group].fill_null("").rank("dense").to_numpy().astype(np.int64) - 1


def _momentum(sums: Float64Array, newest: int, span: int) -> Float64Array:
    """(N, T) mean of the newest buckets ÷ mean of the span, over what there is."""
    total = np.pad(np.cumsum(sums, axis=1), ((0, 0), (1, 0)))
    stop = np.arange(1, sums.shape[1] + 1)

    def mean(buckets: int) -> Float64Array:
        start = np.maximum(stop - buckets, 0)
        return np.asarray((total[:, stop] - total[:, start]) / (stop - start))

    return np.minimum(mean(newest) / (mean(span) + OFFSET), LARGEST)
