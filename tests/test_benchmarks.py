"""Benchmarks go on working when what they measure changes; what they measure is not judged here."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import polars as pl
import pytest

from dp_resources.lake import Lake


@pytest.mark.slow
def test_scenarios_are_measured_over_a_cycle_made_by_the_product(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from benchmarks import findings, scenarios

    monkeypatch.setattr(findings, "OUT", tmp_path)
    monkeypatch.setattr(scenarios, "ROUNDS", 1)
    monkeypatch.setattr(sys, "argv", ["scenarios", "--skus", "200"])
    scenarios.main()
    found = json.loads((tmp_path / "scenarios.json").read_text())
    assert {"name", "value", "unit", "peer", "bar", "holds"} == set(found[0])
    assert "CPU of 50 scenarios" in {one["name"] for one in found}


@pytest.mark.slow
def test_a_cycle_of_any_size_goes_through_every_stage_and_its_shards_are_the_whole(tmp_path: Path) -> None:
    from benchmarks import scale

    cycle, lake = scale.CYCLE.isoformat(), Lake(tmp_path / "lake")
    scale.write_catalogue(lake, 60)
    scale.features(tmp_path, lake)
    scale.spend("share_out_series", tmp_path, lake)
    for step in ("observe_series", "compare_series", "derive_series"):
        parts = [step] if step == "compare_series" else [f"{step}:{number}" for number in range(scale.SHARDS)]
        for part in parts:
            scale.spend(part, tmp_path, lake)
    scale.spend("write_panel", tmp_path, lake)
    made, in_shards = (lake.manifest(name, cycle=cycle)["sha256"] for name in ("features", "features_in_shards"))
    assert in_shards == made
    scale.train(tmp_path, lake, model={"steps_per_epoch": 1}, boosting={"rounds": 2})
    scale.write_model(tmp_path, lake)
    for stage in (scale.forecasts, scale.node_forecasts, scale.reconciled_rollups):
        stage(tmp_path, lake)
    for number in range(scale.SHARDS):
        scale.spend(f"forecast_shard:{number}", tmp_path, lake)
    scale.spend("put_together", tmp_path, lake)
    assert lake.digest("forecasts_in_shards", cycle=cycle) == lake.digest("forecasts", cycle=cycle)
    total = lake.read("reconciled_rollups", cycle=cycle).filter(pl.col("level") == "total")
    assert total["forecast"].sum() > 0


def test_growth_is_the_exponent_of_a_power_law() -> None:
    from benchmarks.scale import exponent

    assert exponent([10, 100, 1000], [3.0, 30.0, 300.0]) == pytest.approx(1.0)
    assert exponent([10, 100], [5.0, 500.0]) == pytest.approx(2.0)
