"""Inference: means and quantiles from a stored model, by torch for the batch, by ONNX where torch is not installed.

Belongs here: running a model folder over windows at the cutoff, and which series that is done for. Does not belong
here: the folder itself (`model_folder.py`), intervals (`intervals.py`), series that the network does not forecast
(`fallback.py`). Importing this module imports neither torch nor the ONNX runtime.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from dp_assets.domain.errors import ArtefactError
from dp_assets.domain.panel import FloatArray, Panel
from dp_assets.domain.windows import Inputs, forecastable, windows_at

if TYPE_CHECKING:
    from dp_assets.domain.encoders import Encoders

METHOD = "lstm"
NETWORK_REASONS = ("eligible", "mandatory", "no_attributes", "held_back")
"""Reasons under which the network forecasts a series: those it was trained on, and those only kept out of training."""


def network_rows(panel: Panel) -> npt.NDArray[np.int64]:
    """Rows of the series that the network forecasts: enough sales, or asked for, and enough observed history."""
    wanted = panel.series["reason"].is_in(NETWORK_REASONS).to_numpy()
    return np.flatnonzero(wanted & forecastable(panel)).astype(np.int64)


def predict(
    model_folder: Path, panel: Panel, encoders: Encoders, rows: npt.NDArray[np.integer], threads: int = 1
) -> tuple[FloatArray, FloatArray]:
    """Mean (R, M) and quantiles (R, M, Q) of leads 1..M for some series of a panel, units, float32.

    Args:
        model_folder: a model.
        panel: the cycle's panel; its horizon must be the model's.
        encoders: the model's own encoders, not the cycle's.
        rows: series rows.
        threads: threads torch may use; more than one makes small networks slower.

    Raises:
        ArtefactError: the model was trained for another horizon, or a channel it needs is missing.
    """
    import torch

    from dp_assets.domain.model_folder import load_network
    from dp_assets.domain.training import WindowSource, predict_windows

    torch.set_num_threads(threads)
    network = load_network(model_folder)
    if network.spec.horizon != panel.horizon:
        raise ArtefactError(
            f"the model forecasts {network.spec.horizon} buckets and the panel of cycle {panel.cutoff} wants "
            f"{panel.horizon}; train again under the present horizon_weeks"
        )
    source = WindowSource.of(panel, encoders)
    found = predict_windows(network, source, windows_at(np.asarray(rows, np.int64), panel.history))
    return found.mean, found.quantiles


def onnx_session(model_folder: Path, threads: int = 1) -> Any:
    """An ONNX runtime session of a model folder."""
    import onnxruntime

    path = model_folder / "model.onnx"
    if not path.is_file():
        raise ArtefactError(f"expected {path}, but there is no such file; materialise tuned_model again")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = threads
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def predict_onnx(model: Any, inputs: Inputs) -> tuple[FloatArray, FloatArray]:
    """Mean (B, M) and quantiles (B, M, Q) per window and lead, units, float32.

    Args:
        model: a session of `onnx_session`, or a model folder.
        inputs: what `windows.gather` returned; inputs the network does not take are left out.
    """
    session = onnx_session(model) if isinstance(model, Path) else model
    wanted = {entry.name: np.ascontiguousarray(inputs[entry.name]) for entry in session.get_inputs()}
    mean, quantiles = session.run(["mean", "quantiles"], wanted)
    return np.asarray(mean, np.float32), np.asarray(quantiles, np.float32)
