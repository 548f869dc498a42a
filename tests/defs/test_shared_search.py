"""The asset tuned_model searched by several workers: steps of their own, and the model of one process."""

from __future__ import annotations

import json
from pathlib import Path

import dagster as dg
import pytest

from dp_assets.authors import lake_of_run
from dp_assets.definitions import executor
from dp_assets.defs import tuned_model
from dp_assets.project import load_project
from dp_resources.dagster_resources import build_resources
from tests.defs.forecast_stage import EARLY, Stage

pytestmark = pytest.mark.slow
SEARCH = {
    "tuning": {"trials": 5, "epochs": 1, "workers": 2, "space": {"hidden_size": [4, 12], "layers": [1, 2]}},
    "model": {"hidden_size": 8, "epochs": 2, "steps_per_epoch": 2},
}


def steps(stage: Stage) -> dict[str, bool]:
    """Names of the steps of the asset, and whether each asks for a GPU."""
    (asset,) = tuned_model.build(stage.project).assets or []
    assert isinstance(asset, dg.AssetsDefinition)
    return {op.name: "nvidia.com/gpu" in json.dumps(dict(op.tags)) for op in asset.node_def.iterate_op_defs()}


def test_one_step_by_default_and_with_workers_only_those_that_fit_a_network_ask_for_a_gpu(tmp_path: Path) -> None:
    assert steps(Stage(tmp_path / "a")) == {"tuned_model": True}
    assert steps(Stage(tmp_path / "b", **SEARCH)) == {
        "share_out_trials": False,
        "search_trials": True,
        "train_best": True,
    }
    nothing = {"tuning": {"trials": 0, "workers": 4}}
    assert steps(Stage(tmp_path / "c", **nothing)) == {"tuned_model": True}


def searched() -> dg.JobDefinition:
    """The job of the asset, in the project that the environment names."""
    project = load_project()
    (asset,) = tuned_model.build(project).assets or []
    resources = {"lake": lake_of_run(project), **build_resources(project)}
    job = dg.define_asset_job("search", selection="tuned_model", executor_def=executor(project))
    return dg.Definitions(assets=[asset], jobs=[job], resources=resources).resolve_job_def("search")


def test_workers_in_processes_of_their_own_find_the_trials_and_the_model_of_one_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = Stage(tmp_path, **SEARCH)
    stage.run(tuned_model, EARLY, "tuned_model")
    alone = stage.lake.manifest("tuned_model", cycle=EARLY)["files"]
    stage.lake.remove_bytes(f"{stage.lake.folder('tuned_model', cycle=EARLY)}/manifest.json")
    said = stage.project.config.model_dump(mode="json", exclude_unset=True)
    (tmp_path / "demand.yaml").write_text(json.dumps(said), encoding="utf-8")
    settings = {"CONFIG": tmp_path / "demand.yaml", "STATE_DIR": tmp_path / "shared", "CODE_REVISION": "abc123"}
    for name, value in settings.items():
        monkeypatch.setenv(f"DP_{name}", str(value))
    monkeypatch.setenv("DP_EXECUTOR", "multiprocess")
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        found = dg.execute_job(dg.reconstructable(searched), instance, tags={"dagster/partition": EARLY})
        assert found.success
        workers = {name for name in (event.step_key for event in found.all_events) if name and "search_trials" in name}
        assert workers == {f"tuned_model.search_trials[{number}_of_2]" for number in range(2)}
    assert stage.lake.manifest("tuned_model", cycle=EARLY)["files"] == alone
    study = json.loads((stage.lake.open_folder("tuned_model", cycle=EARLY) / "study.json").read_text())
    assert [trial["number"] for trial in study["trials"]] == list(range(5))
    assert (tmp_path / "shared" / "studies" / f"{EARLY}.journal").is_file()
