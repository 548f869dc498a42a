"""Targets of exports: files in a folder or on S3, tables of a PostgreSQL database.

Belongs here: bytes of a table, and putting them where they go in one step. Does not belong here: which rows
(`dp_assets/domain/exports.py`), which targets there are (`demand.yaml`).
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import polars as pl

from dp_assets.domain.errors import ConfigError, StorageError
from dp_assets.domain.spreadsheets import guarded
from dp_resources import staged_files, storage
from dp_resources.database_urls import parse_url, place_of

if TYPE_CHECKING:
    import sqlalchemy as sa

SETTING = "DP_EXPORT_DATABASE_URL"
EXAMPLE = "postgresql+psycopg://user:password@host/database"
CYCLE = "cycle"
"""Column by which rows of a table are replaced."""


def table_bytes(frame: pl.DataFrame, format_: Literal["csv", "parquet"]) -> bytes:
    """A table as a file: the same table gives the same bytes. In CSV, text that looks like a formula is guarded."""
    buffer = io.BytesIO()
    if format_ == "csv":
        guarded(frame).write_csv(buffer)
    else:
        frame.write_parquet(buffer, compression="zstd", statistics=True)
    return buffer.getvalue()


def write_file(root: str, name: str, data: bytes, options: Mapping[str, Any]) -> str:
    """Puts a file below a folder or `s3://` prefix in one step; its path. A file of these bytes is left as it is.

    On disk the file is written below `_staging` of the folder and renamed; S3 shows an object only once it is whole.

    Raises:
        StorageError: it cannot be written; what was there before stays.
    """
    path, scheme = f"{root.rstrip('/')}/{name}", storage.scheme_of(root)
    filesystem = storage.open_filesystem(root, options)
    try:
        if filesystem.exists(path) and storage.read_bytes(filesystem, scheme, path) == data:
            return path
        if scheme == "file":
            staged_files.remove_abandoned(Path(root))
            with staged_files.staged(Path(root)) as one:
                one.file.write(data)
                one.publish(Path(path))
        else:
            filesystem.pipe_file(path, data)
    except StorageError:
        raise
    except storage.failures(scheme) as error:
        raise storage.storage_error("cannot write", path, error) from error
    return path


def replace_rows(url: str, table: str, cycle: date, frame: pl.DataFrame) -> str:
    """Makes a table's rows of a cycle those of a frame, in one transaction; the SHA-256 of the rows.

    The table is made where there is none. Who reads meanwhile sees the former rows.

    Args:
        url: `postgresql+psycopg://user:password@host/database`.
        table: `table` or `schema.table`.
        cycle: whose rows are replaced.
        frame: rows with the column `cycle`.

    Raises:
        ConfigError: the URL is not one of PostgreSQL.
        StorageError: the database does not answer, or refuses; the former rows stay.
    """
    import sqlalchemy as sa

    if parse_url(url, SETTING, EXAMPLE).get_backend_name() != "postgresql":
        raise ConfigError(f"expected {SETTING} to be {EXAMPLE}")
    engine = sa.create_engine(url, hide_parameters=True, poolclass=sa.NullPool, connect_args={"connect_timeout": 10})
    try:
        with engine.begin() as connection:
            _replace(connection, table, cycle, frame)
    except sa.exc.DBAPIError as error:
        raise _refused(engine, table, str(error.orig)) from error
    except _driver_errors() as error:
        raise _refused(engine, table, str(error)) from error
    finally:
        engine.dispose()
    return hashlib.sha256(table_bytes(frame, "csv")).hexdigest()


def _replace(connection: sa.Connection, table: str, cycle: date, frame: pl.DataFrame) -> None:
    import sqlalchemy as sa

    schema, _, name = table.rpartition(".")
    columns = [sa.Column(column, _type(kind)) for column, kind in frame.schema.items()]
    target = sa.Table(name, sa.MetaData(), *columns, schema=schema or None)
    # Two makers of one table, or two writers of one cycle, take turns; readers do not wait.
    connection.execute(sa.text("SELECT pg_advisory_xact_lock(hashtext(:table))"), {"table": f"export {table}"})
    target.create(connection, checkfirst=True)
    connection.execute(target.delete().where(target.c[CYCLE] == cycle))
    prepare = connection.dialect.identifier_preparer
    names = ", ".join(prepare.quote(column) for column in frame.columns)
    place = prepare.format_table(target)
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(f"COPY {place} ({names}) FROM STDIN") as copy:
        for row in frame.iter_rows():
            copy.write_row(row)


def _type(kind: pl.DataType) -> Any:
    import sqlalchemy as sa

    if kind.is_integer():
        return sa.BigInteger()
    if kind.is_float():
        return sa.Float(53)
    return sa.Date() if kind == pl.Date else sa.Text()


def _refused(engine: sa.Engine, table: str, why: str) -> StorageError:
    return StorageError(
        f"cannot write table {table} of {place_of(engine.url)}: {why.strip()}; see that the database answers, and that "
        "its user may make and change that table, whose columns are those of the export"
    )


def _driver_errors() -> tuple[type[Exception], ...]:
    import psycopg

    return (psycopg.Error,)
