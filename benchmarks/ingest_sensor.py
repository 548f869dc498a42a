"""One tick of the sensor over files that are all known: listing, registrations, the state of the lake, the plan.

Belongs here: the sensor lines of the ingestion benchmark. Does not belong here: ingesting (`ingest.py`). Requests to S3
are counted by `tests/resources/test_records_on_s3.py`, with a store of its own.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl

from benchmarks.findings import Finding
from dp_assets.content import known_files
from dp_assets.domain.buckets import BucketGrid
from dp_assets.domain.config import DemandConfig
from dp_assets.domain.ingest.registration import LandedObject, Registration, version_id
from dp_assets.domain.plan import ingestion_due
from dp_assets.domain.quality import SEEN
from dp_assets.ingestion import register_new_files
from dp_assets.lake_state import committed_ledger, read_state
from dp_assets.quality_catalogue import COUNTED, catalogue_path, rows_hash
from dp_resources.lake import Lake, json_bytes, parquet_bytes
from dp_resources.landing import Landing

FILES = 50_000
NOW = datetime(2022, 1, 3, 12, tzinfo=UTC)
SECONDS = 3.0


def configuration(work: Path) -> DemandConfig:
    """One shop, a file a day and branch."""
    columns = {"sku": "item", "sold_at": "day", "quantity": "qty"}
    whole = {
        "landing": {"root": str(work / "landing")},
        "lake": {"root": str(work / "lake")},
        "bucket": {"first": "2017-01-02"},
        "producers": [{"name": "shop", "files": ["shop/**/*.csv"], "arrival": "modified_at", "columns": columns}],
    }
    return DemandConfig.model_validate(whole)


def write_history(work: Path, files: int) -> None:
    """Landed files with registrations, commit records, reports, ledger and built buckets, as ingestion leaves them.

    Written file by file without waiting for the disk: an hour of ingestion in seconds.
    """
    config, lake = configuration(work), Lake(work / "lake")
    first, grid = datetime(2017, 1, 2, tzinfo=UTC), BucketGrid.of(config)
    for name in ("_registrations", "_commits/ingest", "_commits/weekly_buckets"):
        Path(f"{lake.root}/{name}").mkdir(parents=True)
    inputs: dict[str, dict[str, str]] = {}
    made: list[tuple[Registration, str]] = []
    for number in range(files):
        arrived = first + timedelta(minutes=number * 50 + 60)
        path = work / f"landing/shop/{number % 50:02d}/{number:05d}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        content = f"item,day,qty\nA1,2017-01-02,{number}\n".encode()
        path.write_bytes(content)
        os.utime(path, (arrived.timestamp(), arrived.timestamp()))
        (one,) = Landing(work / "landing").look_at([str(path.relative_to(work / "landing"))])
        made.append((_registration(one, content), grid.start_of(arrived.date()).isoformat()))
    recipe_of = known_files(lake, config).recipe_of
    for one, bucket in made:
        digest = hashlib.sha256(one.file_version_id.encode()).hexdigest()
        _write(lake, "_registrations", one.file_version_id, one.to_record())
        _write(lake, "_commits/ingest", one.file_version_id, _commit(one, recipe_of(one), bucket, digest))
        inputs.setdefault(bucket, {})[one.file_version_id] = digest
    for bucket, versions in inputs.items():
        _write(lake, "_commits/weekly_buckets", bucket, {"inputs": versions})
    lake.write_bytes(lake.path("file_ledger"), parquet_bytes(committed_ledger(lake, config)))
    reported = {version: rows_hash(commit) for version, commit in lake.committed("ingest").items()}
    counted = pl.DataFrame({"value": list(reported), "seen_from": list(reported.values())}).with_columns(
        pl.lit(COUNTED).alias("kind")
    )
    lake.write_bytes(catalogue_path(lake, "shop"), parquet_bytes(counted.select(list(SEEN))))


def _registration(one: LandedObject, content: bytes) -> Registration:
    digest = hashlib.sha256(content).hexdigest()
    name = version_id("shop", one.uri, digest, None, ())
    return Registration(
        name, "shop", "transactions", one.uri, one.etag, digest, one.bytes, one.modified_at, one.modified_at, None
    )


def _commit(one: Registration, recipe: str | None, bucket: str, digest: str) -> dict[str, object]:
    counts = {"read": 100, "accepted": 99, "rejected": 1, "duplicate": 0}
    names = ("file_version_id", "producer", "feed", "uri", "content_sha256", "supersedes")
    return {
        **{name: getattr(one, name) for name in names},
        "arrived_at": one.to_record()["arrived_at"],
        "recipe": recipe,
        "masters": None,
        "status": "accepted",
        "reason": None,
        "duplicate_of": None,
        "rows": counts,
        "quantity": counts,
        "rejected_by": {"positive_quantity": 1},
        "schema_drift": [],
        "buckets": [bucket],
        "reach": None,
        "tables": dict.fromkeys(("unified_transactions", "rejected_rows", "file_buckets"), digest),
    }


def _write(lake: Lake, folder: str, name: str, record: object) -> None:
    Path(f"{lake.root}/{folder}/{name}.json").write_bytes(json_bytes(record))


def ticks(work: Path, count: int) -> list[float]:
    """CPU seconds of the first ticks of this process; imports are not counted."""
    config, found = configuration(work), []
    lake, landing = Lake(work / "lake"), Landing(work / "landing")
    for _ in range(count):
        started = time.process_time()
        if new := register_new_files(landing, lake, config, NOW):
            raise RuntimeError(f"expected only known files, found {len(new)} new ones")
        due = ingestion_due(read_state(lake), config, NOW)
        found.append(time.process_time() - started)
        if due:
            raise RuntimeError(f"expected nothing to ingest, got {len(due[0].partition_keys)} files: {due[0].cause}")
    return found


def sensor_findings(work: Path, files: int = FILES) -> list[Finding]:
    """Ticks of a new process. An earlier process has left its snapshots behind, which is made once in a lake's life."""
    place = work / "known"
    write_history(place, files)
    by_process = [json.loads(_in_a_new_process(place, count)) for count in (1, 3)]
    first, later = by_process[1][0], min(by_process[1][1:])
    ticked = {"first tick of a process": first, "later tick": later}
    return [
        Finding(f"sensor, {files:,} known files: {name}", round(cpu, 2), "CPU s", "itself", "<= 3 s", cpu <= SECONDS)
        for name, cpu in ticked.items()
    ]


def _in_a_new_process(place: Path, count: int) -> bytes:
    code = (
        "import json, sys; from pathlib import Path; from benchmarks.ingest_sensor import ticks; "
        "print(json.dumps(ticks(Path(sys.argv[1]), int(sys.argv[2]))))"
    )
    command = [sys.executable, "-c", code, str(place), str(count)]
    return subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
