"""Valid files of every format, damaged at random: each ends as accepted or in quarantine, and every row is counted."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import foreign_files as foreign
from tests.landed import COLUMNS, World, encode, make_rows, shop_config

ROWS = make_rows(12)
CSV = encode(ROWS, "csv")
SEEDS: dict[str, bytes] = {
    **{format_: encode(ROWS, format_) for format_ in ("csv", "parquet", "arrow", "ndjson", "json", "xlsx")},
    "arrow stream": foreign.arrow_stream(ROWS),
    "arrow with zstd": foreign.arrow_file(ROWS, "zstd"),
    "csv in utf-16": CSV.decode().encode("utf-16"),
    **{f"csv in {how}": foreign.packed(CSV, how) for how in ("gz", "bz2", "zst")},
    "csv in zip": foreign.zipped({"a.csv": CSV, "b.csv": CSV}),
    "ods": foreign.ods_sales(),
}
XLS = {"xls": (foreign.FIXTURES / "sales.xls").read_bytes()}
"""Each such file is read in a process of its own, which takes a second."""


@st.composite
def damaged(draw: st.DrawFn, seeds: dict[str, bytes]) -> tuple[str, bytes]:
    """A valid file after a few accidents: flipped bytes, a cut, a piece that stands twice or is missing."""
    name = draw(st.sampled_from(sorted(seeds)))
    data = bytearray(seeds[name])
    for accident in draw(
        st.lists(st.sampled_from(["flip", "flip", "flip", "cut", "repeat", "lose"]), min_size=1, max_size=5)
    ):
        place = draw(st.integers(0, max(len(data) - 1, 0)))
        length = draw(st.integers(1, 64))
        if accident == "flip" and data:
            data[place] = draw(st.integers(0, 255))
        elif accident == "cut":
            del data[place:]
        elif accident == "repeat":
            data[place:place] = data[place : place + length]
        else:
            del data[place : place + length]
    return name, bytes(data)


CHECKS = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]


def assert_accounted_for(data: bytes, place: Path) -> None:
    with tempfile.TemporaryDirectory(dir=place) as folder:
        world = World(Path(folder), shop_config(columns=COLUMNS))
        report = world.land("shop/file", data)
        written = world.lake.read("unified_transactions", file_version=report.record["file_version_id"])
    rows = report.rows
    assert report.status in ("accepted", "quarantined")
    assert rows["read"] == rows["accepted"] + rows["rejected"] + rows["duplicate"]
    assert (report.status == "quarantined") == (report.record["reason"] is not None)
    assert len(written) == rows["accepted"]


@pytest.mark.parametrize("name", sorted({**SEEDS, **XLS}))
def test_the_undamaged_files_are_accepted(tmp_path: Path, name: str) -> None:
    world = World(
        tmp_path, shop_config(columns=COLUMNS, **({"sheet": "sales"} if name in ("xls", "ods", "xlsx") else {}))
    )
    assert world.land("shop/file", {**SEEDS, **XLS}[name]).status == "accepted"


@settings(max_examples=60, deadline=None, suppress_health_check=CHECKS)
@given(file=damaged(SEEDS))
def test_a_damaged_file_is_accepted_or_quarantined_and_nothing_escapes(
    memory_path: Path, file: tuple[str, bytes]
) -> None:
    assert_accounted_for(file[1], memory_path)


@pytest.mark.long
@pytest.mark.timeout(3600)
@settings(max_examples=5_000, deadline=None, suppress_health_check=CHECKS)
@given(file=damaged(SEEDS))
def test_five_thousand_damaged_files_are_accepted_or_quarantined(memory_path: Path, file: tuple[str, bytes]) -> None:
    assert_accounted_for(file[1], memory_path)


@pytest.mark.long
@pytest.mark.timeout(3600)
@settings(max_examples=100, deadline=None, suppress_health_check=CHECKS)
@given(file=damaged(XLS))
def test_a_hundred_damaged_xls_files_are_accepted_or_quarantined(memory_path: Path, file: tuple[str, bytes]) -> None:
    assert_accounted_for(file[1], memory_path)
