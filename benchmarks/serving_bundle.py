"""The bundle that `benchmarks/serving.py` asks: invented series, an untrained network of the demo's size."""

from __future__ import annotations

from pathlib import Path

from dp_resources.lake import Lake
from tests.factories import make_config, make_panel
from tests.serving.network_makers import make_batch


def put_benchmark_bundle(work: Path, skus: int, horizon: int) -> tuple[Path, list[str]]:
    """Writes the bundle into `<work>/lake`; returns its folder there and the SKUs that the network forecasts."""
    config = make_config(horizon_weeks=horizon, lookback_weeks=52, model={"hidden_size": 64})
    batch = make_batch(make_panel(series=skus, history=104, horizon=horizon), config, work / "model")
    folder = batch.put(Lake(work / "lake"), work / "bundle")
    return folder, batch.forecasts.filter(method="blend")["sku"].unique(maintain_order=True).to_list()
