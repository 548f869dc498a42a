"""The API is killed while planners write: every write that was acknowledged is there, and none twice."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from dp_assets.domain.access import Role
from dp_resources.planning_db import PlanningDatabase
from tests.postgres_server import running_postgres
from tests.serving.access_makers import shown
from tests.serving.makers import CYCLE
from tests.serving.planning_makers import Planned, edit

SKUS = {f"sku{number:04d}": f"D{number % 5}/B{number % 9}" for number in range(340)}
WEEKS = [(CYCLE + timedelta(weeks=week)).isoformat() for week in range(3)]
KILLS = 4


class Server:
    """An API process that can be killed and started again on the same port."""

    def __init__(self, place: Planned, url: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.environment = {
            **os.environ,
            "DP_LAKE_ROOT": place.lake.root,
            "DP_CONFIG": str(place.folder / "demand.yaml"),
            "DP_STATE_DIR": str(place.settings.state_dir),
            "DP_PLANNING_DATABASE_URL": url,
            "DP_API_ACCESS": "keys",
            "DP_API_REQUESTS_PER_SECOND": "100000",
        }
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "serving", "--port", str(self.port), "--log-level", "error"]
        self.process = subprocess.Popen(command, env=self.environment)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@contextmanager
def database_url(kind: str, folder: Path) -> Iterator[str]:
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'planning.db'}"
    else:
        with running_postgres() as url:
            with closing(PlanningDatabase(url)) as database:
                database.migrate()
            yield url


def write_until_answered(server: Server, key: str, number: int) -> dict[str, Any]:
    """Sends one edit with a key of its own until it is answered, as somebody does whose connection was lost."""
    sku, at = list(SKUS)[number // 3], number % 3
    body = edit(sku, quantity=float(number))
    body["edits"][0]["first"] = WEEKS[at]
    headers = {**shown(key), "Content-Type": "application/json", "Idempotency-Key": f"write-{number}"}
    request = urllib.request.Request(
        f"http://127.0.0.1:{server.port}/v1/overrides", json.dumps(body).encode(), headers, method="POST"
    )
    deadline = time.monotonic() + 240
    while True:
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                assert answer.status == 201
                return dict(json.loads(answer.read()))
        except urllib.error.HTTPError as error:
            raise AssertionError(error.read().decode()) from error
        except (OSError, http.client.HTTPException):  # killed: refused, or cut off before or after the write
            assert time.monotonic() < deadline
            time.sleep(0.05)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
@pytest.mark.parametrize(
    "writes",
    [pytest.param(100, marks=pytest.mark.slow), pytest.param(1000, marks=[pytest.mark.slow, pytest.mark.long])],
)
def test_every_write_that_was_acknowledged_is_there_and_none_twice(tmp_path: Path, kind: str, writes: int) -> None:
    with database_url(kind, tmp_path) as url:
        place = Planned(tmp_path / "place", skus=SKUS, planning_database_url=url)
        place.user("ada", [Role.PLANNER])
        key, server = place.key("ada"), Server(place, url)
        acknowledged: list[tuple[int, int]] = []
        lock = threading.Lock()

        def write(number: int) -> None:
            (made,) = write_until_answered(server, key, number)["overrides"]
            with lock:
                acknowledged.append((number, made["number"]))

        try:
            with ThreadPoolExecutor(16) as pool:
                running = [pool.submit(write, number) for number in range(writes)]
                for part in range(1, KILLS + 1):
                    while len(acknowledged) < writes * part // (KILLS + 2):
                        time.sleep(0.01)
                        for failed in [one for one in running if one.done() and one.exception()]:
                            failed.result()
                    server.kill()
                    server.start()
                for one in running:
                    one.result()
        finally:
            server.kill()
        numbers = place.accounts.database.numbers()
        assert sorted(acknowledged, key=lambda one: one[1]) == [(int(one.quantity), one.sequence) for one in numbers]
        assert len(numbers) == writes
        assert all(one.ended is None for one in numbers)
        assert place.accounts.database.verify() == []
        place.accounts.database.close()
