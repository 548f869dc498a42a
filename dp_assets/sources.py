"""Where things of the lake stand: partitions with the hash of their content, and the run that wrote them.

Belongs here: reading a partition for a link of a trace, and naming it. Does not belong here: which links there are
(`tracing.py`, `history_links.py`). Nothing here knows Dagster.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, NamedTuple, Protocol

import polars as pl

from dp_assets.domain.trace import Made, Source
from dp_resources.archive import location_of
from dp_resources.lake import Lake
from dp_resources.made import made_of


class Table(Protocol):
    """A partition: its rows, and the hash of its file."""

    @property
    def frame(self) -> pl.DataFrame:
        """Its rows."""

    @property
    def sha256(self) -> str:
        """Hash of its file."""


class Read(NamedTuple):
    """A partition that was just read."""

    frame: pl.DataFrame
    sha256: str


class Reader(Protocol):
    """Where partitions come from: the lake, or memory that has them already."""

    lake: Lake

    def table(self, name: str, **key: str) -> Table | None:
        """A partition; None where it was never made."""


class LakeReader:
    """Reads every partition when it is asked for."""

    def __init__(self, lake: Lake) -> None:
        self.lake = lake

    def table(self, name: str, **key: str) -> Table | None:
        """A partition; None where it was never made."""
        if not self.lake.has_bytes(self.lake.path(name, **key)):
            return None
        return Read(self.lake.read(name, **key), self.lake.digest(name, **key))


def made_by(lake: Lake, table: str, sha256: str, **key: str) -> Made | None:
    """The run that wrote a content of a partition; None where it is not known."""
    found = made_of(lake, table, **key)
    return None if found is None or found.sha256 != sha256 else Made(**asdict(found.author), at=found.at)


def made_by_file(lake: Lake, version: str) -> Made | None:
    """The run that read a file version; None where it is not known."""
    if not lake.exists("raw_files", file_version=version):
        return None
    return made_by(lake, "raw_files", lake.digest("raw_files", file_version=version), file_version=version)


def table_source(lake: Lake, table: str, sha256: str, row: Mapping[str, Any], **key: str) -> Source:
    """Where a row of a current partition stands."""
    (partition,) = key.values()
    made = made_by(lake, table, sha256, **key)
    return Source(table, partition, sha256, location_of(lake, lake.path(table, **key)), True, dict(row), made)


def artefact_source(lake: Lake, table: str, sha256: str, row: Mapping[str, Any], **key: str) -> Source:
    """Where the artefact of that hash lies, whether or not its partition still holds it."""
    (partition,) = key.values()
    current = lake.exists(table, **key) and lake.manifest(table, **key)["sha256"] == sha256
    location, made = f"{lake.root}/_versions/{table}/{sha256}", made_by(lake, table, sha256, **key)
    return Source(table, partition, sha256, location, current, dict(row), made)
