"""The landing root: where producers drop files: a local folder, an `s3://` prefix or an `sftp://` folder.

Belongs here: listing, reading and stating objects; which of them still wait; manifests of arrivals. Nothing is ever
written or removed here. Does not belong here: what an object means (`dp_assets/domain/ingest/registration.py`), how a
storage is reached (`storage.py`), messages about objects (`notifications.py`).
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import IO, Any, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from dp_assets.domain.errors import FileRejectedError, StorageError
from dp_assets.domain.ingest.registration import LandedObject
from dp_assets.domain.producer_config import ProducerConfig
from dp_resources import collector, storage
from dp_resources.staged_files import StagedFile

MANIFEST = "manifest.json"
HIDDEN_PREFIXES = (".", "_", "~")
PARTIAL_SUFFIXES = (".tmp", ".temp", ".part", ".partial", ".filepart", ".crdownload", ".download", ".swp", "~")
WILDCARDS = frozenset("*?[")
PARALLEL_REQUESTS = 16
CLOCK_ERROR_SECONDS = 3600
"""By how much the clock of an SFTP server may be behind ours; modification times are its."""
ZIP_END = b"PK\x05\x06"
START_BYTES = 64
ZIP_END_WITHIN = 65_557
"""The central directory's end stands in the last bytes of a zip: its 22, and a comment of at most 65,535."""

T = TypeVar("T")
Objects = list[LandedObject]


def is_finished(uri: str) -> bool:
    """Whether a path is a file that its producer is done with: not hidden, not half uploaded, not a manifest.

    >>> [is_finished(uri) for uri in ("a/b.csv", "a/.b.csv", "_spool/b.csv", "b.csv.part", "a/manifest.json")]
    [True, False, False, False, False]
    """
    path = PurePosixPath(uri)
    return not any(part.startswith(HIDDEN_PREFIXES) for part in path.parts[:-1]) and _is_finished_name(path.name)


def _is_finished_name(name: str) -> bool:
    return name != MANIFEST and not name.startswith(HIDDEN_PREFIXES) and not name.lower().endswith(PARTIAL_SUFFIXES)


@dataclass(frozen=True)
class Copied:
    """A copy of an object's content.

    Attributes:
        sha256: hash of its bytes.
        size: how many came.
        ends: its first and last bytes; see `ends_of`.
    """

    sha256: str
    size: int
    ends: bytes


