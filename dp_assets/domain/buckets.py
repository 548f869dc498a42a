"""The time grid: buckets, cycles, leads and the one leak rule.

Belongs here: arithmetic of bucket starts, cutoffs and knowledge times, on dates and on arrays of dates.
Does not belong here: Dagster partitions (`dp_assets/partitions.py`), reading the clock (`dp_resources/clock.py`).

A bucket is named by its first day. A cycle is named by its cutoff, the first day of the first forecast bucket.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from dp_assets.domain.config import DemandConfig
from dp_assets.domain.errors import ConfigError, NotEnoughHistoryError

EARLIEST, LATEST = date(1, 1, 2), date(9999, 12, 30)
"""Days between which a moment in any time zone is one in UTC."""


@dataclass(frozen=True)
class BucketGrid:
    """N-week buckets counted from `first` in one business time zone.

    >>> grid = BucketGrid(first=date(2017, 1, 2), weeks=2, zone=ZoneInfo("UTC"))
    >>> grid.start_of(date(2017, 1, 15)), grid.start_of(date(2017, 1, 16))
    (datetime.date(2017, 1, 2), datetime.date(2017, 1, 16))
    """

    first: date
    weeks: int
    zone: ZoneInfo
    arrival_grace: timedelta = timedelta(days=1)

    @classmethod
    def of(cls, config: DemandConfig) -> BucketGrid:
        """The grid a configuration describes."""
        return cls(
            first=config.bucket.first,
            weeks=config.bucket.weeks,
            zone=config.zone,
            arrival_grace=timedelta(days=config.arrival_grace_days),
        )

    @property
    def step(self) -> timedelta:
        """Length of one bucket."""
        return timedelta(weeks=self.weeks)

    def index_of(self, day: date) -> int:
        """Number of whole buckets between the first bucket and the one that holds `day`; negative before the first."""
        return (day - self.first).days // (7 * self.weeks)

    def start_of(self, day: date) -> date:
        """First day of the bucket that holds `day`."""
        return self.start_at(self.index_of(day))

    def start_at(self, index: int) -> date:
        """First day of the bucket with that number."""
        return self.first + index * self.step

    def parse(self, key: str) -> date:
        """A partition key (ISO date) as a bucket start; ConfigError when no bucket starts on it."""
        try:
            day = date.fromisoformat(key)
        except ValueError:
            raise ConfigError(f"expected a bucket start as YYYY-MM-DD, got {key!r}") from None
        if self.start_of(day) != day:
            raise ConfigError(
                f"{key} is not the first day of a bucket; the nearest before it is {self.start_of(day)} "
                f"(buckets of {self.weeks} week(s) counted from {self.first})"
            )
        return day

    def starts(self, first: date, end: date) -> Iterator[date]:
        """Bucket starts in [first, end), ascending."""
        start = self.start_of(first)
        start = start if start == first else start + self.step
        while start < end:
            yield start
            start += self.step

    def leads(self, cutoff: date, horizon: int) -> list[date]:
        """Bucket starts of leads 1..horizon: lead 1 starts on the cutoff."""
        return [cutoff + lead * self.step for lead in range(horizon)]

    def midnight(self, day: date) -> datetime:
        """Start of that business day, in UTC; of the first and last days that there are, of the next to them."""
        day = min(max(day, EARLIEST), LATEST)
        return datetime.combine(day, time(), tzinfo=self.zone).astimezone(UTC)

    def known_at(self, cutoff: date) -> datetime:
        """The leak rule's moment, in UTC: what arrived later is unknown to the cycle of that cutoff.

        A cycle uses rows sold before its cutoff from files, prices, attributes and plans with known_from <= known_at.
        """
        return self.midnight(cutoff) + self.arrival_grace

    def refuse_unbegun(self, cutoff: date, now: datetime) -> None:
        """Raises NotEnoughHistoryError for a cycle whose first forecast bucket has not begun at `now`.

        On wall time Dagster lists such a cycle while a bucket of several weeks is in its later weeks.
        """
        if self.midnight(cutoff) > now:
            raise NotEnoughHistoryError(
                f"cycle {cutoff} has not begun at {now}; "
                f"the newest one is {self.start_of(now.astimezone(self.zone).date())}"
            )

    def newest_cutoff(self, now: datetime) -> date:
        """Cutoff of the newest cycle whose knowledge time has passed at `now`."""
        today = now.astimezone(self.zone).date()
        cutoff = self.start_of(today)
        while self.known_at(cutoff) > now:
            cutoff -= self.step
        return cutoff
