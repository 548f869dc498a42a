"""Takes landed files into the lake: registers them, profiles them, unifies them, commits them.

Belongs here: the order of reads and writes around the pure functions of `domain/ingest`, without any orchestration;
assets, sensors and the command line call it. Does not belong here: what rows mean, Dagster.

A file version exists from its registration on (`registry.py`), and counts from its commit record on
(`_commits/ingest/<version>.json`), which is written after all its tables.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

import polars as pl

from dp_assets.domain import contracts
from dp_assets.domain.buckets import BucketGrid
from dp_assets.domain.config import DemandConfig, FileFormat, ProducerConfig
from dp_assets.domain.errors import ConfigError, FileRejectedError
from dp_assets.domain.ingest.filters import installed_plugins, looked_up_columns
from dp_assets.domain.ingest.mapping import require_columns, useful_columns
from dp_assets.domain.ingest.readers import Source, detect_file, read_source
from dp_assets.domain.ingest.registration import (
    LandedObject,
    Registration,
    duplicate_of,
    identify,
    newest_by_uri,
    owner,
)
from dp_assets.domain.ingest.unify import FEED_TABLES, FileHeader, Unified, nothing_unified, unify
from dp_assets.registry import (
    keep_bytes,
    landed_file,
    registration,
    registrations,
    sightings,
    write_registration,
    write_sighting,
)
from dp_resources.lake import Lake, parquet_bytes, sha256
from dp_resources.landing import Landing

log = logging.getLogger(__name__)
Status = Literal["accepted", "duplicate", "quarantined"]
COUNTS = ("read", "accepted", "rejected", "duplicate")


@dataclass(frozen=True)
class Content:
    """What a file version turned out to be when it was read.

    Attributes:
        status: accepted, duplicate or quarantined.
        reason: why it is a duplicate or in quarantine.
        source: its useful columns; None when it cannot be read or mapped.
        format: as detected; None when it was not.
    """

    status: Status
    reason: str | None
    source: Source | None
    format: FileFormat | None


@dataclass(frozen=True)
class IngestReport:
    """What became of one file version: its commit record, and its tables for whoever wants to show them.

    Attributes:
        record: the commit record.
        unified: accepted and rejected rows as written.
    """

    record: Mapping[str, Any]
    unified: Unified = field(repr=False)

    @property
    def status(self) -> Status:
        """accepted, duplicate or quarantined."""
        status: Status = self.record["status"]
        return status

    @property
    def rows(self) -> Mapping[str, int]:
        """Rows read, accepted, rejected, duplicate."""
        rows: Mapping[str, int] = self.record["rows"]
        return rows


# -- registration -----------------------------------------------------------------------------------------------------


def register_new_files(landing: Landing, lake: Lake, config: DemandConfig, now: datetime) -> list[Registration]:
    """Registers every new file version below the landing root.

    Each version's bytes are kept in the lake, then its registration is written; a kill in between is made good by the
    next call. Objects that change while they are read, and those of a producer whose manifest cannot be understood,
    wait for the next call.

    Returns:
        The new registrations in order of arrival. Partition keys must be added for every registration that has none
        (`registrations`), not for these alone: an earlier caller may have been killed before it added them.
    """
    known = registrations(lake)
    seen = {(one.uri, one.etag) for one in known} | sightings(lake)
    unseen = [one for one in landing.list() if (one.uri, one.etag) not in seen]
    claimed = {one.uri: producer for one in unseen if (producer := owner(one.uri, config.producers)) is not None}
    manifests, unclear = _manifests(landing, list(claimed.values()))
    hashes: dict[str, str] = {}
    for one in unseen:
        if one.uri in claimed and claimed[one.uri].name not in unclear:
            hashes.update(_keep(landing, lake, one))
    landed = [one for one in unseen if one.uri in hashes]
    ends = {
        one.uri: end
        for one in landed
        if claimed[one.uri].arrival == "initial_load"
        and (end := _end_of_content(lake, config, claimed[one.uri], hashes[one.uri])) is not None
    }
    found = identify(landed, config, known, now, hashes, manifests, ends)
    for new in found:
        write_registration(lake, new)
    unchanged = {one.uri for one in landed} - {new.uri for new in found}
    newest = newest_by_uri(known)
    for one in landed:
        if one.uri in unchanged:
            write_sighting(lake, one, newest[one.uri].file_version_id)
    return found


def unclaimed(landing: Landing, config: DemandConfig) -> list[str]:
    """Paths below the landing root that no producer's globs match; they are never ingested."""
    return [one.uri for one in landing.list() if owner(one.uri, config.producers) is None]


