"""What a landed file turns out to be when it is read: accepted, a duplicate, or in quarantine.

Belongs here: reading the kept bytes of a file version as its producer's configuration says, and comparing with versions
that hold the same bytes. Does not belong here: typing and filtering rows (`domain/ingest/unify.py`), writing anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from dp_assets.domain.config import DemandConfig, FileFormat, ProducerConfig
from dp_assets.domain.errors import ConfigError, FileRejectedError
from dp_assets.domain.ingest.mapping import require_columns, useful_columns
from dp_assets.domain.ingest.readers import Source, detect_file, read_source
from dp_assets.domain.ingest.registration import Registration, duplicate_of
from dp_assets.registry import landed_file
from dp_resources.lake import Lake

Status = Literal["accepted", "duplicate", "quarantined"]
Known = Sequence[Registration]
"""Every registration so far, in order of arrival."""


@dataclass(frozen=True)
class Content:
    """What a file version turned out to be when it was read.

    Attributes:
        status: accepted, duplicate or quarantined.
        reason: why it is a duplicate or in quarantine.
        source: its useful columns; None when it cannot be read. What cannot be mapped is read, yet in quarantine.
        format: as detected; None when it was not.
    """

    status: Status
    reason: str | None
    source: Source | None
    format: FileFormat | None


def read_content(lake: Lake, config: DemandConfig, found: Registration, known: Known) -> Content:
    """Reads a registered file. One that cannot be read or mapped is quarantined, never raised."""
    content = read_landed(lake, config, producer_of(config, found), found.content_sha256)
    original = _original(lake, found, known) if content.status == "accepted" else None
    if original is None:
        return content
    reason = f"same content as {original.file_version_id} ({original.uri}), which arrived {original.arrived_at}"
    return Content("duplicate", reason, content.source, content.format)


def _original(lake: Lake, found: Registration, known: Known) -> Registration | None:
    """The version that this one repeats; only those that stand where the same bytes were ever seen are looked at."""
    paths = {one.uri for one in known if one.content_sha256 == found.content_sha256}
    near = [one for one in known if one.uri in paths]
    if len(near) == 1:
        return None
    return duplicate_of(
        found, near, {one.file_version_id for one in near if _is_quarantined(lake, one)} - {found.file_version_id}
    )


def _is_quarantined(lake: Lake, one: Registration) -> bool:
    commit = lake.commit_of("ingest", one.file_version_id)
    return commit is not None and commit["status"] == "quarantined"


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
    format_: FileFormat | None = None
    try:
        with landed_file(lake, digest) as path:
            format_ = detect_file(path, producer)
            source = read_source(path, format_, producer, set(mapping.values()))
        if not source.is_blank:
            require_columns(mapping, source.columns, producer)
    except FileRejectedError as error:
        return Content("quarantined", str(error), source, format_)
    return Content("accepted", None, source, format_)
