"""Where the platform keeps what it has and works: folders and SQLite, S3 and PostgreSQL, or these and pods.

Belongs here: what differs between places, putting files there, standing in the way of a write, killing a pod. Does not
belong here: starting the platform (`platform.py`).
"""

from __future__ import annotations

import logging
import os
import resource
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import pytest
import yaml

from dp_resources.planning_db import planning_database
from dp_resources.settings import REPOSITORY
from tests.deploy.cluster import Cluster


class Place(Protocol):
    """Storage of a platform.

    Attributes:
        name: in words.
        landing, lake: roots, as `demand.yaml` names them.
        settings: environment variables beyond those of a platform on disk.
    """

    name: str
    landing: str
    lake: str
    settings: dict[str, str]

    def instance(self) -> str:
        """The text of dagster.yaml."""
        ...

    def put(self, uri: str, data: bytes) -> None:
        """Makes a file of a producer appear whole."""
        ...

    def get(self, uri: str) -> bytes | None:
        """The bytes of such a file, if it is there."""
        ...

    def obstruct(self, table: str, cycle: str) -> None:
        """Makes every write of a cycle of a table fail."""
        ...

    def clear(self, table: str, cycle: str) -> None:
        """Puts that right."""
        ...

    def leftovers(self) -> list[str]:
        """Temporary files that lie in the lake."""
        ...

    def configure(self, config: str, environment: Mapping[str, str], clock: str) -> None:
        """Tells what works elsewhere what the platform's own processes are told: demand.yaml, variables, the clock."""
        ...

    def kill(self, run: str, step: str) -> str:
        """Kills what works on a step of a run, without warning, and says what that was; empty where it is the process
        of the run."""
        ...

    def spent(self) -> float:
        """Processor seconds of what works elsewhere, once it is over."""
        ...


class Disk:
    """Folders, and SQLite for Dagster and for planners."""

    name = "disk, SQLite"

    def __init__(self, folder: Path) -> None:
        self.landing, self.lake = str(folder / "landing"), str(folder / "lake")
        self.settings: dict[str, str] = {}

    def instance(self) -> str:
        return (REPOSITORY / "dagster.yaml").read_text()

    def put(self, uri: str, data: bytes) -> None:
        path = Path(self.landing) / uri
        path.parent.mkdir(parents=True, exist_ok=True)
        staged = path.with_name(f".{path.name}")
        staged.write_bytes(data)
        staged.replace(path)

    def get(self, uri: str) -> bytes | None:
        path = Path(self.landing) / uri
        return path.read_bytes() if path.exists() else None

    def obstruct(self, table: str, cycle: str) -> None:
        """A file where the folder should be: root may write everywhere, so taking rights away stops nobody."""
        path = Path(self.lake) / table / f"cycle={cycle}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("in the way")

    def clear(self, table: str, cycle: str) -> None:
        (Path(self.lake) / table / f"cycle={cycle}").unlink()

    def leftovers(self) -> list[str]:
        root = Path(self.lake)
        return sorted(path.relative_to(root).as_posix() for path in root.glob("_staging/**/*") if path.is_file())

    def configure(self, config: str, environment: Mapping[str, str], clock: str) -> None:
        """All its processes are the platform's own."""

    def kill(self, run: str, step: str) -> str:
        return ""

    def spent(self) -> float:
        return 0.0


class Objects:
    """S3 for files and the lake, PostgreSQL for Dagster and for planners.

    Args:
        store: a server of S3, see `tests/resources/s3_store.py`.
        faulty: the endpoint in front of it that fails as told, which the platform speaks to.
        url: of an empty database for Dagster; planners get another one beside it.
    """

    name = "S3, PostgreSQL"
    landing, lake = "s3://landing/in", "s3://lake/v1"

    def __init__(self, store: Any, faulty: Any, url: str) -> None:
        self.store, self.faulty, self.url = store, faulty, url
        self.settings = {
            "DP_S3_ENDPOINT_URL": faulty.url,
            "DP_S3_ACCESS_KEY_ID": "test",
            "DP_S3_SECRET_ACCESS_KEY": "test",
            "DP_PLANNING_DATABASE_URL": _planning_beside(url),
        }

    def instance(self) -> str:
        found = yaml.safe_load((REPOSITORY / "dagster.yaml").read_text())
        found["storage"] = {"postgres": {"postgres_url": self.url.replace("+psycopg:", "+psycopg2:")}}
        return yaml.safe_dump(found)

    def put(self, uri: str, data: bytes) -> None:
        self.store.put(uri, data)

    def get(self, uri: str) -> bytes | None:
        try:
            found: bytes = self.store.client.get_object(Bucket="landing", Key=f"in/{uri}")["Body"].read()
        except self.store.client.exceptions.NoSuchKey:
            return None
        return found

    def obstruct(self, table: str, cycle: str) -> None:
        from tests.resources.faulty_s3 import Fault

        self.faulty.faults += [Fault("PUT", f"{table}/cycle={cycle}", "403")]
        self.faulty.faults += [Fault("PUT", f"{table}/cycle%3D{cycle}", "403")]

    def clear(self, table: str, cycle: str) -> None:
        self.faulty.faults.clear()

    def leftovers(self) -> list[str]:
        found = self.store.client.list_multipart_uploads(Bucket="lake").get("Uploads", [])
        return [one["Key"] for one in found]

    def configure(self, config: str, environment: Mapping[str, str], clock: str) -> None:
        """All its processes are the platform's own."""

    def kill(self, run: str, step: str) -> str:
        return ""

    def spent(self) -> float:
        return 0.0


