"""Scenarios cost what they change: CPU of those that touch 1, 10 and 100 % of 5,000 SKUs, and of 50 of them.

`make bench-scenarios`. Ratios of CPU seconds on one thread, medians of interleaved rounds, against the one that touches
everything, and against forecasting and reconciling the whole cycle again, which a scenario would cost without sharing.
Prints a table and writes benchmarks/out/scenarios.json.

Belongs here: what scenarios cost. Does not belong here: whether they are right (`tests/`).
"""

from __future__ import annotations

import argparse
import dataclasses
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks.findings import Finding, at_most, share, show
from dp_assets.domain import contracts
from dp_assets.domain.config import DemandConfig
from dp_assets.domain.elasticity import elasticity_table
from dp_assets.domain.encoders import Encoders
from dp_assets.domain.forecasts import Champion, forecast_table
from dp_assets.domain.hierarchy import build_hierarchies
from dp_assets.domain.intervals import ErrorDistributions
from dp_assets.domain.node_forecasts import node_forecast_table
from dp_assets.domain.overrides import publish
from dp_assets.domain.promotions import promotion_channels
from dp_assets.domain.rollups import roll_up
from dp_assets.domain.scenario_base import Base, Inputs, open_base
from dp_assets.domain.scenario_definition import ScenarioDefinition
from dp_assets.domain.scenarios import run_scenario
from tests.factories import make_panel
from tests.serving.network_makers import make_batch

SKUS, WEEKS, HORIZON, CATEGORIES, DEPARTMENTS = 5_000, 60, 4, 100, 10
ROUNDS = 5
TOUCHED = {1: "d0/c00", 10: "d0", 100: "total"}
"""Percent of the series → the node that holds them."""
MIX = {1: 35, 10: 12, 100: 3}
"""Percent touched → how many of 50 scenarios touch so much."""


def configuration() -> DemandConfig:
    """Departments and categories, a month ahead, all else by default."""
    shop = {"name": "shop", "files": ["*.csv"], "columns": {"sku": "item", "sold_at": "day", "quantity": "units"}}
    return DemandConfig.model_validate(
        {
            "producers": [shop],
            "attributes": {"department": {}, "category": {}},
            "hierarchies": [{"name": "product", "levels": ["department", "category"]}],
            "horizon_weeks": HORIZON,
            "lookback_weeks": 26,
            "boosting": {"enabled": False},
        }
    )


def made_up(config: DemandConfig, skus: int, folder: Path) -> tuple[Inputs, Callable[[], None]]:
    """A published cycle with prices and promotions, and what computes the whole of it again."""
    rng = np.random.default_rng(1)
    panel = make_panel(series=skus, history=WEEKS, horizon=HORIZON)
    category = np.arange(skus) % CATEGORIES
    names = pl.Series([f"sku{number:07d}" for number in range(skus)])  # in order, however many they are
    series = panel.series.drop("brand").with_columns(
        names.alias("series_id"),
        names.alias("sku"),
        pl.Series("department", [f"d{one // (CATEGORIES // DEPARTMENTS)}" for one in category]),
        pl.Series("category", [f"c{one:02d}" for one in category]),
    )
    promotions = _promotions(series["sku"].to_list(), panel.cutoff, rng)
    planned, _ = promotion_channels(promotions, series, panel.starts[WEEKS:], 1)
    known = np.array(panel.known)
    known[:, WEEKS:] = planned
    price = (panel.price * np.exp(rng.normal(0, 0.1, panel.price.shape))).astype(np.float32)
    panel = dataclasses.replace(panel, series=series, known=known, price=price)
    batch = make_batch(panel, config, folder, boosted=False)
    encoders = Encoders.from_json((folder / "encoders.json").read_text(encoding="utf-8"))
    errors = ErrorDistributions.of(batch.errors, config.quantile_levels)
    champion = Champion(panel.cutoff.isoformat(), folder, encoders, errors, "benchmark")
    attributes = contracts.sku_attributes(config).conform(
        series.select("sku", *config.attributes).with_columns(
            *(pl.lit(None, pl.String).alias(f"{name}_source") for name in config.attributes),
            conflicts=pl.lit([], pl.List(pl.String())),
            has_attributes=pl.lit(True),
        )
    )
    nothing, residuals = contracts.planner_inputs(config).empty(), contracts.residuals(config).empty()
    nodes = node_forecast_table(panel, build_hierarchies(series, attributes, config, panel.cutoff), config)

    def computed() -> tuple[pl.DataFrame, pl.DataFrame]:
        forecasts = forecast_table(panel, champion, config, "receipt")
        rollups = roll_up(forecasts, attributes, nodes, nothing, residuals, panel, config)
        return forecasts, publish(forecasts, rollups.table, nothing, rollups.hierarchies, config, panel)[0]

    forecasts, published = computed()
    elasticity = elasticity_table(panel, config)
    contract = contracts.INTERVAL_CONTRACT.empty()
    inputs = Inputs(
        forecasts, published, attributes, nothing, elasticity, residuals, contract, promotions, panel, champion
    )
    return inputs, lambda: (computed(), None)[1]


