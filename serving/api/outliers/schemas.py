"""What `/v1/outliers` answers. Belongs here: shapes and their meaning."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from serving.api.schemas import CURSOR, LIMIT, CycleQuery, Page, Schema


class OutliersQuery(CycleQuery):
    """Which outliers are listed, and in which order."""

    series: str | None = Field(
        None, max_length=500, examples=["10297"], description="Only series whose id holds this text."
    )
    cause: str | None = Field(
        None,
        examples=["bulk_order"],
        description="Only with this cause: feed_duplicate, bulk_order, promotion, event, holiday, price or unknown.",
    )
    promoted: bool | None = Field(None, examples=[False], description="Only buckets under a promotion, or only others.")
    since: date | None = Field(None, examples=["2017-09-04"], description="Only buckets from this day on.")
    order: Literal["money", "newest"] = Field(
        "money", examples=["money"], description="By the money at stake, or the newest bucket first."
    )
    cursor: str | None = CURSOR
    limit: int = LIMIT


class Cause(Schema):
    """What may have caused an outlier."""

    cause: str = Field(
        examples=["bulk_order"],
        description="feed_duplicate, bulk_order, promotion, event, holiday, price or unknown.",
    )
    evidence: str = Field(examples=["12 units per line in 3 lines, usually 1.5"], description="What points to it.")


class Outlier(Schema):
    """A bucket of a series that sold so much that models are not told all of it."""

    series_id: str = Field(examples=["1029743"], description="The key columns joined by `|`.")
    bucket_start: date = Field(examples=["2017-11-27"], description="First day of the bucket.")
    sold: float = Field(examples=[120.0], description="Units sold.")
    capped: float = Field(examples=[41.5], description="What the models see instead, units: the threshold of the rule.")
    excess: float = Field(examples=[78.5], description="Units above it.")
    price: float | None = Field(examples=[2.5], description="Last price; null where none is known.")
    money: float | None = Field(examples=[196.25], description="Money at stake: excess × last price.")
    promoted: bool = Field(
        examples=[False],
        description="Whether it was judged among buckets under a promotion rather than among ordinary ones.",
    )
    causes: list[Cause] | None = Field(description="Likeliest first; null where nobody had them looked for.")


class Outliers(Page):
    """Outliers of a cycle's history. A bucket is one above mean + `z_threshold` × standard deviation of its like."""

    cycle: date = Field(examples=["2017-12-04"], description="Cutoff of the cycle.")
    causes: dict[str, int] | None = Field(
        examples=[{"bulk_order": 12, "unknown": 40}],
        description="Outliers by likeliest cause, whatever `cause` is asked for; null where `dp materialize explain "
        "<cycle>` has not looked for them.",
    )
    excess: float = Field(examples=[812.5], description="Units above the caps, of all that are listed.")
    money: float | None = Field(examples=[2031.0], description="The same in money; null where no price is known.")
    items: list[Outlier] = Field(description="Outliers of this page.")


EXAMPLE = {
    **{"version": "3f1c9a01", "total": 52, "changed": False, "next": "WyIuLi4iXQ", "cycle": "2017-12-04"},
    **{"causes": {"bulk_order": 12, "unknown": 40}, "excess": 812.5, "money": 2031.0},
    "items": [
        {
            **{"series_id": "1029743", "bucket_start": "2017-11-27", "sold": 120.0, "capped": 41.5},
            **{"excess": 78.5, "price": 2.5, "money": 196.25, "promoted": False},
            "causes": [{"cause": "bulk_order", "evidence": "12 units per line in 3 lines, usually 1.5"}],
        }
    ],
}
