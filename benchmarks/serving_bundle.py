"""The bundles that `benchmarks/serving.py` asks: invented series, an untrained network of the demo's size, and many
series without one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from dp_assets.domain.contracts.columns import quantile_name
from dp_assets.domain.inference import BLEND, LSTM
from dp_resources.lake import Lake
from serving.bundle import write_bundle
from tests.factories import make_config, make_panel
from tests.serving.makers import CYCLE, make_head
from tests.serving.network_makers import make_batch


def put_benchmark_bundle(work: Path, skus: int, horizon: int, boosted: bool = True) -> tuple[Path, list[str]]:
    """Writes the bundle into `<work>/lake`; returns its folder there and the SKUs that its model forecasts: the
    network, or its blend with trees of the default's size."""
    config = make_config(horizon_weeks=horizon, lookback_weeks=52, model={"hidden_size": 64})
    panel = make_panel(series=skus, history=104, horizon=horizon)
    batch = make_batch(panel, config, work / "model", boosted=boosted, trees={})
    folder = batch.put(Lake(work / "lake"), work / "bundle")
    computed = batch.forecasts.filter(method=BLEND if boosted else LSTM)
    return folder, computed["sku"].unique(maintain_order=True).to_list()


def put_catalogue(work: Path, skus: int, horizon: int, seed: int = 1) -> Path:
    """Writes a bundle of many series without a network into `<work>/lake`; returns its folder there."""
    config = make_config(horizon_weeks=horizon, hierarchies=[])
    rng = np.random.default_rng(seed)
    shape = (skus * horizon, len(config.quantile_levels))
    mean = rng.gamma(2.0, 4.0, shape[0]).round(3)
    quantiles = np.sort(rng.gamma(2.0, mean[:, None] / 2, shape), axis=1)
    names = np.array([f"sku{number:06d}" for number in range(skus)])
    forecasts = pl.DataFrame(
        {
            "series_id": names.repeat(horizon),
            "sku": names.repeat(horizon),
            "lead": np.tile(np.arange(1, horizon + 1), skus),
            "forecast": mean,
            "naive": (mean * 0.9).round(3),
            **{quantile_name(level): quantiles[:, at] for at, level in enumerate(config.quantile_levels)},
            "method": np.where(rng.random(skus) < 0.8, "blend", "croston").repeat(horizon),
            "model_version": "2017-10-02+3f1c9ab01d2e",
            "receipt": "9c1f3f1c9ab01d2e9c1f3f1c9ab01d2e9c1f3f1c9ab01d2e9c1f3f1c9ab01d2e",
        }
    )
    nobody = pl.lit(None, pl.String)
    published = forecasts.select(
        "series_id",
        "lead",
        (pl.col("forecast") * 1.1).alias("final"),
        pl.lit(None, pl.Float64).alias("override"),
        nobody.alias("user"),
        nobody.alias("reason_code"),
    )
    write_bundle(work / "bundle", forecasts, published, make_head(config), None)
    lake, cycle = Lake(work / "lake"), CYCLE.isoformat()
    lake.write_folder("serving_bundle", work / "bundle", cycle=cycle)
    return lake.open_folder("serving_bundle", cycle=cycle)
