"""Runs that nobody works on any more, because their process was killed.

Belongs here: telling them from living ones and marking them as failed. Does not belong here: running anything.

Dagster learns of a killed process only where its launcher can ask. Locally it cannot, so a run killed with its process
would stay "started" for ever, and the sensors, which wait for unfinished runs, would wait for ever with it.
"""

from __future__ import annotations

import socket

import dagster as dg
import psutil

PROCESS_TAG = "demand_planner/process"
STARTED = [dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]


def own_process() -> dict[str, str]:
    """The run tag that names this process: host, process id and the second it was created."""
    me = psutil.Process()
    return {PROCESS_TAG: f"{socket.gethostname()}:{me.pid}:{int(me.create_time())}"}


def is_alive(tag: str) -> bool:
    """Whether the process that a tag names still runs; one of another host counts as alive."""
    host, pid, created = tag.rsplit(":", 2)
    if host != socket.gethostname():
        return True
    try:
        return int(psutil.Process(int(pid)).create_time()) == int(created)
    except psutil.NoSuchProcess:
        return False


def fail_orphans(instance: dg.DagsterInstance, daemon_is_up: bool) -> list[str]:
    """Marks runs of dead processes as failed; the ids of those runs.

    Args:
        instance: where the runs are recorded.
        daemon_is_up: whether a Dagster may be working on runs that carry no process tag; without one, they are dead.
    """
    failed = []
    for record in instance.get_run_records(dg.RunsFilter(statuses=STARTED)):
        run = record.dagster_run
        tag = run.tags.get(PROCESS_TAG)
        if is_alive(tag) if tag else daemon_is_up:
            continue
        instance.report_run_failed(run, "The process of this run was killed; what is missing is planned again.")
        failed.append(run.run_id)
    return failed
