"""calendar: phases from the day of the year, holidays, and the rule of two periods."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pytest

from dp_assets.domain.calendar import (
    calendar_channels,
    event_channels,
    known_events,
    left_out_of_network,
    place_channels,
    year_phase,
)
from dp_assets.domain.errors import ConfigError
from tests.domain.feature_inputs import event, events, moment
from tests.factories import MONDAY, make_config


def mondays(first: date, count: int, weeks: int = 1) -> npt.NDArray[np.datetime64]:
    return np.array([first + timedelta(weeks=weeks * number) for number in range(count)], dtype="datetime64[D]")


def test_the_phase_is_that_of_the_middle_of_the_bucket_in_its_own_year() -> None:
    starts = mondays(date(2019, 12, 23), 2)
    thursdays = [date(2019, 12, 26), date(2020, 1, 2)]
    expected = [(thursdays[0] - date(2019, 1, 1)).days + 0.5, (thursdays[1] - date(2020, 1, 1)).days + 0.5]
    assert year_phase(starts, 1) == pytest.approx([expected[0] / 365, expected[1] / 366])


def test_a_year_of_53_iso_weeks_keeps_its_season_in_place() -> None:
    """2020 has 53 ISO weeks; counted in weeks of 52, every date after it would be off by one week."""
    assert date(2020, 12, 28).isocalendar().week == 53
    starts = mondays(date(2016, 1, 4), 8 * 53)
    values, names = calendar_channels(starts, make_config())
    sine, cosine = values[:, names.index("yearly_sin")], values[:, names.index("yearly_cos")]
    phase = np.arctan2(sine, cosine) / (2 * np.pi) % 1
    step = np.diff(phase) % 1
    assert step.min() > 0.0190
    assert step.max() < 0.0193
    midsummer = [int(np.argmin(np.abs(starts - np.datetime64(f"{year}-07-01")))) for year in range(2016, 2024)]
    assert np.ptp(phase[midsummer]) <= 7 / 365


@pytest.mark.parametrize("weeks", [1, 2, 4])
def test_every_seasonality_turns_as_often_as_it_says(weeks: int) -> None:
    turns = {"yearly": 1, "half_yearly": 2, "quarterly": 4, "monthly": 12}
    config = make_config(features={"seasonalities": list(turns)}, bucket={"weeks": weeks}, horizon_weeks=4)
    starts = np.arange(np.datetime64("2019-01-01"), np.datetime64("2020-01-01"))
    values, names = calendar_channels(starts, config)
    assert names == tuple(f"{name}_{part}" for name in turns for part in ("sin", "cos"))
    assert values.shape == (365, 8)
    for number, count in enumerate(turns.values()):
        angle = np.unwrap(np.arctan2(values[:, 2 * number], values[:, 2 * number + 1]))
        assert (angle[-1] - angle[0]) / (2 * np.pi) == pytest.approx(count * 364 / 365, rel=1e-4)


def test_holidays_are_flagged_and_counted_down_to_the_last_lead_and_beyond() -> None:
    config = make_config(features={"seasonalities": [], "holidays": "IT"})
    starts = mondays(date(2017, 12, 11), 4)
    values, names = calendar_channels(starts, config)
    assert names == ("holiday", "days_until_holiday")
    assert values.tolist() == [[0, 14], [0, 7], [1, 0], [1, 0]]
    values, _ = calendar_channels(mondays(date(2017, 12, 27), 1), config)
    assert values.tolist() == [[1, 5]]


def test_a_longer_bucket_looks_at_all_its_days() -> None:
    config = make_config(features={"seasonalities": [], "holidays": "IT"}, bucket={"weeks": 4}, horizon_weeks=4)
    assert calendar_channels(mondays(date(2017, 12, 4), 1), config)[0].tolist() == [[1, 4]]


def test_a_subdivision_has_holidays_of_its_own() -> None:
    starts = mondays(date(2017, 10, 2), 3)
    country, region = (
        calendar_channels(starts, make_config(features={"seasonalities": [], "holidays": code}))[0][:, 0].tolist()
        for code in ("DE", "DE-BY")
    )
    assert country == region == [1, 0, 0]
    starts = mondays(date(2017, 8, 14), 1)
    assert [
        calendar_channels(starts, make_config(features={"seasonalities": [], "holidays": code}))[0][0, 0]
        for code in ("DE", "DE-SL")
    ] == [0, 1]


PLACES = pl.DataFrame(
    {
        "series_id": ["a|m", "a|r", "b|m", "b|x"],
        "sku": ["a", "a", "b", "b"],
        "location": ["m", "r", "m", "x"],
        "country": ["DE-BY", "IT", "DE-BY", None],
    }
)


def placed(lines: list[dict[str, Any]], starts: npt.NDArray[np.datetime64], **features: Any) -> dict[str, Any]:
    """Channel → (series, buckets)."""
    config = make_config(series_key=["sku", "location"], features={"seasonalities": [], **features})
    values, names = place_channels(known_events(events(lines), moment(MONDAY)), PLACES, starts, config)
    return {name: values[:, :, number].tolist() for number, name in enumerate(names)}


def test_each_place_has_the_holidays_of_its_calendar_and_places_without_one_those_of_all() -> None:
    starts = mondays(date(2017, 8, 7), 2)  # Assumption Day, the 15th: a holiday in Italy and parts of Germany
    by = {"level": "location", "calendars": {"m": "DE", "r": "IT"}}
    found = placed([], starts, holidays="US", holidays_by=by)
    assert found["holiday"] == [[0, 0], [0, 1], [0, 0], [0, 0]]
    assert found["days_until_holiday"] == [[57, 50], [8, 1], [57, 50], [28, 21]]
    nowhere = placed([], starts, holidays_by=by)
    assert nowhere["days_until_holiday"][3] == [366, 366]
    config = make_config(series_key=["sku", "location"], features={"holidays": "US", "holidays_by": by})
    assert calendar_channels(starts, config)[1] == ("yearly_sin", "yearly_cos")


def test_an_event_of_a_group_happens_to_its_series_and_lines_without_a_group_to_all() -> None:
    starts = np.array([MONDAY + timedelta(weeks=week) for week in range(3)], dtype="datetime64[D]")
    lines = [
        event("School holidays", MONDAY, MONDAY + timedelta(days=6), level="country", member="DE-BY"),
        event("School holidays", MONDAY + timedelta(days=7), MONDAY + timedelta(days=13), level="location", member="r"),
        event("School holidays", MONDAY + timedelta(days=14), MONDAY + timedelta(days=20)),
        event("carnival", MONDAY),
    ]
    found = placed(lines, starts)
    assert set(found) == {f"{kind}event_school_holidays" for kind in ("", "before_", "after_")}
    assert found["event_school_holidays"] == [[1, 0, 1], [0, 1, 1], [1, 0, 1], [0, 0, 1]]
    assert found["before_event_school_holidays"][3] == [0.5, 0.75, 0]
    assert found["after_event_school_holidays"][0] == pytest.approx([0, 1 - 1 / 28, 0])
    shared = event_channels(known_events(events(lines), moment(MONDAY)), starts, 1)
    assert shared[1] == ("event_carnival", "before_event_carnival", "after_event_carnival")


@pytest.mark.parametrize("code", ["XX", "US-NOWHERE"])
def test_an_unknown_holiday_calendar_is_a_configuration_error(code: str) -> None:
    with pytest.raises(ConfigError, match=rf"features.holidays: expected an ISO country code.*got '{code}'"):
        calendar_channels(mondays(date(2017, 1, 2), 3), make_config(features={"holidays": code}))


@pytest.mark.parametrize(
    ("history", "weeks", "kept"),
    [
        (8, 1, set()),
        (9, 1, {"monthly"}),
        (26, 1, {"monthly", "quarterly"}),
        (52, 1, {"monthly", "quarterly", "half_yearly"}),
        (103, 1, {"monthly", "quarterly", "half_yearly"}),
        (104, 1, {"monthly", "quarterly", "half_yearly", "yearly"}),
        (26, 4, {"monthly", "quarterly", "half_yearly", "yearly"}),
    ],
)
def test_a_season_needs_two_whole_periods_of_history_to_enter_a_network(
    history: int, weeks: int, kept: set[str]
) -> None:
    seasons = ("yearly", "half_yearly", "quarterly", "monthly")
    names = (*(f"{name}_{part}" for name in seasons for part in ("sin", "cos")), "holiday", "days_until_holiday")
    left_out = left_out_of_network(np.zeros((history, len(names)), np.float32), names, weeks)
    assert {name for name in seasons if f"{name}_sin" not in left_out and f"{name}_cos" not in left_out} == kept
    assert not {"holiday", "days_until_holiday"} & set(left_out)
    if "yearly_sin" in left_out:
        assert left_out["yearly_sin"] == f"{history * weeks} weeks of history, needs 2 periods of 52 weeks"


def event_weeks(lines: list[dict[str, Any]], weeks: int = 8, bucket_weeks: int = 1) -> dict[str, list[float]]:
    starts = np.array([MONDAY + timedelta(weeks=week * bucket_weeks) for week in range(weeks)], dtype="datetime64[D]")
    values, names = event_channels(known_events(events(lines), moment(MONDAY)), starts, bucket_weeks)
    return {name: [round(float(one), 4) for one in values[:, number]] for number, name in enumerate(names)}


def test_an_event_covers_a_bucket_by_its_days_and_shows_four_weeks_before() -> None:
    found = event_weeks([event("School holidays", MONDAY + timedelta(days=40), MONDAY + timedelta(days=43))])
    assert found["event_school_holidays"] == [0, 0, 0, 0, 0, round(2 / 7, 4), round(2 / 7, 4), 0]
    assert found["after_event_school_holidays"] == [0, 0, 0, 0, 0, 0, 0, round(1 - 6 / 28, 4)]
    assert found["before_event_school_holidays"] == [
        0,
        0,
        round(1 - 26 / 28, 4),
        *(round(1 - n / 28, 4) for n in (19, 12)),
        0,
        0,
        0,
    ]


def test_a_moving_feast_is_one_channel_whatever_its_date_and_overlaps_count_once() -> None:
    found = event_weeks(
        [event("carnival", MONDAY, MONDAY + timedelta(days=6)), event("Carnival!", MONDAY + timedelta(days=3))]
    )
    assert list(found) == ["event_carnival", "before_event_carnival", "after_event_carnival"]
    assert found["event_carnival"][0] == 1


def test_an_event_behind_the_last_lead_shows_its_approach() -> None:
    found = event_weeks([event("opening", MONDAY + timedelta(weeks=9))])
    assert found["event_opening"] == [0] * 8
    assert found["before_event_opening"] == [0, 0, 0, 0, 0, 0, 0.25, 0.5]


def test_events_far_from_the_panel_have_no_channel() -> None:
    assert (
        event_weeks([event("jubilee", MONDAY - timedelta(days=28)), event("fair", MONDAY + timedelta(weeks=40))]) == {}
    )


def test_an_event_without_end_in_sight_covers_everything() -> None:
    assert event_weeks([event("works", date(2000, 1, 1), date(9999, 12, 31))])["event_works"] == [1] * 8


def test_an_event_that_never_happened_within_history_stays_out_of_a_network() -> None:
    names = ("event_fair", "before_event_fair", "event_carnival")
    values = np.array([[0, 0, 0], [0, 0.5, 1]], dtype=np.float32)
    assert left_out_of_network(values, names, 1) == {"event_fair": "no such event within history"}
