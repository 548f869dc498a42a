"""Takes landed files into the lake: registers them, profiles them, unifies them, commits them.

Belongs here: the order of reads and writes around the pure functions of `domain/ingest`, without any orchestration;
assets, sensors and the command line call it. Does not belong here: what rows mean, the product master that filters look
at (`product_masters.py`), Dagster.

A file version exists from its registration on (`registry.py`), and counts from its commit record on
(`_commits/ingest/<version>.json`), which is written after all its tables.
"""

from __future__ import annotations

import json
import logging
import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from dp_assets.content import Content, Known, Status, known_files, open_content, open_landed, producer_of
from dp_assets.domain import contracts
from dp_assets.domain.buckets import BucketGrid
from dp_assets.domain.config import DemandConfig
from dp_assets.domain.errors import ContractError, FileRejectedError, StorageError
from dp_assets.domain.ingest.file_lines import is_indexed
from dp_assets.domain.ingest.filters import installed_plugins
from dp_assets.domain.ingest.mapping import useful_columns
from dp_assets.domain.ingest.readers import Reading
from dp_assets.domain.ingest.registration import (
    FEED_ORDER,
    LandedObject,
    Registration,
    identify,
    newest_by_uri,
    owner,
)
from dp_assets.domain.ingest.schema_drift import EarlierColumns
from dp_assets.domain.ingest.unified import FileHeader
from dp_assets.domain.ingest.unify import FEED_TABLES, feed_table
from dp_assets.domain.ingest.unify_chunks import Totals, Write, no_lines_kept, unify_chunks
from dp_assets.domain.producer_config import ProducerConfig
from dp_assets.domain.scratch import scratch_folder
from dp_assets.earlier_files import earlier_columns
from dp_assets.product_masters import Ingested, known_attributes
from dp_assets.registry import (
    keep_file,
    registration,
    registrations,
    sightings,
    write_registration,
    write_sighting,
)
from dp_resources.lake import Lake
from dp_resources.landing import Landing, producer_folders
from dp_resources.staged_files import staged
from dp_resources.table_files import TableFile

log = logging.getLogger(__name__)

READ_NEXT = "it is read next"
"""How the reason ends for which an object waits whose only fault is that time was up."""
FAILURES_IN_A_ROW = 3
"""Objects that could not be read or kept one after another, after which a storage counts as down."""


@dataclass(frozen=True)
class IngestReport:
    """What became of one file version: its commit record, and its tables for whoever wants to show them.

    Attributes:
        record: the commit record.
        profile: its row of `raw_files`.
        totals: what became of its rows.
    """

    record: Mapping[str, Any]
    profile: pl.DataFrame = field(repr=False)
    totals: Totals = field(repr=False)

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


