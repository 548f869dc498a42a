"""Marks on the worklist: what planners accepted or snoozed, and who is to look at what.

Belongs here: the table of marks, setting them, the cycles that one holds in. Does not belong here: what is on the
worklist (`dp_assets/domain/exceptions.py`), who may mark it (`serving/api/worklist`).

An exception has one mark or none. A mark that was taken back stays as a row that says nothing, so the newest row of the
ledger among marks changes with every change of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, NamedTuple

import sqlalchemy as sa

from dp_assets.domain.planning import StaleEditError
from dp_resources.planning_db import PlanningDatabase
from dp_resources.planning_ledger import METADATA, enter

State = Literal["accepted", "snoozed"]
MARKS = sa.Table(
    "worklist_marks",
    METADATA,
    sa.Column("hierarchy", sa.Text),
    sa.Column("level", sa.Text),
    sa.Column("node", sa.Text),
    sa.Column("rule", sa.Text),
    sa.Column("cycle", sa.Date),
    sa.Column("state", sa.Text),
    sa.Column("until", sa.Date),
    sa.Column("assigned_to", sa.Text),
    sa.Column("note", sa.Text),
    sa.Column("user", sa.Text),
    sa.Column("at", sa.Text),
    sa.Column("sequence", sa.BigInteger),
)


class Place(NamedTuple):
    """What identifies an exception from cycle to cycle: the node that it is about, and the rule that found it."""

    hierarchy: str
    level: str
    node: str
    rule: str

    def __str__(self) -> str:
        return f"{self.hierarchy}:{self.node} ({self.level}, {self.rule})"


@dataclass(frozen=True)
class MarkToSet:
    """What a mark is to say.

    Attributes:
        place: of the exception.
        cycle: whose worklist was looked at.
        state: accepted holds in that cycle alone; snoozed until the first cycle that is not before `until`.
        until: of snoozed ones, after `cycle`; else None.
        assigned_to: who is to look at it, in this and later cycles; None is nobody.
        note: in words.
        replaces: sequence of the mark that was looked at; None where there was none.
    """

    place: Place
    cycle: date
    state: State | None = None
    until: date | None = None
    assigned_to: str | None = None
    note: str = ""
    replaces: int | None = None

    def said(self) -> dict[str, Any]:
        """What the ledger keeps of it."""
        return {name: getattr(self, name) for name in ("cycle", "state", "until", "assigned_to", "note")}


@dataclass(frozen=True)
class Mark:
    """A mark as it stands: what it says, who set it and when; `sequence` is its row in the ledger."""

    says: MarkToSet
    user: str
    at: datetime
    sequence: int

    @property
    def is_blank(self) -> bool:
        """Whether it was taken back: it says nothing, and is told of as if there was none."""
        return self.says.state is None and self.says.assigned_to is None and self.says.note == ""

    def holds(self, cycle: date) -> bool:
        """Whether it sets its exception aside in a cycle."""
        says = self.says
        if says.state == "accepted":
            return cycle == says.cycle
        return says.until is not None and says.cycle <= cycle < says.until


def last_mark(database: PlanningDatabase) -> int:
    """Row of the ledger that last changed a mark; 0 where none was ever set."""
    with database.read() as connection:
        return int(connection.scalar(sa.select(sa.func.max(MARKS.c.sequence))) or 0)


def marks_of(database: PlanningDatabase) -> dict[Place, Mark]:
    """Every mark, by its place."""
    with database.read() as connection:
        rows = connection.execute(sa.select(MARKS)).mappings().all()
    return {found.says.place: found for found in map(_mark, rows)}


def set_marks(database: PlanningDatabase, wanted: Sequence[MarkToSet], user: str, at: datetime) -> list[Mark]:
    """Sets marks, all or none, each with a row in the ledger; one that says so already stays as it is.

    Raises:
        StaleEditError: a mark is another one than was looked at.
    """
    with database.write() as connection:
        return [_set(connection, one, user, at) for one in wanted]


def _set(connection: sa.Connection, wanted: MarkToSet, user: str, at: datetime) -> Mark:
    here = sa.and_(*(MARKS.c[name] == value for name, value in wanted.place._asdict().items()))
    row = connection.execute(sa.select(MARKS).where(here)).mappings().first()
    before = None if row is None else _mark(row)
    if before is not None and before.says.said() == wanted.said():
        return before
    standing = None if before is None or before.is_blank else before
    if wanted.replaces != (standing and standing.sequence):
        raise StaleEditError(_told(wanted.place, standing))
    said, replaced = wanted.said(), None if before is None else before.says.said()
    sequence = enter(connection, at, user, "mark", str(wanted.place), replaced, said)
    values = {**said, "user": user, "at": at.isoformat(), "sequence": sequence}
    if before is None:
        connection.execute(MARKS.insert().values(**wanted.place._asdict(), **values))
    else:
        connection.execute(MARKS.update().where(here).values(**values))
    return Mark(wanted, user, at, sequence)


def _told(place: Place, standing: Mark | None) -> str:
    if standing is None:
        return f"{place} has no mark, and one was looked at; look at the worklist again"
    return f"{standing.user} marked {place} at {standing.at:%Y-%m-%d %H:%M} meanwhile; look at it again"


def _mark(row: Any) -> Mark:
    place = Place(*(row[name] for name in Place._fields))
    says = MarkToSet(place, *(row[name] for name in ("cycle", "state", "until", "assigned_to", "note")))
    return Mark(says, row["user"], datetime.fromisoformat(row["at"]), row["sequence"])
