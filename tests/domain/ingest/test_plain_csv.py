"""Plain CSV text is parsed fast, and to the same fields as all other CSV text."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from dp_assets.domain.ingest import csv_files, plain_csv
from dp_assets.domain.producer_config import CsvOptions

NAMES = ["c0", "c1", "c2"]
PIECES = st.sampled_from(
    [",", ",", "\n", "\n", "\r\n", " ", "a", "7", "1.5", "ä", "\x00", "\u2028", "'", "#", ";", "\t"]
)
TEXTS = st.lists(PIECES, max_size=60).map("".join)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("csv") / "text"


def by_slices(csv_text: csv_files.CsvText, size: int) -> pl.DataFrame:
    with plain_csv.mapped(csv_text.path) as text:
        assert text is not None
        assert plain_csv.is_plain(text, '"')
        parts = [csv_text.plain_fields(rows) for rows in plain_csv.slices(text, 1, size)]
    return pl.concat([pl.DataFrame(schema=dict.fromkeys([*csv_text.chosen, "surplus"], pl.String)), *parts])


@given(text=TEXTS, size=st.integers(1, 60), chosen=st.sampled_from([["c0"], ["c2", "c0"], NAMES]))
@settings(max_examples=150, deadline=None)
@example(text="1,2,3,\n1,2,3,,5\n1,2,3,4,5", size=1000, chosen=NAMES)
@example(text="1\n\n2,\r\n,\n", size=1000, chosen=NAMES)
def test_slices_hold_what_the_parser_of_all_csv_finds(place: Path, text: str, size: int, chosen: list[str]) -> None:
    place.write_bytes(b"a,b,c\n" + text.encode())
    csv_text = csv_files.CsvText(place, CsvOptions(), ",", NAMES, 1, chosen)
    assert_frame_equal(by_slices(csv_text, size), csv_text.fields())


@given(text=st.text(st.sampled_from('\r\na"'), max_size=20))
def test_text_is_plain_without_quotes_and_lone_carriage_returns(place: Path, text: str) -> None:
    place.write_bytes(b"a" + text.encode())
    with plain_csv.mapped(place) as found:
        assert found is not None
        expected = '"' not in text and "\r" not in text.replace("\r\n", "")
        assert plain_csv.is_plain(found, '"') == expected


def test_a_pair_that_is_cut_in_two_is_a_pair(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain_csv, "SLICE_BYTES", 4)
    for text, is_plain in ((b"abc\r\ndef\r\n", True), (b"ab\r\n\r\r\n", False), (b"abc\r", False)):
        place.write_bytes(text)
        with plain_csv.mapped(place) as found:
            assert found is not None
            assert plain_csv.is_plain(found, '"') == is_plain


def test_long_rows_and_broken_text_take_the_other_way() -> None:
    assert plain_csv.parsed(b"1,2,3\n", ",", NAMES, ["c1"]) is not None
    for odd in (b"1,2,3,4\n", b"1,\xff,3\n", b"1,2,3\n\n1,2,3\n", b"\r\n1,2,3\n"):
        assert plain_csv.parsed(odd, ",", NAMES, ["c0", "c1"]) is None
