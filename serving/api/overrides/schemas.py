"""What `/v1/overrides` takes and answers. Belongs here: shapes and their meaning."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from serving.api.schemas import CURSOR, LIMIT, Page, Schema

MOST_EDITS = 5_000
MOST_NUMBERS = 20_000
"""Numbers that one request sets at most."""


class Wish(Schema):
    """What is wanted of some buckets, whatever it is wanted for."""

    first: date = Field(examples=["2017-12-11"], description="First day of the first bucket.")
    buckets: int = Field(1, ge=1, le=520, examples=[3], description="How many buckets.")
    percent: float | None = Field(
        None,
        ge=-100,
        le=100_000,
        allow_inf_nan=False,
        examples=[5.0],
        description="Change in percent of what reconciliation says.",
    )
    lock: bool = Field(
        False,
        examples=[True],
        description="Holds in later cycles too, and reconciliation solves for everything else under it.",
    )
    split: str = Field(
        "forecast",
        max_length=200,
        examples=["forecast"],
        description="How the series below share an override: `forecast`, `history`, or a key of `reconciliation.keys`.",
    )
    reason_code: str = Field(max_length=200, examples=["promotion"], description="Why: one of `planning.reason_codes`.")
    comment: str = Field("", max_length=1000, examples=["leaflet of week 50"], description="Why, in your words.")
    expires: date | None = Field(
        None,
        examples=["2018-01-01"],
        description="Last cycle that a lock holds in; until its bucket is over if left out.",
    )


class EditToMake(Wish):
    """One wish for one node, series or SKU: units, or a change in percent."""

    node: str | None = Field(
        None,
        max_length=2000,
        examples=["GROCERY"],
        description="Path of a node below the total, `total`, or the id of a series; or leave it out and name `sku`.",
    )
    sku: str | None = Field(
        None, max_length=500, description="A SKU; of one with several series, each is changed by `percent`."
    )
    hierarchy: str | None = Field(
        None, max_length=200, examples=["product"], description="Hierarchy of the node; the first one when left out."
    )
    quantity: float | None = Field(
        None, ge=0, allow_inf_nan=False, description="Units in each bucket; or leave it out and give `percent`."
    )

    @model_validator(mode="after")
    def _says_where_and_what(self) -> Self:
        if (self.node is None) == (self.sku is None):
            raise ValueError("expected either node or sku, got both or neither")
        if (self.quantity is None) == (self.percent is None):
            raise ValueError("expected either quantity or percent, got both or neither")
        return self


class Selection(Wish):
    """One wish for all series of the current cycle that pass filters."""

    attribute: list[str] = Field(
        min_length=1,
        max_length=50,
        examples=[["brand:National"]],
        description=(
            "`name:value` of an attribute or key column. Values of one name are alternatives, different names must all "
            "hold. `<UNK>` stands for a missing value."
        ),
    )

    @model_validator(mode="after")
    def _has_a_percent(self) -> Self:
        if self.percent is None:
            raise ValueError("expected percent: a selection is changed in proportion")
        return self


class OverridesToSet(Schema):
    """Edits that are made together, or not at all: a list of them, or one for all series that pass filters."""

    edits: list[EditToMake] = Field(
        default_factory=list, max_length=MOST_EDITS, description="Edits; none where there is a selection."
    )
    selection: Selection | None = Field(None, description="Series by attributes; in place of edits.")

    @model_validator(mode="after")
    def _edits_or_a_selection(self) -> Self:
        if bool(self.edits) == (self.selection is not None):
            raise ValueError("expected either edits or a selection, got both or neither")
        return self


class OverridesQuery(Schema):
    """Which numbers of planners are listed."""

    all: bool = Field(False, description="Also those that no longer hold in the current cycle.")
    hierarchy: str | None = Field(None, examples=["product"], description="Only of this hierarchy.")
    node: str | None = Field(None, examples=["GROCERY"], description="Only of this node or series.")
    user: str | None = Field(None, examples=["ada"], description="Only those that this user set.")
    reason_code: str | None = Field(None, examples=["promotion"], description="Only those with this reason.")
    cursor: str | None = CURSOR
    limit: int = LIMIT


class CellsQuery(Schema):
    """Which buckets of a node are asked about."""

    first: date | None = Field(None, description="First day of the first bucket; the first one forecast when left out.")
    buckets: int | None = Field(None, ge=1, le=520, examples=[3], description="How many; all that follow if left out.")


class PreviewQuery(Schema):
    """How much of a preview is shown."""

    series: int = Field(100, ge=0, le=1000, examples=[100], description="Series shown at most, those that move most.")


class WithdrawQuery(Schema):
    """Why a number is taken back."""

    reason: str = Field(min_length=1, max_length=1000, examples=["cancelled"], description="Stands in the ledger.")


class NumbersToWithdraw(WithdrawQuery):
    """Numbers to take back, all or none."""

    numbers: list[Annotated[int, Field(ge=1, le=2**63 - 1)]] = Field(
        min_length=1, max_length=MOST_EDITS, examples=[[4, 5]], description="As they are listed."
    )


class NumberWanted(Schema):
    """A number for a node in a bucket."""

    hierarchy: str = Field(examples=["product"], description="Hierarchy of the node.")
    node: str = Field(examples=["GROCERY"], description="Path of the node, or id of the series.")
    bucket_start: date = Field(examples=["2017-12-11"], description="First day of the bucket.")
    quantity: float = Field(ge=0, examples=[1250.0], description="Units.")
    lock: bool = Field(examples=[True], description="Whether it is a lock.")
    reason_code: str = Field(examples=["promotion"], description="Why.")
    comment: str = Field(examples=["leaflet of week 50"], description="Why, in words.")
    expires: date | None = Field(description="Last cycle that a lock holds in; null where its bucket says.")
    split: str = Field(examples=["forecast"], description="How the series below share it.")


class PlannersNumber(NumberWanted):
    """A number that somebody set."""

    number: int = Field(ge=1, examples=[4], description="What identifies it: its row in the ledger.")
    user: str = Field(examples=["ada"], description="Who set it.")
    cycle: date = Field(examples=["2017-12-04"], description="The cycle that it was set in.")
    ended: date | None = Field(description="Cycle from which on it no longer holds; null while nobody ended it.")


ReasonCodes = Annotated[
    list[str],
    Field(examples=[["promotion", "price"]], description="Reasons that an override may give: `planning.reason_codes`."),
]
Approval = Annotated[
    Literal["none", "review", "four_eyes"],
    Field(description="Who must approve a number before it holds: `planning.approval`."),
]


class Overrides(Page):
    """Planners' numbers, oldest first."""

    cycle: date = Field(examples=["2017-12-04"], description="The current cycle.")
    overrides: list[PlannersNumber] = Field(description="Numbers of this page.")
    reason_codes: ReasonCodes
    approval: Approval


