"""What `/v1/forecast` answers. Belongs here: shapes and their meaning. Does not belong here: how they are filled."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from serving.api.schemas import ForecastQuestion, Interval, MomentQuery, Quantile, Schema


class ForecastQuery(ForecastQuestion):
    """What may be asked of a forecast."""

    compute: bool = Field(
        False,
        description=(
            "Run the network now, on CPU, instead of reading the batch's numbers. It agrees with the batch "
            "to 1e-5. It answers for the series that the network forecasts; the others come from the batch, "
            "with `computed: false`."
        ),
    )


class ManySkus(MomentQuery):
    """The same question about many SKUs."""

    skus: list[str] = Field(
        min_length=1,
        max_length=1000,
        examples=[["1029743", "1106523"]],
        description="SKUs, answered in this order; one that stands twice is answered once.",
    )
    horizon: int | None = Field(None, examples=[4], description="Leads to return; all when left out.")
    leads: list[int] | None = Field(
        None,
        min_length=1,
        max_length=1000,
        examples=[[1, 4]],
        description="Leads to return instead of `horizon`; answered in ascending order.",
    )
    levels: list[int] | None = Field(
        None,
        min_length=1,
        examples=[[50, 80]],
        description="Interval levels in percent; the configuration's if left out.",
    )
    quantiles: list[float] = Field(
        default_factory=list, examples=[[0.1, 0.9]], description="Quantile levels, above 0 and below 1."
    )


class Override(Schema):
    """What a planner did to a number."""

    user: str = Field(examples=["ann"], description="Who.")
    reason_code: str = Field(examples=["launch"], description="Why.")
    quantity: float | None = Field(
        ge=0,
        examples=[40.0],
        description="Number set for the series itself, units per bucket; null where a number set further up moved it.",
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
    overridden: bool = Field(examples=[False], description="Whether a planner's number made `published` what it is.")
    override: Override | None = Field(description="Who overrode it and why; null where nobody did.")
    naive: float = Field(
        ge=0, examples=[5.9], description="Mean of the last 8 buckets, for comparison, units per bucket."
    )
    intervals: list[Interval] = Field(description="One per level asked for, in that order.")
    quantiles: list[Quantile] = Field(
        description="One per quantile level asked for, in that order; none unless asked for."
    )
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
    """The forecast of leads 1 to `horizon` together: demand until then, with an uncertainty of its own."""

    mean: float = Field(ge=0, examples=[28.4], description="Mean of the sum over the leads, units.")
    median: float = Field(ge=0, examples=[27.0], description="Median of the sum over the leads, units.")
    intervals: list[Interval] = Field(
        description=(
            "One per level asked for, in that order; ends are units over all leads. They come from errors of such "
            "totals, not from sums of the leads' intervals, which would be too wide."
        )
    )
    quantiles: list[Quantile] = Field(description="One per quantile level asked for; units over all leads.")


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
    leads: list[LeadForecast] = Field(description="Leads 1 to `horizon`, or those asked for, ascending.")
    total: TotalForecast | None = Field(
        description=(
            "Leads 1 to `horizon` together, before reconciliation, from the batch; null when no model has errors of "
            "totals yet, when the forecast was computed for this request, and when leads before the last one were "
            "left out."
        )
    )


class SkuForecast(Schema):
    """The forecasts of every series of a SKU."""

    sku: str = Field(examples=["1029743"], description="The SKU asked for.")
    cycle: date = Field(
        examples=["2017-12-04"], description="Cutoff of the cycle: first day of the first forecast bucket."
    )
    bucket_weeks: int = Field(examples=[1], description="Length of a bucket in weeks.")
    horizon: int = Field(ge=1, examples=[4], description="The last lead returned.")
    series: list[SeriesForecast] = Field(description="One per series of the SKU, by series_id.")


class SkuForecasts(Schema):
    """The forecasts of many SKUs."""

    cycle: date = Field(examples=["2017-12-04"], description="Cutoff of the cycle.")
    bucket_weeks: int = Field(examples=[1], description="Length of a bucket in weeks.")
    horizon: int = Field(ge=1, examples=[4], description="The last lead returned.")
    forecasts: list[SkuForecast] = Field(description="One per SKU found, in the order asked for.")
    unknown: list[str] = Field(examples=[["0000000"]], description="SKUs without a forecast, in the order asked for.")


LEAD_EXAMPLE = {
    "lead": 1,
    "bucket_start": "2017-12-04",
    "mean": 7.1,
    "median": 6.0,
    "published": 40.0,
    "overridden": True,
    "override": {"user": "ann", "reason_code": "launch", "quantity": 40.0},
    "naive": 5.9,
    "intervals": [{"level": 80, "lower": 3.0, "upper": 11.5, "basis": "published"}],
    "quantiles": [{"level": 0.9, "value": 11.5, "basis": "published"}],
    "method": "blend",
    "model_version": "2017-10-02+3f1c9ab01d2e",
    "receipt": "9c1f",
}
TOTAL_EXAMPLE = {name: LEAD_EXAMPLE[name] for name in ("mean", "median", "intervals", "quantiles")}
SERIES_EXAMPLE = {
    "series_id": "1029743",
    "key": {"sku": "1029743"},
    "computed": False,
    "leads": [LEAD_EXAMPLE],
    "total": TOTAL_EXAMPLE,
}
EXAMPLE = {
    "sku": "1029743",
    "cycle": "2017-12-04",
    "bucket_weeks": 1,
    "horizon": 1,
    "series": [SERIES_EXAMPLE],
}
MANY_EXAMPLE = {
    "cycle": "2017-12-04",
    "bucket_weeks": 1,
    "horizon": 1,
    "forecasts": [EXAMPLE],
    "unknown": ["0000000"],
}
MANY_QUESTION = {"skus": ["1029743", "0000000"], "horizon": 1, "levels": [80], "quantiles": [0.9]}
