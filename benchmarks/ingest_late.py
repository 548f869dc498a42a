"""What one late file costs as history grows: registered, ingested, its bucket built again.

Belongs here: a lake of weekly files of three producers, 1, 10 and 100 times as many weeks, and one late file on each.
Does not belong here: large files (`ingest.py`).

`python -m benchmarks.ingest_late` prints the table alone; `make bench-ingest` has it, too. Every measured run is a
process of its own, as `dp run` is; the bucket that the late file touches holds the same files whatever the history.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import numpy as np
import polars as pl

from benchmarks.findings import Finding, at_most, share, show
from benchmarks.ingest_files import FIRST, PRODUCERS, write_lines
from benchmarks.ingest_ours import STATE, Stages, due, open_project
from dp_assets.content import known_files
from dp_assets.dbt_manifest import ensure_manifest
from dp_assets.execution import definitions_for, execute, register
from dp_assets.ingestion import ingest_file
from dp_resources.settings import Settings

WEEKS_AT_ONCE = 2
"""Weeks of the shortest history: 2, 20 and 200 weeks of three files each."""
GROWTH = (1, 10, 100)
ROWS = 1_000
"""Lines of a file, the late one too."""


def write_week(landing: Path, producer: str, week: int, name: str, arrived_weeks: int) -> None:
    """One file of a producer with sales of one week, that arrives on the Monday after so many weeks."""
    rng = np.random.default_rng([week, PRODUCERS.index(producer), *name.encode()])
    begin = int(datetime(FIRST.year, FIRST.month, FIRST.day, tzinfo=UTC).timestamp()) + week * 7 * 86_400
    units = rng.integers(1, 7, ROWS)
    lines = pl.DataFrame(
        {
            "sku": [f"A{number:06d}" for number in rng.integers(0, 500, ROWS)],
            "at": pl.from_epoch(pl.Series(begin + rng.integers(0, 7 * 86_400, ROWS)), time_unit="s"),
            "units": units,
            "amount": units * 1.99,
            "shop": [f"S{number}" for number in rng.integers(1, 41, ROWS)],
        }
    )
    path = landing / producer / name
    path.parent.mkdir(parents=True, exist_ok=True)
    write_lines(producer, lines, path)
    arrived = begin - week * 7 * 86_400 + arrived_weeks * 7 * 86_400 + 6 * 3600
    os.utime(path, (arrived, arrived))


def make_history(work: Path, weeks: int) -> None:
    """A lake whose files and buckets are up to date. Files are read without Dagster: it is the lake that counts."""
    for week in range(weeks):
        for producer in PRODUCERS:
            write_week(work / "landing", producer, week, f"week-{week:04d}.csv", week + 1)
    project = open_project(work, FIRST + timedelta(weeks=weeks, days=1))
    (work / "dagster").mkdir()
    with dg.DagsterInstance.local_temp(str(work / "dagster")) as instance:
        register(project, instance)
        lake = project.lake()
        known = known_files(lake, project.config)
        for one in known.registrations:
            ingest_file(lake, project.config, one.file_version_id, known)
        definitions = definitions_for(project, lambda text: None)
        files = due(project, "ingest_new_files")  # they count once they are accounted for
        execute(files, project, definitions, instance, ["data_quality", "file_ledger"])
        execute(due(project, "refresh_buckets"), project, definitions, instance)


def late_file(work: Path, weeks: int) -> dict[str, float]:
    """CPU seconds per stage of taking in one more file of the last week."""
    write_week(work / "landing", PRODUCERS[0], weeks - 1, f"late-{datetime.now(UTC):%H%M%S%f}.csv", weeks)
    project = open_project(work, FIRST + timedelta(weeks=weeks, days=1))
    stages = Stages()
    with dg.DagsterInstance.local_temp(str(work / "dagster")) as instance:
        register(project, instance)
        stages.end("register")
        definitions = definitions_for(project, lambda text: None)
        stages.end("load the graph")
        for job in ("ingest_new_files", "refresh_buckets"):
            plan = due(project, job)
            if len(plan.partition_keys) != 1:
                raise RuntimeError(f"expected one partition of {job} to be due, got {plan.partition_keys}")
            stages.end("plan")
            execute(plan, project, definitions, instance)
            stages.end(job)
    return stages.spent


def late_file_findings(measured: dict[int, list[dict[str, float]]]) -> list[Finding]:
    """Median CPU of a late file at each history, against the shortest."""
    cpu = {growth: statistics.median(sum(one.values()) for one in runs) for growth, runs in measured.items()}
    least = min(cpu)
    peer = f"{WEEKS_AT_ONCE} weeks ({cpu[least]:.2f} s)"
    longer = [growth for growth in cpu if growth > least]
    bars = [at_most(f"one late file, {growth} x history", cpu[growth] / cpu[least], peer, 1.2) for growth in longer]
    stages = [
        share(f"  late file, {growth} x: {name}", statistics.median(one[name] for one in runs), "CPU s")
        for growth, runs in measured.items()
        for name in runs[0]
    ]
    return [*bars, *stages]


def measure(rounds: int) -> list[Finding]:
    """Makes the three histories and lands late files on them in turn."""
    measured: dict[int, list[dict[str, float]]] = {growth: [] for growth in GROWTH}
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DIR")) as scratch:
        places = {growth: Path(scratch) / str(growth) for growth in GROWTH}
        for growth, work in places.items():
            _in_own_process(work, growth, "--make")
        for _ in range(rounds):
            for growth, work in places.items():
                measured[growth].append(json.loads(_in_own_process(work, growth)))
                spent = ", ".join(f"{name} {seconds:.2f}" for name, seconds in measured[growth][-1].items())
                print(f"  one late file, {growth} x history: {spent}", flush=True)
    return late_file_findings(measured)


def _in_own_process(work: Path, growth: int, *more: str) -> str:
    command = [sys.executable, "-m", "benchmarks.ingest_late", "--work", str(work), "--growth", str(growth), *more]
    answer = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout
    return answer.strip().splitlines()[-1] if answer.strip() else ""


def main(argv: list[str] | None = None) -> None:
    """Measures, or does one part of it in this process."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ingest_late", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="late files per history")
    parser.add_argument("--work", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--growth", type=int, default=1, help=argparse.SUPPRESS)
    parser.add_argument("--make", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    os.environ.setdefault("DAGSTER_DISABLE_TELEMETRY", "1")
    weeks = WEEKS_AT_ONCE * options.growth
    if options.work is None:
        ensure_manifest(Settings(state_dir=STATE))
        show(measure(options.rounds), "ingest_late")
    elif options.make:
        make_history(options.work, weeks)
    else:
        print(json.dumps(late_file(options.work, weeks)))


if __name__ == "__main__":
    main()
