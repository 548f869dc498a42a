"""Receipts: what decided forecasts can be found, and computed again to the very bytes, whatever came after."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from dp_assets import kept_receipts, receipts
from dp_assets.defs import forecasts
from dp_assets.domain.config import DemandConfig
from dp_assets.domain.errors import ArtefactError
from dp_assets.domain.forecasts import config_text
from dp_assets.project import build_project
from dp_resources.lake import Lake
from dp_resources.settings import Settings
from tests.defs.forecast_stage import EARLY, LATE, Stage
from tests.factories import make_config, make_panel

pytestmark = pytest.mark.slow


def silent(_: str) -> None:
    return None


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """Models of the early cycle, forecasts of the late one."""
    stage = Stage(tmp_path_factory.mktemp("stage"))
    stage.train()
    stage.run(forecasts, LATE, "forecasts")
    stage.run(forecasts, LATE, "refreshed_forecasts")
    return stage


def test_a_receipt_names_everything_that_decided_a_forecast(stage: Stage) -> None:
    found = kept_receipts.find(stage.lake, LATE)
    assert stage.lake.read("forecasts", cycle=LATE)["receipt"].unique().to_list() == [found.id]
    parts, lake = found.parts, stage.lake
    assert parts["features"] == lake.manifest("features", cycle=LATE)["sha256"]
    assert (parts["model_cycle"], parts["network"]) == (EARLY, lake.manifest("tuned_model", cycle=EARLY)["sha256"])
    assert parts["boosting"] == lake.manifest("boosted_model", cycle=EARLY)["sha256"]
    assert (parts["code"], parts["trained_by"]) == ("abc123", "abc123")
    assert parts["trial"] in ("0", "1")
    assert parts["seed"] == str(stage.project.config.model.seed)
    assert "torch " in parts["libraries"]
    assert "lightgbm " in parts["libraries"]
    assert parts["interval_contract"] == lake.digest("interval_contract", cycle=LATE)
    assert parts["total_errors"] == lake.digest("total_error_distributions", cycle=EARLY)
    assert found.hashes == {name: lake.digest(name, cycle=LATE) for name in ("forecasts", "total_forecasts")}


def test_the_beginning_of_an_id_finds_a_receipt_and_what_finds_none_or_several_is_refused(stage: Stage) -> None:
    found = kept_receipts.find(stage.lake, LATE)
    assert kept_receipts.find(stage.lake, found.id[:10]) == found
    for asked in ("", "no such"):
        with pytest.raises(ArtefactError, match="expected one receipt whose id begins with"):
            kept_receipts.find(stage.lake, asked)


@pytest.mark.parametrize("table", ["forecasts", "refreshed_forecasts"])
def test_forecasts_are_repeated_byte_by_byte(stage: Stage, table: str) -> None:
    asked = str(stage.lake.read(table, cycle=LATE)["receipt"][0])
    verdicts = receipts.verify(kept_receipts.find(stage.lake, asked), stage.lake, stage.project.settings, silent)
    decided = {"forecasts", "total_forecasts"} if table == "forecasts" else {table}
    assert {one.what for one in verdicts} == {*kept_receipts.WHERE, *decided}
    assert all(one.holds for one in verdicts)


def test_training_is_repeated_byte_by_byte(stage: Stage) -> None:
    found = kept_receipts.find(stage.lake, LATE)
    assert found.parts["trained_on"] == stage.lake.manifest("features", cycle=EARLY)["sha256"]
    verdicts = receipts.verify_training(found, stage.lake, silent)
    assert [one.what for one in verdicts] == ["weights", "boosting"]
    assert all(one.holds for one in verdicts)


def test_training_by_two_processes_is_repeated_by_two(tmp_path: Path) -> None:
    stage = Stage(tmp_path, tuning={"trials": 0}, model={"hidden_size": 8, "epochs": 2}, boosting={"enabled": False})
    settings = stage.project.settings.model_copy(update={"training_processes": 2})
    stage.project = replace(stage.project, settings=settings)
    stage.train()
    stage.run(forecasts, LATE, "forecasts")
    verdicts = receipts.verify_training(kept_receipts.find(stage.lake, LATE), stage.lake, silent)
    assert [(one.what, one.holds) for one in verdicts] == [("weights", True)]


def test_a_receipt_is_repeated_from_its_own_contents_after_its_cycle_was_computed_again(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.train()
    stage.run(forecasts, LATE, "forecasts")
    old = kept_receipts.find(stage.lake, LATE)
    make_panel(history=31, series=16, seed=99).save(tmp_path / "other")
    stage.lake.write_folder("features", tmp_path / "other", cycle=LATE)
    stage.run(forecasts, LATE, "forecasts")
    new = kept_receipts.find(stage.lake, LATE)
    assert new.id != old.id
    assert new.hashes != old.hashes
    for receipt in (old, new):
        assert receipts.verify(receipt, stage.lake, stage.project.settings, silent)[-1].holds


def test_a_forecast_that_something_else_decided_is_found_out(stage: Stage) -> None:
    found = kept_receipts.find(stage.lake, LATE)
    early = stage.lake.manifest("features", cycle=EARLY)["sha256"]
    forged = replace(found, parts={**found.parts, "features": early})
    assert not receipts.verify(forged, stage.lake, stage.project.settings, silent)[-1].holds


def test_contents_that_are_gone_or_altered_are_refused(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path / "lake"))
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "a.json").write_text("1")
    digest = lake.write_folder("features", tmp_path / "one", cycle=EARLY)["sha256"]
    assert (lake.open_version("features", digest) / "a.json").read_text() == "1"
    with pytest.raises(ArtefactError, match="but there is none"):
        lake.open_version("features", "0" * 64)
    (tmp_path / "lake" / "_versions" / "features" / digest / "a.json").write_text("2")
    with pytest.raises(ArtefactError, match="its files are not those it was written with"):
        lake.open_version("features", digest)


def test_forecasts_without_a_model_have_a_receipt_too(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.run(forecasts, EARLY, "forecasts")
    found = kept_receipts.find(stage.lake, EARLY)
    assert {found.parts[name] for name in receipts.MODEL_PARTS} == {kept_receipts.NONE}
    assert stage.lake.read("total_forecasts", cycle=EARLY).is_empty()
    assert receipts.verify(found, stage.lake, stage.project.settings, silent)[-1].holds
    with pytest.raises(ArtefactError, match="made without a model"):
        receipts.verify_training(found, stage.lake, silent)


def test_a_receipt_from_before_the_code_gained_a_setting_is_repeated_under_its_default(stage: Stage) -> None:
    found = kept_receipts.find(stage.lake, LATE)
    written = json.loads(found.configuration)
    del written["reasons"], written["planning"]["approval"]
    text = json.dumps(written)
    parts = {**found.parts, "configuration": hashlib.sha256(text.encode()).hexdigest()}
    earlier = replace(found, configuration=text, parts=parts)
    assert receipts.configuration_of(earlier) == receipts.configuration_of(found)
    written["horizon_weeks"] = 9
    with pytest.raises(ArtefactError, match="other settings"):  # what was written is not what was hashed
        receipts.configuration_of(replace(earlier, configuration=json.dumps(written)))


def receipt_under(config: DemandConfig, **changes: object) -> kept_receipts.Receipt:
    text = json.dumps({**json.loads(config_text(config)), **changes})
    parts = {"configuration": hashlib.sha256(text.encode()).hexdigest(), "code": "abc123"}
    return kept_receipts.Receipt(parts, text, {})


def test_a_receipt_under_tables_beside_the_configuration_is_repeated_without_them(tmp_path: Path) -> None:
    (tmp_path / "units.csv").write_text("unit,factor\ncase,12\n")
    (tmp_path / "places.csv").write_text("sku,region\na,north\n")
    (tmp_path / "space.csv").write_text("sku,weight\na,3\n")
    producers = make_config().model_dump(include={"producers"})["producers"]
    plain = make_config(
        producers=[{**producers[0], "columns": {**producers[0]["columns"], "unit": "uom"}, "unit_table": "units.csv"}],
        hierarchies=[{"name": "place", "levels": ["region"], "table": "places.csv"}],
        reconciliation={"keys": [{"name": "space", "table": "space.csv", "reason": "shelf plan"}]},
        reporting={"unit_table": "units.csv"},
    )
    read = build_project(Settings(state_dir=tmp_path), plain, tmp_path).config
    assert config_text(read).count("table_digest") == 4
    assert config_text(receipts.configuration_of(receipt_under(read))) == config_text(plain)
    for changes in ({"no_such_setting": 1}, {"reporting": {"no_such_setting": 1}}, {"horizon_weeks": "many"}):
        with pytest.raises(ArtefactError, match="other settings"):
            receipts.configuration_of(receipt_under(read, **changes))


def test_a_cycle_is_reconciled_again_by_the_tables_of_its_time_and_not_by_others(tmp_path: Path) -> None:
    (tmp_path / "places.csv").write_text("sku,region\na,north\n")
    (tmp_path / "space.csv").write_text("sku,weight\na,3\n")
    plain = make_config(
        hierarchies=[
            {"name": "place", "levels": ["region"], "table": "places.csv"},
            {"name": "product", "levels": ["brand"]},
        ],
        reconciliation={"keys": [{"name": "space", "table": "space.csv", "reason": "shelf plan"}]},
    )
    read = build_project(Settings(state_dir=tmp_path), plain, tmp_path).config
    receipt = receipt_under(read)
    assert config_text(receipts.configuration_with_tables(receipt, read)) == config_text(read)
    for name, text in (("places.csv", "sku,region\na,south\n"), ("space.csv", "sku,weight\na,4\n")):
        before = (tmp_path / name).read_text()
        (tmp_path / name).write_text(text)
        changed = build_project(Settings(state_dir=tmp_path), plain, tmp_path).config
        with pytest.raises(ArtefactError, match=f"table {name} of '.*' says something else by now"):
            receipts.configuration_with_tables(receipt, changed)
        (tmp_path / name).write_text(before)


def test_a_receipt_of_settings_that_this_code_does_not_have_names_the_revision_that_does(stage: Stage) -> None:
    found = kept_receipts.find(stage.lake, LATE)
    strangers = replace(found, configuration=found.configuration.replace('"horizon_weeks":3', '"horizon_weeks":9'))
    assert strangers != found
    with pytest.raises(ArtefactError, match="check out revision abc123"):
        receipts.verify(strangers, stage.lake, stage.project.settings, silent)