class Cell(Schema):
    """A bucket of a node."""

    bucket_start: date = Field(examples=["2017-12-11"], description="First day of the bucket.")
    reconciled: float = Field(ge=0, examples=[1190.5], description="What reconciliation says, units; percent is of it.")
    published: float = Field(ge=0, examples=[1190.5], description="What is published, units.")
    override: PlannersNumber | None = Field(description="The number that holds here; null where none does.")


class Cells(Schema):
    """Buckets of a node in the current cycle."""

    hierarchy: str = Field(examples=["product"], description="Hierarchy of the node.")
    node: str = Field(examples=["GROCERY"], description="Path of the node, or id of the series.")
    cycle: date = Field(examples=["2017-12-04"], description="The current cycle.")
    cells: list[Cell] = Field(description="Buckets in their order.")
    reason_codes: ReasonCodes
    approval: Approval


class OverridesSet(Schema):
    """What was set, or waits for approval."""

    cycle: date = Field(examples=["2017-12-04"], description="The current cycle.")
    proposal: int | None = Field(description="The proposal that waits; null where the numbers hold.")
    overrides: list[PlannersNumber] = Field(description="Numbers that hold now; none of a proposal.")
    proposed: list[NumberWanted] = Field(description="Numbers that wait; none where they hold.")


