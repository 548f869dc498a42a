"""The forward pass on CPU: the model's mean and quantiles for series of the bundle, computed now.

Belongs here: setting up the runtime once per bundle, and putting requests that wait together into one pass.
Does not belong here: how windows are gathered, the network is run or quantiles are made (`dp_assets/domain`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from dp_assets.domain.boosting import Boosting
from dp_assets.domain.encoders import Encoders
from dp_assets.domain.inference import mixed, onnx_session, predict_onnx, settled
from dp_assets.domain.intervals import ErrorDistributions, published_quantiles, widened
from dp_assets.domain.model_folder import shape_of
from dp_assets.domain.windows import Inputs, gather
from serving.bundle import Bundle

FloatArray = npt.NDArray[np.float64]
Computed = dict[int, tuple[FloatArray, FloatArray]]
Waiting = list[tuple[list[int], asyncio.Future[Computed]]]
Plans = Callable[["ForwardPass"], npt.NDArray[np.float32]]
PER_SERIES = ("quantity", "capped", "observed", "price", "past", "known", "first")
MAX_WAITING = 128
"""Requests put into one pass at most."""
JOIN_SECONDS = 0.001
"""How long a pass that follows another one waits, so that those who were just answered can join in."""
CHUNK = 1024
"""Series put into one pass when a whole bundle is computed."""


class ForwardPass:
    """The model of one bundle, ready to run. Building it imports the ONNX runtime, and LightGBM where needed."""

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle
        self.panel = bundle.tail
        self.encoders = Encoders.from_json(bundle.encoders_json())
        self.codes = self.encoders.codes(self.panel.series)
        self.distributions = ErrorDistributions.of(bundle.error_distributions(), bundle.head.quantile_levels)
        self.lookback = shape_of(bundle.folder).lookback
        self.session = onnx_session(bundle.folder)
        self.boosting = Boosting.load(bundle.folder / "boosting") if bundle.boosting_shares.any() else None

    def inputs(self, tail_rows: Sequence[int], known: npt.NDArray[np.float32] | None = None) -> Inputs:
        """What the network reads of the cycle's own windows of some rows of the tail.

        Args:
            tail_rows: R of them.
            known: (R, M, K) channels ahead of the cutoff to read instead of those of the plans.
        """
        at = np.asarray(tail_rows, np.intp)
        panel = replace(self.panel, **{name: getattr(self.panel, name)[at] for name in PER_SERIES})
        if known is not None:
            panel.known[:, panel.history :] = known
        codes = replace(self.codes, single=self.codes.single[at], multi=self.codes.multi[at])
        rows, origins = np.arange(len(at)), np.full(len(at), panel.history)
        return gather(panel, self.encoders.scale(panel), codes, rows, origins, self.lookback)

    def known_ahead(self, row: int) -> npt.NDArray[np.float32]:
        """(M, K) channels of a series that are known ahead, as planned; names are `panel.known_names`."""
        return np.array(self.panel.known[self.bundle.tail_rows[row], self.panel.history :])

    def run(self, rows: Sequence[int]) -> Computed:
        """Bundle row → mean (M,) and quantiles (M, Q), units per bucket, for rows that the network forecasts."""
        mean, spread = self._forecasts(rows, self.inputs(self.bundle.tail_rows[list(rows)].tolist()))
        return {row: (mean[number], spread[number]) for number, row in enumerate(rows)}

    def under(self, row: int, known: npt.NDArray[np.float32]) -> tuple[FloatArray, FloatArray]:
        """Means (N, M) and quantiles (N, M, Q) of one series under N plans (N, M, K), units per bucket."""
        rows = [row] * len(known)
        return self._forecasts(rows, self.inputs(self.bundle.tail_rows[rows].tolist(), known))

    def _forecasts(self, rows: Sequence[int], inputs: Inputs) -> tuple[FloatArray, FloatArray]:
        """Means (R, M) and quantiles (R, M, Q) of windows of some rows of the bundle, units per bucket."""
        mean, own = (part.astype(np.float64) for part in predict_onnx(self.session, inputs))
        if self.boosting is not None:
            shares = self.bundle.boosting_shares[list(rows)]
            other_mean, other_own = self.boosting.predict(inputs)
            mean, own = mixed(mean, other_mean, shares), mixed(own, other_own, shares)
        mean = settled(mean, own, self.bundle.head.quantile_levels)
        names = [self.bundle.series_ids[row] for row in rows]
        spread = published_quantiles(self.bundle.head.interval_method, mean, own, names, self.distributions)
        return mean, widened(spread, mean, self.bundle.widening[list(rows)], self.distributions.whole)


def largest_difference(bundle: Bundle) -> float:
    """Largest difference between the batch's means and quantiles and the same computed now.

    It is relative to the number itself or to its mean, whichever is larger, and absolute below one unit: a low quantile
    is a small difference of big numbers, so its own size says little about the rounding behind it.
    """
    forward, largest = ForwardPass(bundle), 0.0
    rows = np.flatnonzero(bundle.tail_rows >= 0).tolist()
    for start in range(0, len(rows), CHUNK):
        for row, (mean, spread) in forward.run(rows[start : start + CHUNK]).items():
            batch = np.column_stack([bundle.mean[row], bundle.quantiles[row]])  # (M, 1 + Q)
            size = np.maximum(1.0, np.maximum(batch, batch[:, :1]))
            largest = max(largest, float((np.abs(batch - np.column_stack([mean, spread])) / size).max()))
    return largest


class Computer:
    """Runs forward passes beside the event loop. Requests that come in during a pass share the next one."""

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle
        self._waiting: Waiting = []
        self._worker: asyncio.Task[None] | None = None

    @cached_property
    def forward(self) -> ForwardPass:
        """The forward pass, set up when first needed, beside the event loop."""
        return ForwardPass(self.bundle)

    def _run(self, rows: Sequence[int]) -> Computed:
        return self.forward.run(rows)

    async def under(self, row: int, plans: Plans) -> tuple[FloatArray, FloatArray]:
        """Means (N, M) and quantiles (N, M, Q) of a series under the N plans that `plans` makes of the forward pass.

        Raises:
            ArtefactError: the bundle's parts do not fit each other.
            Exception: what `plans` raises.
        """
        return await asyncio.to_thread(lambda: self.forward.under(row, plans(self.forward)))

    async def compute(self, rows: Sequence[int]) -> Computed:
        """Row → mean (M,) and quantiles (M, Q), for those of the rows that the network forecasts.

        Raises:
            ArtefactError: the bundle's parts do not fit each other.
        """
        wanted = [row for row in rows if self.bundle.tail_rows[row] >= 0]
        if not wanted:
            return {}
        future: asyncio.Future[Computed] = asyncio.get_running_loop().create_future()
        self._waiting.append((wanted, future))
        if self._worker is None:
            self._worker = asyncio.create_task(self._work())
        return await future

    async def _work(self) -> None:
        """Runs passes until nobody waits. Whatever happens, nobody is left waiting for a pass that does not come."""
        follows = False
        try:
            while self._waiting:
                if follows:
                    await asyncio.sleep(JOIN_SECONDS)
                follows = True
                await self._pass()
        except asyncio.CancelledError:
            _call_off(self._waiting)
            self._waiting = []
            raise
        finally:
            self._worker = None

    async def _pass(self) -> None:
        batch, self._waiting = self._waiting[:MAX_WAITING], self._waiting[MAX_WAITING:]
        rows = sorted({row for wanted, _ in batch for row in wanted})
        try:
            computed = await asyncio.to_thread(self._run, rows)
            answers = [{row: computed[row] for row in wanted} for wanted, _ in batch]
        except asyncio.CancelledError:
            _call_off(batch)
            raise
        except BaseException as error:  # a panic in a library written in Rust is no Exception
            for _, future in batch:
                if not future.done():
                    future.set_exception(error)
            return
        for (_, future), answer in zip(batch, answers, strict=True):
            if not future.done():  # its client may have gone
                future.set_result(answer)


def _call_off(waiting: Waiting) -> None:
    for _, future in waiting:
        future.cancel()
