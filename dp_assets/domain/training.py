"""Training: how a network's weights are found from a panel.

Belongs here: hyper-parameters, epochs, rolling-origin folds, early stopping, the final fit.
Does not belong here: a gradient step (`gradient_steps.py`), the search for hyper-parameters (`tuning.py`), the network
(`network.py`).

Windows are gathered by index, batch by batch, from the dense panel; nothing is ever materialised. The same panel,
configuration and seed give the same weights, bit for bit, on the same machine with the same number of threads.
"""

from __future__ import annotations

import dataclasses
import hashlib
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from dp_assets.domain import losses
from dp_assets.domain.errors import NotEnoughHistoryError
from dp_assets.domain.gradient_steps import RunningAverage, Steps
from dp_assets.domain.kept_memory import kept_memory
from dp_assets.domain.network import DemandNetwork, NetworkSpec, as_tensors, network_spec
from dp_assets.domain.panel import FloatArray
from dp_assets.domain.parallel import agreed, place
from dp_assets.domain.windows import (
    BLOCK,
    MIN_OBSERVED,
    IndexArray,
    WindowIndex,
    Windows,
    targets,
    trainable_rows,
    training_windows,
    windows_at,
)

if TYPE_CHECKING:
    from dp_assets.domain.checkpoints import Checkpoint, Checkpoints
    from dp_assets.domain.config import DemandConfig
    from dp_assets.domain.encoders import Encoders
    from dp_assets.domain.panel import Panel

FITS = ("held_out", "everything")
"""The fits of a cycle's model: one judged on the last horizon, one on all there is."""


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

    def judged(self, sum_share: float) -> float | None:
        """The validation loss that counts, where totals count for such a share."""
        return None if self.point is None or self.sum is None else losses.mixed(self.point, self.sum, sum_share)


Progress = Callable[[Epoch], None]


@dataclass(frozen=True)
class Trained:
    """A fitted network, its learning curve, and the epoch its weights are of."""

    network: DemandNetwork
    curve: tuple[Epoch, ...]
    best_epoch: int


@dataclass(frozen=True)
class WindowSource(Windows):
    """Panel, scaled channels and codes together: hands out batches of windows as tensors."""

    device: str = "cpu"

    @classmethod
    def of(cls, panel: Panel, encoders: Encoders, device: str = "cpu") -> WindowSource:
        """Scales and encodes a panel once."""
        scaled = encoders.scale(panel)
        panel.forget_pages()
        return cls(panel, scaled, encoders.codes(panel.series), device)

    def inputs(self, index: WindowIndex, spec: NetworkSpec) -> dict[str, Tensor]:
        """Inputs of the windows as the network takes them."""
        return as_tensors(self.gather(index, spec.lookback), spec, self.device)

    def targets(self, index: WindowIndex, leads: IndexArray | None = None) -> tuple[Tensor, Tensor]:
        """Actuals as sold (B, M) and their mask (B, M): a cap would hide from the network how far demand may go."""
        actual, mask = targets(self.panel, index, capped=False, leads=leads)
        return torch.from_numpy(actual).to(self.device), torch.from_numpy(mask).to(self.device)


def choose_device() -> str:
    """`cuda` where there is a GPU, else `cpu`."""
    return "cuda" if torch.cuda.is_available() else "cpu"


def fold_count(config: DemandConfig) -> int:
    """Folds of the validation scheme."""
    return 1 if config.validation.scheme == "split" else config.validation.folds


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


@dataclass(frozen=True)
class Predicted:
    """What a network says of W windows, units, float32: mean (W, M), quantiles (W, M, Q), the level (W,) it saw, and
    dispersion (W,) where it learns one."""

    mean: FloatArray
    quantiles: FloatArray
    level: FloatArray
    dispersion: FloatArray | None = None


@kept_memory()
@torch.no_grad()
def predict_windows(network: DemandNetwork, source: WindowSource, index: WindowIndex) -> Predicted:
    """Mean and quantiles per window and lead."""
    network.eval()
    horizon, levels = source.panel.horizon, len(network.spec.levels)
    means = [np.zeros((0, horizon), np.float32)]
    quantiles = [np.zeros((0, horizon, levels), np.float32)]
    seen, dispersions = [np.zeros(0, np.float32)], [np.zeros(0, np.float32)]
    for piece in _pieces(index):
        inputs = source.inputs(piece, network.spec)
        mean, spread = network(inputs)
        level = network.level(inputs)
        for parts, found in ((means, mean), (quantiles, spread), (seen, level)):
            parts.append(found.cpu().numpy())
        dispersion = network.dispersion(inputs, level)
        if dispersion is not None:
            dispersions.append(dispersion.cpu().numpy())
    learned = np.concatenate(dispersions) if network.spec.dispersion else None
    return Predicted(np.concatenate(means), np.concatenate(quantiles), np.concatenate(seen), learned)


