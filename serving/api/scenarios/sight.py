"""What somebody who is kept to some nodes sees of scenarios, and may do with them.

Belongs here: which scenarios and rows those are, and names that tell nothing of others. Does not belong here: what a
scope covers (`serving/desk.py`), what series a change speaks of (`dp_assets/domain/scenario_base.py`), answers.

A scenario lies inside where every series that its changes speak of does. Whoever must not see what is outside sees
scenarios that lie inside, and their own; of any other, neither its existence nor its name is told. Where series hang is
what the current cycle says, for scenarios over past cycles as well.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from serving.api.problems import ForbiddenError, UnknownScenarioError
from serving.desk import Desk, Reach
from serving.nodes import SERIES

if TYPE_CHECKING:
    from dp_assets.domain.access import Principal
    from dp_assets.domain.scenario_base import Rows
    from dp_assets.domain.scenario_definition import Change, KeptScenario, ScenarioDefinition
    from dp_assets.planning import PlanningCycle

SHOWN = 10


@dataclass(frozen=True)
class Sight:
    """What somebody sees of scenarios.

    Attributes:
        principal: who.
        opened: the current cycle; None where they work on everything, so that nothing has to be looked up.
        reach: what is theirs in it.
    """

    principal: Principal
    opened: PlanningCycle | None
    reach: Reach

    @property
    def hides(self) -> bool:
        """Whether there is anything that must not be seen."""
        return self.principal.scope.hides

    @property
    def _nodes(self) -> str:
        return ", ".join(map(str, self.principal.scope.nodes or ()))

    # -- scenarios ----------------------------------------------------------------------------------------------------

    def is_own(self, kept: KeptScenario) -> bool:
        """Whether they wrote it."""
        return kept.user == self.principal.name

    def plans(self, kept: KeptScenario) -> bool:
        """Whether every series that it speaks of is theirs."""
        return not self._outside(kept.definition)

    def sees(self, kept: KeptScenario) -> bool:
        """Whether it may be told of. One that changes nothing is nobody else's business."""
        return not self.hides or self.is_own(kept) or (bool(kept.definition.changes) and self.plans(kept))

    def find(self, name: str, kept: Iterable[KeptScenario]) -> KeptScenario:
        """The scenario of a name.

        Raises:
            UnknownScenarioError: there is none, or none that is seen, which are told apart by nothing.
        """
        from dp_assets.domain.scenario_definition import unknown_name

        seen = {one.name: one for one in kept if self.sees(one)}
        if name not in seen:
            raise UnknownScenarioError(str(unknown_name(name, seen)))
        return seen[name]

    # -- what they may do ---------------------------------------------------------------------------------------------

    def check_definition(self, definition: ScenarioDefinition) -> None:
        """Refuses a scenario that is not only about what is theirs.

        Raises:
            ForbiddenError: a change speaks of something outside, or of nothing, which are told apart by nothing.
        """
        if found := self._outside(definition):
            raise ForbiddenError(
                f"a scenario of yours changes what lies wholly inside the nodes that you plan, {self._nodes}; this "
                f"one has {'; '.join(found[:SHOWN])}"
            )

    def check_plans(self, kept: KeptScenario) -> None:
        """Refuses a scenario that can be read, but is not only about what is theirs; ForbiddenError."""
        if not self.plans(kept):
            raise ForbiddenError(
                f"scenario {kept.name!r} also changes what lies outside of the nodes that you plan, {self._nodes}"
            )

    def check_delete(self, kept: KeptScenario) -> None:
        """Refuses to delete what is neither theirs nor inside; ForbiddenError."""
        if not self.is_own(kept):
            self.check_plans(kept)

    def _outside(self, definition: ScenarioDefinition) -> list[str]:
        """The changes that are not only about what is theirs, in words."""
        if self.opened is None:
            return []
        changes = enumerate(definition.changes)
        return [f"changes[{place}] ({one.kind}): {said}" for place, one in changes if (said := self._said(one))]

    def _said(self, change: Change) -> str | None:
        """What is wrong with a change, in words; None where it is about what is theirs."""
        if change.kind == "launch" and self.hides:
            return "a launch is for those who see every node, because its key must be new among all series"
        rows = self._spoken_of(change)
        if len(rows) and all(self.owns(self._series[row]) for row in rows.tolist()):
            return None
        name = ", ".join(f"{k} {v}" for k, v in change.like.items()) if change.kind == "launch" else change.node
        return repr(name)

    def _spoken_of(self, change: Change) -> Rows:
        from dp_assets.domain.scenario_base import rows_called, rows_like

        assert self.opened is not None
        if change.kind == "launch":
            return rows_like(change.like, self.opened.series)
        trees = {one.name: one for one in self.opened.hierarchies}
        tree = trees.get(change.hierarchy or self.opened.hierarchies[0].name)
        return np.zeros(0, np.intp) if tree is None else rows_called(change.node, tree, self.opened.series)

    def owns(self, series: str) -> bool:
        """Whether a series is theirs."""
        return self.reach.places is None or series in self._mine

    def plans_node(self, place: tuple[str, str]) -> bool:
        """Whether a node, by hierarchy and path, is theirs."""
        return self.reach.inside is None or place in self.reach.inside

    @cached_property
    def _series(self) -> list[str]:
        assert self.opened is not None
        found: list[str] = self.opened.series["series_id"].to_list()
        return found

    # -- rows ---------------------------------------------------------------------------------------------------------

    @cached_property
    def _mine(self) -> frozenset[str]:
        """Series that are theirs."""
        return frozenset(name for _, level, name in self.reach.places or () if level == SERIES)

    def of_level(self, frame: pl.DataFrame, hierarchy: str, level: str) -> pl.DataFrame:
        """Rows of a table with a column `node`, of one level of a hierarchy, that are seen; in their order."""
        if not self.hides:
            return frame
        seen = [name for where, depth, name in self.reach.places or () if (where, depth) == (hierarchy, level)]
        return frame.filter(pl.col("node").is_in(seen))

    def of_result(self, table: pl.DataFrame) -> pl.DataFrame:
        """Rows of `scenario_forecasts` that are seen, in their order."""
        if not self.hides:
            return table
        columns = ("hierarchy", "level", "node")
        seen = pl.DataFrame(list(self.reach.places or ()), dict.fromkeys(columns, pl.String), orient="row")
        return table.join(seen, on=columns, how="semi", maintain_order="left")


def sight_of(desk: Desk, principal: Principal) -> Sight:
    """What somebody sees of scenarios."""
    if principal.scope.nodes is None:
        return Sight(principal, None, Reach(principal, None, None))
    opened = desk.opened()
    return Sight(principal, opened, desk.reach(principal, opened))
