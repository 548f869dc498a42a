"""Folders of small JSON records, read at a cost that grows with what is recent and not with what was ever written.

Belongs here: a snapshot of many records in one file, and the journal that names those written since.
Does not belong here: what a record means (`dp_assets/registry.py`, `lake.py`).

    <root>/<folder>/<identifier>.json               the record: the truth, written in one step
    <root>/_index/<folder>/snapshot                 the records as last read, in one file; may be missing or damaged
    <root>/_index/<folder>/journal/<time>~<id>~<x>  on S3: a record was written or removed at about that time

On disk the folder is listed at every read: listing is cheap, and says by size and modification time which records the
snapshot holds as they are. On S3 listing costs a request per thousand records, so only the journal is listed, from
the snapshot's time on, and once a day the whole folder. Journal entries are written after the record and never removed;
so an entry that was seen stands for a record that can be read, and a snapshot that replaces a newer one only means that
more of the journal is read. A writer killed between record and entry left work undone that its caller does again
(every caller looks at levels), and the daily listing finds the record in any case.

A snapshot is never trusted blindly: it carries its own hash, and what does not match is read from the records.
"""

from __future__ import annotations

import hashlib
import io
import logging
import os
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from threading import Lock
from types import MappingProxyType
from typing import Any, Protocol
from uuid import uuid4

import orjson
import polars as pl

from dp_assets.domain.errors import StorageError
from dp_resources import storage

log = logging.getLogger(__name__)

NEW_BEFORE_SNAPSHOT = 200
"""Records read one by one after which a snapshot is written; of many known ones, a hundredth if that is more."""
CLOCK_ERROR = timedelta(hours=1)
"""By how much the clocks of writers may differ, and how long writing an entry may take."""
FULL_LISTING_EVERY = timedelta(days=1)
PARALLEL_REQUESTS = 16
IMMUTABLE = "-"
"""Tag of a record that never changes."""
FORMAT = 1


class Root(Protocol):
    """What is used of a lake."""

    root: str
    is_local: bool
    storage_options: dict[str, Any]
    fs: Any

    def write_bytes(self, path: str, data: bytes) -> None:
        """Puts bytes at a full path in one atomic step."""

    def has_bytes(self, path: str) -> bool:
        """Whether there is a file at a full path."""


@dataclass
class Snapshot:
    """Records as they were read.

    Attributes:
        records: identifier → (tag of the storage's version, text).
        horizon: journal entries of before that time are all in `records`; empty on disk.
        seen: later journal entries that are in `records`, too.
        listed_at: when the whole folder was last listed, seconds since 1970.
    """

    records: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    horizon: str = ""
    seen: set[str] = field(default_factory=set)
    listed_at: float = 0.0

    @cached_property
    def texts(self) -> Mapping[str, bytes]:
        """Identifier → text, sorted by identifier."""
        return MappingProxyType({name: self.records[name][1] for name in sorted(self.records)})


_read_before: dict[tuple[str, str, str], Snapshot] = {}
"""What this process read last, by root, endpoint and folder."""
_lock = Lock()


