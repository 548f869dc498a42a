"""The lake: atomic visibility, versions, hashes."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from dp_assets.domain.errors import ArtefactError
from dp_resources.lake import Lake, sha256


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


def frame(*values: int) -> pl.DataFrame:
    return pl.DataFrame({"value": list(values)})


def test_writing_the_same_content_again_changes_nothing(lake: Lake) -> None:
    first = lake.write("weekly_buckets", frame(1, 2), bucket="2017-01-02")
    again = lake.write("weekly_buckets", frame(1, 2), bucket="2017-01-02")
    assert (first.changed, again.changed) == (True, False)
    assert first.sha256 == again.sha256


def test_what_is_replaced_stays_readable_under_its_hash(lake: Lake) -> None:
    old = lake.write("weekly_buckets", frame(1), bucket="2017-01-02")
    lake.write("weekly_buckets", frame(2), bucket="2017-01-02")
    kept = pl.read_parquet(f"{lake.root}/_versions/weekly_buckets/{old.sha256}/part.parquet")
    assert kept["value"].to_list() == [1]
    assert lake.read("weekly_buckets", bucket="2017-01-02")["value"].to_list() == [2]


def test_a_removed_partition_is_gone_and_its_bytes_stay_readable_under_their_hash(lake: Lake) -> None:
    old = lake.write("scenario_forecasts", frame(1), scenario="sale")
    lake.remove("scenario_forecasts", scenario="sale")
    lake.remove("scenario_forecasts", scenario="sale")  # nothing is there any more, and nothing happens
    assert not lake.exists("scenario_forecasts", scenario="sale")
    assert lake.partitions("scenario_forecasts") == []
    assert lake.read_version("scenario_forecasts", old.sha256, scenario="sale")["value"].to_list() == [1]


def test_a_failed_write_leaves_the_old_content_and_no_debris(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    lake.write("forecasts", frame(1), cycle="2017-01-02")

    def broken(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("dp_resources.staged_files.os.replace", broken)
    with pytest.raises(OSError, match="disk full"):
        lake.write("forecasts", frame(2), cycle="2017-01-02")
    monkeypatch.undo()
    assert lake.read("forecasts", cycle="2017-01-02")["value"].to_list() == [1]
    assert not list(Path(lake.root).rglob("*.tmp"))


def test_a_missing_partition_names_the_asset_to_materialise(lake: Lake) -> None:
    with pytest.raises(ArtefactError, match="materialise the asset features"):
        lake.read("features", cycle="2017-01-02")


def test_read_all_reads_only_the_named_partitions_and_skips_absent_ones(lake: Lake) -> None:
    for number, key in enumerate(["2017-01-02", "2017-01-09", "2017-01-16"]):
        lake.write("weekly_buckets", frame(number), bucket=key)
    found = lake.read_all("weekly_buckets", ["2017-01-16", "2017-01-09", "2017-02-06"])
    assert found is not None
    assert found["value"].to_list() == [1, 2]
    assert lake.read_all("residuals") is None
    one_by_one = list(lake.frames("weekly_buckets", ["2017-01-16", "2017-02-06"], columns=["value"]))
    assert [part["value"].to_list() for part in one_by_one] == [[2]]
    assert lake.partitions("weekly_buckets") == ["2017-01-02", "2017-01-09", "2017-01-16"]


def artefact(tmp_path: Path, text: str) -> Path:
    folder = tmp_path / sha256(text.encode())[:8]
    (folder / "inner").mkdir(parents=True)
    (folder / "weights.bin").write_text(text)
    (folder / "inner" / "head.json").write_text("{}")
    return folder


def test_an_artefact_folder_comes_back_as_it_was_written(lake: Lake, tmp_path: Path) -> None:
    manifest = lake.write_folder("tuned_model", artefact(tmp_path, "abc"), {"note": 1}, cycle="2017-01-02")
    opened = lake.open_folder("tuned_model", cycle="2017-01-02")
    assert (opened / "weights.bin").read_text() == "abc"
    assert (opened / "inner" / "head.json").read_text() == "{}"
    assert lake.manifest("tuned_model", cycle="2017-01-02")["info"] == {"note": 1}
    assert manifest["sha256"] == lake.write_folder("tuned_model", artefact(tmp_path / "b", "abc"), cycle="x")["sha256"]


def test_an_altered_artefact_is_refused(lake: Lake, tmp_path: Path) -> None:
    lake.write_folder("tuned_model", artefact(tmp_path, "abc"), cycle="2017-01-02")
    (lake.open_folder("tuned_model", cycle="2017-01-02") / "weights.bin").write_text("evil")
    with pytest.raises(ArtefactError, match=r"weights\.bin was altered"):
        lake.open_folder("tuned_model", cycle="2017-01-02")


def test_commit_records_come_back_sorted_by_identifier(lake: Lake) -> None:
    lake.commit("ingest", "b", {"rows": 2})
    lake.commit("ingest", "a", {"rows": 1})
    assert list(lake.committed("ingest")) == ["a", "b"]
    assert lake.commit_of("ingest", "b") == {"rows": 2}
    assert lake.commit_of("ingest", "c") is None


def test_an_unknown_partition_key_is_a_programming_mistake(lake: Lake) -> None:
    with pytest.raises(ValueError, match="unknown partition key 'week'"):
        lake.path("features", week="2017-01-02")


def test_a_stamp_changes_with_every_write_and_is_none_where_nothing_is(lake: Lake) -> None:
    assert lake.stamp("table", cycle="2017-01-02") is None
    lake.write("table", frame(1), cycle="2017-01-02")
    first = lake.stamp("table", cycle="2017-01-02")
    lake.write("table", frame(1), cycle="2017-01-02")
    assert lake.stamp("table", cycle="2017-01-02") == first
    lake.write("table", frame(2), cycle="2017-01-02")
    assert lake.stamp("table", cycle="2017-01-02") not in (None, first)
