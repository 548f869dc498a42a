"""CSV, TSV and their relatives: header, delimiter, quoting, fields.

Belongs here: which fields a line has. Does not belong here: encodings (`text_files.py`), what fields mean
(`values.py`).
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from dp_assets.domain.errors import FileRejectedError
from dp_assets.domain.ingest.duckdb_tables import column_types, duckdb_frame, literal
from dp_assets.domain.ingest.plain_csv import is_plain, mapped, parsed, slices
from dp_assets.domain.ingest.sources import SURPLUS, spelled
from dp_assets.domain.ingest.text_files import CHUNK_BYTES, as_utf8, refuse_endless_lines, without_comments
from dp_assets.domain.producer_config import CsvOptions, ReadLimits
from dp_assets.domain.scratch import scratch_folder

DELIMITERS = (",", ";", "\t", "|")
"""Tried where none is declared; among equals the first one wins."""
TAIL_BYTES = 65_536


Frames = Iterator[pl.DataFrame]


@contextmanager
def open_csv(
    path: Path, options: CsvOptions, limits: ReadLimits, wanted: Collection[str]
) -> Iterator[tuple[Frames, dict[str, str], dict[str, object]]]:
    """The wanted columns of a CSV file as text, chunk by chunk and at least one; all columns; what was found out.

    Raises:
        FileRejectedError: no header, too many columns, a wanted column twice, a line or a quoted field without end. The
            latter, like bytes that are no text, may be found as late as with the last chunk.
    """
    with as_utf8(path, options.encoding) as (text, encoding):
        refuse_endless_lines(text, limits.max_line_bytes)
        with without_comments(text, options.comment) as readable:
            delimiter = options.delimiter or sniffed_delimiter(readable, options, wanted)
            header, data_line = csv_header(readable, options, delimiter)
            header = [spelled(name, wanted) for name in header]
            _check_header(header, limits, wanted)
            columns = dict.fromkeys((name for name in header if name), "text")
            frames = _fields(readable, options, delimiter, header, data_line, wanted)
            yield frames, columns, {"encoding": encoding, "delimiter": delimiter}


def sniffed_delimiter(path: Path, options: CsvOptions, wanted: Collection[str]) -> str:
    """The delimiter that splits the header into the most wanted names, and into the most names at all among equals."""

    def found(delimiter: str) -> tuple[int, int]:
        try:
            names = [spelled(name, wanted) for name in csv_header(path, options, delimiter)[0]]
        except (FileRejectedError, csv.Error):
            return 0, 0
        return len(set(names) & set(wanted)), len(names)

    return max(DELIMITERS, key=found)


def csv_header(path: Path, options: CsvOptions, delimiter: str) -> tuple[list[str], int]:
    """Column names, stripped, and the number of physical lines up to and including the header.

    Raises:
        FileRejectedError: the file ends before its header.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        for _ in range(options.header_row - 1):
            file.readline()
        rows = csv.reader(file, **_dialect(options, delimiter))
        header = next(rows, [])
        lines = options.header_row - 1 + rows.line_num
    names = [name.strip() for name in header]
    if not any(names):
        raise FileRejectedError(
            f"expected column names on line {options.header_row}, found none; correct `csv.header_row`"
        )
    return names, lines


def _dialect(options: CsvOptions, delimiter: str) -> dict[str, Any]:
    if not options.quote:
        return {"delimiter": delimiter, "quoting": csv.QUOTE_NONE}
    return {"delimiter": delimiter, "quotechar": options.quote}


def _check_header(header: list[str], limits: ReadLimits, wanted: Collection[str]) -> None:
    if len(header) > limits.max_columns:
        raise FileRejectedError(
            f"expected at most {limits.max_columns:,} columns, found {len(header):,}; "
            "correct the file, or raise `limits.max_columns` of the producer"
        )
    useful = [name for name in header if name in set(wanted)]
    if repeated := sorted({name for name in useful if useful.count(name) > 1}):
        raise FileRejectedError(f"expected each useful column once, found {repeated} more than once in {header[:50]}")


