from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from dp_assets.domain.errors import ArtefactError
from dp_resources import warehouse
from dp_resources.warehouse import staging

FIRST = date(2017, 1, 2)


def test_the_list_of_inputs_holds_every_path_under_its_table(tmp_path: Path) -> None:
    with staging(tmp_path) as staged:
        staged.read_files("promotions", ["b", "a"])
        staged.read_files("unified_transactions", [])
        staged.read_frame("version_spans", pl.DataFrame({"file_version_id": ["v"]}))
        listed = pl.read_parquet(staged.list_inputs())
        assert listed.filter(pl.col("table_name") == "promotions")["path"].to_list() == ["a", "b"]
        spans = pl.read_parquet(listed.filter(pl.col("table_name") == "version_spans")["path"].item())
        assert spans["file_version_id"].to_list() == ["v"]


def test_a_list_without_any_file_still_has_its_columns(tmp_path: Path) -> None:
    with staging(tmp_path) as staged:
        assert pl.read_parquet(staged.list_inputs()).schema == {"table_name": pl.String, "path": pl.String}


@pytest.mark.parametrize("at_once", [1, 3, 1000])
def test_a_mart_is_read_partition_by_partition_and_an_absent_one_is_empty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(warehouse, "ROWS_AT_ONCE", at_once)
    starts = [FIRST + timedelta(weeks=week) for week in range(5)]
    rows = pl.DataFrame({"bucket_start": [starts[3], starts[0], starts[1], starts[3]], "units": [1, 2, 3, 4]})
    with staging(tmp_path) as staged:
        rows[2:].write_parquet(staged.folder / "mart.00002.parquet")
        rows[:2].write_parquet(staged.folder / "mart.00001.parquet")
        parts = list(staged.partitions("mart", "bucket_start", [starts[:2], starts[2:]]))
    assert [part["units"].to_list() for part in parts] == [[2], [3], [], [1, 4], []]
    assert all(part.schema == rows.schema for part in parts)


def test_a_mart_that_was_not_staged_is_named(tmp_path: Path) -> None:
    with staging(tmp_path) as staged, pytest.raises(ArtefactError, match=r"stage mart, but found \[\]"):
        next(staged.partitions("mart", "bucket_start", [[FIRST]]))


def test_every_run_has_a_folder_of_its_own_and_leaves_none(tmp_path: Path) -> None:
    with staging(tmp_path) as one, staging(tmp_path) as other:
        assert one.folder != other.folder
        assert one.folder.is_absolute()
    assert list((tmp_path / "staging").iterdir()) == []
