"""Which bundle is current, its replacement while requests run, and the bundle of a past cycle.

Belongs here: finding the lake, the newest bundle in it, loading it, swapping it in; one past one beside it.
Does not belong here: what is in a bundle (`bundle.py`).
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from dp_assets.domain.errors import DemandPlannerError
from dp_resources.lake import Lake
from dp_resources.settings import Settings
from serving.bundle import Bundle
from serving.pins import TABLE, Pin, newest, open_bundle, pin_of
from serving.rendering import Renderer
from serving.tables import Tables
from serving.views import Views

if TYPE_CHECKING:
    from serving.forward import Computer

CHECK_SECONDS = 1.0
REMOTE_CHECK_SECONDS = 10.0
"""Object storage bills and delays every listing."""
RETRY_SECONDS = 30.0
ANSWER_BYTES = 64 * 2**20
ASKED_ONCE = 2**17
"""Questions remembered without their answers."""
log = logging.getLogger("demand_planner.serving")


def open_lake(settings: Settings) -> Lake:
    """The lake that the environment, or else `demand.yaml`, names; relative roots start at the folder of `demand.yaml`.

    Raises:
        ConfigError: no lake root in the environment, and `demand.yaml` is missing or wrong.
    """
    path = settings.config.resolve()
    root = settings.lake_root
    if root is None:
        from dp_assets.domain.config_file import load_config

        root = load_config(path).lake.root
    return Lake(root if "://" in root else (path.parent / root).resolve(), settings.storage_options())


class Rendered(NamedTuple):
    """An answer as it is sent.

    Attributes:
        tag: its ETag.
        headers: as the server sends them.
        body: what is sent.
        size: memory that it and its question take.
    """

    tag: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes
    size: int


@dataclass(frozen=True)
class Loaded:
    """A bundle in service, with what is made of it on demand."""

    cycle: str
    version: str
    bundle: Bundle
    loaded_at: datetime

    @cached_property
    def views(self) -> Views:
        """What those who are kept to some nodes see of it."""
        return Views(self.bundle)

    @cached_property
    def answers(self) -> Answers:
        """Answers rendered from this bundle."""
        return Answers(ANSWER_BYTES)

    @cached_property
    def renderer(self) -> Renderer:
        """The text of its forecasts."""
        return Renderer(self.bundle)

    @cached_property
    def computer(self) -> Computer:
        """The forward pass; nothing is imported or read before it is first used."""
        from serving.forward import Computer

        return Computer(self.bundle)


class Answers:
    """Rendered answers, the least recently used dropped first: they change only with the bundle, so once is enough.

    What is asked for once is not kept: rendering it costs less than the memory that it would take, and whoever reads
    every SKU in turn would drive out what others ask for again and again.

    Not safe for threads: the event loop is its one user.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.bytes = 0
        self._kept: OrderedDict[Hashable, Rendered] = OrderedDict()
        self._once: set[int] = set()

    def __len__(self) -> int:
        return len(self._kept)

    def is_asked_again(self, key: Hashable) -> bool:
        """Whether a question was asked before, as far as is remembered; from now on it was."""
        name = hash(key)
        if name in self._once:
            return True
        if len(self._once) >= ASKED_ONCE:
            self._once.clear()
        self._once.add(name)
        return False

    def find(self, key: Hashable) -> Rendered | None:
        """The answer kept for a question."""
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
        return found

    def keep(self, key: Hashable, answer: Rendered) -> None:
        """Keeps the answer to a question, in place of one that is kept for it: equal requests may run at one time."""
        former = self._kept.pop(key, None)
        self._kept[key] = answer
        self.bytes -= former.size if former else 0
        self.bytes += answer.size
        while self.bytes > self.limit:
            self.bytes -= self._kept.popitem(last=False)[1].size


def _problem(error: Exception, pin: Pin | None) -> str:
    """Why a bundle is not put into service, and what would do where somebody rolled back to it."""
    if pin is None:
        return str(error)
    return (
        f"the bundle that {pin.by} rolled back to cannot be served: {error}; `dp rollback CYCLE` serves another one, "
        "`dp rollback --undo` the newest"
    )