def register_new_files(
    landing: Landing,
    lake: Lake,
    config: DemandConfig,
    now: datetime,
    named: Iterable[str] | None = None,
    within_seconds: float = math.inf,
) -> list[Registration]:
    """Registers every new file version below the landing root.

    Each version's bytes are kept in the lake, then its registration is written; a kill in between is made good by the
    next call. What cannot be registered yet waits for the next call and stands in `landing.waiting` with the reason:
    objects that are still written, change while they are read or cannot be read, those of a producer whose manifest
    cannot be understood, and what was left when the time was up.

    Args:
        landing: where files are dropped.
        lake: where they are kept.
        config: the producers.
        now: the clock.
        named: look at these paths only, e.g. because messages named them; everything is listed otherwise.
        within_seconds: how long objects may be read; at least one is.

    Returns:
        The new registrations in order of arrival. Partition keys must be added for every registration that has none
        (`registrations`), not for these alone: an earlier caller may have been killed before it added them.

    Raises:
        StorageError: the landing root cannot be listed, or the lake cannot be read or written.
    """
    lake.remove_abandoned()
    known = registrations(lake)
    seen = {(one.uri, one.etag) for one in known} | sightings(lake)
    listed = landing.list(producer_folders(config.producers)) if named is None else landing.look_at(named)
    unseen = [one for one in listed if (one.uri, one.etag) not in seen]
    claimed = {one.uri: producer for one in unseen if (producer := owner(one.uri, config.producers)) is not None}
    if not claimed:
        return []
    manifests, unclear = _manifests(landing, list(claimed.values()))
    ready = sorted(
        (one for one in unseen if one.uri in claimed), key=lambda one: (FEED_ORDER[claimed[one.uri].feed], one.uri)
    )
    for one in ready:
        if claimed[one.uri].name in unclear:
            landing.wait(one.uri, unclear[claimed[one.uri].name])
    ready = _not_too_large(landing, [one for one in ready if claimed[one.uri].name not in unclear], claimed)
    hashes = _keep_all(landing, lake, ready, within_seconds)
    landed = [one for one in unseen if one.uri in hashes]
    ends = {
        one.uri: end
        for one in landed
        if claimed[one.uri].arrival == "initial_load"
        and (end := _end_of_content(lake, config, claimed[one.uri], hashes[one.uri], one.uri)) is not None
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


def _manifests(landing: Landing, producers: Iterable[ProducerConfig]) -> tuple[dict[str, datetime], dict[str, str]]:
    """Declared arrivals by path, and why a producer's manifest cannot be understood, by producer."""
    arrivals: dict[str, datetime] = {}
    unclear: dict[str, str] = {}
    for producer in {one.name: one for one in producers if one.arrival == "manifest"}.values():
        try:
            arrivals.update(landing.manifest(producer))
        except (FileRejectedError, StorageError) as error:
            unclear[producer.name] = str(error)
            log.warning("files of producer %s wait: %s", producer.name, error)
    return arrivals, unclear


def _not_too_large(
    landing: Landing, ready: Iterable[LandedObject], claimed: Mapping[str, ProducerConfig]
) -> list[LandedObject]:
    """The objects within their producers' limit. The others are not even read: they wait for a higher one."""
    kept = []
    for one in ready:
        most = claimed[one.uri].limits.max_file_bytes
        if one.bytes <= most:
            kept.append(one)
            continue
        landing.wait(
            one.uri,
            f"it has {one.bytes:,} bytes, and producer {claimed[one.uri].name} at most {most:,} a file; split it, or "
            "raise `limits.max_file_bytes` of the producer",
        )
    return kept


def _keep_all(landing: Landing, lake: Lake, ready: Iterable[LandedObject], within_seconds: float) -> dict[str, str]:
    """Copies objects into the lake; path → hash of those that are whole. The others are in `landing.waiting`.

    Once a few in a row have failed, it is the storage and not the files: the rest waits without being tried.
    """
    until = time.monotonic() + within_seconds
    hashes: dict[str, str] = {}
    failed = 0
    for one in ready:
        if failed == FAILURES_IN_A_ROW:
            landing.wait(one.uri, "objects before it could not be read or kept; it was not tried")
        elif hashes and time.monotonic() > until:
            landing.wait(one.uri, f"the {within_seconds:g} s for reading were over; {READ_NEXT}")
        else:
            try:
                hashes.update(_keep(landing, lake, one))
                failed = 0
            except StorageError as error:
                failed += 1
                log.warning("%s waits: %s", one.uri, error)
                landing.wait(one.uri, str(error))
    return hashes


def _keep(landing: Landing, lake: Lake, one: LandedObject) -> dict[str, str]:
    """Copies an object's bytes into the lake; its path → hash, or nothing while it is still changing."""
    with staged(lake.staging) as place:
        try:
            copied = landing.copy(one, place)
        except FileNotFoundError:
            return {}
        if landing.stat(one.uri) != one or copied.size != one.bytes:
            log.warning("%s changed while it was read; it waits", one.uri)
            landing.wait(one.uri, "it changed while it was read")
            return {}
        if (growing := landing.may_grow(one, copied.ends)) is not None:
            landing.wait(one.uri, growing)
            return {}
        keep_file(lake, place, copied.sha256)
    return {one.uri: copied.sha256}


def _end_of_content(
    lake: Lake, config: DemandConfig, producer: ProducerConfig, digest: str, uri: str
) -> datetime | None:
    """End of the last business day among a file's accepted rows: the arrival of a declared initial load."""
    if producer.feed != "transactions":
        return None
    header = FileHeader("initial_load", producer.name, datetime.fromisoformat("1970-01-01T00:00:00+00:00"), uri)
    days: list[Any] = []

    def note_days(rows: pl.DataFrame, _: pl.DataFrame) -> None:
        days.append(rows.select(pl.col("sold_on").max()).item())

    with open_landed(lake, config, producer, digest) as content:
        if content.status == "quarantined" or content.reading is None:
            return None
        mapping, plugins = useful_columns(producer, config), installed_plugins(config.filters)
        try:
            unify_chunks(content.reading, mapping, producer, config, header, note_days, plugins=plugins)
        except (pl.exceptions.PolarsError, ContractError, FileRejectedError):
            return None
    known_days = [day for day in days if day is not None]
    return BucketGrid.of(config).midnight(max(known_days) + timedelta(days=1)) if known_days else None


# -- ingestion --------------------------------------------------------------------------------------------------------


def ingest_file(lake: Lake, config: DemandConfig, file_version_id: str, known: Known | None = None) -> IngestReport:
    """Profiles and unifies one registered file version, and commits it. Running it again gives the same bytes.

    Args:
        lake: where it is registered, and where its tables go.
        config: producers, filters, attributes.
        file_version_id: the version.
        known: every file version, where the caller has listed them already.

    Raises:
        ConfigError: the configuration itself is at fault, whatever the file: its producer is gone, or a filter fails.
    """
    known = known_files(lake, config) if known is None else known
    found = registration(lake, file_version_id)
    with worked_out(lake, config, found, known) as made:
        profile = write_profile(lake, found, made.content)
        return IngestReport(_publish(lake, found.file_version_id, made), profile, made.totals)


def profile_file(lake: Lake, config: DemandConfig, file_version_id: str, known: Known | None = None) -> pl.DataFrame:
    """Reads one file version and writes what it found to `raw_files`; the row written."""
    found = registration(lake, file_version_id)
    with open_content(lake, config, found, known_files(lake, config) if known is None else known) as content:
        return write_profile(lake, found, content.counted())


def write_profile(lake: Lake, found: Registration, content: Content) -> pl.DataFrame:
    """Writes the `raw_files` partition of one file version that was read to its end; returns its row."""
    reading = content.reading
    row = {
        **vars(found),
        "format": content.format,
        "sniffed": json.dumps(reading.sniffed, ensure_ascii=False) if reading else None,
        "rows": reading.rows if reading else None,
        "columns_found": json.dumps(reading.columns, ensure_ascii=False) if reading else None,
        "status": content.status,
        "reason": content.reason,
    }
    frame = contracts.RAW_FILES.conform(pl.DataFrame([row], schema_overrides=contracts.RAW_FILES.schema))
    lake.write("raw_files", frame, file_version=found.file_version_id)
    return frame


@dataclass(frozen=True)
class Outcome:
    """What ingesting a file version comes to, before anything is written to the lake.

    Attributes:
        content: what it turned out to be; quarantined where its values could not be unified. Read to its end.
        totals: its rows as they count.
        files: table → its partition as a local file.
        record: the commit record, with the hashes of its tables.
    """

    content: Content
    totals: Totals = field(repr=False)
    files: Mapping[str, TableFile] = field(repr=False)
    record: dict[str, Any]


@contextmanager
def worked_out(lake: Lake, config: DemandConfig, found: Registration, known: Known) -> Iterator[Outcome]:
    """The tables and the commit record of one file version, in a temporary folder; nothing is written to the lake."""
    with scratch_folder() as folder:
        with open_content(lake, config, found, known) as content:
            content, computed, files, masters = _unified(lake, config, found, content, known, folder)
        totals = computed if content.status == "accepted" else Totals.nothing(found.feed, config)
        record = {
            **{name: getattr(found, name) for name in ("file_version_id", "producer", "feed", "uri", "content_sha256")},
            "arrived_at": found.to_record()["arrived_at"],
            "supersedes": found.supersedes,
            "recipe": known.recipe_of(found),
            "masters": masters,
            "status": content.status,
            "reason": content.reason,
            "duplicate_of": content.duplicate_of,
            **_account(content.status, computed),
            "rejected_by": dict(totals.rejected_by),
            "units_rejected_by": dict(totals.units_rejected_by),
            "schema_drift": list(totals.schema_drift),
            "buckets": [day.isoformat() for day in totals.buckets["bucket_start"].to_list()],
            "reach": _reach(found, files),
            "replaces": [str(day) for day in totals.replaces] if totals.replaces else None,
            "tables": {table: file.close() for table, file in files.items()},
        }
        yield Outcome(content, totals, files, record)


def _unified(
    lake: Lake, config: DemandConfig, found: Registration, content: Content, known: Known, folder: Path
) -> tuple[Content, Totals, dict[str, TableFile], str | None]:
    """The content read to its end, what it comes to, its tables as files, and the masters that filters looked at."""
    computed, masters = Totals.nothing(found.feed, config), None
    files = _no_rows(found, config, folder)
    if content.status == "quarantined" or content.reading is None:
        return content.counted(), computed, files, masters

    def keep(rows: pl.DataFrame, rejected: pl.DataFrame) -> None:
        if content.status == "accepted":
            files[FEED_TABLES[found.feed]].append(rows)
            files["rejected_rows"].append(rejected)

    def keep_lines(lines: pl.DataFrame) -> None:
        if contracts.FILE_LINES.name in files and content.status == "accepted":
            files[contracts.FILE_LINES.name].append(lines)

    try:
        attributes, masters = known_attributes(lake, config, found, known, partial(_as_ingested, lake, config, known))
        earlier = earlier_columns(lake, found, known)
        computed = _unify(config, found, content.reading, keep, attributes, earlier, keep_lines)
        if found.feed == "transactions" and content.status == "accepted":
            files["file_buckets"].append(computed.buckets)
    except (pl.exceptions.PolarsError, ContractError, FileRejectedError) as error:
        for file in files.values():
            file.close()
        files = _no_rows(found, config, folder)
        reason = str(error) if isinstance(error, FileRejectedError) else f"its values cannot be unified: {error}"
        return content.quarantined(reason).counted(), computed, files, masters
    return content, computed, files, masters


def _no_rows(found: Registration, config: DemandConfig, folder: Path) -> dict[str, TableFile]:
    tables = [feed_table(found.feed, config), contracts.REJECTED_ROWS]
    if found.feed == "transactions":
        tables.append(contracts.FILE_BUCKETS)
    if is_indexed(producer_of(config, found), config):
        tables.append(contracts.FILE_LINES)
    return {table.name: TableFile(folder / f"{table.name}.parquet", table.schema) for table in tables}


def _reach(found: Registration, files: Mapping[str, TableFile]) -> list[str] | None:
    """First and last day that the plans of a promotions calendar cover; None without any."""
    if found.feed != "promotions" or not files["promotions"].rows:
        return None
    files["promotions"].close()
    rows = pl.read_parquet(files["promotions"].path, columns=["starts_on", "ends_on"])
    return [str(day) for day in rows.select(first=pl.col("starts_on").min(), last=pl.col("ends_on").max()).row(0)]


def _account(status: Status, computed: Totals) -> dict[str, dict[str, Any]]:
    """Rows and units: those read are those accepted, rejected and duplicate; all of a duplicate's are duplicate."""
    rows = {"accepted": computed.accepted, "rejected": computed.rows_rejected, "duplicate": 0}
    units = {"accepted": computed.quantity_accepted, "rejected": computed.quantity_rejected, "duplicate": 0.0}
    if status == "duplicate":
        rows = {"accepted": 0, "rejected": 0, "duplicate": computed.rows_read}
        units = {"accepted": 0.0, "rejected": 0.0, "duplicate": sum(units.values())}
    return {"rows": {"read": sum(rows.values()), **rows}, "quantity": {"read": sum(units.values()), **units}}


def _publish(lake: Lake, file_version_id: str, made: Outcome) -> dict[str, Any]:
    """Writes the tables of one file version, then its commit record.

    Where an earlier commit covers other content (the configuration changed since), it is withdrawn first: at no moment
    does a commit cover tables that are half old and half new.
    """
    earlier = lake.commit_of("ingest", file_version_id)
    if earlier is not None and earlier != made.record:
        lake.withdraw("ingest", file_version_id)
    for table, file in made.files.items():
        lake.write_file(table, file, file_version=file_version_id)
    lake.commit("ingest", file_version_id, made.record)
    return made.record


def _unify(
    config: DemandConfig,
    found: Registration,
    reading: Reading,
    write: Write,
    attributes: pl.DataFrame | None = None,
    earlier: EarlierColumns | None = None,
    write_lines: Callable[[pl.DataFrame], None] = no_lines_kept,
) -> Totals:
    producer = producer_of(config, found)
    header = FileHeader(found.file_version_id, found.producer, found.arrived_at, found.uri)
    plugins = installed_plugins(config.filters) if found.feed == "transactions" else None
    mapping = useful_columns(producer, config)
    return unify_chunks(reading, mapping, producer, config, header, write, attributes, plugins, earlier, write_lines)


def _as_ingested(lake: Lake, config: DemandConfig, known: Known, one: Registration) -> Ingested | None:
    """Hash and rows that a product file will have once it is ingested; None for one in quarantine."""
    with worked_out(lake, config, one, known) as made:
        if made.content.status == "quarantined":
            return None
        return made.record["tables"]["product_master"], pl.read_parquet(made.files["product_master"].path)
