"""The asset drift over a small lake, and a retrained model that is judged before it counts as one."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from dp_assets.champions import CHALLENGE, champion_cycle, open_panel
from dp_assets.defs import boosted_model, drift, forecasts, residuals, tuned_model
from dp_assets.defs.residuals import judge_challenge
from dp_assets.domain.champion import FIRST, LOST, WON
from tests.defs.forecast_stage import EARLY, LATE, Stage

pytestmark = pytest.mark.slow
SMALL = {
    "tuning": {"trials": 0},
    "model": {"hidden_size": 4, "epochs": 1, "steps_per_epoch": 2},
    "drift": {"min_observations": 5},
}


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """Models of both cycles, and forecasts of the early one by its own."""
    stage = Stage(tmp_path_factory.mktemp("stage"), **SMALL)
    stage.train()
    stage.run(forecasts, EARLY, "forecasts")
    stage.run(forecasts, LATE, "forecasts")
    return stage


def test_drift_is_a_table_a_verdict_and_a_picture_of_the_cycle(stage: Stage) -> None:
    shown = stage.run(drift, LATE, "drift")
    table, record = stage.lake.read("drift", cycle=LATE), stage.lake.commit_of("drift", LATE)
    assert record is not None
    assert record["champion"].startswith(f"{EARLY}+")
    assert record["sha256"] == stage.lake.digest("drift", cycle=LATE)
    assert shown["verdict"].value == record["verdict"]
    assert {"compared", "channels", "error", "expected_error"} <= set(shown)
    assert set(table["kind"]) == {"metric", "coverage", "channels", "attributes", "estimate"}
    check = drift.nothing_drifted()(stage.lake)
    assert isinstance(check, dg.AssetCheckResult)
    assert check.passed == (record["verdict"] != "drift")
    before = stage.lake.digest("drift", cycle=LATE)
    stage.run(drift, LATE, "drift")
    assert stage.lake.digest("drift", cycle=LATE) == before


def test_a_cycle_without_a_model_is_unjudged(tmp_path: Path) -> None:
    stage = Stage(tmp_path, **SMALL)
    assert stage.run(drift, EARLY, "drift")["verdict"].value == "unjudged"


def test_a_first_model_is_champion_and_a_retrained_one_is_judged_before_it_counts(stage: Stage) -> None:
    lake = stage.lake
    first = lake.commit_of(CHALLENGE, EARLY)
    assert first is not None
    assert (first["verdict"], first["accepted"]) == (FIRST, True)
    for module, name in ((tuned_model, "tuned_model"), (boosted_model, "boosted_model")):
        stage.run(module, LATE, name)
    assert champion_cycle(lake, LATE) == EARLY
    shown = stage.run(residuals, LATE, "residuals")
    record = lake.commit_of(CHALLENGE, LATE)
    assert record is not None
    assert record["against"].startswith(f"{EARLY}+")
    assert shown["challenge"].value == record["reason"]
    assert champion_cycle(lake, LATE) == (LATE if record["accepted"] else EARLY)
    assert lake.read("champion_verdict", cycle=LATE)["replayed_cycle"].to_list()[-1] == "all"


@pytest.mark.parametrize(("off", "verdict", "champion"), [(0.0, WON, LATE), (1000.0, LOST, EARLY)])
def test_the_champion_changes_only_where_the_challenger_won(
    stage: Stage, off: float, verdict: str, champion: str
) -> None:
    lake = stage.lake
    made = lake.read("residuals", cycle=LATE).with_columns((pl.col("actual") + off).alias("predicted"))
    shown = judge_challenge(lake, stage.project, LATE, made, open_panel(lake, LATE))
    record = lake.commit_of(CHALLENGE, LATE)
    assert record is not None
    assert (record["verdict"], shown["takes_over"]) == (verdict, verdict == WON)
    assert champion_cycle(lake, LATE) == champion
    found = residuals.challenger_won()(lake)
    assert isinstance(found, dg.AssetCheckResult)
    assert found.passed == (verdict == WON)
