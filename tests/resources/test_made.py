"""Each partition names the run that made it, beside the data and never in it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from dp_resources.lake import Lake
from dp_resources.made import Author, made_of
from tests.e2e.lake_content import lake_content

ANN = Author("run-1", "weekly_cycle", "command line", "ann", "cycle 2017-10-02 is missing", "abc123", "c0ffee")
BOB = replace(ANN, run_id="run-2", by="bob")
FRAME = pl.DataFrame({"sku": ["a", "b"], "units": [1.0, 2.0]})


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    found = Lake(tmp_path / "lake")
    found.author = ANN
    return found


def test_a_table_names_the_run_that_wrote_its_content_first(lake: Lake) -> None:
    written = lake.write("forecasts", FRAME, cycle="2017-10-02")
    found = made_of(lake, "forecasts", cycle="2017-10-02")
    assert found is not None
    assert (found.sha256, found.rows, found.bytes, found.author) == (written.sha256, 2, written.bytes, ANN)
    lake.author = BOB
    lake.write("forecasts", FRAME, cycle="2017-10-02")
    assert made_of(lake, "forecasts", cycle="2017-10-02") == found
    lake.write("forecasts", FRAME.head(1), cycle="2017-10-02")
    again = made_of(lake, "forecasts", cycle="2017-10-02")
    assert again is not None
    assert again.author == BOB


def test_a_run_that_was_killed_before_its_note_is_made_good_by_the_next(lake: Lake) -> None:
    lake.author = None
    lake.write("forecasts", FRAME, cycle="2017-10-02")
    assert made_of(lake, "forecasts", cycle="2017-10-02") is None
    lake.author = BOB
    lake.write("forecasts", FRAME, cycle="2017-10-02")
    found = made_of(lake, "forecasts", cycle="2017-10-02")
    assert found is not None
    assert found.author == BOB


def test_a_folder_names_its_run_and_a_table_without_partitions_too(lake: Lake, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/head.json").write_text("{}")
    manifest = lake.write_folder("features", tmp_path / "folder", cycle="2017-10-02")
    lake.write("file_ledger", FRAME)
    for found, sha256 in (
        (made_of(lake, "features", cycle="2017-10-02"), manifest["sha256"]),
        (made_of(lake, "file_ledger"), lake.digest("file_ledger")),
    ):
        assert found is not None
        assert (found.sha256, found.author) == (sha256, ANN)


def test_whoever_runs_it_the_data_has_the_same_bytes(tmp_path: Path) -> None:
    contents = []
    for author in (ANN, BOB, None):
        lake = Lake(tmp_path / str(author and author.by))
        lake.author = author
        lake.write("forecasts", FRAME, cycle="2017-10-02")
        contents.append(lake_content(lake.root))
    assert contents[0] == contents[1] == contents[2] != {}


@pytest.mark.parametrize(
    "change",
    [
        lambda made: {**made, "engine": "of a later release"},
        lambda made: {name: value for name, value in made.items() if name != "bytes"},
        lambda made: {name: value for name, value in made.items() if name != "author"},
        lambda made: {**made, "author": {**made["author"], "machine": "of a later release"}},
        lambda made: {**made, "author": "ann"},
        lambda made: [made],
        lambda made: None,
    ],
)
def test_a_record_of_another_release_counts_as_unknown_and_stops_no_write(
    lake: Lake, change: Callable[[Any], Any]
) -> None:
    lake.write("forecasts", FRAME, cycle="2017-10-02")
    path = Path(lake.root) / "_made/forecasts/2017-10-02.json"
    path.write_text(json.dumps(change(json.loads(path.read_text()))))
    assert made_of(lake, "forecasts", cycle="2017-10-02") is None
    lake.author = BOB
    lake.write("forecasts", FRAME, cycle="2017-10-02")
    found = made_of(lake, "forecasts", cycle="2017-10-02")
    assert found is not None
    assert found.author == BOB
