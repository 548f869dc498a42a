"""Workbooks that would eat all memory are refused before a reader sees them, and no others are."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import fastexcel
import polars as pl
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from dp_assets.domain.errors import FileRejectedError
from dp_assets.domain.ingest.readers import detect_file, read_source
from dp_assets.domain.ingest.workbook_sizes import (
    MOST_CELLS,
    UNPACKED_BYTES,
    _counted,
    _inflated,
    _ods_cells,
    refuse_huge_workbooks,
)
from dp_assets.domain.producer_config import ReadLimits
from tests.landed import shop_config

SHEET, TEXTS = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"
PLACES = re.compile(rb'(<(?:c|row)) r="[A-Z0-9]+"')


def workbook(rows: int = 2, columns: int = 3, note: str | None = None) -> bytes:
    """A table with a header, numbers in its first column and texts elsewhere."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, ["item", "qty", *(f"c{number}" for number in range(columns - 2))])
        for row in range(1, rows):
            page.write_row(row, 0, [f"A{row % 7}", row, *["text"] * (columns - 2)])
        if note is not None:
            page.write_string(rows - 1, columns - 1, note)
    return out.getvalue()


def rewritten(body: bytes, part: str, change: Callable[[bytes], bytes]) -> bytes:
    """The same workbook with one part changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(body)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for one in old.namelist():
            data = old.read(one)
            new.writestr(one, change(data) if one == part else data)
    return out.getvalue()


def without_places(body: bytes) -> bytes:
    return rewritten(body, SHEET, lambda xml: PLACES.sub(rb"\1", xml))


def with_data(data: bytes) -> bytes:
    return rewritten(workbook(), SHEET, lambda xml: re.sub(rb"(<sheetData>).*(?=</sheetData>)", rb"\1" + data, xml))


def refuse(body: bytes, most_cells: int = MOST_CELLS, format_: str = "xlsx", **limits: float) -> None:
    assert format_ in ("xlsx", "ods")
    refuse_huge_workbooks(io.BytesIO(body), format_, ReadLimits(**limits), most_cells)  # type: ignore[arg-type]


WIDE = b"<c><v>1</v></c>" * 16_384
LAST = b'<row r="1048576"><c><v>1</v></c></row>'
HUGE = {
    "a wide row and a row far down": b"<row>" + WIDE + b"</row>" + LAST,
    "the wide row at the bottom": b'<row r="1048576">' + WIDE + b"</row>",
    "with a prefix": (b"<row>" + WIDE + b"</row>" + LAST).replace(b"<c>", b"<x:c>").replace(b"</c>", b"</x:c>"),
    "rows that are no rows": b"<row>" + b"<c><v>1<row></row></v></c>" * 16_384 + b"</row>" + LAST,
    "the end of a row in a remark": b"<row>" + b"<c><v>1</v></c><!--</row>-->" * 16_384 + b"</row>" + LAST,
    "beside a cell with a place": b'<row><c r="XFC1"/><c><v>1</v></c></row>' + LAST,
    "a place in another order": b'<row><c s="1" r="XFD1"><v>1</v></c></row>' + LAST,
}


@pytest.mark.parametrize("data", HUGE.values(), ids=HUGE.keys())
def test_cells_that_do_not_say_where_they_are_are_counted(data: bytes) -> None:
    data = data.replace(b"<x:c>", b'<x:c xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main">')
    body = with_data(data)
    assert len(body) < 20_000
    with pytest.raises(FileRejectedError, match="in a rectangle of"):
        refuse(body)


@pytest.mark.parametrize(
    "data",
    [
        b'<row><c r="7"><v>1</v></c><c><v>1</v></c></row>',
        b'<row r="-4"><c/></row>' + b"<row/>" * 9_000 + WIDE,
        b"<row><c></row></c>" + b"<row/>" * 9_000 + WIDE,
    ],
)
def test_places_that_no_spreadsheet_writes_are_refused_in_words(data: bytes) -> None:
    with pytest.raises(FileRejectedError, match="save it again"):
        refuse(with_data(data), most_cells=1_000)


@pytest.mark.parametrize("beyond", [150, 250, 300, 500, 1_000, 3_000, 5_000])
@pytest.mark.parametrize("pieces", [1, 2])
def test_a_cell_at_the_very_end_is_seen_however_the_sheet_is_unpacked(pieces: int, beyond: int) -> None:
    far = b'<row><c r="A1"/></row><!--%s--><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    with zipfile.ZipFile(io.BytesIO(with_data(far % b""))) as packed:
        around = len(packed.read(SHEET))
    body = with_data(far % (b"a" * (pieces * UNPACKED_BYTES + beyond - around)))
    with pytest.raises(FileRejectedError, match="in a rectangle of"):
        refuse(body)


@given(
    size=st.sampled_from([0, 1, UNPACKED_BYTES - 1, UNPACKED_BYTES, UNPACKED_BYTES + 1, 3 * UNPACKED_BYTES + 77]),
    more=st.integers(0, 6_000),
    unit=st.sampled_from([b"a", b'<c r="B7"><v>12</v></c>', bytes(range(256))]),
    level=st.sampled_from([1, 6, 9]),
)
@settings(max_examples=60, deadline=None)
def test_every_byte_of_a_member_is_unpacked(size: int, more: int, unit: bytes, level: int) -> None:
    content = (unit * ((size + more) // len(unit) + 1))[: size + more]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as packed:
        packed.writestr("sheet.xml", content)
    with zipfile.ZipFile(out) as packed:
        (member,) = packed.infolist()
    pieces = list(_inflated(out, member))
    assert b"".join(pieces) == content
    assert max(map(len, pieces), default=0) <= UNPACKED_BYTES


def test_a_document_type_hides_nothing() -> None:
    typed = b'<!DOCTYPE worksheet [<!ATTLIST c r CDATA "A1">]><worksheet'
    body = rewritten(
        with_data(HUGE["the wide row at the bottom"]), SHEET, lambda xml: xml.replace(b"<worksheet", typed, 1)
    )
    with pytest.raises(FileRejectedError, match="document type"):
        refuse(body)


def test_a_workbook_without_places_is_read_like_one_with_them(tmp_path: Path) -> None:
    producer = shop_config().producers[0]

    def read(body: bytes) -> pl.DataFrame:
        path = tmp_path / "file"
        path.write_bytes(body)
        return read_source(path, detect_file(path, producer), producer, {"item", "qty", "c7"}).frame

    body = workbook(rows=2_000, columns=30)
    frame = read(without_places(body))
    assert frame.height == 1_999
    assert frame.equals(read(body))


# -- texts ------------------------------------------------------------------------------------------------------------


def grown(body: bytes, characters: int) -> bytes:
    """The same workbook; its shared text `text` is that long."""
    return rewritten(body, TEXTS, lambda xml: xml.replace(b"<t>text</t>", b"<t>" + b"y" * characters + b"</t>"))


def test_a_long_text_in_many_cells_counts_as_often_as_it_is_shown() -> None:
    body = grown(workbook(rows=2_000), 500_000)
    assert len(body) < 40_000
    with pytest.raises(FileRejectedError, match="expected at most"):
        refuse(body)
    refuse(grown(workbook(rows=100), 500_000))


@pytest.mark.parametrize("spelled", [b"<v>+2</v>", b"<v>2 </v>", b"<v>&#48;2</v>", b"<v>2<!-- -->9</v>"])
def test_texts_whose_numbers_are_spelled_oddly_count_as_the_longest(spelled: bytes) -> None:
    cells = b'<row><c t="s">' + spelled + b"</c></row>"
    body = grown(with_data(cells * 2_000), 500_000)
    with pytest.raises(FileRejectedError, match="expected at most"):
        refuse(body)


def test_a_text_with_strange_tags_in_it_is_one_text() -> None:
    def torn(xml: bytes) -> bytes:
        return xml.replace(b"<t>text</t>", b"<t>" + b"<si/>y" * 100_000 + b"</t>")

    with pytest.raises(FileRejectedError, match="expected at most"):
        refuse(rewritten(workbook(rows=2_000), TEXTS, torn))


def test_one_long_note_among_many_cells_is_no_reason_to_refuse() -> None:
    body = workbook(rows=3_000, columns=5, note="n" * 32_000)
    refuse(body)
    refuse(without_places(body))


def test_characters_that_xml_does_not_have_do_not_keep_a_workbook_out() -> None:
    body = workbook(rows=3_000, columns=5, note="n" * 32_000)
    refuse(rewritten(body, TEXTS, lambda xml: xml.replace(b"<t>text</t>", b"<t>te\x0bxt</t>")))


def test_a_repeated_cell_of_an_ods_counts_its_text_as_often() -> None:
    cell = (
        b'<table:table-cell table:number-columns-repeated="1000"><text:p>'
        + b"y" * 1000
        + b"</text:p></table:table-cell>"
    )
    row = b'<table:table-row table:number-rows-repeated="500">' + cell + b"</table:table-row>"
    assert _ods_cells(b"<table:table>" + row + b"</table:table>") == (500_000, 499_999 * (len(cell)))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("content.xml", b"<table:table>" + row + b"</table:table>")
    with pytest.raises(FileRejectedError, match="expected at most"):
        refuse(out.getvalue(), format_="ods")


# -- against the reader -----------------------------------------------------------------------------------------------

PLACED = st.sampled_from([b"", b' r="B%d"', b' r="AA%d"', b' s="0" r="D%d"'])
ROWS = st.lists(st.tuples(st.sampled_from([0, 0, 1, 5]), st.lists(PLACED, max_size=4)), max_size=5)


@settings(deadline=None, max_examples=60)
@given(ROWS)
def test_cells_are_counted_where_the_reader_puts_them(rows: list[tuple[int, list[bytes]]]) -> None:
    number, data = 1, b'<row><c t="s"><v>0</v></c></row>'
    for skipped, cells in rows:
        number += 1 + skipped
        said = b' r="%d"' % number if skipped else b""
        inner = (b"<c" + (cell % number if cell else b"") + b' t="s"><v>1</v></c>' for cell in cells)
        data += b"<row" + said + b">" + b"".join(inner) + b"</row>"
    body = with_data(data)
    with zipfile.ZipFile(io.BytesIO(body)) as packed:
        counter = _counted(io.BytesIO(body), packed.getinfo(SHEET), lengths=[4, 3])
    sheet = fastexcel.read_excel(body).load_sheet(0, header_row=None, dtypes="string")
    assert (counter.last_row, counter.last_column) == (sheet.height, sheet.width)
    assert counter.text == 4 + 3 * sum(len(cells) for _, cells in rows)
