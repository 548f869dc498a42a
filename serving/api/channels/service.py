"""What the models are told of a series, out of the panel that a bundle keeps. Does not belong here: HTTP."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from dp_assets.domain.panel import Panel
from serving.api.problems import UnknownSeriesError
from serving.api.questions import Answer
from serving.bundle import Bundle
from serving.views import View


def row_of(bundle: Bundle, seen: View, series_id: str) -> int | None:
    """The row of a series in the panel that the bundle keeps; None where it is forecast from its sales alone.

    Raises:
        UnknownSeriesError: the cycle forecasts no such series, or it is not seen.
    """
    row = bundle.row_of_series(series_id) if seen.has_series(series_id) else None
    if row is None:
        raise UnknownSeriesError(
            f"expected a series that cycle {bundle.head.cycle} forecasts, got {series_id!r}; /v1/series lists them"
        )
    return None if bundle.tail_rows[row] < 0 else int(bundle.tail_rows[row])


def channels_of(bundle: Bundle, series_id: str, row: int | None) -> Answer:
    """The answer of `Channels`, for a row of the panel that the bundle keeps."""
    panel = None if row is None else bundle.tail
    return {
        "series_id": series_id,
        "cycle": bundle.head.cycle,
        "history": 0 if panel is None else panel.history,
        "starts": [] if panel is None else [str(start) for start in panel.starts],
        "channels": []
        if panel is None or row is None
        else [
            {"name": name, "kind": kind, "values": _values(values, len(panel.starts))}
            for name, kind, values in _channels(panel, row)
        ],
    }


def _channels(panel: Panel, row: int) -> Iterator[tuple[str, str, npt.NDArray[np.float32]]]:
    price = panel.price[row]
    yield "price", "past", np.where(price > 0, price, np.nan)  # 0 stands for a price that is not known yet
    for at, name in enumerate(panel.known_names):
        ahead = panel.known[row, :, at].copy()
        ahead[panel.history + panel.known_reach[at] :] = np.nan  # beyond what may be read
        yield name, "known", ahead
    for at, name in enumerate(panel.calendar_names):
        yield name, "calendar", panel.calendar[:, at]
    for at, name in enumerate(panel.past_names):
        yield name, "past", panel.past[row, :, at]


def _values(values: npt.NDArray[np.float32], buckets: int) -> list[float | None]:
    told = [None if np.isnan(value) else round(float(value), 6) for value in values]
    return [*told, *[None] * (buckets - len(told))]
