"""The assets tuned_model, boosted_model, residuals, forecasts and refreshed_forecasts over a small lake."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from dp_assets.defs import boosted_model, forecasts, tuned_model
from dp_assets.domain import contracts, interval_contract
from dp_assets.domain.boosting import absence
from dp_assets.domain.contracts.columns import quantile_name
from dp_assets.domain.statistical import STATISTICAL
from tests.defs.forecast_stage import EARLY, LATE, Stage

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    stage = Stage(tmp_path_factory.mktemp("stage"))
    stage.train()
    return stage


def test_a_model_is_a_folder_of_safe_formats_that_names_its_trial_and_code(stage: Stage) -> None:
    manifest = stage.lake.manifest("tuned_model", cycle=EARLY)
    assert set(manifest["files"]) == {
        "weights.safetensors", "model.onnx", "model.json", "encoders.json", "curve.json", "study.json"
    }  # fmt: skip
    from dp_assets.domain.model_folder import load_card

    card = load_card(stage.lake.open_folder("tuned_model", cycle=EARLY))
    assert card.revision == "abc123"
    assert card.trial in (0, 1)
    assert {"held_out_point_loss", "held_out_sum_loss"} <= set(card.metrics)


def test_two_processes_train_a_model_of_the_same_loss_and_the_card_says_so(tmp_path: Path) -> None:
    from dp_assets.domain.model_folder import load_card

    stage = Stage(tmp_path, tuning={"trials": 0}, model={"hidden_size": 8, "epochs": 3, "precision": "bfloat16"})
    cards = []
    for processes in (1, 2):
        settings = stage.project.settings.model_copy(update={"training_processes": processes})
        stage.project = dataclasses.replace(stage.project, settings=settings)
        shown = stage.run(tuned_model, EARLY, "tuned_model")
        cards.append(load_card(stage.lake.open_folder("tuned_model", cycle=EARLY)))
        assert cards[-1].spec.precision in shown["precision"].value
    assert [card.processes for card in cards] == [1, 2]
    one, two = (card.metrics for card in cards)
    assert one["short_fit_loss_bfloat16"] == two["short_fit_loss_bfloat16"]
    assert two["held_out_point_loss"] == pytest.approx(one["held_out_point_loss"], rel=0.03)


def test_training_again_on_the_same_inputs_gives_the_same_model(stage: Stage) -> None:
    before = stage.lake.manifest("tuned_model", cycle=EARLY)["sha256"]
    shown = stage.run(tuned_model, EARLY, "tuned_model")
    assert stage.lake.manifest("tuned_model", cycle=EARLY)["sha256"] == before
    assert {"learning_curve", "study", "hyper_parameters", "best_trial"} <= set(shown)


def test_a_training_that_was_cut_short_goes_on_from_its_checkpoint_and_leaves_none_behind(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = stage.lake.manifest("tuned_model", cycle=EARLY)["sha256"]
    checkpoints = stage.folder / "state" / "checkpoints" / EARLY

    def cut_short(*arguments: object) -> None:
        raise InterruptedError("the machine went away")

    with monkeypatch.context() as patched:
        patched.setattr(tuned_model, "_publish", cut_short)
        with pytest.raises(InterruptedError):
            stage.run(tuned_model, EARLY, "tuned_model")
    assert {path.name for path in checkpoints.iterdir()} == {"held_out.safetensors", "everything.safetensors"}
    with monkeypatch.context() as patched:
        patched.setattr("dp_assets.domain.gradient_steps.Steps.take", cut_short)  # no step is taken twice
        stage.run(tuned_model, EARLY, "tuned_model")
    assert stage.lake.manifest("tuned_model", cycle=EARLY)["sha256"] == before
    assert not checkpoints.exists()


def test_the_challenger_is_a_file_that_nothing_is_executed_from_and_the_same_every_time(stage: Stage) -> None:
    before = stage.lake.manifest("boosted_model", cycle=EARLY)
    assert {Path(name).suffix for name in before["files"]} == {".onnx", ".json"}
    shown = stage.run(boosted_model, EARLY, "boosted_model")
    assert stage.lake.manifest("boosted_model", cycle=EARLY)["sha256"] == before["sha256"]
    assert {"importance", "importance_shares", "models"} <= set(shown)


def test_the_leaderboard_is_stored_with_its_reasons(stage: Stage) -> None:
    board = stage.lake.read("leaderboard", cycle=EARLY)
    assert set(board["method"]) == {"lstm", "boosting", "blend", *STATISTICAL}
    young = board.filter(method="seasonal_naive")
    assert young["wql"].null_count() == len(young)
    assert young["reason"].unique().item() == (
        "left out: 0% of the series had the 52 buckets of history that it needs, 50% must"
    )
    assert board.filter("champion")["method"].unique().to_list() == ["blend"]
    assert board["reason"].str.len_chars().min() > 0
    assert contracts.LEADERBOARD.violations(board) == []


def test_where_boosting_is_switched_off_the_network_forecasts_alone_and_the_leaderboard_says_so(
    tmp_path: Path,
) -> None:
    stage = Stage(tmp_path, boosting={"enabled": False})
    stage.train()
    stage.run(forecasts, LATE, "forecasts")
    assert "lstm" in set(stage.lake.read("forecasts", cycle=LATE)["method"])
    row = stage.lake.read("leaderboard", cycle=EARLY).filter(demand_class="all", method="boosting").row(0, named=True)
    assert row["wape"] is None
    assert row["reason"] == "switched off: boosting.enabled is false"


def test_a_challenger_that_fails_is_left_out_and_says_why(tmp_path: Path) -> None:
    stage = Stage(tmp_path, boosting={"rounds": 1, "leaves": 200_000})
    shown = stage.run(boosted_model, EARLY, "boosted_model")
    assert "num_leaves" in str(shown["absent"].value)
    assert "failed: " in absence(stage.lake.open_folder("boosted_model", cycle=EARLY))


def test_a_later_cycle_is_forecast_by_the_newest_model_before_it_with_that_models_encoders(stage: Stage) -> None:
    shown = stage.run(forecasts, LATE, "forecasts")
    table = stage.lake.read("forecasts", cycle=LATE)
    assert table["series_id"].n_unique() == 16
    assert len(table) == 16 * 3
    by_model = table.filter(pl.col("method") == "blend")
    assert by_model["model_version"].str.contains(rf"^{EARLY}\+[0-9a-f]{{12}}\+[0-9a-f]{{12}}$").all()
    assert len(by_model)
    assert table["receipt"].n_unique() == 1
    assert {"biggest_skus", "worst_skus", "receipt", "champion"} <= set(shown)
    assert contracts.forecasts(stage.project.config).violations(table) == []


def test_a_cycle_is_judged_by_the_forecasts_of_those_before_it(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    for cycle in (EARLY, LATE):
        stage.run(forecasts, cycle, "forecasts")
    early, late = (stage.lake.read("interval_contract", cycle=cycle) for cycle in (EARLY, LATE))
    assert early["observations"].sum() == 0
    assert late.filter(level=80)["observations"].sum() == 16  # lead 1 of the early cycle has closed
    assert set(late["verdict"]) == {"unjudged"}


def test_cycles_forecast_under_other_intervals_or_without_their_features_are_not_judged_by(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.run(forecasts, EARLY, "forecasts")
    made = stage.lake.read("forecasts", cycle=EARLY)
    stage.lake.write("forecasts", made.drop("q0.975", "upper_95"), cycle=EARLY)
    stage.run(forecasts, LATE, "forecasts")
    assert stage.lake.read("interval_contract", cycle=LATE)["cycles"].unique().to_list() == [0]
    stage.lake.write("forecasts", made, cycle=EARLY)
    manifest = tmp_path / "lake" / "features" / f"cycle={EARLY}" / "manifest.json"
    manifest.rename(tmp_path / "kept.json")
    stage.run(forecasts, LATE, "forecasts")
    assert stage.lake.read("interval_contract", cycle=LATE)["cycles"].unique().to_list() == [0]
    (tmp_path / "kept.json").rename(manifest)
    stage.run(forecasts, LATE, "forecasts")
    assert stage.lake.read("interval_contract", cycle=LATE)["cycles"].unique().to_list() == [1]


def test_a_refresh_keeps_to_the_contract_that_its_cycle_was_forecast_under(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    for cycle in (EARLY, LATE):
        stage.run(forecasts, cycle, "forecasts")
    before = stage.lake.digest("interval_contract", cycle=LATE)
    made = stage.lake.read("forecasts", cycle=EARLY)
    levels = [quantile_name(level) for level in stage.project.config.quantile_levels]
    stage.lake.write("forecasts", made.with_columns(pl.lit(99.0).alias(name) for name in levels), cycle=EARLY)
    stage.run(forecasts, LATE, "refreshed_forecasts")
    assert stage.lake.digest("interval_contract", cycle=LATE) == before
    stage.run(forecasts, LATE, "forecasts")
    assert stage.lake.digest("interval_contract", cycle=LATE) != before


@pytest.mark.parametrize(("action", "passes"), [("widen", True), ("block", False)])
def test_where_intervals_broke_their_contract_it_is_said_and_publication_can_be_stopped(
    action: str, passes: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(interval_contract, "ROWS", 1)
    stage = Stage(tmp_path, intervals={"when_too_narrow": action})
    stage.run(forecasts, EARLY, "forecasts")
    made = stage.lake.read("forecasts", cycle=EARLY)
    levels = [quantile_name(level) for level in stage.project.config.quantile_levels]
    stage.lake.write("forecasts", made.with_columns(pl.col("q0.5").alias(name) for name in levels), cycle=EARLY)
    built = forecasts.build(stage.project)
    with dg.DagsterInstance.ephemeral(tempdir=str(tmp_path)) as instance:
        result = dg.materialize(
            [*(built.assets or []), *(built.asset_checks or [])],
            instance=instance,
            resources={"lake": stage.lake},
            partition_key=LATE,
            selection=dg.AssetSelection.assets("forecasts"),
            raise_on_error=False,
        )
    (check,) = result.get_asset_check_evaluations()
    assert not check.passed
    assert (check.severity == dg.AssetCheckSeverity.WARN) == passes
    assert "retrain" in str(check.metadata["next"].value)
    verdicts = set(stage.lake.read("interval_contract", cycle=LATE)["verdict"])
    assert ("widened" if passes else "blocked") in verdicts


def test_forecasting_again_changes_nothing(stage: Stage) -> None:
    stage.run(forecasts, LATE, "forecasts")
    digest = stage.lake.digest("forecasts", cycle=LATE)
    stage.run(forecasts, LATE, "forecasts")
    assert stage.lake.digest("forecasts", cycle=LATE) == digest


def test_a_refresh_covers_the_designated_skus_with_the_numbers_of_the_batch(stage: Stage) -> None:
    stage.run(forecasts, LATE, "forecasts")
    stage.run(forecasts, LATE, "refreshed_forecasts")
    batch, fresh = (stage.lake.read(name, cycle=LATE) for name in ("forecasts", "refreshed_forecasts"))
    assert fresh["sku"].n_unique() == 3
    joined = fresh.join(batch, on=["series_id", "lead"])
    assert len(joined) == len(fresh)
    assert (joined["forecast"] - joined["forecast_right"]).abs().max() < 1e-5


def test_without_any_model_every_series_is_still_forecast(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.run(forecasts, EARLY, "forecasts")
    table = stage.lake.read("forecasts", cycle=EARLY)
    assert len(table) == 16 * 3
    assert set(table["method"]) <= {"imapa", "analogue"}
    assert table["model_version"].str.len_chars().min() > 0
