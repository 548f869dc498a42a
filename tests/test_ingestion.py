"""Landed files enter the lake once, in full, accounted for to the row."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from dp_assets.content import known_files
from dp_assets.domain.errors import ConfigError
from dp_assets.domain.ingest.events import version_spans
from dp_assets.domain.ingest.freshness import waiting
from dp_assets.domain.ingest.registration import LandedObject
from dp_assets.ingestion import ingest_file, register_new_files, unclaimed
from dp_assets.recalls import write_event
from dp_assets.registry import file_events, registrations
from dp_resources.lake import sha256
from dp_resources.landing import Copied
from dp_resources.staged_files import StagedFile
from tests.factories import make_config
from tests.landed import COLUMNS, FORMATS, START, World, encode, make_rows, shop_config


def make_world(tmp_path: Path, **producer: Any) -> World:
    return World(tmp_path, shop_config(**producer))


def accepted(world: World, record: dict[str, Any]) -> pl.DataFrame:
    return world.lake.read("unified_transactions", file_version=record["file_version_id"])


# -- registration -----------------------------------------------------------------------------------------------------


def test_a_file_is_registered_once(tmp_path: Path) -> None:
    world = make_world(tmp_path)
    world.put("shop/a.csv", encode(make_rows(), "csv"))
    world.put("stray/b.csv", b"nobody's")
    (found,) = world.register()
    assert (found.uri, found.arrived_at, found.bytes) == ("shop/a.csv", START, len(encode(make_rows(), "csv")))
    assert world.register() == []
    assert registrations(world.lake) == [found]
    assert unclaimed(world.landing, world.config) == ["stray/b.csv"]


def test_a_touched_file_is_read_once_more_and_then_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = make_world(tmp_path)
    world.land("shop/a.csv", encode(make_rows(), "csv"))
    world.put("shop/a.csv", encode(make_rows(), "csv"))
    assert world.register() == []
    monkeypatch.setattr(world.landing, "copy", lambda one, target: pytest.fail("read again"))
    assert world.register() == []


def test_a_file_that_changes_while_it_is_read_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = make_world(tmp_path)
    world.put("shop/a.csv", b"item,day,qty\n1,2017-01-02,1\n")
    copy = world.landing.copy

    def copy_while_growing(one: LandedObject, target: StagedFile) -> Copied:
        copied = copy(one, target)
        world.put("shop/a.csv", copied.ends + b"2,2017-01-02,1\n")
        return copied

    monkeypatch.setattr(world.landing, "copy", copy_while_growing)
    assert world.register() == []
    monkeypatch.undo()
    (found,) = world.register()
    assert world.ingest(found.file_version_id).rows["accepted"] == 2


def test_files_of_a_half_written_manifest_wait_and_the_others_do_not(tmp_path: Path) -> None:
    producers = [
        {"name": "shop", "files": ["shop/*"], "columns": COLUMNS, "arrival": "manifest"},
        {"name": "web", "files": ["web/*"], "columns": COLUMNS},
    ]
    world = World(tmp_path, make_config(producers=producers))
    for name in ("shop", "web"):
        world.put(f"{name}/a.csv", encode(make_rows(seed=len(name)), "csv"))
    world.put("shop/manifest.json", b'{"a.csv": {"arri')
    assert [one.producer for one in world.register()] == ["web"]
    world.put("shop/manifest.json", b'{"a.csv": {"arrived_at": "2017-01-16T06:00:00+00:00"}}')
    (late,) = world.register()
    assert late.arrived_at == datetime(2017, 1, 16, 6, tzinfo=UTC)


def test_a_declared_initial_load_arrives_with_the_end_of_its_last_day(tmp_path: Path) -> None:
    world = make_world(tmp_path, arrival="initial_load", config={"bucket": {"time_zone": "America/New_York"}})
    world.put("shop/a.csv", b"item,day,qty\n1,2017-01-05,1\n2,2017-01-08,1\n3,2017-01-09,0\n")
    world.put("shop/broken.csv", b"item,day\n1,2017-01-05\n")
    arrivals = {one.uri: one.arrived_at for one in world.register()}
    assert arrivals == {"shop/a.csv": datetime(2017, 1, 9, 5, tzinfo=UTC), "shop/broken.csv": START}


def test_a_kill_between_two_registrations_loses_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = make_world(tmp_path)
    for name in "abc":
        world.put(f"shop/{name}.csv", encode(make_rows(seed=ord(name)), "csv"))
    write = world.lake.write_bytes

    def die_at_second(path: str, data: bytes) -> None:
        if "_registrations" in path and len(registrations(world.lake)) == 1:
            raise KeyboardInterrupt
        write(path, data)

    monkeypatch.setattr(world.lake, "write_bytes", die_at_second)
    with pytest.raises(KeyboardInterrupt):
        world.register()
    monkeypatch.undo()
    assert len(world.register()) == 2
    assert [one.uri for one in registrations(world.lake)] == ["shop/a.csv", "shop/b.csv", "shop/c.csv"]


# -- ingestion --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("format_", FORMATS)
def test_a_file_of_any_format_is_profiled_unified_and_committed(tmp_path: Path, format_: str) -> None:
    world = make_world(tmp_path)
    report = world.land("shop/a.bin", encode(make_rows(25), format_))
    (commit,) = world.commits()
    assert commit == report.record
    assert commit["rows"] == {"read": 25, "accepted": 25, "rejected": 0, "duplicate": 0}
    assert commit["quantity"]["accepted"] == make_rows(25)["qty"].sum()
    assert commit["buckets"] == ["2017-01-02", "2017-01-09"]
    (profile,) = world.lake.read("raw_files", file_version=commit["file_version_id"]).to_dicts()
    assert (profile["format"], profile["rows"], profile["status"]) == (format_, 25, "accepted")
    for table, digest in commit["tables"].items():
        assert sha256(Path(world.lake.path(table, file_version=commit["file_version_id"])).read_bytes()) == digest


def test_ingesting_again_gives_the_same_bytes(tmp_path: Path) -> None:
    world = make_world(tmp_path)
    report = world.land("shop/a.csv", encode(make_rows(), "csv") + b"x,soon,1,1,y\n")
    before = world.bytes_of_lake()
    world.ingest(report.record["file_version_id"])
    assert world.bytes_of_lake() == before


def test_two_machines_that_land_the_same_files_hold_the_same_bytes(tmp_path: Path) -> None:
    worlds = [make_world(tmp_path / name) for name in ("one", "two")]
    for world in worlds:
        for name in "ab":
            world.land(f"shop/{name}.csv", encode(make_rows(seed=ord(name)), "csv"))
    assert worlds[0].bytes_of_lake() == worlds[1].bytes_of_lake()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\x00\x01\x02\x03", "found unknown binary data"),
        (
            b"item,day,price\n1,2017-01-02,3\n",
            r"expected the column\(s\) 'qty' \(quantity\).*found \['day', 'item', 'price'\]",
        ),
        (encode(make_rows(), "parquet")[:-20], "cannot be read as parquet"),
        (b"item,day,qty\n\xff\xfe,2017-01-02,1\n", "correct `csv.encoding`"),
        (b"", "found an empty file"),
    ],
)
def test_a_bad_file_is_quarantined_with_its_reason_and_hides_no_other(tmp_path: Path, data: bytes, reason: str) -> None:
    world = make_world(tmp_path)
    report = world.land("shop/bad", data)
    good = world.land("shop/good.csv", encode(make_rows(4), "csv"))
    assert (report.status, good.status) == ("quarantined", "accepted")
    profile = world.lake.read("raw_files", file_version=report.record["file_version_id"])
    assert profile["reason"].str.contains(reason).item()
    assert report.rows == {"read": 0, "accepted": 0, "rejected": 0, "duplicate": 0}
    assert len(accepted(world, dict(report.record))) == 0
    assert version_spans(world.commits())["uri"].to_list() == ["shop/good.csv"]


def test_an_unmapped_file_still_shows_its_columns(tmp_path: Path) -> None:
    world = make_world(tmp_path)
    report = world.land("shop/a.csv", b"item,day,price\n1,2017-01-02,3\n")
    profile = world.lake.read("raw_files", file_version=report.record["file_version_id"])
    assert profile["columns_found"].item() == '{"item": "text", "day": "text", "price": "text"}'


def test_a_copy_counts_as_duplicate_to_the_row_and_the_unit(tmp_path: Path) -> None:
    world = make_world(tmp_path)
    data = encode(make_rows(10), "csv") + b"9,2017-01-02 00:00:00,-1.0,2.0,x\n"
    first, copy = world.land("shop/a.csv", data), world.land("shop/b.csv", data)
    assert first.rows == {"read": 11, "accepted": 10, "rejected": 1, "duplicate": 0}
    assert copy.rows == {"read": 11, "accepted": 0, "rejected": 0, "duplicate": 11}
    assert copy.record["quantity"]["duplicate"] == first.record["quantity"]["read"]
    assert first.record["file_version_id"] in copy.record["reason"]
    assert copy.record["buckets"] == []


def test_a_restated_file_supersedes_from_its_arrival_on_and_overwrites_nothing(tmp_path: Path) -> None:
    world = make_world(tmp_path)
    old = world.land("shop/a.csv", encode(make_rows(10), "csv"))
    new = world.land("shop/a.csv", encode(make_rows(12, seed=3), "csv"))
    spans = version_spans(world.commits())
    assert spans["known_from"].to_list() == [START, START + timedelta(hours=1)]
    assert spans["superseded_from"].to_list() == [START + timedelta(hours=1), None]
    assert new.record["supersedes"] == old.record["file_version_id"]
    again = world.ingest(old.record["file_version_id"])
    assert again.record == old.record
    assert len(accepted(world, dict(old.record))) == 10


def test_a_broken_restatement_leaves_what_it_restates_in_force(tmp_path: Path) -> None:
    world = make_world(tmp_path)
    old = world.land("shop/a.csv", encode(make_rows(10), "csv"))
    assert world.land("shop/a.csv", b"item\n1\n").status == "quarantined"
    (span,) = version_spans(world.commits()).to_dicts()
    assert (span["file_version_id"], span["superseded_from"]) == (old.record["file_version_id"], None)
    assert world.land("shop/a.csv", encode(make_rows(10), "csv")).status == "accepted"


def test_reference_data_goes_to_its_own_tables(tmp_path: Path) -> None:
    world = make_world(tmp_path, feed="products", columns={"sku": "item", "department": "dep"})
    report = world.land("shop/m.csv", b"item,dep\n1,DAIRY\n,FUEL\n")
    assert set(report.record["tables"]) == {"product_master", "rejected_rows"}
    assert report.rows == {"read": 2, "accepted": 1, "rejected": 1, "duplicate": 0}
    assert not world.lake.exists("unified_transactions", file_version=report.record["file_version_id"])


def test_an_empty_json_array_is_accepted_with_no_rows(tmp_path: Path) -> None:
    report = make_world(tmp_path).land("shop/a.json", b"[]")
    assert (report.status, report.rows["read"]) == ("accepted", 0)


def test_a_producer_that_left_the_configuration_is_an_error_that_names_it(tmp_path: Path) -> None:
    world = make_world(tmp_path)
    report = world.land("shop/a.csv", encode(make_rows(), "csv"))
    with pytest.raises(ConfigError, match="'shop', which the configuration does not have any more"):
        ingest_file(world.lake, shop_config(name="other"), report.record["file_version_id"])


# -- verdicts are looked at again -------------------------------------------------------------------------------------


def test_files_of_a_removed_producer_wait_and_are_ingested_once_it_is_back(tmp_path: Path) -> None:
    world = make_world(tmp_path)
    world.put("shop/a.csv", encode(make_rows(), "csv"))
    world.register()
    present, world.config = world.config, shop_config(name="other", files=["other/*"])
    assert world.settle() == []
    known = known_files(world.lake, world.config)
    assert waiting(known.registrations, {}, world.config) == {"shop": 1}
    world.config = present
    assert len(world.settle()) == 1
    assert [commit["status"] for commit in world.commits()] == ["accepted"]


def test_files_that_were_ingested_are_read_again_after_a_change_of_mapping_filters_or_attributes(
    tmp_path: Path,
) -> None:
    world = make_world(tmp_path)
    report = world.land("shop/a.csv", encode(make_rows(), "csv"))
    version = report.record["file_version_id"]
    before = world.bytes_of_tables()
    for changed in (
        shop_config(columns={**COLUMNS, "quantity": "money"}),
        shop_config(config={"filters": [{"kind": "expression", "name": "small", "keep": "quantity < 3"}]}),
        shop_config(
            columns={**COLUMNS, "kind": "kind"}, config={"attributes": {"department": {}, "brand": {}, "kind": {}}}
        ),
    ):
        world.config = changed
        assert world.settle() == [version]
        assert world.bytes_of_tables() != before
    world.config = shop_config()
    assert world.settle() == [version]
    assert world.bytes_of_tables() == before


def test_a_quarantined_file_is_accepted_once_its_mapping_is_corrected(tmp_path: Path) -> None:
    world = make_world(tmp_path, columns={**COLUMNS, "quantity": "pieces"})
    report = world.land("shop/a.csv", encode(make_rows(), "csv"))
    assert report.status == "quarantined"
    assert world.settle() == []
    world.config = shop_config()
    world.settle()
    assert [commit["status"] for commit in world.commits()] == ["accepted"]


def test_the_same_bytes_under_a_name_that_arrived_earlier_but_came_later_count_once(tmp_path: Path) -> None:
    world = make_world(tmp_path, arrival="modified_at")
    data = encode(make_rows(), "csv")
    late = world.land("shop/late.csv", data)
    world.put("shop/early.csv", data, START - timedelta(days=3))
    (early,) = world.register()
    world.settle()
    statuses = {commit["uri"]: commit["status"] for commit in world.commits()}
    assert statuses == {"shop/early.csv": "accepted", "shop/late.csv": "duplicate"}
    (copy,) = world.lake.read("raw_files", file_version=late.record["file_version_id"]).to_dicts()
    assert copy["status"] == "duplicate"
    assert early.file_version_id in copy["reason"]


def test_a_copy_counts_when_what_it_copies_cannot_be_read_as_its_own_producers(tmp_path: Path) -> None:
    producers = [
        {"name": "web", "files": ["web/*"], "columns": {**COLUMNS, "quantity": "pieces"}},
        {"name": "shop", "files": ["shop/*"], "columns": COLUMNS},
    ]
    world = World(tmp_path, make_config(producers=producers))
    data = encode(make_rows(), "csv")
    for name in ("web", "shop"):
        world.put(f"{name}/a.csv", data)
        world.register()
    copy = next(one for one in registrations(world.lake) if one.producer == "shop")
    assert world.ingest(copy.file_version_id).status == "duplicate"
    world.settle()
    assert {commit["producer"]: commit["status"] for commit in world.commits()} == {
        "web": "quarantined",
        "shop": "accepted",
    }


def test_a_recalled_file_is_nobodys_original_and_its_undo_leaves_the_same_bytes(tmp_path: Path) -> None:
    world = make_world(tmp_path)
    data = encode(make_rows(), "csv")
    first, copy = world.land("shop/a.csv", data), world.land("shop/b.csv", data)
    before = world.bytes_of_tables()
    versions = [report.record["file_version_id"] for report in (first, copy)]
    write_event(world.lake, versions[0], False, "ann", "wrong till", world.now)
    assert world.settle() == [versions[1]]
    assert {one["file_version_id"]: one["status"] for one in world.commits()} == dict.fromkeys(versions, "accepted")
    write_event(world.lake, versions[0], True, "ann", "it was right", world.now)
    assert world.settle() == [versions[1]]
    assert world.bytes_of_tables() == before
    assert [one.event for one in file_events(world.lake)] == ["recall", "undo"]


def test_what_the_loser_of_a_race_read_is_corrected_by_the_next_plan(tmp_path: Path) -> None:
    world = make_world(tmp_path)
    for name in "ab":
        world.put(f"shop/{name}.csv", encode(make_rows(), "csv"))
    found = world.register()
    before = known_files(world.lake, world.config)
    write_event(world.lake, found[0].file_version_id, False, "ann", "wrong till", world.now)
    ingest_file(world.lake, world.config, found[1].file_version_id, before)
    assert world.commits()[0]["status"] == "duplicate"
    world.settle()
    assert [commit["status"] for commit in world.commits()] == ["accepted"]


# -- kills ------------------------------------------------------------------------------------------------------------


def run_until_killed(world: World, file_version_id: str, quantity_column: str) -> int:
    """Ingests in a process that dies the moment the commit record would be written."""
    code = f"""
        import os
        from dp_resources.lake import Lake
        from dp_assets.ingestion import ingest_file
        from tests.landed import COLUMNS, shop_config
        Lake.commit = lambda self, event, identifier, record: os._exit(9)
        config = shop_config(columns={{**COLUMNS, "quantity": {quantity_column!r}}})
        ingest_file(Lake({str(world.folder / "lake")!r}), config, {file_version_id!r})
    """
    return subprocess.run([sys.executable, "-c", textwrap.dedent(code)], cwd=Path(__file__).parents[1]).returncode


def test_a_process_killed_before_the_commit_leaves_the_file_uncommitted_and_a_rerun_completes_it(
    tmp_path: Path,
) -> None:
    world = make_world(tmp_path)
    world.put("shop/a.csv", encode(make_rows(), "csv"))
    (found,) = world.register()
    assert run_until_killed(world, found.file_version_id, "qty") == 9
    assert world.lake.exists("unified_transactions", file_version=found.file_version_id)
    assert world.commits() == []
    left_behind = world.bytes_of_lake()
    report = world.ingest(found.file_version_id)
    assert world.commits() == [report.record]
    after = world.bytes_of_lake()
    assert {path: after[path] for path in left_behind} == left_behind


def test_no_commit_ever_covers_tables_that_are_half_old_and_half_new(tmp_path: Path) -> None:
    world = make_world(tmp_path)
    report = world.land("shop/a.csv", encode(make_rows(), "csv"))
    version = report.record["file_version_id"]
    assert run_until_killed(world, version, "money") == 9
    assert world.commits() == []
    world.config = shop_config(columns={**COLUMNS, "quantity": "money"})
    rewritten = world.ingest(version)
    assert world.commits() == [rewritten.record]
    assert rewritten.record["quantity"]["accepted"] == make_rows()["money"].sum()
    replaced = report.record["tables"]["unified_transactions"]
    assert os.path.exists(f"{world.lake.root}/_versions/unified_transactions/{replaced}/part.parquet")  # noqa: PTH110


def test_register_new_files_needs_nothing_but_landing_lake_configuration_and_time(tmp_path: Path) -> None:
    world = make_world(tmp_path)
    assert register_new_files(world.landing, world.lake, world.config, START) == []
