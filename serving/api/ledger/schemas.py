"""What `/v1/ledger` is asked and answers. Belongs here: shapes and their meaning."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from pydantic import Field

from serving.api.schemas import CURSOR, LIMIT, Page, Schema


class LedgerQuery(Schema):
    """Which rows of the ledger are listed."""

    user: str | None = Field(None, max_length=200, examples=["ada"], description="Who did it, exactly.")
    action: str | None = Field(
        None, max_length=100, examples=["set"], description="What was done, exactly as `actions` has it."
    )
    subject: str | None = Field(
        None, min_length=1, max_length=200, examples=["GROCERY"], description="Part of what it was done to."
    )
    text: str | None = Field(
        None,
        min_length=1,
        max_length=200,
        examples=["agreed with the buyer"],
        description="Part of anything in a row: who, action, subject, what was before, what is after.",
    )
    first: date | None = Field(None, examples=["2017-12-04"], description="Not before this day, UTC.")
    last: date | None = Field(None, examples=["2017-12-10"], description="Not after this day, UTC.")
    cursor: str | None = CURSOR
    limit: int = LIMIT


class LedgerRow(Schema):
    """What somebody did."""

    number: int = Field(ge=1, examples=[12], description="Its place in the ledger.")
    at: datetime = Field(examples=["2017-12-05T12:00:00Z"], description="When.")
    user: str = Field(examples=["ada"], description="Who.")
    action: str = Field(examples=["set"], description="What was done.")
    subject: str = Field(examples=["product:GROCERY @ 2017-12-11"], description="To what.")
    before: dict[str, Any] | None = Field(
        examples=[{"quantity": 90.0}], description="What it was; null where the ledger says nothing of it."
    )
    after: dict[str, Any] | None = Field(
        examples=[{"quantity": 120.5}], description="What it became; null where the ledger says nothing of it."
    )
    is_cut: bool = Field(
        examples=[False], description="Whether `before` and `after` are left out because they are longer than 64 KiB."
    )


class Ledger(Page):
    """Rows of the audit ledger, the newest first."""

    actions: list[str] = Field(examples=[["publish", "set"]], description="What was ever done, for `action`.")
    rows: list[LedgerRow] = Field(description="Rows of this page.")


LEDGER_EXAMPLE = {
    "version": "12",
    "total": 1,
    "changed": False,
    "next": "WyIuLi4iXQ",
    "actions": ["publish", "set"],
    "rows": [
        {
            "number": 12,
            "at": "2017-12-05T12:00:00Z",
            "user": "ada",
            "action": "set",
            "subject": "product:GROCERY @ 2017-12-11",
            "before": {"quantity": 90.0},
            "after": {"quantity": 120.5},
            "is_cut": False,
        }
    ],
}
