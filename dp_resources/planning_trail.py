"""What the audit ledger tells of one planner's number: when it was set, with which words, and who approved it.

Belongs here: reading the rows of the ledger that are about a number. Does not belong here: writing them
(`planning_db.py`), the hash chain (`planning_ledger.py`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import sqlalchemy as sa

from dp_resources.planning_db import PROPOSALS, PlanningDatabase
from dp_resources.planning_ledger import LEDGER


@dataclass(frozen=True)
class Trail:
    """What the ledger says of a number.

    Attributes:
        sequence: its row.
        set_at: when it was set, UTC, ISO 8601.
        user: who set it.
        comment: their words.
        hash: hash of the row, which the rows after it build on.
        approved_by: who approved it; None where numbers hold without approval.
        approved_at: when.
        approval_sequence: row of the approval.
    """

    sequence: int
    set_at: str
    user: str
    comment: str
    hash: str
    approved_by: str | None = None
    approved_at: str | None = None
    approval_sequence: int | None = None


def trail_of(database: PlanningDatabase, sequence: int) -> Trail | None:
    """What the ledger says of the number of a row; None where that row sets none.

    Raises:
        StorageError: the database does not answer.
    """
    with database.read() as connection:
        row = connection.execute(sa.select(LEDGER).where(LEDGER.c.sequence == sequence)).mappings().first()
        if row is None or row["action"] != "set":
            return None
        approval = _approval(connection, sequence)
        comment = str(json.loads(row["after"]).get("comment", ""))
        found = Trail(sequence, row["at"], row["user"], comment, row["hash"])
        if approval is None:
            return found
        by = {"approved_by": approval["user"], "approved_at": approval["at"], "approval_sequence": approval["sequence"]}
        return Trail(**{**vars(found), **by})


def _approval(connection: sa.Connection, sequence: int) -> sa.RowMapping | None:
    """The row that approved a number: the numbers of a proposal follow its approval at once."""
    decided = PROPOSALS.c.decided_sequence
    last = sa.select(PROPOSALS).where(decided < sequence).order_by(decided.desc()).limit(1)
    proposal = connection.execute(last).mappings().first()
    if proposal is None or sequence - proposal["decided_sequence"] > len(json.loads(proposal["numbers"])):
        return None
    approved = (LEDGER.c.sequence == proposal["decided_sequence"]) & (LEDGER.c.action == "approve")
    return connection.execute(sa.select(LEDGER).where(approved)).mappings().first()
