"""What every test shares: programs a test may need, golden files, and threads kept to one.

A test that needs a program which is not there (`needs_chromium`, `needs_spark`, …) is left out and named in the
summary; with DP_TEST_LEAVE_OUT_NONE=1, as in CI, that is an error instead.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from dp_assets.commands.terminal import heed_interrupts

if threading.current_thread() is threading.main_thread():
    heed_interrupts()
settings.register_profile("untimed", settings(), deadline=None)
settings.load_profile("untimed")  # how long an example takes says what else the machine does
os.environ.setdefault("OMP_NUM_THREADS", "1")
for name in [name for name in os.environ if name.startswith("DP_") and not name.startswith(("DP_TEST_", "DP_UPDATE_"))]:
    del os.environ[name]  # a test's settings are its own, not those of the shell it was started from
UI = Path(__file__).parents[1] / "serving" / "ui"
PROGRAMS = {
    "needs_chromium": ("chromium",),
    "needs_curl": ("curl",),
    "needs_workbench": (
        "chromium",
        "playwright",
        str(UI / "dist/index.html"),
        str(UI / "node_modules/axe-core/axe.js"),
    ),
    "needs_spark": ("java", "pyspark", "dbt.adapters.spark"),
    "needs_full_disk": ("/dev/full",),
    "needs_glibc": ("mallopt()", "/proc/self/statm"),
    "needs_memory_maps": ("/proc/self/maps",),
    "needs_helm": ("helm_python", "kubernetes_validate"),
    "needs_kubectl": ("kubectl",),
    "needs_hadolint": (str(Path(sys.executable).parent / "hadolint"),),
}
"""Marker → programs on the PATH, Python modules, devices, functions of the C library, and files that its tests need.

The files of the workbench come from `make ui`."""
GOLDEN = Path(__file__).parent / "golden"
left_out: list[str] = []


def pytest_configure(config: pytest.Config) -> None:
    for marker, programs in PROGRAMS.items():
        config.addinivalue_line("markers", f"{marker}: needs {', '.join(programs)}")
    config.addinivalue_line(
        "markers", "golden: compares with a file under tests/golden or docs; `make golden` rewrites it"
    )


def is_there(program: str) -> bool:
    """Whether a program is on the PATH, a module can be imported, a device or file is there, C has a function."""
    if program.endswith("()"):
        return hasattr(ctypes.CDLL(None), program[:-2])
    if program.startswith("/"):
        return Path(program).exists()
    if shutil.which(program):
        return True
    try:
        return importlib.util.find_spec(program) is not None
    except ModuleNotFoundError:
        return False


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    kept = []
    for item in items:
        needed = {
            program for marker, programs in PROGRAMS.items() if item.get_closest_marker(marker) for program in programs
        }
        missing = [program for program in needed if not is_there(program)]
        if missing:
            left_out.append(f"{item.nodeid} (needs {', '.join(sorted(set(missing)))})")
        else:
            kept.append(item)
    if left_out and os.environ.get("DP_TEST_LEAVE_OUT_NONE"):
        raise pytest.UsageError("tests would be left out, but none may be:\n" + "\n".join(left_out))
    # What takes minutes a test begins first, so that no process is left alone with it at the end.
    items[:] = sorted(kept, key=lambda item: not item.nodeid.startswith(("tests/e2e/", "tests/properties/")))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if left_out:
        terminalreporter.section("left out because a program is missing")
        for line in left_out:
            terminalreporter.write_line(line)


@pytest.fixture
def golden() -> Callable[[Path | str, str], None]:
    """Compares text with a golden file (a name under tests/golden, or a path); DP_UPDATE_GOLDEN=1 rewrites it."""

    def compare(where: Path | str, text: str) -> None:
        path = GOLDEN / where if isinstance(where, str) else where
        if os.environ.get("DP_UPDATE_GOLDEN"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        expected = path.read_text() if path.exists() else ""
        assert text == expected, f"{path.name} differs from what the code says; if that is wanted, run `make golden`"

    return compare


IN_MEMORY = Path("/dev/shm")


@pytest.fixture
def memory_path(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory for tests that write many small files: each is flushed to disk, which takes a disk its time.

    On machines without such a place it is an ordinary one.
    """
    if not os.access(IN_MEMORY, os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(prefix="demand_planner_", dir=IN_MEMORY, ignore_cleanup_errors=True) as folder:
        yield Path(folder)
