"""Edits of planners: from a wish to numbers, what they would do, what earlier ones did.

Belongs here: the tables of a cycle that edits are judged by, and the order of reads around `domain/planning.py`. Does
not belong here: printing (`commands/plan.py`), HTTP (`serving`), the planning database, recomputing, which
`plan_requests` asks for. Nothing here knows Dagster: the command line and the API ask the same questions.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import polars as pl

from dp_assets.champions import open_panel
from dp_assets.domain.access import NodeScope
from dp_assets.domain.advice import CASES, Advice, advise, edit_cases, first_set
from dp_assets.domain.config import DemandConfig
from dp_assets.domain.contracts import planner_inputs
from dp_assets.domain.errors import ArtefactError
from dp_assets.domain.hierarchy import Hierarchy, build_hierarchies, labels_of
from dp_assets.domain.overrides import publish
from dp_assets.domain.panel import Panel, recent_actuals
from dp_assets.domain.planning import (
    Edit,
    EditRefusedError,
    NumberToSet,
    PlannerNumber,
    effect,
    inputs_of,
    numbers_of,
    unknown_node,
)
from dp_assets.domain.planning_scope import places_within
from dp_assets.domain.rollups import roll_up
from dp_assets.reconciling import champion_residuals
from dp_resources.lake import Lake

TABLES = ("forecasts", "sku_attributes", "node_forecasts", "reconciled_rollups", "published_forecasts")
"""Of a cycle, beside its features and the residuals of its model."""


def current_cycle(lake: Lake) -> str:
    """The newest cycle that was forecast: the one that planners work on."""
    cycles = lake.partitions("reconciled_rollups")
    if not cycles:
        raise ArtefactError("expected a cycle that was forecast, found none; run `dp run` first")
    return max(cycles)


def stamp_of(lake: Lake, cycle: str) -> str:
    """What changes whenever one of the tables that edits of a cycle are judged by is written."""
    stamps = [lake.stamp(table, cycle=cycle) for table in TABLES]
    features = lake.manifest("features", cycle=cycle)["sha256"] if lake.exists("features", cycle=cycle) else None
    return hashlib.sha256(repr((cycle, stamps, features)).encode()).hexdigest()


@dataclass(frozen=True)
class PlanningCycle:
    """A cycle as planners' edits are judged by it, in memory.

    Attributes:
        lake: where it lies.
        config: of the business.
        cycle: its cutoff.
        stamp: `stamp_of` it, from before anything was read.
    """

    lake: Lake
    config: DemandConfig
    cycle: str
    stamp: str

    @classmethod
    def open(cls, lake: Lake, config: DemandConfig) -> PlanningCycle:
        """The current cycle; its tables are read when they are first needed."""
        cycle = current_cycle(lake)
        return cls(lake, config, cycle, stamp_of(lake, cycle))

    @property
    def cutoff(self) -> date:
        """The cycle as a date."""
        return date.fromisoformat(self.cycle)

    @cached_property
    def rollups(self) -> pl.DataFrame:
        """`reconciled_rollups`, by hierarchy, node and lead."""
        return self._table("reconciled_rollups").sort("hierarchy", "node", "lead")

    @cached_property
    def places(self) -> dict[tuple[str, str], tuple[int, int]]:
        """Hierarchy and node → first row and number of rows in `rollups`."""
        runs = self.rollups.select(run=pl.struct("hierarchy", "node").rle()).unnest("run")
        starts = (runs["len"].cast(pl.Int64).cum_sum() - runs["len"]).to_list()
        names = [(one["hierarchy"], one["node"]) for one in runs["value"].to_list()]
        return dict(zip(names, zip(starts, runs["len"].to_list(), strict=True), strict=True))

    @cached_property
    def starts(self) -> list[date]:
        """First days of the buckets that are forecast."""
        found: list[date] = self.rollups["bucket_start"].unique().sort().to_list()
        return found

    @cached_property
    def forecasts(self) -> pl.DataFrame:
        """`forecasts`."""
        return self._table("forecasts")

    @cached_property
    def attributes(self) -> pl.DataFrame:
        """`sku_attributes`."""
        return self._table("sku_attributes")

    @cached_property
    def published(self) -> pl.DataFrame:
        """`published_forecasts`."""
        return self._table("published_forecasts")

    @cached_property
    def hierarchies(self) -> tuple[Hierarchy, ...]:
        """What is rolled up."""
        return build_hierarchies(self.forecasts, self.attributes, self.config, self.cutoff)

    @cached_property
    def series(self) -> pl.DataFrame:
        """One row per series, ascending: series_id and its key columns."""
        return self.forecasts.select("series_id", *self.config.series_key).unique().sort("series_id")

    @cached_property
    def units(self) -> pl.DataFrame:
        """Units published per hierarchy, level, node and bucket, down to the series."""
        return node_units(self.published, self.hierarchies)

    @cached_property
    def _panel(self) -> Panel:
        return Panel.load(self.lake.open_folder("features", cycle=self.cycle))

    @cached_property
    def _node_forecasts(self) -> pl.DataFrame:
        return self._table("node_forecasts")

    @cached_property
    def _residuals(self) -> pl.DataFrame:
        return champion_residuals(self.lake, self.config, self.cycle)

    def _table(self, name: str) -> pl.DataFrame:
        return self.lake.read(name, cycle=self.cycle)

    def rows(self, hierarchy: str, node: str) -> pl.DataFrame:
        """`reconciled_rollups` rows of a node or series; none where there is none of that name."""
        return self.rollups.slice(*self.places.get((hierarchy, node), (0, 0)))

    def reconciled(self, hierarchy: str, node: str) -> dict[date, float]:
        """First day of a bucket → units as reconciled, of a node or series; none where there is none of that name.

        Kept, since worksheets ask for thousands of nodes, and filtering a table takes a thousand times as long.
        """
        found = self._reconciled.get((hierarchy, node))
        if found is None and (hierarchy, node) in self.places:
            rows = self.rows(hierarchy, node)
            found = dict(zip(rows["bucket_start"].to_list(), rows["forecast"].to_list(), strict=True))
            self._reconciled[hierarchy, node] = found
        return found or {}

    @cached_property
    def _reconciled(self) -> dict[tuple[str, str], dict[date, float]]:
        return {}

    def wanted(self, edit: Edit) -> list[NumberToSet]:
        """The numbers that an edit would set; EditRefusedError where a rule is broken."""
        now = self.reconciled(edit.hierarchy, edit.node)
        if not now:
            raise EditRefusedError(unknown_node(edit.hierarchy, edit.node, self.places))
        return numbers_of(edit, now, self.cutoff, self.config)

    def within(self, scope: NodeScope) -> frozenset[tuple[str, str, str]]:
        """Hierarchy, level and name of all nodes and series that a scope covers wholly."""
        return places_within(self.hierarchies, scope)

    def preview(
        self, numbers: Iterable[PlannerNumber], wanted: Sequence[NumberToSet]
    ) -> tuple[pl.DataFrame, tuple[str, ...]]:
        """What numbers would do to the published forecast of every node, and what cannot be kept, in words.

        Args:
            numbers: those that were ever set.
            wanted: those that would be set beside them, or in place of them.
        """
        places = {one.place for one in wanted}
        kept = [number for number in numbers if number.place not in places]
        own = [PlannerNumber(**vars(one), user="you", sequence=2**40 + at) for at, one in enumerate(wanted)]
        inputs = planner_inputs(self.config).conform(inputs_of([*kept, *own], self.cutoff, self.config))
        rollups = roll_up(
            forecasts=self.forecasts,
            attributes=self.attributes,
            node_forecasts=self._node_forecasts,
            planner_inputs=inputs,
            residuals=self._residuals,
            panel=self._panel,
            config=self.config,
        )
        frame, applied = publish(self.forecasts, rollups.table, inputs, rollups.hierarchies, self.config, self._panel)
        after = node_units(frame, rollups.hierarchies)
        sentences = (*rollups.locks.conflicts, *applied.conflicts)
        return effect(self.units, after, [one.bucket_start for one in wanted]), sentences

    def advice(self, numbers: Iterable[PlannerNumber], wanted: Sequence[NumberToSet], user: str) -> list[str]:
        """What the planner's own record says of an edit, one sentence for each kind of it; none without a record."""
        if all(number.user != user for number in numbers):
            return []  # which is known without reading every cycle
        found: dict[Advice, str] = {}
        known: dict[tuple[str, bool], Advice | None] = {}
        for one in wanted:
            before = self.reconciled(one.hierarchy, one.node)[one.bucket_start]
            if before == one.quantity:
                continue
            kind = one.reason_code, one.quantity > before  # all that advice depends on
            if kind not in known:
                known[kind] = advise(self._cases, user, one.reason_code, before, one.quantity)
            advice = known[kind]
            if advice is not None:
                found.setdefault(advice, advice.words(before, one.quantity))
        return list(found.values())

    @cached_property
    def _cases(self) -> pl.DataFrame:
        return all_cases(self.lake, self.config)


