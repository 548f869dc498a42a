"""What `/v1/contributions` answers. Belongs here: shapes and their meaning."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from serving.api.schemas import CycleQuery, Schema


class ContributionsQuery(CycleQuery):
    """Which leads are explained."""

    lead: int | None = Field(None, ge=1, examples=[1], description="Only this lead; all when left out.")


class Driver(Schema):
    """What one driver adds to the baseline."""

    driver: str = Field(examples=["promotion"], description="What the models were told: recent demand, price, …")
    contribution: float = Field(examples=[2.4], description="Units; positive raises the forecast.")
    detail: str = Field(examples=["display in 60 % of stores"], description="What it says of the bucket, in figures.")


class ExplainedLead(Schema):
    """Why the forecast of one bucket is what it is."""

    lead: int = Field(ge=1, examples=[1], description="Buckets ahead.")
    bucket_start: date = Field(examples=["2017-12-04"], description="First day of the bucket.")
    baseline: float = Field(ge=0, examples=[4.7], description="Forecast at the series' mean level, nothing going on.")
    forecast: float = Field(ge=0, examples=[7.1], description="Mean of the models: baseline + all contributions.")
    drivers: list[Driver] = Field(description="By name.")


class Contributions(Schema):
    """Why the forecasts of a series are what they are."""

    series_id: str = Field(examples=["1029743"], description="The series asked for.")
    cycle: date = Field(examples=["2017-12-04"], description="Cutoff of the cycle.")
    leads: list[ExplainedLead] = Field(description="By lead.")


EXAMPLE = {
    "series_id": "1029743",
    "cycle": "2017-12-04",
    "leads": [
        {
            "lead": 1,
            "bucket_start": "2017-12-04",
            "baseline": 4.7,
            "forecast": 7.1,
            "drivers": [{"driver": "promotion", "contribution": 2.4, "detail": "display in 60 % of stores"}],
        }
    ],
}
