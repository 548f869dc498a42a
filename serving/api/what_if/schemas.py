"""What `/v1/forecast/what-if` asks and answers. Does not belong here: how it is computed (`service.py`)."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field

from dp_assets.domain.windows import LARGEST_INPUT
from serving.api.schemas import CycleQuery, Interval, Quantile, Schema

Share = Annotated[float, Field(ge=0, le=1)]
Value = Annotated[float, Field(allow_inf_nan=False, ge=-LARGEST_INPUT, le=LARGEST_INPUT)]


class WhatIf(CycleQuery):
    """Other plans for one series. What is not named stays as it is planned."""

    series_id: str = Field(min_length=1, examples=["1029743"], description="The key columns joined by `|`.")
    promotions: dict[str, dict[date, Share]] = Field(
        default_factory=dict,
        examples=[{"display": {"2017-12-04": 1.0}}],
        description=(
            "Kind of promotion → first day of a bucket → share of stores × share of its days under it; 0 takes "
            "a promotion away. Kinds are those of the promotion files."
        ),
    )
    discount: dict[date, Share] = Field(
        default_factory=dict,
        examples=[{"2017-12-04": 0.2}],
        description=(
            "First day of a bucket → price cut × share of stores and days: the price plan as the model reads it."
        ),
    )
    regressors: dict[str, dict[date, Value]] = Field(
        default_factory=dict,
        examples=[{"temperature": {"2017-12-04": 21.5}}],
        description="Regressor of `demand.yaml` → first day of a bucket → value, in the unit it is delivered in.",
    )
    horizon: int | None = Field(None, examples=[4], description="Leads to return; all when left out.")
    leads: list[int] | None = Field(
        None, min_length=1, max_length=1000, examples=[[1, 4]], description="Leads to return instead of `horizon`."
    )
    levels: list[int] | None = Field(None, min_length=1, examples=[[50, 80]], description="Interval levels in percent.")
    quantiles: list[float] = Field(default_factory=list, examples=[[0.1, 0.9]], description="Quantile levels.")


class Numbers(Schema):
    """A forecast of one bucket, units."""

    mean: float = Field(ge=0, examples=[7.1], description="Mean.")
    median: float = Field(ge=0, examples=[6.0], description="Median.")
    published: float = Field(
        ge=0,
        examples=[7.3],
        description=(
            "The number of record; what it would be moves as the mean does, but for what a planner set for the series."
        ),
    )
    intervals: list[Interval] = Field(description="One per level asked for, around the model's forecast.")
    quantiles: list[Quantile] = Field(description="One per quantile level asked for.")


class WhatIfLead(Schema):
    """One bucket under the other plans and under those there are."""

    lead: int = Field(ge=1, examples=[1], description="Buckets ahead.")
    bucket_start: date = Field(examples=["2017-12-04"], description="First day of the bucket.")
    forecast: Numbers = Field(description="Under the plans asked about.")
    unchanged: Numbers = Field(description="Under the plans there are, computed in the same pass.")
    difference: float = Field(examples=[2.4], description="Mean under the plans asked about less the unchanged one.")
    published_difference: float = Field(examples=[2.5], description="The same of the published number.")


class WhatIfForecast(Schema):
    """What other plans would make of a series."""

    series_id: str = Field(examples=["1029743"], description="The series.")
    cycle: date = Field(examples=["2017-12-04"], description="Cutoff of the cycle.")
    bucket_weeks: int = Field(examples=[1], description="Length of a bucket in weeks.")
    horizon: int = Field(ge=1, examples=[4], description="The last lead returned.")
    method: str = Field(examples=["blend"], description="What computed it: `lstm`, or `blend` with boosting.")
    model_version: str = Field(examples=["2017-10-02+3f1c9ab01d2e"], description="Cycle of the model and its hash.")
    interval_method: str = Field(examples=["network"], description="How quantiles are made.")
    changed: list[str] = Field(
        examples=[["promo_display"]], description="Channels of the model that differ from what is planned."
    )
    leads: list[WhatIfLead] = Field(description="Ascending.")
    difference: float = Field(examples=[2.4], description="Sum of the differences of the leads returned, units.")


QUESTION = {"series_id": "1029743", "promotions": {"display": {"2017-12-04": 1.0}}, "horizon": 1}
NUMBERS = {
    "mean": 7.1,
    "median": 6.0,
    "published": 7.3,
    "intervals": [{"level": 80, "lower": 3.0, "upper": 11.5, "basis": "published"}],
    "quantiles": [],
}
EXAMPLE = {
    "series_id": "1029743",
    "cycle": "2017-12-04",
    "bucket_weeks": 1,
    "horizon": 1,
    "method": "blend",
    "model_version": "2017-10-02+3f1c9ab01d2e",
    "interval_method": "network",
    "changed": ["promo_display"],
    "leads": [
        {
            "lead": 1,
            "bucket_start": "2017-12-04",
            "forecast": {**NUMBERS, "mean": 9.5, "median": 8.0, "published": 9.8},
            "unchanged": NUMBERS,
            "difference": 2.4,
            "published_difference": 2.5,
        }
    ],
    "difference": 2.4,
}
