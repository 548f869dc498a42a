"""Computing scenarios over the lake: what their base is read from, and writing what they came to.

Belongs here: the order of reads and writes around `domain/scenarios.py`. Does not belong here: printing
(`commands/scenario.py`), the asset (`defs/scenario_forecasts.py`), reading results (`scenario_results.py`).

A scenario is computed from the very contents that the forecasts of its cycle were made of, which their receipt names.
Its commit record notes them, so a result shows as out of date once its base, or its definition, is another.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

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
from dp_assets.scenario_results import TABLE
from dp_resources.lake import Lake


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


def compute(lake: Lake, kept: KeptScenario, base: Base, stands_on: Mapping[str, str], asked: int = 0) -> Scenario:
    """Computes a scenario and writes what it came to.

    Args:
        lake: where its result is written.
        kept: the scenario.
        base: of its cycle.
        stands_on: `made_of` that cycle, from before the base was opened.
        asked: the newest request for it (`planning_requests.py`) from before; 0 where nobody asked.

    Raises:
        ScenarioRefusedError: it cannot be computed as it is written, which its record notes as well.
    """
    record = {"cycle": kept.cycle.isoformat(), "definition": kept.sequence, "made_of": dict(stands_on), "asked": asked}
    try:
        found = run_scenario(base, kept.definition)
    except ScenarioRefusedError as error:
        # Who asked for it over HTTP reads why there and not in Dagster.
        lake.commit(TABLE, kept.name, {**record, "refused": str(error)})
        raise ScenarioRefusedError(f"scenario {kept.name!r}: {error}") from error
    lake.write(TABLE, found.table, scenario=kept.name)
    lake.commit(TABLE, kept.name, {**record, "series": found.series, "notes": list(found.notes), "kept": found.kept})
    return found
