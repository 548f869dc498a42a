"""How often something may happen: token buckets, one per key, kept in this process.

Belongs here: the arithmetic. Does not belong here: what is limited (`authentication.py`).
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable


class Buckets:
    """A bucket of tokens per key: each happening takes one, and they come back at a constant rate.

    Attributes:
        rate: tokens that come back per second.
        burst: tokens of a full bucket.
        most: buckets kept at most; the one that was used longest ago goes first, as if it were full.
    """

    def __init__(
        self, rate: float, burst: float, most: int = 10_000, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.rate, self.burst, self.most = rate, burst, most
        self._clock = clock
        self._kept: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()

    def take(self, key: Hashable) -> float:
        """Takes a token; returns 0, or the seconds until there is one, and then takes none."""
        now = self._clock()
        tokens, since = self._kept.get(key, (self.burst, now))
        tokens = min(self.burst, tokens + (now - since) * self.rate)
        if tokens < 1:
            return (1 - tokens) / self.rate
        self._kept[key] = (tokens - 1, now)
        self._kept.move_to_end(key)
        if len(self._kept) > self.most:
            self._kept.popitem(last=False)
        return 0.0

    def give_back(self, key: Hashable) -> None:
        """Puts a token back that turned out not to count."""
        if key in self._kept:
            tokens, since = self._kept[key]
            self._kept[key] = (tokens + 1, since)
