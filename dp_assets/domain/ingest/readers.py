"""Reads the useful columns of a file of any format, packed or not, into one frame.

Belongs here: which reader reads what, what its failures mean, several members as one file. Does not belong here: the
formats themselves (`csv_files.py`, `json_files.py`, `columnar_files.py`, `workbooks.py`), what values mean
(`values.py`, `unify.py`). The functions are given a path and read it; they write nothing but temporary files.

CSV and JSON values come as text, Parquet, Arrow and workbook values in their own types. Nothing is inferred from a
sample: a value that looks odd in the last row is judged as that row's, not as the file's.
"""

from __future__ import annotations

import csv
import errno
import struct
import zipfile
import zlib
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import polars as pl

from dp_assets.domain.errors import FileRejectedError
from dp_assets.domain.ingest.archives import Part, head_of, unpacked
from dp_assets.domain.ingest.columnar_files import read_arrow, read_parquet
from dp_assets.domain.ingest.csv_files import open_csv
from dp_assets.domain.ingest.detection import (
    HEAD_BYTES,
    WORKBOOK_FORMATS,
    FileKind,
    agreed,
    compression,
    describe,
    detect,
    starts_as_workbook,
    workbook_format,
)
from dp_assets.domain.ingest.json_files import read_json
from dp_assets.domain.ingest.sources import JSON_FORMATS, ROW, SURPLUS, Reading, Source, Table
from dp_assets.domain.ingest.workbooks import Sheet, read_workbook
from dp_assets.domain.producer_config import FileFormat, ProducerConfig

__all__ = [
    "JSON_FORMATS",
    "ROW",
    "SURPLUS",
    "WORKBOOK_FORMATS",
    "Reading",
    "Source",
    "detect_file",
    "open_source",
    "read_source",
]

DAMAGE = (None, errno.EINVAL)
"""Error numbers of damaged files; others, such as a full disk, say nothing about the file and are no reason to reject
it."""


def detect_file(path: Path, producer: ProducerConfig) -> FileKind:
    """What the file at `path` is; looks at its first bytes only.

    Raises:
        FileRejectedError: it is nothing that can be read, not the declared format, or too large.
    """
    size, most = path.stat().st_size, producer.limits.max_file_bytes
    if size > most:
        raise FileRejectedError(
            f"expected at most {most:,} bytes, found {size:,}; split the file, or raise `limits.max_file_bytes` of the "
            "producer"
        )
    with _rejecting("is a damaged archive"):
        packing = compression(_head(path))
        if packing is None or (packing == "zip" and _is_workbook(path)):
            return FileKind(_format(path, producer))
        head = head_of(path, packing, producer)
        _refuse_nesting(packing, head)
        return FileKind(detect(head, producer.format, producer.csv.encoding), packing)


def read_source(path: Path, kind: FileKind, producer: ProducerConfig, wanted: Collection[str]) -> Source:
    """As `open_source`, the whole file at once."""
    with open_source(path, kind, producer, wanted) as reading:
        return reading.whole()


@contextmanager
def open_source(path: Path, kind: FileKind, producer: ProducerConfig, wanted: Collection[str]) -> Iterator[Reading]:
    """The wanted source columns of the file at `path`: of one text file in chunks, of other files in one.

    Args:
        path: a local file; its name does not matter.
        kind: from `detect_file`.
        producer: how its files are written.
        wanted: names of source columns; those the file lacks are left out.

    Raises:
        FileRejectedError: the file cannot be read as that format; the message says why. Chunks may raise it, too.
    """
    finding = f"cannot be read as {kind}"
    with ExitStack() as stack:
        with _rejecting(finding):
            parts = stack.enter_context(unpacked(path, kind.compression, producer))
            if len(parts) == 1:
                reading = _open_part(stack, parts[0], kind, producer, wanted)
            else:
                # One after the other, so that the text of only one member is open at a time.
                sources = []
                for part in parts:
                    with ExitStack() as of_part:
                        sources.append(_open_part(of_part, part, kind, producer, wanted).whole())
                whole = _as_one(sources, [part.name or "" for part in parts])
                reading = Reading(whole.columns, whole.format, whole.sniffed, whole.is_blank, iter([whole.frame]))
        yield reading


def _open_part(
    stack: ExitStack, part: Part, kind: FileKind, producer: ProducerConfig, wanted: Collection[str]
) -> Reading:
    place = f"{kind.format} (member {part.name!r})" if part.name else kind.format
    finding = f"cannot be read as {place}"
    with _rejecting(finding):
        format_ = kind.format if kind.compression is None else _member_format(part, kind, producer)
        if format_ == "csv":
            frames, columns, sniffed = stack.enter_context(open_csv(part.path, producer.csv, producer.limits, wanted))
            is_blank = False
        else:
            frame, columns, sniffed = _read(part.path, format_, producer, wanted)
            frames, is_blank = iter([frame]), not columns and frame.is_empty()
    useful = [name for name in columns if name in set(wanted)]
    return Reading(columns, format_, sniffed, is_blank, _in_form(frames, useful, finding))


