"""What `/v1/proposals` answers. Belongs here: shapes and their meaning."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from serving.api.overrides.schemas import WANTED_EXAMPLE, NumberWanted
from serving.api.schemas import CURSOR, LIMIT, Page, Schema


class ProposalsQuery(Schema):
    """Which proposals are listed."""

    cursor: str | None = CURSOR
    limit: int = LIMIT


class Proposal(Schema):
    """Numbers that wait for approval."""

    proposal: int = Field(ge=1, examples=[7], description="What identifies it: its row in the ledger.")
    user: str = Field(examples=["ada"], description="Who proposes; the numbers are set in this name.")
    cycle: date = Field(examples=["2017-12-04"], description="The cycle that it is for.")
    is_current: bool = Field(examples=[True], description="Whether it is the current one; others can only be rejected.")
    total: int = Field(ge=1, examples=[3], description="How many numbers.")
    numbers: list[NumberWanted] = Field(description="The first hundred of them.")


class Proposals(Page):
    """Proposals that nobody decided on, oldest first."""

    cycle: date = Field(examples=["2017-12-04"], description="The current cycle.")
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
    "proposals": [
        {
            "proposal": 7,
            "user": "ada",
            "cycle": "2017-12-04",
            "is_current": True,
            "total": 1,
            "numbers": [WANTED_EXAMPLE],
        }
    ],
}
