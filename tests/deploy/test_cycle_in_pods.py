"""A training and a cycle whose steps are pods make the bytes of a single process, killed pods included."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import dagster as dg
import pytest

from dp_assets.definitions import build_definitions
from dp_assets.defs.automation.jobs import TRAINING
from dp_assets.pods import IN_RUN_TAG
from dp_resources.lake import Lake
from tests.deploy.deployment import GPU, PROCESSORS, deployed, until
from tests.e2e.small_world import World, world_that_ran

pytestmark = [pytest.mark.needs_helm, pytest.mark.long, pytest.mark.timeout(3600)]
SECONDS = 1500
LEARNED = (*TRAINING, "leaderboard", "error_distributions", "total_error_distributions", "champion_verdict")
"""What a training writes."""


def cyclic(world: World) -> set[str]:
    """Tables and artefacts that a cycle has a partition of, but for the accuracy of weeks that are over."""
    found = {path.parent.name for path in Path(world.project.lake().root).glob("*/cycle=*")}
    return found - {"accuracy", "level_accuracy", "forecast_value_added"}


def test_a_training_and_a_cycle_in_pods_of_which_two_are_killed_make_the_bytes_of_one_process(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = world_that_ran(tmp_path_factory)
    first, newest = world.project.lake().partitions("forecasts")

    def not_yet(table: str, key: str) -> bool:
        """The model of the first cycle, and the newest cycle."""
        return table in LEARNED or key.startswith(newest)

    with deployed(tmp_path, world.project, not_yet, monkeypatch) as installed:
        installed.kill_training()
        until(lambda: installed.lake.exists("interval_contract", cycle=newest), SECONDS, installed.told)
        installed.kill("forecasts")
        until(lambda: len(installed.ended()) == 4, SECONDS, installed.told)
        runs = installed.ended()
        assert [(run.job_name, run.status.value) for run in runs] == [
            *(("retrain", "FAILURE"), ("retrain", "SUCCESS")),
            *(("weekly_cycle", "FAILURE"), ("weekly_cycle", "SUCCESS")),
        ]
        for run in runs:
            pods = installed.cluster.steps(run.run_id)
            in_run = looking(world, run.job_name)
            assert set(pods) == installed.steps(run.run_id) - in_run, "every step that makes something is a pod"
            assert in_run & installed.steps(run.run_id)
            on_gpu = {"tuned_model", "residuals"}
            assert pods == {step: [(GPU if step in on_gpu else PROCESSORS).name] for step in pods}
        for before, after in (runs[:2], runs[2:]):
            done = installed.steps(before.run_id, dg.DagsterEventType.STEP_SUCCESS)
            assert not done & installed.steps(after.run_id), "what was done is not done again"
        assert installed.lake.read("published_forecasts", cycle=newest).equals(
            world.table("published_forecasts", cycle=newest)
        )
        assert different(installed.lake, world.project.lake(), cyclic(world), (first, newest)) == []


def looking(world: World, job: str) -> set[str]:
    """Steps of a job that only look at what others made."""
    nodes = build_definitions(world.project).resolve_job_def(job).nodes
    return {node.name for node in nodes if IN_RUN_TAG in node.definition.tags}


def different(one: Lake, other: Lake, tables: Iterable[str], cycles: Iterable[str]) -> list[tuple[str, str]]:
    """Tables and artefacts with a cycle of which two lakes do not have the same bytes."""
    return [
        (table, cycle)
        for table in sorted(tables)
        for cycle in cycles
        if content(one, table, cycle) != content(other, table, cycle)
    ]


def content(lake: Lake, table: str, cycle: str) -> str | None:
    """Hash of a partition of a table, or of the files of an artefact; None where there is neither."""
    if lake.has_bytes(lake.path(table, cycle=cycle)):
        return lake.digest(table, cycle=cycle)
    return str(lake.manifest(table, cycle=cycle)["sha256"]) if lake.exists(table, cycle=cycle) else None
