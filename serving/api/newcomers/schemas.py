"""What `/v1/forecast/newcomers` asks and answers. Does not belong here: how it is computed (`service.py`)."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from serving.api.schemas import CycleQuery, Interval, Quantile, Schema


class Newcomer(CycleQuery):
    """A product that nobody has sold yet."""

    attributes: dict[str, str | None] = Field(
        examples=[{"department": "GROCERY", "brand": "National"}],
        description=(
            "Attribute or key column of the series → value. What is left out, and values that no series has, are not "
            "known: the family is then looked for further up."
        ),
    )
    horizon: int | None = Field(None, examples=[4], description="Leads to return; all when left out.")
    leads: list[int] | None = Field(
        None, min_length=1, max_length=1000, examples=[[1, 4]], description="Leads to return instead of `horizon`."
    )
    levels: list[int] | None = Field(None, min_length=1, examples=[[50, 80]], description="Interval levels in percent.")
    quantiles: list[float] = Field(default_factory=list, examples=[[0.1, 0.9]], description="Quantile levels.")


class NewcomerLead(Schema):
    """The forecast of one bucket, counted from a launch on the first day of the cycle."""

    lead: int = Field(ge=1, examples=[1], description="Buckets ahead.")
    bucket_start: date = Field(examples=["2017-12-04"], description="First day of the bucket.")
    mean: float = Field(ge=0, examples=[7.1], description="Mean, units per bucket.")
    median: float = Field(ge=0, examples=[6.0], description="Median, units per bucket.")
    intervals: list[Interval] = Field(description="One per level asked for.")
    quantiles: list[Quantile] = Field(description="One per quantile level asked for.")


class NewcomerForecast(Schema):
    """What a new product would be forecast."""

    cycle: date = Field(examples=["2017-12-04"], description="Cutoff of the cycle.")
    bucket_weeks: int = Field(examples=[1], description="Length of a bucket in weeks.")
    horizon: int = Field(ge=1, examples=[4], description="The last lead returned.")
    method: Literal["analogue"] = Field(
        examples=["analogue"],
        description="The mean of its family's younger members, times the growth that the family is forecast to have.",
    )
    interval_method: Literal["empirical"] = Field(
        examples=["empirical"],
        description="Errors of the model's forecasts of like size; those of a new product may well be larger.",
    )
    leads: list[NewcomerLead] = Field(description="Ascending.")


QUESTION = {"attributes": {"department": "GROCERY", "brand": "National"}, "horizon": 1}
EXAMPLE = {
    "cycle": "2017-12-04",
    "bucket_weeks": 1,
    "horizon": 1,
    "method": "analogue",
    "interval_method": "empirical",
    "leads": [
        {
            "lead": 1,
            "bucket_start": "2017-12-04",
            "mean": 7.1,
            "median": 6.0,
            "intervals": [{"level": 80, "lower": 3.0, "upper": 11.5, "basis": "published"}],
            "quantiles": [],
        }
    ],
}
