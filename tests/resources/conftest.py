"""Planning databases that tests of `dp_resources` run on: SQLite, and a real PostgreSQL."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from dp_resources.planning_db import PlanningDatabase
from tests.postgres_server import running_postgres


@pytest.fixture(scope="package")
def postgres() -> Iterator[str]:
    with running_postgres() as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'state' / 'planning.db'}"
        return
    server = str(request.getfixturevalue("postgres"))
    name = f"planning_{time.monotonic_ns()}"
    admin = sa.create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    admin.dispose()
    yield server.replace("/postgres", f"/{name}")


@pytest.fixture
def database(url: str) -> Iterator[PlanningDatabase]:
    found = PlanningDatabase(url)
    if not found.is_embedded:
        found.migrate()
    yield found
    found.close()
