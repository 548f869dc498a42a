"""Seeded tables of one cycle for tests of hierarchies, reconciliation, publication and accuracy."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
from scipy import stats

from dp_assets.domain import contracts
from dp_assets.domain.config import DemandConfig
from dp_assets.domain.contracts.columns import quantile_name
from dp_assets.domain.hierarchy import build_hierarchies
from dp_assets.domain.node_forecasts import node_forecast_table
from dp_assets.domain.panel import Panel
from tests.factories import make_config, make_panel

CUTOFF = date(2017, 10, 2)


def rollup_config(**overrides: Any) -> DemandConfig:
    """Two hierarchies over department, brand and size."""
    return make_config(
        **{
            "attributes": {"department": {}, "brand": {}, "size": {}},
            "hierarchies": [
                {"name": "product", "levels": ["department", "brand"]},
                {"name": "pack", "levels": ["size"]},
            ],
            **overrides,
        }
    )


def make_attributes(config: DemandConfig, skus: list[str], seed: int = 3, missing: float = 0.2) -> pl.DataFrame:
    """`sku_attributes` rows with holes: about `missing` of the values are not known."""
    rng = np.random.default_rng(seed)
    columns: dict[str, Any] = {"sku": skus}
    for name in config.attributes:
        values = rng.choice([f"{name} {letter}" for letter in "abc"], len(skus)).tolist()
        columns[name] = [None if rng.random() < missing else value for value in values]
        columns[f"{name}_source"] = None
    frame = pl.DataFrame(columns).with_columns(conflicts=pl.lit([], pl.List(pl.String())), has_attributes=pl.lit(True))
    return contracts.sku_attributes(config).conform(frame)


def make_forecasts(
    config: DemandConfig, mean: np.ndarray, cutoff: date = CUTOFF, skus: list[str] | None = None
) -> pl.DataFrame:
    """`forecasts` rows of (S, M) means with the quantiles of Poisson counts."""
    series, horizon = mean.shape
    skus = skus or [f"sku{number:04d}" for number in range(series)]
    levels = np.asarray(config.quantile_levels)
    quantiles = stats.poisson.ppf(levels, np.maximum(mean, 1e-9)[:, :, None]).reshape(-1, len(levels))
    columns: dict[str, Any] = {
        "series_id": np.repeat(skus, horizon),
        "sku": np.repeat(skus, horizon),
        "lead": np.tile(np.arange(1, horizon + 1), series),
        "bucket_start": [cutoff + timedelta(weeks=lead * config.bucket.weeks) for lead in range(horizon)] * series,
        "forecast": mean.ravel(),
        "naive": np.repeat(mean.mean(axis=1), horizon),
        **{quantile_name(level): quantiles[:, column] for column, level in enumerate(config.quantile_levels)},
    }
    for level in config.intervals.levels:
        columns[f"lower_{level}"] = columns[quantile_name(round(0.5 - level / 200, 4))]
        columns[f"upper_{level}"] = columns[quantile_name(round(0.5 + level / 200, 4))]
    frame = pl.DataFrame(columns).with_columns(
        method=pl.when(pl.col("series_id") < "sku0002").then(pl.lit("croston")).otherwise(pl.lit("lstm")),
        model_version=pl.lit("2017-10-02:abc"),
        receipt=pl.lit("receipt"),
    )
    return contracts.forecasts(config).conform(frame)


def make_inputs(config: DemandConfig, *rows: Mapping[str, Any]) -> pl.DataFrame:
    """`planner_inputs` rows; each needs only a node and a quantity."""
    base = {
        "hierarchy": "product",
        "bucket_start": CUTOFF,
        "locked": True,
        "reason_code": "promotion",
        "user": "ada",
        "expires": None,
        "ledger_sequence": 1,
        "split": "forecast",
    }
    table = contracts.planner_inputs(config)
    return (
        table.conform(pl.DataFrame([{**base, **row} for row in rows], schema=table.schema)) if rows else table.empty()
    )


def make_residuals(
    config: DemandConfig, errors: np.ndarray, skus: list[str], out_of_sample: bool = True
) -> pl.DataFrame:
    """`residuals` rows of (S, O) errors at O cutoffs, one lead each."""
    series, origins = errors.shape
    frame = pl.DataFrame(
        {
            "series_id": np.repeat(skus, origins),
            "cutoff": [CUTOFF - timedelta(weeks=1 + origin) for origin in range(origins)] * series,
            "lead": 1,
            "actual": 0.0,
            "predicted": 0.0,
            "residual": errors.ravel(),
            "scale": 1.0,
            "predicted_quantiles": None,
            "out_of_sample": out_of_sample,
        }
    )
    return contracts.residuals(config).conform(frame)


def make_cycle(config: DemandConfig, series: int = 30, seed: int = 1) -> dict[str, Any]:
    """The tables that `roll_up` reads, of a seeded panel, and the panel."""
    panel: Panel = make_panel(series=series, history=40, horizon=config.horizon, seed=seed)
    skus = panel.series["series_id"].to_list()
    rng = np.random.default_rng(seed)
    level = panel.quantity[:, -8:].mean(axis=1).astype(np.float64)
    mean = level[:, None] * rng.lognormal(0.0, 0.3, (series, config.horizon))
    attributes = make_attributes(config, skus, seed)
    hierarchies = build_hierarchies(panel.series, attributes, config, CUTOFF)
    cutoff = panel.cutoff
    return {
        "panel": panel,
        "forecasts": make_forecasts(config, mean, cutoff, skus),
        "attributes": attributes,
        "node_forecasts": node_forecast_table(panel, hierarchies, config),
        "planner_inputs": contracts.planner_inputs(config).empty(),
        "residuals": make_residuals(config, rng.normal(0, 1, (series, 6)) * np.sqrt(level)[:, None], skus),
    }
