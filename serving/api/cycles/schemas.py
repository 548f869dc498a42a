"""What `/v1/cycles` answers."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import BaseModel, ConfigDict, Field


class Cycle(BaseModel):
    """The cycle being served."""

    model_config = ConfigDict(extra="forbid")

    cycle: date = Field(examples=["2017-12-04"], description="Cutoff: first day of the first forecast bucket.")
    bucket_weeks: int = Field(examples=[1], description="Length of a bucket in weeks.")
    horizon: int = Field(examples=[4], description="Leads forecast.")
    leads: list[date] = Field(examples=[["2017-12-04", "2017-12-11"]], description="First day of each lead's bucket.")
    quantile_levels: list[float] = Field(examples=[[0.1, 0.5, 0.9]], description="Published quantile levels.")
    interval_levels: list[int] = Field(
        examples=[[50, 80, 95]], description="Interval levels answered by default, in percent."
    )
    key: list[str] = Field(examples=[["sku"]], description="Columns that identify a series.")
    series: int = Field(description="Series forecast.")
    skus: int = Field(description="SKUs forecast.")
    champion: date | None = Field(
        examples=["2017-10-02"],
        description="Cycle of the model behind the network's forecasts; null when only fallbacks made them.",
    )
    methods: dict[str, int] = Field(examples=[{"blend": 9000}], description="Series per method.")
    model_versions: dict[str, int] = Field(description="Series per model version.")
    bundle: str = Field(description="Content hash of the bundle.")
    loaded_at: datetime = Field(description="Since when it is served.")


EXAMPLE = {
    "cycle": "2017-12-04",
    "bucket_weeks": 1,
    "horizon": 2,
    "leads": ["2017-12-04", "2017-12-11"],
    "quantile_levels": [0.1, 0.5, 0.9],
    "interval_levels": [80],
    "key": ["sku"],
    "series": 240,
    "skus": 240,
    "champion": "2017-10-02",
    "methods": {"blend": 200, "croston": 40},
    "model_versions": {"2017-10-02+3f1c9ab01d2e": 200, "statsforecast": 40},
    "bundle": "3f1c9a01",
    "loaded_at": "2017-12-04T06:00:00Z",
}
