"""The sensor of buckets and cycles: one range after another, and again what failed, without a hand."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.storage.tags import AUTO_RETRY_RUN_ID_TAG, WILL_RETRY_TAG

from dp_assets.defs.automation.sensors import (
    NEVER,
    follow_ups,
    not_asked_for,
    try_again,
    unfinished_run,
    waits_for_files,
)
from dp_assets.domain.plan import RunPlan
from dp_assets.project import Project, build_project
from dp_resources.clock import SimulatedClock
from dp_resources.settings import Settings
from tests.factories import make_config

FIRST, SECOND = (dg.RunRequest(run_key=f"weekly_cycle:{name}", job_name="weekly_cycle") for name in ("old", "new"))


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as found:
        yield found


def project_of(folder: Path) -> Project:
    """A project on the Tuesday after its newest bucket has closed."""
    clock = SimulatedClock(folder / "clock.json")
    clock.set(datetime(2017, 8, 1, 12, tzinfo=UTC))
    settings = Settings(state_dir=folder, clock="simulated", lake_root=str(folder / "lake"))
    return build_project(settings, make_config(), folder, clock)


@dg.job(name="weekly_cycle")
def weekly_cycle() -> None: ...


def asked(instance: dg.DagsterInstance) -> list[str | None]:
    requests = try_again([FIRST, SECOND], instance, time.time())
    return [one.run_key for one in not_asked_for(requests, instance)]


def begin(instance: dg.DagsterInstance, request: dg.RunRequest, **tags: str) -> dg.DagsterRun:
    return instance.create_run_for_job(
        weekly_cycle, tags={"dagster/run_key": str(request.run_key), **tags}, status=dg.DagsterRunStatus.STARTED
    )


def test_ranges_of_cycles_follow_one_another_and_one_that_fails_holds_up_no_later_one(
    instance: dg.DagsterInstance,
) -> None:
    assert asked(instance) == [FIRST.run_key]
    instance.report_run_failed(begin(instance, FIRST))
    assert unfinished_run(instance, ["weekly_cycle"]) is None
    assert asked(instance) == [SECOND.run_key]
    begin(instance, SECOND)
    assert asked(instance) == []


@pytest.mark.parametrize("job", ["weekly_cycle", "refresh_buckets"])
def test_what_failed_for_good_is_begun_anew_after_a_pause_and_not_before(
    job: str, instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    project = project_of(tmp_path)
    plan = RunPlan(job, ("2017-07-24",), "new sales")
    (first,) = follow_ups(plan, project, instance, time.time())
    instance.report_run_failed(begin(instance, first))
    at_once = follow_ups(plan, project, instance, time.time())
    assert [one.run_key for one in at_once if one.run_key != first.run_key] == []
    (anew,) = follow_ups(plan, project, instance, time.time() + 61)
    assert anew.run_key == f"{first.run_key}:1"
    assert anew.tags == first.tags
    begin(instance, anew)
    later = follow_ups(plan, project, instance, time.time() + 61)
    assert {one.run_key for one in later} <= {anew.run_key}  # a key that has a run begins no other


def test_a_cycle_waits_until_files_were_looked_for_since_its_knowledge_time_unless_it_is_late(tmp_path: Path) -> None:
    project = project_of(tmp_path)
    clock = project.clock
    known, minute = datetime(2017, 8, 1, tzinfo=UTC), timedelta(minutes=1)
    cycle, buckets = RunPlan("weekly_cycle", ("2017-07-31",), ""), RunPlan("refresh_buckets", ("2017-07-24",), "")
    assert "landing root" in (waits_for_files([cycle], NEVER, project, clock.now()) or "")
    assert "landing root" in (waits_for_files([cycle], known - minute, project, clock.now()) or "")
    assert waits_for_files([cycle], known, project, clock.now()) is None
    assert waits_for_files([cycle], None, project, clock.now()) is None  # somebody else registers files
    assert waits_for_files([cycle], NEVER, project, known + timedelta(days=1) + minute) is None
    assert waits_for_files([buckets], NEVER, project, clock.now()) is None
    assert waits_for_files([], NEVER, project, clock.now()) is None


def test_what_dagster_is_about_to_try_again_is_not_at_rest(instance: dg.DagsterInstance) -> None:
    assert unfinished_run(instance, ["weekly_cycle"]) is None
    run = begin(instance, FIRST, **{WILL_RETRY_TAG: "true"})
    assert unfinished_run(instance, ["weekly_cycle"]) == "weekly_cycle"
    instance.report_run_failed(run)
    assert unfinished_run(instance, ["weekly_cycle"]) == "weekly_cycle"
    instance.add_run_tags(run.run_id, {AUTO_RETRY_RUN_ID_TAG: "another"})
    assert unfinished_run(instance, ["weekly_cycle"]) is None
