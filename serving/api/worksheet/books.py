"""Workbooks (XLSX) that came in: the cells of their first sheet, unless those would eat all memory.

Belongs here: what is looked at before a workbook is read. Does not belong here: what cells mean (`files.py`).

The reader holds the whole rectangle around a sheet's content, and every text once per cell that shows it; where there
is no such memory, it ends the process. So everything is counted before, and the reader is handed what was counted,
packed anew: it cannot see anything else in the same bytes.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping

from dp_assets.domain.errors import FileRejectedError
from dp_assets.domain.ingest.workbooks import refuse_huge_workbooks
from dp_assets.domain.producer_config import ReadLimits
from serving.api.overrides.schemas import MOST_NUMBERS
from serving.api.problems import BadParameterError
from serving.api.worksheet.files import MOST_COLUMNS

MOST_CELLS = (MOST_NUMBERS + 1) * MOST_COLUMNS
MOST_TEXT_BYTES = 2**28
"""Of the longest text, were it in every cell that shows a text."""
LIMITS = ReadLimits(max_expanded_bytes=64 * 2**20)
PREFIX = rb"(?:[^\s<>/:]+:)?"
UNPLACED = re.compile(rb"<" + PREFIX + rb"c(?=[\s/>])(?! r=\"[A-Z]{1,3}[0-9]{1,7}\")")
TEXT = re.compile(rb"<" + PREFIX + rb"si(?=[\s/>])")
SHOWS_TEXT = re.compile(rb"\bt\s*=\s*[\"']s[\"']")
DAMAGED = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, ValueError, NotImplementedError, RuntimeError)
Parts = Mapping[str, bytes]


def first_sheet(body: bytes) -> Iterator[list[str]]:
    """Rows of a workbook's first sheet, every cell as text.

    Raises:
        BadParameterError: it is no XLSX, is damaged, or would take too much memory.
    """
    try:
        refuse_huge_workbooks(io.BytesIO(body), "xlsx", LIMITS, MOST_CELLS)
        parts = _parts(body)
    except FileRejectedError as error:
        told = str(error).partition(";")[0]  # what follows is advice for producers
        raise BadParameterError(f"{told}; delete what stands beside the table, or hand in CSV") from error
    except DAMAGED as error:
        raise _no_workbook(error) from error
    _refuse_unplaced_cells(parts)
    _refuse_repeated_texts(parts)
    return rows_of(parts)


def _parts(body: bytes) -> Parts:
    """What XLSX consists of: no pictures, and nothing that other kinds of workbooks keep their cells in."""
    with zipfile.ZipFile(io.BytesIO(body)) as packed:
        named = {one.filename: one for one in packed.infolist()}
        wanted = [name for name in named if name.lower().endswith((".xml", ".rels")) and name.lower() != "content.xml"]
        return {name: packed.read(named[name]) for name in wanted}


def _refuse_unplaced_cells(parts: Parts) -> None:
    """Cells may leave out where they are; then the rectangle around them cannot be known from their places."""
    for name, xml in parts.items():
        if UNPLACED.search(xml):
            raise BadParameterError(
                f"expected every cell to say where it is, as spreadsheets write them, found one in {name!r} that does "
                "not; save it again with a spreadsheet, or hand in CSV"
            )


def _refuse_repeated_texts(parts: Parts) -> None:
    longest = max((len(text) for xml in parts.values() for text in TEXT.split(xml)[1:]), default=0)
    cells = sum(1 for xml in parts.values() for _ in SHOWS_TEXT.finditer(xml))
    if longest * cells > MOST_TEXT_BYTES:
        raise BadParameterError(
            f"expected at most {MOST_TEXT_BYTES // cells:,} bytes in a text where {cells:,} cells show texts, got "
            f"{longest:,}; shorten the longest one, or hand in fewer rows"
        )


def rows_of(parts: Parts) -> Iterator[list[str]]:
    """Rows of the first sheet of the workbook with such parts.

    Raises:
        BadParameterError: it cannot be read.
    """
    import fastexcel

    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        for name, content in parts.items():
            packed.writestr(name, content)
    try:
        book = fastexcel.read_excel(out.getvalue())
        frame = book.load_sheet(0, header_row=None, dtypes="string").to_polars()
    except BaseException as error:
        # A Rust core that gives up raises below no Exception, in a class that each library has for itself.
        if isinstance(error, fastexcel.FastExcelError) or type(error).__name__ == "PanicException":
            raise _no_workbook(error) from error
        raise
    return ([cell or "" for cell in row] for row in frame.iter_rows())


def _no_workbook(error: BaseException) -> BadParameterError:
    told = " ".join(str(error).split())[:200]
    return BadParameterError(f"expected a workbook (XLSX), got something else, or a damaged one: {told}")
