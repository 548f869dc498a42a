"""The configuration as it is worked with: `demand.yaml`, with the tables that it names read.

Belongs here: the order in which those tables are read. Does not belong here: the fields (`domain/config.py`), what the
graph is built from beside it (`project.py`). Nothing here knows Dagster, so the API reads the same configuration.
"""

from __future__ import annotations

from pathlib import Path

from dp_assets.domain.config import DemandConfig
from dp_assets.domain.config_file import load_config
from dp_assets.domain.hierarchy_table import with_hierarchy_tables
from dp_assets.domain.ingest.mapping import with_mapping_tables
from dp_assets.domain.reporting_units import with_reporting_units
from dp_assets.domain.split_keys import with_split_keys


def with_tables(config: DemandConfig, folder: Path) -> DemandConfig:
    """A configuration with the tables beside it read.

    Args:
        config: as `demand.yaml` says it.
        folder: of `demand.yaml`; relative paths in it start there.
    """
    config = with_hierarchy_tables(with_mapping_tables(config, folder), folder)
    return with_reporting_units(with_split_keys(config, folder), folder)


def load_configured(path: Path) -> DemandConfig:
    """The configuration in a file, with its tables; ConfigError where it or one of them is missing or wrong."""
    return with_tables(load_config(path), path.parent)
