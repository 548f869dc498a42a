"""What `/v1/forecast` answers. Belongs here: shapes and their meaning. Does not belong here: how they are filled."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Schema(BaseModel):
    """Base of every answer: exactly these fields."""

    model_config = ConfigDict(extra="forbid")


class ForecastQuery(Schema):
    """What may be asked of a forecast."""

    horizon: int | None = Field(
        None, examples=[4], description="Leads to return, from 1 to the horizon of the cycle; all when left out."
    )
    levels: str | None = Field(
        None,
        examples=["50,80,95"],
        description=(
            "Central interval levels in percent, whole numbers from 1 to 99 separated by commas; those of "
            "the configuration when left out. A level that is not published is interpolated from those that "
            "are (see `basis`)."
        ),
    )
    compute: bool = Field(
        False,
        description=(
            "Run the network now, on CPU, instead of reading the batch's numbers. It agrees with the batch "
            "to 1e-5. It answers for the series that the network forecasts; the others come from the batch, "
            "with `computed: false`."
        ),
    )


class Interval(Schema):
    """A central prediction interval."""

    level: int = Field(ge=1, le=99, examples=[80], description="Share of outcomes expected inside, in percent.")
    lower: float = Field(ge=0, examples=[3.0], description="Lower end, units per bucket.")
    upper: float = Field(ge=0, examples=[11.5], description="Upper end, units per bucket.")
    basis: Literal["published", "interpolated", "extrapolated"] = Field(
        description=(
            "`published`: both ends are published quantiles; `interpolated`: between them, linear in the "
            "normal score of the quantile level; `extrapolated`: an end lies beyond the outermost published "
            "one, on the slope of the last two."
        )
    )


class LeadForecast(Schema):
    """The forecast of one bucket of one series."""

    lead: int = Field(ge=1, examples=[1], description="Buckets ahead; 1 is the first bucket of the cycle.")
    bucket_start: date = Field(examples=["2017-12-04"], description="First day of the bucket.")
    mean: float = Field(ge=0, examples=[7.1], description="Mean, units per bucket; it adds up over series and buckets.")
    median: float = Field(ge=0, examples=[6.0], description="Median, units per bucket; best where single errors count.")
    published: float = Field(
        ge=0,
        examples=[7.3],
        description="The number of record: the mean after reconciliation and planners' overrides, units per bucket.",
    )
    naive: float = Field(
        ge=0, examples=[5.9], description="Mean of the last 8 buckets, for comparison, units per bucket."
    )
    intervals: list[Interval] = Field(description="One per level asked for, in that order.")
    method: str = Field(
        examples=["blend"],
        description="`lstm`, `blend` (with boosting), or the fallback that made it.",
    )
    model_version: str = Field(
        examples=["2017-10-02+3f1c9ab01d2e"],
        description="Cycle of the model and the hash of its weights; the library for fallbacks.",
    )
    receipt: str = Field(
        examples=["9c1f"], description="Hash over inputs, model, configuration and code of the batch run that made it."
    )


class TotalForecast(Schema):
    """The forecast of all leads answered, together: demand until then, with an uncertainty of its own."""

    mean: float = Field(ge=0, examples=[28.4], description="Mean of the sum over the leads, units.")
    median: float = Field(ge=0, examples=[27.0], description="Median of the sum over the leads, units.")
    intervals: list[Interval] = Field(
        description=(
            "One per level asked for, in that order; ends are units over all leads. They come from errors of such "
            "totals, not from sums of the leads' intervals, which would be too wide."
        )
    )


class SeriesForecast(Schema):
    """The forecast of one series."""

    series_id: str = Field(examples=["1029743"], description="The key columns joined by `|`.")
    key: dict[str, str] = Field(examples=[{"sku": "1029743"}], description="The key columns.")
    computed: bool = Field(
        description=(
            "True when mean, median and intervals were computed for this request; false when they were read "
            "from the batch."
        )
    )
    leads: list[LeadForecast] = Field(description="Leads 1 to `horizon`.")
    total: TotalForecast | None = Field(
        description=(
            "Leads 1 to `horizon` together, before reconciliation, from the batch; null when no model has errors of "
            "totals yet, and when the forecast was computed for this request."
        )
    )


class SkuForecast(Schema):
    """The forecasts of every series of a SKU."""

    sku: str = Field(examples=["1029743"], description="The SKU asked for.")
    cycle: date = Field(
        examples=["2017-12-04"], description="Cutoff of the cycle: first day of the first forecast bucket."
    )
    bucket_weeks: int = Field(examples=[1], description="Length of a bucket in weeks.")
    horizon: int = Field(ge=1, examples=[4], description="Leads returned.")
    series: list[SeriesForecast] = Field(description="One per series of the SKU, by series_id.")