def read_records(lake: Root, folder: str, immutable: bool = False) -> Mapping[str, bytes]:
    """Every record of a folder: identifier → JSON text, sorted by identifier; the same object while nothing changed.

    Args:
        lake: where the folder is.
        folder: its path below the lake's root.
        immutable: its records never change once written, so that one of a known name need not be looked at.

    Raises:
        StorageError: the storage cannot be listed or read.
    """
    key = (lake.root, str(lake.storage_options.get("endpoint_url")), folder)
    with _lock:
        known = _read_before.get(key)
        if known is None or (keeps_journal(lake) and not lake.has_bytes(_snapshot(lake, folder))):
            known = _load(lake, folder)
        listing = _must_list(lake, known)
        fresh, read = _from_listing(lake, folder, known, immutable) if listing else _from_journal(lake, folder, known)
        if fresh.records == known.records and "texts" in vars(known):
            fresh.records, vars(fresh)["texts"] = known.records, known.texts
        _read_before[key] = fresh
        if read >= max(NEW_BEFORE_SNAPSHOT, len(fresh.records) // 100) or (listing and keeps_journal(lake)):
            _store(lake, folder, fresh)
        return fresh.texts


def note_change(lake: Root, folder: str, identifier: str) -> None:
    """Says that a record was written or removed. Call it after that."""
    if keeps_journal(lake):
        name = f"{_moment(datetime.now(UTC))}~{identifier}~{uuid4().hex[:8]}"
        lake.write_bytes(f"{_index(lake, folder)}/journal/{name}", b"")


def keeps_journal(lake: Root) -> bool:
    """Whether listing a folder costs so much that a journal is kept: on S3."""
    return storage.scheme_of(lake.root) == "s3"


def forget(lake: Root) -> None:
    """Drops what this process remembers of a lake: the next read is one of a new process."""
    with _lock:
        for key in [key for key in _read_before if key[0] == lake.root]:
            del _read_before[key]


def _index(lake: Root, folder: str) -> str:
    return f"{lake.root}/_index/{folder}"


def _snapshot(lake: Root, folder: str) -> str:
    return f"{_index(lake, folder)}/snapshot"


def _moment(moment: datetime) -> str:
    return moment.strftime("%Y%m%dT%H%M%S.%f")


def _must_list(lake: Root, known: Snapshot) -> bool:
    return not keeps_journal(lake) or abs(time.time() - known.listed_at) > FULL_LISTING_EVERY.total_seconds()


# -- what changed -----------------------------------------------------------------------------------------------------


def _from_listing(lake: Root, folder: str, known: Snapshot, immutable: bool) -> tuple[Snapshot, int]:
    """The records that a listing of the whole folder names, and how many had to be read."""
    begun = datetime.now(UTC)
    horizon = _moment(begun - CLOCK_ERROR) if keeps_journal(lake) else ""
    # The journal before the folder: what an entry names that is listed here was written before the folder is listed.
    seen = set(_journal(lake, folder, horizon)) if horizon else set()
    tags = _listed(lake, folder, immutable)
    stale = [
        name
        for name, tag in tags.items()
        if name not in known.records or (known.records[name][0] != tag and tag != IMMUTABLE)
    ]
    texts = _read(lake, folder, stale)
    unread = set(stale)
    records = {name: known.records[name] for name in tags if name not in unread}
    records |= {name: (tags[name], text) for name, text in texts.items()}
    return Snapshot(records, horizon, seen, begun.timestamp()), len(stale)


def _from_journal(lake: Root, folder: str, known: Snapshot) -> tuple[Snapshot, int]:
    """The known records, with those read again that the journal names since, and how many these were."""
    begun = datetime.now(UTC)
    entries = _journal(lake, folder, known.horizon)
    named = {entry.split("~")[1] for entry in entries if entry not in known.seen}
    records = known.records
    if named:
        texts = _read(lake, folder, sorted(named))
        records = {name: record for name, record in records.items() if name not in named}
        # The tag that S3 gives an object unless it is encrypted; where it differs, the daily listing reads it again.
        records |= {name: (hashlib.md5(text, usedforsecurity=False).hexdigest(), text) for name, text in texts.items()}
    horizon = max(known.horizon, _moment(begun - CLOCK_ERROR))
    return Snapshot(records, horizon, {entry for entry in entries if entry >= horizon}, known.listed_at), len(named)


def _listed(lake: Root, folder: str, immutable: bool) -> dict[str, str]:
    """Identifier → the storage's tag of every record in a folder, the same one for all that never change."""
    if lake.is_local:
        try:
            with os.scandir(f"{lake.root}/{folder}") as entries:
                found = [entry for entry in entries if entry.name.endswith(".json") and not entry.name.startswith(".")]
        except FileNotFoundError:
            return {}
        if immutable:
            return {entry.name[:-5]: IMMUTABLE for entry in found}
        return {entry.name[:-5]: tag for entry in found if (tag := _local_tag(entry)) is not None}
    try:
        listed = lake.fs.find(f"{lake.root}/{folder}/", detail=True, maxdepth=1)
    except FileNotFoundError:
        return {}
    except storage.failures("s3") as error:
        raise storage.storage_error("cannot list", f"{lake.root}/{folder}", error) from error
    named = ((path.rsplit("/", 1)[1], info) for path, info in listed.items())
    return {
        name[:-5]: IMMUTABLE if immutable else str(info.get("ETag", "")).strip('"')
        for name, info in named
        if name.endswith(".json")
    }


def _local_tag(entry: os.DirEntry[str]) -> str | None:
    try:
        status = entry.stat()
    except FileNotFoundError:
        return None
    return f"{status.st_mtime_ns}-{status.st_size}-{status.st_ino}"


def _journal(lake: Root, folder: str, horizon: str) -> list[str]:
    """Names of journal entries from a time on, ascending."""
    bucket, _, prefix = f"{_index(lake, folder)}/journal/".removeprefix("s3://").partition("/")
    found: list[str] = []
    more: dict[str, str] = {"StartAfter": prefix + horizon}
    while True:
        try:
            page = lake.fs.call_s3("list_objects_v2", Bucket=bucket, Prefix=prefix, **more)
        except FileNotFoundError:
            return found
        except storage.failures("s3") as error:
            raise storage.storage_error("cannot list", f"s3://{bucket}/{prefix}", error) from error
        found += [one["Key"].removeprefix(prefix) for one in page.get("Contents", [])]
        if not page.get("IsTruncated"):
            return found
        more = {"ContinuationToken": page["NextContinuationToken"]}


def _read(lake: Root, folder: str, identifiers: Iterable[str]) -> dict[str, bytes]:
    """Texts of records; those that are gone are left out."""
    scheme = storage.scheme_of(lake.root)

    def text(name: str) -> tuple[str, bytes | None]:
        try:
            return name, storage.read_bytes(lake.fs, scheme, f"{lake.root}/{folder}/{name}.json")
        except FileNotFoundError:
            return name, None

    if lake.is_local:
        found = [text(name) for name in identifiers]
    else:
        pool = ThreadPoolExecutor(PARALLEL_REQUESTS)
        try:
            found = list(pool.map(text, identifiers))
        finally:
            pool.shutdown(cancel_futures=True)  # once one cannot be read, the rest is not tried
    return {name: data for name, data in found if data is not None}


# -- the snapshot -----------------------------------------------------------------------------------------------------


def _load(lake: Root, folder: str) -> Snapshot:
    """The stored snapshot; an empty one where there is none that can be trusted."""
    try:
        data = storage.read_bytes(lake.fs, storage.scheme_of(lake.root), _snapshot(lake, folder))
    except FileNotFoundError:
        return Snapshot()
    try:
        return decode(data)
    except (ValueError, KeyError, TypeError, pl.exceptions.PolarsError) as error:
        log.warning("the snapshot of %s is damaged and is made again from the records: %s", folder, error)
        return Snapshot()


def _store(lake: Root, folder: str, snapshot: Snapshot) -> None:
    try:
        lake.write_bytes(_snapshot(lake, folder), encode(snapshot))
    except StorageError as error:  # reading goes on without it
        log.warning("the snapshot of %s was not written: %s", folder, error)


def encode(snapshot: Snapshot) -> bytes:
    """A snapshot as bytes: SHA-256 of the rest, a header in JSON, records in Parquet; separated by line ends."""
    names = list(snapshot.records)
    frame = pl.DataFrame(
        {
            "identifier": names,
            "tag": [snapshot.records[name][0] for name in names],
            "text": [snapshot.records[name][1] for name in names],
        },
        schema={"identifier": pl.String, "tag": pl.String, "text": pl.Binary},
    )
    buffer = io.BytesIO()
    frame.write_parquet(buffer, compression="zstd", compression_level=1, statistics=False)
    header: Mapping[str, object] = {
        "format": FORMAT,
        "horizon": snapshot.horizon,
        "seen": sorted(snapshot.seen),
        "listed_at": snapshot.listed_at,
    }
    rest = orjson.dumps(header) + b"\n" + buffer.getvalue()
    return hashlib.sha256(rest).hexdigest().encode() + b"\n" + rest


def decode(data: bytes) -> Snapshot:
    """The snapshot that `encode` described; ValueError where the bytes are not what was written."""
    digest, _, rest = data.partition(b"\n")
    if hashlib.sha256(rest).hexdigest().encode() != digest:
        raise ValueError("its hash is not that of its content")
    head, _, table = rest.partition(b"\n")
    header = orjson.loads(head)
    if header["format"] != FORMAT:
        raise ValueError(f"expected format {FORMAT}, got {header['format']}")
    frame = pl.read_parquet(io.BytesIO(table))
    pairs = zip(frame["tag"].to_list(), frame["text"].to_list(), strict=True)
    records = dict(zip(frame["identifier"].to_list(), pairs, strict=True))
    return Snapshot(records, header["horizon"], set(header["seen"]), header["listed_at"])
