"""What planners and buyers act on, as `demand.yaml` describes it.

Belongs here: the sections `planning`, `classes`, `replenishment`, `exceptions` and `reasons`. Does not belong here:
what follows from them (`planning.py`, `series_classes.py`, `replenishment.py`, `exceptions.py`, `reasons.py`).
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from dp_assets.domain.config_section import Section


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


class ExceptionConfig(Section):
    change_share: float = Field(0.5, gt=0)
    """A series is on the worklist if its published total differs from the last cycle's by more than this share."""
    bias_buckets: int = Field(4, ge=2)
    """Or if its published numbers erred to the same side in so many buckets in a row."""
    interval: int | None = None
    """Or if the last bucket sold lies outside this interval, in percent: one of `intervals.levels`, the widest of them
    when left out."""
    most: int = Field(1000, ge=1)
    """Rows of the worklist at most, those with most money at stake."""


class ReasonConfig(Section):
    series: int = Field(200, ge=1)
    """Series whose drivers the job `explain` computes: those on the worklist, then those with most revenue."""
    orders: int = Field(4, ge=1)
    """Pairs of orders in which drivers are switched on; more of them cost more and change shares less."""
    swaps: int = Field(3, ge=1)
    """Times each driver's inputs are swapped between series, to see what the models would lose without it."""
