"""What `/v1/proposals` answers. Belongs here: shapes and their meaning."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from serving.api.overrides.schemas import WANTED_EXAMPLE, NumberWanted
from serving.api.schemas import CURSOR, LIMIT, Page, Schema


class ProposalsQuery(Schema):
    """Which proposals are listed."""

    decided: bool = Field(
        False, description="In place of those that wait, the last 500 that were decided on, the newest decision first."
    )
    user: str | None = Field(None, examples=["ada"], description="Only those that this user proposed.")
    cursor: str | None = CURSOR
    limit: int = LIMIT


class Decision(Schema):
    """How a proposal ended."""

    approved: bool = Field(examples=[False], description="Whether its numbers were set; else it was rejected.")
    user: str = Field(examples=["bob"], description="Who decided.")
    at: datetime = Field(examples=["2017-12-05T09:30:00Z"], description="When.")
    reason: str | None = Field(examples=["cancelled"], description="Why it was rejected; null where it was approved.")


class Proposal(Schema):
    """Numbers that wait for approval, or did."""

    proposal: int = Field(ge=1, examples=[7], description="What identifies it: its row in the ledger.")
    user: str = Field(examples=["ada"], description="Who proposes; the numbers are set in this name.")
    cycle: date = Field(examples=["2017-12-04"], description="The cycle that it is for.")
    is_current: bool = Field(examples=[True], description="Whether it is the current one; others can only be rejected.")
    total: int = Field(ge=1, examples=[3], description="How many numbers.")
    numbers: list[NumberWanted] = Field(description="The first hundred of them.")
    proposed_at: datetime | None = Field(
        examples=["2017-12-04T15:00:00Z"], description="When; null where the ledger has no row of it."
    )
    inside: bool = Field(
        examples=[True],
        description="Whether all numbers lie inside the nodes that who asks plans; others can only be looked at.",
    )
    decision: Decision | None = Field(description="How it ended; null while it waits.")


class Proposals(Page):
    """Proposals that nobody decided on, oldest first; or those that were decided on."""

    cycle: date = Field(examples=["2017-12-04"], description="The current cycle.")
    approval: Literal["none", "review", "four_eyes"] = Field(
        examples=["four_eyes"], description="Who must approve a number before it holds: `planning.approval`."
    )
    proposals: list[Proposal] = Field(description="Proposals of this page.")


class Rejection(Schema):
    """Why a proposal is rejected."""

    reason: str = Field(min_length=1, max_length=1000, examples=["cancelled"], description="Stands in the ledger.")


class Rejected(Schema):
    """A proposal that ended."""

    rejected: int = Field(examples=[7], description="The proposal.")


PROPOSALS_EXAMPLE = {
    "version": "7",
    "total": 1,
    "changed": False,
    "next": "WyIuLi4iXQ",
    "cycle": "2017-12-04",
    "approval": "four_eyes",
    "proposals": [
        {
            "proposal": 7,
            "user": "ada",
            "cycle": "2017-12-04",
            "is_current": True,
            "total": 1,
            "numbers": [WANTED_EXAMPLE],
            "proposed_at": "2017-12-04T15:00:00Z",
            "inside": True,
            "decision": {"approved": False, "user": "bob", "at": "2017-12-05T09:30:00Z", "reason": "cancelled"},
        }
    ],
}
