"""What `/v1/series` answers. Belongs here: shapes and their meaning."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from serving.api.filters import FilterQuery
from serving.api.schemas import CURSOR, LIMIT, Page, Schema


class SeriesQuery(FilterQuery):
    """Which series are listed."""

    cursor: str | None = CURSOR
    limit: int = LIMIT


class Series(Schema):
    """A series by name, with what is known of it."""

    series_id: str = Field(examples=["1029743"], description="The key columns joined by `|`.")
    key: dict[str, str] = Field(examples=[{"sku": "1029743"}], description="The key columns.")
    attributes: dict[str, str | list[str] | None] = Field(
        examples=[{"department": "GROCERY", "brand": "own"}],
        description="Attributes of the SKU as of the cycle: text, a list where several hold, null where nobody knows.",
    )
    method: str = Field(examples=["blend"], description="What made the forecast of the first lead.")


class SeriesPage(Page):
    """Series of a cycle, by SKU, then series_id."""

    cycle: date = Field(examples=["2017-12-04"], description="Cutoff of the cycle.")
    series: list[Series] = Field(description="Series of this page.")


EXAMPLE = {
    "version": "3f1c9a01",
    "total": 240,
    "changed": False,
    "next": "WyIuLi4iXQ",
    "cycle": "2017-12-04",
    "series": [
        {
            "series_id": "1029743",
            "key": {"sku": "1029743"},
            "attributes": {"department": "GROCERY", "brand": "own"},
            "method": "blend",
        }
    ],
}
