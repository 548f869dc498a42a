"""Windows: the network's inputs, gathered by index from the dense panel.

Belongs here: which (series, origin) pairs may be trained on, and the NumPy gather of their inputs and targets, shared
by training, batch inference and serving. Does not belong here: the network (`network.py`), scaling of channels
(`encoders.py`). Scaling by a window's own level happens inside the network's graph, so quantities stay in units here.

A window is a pair (series row, origin t): the network sees buckets before t and forecasts t … t + M − 1. Where history
is shorter than the lookback L, the window is padded on the left with zeros and `observed` = 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import as_strided

from dp_assets.domain.panel import FloatArray, Panel

if TYPE_CHECKING:
    from dp_assets.domain.encoders import Codes, Encoders, ScaledChannels

IndexArray = npt.NDArray[np.int64]
Inputs = dict[str, npt.NDArray[np.float32] | npt.NDArray[np.int64]]
LARGEST_INPUT = float(np.finfo(np.float32).max)
"""Largest number, in size, that a network can be given."""
BLOCK = 512
"""Windows that a network forecasts at once."""
MIN_OBSERVED = 6
"""Observed buckets a series needs before an origin for the network to be trained on it or to forecast it."""
INPUT_NAMES = (
    "quantity",
    "observed",
    "past",
    "known",
    "known_ahead",
    "calendar",
    "calendar_ahead",
    "season",
    "age",
    "single",
    "multi",
)
"""Every input, in the order in which a network takes those it uses."""


@dataclass(frozen=True)
class WindowIndex:
    """W windows: `rows` (W,) series rows of the panel, `origins` (W,) bucket indices."""

    rows: IndexArray
    origins: IndexArray

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, chosen: npt.NDArray[np.integer]) -> WindowIndex:
        """Some of the windows, in the given order."""
        return WindowIndex(self.rows[chosen], self.origins[chosen])


@dataclass(frozen=True)
class Windows:
    """What windows are gathered from: a panel, and its channels and attributes under a model's encoders."""

    panel: Panel
    scaled: ScaledChannels
    codes: Codes

    @classmethod
    def of(cls, panel: Panel, encoders: Encoders) -> Windows:
        """Scales and encodes a panel once."""
        return cls(panel, encoders.scale(panel), encoders.codes(panel.series))

    def gather(self, index: WindowIndex, lookback: int) -> Inputs:
        """Inputs of some windows; see `gather`."""
        return gather(self.panel, self.scaled, self.codes, index.rows, index.origins, lookback)

    def gather_stretches(
        self,
        rows: IndexArray,
        stops: IndexArray,
        steps: int,
        index: WindowIndex,
        lookback: int,
        leads: IndexArray | None,
    ) -> Inputs:
        """Inputs of so many steps before the `stops` of B stretches, and of the origins of their W windows, all of
        their leads or those given (W, m)."""
        return {
            **gather_behind(self.panel, self.scaled, rows, stops, steps),
            **gather_ahead(self.panel, self.scaled, index.rows, index.origins, lookback, leads),
            "single": self.codes.single[rows],
            "multi": self.codes.multi[rows],
        }


def trainable_rows(panel: Panel) -> IndexArray:
    """Rows of the eligible series."""
    return np.flatnonzero(panel.series["eligible"].to_numpy()).astype(np.int64)


def training_windows(panel: Panel, rows: IndexArray, end: int, stride: int = 1) -> WindowIndex:
    """Every origin of the given series with enough observed history and all M targets before bucket `end`.

    Args:
        panel: the panel.
        rows: series to train on.
        end: first bucket that must not be seen (the fold's end, or T).
        stride: takes every stride-th origin, counted back from the newest.

    Returns:
        Windows sorted by series row, then by origin.
    """
    seen = np.cumsum(panel.observed[rows], axis=1)  # (R, T)
    newest = end - panel.horizon
    origins = np.arange(newest, 0, -stride)[::-1]
    allowed = seen[:, origins - 1] >= MIN_OBSERVED
    which, at = np.nonzero(allowed)
    return WindowIndex(np.asarray(rows, np.int64)[which], origins.astype(np.int64)[at])


