"""Calendar channels: what a bucket is, whatever the series. Known for the past and for every lead.

Belongs here: seasonal phases as sine and cosine, public holidays, events that producers name (school holidays, feasts,
closures), and the rule which of them a network may see.
Does not belong here: channels of a series (`channels.py`, `promotions.py`), scaling (`encoders.py`).

Phase: the middle of the bucket (start + 3.5 days × N) as a share of its own calendar year, 365 or 366 days long. It
comes from the day of the year and never from a week number, so a year of 53 ISO weeks needs no special case.

The rule of two periods: a sine/cosine pair enters a network only when the history holds at least two whole periods of
its seasonality: 104 weeks for `yearly`, 52 for `half_yearly`, 26 for `quarterly`, 9 for `monthly`. With less, the pair
works as a trend that is extrapolated wrongly (measured: bias of the mean +34 % with, −19 % without). The pair stays in
the panel and in the audit table; `Encoders` leave it out of the scaled channels and say so.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

import numpy as np
import numpy.typing as npt
import polars as pl

from dp_assets.domain.config import DemandConfig, Seasonality
from dp_assets.domain.errors import ConfigError
from dp_assets.domain.known_lines import known_lines, slug
from dp_assets.domain.panel import FloatArray

PERIODS_PER_YEAR: dict[Seasonality, int] = {"yearly": 1, "half_yearly": 2, "quarterly": 4, "monthly": 12}
WEEKS_PER_YEAR = 52
MIN_PERIODS = 2
"""Whole periods of history a seasonal pair needs to enter a network."""
NO_HOLIDAY_DAYS = 366
"""Days until the next holiday where the calendar names none for more than a year."""
EVENT, BEFORE_EVENT = "event_", "before_event_"
EVENT_APPROACH_DAYS = 28
"""Days before an event in which its approach shows: people stock up in the weeks before, not half a year ahead."""

DayArray = npt.NDArray[np.datetime64]


def calendar_channels(starts: DayArray, config: DemandConfig) -> tuple[FloatArray, tuple[str, ...]]:
    """Every configured calendar channel of the buckets.

    Args:
        starts: (B,) first days of history and lead buckets.
        config: seasonalities, holidays and bucket length.

    Returns:
        (B, C) float32 and the C names: `<seasonality>_sin`, `<seasonality>_cos` in the order configured, then
        `holiday` (1 when a public holiday falls into the bucket) and `days_until_holiday` (days from the bucket's first
        day to the next holiday on or after it).

    Raises:
        ConfigError: the holiday calendar does not exist.
    """
    phase = year_phase(starts, config.bucket.weeks)
    columns: dict[str, npt.NDArray[np.float64]] = {}
    for seasonality in config.features.seasonalities:
        angle = 2 * np.pi * PERIODS_PER_YEAR[seasonality] * phase
        columns[f"{seasonality}_sin"], columns[f"{seasonality}_cos"] = np.sin(angle), np.cos(angle)
    if config.features.holidays:
        until = _days_until_holiday(starts, _holiday_days(config.features.holidays, starts))
        columns["holiday"] = (until < 7 * config.bucket.weeks).astype(np.float64)
        columns["days_until_holiday"] = until.astype(np.float64)
    values = np.stack(list(columns.values()), axis=1) if columns else np.zeros((len(starts), 0))
    return values.astype(np.float32), tuple(columns)


def year_phase(starts: DayArray, bucket_weeks: int) -> npt.NDArray[np.float64]:
    """(B,) position of the middle of each bucket in its calendar year, in [0, 1).

    >>> bool(year_phase(np.array(["2021-06-28"], dtype="datetime64[D]"), 1)[0].round(4) == 0.4973)  # noon of 1 July
    True
    """
    middle = starts.astype("datetime64[h]") + np.timedelta64(84 * bucket_weeks, "h")
    year = middle.astype("datetime64[Y]")
    begin, end = year.astype("datetime64[h]"), (year + np.timedelta64(1, "Y")).astype("datetime64[h]")
    return np.asarray((middle - begin) / (end - begin), dtype=np.float64)


def _holiday_days(code: str, starts: DayArray) -> DayArray:
    """Days of the public holidays from the first bucket's year to the year after the last one's, ascending."""
    from holidays import country_holidays

    country, _, subdivision = code.partition("-")
    years = range(starts.min().astype(date).year, (starts.max().astype(date) + timedelta(days=35)).year + 2)
    try:
        found = country_holidays(country, subdiv=subdivision or None, years=years)
    except NotImplementedError as error:
        raise ConfigError(
            f"features.holidays: expected an ISO country code, optionally with a subdivision, such as IT or US-OH, "
            f"got {code!r} ({error})"
        ) from None
    return np.array(sorted(found), dtype="datetime64[D]")


def _days_until_holiday(starts: DayArray, holidays: DayArray) -> npt.NDArray[np.int64]:
    padded = np.append(holidays, starts.max() + np.timedelta64(2 * NO_HOLIDAY_DAYS, "D"))
    until = padded[np.searchsorted(padded, starts, side="left")] - starts
    return np.minimum(until.astype(np.int64), NO_HOLIDAY_DAYS)


def known_events(events: pl.DataFrame, known_at: datetime) -> pl.DataFrame:
    """Event lines known at a moment; an event is a producer's (name, first day), of which the newest file speaks."""
    return known_lines(events, ("producer", "name", "starts_on"), known_at)


