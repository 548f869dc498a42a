"""Worksheets that would eat all memory are refused, in words, before anything is read into it."""

from __future__ import annotations

import io
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable

import pytest
import xlsxwriter

from serving.api.overrides.schemas import MOST_NUMBERS
from serving.api.problems import BadParameterError
from serving.api.worksheet.books import rows_of
from serving.api.worksheet.files import COLUMNS, read

pytestmark = pytest.mark.slow

READ = """
import resource, sys
from serving.api.problems import ProblemError
from serving.api.worksheet.files import read
body = sys.stdin.buffer.read()
resource.setrlimit(resource.RLIMIT_AS, (3 * 2**30,) * 2)
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
try:
    print("read", len(read(body)))
except ProblemError as error:
    print(error.detail)
with open("/proc/self/status") as status:
    print(next(int(line.split()[1]) // 1024 for line in status if line.startswith("VmHWM")))
"""
MOST_MIB = 300
CELL = re.compile(rb'<c r="B2"[^>]*>')


def read_apart(body: bytes) -> str:
    """What a process of its own says of a worksheet; it has to survive that, in little memory."""
    done = subprocess.run([sys.executable, "-c", READ], input=body, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr[-500:]
    said, peak = done.stdout.decode().splitlines()
    assert int(peak) < MOST_MIB, (peak, said)
    return said


def workbook(rows: int = 2, **cells: str) -> bytes:
    """A workbook with the columns of a worksheet, and texts at places such as `XFD9`."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, COLUMNS)
        for row in range(1, rows):
            page.write_row(row, 0, ["text"] * len(COLUMNS))
        for place, text in cells.items():
            page.write_string(place, text)
    return out.getvalue()


def rewritten(body: bytes, part: str, change: Callable[[bytes], bytes]) -> bytes:
    """The same workbook with one part changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(body)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for one in old.namelist():
            data = old.read(one)
            new.writestr(one, change(data) if one == part else data)
    return out.getvalue()


SHEET, TEXTS = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"


@pytest.mark.parametrize("place", ["XFD1048576", "L1048576", "XFD20"])
def test_a_workbook_with_a_cell_far_away_is_refused(place: str) -> None:
    body = workbook(**{place: "x"})
    assert len(body) < 10_000
    assert re.match("expected at most", read_apart(body))


def test_cells_that_do_not_say_where_they_are_are_counted() -> None:
    wide = b"<row>" + b"<c><v>1</v></c>" * 16_384 + b"</row></sheetData>"
    body = workbook(A150000="x")
    assert "rectangle" in read_apart(rewritten(body, SHEET, lambda xml: xml.replace(b"</sheetData>", wide)))


def test_a_worksheet_whose_cells_do_not_say_where_they_are_is_read_like_any_other() -> None:
    body = workbook(rows=300)
    plain = rewritten(body, SHEET, lambda xml: re.sub(rb'(<(?:c|row)) r="[A-Z0-9]+"', rb"\1", xml))
    assert plain != body
    assert read(plain) == read(body)


def test_a_workbook_that_lies_about_its_sizes_is_refused_by_what_it_unpacks_to() -> None:
    body = bytearray(rewritten(workbook(), TEXTS, lambda _: b" " * (80 * 2**20)))
    size = (80 * 2**20).to_bytes(4, "little")
    assert body.count(size) == 2
    body = body.replace(size, (100).to_bytes(4, "little"))
    assert "unpacked" in read_apart(bytes(body))


def test_one_long_text_in_many_cells_is_refused() -> None:
    def grown(xml: bytes) -> bytes:
        return xml.replace(b"<t>text</t>", b"<t>" + b"y" * 500_000 + b"</t>")

    assert "unpacked" in read_apart(rewritten(workbook(rows=2_000), TEXTS, grown))


@pytest.mark.parametrize("place", ["ZZZZZZZ2", "A4294967295", "A0", "2B"])
def test_what_no_spreadsheet_writes_ends_in_words_and_not_in_a_crash(place: str) -> None:
    odd = f'<c r="{place}" t="s">'.encode()
    assert "expected" in read_apart(rewritten(workbook(), SHEET, lambda xml: CELL.sub(odd, xml)))


def test_a_reader_that_gives_up_says_so_in_words() -> None:
    with zipfile.ZipFile(io.BytesIO(workbook())) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    parts[SHEET] = CELL.sub(b'<c r="ZZZZZZ4294967295" t="s">', parts[SHEET])
    with pytest.raises(BadParameterError, match="damaged"):
        rows_of(parts)


def test_only_xlsx_is_a_workbook() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        packed.writestr("content.xml", "<office:document-content/>")
    with pytest.raises(BadParameterError, match="XLSX"):
        read(out.getvalue())


def test_a_table_with_more_columns_than_any_worksheet_is_refused() -> None:
    extra = [f"note{number}" for number in range(500_000)]
    wide = ",".join([*COLUMNS, *extra]) + "\n" + ("," * (len(COLUMNS) + 20_000) + "1\n") * 200
    assert "columns" in read_apart(wide.encode())


def test_cells_beyond_the_columns_of_a_worksheet_are_not_held_in_memory() -> None:
    ragged = ",".join(COLUMNS) + "\n" + ("x" * 5 + "," * 20_000 + "1\n") * 200
    assert read_apart(ragged.encode()) == "read 200"
    few = ",".join([*COLUMNS, "mine"]) + "\n" + "x," * len(COLUMNS) + "note\n"
    ((at, row),) = read(few.encode())
    assert at == 2
    assert tuple(row) == COLUMNS


def test_more_rows_than_can_be_set_are_not_held_in_memory() -> None:
    body = ",".join(COLUMNS) + "\n" + "product,series,a,b,,,,1,x,,,\n" * 250_000
    assert f"at most {MOST_NUMBERS:,} rows" in read_apart(body.encode())
    blank = ",".join(COLUMNS) + "\n" + ",,,,,,,,,,,\n" * 100_000 + "product,series,a,b,,,,1,x,,,\n"
    assert [at for at, _ in read(blank.encode())] == [100_002]