def windows_at(rows: IndexArray, origin: int) -> WindowIndex:
    """One window per series, all at the same origin."""
    rows = np.asarray(rows, np.int64)
    return WindowIndex(rows, np.full(len(rows), origin, np.int64))


def forecastable(panel: Panel) -> npt.NDArray[np.bool_]:
    """(S,) whether a series has enough observed history for the network to forecast it."""
    return np.asarray(panel.observed.sum(axis=1) >= MIN_OBSERVED)


def _before(array: FloatArray, rows: IndexArray, stops: IndexArray, steps: int) -> FloatArray:
    """The `steps` buckets before each stop of a series: array (S, T, …) → (B, steps, …), zeros before the first bucket.

    What lies beyond the last bucket is the last one's: only steps after the origins of a short stretch do, and nothing
    comes of them. Spans within the array are copied as blocks, which is what makes the gather cheap.
    """
    starts, buckets = stops - steps, array.shape[1]
    inside = (starts >= 0) & (stops <= buckets)
    if buckets < steps or not inside.any():
        return _one_by_one(array, rows, starts, steps)
    shape = (array.shape[0], buckets - steps + 1, steps, *array.shape[2:])
    spans = as_strided(array, shape, (*array.strides[:2], *array.strides[1:]), writeable=False)
    values: FloatArray = spans[rows, np.clip(starts, 0, buckets - steps)]
    if not inside.all():
        values[~inside] = _one_by_one(array, rows[~inside], starts[~inside], steps)
    return values


def _one_by_one(array: FloatArray, rows: IndexArray, starts: IndexArray, steps: int) -> FloatArray:
    """`_before`, bucket by bucket."""
    index = starts[:, None] + np.arange(steps, dtype=np.int64)
    at = np.clip(index, 0, array.shape[1] - 1)
    if array.flags.c_contiguous:  # as one long list of buckets, which NumPy copies from twice as fast
        flat = array.reshape(array.shape[0] * array.shape[1], *array.shape[2:])
        values: FloatArray = flat.take(rows[:, None] * array.shape[1] + at, axis=0, mode="clip")
    else:
        values = array[rows[:, None], at]
    values[index < 0] = 0
    return values


def _season(panel: Panel, rows: IndexArray, origin: IndexArray, leads: IndexArray | None, lookback: int) -> FloatArray:
    """(B, M, 2): mean quantity a year before each lead, over that bucket and its neighbours, and whether any was seen.

    Only buckets of the lookback are read, so that the tail of a panel that serving keeps gives the same inputs.
    """
    year = round(52 / panel.bucket_weeks)
    index = origin[:, None] + np.arange(-1 - year, panel.horizon + 1 - year)  # (B, M + 2)
    usable = (index >= np.maximum(origin - lookback, 0)[:, None]) & (index < origin[:, None])
    at = np.where(usable, index, 0)
    observed = panel.observed[rows[:, None], at] * usable
    quantity = panel.capped[rows[:, None], at] * observed
    total, seen = (each[:, :-2] + each[:, 1:-1] + each[:, 2:] for each in (quantity, observed))
    season = np.stack([total / np.maximum(seen, 1), (seen > 0).astype(np.float32)], axis=2)
    return season if leads is None else np.take_along_axis(season, leads[:, :, None], axis=1)


def _known_ahead(
    scaled: ScaledChannels, rows: IndexArray, origin: IndexArray, leads: IndexArray, horizon: int
) -> FloatArray:
    """(B, M, K) known channels of the leads, none read further ahead of its origin than it reaches."""
    values: FloatArray = scaled.known[rows[:, None], origin[:, None] + leads]
    for number, reach in enumerate(scaled.known_reach):
        if reach < horizon:
            values[:, :, number] = scaled.known[rows[:, None], origin[:, None] + np.minimum(leads, reach - 1), number]
    return values


