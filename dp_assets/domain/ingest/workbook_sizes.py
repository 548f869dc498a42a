"""Workbooks that would eat all memory: what a reader would hold is counted before it sees them.

Belongs here: unpacked bytes, the rectangle around a sheet's content, and texts that many cells show. Does not belong
here: reading (`workbooks.py`), what other packed files unpack to (`archives.py`).

Readers hold the whole rectangle around a sheet's content, and every text once per cell that shows it; where there is no
such memory, they end the process. A quick look through the unpacked bytes is enough for what programs write. Only
where it is not, cells are counted one by one, as the reader counts them.
"""

from __future__ import annotations

import io
import re
import struct
import sys
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO, cast
from xml.parsers import expat

import numpy as np
import numpy.typing as npt
import polars as pl
from isal import isal_zlib
from numpy.lib.stride_tricks import sliding_window_view

from dp_assets.domain.errors import FileRejectedError
from dp_assets.domain.ingest.archives import ENCRYPTED, Budget
from dp_assets.domain.producer_config import FileFormat, ReadLimits

MOST_CELLS = 80_000_000
"""Cells of the rectangle around a sheet's content, which the reader holds in memory as a whole (some 40 bytes each)."""
NEAR_CELLS = 26 * 999_999
"""As many as there are up to column Z and row 999,999, within which nothing looks far away."""
COLUMNS_BY_LETTERS = {1: 26, 2: 26 + 26**2, 3: 26 + 26**2 + 26**3, 4: sys.maxsize}
PACKED_BYTES, UNPACKED_BYTES = 2**15, 2**18
"""Workbooks are unpacked in pieces that are still in the processor's cache when they are looked through."""
DAMAGED = cast(type[Exception], isal_zlib.error)
LOCAL_HEADER = struct.Struct("<26xHH")
OVERLAP_BYTES = 256
PLACE_BYTES = 13
"""`c r="A1234567`: as much as tells whether a place is far away."""
LONG = 20
"""Characters of a column's or a row's name that are enough to tell that it is too far away."""
CELL = re.compile(rb'[<:]c r="([A-Za-z]*)(\d+)')
SAYS = r"r[ \t\n\r]*=[ \t\n\r]*[\"']"
PLACE = re.compile(r"([A-Za-z]{1,3})([0-9]{1,7})")
SHARED_TEXTS = "xl/sharedstrings.xml"
PLAIN_TEXTS = (
    r"^(?:<\?xml[^<>]*>)?\s*<sst[^<>]*>\s*"
    r"(?:<si>\s*<t(?: xml:space=\"preserve\")?>[^<]*</t>\s*</si>\s*)*</sst>\s*$"
)
"""Shared texts without anything in them; each begins with the same tag."""
MOST_DIGITS = 9
PRINTABLE = bytes(one if one >= ord(" ") or one in b"\t\n\r" else ord("?") for one in range(256))
"""Some programs write characters into texts that XML does not have, and the reader does not mind."""
ODS_TOKEN = re.compile(rb"<table:(table-row|(?:covered-)?table-cell)\b([^>]*?)(/?)>|</table:(table|table-row)>")
ODS_REPEAT = re.compile(rb"number-(?:columns|rows)-repeated\s*=\s*[\"'](\d+)")
Bytes = npt.NDArray[np.uint8]
Places = npt.NDArray[np.intp]


def refuse_huge_workbooks(
    file: IO[bytes], format_: FileFormat, limits: ReadLimits, most_cells: int = MOST_CELLS
) -> None:
    """Refuses a workbook whose sheets unpack to too much, or span a rectangle of cells that no memory holds.

    One cell in the last column of the last row is enough for the latter, and the reader would end the whole process.

    Args:
        file: the workbook, open for reading.
        format_: xlsx or ods.
        limits: bytes that it may unpack to, every cell with a copy of the text that it shows.
        most_cells: cells that the rectangle may have.

    Raises:
        FileRejectedError: it does.
    """
    budget = Budget(file.seek(0, io.SEEK_END), limits)
    with zipfile.ZipFile(file) as archive:
        members = archive.infolist()
    if format_ == "ods":
        _refuse_ods(file, members, budget, most_cells)
    else:
        _refuse_xlsx(file, members, budget, most_cells)


def _refuse_ods(file: IO[bytes], members: Sequence[zipfile.ZipInfo], budget: Budget, most: int) -> None:
    for member in members:
        unpacked = _spent(_inflated(file, member), budget)
        if member.filename == "content.xml":
            cells, repeated = _ods_cells(b"".join(unpacked))
            _refuse_cells(cells, most)
            budget.spend(repeated)
        else:
            sum(0 for _ in unpacked)


