"""The time grid and the leak rule."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dp_assets.domain.buckets import BucketGrid
from dp_assets.domain.errors import ConfigError, NotEnoughHistoryError

grids = st.builds(
    BucketGrid,
    first=st.just(date(2016, 1, 4)),
    weeks=st.sampled_from([1, 2, 4]),
    zone=st.sampled_from([ZoneInfo("UTC"), ZoneInfo("America/New_York"), ZoneInfo("Pacific/Auckland")]),
)
days = st.dates(date(2016, 1, 4), date(2026, 12, 31))


@given(grids, days)
def test_every_day_lies_in_exactly_one_bucket(grid: BucketGrid, day: date) -> None:
    start = grid.start_of(day)
    assert start <= day < start + grid.step
    assert grid.start_at(grid.index_of(day)) == start == grid.parse(start.isoformat())


@given(grids, days)
def test_what_is_known_at_a_cutoff_includes_the_grace_and_nothing_more(grid: BucketGrid, day: date) -> None:
    cutoff = grid.start_of(day)
    assert grid.known_at(cutoff) - grid.midnight(cutoff) == timedelta(days=1)
    assert grid.newest_cutoff(grid.known_at(cutoff)) == cutoff
    assert grid.newest_cutoff(grid.known_at(cutoff) - timedelta(seconds=1)) == cutoff - grid.step


def test_midnight_follows_daylight_saving_of_the_business_zone() -> None:
    grid = BucketGrid(date(2017, 1, 2), 1, ZoneInfo("America/New_York"))
    assert grid.midnight(date(2017, 3, 6)) == datetime(2017, 3, 6, 5, tzinfo=UTC)
    assert grid.midnight(date(2017, 3, 13)) == datetime(2017, 3, 13, 4, tzinfo=UTC)


def test_a_key_that_is_no_bucket_start_is_refused_with_the_nearest_one() -> None:
    grid = BucketGrid(date(2017, 1, 2), 2, ZoneInfo("UTC"))
    with pytest.raises(ConfigError, match="nearest before it is 2017-01-02"):
        grid.parse("2017-01-09")


def test_lead_one_starts_on_the_cutoff() -> None:
    grid = BucketGrid(date(2017, 1, 2), 4, ZoneInfo("UTC"))
    assert grid.leads(date(2017, 1, 30), 2) == [date(2017, 1, 30), date(2017, 2, 27)]


def test_starts_leave_out_a_bucket_that_began_before_the_range() -> None:
    grid = BucketGrid(date(2017, 1, 2), 1, ZoneInfo("UTC"))
    assert list(grid.starts(date(2017, 1, 4), date(2017, 1, 23))) == [date(2017, 1, 9), date(2017, 1, 16)]


def test_a_cycle_that_has_not_begun_is_refused() -> None:
    grid = BucketGrid(date(2017, 1, 2), 2, ZoneInfo("UTC"))
    grid.refuse_unbegun(date(2017, 1, 16), datetime(2017, 1, 16, tzinfo=UTC))
    with pytest.raises(NotEnoughHistoryError, match="the newest one is 2017-01-02"):
        grid.refuse_unbegun(date(2017, 1, 16), datetime(2017, 1, 12, tzinfo=UTC))


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_the_first_and_the_last_day_there_are_have_a_beginning_in_any_zone(zone: str) -> None:
    grid = BucketGrid(date(2016, 1, 4), 1, ZoneInfo(zone))
    assert grid.midnight(date.min) < grid.midnight(date(2017, 1, 1)) < grid.midnight(date.max)
