"""Work that takes turns on threads of its own.

Belongs here: so many at once, so many waiting, and no more. Does not belong here: what is done.

The event loop has one pool of threads for everything else. What can take seconds, or waits for a lock, would fill it,
and then nobody could sign in or read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import TypeVar

T = TypeVar("T")


class TooManyWaitError(Exception):
    """As many wait as may."""


class Turns:
    """A line before a few threads. The event loop is its one user.

    Args:
        name: of the threads.
        at_once: threads.
        most: how many may be done or wait at a time; more are refused.
    """

    def __init__(self, name: str, at_once: int, most: int) -> None:
        self.name, self.at_once, self.most = name, at_once, most
        self.many = 0

    @cached_property
    def _pool(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(self.at_once, self.name)

    async def do(self, work: Callable[[], T]) -> T:
        """Does something in one of the threads, when it is its turn.

        Raises:
            TooManyWaitError: as many wait as may.
        """
        if self.many >= self.most:
            raise TooManyWaitError
        self.many += 1
        running = asyncio.get_running_loop().run_in_executor(self._pool, work)
        running.add_done_callback(self._done)
        return await asyncio.shield(running)

    def _done(self, running: asyncio.Future[T]) -> None:
        self.many -= 1
        if not running.cancelled():
            running.exception()  # whoever waited may have gone
