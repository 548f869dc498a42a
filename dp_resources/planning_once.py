"""Changes that are asked for over a network: at most once, and only of what was seen.

Belongs here: one transaction over several methods of the planning database, answers kept by their Idempotency-Key, the
state of places that a change was made for. Does not belong here: the changes themselves (`planning_db.py`), HTTP.

An answer is kept in the transaction that makes the change, so after a crash either both are there or neither is, and
whoever asks again with the same key gets the answer, or the change is made now.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from dp_assets.domain.planning import (
    NumberToSet,
    OtherRequestError,
    PlannerNumber,
    StaleEditError,
    UnseenNumberError,
    holds,
)
from dp_resources.planning_db import FEW_NODES, NUMBERS, PlanningDatabase
from dp_resources.planning_ledger import METADATA

KEPT = timedelta(hours=24)
ANSWERED = sa.Table(
    "answered_requests",
    METADATA,
    sa.Column("user", sa.Text),
    sa.Column("key", sa.Text),
    sa.Column("digest", sa.Text),
    sa.Column("at", sa.Text),
    sa.Column("status", sa.Integer),
    sa.Column("headers", sa.Text),
    sa.Column("body", sa.Text),
)


@dataclass(frozen=True)
class Reply:
    """What a request is answered with.

    Attributes:
        status: HTTP status.
        body: JSON text.
        headers: beside the usual ones.
    """

    status: int
    body: str
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Asked:
    """A request that may come again.

    Attributes:
        user: who asks.
        key: its Idempotency-Key.
        digest: hash over all that was asked.
        at: when, by the wall.
    """

    user: str
    key: str
    digest: str
    at: datetime


class Joined(PlanningDatabase):
    """A planning database within one transaction: all that is done through it is done together, or not at all."""

    def __init__(self, database: PlanningDatabase, connection: sa.Connection) -> None:
        self.url, self.engine, self.writer = database.url, database.engine, database.writer
        self.connection = connection

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """The transaction's connection."""
        yield self.connection

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """The transaction's connection."""
        yield self.connection


def answer_of(database: PlanningDatabase, asked: Asked) -> Reply | None:
    """The answer that a request had already; None where it is new.

    Raises:
        OtherRequestError: something else was asked under that key.
    """
    with database.read() as connection:
        return _found(connection, asked)


def change_once(database: PlanningDatabase, asked: Asked | None, change: Callable[[Joined], Reply]) -> Reply:
    """Makes a change in one transaction and keeps the answer, or gives the one that it had.

    Args:
        database: where.
        asked: the request; None where whoever asks gave no key.
        change: makes the change; what it raises undoes all of it.

    Raises:
        OtherRequestError: something else was asked under that key.
    """
    with database.write() as connection:
        found = None if asked is None else _found(connection, asked)
        if found is not None:
            return found
        reply = change(Joined(database, connection))
        if asked is not None:
            _keep(connection, asked, reply)
        return reply


def _found(connection: sa.Connection, asked: Asked) -> Reply | None:
    here = (ANSWERED.c.user == asked.user) & (ANSWERED.c.key == asked.key)
    row = connection.execute(sa.select(ANSWERED).where(here)).mappings().first()
    if row is None or row["at"] < (asked.at - KEPT).isoformat():
        return None
    if row["digest"] != asked.digest:
        raise OtherRequestError(
            f"the Idempotency-Key {asked.key!r} was used for another request within the last "
            f"{KEPT // timedelta(hours=1)} hours; choose a new key for each change"
        )
    return Reply(row["status"], row["body"], json.loads(row["headers"]))


def _keep(connection: sa.Connection, asked: Asked, reply: Reply) -> None:
    connection.execute(ANSWERED.delete().where(ANSWERED.c.at < (asked.at - KEPT).isoformat()))
    row = {"user": asked.user, "key": asked.key, "digest": asked.digest, "at": asked.at.isoformat()}
    answer = {"status": reply.status, "headers": json.dumps(dict(reply.headers)), "body": reply.body}
    connection.execute(ANSWERED.insert().values(**row, **answer))


# -- what was seen ----------------------------------------------------------------------------------------------------


def check_seen(database: Joined, numbers: Sequence[NumberToSet], seen: int | None, cycle: date) -> None:
    """Refuses to set numbers in place of ones that whoever asks has not seen.

    Args:
        database: the transaction that sets them.
        numbers: those to be set.
        seen: last change of planners' numbers that they know; None where they do not say.
        cycle: the current cycle.

    Raises:
        UnseenNumberError: they do not say, and a number holds at one of the places.
        StaleEditError: a number was set or ended at one of the places since.
    """
    for number, change in changes_at(database, numbers):
        if seen is None and number.ended is None and holds(number, cycle):
            raise UnseenNumberError(
                f"{_told(number)}; look at it (GET /v1/overrides), and say by If-Match which ETag it had, to replace it"
            )
        if seen is not None and change > seen:
            raise StaleEditError(f"{_told(number)} since you looked; look at it again, and then decide")


def changes_at(database: PlanningDatabase, numbers: Sequence[NumberToSet]) -> list[tuple[PlannerNumber, int]]:
    """The newest number at each place of some numbers, and the row of the ledger that last changed that place."""
    places = {one.place for one in numbers}
    here: sa.ColumnElement[bool] = NUMBERS.c.bucket_start.in_({one.bucket_start for one in numbers})
    nodes = {one.node for one in numbers}
    if len(nodes) <= FEW_NODES:
        here = here & NUMBERS.c.node.in_(nodes)
    newest: dict[str, tuple[PlannerNumber, int]] = {}
    with database.read() as connection:
        for row in connection.execute(sa.select(NUMBERS).where(here).order_by(NUMBERS.c.sequence)).mappings():
            number, change = _with_change(row)
            if number.place in places:
                newest[number.place] = (number, change)
    return list(newest.values())


def _told(number: PlannerNumber) -> str:
    place = f"{number.node!r} ({number.hierarchy}) in the bucket of {number.bucket_start}"
    if number.ended is not None:
        return f"the number of {place} was taken back"
    return f"{number.user} set {number.quantity:g} for {place}"


def changed_since(database: PlanningDatabase, change: int) -> list[tuple[PlannerNumber, int]]:
    """Numbers set or ended after a row of the ledger, in their order, each with the row that last did so."""
    newer = sa.select(NUMBERS).where((NUMBERS.c.sequence > change) | (NUMBERS.c.ended_sequence > change))
    with database.read() as connection:
        rows = connection.execute(newer.order_by(NUMBERS.c.sequence)).mappings().all()
    return [_with_change(row) for row in rows]


def _with_change(row: Any) -> tuple[PlannerNumber, int]:
    values = dict(row)
    ended = values.pop("ended_sequence") or 0
    number = PlannerNumber(**values)
    return number, max(number.sequence, ended)
