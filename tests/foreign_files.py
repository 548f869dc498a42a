"""Files as other people make them, sound and hostile: builders that `tests/landed.py` has no use for."""

from __future__ import annotations

import bz2
import gzip
import io
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa

FIXTURES = Path(__file__).parent / "fixtures"
ROWS = b"item,day,qty\nA1,2017-01-02,1\nB2,2017-01-03,2\nC3,2017-01-10,3\n"
"""Three good rows, the smallest file of the shop."""
ODS_TYPE = "application/vnd.oasis.opendocument.spreadsheet"
ODS_OPENING = (
    '<?xml version="1.0" encoding="UTF-8"?><office:document-content '
    + " ".join(f'xmlns:{one}="urn:oasis:names:tc:opendocument:xmlns:{one}:1.0"' for one in ("office", "table", "text"))
    + '><office:body><office:spreadsheet><table:table table:name="sales">'
)
ODS_ENDING = "</table:table></office:spreadsheet></office:body></office:document-content>"
ODS_MANIFEST = (
    '<?xml version="1.0"?><manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
    f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{ODS_TYPE}"/>'
    '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>'
)


def packed(data: bytes, how: str) -> bytes:
    """Bytes as a gz, bz2 or zst file."""
    if how == "zst":
        compressed: bytes = pa.compress(data, "zstd", asbytes=True)
        return compressed
    return gzip.compress(data, mtime=0) if how == "gz" else bz2.compress(data)


def zipped(members: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Members as a zip archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return buffer.getvalue()


def encrypted(data: bytes) -> bytes:
    """A zip archive whose flags say that its members are encrypted."""
    archive = bytearray(zipped({"a.csv": data}))
    archive[6] |= 1
    archive[archive.index(b"PK\x01\x02") + 8] |= 1
    return bytes(archive)


def linked(target: str) -> bytes:
    """A zip archive that holds a symbolic link."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        link = zipfile.ZipInfo("sales.csv")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, target)
    return buffer.getvalue()


def xlsx(rows: Sequence[Sequence[Any]], name: str = "sales", merged: Sequence[tuple[int, int, int, int]] = ()) -> bytes:
    """Rows as a workbook; None leaves a cell out, text that begins with `=` is a formula without a saved result.

    Args:
        rows: cells from A1 on.
        name: of the sheet.
        merged: first row, first column, last row, last column of merged cells, counted from 0.
    """
    import xlsxwriter

    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"default_date_format": "yyyy-mm-dd"}) as book:
        sheet = book.add_worksheet(name)
        for row, cells in enumerate(rows):
            for column, value in enumerate(cells):
                if value is not None:
                    sheet.write(row, column, value)
        for first_row, first_column, last_row, last_column in merged:
            sheet.merge_range(first_row, first_column, last_row, last_column, rows[first_row][first_column])
    return buffer.getvalue()


def ods(table: str) -> bytes:
    """An OpenDocument spreadsheet around the rows of a table in its own XML."""
    members = {
        "mimetype": ODS_TYPE.encode(),
        "META-INF/manifest.xml": ODS_MANIFEST.encode(),
        "content.xml": (ODS_OPENING + table + ODS_ENDING).encode(),
    }
    return zipped(members, zipfile.ZIP_STORED)


def ods_row(*cells: str, repeated: int = 1) -> str:
    return f'<table:table-row table:number-rows-repeated="{repeated}">{"".join(cells)}</table:table-row>'


def ods_cell(value: str | float | None, repeated: int = 1) -> str:
    """A cell with text, a number, a date (text that begins with `@`) or nothing."""
    times = f' table:number-columns-repeated="{repeated}"'
    if value is None:
        return f"<table:table-cell{times}/>"
    if isinstance(value, str) and value.startswith("@"):
        kind = f'office:value-type="date" office:date-value="{value[1:]}"'
    elif isinstance(value, str):
        kind = 'office:value-type="string"'
    else:
        kind = f'office:value-type="float" office:value="{value}"'
    return f"<table:table-cell {kind}{times}><text:p>{value}</text:p></table:table-cell>"


def ods_sales() -> bytes:
    """Three good rows as LibreOffice writes them: the rest of the sheet is one repeated empty row."""
    header = ods_row(*map(ods_cell, ("item", "day", "qty")))
    rows = [ods_row(ods_cell(item), ods_cell("@2017-01-02"), ods_cell(2)) for item in ("A1", "B2", "C3")]
    return ods(header + "".join(rows) + ods_row(ods_cell(None, 16384), repeated=1_048_572))


def parquet(frame: pl.DataFrame) -> bytes:
    """A frame as Parquet."""
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    return buffer.getvalue()


def arrow_parquet(table: pa.Table) -> bytes:
    """An Arrow table as Parquet, with types that Polars does not write."""
    import pyarrow.parquet

    buffer = io.BytesIO()
    pyarrow.parquet.write_table(table, buffer)
    return buffer.getvalue()


def arrow_stream(frame: pl.DataFrame, compression: Any = "uncompressed") -> bytes:
    """A frame as an Arrow IPC stream."""
    buffer = io.BytesIO()
    frame.write_ipc_stream(buffer, compression=compression)
    return buffer.getvalue()


def arrow_file(frame: pl.DataFrame, compression: Any = "uncompressed") -> bytes:
    """A frame as an Arrow IPC file."""
    buffer = io.BytesIO()
    frame.write_ipc(buffer, compression=compression)
    return buffer.getvalue()
