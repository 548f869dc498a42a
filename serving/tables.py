"""Tables of the lake that are answered from memory: read once for each content that they ever have.

Belongs here: when a table is read again, and how much of them is kept. Does not belong here: what is answered of them
(`serving/api`), tables that the bundle holds (`bundle.py`).
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import time
from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TypeVar

import polars as pl

from dp_resources.lake import Lake

T = TypeVar("T")
TABLE_BYTES = 512 * 2**20
"""Memory of all tables kept; the one read last is kept even where it alone is larger."""
KEPT = 512
"""Answers about partitions kept, those that are not there included."""
CHECK_SECONDS = 1.0
REMOTE_CHECK_SECONDS = 10.0
"""Between two looks at whether a partition was written anew; object storage bills and delays each."""


@dataclass(frozen=True)
class Kept:
    """One partition of a table in memory.

    Attributes:
        name: of the table.
        cycle: its partition, which is a cycle unless it says otherwise.
        frame: its rows, sorted by the table's key.
        sha256: hash of its file.
    """

    name: str
    cycle: str
    frame: pl.DataFrame
    sha256: str

    @cached_property
    def _spans(self) -> dict[str, tuple[int, int]]:
        runs = self.frame["series_id"].rle().struct.unnest()
        starts = (runs["len"].cast(pl.Int64).cum_sum() - runs["len"]).to_list()
        return dict(zip(runs["value"].to_list(), zip(starts, runs["len"].to_list(), strict=True), strict=True))

    def of_series(self, series_id: str) -> pl.DataFrame:
        """The rows of one series, none where it has none; the table's key begins with `series_id`."""
        start, many = self._spans.get(series_id, (0, 0))
        return self.frame.slice(start, many)

    def of_each(self, series_ids: Iterable[str]) -> pl.DataFrame:
        """As `of_series` of several, by searching: for tables so many that an index of each would cost memory."""
        held, found = self.frame["series_id"], [self.frame.clear()]
        for one in series_ids:
            start = bisect_left(held, one)
            found.append(self.frame.slice(start, bisect_right(held, one, start) - start))
        return pl.concat(found)


@dataclass
class _Seen:
    """What was seen of a partition at the last look."""

    stamp: str | None
    checked_at: float
    kept: Kept | None


class Tables:
    """The tables of one lake. The event loop is its one user."""

    def __init__(self, lake: Lake, limit: int = TABLE_BYTES) -> None:
        self.lake = lake
        self.limit = limit
        self.reads = 0
        self._seen: OrderedDict[tuple[str, str], _Seen] = OrderedDict()
        self._newest: dict[str, tuple[float, str | None]] = {}
        self._turn = asyncio.Lock()
        # Readers in the event loop's threads wait for this one, which must therefore be none of them.
        self._thread = ThreadPoolExecutor(1, "tables")

    async def _beside(self, look: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, look)

    @property
    def bytes(self) -> int:
        """Memory of the tables kept."""
        return sum(int(one.kept.frame.estimated_size()) for one in self._seen.values() if one.kept)

    def _is_fresh(self, checked_at: float) -> bool:
        wait = CHECK_SECONDS if self.lake.is_local else REMOTE_CHECK_SECONDS
        return time.monotonic() - checked_at < wait

    async def get(self, name: str, cycle: str, partitioned_by: str = "cycle") -> Kept | None:
        """A cycle's partition of a table, or one of another kind; None where it was never made.

        Raises:
            StorageError: the lake cannot be read.
        """
        key = (name, cycle)
        async with self._turn:  # a table is read once, however many ask for it at the same time
            seen = self._seen.get(key)
            if seen is None or not self._is_fresh(seen.checked_at):
                seen = await self._beside(partial(self._look, name, cycle, partitioned_by, seen))
                self._seen[key] = seen
                self._seen.move_to_end(key)
                self._drop()
            else:
                self._seen.move_to_end(key)
            return seen.kept

    async def newest(self, name: str) -> str | None:
        """The newest cycle that has a partition of a table; None where none has."""
        async with self._turn:
            found = self._newest.get(name)
            if found is None or not self._is_fresh(found[0]):
                cycles = await self._beside(partial(self.lake.partitions, name))
                found = self._newest[name] = (time.monotonic(), cycles[-1] if cycles else None)
            return found[1]

    def _look(self, name: str, cycle: str, partitioned_by: str, seen: _Seen | None) -> _Seen:
        """Reads a partition if it is not the one last seen."""
        now = time.monotonic()
        key = {partitioned_by: cycle} if partitioned_by else {}
        stamp = self.lake.stamp(name, **key)
        if stamp is None:
            return _Seen(None, now, None)
        if seen is not None and seen.stamp == stamp:
            return _Seen(stamp, now, seen.kept)
        data = self.lake.read_bytes(self.lake.path(name, **key))
        self.reads += 1
        return _Seen(stamp, now, Kept(name, cycle, pl.read_parquet(io.BytesIO(data)), hashlib.sha256(data).hexdigest()))

    def reader(self) -> KeptTables:
        """The same tables for code that runs in a thread beside the event loop, from which this is called."""
        return KeptTables(self, asyncio.get_running_loop())

    def _drop(self) -> None:
        """Forgets what was not asked for longest, but never what was just read."""
        while len(self._seen) > 1 and (self.bytes > self.limit or len(self._seen) > KEPT):
            self._seen.popitem(last=False)


class KeptTables:
    """Tables as `dp_assets/tracing.py` reads them, for threads beside the event loop.

    Args:
        tables: where they are kept.
        loop: the event loop that is their one user.
    """

    def __init__(self, tables: Tables, loop: asyncio.AbstractEventLoop) -> None:
        self.lake, self._tables, self._loop = tables.lake, tables, loop

    def table(self, name: str, **key: str) -> Kept | None:
        """A partition; None where it was never made."""
        partitioned_by, partition = next(iter(key.items()), ("", ""))
        wanted = self._tables.get(name, partition, partitioned_by)
        return asyncio.run_coroutine_threadsafe(wanted, self._loop).result()