def _promotions(skus: list[str], cutoff: date, rng: np.random.Generator) -> pl.DataFrame:
    """One display of a week for every third SKU, on one of the leads."""
    chosen = skus[::3]
    starts = [cutoff + timedelta(weeks=int(lead)) for lead in rng.integers(0, HORIZON, len(chosen))]
    return contracts.PROMOTIONS.conform(
        pl.DataFrame(
            {
                "file_version_id": "plan",
                "row_number": range(1, len(chosen) + 1),
                "producer": "plan",
                "known_from": datetime(2016, 1, 1, tzinfo=UTC),
                "sku": chosen,
                "level": None,
                "member": None,
                "starts_on": starts,
                "ends_on": [start + timedelta(days=6) for start in starts],
                "kind": "display",
                "discount": None,
                "share": 0.5,
            }
        )
    )


def definition(kind: str, percent: int, base: Base) -> ScenarioDefinition:
    """A price cut, or a promotion, of a share of the series in the second bucket."""
    week = base.forecasts.starts[1]
    change: dict[str, Any] = {"node": TOUCHED[percent], "first": week, "last": week + timedelta(days=6)}
    change |= (
        {"kind": "price", "percent": -10} if kind == "price" else {"kind": "add_promotion", "promotion": "display"}
    )
    return ScenarioDefinition.model_validate({"changes": [change]})


def seconds(work: Callable[[], object]) -> float:
    """CPU seconds of one call."""
    before = time.process_time()
    work()
    return time.process_time() - before


def main() -> None:
    """See the module's docstring."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--skus", type=int, default=SKUS, help="series of the cycle (default: %(default)s)")
    chosen = parser.parse_args()
    config = configuration()
    with tempfile.TemporaryDirectory() as folder:
        inputs, again = made_up(config, chosen.skus, Path(folder))
        base = open_base(inputs, config)
        opening = seconds(lambda: (base.sums, base.correlation, base.elasticity, base.held, base.only))
        asked = {(kind, part): definition(kind, part, base) for kind in ("price", "promotion") for part in TOUCHED}
        for one in asked.values():
            run_scenario(base, one)  # imports are not what is measured
        cost: dict[tuple[str, int], list[float]] = {which: [] for which in asked}
        whole = []
        for _ in range(ROUNDS):
            whole.append(seconds(again))
            for which, one in asked.items():
                cost[which].append(seconds(lambda one=one: run_scenario(base, one)))  # type: ignore[misc]
        fifty = seconds(
            lambda: [
                run_scenario(base, asked["price" if number % 2 else "promotion", part])
                for part, times in MIX.items()
                for number in range(times)
            ]
        )
    typical = {which: statistics.median(times) for which, times in cost.items()}
    cycle = statistics.median(whole)
    table: list[Finding] = []
    for kind in ("price", "promotion"):
        everything = f"a {kind} of all series"
        least, middle, most = (typical[kind, part] for part in TOUCHED)
        slope = (middle - least) / 9 / ((most - middle) / 90)
        table += [
            at_most(f"CPU of a {kind} of 1 % of the series", least / most, everything, 0.2),
            at_most(f"CPU of a {kind} of 10 % of the series", middle / most, everything, 0.3),
            at_most(
                f"CPU per further series of a {kind}, up to 10 %", slope, "per further series from 10 to 100 %", 1.5
            ),
            share(f"CPU of a {kind} of all series", most / cycle, "forecasting and reconciling all again"),
        ]
    table += [
        at_most("CPU of 50 scenarios", fifty / (50 * cycle), "the cycle 50 times", 0.2),
        share("CPU seconds of 50 scenarios", fifty, "nothing"),
        share("CPU seconds of what they share, once", opening, "nothing"),
    ]
    show(table, "scenarios")


if __name__ == "__main__":
    main()
