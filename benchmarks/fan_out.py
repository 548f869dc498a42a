"""A backfill of many small files in runs of bounded size: one process after another, and several side by side.

Belongs here: landing the files, starting one process per run as Dagster's launcher does, the comparison of the lakes.
Does not belong here: how files are split into runs (`domain/plan.py`), the files themselves (`ingest_files.py`).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import dagster as dg
import yaml

from benchmarks.ingest_files import PRODUCERS, configuration, write_files
from dp_assets.dbt_manifest import ensure_manifest
from dp_assets.defs.automation.sensors import partition_order, run_ranges
from dp_assets.domain.plan import plan_requests
from dp_assets.execution import register
from dp_assets.lake_state import read_state
from dp_assets.project import REPOSITORY, Project, build_project
from dp_resources.clock import WallClock
from dp_resources.settings import Settings

DP = "from dp_assets.cli import app; app()"


def opened(folder: Path, files_per_run: int) -> Project:
    """The project over a folder of this benchmark."""
    config = configuration(folder)
    landing = config.landing.model_copy(update={"files_per_run": files_per_run, "settle_seconds": 0})
    config = config.model_copy(update={"landing": landing})
    (folder / "demand.yaml").write_text(yaml.safe_dump(config.model_dump(mode="json", exclude_none=True)))
    return build_project(Settings(state_dir=folder / "state"), config, folder, WallClock())


def backfill(folder: Path, files: Path, processes: int, files_per_run: int) -> dict[str, Any]:
    """Ingests the files into a lake of their own with so many processes at a time; seconds and the lake's hash."""
    folder.mkdir()
    (folder / "landing").symlink_to(files)
    project = opened(folder, files_per_run)
    ensure_manifest(project.settings)
    environment = {
        **os.environ,
        "DP_CONFIG": str(folder / "demand.yaml"),
        "DP_STATE_DIR": str(folder / "state"),
        "DAGSTER_HOME": str(REPOSITORY),
    }
    os.environ.update({name: environment[name] for name in ("DP_STATE_DIR", "DAGSTER_HOME")})
    with dg.DagsterInstance.get() as instance:
        register(project, instance)
        runs = 0
        used, started = _children(), time.perf_counter()
        while plans := _ingestion(project):
            for plan in plans:
                order = partition_order(plan, project, instance)
                ranges = run_ranges(plan, project, plan.partition_keys, order)
                runs += len(ranges)
                with ThreadPoolExecutor(processes) as pool:
                    commands = [[sys.executable, "-c", DP, "materialize", plan.job, one[0], one[-1]] for one in ranges]
                    list(pool.map(lambda command: _run(command, environment), commands))
    return {
        "processes": processes,
        "runs": runs,
        "wall_seconds": round(time.perf_counter() - started, 1),
        "cpu_seconds": round(_children() - used, 1),
        "lake": _content(Path(project.lake().root)),
    }


def _ingestion(project: Project) -> list[Any]:
    plans = plan_requests(read_state(project.lake()), project.config, project.clock.now())
    return [plan for plan in plans if plan.job.startswith("ingest")]


def _run(command: list[str], environment: dict[str, str]) -> None:
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command[3:])} failed:\n{done.stdout[-2000:]}{done.stderr[-4000:]}")


def _children() -> float:
    found = resource.getrusage(resource.RUSAGE_CHILDREN)
    return found.ru_utime + found.ru_stime


def _content(root: Path) -> str:
    """Hash over the paths and bytes of every current table."""
    digest = hashlib.sha256()
    for path in sorted(path for path in root.rglob("*") if path.is_file()):
        inside = path.relative_to(root)
        if not inside.parts[0].startswith("_"):
            digest.update(f"{inside.as_posix()}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def main() -> None:
    """Prints one line per number of processes; ends with an error if the lakes differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=1_000)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--processes", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--files-per-run", type=int, default=200)
    asked = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="fan-out-"))
    try:
        files = folder / "files"
        written = write_files(files, asked.rows, files=-(-asked.files // len(PRODUCERS)))
        print(f"{len(written)} files, {asked.rows} rows, at most {asked.files_per_run} files in a run")
        results = [backfill(folder / str(number), files, number, asked.files_per_run) for number in asked.processes]
        for result in results:
            print(json.dumps(result))
        if len({result["lake"] for result in results}) > 1:
            raise SystemExit("the lakes differ, but must not")
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
