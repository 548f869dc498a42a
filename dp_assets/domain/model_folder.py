"""The model folder: how a trained network lies on disk.

    weights.safetensors  the source of truth                 model.onnx     the same network, for serving without torch
    model.json           spec, hyper-parameters, trial, code revision, metrics, epochs
    encoders.json        the encoders it was trained with    curve.json     learning curves
    study.json           every trial of the search

Belongs here: writing and reading a folder whose path is given. Does not belong here: where folders are kept (the lake).
The same model gives the same bytes; nothing is pickled.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dp_assets.domain.errors import ArtefactError

if TYPE_CHECKING:
    from dp_assets.domain.network import DemandNetwork, NetworkSpec
    from dp_assets.domain.training import HyperParameters

FORMAT = 2


@dataclass(frozen=True)
class ModelCard:
    """What model.json says of a model.

    Attributes:
        cutoff: cycle it was trained in, ISO date.
        spec: the network.
        hyper: hyper-parameters of the final fit.
        epochs: epochs of the final fit, which refits repeat.
        seed: seed of everything random.
        trial: best trial of the search, None where nothing was searched.
        revision: code revision, or `unknown`.
        metrics: held-out losses in both modes, counts, losses of the short fits in two precisions.
        processes: processes that fitted it together.
    """

    cutoff: str
    spec: NetworkSpec
    hyper: HyperParameters
    epochs: int
    seed: int
    trial: int | None
    revision: str
    metrics: dict[str, float | int | None]
    processes: int = 1


def json_text(value: object) -> str:
    """A value as JSON with sorted keys."""
    return json.dumps(value, sort_keys=True, indent=1, ensure_ascii=False)


def save_weights(network: DemandNetwork, path: Path) -> None:
    """Writes a network's weights; the same weights, the same bytes."""
    from safetensors.torch import save_file

    save_file({name: tensor.detach().cpu().contiguous() for name, tensor in network.state_dict().items()}, path)


def save_model(
    folder: Path,
    network: DemandNetwork,
    onnx: bytes,
    card: ModelCard,
    encoders: str,
    curve: dict[str, Any],
    study: dict[str, Any],
) -> None:
    """Writes a model folder; it is made when missing."""
    folder.mkdir(parents=True, exist_ok=True)
    save_weights(network, folder / "weights.safetensors")
    (folder / "model.onnx").write_bytes(onnx)
    (folder / "model.json").write_text(json_text({"format": FORMAT, **dataclasses.asdict(card)}))
    (folder / "encoders.json").write_text(encoders, encoding="utf-8")
    (folder / "curve.json").write_text(json_text(curve))
    (folder / "study.json").write_text(json_text(study))


def load_card(folder: Path) -> ModelCard:
    """model.json of a folder.

    Raises:
        ArtefactError: it is missing or of another format.
    """
    from dp_assets.domain.network import NetworkSpec
    from dp_assets.domain.training import HyperParameters

    raw = _raw_card(folder)
    spec = NetworkSpec.from_json(json.dumps(raw.pop("spec")))
    return ModelCard(spec=spec, hyper=HyperParameters(**raw.pop("hyper")), **raw)


def _raw_card(folder: Path) -> dict[str, Any]:
    try:
        raw: dict[str, Any] = json.loads((folder / "model.json").read_text())
    except FileNotFoundError as error:
        raise ArtefactError(f"expected a model in {folder}: {error}; materialise tuned_model again") from error
    if raw.pop("format", None) != FORMAT:
        raise ArtefactError(f"expected a model of format {FORMAT} in {folder}; materialise tuned_model again")
    return raw


@dataclass(frozen=True)
class Shape:
    """What whoever asks a network must know of it: L and M in buckets, quantile levels."""

    lookback: int
    horizon: int
    levels: tuple[float, ...]


def shape_of(folder: Path) -> Shape:
    """The shape of the network in a folder; reads model.json only, so that forecasting and serving need no torch."""
    spec = _raw_card(folder)["spec"]
    return Shape(int(spec["lookback"]), int(spec["horizon"]), tuple(spec["levels"]))


def load_network(folder: Path) -> DemandNetwork:
    """The network of a model folder, in evaluation mode, on CPU.

    Raises:
        ArtefactError: a file is missing or the weights do not fit the description.
    """
    from safetensors.torch import load_file

    from dp_assets.domain.network import DemandNetwork

    card = load_card(folder)
    if not (folder / "weights.safetensors").is_file():
        raise ArtefactError(f"expected weights.safetensors in {folder}; materialise tuned_model again")
    network = DemandNetwork(card.spec)
    try:
        network.load_state_dict(load_file(folder / "weights.safetensors"))
    except RuntimeError as error:
        raise ArtefactError(f"the weights in {folder} do not fit its model.json: {error}") from error
    return network.eval()
