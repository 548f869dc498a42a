"""The buckets stage over a small lake of its own: what its tests land, run and look at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl

from dp_assets.defs import weekly_buckets as stage
from dp_assets.domain.config import DemandConfig
from dp_assets.lake_state import read_state
from dp_assets.project import Project, build_project
from dp_resources.lake import Lake
from dp_resources.settings import Settings
from tests.lake_makers import at, ingest

WEEK = timedelta(weeks=1)
FIRST = date(2017, 1, 2)
BUCKETS = ("weekly_buckets", "transactions_cleaned")
ATTRIBUTES = ("sku_attributes", "attribute_conflicts", "sku_attribute_history")


@dataclass(frozen=True)
class Fixed:
    """A clock that stands still."""

    moment: datetime

    def now(self) -> datetime:
        return self.moment


class World:
    """A project over a lake of its own, ten weeks after the first bucket."""

    def __init__(
        self, config: DemandConfig, state: Path, lake_root: str, options: dict[str, Any] | None = None
    ) -> None:
        self.config = config
        settings = Settings(state_dir=state, lake_root=lake_root)
        clock = Fixed(datetime.combine(FIRST + 10 * WEEK, datetime.min.time(), tzinfo=UTC))
        self.project: Project = build_project(settings, config, state, clock)
        self.lake = Lake(lake_root, options)

    def land(self, version: str, rows: list[dict[str, Any]], week: int, **more: Any) -> None:
        """Ingests a file that arrives on the Monday morning after a week."""
        ingest(self.lake, self.config, version, rows, at(FIRST + (week + 1) * WEEK), **more)

    def run(self, first: str, last: str | None = None, assets: tuple[str, ...] = BUCKETS) -> dg.ExecuteInProcessResult:
        """One run over a range of partitions."""
        definitions = self.definitions(dg.define_asset_job("job", list(assets)))
        tags = {"dagster/asset_partition_range_start": first, "dagster/asset_partition_range_end": last or first}
        job = definitions.resolve_job_def("job")
        with dg.DagsterInstance.ephemeral() as instance:
            return job.execute_in_process(instance=instance, tags=tags, raise_on_error=False)

    def definitions(self, *jobs: Any) -> dg.Definitions:
        return dg.Definitions.merge(stage.build(self.project), dg.Definitions(jobs=jobs, resources={"lake": self.lake}))

    def stale_buckets(self) -> list[str]:
        """Buckets that are not made of the files that count now."""
        state = read_state(self.lake)
        inputs = state.bucket_inputs(self.config)
        return [key for key in sorted(inputs | dict(state.built_buckets)) if inputs.get(key, {}) != self.built(key)]

    def built(self, bucket: str) -> dict[str, str] | None:
        """What a bucket was made of; None before it is built."""
        return read_state(self.lake).built_buckets.get(bucket)

    def bucket(self, week: int) -> pl.DataFrame:
        return self.lake.read("weekly_buckets", bucket=key(week))

    def hashes(self) -> dict[str, bytes]:
        return {path: self.lake.read_bytes(path) for table in BUCKETS for path in self.lake.paths(table)}


def key(week: int) -> str:
    """Partition of the bucket that starts that many weeks after the first."""
    return (FIRST + week * WEEK).isoformat()
