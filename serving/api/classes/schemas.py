"""What `/v1/classes` answers. Belongs here: shapes and their meaning."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from serving.api.schemas import CURSOR, LIMIT, CycleQuery, Page, Schema


class ClassesQuery(CycleQuery):
    """Which series are listed."""

    demand_class: str | None = Field(None, examples=["lumpy"], description="smooth, erratic, intermittent or lumpy.")
    abc: str | None = Field(None, examples=["A"], description="A, B or C.")
    xyz: str | None = Field(None, examples=["X"], description="X, Y or Z.")
    cursor: str | None = CURSOR
    limit: int = LIMIT


class SeriesClass(Schema):
    """How a series sells, how much it matters, how steady it is."""

    series_id: str = Field(examples=["1029743"], description="The key columns joined by `|`.")
    demand_class: str = Field(examples=["smooth"], description="smooth, erratic, intermittent or lumpy.")
    abc: str = Field(examples=["A"], description="A, B or C by revenue of the last year.")
    xyz: str = Field(examples=["X"], description="X, Y or Z by the variation of the last year.")
    revenue: float = Field(examples=[21000.5], description="Of the last year, money.")
    units: float = Field(examples=[9800.0], description="Of the last year.")
    variation: float = Field(examples=[0.4], description="Standard deviation ÷ mean of a bucket in the last year.")
    price: float = Field(examples=[2.0], description="Last known price per unit; 0 where none was ever known.")


class ClassesPage(Page):
    """Series of a cycle by series_id, with their classes."""

    cycle: date = Field(examples=["2017-12-04"], description="Cutoff of the cycle.")
    series: list[SeriesClass] = Field(description="Of this page.")


EXAMPLE = {
    **{"version": "3f1c9a01", "total": 240, "changed": False, "next": "WyIuLi4iXQ", "cycle": "2017-12-04"},
    "series": [
        {
            **{"series_id": "1029743", "demand_class": "smooth", "abc": "A", "xyz": "X"},
            **{"revenue": 21000.5, "units": 9800.0, "variation": 0.4, "price": 2.0},
        }
    ],
}
