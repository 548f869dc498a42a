"""Readers: the useful columns of every format, and what happens to damaged files."""

from __future__ import annotations

import io
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dp_assets.domain.errors import FileRejectedError
from dp_assets.domain.ingest.readers import ROW, SURPLUS, Source, detect_file, read_source
from dp_assets.domain.producer_config import ProducerConfig
from tests.landed import FORMATS, encode, make_rows, shop_config


def read(tmp_path: Path, data: bytes, *wanted: str, name: str = "file", **producer: Any) -> Source:
    path = tmp_path / name
    path.write_bytes(data)
    config: ProducerConfig = shop_config(**producer).producers[0]
    return read_source(path, detect_file(path, config), config, set(wanted))


@pytest.mark.parametrize("format_", FORMATS)
def test_every_format_gives_its_useful_columns_and_lists_all_of_them(tmp_path: Path, format_: str) -> None:
    source = read(tmp_path, encode(make_rows(5), format_), "item", "qty", "not there")
    assert source.frame.columns == [ROW, SURPLUS, "item", "qty"]
    assert source.frame[ROW].to_list() == [1, 2, 3, 4, 5]
    assert source.frame["qty"].cast(pl.Float64).to_list() == make_rows(5)["qty"].to_list()
    assert list(source.columns) == ["item", "day", "qty", "money", "kind"]
    assert source.format == format_


@pytest.mark.parametrize("format_", FORMATS)
def test_a_well_formed_file_without_rows_has_no_rows(tmp_path: Path, format_: str) -> None:
    data = encode(make_rows(0), format_)
    source = read(tmp_path, data, "item", **({"format": "ndjson"} if format_ == "ndjson" else {}))
    assert source.rows == 0
    assert source.is_blank == (format_ in ("ndjson", "json"))


