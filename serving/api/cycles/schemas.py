"""What `/v1/cycles` answers."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import BaseModel, ConfigDict, Field


class Pinned(BaseModel):
    """Why something else than the newest bundle is served."""

    model_config = ConfigDict(extra="forbid")

    by: str = Field(description="Who rolled back.", examples=["ada"])
    at: datetime = Field(description="When.")
    reason: str = Field(description="Why, in their words.", examples=["prices of week 48 were wrong"])
    newest_cycle: date | None = Field(description="Cycle of the newest bundle, which is not served.")
    newest_bundle: str | None = Field(description="Content hash of the newest bundle.")


class KeptBundle(BaseModel):
    """A bundle that can be rolled back to."""

    model_config = ConfigDict(extra="forbid")

    cycle: date = Field(description="Its cycle.")
    bundle: str = Field(description="Its content hash.")
    written_at: datetime = Field(description="When it was written.")
    is_newest: bool = Field(description="Whether it is what its cycle has now, and not an earlier version of it.")
    is_served: bool = Field(description="Whether it is to be served now.")
    can_be_served: bool = Field(description="Whether this version of the API reads its format.")


class KeptBundles(BaseModel):
    """Bundles that are kept, the newest cycle first."""

    model_config = ConfigDict(extra="forbid")

    bundles: list[KeptBundle]


class Rollback(BaseModel):
    """Which bundle is to be served in place of the newest one."""

    model_config = ConfigDict(extra="forbid")

    to: str = Field(
        min_length=6,
        max_length=64,
        examples=["2017-11-27"],
        description="A cycle, or the first letters of a content hash.",
    )
    reason: str = Field(min_length=1, max_length=500, description="Why; told to whoever asks what is served.")


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
    pinned: Pinned | None = Field(description="Why it is served although it is not the newest; null where it is.")
    promotions: list[str] = Field(
        examples=[["display", "mailer"]],
        description="Kinds of promotion that the network reads: what scenarios and what-if can change.",
    )
    regressors: list[str] = Field(examples=[["temperature"]], description="Regressors whose future the network reads.")


PINNED_EXAMPLE = {
    "by": "ada",
    "at": "2017-12-05T09:12:00Z",
    "reason": "prices of week 49 were wrong",
    "newest_cycle": "2017-12-11",
    "newest_bundle": "77ab02c4",
}
KEPT_EXAMPLE = {
    "bundles": [
        {
            "cycle": "2017-12-04",
            "bundle": "3f1c9a01",
            "written_at": "2017-12-04T06:00:00Z",
            "is_newest": True,
            "is_served": True,
            "can_be_served": True,
        }
    ]
}
ROLLBACK_EXAMPLE = {"to": "2017-11-27", "reason": "prices of week 49 were wrong"}
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
    "pinned": PINNED_EXAMPLE,
    "promotions": ["display", "mailer"],
    "regressors": ["temperature"],
}
