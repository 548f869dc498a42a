"""What `/v1/worklist` takes and answers. Belongs here: shapes and their meaning."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from serving.api.schemas import CURSOR, LIMIT, CycleQuery, Page, Schema

MOST_MARKS = 200


class WorklistQuery(CycleQuery):
    """Which exceptions are listed."""

    rule: str | None = Field(
        None,
        examples=["biased"],
        description="Only what this rule found: changed, biased, outside, uncertain, new or expiring.",
    )
    marked: bool = Field(False, description="Whether what was accepted or snoozed is listed too.")
    assigned_to: str | None = Field(
        None, max_length=100, examples=["me"], description="Only what this user is to look at; `me` is who asks."
    )
    unassigned: bool = Field(False, description="Only what nobody in particular is to look at.")
    recent: int = Field(
        0,
        ge=0,
        le=104,
        examples=[26],
        description="Buckets of history beside each item, with what is published from there on; none unless asked for.",
    )
    cursor: str | None = CURSOR
    limit: int = LIMIT


class Mark(Schema):
    """What planners said of an exception."""

    number: int = Field(ge=1, examples=[31], description="What identifies it: its row in the ledger.")
    state: Literal["accepted", "snoozed"] | None = Field(
        examples=["snoozed"], description="Why it is set aside in this cycle; null where it is not, or no longer."
    )
    until: date | None = Field(
        examples=["2018-01-01"],
        description="The first cycle from this day on shows it again; null unless it is snoozed.",
    )
    assigned_to: str | None = Field(examples=["bob"], description="Who is to look at it; null is nobody in particular.")
    note: str = Field(examples=["after the promotion"], description="In words.")
    by: str = Field(examples=["ada"], description="Who set the mark.")
    at: datetime = Field(examples=["2017-12-05T09:30:00Z"], description="When.")


class WorklistItem(Schema):
    """A forecast that a planner should look at."""

    rank: int = Field(ge=1, examples=[1], description="Place by money at stake, set aside or not.")
    hierarchy: str = Field(examples=["product"], description="Hierarchy of the node; the first one for a series.")
    level: str = Field(examples=["series"], description="series, or level of the node; unknown for one not forecast.")
    node: str = Field(examples=["1029743"], description="Series, or path of the node.")
    rule: str = Field(examples=["biased"], description="changed, biased, outside, uncertain, new or expiring.")
    units: float = Field(examples=[120.0], description="Units at stake.")
    money: float = Field(examples=[299.5], description="Units × last price.")
    words: str = Field(examples=["over-forecast in 6 of 8 weeks"], description="The reason in words.")
    mark: Mark | None = Field(description="What planners said of it; null where nobody did.")
    inside: bool = Field(
        examples=[True], description="Whether it lies inside the nodes that who asks plans; others cannot be marked."
    )
    sold: list[float] | None = Field(
        examples=[[9.0, 12.0]],
        description="Units sold in the newest `recent` buckets; null where not asked for, or not of the cycle served.",
    )
    published: list[float] | None = Field(
        examples=[[14.5, 15.0]], description="Units published, lead by lead; null where `sold` is."
    )


class Worklist(Page):
    """What planners should look at first, by rank."""

    cycle: date = Field(examples=["2017-12-04"], description="Cutoff of the cycle.")
    aside: int = Field(
        ge=0, examples=[12], description="Exceptions that pass the other filters and are accepted or snoozed."
    )
    marks_known: bool = Field(
        examples=[True],
        description=(
            "False while the planning database is away: then no item has a mark, none is left out, and filters by "
            "marks have no effect."
        ),
    )
    items: list[WorklistItem] = Field(description="Exceptions of this page.")


class MarkToSet(Schema):
    """All that a mark is to say. One without state, assignee and note takes it back."""

    hierarchy: str = Field(max_length=1000, examples=["product"], description="As the worklist names it.")
    level: str = Field(max_length=1000, examples=["series"], description="As the worklist names it.")
    node: str = Field(max_length=1000, examples=["1029743"], description="As the worklist names it.")
    rule: str = Field(max_length=100, examples=["biased"], description="As the worklist names it.")
    state: Literal["accepted", "snoozed"] | None = Field(
        None,
        examples=["snoozed"],
        description="`accepted` sets it aside in this cycle, `snoozed` until a day; null does not.",
    )
    until: date | None = Field(
        None,
        examples=["2018-01-01"],
        description="Of what is snoozed: the first cycle from this day on shows it again. After the cycle.",
    )
    assigned_to: str | None = Field(
        None,
        min_length=1,
        max_length=100,
        examples=["bob"],
        description="Who is to look at it, by name; also later. Somebody who is let in and plans all of it.",
    )
    note: str = Field("", max_length=1000, examples=["after the promotion"], description="In words.")
    replaces: int | None = Field(
        None, ge=1, lt=2**62, examples=[31], description="`number` of the mark that was looked at; null where none was."
    )


class AssigneesQuery(Schema):
    """An exception, as the worklist names it."""

    hierarchy: str = Field(max_length=1000, examples=["product"], description="Hierarchy of the node.")
    level: str = Field(max_length=1000, examples=["series"], description="Level of the node.")
    node: str = Field(max_length=1000, examples=["1029743"], description="Series, or path of the node.")
    rule: str = Field(max_length=100, examples=["biased"], description="The rule that found it.")


class Assignees(Schema):
    """Who can be assigned an exception."""

    names: list[str] = Field(
        examples=[["ada", "bob"]], description="Users who are let in and plan all of what it is about, by name."
    )
    others: bool = Field(
        examples=[False],
        description="Whether people of the OIDC issuer can be assigned too, whom the API does not know beforehand.",
    )


class MarksToSet(Schema):
    """Marks of exceptions of the cycle in service: all of them are set, or none."""

    cycle: date | None = Field(
        None,
        examples=["2017-12-04"],
        description="The cycle that was looked at; refused where another one is served by now.",
    )
    marks: list[MarkToSet] = Field(min_length=1, max_length=MOST_MARKS, description="One for each exception.")


class MarksSet(Schema):
    """Marks as they stand now."""

    cycle: date = Field(examples=["2017-12-04"], description="The cycle.")
    marks: list[Mark] = Field(description="In the order in which they were asked for.")


MARK_EXAMPLE = {
    "number": 31,
    "state": "snoozed",
    "until": "2018-01-01",
    "assigned_to": "bob",
    "note": "after the promotion",
    "by": "ada",
    "at": "2017-12-05T09:30:00Z",
}
PLACE_EXAMPLE = {"hierarchy": "product", "level": "series", "node": "1029743", "rule": "biased"}
EXAMPLE = {
    "version": "3f1c9a01",
    "total": 240,
    "changed": False,
    "next": "WyIuLi4iXQ",
    "cycle": "2017-12-04",
    "aside": 12,
    "marks_known": True,
    "items": [
        {
            "rank": 1,
            **PLACE_EXAMPLE,
            "units": 120.0,
            "money": 299.5,
            "words": "over-forecast in 6 of 8 weeks",
            "mark": MARK_EXAMPLE,
            "inside": True,
            **{"sold": [9.0, 12.0], "published": [14.5, 15.0]},
        }
    ],
}
TO_SET_EXAMPLE = {
    "cycle": "2017-12-04",
    "marks": [{**PLACE_EXAMPLE, "state": "snoozed", "until": "2018-01-01", "assigned_to": "bob"}],
}
ASSIGNEES_EXAMPLE = {"names": ["ada", "bob"], "others": False}
SET_EXAMPLE = {"cycle": "2017-12-04", "marks": [MARK_EXAMPLE]}
