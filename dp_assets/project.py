"""One project: the configuration, the time grid and the partitions that every asset is built from.

Belongs here: what the graph must know before it can be drawn. Does not belong here: resources that do work
(`dp_resources`), assets (`defs/`). Nothing is read at import; `load_project` reads when the graph is built.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import dagster as dg

from dp_assets.configured import with_tables
from dp_assets.domain.buckets import BucketGrid
from dp_assets.domain.config import DemandConfig
from dp_assets.domain.config_file import load_config
from dp_assets.partitions import bucket_partitions, cycle_partitions
from dp_resources.clock import Clock, WallClock, clock_of
from dp_resources.lake import Lake
from dp_resources.landing import Landing
from dp_resources.planning_db import PlanningDatabase, planning_database
from dp_resources.settings import REPOSITORY, Settings

__all__ = ["REPOSITORY", "Project", "build_project", "load_project"]


@dataclass(frozen=True)
class Project:
    """Everything `defs/*.build(project)` needs to define its assets.

    Attributes:
        settings: the environment.
        config: the customer's configuration.
        config_folder: folder of `demand.yaml`; relative paths in it start there.
        grid: buckets and cycles.
        clock: wall or simulated.
        buckets: partitions of closed buckets.
        cycles: partitions of cycles, the current one included.
    """

    settings: Settings
    config: DemandConfig
    config_folder: Path
    grid: BucketGrid
    clock: Clock
    buckets: dg.TimeWindowPartitionsDefinition
    cycles: dg.TimeWindowPartitionsDefinition

    def lake(self) -> Lake:
        """The lake this project writes to."""
        root = self.settings.lake_root or self.config.lake.root
        return Lake(self.place(root), self.settings.storage_options(root))

    def landing(self) -> Landing:
        """The landing root this project reads from."""
        root, config = self.landing_root, self.config.landing
        return Landing(root, self.settings.storage_options(root), config.settle_seconds, config.unfinished_seconds)

    def place(self, root: str) -> str:
        """A root as configured, made absolute against the folder of `demand.yaml` unless it is a URL."""
        return root if "://" in root else str((self.config_folder / root).resolve())

    def planning(self) -> PlanningDatabase:
        """The planning database, which holds what people set."""
        return planning_database(self.settings.planning_url)

    @property
    def landing_root(self) -> str:
        """Where producers drop files."""
        return self.place(self.settings.landing_root or self.config.landing.root)


def build_project(settings: Settings, config: DemandConfig, config_folder: Path, clock: Clock | None = None) -> Project:
    """A project from its parts; tests call it with a configuration of their own."""
    config = with_tables(config, config_folder)
    grid = BucketGrid.of(config)
    if clock is None:
        clock = clock_of(settings)
    end: datetime | None = None if isinstance(clock, WallClock) else clock.now()
    return Project(
        settings=settings,
        config=config,
        config_folder=config_folder,
        grid=grid,
        clock=clock,
        buckets=bucket_partitions(grid, end),
        cycles=cycle_partitions(grid, end),
    )


def load_project(settings: Settings | None = None) -> Project:
    """The project that the environment describes.

    Raises:
        ConfigError: `demand.yaml` is missing or wrong; the message names file, line and key.
    """
    settings = settings or Settings()
    path = settings.config.resolve()
    return build_project(settings, load_config(path), path.parent)
