"""When a model counts as outdated, as `demand.yaml` describes it.

Belongs here: the sections `thresholds` and `drift`. Does not belong here: what is measured (`drift.py`), which model is
the champion (`champion.py`).
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from dp_assets.domain.config_section import Section

Metric = Literal["wape", "mape", "smape", "rmsse"]
Kind = Literal["metric", "coverage", "channels", "attributes"]


class ThresholdConfig(Section):
    metric: Metric = "wape"
    """Metric the thresholds apply to. MAPE is over non-zero actuals."""
    retrain_increase: float = Field(0.15, gt=0)
    """Relative rise of the metric over the level at training that asks for a retraining."""
    retrain_above: float | None = Field(None, gt=0)
    """Metric above which a retraining is asked for whatever the level at training was, e.g. 0.15; none when left
    out."""
    category_alert: float = Field(0.20, gt=0)
    """Metric of a category above which an alert is raised."""


class DriftConfig(Section):
    retrain_on: tuple[Kind, ...] = ("metric", "coverage", "channels", "attributes")
    """Kinds of drift that ask for a retraining; the others are shown. With `[]` nothing asks."""
    window_weeks: int = Field(4, ge=1)
    """Weeks before the cutoff that are judged, of those since the champion was trained."""
    min_observations: int = Field(500, ge=1)
    """Values, or forecasts whose buckets have closed, below which nothing is judged."""
    coverage_below: float = Field(0.10, gt=0, lt=1)
    """How far the share of actuals inside an interval may fall below what it promises."""
    psi: float = Field(0.25, gt=0)
    """Population stability index of a channel or attribute from which on it has drifted."""
    ks: float = Field(0.25, gt=0, le=1)
    """Kolmogorov-Smirnov distance of a channel from which on it has drifted."""
    channels: float = Field(0.25, gt=0, le=1)
    """Share of the judged channels that must have drifted to ask for a retraining: of many, one or two always have."""
    unknown_share: float = Field(0.05, gt=0, le=1)
    """Rise of the share of series with a value that the champion does not know, per attribute."""
    cooldown_weeks: int = Field(4, ge=0)
    """Weeks after a training, won or lost, in which drift does not ask for another one."""
    challenger: Literal["must_win", "always"] = "must_win"
    """Whether a retrained model replaces the champion only if it wins on the cycles that the champion forecast."""