class Withdrawn(Schema):
    """What was taken back."""

    cycle: date = Field(examples=["2017-12-04"], description="The current cycle.")
    withdrawn: list[int] = Field(examples=[[4, 5]], description="Numbers that no longer hold.")


class Effect(Schema):
    """What an edit does to a node or series, over the buckets edited."""

    hierarchy: str = Field(examples=["product"], description="Hierarchy.")
    level: str = Field(examples=["department"], description="`total`, a level, or `series`.")
    node: str = Field(examples=["GROCERY"], description="Path of the node, or id of the series.")
    before: float = Field(examples=[3571.5], description="Units published now.")
    after: float = Field(examples=[3750.0], description="Units that would be published.")
    difference: float = Field(examples=[178.5], description="Units more.")


class Preview(Schema):
    """What an edit would do; nothing was written."""

    cycle: date = Field(examples=["2017-12-04"], description="The current cycle.")
    wanted: list[NumberWanted] = Field(description="Numbers that it would set.")
    replaced: list[PlannersNumber] = Field(description="Numbers that hold there now and would be replaced.")
    effect: list[Effect] = Field(description="Every node that changes, and the series that change most, biggest first.")
    series: int = Field(ge=0, examples=[412], description="Series that change.")
    conflicts: list[str] = Field(examples=[[]], description="What cannot be kept, in words.")
    advice: list[str] = Field(
        examples=[["Of your 8 earlier raises for promotion, 3 came nearer to what was sold."]],
        description="What your own record says of such edits.",
    )


EDIT_EXAMPLE = {
    "edits": [
        {
            "node": "GROCERY",
            "first": "2017-12-11",
            "buckets": 3,
            "percent": 5,
            "lock": True,
            "reason_code": "promotion",
            "comment": "leaflet of week 50",
        }
    ]
}
WANTED_EXAMPLE = {
    "hierarchy": "product",
    "node": "GROCERY",
    "bucket_start": "2017-12-11",
    "quantity": 1250.0,
    "lock": True,
    "reason_code": "promotion",
    "comment": "leaflet of week 50",
    "expires": "2018-01-01",
    "split": "forecast",
}
NUMBER_EXAMPLE = {**WANTED_EXAMPLE, "number": 4, "user": "ada", "cycle": "2017-12-04", "ended": "2017-12-11"}
LIST_EXAMPLE = {
    "version": "4",
    "total": 1,
    "changed": False,
    "next": "WyIuLi4iXQ",
    "cycle": "2017-12-04",
    "overrides": [NUMBER_EXAMPLE],
    "reason_codes": ["promotion", "price"],
    "approval": "none",
}
CELLS_EXAMPLE = {
    "hierarchy": "product",
    "node": "GROCERY",
    "cycle": "2017-12-04",
    "cells": [
        {"bucket_start": "2017-12-11", "reconciled": 1190.5, "published": 1250.0, "override": NUMBER_EXAMPLE},
    ],
    "reason_codes": ["promotion", "price"],
    "approval": "none",
}
SET_EXAMPLE = {"cycle": "2017-12-04", "proposal": 9, "overrides": [NUMBER_EXAMPLE], "proposed": [WANTED_EXAMPLE]}
WITHDRAW_EXAMPLE = {"numbers": [4, 5], "reason": "cancelled"}
WITHDRAWN_EXAMPLE = {"cycle": "2017-12-04", "withdrawn": [4, 5]}
PREVIEW_EXAMPLE = {
    "cycle": "2017-12-04",
    "wanted": [WANTED_EXAMPLE],
    "replaced": [NUMBER_EXAMPLE],
    "effect": [
        {
            "hierarchy": "product",
            "level": "department",
            "node": "GROCERY",
            "before": 3571.5,
            "after": 3750.0,
            "difference": 178.5,
        }
    ],
    "series": 412,
    "conflicts": ["the number 900 that ada set for 'GROCERY' (product) in the bucket of 2017-12-11 cannot be kept"],
    "advice": ["Of your 8 earlier raises for promotion, 3 came nearer to what was sold."],
}
