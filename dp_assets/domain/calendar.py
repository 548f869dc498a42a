"""Calendar channels: what a bucket is, to everybody or to a place. Known for the past and for every lead.

Belongs here: seasonal phases as sine and cosine, public holidays, events that producers name (school holidays, feasts,
closures), the same for each place where they differ, and the rule which of them a network may see.
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
from dp_assets.domain.groups import GROUP, rows_of
from dp_assets.domain.known_lines import known_lines, slug
from dp_assets.domain.panel import FloatArray

PERIODS_PER_YEAR: dict[Seasonality, int] = {"yearly": 1, "half_yearly": 2, "quarterly": 4, "monthly": 12}
WEEKS_PER_YEAR = 52
MIN_PERIODS = 2
"""Whole periods of history a seasonal pair needs to enter a network."""
NO_HOLIDAY_DAYS = 366
"""Days until the next holiday where the calendar names none for more than a year."""
EVENT, BEFORE_EVENT, AFTER_EVENT = "event_", "before_event_", "after_event_"
EVENT_CHANNELS = (EVENT, BEFORE_EVENT, AFTER_EVENT)
"""How channels of events begin."""
EVENT_DAYS = 28
"""Days before an event in which its approach shows, and after it in which it echoes: people stock up in the weeks
before and live on that in the weeks after, not half a year away."""

DayArray = npt.NDArray[np.datetime64]


def calendar_channels(starts: DayArray, config: DemandConfig) -> tuple[FloatArray, tuple[str, ...]]:
    """Every configured calendar channel of the buckets.

    Args:
        starts: (B,) first days of history and lead buckets.
        config: seasonalities, holidays and bucket length.

    Returns:
        (B, C) float32 and the C names: `<seasonality>_sin`, `<seasonality>_cos` in the order configured, then
        `holiday` (1 when a public holiday falls into the bucket) and `days_until_holiday` (days from the bucket's first
        day to the next holiday on or after it) where they are the same everywhere.

    Raises:
        ConfigError: the holiday calendar does not exist.
    """
    phase = year_phase(starts, config.bucket.weeks)
    columns: dict[str, npt.NDArray[np.float64]] = {}
    for seasonality in config.features.seasonalities:
        angle = 2 * np.pi * PERIODS_PER_YEAR[seasonality] * phase
        columns[f"{seasonality}_sin"], columns[f"{seasonality}_cos"] = np.sin(angle), np.cos(angle)
    if config.features.holidays and config.features.holidays_by is None:
        columns |= _holiday_columns(config.features.holidays, starts, config.bucket.weeks)
    values = np.stack(list(columns.values()), axis=1) if columns else np.zeros((len(starts), 0))
    return values.astype(np.float32), tuple(columns)


def place_channels(
    events: pl.DataFrame, groups: pl.DataFrame, starts: DayArray, config: DemandConfig
) -> tuple[FloatArray, tuple[str, ...]]:
    """Channels of the calendar that differ from series to series: holidays by place, and events that groups have.

    Args:
        events: what `known_events` returned.
        groups: (S rows) what `groups.series_groups` returned.
        starts: (B,) first days of history and lead buckets.
        config: holidays and bucket length.

    Returns:
        (S, B, K) float32 and the K names, those of `calendar_channels` and `event_channels`. An event that is named
        for any group has no channel for all: lines without a group hold for every series, beside those of its groups.

    Raises:
        ConfigError: a holiday calendar does not exist.
    """
    columns = _place_holidays(groups, starts, config) | _group_events(events, groups, starts, config.bucket.weeks)
    if not columns:
        return np.zeros((len(groups), len(starts), 0), np.float32), ()
    return np.stack(list(columns.values()), axis=2), tuple(columns)


def placed_names(
    events: pl.DataFrame, groups: pl.DataFrame, starts: DayArray, history: int, config: DemandConfig
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names of the channels of `place_channels` that a panel has, and what it leaves out, in words.

    Left out are events that happen to no series within history: nothing says what they do.

    Args:
        events, groups, starts, config: as of `place_channels`, of all series.
        history: T, buckets before the cutoff.
    """
    places = config.features.holidays_by
    levels = {*events["level"].drop_nulls(), *((places.level,) if places else ())}
    # A channel is the same for series of the same places, so one of each speaks for all.
    differ = [name for name in groups.columns if name in levels]
    one_of_each = groups.unique(differ, maintain_order=True) if differ else groups.head(1)
    values, names = place_channels(events, one_of_each, starts, config)
    left_out = [
        name
        for number, name in enumerate(names)
        if name.startswith(EVENT_CHANNELS) and (values[:, :history, number] == values[:1, :1, number]).all()
    ]
    notes = tuple(f"{name} stays out of the network: no such event within history" for name in left_out)
    return tuple(name for name in names if name not in left_out), notes


def _place_holidays(groups: pl.DataFrame, starts: DayArray, config: DemandConfig) -> dict[str, FloatArray]:
    """(S, B) channels of the holiday calendar that holds for each series; none where one holds for all."""
    places = config.features.holidays_by
    if places is None:
        return {}
    codes = [config.features.holidays, *places.calendars.values()]
    place = np.zeros(len(groups), np.intp)
    for number, member in enumerate(places.calendars, start=1):
        place[rows_of(groups, places.level, member)] = number
    each = [_holiday_columns(code, starts, config.bucket.weeks) for code in codes]
    return {name: np.stack([one[name] for one in each]).astype(np.float32)[place] for name in each[0]}


