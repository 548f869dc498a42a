"""A small cycle for tests of scenarios: a calendar of promotions, a trained champion, and everything published."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from dp_assets.domain import contracts
from dp_assets.domain.config import DemandConfig
from dp_assets.domain.elasticity import elasticity_table
from dp_assets.domain.encoders import fit_encoders
from dp_assets.domain.error_distributions import error_distributions
from dp_assets.domain.forecasts import Champion, forecast_table
from dp_assets.domain.hierarchy import build_hierarchies
from dp_assets.domain.intervals import ErrorDistributions
from dp_assets.domain.model_folder import ModelCard, save_model
from dp_assets.domain.network import to_onnx
from dp_assets.domain.node_forecasts import node_forecast_table
from dp_assets.domain.overrides import publish
from dp_assets.domain.panel import Panel
from dp_assets.domain.promotions import known_promotions, promotion_channels
from dp_assets.domain.rollups import roll_up
from dp_assets.domain.scenario_base import Base, Inputs, open_base
from dp_assets.domain.training import HyperParameters, WindowSource, example_inputs, fit_before, spec_of
from tests.domain.rollup_inputs import make_residuals
from tests.factories import MONDAY, make_config, make_panel

HISTORY, HORIZON = 40, 4
CUTOFF = MONDAY + timedelta(weeks=HISTORY)
SHOPS = ("s1", "s2", "s3")
MODEL = {"hidden_size": 8, "epochs": 2, "batch_size": 64, "steps_per_epoch": 20}


def week(lead: int, day: int = 0) -> date:
    """A day of the bucket of a lead, counted from 1."""
    return CUTOFF + timedelta(weeks=lead - 1, days=day)


def scenario_config(**overrides: Any) -> DemandConfig:
    """SKUs at shops, two hierarchies that cross, and a regressor known two weeks ahead."""
    base: dict[str, Any] = {
        "series_key": ["sku", "location"],
        "horizon_weeks": HORIZON,
        "model": MODEL,
        "boosting": {"enabled": False},
        "regressors": {"temperature": {"known_ahead_weeks": 2}, "footfall": {}},
        "hierarchies": [
            {"name": "product", "levels": ["department", "brand"]},
            {"name": "place", "levels": ["location"]},
        ],
    }
    return make_config(**{**base, **overrides})


def make_promotions(skus: list[str], seed: int = 4) -> pl.DataFrame:
    """Displays of a week each, some with a discount, over history and leads; and one that has run since before."""
    rng = np.random.default_rng(seed)
    rows = []
    for at, sku in enumerate(skus):
        rows += [
            (sku, MONDAY + timedelta(weeks=number), 6, 1.0 if number % 2 else 0.5)
            for number in range(HISTORY + HORIZON)
            if rng.random() < 0.15 or (at == 0 and number == HISTORY + 1)
        ]
    rows.append((skus[1], CUTOFF - timedelta(days=3), 9, 1.0))
    columns = {
        "file_version_id": "marketing-1",
        "row_number": pl.Series(range(1, len(rows) + 1), dtype=pl.Int64),
        "producer": "marketing",
        "known_from": datetime(2016, 12, 1, tzinfo=UTC),
        "sku": [sku for sku, *_ in rows],
        "level": None,
        "member": None,
        "starts_on": [start for _, start, _, _ in rows],
        "ends_on": [start + timedelta(days=days) for _, start, days, _ in rows],
        "kind": "display",
        "discount": pl.Series([0.2] * len(rows)),
        "share": [share for *_, share in rows],
    }
    lines = pl.DataFrame(columns)
    return known_promotions(contracts.PROMOTIONS.conform(lines), datetime(2030, 1, 1, tzinfo=UTC))


def make_scenario_panel(skus: int = 8, seed: int = 3) -> tuple[Panel, pl.DataFrame]:
    """A panel of SKUs at three shops whose demand follows promotions and prices, and the calendar of promotions."""
    rng = np.random.default_rng(seed)
    panel = make_panel(series=skus * len(SHOPS), history=HISTORY, horizon=HORIZON, seed=seed)
    names = [f"sku{number:02d}" for number in range(skus) for _ in SHOPS]
    shops = list(SHOPS) * skus
    department = ["dairy", "bakery"]
    series = panel.series.with_columns(
        pl.Series("series_id", [f"{sku}|{shop}" for sku, shop in zip(names, shops, strict=True)]),
        pl.Series("sku", names),
        pl.Series("location", shops),
        pl.Series("department", [department[int(sku[3:]) % 2] for sku in names]),
        pl.Series("brand", ["own" if int(sku[3:]) % 4 < 2 else "national" for sku in names]),
    )
    promotions = make_promotions(sorted(set(names)))
    known, kinds = promotion_channels(promotions, series, panel.starts, 1)
    outside = rng.normal(12, 5, (len(names), HISTORY + HORIZON, 2)).astype(np.float32)
    outside[:, HISTORY + 2 :, 0] = outside[:, [HISTORY + 1], 0]
    outside[:, HISTORY:, 1] = outside[:, [HISTORY - 1], 1]
    promoted = known[:, :HISTORY, list(kinds).index("promo_display")]
    log_price = np.repeat(rng.normal(0, 0.15, (len(names), HISTORY // 4)), 4, axis=1)
    price = np.exp(log_price) * rng.uniform(1, 9, len(names))[:, None]
    rate = rng.lognormal(2.0, 0.5, len(names))[:, None] * (1 + 1.5 * promoted) * np.exp(-1.5 * log_price)
    quantity = rng.poisson(rate).astype(np.float32)
    quantity[-1, : HISTORY - 3] = 0  # a series too new for the network
    first = (quantity > 0).argmax(axis=1).astype(np.int32)
    observed = (np.arange(HISTORY) >= first[:, None]).astype(np.float32)
    reasons = ["eligible"] * (len(names) - 1) + ["too_short"]
    return dataclasses.replace(
        panel,
        series=series.with_columns(
            pl.Series("reason", reasons), pl.Series("eligible", [one == "eligible" for one in reasons])
        ),
        quantity=quantity,
        capped=quantity,
        observed=observed,
        price=(price * observed).astype(np.float32),
        first=first,
        known=np.concatenate([known, outside], axis=2),
        known_names=(*kinds, "regressor_temperature", "regressor_footfall"),
        known_reach=(*(HORIZON for _ in kinds), 2, 0),
    ), promotions


def train_champion(panel: Panel, config: DemandConfig, folder: Path) -> Champion:
    """A network trained on the whole panel and stored, with made-up errors."""
    encoders, hyper = fit_encoders(panel, config), HyperParameters.of(config)
    source = WindowSource.of(panel, encoders)
    spec = spec_of(panel, encoders, config, hyper)
    trained = fit_before(source, spec, hyper, config, panel.history)
    card = ModelCard("2017-07-31", spec, hyper, 2, 1, None, "unknown", {"held_out_point_loss": None})
    onnx = to_onnx(trained.network, example_inputs(source, spec))
    save_model(folder, trained.network, onnx, card, encoders.to_json(), {}, {})
    made_up = np.random.default_rng(1).normal(0, 3, (len(panel), 8))
    residuals = make_residuals(config, made_up, panel.series["series_id"].to_list())
    errors = ErrorDistributions.of(error_distributions(residuals, config), config.quantile_levels)
    return Champion("2017-07-31", folder, encoders, errors, "v1")


def make_inputs(
    panel: Panel,
    promotions: pl.DataFrame,
    champion: Champion | None,
    config: DemandConfig,
    planner_inputs: pl.DataFrame | None = None,
) -> Inputs:
    """Forecasts, reconciles and publishes a panel, under planners' numbers where they are given."""
    attributes = panel.series.select("sku", *config.attributes).unique().sort("sku")
    attributes = contracts.sku_attributes(config).conform(
        attributes.with_columns(
            *(pl.lit(None, pl.String).alias(f"{name}_source") for name in config.attributes),
            conflicts=pl.lit([], pl.List(pl.String())),
            has_attributes=pl.lit(True),
        )
    )
    inputs = contracts.planner_inputs(config).empty() if planner_inputs is None else planner_inputs
    forecasts = forecast_table(panel, champion, config, "receipt")
    hierarchies = build_hierarchies(panel.series, attributes, config, panel.cutoff)
    residuals = contracts.residuals(config).empty()
    nodes = node_forecast_table(panel, hierarchies, config)
    rollups = roll_up(forecasts, attributes, nodes, inputs, residuals, panel, config)
    published, _ = publish(forecasts, rollups.table, inputs, rollups.hierarchies, config, panel)
    return Inputs(
        forecasts=forecasts,
        published=published,
        attributes=attributes,
        planner_inputs=inputs,
        elasticity=elasticity_table(panel, config),
        residuals=residuals,
        contract=contracts.INTERVAL_CONTRACT.empty(),
        promotions=promotions,
        panel=panel,
        champion=champion,
    )


def make_base(inputs: Inputs, config: DemandConfig) -> Base:
    """The base of scenarios over it."""
    return open_base(inputs, config)
