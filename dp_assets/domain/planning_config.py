"""What planners and buyers act on, as `demand.yaml` describes it.

Belongs here: the sections `planning`, `classes`, `policies`, `replenishment`, `exceptions` and `reasons`. Does not
belong here: what follows from them (`planning.py`, `series_classes.py`, `policies.py`, `replenishment.py`,
`exceptions.py`, `reasons.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from dp_assets.domain.config_section import MisplacedValueError, Section

MODEL = "model"
"""As the method of a policy: the network, blended with boosting where that helps."""


class PlanningConfig(Section):
    reason_codes: tuple[str, ...] = (
        "promotion",
        "event",
        "price",
        "supply",
        "launch",
        "phase_out",
        "contract",
        "correction",
        "other",
    )
    """Reasons of which a planner gives one with every number; by them, what edits were worth is counted later."""
    approval: Literal["none", "review", "four_eyes"] = "none"
    """Whether numbers hold at once, or once they are approved; with `four_eyes` by somebody else than who proposed
    them."""


class ClassConfig(Section):
    abc_shares: tuple[float, float] = (0.8, 0.95)
    """Shares of revenue up to which series are A, and up to which they are B, biggest first; the rest are C."""
    xyz_limits: tuple[float, float] = (0.5, 1.0)
    """Variation (standard deviation ÷ mean of a bucket) up to which series are X, and up to which they are Y."""


class ReplenishmentConfig(Section):
    lead_time_weeks: int = Field(2, ge=1)
    """Weeks from order to delivery; at most the horizon."""
    service_levels: dict[Literal["A", "B", "C"], float] = Field({"A": 0.975, "B": 0.95, "C": 0.9})
    """Probability per ABC class that stock lasts until the delivery."""

    @field_validator("service_levels")
    @classmethod
    def _every_class_has_a_probability(cls, levels: dict[str, float]) -> dict[str, float]:
        if set(levels) != {"A", "B", "C"} or not all(0.5 <= level < 1 for level in levels.values()):
            raise ValueError(f"expected a service level between 0.5 and 1 for each of A, B and C, got {levels}")
        return levels


@dataclass(frozen=True)
class Thresholds:
    """What a series, or a node, is judged by; see the fields of `ExceptionConfig`."""

    change_share: float
    bias_buckets: int
    interval: int
    uncertain_share: float


class ThresholdOverrides(Section):
    """Thresholds of their own; what is left out is as for all series."""

    change_share: float | None = Field(None, gt=0)
    """Share by which a published total may differ from the last cycle's."""
    bias_buckets: int | None = Field(None, ge=2)
    """Buckets in a row in which numbers may err to the same side, less one."""
    interval: int | None = None
    """Interval in percent that a sale should lie in: one of `intervals.levels`."""
    uncertain_share: float | None = Field(None, gt=0)
    """Share of the forecast that the error to expect may have."""

    def over(self, usual: Thresholds) -> Thresholds:
        """These, and the usual ones where they say nothing."""
        return replace(usual, **{name: value for name, value in self if value is not None})


class ExceptionConfig(Section):
    change_share: float = Field(0.5, gt=0)
    """A series is on the worklist if its published total differs from the last cycle's by more than this share."""
    bias_buckets: int = Field(4, ge=2)
    """Or if its published numbers erred to the same side in so many buckets in a row."""
    interval: int | None = None
    """Or if the last bucket sold lies outside this interval, in percent: one of `intervals.levels`, the widest of them
    when left out."""
    uncertain_share: float = Field(1.5, gt=0)
    """Or if the error to expect over the horizon is more than this share of the forecast."""
    levels: dict[str, ThresholdOverrides] = Field({})
    """Levels of hierarchies whose nodes are judged, too, with thresholds of their own, e.g. `{department:
    {change_share: 0.1}}`."""
    most: int = Field(1000, ge=1)
    """Rows of the worklist at most, those with most money at stake."""


class PolicyConfig(Section):
    """What is decided for series of some classes; of several policies about a matter, the first one holds."""

    demand_class: tuple[Literal["smooth", "erratic", "intermittent", "lumpy"], ...] = ()
    """Demand classes of the series it is about; all when left out."""
    abc: tuple[Literal["A", "B", "C"], ...] = ()
    """ABC classes; all when left out."""
    xyz: tuple[Literal["X", "Y", "Z"], ...] = ()
    """XYZ classes; all when left out."""
    method: Literal["model", "naive", "imapa", "ses", "theta", "seasonal_naive", "seasonal_ses"] | None = None
    """What forecasts them where they have enough history for the model: `model`, or a statistical method; the champion
    of the leaderboard when left out."""
    service_level: float | None = Field(None, ge=0.5, lt=1)
    """Probability that stock lasts until the delivery; that of the ABC class when left out."""
    exceptions: ThresholdOverrides | None = None
    """Thresholds of the worklist."""

    @model_validator(mode="after")
    def _decides_something(self) -> Self:
        if self.method is None and self.service_level is None and self.exceptions is None:
            raise MisplacedValueError("expected a policy to decide a method, a service_level or exceptions", "method")
        return self


class ReasonConfig(Section):
    series: int = Field(200, ge=1)
    """Series whose drivers the job `explain` computes: those on the worklist, then those with most revenue."""
    orders: int = Field(4, ge=1)
    """Pairs of orders in which drivers are switched on; more of them cost more and change shares less."""
    swaps: int = Field(3, ge=1)
    """Times each driver's inputs are swapped between series, to see what the models would lose without it."""
