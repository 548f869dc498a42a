"""The useful part of one file, in the form that all readers give it and all that follows takes it.

Belongs here: the shape of a read file. Does not belong here: reading (`readers.py`), meaning (`unify.py`).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

import polars as pl

from dp_assets.domain.errors import FileRejectedError
from dp_assets.domain.producer_config import FileFormat

ROW = "__row_number__"
SURPLUS = "__surplus__"
"""Column of what a CSV row holds behind its last field; null in rows of the right width."""
JSON_FORMATS: tuple[FileFormat, ...] = ("ndjson", "json")

Table = tuple[pl.DataFrame, dict[str, str], dict[str, object]]
"""What a reader gives: the useful columns (ROW and SURPLUS where it has them), every column → its type as found, and
what it had to find out by itself to read the file."""


@dataclass(frozen=True)
class Source:
    """The useful part of one file.

    Attributes:
        frame: row number (ROW, from 1), SURPLUS, and the useful columns that the file has, under their source names.
        columns: every source column → its type as found.
        format: detected or declared format.
        sniffed: how it was read: encoding, delimiter, members of an archive with their rows.
    """

    frame: pl.DataFrame
    columns: dict[str, str]
    format: FileFormat
    sniffed: Mapping[str, object] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """Data rows."""
        return len(self.frame)

    @property
    def is_blank(self) -> bool:
        """Whether the file is well formed but names no columns, as an empty JSON array does."""
        return not self.columns and self.rows == 0

    def column(self, name: str | None) -> pl.Series:
        """A source column; nulls where the file lacks it."""
        if name is not None and name in self.frame.columns:
            return self.frame[name]
        return pl.Series(name or "", [], dtype=pl.String).clear(self.rows)


@dataclass
class Reading:
    """A file that is being read, chunk by chunk.

    Attributes:
        columns: every source column → its type as found.
        format: detected or declared format.
        sniffed: how it is read.
        is_blank: whether the file is well formed but names no columns.
        rows: data rows read so far.
        is_broken: whether what came next could not be read.
        frames: the chunks to come, as `Source.frame`; at least one, which may be empty.
    """

    columns: dict[str, str]
    format: FileFormat
    sniffed: Mapping[str, object]
    is_blank: bool
    frames: Iterator[pl.DataFrame] = field(repr=False)
    rows: int = 0
    is_broken: bool = False

    def chunks(self) -> Iterator[Source]:
        """The chunks that were not read yet, in the order of the file.

        Raises:
            FileRejectedError: what comes next cannot be read; nothing of the file counts.
        """
        while True:
            try:
                frame = next(self.frames, None)
            except FileRejectedError:
                self.is_broken = True
                raise
            if frame is None:
                return
            self.rows += len(frame)
            yield Source(frame, self.columns, self.format, self.sniffed)

    def whole(self) -> Source:
        """What was not read yet as one source."""
        return Source(pl.concat([one.frame for one in self.chunks()]), self.columns, self.format, self.sniffed)

    def count(self) -> None:
        """Reads to the end, for the number of rows alone."""
        for _ in self.chunks():
            pass


def spelled(name: str, wanted: Collection[str]) -> str:
    """A column name as written by hand or by a spreadsheet: without surrounding blanks, and in the spelling of the
    mapping where both are the same text to Unicode (`ö` may be one code point or two)."""
    bare = name.strip()
    if bare.isascii() or bare in wanted:
        return bare
    composed = unicodedata.normalize("NFC", bare)
    return next((one for one in wanted if unicodedata.normalize("NFC", one) == composed), bare)
