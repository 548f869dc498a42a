"""The worklist out of the table `exceptions`. Does not belong here: HTTP, what the rules are (`dp_assets/domain`)."""

from __future__ import annotations

import polars as pl

from serving.api.cursors import page
from serving.api.questions import Answer
from serving.api.worklist.schemas import WorklistQuery
from serving.tables import Kept


def worklist(exceptions: Kept, query: WorklistQuery) -> Answer:
    """The answer of `Worklist`.

    Raises:
        BadParameterError: the cursor is not one of this listing.
    """
    frame = exceptions.frame if query.rule is None else exceptions.frame.filter(pl.col("rule") == query.rule)
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
