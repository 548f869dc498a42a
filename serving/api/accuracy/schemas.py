"""What `/v1/accuracy` answers. Belongs here: shapes and their meaning."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from serving.api.schemas import CURSOR, LIMIT, Page, Schema


class AccuracyQuery(Schema):
    """Which scores are listed."""

    cycle: date | None = Field(
        None, examples=["2017-10-30"], description="Cutoff of the cycle scored; the newest one scored when left out."
    )
    hierarchy: str | None = Field(
        None, examples=["product"], description="Only this hierarchy; `-` is the total over series, and groups of them."
    )
    level: str | None = Field(
        None, examples=["department"], description="Only this level: total, a configured one, method or demand_class."
    )
    node: str | None = Field(None, examples=["GROCERY"], description="Only this node, or name of a method or class.")
    lead: int | None = Field(None, ge=0, examples=[1], description="Only this lead; 0 pools all closed leads.")
    cursor: str | None = CURSOR
    limit: int = LIMIT


class Score(Schema):
    """How good the published forecasts of a group were at one lead."""

    hierarchy: str = Field(examples=["product"], description="Hierarchy; `-` for the total over series.")
    level: str = Field(examples=["department"], description="total, a configured level, method, or demand_class.")
    node: str = Field(examples=["GROCERY"], description="Node, or name of the method or class.")
    lead: int = Field(ge=0, examples=[1], description="Buckets ahead; 0 pools all closed leads.")
    observations: int = Field(ge=0, examples=[240], description="Series × leads scored.")
    actual: float = Field(examples=[1980.0], description="Units sold.")
    metrics: dict[str, float | None] = Field(
        examples=[{"wape": 0.41, "bias": 0.03, "naive_wape": 0.52}],
        description="Metric → value, as in the table `accuracy`; null where not defined. Bias above 0: over-forecast.",
    )


class Accuracy(Page):
    """Scores of one cycle, by hierarchy, level, node and lead."""

    cycle: date = Field(examples=["2017-10-30"], description="Cutoff of the cycle scored.")
    scores: list[Score] = Field(description="Scores of this page.")


EXAMPLE = {
    "version": "3f1c9a01",
    "total": 240,
    "changed": False,
    "next": "WyIuLi4iXQ",
    "cycle": "2017-10-30",
    "scores": [
        {
            "hierarchy": "product",
            "level": "department",
            "node": "GROCERY",
            "lead": 1,
            "observations": 240,
            "actual": 1980.0,
            "metrics": {"wape": 0.41, "bias": 0.03, "naive_wape": 0.52},
        }
    ],
}