class Library:
    """The bundle in service. A newer one replaces it in one assignment; requests keep the one they began with.

    Two bundles are in memory at most, beside what requests still hold: the one in service, and one of a past cycle,
    which makes way while a newer one is loaded.

    Attributes:
        current: what is in service; None before the first bundle exists.
        past: the bundle of the past cycle last asked for, if any: one more is held, whatever is asked for.
        pin: why something else than the newest bundle is to be served; None where that one is.
        newest: cycle and version of the newest bundle in the lake, as last looked for.
        tables: tables of the lake that are answered from memory.
        problem: why what is to be served is not in service; None when it is.
        loads: bundles that were put into service.
        refusals: bundles that were not, each time it was tried.
    """

    def __init__(self, lake: Lake) -> None:
        self.lake = lake
        self.current: Loaded | None = None
        self.past: Loaded | None = None
        self.pin: Pin | None = None
        self.newest: tuple[str, str] | None = None
        self.problem: str | None = None
        self.loads = self.refusals = 0
        self.tables = Tables(lake)
        self._turn = asyncio.Lock()
        self._refused: tuple[tuple[str, str], float] | None = None

    def refresh(self) -> bool:
        """Puts the newest bundle, or the one pinned, into service; True when it was not yet.

        A bundle that cannot be loaded is reported in `problem`, the one in service stays, and it is tried again later.

        Raises:
            DemandPlannerError: the lake cannot say what is to be served.
        """
        self._forget_replaced()
        pin, self.newest = pin_of(self.lake), newest(self.lake)
        wanted = (pin.cycle, pin.version) if pin else self.newest
        if wanted is None or (self.current and wanted == (self.current.cycle, self.current.version)):
            self.pin, self.problem = pin, None
            return False
        if self._refused and self._refused[0] == wanted and time.monotonic() - self._refused[1] < RETRY_SECONDS:
            return False
        cycle, version = wanted
        self.past = None
        try:
            bundle = open_bundle(self.lake, cycle, version)
        except Exception as error:  # whatever is wrong with its files, the one in service goes on
            self.problem, self._refused = _problem(error, pin), (wanted, time.monotonic())
            self.refusals += 1
            log.error("bundle of cycle %s is not put into service: %s", cycle, error)
            return False
        self.current, self.pin = Loaded(cycle, version, bundle, datetime.now(UTC)), pin
        self.problem = self._refused = None
        self.loads += 1
        log.info("serving cycle %s, %d series of %d SKUs", cycle, len(bundle), bundle.skus)
        return True

    def _forget_replaced(self) -> None:
        """Drops the past bundle where the lake has another one of its cycle by now."""
        past = self.past
        if past is None:
            return
        known = self.lake.exists(TABLE, cycle=past.cycle)
        if not known or self.lake.manifest(TABLE, cycle=past.cycle)["sha256"] != past.version:
            self.past = None

    async def of_cycle(self, cycle: str) -> Loaded | None:
        """The bundle of a cycle: the one in service, the past one held, or one loaded now in its place.

        None where the lake has no bundle of that cycle.

        Raises:
            DemandPlannerError: there is one that cannot be loaded, e.g. of an older format.
        """
        for held in (self.current, self.past):
            if held is not None and held.cycle == cycle:
                return held
        async with self._turn:  # whoever asks for the same cycle meanwhile waits for the one load
            if self.past is not None and self.past.cycle == cycle:
                return self.past
            self.past = await asyncio.to_thread(self._load, cycle) or self.past
            return self.past if self.past and self.past.cycle == cycle else None

    def _load(self, cycle: str) -> Loaded | None:
        if not self.lake.exists(TABLE, cycle=cycle):
            return None
        version = str(self.lake.manifest(TABLE, cycle=cycle)["sha256"])
        self.past = None
        return Loaded(cycle, version, open_bundle(self.lake, cycle, version), datetime.now(UTC))

    async def look(self) -> None:
        """Refreshes beside the event loop; storage may be away for a while, and what is in service stays so."""
        try:
            async with self._turn:
                await asyncio.to_thread(self.refresh)
        except Exception as error:
            problem = f"cannot look for a newer bundle: {error}"
            if problem != self.problem:  # said once, not every second
                log.error(problem, exc_info=not isinstance(error, DemandPlannerError))
            self.problem = problem

    async def watch(self) -> None:
        """Looks for a newer bundle every second (every ten on object storage), until cancelled."""
        while True:
            await asyncio.sleep(CHECK_SECONDS if self.lake.is_local else REMOTE_CHECK_SECONDS)
            await self.look()
