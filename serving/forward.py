"""The forward pass on CPU: the network's mean and its quantiles for series of the bundle, computed now.

Belongs here: setting up the runtime once per bundle, and putting requests that wait together into one pass.
Does not belong here: how windows are gathered, the network is run or quantiles are made (`dp_assets/domain`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from dp_assets.domain.encoders import Encoders
from dp_assets.domain.inference import onnx_session, predict_onnx
from dp_assets.domain.intervals import quantiles, scale_of
from dp_assets.domain.windows import gather
from serving.bundle import Bundle

FloatArray = npt.NDArray[np.float64]
Computed = dict[int, tuple[FloatArray, FloatArray]]
MAX_SERIES = 256


class ForwardPass:
    """The network of one bundle, ready to run. Building it imports the ONNX runtime and reads the model."""

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle
        self.panel = bundle.tail()
        self.encoders = Encoders.from_json(bundle.encoders_json())
        self.codes = self.encoders.codes(self.panel.series)
        self.distributions = bundle.error_distributions()
        self.session = onnx_session(bundle.folder)

    def run(self, rows: Sequence[int]) -> Computed:
        """Bundle row → mean (M,) and quantiles (M, Q), units per bucket, for rows that the network forecasts."""
        at = self.bundle.tail_rows[list(rows)]
        panel = self.panel.take(at)
        raise NotImplementedError