def _pieces(index: WindowIndex) -> Iterator[WindowIndex]:
    for start in range(0, len(index), BLOCK):
        yield index.take(np.arange(start, min(start + BLOCK, len(index))))


def evaluate(
    network: DemandNetwork, source: WindowSource, index: WindowIndex, shape: losses.Shape
) -> dict[losses.Mode, float]:
    """Both losses over all the windows at once."""
    found = predict_windows(network, source, index)
    actual, mask = source.targets(index)
    mean, quantiles, level = (torch.from_numpy(part) for part in (found.mean, found.quantiles, found.level))
    levels = torch.tensor(network.spec.levels)
    dispersion = None if found.dispersion is None else torch.from_numpy(found.dispersion)
    return losses.both_losses(
        losses.Judged(mean, quantiles, levels, actual.cpu(), mask.cpu(), level, dispersion), shape
    )


def build_network(spec: NetworkSpec, seed: int, device: str = "cpu") -> DemandNetwork:
    """A network with seeded initial weights."""
    torch.manual_seed(seed)
    return DemandNetwork(spec).to(device)


@kept_memory()
def fit(
    source: WindowSource,
    spec: NetworkSpec,
    hyper: HyperParameters,
    config: DemandConfig,
    train: WindowIndex,
    valid: WindowIndex | None = None,
    epochs: int | None = None,
    progress: Progress | None = None,
    checkpoint: Checkpoint | None = None,
) -> Trained:
    """Fits one network: AdamW under one cycle of the learning rate, clipped gradients, and a running average of the
    weights, which is what is kept.

    The rate rises to the configured one and falls to nothing over the epochs there may be. The average (Polyak
    averaging) does the work of a falling rate while it is still high, so that early stopping compares like with like.

    Args:
        source: panel with scaled channels and codes.
        spec: the network.
        hyper: learning rate and batch size.
        config: loss, patience, steps per epoch, seed.
        train: windows to learn from.
        valid: windows to judge each epoch by, in the configured loss mode; the best epoch's weights are kept and
            training stops after `patience` epochs without a better one. None trains for all epochs.
        epochs: epochs at most (default: the configured number).
        progress: called after each epoch; an exception it raises (a pruned trial) ends training.
        checkpoint: where the fit leaves its state, and goes on from what an earlier process left there.

    Raises:
        NotEnoughHistoryError: there is no window to learn from.
    """
    if not len(train):
        raise NotEnoughHistoryError(
            f"cycle {source.panel.cutoff}: no window with {MIN_OBSERVED} observed buckets before its origin and "
            f"{spec.horizon} after it; shorten horizon_weeks or start at a later cycle"
        )
    model, total = config.model, epochs or config.model.epochs
    network = build_network(spec, model.seed, source.device)
    steps, course = Steps(network, source, hyper, config, train, total), _Course(total)
    if checkpoint is not None:
        found = checkpoint.begin(**_decides(source, spec, hyper, config, train, valid, total))
        if found is not None:
            steps.restore(*found)
            course = _Course.restored(*found)
    while not course.over:
        network.train()
        while course.taken < steps.in_epoch:
            course.seen += steps.take()
            course.taken += 1
            if checkpoint is not None and checkpoint.due:
                _save(checkpoint, steps, course)
        held = valid is not None and len(valid) > 0
        judged = evaluate(steps.average.network, source, valid, model.point_loss) if held and valid is not None else {}
        losses_held = agreed(judged.get("point")), agreed(judged.get("sum"))
        epoch = Epoch(len(course.curve) + 1, course.seen / steps.in_epoch, *losses_held)
        if progress is not None:
            progress(epoch)
        course.add(epoch, epoch.judged(model.sum_share), steps.average, total, model.patience)
        if checkpoint is not None:
            _save(checkpoint, steps, course)
    network.load_state_dict(course.weights or steps.average.weights())
    network.eval()
    return Trained(network, tuple(course.curve), course.best_epoch)


@dataclass
class _Course:
    """How far a fit has come: steps taken and loss seen in the running epoch, epochs over, and the best of them."""

    best_epoch: int
    curve: list[Epoch] = field(default_factory=list)
    taken: int = 0
    seen: float = 0.0
    best: float = math.inf
    over: bool = False
    weights: dict[str, Tensor] | None = None

    def add(self, epoch: Epoch, loss: float | None, average: RunningAverage, total: int, patience: int) -> None:
        """Ends an epoch; its weights are kept where none was better, and training ends where none will be."""
        self.curve.append(epoch)
        self.taken, self.seen = 0, 0.0
        if loss is not None and loss < self.best:
            self.best, self.best_epoch, self.weights = loss, epoch.number, average.weights()
        waited = loss is not None and self.weights is not None and epoch.number - self.best_epoch >= patience
        self.over = epoch.number == total or waited

    def state(self) -> dict[str, Any]:
        """All but the weights, as JSON."""
        return {
            "curve": [dataclasses.asdict(epoch) for epoch in self.curve],
            **{name: getattr(self, name) for name in ("best_epoch", "taken", "seen", "best", "over")},
        }

    @classmethod
    def restored(cls, tensors: dict[str, Tensor], state: dict[str, Any]) -> _Course:
        """What a checkpoint says."""
        said = state["course"]
        kept = {name.removeprefix("best."): tensor for name, tensor in tensors.items() if name.startswith("best.")}
        return cls(**{**said, "curve": [Epoch(**epoch) for epoch in said["curve"]]}, weights=kept or None)


