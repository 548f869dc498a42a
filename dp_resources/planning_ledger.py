"""The audit ledger of the planning database: rows are only ever added, each carries the hash of the one before.

Belongs here: the table, the hash chain, adding a row, finding what was edited, removed or moved. Does not belong here:
what the rows are about (`planning_db.py`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

METADATA = sa.MetaData()
GENESIS = "0" * 64
"""What the first row of the ledger follows."""
LEDGER = sa.Table(
    "ledger",
    METADATA,
    *(
        sa.Column(name, sa.BigInteger if name == "sequence" else sa.Text)
        for name in (
            "sequence",
            "at",
            "user",
            "action",
            "subject",
            "before",
            "after",
            "previous_hash",
            "hash",
        )
    ),
)


@dataclass(frozen=True)
class Head:
    """The end of the ledger: sequence (0 while it is empty) and hash of its last row."""

    sequence: int
    hash: str


def chain_faults(rows: Iterable[Mapping[str, Any]]) -> tuple[list[str], dict[int, str]]:
    """What is wrong with rows of the ledger, oldest first, one sentence each; and the hash of every row by sequence."""
    wrong: list[str] = []
    previous, hashes = Head(0, GENESIS), {0: GENESIS}
    for row in rows:
        sequence = row["sequence"]
        if sequence != previous.sequence + 1:
            wrong.append(f"expected row {previous.sequence + 1}, got {sequence}: rows were removed or moved")
        elif row["previous_hash"] != previous.hash:
            wrong.append(f"row {sequence} does not follow the row before it: one of them was replaced")
        if row["hash"] != _hash_of(row):
            wrong.append(f"row {sequence} was edited: its content does not have its hash")
        previous = Head(sequence, row["hash"])
        hashes[sequence] = row["hash"]
    return wrong, hashes


def head_of(connection: sa.Connection, sequence: int | None = None) -> Head:
    """The end of the ledger as a transaction sees it; where a row is given, as it was once that had been added."""
    query = sa.select(LEDGER.c.sequence, LEDGER.c.hash).order_by(LEDGER.c.sequence.desc()).limit(1)
    row = connection.execute(query if sequence is None else query.where(LEDGER.c.sequence <= sequence)).first()
    return Head(0, GENESIS) if row is None else Head(int(row[0]), str(row[1]))


def enter(
    connection: sa.Connection,
    at: datetime,
    user: str,
    action: str,
    subject: str,
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
) -> int:
    """Adds a row to the ledger; returns its sequence."""
    row = ledger_row(head_of(connection), at, user, action, subject, before, after)
    connection.execute(LEDGER.insert().values(**row))
    return int(row["sequence"])


def ledger_row(
    head: Head,
    at: datetime,
    user: str,
    action: str,
    subject: str,
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
) -> dict[str, Any]:
    """The row of the ledger that follows an end of it."""
    row = {
        "sequence": head.sequence + 1,
        "at": at.isoformat(),
        "user": user,
        "action": action,
        "subject": subject,
        "before": None if before is None else _json(before),
        "after": None if after is None else _json(after),
        "previous_hash": head.hash,
    }
    return {**row, "hash": _hash_of(row)}


def _hash_of(row: Any) -> str:
    content = {name: row[name] for name in LEDGER.c.keys() if name != "hash"}  # noqa: SIM118
    return hashlib.sha256(_json(content).encode()).hexdigest()


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), default=str, ensure_ascii=False)