def ends_of(file: IO[bytes]) -> bytes:
    """The first and last bytes of an open file, as many as `lacks_its_end` looks at; all of them where it is small."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    if size <= START_BYTES + ZIP_END_WITHIN:
        return file.read()
    start = file.read(START_BYTES)
    file.seek(size - ZIP_END_WITHIN)
    return start + file.read()


def lacks_its_end(data: bytes) -> str | None:
    """What a file lacks that its writer adds last; None when nothing shows that it is half written.

    Args:
        data: the file, or its ends.

    >>> lacks_its_end(b"PAR1 row group"), lacks_its_end(b"item,day")
    ('a Parquet file without its closing footer', None)
    """
    if data.startswith(b"PAR1") and not (data.endswith(b"PAR1") and len(data) >= 12):
        return "a Parquet file without its closing footer"
    if data.startswith(b"ARROW1") and not (data.endswith(b"ARROW1") and len(data) >= 16):
        return "an Arrow file without its closing footer"
    if data.startswith(b"PK\x03\x04") and ZIP_END not in data[-ZIP_END_WITHIN:]:
        return "a zip or workbook without its central directory"
    return None


class Landing:
    """Lists and reads landed objects.

    Args:
        root: local folder (may not exist yet), `s3://bucket/prefix` or `sftp://user@host:port/path`.
        storage_options: options of the storage, e.g. endpoint and credentials of S3; see `Settings.storage_options`.
        settle_seconds: a file on disk or SFTP must have stood unchanged that long before it is listed; S3 shows whole
            objects only.
        unfinished_seconds: the same for a file that lacks its end; after that long it counts as it is.

    Attributes:
        waiting: path → why it was left for the next listing, since the last one began.

    Raises:
        ConfigError: the root holds a password.
    """

    def __init__(
        self,
        root: str | Path,
        storage_options: Mapping[str, Any] | None = None,
        settle_seconds: float = 0,
        unfinished_seconds: float = 0,
    ) -> None:
        self.root = str(root).rstrip("/")
        self.scheme = storage.scheme_of(self.root)
        storage.check_root(self.root)
        self.is_local = self.scheme == "file"
        self.options = dict(storage_options or {})
        self.settle_seconds = settle_seconds
        self.unfinished_seconds = unfinished_seconds
        self.waiting: dict[str, str] = {}
        self._filesystem: Any = None
        self._seen: dict[str, tuple[str, float, bool]] = {}

    @property
    def fs(self) -> Any:
        """The file system, opened when it is first needed: a server that is down must not stop the graph's loading."""
        if self._filesystem is None:
            self._filesystem = storage.open_filesystem(self.root, self.options)
        return self._filesystem

    # -- listing ----------------------------------------------------------------------------------------------------

    @collector.at_rest()
    def list(self, folders: Iterable[str] = ("",)) -> Objects:
        """Finished objects, sorted by path; those that may still be written are in `waiting`.

        Args:
            folders: paths below the root to look below, where not everything is wanted.

        Raises:
            StorageError: the root cannot be listed. A folder below it that cannot be is in `waiting`.
        """
        self.waiting = {}
        places = [place for place in outermost(folders) if is_finished(f"{place}/x")]
        if self.is_local:
            found = [one for place in places for one in self._local_objects(place)]
        elif self.scheme == "sftp":
            found = self._over_sftp(lambda: [one for place in places for one in self._sftp_objects(place)])
        else:
            with ThreadPoolExecutor(min(PARALLEL_REQUESTS, len(places) or 1)) as pool:
                found = [one for part in pool.map(self._s3_objects, places) for one in part]
        self._remember(found)
        return sorted((one for one in found if self._is_settled(one)), key=lambda one: one.uri)

    def look_at(self, uris: Iterable[str]) -> Objects:
        """The objects at some paths as they are now, as `list` would show them; absent ones are left out."""
        self.waiting = {}
        wanted = sorted({uri for uri in uris if is_finished(uri)})
        if not wanted:
            return []
        with ThreadPoolExecutor(min(PARALLEL_REQUESTS, len(wanted)) if self.scheme == "s3" else 1) as pool:
            found = [one for one in pool.map(self._stat_or_wait, wanted) if one is not None]
        return [one for one in found if self._is_settled(one)]

    def wait(self, uri: str, reason: str) -> None:
        """Says that an object is left for the next listing, and why."""
        self.waiting[uri] = reason

    def may_grow(self, one: LandedObject, ends: bytes) -> str | None:
        """Why an object's content may be half of what it will be, by its ends; None when it counts as it is."""
        lacking = lacks_its_end(ends)
        if lacking is None or self.scheme == "s3" or self._stood_for(one) >= self.unfinished_seconds:
            return None
        return f"it is {lacking}; it counts as it is once it has stood unchanged for {self.unfinished_seconds:g} s"

    def _is_settled(self, one: LandedObject) -> bool:
        if self.scheme == "s3" or self.settle_seconds <= 0 or self._stood_for(one) >= self.settle_seconds:
            return True
        self.wait(one.uri, f"it may still be written; it must stand unchanged for {self.settle_seconds:g} s")
        return False

    def _stood_for(self, one: LandedObject) -> float:
        """Seconds an object has stood unchanged, by its modification time and by what we saw ourselves.

        The modification time counts for nothing once two of our listings differ, or where it lies in the future.
        """
        etag, since, changed = self._seen.get(one.uri, (one.etag, time.monotonic(), False))
        watched = time.monotonic() - since if etag == one.etag else 0.0
        age = time.time() - one.modified_at.timestamp() - (CLOCK_ERROR_SECONDS if self.scheme == "sftp" else 0)
        return watched if changed or etag != one.etag else max(watched, age)

    def _remember(self, found: Iterable[LandedObject]) -> None:
        """Keeps since when each listed object has stood as it is."""
        if self.scheme == "s3" or max(self.settle_seconds, self.unfinished_seconds) <= 0:
            return
        now, before = time.monotonic(), self._seen
        self._seen = {}
        for one in found:
            etag, since, changed = before.get(one.uri, (one.etag, now, False))
            self._seen[one.uri] = (one.etag, since, changed) if etag == one.etag else (one.etag, now, True)

    # -- one object -------------------------------------------------------------------------------------------------

    def stat(self, uri: str) -> LandedObject | None:
        """The object at a path as it is now, None when it is gone.

        Raises:
            StorageError: it cannot be looked at.
        """
        try:
            if self.is_local:
                return _local_object(uri, os.stat(self._full(uri)))  # noqa: PTH116 - fast over many files
            if self.scheme == "sftp":
                return self._over_sftp(lambda: _sftp_object(uri, self.fs.info(self._full(uri))))
            return _s3_object(uri, self.fs.info(self._full(uri), refresh=True))
        except FileNotFoundError:
            return None
        except StorageError:
            raise
        except storage.failures(self.scheme) as error:
            raise storage.storage_error("cannot look at", self._full(uri), error) from error

    def read(self, uri: str, size: int | None = None) -> bytes:
        """Content of the object at a path; with `size`, at least that many bytes.

        Raises:
            FileNotFoundError: it is gone.
            StorageError: it cannot be read.
        """
        if self.scheme == "sftp":
            return self._over_sftp(lambda: storage.read_bytes(self.fs, self.scheme, self._full(uri), size))
        return storage.read_bytes(self.fs, self.scheme, self._full(uri), size)

    def copy(self, one: LandedObject, target: StagedFile) -> Copied:
        """Copies an object into an empty file in pieces: memory does not grow with its size.

        Raises:
            FileNotFoundError: it is gone.
            StorageError: it cannot be read, or the copy cannot be written.
        """
        path = self._full(one.uri)
        if self.is_local:
            digest = storage.copy_local(Path(path), target.file)
        elif self.scheme == "sftp":
            self._over_sftp(lambda: storage.fetch(self.fs, self.scheme, path, target.path, one.bytes))
        else:
            storage.fetch(self.fs, self.scheme, path, target.path, one.bytes)
        target.file.flush()
        if not self.is_local:
            target.file.seek(0)
            digest = hashlib.file_digest(target.file, "sha256").hexdigest()
        return Copied(digest, os.fstat(target.file.fileno()).st_size, ends_of(target.file))

    def manifest(self, producer: ProducerConfig) -> dict[str, datetime]:
        """Arrivals that a producer declares: path below the landing root → UTC time.

        `manifest.json` lies in the folder that the producer's glob starts with, and maps the file's path below that
        folder to its arrival: `{"week-01.csv": {"arrived_at": "2017-01-09T06:00:00-05:00"}}`. A time without an offset
        is in the producer's zone.

        Raises:
            FileRejectedError: a manifest cannot be understood; it may be half written.
            StorageError: a manifest cannot be read.
        """
        arrivals: dict[str, datetime] = {}
        for folder in sorted({static_folder(glob) for glob in producer.files}):
            place = f"{folder}/{MANIFEST}" if folder else MANIFEST
            try:
                entries = parse_manifest(self.read(place), place, ZoneInfo(producer.time_zone))
            except FileNotFoundError:
                continue
            arrivals.update({f"{folder}/{name}" if folder else name: moment for name, moment in entries.items()})
        return arrivals

    # -- per storage ------------------------------------------------------------------------------------------------

    def _full(self, uri: str) -> str:
        if self.scheme == "sftp":
            return f"{urlsplit(self.root).path}/{uri}".rstrip("/")
        return f"{self.root}/{uri}" if uri else self.root

    def _stat_or_wait(self, uri: str) -> LandedObject | None:
        try:
            return self.stat(uri)
        except StorageError as error:
            self.wait(uri, str(error))
            return None

    def _local_objects(self, place: str) -> Iterator[LandedObject]:
        folders = [place]
        while folders:
            folder = folders.pop()
            try:
                entries = list_local(self._full(folder))
            except (FileNotFoundError, NotADirectoryError):
                continue
            except OSError as error:
                self.wait(folder or ".", str(storage.storage_error("cannot list", self._full(folder), error)))
                continue
            for entry in entries:
                uri = f"{folder}/{entry.name}" if folder else entry.name
                if entry.is_dir(follow_symlinks=False):
                    if not entry.name.startswith(HIDDEN_PREFIXES):
                        folders.append(uri)
                elif _is_finished_name(entry.name) and entry.is_file() and (found := self._local_stat(uri, entry)):
                    yield found

    def _local_stat(self, uri: str, entry: os.DirEntry[str]) -> LandedObject | None:
        try:
            return _local_object(uri, entry.stat())
        except OSError:  # it vanished
            return None

    def _s3_objects(self, place: str) -> Objects:
        prefix = self.fs._strip_protocol(self.root).rstrip("/") + "/"
        # With its trailing slash a folder is listed as a prefix: one request per thousand objects, and no other.
        where = f"{prefix}{place}/" if place else prefix
        try:
            listed = self.fs.find(where, detail=True)
        except FileNotFoundError:
            return []
        except storage.failures(self.scheme) as error:
            raise storage.storage_error("cannot list", f"s3://{where}", error) from error
        return [
            _s3_object(uri, info)
            for path, info in listed.items()
            if info.get("type") == "file"
            and (uri := path.removeprefix(prefix))
            and not path.endswith("/")
            and is_finished(uri)
        ]

    def _over_sftp(self, work: Callable[[], T]) -> T:
        """Does something over SFTP; where the connection was lost, on a fresh one."""

        def reconnect() -> None:
            self._filesystem = None

        def refused_or_done() -> T:
            try:
                return work()
            except storage.failures("sftp") as error:
                if type(error).__name__ == "SFTPPermissionDenied":
                    raise PermissionError(13, str(error)) from error
                raise

        try:
            return storage.try_again(refused_or_done, storage.failures("sftp"), refresh=reconnect)
        except (FileNotFoundError, StorageError):
            raise
        except storage.failures("sftp") as error:
            raise storage.storage_error("cannot reach", self.root, error) from error

    def _sftp_objects(self, place: str) -> Iterator[LandedObject]:
        folders = [place]
        while folders:
            folder = folders.pop()
            try:
                entries = self.fs.ls(self._full(folder) or "/", detail=True)
            except FileNotFoundError:
                continue
            except storage.failures("sftp") as error:
                if type(error).__name__ != "SFTPPermissionDenied":
                    raise
                self.wait(folder or ".", str(storage.storage_error("cannot list", self._full(folder), error)))
                continue
            for entry in entries:
                name = PurePosixPath(entry["name"]).name
                uri = f"{folder}/{name}" if folder else name
                if entry["type"] == "directory" and not name.startswith(HIDDEN_PREFIXES):
                    folders.append(uri)
                elif entry["type"] == "file" and _is_finished_name(name):
                    yield _sftp_object(uri, entry)


