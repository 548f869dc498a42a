"""Counts of requests, kept by hand: a request costs one look-up and one search among bounds.

Belongs here: counting. Does not belong here: how counts are told (`metrics/`), what is logged (`middleware.py`).

`prometheus_client` counts under a lock and finds a child by its labels for every number; that takes several times as
long, and the event loop is the one user here.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from typing import Any, NamedTuple

BOUNDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1.0, 2.5, 10.0)
"""Upper ends of the classes of latency, seconds; the last class has none."""
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OTHER = "other"
"""Paths and methods that are not ours are one each: whoever asks could invent as many as they like."""


class Tally(NamedTuple):
    """Requests of one route, method and class of status.

    Attributes:
        route: template of the path, never the path.
        method: HTTP method.
        status: class of the status, e.g. `2xx`.
        seconds: sum of the latencies.
        classes: requests per class of latency, one more than BOUNDS.
    """

    route: str
    method: str
    status: str
    seconds: float
    classes: tuple[int, ...]


class Meter:
    """Requests since the process started.

    Attributes:
        in_flight: requests that are being answered now.
    """

    def __init__(self) -> None:
        self.in_flight = 0
        self._kept: dict[tuple[str, str, int], list[Any]] = {}

    def done(self, route: Any, method: str, status: int, seconds: float) -> None:
        """Counts a request that was answered.

        Args:
            route: the route that answered, None where there was none.
            method: HTTP method as it came.
            status: HTTP status.
            seconds: from its head to the end of its answer.
        """
        key = (getattr(route, "path_format", OTHER), method if method in METHODS else OTHER, status // 100)
        found = self._kept.get(key)
        if found is None:
            found = self._kept[key] = [0.0, *[0] * (len(BOUNDS) + 1)]
        found[0] += seconds
        found[bisect_left(BOUNDS, seconds) + 1] += 1

    def tallies(self) -> Iterator[Tally]:
        """All counts, in a constant order."""
        for route, method, status in sorted(self._kept):
            seconds, *classes = self._kept[route, method, status]
            yield Tally(route, method, f"{status}xx", seconds, tuple(classes))
