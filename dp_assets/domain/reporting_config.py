"""How forecasts are summed over time and in which units of measure, as `demand.yaml` describes it.

Belongs here: the section `reporting`. Does not belong here: the periods that follow from it (`periods.py`), units of
measure (`reporting_units.py`).
"""

from __future__ import annotations

from datetime import date
from typing import Any, Literal, Self

from pydantic import PrivateAttr, SerializerFunctionWrapHandler, field_validator, model_serializer, model_validator

from dp_assets.domain.config_section import MisplacedValueError, Section
from dp_assets.domain.errors import ConfigError
from dp_assets.domain.reporting_units import ReportingUnits

CALENDARS = ("calendar_months", "4-4-5", "4-5-4", "5-4-4")


class CalendarConfig(Section):
    kind: Literal["calendar_months", "4-4-5", "4-5-4", "5-4-4"] = "calendar_months"
    """`calendar_months`, whose buckets are split by days; or fiscal months of whole weeks, in a pattern per quarter.
    A fiscal year of 53 weeks gives the last month one more."""
    fiscal_year_start: str = "01-01"
    """Month and day, `MM-DD`, on which the year of the calendar begins. Fiscal months of weeks begin on the first day
    of a bucket nearest to it; quarters of calendar months need the first of a month. A year is named by its first
    day's."""

    @field_validator("fiscal_year_start")
    @classmethod
    def _is_a_day_of_every_year(cls, value: str) -> str:
        try:
            date.fromisoformat(f"2017-{value}")
        except ValueError:
            raise ValueError(f"expected a month and a day as MM-DD, such as 02-01, got {value!r}") from None
        return value

    @model_validator(mode="after")
    def _months_begin_on_the_first(self) -> Self:
        if self.kind == "calendar_months" and not self.fiscal_year_start.endswith("-01"):
            message = f"calendar_months need the first of a month, MM-01, got {self.fiscal_year_start!r}"
            raise MisplacedValueError(message, "fiscal_year_start")
        return self


class ReportingConfig(Section):
    spans_weeks: tuple[int, ...] = (4, 13)
    """Lengths of periods counted from the cutoff, in weeks; those that the horizon covers have rows."""
    calendar: CalendarConfig | None = None
    """Months and quarters of a calendar beside them; none when left out."""
    unit_table: str | None = None
    """CSV beside `demand.yaml` with the columns unit, factor and optionally sku: how many units of the business one
    unit of measure is, such as a case, for one SKU or any. Each becomes a column of `temporal_rollups`, such as
    `in_case`."""

    _units: ReportingUnits | None = PrivateAttr(None)

    @property
    def units(self) -> ReportingUnits | None:
        """The units of measure of its table; None where it names none.

        Raises:
            ConfigError: the table was not read with the configuration.
        """
        if self.unit_table is not None and self._units is None:
            raise ConfigError("the table reporting.unit_table was not read; load it with the configuration")
        return self._units

    def with_units(self, units: ReportingUnits) -> Self:
        """The same section with its table read."""
        copy = self.model_copy()
        copy._units = units
        return copy

    @model_serializer(mode="wrap")
    def _with_digest(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """The table is dumped as a hash of what it says, so that a change in it changes the dump."""
        dumped: dict[str, Any] = dump(self)
        return dumped if self._units is None else {**dumped, "table_digest": self._units.digest}

    @field_validator("spans_weeks")
    @classmethod
    def _spans_are_lengths(cls, spans: tuple[int, ...]) -> tuple[int, ...]:
        if any(span < 1 for span in spans):
            raise ValueError(f"expected lengths of at least one week, got {list(spans)}")
        return tuple(sorted(set(spans)))
