"""XLSX, XLS and ODS: sheets, header rows, and workbooks that would eat all memory.

Belongs here: which cells are names and which are rows. Does not belong here: what values mean (`values.py`). Formulas
are never computed: their results as last saved are what is read.
"""

from __future__ import annotations

import io
import json
import re
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt
import polars as pl
from numpy.lib.stride_tricks import sliding_window_view

from dp_assets.domain.errors import FileRejectedError
from dp_assets.domain.ingest.archives import ENCRYPTED, Budget
from dp_assets.domain.ingest.sources import ROW, Table, spelled
from dp_assets.domain.producer_config import FileFormat, ProducerConfig, ReadLimits, WorkbookOptions
from dp_assets.domain.scratch import scratch_folder

MOST_CELLS = 80_000_000
"""Cells of the rectangle around a sheet's content, which the reader holds in memory as a whole (some 40 bytes each)."""
APART_BYTES = 2 * 2**30
APART_SECONDS = 600
NEAR_CELLS = 26 * 999_999
"""As many as there are up to column Z and row 999,999, within which nothing looks far away."""
COLUMNS_BY_LETTERS = {1: 26, 2: 26 + 26**2, 3: 26 + 26**2 + 26**3, 4: sys.maxsize}
PACKED_BYTES, UNPACKED_BYTES = 2**15, 2**18
"""Workbooks are unpacked in pieces that are still in the processor's cache when they are looked through."""
LOCAL_HEADER = struct.Struct("<26xHH")
OVERLAP_BYTES = 256
ODD_SPELLINGS = sorted(
    {f"r{gap}={quote}" for gap in ("", *" \t\n\r") for quote in "\"' \t\n\r"} - {'r="'}
    | {f"{gap}r=" for gap in "\t\n\r"}
)
"""How XML may spell a cell's place, and no program does."""
OTHER_BLANKS = (b"\t", b"\n", b"\r")
PLACE_BYTES = 12
"""` r="A1234567`: as much as tells whether a place is far away."""
LONG = 20
"""Characters of a column's or a row's name that are enough to tell that it is too far away."""
CELL = re.compile(rb"\br\s*=\s*[\"']([A-Za-z]*)(\d+)")
ODS_TOKEN = re.compile(rb"<table:(table-row|(?:covered-)?table-cell)\b([^>]*?)(/?)>|</table:(table|table-row)>")
Bytes = npt.NDArray[np.uint8]
ODS_REPEAT = re.compile(rb"number-(?:columns|rows)-repeated\s*=\s*[\"'](\d+)")


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


# -- size -------------------------------------------------------------------------------------------------------------


def refuse_huge_workbooks(
    file: IO[bytes], format_: FileFormat, limits: ReadLimits, most_cells: int = MOST_CELLS
) -> None:
    """Refuses a workbook whose sheets unpack to too much, or span a rectangle of cells that no memory holds.

    One cell in the last column of the last row is enough for the latter, and the reader would end the whole process.

    Args:
        file: the workbook, open for reading.
        format_: xlsx or ods.
        limits: bytes that it may unpack to.
        most_cells: cells that the rectangle may have.

    Raises:
        FileRejectedError: it does.
    """
    budget = Budget(file.seek(0, io.SEEK_END), limits)
    with zipfile.ZipFile(file) as archive:
        for member in archive.infolist():
            cells = _cells(file, member, format_, budget, most_cells)
            if cells > most_cells:
                raise FileRejectedError(
                    f"expected at most {most_cells:,} cells in a sheet, found content in a rectangle of {cells:,}; "
                    "delete what stands far away from the data, or hand in CSV"
                )


def _cells(file: IO[bytes], member: zipfile.ZipInfo, format_: FileFormat, budget: Budget, most: int) -> int:
    """Cells of the rectangle around what a member holds, or some bound on them, as long as they are not too many."""
    unpacked = _spent(_inflated(file, member), budget)
    if format_ == "ods":
        return _ods_cells(b"".join(unpacked)) if member.filename == "content.xml" else sum(0 for _ in unpacked)
    looks = [_looks_far(xml) for xml in _overlapping(unpacked)]
    if most >= NEAR_CELLS and not any(looks):
        return 0
    cells = _most_cells(_inflated(file, member))
    return _xlsx_cells(_inflated(file, member)) if cells > most else cells


def _spent(chunks: Iterator[bytes], budget: Budget) -> Iterator[bytes]:
    for chunk in chunks:
        budget.spend(len(chunk))
        yield chunk


