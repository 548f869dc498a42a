"""How bad an alert is.

Belongs here: the severities and their order. Does not belong here: which alert has which (`alerts.py`), who is told of
which (`alert_config.py`).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

SeverityName = Literal["warning", "error", "critical"]


class Severity(StrEnum):
    """How bad it is, the least first."""

    WARNING = "warning"
    ERROR = "error"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """Place from the least, 0."""
        return list(Severity).index(self)
