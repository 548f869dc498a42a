"""Edits of planners: from a wish to numbers in the planning database, what they would do, what earlier ones did.

Belongs here: the order of reads around `domain/planning.py`. Does not belong here: printing (`commands/plan.py`),
recomputing, which `plan_requests` asks for.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl

from dp_assets.champions import open_panel
from dp_assets.defs.reconciled_rollups import reconcile_cycle
from dp_assets.domain.advice import CASES, Advice, advise, edit_cases, first_set
from dp_assets.domain.contracts import planner_inputs
from dp_assets.domain.errors import ArtefactError
from dp_assets.domain.hierarchy import Hierarchy, build_hierarchies, labels_of
from dp_assets.domain.overrides import publish
from dp_assets.domain.panel import Panel, recent_actuals
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


def all_cases(project: Project) -> pl.DataFrame:
    """Every number that planners ever set, beside what was forecast and what was sold; see `domain/advice.py`."""
    lake = project.lake()
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
                built = build_hierarchies(published, attributes, project.config, cycle)
                found.append(edit_cases(cycle, new, published, labels_of(built), actuals))
    return pl.concat(found)


def advice_for(project: Project, wanted: Sequence[NumberToSet], user: str) -> list[str]:
    """What the planner's own record says of an edit, one sentence for each kind of it; none without a record."""
    if all(number.user != user for number in project.planning().numbers()):
        return []  # which is known without reading every cycle
    cases = all_cases(project)
    columns = ("hierarchy", "node", "bucket_start", "forecast")
    rollups = project.lake().read("reconciled_rollups", columns, cycle=current_cycle(project))
    found: dict[Advice, str] = {}
    for one in wanted:
        here = (pl.col("hierarchy") == one.hierarchy) & (pl.col("node") == one.node)
        before = float(rollups.filter(here & (pl.col("bucket_start") == one.bucket_start))["forecast"][0])
        advice = advise(cases, user, one.reason_code, before, one.quantity)
        if advice is not None:
            found.setdefault(advice, advice.words(before, one.quantity))
    return list(found.values())


def node_units(published: pl.DataFrame, hierarchies: Sequence[Hierarchy]) -> pl.DataFrame:
    """Units published per hierarchy, level, node and bucket, down to the series."""
    sums = published.join(labels_of(hierarchies), on="series_id").group_by("hierarchy", "level", "node", "bucket_start")
    return sums.agg(pl.col("final").sum().alias("units"))