def gather(
    panel: Panel,
    scaled: ScaledChannels,
    codes: Codes,
    rows: npt.NDArray[np.integer],
    origins: npt.NDArray[np.integer],
    lookback: int,
) -> Inputs:
    """The inputs of B windows; nothing at or after an origin is read but what is known ahead.

    Args:
        panel: the panel; quantities are read after outlier capping.
        scaled: its channels, scaled by the model's encoders.
        codes: its attributes, encoded by the model's encoders.
        rows: (B,) series rows.
        origins: (B,) bucket index of lead 1; T for the cycle's own forecast.
        lookback: L.

    Returns:
        quantity (B, L) units; observed (B, L) 0/1; past (B, L, P); known (B, L, K); known_ahead (B, M, K), where leads
        beyond a channel's reach repeat its last value within it;
        calendar (B, L, C); calendar_ahead (B, M, C); season (B, M, 2) units a year before each lead, and whether seen;
        age (B,) buckets since the first sale; single (B, A) int64; multi (B, V); peers (B, G) momentum of peers at the
        last bucket before the origin, which no network takes.
    """
    series: IndexArray = rows.astype(np.int64)
    origin: IndexArray = origins.astype(np.int64)
    return {
        **gather_behind(panel, scaled, series, origin, lookback),
        **gather_ahead(panel, scaled, series, origin, lookback),
        "single": codes.single[series],
        "multi": codes.multi[series],
        "peers": np.asarray(scaled.peers[series, origin - 1], np.float32),
    }


def gather_behind(panel: Panel, scaled: ScaledChannels, series: IndexArray, origin: IndexArray, steps: int) -> Inputs:
    """The part of `gather` that lies before the origins: quantity, observed, past, known, calendar; (B, steps, …)."""
    observed = _before(panel.observed, series, origin, steps)
    return {
        "quantity": _before(panel.capped, series, origin, steps) * observed,
        "observed": observed,
        "past": _before(scaled.past, series, origin, steps),
        "known": _before(scaled.known, series, origin, steps),
        "calendar": _before(scaled.calendar[None], np.zeros_like(series), origin, steps),
    }


def gather_ahead(
    panel: Panel,
    scaled: ScaledChannels,
    series: IndexArray,
    origin: IndexArray,
    lookback: int,
    leads: IndexArray | None = None,
) -> Inputs:
    """The part of `gather` that belongs to origins: known_ahead, calendar_ahead, season (B, M, …) and age (B,).

    `leads` (B, m), counted from 0, asks for some of each origin's only.
    """
    asked = np.arange(panel.horizon, dtype=np.int64)[None] if leads is None else leads
    return {
        "known_ahead": _known_ahead(scaled, series, origin, asked, panel.horizon),
        "calendar_ahead": scaled.calendar[origin[:, None] + asked],
        "season": _season(panel, series, origin, leads, lookback),
        "age": np.maximum(origin - panel.first[series], 0).astype(np.float32),
    }


def mean_observed(values: npt.NDArray[Any], observed: npt.NDArray[Any]) -> FloatArray:
    """Mean of values (B, L) over the observed buckets; 0 where there is none. (B,)"""
    return np.asarray((values * observed).sum(axis=1) / np.maximum(observed.sum(axis=1), 1.0), np.float32)


def window_level(inputs: Inputs, recent: int) -> FloatArray:
    """The level s by which a window is scaled, units: half the mean of the window, half that of its last `recent`
    buckets, and 0.1. (B,) The network computes the same inside its graph."""
    quantity, observed = inputs["quantity"], inputs["observed"]
    whole = mean_observed(quantity, observed)
    last = mean_observed(quantity[:, -recent:], observed[:, -recent:])
    seen = observed[:, -recent:].any(axis=1)
    return np.asarray(0.5 * whole + 0.5 * np.where(seen, last, whole) + 0.1, np.float32)


def targets(
    panel: Panel, index: WindowIndex, capped: bool = True, leads: IndexArray | None = None
) -> tuple[FloatArray, FloatArray]:
    """Actuals (B, M) in units and whether each was observed (B, M); leads beyond the history are 0 and not observed.

    `leads` (B, m), counted from 0, asks for some of each window's only.
    """
    ahead = index.origins[:, None] + (np.arange(panel.horizon)[None] if leads is None else leads)
    inside = ahead < panel.history
    at = np.where(inside, ahead, 0)
    quantity = panel.capped if capped else panel.quantity
    mask = panel.observed[index.rows[:, None], at] * inside
    return quantity[index.rows[:, None], at] * mask, mask.astype(np.float32)
