"""Periods of time that buckets are summed to: spans from the cutoff, months and quarters of a calendar.

Belongs here: which periods there are, and what share of each bucket lies in them. Does not belong here: the sums
(`temporal.py`).

Fiscal months of weeks follow the retail calendar: a year begins on the buckets' weekday, on the day nearest to a fixed
date, so it has 52 weeks or 53; quarters have 13, in months of 4, 4 and 5 weeks (or 4-5-4, 5-4-4), and a 53rd week
belongs to the last month. A bucket in which a period ends is split by days, as if each of its days sold alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from dp_assets.domain.config import DemandConfig
from dp_assets.domain.config_section import WEEKDAYS
from dp_assets.domain.reporting_config import CalendarConfig

Matrix = npt.NDArray[np.float64]
WEEK = timedelta(weeks=1)


@dataclass(frozen=True)
class Period:
    """Days from `first` up to, but without, `end`.

    Attributes:
        kind: `4_weeks`, `month` or `quarter`.
        name: what people call it: its first day for a span, `2017-M05` or `2017-Q2` in a calendar.
        first, end: days.
    """

    kind: str
    name: str
    first: date
    end: date


def periods(config: DemandConfig, cutoff: date, horizon: int) -> list[Period]:
    """The periods that end within the horizon (in buckets) and not before the cutoff, by kind and day.

    Those of a calendar may have begun before the cutoff.
    """
    end = cutoff + horizon * config.bucket.weeks * WEEK
    found = []
    for weeks in config.reporting.spans_weeks:
        for number in range((end - cutoff) // (weeks * WEEK)):
            first = cutoff + number * weeks * WEEK
            found.append(Period(f"{weeks}_weeks", first.isoformat(), first, first + weeks * WEEK))
    if config.reporting.calendar is not None:
        weekday = WEEKDAYS.index(config.bucket.anchor_weekday)
        months = list(_months(config.reporting.calendar, weekday, cutoff, end))
        quarters = [_quarter(months[at : at + 3]) for at in range(0, len(months), 3)]
        found += [one for one in (*months, *quarters) if cutoff < one.end <= end]
    return found


def _months(calendar: CalendarConfig, weekday: int, cutoff: date, end: date) -> Iterator[Period]:
    """Whole years of months, from the year before the cutoff's to that of the end."""
    for year in range(cutoff.year - 1, end.year + 1):
        first, after = (year_start(calendar, each, weekday) for each in (year, year + 1))
        if calendar.kind == "calendar_months":
            starts = [_month_later(first, number) for number in range(12)]
        else:
            lengths = [int(weeks) for weeks in calendar.kind.split("-")] * 4
            starts = [first + sum(lengths[:number]) * WEEK for number in range(12)]
        for number, (begins, ends) in enumerate(zip(starts, [*starts[1:], after], strict=True), start=1):
            yield Period("month", f"{year}-M{number:02d}", begins, ends)


def _quarter(months: Sequence[Period]) -> Period:
    year, number = months[0].name.split("-M")
    return Period("quarter", f"{year}-Q{(int(number) + 2) // 3}", months[0].first, months[-1].end)


def _month_later(day: date, months: int) -> date:
    number = day.year * 12 + day.month - 1 + months
    return date(number // 12, number % 12 + 1, 1)


def year_start(calendar: CalendarConfig, year: int, weekday: int) -> date:
    """First day of a calendar's year: the date itself, or the day nearest to it that has the weekday (0 for Monday).

    >>> year_start(CalendarConfig(kind="4-4-5", fiscal_year_start="02-01"), 2017, 0)
    datetime.date(2017, 1, 30)
    """
    fixed = date.fromisoformat(f"{year}-{calendar.fiscal_year_start}")
    if calendar.kind == "calendar_months":
        return fixed
    later = timedelta(days=(weekday - fixed.weekday()) % 7)
    return fixed + later - (WEEK if later > timedelta(days=3) else timedelta(0))


def shares(found: Sequence[Period], starts: npt.NDArray[np.datetime64], bucket_weeks: int) -> Matrix:
    """(P, N) share of the days of each of N buckets that lies in each of P periods."""
    days = 7 * bucket_weeks
    begins = starts.astype("datetime64[D]").astype(np.int64)
    first = np.array([period.first for period in found], "datetime64[D]").astype(np.int64)[:, None]
    end = np.array([period.end for period in found], "datetime64[D]").astype(np.int64)[:, None]
    inside = np.minimum(begins + days, end) - np.maximum(begins, first)
    return np.asarray(np.clip(inside, 0, days) / days)
