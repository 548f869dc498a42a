"""The planning database of a test: SQLite in its folder, or a database of its own on a real PostgreSQL.

`DP_TEST_PLANNING_DATABASE=postgresql` (`make test-postgresql`) runs the same tests on PostgreSQL.
"""

from __future__ import annotations

import atexit
import os
import uuid
from contextlib import ExitStack
from functools import cache

from sqlalchemy import create_engine, make_url, text

from dp_resources.planning_db import PlanningDatabase
from tests.postgres_server import running_postgres

TEMPLATE = "planned"


def new_planning_url() -> str | None:
    """URL of an empty planning database on PostgreSQL; None where tests are to use SQLite."""
    if os.environ.get("DP_TEST_PLANNING_DATABASE", "sqlite") != "postgresql":
        return None
    name = f"planning_{uuid.uuid4().hex}"
    _create(name, TEMPLATE)
    return _url(name)


@cache
def _server() -> str:
    """URL of a server that runs as long as this process, with a planning database to copy."""
    stack = ExitStack()
    url = stack.enter_context(running_postgres())
    atexit.register(stack.close)
    return url


@cache
def _template() -> None:
    _create(TEMPLATE, "template0")
    database = PlanningDatabase(_url(TEMPLATE))
    database.migrate()
    database.close()


def _url(name: str) -> str:
    return make_url(_server()).set(database=name).render_as_string(hide_password=False)


def _create(name: str, template: str) -> None:
    if template == TEMPLATE:
        _template()
    engine = create_engine(_server(), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
    engine.dispose()
