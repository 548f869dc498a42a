"""A process killed at any moment loses no accepted data: the next run completes what it left, to the same bytes."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import yaml

from tests.e2e.killed_process import STAGES, land, runs
from tests.e2e.lake_content import lake_content
from tests.e2e.small_world import World, world_config

DP = Path(sys.executable).parent / "dp"
WEEKS = 24
KILLS = 10
PROMOTED = ("weekly_buckets/", "transactions_cleaned/", "_commits/weekly_buckets/", "_versions/weekly_buckets/")


def everything(root: Path | str) -> dict[str, str]:
    """Path → hash of all that a lake holds but old versions and which run made what: who asked for it, indexes, too."""
    return lake_content(root, left_out=("_versions", "_made"))


# -- many kills of ingestion and buckets -------------------------------------------------------------------------------


def kill_points(writes: Sequence[str], kills: int, seconds: random.Random) -> Iterator[int]:
    """Numbers of writes, spread evenly: three in five while files are ingested, the others while marts are promoted."""
    begin = next(number for number, one in enumerate(writes) if one.split(" ")[1].startswith(PROMOTED))
    promoting = kills * 2 // 5
    for first, last, count in ((0, begin, kills - promoting), (begin, len(writes), promoting)):
        for number in range(count):
            yield first + int((number + seconds.random()) * (last - first) / count)


def assert_nothing_odd_is_visible(root: Path, calm: dict[str, str]) -> None:
    """Whatever a reader of tables may list is a whole file that an undisturbed run has, too."""
    assert {path for path in everything(root) if path not in calm and not path.startswith("_staging/")} == set()


def storm(folder: Path, kills: int, seed: int) -> None:
    """Kills runs, lets the next one through, and compares; every third time the rerun is killed as well."""
    seconds, hits = random.Random(seed), Counter[str]()
    with runs(folder) as process:
        lake, before = folder / "lake", None
        for stage in STAGES:
            land(folder / "landing", stage)
            undisturbed = process.run(stage, undisturbed=True)
            assert undisturbed.code == 0, process.tail()
            calm = everything(lake)
            assert any(path.startswith("_file_events/") for path in calm), "the gate held nothing out"
            shutil.copytree(lake, folder / f"after {stage}")
            for number, kill_at in enumerate(kill_points(undisturbed.writes, kills // len(STAGES), seconds)):
                process.reset(before)
                ended = process.run(stage, kill_at=kill_at)
                assert ended.was_killed, process.tail()
                hits[f"{stage}, after {ended.place}"] += 1
                if number % 3 == 2:
                    process.run(stage, kill_at=seconds.randrange(60))
                if before is None:
                    assert_nothing_odd_is_visible(lake, calm)
                assert process.run(stage).code == 0, process.tail()
                left = everything(lake)
                different = {path for path in calm.keys() | left.keys() if calm.get(path) != left.get(path)}
                assert different == set(), f"after a kill at {ended.writes[-1:]} of {stage} (write {kill_at})"
            before = folder / f"after {stage}"
            process.reset(before)
    print(f"{hits.total()} kills:", *(f"  {count} × {place}" for place, count in sorted(hits.items())), sep="\n")


@pytest.mark.slow
def test_ingestion_and_buckets_killed_twenty_times_end_as_undisturbed(tmp_path: Path) -> None:
    storm(tmp_path, 20, seed=1)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_ingestion_and_buckets_killed_two_hundred_times_end_as_undisturbed(tmp_path: Path) -> None:
    storm(tmp_path, 200, seed=2)


# -- a few kills of everything, by the command line --------------------------------------------------------------------


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
    left, right = everything(calm.project.lake().root), everything(stormy.project.lake().root)
    assert left.keys() == right.keys()
    assert {path for path in left if left[path] != right[path]} == set()