def _save(checkpoint: Checkpoint, steps: Steps, course: _Course) -> None:
    """Of several processes the first one leaves a checkpoint, which is that of all."""
    if place()[0] > 0:
        return
    best = {f"best.{name}": tensor for name, tensor in (course.weights or {}).items()}
    checkpoint.save({**steps.tensors(), **best}, {**steps.state(), "course": course.state()})


def _decides(
    source: WindowSource,
    spec: NetworkSpec,
    hyper: HyperParameters,
    config: DemandConfig,
    train: WindowIndex,
    valid: WindowIndex | None,
    epochs: int,
) -> dict[str, str]:
    """All that decides the outcome of a fit besides the data."""
    windows = [train] if valid is None else [train, valid]
    digest = hashlib.sha256(b"".join(part.tobytes() for one in windows for part in (one.rows, one.origins)))
    return {
        "spec": spec.to_json(),
        "hyper": str(hyper),
        "model": config.model.model_dump_json(),
        "windows": digest.hexdigest(),
        "epochs": str(epochs),
        "machine": f"{source.device} {torch.get_num_threads()} {place()[1]} {torch.__version__}",
    }


def validation_windows(panel: Panel, end: int) -> WindowIndex:
    """One window per eligible series with enough observed history, at the origin `end`."""
    rows = trainable_rows(panel)
    return windows_at(rows[panel.observed[rows, :end].sum(axis=1) >= MIN_OBSERVED], end)


def spec_of(panel: Panel, encoders: Encoders, config: DemandConfig, hyper: HyperParameters) -> NetworkSpec:
    """The network that the encoders and the hyper-parameters describe."""
    return network_spec(
        panel,
        encoders,
        config,
        layers=hyper.layers,
        hidden_size=hyper.hidden_size,
        dropout=hyper.dropout,
        embedding_scale=hyper.embedding_scale,
    )


def fit_before(
    source: WindowSource,
    spec: NetworkSpec,
    hyper: HyperParameters,
    config: DemandConfig,
    end: int,
    epochs: int | None = None,
    validate: bool = False,
    progress: Progress | None = None,
    checkpoint: Checkpoint | None = None,
) -> Trained:
    """Fits on windows whose targets lie before bucket `end`; with `validate`, judged on the horizon that begins there.

    `epochs` (default: the configured number) is the most there may be.
    """
    rows = trainable_rows(source.panel)
    train = training_windows(source.panel, rows, end)
    valid = validation_windows(source.panel, end) if validate else None
    return fit(source, spec, hyper, config, train, valid, epochs, progress, checkpoint)


def fit_final(
    source: WindowSource,
    spec: NetworkSpec,
    hyper: HyperParameters,
    config: DemandConfig,
    progress: Progress | None = None,
    checkpoints: Checkpoints | None = None,
) -> tuple[Trained, Trained]:
    """The model of a cycle: a fit judged on the last horizon, and one on everything for as many epochs as that needed.

    The second is the champion. With too little history to hold a horizon back, it is the only one, fitted for the
    configured epochs and returned twice.
    """
    panel = source.panel
    held_out, everything = (None if checkpoints is None else checkpoints.of(name) for name in FITS)

    def on_everything(epochs: int | None) -> Trained:
        return fit_before(source, spec, hyper, config, panel.history, epochs, False, progress, everything)

    try:
        end = fold_ends(panel, 1)[0]
        held = fit_before(source, spec, hyper, config, end, validate=True, progress=progress, checkpoint=held_out)
    except NotEnoughHistoryError:
        champion = on_everything(None)
        return champion, champion
    return held, on_everything(held.best_epoch)


def card_metrics(source: WindowSource, held: Trained) -> dict[str, float | int | None]:
    """What a model's card says of its fit: held-out losses in both modes, size of the training set."""
    best = held.curve[held.best_epoch - 1]
    rows = trainable_rows(source.panel)
    return {
        "held_out_point_loss": best.point,
        "held_out_sum_loss": best.sum,
        "series": len(rows),
        "windows": len(training_windows(source.panel, rows, source.panel.history)),
    }


def example_inputs(source: WindowSource, spec: NetworkSpec) -> dict[str, Tensor]:
    """Inputs of two windows on CPU, for tracing a network."""
    rows = trainable_rows(source.panel)[:2]
    index = windows_at(rows if len(rows) == 2 else np.repeat(rows, 2)[:2], source.panel.history)
    return {name: tensor.cpu() for name, tensor in source.inputs(index, spec).items()}
