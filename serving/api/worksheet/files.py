"""Worksheets as files: CSV and XLSX, written for a spreadsheet and read back from one.

Belongs here: cells as text, both ways. Does not belong here: what rows mean (`service.py`).

No formula is ever evaluated: of a workbook the values count that the spreadsheet kept beside its formulas, and in CSV a
formula is text that is no number. Text that a spreadsheet would take for a formula gets a `'` in front, which is taken
off again when it comes back.
"""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterable, Iterator, Sequence

from dp_assets.domain.spreadsheets import FORMULA_STARTS
from serving.api.overrides.schemas import MOST_NUMBERS
from serving.api.problems import BadParameterError

COLUMNS = (
    *("hierarchy", "level", "node", "bucket_start", "published", "override", "locked"),
    *("new_quantity", "reason_code", "comment", "lock", "version"),
)
NEEDED = ("hierarchy", "node", "bucket_start", "new_quantity", "reason_code", "version")
NUMBERS = frozenset({"published", "override"})
MOST_COLUMNS = 100
CSV_TYPE = "text/csv"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Row = dict[str, str]


def guarded(text: str) -> str:
    """Text that no spreadsheet computes.

    >>> guarded("=1+1"), guarded("tea")
    ("'=1+1", 'tea')
    """
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def bare(text: str) -> str:
    """Text as it was before it was guarded."""
    return text[1:] if text[:1] == "'" and text[1:].startswith(FORMULA_STARTS) else text


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

    Of the columns, those are kept that a worksheet has.

    Raises:
        BadParameterError: it is neither CSV nor a workbook, is too large, or lacks a column.
    """
    table = enumerate(_workbook(body) if body[:4] == b"PK\x03\x04" else _csv(body), start=1)
    columns = _columns([one.strip() for one in next(table, (1, []))[1]])
    found: list[tuple[int, Row]] = []
    for number, cells in table:
        row = {name: bare(cells[at].strip()) if at < len(cells) else "" for name, at in columns.items()}
        if any(row.values()):
            found.append((number, row))
        if len(found) > MOST_NUMBERS:
            raise BadParameterError(f"expected at most {MOST_NUMBERS:,} rows, got more; hand in several worksheets")
    return found


def _columns(header: Sequence[str]) -> dict[str, int]:
    """Name → place of the columns that a worksheet has."""
    if len(header) > MOST_COLUMNS:
        raise BadParameterError(f"expected at most {MOST_COLUMNS} columns in row 1, got {len(header):,}")
    if missing := [one for one in NEEDED if one not in header]:
        raise BadParameterError(f"expected the columns {', '.join(NEEDED)} in row 1, got none called {missing[0]!r}")
    return {name: header.index(name) for name in COLUMNS if name in header}


def _csv(body: bytes) -> Iterator[list[str]]:
    try:
        text = body.decode("utf-8-sig")
        header = text.partition("\n")[0]
        delimiter = max(",;\t", key=header.count)
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        yield from _with_points(rows) if delimiter == ";" else rows
    except (UnicodeDecodeError, csv.Error) as error:
        raise BadParameterError(f"expected CSV in UTF-8, or a workbook (XLSX), got neither: {error}") from error


def _with_points(rows: Iterator[list[str]]) -> Iterator[list[str]]:
    """The same rows; spreadsheets that write semicolons write decimal commas, too."""
    header = next(rows)
    column = header.index("new_quantity") if "new_quantity" in header else sys.maxsize
    yield header
    for row in rows:
        if column < len(row):
            row[column] = row[column].replace(",", ".")
        yield row


def _workbook(body: bytes) -> Iterator[list[str]]:
    from serving.api.worksheet.books import first_sheet  # not needed before the first workbook comes

    return first_sheet(body)