def _group_events(
    events: pl.DataFrame, groups: pl.DataFrame, starts: DayArray, bucket_weeks: int
) -> dict[str, FloatArray]:
    """(S, B) channels of events that are named for a group; lines without one hold for every series."""
    columns: dict[str, FloatArray] = {}
    for name, lines in _by_slug(events.filter(_of_groups(events))).items():
        columns |= {f"{kind}{name}": np.zeros((len(groups), len(starts)), np.float32) for kind in EVENT_CHANNELS}
        named = lines.select(GROUP).unique().drop_nulls().sort(GROUP)
        belongs = np.zeros((len(groups), len(named)), np.bool_)
        for number, (level, member) in enumerate(named.iter_rows()):
            belongs[rows_of(groups, level, member), number] = True
        for several in np.unique(belongs, axis=0):
            mine = lines.join(named.filter(pl.Series(several)), on=GROUP, how="semi", maintain_order="left")
            of_all = lines.filter(pl.col("level").is_null())
            values, found = event_channels(pl.concat([of_all, mine]), starts, bucket_weeks, shared=False)
            for column, channel in enumerate(found):
                columns[channel][(belongs == several).all(axis=1)] = values[:, column]
    return columns


def _by_slug(events: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Events by the name of their channels, sorted."""
    named = events.with_columns(pl.Series("slug", [slug(name) or "other" for name in events["name"]], dtype=pl.String))
    parts = named.partition_by("slug", as_dict=True, include_key=False)
    return {str(name): parts[name,] for (name,) in sorted(parts)}


def _of_groups(events: pl.DataFrame) -> pl.Series:
    """(rows) whether any line of the same event is about a group."""
    slugs = pl.Series("slug", [slug(name) for name in events["name"]], dtype=pl.String)
    return slugs.is_in(slugs.filter(events["level"].is_not_null()).unique().implode())


def _holiday_columns(code: str | None, starts: DayArray, bucket_weeks: int) -> dict[str, npt.NDArray[np.float64]]:
    """(B,) columns of a holiday calendar, or of none."""
    days = np.zeros(0, "datetime64[D]") if code is None else _holiday_days(code, starts)
    until = _days_until_holiday(starts, days)
    return {
        "holiday": (until < 7 * bucket_weeks).astype(np.float64),
        "days_until_holiday": until.astype(np.float64),
    }


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
    """Event lines known at a moment; an event is a producer's (name, group, first day), of which the newest file
    speaks."""
    return known_lines(events, ("producer", "name", *GROUP, "starts_on"), known_at)


def event_channels(
    events: pl.DataFrame, starts: DayArray, bucket_weeks: int, shared: bool = True
) -> tuple[FloatArray, tuple[str, ...]]:
    """Three channels per event name: whether it happens, whether it is about to, and whether it has just happened.

    A feast that moves through the year has one name, so its effect lines up across years.

    Args:
        events: what `known_events` returned.
        starts: (B,) first days of history and lead buckets.
        bucket_weeks: N.
        shared: whether events that are named for any group are left out (`place_channels` has them).

    Returns:
        (B, 3E) float32 in [0, 1] and the names, events sorted: `event_<name>`, the share of the bucket's days that lie
        in it; `before_event_<name>`, 1 − days from the bucket's first day to the event's next one ÷ EVENT_DAYS, at
        least 0, and 0 where the event begins in the bucket or not at all; `after_event_<name>`, 1 − days from the
        event's last one to the bucket's first ÷ EVENT_DAYS, at least 0, and 0 where it goes on or never was.
    """
    span = 7 * bucket_weeks
    events = events.filter(~_of_groups(events)) if shared else events
    first, last = (events[name].to_numpy().astype("datetime64[D]") for name in ("starts_on", "ends_on"))
    slugs = np.array([slug(name) or "other" for name in events["name"]], dtype=object)
    touching = (last > starts[0] - EVENT_DAYS) & (first < starts[-1] + span + EVENT_DAYS)
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
        columns.append(np.where(columns[-2] > 0, 0.0, _echo(starts, np.sort(last[chosen]))))
    values = np.stack(columns, axis=1) if columns else np.zeros((len(starts), 0))
    return values.astype(np.float32), tuple(f"{kind}{name}" for name in names for kind in EVENT_CHANNELS)


def _approach(starts: DayArray, begins: DayArray, span: int) -> npt.NDArray[np.float64]:
    never = starts.max() + np.timedelta64(10 * EVENT_DAYS, "D")
    until = (np.append(begins, never)[np.searchsorted(begins, starts, side="left")] - starts).astype(np.int64)
    return np.where(until < span, 0.0, np.maximum(1 - until / EVENT_DAYS, 0.0))


def _echo(starts: DayArray, ends: DayArray) -> npt.NDArray[np.float64]:
    ever = starts.min() - np.timedelta64(10 * EVENT_DAYS, "D")
    since = starts - np.append(ever, ends)[np.searchsorted(ends, starts, side="left")]
    return np.asarray(np.maximum(1 - since.astype(np.int64) / EVENT_DAYS, 0.0), np.float64)


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
        if name.startswith(EVENT_CHANNELS) and (values[:, number] == values[:1, number]).all():
            reasons[name] = "no such event within history"
    return reasons
