"""A run whose process was killed does not stay "started" for ever."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.test_utils import create_run_for_test

from dp_assets.orphans import PROCESS_TAG, fail_orphans, is_alive, own_process


@pytest.fixture
def instance(tmp_path: Path) -> dg.DagsterInstance:
    return dg.DagsterInstance.local_temp(str(tmp_path))


def tag_of_a_killed_process() -> str:
    """The tag that a process wrote before it was killed."""
    code = "from dp_assets.orphans import *; import time; print(own_process()[PROCESS_TAG], flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        tag = process.stdout.readline().strip()
        assert is_alive(tag)
        process.kill()
    return tag


def test_a_run_of_a_killed_process_is_marked_as_failed_and_a_living_one_is_left_alone(
    instance: dg.DagsterInstance,
) -> None:
    started = dg.DagsterRunStatus.STARTED
    dead = create_run_for_test(instance, status=started, tags={PROCESS_TAG: tag_of_a_killed_process()})
    alive = create_run_for_test(instance, status=started, tags=own_process())
    assert fail_orphans(instance, daemon_is_up=True) == [dead.run_id]
    assert instance.get_run_by_id(dead.run_id).status == dg.DagsterRunStatus.FAILURE  # type: ignore[union-attr]
    assert instance.get_run_by_id(alive.run_id).status == started  # type: ignore[union-attr]


def test_a_run_that_dagster_launched_is_dead_only_when_no_dagster_is_up(instance: dg.DagsterInstance) -> None:
    run = create_run_for_test(instance, status=dg.DagsterRunStatus.STARTED)
    assert fail_orphans(instance, daemon_is_up=True) == []
    assert fail_orphans(instance, daemon_is_up=False) == [run.run_id]
