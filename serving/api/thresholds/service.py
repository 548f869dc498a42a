"""Thresholds of the configuration. Does not belong here: HTTP (`endpoints.py`), which (`domain/thresholds.py`)."""

from __future__ import annotations

from serving.api.questions import Answer
from serving.desk import Desk


def thresholds(desk: Desk) -> Answer:
    """The answer of `Thresholds`; ConfigError where `demand.yaml` is missing or wrong."""
    from dp_assets.domain.thresholds import reference_of, thresholds

    found = [vars(one) for one in thresholds(desk.config)]
    return {"thresholds": found, "reference": reference_of(desk.config)}
