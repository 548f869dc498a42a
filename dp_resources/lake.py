"""The lake: Parquet tables and artefact folders under one root, a local folder or an `s3://` prefix.

Belongs here: paths, atomic visibility, content hashes, versions of what was replaced, commit records.
Does not belong here: what the tables mean (`dp_assets/domain/contracts`) or who writes them.

Layout:
    <root>/<table>/<key>=<partition>/part.parquet     what is current, in Hive layout
    <root>/<table>/<key>=<partition>/manifest.json    an artefact folder: file name → hash
    <root>/_versions/<table>/<sha256>[/<file>]        everything a manifest points at, and every replaced partition
    <root>/_pins/<table>.json                         a version that is served instead, see `serving/pins.py`
    <root>/_commits/<event>/<id>.json                 what became current together, written last
    <root>/_made/<table>/<partition>.json             the run that wrote it, see `made.py`
    <root>/_staging/                                  files that are not whole yet, on disk; see `staged_files.py`
    <root>/_archived/                                 where files went that are old, see `archive.py`
    <root>/_index/                                    see `records.py`: what makes many records cheap to read

A write is visible in one atomic step: a rename on disk, one PUT on S3. The same content leaves everything untouched.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import polars as pl

from dp_assets.domain.errors import ArtefactError, ConfigError, StorageError
from dp_resources import made, records, staged_files, storage
from dp_resources.table_files import TableFile, file_sha256

COPIED_BYTES = 2**20
"""Held in memory at a time as a file is copied."""
PARTITION_KEYS = {"file_version", "bucket", "cycle", "scenario"}
PART_BYTES = 16 * 2**20
"""Piece of a large file that goes to S3 at once; S3 takes 10,000 of them, 156 GiB."""


@dataclass(frozen=True)
class WrittenPartition:
    """Receipt of a write: where it lies, what is in it, and whether anything changed."""

    path: str
    sha256: str
    rows: int
    bytes: int
    changed: bool


def sha256(data: bytes) -> str:
    """Hex SHA-256 of bytes."""
    return hashlib.sha256(data).hexdigest()


def parquet_bytes(frame: pl.DataFrame) -> bytes:
    """A frame as Parquet: the same frame gives the same bytes."""
    buffer = io.BytesIO()
    frame.write_parquet(buffer, compression="zstd", compression_level=1, statistics=True)
    return buffer.getvalue()


def _listing_hash(folder: Path, names: Iterable[str]) -> str:
    """The hash by which an artefact of these files is known: of their names, contents and sizes."""
    return sha256(json_bytes({name: _entry(folder / name) for name in names}))


def _entry(path: Path) -> dict[str, Any]:
    """What a manifest says of a file, which is not held in memory for it."""
    return {"sha256": file_sha256(path), "bytes": path.stat().st_size}


def json_bytes(value: object) -> bytes:
    """A value as JSON with sorted keys: the same value gives the same bytes."""
    return json.dumps(value, sort_keys=True, indent=1, ensure_ascii=False, default=str).encode()


class Lake:
    """Reads and writes tables and artefact folders under one root.

    Args:
        root: local folder (made when missing) or `s3://bucket/prefix`.
        storage_options: fsspec options of the storage, e.g. endpoint and credentials of S3.

    Attributes:
        author: who writes; None where it is no run, and nothing is noted.
    """

    def __init__(self, root: str | Path, storage_options: Mapping[str, Any] | None = None) -> None:
        self.root = str(root).rstrip("/")
        self.is_local = "://" not in self.root
        self.storage_options = dict(storage_options or {})
        self.scheme = storage.scheme_of(self.root)
        if self.scheme not in ("file", "s3"):
            raise ConfigError(f"{self.root}: a lake is a folder or s3://bucket/prefix, got {self.scheme}://")
        self.fs: Any = storage.open_filesystem(self.root, self.storage_options)
        self.author: made.Author | None = None

    # -- bytes ------------------------------------------------------------------------------------------------------

    def write_bytes(self, path: str, data: bytes) -> None:
        """Puts bytes at a full path in one atomic step.

        Raises:
            StorageError: they cannot be written; what was there before stays, and nothing half written is visible.
        """
        try:
            if self.is_local:
                self._write_local(Path(path), data)
            else:
                self.fs.pipe_file(path, data)
        except storage.failures(self.scheme) as error:
            raise storage.storage_error("cannot write", path, error) from error

    def _write_local(self, target: Path, data: bytes) -> None:
        with staged_files.staged(self.staging) as one:
            one.file.write(data)
            one.publish(target)

    @property
    def staging(self) -> Path:
        """Where files are written until they are whole: on the lake's own disk, or on this machine for one on S3."""
        return Path(self.root) if self.is_local else Path(tempfile.gettempdir()) / "demand_planner_staging"

    def publish(self, one: staged_files.StagedFile, path: str) -> None:
        """Puts a file that was staged below `staging` at a full path in one atomic step, whatever its size.

        Raises:
            StorageError: it cannot be written there.
        """
        try:
            if self.is_local:
                one.publish(Path(path))
            else:
                one.file.flush()
                self.fs.put_file(str(one.path), path, chunksize=PART_BYTES, max_concurrency=1)
        except storage.failures(self.scheme) as error:
            raise storage.storage_error("cannot write", path, error) from error

    def upload(self, source: Path, to: str) -> None:
        """Puts a local file's bytes at a full path in one atomic step."""
        try:
            if self.is_local:
                with staged_files.staged(self.staging) as one, source.open("rb") as bytes_:
                    shutil.copyfileobj(bytes_, one.file, COPIED_BYTES)
                    one.publish(Path(to))
            else:
                self.fs.put_file(str(source), to)
        except storage.failures(self.scheme) as error:
            raise storage.storage_error("cannot write", to, error) from error

    def fetch(self, path: str, target: Path) -> None:
        """Copies the file at a full path to a local one, in pieces; ArtefactError when there is none."""
        try:
            storage.fetch(self.fs, self.scheme, path, target)
        except FileNotFoundError:
            raise ArtefactError(f"expected a file at {path}, but there is none") from None

    def remove_abandoned(self) -> None:
        """Removes the halves of files that killed writers have left."""
        staged_files.remove_abandoned(self.staging)

    def read_bytes(self, path: str) -> bytes:
        """Bytes at a full path; ArtefactError when there are none, StorageError when they cannot be read."""
        try:
            return storage.read_bytes(self.fs, self.scheme, path)
        except FileNotFoundError:
            if self.is_local and Path(path).is_symlink():
                away = f"{path} was archived at {Path(path).readlink()}, which cannot be read; mount the archive"
                raise StorageError(f"{away}, and try again") from None
            raise ArtefactError(f"expected a file at {path}, but there is none") from None

    def has_bytes(self, path: str) -> bool:
        """Whether there is a file at a full path; StorageError when that cannot be said."""
        try:  # a link whose archive is away is there: it must not be written anew
            return bool(self.fs.exists(path)) or (self.is_local and Path(path).is_symlink())
        except storage.failures(self.scheme) as error:
            raise storage.storage_error("cannot look at", path, error) from error

    def remove_bytes(self, path: str) -> None:
        """Removes the file at a full path; StorageError when that cannot be done."""
        try:
            self.fs.rm_file(path)
        except storage.failures(self.scheme) as error:
            raise storage.storage_error("cannot remove", path, error) from error

    def written_at(self, path: str) -> datetime:
        """When the file at a full path was written, UTC."""
        try:
            found: datetime = self.fs.modified(path)
        except storage.failures(self.scheme) as error:
            raise storage.storage_error("cannot look at", path, error) from error
        return found.astimezone(UTC)

    def _glob(self, pattern: str) -> Iterable[str]:
        try:
            return list(self.fs.glob(pattern))
        except storage.failures(self.scheme) as error:
            raise storage.storage_error("cannot list", pattern, error) from error

    # -- tables -----------------------------------------------------------------------------------------------------

    def folder(self, table: str, **key: str) -> str:
        """Folder of one partition, e.g. `folder("features", cycle="2017-10-02")`."""
        parts = []
        for name, value in key.items():
            if name not in PARTITION_KEYS:
                raise ValueError(f"unknown partition key {name!r}; expected one of {sorted(PARTITION_KEYS)}")
            parts.append(f"{name}={value}")
        return "/".join([self.root, table, *parts])

    def path(self, table: str, **key: str) -> str:
        """Path of one partition's Parquet file."""
        return f"{self.folder(table, **key)}/part.parquet"

    def write(self, table: str, frame: pl.DataFrame, **key: str) -> WrittenPartition:
        """Makes a frame the current content of a partition; what it replaces is kept under `_versions`."""
        path, data = self.path(table, **key), parquet_bytes(frame)
        digest = sha256(data)
        replaced = self.read_bytes(path) if self.has_bytes(path) else None
        changed = replaced != data
        if changed:
            if replaced is not None:
                self.write_bytes(f"{self.root}/_versions/{table}/{sha256(replaced)}/part.parquet", replaced)
            self.write_bytes(path, data)
        if self.author is not None:
            made.note(self, self.author, table, key, digest, len(frame), len(data))
        return WrittenPartition(path, digest, len(frame), len(data), changed)

    def remove(self, table: str, **key: str) -> None:
        """Leaves a partition without content; what it had is kept under `_versions`. Nothing happens without one."""
        path = self.path(table, **key)
        if not self.has_bytes(path):
            return
        data = self.read_bytes(path)
        self.write_bytes(f"{self.root}/_versions/{table}/{sha256(data)}/part.parquet", data)
        try:
            self.fs.rm_file(path)
        except storage.failures(self.scheme) as error:
            raise storage.storage_error("cannot remove", path, error) from error

    def write_file(self, table: str, made: TableFile, **key: str) -> WrittenPartition:
        """As `write`, for a table that was written to a local file, which stays."""
        path, digest = self.path(table, **key), made.close()
        size = made.path.stat().st_size
        replaced = self._digest_of(path)
        changed = replaced != digest
        if changed:
            if replaced is not None:
                self._copy(path, f"{self.root}/_versions/{table}/{replaced}/part.parquet")
            self.upload(made.path, path)
        return WrittenPartition(path, digest, made.rows, size, changed)

    def _digest_of(self, path: str) -> str | None:
        """SHA-256 of a file, None where there is none."""
        if self.is_local and Path(path).is_file():
            return file_sha256(Path(path))
        return sha256(self.read_bytes(path)) if self.has_bytes(path) else None

    def _copy(self, path: str, to: str) -> None:
        if self.is_local:
            self.upload(Path(path), to)
        else:
            self.write_bytes(to, self.read_bytes(path))

    def exists(self, table: str, **key: str) -> bool:
        """Whether a partition has current content, as a table or as an artefact folder."""
        return self.has_bytes(self.path(table, **key)) or self.has_bytes(f"{self.folder(table, **key)}/manifest.json")

    def read(self, table: str, columns: Iterable[str] | None = None, **key: str) -> pl.DataFrame:
        """Current content of a partition.

        Raises:
            ArtefactError: nothing was written there yet.
        """
        path = self.path(table, **key)
        if not self.has_bytes(path):
            raise ArtefactError(f"table {table} has no partition {key}; materialise the asset {table} for it first")
        return pl.read_parquet(io.BytesIO(self.read_bytes(path)), columns=list(columns) if columns else None)

    def digest(self, table: str, **key: str) -> str:
        """SHA-256 of a table partition's file; ArtefactError when nothing was written there yet."""
        path = self.path(table, **key)
        found = self._digest_of(path)
        if found is None:
            raise ArtefactError(f"expected a file at {path}, but there is none")
        return found

    def stamp(self, table: str, **key: str) -> str | None:
        """What changes whenever a table partition is written, without reading it; None where there is none.

        On disk it is inode, size and time, elsewhere the storage's own tag of the object.
        """
        path = self.path(table, **key)
        try:
            if self.is_local:
                found = Path(path).stat()
                return f"{found.st_ino}-{found.st_size}-{found.st_mtime_ns}"
            info = self.fs.info(path)
        except FileNotFoundError:
            return None
        except storage.failures(self.scheme) as error:
            raise storage.storage_error("cannot look at", path, error) from error
        return f"{info.get('ETag')}-{info['size']}-{info.get('LastModified')}"

    def shape(self, table: str, **key: str) -> tuple[int, pl.Schema]:
        """Rows and columns of a table partition, from the end of its file alone."""
        path = self.path(table, **key)
        source = path if self.is_local else io.BytesIO(self.read_bytes(path))
        lazy = pl.scan_parquet(source, glob=False)
        return lazy.select(pl.len()).collect().item(), lazy.collect_schema()

    def paths(self, table: str, partitions: Iterable[str] | None = None) -> list[str]:
        """Paths of the current partitions of a table, sorted; only the named ones, absent ones left out."""
        if partitions is None:
            found = self._glob(f"{self.root}/{table}/*=*/part.parquet")
            return sorted(path if self.is_local else self.fs.unstrip_protocol(path) for path in found)
        wanted = set(partitions)
        if self.is_local:  # looked up one by one: a listing would grow with all there ever was
            named = (self.path(table, **{key: name}) for name in wanted for key in PARTITION_KEYS)
            return sorted(path for path in named if os.path.lexists(path))
        return [path for path in self.paths(table) if path.rsplit("/", 2)[1].split("=", 1)[1] in wanted]

    def frames(
        self, table: str, partitions: Iterable[str] | None = None, columns: Iterable[str] | None = None
    ) -> Iterator[pl.DataFrame]:
        """The named partitions (default: all) one after another, in partition order; all columns or the named ones."""
        for path in self.paths(table, partitions):
            yield pl.read_parquet(io.BytesIO(self.read_bytes(path)), columns=list(columns) if columns else None)

    def read_all(self, table: str, partitions: Iterable[str] | None = None) -> pl.DataFrame | None:
        """The named partitions (default: all) as one frame, in partition order; None when there are none."""
        frames = list(self.frames(table, partitions))
        return pl.concat(frames, how="vertical") if frames else None

    def partitions(self, table: str) -> list[str]:
        """Partition values of a table or artefact that have current content, sorted."""
        found = {
            path.rsplit("/", 2)[1].split("=", 1)[1]
            for name in ("part.parquet", "manifest.json")
            for path in self._glob(f"{self.root}/{table}/*=*/{name}")
        }
        return sorted(found)

    def tables_of(self, **key: str) -> list[str]:
        """Tables and artefacts that have that partition, sorted."""
        found: set[str] = set()
        for name, value in key.items():
            for file in ("part.parquet", "manifest.json"):
                found |= {path.rsplit("/", 3)[1] for path in self._glob(f"{self.root}/*/{name}={value}/{file}")}
        return sorted(found)

    # -- artefact folders -------------------------------------------------------------------------------------------

    def write_folder(
        self, table: str, source: Path, info: Mapping[str, Any] | None = None, **key: str
    ) -> dict[str, Any]:
        """Publishes a local folder as an artefact: content under `_versions`, then the manifest in one step.

        Returns the manifest: `{"sha256": …, "files": {name: {"sha256": …, "bytes": …}}, "info": …}`; its `sha256`
        depends on names and contents alone.
        """
        files = {str(path.relative_to(source)): path for path in sorted(source.rglob("*")) if path.is_file()}
        listing = {name: _entry(path) for name, path in files.items()}
        digest = sha256(json_bytes(listing))
        version = f"{self.root}/_versions/{table}/{digest}"
        for name, path in files.items():
            # A file that is there is compared, not trusted: writing an artefact again must mend a damaged one.
            if self._digest_of(f"{version}/{name}") != listing[name]["sha256"]:
                self.upload(path, f"{version}/{name}")
        manifest = {"sha256": digest, "files": listing, "info": dict(info or {})}
        self.write_bytes(f"{self.folder(table, **key)}/manifest.json", json_bytes(manifest))
        if self.author is not None:
            made.note(self, self.author, table, key, digest, None, sum(one["bytes"] for one in listing.values()))
        return manifest

    def manifest(self, table: str, **key: str) -> dict[str, Any]:
        """Manifest of an artefact; ArtefactError when it was never written."""
        path = f"{self.folder(table, **key)}/manifest.json"
        if not self.has_bytes(path):
            raise ArtefactError(f"artefact {table} has no partition {key}; materialise the asset {table} for it first")
        try:
            manifest: dict[str, Any] = json.loads(self.read_bytes(path))
            if not (manifest["sha256"] and manifest["files"]):
                raise ValueError("expected a hash and files")
        except (ValueError, KeyError, TypeError):
            raise ArtefactError(f"{table} {key}: {path} is damaged; materialise the asset {table} again") from None
        return manifest

    def open_folder(self, table: str, verify: bool = True, **key: str) -> Path:
        """Local folder with the files of an artefact, fit for memory-mapping.

        On disk it is the version folder itself; from S3 the files are fetched once into a cache named by the hash.

        Raises:
            ArtefactError: never written, incomplete, or a file does not match its hash.
        """
        manifest = self.manifest(table, **key)
        version = f"{self.root}/_versions/{table}/{manifest['sha256']}"
        folder = Path(version) if self.is_local else self._fetched(version, manifest, verify)
        for name, entry in manifest["files"].items():
            path = folder / name
            if not path.is_file():
                raise ArtefactError(f"{table} {key}: file {name} of version {manifest['sha256'][:12]} is missing")
            if verify and file_sha256(path) != entry["sha256"]:
                raise ArtefactError(
                    f"{table} {key}: file {name} was altered after it was written; materialise it again"
                )
        return folder

    def open_version(self, table: str, digest: str) -> Path:
        """Local folder with the files of an artefact by its hash, whether or not it is the current one.

        Raises:
            ArtefactError: there is no such version, or its files are not those it is named after.
        """
        version = f"{self.root}/_versions/{table}/{digest}"
        names = self.files_below(version)
        if not names:
            raise ArtefactError(f"expected version {digest[:12]} of {table} below {self.root}, but there is none")
        listing = {"sha256": digest, "files": dict.fromkeys(names)}
        folder = Path(version) if self.is_local else self._fetched(version, listing, verify=False)
        if not self.is_local and _listing_hash(folder, names) != digest:  # the cache is damaged, or the lake is
            for name in names:
                (folder / name).unlink()
            self._fetched(version, listing, verify=False)
        if _listing_hash(folder, names) != digest:
            raise ArtefactError(
                f"expected version {digest[:12]} of {table} below {self.root}, but its files are not those it was "
                "written with"
            )
        return folder

    def versions(self, table: str) -> list[str]:
        """Hashes of all versions of an artefact that are kept, sorted; one may be half written."""
        return sorted(path.rstrip("/").rsplit("/", 1)[1] for path in self._glob(f"{self.root}/_versions/{table}/*"))

    def files_below(self, folder: str) -> list[str]:
        """Names of all files below a full path, relative to it, sorted."""
        try:
            found = self.fs.find(folder)
        except storage.failures(self.scheme) as error:
            raise storage.storage_error("cannot list", folder, error) from error
        mark = f"/{folder.rsplit('/', 1)[1]}/"
        return sorted(path.split(mark, 1)[1] for path in found)

    def read_version(self, table: str, digest: str, **key: str) -> pl.DataFrame:
        """A partition of a table by the hash of its file, whether current or replaced since.

        Raises:
            ArtefactError: it is neither.
        """
        for path in (self.path(table, **key), f"{self.root}/_versions/{table}/{digest}/part.parquet"):
            if self.has_bytes(path) and sha256(data := self.read_bytes(path)) == digest:
                return pl.read_parquet(io.BytesIO(data))
        raise ArtefactError(f"expected version {digest[:12]} of {table} {key} below {self.root}, but there is none")

    def _fetched(self, version: str, manifest: Mapping[str, Any], verify: bool) -> Path:
        """The cached copy of a version: each file is fetched when it is missing or, with `verify`, damaged.

        A file is put in place whole, so that a process which has the damaged one mapped keeps what it has.
        """
        cache = Path(tempfile.gettempdir()) / "demand_planner_cache" / str(manifest["sha256"])
        cache.mkdir(parents=True, exist_ok=True)
        for name, entry in manifest["files"].items():
            path = cache / name
            if not path.is_file() or (verify and file_sha256(path) != entry["sha256"]):
                with staged_files.staged(cache.parent) as one:
                    self.fetch(f"{version}/{name}", one.path)
                    one.publish(path)
        return cache

    # -- commit records ---------------------------------------------------------------------------------------------

    def commit(self, event: str, identifier: str, record: Mapping[str, Any]) -> None:
        """Writes the record that makes several writes current together. Call it last."""
        self.write_bytes(f"{self.root}/_commits/{event}/{identifier}.json", json_bytes(record))
        records.note_change(self, f"_commits/{event}", identifier)

    def withdraw(self, event: str, identifier: str) -> None:
        """Removes a commit record, before what it covers is replaced; nothing happens when there is none."""
        path = f"{self.root}/_commits/{event}/{identifier}.json"
        if self.has_bytes(path):
            self.fs.rm_file(path)
            records.note_change(self, f"_commits/{event}", identifier)

    def committed(self, event: str) -> dict[str, dict[str, Any]]:
        """Every commit record of an event, by identifier, sorted."""
        return {name: orjson.loads(text) for name, text in records.read_records(self, f"_commits/{event}").items()}

    def commit_of(self, event: str, identifier: str) -> dict[str, Any] | None:
        """One commit record, None when that never happened."""
        path = f"{self.root}/_commits/{event}/{identifier}.json"
        return json.loads(self.read_bytes(path)) if self.has_bytes(path) else None
