"""What a landed file turns out to be when it is read: accepted, a duplicate, or in quarantine.

Belongs here: reading the kept bytes of a file version as its producer's configuration says, and comparing with versions
that hold the same bytes. Does not belong here: typing and filtering rows (`domain/ingest/unify.py`), writing anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from dp_assets.domain.config import DemandConfig
from dp_assets.domain.errors import ConfigError, FileRejectedError
from dp_assets.domain.ingest.freshness import Commits, Recipes, quarantined, recipes
from dp_assets.domain.ingest.mapping import require_columns, useful_columns
from dp_assets.domain.ingest.mapping_entries import source_columns
from dp_assets.domain.ingest.readers import Source, detect_file, read_source
from dp_assets.domain.ingest.registration import Registration, duplicates
from dp_assets.domain.producer_config import ProducerConfig
from dp_assets.registry import landed_file, recalled_versions, registrations
from dp_resources.lake import Lake

Status = Literal["accepted", "duplicate", "quarantined"]


@dataclass(frozen=True)
class Known:
    """Every file version as the lake knew it at one moment, usually the beginning of a run.

    What changes during the run (another file turns out to be unreadable) is made good by the next plan.

    Attributes:
        registrations: all of them, in order of arrival.
        quarantined: versions that cannot be read as things stand.
        recalled: versions that somebody has taken back.
        recipe_of: the recipe that a version's commit should have.
    """

    registrations: tuple[Registration, ...] = field(repr=False)
    quarantined: frozenset[str] = field(repr=False)
    recalled: frozenset[str]
    recipe_of: Recipes = field(repr=False)

    @cached_property
    def originals(self) -> Mapping[str, Registration]:
        """Version → the version whose content it repeats."""
        return duplicates(self.registrations, self.quarantined | self.recalled)

    @cached_property
    def predecessors(self) -> Mapping[str, Registration]:
        """Version → the version of the same producer and feed that arrived before it."""
        newest: dict[tuple[str, str], Registration] = {}
        found: dict[str, Registration] = {}
        for one in self.registrations:
            if (before := newest.get((one.producer, one.feed))) is not None:
                found[one.file_version_id] = before
            newest[one.producer, one.feed] = one
        return found

    @cached_property
    def _waiting(self) -> frozenset[str]:
        return frozenset(one.file_version_id for one in self.registrations if self.recipe_of(one) is None)

    def waits(self, file_version_id: str) -> bool:
        """Whether a version cannot be read because the configuration lacks its producer."""
        return file_version_id in self._waiting


def known_files(lake: Lake, config: DemandConfig, commits: Commits | None = None) -> Known:
    """Every file version as the lake knows it now; commit records are read unless the caller has them."""
    found = registrations(lake)
    commits = lake.committed("ingest") if commits is None else commits
    return Known(tuple(found), quarantined(found, commits, config), recalled_versions(lake), recipes(config))


@dataclass(frozen=True)
class Content:
    """What a file version turned out to be when it was read.

    Attributes:
        status: accepted, duplicate or quarantined.
        reason: why it is a duplicate or in quarantine.
        source: its useful columns; None when it cannot be read. What cannot be mapped is read, yet in quarantine.
        format: as detected, with its compression (`csv+gz`); None when it was not.
        duplicate_of: the version that a duplicate repeats.
    """

    status: Status
    reason: str | None
    source: Source | None
    format: str | None
    duplicate_of: str | None = None


def read_content(lake: Lake, config: DemandConfig, found: Registration, known: Known) -> Content:
    """Reads a registered file. One that cannot be read or mapped is quarantined, never raised."""
    content = read_landed(lake, config, producer_of(config, found), found.content_sha256)
    original = known.originals.get(found.file_version_id) if content.status == "accepted" else None
    if original is None:
        return content
    reason = f"same content as {original.file_version_id} ({original.uri}), which arrived {original.arrived_at}"
    return Content("duplicate", reason, content.source, content.format, original.file_version_id)


def producer_of(config: DemandConfig, found: Registration) -> ProducerConfig:
    try:
        producer = config.producer(found.producer)
    except (KeyError, StopIteration):
        raise ConfigError(
            f"file version {found.file_version_id} is of producer {found.producer!r}, which the configuration does not "
            "have any more; put it back to ingest its files again"
        ) from None
    return producer.model_copy(update={"feed": found.feed})


def read_landed(lake: Lake, config: DemandConfig, producer: ProducerConfig, digest: str) -> Content:
    """Reads kept bytes as a producer's file, whatever version they are of."""
    mapping = useful_columns(producer, config)
    source: Source | None = None
    format_: str | None = None
    try:
        with landed_file(lake, digest) as path:
            kind = detect_file(path, producer)
            format_ = str(kind)
            source = read_source(path, kind, producer, source_columns(mapping))
        if not source.is_blank:
            require_columns(mapping, source.columns, producer)
    except FileRejectedError as error:
        return Content("quarantined", str(error), source, format_)
    return Content("accepted", None, source, format_)
