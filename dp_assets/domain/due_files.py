"""Files that were due: whether a producer delivered by the time it promised.

Belongs here: due moments, and what counts as met. Does not belong here: how a producer usually delivers
(`arrivals.py`), the alert (`dp_assets/alert_sightings.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from dp_assets.domain.alert_config import DueConfig
from dp_assets.domain.config_section import WEEKDAYS

LOOKED_AT = 4
"""Due moments in a row that are looked at: whether one was met late decides what counts for the next."""


def missing_since(due: DueConfig, zone: ZoneInfo, arrivals: Iterable[datetime], now: datetime) -> datetime | None:
    """The due moment, UTC, that no file has met yet; None where the last one was met, in time or late.

    A file meets a due moment if it arrived after the one before it. What arrives in the first half of that time, while
    the one before is not met, is taken for that one's: Monday's file that comes on Monday noon is not Tuesday's.

    Args:
        due: what was promised.
        zone: the business time zone.
        arrivals: moments at which files arrived, any order.
        now: the time.
    """
    moments, arrived = _moments(due, zone, now), sorted(arrivals)
    met, taken = True, moments[0]
    for before, moment in pairwise(moments):
        late = [one for one in arrived if before < one <= before + (moment - before) / 2]
        taken = late[0] if late and not met else before
        met = any(taken < one <= moment for one in arrived)
    return None if met or any(moments[-1] < one <= now for one in arrived) else moments[-1]


def _moments(due: DueConfig, zone: ZoneInfo, now: datetime) -> Sequence[datetime]:
    """The last due moments, oldest first, ending with the newest that has passed."""
    own = ZoneInfo(due.time_zone) if due.time_zone else zone
    days: list[datetime] = []
    day = now.astimezone(own).date()
    while len(days) < LOOKED_AT:
        moment = _at(day, due, own)
        if WEEKDAYS[day.weekday()] in due.weekdays and moment <= now:
            days.append(moment)
        day -= timedelta(days=1)
    return days[::-1]


def _at(day: date, due: DueConfig, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, due.moment, tzinfo=zone).astimezone(UTC)