def _inflated(file: IO[bytes], member: zipfile.ZipInfo) -> Iterator[bytes]:
    """The unpacked bytes of a member, whatever size its header claims."""
    if member.flag_bits & ENCRYPTED or member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise FileRejectedError(
            f"expected a workbook without a password, found {member.filename!r} packed in an unusual way; save it again"
        )
    file.seek(member.header_offset)
    name, extra = LOCAL_HEADER.unpack(file.read(LOCAL_HEADER.size))
    file.seek(name + extra, io.SEEK_CUR)
    left, inflater = member.compress_size, zlib.decompressobj(-zlib.MAX_WBITS)
    while left > 0 and (packed := file.read(min(PACKED_BYTES, left))):
        left -= len(packed)
        if member.compress_type == zipfile.ZIP_STORED:
            yield packed
            continue
        while packed:
            yield inflater.decompress(packed, UNPACKED_BYTES)
            packed = inflater.unconsumed_tail


def _overlapping(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Chunks, each with the end of what came before, so that no cell is cut in two, however small the chunks are."""
    end = b""
    for chunk in chunks:
        both = end + chunk
        yield both
        end = both[-OVERLAP_BYTES:]
    yield end + b">" * PLACE_BYTES


def _looks_far(xml: bytes) -> bool:
    """Whether a cell's place in some XML is behind column Z, below row 999,999, or spelled oddly.

    It may say so of what is none of it, too. Places that begin in the last bytes are left to the next chunk.
    """
    if any(blank in xml and blank + b"r" in xml for blank in OTHER_BLANKS):
        return True
    text = np.frombuffer(xml, np.uint8)
    if len(text) < PLACE_BYTES:
        return False
    begins = text[: 1 - PLACE_BYTES] == ord(" ")
    begins &= text[1 : 2 - PLACE_BYTES] == ord("r")
    at = np.flatnonzero(begins)
    equals = text[at + 2]
    if (equals <= ord(" ")).any():
        return True
    at = at[equals == ord("=")]
    has_letter = _are_letters(text[at + 4])
    if (text[at + 3] != ord('"')).any() or (has_letter & _are_letters(text[at + 5])).any():
        return True
    at = at + has_letter
    long = at[_are_digits(text[at + 10])]  # with a digit where the seventh of a row's number stands
    return bool(_are_digits(sliding_window_view(text, 7)[long + 4]).all(axis=1).any())


def _are_letters(characters: Bytes) -> npt.NDArray[np.bool_]:
    return ((characters | 32) - ord("a")) < 26


def _are_digits(characters: Bytes) -> npt.NDArray[np.bool_]:
    return (characters - ord("0")) < 10


def _most_cells(chunks: Iterator[bytes]) -> int:
    """A bound on the cells of the rectangle around a sheet's content, from the lengths of column and row names alone.

    It costs a fifth of reading the sheet, knowing every cell's place as much as reading it.
    """
    letters, digits, is_odd = 1, 1, False
    for xml in _overlapping(chunks):
        text = pl.Series([xml.decode("utf-8", "replace")])
        is_odd = is_odd or bool(text.str.contains_any(ODD_SPELLINGS)[0])
        while letters < 4 and text.str.contains(rf' r="[A-Za-z]{{{letters + 1}}}')[0]:
            letters += 1
        while digits < 7 and text.str.contains(rf' r="[A-Za-z]*[0-9]{{{digits + 1}}}')[0]:
            digits += 1
    return sys.maxsize if is_odd else int(COLUMNS_BY_LETTERS[letters] * 10**digits)


def _xlsx_cells(chunks: Iterator[bytes]) -> int:
    """Cells of the rectangle around a sheet's content."""
    last_row = last_column = 0
    for xml in _overlapping(chunks):
        places = set(CELL.findall(xml))
        last_row = max([last_row, *(int(row[:LONG]) for _, row in places)])
        last_column = max([last_column, *(_column_number(one) for one in {letters[:LONG] for letters, _ in places})])
    return last_row * last_column


def _column_number(letters: bytes) -> int:
    """
    >>> _column_number(b"A"), _column_number(b"AA"), _column_number(b"XFD")
    (1, 27, 16384)
    """
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - ord("A") + 1
    return number


def _ods_cells(xml: bytes) -> int:
    """Cells of the largest rectangle around a sheet's content. Empty cells and rows count only in front of others."""
    largest = rows = pending_rows = width = cells = pending_cells = repeat = 0
    for token in ODS_TOKEN.finditer(xml):
        opened, attributes, closes, ended = token.groups()
        count = int(found[1]) if opened and (found := ODS_REPEAT.search(attributes)) else 1
        if opened == b"table-row":
            repeat, cells, pending_cells = count, 0, 0
        elif opened and closes and b"value" not in attributes:
            pending_cells += count
        elif opened:
            cells, pending_cells = cells + pending_cells + count, 0
        if ended == b"table-row" or (opened == b"table-row" and closes):
            rows, pending_rows = (rows + pending_rows + repeat, 0) if cells else (rows, pending_rows + repeat)
            width, cells = max(width, cells), 0
        elif ended == b"table":
            largest, rows, pending_rows, width = max(largest, rows * width), 0, 0, 0
    return max(largest, rows * width)
