"""What `/v1/worksheet` takes and answers. Belongs here: shapes and their meaning."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from serving.api.overrides.schemas import PREVIEW_EXAMPLE, WANTED_EXAMPLE, Effect, NumberWanted
from serving.api.schemas import Schema


class WorksheetQuery(Schema):
    """Which rows a worksheet has, and as what file."""

    format: Literal["csv", "xlsx"] = Field("xlsx", description="CSV, or a workbook.")
    level: str = Field("series", max_length=200, examples=["department"], description="Level of the rows, or `total`.")
    hierarchy: str | None = Field(None, max_length=200, description="Hierarchy; the first one when left out.")
    attribute: list[str] = Field(
        default_factory=list,
        max_length=50,
        examples=[["brand:National"]],
        description="Only series that pass, on the level `series`; see `GET /v1/series`.",
    )
    first: date | None = Field(None, description="First day of the first bucket; the first one forecast if left out.")
    buckets: int | None = Field(None, ge=1, le=520, examples=[4], description="How many; all that follow if left out.")


class Refusal(Schema):
    """A row that cannot be taken."""

    row: int = Field(ge=2, examples=[17], description="Row of the file; the header is row 1.")
    node: str = Field(examples=["GROCERY/SOUP"], description="What the row names.")
    bucket_start: str = Field(examples=["2017-12-11"], description="What the row names.")
    reason: str = Field(examples=["expected a number of units, got '=1+1'"], description="Why.")


class RowChange(NumberWanted):
    """A row that sets a number."""

    row: int = Field(ge=2, examples=[3], description="Row of the file; the header is row 1.")


class WorksheetPreview(Schema):
    """What a worksheet would do; nothing was written."""

    cycle: date = Field(examples=["2017-12-04"], description="The current cycle.")
    changes: list[RowChange] = Field(description="Every number that it would set.")
    refusals: list[Refusal] = Field(description="Every row that cannot be taken; with any, none is.")
    unchanged: int = Field(ge=0, examples=[120], description="Rows without a new quantity.")
    effect: list[Effect] = Field(description="Every node above the series that would change, biggest first.")
    conflicts: list[str] = Field(examples=[[]], description="What cannot be kept, in words.")
    advice: list[str] = Field(examples=[[]], description="What your own record says of such edits.")


WORKSHEET_EXAMPLE = {
    "cycle": "2017-12-04",
    "changes": [{**WANTED_EXAMPLE, "row": 3}],
    "refusals": [
        {
            "row": 17,
            "node": "GROCERY/SOUP",
            "bucket_start": "2017-12-11",
            "reason": "expected a number of units, got '=1+1'",
        }
    ],
    "unchanged": 120,
    "effect": PREVIEW_EXAMPLE["effect"],
    "conflicts": ["the number 900 that ada set cannot be kept"],
    "advice": ["Of your 8 earlier raises for promotion, 3 came nearer to what was sold."],
}
