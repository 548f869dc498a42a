"""Rows of the table `drift`, verdicts over cycles, and what came of retrainings.

Does not belong here: HTTP, the comparisons themselves (`dp_assets/domain/drift.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from dp_assets.champions import CHALLENGE
from dp_assets.domain.drift import METRIC
from dp_resources.lake import Lake
from dp_resources.made import made_of
from serving.api.drift.schemas import DriftCycles, DriftQuery
from serving.api.questions import Answer
from serving.tables import Kept

Records = Mapping[str, Mapping[str, Any]]


def drift(table: Kept, query: DriftQuery) -> Answer:
    """The answer of `Drift`."""
    asked = {name: value for name in ("kind", "verdict") if (value := getattr(query, name)) is not None}
    frame = table.frame.filter(pl.col(name) == value for name, value in asked.items()) if asked else table.frame
    return {"version": table.sha256, "cycle": table.cycle, "compared": frame.to_dicts()}


def judged(lake: Lake, limit: int) -> Records:
    """The newest verdicts, by cycle, the newest first."""
    return dict(sorted(lake.committed("drift").items(), reverse=True)[:limit])


def retrainings(lake: Lake, limit: int) -> list[dict[str, Any]]:
    """The newest models that were trained and judged, the newest first."""
    found = []
    for cycle, record in sorted(lake.committed(CHALLENGE).items(), reverse=True)[:limit]:
        made = made_of(lake, "tuned_model", cycle=cycle)
        said = {name: record[name] for name in ("verdict", "accepted", "reason")}
        author = None if made is None else made.author
        found.append(
            {
                **{"cycle": cycle, **said, "trained_at": None if made is None else made.at},
                "cause": None if author is None else author.cause,
            }
        )
    return found


def cycles(records: Records, tables: Mapping[str, Kept], trained: list[dict[str, Any]]) -> DriftCycles:
    """Verdicts with the errors that stand in the table of each cycle."""
    rows = []
    for cycle, record in records.items():
        kept = tables.get(cycle)
        said = {name: record.get(name) for name in ("verdict", "cause", "champion")}
        rows.append(
            {
                "cycle": cycle,
                **said,
                "kinds": list(record.get("kinds", [])),
                **_errors(None if kept is None else kept.frame),
            }
        )
    return DriftCycles.model_validate({"cycles": rows, "retrainings": trained})


def _errors(table: pl.DataFrame | None) -> dict[str, Any]:
    of = {} if table is None else {row["measure"]: row for row in table.filter(kind=METRIC).to_dicts()}
    own, naive, limit = (of.get(name) for name in ("against its backtest", "against the naive forecast", "limit"))
    limits = [row["threshold"] for row in (own, limit) if row and row["threshold"] is not None]
    return {
        "metric": naive and naive["name"],
        "error": naive and naive["value"],
        "backtest": own and own["reference"],
        "naive": naive and naive["reference"],
        "limit": min(limits, default=None),
    }
