"""XLSX, XLS and ODS: sheets and header rows.

Belongs here: which cells are names and which are rows. Does not belong here: what values mean (`values.py`), workbooks
that would eat all memory (`workbook_sizes.py`). Formulas are never computed: their results as last saved are read.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from dp_assets.domain.errors import FileRejectedError
from dp_assets.domain.ingest.sources import ROW, Table, spelled
from dp_assets.domain.ingest.workbook_sizes import refuse_huge_workbooks
from dp_assets.domain.producer_config import FileFormat, ProducerConfig, ReadLimits, WorkbookOptions
from dp_assets.domain.scratch import scratch_folder

APART_BYTES = 2 * 2**30
APART_SECONDS = 600


@dataclass(frozen=True)
class Sheet:
    """Which cells of a workbook to read.

    Attributes:
        name: of the sheet; the first one when None.
        options: where its column names are.
        limits: what it may cost.
        wanted: names of source columns.
    """

    name: str | None
    options: WorkbookOptions
    limits: ReadLimits
    wanted: frozenset[str]

    @classmethod
    def of(cls, producer: ProducerConfig, wanted: Collection[str]) -> Sheet:
        """The sheet that a producer's workbooks are read from."""
        return cls(producer.sheet, producer.workbook, producer.limits, frozenset(wanted))


def read_workbook(path: Path, format_: FileFormat, sheet: Sheet) -> Table:
    """The wanted columns of one sheet, numbers and dates as such; rows without any useful value are no rows.

    Raises:
        FileRejectedError: no such sheet, a wanted column twice, more cells or columns than can be held.
    """
    if format_ == "xls":
        return read_apart(path, sheet)
    with path.open("rb") as file:
        refuse_huge_workbooks(file, format_, sheet.limits)
    return read_sheet(path, sheet)


def read_sheet(path: Path, sheet: Sheet) -> Table:
    """Reads a sheet in this process; see `read_workbook`."""
    import fastexcel

    book = fastexcel.read_excel(path.read_bytes())
    name, options = _sheet_name(book, sheet), sheet.options
    layout: dict[str, Any] = {"header_row": options.header_row - 1}
    if options.header_rows > 1:
        names = _distinct(_header(book, name, options))
        layout = {"header_row": None, "skip_rows": options.header_row - 1 + options.header_rows, "column_names": names}
    seen: set[str] = set()

    def is_wanted(column: Any) -> bool:
        seen.add(column.name)
        return spelled(column.name, sheet.wanted) in sheet.wanted

    loaded = book.load_sheet(name, schema_sample_rows=None, use_columns=is_wanted, **layout)
    # Asked for all columns, the reader looks through their cells once more; what was selected has its types already.
    selected = loaded.selected_columns
    found = selected if len(selected) == len(seen) else loaded.available_columns()
    columns = {spelled(column.name, sheet.wanted): str(column.dtype) for column in found}
    _check_columns(book, name, sheet, columns)
    frame = pl.DataFrame(loaded)
    frame = frame.rename({column: spelled(column, sheet.wanted) for column in frame.columns})
    filled = pl.any_horizontal(pl.col(frame.columns).is_not_null()) if frame.columns else pl.lit(False)
    # Formatted but empty cells make sheets longer than their data.
    return frame.with_row_index(ROW, offset=1).filter(filled), columns, {"sheet": name}


def _sheet_name(book: Any, sheet: Sheet) -> str:
    names: list[str] = book.sheet_names
    if sheet.name is not None and sheet.name not in names:
        raise FileRejectedError(f"expected a sheet {sheet.name!r}, found {names[:20]}; correct `sheet` of the producer")
    if not names:
        raise FileRejectedError("expected a workbook with a sheet, found none; save it again")
    return sheet.name or names[0]


def _header(book: Any, name: str, options: WorkbookOptions) -> list[str]:
    top = book.load_sheet(
        name, header_row=None, skip_rows=options.header_row - 1, n_rows=options.header_rows, dtypes="string"
    )
    return joined_header(pl.DataFrame(top).rows())


