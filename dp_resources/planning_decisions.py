"""What became of proposals: when they were made, who decided on them, when and why.

Belongs here: proposals joined with their rows of the ledger. Does not belong here: making them and deciding on them
(`planning_db.py`), who may (`dp_assets/domain/planning.py`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from dp_assets.domain.planning import Proposal
from dp_resources.planning_db import PROPOSALS, PlanningDatabase, proposal_of
from dp_resources.planning_ledger import LEDGER

NEWEST = 500
"""Proposals that were decided on, of which is told; older ones stand in the ledger."""


@dataclass(frozen=True)
class Decision:
    """How a proposal ended.

    Attributes:
        sequence: its row of the ledger.
        approved: whether its numbers were set; else it was rejected.
        user, at: who, and when.
        reason: why it was rejected; None where it was approved.
    """

    sequence: int
    approved: bool
    user: str
    at: datetime
    reason: str | None


@dataclass(frozen=True)
class ToldProposal:
    """A proposal, when it was made (None where the ledger has no row of it), and how it ended."""

    proposal: Proposal
    at: datetime | None
    decision: Decision | None


def told_proposals(database: PlanningDatabase, decided: bool = False) -> list[ToldProposal]:
    """Proposals that wait, oldest first; or those decided on, the newest decision first, `NEWEST` at most."""
    made, ended = LEDGER.alias("made"), LEDGER.alias("ended")
    query = (
        sa.select(
            PROPOSALS,
            made.c.at.label("made_at"),
            *(ended.c[name].label(f"ended_{name}") for name in ("user", "action", "at", "after")),
        )
        .outerjoin(made, made.c.sequence == PROPOSALS.c.sequence)
        .outerjoin(ended, ended.c.sequence == PROPOSALS.c.decided_sequence)
    )
    waits = PROPOSALS.c.decided_sequence.is_(None)
    if decided:
        query = query.where(~waits).order_by(PROPOSALS.c.decided_sequence.desc()).limit(NEWEST)
    else:
        query = query.where(waits).order_by(PROPOSALS.c.sequence)
    with database.read() as connection:
        return [_told(row) for row in connection.execute(query).mappings().all()]


def _told(row: Any) -> ToldProposal:
    at = None if row["made_at"] is None else datetime.fromisoformat(row["made_at"])
    return ToldProposal(proposal_of(row), at, None if row["ended_at"] is None else _decision(row))


def _decision(row: Any) -> Decision:
    reason = json.loads(row["ended_after"] or "{}").get("reason")
    at, approved = datetime.fromisoformat(row["ended_at"]), row["ended_action"] == "approve"
    return Decision(row["decided_sequence"], approved, row["ended_user"], at, reason)
