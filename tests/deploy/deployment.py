"""The product installed on the emulated cluster: PostgreSQL, S3, Dagster's daemon, and pods that find nothing else.

Belongs here: what `docs/kubernetes.md` makes by hand (databases, ConfigMaps, Secrets, the image's manifest), a lake to
begin with, and the daemon's process. Does not belong here: the cluster (`cluster.py`), what is tried on it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import sqlalchemy as sa
import yaml

from dp_assets.champions import code_revision
from dp_assets.pods import STATE_FOLDER, TRAINING_VOLUME
from dp_assets.project import Project
from dp_resources.clock import SimulatedClock
from dp_resources.lake import Lake
from dp_resources.planning_db import PlanningDatabase
from tests.deploy.api_server import serving
from tests.deploy.cluster import Cluster, Node
from tests.deploy.location import ASSETS, JOB
from tests.deploy.manifests import KUBERNETES, read
from tests.manifest import hand_over_manifest
from tests.postgres_server import running_postgres
from tests.resources.s3_store import Store, run_store

PROCESSORS = Node("cpu-0", {"cpu": "4", "memory": "32Gi"}, {"kubernetes.io/arch": "amd64"})
GPU = Node(
    "gpu-0",
    {"cpu": "8", "memory": "64Gi", "nvidia.com/gpu": "1"},
    {"accelerator": "nvidia"},
    ({"key": "nvidia.com/gpu", "effect": "NoSchedule"},),
)
REPOSITORY = Path(__file__).parents[2]
DONE = {dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE}
LOGS = "logs"
"""Bucket for what steps print."""


def until(true: Callable[[], Any], seconds: float, told: Callable[[], str] = str) -> Any:
    """Waits for something; what came of it."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := true():
            return found
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds} s: {told()}")


@dataclass(frozen=True)
class Deployment:
    """What is installed.

    Attributes:
        cluster: the cluster.
        home: folder of the daemon, and of what the cluster keeps.
        lake: on S3.
        asked: what the API server was asked so far.
    """

    cluster: Cluster
    home: Path
    lake: Lake
    asked: list[str]

    @property
    def checkpoints(self) -> Path:
        """What an interrupted training has left on the volume that outlives its pod."""
        return self.home / "claims" / TRAINING_VOLUME / "checkpoints"

    def runs(self) -> list[dg.DagsterRun]:
        """Runs so far, in their order."""
        with dg.DagsterInstance.from_config(str(self.home)) as instance:
            return list(reversed(instance.get_runs()))

    def steps(self, run_id: str, reached: dg.DagsterEventType = dg.DagsterEventType.STEP_START) -> set[str]:
        """Keys of the steps that a run has begun, or of those that have come to another end."""
        with dg.DagsterInstance.from_config(str(self.home)) as instance:
            found = instance.all_logs(run_id, of_type=reached)
        return {str(one.dagster_event.step_key) for one in found if one.dagster_event}

    def running(self, step: str) -> list[str]:
        """Pods of a step that run."""
        with self.cluster.lock:
            return [
                name
                for name, pod in self.cluster.pods.items()
                if pod["metadata"]["labels"].get("dagster/op") == step and pod["status"]["phase"] == "Running"
            ]

    def kill(self, step: str) -> None:
        """Kills the pod of a step that runs, as a node that is taken away does."""
        pods = self.running(step)
        assert len(pods) == 1, f"{step} runs as {pods}: {self.told()}"
        self.cluster.kill(pods[0])

    def kill_training(self) -> None:
        """Kills the pod of `tuned_model` when it has left its first checkpoint."""
        until(lambda: any(self.checkpoints.rglob("*.safetensors")), 900, self.told)
        self.kill("tuned_model")

    def ended(self) -> list[dg.DagsterRun]:
        """Runs of training and of cycles that are over, in their order."""
        return [run for run in self.runs() if run.status in DONE and run.job_name in ("retrain", "weekly_cycle")]

    def told(self) -> str:
        """What is to be seen of it, for a test that has waited in vain."""
        logs = "\n".join(f"== {path.name}\n{path.read_text()[-3000:]}" for path in self.home.glob("*.log"))
        return f"{self.cluster.placed} {self.cluster.events[-20:]}\n{logs}"


