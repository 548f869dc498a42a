"""The landing root: where producers drop files, a local folder or an `s3://` prefix.

Belongs here: listing, reading and stating objects; manifests of arrivals. Nothing is ever written or removed here.
Does not belong here: what an object means (`dp_assets/domain/ingest/registration.py`).
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any
from zoneinfo import ZoneInfo

import fsspec

from dp_assets.domain.config import ProducerConfig
from dp_assets.domain.errors import FileRejectedError
from dp_assets.domain.ingest.registration import LandedObject

MANIFEST = "manifest.json"
HIDDEN_PREFIXES = (".", "_", "~")
PARTIAL_SUFFIXES = (".tmp", ".temp", ".part", ".partial", ".filepart", ".crdownload", ".download", ".swp", "~")
WILDCARDS = frozenset("*?[")


def is_finished(uri: str) -> bool:
    """Whether a path is a file that its producer is done with: not hidden, not half uploaded, not a manifest.

    >>> [is_finished(uri) for uri in ("a/b.csv", "a/.b.csv", "_spool/b.csv", "b.csv.part", "a/manifest.json")]
    [True, False, False, False, False]
    """
    path = PurePosixPath(uri)
    if path.name == MANIFEST or any(part.startswith(HIDDEN_PREFIXES) for part in path.parts):
        return False
    return not path.name.lower().endswith(PARTIAL_SUFFIXES)


class Landing:
    """Lists and reads landed objects.

    Args:
        root: local folder (may not exist yet) or `s3://bucket/prefix`.
        storage_options: fsspec options of the storage, e.g. endpoint and credentials of S3.
    """

    def __init__(self, root: str | Path, storage_options: Mapping[str, Any] | None = None) -> None:
        self.root = str(root).rstrip("/")
        self.is_local = "://" not in self.root
        options = {} if self.is_local else {"use_listings_cache": False, **dict(storage_options or {})}
        self.fs: Any = fsspec.filesystem("file" if self.is_local else self.root.split("://", 1)[0], **options)

    def list(self) -> list[LandedObject]:
        """Finished objects, sorted by path."""
        objects = self._local_objects() if self.is_local else self._remote_objects()
        return sorted(objects, key=lambda one: one.uri)

    def stat(self, uri: str) -> LandedObject | None:
        """The object at a path as it is now, None when it is gone."""
        if not self.is_local:
            try:
                return self._object(uri, self.fs.info(self._full(uri), refresh=True))
            except FileNotFoundError:
                return None
        try:
            status = Path(self._full(uri)).stat()
        except FileNotFoundError:
            return None
        modified = datetime.fromtimestamp(status.st_mtime_ns // 1000 / 1e6, UTC)
        return LandedObject(uri, f"{status.st_size}-{status.st_mtime_ns}", status.st_size, modified)

    def read(self, uri: str) -> bytes:
        """Content of the object at a path; FileNotFoundError when it is gone."""
        return bytes(self.fs.cat_file(self._full(uri)))

    @contextmanager
    def local(self, uri: str) -> Iterator[Path]:
        """The object as a local file: the file itself, or a temporary copy of a remote one."""
        if self.is_local:
            yield Path(self._full(uri))
            return
        with tempfile.TemporaryDirectory(prefix="demand_planner_") as folder:
            path = Path(folder) / PurePosixPath(uri).name
            path.write_bytes(self.read(uri))
            yield path

    def manifest(self, producer: ProducerConfig) -> dict[str, datetime]:
        """Arrivals that a producer declares: path below the landing root → UTC time.

        `manifest.json` lies in the folder that the producer's glob starts with, and maps the file's path below that
        folder to its arrival: `{"week-01.csv": {"arrived_at": "2017-01-09T06:00:00-05:00"}}`. A time without an offset
        is in the producer's zone.

        Raises:
            FileRejectedError: a manifest cannot be understood; it may be half written.
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

    def _full(self, uri: str) -> str:
        return f"{self.root}/{uri}"

    def _local_objects(self) -> Iterator[LandedObject]:
        for folder, _, names in os.walk(self.root):
            for name in names:
                uri = Path(folder, name).relative_to(self.root).as_posix()
                if is_finished(uri) and (found := self.stat(uri)) is not None:
                    yield found

    def _remote_objects(self) -> Iterator[LandedObject]:
        prefix = self.fs._strip_protocol(self.root).rstrip("/") + "/"
        for path, info in self.fs.find(self.root, detail=True).items():
            uri = path.removeprefix(prefix)
            if info.get("type") == "file" and uri and not path.endswith("/") and is_finished(uri):
                yield self._object(uri, info)

    @staticmethod
    def _object(uri: str, info: Mapping[str, Any]) -> LandedObject:
        modified = info["LastModified"].astimezone(UTC)
        tag = str(info.get("ETag", "")).strip('"')
        return LandedObject(uri, f"{tag}-{modified.isoformat()}", int(info["size"]), modified)


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
