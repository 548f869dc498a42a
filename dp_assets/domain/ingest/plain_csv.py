"""CSV text without quotes, where every line feed ends a row: cut into slices that are parsed one by one.

Belongs here: which text is that plain, and parsing it fast. Does not belong here: all other CSV text, and rows that are
not as wide as the header says (`csv_files.py`); what it makes of the same text is the same.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import polars as pl

SLICE_BYTES = 12 * 2**20
"""A slice is cut behind the first line that ends beyond this: some 300,000 rows of seven short fields."""
BLANK_LINES = (b"\n\n", b"\n\r\n")


def is_plain(text: mmap.mmap, quote: str) -> bool:
    """Whether no quote stands anywhere in a text, and no carriage return but in front of a line feed."""
    if quote and text.find(quote.encode()) >= 0:
        return False
    if text.find(b"\r") < 0:
        return True
    pairs = returns = 0
    for begin in range(0, len(text), SLICE_BYTES):
        part = text[begin : begin + SLICE_BYTES + 1]  # one byte more, for a pair that is cut in two
        pairs += part.count(b"\r\n")
        returns += part.count(b"\r", 0, SLICE_BYTES)
    return pairs == returns


@contextmanager
def mapped(path: Path) -> Iterator[mmap.mmap | None]:
    """A file's bytes, None where it has none."""
    with path.open("rb") as file:
        if not path.stat().st_size:
            yield None
            return
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
            yield text


def slices(text: mmap.mmap, lines: int, size: int = SLICE_BYTES) -> Iterator[bytes]:
    """The text behind its first lines, in slices that end where a line does."""
    start = 0
    for _ in range(lines):
        end = text.find(b"\n", start)
        start = len(text) if end < 0 else end + 1
    while start < len(text):
        end = text.find(b"\n", min(start + size, len(text)) - 1)
        end = len(text) if end < 0 else end + 1
        yield text[start:end]
        start = end


def parsed(rows: bytes, delimiter: str, names: Sequence[str], chosen: Sequence[str]) -> pl.DataFrame | None:
    """The chosen fields of a slice as text, and `surplus`, which is all null.

    Args:
        rows: a slice of plain text.
        delimiter: one character.
        names: of all fields, short ones without any delimiter.
        chosen: fields that are wanted.

    Returns:
        None for a slice that takes a closer look: rows that are longer than the header, blank lines, bytes that are no
        UTF-8.
    """
    if len(delimiter.encode()) != 1:
        return None
    header = delimiter.join([*names, "surplus"]).encode() + b"\n"
    schema = dict.fromkeys([*names, "surplus"], pl.String)
    try:
        frame = pl.read_csv(
            header + rows, separator=delimiter, quote_char=None, schema=schema, columns=[*chosen, "surplus"]
        )
    except pl.exceptions.PolarsError:
        return None
    if frame["surplus"].null_count() < len(frame) or (
        _may_hold_blank_lines(frame, chosen) and _holds_blank_lines(rows)
    ):
        return None
    return frame.select(*chosen, "surplus")


def _may_hold_blank_lines(frame: pl.DataFrame, chosen: Sequence[str]) -> bool:
    """Whether a row may have no fields at all: looking for blank lines costs as much as a third of parsing."""
    return all(frame[name].null_count() for name in chosen)


def _holds_blank_lines(rows: bytes) -> bool:
    return rows[:1] in (b"\n", b"\r") or any(rows.find(one) >= 0 for one in BLANK_LINES)
