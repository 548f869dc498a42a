"""Requests of people to the asset graph: rows that a sensor looks at.

Belongs here: the table, adding a request with its row in the ledger, the newest one about each thing. Does not belong
here: what is asked for (`serving/api`), starting runs (`dp_assets/defs/automation/sensors.py`).

A request is never ticked off: whether it was met shows in the lake. So nothing is lost or done twice by a kill.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from dp_resources.planning_db import PlanningDatabase
from dp_resources.planning_ledger import METADATA, enter

RUN_SCENARIO = "run scenario"
REQUESTS = sa.Table(
    "requests",
    METADATA,
    sa.Column("sequence", sa.BigInteger),
    sa.Column("kind", sa.Text),
    sa.Column("subject", sa.Text),
    sa.Column("user", sa.Text),
    sa.Column("at", sa.Text),
)


def add_request(database: PlanningDatabase, kind: str, subject: str, user: str, at: datetime) -> int:
    """Asks for something; returns the request's row in the ledger."""
    with database.write() as connection:
        sequence = enter(connection, at, user, kind, subject, None, {})
        row = {"sequence": sequence, "kind": kind, "subject": subject, "user": user, "at": at.isoformat()}
        connection.execute(REQUESTS.insert().values(**row))
        return sequence


@dataclass(frozen=True)
class Request:
    """Who asked for something, and when; `sequence` is its row in the ledger."""

    sequence: int
    user: str
    at: datetime


def newest_request(database: PlanningDatabase, kind: str, subject: str) -> Request | None:
    """The newest request of a kind about one thing; None where nobody asked."""
    here = (REQUESTS.c.kind == kind) & (REQUESTS.c.subject == subject)
    query = sa.select(REQUESTS).where(here).order_by(REQUESTS.c.sequence.desc()).limit(1)
    with database.read() as connection:
        row = connection.execute(query).mappings().first()
    return None if row is None else Request(row["sequence"], row["user"], datetime.fromisoformat(row["at"]))


def newest_requests(database: PlanningDatabase, kind: str) -> dict[str, int]:
    """Subject → its newest request of a kind."""
    newest = sa.select(REQUESTS.c.subject, sa.func.max(REQUESTS.c.sequence)).where(REQUESTS.c.kind == kind)
    with database.read() as connection:
        rows = connection.execute(newest.group_by(REQUESTS.c.subject)).all()
    return {str(row[0]): int(row[1]) for row in rows}
