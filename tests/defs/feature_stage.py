"""A small lake with buckets, attributes and promotions of two cycles, and how features are materialised over it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg

from dp_assets.defs import encoders, features
from dp_assets.domain.panel import Panel
from dp_assets.project import Project, build_project
from dp_resources.clock import SimulatedClock
from dp_resources.lake import Lake
from dp_resources.settings import Settings
from tests.domain.feature_inputs import attributes, moment, promotion, promotions, random_contributions
from tests.factories import MONDAY, make_config

CYCLES = [str(MONDAY + timedelta(weeks=week)) for week in (34, 35)]
RANGE = {"dagster/asset_partition_range_start": CYCLES[0], "dagster/asset_partition_range_end": CYCLES[-1]}
SKUS = [f"sku{number:02d}" for number in range(12)]


class Stage:
    """A project whose lake holds buckets, attributes and two promotion calendars, the second superseding the first."""

    def __init__(self, folder: Path, **overrides: Any) -> None:
        self.folder = folder
        config = make_config(lake={"root": str(folder / "lake")}, **overrides)
        clock = SimulatedClock(folder / "clock.json")
        clock.set(datetime(2017, 12, 5, 12, tzinfo=UTC))
        self.project: Project = build_project(Settings(state_dir=folder), config, folder, clock)
        self.lake: Lake = self.project.lake()
        for (start,), frame in random_contributions(config).group_by("bucket_start", maintain_order=True):
            self.lake.write("weekly_buckets", frame, bucket=str(start))
        for cycle in CYCLES:
            self.lake.write("sku_attributes", attributes(config, SKUS), cycle=cycle)
        self.calendar("calendar-1", week=0, kind="display")
        self.calendar("calendar-2", week=35, kind="mailer")
        self.calendar("calendar-unfinished", week=1, kind="ghost", committed=False)

    def calendar(self, version: str, week: int, kind: str, committed: bool = True) -> None:
        """A version of one promotions file that arrives on that week's Monday."""
        arrival = moment(MONDAY + timedelta(weeks=week))
        last = MONDAY + timedelta(weeks=60)
        line = promotion("sku03", MONDAY, last, file_version_id=version, known_from=arrival, kind=kind)
        self.lake.write("promotions", promotions([line]), file_version=version)
        if committed:
            record = {
                "file_version_id": version,
                "producer": "marketing",
                "feed": "promotions",
                "uri": "marketing/calendar.csv",
                "arrived_at": arrival.isoformat(),
                "status": "accepted",
            }
            self.lake.commit("ingest", version, record)

    def run(self) -> dict[str, dict[str, Any]]:
        """Materialises both cycles in one run; the metadata of the newer cycle by asset."""
        result = self.attempt(self.lake)
        assert result.success
        return {
            event.asset_key.to_user_string(): dict(event.materialization.metadata)
            for event in result.get_asset_materialization_events()
            if event.asset_key and event.partition == CYCLES[-1]
        }

    def attempt(self, lake: Lake) -> dg.ExecuteInProcessResult:
        """The same run over the stage's lake, or one that fails at some point, so that it may not end well."""
        assets = [
            asset
            for part in (features, encoders)
            for asset in part.build(self.project).assets or []
            if isinstance(asset, dg.AssetsDefinition)
        ]
        with dg.DagsterInstance.ephemeral(tempdir=str(self.folder)) as instance:
            return dg.materialize(
                assets,
                instance=instance,
                resources={"lake": lake, "clock": self.project.clock},
                tags=RANGE,
                raise_on_error=False,
            )

    def panel(self, cycle: str) -> Panel:
        return Panel.load(self.lake.open_folder("features", cycle=cycle))
