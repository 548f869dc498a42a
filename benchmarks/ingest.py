"""Landing → unified rows → weekly buckets → dense panel against bare engines that write the same outputs.

`make bench-ingest` (50 million rows; ROWS=5000000 for a quick look). Ratios, never times: CPU seconds of whole process
trees, in interleaved rounds, medians; peak memory is the largest process's. The bare engines are in `ingest_peers.py`.
Prints a table and writes benchmarks/out/ingest.json.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.findings import OUT, Finding, at_least, at_most, show
from benchmarks.ingest_files import FIRST, SKUS, WEEKS, configuration, write_files
from benchmarks.ingest_peers import PEERS
from dp_assets.dbt_manifest import ensure_manifest
from dp_resources.settings import Settings

OURS = "demand planner"
STATE = OUT / "state"
"""Where dbt's parsed project stays from run to run, as it does in a deployment."""


@dataclass(frozen=True)
class Measured:
    """One run: CPU seconds, wall seconds, peak memory in GB of the largest process, and what it reported."""

    cpu: float
    wall: float
    peak: float
    report: dict[str, Any]


def measured(arguments: list[str]) -> Measured:
    """Runs this module in a fresh process and measures the process tree."""
    code = (
        "import json, resource, subprocess, sys\n"
        "done = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE, check=True)\n"
        "used = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
        "print(json.dumps([used.ru_utime + used.ru_stime,"
        " used.ru_maxrss / 2**20, done.stdout.decode().strip().splitlines()[-1]]))"
    )
    command = [sys.executable, "-m", "benchmarks.ingest", *arguments]
    started = time.perf_counter()
    answer = subprocess.run([sys.executable, "-c", code, *command], stdout=subprocess.PIPE, check=True).stdout
    cpu, peak, report = json.loads(answer)
    return Measured(cpu, time.perf_counter() - started, peak, json.loads(report))


def run_peer(name: str, work: Path) -> dict[str, Any]:
    """One bare engine over the landed files."""
    out = work / name
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    return {"units": PEERS[name](work / "landing", out)}


def run_ours(work: Path) -> dict[str, Any]:
    """The product over the landed files, as `dp run` does it, up to the panel; CPU seconds of each stage."""
    import dagster as dg

    from dp_assets.domain.buckets import BucketGrid
    from dp_assets.domain.contracts import sku_attributes
    from dp_assets.domain.features import Plans, build_features
    from dp_assets.domain.plan import plan_requests
    from dp_assets.execution import definitions_for, execute, register
    from dp_assets.lake_state import read_state
    from dp_assets.project import build_project
    from dp_resources.clock import SimulatedClock

    for place in ("lake", "dagster", "ours"):
        shutil.rmtree(work / place, ignore_errors=True)
        (work / place).mkdir(parents=True)
    clock = SimulatedClock(work / "clock.json")
    after = FIRST + timedelta(weeks=WEEKS, days=1)
    clock.set(datetime(after.year, after.month, after.day, 12, tzinfo=UTC))
    settings = Settings(state_dir=STATE, clock="simulated", executor="in_process")
    project = build_project(settings, configuration(work), work, clock)
    stages: dict[str, float] = {}
    with dg.DagsterInstance.local_temp(str(work / "dagster")) as instance:
        spent = _spent()
        register(project, instance)
        definitions = definitions_for(project, lambda text: None)
        stages["register and load"], spent = _spent() - spent, _spent()
        while plans := plan_requests(read_state(project.lake()), project.config, clock.now()):
            if plans[0].job not in ("ingest_new_files", "refresh_buckets"):
                break
            execute(plans[0], project, definitions, instance)
            stages[plans[0].job], spent = _spent() - spent, _spent()
    lake, config = project.lake(), project.config
    buckets = lake.read_all("weekly_buckets")
    if buckets is None:
        raise RuntimeError("expected weekly buckets, found none; see the output above")
    units = float(buckets["quantity"].sum())
    cutoff = BucketGrid.of(config).newest_cutoff(clock.now())
    panel = build_features(buckets, sku_attributes(config).empty(), Plans(), config, cutoff).panel
    panel.save(work / "ours")
    stages["panel"] = _spent() - spent
    return {"units": units, "stages": {name: round(seconds, 2) for name, seconds in stages.items()}}