def _manifests(landing: Landing, producers: Iterable[ProducerConfig]) -> tuple[dict[str, datetime], set[str]]:
    """Declared arrivals by path, and the producers whose manifest cannot be understood."""
    arrivals: dict[str, datetime] = {}
    unclear: set[str] = set()
    for producer in {one.name: one for one in producers if one.arrival == "manifest"}.values():
        try:
            arrivals.update(landing.manifest(producer))
        except FileRejectedError as error:
            unclear.add(producer.name)
            log.warning("files of producer %s wait: %s", producer.name, error)
    return arrivals, unclear


def _keep(landing: Landing, lake: Lake, one: LandedObject) -> dict[str, str]:
    """Copies an object's bytes into the lake; its path → hash, or nothing while it is still changing."""
    try:
        data = landing.read(one.uri)
    except FileNotFoundError:
        return {}
    if landing.stat(one.uri) != one:
        log.warning("%s changed while it was read; it waits", one.uri)
        return {}
    return {one.uri: keep_bytes(lake, data)}


def _end_of_content(lake: Lake, config: DemandConfig, producer: ProducerConfig, digest: str) -> datetime | None:
    """End of the last business day among a file's accepted rows: the arrival of a declared initial load."""
    content = _read(lake, config, producer, digest)
    if content.source is None or producer.feed != "transactions":
        return None
    header = FileHeader("initial_load", producer.name, datetime.fromisoformat("1970-01-01T00:00:00+00:00"))
    plugins = installed_plugins(config.filters)
    rows = unify(content.source, useful_columns(producer, config), producer, config, header, plugins=plugins).rows
    last = rows.select(pl.col("sold_on").max()).item()
    return BucketGrid.of(config).midnight(last + timedelta(days=1)) if last is not None else None


# -- ingestion --------------------------------------------------------------------------------------------------------


def ingest_file(lake: Lake, config: DemandConfig, file_version_id: str) -> IngestReport:
    """Profiles and unifies one registered file version, and commits it. Running it again gives the same bytes."""
    found = registration(lake, file_version_id)
    content = read_content(lake, config, found)
    write_profile(lake, found, content)
    return write_unified(lake, config, found, content)


def profile_file(lake: Lake, config: DemandConfig, file_version_id: str) -> tuple[pl.DataFrame, Content]:
    """Reads one file version and writes what it found to `raw_files`; the row written, and the content."""
    found = registration(lake, file_version_id)
    content = read_content(lake, config, found)
    return write_profile(lake, found, content), content


def unify_file(lake: Lake, config: DemandConfig, file_version_id: str) -> IngestReport:
    """Writes the unified tables of one file version, and commits it."""
    found = registration(lake, file_version_id)
    return write_unified(lake, config, found, read_content(lake, config, found))


def read_content(lake: Lake, config: DemandConfig, found: Registration) -> Content:
    """Reads a registered file. One that cannot be read or mapped is quarantined, never raised."""
    content = _read(lake, config, _producer(config, found), found.content_sha256)
    original = _original(lake, found) if content.status == "accepted" else None
    if original is None:
        return content
    reason = f"same content as {original.file_version_id} ({original.uri}), which arrived {original.arrived_at}"
    return Content("duplicate", reason, content.source, content.format)


def _original(lake: Lake, found: Registration) -> Registration | None:
    """The version that this one repeats; only those that stand where the same bytes were ever seen are looked at."""
    known = registrations(lake)
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


def _producer(config: DemandConfig, found: Registration) -> ProducerConfig:
    try:
        producer = config.producer(found.producer)
    except (KeyError, StopIteration):
        raise ConfigError(
            f"file version {found.file_version_id} is of producer {found.producer!r}, which the configuration does not "
            "have any more; put it back to ingest its files again"
        ) from None
    return producer.model_copy(update={"feed": found.feed})


def _read(lake: Lake, config: DemandConfig, producer: ProducerConfig, digest: str) -> Content:
    format_: FileFormat | None = None
    try:
        mapping = useful_columns(producer, config)
        with landed_file(lake, digest) as path:
            format_ = detect_file(path, producer)
            source = read_source(path, format_, producer, set(mapping.values()))
        if not source.is_blank:
            require_columns(mapping, source.columns, producer)
    except FileRejectedError as error:
        return Content("quarantined", str(error), None, format_)
    return Content("accepted", None, source, format_)


def write_profile(lake: Lake, found: Registration, content: Content) -> pl.DataFrame:
    """Writes the `raw_files` partition of one file version; returns its row."""
    source = content.source
    row = {
        **vars(found),
        "format": content.format,
        "rows": source.rows if source else None,
        "columns_found": json.dumps(source.columns, ensure_ascii=False) if source else None,
        "status": content.status,
        "reason": content.reason,
    }
    frame = contracts.RAW_FILES.conform(pl.DataFrame([row], schema_overrides=contracts.RAW_FILES.schema))
    lake.write("raw_files", frame, file_version=found.file_version_id)
    return frame


