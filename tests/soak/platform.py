"""The platform as `dp up` starts it, watched from outside: its clock, what it still has to do, what it costs.

Belongs here: starting, stopping, moving the simulated clock, waiting until nothing is left to do, killing a worker.
Does not belong here: what happens in which week (`test_twelve_weeks.py`). Nothing here starts a run or mends anything.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import dagster as dg
import psutil
import yaml
from dagster._core.storage.tags import AUTO_RETRY_RUN_ID_TAG, WILL_RETRY_TAG

from dp_assets.defs.automation.sensors import UNFINISHED
from dp_assets.domain.config import DemandConfig
from dp_assets.domain.drift import retraining_due
from dp_assets.domain.plan import plan_requests
from dp_assets.lake_state import read_state
from dp_assets.project import Project, load_project
from dp_assets.registry import registrations
from dp_assets.reload import reload_and_wait
from dp_assets.supervisor import MARKER, family
from dp_resources.clock import SimulatedClock
from dp_resources.planning_alerts import waiting
from dp_resources.settings import Settings
from tests.e2e.test_up import free_port
from tests.manifest import hand_over_manifest
from tests.soak.pager import SECRET
from tests.soak.places import Place

DP = Path(sys.executable).parent / "dp"
PATIENCE = 3600.0
"""Seconds of real time that the platform may take for what is due at one moment."""
SENSORS = ("new_files_sensor", "closed_bucket_sensor", "alerts_sensor")


class Platform:
    """`dp up` over a place, with a simulated clock.

    Args:
        folder: for its configuration, its state and its log.
        place: where it keeps what it has.
        config: what it is configured to.
        now: its clock at the beginning.
    """

    def __init__(self, folder: Path, place: Place, config: DemandConfig, now: datetime) -> None:
        self.folder, self.place, self.config = folder, place, config
        home = folder / "home"
        home.mkdir(parents=True)
        (home / "dagster.yaml").write_text(place.instance())
        (folder / "demand.yaml").write_text(yaml.safe_dump(config.model_dump(mode="json", exclude_none=True)))
        hand_over_manifest(folder / "state")
        self.clock = SimulatedClock(folder / "state" / "clock.json")
        self.clock.set(now)
        self.own: dict[str, str] = {
            "DAGSTER_HOME": str(home),
            "DP_CONFIG": str(folder / "demand.yaml"),
            "DP_STATE_DIR": str(folder / "state"),
            "DP_CLOCK": "simulated",
            "DP_EXECUTOR": "in_process",
            "DP_ALERT_WEBHOOK_SECRET": SECRET,
            "DP_CODE_REVISION": "soak",
            **place.settings,
        }
        self._tell_place()
        self.landed = 0
        """File versions that were put into the landing root."""
        self._spent = 0.0

    # -- starting and stopping ----------------------------------------------------------------------------------------

    def start(self) -> None:
        """Starts it and waits until it says that everything is healthy."""
        self.url = f"http://127.0.0.1:{free_port()}"
        ports = ["--dagster-port", self.url.rsplit(":", 1)[1], "--api-port", str(free_port())]
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("DP_", "DAGSTER_"))}
        self.log = self.folder / "up.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [str(DP), "up", *ports], env=kept | self.own, cwd=self.folder, stdout=log, stderr=log
            )
        self.until(lambda: "stop         Ctrl-C" in self.log.read_text(), 240)
        self.run_id = psutil.Process(self.process.pid).children()[0].environ()[MARKER]
        self.instance = self._instance()

    def stop(self) -> None:
        """Interrupts it, as Ctrl-C does, and waits."""
        self.spent()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        self.process.wait(120)

    def _instance(self) -> dg.DagsterInstance:
        """The platform's own instance, to read from; its settings name places by variables of its environment."""
        before = os.environ.get("DP_STATE_DIR")
        os.environ["DP_STATE_DIR"] = self.own["DP_STATE_DIR"]
        try:
            return dg.DagsterInstance.from_config(self.own["DAGSTER_HOME"])
        finally:
            if before is None:
                del os.environ["DP_STATE_DIR"]
            else:
                os.environ["DP_STATE_DIR"] = before

    @property
    def project(self) -> Project:
        """What the platform's processes work with, to read from."""
        values: dict[str, Any] = {
            name.removeprefix("DP_").lower(): value for name, value in self.own.items() if name.startswith("DP_")
        }
        return load_project(Settings(**values))

    def _tell_place(self) -> None:
        self.place.configure((self.folder / "demand.yaml").read_text(), self.own, self.clock.path.read_text())

    # -- time ---------------------------------------------------------------------------------------------------------

    def move(self, now: datetime, meanwhile: Callable[[], None] = lambda: None) -> None:
        """Moves the clock as `dp clock advance` does. What arrives at that time is put there before the graph lists
        the partitions that begin, so that nothing is made of a week that lacks what has arrived."""
        listed = self.project.cycles.get_last_partition_key()
        self.clock.set(now)
        self._tell_place()
        meanwhile()
        newest = self.project.cycles.get_last_partition_key()
        if newest is not None and newest != listed:
            reload_and_wait(self.url, newest)

    def until(self, true: Callable[[], Any], seconds: float = PATIENCE, pause: float = 2.0) -> Any:
        """Waits for something; what came of it."""
        end = time.monotonic() + seconds
        while not (found := true()):
            assert self.process.poll() is None, f"the platform ended:\n{self.log.read_text()[-4000:]}"
            assert time.monotonic() < end, f"not within {seconds:.0f} s, it lacks {self.lacking()}: {self.log}"
            time.sleep(pause)
        return found

    def work(self) -> None:
        """Waits until nothing is left to do."""
        self.until(lambda: not self.lacking())

    def rest(self) -> None:
        """Waits until nothing is left to do, and every sensor has looked once more since."""
        since: list[float] = []

        def is_at_rest() -> bool:
            if self.lacking():
                since.clear()
                return False
            since.append(time.time())
            return all(began > since[0] for began in self._looked().values())

        self.until(is_at_rest)

    def lacking(self) -> str:
        """What is still to be done, in words; empty where nothing is."""
        runs = self.instance.get_runs(dg.RunsFilter(statuses=[*UNFINISHED, dg.DagsterRunStatus.CANCELING]))
        if runs:
            return f"the end of {runs[0].job_name}"
        for run in self.instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.FAILURE])):
            if run.tags.get(WILL_RETRY_TAG) == "true" and AUTO_RETRY_RUN_ID_TAG not in run.tags:
                return f"another try of {run.job_name}"
        project = self.project
        lake = project.lake()
        if (known := len(registrations(lake))) < self.landed:
            return f"{self.landed - known} files that are not registered"
        if plans := plan_requests(read_state(lake, project.planning()), project.config, self.clock.now()):
            return plans[0].job
        if not isinstance(retraining_due(lake.committed("drift"), lake.partitions("tuned_model"), self.config), str):
            return "a retraining"
        return "notices that are not sent" if waiting(project.planning()) else ""

    def _looked(self) -> Mapping[str, float]:
        """Sensor → when its newest tick that is over began."""
        found = dict.fromkeys(SENSORS, 0.0)
        for state in self.instance.all_instigator_state():
            data: Any = state.instigator_data
            if state.instigator_name in found and data is not None:
                ticks = self.instance.get_ticks(state.instigator_origin_id, state.selector_id, limit=2)
                over = [one.timestamp for one in ticks if one.status.value != "STARTED"]
                found[state.instigator_name] = max(over, default=0.0)
        return found

    # -- what happens to it -------------------------------------------------------------------------------------------

    def run_of(self, job: str, status: dg.DagsterRunStatus, since: float) -> dg.DagsterRun | None:
        """The newest run of a job in a state, of those created since a moment of real time."""
        records = self.instance.get_run_records(dg.RunsFilter(job_name=job, statuses=[status]), limit=1)
        return next((one.dagster_run for one in records if one.create_timestamp.timestamp() >= since), None)

    def kill_worker(self, run: dg.DagsterRun) -> None:
        """Kills the process that works on a run, without warning."""
        logs = self.instance.all_logs(run.run_id, of_type=dg.DagsterEventType.ENGINE_EVENT)
        found = [re.search(r"Started process for run \(pid: (\d+)\)", one.message) for one in logs]
        (pid,) = {int(one[1]) for one in found if one}
        os.kill(pid, signal.SIGKILL)

    def has_begun(self, run: dg.DagsterRun, step: str) -> bool:
        """Whether a step of a run was started."""
        logs = self.instance.all_logs(run.run_id, of_type=dg.DagsterEventType.STEP_START)
        return any(one.dagster_event is not None and one.dagster_event.step_key == step for one in logs)

    def spent(self) -> float:
        """Processor seconds of all its processes since it was started; of one that ended, those that its parent saw."""
        total = 0.0
        for process in [psutil.Process(self.process.pid), *family(self.run_id)]:
            try:
                times = process.cpu_times()
            except psutil.Error:
                continue
            total += times.user + times.system + times.children_user + times.children_system
        self._spent = max(self._spent, total)
        return self._spent + self.place.spent()


def dump(path: Path, value: object) -> None:
    """Keeps a value as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=1, sort_keys=True) + "\n")
