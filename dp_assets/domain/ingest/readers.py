"""Reads the useful columns of a file of any format into one frame.

Belongs here: formats, encodings, delimiters, sheets; which rows a file has. Does not belong here: what values mean
(`values.py`, `unify.py`). The functions are given a path and read it; they write nothing but temporary files.

CSV and JSON values come as text, Parquet, Arrow and XLSX values in their own types. Nothing is inferred from a sample:
a value that looks odd in the last row is judged as that row's, not as the file's.
"""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from dp_assets.domain.config import CsvOptions, FileFormat, ProducerConfig
from dp_assets.domain.errors import FileRejectedError
from dp_assets.domain.ingest.detection import ARROW_STREAM_START, BYTE_ORDER_MARK, HEAD_BYTES, detect

if TYPE_CHECKING:
    import duckdb

ROW = "__row_number__"
SURPLUS = "__surplus__"
"""Column of what a CSV row holds behind its last field; null in rows of the right width."""
JSON_FORMATS: tuple[FileFormat, ...] = ("ndjson", "json")
JSON_SAMPLE = 1_000
"""Objects looked at to list a JSON file's keys for people; useful keys are found wherever they stand."""


@dataclass(frozen=True)
class Source:
    """The useful part of one file.

    Attributes:
        frame: row number (ROW, from 1), SURPLUS, and the useful columns that the file has, under their source names.
        columns: every source column → its type as found.
        format: detected or declared format.
    """

    frame: pl.DataFrame
    columns: dict[str, str]
    format: FileFormat

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
        return pl.Series(name or "", [None] * self.rows, dtype=pl.String)


def detect_file(path: Path, producer: ProducerConfig) -> FileFormat:
    """Format of the file at `path`; FileRejectedError when it is none that can be read, or not the declared one."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    return detect(head, producer.format, producer.csv.encoding)


def read_source(path: Path, format_: FileFormat, producer: ProducerConfig, wanted: Collection[str]) -> Source:
    """Reads the wanted source columns of the file at `path`.

    Args:
        path: a local file; its name does not matter.
        format_: from `detect_file`.
        producer: how its files are written.
        wanted: names of source columns; those the file lacks are left out.

    Raises:
        FileRejectedError: the file cannot be read as that format; the message says why.
    """
    import duckdb
    import fastexcel

    reader: Callable[[], tuple[pl.DataFrame, dict[str, str]]] = {
        "csv": lambda: _read_csv(path, producer.csv, wanted),
        "parquet": lambda: _read_scan(pl.scan_parquet(path, glob=False, hive_partitioning=False), wanted),
        "arrow": lambda: _read_arrow(path, wanted),
        "ndjson": lambda: _read_json(path, "newline_delimited", wanted),
        "json": lambda: _read_json(path, "array", wanted),
        "xlsx": lambda: _read_xlsx(path, producer.sheet, wanted),
    }[format_]
    try:
        frame, columns = reader()
    except (
        pl.exceptions.PolarsError,
        duckdb.Error,
        fastexcel.FastExcelError,
        OSError,
        csv.Error,
    ) as error:
        raise FileRejectedError(f"cannot be read as {format_}: {_first_lines(error)}") from error
    except UnicodeError as error:
        raise FileRejectedError(f"is not {producer.csv.encoding} text ({error}); correct `csv.encoding`") from error
    except pl.exceptions.PanicException as error:  # no Exception: damaged files can make Polars' Rust core panic
        raise FileRejectedError(f"cannot be read as {format_}: the file is damaged ({_first_lines(error)})") from error
    if ROW not in frame.columns:
        frame = frame.with_row_index(ROW, offset=1)
    surplus = frame[SURPLUS] if SURPLUS in frame.columns else pl.Series(SURPLUS, [None] * len(frame), dtype=pl.String)
    ordered = frame.select(pl.col(ROW).cast(pl.Int64), surplus, *(name for name in columns if name in set(wanted)))
    return Source(ordered, columns, format_)


def _first_lines(error: BaseException, lines: int = 3, limit: int = 400) -> str:
    text = " ".join(line.strip() for line in str(error).strip().splitlines()[:lines])
    return text if len(text) <= limit else text[:limit] + "…"


# -- CSV --------------------------------------------------------------------------------------------------------------


def _read_csv(path: Path, options: CsvOptions, wanted: Collection[str]) -> tuple[pl.DataFrame, dict[str, str]]:
    with _as_utf8(path, options.encoding) as readable:
        header, data_line = csv_header(readable, options)
        if repeated := sorted({name for name in header if header.count(name) > 1 and name in set(wanted)}):
            raise FileRejectedError(f"expected each useful column once, found {repeated} more than once in {header}")
        names = [f"c{index}" for index in range(len(header))]
        chosen = {name: names[header.index(name)] for name in header if name in set(wanted)}
        frame = _duckdb_frame(
            f"select {', '.join([*chosen.values(), 'surplus'])} from read_csv({_literal(readable)}, "  # noqa: S608
            f"auto_detect=false, header=false, skip={data_line}, delim={_literal(options.delimiter)}, "
            f"quote='\"', escape='\"', columns={_text_columns([*names, 'surplus'])}, "
            "null_padding=true, strict_mode=false, parallel=false)"
        )
    frame = frame.rename({**{short: name for name, short in chosen.items()}, "surplus": SURPLUS})
    return frame, dict.fromkeys((name for name in header if name), "text")


def csv_header(path: Path, options: CsvOptions) -> tuple[list[str], int]:
    """Column names, stripped, and the number of physical lines up to and including the header.

    Raises:
        FileRejectedError: the file ends before its header.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        for _ in range(options.header_row - 1):
            file.readline()
        rows = csv.reader(file, delimiter=options.delimiter)
        header = next(rows, [])
        lines = options.header_row - 1 + rows.line_num
    names = [name.strip() for name in header]
    if not any(names):
        raise FileRejectedError(
            f"expected column names on line {options.header_row}, found none; correct `csv.header_row`"
        )
    return names, lines


