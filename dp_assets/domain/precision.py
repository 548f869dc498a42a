"""Precision: whether training in half the bits costs accuracy, found out before a model is made that way.

Belongs here: the comparison and its verdict. Does not belong here: the arithmetic itself (`gradient_steps.py`).
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dp_assets.domain.errors import NotEnoughHistoryError
from dp_assets.domain.training import HyperParameters, WindowSource, fit_before, fold_ends

if TYPE_CHECKING:
    from dp_assets.domain.config import DemandConfig
    from dp_assets.domain.network import NetworkSpec

EPOCHS = 3
"""Epochs of the fits that are compared, at most."""
TOLERANCE = 0.005
"""How much larger, relatively, the validation loss may be: less is what another seed changes."""


@dataclass(frozen=True)
class Gate:
    """What the comparison came to.

    Attributes:
        spec: the network, as it is to be trained.
        losses: best validation loss of the short fit by precision; empty where nothing was compared.
        verdict: a sentence for people.
    """

    spec: NetworkSpec
    losses: dict[str, float]
    verdict: str


def precision_gate(source: WindowSource, spec: NetworkSpec, hyper: HyperParameters, config: DemandConfig) -> Gate:
    """Compares short fits in the wanted precision and in float32, both judged on the last horizon.

    The network is to be trained in float32 where the other one's validation loss is larger by more than the tolerance,
    is no number, or cannot be judged because nothing can be held back.
    """
    if spec.precision == "float32":
        return Gate(spec, {}, "float32, as configured")
    full = dataclasses.replace(spec, precision="float32")
    try:
        end = fold_ends(source.panel, 1)[0]
        losses: dict[str, float] = {one.precision: _loss(source, one, hyper, config, end) for one in (full, spec)}
    except NotEnoughHistoryError:
        return Gate(full, {}, f"float32: there is too little history to judge {spec.precision} by")
    ratio = losses[spec.precision] / losses[full.precision]
    if ratio <= 1 + TOLERANCE:
        return Gate(spec, losses, f"{spec.precision}: its validation loss is {ratio:.4f} of that in float32")
    reason = f"the validation loss in {spec.precision} is {ratio:.4f} of it, more than {1 + TOLERANCE}"
    return Gate(full, losses, f"float32: {reason}")


def _loss(source: WindowSource, spec: NetworkSpec, hyper: HyperParameters, config: DemandConfig, end: int) -> float:
    trained = fit_before(source, spec, hyper, config, end, epochs=min(EPOCHS, config.model.epochs), validate=True)
    judged = trained.curve[trained.best_epoch - 1].judged(config.model.sum_share)
    if judged is None:
        raise NotEnoughHistoryError("no window to judge by")
    return judged