def _spent() -> float:
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def rounds(work: Path, repeats: int) -> dict[str, list[Measured]]:
    """Interleaved runs of the bare engines and of ours; all must report the same units."""
    found: dict[str, list[Measured]] = {name: [] for name in (*PEERS, OURS)}
    for number in range(repeats):
        for name in found:
            if name == "pandas" and number:
                continue  # slow, and far from its bar: once is enough
            one = measured(["--run", name, "--work", str(work)])
            found[name].append(one)
            print(f"  {name:15} {one.cpu:8.1f} CPU s {one.wall:8.1f} s {one.peak:6.2f} GB  {one.report}", flush=True)
    units = {name: {round(one.report["units"]) for one in runs} for name, runs in found.items()}
    if len(set.union(*units.values())) != 1:
        raise RuntimeError(f"expected the same units from everybody, got {units}")
    return found


def findings(found: dict[str, list[Measured]]) -> list[Finding]:
    """Medians of each engine, ours against the better of the two bare ones and against pandas."""
    cpu = {name: statistics.median(one.cpu for one in runs) for name, runs in found.items()}
    peak = {name: statistics.median(one.peak for one in runs) for name, runs in found.items()}
    best = min(("duckdb", "polars"), key=lambda name: cpu[name])
    leanest = min(("duckdb", "polars"), key=lambda name: peak[name])
    return [
        at_most("landing to panel: CPU", cpu[OURS] / cpu[best], f"bare {best} ({cpu[best]:.1f} s)", 1.3),
        at_least("landing to panel: speed", cpu["pandas"] / cpu[OURS], f"chunked pandas ({cpu['pandas']:.1f} s)", 2.5),
        at_most(
            "landing to panel: peak memory",
            peak[OURS] / peak[leanest],
            f"bare {leanest} ({peak[leanest]:.2f} GB)",
            1.25,
        ),
    ]


def memory_growth(work: Path, rows: int) -> Finding:
    """Peak memory of ours when rows double at equal series-weeks (the same SKUs and weeks, twice the lines)."""
    peaks = []
    for number, count in enumerate((rows // 2, rows)):
        place = work / f"growth-{number}"
        write_files(place / "landing", count)
        peaks.append(measured(["--run", OURS, "--work", str(place)]).peak)
    return at_most(
        "peak memory when rows double", peaks[1] / peaks[0], f"ours on {rows // 2:,} rows ({peaks[0]:.2f} GB)", 1.1
    )


def main(argv: list[str] | None = None) -> None:
    """Writes the files, runs everybody in turn, compares."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ingest", description=__doc__)
    parser.add_argument("--rows", type=int, default=50_000_000, help="lines over all files")
    parser.add_argument("--rounds", type=int, default=3, help="interleaved rounds")
    parser.add_argument("--run", choices=(*PEERS, OURS), help=argparse.SUPPRESS)
    parser.add_argument("--work", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    if options.run:
        report = run_ours(options.work) if options.run == OURS else run_peer(options.run, options.work)
        print(json.dumps(report))
        return
    os.environ.setdefault("DAGSTER_DISABLE_TELEMETRY", "1")
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DIR")) as scratch:
        work = Path(scratch)
        print(f"writing {options.rows:,} lines of {SKUS:,} SKUs over {WEEKS} weeks ...")
        paths = write_files(work / "landing", options.rows)
        ensure_manifest(Settings(state_dir=STATE))
        print(f"{len(paths)} files, {sum(path.stat().st_size for path in paths) / 1e9:.2f} GB; {options.rounds} rounds")
        show([*findings(rounds(work, options.rounds)), memory_growth(work, options.rows // 2)], "ingest")


if __name__ == "__main__":
    main()
