"""Gradient steps: batches, loss, optimiser and running average, and all that lies between two steps of a fit.

Belongs here: one step, and the state from which the next one follows bit for bit. Does not belong here: epochs, early
stopping and folds (`training.py`), the state's form on disk (`checkpoints.py`).

AdamW under one cycle of the learning rate, clipped gradients, and a running average of the weights, which is what is
kept. Everything drawn by chance comes from two generators: NumPy's for batches, torch's for dropout.
"""

from __future__ import annotations

import copy
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from dp_assets.domain import losses
from dp_assets.domain.network import DemandNetwork
from dp_assets.domain.parallel import average_gradients, averaged, draw_anew, own_share
from dp_assets.domain.stretches import Stretches, drawn_leads, forward, stretches
from dp_assets.domain.windows import IndexArray, WindowIndex

if TYPE_CHECKING:
    from dp_assets.domain.config import DemandConfig
    from dp_assets.domain.network import NetworkSpec
    from dp_assets.domain.training import HyperParameters, WindowSource

GRADIENT_NORM = 1.0
WEIGHT_DECAY = 1e-2
WARM_UP = 0.15
"""Share of the steps in which the learning rate rises to its peak; after it, it falls to nothing along a cosine."""
AVERAGE_DECAY = 0.99
"""Decay of the running average of weights per step: it spans about the last hundred steps."""
STRETCH_SHARE = 8
"""Windows of `batch_size` that one stretch counts as, with one pass per sequence."""


def one_cycle(step: int, steps: int) -> float:
    """Share of the peak learning rate at a step of so many.

    >>> [round(one_cycle(step, 100), 3) for step in (0, 14, 15, 57, 100)]
    [0.067, 1.0, 1.0, 0.509, 0.0]
    """
    rise = max(1, round(WARM_UP * steps))
    if step < rise:
        return (step + 1) / rise
    return 0.5 * (1 + math.cos(math.pi * min(1.0, (step - rise) / max(1, steps - rise))))


def steps_in_epoch(windows: int, batch_size: int, limit: int | None) -> int:
    """Gradient steps of one epoch: every window once, but at most `limit` steps."""
    every = math.ceil(windows / batch_size)
    return every if limit is None else min(limit, every)


