"""A process killed at any moment loses no accepted data: the next run completes what it left, to the same bytes."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from dp_resources.lake import Lake, sha256
from tests.e2e.small_world import World, world_config

DP = Path(sys.executable).parent / "dp"
WEEKS = 24
KILLS = 10


def lake_content(lake: Lake) -> dict[str, str]:
    """Path → hash of everything current: partitions, manifests, commit records; old versions left out."""
    root = Path(lake.root)
    files = [path for path in root.rglob("*") if path.is_file() and path.relative_to(root).parts[0] != "_versions"]
    return {str(path.relative_to(root)): sha256(path.read_bytes()) for path in files}


def command(world: World) -> subprocess.Popen[bytes]:
    """`dp run` over a world, in a process group of its own."""
    text = yaml.safe_dump(world.config.model_dump(mode="json", exclude_none=True))
    (world.folder / "demand.yaml").write_text(text)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DP_", "DAGSTER_"))}
    own = {
        "DP_CONFIG": str(world.folder / "demand.yaml"),
        "DP_STATE_DIR": str(world.folder / "state"),
        "DP_CLOCK": "simulated",
        "DP_CODE_REVISION": "test",
    }
    with (world.folder / "log.txt").open("ab") as log:
        return subprocess.Popen([DP, "run"], env={**kept, **own}, stdout=log, stderr=log, start_new_session=True)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_a_run_killed_again_and_again_ends_where_an_undisturbed_one_does(tmp_path: Path) -> None:
    calm = World(tmp_path / "calm", world_config(), WEEKS)
    assert command(calm).wait(1200) == 0
    stormy = World(tmp_path / "stormy", world_config(), WEEKS)
    seconds = random.Random(7)
    for _ in range(KILLS):
        running = command(stormy)
        time.sleep(seconds.uniform(4, 40))
        os.killpg(running.pid, signal.SIGKILL)
        running.wait(60)
    assert command(stormy).wait(1200) == 0, (stormy.folder / "log.txt").read_text()[-4000:]
    left, right = lake_content(calm.project.lake()), lake_content(stormy.project.lake())
    assert left.keys() == right.keys()
    assert {path for path in left if left[path] != right[path]} == set()