@contextmanager
def _as_utf8(path: Path, encoding: str) -> Iterator[Path]:
    """The file itself where it is UTF-8, else a temporary copy that is."""
    is_utf8 = encoding.lower().replace("_", "-") in ("utf-8", "utf8", "utf-8-sig", "ascii", "us-ascii")
    if is_utf8:
        with _readable(path) as readable:
            yield readable
        return
    try:
        text = path.read_bytes().decode(encoding)
    except LookupError as error:
        raise FileRejectedError(f"expected a text encoding that Python knows, got {encoding!r}") from error
    with tempfile.TemporaryDirectory(prefix="demand_planner_") as folder:
        copy = Path(folder) / "text"
        copy.write_bytes(text.encode("utf-8"))
        yield copy


# -- JSON -------------------------------------------------------------------------------------------------------------


def _read_json(path: Path, layout: str, wanted: Collection[str]) -> tuple[pl.DataFrame, dict[str, str]]:
    names = list(dict.fromkeys(wanted))
    with _readable(path) as readable:
        opening = f"read_json({_literal(readable)}, format='{layout}', records='true'"
        frame = _duckdb_frame(
            f"select {', '.join(_quoted(name) for name in names)} from {opening}, columns={_text_columns(names)})"  # noqa: S608
        )
        columns: dict[str, str] = {}
        if len(frame):
            described = _duckdb_frame(
                f"select column_name, column_type from (describe select * from {opening}, "  # noqa: S608
                f"sample_size={JSON_SAMPLE}, maximum_depth=2, map_inference_threshold=-1))"
            )
            columns = {name: str(kind).lower() for name, kind in described.rows()}
    late = {name: "text" for name in names if name not in columns and frame[name].null_count() < len(frame)}
    columns |= late
    return frame.select(name for name in names if name in columns), columns


# -- Parquet and Arrow ------------------------------------------------------------------------------------------------


def _read_arrow(path: Path, wanted: Collection[str]) -> tuple[pl.DataFrame, dict[str, str]]:
    with path.open("rb") as file:
        is_stream = file.read(len(ARROW_STREAM_START)) == ARROW_STREAM_START
    if is_stream:
        return _read_scan(pl.read_ipc_stream(path).lazy(), wanted)
    return _read_scan(pl.scan_ipc(path, glob=False, hive_partitioning=False), wanted)


def _read_scan(scan: pl.LazyFrame, wanted: Collection[str]) -> tuple[pl.DataFrame, dict[str, str]]:
    schema = scan.collect_schema()
    frame = scan.with_row_index(ROW, offset=1).select(ROW, *(name for name in schema if name in set(wanted))).collect()
    return frame, {name: str(dtype).lower() for name, dtype in schema.items()}


# -- XLSX -------------------------------------------------------------------------------------------------------------


def _read_xlsx(path: Path, sheet: str | None, wanted: Collection[str]) -> tuple[pl.DataFrame, dict[str, str]]:
    import fastexcel

    book = fastexcel.read_excel(path.read_bytes())
    if sheet is not None and sheet not in book.sheet_names:
        raise FileRejectedError(
            f"expected a sheet {sheet!r}, found {book.sheet_names}; correct `sheet` of the producer"
        )
    loaded = book.load_sheet(
        sheet if sheet is not None else 0,
        schema_sample_rows=None,
        use_columns=lambda column: column.name.strip() in set(wanted),
    )
    columns = {column.name.strip(): str(column.dtype) for column in loaded.available_columns()}
    frame = pl.DataFrame(loaded)
    frame = frame.rename({name: name.strip() for name in frame.columns})
    empty = pl.all_horizontal(pl.col(frame.columns).is_null()) if frame.columns else pl.lit(True)
    # Formatted but empty cells make sheets longer than their data; rows without any useful value are no rows.
    return frame.with_row_index(ROW, offset=1).filter(~empty), columns


# -- DuckDB -----------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def _database() -> duckdb.DuckDBPyConnection:
    """One in-memory database per process: opening one costs more than reading a small file."""
    import duckdb

    return duckdb.connect(":memory:", config={"threads": 1})


def _duckdb_frame(query: str) -> pl.DataFrame:
    with _database().cursor() as connection:
        table: Any = connection.sql(query).to_arrow_table()
    frame = pl.from_arrow(table)
    if not isinstance(frame, pl.DataFrame):
        raise TypeError(f"expected a table from DuckDB, got {type(frame)}")
    return frame


def _literal(value: Path | str) -> str:
    return "'" + str(value).replace("'", "''") + "'"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text_columns(names: Sequence[str]) -> str:
    return "{" + ", ".join(f"{_literal(name)}: 'VARCHAR'" for name in names) + "}"


@contextmanager
def _readable(path: Path) -> Iterator[Path]:
    """The path, or a temporary copy where DuckDB would stumble: wildcards in its name, a byte order mark in front."""
    with path.open("rb") as file:
        has_mark = file.read(len(BYTE_ORDER_MARK)) == BYTE_ORDER_MARK
    if not has_mark and not set("*?[]") & set(str(path)):
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="demand_planner_") as folder:
        copy = Path(folder) / "source"
        copy.write_bytes(path.read_bytes().removeprefix(BYTE_ORDER_MARK))
        yield copy
