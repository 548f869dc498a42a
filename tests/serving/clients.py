"""Clients of the API for tests: in this process, and of a server process of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from fastapi.testclient import TestClient

from dp_resources.lake import Lake
from dp_resources.settings import Settings
from serving.api import create_app
from serving.api.problems import MEDIA_TYPE, Problem


def client_over(lake: Lake) -> TestClient:
    return TestClient(create_app(Settings(lake_root=lake.root)))


def problem(client: TestClient, path: str, status: int) -> Problem:
    """The problem that a path is answered with."""
    answer = client.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (status, MEDIA_TYPE), answer.text
    found = Problem.model_validate_json(answer.content)
    assert found.status == status
    return found


@contextmanager
def server_over(lake: Lake, **environment: str) -> Iterator[str]:
    """The address of a server process over a lake, once it serves."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "serving", "--port", str(port), "--log-level", "error"]
    process = subprocess.Popen(command, env={**os.environ, "DP_LAKE_ROOT": lake.root, **environment})
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5).close()
                break
            except OSError:
                assert process.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()
