"""Stretches: training windows that share one recurrence, one pass per sequence.

Belongs here: which windows share a pass, and the network's forward over such passes. Does not belong here: the loop
that trains (`training.py`), the network (`network.py`), the gather (`windows.py`).

A window costs L steps of the LSTM. Neighbouring origins of a series see nearly the same steps, so a stretch of up to K
origins runs the LSTM once, from L buckets before its first origin up to its last, and takes the state at each:

    steps    first − L … last − 1     scaled by the level s₀ of the stretch's first window, which every origin has seen
    state    at origin o, after the steps before it: at the first origin exactly that of its own window
    heads    at every origin, from what its own window has: level s, side inputs, leads; and log(s ÷ s₀)

Forecasts are made window by window as ever: a stretch of one origin is a window, and log(s ÷ s₀) is then 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from dp_assets.domain.network import DemandNetwork, as_tensors
from dp_assets.domain.windows import IndexArray, WindowIndex

if TYPE_CHECKING:
    from dp_assets.domain.training import WindowSource

LEADS = 4
"""Leads of a window by which it is judged at a time, drawn anew at each visit: the heads cost more than the recurrence,
and neighbouring leads of neighbouring windows say nearly the same."""


@dataclass(frozen=True)
class Stretches:
    """B stretches: series `rows`, the first of their origins and the `counts` of them, each (B,)."""

    rows: IndexArray
    firsts: IndexArray
    counts: IndexArray

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, chosen: IndexArray) -> Stretches:
        """Some of the stretches, in the given order."""
        return Stretches(self.rows[chosen], self.firsts[chosen], self.counts[chosen])

    def windows(self) -> tuple[IndexArray, WindowIndex]:
        """Number of the stretch of each of the W windows (W,), ascending, and the windows, by origin within it."""
        which = np.repeat(np.arange(len(self)), self.counts)
        place = np.arange(len(which)) - np.repeat(np.cumsum(self.counts) - self.counts, self.counts)
        return which, WindowIndex(self.rows[which], self.firsts[which] + place)


def stretches(windows: WindowIndex, longest: int, rng: np.random.Generator | None = None) -> Stretches:
    """The windows in stretches of at most so many origins each; every window is in exactly one.

    Args:
        windows: sorted by series, then by origin.
        longest: K.
        rng: draws where the stretches of a series end, so that from pass to pass every origin has every place in one.
            Without it they are counted back from the newest origin.
    """
    breaks = np.flatnonzero((np.diff(windows.rows) != 0) | (np.diff(windows.origins) != 1)) + 1
    starts = np.concatenate([[0], breaks])
    sizes = np.diff(np.concatenate([starts, [len(windows)]]))
    newest = np.zeros(len(sizes), np.int64) if rng is None else rng.integers(0, longest, len(sizes))
    newest = np.where(newest == 0, longest, newest)  # origins of each series' newest stretch
    pieces = 1 + np.maximum(0, -(-(sizes - newest) // longest))
    run = np.repeat(np.arange(len(sizes)), pieces)
    number = np.arange(len(run)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    taken = np.where(number == 0, 0, newest[run] + (number - 1) * longest)  # newer origins, in other stretches
    counts = np.minimum(np.where(number == 0, newest[run], longest), sizes[run] - taken)
    firsts = starts[run] + sizes[run] - taken - counts
    return Stretches(windows.rows[firsts], windows.origins[firsts], counts)


@dataclass(frozen=True)
class Passed:
    """What a network says of the W windows of some stretches: mean (W, M), quantiles (W, M, Q), level (W,), and
    dispersion (W,) where it learns one."""

    windows: WindowIndex
    mean: Tensor
    quantiles: Tensor
    level: Tensor
    dispersion: Tensor | None = None


def drawn_leads(windows: int, horizon: int) -> IndexArray | None:
    """(W, LEADS) leads by which windows are judged, evenly spaced from one drawn by chance; None where it is all."""
    if horizon <= LEADS:
        return None
    first = torch.randint(horizon, (windows, 1)).numpy()
    return np.asarray((first + np.arange(LEADS) * horizon // LEADS) % horizon)


def forward(network: DemandNetwork, source: WindowSource, batch: Stretches, leads: IndexArray | None = None) -> Passed:
    """One pass over each stretch, and the heads at every origin, for all leads or those given (W, m)."""
    spec, longest = network.spec, int(batch.counts.max())
    which, windows = batch.windows()
    inputs = _tensors(source, network, batch, longest, windows, leads)
    chunk = torch.from_numpy(which).to(source.device)
    place = torch.from_numpy(windows.origins - batch.firsts[which]).to(source.device)
    ours = _of_windows(network, inputs, chunk, place)
    level = network.level(ours)
    first = torch.from_numpy(np.cumsum(batch.counts) - batch.counts).to(source.device)
    shared = level[first]  # (B,)
    static = network.static(inputs)
    steps = spec.lookback + longest - 1
    states, _ = network.recurrence(network.sequence(inputs, shared, static, steps))  # (B, L + K − 1, H)
    at = chunk * steps + place + spec.lookback - 1
    state = states.reshape(-1, spec.hidden_size).index_select(0, at)  # (W, H)
    drift = torch.log(level / shared[chunk])
    mean, quantiles = network.heads(state, ours, level, None if static is None else static[chunk], drift)
    return Passed(windows, mean, quantiles, level, network.dispersion(ours, level))


def _tensors(
    source: WindowSource,
    network: DemandNetwork,
    batch: Stretches,
    longest: int,
    windows: WindowIndex,
    leads: IndexArray | None,
) -> dict[str, Tensor]:
    """Inputs of the steps (B, L + K − 1, …), of the origins (W, …) and of the series (B, …)."""
    lookback = network.spec.lookback
    steps = lookback + longest - 1
    inputs = source.gather_stretches(batch.rows, batch.firsts + longest - 1, steps, windows, lookback, leads)
    tensors = as_tensors(inputs, network.spec, source.device)
    return tensors if leads is None else {**tensors, "leads": torch.from_numpy(leads).to(source.device)}


def _of_windows(network: DemandNetwork, inputs: dict[str, Tensor], chunk: Tensor, place: Tensor) -> dict[str, Tensor]:
    """What the heads read of each of the W windows: quantity and observed (W, L), known (W, recent, K), the rest."""
    spec = network.spec
    ours = {
        name: inputs[name] for name in ("known_ahead", "calendar_ahead", "season", "age", "leads") if name in inputs
    }
    for name in ("quantity", "observed"):
        ours[name] = inputs[name].unfold(1, spec.lookback, 1)[chunk, place]
    if spec.known:
        recent = min(spec.recent, spec.lookback)
        behind = inputs["known"].unfold(1, recent, 1)  # (B, ·, K, recent)
        ours["known"] = behind[chunk, place + spec.lookback - recent].transpose(1, 2)
    return ours
