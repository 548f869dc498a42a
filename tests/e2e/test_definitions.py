"""The commands a Dagster user runs first, on the repository as it is."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dp_assets.project import REPOSITORY
from dp_resources.clock import SimulatedClock
from tests.defs.test_graph import DEMO_NOW
from tests.manifest import hand_over_manifest

pytestmark = pytest.mark.slow
BIN = Path(sys.executable).parent


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A fresh state folder with the manifest, under the demo's simulated clock."""
    hand_over_manifest(tmp_path / "state")
    SimulatedClock(tmp_path / "state" / "clock.json").set(DEMO_NOW)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DP_", "DAGSTER_"))}
    places = {"DP_STATE_DIR": str(tmp_path / "state"), "DAGSTER_HOME": str(REPOSITORY), "DP_CLOCK": "simulated"}
    return {**kept, **places, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}


@pytest.mark.parametrize(
    "command",
    [["dagster", "definitions", "validate", "-w", "workspace.yaml"], ["dg", "check", "defs"]],
    ids=["dagster definitions validate", "dg check defs"],
)
def test_the_definitions_are_valid(command: list[str], environment: dict[str, str]) -> None:
    done = subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_loading_the_graph_imports_neither_torch_nor_optuna_and_starts_no_dbt(environment: dict[str, str]) -> None:
    code = """
import subprocess, sys
start = subprocess.Popen.__init__
def refuse_dbt(self, command, *args, **kwargs):
    assert "dbt" not in str(command), f"a dbt process was started: {command}"
    start(self, command, *args, **kwargs)
subprocess.Popen.__init__ = refuse_dbt
from dp_assets.definitions import defs
defs().get_repository_def()
print(*sorted({"torch", "optuna", "statsforecast", "hierarchicalforecast", "sklearn"} & set(sys.modules)))
"""
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []
    print(f"the graph loaded in {time.monotonic() - started:.1f} s, interpreter included")
