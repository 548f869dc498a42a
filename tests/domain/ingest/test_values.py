"""Values of every kind become unified types, or null."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dp_assets.domain.ingest import values as values_module
from dp_assets.domain.ingest.values import identifiers, labels, moments, numbers, texts, to_utc

NEW_YORK = "America/New_York"


def at(values: list[object] | pl.Series, date_format: str | None = None, zone: str = NEW_YORK) -> list[datetime]:
    series = values if isinstance(values, pl.Series) else pl.Series(values)
    return moments(series, date_format, zone, NEW_YORK).at.to_list()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (pl.Series([4711, None]), ["4711", None]),
        (pl.Series([4711.0, 0.5, float("nan")]), ["4711", "0.5", "NaN"]),
        (pl.Series([Decimal("12.00"), Decimal("7.50")]), ["12", "7.50"]),
        (pl.Series([" A 1 ", "", "  ", "004711"]), ["A 1", None, None, "004711"]),
        (pl.Series([True, None]), ["true", None]),
        (pl.Series(["x", "y"], dtype=pl.Categorical), ["x", "y"]),
        (pl.Series([None, None]), [None, None]),
        (pl.Series([], dtype=pl.String), []),
    ],
)
def test_anything_becomes_text_and_whole_numbers_lose_their_point(values: pl.Series, expected: list[object]) -> None:
    assert texts(values).to_list() == expected


def test_a_sku_that_a_tool_turned_into_a_float_is_an_integer_again() -> None:
    assert identifiers(pl.Series(["4711.0", "A.0", "12.50", "007"])).to_list() == ["4711", "A.0", "12.50", "007"]


@pytest.mark.parametrize(
    ("text", "decimal", "thousands", "expected"),
    [
        ("1234.5", ".", "", 1234.5),
        ("1,234.5", ".", ",", 1234.5),
        ("1.234,5", ",", ".", 1234.5),
        ("1'234", ".", "'", 1234.0),
        ("1 234,5", ",", " ", 1234.5),
        ("1\u202f234\u00a0567", ",", " ", 1234567.0),
        (" -7 ", ".", "", -7.0),
        ("+.5", ".", "", 0.5),
        ("5.", ".", "", 5.0),
        ("1e3", ".", "", 1000.0),
        ("1,234", ".", "", None),
        ("1,23", ".", ",", None),
        ("1.5", ",", "", None),
        ("1.234,5", ",", "", None),
        ("nan", ".", "", None),
        ("inf", ".", "", None),
        ("1e999", ".", "", None),
        ("12 pcs", ".", "", None),
        ("0x10", ".", "", None),
        ("", ".", "", None),
    ],
)
def test_text_is_a_number_in_full_or_none(text: str, decimal: str, thousands: str, expected: float | None) -> None:
    assert numbers(pl.Series([text]), decimal, thousands).to_list() == [expected]


@given(st.floats(-1e9, 1e9, width=32), st.sampled_from([(".", ","), (",", "."), (",", " ")]))
def test_a_formatted_number_is_read_back(value: float, marks: tuple[str, str]) -> None:
    decimal, thousands = marks
    text = f"{value:,.3f}".replace(",", "T").replace(".", decimal).replace("T", thousands)
    assert numbers(pl.Series([text]), decimal, thousands).item() == pytest.approx(round(value, 3))


def test_numbers_that_are_not_finite_are_none() -> None:
    assert numbers(pl.Series([1.5, float("inf"), float("nan"), None])).to_list() == [1.5, None, None, None]
    assert numbers(pl.Series([Decimal("2.50")])).to_list() == [2.5]
    assert numbers(pl.Series([True])).to_list() == [None]


def test_labels_are_split_in_text_and_kept_in_lists() -> None:
    expected = [["wool", "silk"], None, ["wool"]]
    assert labels(pl.Series(["wool | silk|wool", "| ", "wool"]), "|").to_list() == expected
    assert labels(pl.Series([["wool", " silk", "wool", None], [], ["wool"]]), "|").to_list() == expected
    assert labels(pl.Series(['["wool", "silk"]', None, "wool"]), "|", json_lists=True).to_list() == expected
    assert labels(pl.Series(["[not json"]), "|", json_lists=True).to_list() == [["[not json"]]
    assert labels(pl.Series([[1, 2]]), "|").to_list() == [["1", "2"]]


def test_iso_text_may_carry_a_time_a_fraction_or_an_offset() -> None:
    values = [
        "2017-01-02T10:00:00",
        "2017-01-02 10:00",
        "2017-01-02T15:00:00Z",
        "2017-01-02 17:00:00.25 +02:00",
        "2017-01-02T10:00:00-0500",
        "2017-01-02",
        "20170102",
        "02/01/2017",
        "soon",
        None,
    ]
    ten, midnight = datetime(2017, 1, 2, 15, tzinfo=UTC), datetime(2017, 1, 2, 5, tzinfo=UTC)
    quarter = ten.replace(microsecond=250_000)
    assert at(values) == [ten, ten, ten, quarter, ten, midnight, midnight, None, None, None]


@pytest.mark.parametrize(
    ("text", "date_format", "expected"),
    [
        ("02/01/2017 17:05:54", "%d/%m/%Y %H:%M:%S", datetime(2017, 1, 2, 22, 5, 54, tzinfo=UTC)),
        ("2/1/2017 5:05 PM", "%d/%m/%Y %I:%M %p", datetime(2017, 1, 2, 22, 5, tzinfo=UTC)),
        ("2017-01-02T17:05:54.250000", "%Y-%m-%dT%H:%M:%S.%f", datetime(2017, 1, 2, 22, 5, 54, 250_000, tzinfo=UTC)),
        ("02.01.2017 17:05 +0100", "%d.%m.%Y %H:%M %z", datetime(2017, 1, 2, 16, 5, tzinfo=UTC)),
        ("02.01.17", "%d.%m.%y", datetime(2017, 1, 2, 5, tzinfo=UTC)),
        ("31/02/2017 10:00:00", "%d/%m/%Y %H:%M:%S", None),
    ],
)
def test_text_follows_the_configured_format(text: str, date_format: str, expected: datetime | None) -> None:
    assert at([text], date_format) == [expected]


def test_numbers_follow_a_date_format_too() -> None:
    assert at([20170102], "%Y%m%d") == [datetime(2017, 1, 2, 5, tzinfo=UTC)]


def test_timestamps_are_read_in_the_producers_zone_and_dated_in_the_business_zone() -> None:
    late = pl.Series([datetime(2017, 1, 3, 3)])  # noqa: DTZ001
    found = moments(late, None, "UTC", NEW_YORK)
    assert found.at.to_list() == [datetime(2017, 1, 3, 3, tzinfo=UTC)]
    assert found.on.to_list() == [date(2017, 1, 2)]


def test_a_date_without_a_time_is_the_business_date_whatever_the_producers_zone() -> None:
    for series in (pl.Series([date(2017, 1, 2)]), pl.Series(["2017-01-02"])):
        found = moments(series, None, "Asia/Tokyo", NEW_YORK)
        assert found.on.to_list() == [date(2017, 1, 2)]
        assert found.at.dt.convert_time_zone(NEW_YORK).dt.date().to_list() == [date(2017, 1, 2)]


def test_midnights_are_dates_only_where_the_format_has_no_dates() -> None:
    midnights = pl.Series([datetime(2017, 1, 2), datetime(2017, 1, 3)])  # noqa: DTZ001
    as_times = moments(midnights, None, "UTC", NEW_YORK)
    as_dates = moments(midnights, None, "UTC", NEW_YORK, is_workbook=True)
    assert as_times.on.to_list() == [date(2017, 1, 1), date(2017, 1, 2)]
    assert as_dates.on.to_list() == [date(2017, 1, 2), date(2017, 1, 3)]


def test_clock_changes_lose_no_sale() -> None:
    skipped, repeated = datetime(2017, 3, 12, 2, 30), datetime(2017, 11, 5, 1, 30)  # noqa: DTZ001
    assert at([skipped, repeated]) == [
        datetime(2017, 3, 12, 7, 30, tzinfo=UTC),
        datetime(2017, 11, 5, 5, 30, tzinfo=UTC),
    ]


@given(
    st.datetimes(datetime(2015, 1, 1), datetime(2025, 1, 1)),  # noqa: DTZ001
    st.sampled_from(["UTC", NEW_YORK, "Europe/Rome", "Asia/Kolkata", "America/Sao_Paulo"]),
)
def test_local_times_agree_with_the_standard_library(local: datetime, zone: str) -> None:
    local = local.replace(fold=0)  # of a repeated hour the first; a table does not say which one was meant
    slow = local.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    assert to_utc(pl.Series([local], dtype=pl.Datetime("us")), zone).to_list() == [slow]


@pytest.mark.parametrize("dtype", [pl.Null, pl.Boolean, pl.List(pl.Int64)])
def test_values_that_are_no_moments_are_null(dtype: pl.DataType) -> None:
    found = moments(pl.Series([None, None], dtype=dtype), None, "UTC", "UTC")
    assert found.at.to_list() == [None, None]
    assert found.at.dtype == pl.Datetime("us", "UTC")


@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
def test_timestamps_that_carry_a_zone_keep_their_moment(unit: str) -> None:
    aware = pl.Series([datetime(2017, 1, 2, 10, tzinfo=ZoneInfo("Asia/Tokyo"))]).dt.cast_time_unit(unit)  # type: ignore[arg-type]
    found = moments(aware, None, "UTC", NEW_YORK)
    assert found.at.to_list() == [datetime(2017, 1, 2, 1, tzinfo=UTC)]
    assert found.on.to_list() == [date(2017, 1, 1)]


WRITTEN = st.one_of(
    st.none(),
    st.datetimes().flatmap(
        lambda moment: st.sampled_from(
            [
                f"{moment:%Y-%m-%d}",
                f"{moment:%Y-%m-%dT%H:%M:%S}",
                f"{moment:%Y-%m-%d %H:%M:%S}",
                f"{moment:%Y-%m-%dT%H:%M:%SZ}",
                f"{moment:%Y-%m-%d %H:%M:%SZ}",
                f"{moment:%Y-%m-%dT%H:%M:%S.%f}",
                f"{moment:%Y-%m-%dT%H:%M:%S}+02:00",
                f"{moment:%d/%m/%Y %H:%M}",
                f"{moment:%Y%m%d}",
                f"{moment:%Y-%m-%dT%H:%M}",
            ]
        )
    ),
    st.sampled_from(
        ["", "soon", "2017-02-30", "2017-02-03T25:00:00Z", "2017-03-26T02:30:00", "12/31/2017 10:00", "-5"]
    ),
)


@settings(max_examples=150, deadline=None)
@given(
    written=st.lists(WRITTEN, max_size=8),
    date_format=st.sampled_from([None, "%d/%m/%Y %H:%M", "%Y-%m-%d", "%Y-%m-%dT%H:%M:%S%z"]),
    zone=st.sampled_from(["UTC", "Europe/Rome", "America/New_York"]),
)
def test_texts_read_at_once_are_those_read_one_by_one(
    written: list[str | None], date_format: str | None, zone: str
) -> None:
    text = texts(pl.Series("sold_at", written, dtype=pl.String))
    found = moments(text, date_format, zone, "Europe/Rome")
    alone = values_module._of_distinct_texts(text, date_format, zone, "Europe/Rome")
    assert found.at.to_list() == alone.at.to_list()
    assert found.on.to_list() == alone.on.to_list()


@given(
    st.lists(st.sampled_from(["7", "-7.5", "1e3", "+2", "1e16", " 8", "8 ", "", "x", "inf", "nan", "1,5"]), max_size=9)
)
def test_what_stands_beside_a_number_does_not_change_it(found: list[str]) -> None:
    alone = [numbers(pl.Series([one])).item() for one in found]
    assert numbers(pl.Series(found, dtype=pl.String)).to_list() == alone


@pytest.mark.parametrize(("date_format", "zone"), [(None, "UTC"), ("%d.%m.%Y", NEW_YORK)])
@given(
    st.lists(
        st.sampled_from(["2017-01-02", "02.01.2017", "2.1.2017", " 02.01.2017", "2017-01-03 ", "", "x"]), max_size=9
    )
)
def test_what_stands_beside_a_date_does_not_change_it(date_format: str | None, zone: str, found: list[str]) -> None:
    alone = [at([one], date_format, zone)[0] for one in found]
    assert at(pl.Series(found, dtype=pl.String), date_format, zone) == alone
