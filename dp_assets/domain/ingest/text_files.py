"""Text files made fit for a parser: UTF-8, without a byte order mark, without endless lines.

Belongs here: what CSV and JSON files have in common. Does not belong here: their fields and objects (`csv_files.py`,
`json_files.py`).
"""

from __future__ import annotations

import codecs
import mmap
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from dp_assets.domain.errors import FileRejectedError
from dp_assets.domain.ingest.detection import BYTE_ORDER_MARK, HEAD_BYTES, is_utf8, require_encoding, text_encoding
from dp_assets.domain.scratch import scratch_folder

CHUNK_BYTES = 2**20


@contextmanager
def as_utf8(path: Path, declared: str | None) -> Iterator[tuple[Path, str]]:
    """A path at which the text can be read as UTF-8, and its encoding: the file itself, or a temporary copy.

    A copy is also made where DuckDB would stumble: over wildcards in the path, a byte order mark in front.
    """
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    encoding = text_encoding(head, declared)
    if not is_utf8(encoding):
        with _copied(path, lambda source, target: _transcode(source, target, encoding)) as copy:
            yield copy, encoding
    elif head.startswith(BYTE_ORDER_MARK):
        with _copied(path, _without_mark) as copy:
            yield copy, encoding
    elif set("*?[]") & set(str(path)):
        with _copied(path, shutil.copyfileobj) as copy:
            yield copy, encoding
    else:
        yield path, encoding


@contextmanager
def without_comments(path: Path, comment: str) -> Iterator[Path]:
    """A path at which the text lacks the lines that start with `comment`."""
    start = comment.encode()

    def drop(source: IO[bytes], target: IO[bytes]) -> None:
        target.writelines(line for line in source if not line.startswith(start))

    if not comment:
        yield path
        return
    with _copied(path, drop) as copy:
        yield copy


def refuse_endless_lines(path: Path, limit: int) -> None:
    """Refuses a text in which no line ends for twice the limit. Looks at one place per `limit` bytes, not at all of it.

    Raises:
        FileRejectedError: the message says where the line is.
    """
    size = path.stat().st_size
    if size <= limit:
        return
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
        for start in range(0, size - limit, limit):
            end = start + limit
            if text.find(b"\n", start, end) < 0 and text.find(b"\r", start, end) < 0:
                raise FileRejectedError(
                    f"expected lines of at most {limit:,} bytes, found a longer one around byte {start:,}; "
                    "correct the file, or raise `limits.max_line_bytes` of the producer"
                )


@contextmanager
def _copied(path: Path, copy: Callable[[IO[bytes], IO[bytes]], object]) -> Iterator[Path]:
    with scratch_folder() as folder:
        target = folder / "text"
        with path.open("rb") as source, target.open("wb") as sink:
            copy(source, sink)
        yield target


def _without_mark(source: IO[bytes], target: IO[bytes]) -> None:
    source.seek(len(BYTE_ORDER_MARK))
    shutil.copyfileobj(source, target)


def _transcode(source: IO[bytes], target: IO[bytes], encoding: str) -> None:
    require_encoding(encoding)
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    while chunk := source.read(CHUNK_BYTES):
        target.write(decoder.decode(chunk).encode("utf-8"))
    target.write(decoder.decode(b"", True).encode("utf-8"))
