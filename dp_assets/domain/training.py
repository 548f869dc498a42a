"""Training: how a network's weights are found from a panel.

Belongs here: hyper-parameters, the training loop, rolling-origin folds, early stopping, the final fit.
Does not belong here: the search for hyper-parameters (`tuning.py`), the network (`network.py`), reading or writing files.

Windows are gathered by index, batch by batch, from the dense panel; nothing is ever materialised. The same panel,
configuration and seed give the same weights, bit for bit, on the same machine with the same number of threads.
"""

from __future__ import annotations

import copy
import dataclasses
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from dp_assets.domain import losses
from dp_assets.domain.errors import NotEnoughHistoryError
from dp_assets.domain.network import DemandNetwork, NetworkSpec, as_tensors, network_spec
from dp_assets.domain.windows import IndexArray, WindowIndex, gather, targets, training_windows, windows_at

if TYPE_CHECKING:
    from dp_assets.domain.config import DemandConfig
    from dp_assets.domain.encoders import Codes, Encoders, ScaledChannels
    from dp_assets.domain.panel import Panel

GRADIENT_NORM = 1.0
WEIGHT_DECAY = 1e-4
PREDICT_BATCH = 512


@dataclass(frozen=True)
class HyperParameters:
    """What the search may change."""

    layers: int
    hidden_size: int
    dropout: float
    learning_rate: float
    batch_size: int
    embedding_scale: float

    @classmethod
    def of(cls, config: DemandConfig) -> HyperParameters:
        """The configured defaults."""
        model = config.model
        return cls(
            layers=model.layers,
            hidden_size=model.hidden_size,
            dropout=model.dropout,
            learning_rate=model.learning_rate,
            batch_size=model.batch_size,
            embedding_scale=model.embedding.scale,
        )


@dataclass(frozen=True)
class Epoch:
    """One point of the learning curve: losses in both modes; validation ones are None where nothing is held back."""

    number: int
    train_loss: float
    point: float | None = None
    sum: float | None = None


Progress = Callable[[Epoch], None]


@dataclass(frozen=True)
class Trained:
    """A fitted network, its learning curve, and the epoch its weights are of."""

    network: DemandNetwork
    curve: tuple[Epoch, ...]
    best_epoch: int


@dataclass(frozen=True)
class WindowSource:
    """Panel, scaled channels and codes together: hands out batches of windows as tensors."""

    panel: Panel
    scaled: ScaledChannels
    codes: Codes
    device: str = "cpu"

    @classmethod
    def of(cls, panel: Panel, encoders: Encoders, device: str = "cpu") -> WindowSource:
        """Scales and encodes a panel once."""
        return cls(panel, encoders.scale(panel), encoders.codes(panel.series), device)

    def inputs(self, index: WindowIndex, spec: NetworkSpec) -> dict[str, Tensor]:
        """Inputs of the windows as the network takes them."""
        raw = gather(self.panel, self.scaled, self.codes, index.rows, index.origins, spec.lookback)
        return as_tensors(raw, spec, self.device)

    def targets(self, index: WindowIndex) -> tuple[Tensor, Tensor]:
        """Actuals after capping (B, M) and their mask (B, M)."""
        actual, mask = targets(self.panel, index)
        return torch.from_numpy(actual).to(self.device), torch.from_numpy(mask).to(self.device)


def choose_device() -> str:
    """`cuda` where there is a GPU, else `cpu`."""
    return "cuda" if torch.cuda.is_available() else "cpu"


def fold_ends(panel: Panel, folds: int) -> list[int]:
    """Training ends of the rolling-origin folds, ascending: T − folds × M … T − M.

    Raises:
        NotEnoughHistoryError: the first fold would have no window to train on.
    """
    ends = [panel.history - number * panel.horizon for number in range(folds, 0, -1)]
    shortest = panel.horizon + 1
    if ends[0] < shortest:
        raise NotEnoughHistoryError(
            f"{folds} folds of {panel.horizon} buckets need more than {folds * panel.horizon + shortest} buckets of "
            f"history, got {panel.history}; lower validation.folds or horizon_weeks, or start later"
        )
    return ends


def _batches(count: int, size: int, steps: int | None, rng: np.random.Generator) -> Iterator[IndexArray]:
    """Index batches of one epoch: a random order, at most `steps` batches of it."""
    order = rng.permutation(count)
    limit = math.ceil(count / size) if steps is None else min(steps, math.ceil(count / size))
    for step in range(limit):
        yield order[step * size : (step + 1) * size]


@torch.no_grad()
def predict_windows(network: DemandNetwork, source: WindowSource, index: WindowIndex) -> np.ndarray:
    """Mean per window and lead, units, float32. (W, M)"""
    network.eval()
    parts = [
        network(source.inputs(index.take(np.arange(start, min(start + PREDICT_BATCH, len(index)))), network.spec))
        for start in range(0, len(index), PREDICT_BATCH)
    ]
    horizon = source.panel.horizon
    return torch.cat(parts).cpu().numpy() if parts else np.zeros((0, horizon), np.float32)


@torch.no_grad()
def evaluate(
    network: DemandNetwork, source: WindowSource, index: WindowIndex, shape: losses.Shape
) -> dict[losses.Mode, float]:
    """Both losses over the windows, as one batch of weights (not a mean of batches)."""
    predicted = torch.from_numpy(predict_windows(network, source, index))
    level = []
    for start in range(0, len(index), PREDICT_BATCH):
        piece = index.take(np.arange(start, min(start + PREDICT_BATCH, len(index))))
        level.append(network.level(source.inputs(piece, network.spec)).cpu())
    actual, mask = source.targets(index)
    return losses.both_losses(predicted, actual.cpu(), torch.cat(level), mask.cpu(), shape)
