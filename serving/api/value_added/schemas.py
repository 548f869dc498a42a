"""What `/v1/value-added` answers. Belongs here: shapes and their meaning."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from serving.api.schemas import CURSOR, LIMIT, Page, Schema


class ValueAddedQuery(Schema):
    """Which groups are listed."""

    cycle: date | None = Field(
        None, examples=["2017-10-30"], description="Cutoff of the cycle scored; the newest one scored when left out."
    )
    grouping: str | None = Field(
        None,
        max_length=500,
        examples=["user"],
        description="Only this one: `all`, `user`, `reason_code`, or a level, such as `product.department`.",
    )
    name: str | None = Field(
        None, max_length=2000, examples=["ada"], description="Only this planner, reason or node; `all` of `all`."
    )
    lead: int | None = Field(None, ge=0, examples=[0], description="Only this lead; 0 pools all closed leads.")
    cursor: str | None = CURSOR
    limit: int = LIMIT


class StepErrors(Schema):
    """Sum of |forecast − units sold| over series and buckets, of means, units."""

    naive: float = Field(ge=0, examples=[1210.0], description="Of the naive forecast.")
    model: float = Field(ge=0, examples=[980.0], description="Of the model's.")
    reconciled: float = Field(ge=0, examples=[965.0], description="After reconciliation.")
    published: float = Field(ge=0, examples=[940.0], description="Of what was published, with planners' numbers.")


class StepsAdded(Schema):
    """Error that each step saved against the one before, units; below 0 it cost."""

    model: float = Field(examples=[230.0], description="By the model, against the naive forecast.")
    reconciled: float = Field(examples=[15.0], description="By reconciliation.")
    published: float = Field(examples=[25.0], description="By planners.")


class GroupAdded(Schema):
    """What the steps did to the error of one group at one lead."""

    grouping: str = Field(
        examples=["user"],
        description="`all`, a level of a hierarchy, `user` or `reason_code` (rows that planners changed).",
    )
    name: str = Field(examples=["ada"], description="The node, planner or reason.")
    lead: int = Field(ge=0, examples=[0], description="Buckets ahead; 0 pools all closed leads.")
    observations: int = Field(ge=0, examples=[240], description="Series × leads scored.")
    actual: float = Field(examples=[1980.0], description="Units sold.")
    errors: StepErrors = Field(description="Error after each step.")
    added: StepsAdded = Field(description="What each step saved.")


class ValueAdded(Page):
    """Groups of one cycle, by grouping, name and lead."""

    cycle: date = Field(examples=["2017-10-30"], description="Cutoff of the cycle scored.")
    groups: list[GroupAdded] = Field(description="Groups of this page.")


EXAMPLE = {
    "version": "3f1c9a01",
    "total": 1,
    "changed": False,
    "next": "WyIuLi4iXQ",
    "cycle": "2017-10-30",
    "groups": [
        {
            **{"grouping": "user", "name": "ada", "lead": 0, "observations": 240, "actual": 1980.0},
            "errors": {"naive": 1210.0, "model": 980.0, "reconciled": 965.0, "published": 940.0},
            "added": {"model": 230.0, "reconciled": 15.0, "published": 25.0},
        }
    ],
}
