"""The landing root lists finished objects only, and reads manifests."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dp_assets.domain.errors import ConfigError, FileRejectedError
from dp_resources.lake import Lake, sha256
from dp_resources.landing import Copied, Landing, is_finished, static_folder
from dp_resources.staged_files import staged
from tests.landed import shop_config


def make_landing(tmp_path: Path, *uris: str) -> Landing:
    for uri in uris:
        (tmp_path / uri).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / uri).write_bytes(uri.encode())
    return Landing(tmp_path)


def test_only_finished_files_are_listed_sorted_by_path(tmp_path: Path) -> None:
    hidden = [
        "a/.x.csv",
        "a/.x.csv.tmp",
        "a/x.csv.part",
        "a/x.FILEPART",
        "_spool/x.csv",
        ".git/x",
        "a/~$x.xlsx",
        "a/x.csv~",
    ]
    landing = make_landing(tmp_path, "b/2.csv", "a/1.csv", "a/c/3.csv", "manifest.json", "a/manifest.json", *hidden)
    assert [one.uri for one in landing.list()] == ["a/1.csv", "a/c/3.csv", "b/2.csv"]
    assert not any(is_finished(uri) for uri in hidden)


def test_a_root_that_does_not_exist_yet_is_empty(tmp_path: Path) -> None:
    assert Landing(tmp_path / "nowhere").list() == []


def test_an_object_has_its_size_time_and_a_tag_that_changes_with_every_write(tmp_path: Path) -> None:
    landing = make_landing(tmp_path, "a/1.csv")
    os.utime(tmp_path / "a/1.csv", (1e9, 1e9))
    (before,) = landing.list()
    assert (before.bytes, before.modified_at) == (7, datetime.fromtimestamp(1e9, UTC))
    os.utime(tmp_path / "a/1.csv", (1e9, 1e9 + 1))
    assert landing.stat("a/1.csv").etag != before.etag  # type: ignore[union-attr]
    assert landing.stat("a/2.csv") is None
    assert landing.read("a/1.csv") == b"a/1.csv"
    with staged(tmp_path) as place:
        assert landing.copy(before, place) == Copied(sha256(b"a/1.csv"), 7, b"a/1.csv")
        assert place.path.read_bytes() == b"a/1.csv"


def test_a_manifest_declares_arrivals_in_the_producers_zone(tmp_path: Path) -> None:
    landing = make_landing(tmp_path, "shop/2017/w1.csv")
    producer = shop_config(files=["shop/2017/*.csv", "loose-*.csv"], time_zone="America/New_York").producers[0]
    assert landing.manifest(producer) == {}
    entries = {
        "w1.csv": {"arrived_at": "2017-01-09T06:00:00"},
        "w2.csv": {"arrived_at": "2017-01-16T06:00:00Z", "note": 1},
    }
    (tmp_path / "shop/2017/manifest.json").write_text(json.dumps(entries))
    (tmp_path / "manifest.json").write_text('{"loose-1.csv": {"arrived_at": "2017-01-20T00:00:00+01:00"}}')
    assert landing.manifest(producer) == {
        "shop/2017/w1.csv": datetime(2017, 1, 9, 11, tzinfo=UTC),
        "shop/2017/w2.csv": datetime(2017, 1, 16, 6, tzinfo=UTC),
        "loose-1.csv": datetime(2017, 1, 19, 23, tzinfo=UTC),
    }


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"a.csv": "2017-01-01"}', '{"a.csv": {"arrived_at": "monday"}}', '{"a": {}}']
)
def test_a_manifest_that_cannot_be_understood_is_named(tmp_path: Path, text: str) -> None:
    landing = make_landing(tmp_path, "shop/a.csv")
    (tmp_path / "shop/manifest.json").write_text(text)
    with pytest.raises(FileRejectedError, match=r"shop/manifest.json: expected JSON like"):
        landing.manifest(shop_config(files=["shop/*"]).producers[0])


def test_a_globs_static_folder_ends_at_its_first_wildcard() -> None:
    assert [static_folder(glob) for glob in ("a/b/*.csv", "a/[x]/b.csv", "**/c.csv", "a/b.csv")] == [
        "a/b",
        "a",
        "",
        "a",
    ]


def test_hidden_folders_are_not_looked_into_even_where_a_producer_names_them(tmp_path: Path) -> None:
    landing = make_landing(tmp_path, "_spool/a.csv", "shop/b.csv")
    assert landing.list(["_spool"]) == []
    assert [one.uri for one in landing.list(["shop", "_spool"])] == ["shop/b.csv"]


def test_storage_that_is_none_of_ours_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="expected a folder, s3://bucket/prefix or sftp://"):
        Landing("gopher://host/in").list()
    with pytest.raises(ConfigError, match="a lake is a folder or s3://"):
        Lake("sftp://host/lake")
