"""Landing and lake on S3 (moto's server on loopback) behave as they do on disk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from dp_assets.domain.errors import ArtefactError
from dp_assets.domain.ingest.events import version_spans
from dp_assets.ingestion import ingest_file, register_new_files
from dp_assets.registry import registrations
from dp_resources.lake import sha256
from dp_resources.landing import Copied
from dp_resources.staged_files import staged
from tests.landed import START, World, encode, make_rows, shop_config
from tests.resources.s3_store import Store, run_store

pytestmark = pytest.mark.slow


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with run_store() as found:
        yield found


def test_files_landed_on_s3_are_ingested_as_from_disk(store: Store, tmp_path: Path) -> None:
    config = shop_config()
    files = {
        f"shop/a.{format_}": encode(make_rows(15, seed=n), format_) for n, format_ in enumerate(("csv", "xlsx", "json"))
    }
    disk = World(tmp_path, config)
    for uri, data in files.items():
        store.put(uri, data)
        disk.put(uri, data)
    store.put("shop/half.csv.part", b"item")
    store.put("shop/manifest.json", b"{}")

    remote, local = (
        register_new_files(landing, lake, config, START)
        for landing, lake in ((store.landing, store.lake), (disk.landing, disk.lake))
    )
    assert [one.file_version_id for one in remote] == [one.file_version_id for one in local]
    for one in remote:
        assert ingest_file(store.lake, config, one.file_version_id).record == disk.ingest(one.file_version_id).record
    assert store.lake.committed("ingest") == disk.lake.committed("ingest")
    expected, found = (lake.read_all("unified_transactions") for lake in (disk.lake, store.lake))
    assert expected is not None
    assert found is not None
    assert found.equals(expected)
    assert register_new_files(store.landing, store.lake, config, START) == []


def test_rewritten_and_restated_objects_are_told_apart_on_s3(store: Store) -> None:
    config, lake = shop_config(), store.lake
    first, second = (encode(make_rows(10, seed=seed), "csv") for seed in (0, 1))
    found = []
    for data in (first, first, second, first):
        store.put("shop/a.csv", data)
        store.client.put_object(Bucket="landing", Key="in/tick", Body=data)
        _wait_for_a_new_second(store)
        for one in register_new_files(store.landing, lake, config, START):
            found.append(one)
            ingest_file(lake, config, one.file_version_id)
    assert len(found) == len(registrations(lake)) == 3
    assert version_spans(lake.committed("ingest").values())["superseded_from"].null_count() == 1


def _wait_for_a_new_second(store: Store) -> None:
    """S3 times objects to the second: the same content written twice within one looks untouched."""
    import time

    (before,) = [one for one in store.landing.list() if one.uri == "tick"]
    while int(time.time()) == int(before.modified_at.timestamp()):
        time.sleep(0.05)


def test_the_lake_on_s3_keeps_what_is_replaced_and_withdraws_commits(store: Store) -> None:
    lake = store.lake
    old, new = pl.DataFrame({"a": [1]}), pl.DataFrame({"a": [2]})
    receipt = lake.write("raw_files", old, file_version="x")
    assert not lake.write("raw_files", old, file_version="x").changed
    assert lake.write("raw_files", new, file_version="x").changed
    assert lake.read("raw_files", file_version="x").equals(new)
    assert lake.partitions("raw_files") == ["x"]
    assert lake.read_bytes(f"s3://lake/v1/_versions/raw_files/{receipt.sha256}/part.parquet")
    lake.commit("ingest", "x", {"rows": 1})
    assert lake.commit_of("ingest", "x") == {"rows": 1}
    lake.withdraw("ingest", "x")
    lake.withdraw("ingest", "x")
    assert lake.committed("ingest") == {}
    with pytest.raises(ArtefactError):
        lake.read("raw_files", file_version="y")


def test_an_artefact_folder_on_s3_opens_as_local_files(store: Store, tmp_path: Path) -> None:
    (tmp_path / "weights.bin").write_bytes(b"1234")
    manifest = store.lake.write_folder("tuned_model", tmp_path, cycle="2017-10-02")
    folder = store.lake.open_folder("tuned_model", cycle="2017-10-02")
    assert (folder / "weights.bin").read_bytes() == b"1234"
    assert store.lake.manifest("tuned_model", cycle="2017-10-02") == manifest


def test_landed_objects_on_s3_are_read_and_stated(store: Store, tmp_path: Path) -> None:
    store.put("shop/a.csv", b"item")
    store.put("shop/manifest.json", b'{"a.csv": {"arrived_at": "2017-01-09T06:00:00Z"}}')
    landing = store.landing
    (found,) = landing.list()
    assert landing.stat("shop/a.csv") == found
    assert landing.stat("shop/b.csv") is None
    assert landing.read("shop/a.csv") == b"item"
    with staged(tmp_path) as place:
        assert landing.copy(found, place) == Copied(sha256(b"item"), 4, b"item")
    assert list(landing.manifest(shop_config(files=["shop/*"]).producers[0])) == ["shop/a.csv"]
    with pytest.raises(FileNotFoundError):
        landing.read("shop/b.csv")


def test_a_damaged_or_missing_cached_file_of_an_artefact_is_fetched_again(store: Store, tmp_path: Path) -> None:
    (tmp_path / "weights.bin").write_bytes(b"damaged and mended")
    store.lake.write_folder("tuned_model", tmp_path, cycle="2017-10-02")
    cached = store.lake.open_folder("tuned_model", cycle="2017-10-02") / "weights.bin"
    cached.write_bytes(b"damaged and mende!")
    assert store.lake.open_folder("tuned_model", cycle="2017-10-02").joinpath("weights.bin").read_bytes()[-1:] == b"d"
    cached.unlink()
    assert store.lake.open_folder("tuned_model", cycle="2017-10-02").joinpath("weights.bin").is_file()


def test_an_artefact_that_is_damaged_on_s3_itself_is_refused(store: Store, tmp_path: Path) -> None:
    (tmp_path / "weights.bin").write_bytes(b"whole until altered")
    manifest = store.lake.write_folder("tuned_model", tmp_path, cycle="2017-10-02")
    key = f"v1/_versions/tuned_model/{manifest['sha256']}/weights.bin"
    store.client.put_object(Bucket="lake", Key=key, Body=b"altered")
    with pytest.raises(ArtefactError, match=r"weights\.bin was altered"):
        store.lake.open_folder("tuned_model", cycle="2017-10-02")


def test_only_the_producers_folders_are_listed(store: Store) -> None:
    store.put("shop/a.csv", b"item")
    store.put("elsewhere/b.csv", b"item")
    assert [one.uri for one in store.landing.list(["shop"])] == ["shop/a.csv"]
    assert [one.uri for one in store.landing.list()] == ["elsewhere/b.csv", "shop/a.csv"]
    assert store.landing.list(["nowhere"]) == []
    assert [one.uri for one in store.landing.look_at(["shop/a.csv", "shop/gone.csv"])] == ["shop/a.csv"]


def test_versions_are_read_by_their_hash_from_s3_whatever_is_current_or_cached(store: Store, tmp_path: Path) -> None:
    lake, folder = store.lake, tmp_path / "panel"
    folder.mkdir()
    digests = []
    for content in ("one", "two"):
        (folder / "a.json").write_text(content)
        digests.append(lake.write_folder("features", folder, cycle="2017-10-02")["sha256"])
        lake.write("forecasts", pl.DataFrame({"said": [content]}), cycle="2017-10-02")
        digests.append(lake.digest("forecasts", cycle="2017-10-02"))
    for content, features, forecasts in (("one", *digests[:2]), ("two", *digests[2:])):
        kept = lake.open_version("features", features) / "a.json"
        assert kept.read_text() == content
        kept.write_text("damaged in the cache")
        assert (lake.open_version("features", features) / "a.json").read_text() == content
        assert lake.read_version("forecasts", forecasts, cycle="2017-10-02")["said"].to_list() == [content]
    with pytest.raises(ArtefactError, match="but there is none"):
        lake.open_version("features", "0" * 64)
    with pytest.raises(ArtefactError, match="but there is none"):
        lake.read_version("forecasts", "0" * 64, cycle="2017-10-02")
    lake.write_bytes(f"{lake.root}/_versions/features/{digests[0]}/a.json", b"altered in the lake")
    (lake.open_version("features", digests[2]).parent / digests[0] / "a.json").unlink()
    with pytest.raises(ArtefactError, match="not those it was written with"):
        lake.open_version("features", digests[0])


def test_a_stamp_changes_with_every_write_on_s3_too(store: Store) -> None:
    lake = store.lake
    assert lake.stamp("table", cycle="2017-01-02") is None
    lake.write("table", pl.DataFrame({"value": [1]}), cycle="2017-01-02")
    first = lake.stamp("table", cycle="2017-01-02")
    assert first == lake.stamp("table", cycle="2017-01-02")
    lake.write("table", pl.DataFrame({"value": [2]}), cycle="2017-01-02")
    assert lake.stamp("table", cycle="2017-01-02") not in (None, first)
