"""What planners work on: the current cycle's tables in memory, and the planning database.

Belongs here: when tables are opened anew, what somebody may set numbers for. Does not belong here: the rules of edits
(`dp_assets/domain/planning.py`), HTTP (`serving/api`).

Everything here blocks, and is called in threads. Nothing is read or imported before somebody plans.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from dp_assets.domain.access import NodeScope, Principal
from dp_resources.lake import Lake
from dp_resources.settings import Settings
from serving.api.problems import ForbiddenError, UnknownNodeError
from serving.turns import Turns

if TYPE_CHECKING:
    from dp_assets.domain.config import DemandConfig
    from dp_assets.domain.planning import PlannerNumber
    from dp_assets.planning import PlanningCycle
    from dp_resources.clock import Clock
    from dp_resources.planning_db import PlanningDatabase
    from dp_resources.planning_marks import Mark, Place
    from dp_resources.planning_once import Asked, Joined, Reply

CHECK_SECONDS = 1.0
REMOTE_CHECK_SECONDS = 10.0
KEPT_SCOPES = 64
Places = frozenset[tuple[str, str, str]]
"""Hierarchy, level and name of nodes and series."""
Names = frozenset[tuple[str, str]]
"""Hierarchy and name of nodes and series."""


class Desk:
    """The planning side of one process. Safe for threads."""

    def __init__(self, settings: Settings, lake: Lake) -> None:
        self.settings, self.lake = settings, lake
        self._turn, self.landing_turn, self._reading = threading.Lock(), threading.Lock(), threading.Lock()
        self.turns = Turns("planning", at_once=4, most=64)
        self.previews = Turns("preview", at_once=1, most=16)  # each takes all of a core for seconds
        self.marking = Turns("marks", at_once=1, most=64)  # the worklist is read without planning, and waits for none
        self._opened: PlanningCycle | None = None
        self._looked = 0.0
        self._reaches: OrderedDict[tuple[str, NodeScope], tuple[Places, Names]] = OrderedDict()
        self._numbers: dict[int, tuple[PlannerNumber, int]] = {}
        self._last = 0
        self._marks: tuple[int, dict[Place, Mark]] = (0, {})

    @cached_property
    def config(self) -> DemandConfig:
        """The configuration with its tables; ConfigError where `demand.yaml` is missing or wrong."""
        from dp_assets.configured import load_configured

        return load_configured(self.settings.config.resolve())

    @cached_property
    def database(self) -> PlanningDatabase:
        """The planning database."""
        from dp_resources.planning_db import planning_database

        return planning_database(self.settings.planning_url)

    @cached_property
    def clock(self) -> Clock:
        """The time of the business."""
        from dp_resources.clock import clock_of

        return clock_of(self.settings)

    def opened(self) -> PlanningCycle:
        """The current cycle, opened anew where its tables were written since.

        Raises:
            ArtefactError: no cycle was forecast yet.
            ConfigError: `demand.yaml` is missing or wrong.
        """
        from dp_assets.planning import PlanningCycle

        with self._turn:
            wait = CHECK_SECONDS if self.lake.is_local else REMOTE_CHECK_SECONDS
            if self._opened is None or time.monotonic() - self._looked >= wait:
                fresh = PlanningCycle.open(self.lake, self.config)
                if self._opened is None or self._opened.stamp != fresh.stamp:
                    self._opened = fresh
                self._looked = time.monotonic()
            return self._opened

    def numbers(self) -> list[tuple[PlannerNumber, int]]:
        """Every number ever set, each with the row of the ledger that last changed it; only changes are read anew."""
        from dp_resources.planning_once import changed_since

        with self._reading:
            if self.database.last_change() != self._last:
                for number, change in changed_since(self.database, self._last):
                    self._numbers[number.sequence] = (number, change)
                    self._last = max(self._last, change)
            return list(self._numbers.values())

    def marks(self) -> dict[Place, Mark]:
        """Every mark on the worklist; read anew only after a change, and none where nobody has planned yet.

        Raises:
            StorageError, ConfigError: the planning database cannot be asked.
        """
        file = self.settings.planning_url.removeprefix("sqlite:///")
        if file != self.settings.planning_url and not Path(file).exists():
            return {}
        from dp_resources.planning_marks import last_mark, marks_of

        last = last_mark(self.database)
        if last != self._marks[0]:
            self._marks = (last, marks_of(self.database))
        return self._marks[1]

    def reach(self, principal: Principal, opened: PlanningCycle) -> Reach:
        """What somebody may set numbers for in a cycle."""
        scope = principal.scope
        if scope.nodes is None:
            return Reach(principal, None, None)
        key = (opened.stamp, NodeScope(scope.nodes))
        found = self._reaches.get(key)
        if found is None:
            places = opened.within(scope)
            found = self._reaches[key] = places, frozenset((hierarchy, name) for hierarchy, _, name in places)
            while len(self._reaches) > KEPT_SCOPES:
                self._reaches.popitem(last=False)
        return Reach(principal, *found)

    def once(self, asked: Asked | None, change: Callable[[Joined], Reply]) -> Reply:
        """Makes a change in one transaction, at most once for a request; see `change_once`."""
        from dp_resources.planning_once import change_once

        return change_once(self.database, asked, change)


@dataclass(frozen=True)
class Reach:
    """What somebody sees and may set numbers for.

    Attributes:
        principal: who.
        places: nodes and series that are theirs; None is everything.
        inside: those by hierarchy and name alone.
    """

    principal: Principal
    places: Places | None
    inside: Names | None

    def covers(self, hierarchy: str, node: str) -> bool:
        """Whether a number may be set there."""
        return self.inside is None or (hierarchy, node) in self.inside

    def sees(self, hierarchy: str, node: str) -> bool:
        """Whether it may be told of."""
        return self.covers(hierarchy, node) or not self.principal.scope.hides

    def check(self, opened: PlanningCycle, hierarchy: str, node: str, offer: bool = True) -> None:
        """Refuses a node that does not exist, or is not theirs.

        Args:
            opened: the cycle.
            hierarchy, node: where.
            offer: whether to look for names like it, which takes a second where there are many.

        Raises:
            UnknownNodeError: there is none, or none that they see, which are told apart by nothing.
            ForbiddenError: it can be read, but is not theirs.
        """
        exists = (hierarchy, node) in opened.places
        if exists and self.covers(hierarchy, node):
            return
        if exists and self.sees(hierarchy, node):
            raise ForbiddenError(f"{node!r} ({hierarchy}) can be read, but lies outside of the nodes that you plan")
        plain = f"hierarchy {hierarchy!r} has no node {node!r} in this cycle"
        raise UnknownNodeError(self._unknown(opened, hierarchy, node) if offer else plain)

    def _unknown(self, opened: PlanningCycle, hierarchy: str, node: str) -> str:
        """Names like it, but none that must not be seen."""
        from dp_assets.domain.planning import unknown_node

        if self.inside is None or not self.principal.scope.hides:
            return unknown_node(hierarchy, node, opened.places)
        if not (seen := self.inside & opened.places.keys()):
            return f"no node {node!r} of hierarchy {hierarchy!r} is in this cycle"
        return unknown_node(hierarchy, node, seen)
