"""Edits of planners: from a wish to numbers in the planning database, and what they would do.

Belongs here: the order of reads around `domain/planning.py`. Does not belong here: printing (`planning_commands.py`),
recomputing, which `plan_requests` asks for.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl

from dp_assets.defs.reconciled_rollups import reconcile_cycle
from dp_assets.domain.contracts import planner_inputs
from dp_assets.domain.errors import ArtefactError
from dp_assets.domain.hierarchy import Hierarchy
from dp_assets.domain.overrides import publish
from dp_assets.domain.panel import Panel
from dp_assets.domain.planning import Edit, NumberToSet, PlannerNumber, effect, inputs_of, numbers_of
from dp_assets.project import Project


def current_cycle(project: Project) -> str:
    """The newest cycle that was forecast: the one that planners work on."""
    cycles = project.lake().partitions("reconciled_rollups")
    if not cycles:
        raise ArtefactError("expected a cycle that was forecast, found none; run `dp run` first")
    return max(cycles)


def wanted_numbers(project: Project, edit: Edit) -> list[NumberToSet]:
    """The numbers that an edit would set in the current cycle; EditRefusedError where a rule is broken."""
    cycle = current_cycle(project)
    rollups = project.lake().read("reconciled_rollups", cycle=cycle)
    return numbers_of(edit, rollups, date.fromisoformat(cycle), project.config)


def preview(project: Project, wanted: Sequence[NumberToSet]) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """What numbers would do to the published forecast of every node, and what of them cannot be kept, in words."""
    lake, config, cycle = project.lake(), project.config, current_cycle(project)
    places = {one.place for one in wanted}
    kept = [number for number in project.planning().numbers() if number.place not in places]
    own = [PlannerNumber(**vars(one), user="you", sequence=2**40 + at) for at, one in enumerate(wanted)]
    inputs = inputs_of([*kept, *own], date.fromisoformat(cycle), config)
    panel = Panel.load(lake.open_folder("features", cycle=cycle))
    rollups = reconcile_cycle(lake, config, cycle, panel, planner_inputs(config).conform(inputs))
    forecasts = lake.read("forecasts", cycle=cycle)
    frame, applied = publish(forecasts, rollups.table, inputs, rollups.hierarchies, config, panel)
    before = lake.read("published_forecasts", cycle=cycle)
    sentences = (*rollups.locks.conflicts, *applied.conflicts)
    nodes = [node_units(table, rollups.hierarchies) for table in (before, frame)]
    return effect(nodes[0], nodes[1], [one.bucket_start for one in wanted]), sentences


def node_units(published: pl.DataFrame, hierarchies: Sequence[Hierarchy]) -> pl.DataFrame:
    """Units published per hierarchy, level, node and bucket, down to the series."""
    below = pl.concat(one.labels().with_columns(hierarchy=pl.lit(one.name)) for one in hierarchies)
    sums = published.join(below, on="series_id").group_by("hierarchy", "level", "node", "bucket_start")
    return sums.agg(pl.col("final").sum().alias("units"))
