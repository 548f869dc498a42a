"""Inference: means and quantiles from stored models, by the ONNX runtime in the batch as in the API.

Belongs here: running the network and gradient boosting over windows at the cutoff, mixing the two, and which series
that is done for. Does not belong here: the models themselves (`model_folder.py`, `boosting.py`), how much each counts
for (`leaderboard.py`), intervals (`intervals.py`), series that neither forecasts (`fallback.py`). Importing this module
imports neither torch nor the ONNX runtime nor LightGBM.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from dp_assets.domain.errors import ArtefactError
from dp_assets.domain.model_folder import shape_of
from dp_assets.domain.panel import FloatArray, Panel
from dp_assets.domain.windows import BLOCK, IndexArray, Inputs, Windows, forecastable, windows_at

if TYPE_CHECKING:
    from dp_assets.domain.boosting import Boosting
    from dp_assets.domain.encoders import Encoders

Array = npt.NDArray[np.float64]
LSTM, BOOSTING, BLEND = "lstm", "boosting", "blend"
MODELS = (LSTM, BLEND)
"""What `method` says of a series that the cycle's model forecasts: the network alone, or mixed with boosting."""
TAIL = 0.15
"""How far beyond its highest quantile a distribution is taken to reach, as a share of that quantile."""
NETWORK_REASONS = ("eligible", "mandatory", "no_attributes", "held_back")
"""Reasons under which the network forecasts a series: those it was trained on, and those only kept out of training."""


def network_rows(panel: Panel) -> npt.NDArray[np.int64]:
    """Rows of the series that the network forecasts: enough sales, or asked for, and enough observed history."""
    wanted = panel.series["reason"].is_in(NETWORK_REASONS).to_numpy()
    return np.flatnonzero(wanted & forecastable(panel)).astype(np.int64)


def shard(rows: IndexArray, number: int, shards: int) -> IndexArray:
    """The rows of one of several shards, numbered from 0: whole blocks, so that each is computed as it is among all.

    >>> [len(shard(np.arange(1200), number, 2)) for number in range(2)]
    [512, 688]
    """
    blocks = block_count(rows)
    first, last = (blocks * part // shards * BLOCK for part in (number, number + 1))
    return rows[first:last]


def block_count(rows: IndexArray) -> int:
    """Blocks that rows are forecast in, the last one filled up."""
    return -(-len(rows) // BLOCK)


def filled_up(rows: IndexArray) -> IndexArray:
    """Rows with the last one repeated until the last block is full.

    How a matrix product rounds depends on how many rows it has. With always as many, a series' forecast depends on its
    block alone, whatever else is computed beside it.
    """
    return np.pad(rows, (0, block_count(rows) * BLOCK - len(rows)), mode="edge") if len(rows) else rows


def mixed(network: Array, boosting: Array, share: Array) -> Array:
    """(1 − share) × network + share × boosting; share (R,) over the first axis of both, means or quantiles."""
    by_row = share.reshape(-1, *([1] * (network.ndim - 1)))
    return np.asarray((1 - by_row) * network + by_row * boosting)


def settled(mean: Array, quantiles: Array, levels: Sequence[float]) -> Array:
    """The published mean of forecasts with quantiles (…, Q) at `levels`: halfway between the model's own mean (…) and
    the mean of the distribution that its quantiles draw.

    Both estimate the same. The first is right on average but jumps with single large sales; the second is steadier and
    cuts off what lies far beyond the highest level. Between two levels the distribution is even; it starts
    at half of the lowest quantile, and ends TAIL above the highest.
    """
    weights = np.diff(np.array([0.0, *levels, 1.0]))
    low, high = quantiles[..., :1] * 0.5, quantiles[..., -1:] * (1 + TAIL)
    knots = np.concatenate([low, quantiles, high], axis=-1)
    drawn = ((knots[..., 1:] + knots[..., :-1]) / 2 * weights).sum(axis=-1)
    return np.asarray((mean + drawn) / 2)


def predict(
    model_folder: Path,
    panel: Panel,
    encoders: Encoders,
    rows: npt.NDArray[np.integer],
    threads: int = 1,
    boosting: Boosting | None = None,
    shares: Array | None = None,
) -> tuple[Array, Array]:
    """Mean (R, M) and quantiles (R, M, Q) of leads 1..M for some series of a panel, units.

    Args:
        model_folder: a model.
        panel: the cycle's panel; its horizon must be the model's.
        encoders: the model's own encoders, not the cycle's.
        rows: series rows; the forecasts of a block of them depend on nothing outside it.
        threads: threads the ONNX runtime may use; more than one makes small networks slower.
        boosting: what is mixed with the network.
        shares: (R,) what it counts for.

    Raises:
        ArtefactError: a model was trained for another horizon or by other encoders, or a channel it needs is missing.
    """
    shape = shape_of(model_folder)
    if shape.horizon != panel.horizon:
        raise ArtefactError(
            f"the model forecasts {shape.horizon} buckets and the panel of cycle {panel.cutoff} wants "
            f"{panel.horizon}; train again under the present horizon_weeks"
        )
    wanted = np.asarray(rows, np.int64)
    # Only what windows at the cutoff read is taken to memory and scaled, which of long histories is the least part.
    tail = panel.tail(max(shape.lookback, boosting.lookback if boosting is not None else 0)).take(wanted)
    panel.forget_pages()
    windows, session = Windows.of(tail, encoders), onnx_session(model_folder, threads)
    blocks = filled_up(np.arange(len(wanted), dtype=np.int64)).reshape(-1, BLOCK)
    mean = np.zeros((len(blocks), BLOCK, shape.horizon))
    quantiles = np.zeros((*mean.shape, len(shape.levels)))
    for number, block in enumerate(blocks):
        inputs = windows.gather(windows_at(block, tail.history), shape.lookback)
        mean[number], quantiles[number] = predict_onnx(session, inputs)
    mean, quantiles = (part.reshape(-1, *part.shape[2:])[: len(wanted)] for part in (mean, quantiles))
    if boosting is not None and shares is not None and shares.any():
        boosting.refuse_others(encoders)
        index = windows_at(np.arange(len(wanted), dtype=np.int64), tail.history)
        other_mean, other_quantiles = boosting.predict_windows(windows, index)
        mean, quantiles = mixed(mean, other_mean, shares), mixed(quantiles, other_quantiles, shares)
    return settled(mean, quantiles, shape.levels), quantiles


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