def joined_header(rows: Sequence[Sequence[str | None]]) -> list[str]:
    """Column names from several header rows. A merged cell holds its text in its first column only; an empty cell
    above the last header row therefore stands for the text to its left.

    >>> joined_header([("Item", "Store 1", None), (None, "Qty", "Price")])
    ['Item', 'Store 1 Qty', 'Store 1 Price']
    """
    *above, last = rows or [()]
    filled: list[list[str]] = []
    for row in above:
        texts: list[str] = []
        for text in row:
            texts.append((text or "").strip() or (texts[-1] if texts else ""))
        filled.append(texts)
    parts = zip(*filled, [(text or "").strip() for text in last], strict=True)
    return [" ".join(dict.fromkeys(part for part in column if part)) for column in parts]


def _distinct(names: Sequence[str]) -> list[str]:
    """Names for the reader, which wants each once and none empty; repeated ones get a number."""
    taken: dict[str, None] = {}
    for position, name in enumerate(names):
        free = name or f"__UNNAMED__{position}"
        while free in taken:
            free = f"{free}_1"
        taken[free] = None
    return list(taken)


def _check_columns(book: Any, name: str, sheet: Sheet, columns: Collection[str]) -> None:
    if len(columns) > sheet.limits.max_columns:
        raise FileRejectedError(
            f"expected at most {sheet.limits.max_columns:,} columns, found {len(columns):,}; "
            "correct the file, or raise `limits.max_columns` of the producer"
        )
    # The second `qty` is called `qty_1`: where such a name stands beside a useful one, only the header can tell.
    numbered = {match[1] for column in columns if (match := re.fullmatch(r"(.+?)(?:_\d+)+", column))}
    if not numbered & sheet.wanted:
        return
    header = [spelled(column, sheet.wanted) for column in _header(book, name, sheet.options)]
    if repeated := sorted({column for column in header if column in sheet.wanted and header.count(column) > 1}):
        raise FileRejectedError(f"expected each useful column once, found {repeated} more than once in {header[:50]}")


# -- a process apart --------------------------------------------------------------------------------------------------


def read_apart(path: Path, sheet: Sheet) -> Table:
    """Reads a sheet in a process of its own, with bounded memory and time.

    The reader of the old binary format trusts the sizes that a file claims, and ends the process it runs in when there
    is no such amount of memory. Half a second for starting a process is little for a format that is hardly used.

    Raises:
        FileRejectedError: the process rejected the file, or ended over it.
    """
    with scratch_folder() as folder:
        answer = folder / "answer"
        order = {
            "path": str(path),
            "answer": str(answer),
            "name": sheet.name,
            "options": sheet.options.model_dump(),
            "limits": sheet.limits.model_dump(),
            "wanted": sorted(sheet.wanted),
        }
        code = f"import sys; sys.path[:] = {sys.path!r}; from {__name__} import serve_apart; serve_apart()"
        try:
            done = subprocess.run(
                [sys.executable, "-c", code],
                input=json.dumps(order).encode(),
                capture_output=True,
                timeout=APART_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise FileRejectedError(f"expected to be read within {APART_SECONDS} s, was not; hand in CSV") from error
        if done.returncode:
            raise FileRejectedError("cannot be read as xls: the file is damaged, or too large; hand in XLSX or CSV")
        found = json.loads(done.stdout)
        if "rejected" in found:
            raise FileRejectedError(found["rejected"])
        return pl.read_ipc(answer), found["columns"], found["sniffed"]


def serve_apart() -> None:
    """The other end of `read_apart`: takes an order from standard input, answers on standard output."""
    import resource

    import fastexcel

    order = json.loads(sys.stdin.buffer.read())
    resource.setrlimit(resource.RLIMIT_AS, (APART_BYTES, APART_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    options, limits = WorkbookOptions(**order["options"]), ReadLimits(**order["limits"])
    sheet = Sheet(order["name"], options, limits, frozenset(order["wanted"]))
    try:
        frame, columns, sniffed = read_sheet(Path(order["path"]), sheet)
    except (fastexcel.FastExcelError, pl.exceptions.PolarsError) as error:
        answer: dict[str, object] = {"rejected": f"cannot be read as xls: {' '.join(str(error).split())[:400]}"}
    except FileRejectedError as error:
        answer = {"rejected": str(error)}
    else:
        frame.write_ipc(order["answer"])
        answer = {"columns": columns, "sniffed": sniffed}
    sys.stdout.buffer.write(json.dumps(answer).encode())