@pytest.mark.parametrize("format_", ["parquet", "arrow", "ndjson", "json", "xlsx"])
def test_a_truncated_file_is_rejected_whole(tmp_path: Path, format_: str) -> None:
    data = encode(make_rows(50), format_)
    with pytest.raises(FileRejectedError, match=f"cannot be read as {format_}|is a damaged archive"):
        read(tmp_path, data[: len(data) * 2 // 3], "item")


@cache
def whole_file(format_: str) -> bytes:
    """A file to damage, the same in every example: workbooks tell when they were made."""
    return encode(make_rows(10), format_)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(st.sampled_from(FORMATS), st.data())
def test_damaged_bytes_are_read_or_rejected_but_never_crash(tmp_path: Path, format_: str, data: st.DataObject) -> None:
    content = bytearray(whole_file(format_))
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with suppress(FileRejectedError):
        assert read(tmp_path, bytes(content), "item", "qty").rows >= 0


def test_csv_options_are_respected(tmp_path: Path) -> None:
    text = "made by hand\n\nStück;Größe;Menge\n1;klein;2,5\n2;groß;1.000\n"
    options = {"delimiter": ";", "encoding": "latin-1", "decimal": ",", "header_row": 3}
    source = read(tmp_path, text.encode("latin-1"), "Größe", "Menge", csv=options)
    assert source.frame["Größe"].to_list() == ["klein", "groß"]
    assert source.frame["Menge"].to_list() == ["2,5", "1.000"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_other_encodings_are_read(tmp_path: Path, encoding: str) -> None:
    source = read(tmp_path, "item,qty\ncafé,1\n".encode(encoding), "item", csv={"encoding": encoding})
    assert source.frame["item"].to_list() == ["café"]


def test_a_wrong_encoding_is_rejected_and_an_unknown_one_named(tmp_path: Path) -> None:
    data = "item,qty\ncafé,1\n".encode("latin-1")
    with pytest.raises(FileRejectedError, match=r"is not utf-8 text .* correct `csv.encoding`"):
        read(tmp_path, data, "item")
    far_below = b"item,qty\n" + b"x,1\n" * 20_000 + "café,1\n".encode("latin-1")
    with pytest.raises(FileRejectedError, match=r"Line: 20002 .* not utf-8"):
        read(tmp_path, far_below, "item")
    with pytest.raises(FileRejectedError, match="'klingon'"):
        read(tmp_path, data, "item", csv={"encoding": "klingon"})


def test_quotes_line_breaks_and_inch_marks_stay_in_their_field(tmp_path: Path) -> None:
    data = b'item,name,qty\r\n1,"a, ""b""\r\nc",2\r\n2,12" pipe,3\r\n3,x,4\r\n'
    source = read(tmp_path, data, "item", "name", "qty")
    assert source.frame["item"].to_list() == ["1", "2", "3"]
    assert source.frame["name"].to_list() == ['a, "b"\r\nc', '12" pipe', "x"]


def test_blank_lines_are_no_rows_and_short_ones_lack_their_last_fields(tmp_path: Path) -> None:
    source = read(tmp_path, b"item,day,qty\n1,d,2\n\n2,d\n3,d,4", "item", "qty")
    assert source.frame["item"].to_list() == ["1", "2", "3"]
    assert source.frame["qty"].to_list() == ["2", None, "4"]


def test_surplus_fields_are_kept_apart_and_a_trailing_delimiter_is_none(tmp_path: Path) -> None:
    source = read(tmp_path, b"item,qty\n1,2\n2,3,4,5\n3,4,\n", "item", "qty")
    assert source.frame[SURPLUS].to_list() == [None, "4", None]


def test_a_useful_column_that_stands_twice_is_ambiguous(tmp_path: Path) -> None:
    with pytest.raises(FileRejectedError, match="once, found \\['qty'\\]"):
        read(tmp_path, b"item,qty,qty\n1,2,3\n", "item", "qty")
    assert read(tmp_path, b"item,note,note,qty\n1,x,y,3\n", "item", "qty").frame["qty"].to_list() == ["3"]


def test_a_header_beyond_the_end_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(FileRejectedError, match="column names on line 9"):
        read(tmp_path, b"item,qty\n", "item", csv={"header_row": 9})


def test_json_keys_that_appear_late_are_found(tmp_path: Path) -> None:
    lines = ['{"item": 1}'] * 3000 + ['{"item": 2, "qty": 1.5}']
    source = read(tmp_path, "\n".join(lines).encode(), "item", "qty")
    assert source.frame["qty"].to_list()[-1] == "1.5"
    assert "qty" in source.columns


def test_json_values_of_mixed_types_come_as_text(tmp_path: Path) -> None:
    data = b'\xef\xbb\xbf[{"item": 1, "tags": ["a", "b"]}, {"item": "x2", "tags": "c"}, {"item": 12345678901234567890}]'
    source = read(tmp_path, data, "item", "tags")
    assert source.frame["item"].to_list() == ["1", "x2", "12345678901234567890"]
    assert source.frame["tags"].to_list() == ['["a","b"]', "c", None]


@pytest.mark.parametrize("text", ['{"a": 1}\n{"a": 2\n', '{"a": 1}\n[1]\n', '{"a": 1} tail\n'])
def test_broken_ndjson_is_rejected_with_its_place(tmp_path: Path, text: str) -> None:
    with pytest.raises(FileRejectedError, match=r"line|byte"):
        read(tmp_path, text.encode(), "a")


def test_wildcards_in_a_path_are_no_patterns(tmp_path: Path) -> None:
    folder = tmp_path / "a[1]*"
    folder.mkdir()
    for name, format_ in (("x?.csv", "csv"), ("y*.json", "json"), ("z[].parquet", "parquet")):
        (tmp_path / "decoy.csv").write_bytes(b"item\n9\n9\n")
        assert read(folder, encode(make_rows(3), format_), "item", name=name).rows == 3


def test_a_workbook_is_read_from_the_configured_sheet(tmp_path: Path) -> None:
    import xlsxwriter

    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        book.add_worksheet("notes").write(0, 0, "nothing here")
        sheet = book.add_worksheet("sales")
        for row, values in enumerate([(" item ", "qty"), (1, 2.5), (None, None), ("A7", 3)]):
            for column, value in enumerate(values):
                if value is not None:
                    sheet.write(row, column, value)
        sheet.set_row(9, 20)
    source = read(tmp_path, buffer.getvalue(), "item", "qty", sheet="sales")
    assert source.frame["item"].to_list() == ["1", "A7"]
    assert source.frame[ROW].to_list() == [1, 3]
    with pytest.raises(FileRejectedError, match=r"expected a sheet 'turnover', found \['notes', 'sales'\]"):
        read(tmp_path, buffer.getvalue(), "item", sheet="turnover")


def test_arrow_streams_are_read_like_arrow_files(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    make_rows(4).write_ipc_stream(buffer)
    assert read(tmp_path, buffer.getvalue(), "item").frame["item"].to_list() == make_rows(4)["item"].to_list()
