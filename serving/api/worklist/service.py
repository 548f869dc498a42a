"""The worklist out of the table `exceptions`. Does not belong here: HTTP, what the rules are (`dp_assets/domain`)."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from serving.api.cursors import page
from serving.api.questions import Answer
from serving.api.worklist.schemas import WorklistQuery
from serving.bundle import Bundle
from serving.nodes import SERIES
from serving.tables import Kept
from serving.views import View


def worklist(exceptions: Kept, seen: View | None, query: WorklistQuery, bundle: Bundle | None = None) -> Answer:
    """The answer of `Worklist`; ranks are those among what is seen (None: everything).

    Args:
        exceptions: the table.
        seen: what whoever asks sees.
        query: what is asked.
        bundle: the bundle of the same cycle, for the numbers beside each item; there are none without.

    Raises:
        BadParameterError: the cursor is not one of this listing.
    """
    frame = exceptions.frame if seen is None else _ranked_anew(seen.named(exceptions.frame))
    if query.rule is not None:
        frame = frame.filter(pl.col("rule") == query.rule)
    ranks = frame["rank"].to_list()
    part = page(
        range(len(ranks)),
        lambda row: [ranks[row]],
        query.limit,
        query.cursor,
        exceptions.sha256,
        ("worklist", exceptions.cycle, query.rule),
    )
    return {
        "version": exceptions.sha256,
        "total": len(frame),
        "changed": part.changed,
        "next": part.next,
        "cycle": exceptions.cycle,
        "items": [_item(row, bundle, query.recent) for row in frame[list(part.rows)].to_dicts()],
    }


def _ranked_anew(frame: pl.DataFrame) -> pl.DataFrame:
    """With ranks from 1 on: a gap would count what is hidden."""
    return frame.with_columns(pl.int_range(1, pl.len() + 1).cast(frame.schema["rank"]).alias("rank"))


def _item(row: Answer, bundle: Bundle | None, recent: int) -> Answer:
    found = _numbers(bundle, row, recent) if bundle is not None and recent > 0 else None
    sold, published = found or (None, None)
    return {**row, "sold": sold, "published": published}


def _numbers(bundle: Bundle, row: Answer, recent: int) -> tuple[list[float], list[float]] | None:
    """Units sold in the newest buckets and published ahead, of a series or node; None where the bundle has it not."""
    if row["level"] == SERIES:
        at = bundle.row_of_series(row["node"])
        return None if at is None else (_rounded(bundle.units[at, -recent:]), _rounded(bundle.published[at]))
    nodes = bundle.nodes
    at = None if nodes is None else nodes.find(row["hierarchy"], row["node"], row["level"])
    if nodes is None or at is None:
        return None
    sold = bundle.units[nodes.every_series_below(at), -recent:].sum(axis=0, dtype=np.float64)
    return _rounded(sold), _rounded(nodes.published[at])


def _rounded(values: npt.NDArray[Any]) -> list[float]:
    """To thousandths: they are drawn and not reckoned with."""
    return [round(value, 3) for value in values.tolist()]
