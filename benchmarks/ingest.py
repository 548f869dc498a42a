"""Landing → unified rows → weekly buckets → dense panel against bare engines that write the same outputs.

`make bench-ingest` (50 million rows; ROWS=5000000 for a quick look). Ratios, never times: CPU seconds of whole process
trees, in interleaved rounds, medians; peak memory is the largest process's. The bare engines are in `ingest_peers.py`.
Prints a table and writes benchmarks/out/ingest.json.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.findings import Finding, at_least, at_most, say, share, show
from benchmarks.ingest_files import SKUS, WEEKS, write_files
from benchmarks.ingest_peers import PEERS, SAME_TABLES
from benchmarks.ingest_sensor import sensor_findings
from benchmarks.ingest_workbooks import workbook_findings

OURS = "demand planner"


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


def report_of(name: str, work: Path) -> dict[str, Any]:
    """One run in this process. The product is imported for its own runs only: a bare engine must not pay for that."""
    if name != OURS:
        return run_peer(name, work)
    from benchmarks.ingest_ours import run_ours

    return run_ours(work)


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
    """Medians: the main line against the better of the two bare engines and against pandas, and what comes on top."""
    cpu = {name: statistics.median(one.cpu for one in runs) for name, runs in found.items()}
    peak = {name: statistics.median(one.peak for one in runs) for name, runs in found.items()}
    best = min(("duckdb", "polars"), key=lambda name: cpu[name])
    leanest = min(("duckdb", "polars"), key=lambda name: peak[name])
    ours = {
        name: median_of(found[OURS], name)
        for name in ("main", "main_peak", "channels", "rolling", "everything", "peak")
    }
    start = cpu[OURS] - ours["everything"] - ours["channels"] - ours["rolling"]  # imports
    bare, bare_peak = f"bare {best} ({cpu[best]:.1f} s)", f"bare {leanest} ({peak[leanest]:.2f} GB)"
    lines = [
        at_most("main line: CPU", (start + ours["main"]) / cpu[best], bare, 1.3),
        at_most(
            "main line without caps and channels", (start + ours["main"] - ours["channels"]) / cpu[best], bare, 1.3
        ),
        share(
            "the same without caps and channels",
            (start + ours["main"] - ours["channels"]) / cpu[SAME_TABLES],
            f"bare polars that writes our tables ({cpu[SAME_TABLES]:.1f} s)",
        ),
        share("our tables, whoever writes them", cpu[SAME_TABLES] / cpu[best], bare),
        at_least("main line: speed", cpu["pandas"] / (start + ours["main"]), f"pandas ({cpu['pandas']:.1f} s)", 2.5),
        at_most("main line: peak memory", ours["main_peak"] / peak[leanest], bare_peak, 1.25),
        share("everything, extras included: CPU", (start + ours["everything"]) / cpu[best], bare),
        share("everything, extras included: peak memory", ours["peak"] / peak[leanest], bare_peak),
        share("caps and channels", ours["channels"] / ours["rolling"], f"bare coreforecast ({ours['rolling']:.1f} s)"),
    ]
    stages = {
        name: statistics.median(one.report["stages"][name] for one in found[OURS])
        for name in found[OURS][0].report["stages"]
    }
    whole = start + ours["everything"]
    named = {"start of the process": start, **stages}
    return [*lines, *(share(f"  {name}", part / whole, f"everything: {part:.1f} s") for name, part in named.items())]


def median_of(runs: list[Measured], name: str) -> float:
    return statistics.median(one.report[name] for one in runs)


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
        print(json.dumps(report_of(options.run, options.work)))
        return
    from benchmarks.ingest_late import measure as late_files
    from benchmarks.ingest_ours import STATE
    from dp_assets.dbt_manifest import ensure_manifest
    from dp_resources.settings import Settings

    os.environ.setdefault("DAGSTER_DISABLE_TELEMETRY", "1")
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DIR")) as scratch:
        work = Path(scratch)
        print(f"writing {options.rows:,} lines of {SKUS:,} SKUs over {WEEKS} weeks ...")
        paths = write_files(work / "landing", options.rows)
        ensure_manifest(Settings(state_dir=STATE))
        print(f"{len(paths)} files, {sum(path.stat().st_size for path in paths) / 1e9:.2f} GB; {options.rounds} rounds")
        table: list[Finding] = []
        for part in (
            lambda: findings(rounds(work, options.rounds)),
            lambda: [memory_growth(work, options.rows // 2)],
            lambda: late_files(options.rounds),
            lambda: workbook_findings(work),
            lambda: sensor_findings(work),
        ):
            found = part()
            say(found)
            table += found
        print()
        show(table, "ingest")


if __name__ == "__main__":
    main()
