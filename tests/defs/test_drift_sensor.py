"""The sensor that retrains on drift: once per cause, after the cool-down, one at a time, on the time of cycles."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from dp_assets.authors import CAUSE_TAG
from dp_assets.champions import CHALLENGE, champion_before, champion_cycle
from dp_assets.defs.automation.drift_sensor import build
from dp_assets.defs.automation.sensors import RANGE_END, RANGE_START
from dp_assets.domain.drift import DRIFTED, STABLE
from dp_assets.project import Project, build_project
from dp_resources.clock import SimulatedClock
from dp_resources.settings import Settings
from tests.factories import make_config

OLD, NEWEST = "2017-10-02", "2017-12-04"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    clock = SimulatedClock(tmp_path / "clock.json")
    clock.set(datetime(2017, 12, 5, 12, tzinfo=UTC))
    config = make_config(lake={"root": str(tmp_path / "lake")}, drift={"cooldown_weeks": 4})
    return build_project(Settings(state_dir=tmp_path / "state", clock="simulated"), config, tmp_path, clock)


def judge(project: Project, cycle: str, verdict: str, cause: str = "wape: 0.7 against 0.5") -> None:
    project.lake().commit("drift", cycle, {"cycle": cycle, "verdict": verdict, "cause": cause, "kinds": ["metric"]})


def model(project: Project, cycle: str, judged: bool = False) -> None:
    """A trained model of a cycle, as far as the sensor looks."""
    lake, folder = project.lake(), project.config_folder / "model"
    folder.mkdir(exist_ok=True)
    (folder / "weights.safetensors").write_bytes(cycle.encode())
    lake.write_folder("tuned_model", folder, {}, cycle=cycle)
    if judged:
        from dp_assets.domain.contracts import ERROR_DISTRIBUTIONS

        lake.write("error_distributions", ERROR_DISTRIBUTIONS.empty(), cycle=cycle)


def tick(project: Project, instance: dg.DagsterInstance) -> dg.RunRequest | str:
    """The run that a tick asks for, or why it asks for none."""
    (sensor,) = build(project).sensors or []
    assert isinstance(sensor, dg.SensorDefinition)
    resources: dict[str, Any] = {"lake": project.lake(), "clock": project.clock}
    with dg.build_sensor_context(instance, resources=resources) as context:
        found = sensor(context)
    if isinstance(found, dg.SkipReason):
        return str(found.skip_message)
    assert isinstance(found, dg.SensorResult)
    (request,) = found.run_requests or []
    return request


def test_drift_starts_one_retraining_of_the_newest_cycle_that_says_why(project: Project) -> None:
    model(project, OLD)
    judge(project, "2017-11-27", STABLE)
    judge(project, NEWEST, DRIFTED)
    with dg.DagsterInstance.ephemeral() as instance:
        first, again = tick(project, instance), tick(project, instance)
        assert isinstance(first, dg.RunRequest)
        assert isinstance(again, dg.RunRequest)
        assert (first.job_name, first.tags[RANGE_START], first.tags[RANGE_END]) == ("retrain", NEWEST, NEWEST)
        assert first.tags[CAUSE_TAG] == f"drift in cycle {NEWEST}: wape: 0.7 against 0.5"
        assert again.run_key == first.run_key  # which Dagster starts once
        model(project, NEWEST)
        assert "trained in cycle 2017-12-04" in str(tick(project, instance))


def test_nothing_is_asked_for_without_drift_or_within_the_cool_down(project: Project) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        assert tick(project, instance) == "drift of no cycle has been judged yet"
        judge(project, NEWEST, STABLE)
        assert tick(project, instance) == f"cycle {NEWEST} is stable"
        judge(project, NEWEST, DRIFTED)
        model(project, "2017-11-13")
        assert "next from 2017-12-11 on" in str(tick(project, instance))


def test_one_retraining_at_a_time_and_what_is_due_anyway_goes_first(project: Project) -> None:
    model(project, OLD)
    judge(project, NEWEST, DRIFTED)
    with dg.DagsterInstance.ephemeral() as instance:
        run = instance.create_run_for_job(_job(), status=dg.DagsterRunStatus.STARTED)
        assert tick(project, instance) == "retrain is running; a retraining follows it"
        instance.report_run_failed(run)
        assert isinstance(tick(project, instance), dg.RunRequest)


def test_a_model_that_lost_is_no_champion_and_one_that_won_is(project: Project) -> None:
    lake = project.lake()
    for cycle in (OLD, NEWEST):
        model(project, cycle, judged=True)
    assert champion_cycle(lake, NEWEST) == NEWEST
    lake.commit(CHALLENGE, NEWEST, {"cycle": NEWEST, "accepted": False, "verdict": "lost"})
    assert champion_cycle(lake, NEWEST) == OLD
    assert champion_before(lake, "2017-12-11") == OLD
    assert champion_before(lake, OLD) is None
    lake.commit(CHALLENGE, NEWEST, {"cycle": NEWEST, "accepted": True, "verdict": "won"})
    assert champion_cycle(lake, NEWEST) == NEWEST


def _job() -> dg.JobDefinition:
    @dg.job(name="retrain")
    def retrain() -> None: ...

    return retrain
