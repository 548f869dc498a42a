"""What every part of the typed configuration is made of.

Belongs here: the base of all sections, kinds of values that several of them use, and an error that knows its key.
Does not belong here: any section (`config.py`, `producer_config.py`, `filter_config.py`, `quality_config.py`).
"""

from __future__ import annotations

from typing import Annotated, Literal
from zoneinfo import available_timezones

from pydantic import BaseModel, ConfigDict, Field

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEKDAYS: tuple[Weekday, ...] = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
Slug = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


class MisplacedValueError(ValueError):
    """A ValueError of a section that knows which key inside the section it is about; messages then name its line."""

    def __init__(self, message: str, *path: str | int) -> None:
        super().__init__(message)
        self.path = path


def check_time_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(f"expected an IANA time zone such as Europe/Rome, got {name!r}")
    return name


class Section(BaseModel):
    """Base of every part: frozen, and an unknown key is an error rather than a silent no-op."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)
