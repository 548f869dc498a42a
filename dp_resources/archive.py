"""The archive of a lake on disk: a folder, best on another disk, with files named after the hash of what they hold.

Belongs here: moving a file of the lake there so that it can be killed at any moment, and reading it back. Does not
belong here: what is moved (`dp_assets/domain/retention.py`), in which order and noted where (`dp_assets/archiving.py`).

    <archive>/<first two letters>/<sha256>        a file as it was, to which a link leads from its place in the lake
    <archive>/<first two letters>/<sha256>.gz     landed bytes, packed; nothing is left in their place
    <lake>/_archived/<path>.json                  where a file went: location, hash, bytes; written before it leaves

Whoever reads a table, an artefact or a replaced content follows the link and notices nothing but the other disk's pace.
Landed bytes are read by one function, which unpacks them, so they need no link. Parquet is packed already.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import shutil
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, cast

from dp_assets.domain.errors import ArtefactError, StorageError
from dp_resources import storage
from dp_resources.lake import Lake, json_bytes
from dp_resources.staged_files import FOLDER, staged

NOTES = "_archived"
PACKED = ".gz"
CHUNK_BYTES = 2**20


@dataclass(frozen=True)
class Archived:
    """Where a file of the lake went.

    Attributes:
        location: full path in the archive.
        sha256: hash of its content, unpacked.
        bytes: size of its content, unpacked.
        archived_at: moment, ISO 8601.
        plan: hash of the plan that moved it.
    """

    location: str
    sha256: str
    bytes: int
    archived_at: str
    plan: str

    @property
    def is_packed(self) -> bool:
        """Whether it must be unpacked to be read."""
        return self.location.endswith(PACKED)


def note_of(lake: Lake, path: str) -> Archived | None:
    """Where the file at a path below the lake's root went; None where it was never archived, as on S3 nothing is: there
    asking would cost a request for each file that is read."""
    if not lake.is_local:
        return None
    try:
        return Archived(**json.loads(lake.read_bytes(_note(lake, path))))
    except ArtefactError:
        return None


def location_of(lake: Lake, path: str) -> str:
    """Where the bytes of a full path of the lake lie: there, or in the archive."""
    if not lake.is_local:
        return path
    if Path(path).is_symlink():
        return str(Path(path).readlink())
    if not Path(path).exists() and (note := note_of(lake, below(lake, path))) is not None:
        return note.location
    return path


def below(lake: Lake, path: str) -> str:
    """A full path of the lake as one below its root."""
    return path.removeprefix(f"{lake.root}/")


def is_kept(lake: Lake, path: str) -> bool:
    """Whether the bytes of a full path can be read, from the lake or from the archive."""
    return lake.has_bytes(path) or (lake.is_local and Path(location_of(lake, path)).is_file())


class Archive:
    """Moves files of a lake on disk to a folder.

    Args:
        lake: whose files.
        root: the archive's folder; made when missing.
    """

    def __init__(self, lake: Lake, root: Path) -> None:
        self.lake, self.root = lake, root

    def move(self, path: str, pack: bool, at: datetime, plan: str) -> Archived:
        """Moves the file at a path below the lake's root: copied, compared, noted, then replaced by a link or removed.

        May be killed at any moment and called again: until the copy is whole and noted, the file stays where it is.

        Raises:
            StorageError: it cannot be copied, its copy is not what it was, or it was written anew meanwhile; the file
                stays where it is.
        """
        source = Path(self.lake.root) / path
        try:
            before = source.stat()
            digest = _sha256_of(source.open("rb"))
            target = self.root / digest[:2] / (f"{digest}{PACKED}" if pack else digest)
            if not self._holds(target, digest):
                self._copy(source, target)
                if not self._holds(target, digest):
                    raise StorageError(f"expected the copy {target} to hold {digest}, but it does not; {path} stays")
            note = Archived(str(target), digest, before.st_size, at.isoformat(), plan)
            self.lake.write_bytes(_note(self.lake, path), json_bytes(asdict(note)))
            if _stamp(source.stat()) != _stamp(before):
                raise StorageError(
                    f"{path} was written anew while it was archived; it stays, and is looked at next time"
                )
            if pack:
                source.unlink()
            else:
                self._link(source, target)
        except StorageError:
            raise
        except OSError as error:
            raise storage.storage_error("cannot archive", str(source), error) from error
        return note

    def _holds(self, target: Path, digest: str) -> bool:
        """Whether a file of the archive is there and holds that content; a damaged one is replaced."""
        if not target.is_file():
            return False
        try:
            return _sha256_of(opened(target)) == digest
        except (gzip.BadGzipFile, EOFError):
            return False

    def _copy(self, source: Path, target: Path) -> None:
        with staged(self.root) as one, source.open("rb") as content:
            if target.name.endswith(PACKED):
                with gzip.GzipFile("", "wb", fileobj=one.file, mtime=0) as packed:
                    shutil.copyfileobj(content, packed, CHUNK_BYTES)
            else:
                shutil.copyfileobj(content, one.file, CHUNK_BYTES)
            one.publish(target)

    def _link(self, source: Path, target: Path) -> None:
        """Puts a link in the place of a file in one step."""
        link = Path(self.lake.root) / FOLDER / f"link-{hashlib.sha256(str(source).encode()).hexdigest()}"
        link.parent.mkdir(parents=True, exist_ok=True)
        link.unlink(missing_ok=True)  # of a process that was killed here
        link.symlink_to(target)
        os.replace(link, source)


def remove(lake: Lake, path: str) -> None:
    """Removes the file at a path below the root of a lake on disk, and folders that it leaves empty; none is no error.

    Raises:
        StorageError: it cannot be removed.
    """
    file = Path(lake.root) / path
    try:
        file.unlink(missing_ok=True)
        for folder in file.parents:
            if folder == Path(lake.root) or not folder.is_dir() or any(folder.iterdir()):
                break
            folder.rmdir()
    except OSError as error:
        raise storage.storage_error("cannot remove", str(file), error) from error


def opened(path: Path) -> IO[bytes]:
    """A file of the archive, unpacked."""
    if path.name.endswith(PACKED):
        return cast(IO[bytes], gzip.open(path))
    return path.open("rb")


def unpack(note: Archived, target: Path) -> None:
    """Writes the content that a note speaks of to a local file, and compares it with its hash.

    Raises:
        StorageError: the archive cannot be read, or holds something else.
    """
    digest = hashlib.sha256()
    try:
        with opened(Path(note.location)) as content, target.open("wb") as file:
            while chunk := content.read(CHUNK_BYTES):
                digest.update(chunk)
                file.write(chunk)
    except (OSError, EOFError) as error:
        raise StorageError(
            f"expected archived bytes {note.sha256} at {note.location}, but they cannot be read: {error}; mount the "
            "archive, and try again"
        ) from error
    if digest.hexdigest() != note.sha256:
        raise StorageError(
            f"expected archived bytes {note.sha256} at {note.location}, but it holds {digest.hexdigest()}; bring the "
            "file back from a backup of the archive"
        )


def _note(lake: Lake, path: str) -> str:
    return f"{lake.root}/{NOTES}/{path}.json"


def _stamp(found: os.stat_result) -> tuple[int, int, int]:
    return found.st_ino, found.st_size, found.st_mtime_ns


def _sha256_of(file: IO[bytes]) -> str:
    digest = hashlib.sha256()
    with file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()
