"""The worklist out of the table `exceptions`. Does not belong here: HTTP, what the rules are (`dp_assets/domain`)."""

from __future__ import annotations

import polars as pl

from serving.api.cursors import page
from serving.api.questions import Answer
from serving.api.worklist.schemas import WorklistQuery
from serving.tables import Kept
from serving.views import View


def worklist(exceptions: Kept, seen: View | None, query: WorklistQuery) -> Answer:
    """The answer of `Worklist`; ranks are those among what is seen (None: everything).

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
        "items": frame[list(part.rows)].to_dicts(),
    }


def _ranked_anew(frame: pl.DataFrame) -> pl.DataFrame:
    """With ranks from 1 on: a gap would count what is hidden."""
    return frame.with_columns(pl.int_range(1, pl.len() + 1).cast(frame.schema["rank"]).alias("rank"))
