"""Unpacks compressed files and archives into temporary files, within bounds that hold while bytes are still flowing.

Belongs here: gz, bz2, zst and zip, what makes an archive suspicious. Does not belong here: what the unpacked data is
(`detection.py`, `readers.py`). Member names are compared and shown, and never become paths.
"""

from __future__ import annotations

import io
import stat
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any

from dp_assets.domain.errors import FileRejectedError
from dp_assets.domain.ingest.detection import HEAD_BYTES, Compression
from dp_assets.domain.ingest.registration import matches
from dp_assets.domain.producer_config import ProducerConfig, ReadLimits
from dp_assets.domain.scratch import scratch_folder

CHUNK_BYTES = 2**20
GRACE_BYTES = 64 * 2**20
"""Unpacked bytes that nobody minds, whatever the ratio."""
STREAM_CODECS = {"gz": "gzip", "bz2": "bz2", "zst": "zstd"}
READABLE_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2)
ENCRYPTED = 0x1
SYMBOLIC_LINK = stat.S_IFLNK


@dataclass(frozen=True)
class Part:
    """One unpacked file.

    Attributes:
        path: where it lies for the moment.
        name: its name in the archive; None where it was not in one.
    """

    path: Path
    name: str | None = None


class Budget:
    """Bytes that a packed file may still unpack to."""

    def __init__(self, packed: int, limits: ReadLimits) -> None:
        self.limits, self.packed, self.spent = limits, packed, 0
        self.by_ratio = max(GRACE_BYTES, int(limits.max_expansion_ratio * packed))

    @property
    def left(self) -> int:
        """Bytes that may still come."""
        return int(min(self.limits.max_expanded_bytes, self.by_ratio)) - self.spent

    def spend(self, count: int) -> None:
        """Counts unpacked bytes.

        Raises:
            FileRejectedError: there are more than the limits allow.
        """
        self.spent += count
        if self.spent > self.limits.max_expanded_bytes:
            raise FileRejectedError(
                f"expected at most {self.limits.max_expanded_bytes:,} bytes when unpacked, found more; "
                "split the file, or raise `limits.max_expanded_bytes` of the producer"
            )
        if self.spent > self.by_ratio:
            raise FileRejectedError(
                f"expected at most {self.limits.max_expansion_ratio:g} bytes for each of the {self.packed:,} packed "
                f"ones, found more; this may be a zip bomb: if it is not, raise `limits.max_expansion_ratio`"
            )


@contextmanager
def unpacked(path: Path, packing: Compression | None, producer: ProducerConfig) -> Iterator[list[Part]]:
    """The data files that a file holds, each at a path of its own; the file itself where it is not packed.

    Raises:
        FileRejectedError: it unpacks to more than the producer's limits, or is an archive that looks hostile.
    """
    if packing is None:
        yield [Part(path)]
        return
    budget = Budget(path.stat().st_size, producer.limits)
    with scratch_folder() as folder:
        if packing == "zip":
            yield list(_unzipped(path, folder, producer, budget))
        else:
            target = folder / "0"
            with closing(_stream(path, packing)) as source:
                _pour(source, target, budget)
            yield [Part(target)]


def head_of(path: Path, packing: Compression | None, producer: ProducerConfig) -> bytes:
    """The first bytes of a file's data; of its first data file where it is an archive."""
    if packing is None:
        with path.open("rb") as file:
            return file.read(HEAD_BYTES)
    if packing != "zip":
        with closing(_stream(path, packing)) as source:
            return _read(source, HEAD_BYTES)
    with zipfile.ZipFile(path) as archive, archive.open(data_members(archive, producer)[0]) as member:
        return member.read(HEAD_BYTES)


def data_members(archive: zipfile.ZipFile, producer: ProducerConfig) -> Sequence[zipfile.ZipInfo]:
    """The data files of an archive, sorted by name; folders and what macOS adds are none.

    Raises:
        FileRejectedError: a name leads out of the archive or stands twice, a member is a link, is encrypted or packed
            by an unusual method, or there are no data files or too many.
    """
    everything = archive.infolist()
    _refuse_strange_names(everything)
    files = [one for one in everything if not one.is_dir() and not _is_clutter(one.filename)]
    found = sorted((one for one in files if matches(one.filename, producer.members)), key=lambda one: one.filename)
    if not found:
        raise FileRejectedError(
            f"expected data files matching {producer.members!r} in the archive, found "
            f"{[one.filename for one in files][:10]}; correct `members` of the producer"
        )
    if len(found) > producer.limits.max_members:
        raise FileRejectedError(
            f"expected at most {producer.limits.max_members:,} data files in the archive, found {len(found):,}; "
            "split it, or raise `limits.max_members` of the producer"
        )
    for one in found:
        _refuse_unreadable(one)
    return found


def _refuse_strange_names(members: Iterable[zipfile.ZipInfo]) -> None:
    seen: set[str] = set()
    for one in members:
        name = one.filename.replace("\\", "/")
        if name.startswith("/") or ".." in PurePosixPath(name).parts or name[1:2] == ":":
            raise FileRejectedError(f"expected member names inside the archive, found {one.filename!r}; pack it again")
        if name in seen:
            raise FileRejectedError(f"expected each member of the archive once, found {one.filename!r} twice")
        seen.add(name)


def _refuse_unreadable(member: zipfile.ZipInfo) -> None:
    if stat.S_IFMT(member.external_attr >> 16) == SYMBOLIC_LINK:
        raise FileRejectedError(f"expected files in the archive, found the link {member.filename!r}; pack the file")
    if member.flag_bits & ENCRYPTED:
        raise FileRejectedError(f"expected no password, found {member.filename!r} encrypted; hand it in without one")
    if member.compress_type not in READABLE_METHODS:
        raise FileRejectedError(
            f"expected members packed by deflate or bzip2, found method {member.compress_type} in "
            f"{member.filename!r}; pack it again"
        )


def _is_clutter(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return "__MACOSX" in parts or parts[-1].startswith(".")


def _unzipped(path: Path, folder: Path, producer: ProducerConfig, budget: Budget) -> Iterator[Part]:
    with zipfile.ZipFile(path) as archive:
        for number, one in enumerate(data_members(archive, producer)):
            target = folder / str(number)
            with archive.open(one) as source:
                _pour(source, target, budget)
            yield Part(target, one.filename)


def _stream(path: Path, packing: Compression) -> IO[bytes] | Any:
    import pyarrow as pa

    return pa.CompressedInputStream(pa.OSFile(str(path)), STREAM_CODECS[packing])


def _read(source: IO[bytes] | Any, count: int) -> bytes:
    """Up to `count` bytes; streams may give fewer at a time."""
    found = io.BytesIO()
    while (missing := count - found.tell()) > 0 and (chunk := source.read(missing)):
        found.write(chunk)
    return found.getvalue()


def _pour(source: IO[bytes] | Any, target: Path, budget: Budget) -> None:
    with target.open("wb") as file:
        while chunk := source.read(CHUNK_BYTES):
            budget.spend(len(chunk))
            file.write(chunk)
