"""Thresholds of the configuration. Does not belong here: HTTP (`endpoints.py`), which (`domain/thresholds.py`)."""

from __future__ import annotations

from serving.api.questions import Answer
from serving.desk import Desk


def thresholds(desk: Desk) -> Answer:
    """The answer of `Thresholds`; ConfigError where `demand.yaml` is missing or wrong."""
    from dp_assets.domain.thresholds import thresholds

    return {"thresholds": [vars(one) for one in thresholds(desk.config)]}