def all_cases(lake: Lake, config: DemandConfig) -> pl.DataFrame:
    """Every number that planners ever set, beside what was forecast and what was sold; see `domain/advice.py`."""
    cycles = lake.partitions("published_forecasts")
    inputs = [(date.fromisoformat(cycle), lake.read("planner_inputs", cycle=cycle)) for cycle in cycles]
    found = [pl.DataFrame(schema=CASES)]
    if any(len(frame) for _, frame in inputs):
        panel = open_panel(lake, cycles[-1])
        actuals = recent_actuals(panel, panel.history)
        for cycle, new in first_set(inputs):
            if len(new):
                published = lake.read("published_forecasts", cycle=cycle.isoformat())
                attributes = lake.read("sku_attributes", cycle=cycle.isoformat())
                built = build_hierarchies(published, attributes, config, cycle)
                found.append(edit_cases(cycle, new, published, labels_of(built), actuals))
    return pl.concat(found)


def node_units(published: pl.DataFrame, hierarchies: Sequence[Hierarchy]) -> pl.DataFrame:
    """Units published per hierarchy, level, node and bucket, down to the series."""
    sums = published.join(labels_of(hierarchies), on="series_id").group_by("hierarchy", "level", "node", "bucket_start")
    return sums.agg(pl.col("final").sum().alias("units"))
