"""Forecasts and features in shards on the emulated cluster: a pod each, and one that is killed is made again alone."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from dp_assets.defs import forecasts
from tests.defs.feature_stage import CYCLES
from tests.defs.feature_stage import Stage as FeatureStage
from tests.defs.forecast_stage import EARLY, Stage
from tests.deploy.deployment import deployed, until

pytestmark = [pytest.mark.needs_helm, pytest.mark.long, pytest.mark.timeout(3600)]
TABLES = ("forecasts", "total_forecasts", "interval_contract")
SHARDS = [f"forecasts.forecast_shard-{number}_of_3" for number in range(3)]
"""The steps of the shards, as labels of their pods say it."""
FEATURE_TABLES = ("eligibility", "outlier_log", "stockouts", "features_audit")
FEATURE_STEPS = ("observe_series", "derive_series")


def test_a_shard_that_is_killed_is_computed_again_alone_and_the_bytes_are_those_of_one_step(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = Stage(tmp_path_factory.mktemp("stage"), series=1200, tuning={"trials": 0}, forecasting={"shards": 3})
    stage.train()
    one = stage.project.config.forecasting.model_copy(update={"shards": 1})
    config = stage.project.config.model_copy(update={"forecasting": one})
    sharded, stage.project = stage.project, dataclasses.replace(stage.project, config=config)
    stage.run(forecasts, EARLY, "forecasts")
    asked = ("weekly_cycle", ["forecasts"])
    with deployed(tmp_path, sharded, lambda table, _: table in TABLES, monkeypatch, asked) as installed:
        until(lambda: installed.runs(), 300, installed.told)
        (run,) = installed.runs()
        until(lambda: "forecasts.forecast_shard[1_of_3]" in installed.steps(run.run_id), 300, installed.told)
        installed.kill(SHARDS[1])
        until(lambda: installed.ended(), 300, installed.told)
        assert not installed.lake.exists("forecasts", cycle=EARLY), "nothing half made is to be seen"
        until(lambda: len(installed.ended()) == 2, 300, installed.told)
        first, second = installed.ended()
        assert [first.status.value, second.status.value] == ["FAILURE", "SUCCESS"]
        tried, again = (set(installed.cluster.steps(run.run_id)) for run in (first, second))
        assert tried == {"forecasts.share_out", *SHARDS}
        assert {step for step in again if step.startswith("forecasts.")} == {SHARDS[1], "forecasts.put_together"}
        for table in TABLES:
            assert installed.lake.digest(table, cycle=EARLY) == stage.lake.digest(table, cycle=EARLY), table
        assert installed.lake.files_below(f"{installed.lake.root}/_shards") == []


def test_a_shard_of_features_that_is_killed_is_made_again_alone_and_the_bytes_are_those_of_one_step(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = FeatureStage(tmp_path_factory.mktemp("stage"))
    stage.run()
    config = stage.project.config
    shards = config.features.model_copy(update={"shards": 3})
    sharded = dataclasses.replace(stage.project, config=config.model_copy(update={"features": shards}))
    observed, derived = ([f"features.{step}-{number}_of_3" for number in range(3)] for step in FEATURE_STEPS)
    made = {*FEATURE_TABLES, "features", "encoders"}
    with deployed(tmp_path, sharded, lambda table, _: table in made, monkeypatch, ("weekly_cycle", ["features"])) as it:
        until(lambda: it.running(observed[1]), 600, it.told)
        it.kill(observed[1])
        until(lambda: it.ended(), 600, it.told)
        assert it.lake.tables_of(cycle=CYCLES[0]) == ["sku_attributes"], "nothing half made is to be seen"
        until(lambda: len(it.ended()) == 2, 900, it.told)
        first, second = it.ended()
        assert [first.status.value, second.status.value] == ["FAILURE", "SUCCESS"]
        tried, again = (
            {step for step in it.cluster.steps(run.run_id) if step.startswith("features.")} for run in (first, second)
        )
        assert tried == {"features.share_out_series", *observed}
        assert again == {observed[1], "features.compare_series", *derived, "features.write_panel"}
        for table in FEATURE_TABLES:
            assert it.lake.digest(table, cycle=CYCLES[0]) == stage.lake.digest(table, cycle=CYCLES[0]), table
        panels = [lake.manifest("features", cycle=CYCLES[0])["sha256"] for lake in (it.lake, stage.lake)]
        assert panels[0] == panels[1]
        assert it.lake.files_below(f"{it.lake.root}/_shards") == []
