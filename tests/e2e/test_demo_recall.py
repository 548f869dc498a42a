"""Taking a producer's file back on the whole demo: what is listed is what changes, and the undo leaves equal bytes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dp_assets.project import REPOSITORY, load_project
from dp_assets.recalls import reached_by, version_meant
from dp_resources.settings import Settings
from tests.e2e.lake_content import changed_partitions, lake_content

DP = Path(sys.executable).parent / "dp"
FILE = "north/sales-2017-W44.csv"


@pytest.mark.long
@pytest.mark.timeout(7200)
def test_a_recall_on_the_demo_changes_exactly_what_it_lists_and_its_undo_gives_equal_bytes(tmp_path: Path) -> None:
    shutil.copy(REPOSITORY / "demand.yaml", tmp_path)
    shutil.copytree(REPOSITORY / "mappings", tmp_path / "mappings")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DP_", "DAGSTER_"))}
    own = {
        "DP_CONFIG": str(tmp_path / "demand.yaml"),
        "DP_STATE_DIR": str(tmp_path / "state"),
        "DP_CLOCK": "simulated",
        "DP_EXECUTOR": "in_process",
        "DP_CODE_REVISION": "test",
        "DAGSTER_HOME": str(REPOSITORY),
    }

    def dp(*arguments: str) -> None:
        done = subprocess.run([DP, *arguments], env={**kept, **own}, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]

    dp("demo", "run")
    project = load_project(Settings(config=tmp_path / "demand.yaml", state_dir=tmp_path / "state", clock="simulated"))
    lake = project.lake()
    before = lake_content(lake.root)
    listed = reached_by(lake, project.config, version_meant(lake, FILE, undo=False), undo=False)
    assert listed.buckets
    assert listed.cycles

    dp("recall", FILE, "--reason", "till 4 counted twice", "--by", "ann", "--yes")
    after = lake_content(lake.root)
    for table, keys in {
        "weekly_buckets": listed.buckets,
        "tuned_model": listed.models,
        "boosted_model": listed.models,
        "published_forecasts": listed.cycles,
        "serving_bundle": listed.cycles,
        "accuracy": listed.scored,
    }.items():
        assert changed_partitions(before, after, table) == set(keys), table

    dp("recall", "--undo", FILE, "--by", "ann", "--yes")
    assert lake_content(lake.root) == before