def write_unified(lake: Lake, config: DemandConfig, found: Registration, content: Content) -> IngestReport:
    """Writes the tables of one file version, then its commit record.

    Where an earlier commit covers other content (the configuration changed since), it is withdrawn first: at no moment
    does a commit cover tables that are half old and half new.
    """
    unified = nothing_unified(found.feed, config)
    rows, units = dict.fromkeys(COUNTS, 0), dict.fromkeys(COUNTS, 0.0)
    if content.source is not None:
        computed = _unify(lake, config, found, content.source)
        rows["read"], units["read"] = computed.rows_read, computed.quantity_accepted + computed.quantity_rejected
        if content.status == "duplicate":
            rows["duplicate"], units["duplicate"] = rows["read"], units["read"]
        else:
            unified = computed
            rows["accepted"], rows["rejected"] = len(unified.rows), len(unified.rejected)
            units["accepted"], units["rejected"] = unified.quantity_accepted, unified.quantity_rejected
    frames = {FEED_TABLES[found.feed]: unified.rows, "rejected_rows": unified.rejected}
    if found.feed == "transactions":
        frames["file_buckets"] = unified.buckets
    record = {
        **{name: getattr(found, name) for name in ("file_version_id", "producer", "feed", "uri", "content_sha256")},
        "arrived_at": found.to_record()["arrived_at"],
        "supersedes": found.supersedes,
        "status": content.status,
        "reason": content.reason,
        "rows": rows,
        "quantity": units,
        "rejected_by": dict(unified.rejected["reason"].value_counts().sort("reason").iter_rows()),
        "buckets": [day.isoformat() for day in unified.buckets["bucket_start"].to_list()],
        "tables": {},
    }
    return IngestReport(_publish(lake, found.file_version_id, frames, record), unified)


def _publish(
    lake: Lake, file_version_id: str, frames: Mapping[str, pl.DataFrame], record: dict[str, Any]
) -> dict[str, Any]:
    earlier = lake.commit_of("ingest", file_version_id)
    if earlier is not None:
        tables = {table: sha256(parquet_bytes(frame)) for table, frame in frames.items()}
        if earlier != {**record, "tables": tables}:
            lake.withdraw("ingest", file_version_id)
    for table, frame in frames.items():
        record["tables"][table] = lake.write(table, frame, file_version=file_version_id).sha256
    lake.commit("ingest", file_version_id, record)
    return record


def _unify(lake: Lake, config: DemandConfig, found: Registration, source: Source) -> Unified:
    producer = _producer(config, found)
    header = FileHeader(found.file_version_id, found.producer, found.arrived_at)
    attributes = known_attributes(lake, config, found) if found.feed == "transactions" else None
    plugins = installed_plugins(config.filters) if found.feed == "transactions" else None
    return unify(source, useful_columns(producer, config), producer, config, header, attributes, plugins)


# -- the product master that filters look at --------------------------------------------------------------------------


def known_attributes(lake: Lake, config: DemandConfig, found: Registration) -> pl.DataFrame | None:
    """Attributes per SKU as the product master stood when a file arrived; None when no filter looks any up.

    Follows registrations, not commits, so that files may be ingested in any order: a master that is registered but not
    ingested yet is read here.
    """
    columns = looked_up_columns(config.filters, list(config.attributes))
    if not columns:
        return None
    parts = [
        rows.select("sku", *columns).with_columns(pl.lit(_producer(config, one).priority).alias("priority"))
        for one, rows in _masters(lake, config, found)
        if len(rows)
    ]
    if not parts:
        return None
    # Stable: among equals the newest master and its first line win.
    ordered = pl.concat(parts[::-1]).sort("priority", maintain_order=True)
    return ordered.group_by("sku", maintain_order=True).agg(pl.col(name).drop_nulls().first() for name in columns)


def _masters(lake: Lake, config: DemandConfig, found: Registration) -> list[tuple[Registration, pl.DataFrame]]:
    """Product files that stood at their paths when a file arrived, with their rows, oldest first."""
    arrived = [one for one in registrations(lake) if one.feed == "products" and one.arrived_at <= found.arrived_at]
    standing: dict[str, tuple[Registration, pl.DataFrame]] = {}
    for one in reversed(arrived):
        if one.uri not in standing and (rows := _master_rows(lake, config, one)) is not None:
            standing[one.uri] = (one, rows)
    return list(standing.values())[::-1]


def _master_rows(lake: Lake, config: DemandConfig, one: Registration) -> pl.DataFrame | None:
    """Rows of a product file, None when it is in quarantine: then what stood there before it still holds."""
    commit = lake.commit_of("ingest", one.file_version_id)
    if commit is not None:
        quarantined = commit["status"] == "quarantined"
        return None if quarantined else lake.read("product_master", file_version=one.file_version_id)
    content = read_content(lake, config, one)
    if content.source is None:
        return None
    rows = _unify(lake, config, one, content.source).rows
    return rows.clear() if content.status == "duplicate" else rows
