"""Where the platform keeps what it has: folders and SQLite, or S3 and PostgreSQL.

Belongs here: what differs between storages, putting files there, and standing in the way of a write. Does not belong
here: starting the platform (`platform.py`).
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import yaml

from dp_resources.planning_db import planning_database
from dp_resources.settings import REPOSITORY


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
    from tests.postgres_server import running_postgres
    from tests.resources.faulty_s3 import FaultyS3
    from tests.resources.s3_store import run_store

    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # which says every request
    with run_store() as store, running_postgres() as url:
        faulty = FaultyS3(store.address)
        try:
            yield Objects(store, faulty, url)
        finally:
            faulty.stop()
