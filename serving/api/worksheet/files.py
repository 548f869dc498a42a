"""Worksheets as files: CSV and XLSX, written for a spreadsheet and read back from one.

Belongs here: cells as text, both ways. Does not belong here: what rows mean (`service.py`).

No formula is ever evaluated: of a workbook the values count that the spreadsheet kept beside its formulas, and in CSV a
formula is text that is no number. Text that a spreadsheet would take for a formula gets a `'` in front, which is taken
off again when it comes back.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Sequence

from serving.api.problems import BadParameterError

COLUMNS = (
    *("hierarchy", "level", "node", "bucket_start", "published", "override", "locked"),
    *("new_quantity", "reason_code", "comment", "lock", "version"),
)
NEEDED = ("hierarchy", "node", "bucket_start", "new_quantity", "reason_code", "version")
NUMBERS = frozenset({"published", "override"})
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
UNPACKED_BYTES = 64 * 2**20
CSV_TYPE = "text/csv"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Row = dict[str, str]


def guarded(text: str) -> str:
    """Text that no spreadsheet computes.

    >>> guarded("=1+1"), guarded("tea")
    ("'=1+1", 'tea')
    """
    return f"'{text}" if text.startswith(FORMULA) else text


def bare(text: str) -> str:
    """Text as it was before it was guarded."""
    return text[1:] if text[:1] == "'" and text[1:].startswith(FORMULA) else text


def as_csv(rows: Iterable[Sequence[object]]) -> bytes:
    """A worksheet as CSV that spreadsheets know for UTF-8."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    writer.writerows([guarded(one) if isinstance(one, str) else one for one in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def as_xlsx(rows: Iterable[Sequence[object]]) -> bytes:
    """A worksheet as a workbook; the columns to fill in are coloured, the header stays in sight."""
    import xlsxwriter

    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(out, options) as book:
        sheet, head = book.add_worksheet("plan"), book.add_format({"bold": True})
        mine = book.add_format({"bold": True, "bg_color": "#FFF2CC"})
        for at, name in enumerate(COLUMNS):
            sheet.write_string(0, at, name, mine if 7 <= at <= 10 else head)
        for number, row in enumerate(rows, start=1):
            for at, value in enumerate(row):
                if isinstance(value, str):
                    sheet.write_string(number, at, value)
                elif value is not None:
                    sheet.write_number(number, at, value)
        sheet.freeze_panes(1, 4)
        sheet.autofilter(0, 0, 0, len(COLUMNS) - 1)
    return out.getvalue()


def read(body: bytes) -> list[tuple[int, Row]]:
    """Rows of a worksheet with their numbers in the file, the first below the header being 2; empty rows left out.

    Raises:
        BadParameterError: it is neither CSV nor a workbook, is too large unpacked, or lacks a column.
    """
    table = _xlsx(body) if body[:4] == b"PK\x03\x04" else _csv(body)
    header = [one.strip() for one in table[0]] if table else []
    if missing := [one for one in NEEDED if one not in header]:
        raise BadParameterError(f"expected the columns {', '.join(NEEDED)} in row 1, got none called {missing[0]!r}")
    return [
        (
            number,
            dict.fromkeys(header, "") | {name: bare(cell.strip()) for name, cell in zip(header, cells, strict=False)},
        )
        for number, cells in enumerate(table[1:], start=2)
        if any(cell.strip() for cell in cells)
    ]


def _csv(body: bytes) -> list[list[str]]:
    try:
        text = body.decode("utf-8-sig")
        header = text.partition("\n")[0]
        delimiter = max(",;\t", key=header.count)
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise BadParameterError(f"expected CSV in UTF-8, or a workbook (XLSX), got neither: {error}") from error
    if delimiter == ";":  # such spreadsheets write decimal commas
        column = rows[0].index("new_quantity") if "new_quantity" in rows[0] else None
        for row in rows[1:]:
            if column is not None and column < len(row):
                row[column] = row[column].replace(",", ".")
    return rows


def _xlsx(body: bytes) -> list[list[str]]:
    import fastexcel

    try:
        with zipfile.ZipFile(io.BytesIO(body)) as packed:
            size = sum(one.file_size for one in packed.infolist())
        if size > UNPACKED_BYTES:
            raise BadParameterError(f"expected a workbook of at most {UNPACKED_BYTES} bytes unpacked, got {size}")
        sheet = fastexcel.read_excel(body).load_sheet(0, header_row=None, dtypes="string")
        frame = sheet.to_polars()
    except (zipfile.BadZipFile, fastexcel.FastExcelError) as error:
        raise BadParameterError(f"expected a workbook (XLSX), got something else: {error}") from error
    return [[cell or "" for cell in row] for row in frame.iter_rows()]
