"""The worklist out of the table `exceptions`, with planners' marks on it.

Does not belong here: HTTP, what the rules are (`dp_assets/domain`), setting marks (`marks.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

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

if TYPE_CHECKING:
    from dp_resources.planning_marks import Mark, Place

PLACE = ("hierarchy", "level", "node", "rule")
Key = tuple[str, ...]


@dataclass(frozen=True)
class Sight:
    """What somebody sees of a cycle's worklist.

    Attributes:
        exceptions: the table.
        seen: rows that are told of; None is all.
        inside: rows that they plan; None is all.
        user: who asks.
    """

    exceptions: Kept
    seen: View | None
    inside: View | None
    user: str

    @property
    def frame(self) -> pl.DataFrame:
        """Exceptions that are seen; ranks are those among them."""
        frame = self.exceptions.frame
        return frame if self.seen is None else _ranked_anew(self.seen.named(frame))

    def planned(self) -> frozenset[Key] | None:
        """Places that they plan; None is all."""
        return None if self.inside is None else frozenset(places_of(self.inside.named(self.exceptions.frame)))


def places_of(frame: pl.DataFrame) -> list[Key]:
    """The place of each exception."""
    return list(frame.select(PLACE).iter_rows())


def marks_seen(sight: Sight, marks: dict[Place, Mark] | None) -> tuple[dict[Key, Mark] | None, int]:
    """Marks on what is seen, and the newest of them (0 without any): it changes whenever one of them does."""
    if not marks:
        return (None if marks is None else {}), 0
    found = {key: mark for key in places_of(sight.frame) if (mark := marks.get(key)) is not None}  # type: ignore[call-overload]
    return found, max((one.sequence for one in found.values()), default=0)


def worklist(sight: Sight, marks: dict[Key, Mark] | None, query: WorklistQuery, bundle: Bundle | None = None) -> Answer:
    """The answer of `Worklist`.

    Args:
        sight: what whoever asks sees.
        marks: those on it; None where they are not known.
        query: what is asked.
        bundle: the bundle of the same cycle, for the numbers beside each item; there are none without.

    Raises:
        BadParameterError: the cursor is not one of this listing.
    """
    exceptions, cycle = sight.exceptions, date.fromisoformat(sight.exceptions.cycle)
    frame = sight.frame
    if query.rule is not None:
        frame = frame.filter(pl.col("rule") == query.rule)
    passed, aside = _passed(frame, marks or {}, query, sight.user, cycle) if marks is not None else (frame, 0)
    ranks = passed["rank"].to_list()
    filters = ("worklist", exceptions.cycle, query.rule, query.marked, _assignee(query, sight.user), query.unassigned)
    part = page(range(len(ranks)), lambda row: [ranks[row]], query.limit, query.cursor, exceptions.sha256, filters)
    planned, known = sight.planned(), marks or {}

    def item(row: Answer) -> Answer:
        key = tuple(row[name] for name in PLACE)
        mark = known.get(key)
        shown = None if mark is None or mark.is_blank else mark_shown(mark, cycle)
        said = {"mark": shown, "inside": planned is None or key in planned}
        return {**row, **said, **_beside(row, bundle, query.recent)}

    return {
        "version": exceptions.sha256,
        "total": len(passed),
        "changed": part.changed,
        "next": part.next,
        "cycle": exceptions.cycle,
        "aside": aside,
        "marks_known": marks is not None,
        "items": [item(row) for row in passed[list(part.rows)].to_dicts()],
    }


def mark_shown(mark: Mark, cycle: date) -> Answer:
    """The answer of `Mark`, as it holds in a cycle."""
    says, holds = mark.says, mark.holds(cycle)
    return {
        "number": mark.sequence,
        "state": says.state if holds else None,
        "until": says.until if holds else None,
        "assigned_to": says.assigned_to,
        "note": says.note,
        "by": mark.user,
        "at": mark.at,
    }


def _assignee(query: WorklistQuery, user: str) -> str | None:
    return user if query.assigned_to == "me" else query.assigned_to


def _passed(
    frame: pl.DataFrame, marks: dict[Key, Mark], query: WorklistQuery, user: str, cycle: date
) -> tuple[pl.DataFrame, int]:
    """What is listed, and how many that are assigned as asked are set aside."""
    found = [marks.get(key) for key in places_of(frame)]
    names = [mark and mark.says.assigned_to for mark in found]
    wanted = _assignee(query, user)
    asked = [(wanted in (None, name)) and not (query.unassigned and name) for name in names]
    aside = [passes and mark is not None and mark.holds(cycle) for mark, passes in zip(found, asked, strict=True)]
    shown = asked if query.marked else [passes and not gone for passes, gone in zip(asked, aside, strict=True)]
    return frame.filter(pl.Series(shown, dtype=pl.Boolean)), sum(aside)


def _ranked_anew(frame: pl.DataFrame) -> pl.DataFrame:
    """With ranks from 1 on: a gap would count what is hidden."""
    return frame.with_columns(pl.int_range(1, pl.len() + 1).cast(frame.schema["rank"]).alias("rank"))


def _beside(row: Answer, bundle: Bundle | None, recent: int) -> Answer:
    found = _numbers(bundle, row, recent) if bundle is not None and recent > 0 else None
    sold, published = found or (None, None)
    return {"sold": sold, "published": published}


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