def event_channels(events: pl.DataFrame, starts: DayArray, bucket_weeks: int) -> tuple[FloatArray, tuple[str, ...]]:
    """Two channels per event name: whether it happens, and whether it is about to.

    A feast that moves through the year has one name, so its effect lines up across years.

    Args:
        events: what `known_events` returned.
        starts: (B,) first days of history and lead buckets.
        bucket_weeks: N.

    Returns:
        (B, 2E) float32 in [0, 1] and the names, events sorted: `event_<name>`, the share of the bucket's days that lie
        in it; `before_event_<name>`, 1 − days from the bucket's first day to the event's next one ÷
        EVENT_APPROACH_DAYS, at least 0, and 0 where the event begins in the bucket or not at all.
    """
    span = 7 * bucket_weeks
    first, last = (events[name].to_numpy().astype("datetime64[D]") for name in ("starts_on", "ends_on"))
    slugs = np.array([slug(name) or "other" for name in events["name"]], dtype=object)
    touching = (last >= starts[0]) & (first < starts[-1] + span + EVENT_APPROACH_DAYS)
    names = sorted(set(slugs[touching]))
    days = starts[0] + np.arange(span * len(starts))
    columns: list[npt.NDArray[np.float64]] = []
    for name in names:
        chosen = slugs == name
        inside = np.zeros(len(days) + 1)
        for begin, end in zip(first[chosen], last[chosen], strict=True):
            inside[slice(*np.searchsorted(days, [begin, end + np.timedelta64(1, "D")]))] = 1
        columns.append(inside[:-1].reshape(len(starts), span).mean(axis=1))
        columns.append(_approach(starts, np.sort(first[chosen]), span))
    values = np.stack(columns, axis=1) if columns else np.zeros((len(starts), 0))
    return values.astype(np.float32), tuple(f"{kind}{name}" for name in names for kind in (EVENT, BEFORE_EVENT))


def _approach(starts: DayArray, begins: DayArray, span: int) -> npt.NDArray[np.float64]:
    never = starts.max() + np.timedelta64(10 * EVENT_APPROACH_DAYS, "D")
    until = (np.append(begins, never)[np.searchsorted(begins, starts, side="left")] - starts).astype(np.int64)
    return np.where(until < span, 0.0, np.maximum(1 - until / EVENT_APPROACH_DAYS, 0.0))


def left_out_of_network(values: FloatArray, names: tuple[str, ...], bucket_weeks: int) -> dict[str, str]:
    """Calendar channels kept out of a network, each with the reason.

    Those are the seasonal pairs that break the rule of two periods, and events that never happen within history:
    nothing says what they do.

    Args:
        values: (T, C) calendar channels of the history.
        names: their C names.
        bucket_weeks: N.
    """
    reasons: dict[str, str] = {}
    for seasonality, periods in PERIODS_PER_YEAR.items():
        weeks = WEEKS_PER_YEAR / periods
        if len(values) * bucket_weeks >= MIN_PERIODS * weeks:
            continue
        why = f"{len(values) * bucket_weeks} weeks of history, needs {MIN_PERIODS} periods of {weeks:.4g} weeks"
        reasons |= {name: why for name in names if name in (f"{seasonality}_sin", f"{seasonality}_cos")}
    for number, name in enumerate(names):
        if name.startswith((EVENT, BEFORE_EVENT)) and (values[:, number] == values[:1, number]).all():
            reasons[name] = "no such event within history"
    return reasons