def list_local(folder: str) -> list[os.DirEntry[str]]:
    """Entries of a local folder."""
    with os.scandir(folder) as entries:
        return list(entries)


def _local_object(uri: str, status: os.stat_result) -> LandedObject:
    modified = datetime.fromtimestamp(status.st_mtime_ns // 1000 / 1e6, UTC)
    return LandedObject(uri, f"{status.st_size}-{status.st_mtime_ns}", status.st_size, modified)


def _s3_object(uri: str, info: Mapping[str, Any]) -> LandedObject:
    modified = info["LastModified"].astimezone(UTC)
    tag = str(info.get("ETag", "")).strip('"')
    return LandedObject(uri, f"{tag}-{modified.isoformat()}", int(info["size"]), modified)


def _sftp_object(uri: str, info: Mapping[str, Any]) -> LandedObject:
    modified = info["mtime"] or datetime.fromtimestamp(0, UTC)
    size = int(info["size"] or 0)
    return LandedObject(uri, f"{size}-{modified.isoformat()}", size, modified)


def outermost(folders: Iterable[str]) -> list[str]:
    """Folders without those that lie in another one of them; `""` is the root, which holds them all.

    >>> outermost(["shop/2017", "shop", "depot"]), outermost(["shop", ""])
    (['depot', 'shop'], [''])
    """
    kept: list[str] = []
    for folder in sorted(set(folders)):
        if not any(outer == "" or folder.startswith(f"{outer}/") for outer in kept):
            kept.append(folder)
    return kept


def producer_folders(producers: Iterable[ProducerConfig]) -> list[str]:
    """The folders in which the producers' globs can match anything."""
    return outermost(static_folder(glob) for producer in producers for glob in producer.files)


def static_folder(glob: str) -> str:
    """Folder part of a glob before its first wildcard.

    >>> static_folder("shop/2017/*.csv"), static_folder("shop/**/x.csv"), static_folder("*.csv")
    ('shop/2017', 'shop', '')
    """
    folders = PurePosixPath(glob).parts[:-1]
    fixed: list[str] = []
    for folder in folders:
        if WILDCARDS & set(folder):
            break
        fixed.append(folder)
    return "/".join(fixed)


def parse_manifest(data: bytes, place: str, zone: ZoneInfo) -> dict[str, datetime]:
    """File name → arrival in UTC; FileRejectedError when the text is not such a table."""
    expected = f'{place}: expected JSON like {{"file.csv": {{"arrived_at": "2017-01-09T06:00:00-05:00"}}}}'
    try:
        entries = json.loads(data)
        moments = {name: datetime.fromisoformat(entry["arrived_at"]) for name, entry in entries.items()}
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise FileRejectedError(f"{expected}, got something else ({error})") from error
    return {
        name: (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
        for name, moment in moments.items()
    }
