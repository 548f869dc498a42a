"""What a landed file turns out to be when it is read: accepted, a duplicate, or in quarantine.

Belongs here: reading the kept bytes of a file version as its producer's configuration says, and comparing with versions
that hold the same bytes. Does not belong here: typing and filtering rows (`domain/ingest/unify.py`), writing anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

from dp_assets.domain.config import DemandConfig
from dp_assets.domain.errors import ConfigError, FileRejectedError
from dp_assets.domain.ingest.freshness import Commits, Recipes, quarantined, recipes
from dp_assets.domain.ingest.mapping import require_columns, useful_columns
from dp_assets.domain.ingest.mapping_entries import source_columns
from dp_assets.domain.ingest.readers import Reading, detect_file, open_source
from dp_assets.domain.ingest.registration import Registration, duplicates
from dp_assets.domain.producer_config import ProducerConfig
from dp_assets.domain.restatement_config import Restates, nothing_restates, restates
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
        restates: whether files of a producer replace what earlier ones of another say.
    """

    registrations: tuple[Registration, ...] = field(repr=False)
    quarantined: frozenset[str] = field(repr=False)
    recalled: frozenset[str]
    recipe_of: Recipes = field(repr=False)
    restates: Restates = field(default=nothing_restates, repr=False)

    @cached_property
    def originals(self) -> Mapping[str, Registration]:
        """Version → the version whose content it repeats."""
        return duplicates(self.registrations, self.quarantined | self.recalled, self.restates)

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
    unreadable = quarantined(found, commits, config)
    return Known(tuple(found), unreadable, recalled_versions(lake), recipes(config), restates(config.producers))


@dataclass(frozen=True)
class Content:
    """What a file version turned out to be when it was opened.

    Attributes:
        status: accepted, duplicate or quarantined.
        reason: why it is a duplicate or in quarantine.
        reading: its useful columns; None when it cannot be read. What cannot be mapped is read, yet in quarantine.
        format: as detected, with its compression (`csv+gz`); None when it was not.
        duplicate_of: the version that a duplicate repeats.
    """

    status: Status
    reason: str | None
    reading: Reading | None
    format: str | None
    duplicate_of: str | None = None

    def quarantined(self, reason: str) -> Content:
        """The same, in quarantine for what was found in its rows; nothing is known of one that could not be read on."""
        reading = None if self.reading is None or self.reading.is_broken else self.reading
        return replace(self, status="quarantined", reason=reason, duplicate_of=None, reading=reading)

    def counted(self) -> Content:
        """The same, read to its end, so that its rows are known. What is found unreadable there is in quarantine."""
        try:
            if self.reading is not None:
                self.reading.count()
        except FileRejectedError as error:
            return self.quarantined(str(error))
        return self


@contextmanager
def open_content(lake: Lake, config: DemandConfig, found: Registration, known: Known) -> Iterator[Content]:
    """Opens a registered file. One that cannot be read or mapped is quarantined, never raised."""
    with open_landed(lake, config, producer_of(config, found), found.content_sha256) as content:
        original = known.originals.get(found.file_version_id) if content.status == "accepted" else None
        if original is None:
            yield content
            return
        reason = f"same content as {original.file_version_id} ({original.uri}), which arrived {original.arrived_at}"
        yield Content("duplicate", reason, content.reading, content.format, original.file_version_id)


def producer_of(config: DemandConfig, found: Registration) -> ProducerConfig:
    try:
        producer = config.producer(found.producer)
    except (KeyError, StopIteration):
        raise ConfigError(
            f"file version {found.file_version_id} is of producer {found.producer!r}, which the configuration does not "
            "have any more; put it back to ingest its files again"
        ) from None
    return producer.model_copy(update={"feed": found.feed})


@contextmanager
def open_landed(lake: Lake, config: DemandConfig, producer: ProducerConfig, digest: str) -> Iterator[Content]:
    """Opens kept bytes as a producer's file, whatever version they are of."""
    mapping = useful_columns(producer, config)
    reading: Reading | None = None
    format_: str | None = None
    with ExitStack() as stack:
        try:
            path = stack.enter_context(landed_file(lake, digest))
            kind = detect_file(path, producer)
            format_ = str(kind)
            reading = stack.enter_context(open_source(path, kind, producer, source_columns(mapping)))
            if not reading.is_blank:
                require_columns(mapping, reading.columns, producer)
        except FileRejectedError as error:
            content = Content("quarantined", str(error), reading, format_).counted()
        else:
            content = Content("accepted", None, reading, format_)
        yield content