class Pods(Objects):
    """The same, and a cluster that makes a pod of every run and of every step that makes tables.

    Args:
        store, faulty, url: as there.
        cluster: the cluster, which finds in its ConfigMaps and Secrets what `docs/kubernetes.md` makes by hand.
        kubeconfig: what leads to its API.
    """

    name = "S3, PostgreSQL, Kubernetes"

    def __init__(self, store: Any, faulty: Any, url: str, cluster: Cluster, kubeconfig: Path) -> None:
        super().__init__(store, faulty, url)
        self.cluster, self.kubeconfig = cluster, kubeconfig
        self.settings |= DAGSTER | {"DP_ENVIRONMENT": "production", "DP_EXECUTOR": "kubernetes"}
        self._before = _of_children()

    def instance(self) -> str:
        from tests.deploy.deployment import instance_yaml

        text = instance_yaml(self.url, self.kubeconfig, self.cluster.folder, self.store)
        self.cluster.config_maps["dagster-instance"] = {"dagster.yaml": text}
        return text

    def configure(self, config: str, environment: Mapping[str, str], clock: str) -> None:
        """Pods find the clock where they find their configuration; one that runs keeps the time it began with."""
        own = {name: value for name, value in environment.items() if name not in HERE}
        self.cluster.config_maps |= {
            "demand-planner-config": {"demand.yaml": config},
            "demand-planner-settings": own,
            "clock": {"clock.json": clock},
        }

    def kill(self, run: str, step: str) -> str:
        with self.cluster.lock:
            (pod,) = self.cluster.running(run, step)
        self.cluster.kill(pod)
        return f"the pod of {step}"

    def spent(self) -> float:
        return _of_children() - self._before


HERE = {"DAGSTER_HOME", "DP_CONFIG", "DP_STATE_DIR"}
"""Variables that say where something lies: of pods the manifest says it."""
DAGSTER = {
    **{"DAGSTER_PG_HOST": "127.0.0.1", "DAGSTER_PG_USERNAME": "planner", "DAGSTER_PG_DB": "postgres"},
    **{"DAGSTER_PG_PASSWORD": "none", "DAGSTER_LOGS_BUCKET": "logs"},
    **{"DAGSTER_JOB_IMAGE": "registry.example.com/pipeline:1"},
    **{"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"},
}
"""What `deploy/kubernetes/dagster.yaml` takes from the environment, and the rights of Dagster's own client of S3."""


def _of_children() -> float:
    """Processor seconds of processes that this one has started and seen the end of."""
    found = resource.getrusage(resource.RUSAGE_CHILDREN)
    return found.ru_utime + found.ru_stime


def _planning_beside(url: str) -> str:
    """URL of a new database on the same server, with the planners' tables."""
    import sqlalchemy as sa

    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text("CREATE DATABASE planning"))
    engine.dispose()
    found = f"{url.rsplit('/', 1)[0]}/planning"
    planning_database(found).migrate()
    return found


@contextmanager
def on_disk(folder: Path) -> Iterator[Place]:
    """Folders below one, removed first."""
    shutil.rmtree(folder / "lake", ignore_errors=True)
    yield Disk(folder)


@contextmanager
def on_s3(folder: Path) -> Iterator[Place]:
    """Servers on loopback, empty and gone afterwards."""
    with _servers() as servers:
        yield Objects(*servers)


@contextmanager
def _servers() -> Iterator[tuple[Any, Any, str]]:
    from tests.postgres_server import running_postgres
    from tests.resources.faulty_s3 import FaultyS3
    from tests.resources.s3_store import run_store

    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # which says every request
    with run_store() as store, running_postgres() as url:
        faulty = FaultyS3(store.address)
        try:
            yield store, faulty, url
        finally:
            faulty.stop()


@contextmanager
def on_kubernetes(folder: Path) -> Iterator[Place]:
    """The same, with a cluster beside them whose pods are processes of this machine."""
    from tests.deploy.api_server import serving
    from tests.deploy.deployment import GPU, LOGS, Node
    from tests.manifest import hand_over_manifest

    home = folder / "cluster"
    hand_over_manifest(home / "state")
    (home / "claims").mkdir()
    (home / "claims/manifest").symlink_to(home / "state/dbt")
    secrets = {"demand-planner-secrets": {}, "dagster-postgresql-secret": {"postgresql-password": "none"}}
    cluster = Cluster([Node("cpu-0", {"cpu": "3", "memory": "32Gi"}), GPU], home, {"postgresql-ca": {}}, secrets)
    # Its pods begin in other folders, and find what is tested as the tests do.
    paths = os.pathsep.join([str(REPOSITORY), *filter(None, [os.environ.get("PYTHONPATH")])])
    with pytest.MonkeyPatch.context() as patch, _servers() as servers, serving(cluster, home) as (kubeconfig, _):
        servers[0].client.create_bucket(Bucket=LOGS)
        for name, value in (DAGSTER | {"PYTHONPATH": paths}).items():
            patch.setenv(name, value)
        yield Pods(*servers, cluster, kubeconfig)
