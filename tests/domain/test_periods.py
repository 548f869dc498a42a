from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from dp_assets.domain.errors import ConfigError
from dp_assets.domain.periods import Period, periods, shares, year_start
from dp_assets.domain.reporting_config import CalendarConfig
from tests.factories import make_config


def named(kind: str, cutoff: date, horizon: int, start: str = "01-01", **config: object) -> list[Period]:
    reporting = {"spans_weeks": [], "calendar": {"kind": kind, "fiscal_year_start": start}}
    return periods(make_config(reporting=reporting, **config), cutoff, horizon)


def test_spans_are_counted_from_the_cutoff_and_end_within_the_horizon() -> None:
    found = periods(make_config(), date(2017, 10, 2), 13)
    assert [(one.kind, one.name, (one.end - one.first).days) for one in found] == [
        ("4_weeks", "2017-10-02", 28),
        ("4_weeks", "2017-10-30", 28),
        ("4_weeks", "2017-11-27", 28),
        ("13_weeks", "2017-10-02", 91),
    ]
    assert [one.kind for one in periods(make_config(), date(2017, 10, 2), 12)] == ["4_weeks"] * 3


def test_calendar_months_have_their_own_lengths_and_may_have_begun_before_the_cutoff() -> None:
    found = named("calendar_months", date(2017, 10, 16), 13)
    assert [(one.name, one.first, one.end) for one in found] == [
        ("2017-M10", date(2017, 10, 1), date(2017, 11, 1)),
        ("2017-M11", date(2017, 11, 1), date(2017, 12, 1)),
        ("2017-M12", date(2017, 12, 1), date(2018, 1, 1)),
        ("2017-Q4", date(2017, 10, 1), date(2018, 1, 1)),
    ]


def test_a_fiscal_year_is_named_by_its_first_day() -> None:
    found = named("calendar_months", date(2018, 1, 1), 13, start="10-01")
    assert [one.name for one in found] == ["2017-M04", "2017-M05", "2017-M06", "2017-Q2"]


@pytest.mark.parametrize("kind", ["4-4-5", "4-5-4", "5-4-4"])
def test_fiscal_months_are_whole_weeks_without_gaps_and_quarters_are_three_of_them(kind: str) -> None:
    calendar = CalendarConfig(kind=kind, fiscal_year_start="02-01")  # type: ignore[arg-type]
    lengths = set()
    for year in range(2010, 2030):
        first, after = (year_start(calendar, each, 0) for each in (year, year + 1))
        assert first.weekday() == 0
        assert abs((first - date(year, 2, 1)).days) <= 3
        found = [one for one in named(kind, first, 54, start="02-01") if one.name.startswith(str(year))]
        months = [one for one in found if one.kind == "month"]
        assert [one.first for one in months] == [first, *(one.end for one in months[:-1])]
        assert months[-1].end == after
        weeks = [(one.end - one.first).days // 7 for one in months]
        assert weeks[:11] == ([int(part) for part in kind.split("-")] * 4)[:11]
        lengths.add(sum(weeks))
        quarters = [one for one in found if one.kind == "quarter"]
        assert [(one.first, one.end) for one in quarters] == [
            (months[at].first, months[at + 2].end) for at in range(0, 12, 3)
        ]
    assert lengths == {52, 53}


def test_buckets_are_split_by_days_and_every_day_counts_once() -> None:
    cutoff = date(2017, 10, 2)
    starts = np.array([cutoff + timedelta(weeks=week) for week in range(-52, 40)], "datetime64[D]")
    months = [one for one in named("calendar_months", cutoff, 40) if one.kind == "month"]
    found = shares(months, starts, 1)
    days = [[(start + day).item() for day in range(7)] for start in starts]
    slow = [[sum(one.first <= day < one.end for day in week) / 7 for week in days] for one in months]
    assert np.allclose(found, slow, atol=1e-15)
    assert np.allclose(found.sum(axis=1) * 7, [(one.end - one.first).days for one in months])
    whole = [week for week, day in enumerate(starts) if months[0].first <= day.item() < months[-1].end - timedelta(6)]
    assert np.allclose(found[:, whole].sum(axis=0), 1)


def test_buckets_of_four_weeks_are_split_as_well() -> None:
    starts = np.array(["2017-10-02", "2017-10-30"], "datetime64[D]")
    assert shares([Period("month", "x", date(2017, 10, 16), date(2017, 11, 6))], starts, 4).tolist() == [[0.5, 0.25]]


@pytest.mark.parametrize(
    ("calendar", "message"),
    [
        ({"fiscal_year_start": "13-01"}, "MM-DD"),
        ({"fiscal_year_start": "02-29"}, "MM-DD"),
        ({"fiscal_year_start": "02-15"}, "first of a month"),
    ],
)
def test_a_start_that_is_no_day_of_every_year_is_refused(calendar: dict[str, str], message: str) -> None:
    with pytest.raises((ConfigError, ValueError), match=message):
        make_config(reporting={"calendar": calendar})


def test_a_span_of_no_weeks_is_refused() -> None:
    with pytest.raises((ConfigError, ValueError), match="at least one week"):
        make_config(reporting={"spans_weeks": [0]})
