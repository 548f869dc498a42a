"""What the models are told of a series, or of those below a node together, out of the panel that a bundle keeps.

Does not belong here: HTTP (`endpoints.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt

from dp_assets.domain.panel import Panel
from serving.api.problems import UnknownSeriesError
from serving.api.questions import Answer
from serving.bundle import Bundle
from serving.views import View

Values = npt.NDArray[np.floating]
Channel = tuple[str, str, Values]
NOT_OBSERVED = "not_observed"
"""Channel of a node: which share of its series sold before and does not count, such as out of stock."""


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
    told = () if panel is None or row is None else _channels(panel, row)
    return {"series_id": series_id, "cycle": bundle.head.cycle, **_told(panel, told)}


def channels_of_node(bundle: Bundle, row: int) -> Answer:
    """The answer of `ChannelsOfNode`, for a row of nodes."""
    assert bundle.nodes is not None
    hierarchy, level, node, _ = bundle.nodes.names[row]
    rows = bundle.tail_rows[bundle.nodes.every_series_below(row)]
    told = rows[rows >= 0]
    panel = bundle.tail if len(told) else None
    return {
        "hierarchy": hierarchy,
        "level": level,
        "node": node,
        "cycle": bundle.head.cycle,
        "series": len(rows),
        "told": len(told),
        **_told(panel, () if panel is None else _channels_together(panel, told)),
    }


def _told(panel: Panel | None, channels: Iterable[Channel]) -> Answer:
    if panel is None:
        return {"history": 0, "starts": [], "channels": []}
    buckets = len(panel.starts)
    told = [{"name": name, "kind": kind, "values": _values(values, buckets)} for name, kind, values in channels]
    return {"history": panel.history, "starts": [str(start) for start in panel.starts], "channels": told}


def _channels_together(panel: Panel, rows: npt.NDArray[np.intp]) -> Iterator[Channel]:
    # One pass over the whole array by BLAS: picking the rows of a big node out first costs several times as much.
    counted = np.zeros(len(panel), np.float32)
    counted[rows] = 1  # and not the share: sums of ones are exact
    known = (counted @ panel.known.reshape(len(panel), -1)).reshape(panel.known.shape[1:]) / len(rows)
    for at, name in enumerate(panel.known_names):
        yield name, "known", _readable(panel, known[:, at], at)
    yield from _calendar(panel)
    begun = np.bincount(np.clip(panel.first[rows], 0, panel.history), minlength=panel.history + 1).cumsum()
    yield NOT_OBSERVED, "past", (begun[: panel.history] - counted @ panel.observed) / len(rows)


def _readable(panel: Panel, values: Values, at: int) -> Values:
    """A known channel without what may not be read."""
    read = values.copy()
    read[panel.history + panel.known_reach[at] :] = np.nan
    return read


def _calendar(panel: Panel) -> Iterator[Channel]:
    for at, name in enumerate(panel.calendar_names):
        yield name, "calendar", panel.calendar[:, at]


def _channels(panel: Panel, row: int) -> Iterator[Channel]:
    price = panel.price[row]
    yield "price", "past", np.where(price > 0, price, np.nan)  # 0 stands for a price that is not known yet
    for at, name in enumerate(panel.known_names):
        yield name, "known", _readable(panel, panel.known[row, :, at], at)
    yield from _calendar(panel)
    for at, name in enumerate(panel.past_names):
        yield name, "past", panel.past[row, :, at]


def _values(values: Values, buckets: int) -> list[float | None]:
    told = [None if np.isnan(value) else round(float(value), 6) for value in values]
    return [*told, *[None] * (buckets - len(told))]