def _in_form(frames: Iterator[pl.DataFrame], useful: Sequence[str], finding: str) -> Iterator[pl.DataFrame]:
    """Chunks with ROW, SURPLUS and the useful columns; what goes wrong as they are read is a reason to reject."""
    rows = 0
    while True:
        with _rejecting(finding):
            frame = next(frames, None)
        if frame is None:
            return
        if ROW not in frame.columns:
            frame = frame.with_row_index(ROW, offset=rows + 1)
        if SURPLUS not in frame.columns:
            frame = frame.with_columns(pl.lit(None, pl.String).alias(SURPLUS))
        rows += len(frame)
        yield frame.select(pl.col(ROW).cast(pl.Int64), SURPLUS, *useful)


def _read(path: Path, format_: FileFormat, producer: ProducerConfig, wanted: Collection[str]) -> Table:
    if format_ == "parquet":
        return read_parquet(path, producer.limits, wanted)
    if format_ == "arrow":
        return read_arrow(path, producer.limits, wanted)
    if format_ in JSON_FORMATS:
        return read_json(path, format_, producer.records, producer.csv.encoding, producer.limits, wanted)
    return read_workbook(path, format_, Sheet.of(producer, wanted))


# -- what a file is ---------------------------------------------------------------------------------------------------


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(HEAD_BYTES)


def _is_workbook(path: Path) -> bool:
    with zipfile.ZipFile(path) as archive:
        return workbook_format(set(archive.namelist()), _head(path)) is not None


def _format(path: Path, producer: ProducerConfig) -> FileFormat:
    """Format of a file that lies open."""
    head = _head(path)
    if compression(head) != "zip":
        return detect(head, producer.format, producer.csv.encoding)
    with zipfile.ZipFile(path) as archive:
        workbook = workbook_format(set(archive.namelist()), head)
    return agreed(_declared_or(workbook, producer), workbook, head)


def _declared_or(found: FileFormat | None, producer: ProducerConfig) -> FileFormat:
    return producer.format if producer.format != "auto" else found or "csv"


def _member_format(part: Part, kind: FileKind, producer: ProducerConfig) -> FileFormat:
    """Format of an unpacked file; all members of an archive must agree on it."""
    head = _head(part.path)
    _refuse_nesting(kind.compression, head)
    format_ = _format(part.path, producer)
    if format_ != kind.format and not (kind.format in WORKBOOK_FORMATS and format_ in WORKBOOK_FORMATS):
        raise FileRejectedError(
            f"expected members of one format, found {format_} behind {kind.format}; set `members` of the producer to "
            "those that hold data"
        )
    return format_


def _refuse_nesting(outer: str | None, head: bytes) -> None:
    if outer is not None and compression(head) is not None and not starts_as_workbook(head):
        raise FileRejectedError(f"expected data inside the {outer} archive, found {describe(head)}; pack it only once")


# -- members ----------------------------------------------------------------------------------------------------------


def _as_one(sources: Sequence[Source], names: Sequence[str]) -> Source:
    """Members of an archive as one file: row numbers run on, a column that a member lacks is empty there."""
    frames, offset = [], 0
    for one in sources:
        frames.append(one.frame.with_columns(pl.col(ROW) + offset))
        offset += int(one.frame[ROW].max() or 0)  # type: ignore[arg-type]
    columns = {name: kind for one in reversed(sources) for name, kind in one.columns.items()}
    members = {name: one.rows for name, one in zip(names, sources, strict=True)}
    frame = pl.concat([_mendable(one, frames) for one in frames], how="diagonal_relaxed")
    return replace(sources[0], frame=frame, columns=columns, sniffed={**sources[0].sniffed, "members": members})


def _mendable(frame: pl.DataFrame, frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """The frame with columns as text whose types differ between members in a way that has no common type."""
    text = {
        name
        for name in frame.columns
        if len({str(one.schema[name]) for one in frames if name in one.columns}) > 1
        and not all(one.schema[name].is_numeric() for one in frames if name in one.columns)
    }
    return frame.with_columns(pl.col(name).cast(pl.String, strict=False) for name in text)


# -- failures ---------------------------------------------------------------------------------------------------------


@contextmanager
def _rejecting(finding: str) -> Iterator[None]:
    """Turns whatever the libraries that read hostile bytes raise into the reason of a quarantine."""
    import duckdb
    import fastexcel

    try:
        yield
    except FileRejectedError:
        raise
    except UnicodeError as error:
        raise FileRejectedError(
            f"is not {getattr(error, 'encoding', 'the expected')} text ({_first_lines(error)}); correct `csv.encoding`"
        ) from error
    except OSError as error:
        if error.errno not in DAMAGE:
            raise
        raise FileRejectedError(f"{finding}: {_first_lines(error)}") from error
    except (
        pl.exceptions.PolarsError,
        duckdb.Error,
        fastexcel.FastExcelError,
        EOFError,
        MemoryError,
        ValueError,
        NotImplementedError,
        csv.Error,
        zipfile.BadZipFile,
        zlib.error,
        struct.error,
    ) as error:
        raise FileRejectedError(f"{finding}: {_first_lines(error)}") from error
    except BaseException as error:
        if not _is_panic(error):
            raise
        raise FileRejectedError(f"{finding}: the file is damaged ({_first_lines(error)})") from error


def _is_panic(error: BaseException) -> bool:
    """Whether a library's Rust core gave up; each such library has a class of its own for that, below no Exception."""
    return type(error).__name__ == "PanicException"


def _first_lines(error: BaseException, lines: int = 3, limit: int = 400) -> str:
    text = " ".join(line.strip() for line in str(error).strip().splitlines()[:lines])
    return text if len(text) <= limit else text[:limit] + "…"
