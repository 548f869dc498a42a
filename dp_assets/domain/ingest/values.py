"""Turns the values of one source column into a unified type, whatever type they came in.

Belongs here: text, numbers, moments and label lists, column by column. A value that cannot be understood becomes null;
the caller compares with the source to see which. Does not belong here: which columns there are (`feed_files.py`).

Text is brought to the Unicode normal form C: `ö` is one SKU whether a file holds it as one code point or as two.
Nothing else is folded: letters that only look alike (Latin and Cyrillic A), cases and widths stay distinct.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

import polars as pl

LABELS = pl.List(pl.String())
UTC_TIME = pl.Datetime("us", "UTC")
NAIVE_TIME = pl.Datetime("us")
MOST_EXACT_INTEGER = 2.0**53
MOST_NUMBER = 1e15
"""Largest size of a number; beyond it sums over a file would lose units."""
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2199, 12, 31)
"""Dates outside are slips of a keyboard or placeholders for no date (0001-01-01, 9999-12-31)."""
SERIAL_EPOCHS = {"excel": datetime(1899, 12, 30), "excel1904": datetime(1904, 1, 1)}  # noqa: DTZ001
"""Date formats of numbers that count days, and the day that they count from."""
SERIAL_LOOK = r"^\d{1,6}(\.\d+)?$"
TIME_OF_DAY = r"\d[ T](?:0?[1-9]|[12]\d|00:(?:0[1-9]|[1-5]\d)|00:00:(?:0[1-9]|[1-5]\d))"
DAY_MILLISECONDS = 86_400_000
TIME_DIRECTIVES = re.compile(r"%[-_0]?(?:[HIklMSTRrpPfsXc]|[0-9.]*f)")
ZONE_DIRECTIVES = re.compile(r"%[:#]*z")
SPACES = {" ": r"[ \u00a0\u202f]"}
"""Thousands marks with look-alikes: a space also stands for the no-break spaces that spreadsheets write."""


class Moments(NamedTuple):
    """When something happened: the moment in UTC, and the date it has in the business zone."""

    at: pl.Series
    on: pl.Series


# -- text -------------------------------------------------------------------------------------------------------------


def texts(values: pl.Series) -> pl.Series:
    """Values as text without surrounding blanks, null for nothing; whole numbers without a decimal point.

    >>> texts(pl.Series([7.0, 7.5, None])).to_list(), texts(pl.Series([" a ", "", None])).to_list()
    (['7', '7.5', None], ['a', None, None])
    """
    dtype = values.dtype
    if dtype.is_float():
        whole = (values.is_finite() & (values == values.floor()) & (values.abs() <= MOST_EXACT_INTEGER)).fill_null(
            False
        )
        as_integer = values.cast(pl.Int64, strict=False).cast(pl.String)
        return as_integer.zip_with(whole, values.cast(pl.String)).alias(values.name)
    if dtype.is_decimal():
        return values.cast(pl.String).str.replace(r"\.0+$", "")
    if dtype.is_nested():
        return pl.Series(values.name, [json.dumps(one, default=str) for one in values.to_list()], dtype=pl.String)
    text = composed(values.cast(pl.String, strict=False).str.strip_chars())
    return text.set(text == "", None) if text.len() else text


def composed(text: pl.Series) -> pl.Series:
    """Text in Unicode normal form C; a column of ASCII alone is only counted."""
    is_ascii = text.str.len_bytes().sum() == text.str.len_chars().sum()
    return text if is_ascii else text.str.normalize("NFC")


def identifiers(values: pl.Series) -> pl.Series:
    """Codes such as SKUs as text. Integers that a tool turned into floats on the way (`4711.0`) are integers again."""
    text = texts(values)
    return text.str.replace(r"^(-?\d+)\.0$", "$1") if text.str.ends_with(".0").any() else text


def labels(values: pl.Series, separator: str, json_lists: bool = False) -> pl.Series:
    """Multi-label values as lists of text without blanks and repetitions; null where there is none.

    Args:
        values: lists, or text that holds labels with a separator between them.
        separator: between labels of a text.
        json_lists: whether text may be a JSON array, as a list in a JSON file is.
    """
    if isinstance(values.dtype, (pl.List, pl.Array)):
        lists = values.cast(LABELS, strict=False)
        lists = lists.list.eval(pl.element().str.strip_chars().str.normalize("NFC"))
        lists = lists.list.eval(pl.element().filter(pl.element().is_not_null() & (pl.element() != "")))
        lists = lists.list.unique(maintain_order=True)
        return lists.set(lists.list.len() == 0, None) if lists.len() else lists
    text = texts(values)
    known = text.drop_nulls().unique(maintain_order=True).to_list()
    split = {one: _split(one, separator, json_lists) for one in known}
    lookup = pl.DataFrame(
        {"text": known, "labels": [split[one] or None for one in known]}, schema={"text": pl.String, "labels": LABELS}
    )
    joined = text.to_frame("text").join(lookup, on="text", how="left", maintain_order="left")
    return joined["labels"].alias(values.name)


def _split(text: str, separator: str, json_lists: bool) -> list[str]:
    parts: list[object] = list(text.split(separator))
    if json_lists and text.startswith("["):
        try:
            parts = json.loads(text)
        except ValueError:
            parts = list(text.split(separator))
    cleaned = (str(part).strip() for part in parts if part is not None)
    return list(dict.fromkeys(part for part in cleaned if part))


# -- numbers ----------------------------------------------------------------------------------------------------------


def numbers(values: pl.Series, decimal: str = ".", thousands: str = "") -> pl.Series:
    """Values as finite floats up to MOST_NUMBER in size; null where they are none. A negative zero is zero.

    Text must be a number in full, with thousands marks (if configured) in front of every three digits: `1,234` is not
    silently taken for 1234 where the comma is no thousands mark.

    >>> numbers(pl.Series(["1.234,5", "-7", "1,2,3", "x"]), decimal=",", thousands=".").to_list()
    [1234.5, -7.0, None, None]
    """
    if values.dtype.is_numeric():
        number = values.cast(pl.Float64, strict=False)
        return _bounded(number, number.is_finite())
    if values.dtype != pl.String:
        return pl.Series(values.name, [None] * len(values), dtype=pl.Float64)
    if decimal == "." and thousands != ".":  # mostly all texts are plain numbers, and nothing has to be looked for
        number = values.cast(pl.Float64, strict=False)
        if number.null_count() == values.null_count():
            return _bounded(number, number.is_finite())
    text = values.str.strip_chars()
    group = SPACES.get(thousands, re.escape(thousands))
    if thousands and text.str.contains(group).any():
        return _grouped_numbers(text, decimal, group)
    # Without marks between thousands, what can be cast is what is a number in full.
    if decimal != ".":
        if (points := text.str.contains(".", literal=True)).any():
            text = text.set(points, None)
        text = text.str.replace(decimal, ".", literal=True)
    number = text.cast(pl.Float64, strict=False)
    return _bounded(number, number.is_finite())


def _grouped_numbers(text: pl.Series, decimal: str, group: str) -> pl.Series:
    """Numbers of which some have marks between thousands; `group` is the mark as a regular expression, or empty."""
    mark = re.escape(decimal)
    whole = rf"(?:\d{{1,3}}(?:{group}\d{{3}})+|\d+)" if group else r"\d+"
    pattern = rf"^[+-]?(?:{whole}(?:{mark}\d*)?|{mark}\d+)(?:[eE][+-]?\d+)?$"
    plain = text.str.replace_all(group, "") if group else text
    plain = plain.str.replace(decimal, ".", literal=True) if decimal != "." else plain
    number = plain.cast(pl.Float64, strict=False)
    return _bounded(number, text.str.contains(pattern) & number.is_finite())


def _bounded(number: pl.Series, fits: pl.Series) -> pl.Series:
    small = (number.abs() <= MOST_NUMBER) & fits
    if small.all():  # nulls aside
        return number + 0.0
    return (number + 0.0).set(~small.fill_null(False), None) if number.len() else number


# -- moments ----------------------------------------------------------------------------------------------------------


def moments(
    values: pl.Series, date_format: str | None, zone: str, business_zone: str, is_workbook: bool = False
) -> Moments:
    """When things happened; nulls where a value cannot be understood, or lies outside FIRST_DAY to LAST_DAY.

    A time without an offset is read in the producer's zone. A repeated hour (clocks set back) is its first occurrence;
    an hour that was skipped (clocks set forward) is read as if the clock had not been moved yet. A date without a time
    is the business date itself, and its moment is the start of that day in the business zone.

    Args:
        values: dates, timestamps or text.
        date_format: strptime format of text, or one of SERIAL_EPOCHS; ISO 8601 when None.
        zone: the producer's IANA zone.
        business_zone: zone in which a moment has its business date.
        is_workbook: whether the values are cells: then a column of timestamps that are all at midnight holds dates, and
            numbers are serial dates where no format says otherwise.
    """
    if date_format in SERIAL_EPOCHS or (is_workbook and date_format is None):
        return _of_cells(values, date_format or "excel", zone, business_zone)
    if values.dtype.is_temporal():
        return _of_temporal(values, zone, business_zone, is_workbook)
    if values.dtype.is_nested() or values.dtype in (pl.Boolean, pl.Null, pl.Binary):
        return _nothing(values)
    if values.dtype == pl.String and (date_format is None or date_format.isascii()):
        # Mostly no text has blanks around it: all are read as they stand, and looked at where one is not understood.
        as_is = _of_texts_alike(values, date_format, zone, business_zone)
        if as_is is not None and as_is.on.null_count() == values.null_count():
            return as_is
    return _of_texts(texts(values), date_format, zone, business_zone)


def _nothing(values: pl.Series) -> Moments:
    nothing = pl.Series(values.name, [None] * len(values), dtype=pl.Date)
    return Moments(nothing.cast(UTC_TIME), nothing)


def _of_temporal(values: pl.Series, zone: str, business_zone: str, midnights_are_dates: bool) -> Moments:
    dtype = values.dtype
    if dtype not in (pl.Date, pl.Datetime):
        return _nothing(values)
    # Before anything is computed with them: times far outside would overflow, and come back as plausible ones.
    values = _usual(values)
    if dtype == pl.Date:
        return _of_days(values, business_zone)
    aware = dtype.time_zone if isinstance(dtype, pl.Datetime) else None
    moment = values.cast(pl.Datetime("us", aware))
    if aware is not None:
        return _of_times(moment.dt.convert_time_zone("UTC"), business_zone)
    if midnights_are_dates and (moment.dt.time() == pl.Series([0]).cast(pl.Time)[0]).all():
        return _of_days(moment.dt.date(), business_zone)
    return _of_times(to_utc(moment, zone), business_zone)


def _usual(values: pl.Series) -> pl.Series:
    days = values.cast(pl.Date)
    strange = ~days.is_between(FIRST_DAY, LAST_DAY)
    return values.set(strange, None) if strange.any() else values


def _of_texts(text: pl.Series, date_format: str | None, zone: str, business_zone: str) -> Moments:
    """Mostly all texts are written alike: those like the first one are read at once, what is left text by text."""
    alike = _of_texts_alike(text, date_format, zone, business_zone)
    if alike is None:
        return _of_distinct_texts(text, date_format, zone, business_zone)
    left = text.is_not_null() & alike.at.is_null()
    if not left.any():
        return alike
    places, rest = left.arg_true(), _of_distinct_texts(text.filter(left), date_format, zone, business_zone)
    return Moments(alike.at.scatter(places, rest.at), alike.on.scatter(places, rest.on))


def _of_texts_alike(text: pl.Series, date_format: str | None, zone: str, business_zone: str) -> Moments | None:
    """Texts of the declared format, or of the ISO form that the first text has; None where its form is another."""
    if date_format is None:
        first = text.drop_nulls().head(1)
        form = next((one for one in ISO_FORMS if first.str.contains(one).any()), None)
        if form is None:
            return None
        fits = text.str.contains(form)
        text = text if fits.all() else text.set(~fits, None)
        format_, kind = ISO_FORMS[form]
    else:
        format_, kind = chrono_format(date_format), _kind(date_format)
    if kind == "zoned":
        return None
    found = _strptime(text, format_, kind, zone, business_zone)
    strange = ~found.on.is_between(FIRST_DAY, LAST_DAY)
    return Moments(found.at.set(strange, None), found.on.set(strange, None)) if strange.any() else found


def _of_distinct_texts(text: pl.Series, date_format: str | None, zone: str, business_zone: str) -> Moments:
    parsed = _parse_text(text.drop_nulls().unique(maintain_order=True), date_format, zone, business_zone)
    joined = text.to_frame("text").join(parsed, on="text", how="left", maintain_order="left")
    return Moments(joined["at"], joined["on"])


def _of_cells(values: pl.Series, epoch: str, zone: str, business_zone: str) -> Moments:
    """Cells of a spreadsheet: dates, serial days, ISO text, or all of them in one column."""
    dtype = values.dtype
    if dtype.is_temporal():
        return _of_temporal(values, zone, business_zone, True)
    if not (dtype.is_numeric() or dtype == pl.String):
        return _nothing(values)
    text = texts(values)
    days = text.set(~text.str.contains(SERIAL_LOOK), None).cast(pl.Float64) if text.len() else text.cast(pl.Float64)
    since = int(SERIAL_EPOCHS[epoch].replace(tzinfo=UTC).timestamp() * 1000)
    serial = (days * DAY_MILLISECONDS).round().cast(pl.Int64) + since
    counted = _of_temporal(serial.cast(pl.Datetime("ms")), zone, business_zone, True)
    left = text.set(counted.on.is_not_null(), None) if text.len() else text
    if not left.str.contains(TIME_OF_DAY).any():
        left = left.str.replace(r"[ T]00:00:00(\.0+)?$", "")  # a date among other cells comes as a midnight
    written = _of_texts(left, None, zone, business_zone)
    is_counted = counted.on.is_not_null()
    return Moments(counted.at.zip_with(is_counted, written.at), counted.on.zip_with(is_counted, written.on))


def to_utc(naive: pl.Series, zone: str) -> pl.Series:
    """Local times of a zone as UTC; see `moments` for repeated and skipped hours."""
    first = naive.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
    for skipped in (timedelta(hours=1), timedelta(days=1)):
        gaps = naive.is_not_null() & first.is_null()
        if not gaps.any():
            break
        shifted = (naive + skipped).dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
        first = first.zip_with(~gaps, shifted)
    return first.dt.convert_time_zone("UTC")


def _of_times(at: pl.Series, business_zone: str) -> Moments:
    return Moments(at, at.dt.convert_time_zone(business_zone).dt.date())


def _of_days(on: pl.Series, business_zone: str) -> Moments:
    return Moments(to_utc(on.cast(NAIVE_TIME), business_zone), on)


def chrono_format(date_format: str) -> str:
    """A Python strptime format in the dialect of Polars, where fractions of a second are written differently.

    >>> chrono_format("%d/%m/%Y %H:%M:%S.%f%z")
    '%d/%m/%Y %H:%M:%S%.f%#z'
    """
    return date_format.replace(".%f", "%.f").replace("%f", "%6f").replace("%z", "%#z")


ISO_DAYS = ("%Y-%m-%d", "%Y%m%d")
ISO_TIMES = ("%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M")
ISO_ZONED = ("%Y-%m-%dT%H:%M:%S%.f%#z", "%Y-%m-%dT%H:%M%#z")
ISO_FORMS = {
    r"^\d{4}-\d{2}-\d{2}$": ("%Y-%m-%d", "day"),
    r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}$": ("%Y-%m-%dT%H:%M:%S", "time"),
    r"^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$": ("%Y-%m-%d %H:%M:%S", "time"),
    r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$": ("%Y-%m-%dT%H:%M:%SZ", "utc"),
    r"^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}Z$": ("%Y-%m-%d %H:%M:%SZ", "utc"),
}
"""Forms of ISO 8601 that whole files are written in, with their format and kind."""
ISO_LOOK = r"^\d{4}-?\d{2}-?\d{2}"


def _parse_text(text: pl.Series, date_format: str | None, zone: str, business_zone: str) -> pl.DataFrame:
    """Distinct texts with their moments: text, at, on. Each format is tried on what the ones before left over."""
    if date_format is None:
        prepared = text.str.replace(r"^(\d{4}-\d{2}-\d{2})\s+(\d)", "${1}T$2").str.replace(r"\s+([+-]|Z$)", "$1")
        prepared = prepared.set(~prepared.str.contains(ISO_LOOK), None) if prepared.len() else prepared
        formats = [(one, "day") for one in ISO_DAYS[:1]] + [(one, "time") for one in ISO_TIMES]
        formats += [(one, "zoned") for one in ISO_ZONED] + [(one, "day") for one in ISO_DAYS[1:]]
    else:
        prepared, formats = text, [(chrono_format(date_format), _kind(date_format))]
    left = pl.DataFrame({"text": text, "prepared": prepared})
    parts = [pl.DataFrame(schema={"text": pl.String, "at": UTC_TIME, "on": pl.Date})]
    for format_, kind in formats:
        found = _strptime(left["prepared"], format_, kind, zone, business_zone)
        tried = left.with_columns(found.at.alias("at"), found.on.alias("on"))
        parts.append(tried.filter(pl.col("at").is_not_null()).select("text", "at", "on"))
        left = tried.filter(pl.col("at").is_null()).select("text", "prepared")
        if left.is_empty():
            break
    return pl.concat(parts).filter(pl.col("on").is_between(FIRST_DAY, LAST_DAY))


def _kind(date_format: str) -> str:
    if ZONE_DIRECTIVES.search(date_format):
        return "zoned"
    return "time" if TIME_DIRECTIVES.search(date_format) else "day"


def _strptime(text: pl.Series, format_: str, kind: str, zone: str, business_zone: str) -> Moments:
    if kind == "day":
        return _of_days(text.str.to_date(format_, strict=False, cache=False), business_zone)
    parsed = text.str.to_datetime(format_, strict=False, time_unit="us", cache=False)
    if kind == "utc":
        return _of_times(parsed.dt.replace_time_zone("UTC"), business_zone)
    if kind == "time":
        return _of_times(to_utc(parsed, zone), business_zone)
    return _of_times(parsed.dt.convert_time_zone("UTC"), business_zone)
