"""Workbooks (XLSX) that came in: the cells of their first sheet, unless those would eat all memory.

Belongs here: what is looked at before a workbook is read. Does not belong here: what cells mean (`files.py`).

What a reader would hold in memory is counted first (`refuse_huge_workbooks`), and the reader is handed what was
counted, packed anew: it cannot see anything else in the same bytes.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping

from dp_assets.domain.errors import FileRejectedError
from dp_assets.domain.ingest.workbook_sizes import refuse_huge_workbooks
from dp_assets.domain.producer_config import ReadLimits
from serving.api.overrides.schemas import MOST_NUMBERS
from serving.api.problems import BadParameterError
from serving.api.worksheet.files import MOST_COLUMNS

MOST_CELLS = (MOST_NUMBERS + 1) * MOST_COLUMNS
LIMITS = ReadLimits(max_expanded_bytes=64 * 2**20)
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
    return rows_of(parts)


def _parts(body: bytes) -> Parts:
    """What XLSX consists of: no pictures, and nothing that other kinds of workbooks keep their cells in."""
    with zipfile.ZipFile(io.BytesIO(body)) as packed:
        named = {one.filename: one for one in packed.infolist()}
        wanted = [name for name in named if name.lower().endswith((".xml", ".rels")) and name.lower() != "content.xml"]
        return {name: packed.read(named[name]) for name in wanted}


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