def _refuse_xlsx(file: IO[bytes], members: Sequence[zipfile.ZipInfo], budget: Budget, most: int) -> None:
    looks = {member: _look(_spent(_inflated(file, member), budget)) for member in members}
    for member, look in looks.items():
        _refuse_cells(_xlsx_cells(file, member, look, most), most)
    budget.spend(_repeated_text(file, looks, budget.left))


def _refuse_cells(cells: int, most: int) -> None:
    if cells > most:
        raise FileRejectedError(
            f"expected at most {most:,} cells in a sheet, found content in a rectangle of {cells:,}; "
            "delete what stands far away from the data, or hand in CSV"
        )


def _spent(chunks: Iterator[bytes], budget: Budget) -> Iterator[bytes]:
    for chunk in chunks:
        budget.spend(len(chunk))
        yield chunk


def _inflated(file: IO[bytes], member: zipfile.ZipInfo) -> Iterator[bytes]:
    """The unpacked bytes of a member, whatever size its header claims; zlib.error where they are damaged."""
    if member.flag_bits & ENCRYPTED or member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise FileRejectedError(
            f"expected a workbook without a password, found {member.filename!r} packed in an unusual way; save it again"
        )
    file.seek(member.header_offset)
    name, extra = LOCAL_HEADER.unpack(file.read(LOCAL_HEADER.size))
    file.seek(name + extra, io.SEEK_CUR)
    left, inflater = member.compress_size, isal_zlib.decompressobj(-isal_zlib.MAX_WBITS)
    while left > 0 and (packed := file.read(min(PACKED_BYTES, left))):
        left -= len(packed)
        if member.compress_type == zipfile.ZIP_STORED:
            yield packed
            continue
        while True:
            try:
                xml = inflater.decompress(packed, UNPACKED_BYTES)
            except DAMAGED as error:
                raise zlib.error(str(error)) from error
            yield xml
            packed = inflater.unconsumed_tail
            # A full piece may have more behind it though all that was packed is taken in.
            if not packed and len(xml) < UNPACKED_BYTES:
                break


# -- a quick look -----------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Look:
    """What a quick look through a member of an XLSX tells.

    Attributes:
        length: in bytes, or a little more.
        cells: as many as there are, or a few more.
        is_far: whether a cell says that it is behind column Z or below row 999,999.
        is_unplaced: whether a cell says not where it is, or not in the way in which programs do.
    """

    length: int = 0
    cells: int = 0
    is_far: bool = False
    is_unplaced: bool = False

    def add(self, xml: bytes) -> None:
        """Takes in a piece of the member. Cells that begin in its last bytes are left to the next piece."""
        self.length += len(xml)
        text = np.frombuffer(xml, np.uint8)
        at = _cells(text, b":" in xml)
        if not len(at):
            return
        self.cells += len(at)
        says = (text[at] == ord(" ")) & (text[at + 1] == ord("r")) & (text[at + 2] == ord("=")) & (text[at + 3] == 34)
        self.is_unplaced = self.is_unplaced or not bool(says.all())
        self.is_far = self.is_far or _are_far(text, at[says] + 4)


def _look(chunks: Iterator[bytes]) -> Look:
    found = Look()
    for xml in _overlapping(chunks):
        found.add(xml)
    return found