class Batches:
    """Batches without end: each window once, in random order, over and over. A short epoch goes on where it ended."""

    def __init__(self, train: WindowIndex, spec: NetworkSpec, batch_size: int, seed: int) -> None:
        self.train, self.spec = train, spec
        self.whole = spec.passes == "sequence"
        self.size = max(1, batch_size // STRETCH_SHARE) if self.whole else batch_size
        self.generator = np.random.default_rng(seed)
        self._draw()

    def _draw(self) -> None:
        """Begins another pass over the windows."""
        self.drawn_from = self.generator.bit_generator.state
        longest = self.spec.lookback
        self.parts = stretches(self.train, longest, self.generator) if self.whole else self.train
        self.order: IndexArray = self.generator.permutation(len(self.parts))
        self.position = 0

    @property
    def parts_in_pass(self) -> int:
        """Windows, or stretches of them, in a pass over everything."""
        return len(stretches(self.train, self.spec.lookback)) if self.whole else len(self.train)

    def next(self) -> WindowIndex | Stretches:
        """The next batch, or this process' share of it."""
        if self.position >= len(self.order):
            self._draw()
        chosen = self.order[self.position : self.position + self.size]
        self.position += self.size
        return self.parts.take(own_share(chosen))

    def state(self) -> dict[str, Any]:
        """Where it is, as JSON."""
        return {"generator": self.drawn_from, "position": self.position}

    def restore(self, state: dict[str, Any]) -> None:
        """Goes to where another one was."""
        self.generator.bit_generator.state = state["generator"]
        self._draw()
        self.position = state["position"]


class RunningAverage:
    """Exponential running average of a network's weights; young averages forget faster."""

    def __init__(self, network: DemandNetwork) -> None:
        self.network = copy.deepcopy(network).eval()
        self.updates = 0

    @torch.no_grad()
    def update(self, network: DemandNetwork) -> None:
        """Takes in the weights after one more step."""
        decay = min(AVERAGE_DECAY, (self.updates + 1) / (self.updates + 10))
        self.updates += 1
        for kept, new in zip(self.network.parameters(), network.parameters(), strict=True):
            kept.lerp_(new, 1 - decay)

    def weights(self) -> dict[str, Tensor]:
        """A copy of the averaged weights."""
        return copy.deepcopy(self.network.state_dict())


def judged(
    network: DemandNetwork, source: WindowSource, batch: WindowIndex | Stretches, sum_share: float
) -> losses.Judged:
    """The network's forecasts of a batch beside what happened. A total needs all leads of a window, a mean does not."""
    levels = torch.tensor(network.spec.levels, device=source.device)
    if isinstance(batch, Stretches):
        windows = batch.windows()[1]
        leads = drawn_leads(len(windows), network.spec.horizon) if sum_share == 0 else None
        passed = forward(network, source, batch, leads)
        actual, mask = source.targets(windows, leads)
        return losses.Judged(passed.mean, passed.quantiles, levels, actual, mask, passed.level, passed.dispersion)
    inputs = source.inputs(batch, network.spec)
    mean, quantiles = network(inputs)
    level = network.level(inputs)
    dispersion = network.dispersion(inputs, level)
    return losses.Judged(mean, quantiles, levels, *source.targets(batch), level, dispersion)


class Steps:
    """The steps of one fit, `epochs` × `in_epoch` of them."""

    def __init__(
        self,
        network: DemandNetwork,
        source: WindowSource,
        hyper: HyperParameters,
        config: DemandConfig,
        train: WindowIndex,
        epochs: int,
    ) -> None:
        self.network, self.source, self.config = network, source, config
        self.batches = Batches(train, network.spec, hyper.batch_size, config.model.seed)
        self.in_epoch = steps_in_epoch(self.batches.parts_in_pass, self.batches.size, config.model.steps_per_epoch)
        total = epochs * self.in_epoch
        self.optimiser = torch.optim.AdamW(
            network.parameters(), lr=hyper.learning_rate, weight_decay=WEIGHT_DECAY, fused=True
        )
        self.schedule = torch.optim.lr_scheduler.LambdaLR(self.optimiser, lambda step: one_cycle(step, total))
        self.average = RunningAverage(network)

    def take(self) -> float:
        """One gradient step; returns the loss."""
        model = self.config.model
        draw_anew(model.seed, self.schedule.last_epoch)
        half = self.network.spec.precision == "bfloat16"
        with torch.autocast(torch.device(self.source.device).type, torch.bfloat16, enabled=half):
            found = judged(self.network, self.source, self.batches.next(), model.sum_share)
        value = losses.loss(found, model.point_loss, model.sum_share)
        self.optimiser.zero_grad()
        value.backward()  # type: ignore[no-untyped-call]
        average_gradients(self.network)
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), GRADIENT_NORM)
        self.optimiser.step()
        self.schedule.step()
        self.average.update(self.network)
        return averaged(value)

    def tensors(self) -> dict[str, Tensor]:
        """Weights, their average, the optimiser's moments and torch's generators, by name."""
        moments = self.optimiser.state_dict()["state"]
        found = {f"weights.{name}": tensor for name, tensor in self.network.state_dict().items()}
        found |= {f"average.{name}": tensor for name, tensor in self.average.network.state_dict().items()}
        found |= {f"moments.{number}.{name}": value for number, each in moments.items() for name, value in each.items()}
        found["generator.cpu"] = torch.get_rng_state()
        if self.source.device != "cpu":
            found["generator.device"] = torch.cuda.get_rng_state(self.source.device)
        return found

    def state(self) -> dict[str, Any]:
        """What is not a tensor, as JSON."""
        return {
            "batches": self.batches.state(),
            "updates": self.average.updates,
            "taken": self.schedule.last_epoch,
            "rate": self.optimiser.param_groups[0]["lr"],
        }

    def restore(self, tensors: dict[str, Tensor], state: dict[str, Any]) -> None:
        """Goes to where another fit of the same network on the same windows was."""
        moments: dict[int, dict[str, Tensor]] = {}
        for name, tensor in tensors.items():
            if name.startswith("moments."):
                _, number, moment = name.split(".", 2)
                moments.setdefault(int(number), {})[moment] = tensor
        self.network.load_state_dict(_below(tensors, "weights."))
        self.average.network.load_state_dict(_below(tensors, "average."))
        self.average.updates = state["updates"]
        self.optimiser.load_state_dict({**self.optimiser.state_dict(), "state": moments})
        for group in self.optimiser.param_groups:
            group["lr"] = state["rate"]
        self.schedule.last_epoch = state["taken"]
        self.batches.restore(state["batches"])
        torch.set_rng_state(tensors["generator.cpu"])
        if "generator.device" in tensors:
            torch.cuda.set_rng_state(tensors["generator.device"], self.source.device)


def _below(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