def _fields(
    path: Path, options: CsvOptions, delimiter: str, header: list[str], data_line: int, wanted: Collection[str]
) -> Frames:
    """The wanted fields and SURPLUS: of plain text slice by slice, of other text as a whole."""
    names = [f"c{index}" for index in range(len(header))]
    chosen = {name: names[header.index(name)] for name in header if name in set(wanted)}
    named = {**{short: name for name, short in chosen.items()}, "surplus": SURPLUS}
    csv_text = CsvText(path, options, delimiter, names, data_line, list(chosen.values()))
    with mapped(path) as text:
        if text is not None and is_plain(text, options.quote):
            yield pl.DataFrame(schema=dict.fromkeys(named.values(), pl.String))
            for rows in slices(text, data_line):
                yield csv_text.plain_fields(rows).rename(named)
        else:
            frame = csv_text.fields().rename(named)
            _refuse_endless_quotes(path, options, delimiter, header, frame)
            yield frame


@dataclass(frozen=True)
class CsvText:
    """A CSV text as a parser must know it.

    Attributes:
        path: where it lies, in UTF-8.
        options: how it is quoted.
        delimiter: between fields.
        names: of all fields, as SQL can take them.
        data_line: lines before the first row.
        chosen: fields that are wanted.
    """

    path: Path
    options: CsvOptions
    delimiter: str
    names: Sequence[str]
    data_line: int
    chosen: Sequence[str]

    def query(self, selected: Sequence[str]) -> str:
        """SQL that selects from the fields and `surplus`: what a row holds behind its last field, null for nothing."""
        # Told that lines end in a line feed, DuckDB understands every line ending, mixed ones too; left to itself it
        # loses the first character behind a lone carriage return in some mixtures.
        return (
            f"select {', '.join(selected)} from read_csv({literal(self.path)}, "  # noqa: S608
            f"auto_detect=false, header=false, skip={self.data_line}, delim={literal(self.delimiter)}, "
            f"quote={literal(self.options.quote)}, escape={literal(self.options.quote)}, new_line='\\n', "
            f"columns={column_types([*self.names, 'surplus'])}, null_padding=true, strict_mode=false, parallel=false)"
        )

    def fields(self) -> pl.DataFrame:
        """The chosen fields of every row and `surplus`, whatever the text is like."""
        return duckdb_frame(self.query([*self.chosen, "surplus"]))

    def plain_fields(self, rows: bytes) -> pl.DataFrame:
        """The same of one slice of a plain text."""
        found = parsed(rows, self.delimiter, self.names, self.chosen)
        if found is not None:
            return found
        import duckdb

        with scratch_folder() as folder:
            (folder / "rows").write_bytes(rows)
            try:
                return replace(self, path=folder / "rows", data_line=0).fields()
            except duckdb.Error:
                # Fails in its turn, with the line's number in the file; it keeps nothing of what it reads before.
                duckdb_frame(self.query([f"max({name})" for name in (*self.chosen, "surplus")]))
                raise


def _refuse_endless_quotes(
    path: Path, options: CsvOptions, delimiter: str, header: list[str], frame: pl.DataFrame
) -> None:
    """Refuses a file in which a quoted field runs to the end: it would hold all rows that follow as one text.

    Looks at the last line; only where that is not the last row as read are all quotes counted.
    """
    if not options.quote or frame.is_empty():
        return
    last = next(iter(csv.reader([_last_line(path)], **_dialect(options, delimiter))), [])
    padded = [field or None for field in last] + [None] * len(header)
    row = frame.row(-1, named=True)
    if all(row[name] == padded[header.index(name)] for name in row if name != SURPLUS):
        return
    if sum(chunk.count(options.quote.encode()) for chunk in _chunks(path)) % 2:
        raise FileRejectedError(
            f"expected each quoted field to end, found one that runs from row {len(frame)} to the end of the file; "
            "correct the quotes, or set `csv.quote` of the producer to '' if its files quote nothing"
        )


def _last_line(path: Path) -> str:
    with path.open("rb") as file:
        file.seek(max(path.stat().st_size - TAIL_BYTES, 0))
        lines = file.read().decode("utf-8", "replace").splitlines()
    return next((line for line in reversed(lines) if line.strip()), "")


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk
