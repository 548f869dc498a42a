"""Whether a producer delivers as it usually does.

Belongs here: the usual time between deliveries, and when one is late. Does not belong here: which files arrived
(`dp_assets/registry.py`), freshness of what is computed of them (`dp_assets/defs/automation/conditions.py`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import Literal

DAY = timedelta(days=1)
FEWEST_GAPS = 3
"""Gaps between deliveries from which on there is something usual about them."""
JUDGED_GAPS = 26
"""The newest gaps count: a producer that went over to daily files is not measured by its weekly ones."""
PATIENCE = 0.5
"""Share of the usual gap by which a delivery may be overdue before it is late."""

Freshness = Literal["on_time", "late", "unknown", "nothing"]


@dataclass(frozen=True)
class Rhythm:
    """How a producer delivers.

    Attributes:
        newest: its newest arrival; None where nothing ever came.
        usual: median time between days with deliveries; None where there are too few of them.
        freshness: `late` when the next one is overdue by more than half of that, and by more than a day; `unknown`
            where nothing is usual, `nothing` where nothing ever came.
    """

    newest: datetime | None
    usual: timedelta | None
    freshness: Freshness

    @property
    def expected_by(self) -> datetime | None:
        """When the next delivery would come as usual."""
        return None if self.newest is None or self.usual is None else self.newest + self.usual


def rhythm(arrivals: Iterable[datetime], now: datetime) -> Rhythm:
    """How a producer delivers, by the moments at which its files arrived.

    >>> from datetime import UTC
    >>> weekly = [datetime(2017, 1, 2, 10, tzinfo=UTC) + week * timedelta(weeks=1) for week in range(5)]
    >>> [rhythm(weekly, weekly[-1] + days * DAY).freshness for days in (0, 10, 11)]
    ['on_time', 'on_time', 'late']
    >>> rhythm(weekly[:2], weekly[1]).freshness, rhythm([], weekly[0]).freshness
    ('unknown', 'nothing')
    """
    newest_of_day = {moment.date(): moment for moment in sorted(arrivals)}
    moments = list(newest_of_day.values())
    if not moments:
        return Rhythm(None, None, "nothing")
    gaps = [later - earlier for earlier, later in pairwise(moments)][-JUDGED_GAPS:]
    if len(gaps) < FEWEST_GAPS:
        return Rhythm(moments[-1], None, "unknown")
    usual = timedelta(seconds=median(gap.total_seconds() for gap in gaps))
    overdue = now - moments[-1] - usual
    return Rhythm(moments[-1], usual, "late" if overdue > max(DAY, PATIENCE * usual) else "on_time")
