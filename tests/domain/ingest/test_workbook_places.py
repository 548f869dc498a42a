"""Where the cells of a sheet are: the quick look sees every far or oddly spelled place, however the text is cut."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dp_assets.domain.ingest.workbook_sizes import _look

CELL = rb"[<:]c(?=[\x00- />])"
UNPLACED = re.compile(CELL + rb'(?! r=")')
FAR = re.compile(CELL + rb' r="(?:[A-Za-z]{2}|[A-Za-z]?[0-9]{7})')
"""The same questions, one character after the other."""
PIECES = [
    b"<c",
    b":c",
    b"<c r=",
    b"/",
    b" ",
    b"r",
    b"=",
    b'"',
    b"'",
    b"\n",
    b"A",
    b"zz",
    b"Z",
    b"1",
    b"123456",
    b"7",
    b">",
    b"<row",
    b"\xc3\xa4",
]


def cut(text: bytes, lengths: list[int]) -> Iterator[bytes]:
    for length in lengths:
        yield text[:length]
        text = text[length:]
    yield text


@settings(deadline=None, max_examples=300)
@given(st.lists(st.sampled_from(PIECES), max_size=60), st.lists(st.integers(0, 9), max_size=30))
def test_the_quick_look_finds_what_a_search_finds(pieces: list[bytes], lengths: list[int]) -> None:
    text = b"".join(pieces)
    look = _look(cut(text, lengths))
    assert look.is_far == bool(FAR.search(text + b">"))
    assert look.is_unplaced == bool(UNPLACED.search(text + b">"))


@pytest.mark.parametrize("place", [b"AA1", b"XFD1048576", b"a1000000", b"1048576"])
@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_a_far_place_is_seen_through_chunks_of_a_few_bytes(place: bytes, size: int) -> None:
    text = b'<row r="1"><c r="A1"><v>1</v></c><x:c r="' + place + b'"/></row>'
    assert _look(cut(text, [size] * (len(text) // size))).is_far


def test_an_ordinary_sheet_is_not_looked_at_twice() -> None:
    text = b"".join(b'<row r="%d" spans="1:26"><c r="Z%d" s="1" t="str"/></row>' % (n, n) for n in (1, 999, 999_999))
    look = _look(iter([text]))
    assert not look.is_far
    assert not look.is_unplaced
