"""DuckDB as a parser of text files: one query in, one frame out.

Belongs here: the connection and the quoting of SQL. Does not belong here: which query (`csv_files.py`,
`json_files.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

if TYPE_CHECKING:
    import duckdb


@lru_cache(maxsize=1)
def _database() -> duckdb.DuckDBPyConnection:
    """One in-memory database per process: opening one costs more than reading a small file."""
    import duckdb

    return duckdb.connect(":memory:", config={"threads": 1})


def duckdb_frame(query: str) -> pl.DataFrame:
    """Result of a query, in the order of the file that it reads."""
    import duckdb

    try:
        with _database().cursor() as connection:
            table: Any = connection.sql(query).to_arrow_table()
    except (duckdb.FatalException, duckdb.InternalException):
        _database.cache_clear()  # DuckDB gives up on a database after an error that it takes for its own
        raise
    frame = pl.from_arrow(table)
    if not isinstance(frame, pl.DataFrame):
        raise TypeError(f"expected a table from DuckDB, got {type(frame)}")
    return frame


def literal(value: Path | str) -> str:
    """A SQL string."""
    return "'" + str(value).replace("'", "''") + "'"


def quoted(name: str) -> str:
    """A SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def column_types(names: Sequence[str], kind: str = "VARCHAR") -> str:
    """The `columns` argument of DuckDB's readers, all of one type."""
    return "{" + ", ".join(f"{literal(name)}: {literal(kind)}" for name in names) + "}"
