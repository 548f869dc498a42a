"""Scenarios over the lake: what their base is read from, what they came to, and whether that still holds.

Belongs here: the order of reads and writes around `domain/scenarios.py`. Does not belong here: printing
(`commands/scenario.py`), the asset (`defs/scenario_forecasts.py`).

A scenario is computed from the very contents that the forecasts of its cycle were made of, which their receipt names.
Its commit record notes them, so a result shows as out of date once its base, or its definition, is another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl

from dp_assets import kept_receipts, receipts
from dp_assets.champions import open_contract
from dp_assets.defs.features import current_plans
from dp_assets.domain import contracts
from dp_assets.domain.elasticity import elasticity_table
from dp_assets.domain.errors import ArtefactError
from dp_assets.domain.panel import Panel
from dp_assets.domain.promotions import known_promotions
from dp_assets.domain.scenario_base import Base, Inputs, open_base
from dp_assets.domain.scenario_definition import KeptScenario, ScenarioRefusedError
from dp_assets.domain.scenarios import Scenario, run_scenario
from dp_assets.project import Project
from dp_resources.lake import Lake

TABLE = "scenario_forecasts"


def open_cycle(lake: Lake, project: Project, cycle: date) -> Base:
    """The base of scenarios over a cycle.

    Raises:
        ArtefactError: the cycle was not published, or under another configuration of forecasts.
    """
    config, key = project.config, cycle.isoformat()
    for table in ("forecasts", "published_forecasts"):
        if not lake.exists(table, cycle=key):
            raise ArtefactError(f"expected {table} of cycle {key}, found none; run `dp run`, or choose another cycle")
    if lake.shape("forecasts", cycle=key)[1] != contracts.forecasts(config).schema:
        raise ArtefactError(
            f"the forecasts of cycle {key} have other columns than demand.yaml asks for now; materialise the job "
            "weekly_cycle for it again"
        )
    receipt = kept_receipts.find(lake, key)
    champion = receipts.champion_of(receipt, lake, config)
    panel = Panel.load(lake.open_version("features", receipt.parts["features"]))
    model = champion.cycle if champion else None
    moment = project.grid.known_at(cycle)
    has_elasticity = lake.exists("price_elasticity", cycle=key)
    inputs = Inputs(
        forecasts=lake.read("forecasts", cycle=key),
        published=lake.read("published_forecasts", cycle=key),
        attributes=lake.read("sku_attributes", cycle=key),
        planner_inputs=lake.read("planner_inputs", cycle=key),
        elasticity=lake.read("price_elasticity", cycle=key) if has_elasticity else elasticity_table(panel, config),
        residuals=lake.read("residuals", cycle=model) if model else contracts.residuals(config).empty(),
        contract=open_contract(lake, key),
        promotions=known_promotions(current_plans(lake, project, key).promotions, moment),
        panel=panel,
        champion=champion,
    )
    return open_base(inputs, config, project.settings.threads)


def made_of(lake: Lake, cycle: date) -> dict[str, str]:
    """Hashes of what scenarios over a cycle stand on."""
    key = cycle.isoformat()
    return {table: lake.digest(table, cycle=key) for table in ("forecasts", "published_forecasts", "planner_inputs")}


def compute(lake: Lake, kept: KeptScenario, base: Base, stands_on: Mapping[str, str]) -> Scenario:
    """Computes a scenario and writes what it came to.

    Args:
        lake: where its result is written.
        kept: the scenario.
        base: of its cycle.
        stands_on: `made_of` that cycle, from before the base was opened.
    """
    try:
        found = run_scenario(base, kept.definition)
    except ScenarioRefusedError as error:
        raise ScenarioRefusedError(f"scenario {kept.name!r}: {error}") from error
    lake.write(TABLE, found.table, scenario=kept.name)
    record = {"cycle": kept.cycle.isoformat(), "definition": kept.sequence, "made_of": dict(stands_on)}
    lake.commit(TABLE, kept.name, {**record, "series": found.series, "notes": list(found.notes)})
    return found


def record_of(lake: Lake, name: str) -> Mapping[str, Any] | None:
    """What is noted of a scenario's computation; None where it was never computed."""
    return lake.commit_of(TABLE, name)


def what_is_missing(lake: Lake, kept: KeptScenario) -> str | None:
    """Why the result of a scenario cannot be used, in a few words; None where it can."""
    record = record_of(lake, kept.name)
    if record is None:
        return "not computed yet"
    if record["definition"] != kept.sequence:
        return "definition changed since"
    return None if record["made_of"] == made_of(lake, kept.cycle) else "base changed since"


def result(lake: Lake, kept: KeptScenario) -> pl.DataFrame:
    """The `scenario_forecasts` of a scenario.

    Raises:
        ScenarioRefusedError: it was not computed as it now is, over its base as it now is.
    """
    if reason := what_is_missing(lake, kept):
        raise ScenarioRefusedError(
            f"expected scenario {kept.name!r} computed over cycle {kept.cycle} as it now is, got: {reason}; run "
            f"`dp scenario run {kept.name}`"
        )
    return lake.read(TABLE, scenario=kept.name)


def results(lake: Lake, kept: Sequence[KeptScenario]) -> dict[str, pl.DataFrame]:
    """Of several scenarios over the same cycle, by name.

    Raises:
        ScenarioRefusedError: they are over several cycles, or one of them is out of date.
    """
    cycles = sorted({one.cycle for one in kept})
    if len(cycles) > 1:
        raise ScenarioRefusedError(
            f"expected scenarios over one cycle, got {', '.join(map(str, cycles))}; make the older ones again"
        )
    return {one.name: result(lake, one) for one in kept}


def forget(lake: Lake, name: str) -> None:
    """Removes what a scenario came to; the lake keeps the bytes among its versions."""
    lake.withdraw(TABLE, name)
    lake.remove(TABLE, scenario=name)