@contextmanager
def deployed(
    home: Path,
    project: Project,
    without: Callable[[str, str], bool],
    monkeypatch: pytest.MonkeyPatch,
    asked: tuple[str, Sequence[str]] | None = None,
) -> Iterator[Deployment]:
    """A deployment whose lake begins as a project's, and whose daemon works; everything ends with it.

    Args:
        home: an empty folder.
        project: its configuration, its clock, its lake on disk.
        without: what of that lake is not there at first, by table, and by cycle or what else a partition is named by.
        monkeypatch: for the environment that the instance of this process needs.
        asked: a job and assets of it, all that is run (`location.py`); None for the product's own sensors.
    """
    module = "tests.deploy.location" if asked else "dp_assets.definitions"
    with running_postgres() as url, run_store() as store:
        store.client.create_bucket(Bucket=LOGS)
        upload(store, Path(project.lake().root), without)
        planning = database(url, "planning")
        with closing(PlanningDatabase(planning)) as tables:
            tables.migrate()
        settings, secrets = environment(store, planning, code_revision(project.settings))
        settings |= {JOB: asked[0], ASSETS: ",".join(asked[1])} if asked else {}
        clock = SimulatedClock(home / "state/clock.json")
        clock.set(project.clock.now())
        cluster = Cluster(
            [PROCESSORS, GPU],
            home,
            config_maps={
                "demand-planner-settings": settings,
                "demand-planner-config": {"demand.yaml": configuration(project)},
                "postgresql-ca": {},
                "clock": {"clock.json": clock.path.read_text()},
            },
            secrets={"demand-planner-secrets": secrets, "dagster-postgresql-secret": {"postgresql-password": "none"}},
        )
        hand_over_manifest(home / "state")
        (home / "claims").mkdir()
        (home / "claims/manifest").symlink_to(home / "state/dbt")
        (home / "demand.yaml").write_text(configuration(project))
        own = settings | secrets | {"DAGSTER_PG_PASSWORD": "none", "DAGSTER_HOME": str(home)}
        own |= {"DP_ENVIRONMENT": "production", "DP_EXECUTOR": "kubernetes"}
        own |= {"DP_CONFIG": str(home / "demand.yaml"), "DP_STATE_DIR": str(home / "state")}
        # The daemon and its pods begin in another folder, and find what is tested as the tests do.
        own |= {"PYTHONPATH": os.pathsep.join([str(REPOSITORY), *filter(None, [os.environ.get("PYTHONPATH")])])}
        for name, value in own.items():
            monkeypatch.setenv(name, value)
        with serving(cluster, home) as (kubeconfig, requests):
            text = instance_yaml(url, kubeconfig, home, store)
            cluster.config_maps["dagster-instance"] = {"dagster.yaml": text}
            (home / "dagster.yaml").write_text(text)
            with daemon(home, module):
                yield Deployment(cluster, home, store.lake, requests)


def upload(store: Store, root: Path, without: Callable[[str, str], bool]) -> None:
    """Copies a lake on disk into the store, all but some partitions, and who made what."""
    for path in (one for one in root.rglob("*") if one.is_file()):
        name = path.relative_to(root).as_posix()
        table, key, *_ = [*name.removeprefix("_versions/").removeprefix("_commits/").split("/"), ""]
        if table in {"receipts", "_made", "_index", "_staging"} or without(table, key.partition("=")[2] or key):
            continue
        store.client.upload_file(str(path), "lake", f"v1/{name}")


def database(url: str, name: str) -> str:
    """URL of a new database on a server."""
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return f"{url.rpartition('/')[0]}/{name}"


def configuration(project: Project) -> str:
    """A project's `demand.yaml`, its columns in their order, which recipes of files count."""
    return yaml.safe_dump(project.config.model_dump(mode="json", exclude_none=True), sort_keys=False)


def environment(store: Store, planning: str, revision: str) -> tuple[dict[str, str], dict[str, str]]:
    """Entries of the ConfigMap with the settings, and of the Secret."""
    settings = {
        **{"DAGSTER_PG_HOST": "127.0.0.1", "DAGSTER_PG_USERNAME": "planner", "DAGSTER_PG_DB": "postgres"},
        **{"DAGSTER_JOB_IMAGE": "registry.example.com/pipeline:1", "DAGSTER_LOGS_BUCKET": LOGS},
        **{"DP_LAKE_ROOT": store.lake.root, "DP_LANDING_ROOT": store.landing.root},
        **{"DP_S3_ENDPOINT_URL": store.options["endpoint_url"], "DP_CLOCK": "simulated", "DP_CODE_REVISION": revision},
    }
    secrets = {"DP_PLANNING_DATABASE_URL": planning}
    for prefix in ("DP_S3", "AWS"):
        secrets |= {f"{prefix}_ACCESS_KEY_ID": "test", f"{prefix}_SECRET_ACCESS_KEY": "test"}
    return settings, secrets


def instance_yaml(url: str, kubeconfig: Path, home: Path, store: Store) -> str:
    """The dagster.yaml of production, with servers of this machine.

    Pods have besides the clock of the tests, and the manifest that an image would bring.
    """
    found = read(KUBERNETES / "dagster.yaml")
    found["storage"]["postgres"]["postgres_db"] |= {"port": int(url.rsplit(":", 1)[1].split("/")[0]), "params": {}}
    launcher: dict[str, Any] = found["run_launcher"]["config"]
    launcher |= {"load_incluster_config": False, "kubeconfig_file": str(kubeconfig)}
    launcher["volumes"] += [
        {"name": "clock", "configMap": {"name": "clock"}},
        {"name": "manifest", "persistentVolumeClaim": {"claimName": "manifest"}},
    ]
    launcher["volume_mounts"] += [
        {"name": "clock", "mountPath": f"{STATE_FOLDER}/clock.json", "subPath": "clock.json"},
        {"name": "manifest", "mountPath": f"{STATE_FOLDER}/dbt"},
    ]
    found["compute_logs"]["config"] |= {
        **{"endpoint_url": store.options["endpoint_url"], "use_ssl": False},
        "local_dir": str(home / "compute-logs"),
    }
    return yaml.safe_dump(found)


@contextmanager
def daemon(home: Path, module: str) -> Iterator[None]:
    """Dagster's daemon over a code location, as a process."""
    command = [str(Path(sys.executable).parent / "dagster-daemon"), "run", "-m", module]
    with (home / "daemon.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, cwd=home, start_new_session=True)
    try:
        yield
    finally:
        os.killpg(process.pid, signal.SIGINT)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
