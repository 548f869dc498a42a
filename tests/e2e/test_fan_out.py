"""Many files in several runs leave the lake that one run leaves."""

from __future__ import annotations

from pathlib import Path

import pytest

from dp_assets.domain.plan import plan_requests
from dp_assets.execution import definitions_for, execute, register
from dp_assets.lake_state import read_state
from dp_resources.lake import sha256
from tests.e2e.small_world import World, world_config

pytestmark = pytest.mark.slow
WEEKS = 6


def ingested(folder: Path, files_per_run: int) -> tuple[dict[str, str], list[str]]:
    """Path → hash of everything that ingestion leaves, and the jobs that ran."""
    config = world_config(landing={"files_per_run": files_per_run})
    world = World(folder, config, WEEKS)
    project, lake = world.project, world.project.lake()
    register(project, world.instance)
    jobs: list[str] = []
    while True:
        plans = plan_requests(read_state(lake), project.config, project.clock.now())
        if not plans or not plans[0].job.startswith("ingest"):
            break
        jobs += [plan.job for plan in plans]
        for plan in plans:
            execute(plan, project, definitions_for(project, print), world.instance)
    root = Path(lake.root)
    files = (path for path in root.rglob("*") if path.is_file() and not {"_versions", "_made"} & set(path.parts))
    return {path.relative_to(root).as_posix(): sha256(path.read_bytes()) for path in files}, jobs


def test_files_in_parts_leave_the_lake_that_one_run_leaves(tmp_path: Path) -> None:
    whole, once = ingested(tmp_path / "whole", 500)
    parts, jobs = ingested(tmp_path / "parts", 7)
    assert (once, jobs) == (["ingest_new_files"], ["ingest_files", "ingest_new_files"])
    assert parts == whole
