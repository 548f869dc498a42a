"""The bucket models on DuckDB and on a local Spark session: what the same rows cost on either.

Belongs here: rows as ingestion leaves them, one dbt process per engine, its processor time and memory. Does not belong
here: the models (`dbt_project`), ingestion (`ingest.py`).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks.ingest_files import ARRIVED, FIRST, SKUS, configuration
from dp_assets.dbt_manifest import dbt_command
from dp_assets.domain.contracts import unified_transactions
from dp_assets.domain.ingest.events import version_spans
from dp_resources.dbt import model_variables
from dp_resources.warehouse import Staging, staging

TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
WEEKS = 52
FILES = 4
POLL_SECONDS = 0.2


def stage(staged: Staging, folder: Path, rows: int) -> str:
    """Rows of four files as `unified_transactions` holds them; the variables of a run over all their buckets."""
    config = configuration(folder)
    table = unified_transactions(config)
    arrived_at = datetime.fromtimestamp(ARRIVED, UTC)
    commits = []
    for number in range(FILES):
        rng = np.random.default_rng(number)
        count, version = rows // FILES, f"shop-{number}"
        frame = pl.DataFrame(
            {
                "file_version_id": [version] * count,
                "row_number": np.arange(1, count + 1),
                "producer": ["shop"] * count,
                "sku": (SKUS * rng.random(count) ** 2.5).astype(np.int64),
                "day": rng.integers(0, 7 * WEEKS, count),
                "quantity": rng.integers(1, 7, count).astype(np.float64),
                "revenue": rng.integers(99, 4000, count) / 100,
            }
        ).with_columns(
            pl.format("A{}", "sku").alias("sku"),
            pl.lit(arrived_at).alias("known_from"),
            (pl.lit(FIRST) + pl.duration(days="day")).alias("sold_on"),
            pl.col("revenue").alias("unit_price"),
        )
        frame = frame.with_columns(pl.col("sold_on").cast(pl.Datetime("us", "UTC")).alias("sold_at"))
        missing = [name for name in table.schema if name not in frame.columns]
        frame = frame.with_columns(pl.lit(None).alias(name) for name in missing)
        path = staged.folder / f"{version}.parquet"
        table.conform(frame).write_parquet(path)
        staged.read_files("unified_transactions", [str(path)])
        commits.append(
            {
                "file_version_id": version,
                "producer": "shop",
                "feed": "transactions",
                "uri": version,
                "arrived_at": arrived_at.isoformat(),
                "status": "accepted",
            }
        )
    staged.read_frame("version_spans", version_spans(commits))
    buckets = [str(FIRST + timedelta(weeks=week)) for week in range(WEEKS)]
    told = {"inputs": str(staged.list_inputs()), "staging": str(staged.folder), "buckets": buckets}
    return json.dumps({**model_variables(config), **told})


def measured(target: str, rows: int) -> dict[str, Any]:
    """One dbt build of the bucket models; seconds of the process and everything it starts, and their largest memory."""
    with tempfile.TemporaryDirectory(prefix="engines-") as name, staging(Path(name)) as staged:
        variables = stage(staged, Path(name), rows)
        arguments = ["build", "--target", target, "--select", "tag:bucket", "--exclude-resource-type", "unit_test"]
        command = dbt_command(*arguments, "--vars", variables, folder=Path(name))
        log = Path(name) / "log"
        started = time.perf_counter()
        with log.open("w") as output:
            process = subprocess.Popen(command, cwd=name, stdout=output, stderr=subprocess.STDOUT)
            spent: dict[int, float] = {}
            peak = 0
            while process.poll() is None:
                tree = _tree(process.pid)
                spent |= {pid: seconds for pid, (seconds, _) in tree.items()}
                peak = max(peak, sum(memory for _, memory in tree.values()))
                time.sleep(POLL_SECONDS)
        if process.returncode:
            raise SystemExit(f"dbt failed on {target}:\n{log.read_text()[-4000:]}")
        found = staged.mart("weekly_buckets").select(pl.len()).collect().item()
    return {
        "engine": target,
        "rows": rows,
        "cpu_seconds": round(sum(spent.values()), 1),
        "wall_seconds": round(time.perf_counter() - started, 1),
        "peak_mib": round(peak / 2**20),
        "weekly_buckets": found,
    }


def _tree(root: int) -> dict[int, tuple[float, int]]:
    """Processor seconds and resident bytes of a process and all below it."""
    parents: dict[int, int] = {}
    found: dict[int, tuple[float, int]] = {}
    for path in Path("/proc").iterdir():
        if not path.name.isdecimal():
            continue
        try:
            fields = (path / "stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        pid = int(path.name)
        parents[pid] = int(fields[1])
        found[pid] = ((int(fields[11]) + int(fields[12])) / TICKS, int(fields[21]) * PAGE)
    wanted = {root}
    while more := {pid for pid, parent in parents.items() if parent in wanted} - wanted:
        wanted |= more
    return {pid: found[pid] for pid in wanted if pid in found}


def main() -> None:
    """Prints one line per engine and number of rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000, 4_000_000])
    parser.add_argument("--engines", nargs="+", default=["duckdb", "spark"])
    asked = parser.parse_args()
    for rows in asked.rows:
        for engine in asked.engines:
            print(json.dumps(measured(engine, rows)), flush=True)


if __name__ == "__main__":
    main()
