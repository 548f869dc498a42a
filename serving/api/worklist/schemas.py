"""What `/v1/worklist` answers. Belongs here: shapes and their meaning."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from serving.api.schemas import CURSOR, LIMIT, CycleQuery, Page, Schema


class WorklistQuery(CycleQuery):
    """Which exceptions are listed."""

    rule: str | None = Field(
        None,
        examples=["biased"],
        description="Only what this rule found: changed, biased, outside, uncertain, new or expiring.",
    )
    recent: int = Field(
        0,
        ge=0,
        le=104,
        examples=[26],
        description="Buckets of history beside each item, with what is published from there on; none unless asked for.",
    )
    cursor: str | None = CURSOR
    limit: int = LIMIT


class WorklistItem(Schema):
    """A forecast that a planner should look at."""

    rank: int = Field(ge=1, examples=[1], description="Place by money at stake.")
    hierarchy: str = Field(examples=["product"], description="Hierarchy of the node; the first one for a series.")
    level: str = Field(examples=["series"], description="series, or level of the node; unknown for one not forecast.")
    node: str = Field(examples=["1029743"], description="Series, or path of the node.")
    rule: str = Field(examples=["biased"], description="changed, biased, outside, uncertain, new or expiring.")
    units: float = Field(examples=[120.0], description="Units at stake.")
    money: float = Field(examples=[299.5], description="Units × last price.")
    words: str = Field(examples=["over-forecast in 6 of 8 weeks"], description="The reason in words.")
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
    items: list[WorklistItem] = Field(description="Exceptions of this page.")


EXAMPLE = {
    "version": "3f1c9a01",
    "total": 240,
    "changed": False,
    "next": "WyIuLi4iXQ",
    "cycle": "2017-12-04",
    "items": [
        {
            "rank": 1,
            "hierarchy": "product",
            "level": "series",
            "node": "1029743",
            "rule": "biased",
            "units": 120.0,
            "money": 299.5,
            "words": "over-forecast in 6 of 8 weeks",
            **{"sold": [9.0, 12.0], "published": [14.5, 15.0]},
        }
    ],
}