def _overlapping(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Chunks, each with the end of what came before, so that no cell is cut in two, however small the chunks are."""
    end = b""
    for chunk in chunks:
        both = end + chunk
        yield both
        end = both[-OVERLAP_BYTES:]
    yield end + b">" * PLACE_BYTES


def _cells(text: Bytes, with_prefix: bool) -> Places:
    """Where cells begin, with or without a prefix: the places of what follows their name, `c`."""
    last = len(text) - PLACE_BYTES
    if last <= 0:
        return np.empty(0, np.intp)
    begins = text[:last] == ord("<")
    if with_prefix:
        begins |= text[:last] == ord(":")
    begins &= text[1 : last + 1] == ord("c")
    at: Places = np.flatnonzero(begins) + 2
    behind = text[at]
    found: Places = at[(behind <= ord(" ")) | (behind == ord("/")) | (behind == ord(">"))]
    return found


def _are_far(text: Bytes, at: Places) -> bool:
    """Whether one of the places that begin there is behind column Z or below row 999,999."""
    has_letter = _are_letters(text[at])
    if (has_letter & _are_letters(text[at + 1])).any():
        return True
    at = at + has_letter
    long = at[_are_digits(text[at + 6])]
    return bool(_are_digits(sliding_window_view(text, 7)[long]).all(axis=1).any())


def _are_letters(characters: Bytes) -> npt.NDArray[np.bool_]:
    return ((characters | 32) - ord("a")) < 26


def _are_digits(characters: Bytes) -> npt.NDArray[np.bool_]:
    return (characters - ord("0")) < 10


# -- rectangles -------------------------------------------------------------------------------------------------------


def _xlsx_cells(file: IO[bytes], member: zipfile.ZipInfo, look: Look, most: int) -> int:
    """Cells of the rectangle around what a member holds, or some bound on them, as long as they are not too many."""
    if most >= NEAR_CELLS and not look.is_far and not look.is_unplaced:
        return 0
    columns, rows = _bounds(_inflated(file, member))
    if look.is_unplaced:
        # A cell without a place is to the right of the one before, and a row without a number below the one before.
        columns, rows = (
            columns + look.cells,
            rows + sum(xml.count(b"row") for xml in _overlapping(_inflated(file, member))),
        )
    if columns * rows <= most:
        return columns * rows
    return _counted(file, member, most).cells if look.is_unplaced else _placed_cells(_inflated(file, member))


def _bounds(chunks: Iterator[bytes]) -> tuple[int, int]:
    """Bounds on the columns and rows that cells name, from the lengths of these names alone.

    It costs a fifth of reading the sheet, knowing every cell's place as much as reading it.
    """
    letters, digits = 1, 1
    for xml in _overlapping(chunks):
        text = pl.Series([xml.decode("utf-8", "replace")])
        while letters < 4 and text.str.contains(rf"{SAYS}[A-Za-z]{{{letters + 1}}}")[0]:
            letters += 1
        while digits < 7 and text.str.contains(rf"{SAYS}[A-Za-z]*[0-9]{{{digits + 1}}}")[0]:
            digits += 1
    return COLUMNS_BY_LETTERS[letters], 10**digits


def _placed_cells(chunks: Iterator[bytes]) -> int:
    """Cells of the rectangle around a sheet's content, where every cell says where it is."""
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


# -- cell by cell -----------------------------------------------------------------------------------------------------


def _counted(file: IO[bytes], member: zipfile.ZipInfo, most: int = sys.maxsize, lengths: Sequence[int] = ()) -> Counter:
    """Every cell of a member where the reader puts it.

    Args:
        file: the workbook.
        member: one of its sheets.
        most: cells that the rectangle may have.
        lengths: of the shared texts, in bytes.

    Raises:
        FileRejectedError: there are more, or it is no XML as spreadsheets write it.
    """
    counter = Counter(most, lengths)
    _parse(_inflated(file, member), member.filename, counter)
    return counter


def _parse(chunks: Iterator[bytes], name: str, heard: Counter | Lengths) -> None:
    # The reader takes everything for UTF-8, and knows neither what a document type declares nor entities of its own.
    parser = expat.ParserCreate("utf-8")
    parser.StartElementHandler, parser.EndElementHandler = heard.starts, heard.ends
    parser.CharacterDataHandler = heard.says
    parser.StartDoctypeDeclHandler = lambda *_: _refuse_xml(name, "a document type")
    try:
        for chunk in _whole_tags(chunks):
            parser.Parse(chunk.translate(PRINTABLE), False)
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        _refuse_xml(name, str(error), error)


def _whole_tags(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The same bytes, cut in front of tags only: a number that is cut in two would be heard as two."""
    rest = b""
    for chunk in chunks:
        rest += chunk
        if len(rest) >= UNPACKED_BYTES and (cut := rest.rfind(b"<")) > 0:
            yield rest[:cut]
            rest = rest[cut:]
        elif len(rest) > 2**24:  # one text of that length; nothing in it is counted one by one
            yield rest
            rest = b""
    yield rest


def _refuse_xml(name: str, found: str, cause: Exception | None = None) -> None:
    raise FileRejectedError(
        f"expected XML as spreadsheets write it in {name!r}, found {found}; save it again with a spreadsheet"
    ) from cause


class Counter:
    """Hears a sheet's XML: how far its cells reach, and how many bytes of shared texts they show.

    A cell without a place stands to the right of the one before it, a row without a number below the one before it.
    """

    def __init__(self, most: int, lengths: Sequence[int]) -> None:
        self.most, self.lengths, self.longest = most, lengths, max(lengths, default=0)
        self.last_row = self.last_column = self.text = 0
        self._row, self._column, self._inside, self._shows = 1, 1, 0, False
        self._said: list[str] = []

    @property
    def cells(self) -> int:
        """Of the rectangle around all of them."""
        return self.last_row * self.last_column

    def starts(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins. What stands inside of a cell is no cell, and no row."""
        local = name.rpartition(":")[2]
        if self._inside:
            self._inside += local == "c"
        elif local == "row" and "r" in attributes:
            self._row = _row_number(attributes["r"])
        elif local == "c":
            self._inside, self._shows, self._said = 1, attributes.get("t") == "s", []
            self._place(attributes.get("r"))

    def ends(self, name: str) -> None:
        """An element ends."""
        local = name.rpartition(":")[2]
        if local == "c":
            self._inside -= 1
            if self._shows and not self._inside:
                self.text += self._length()
        elif local == "row" and not self._inside:
            self._row, self._column = self._row + 1, 1

    def says(self, text: str) -> None:
        """Text, which may come in pieces."""
        if self._inside and self._shows and not text.isspace():
            self._said.append(text)

    def _place(self, place: str | None) -> None:
        row = self._row
        if place is not None:
            found = PLACE.fullmatch(place)
            if found is None:
                raise FileRejectedError(f"expected places such as B7, found a cell at {place[:LONG]!r}; save it again")
            row, self._column = int(found[2]), _column_number(found[1].encode())
        self.last_row, self.last_column = max(self.last_row, row), max(self.last_column, self._column)
        _refuse_cells(self.cells, self.most)
        self._column += 1

    def _length(self) -> int:
        """Of the text that the cell shows; of the longest one where its number is spelled in an odd way."""
        if len(self._said) == 1 and len(said := self._said[0]) <= MOST_DIGITS and said.isascii() and said.isdigit():
            number = int(said)
            return self.lengths[number] if number < len(self.lengths) else self.longest
        return self.longest


def _row_number(text: str) -> int:
    if not (len(text) <= MOST_DIGITS and text.isascii() and text.isdigit()):
        raise FileRejectedError(f"expected rows with numbers, found row {text[:LONG]!r}; save it again")
    return int(text)


# -- texts ------------------------------------------------------------------------------------------------------------


def _repeated_text(file: IO[bytes], looks: dict[zipfile.ZipInfo, Look], most: int) -> int:
    """Bytes of shared texts in all cells of a sheet, or some bound on them, as long as they are not too many."""
    shared = [member for member in looks if member.filename.replace("\\", "/").lower() == SHARED_TEXTS]
    cells = max((look.cells for look in looks.values()), default=0)
    bound = cells * sum(looks[member].length for member in shared)
    if bound <= most or len(shared) > 1:
        return bound
    lengths = _lengths(file, shared[0])
    longest = max(lengths, default=0)
    if longest * cells <= most:
        return longest * cells
    doubtful = [member for member, look in looks.items() if longest * look.cells > most]
    return max(_counted(file, member, lengths=lengths).text for member in doubtful)


def _lengths(file: IO[bytes], member: zipfile.ZipInfo) -> Sequence[int]:
    """Bytes of each shared text, or a few more."""
    xml = b"".join(_inflated(file, member))
    if pl.Series([xml.decode("utf-8", "replace")]).str.contains(PLAIN_TEXTS)[0]:
        return [len(text) for text in xml.split(b"<si>")[1:]]
    texts = Lengths()
    _parse(iter([xml]), member.filename, texts)
    return texts.found


class Lengths:
    """Hears shared texts: how many bytes each of them has."""

    def __init__(self) -> None:
        self.found: list[int] = []
        self._inside = 0

    def starts(self, name: str, _: dict[str, str]) -> None:
        """An element begins."""
        if name == "si" or name.endswith(":si"):
            self._inside += 1
            if self._inside == 1:
                self.found.append(0)

    def ends(self, name: str) -> None:
        """An element ends."""
        if name == "si" or name.endswith(":si"):
            self._inside -= 1

    def says(self, text: str) -> None:
        """Text, which may come in pieces."""
        if self._inside:
            self.found[-1] += len(text.encode())


# -- ODS --------------------------------------------------------------------------------------------------------------


def _ods_cells(xml: bytes) -> tuple[int, int]:
    """Cells of the largest rectangle around a sheet's content. Empty cells and rows count only in front of others.

    Returns:
        These cells, and the bytes of what is repeated.
    """
    largest = rows = pending_rows = width = cells = pending_cells = repeat = 0
    repeated = copies = begun = 0
    for token in ODS_TOKEN.finditer(xml):
        opened, attributes, closes, ended = token.groups()
        count = int(found[1]) if opened and (found := ODS_REPEAT.search(attributes)) else 1
        repeated, copies, begun = repeated + copies * (token.start() - begun), 0, token.start()
        if opened == b"table-row":
            repeat, cells, pending_cells = count, 0, 0
        elif opened and closes and b"value" not in attributes:
            pending_cells += count
        elif opened:
            cells, pending_cells, copies = cells + pending_cells + count, 0, count * repeat - 1
        if ended == b"table-row" or (opened == b"table-row" and closes):
            rows, pending_rows = (rows + pending_rows + repeat, 0) if cells else (rows, pending_rows + repeat)
            width, cells = max(width, cells), 0
        elif ended == b"table":
            largest, rows, pending_rows, width = max(largest, rows * width), 0, 0, 0
    return max(largest, rows * width), repeated
