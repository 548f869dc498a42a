"""Landed files for tests: the same rows in every format, and a small world of landing root, lake and clock."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import polars as pl

from dp_assets.content import known_files
from dp_assets.domain.config import DemandConfig
from dp_assets.domain.ingest.freshness import stale_versions
from dp_assets.domain.ingest.registration import Registration
from dp_assets.domain.ledger import file_ledger
from dp_assets.ingestion import IngestReport, ingest_file, register_new_files
from dp_assets.quality import QualityReports
from dp_assets.registry import recalled_versions, registrations
from dp_resources.lake import Lake, parquet_bytes
from dp_resources.landing import Landing
from tests.factories import make_config

FORMATS = ("csv", "parquet", "arrow", "ndjson", "json", "xlsx")
START = datetime(2017, 2, 1, 12, tzinfo=UTC)
COLUMNS = {"sku": "item", "sold_at": "day", "quantity": "qty", "revenue": "money"}


def make_rows(count: int = 20, seed: int = 0, first_sku: int = 1) -> pl.DataFrame:
    """Source rows of the factory's shop: item (integer), day (naive timestamp), qty, money, kind."""
    numbers = pl.Series(range(count))
    return pl.DataFrame(
        {
            "item": first_sku + (numbers * 7 + seed) % 5,
            "day": pl.Series([datetime(2017, 1, 2, 9, 30) + timedelta(hours=11 * n + seed) for n in range(count)]),  # noqa: DTZ001
            "qty": ((numbers * 3 + seed) % 4 + 1).cast(pl.Float64),
            "money": ((numbers * 3 + seed) % 4 + 1) * 2.5,
            "kind": pl.Series([["dairy", "frozen"][n % 2] for n in range(count)], dtype=pl.String),
        }
    )


def encode(frame: pl.DataFrame, format_: str, **csv: Any) -> bytes:
    """A frame as a file of that format; the same frame gives the same bytes."""
    buffer = io.BytesIO()
    if format_ == "csv":
        return frame.write_csv(datetime_format="%Y-%m-%d %H:%M:%S", **csv).encode()
    if format_ == "parquet":
        frame.write_parquet(buffer)
    elif format_ == "arrow":
        frame.write_ipc(buffer)
    elif format_ == "xlsx":
        frame.write_excel(buffer, worksheet="sales")
    else:
        times = [name for name, dtype in frame.schema.items() if dtype == pl.Datetime]
        rows = frame.with_columns(pl.col(times).dt.strftime("%Y-%m-%dT%H:%M:%S")).to_dicts()
        lines = [json.dumps(row, ensure_ascii=False) for row in rows]
        return ("[" + ",\n".join(lines) + "]" if format_ == "json" else "".join(f"{line}\n" for line in lines)).encode()
    return buffer.getvalue()


def shop_config(**producer: Any) -> DemandConfig:
    """The factory's configuration with changes to its one producer; `config` holds changes to the rest."""
    rest = producer.pop("config", {})
    base = {"name": "shop", "files": ["shop/**"], "columns": COLUMNS}
    return make_config(producers=[{**base, **producer}], **rest)


@dataclass
class World:
    """A landing root, a lake and a clock that moves by an hour with every landing."""

    folder: Path
    config: DemandConfig
    now: datetime = START
    landing: Landing = field(init=False)
    lake: Lake = field(init=False)

    def __post_init__(self) -> None:
        self.landing = Landing(self.folder / "landing")
        self.lake = Lake(self.folder / "lake")

    def put(self, uri: str, data: bytes, modified_at: datetime | None = None) -> None:
        """Writes a landed object; its modification time is the clock's unless another is given."""
        path = self.folder / "landing" / uri
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        stamp = (modified_at or self.now).timestamp()
        os.utime(path, (stamp, stamp))

    def register(self) -> list[Registration]:
        """Registers what is new, then lets an hour pass."""
        found = register_new_files(self.landing, self.lake, self.config, self.now)
        self.now += timedelta(hours=1)
        return found

    def land(self, uri: str, data: bytes) -> IngestReport:
        """Lands one file, registers it and ingests it."""
        self.put(uri, data)
        (found,) = self.register()
        return self.ingest(found.file_version_id)

    def ingest(self, file_version_id: str) -> IngestReport:
        """Ingests one registered version."""
        return ingest_file(self.lake, self.config, file_version_id)

    def finish(self) -> None:
        """Writes what an ingestion writes after its commit records: quality reports, and the ledger."""
        commits = self.lake.committed("ingest")
        QualityReports(self.lake, self.config, registrations(self.lake), self.now).write(commits)
        ledger = file_ledger(commits.values(), recalled_versions(self.lake))
        self.lake.write_bytes(self.lake.path("file_ledger"), parquet_bytes(ledger))

    def settle(self) -> list[str]:
        """Ingests what the plan asks for until it asks for nothing; the versions it asked for, in that order."""
        asked: list[str] = []
        while stale := self.stale():
            assert len(asked) < 1000, "the plan never comes to rest"
            known = known_files(self.lake, self.config)
            for version in stale:
                ingest_file(self.lake, self.config, version, known)
            asked.extend(stale)
        return asked

    def stale(self) -> tuple[str, ...]:
        """Versions that the plan would ingest."""
        known = known_files(self.lake, self.config)
        return stale_versions(known.registrations, self.lake.committed("ingest"), known.recalled, self.config)

    def commits(self) -> Sequence[dict[str, Any]]:
        """Commit records of ingestion."""
        return list(self.lake.committed("ingest").values())

    def bytes_of_tables(self) -> dict[str, bytes]:
        """Path → content of every current partition and commit record."""
        return {path: data for path, data in self.bytes_of_lake().items() if path.startswith("_commits") or "=" in path}

    def bytes_of_lake(self) -> dict[str, bytes]:
        """Path → content of every file in the lake."""
        root = self.folder / "lake"
        return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


Landings = Sequence[tuple[str, bytes, int]]
"""Paths, what lands there, and the hour after START at which it arrives; at most one per path and hour."""


def landed_in_order(landings: Landings, config: DemandConfig, folder: str) -> World:
    """A world where everything landed and was ingested in the order in which it arrived."""
    world = World(Path(folder), config)
    for uri, data, hour in sorted(landings, key=lambda landing: (landing[2], landing[0])):
        world.put(uri, data, START + timedelta(hours=hour))
        world.register()
        world.settle()
    return world


def put_in_any_order(world: World, landings: Landings, chance: Random) -> Iterator[tuple[str, bytes]]:
    """Lands files one by one as chance has it, each with its own hour of arrival; path and bytes of each.

    Versions of one path come one after another, because each overwrites the one before; paths come in any order.
    """
    queues = {uri: sorted((one for one in landings if one[0] == uri), key=lambda one: one[2]) for uri, _, _ in landings}
    while any(queues.values()):
        uri, data, hour = queues[chance.choice([uri for uri, queue in queues.items() if queue])].pop(0)
        world.put(uri, data, START + timedelta(hours=hour))
        yield uri, data
