"""Reports of data quality in the lake: as of arrival, whatever the order of ingestion, and made good after a kill."""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from dp_assets.domain.plan import plan_requests
from dp_assets.lake_state import read_state
from dp_assets.quality import QualityReports
from dp_assets.recalls import write_event
from dp_assets.registry import counting_commits, file_events, registrations
from dp_resources.lake import Lake
from tests.landed import World, encode, shop_config

pytestmark = pytest.mark.slow

WEEKS = 9


def week(number: int, per_day: int = 12, first_sku: int = 1) -> bytes:
    """A week of sales, the same number of rows every day, five SKUs."""
    moments = [
        datetime(2017, 1, 2, 8) + timedelta(weeks=number, days=day, minutes=row)  # noqa: DTZ001
        for day in range(7)
        for row in range(per_day)
    ]
    rows = range(len(moments))
    return encode(
        pl.DataFrame(
            {
                "item": [first_sku + row % 5 for row in rows],
                "day": moments,
                "qty": [1.0 + row % 2 for row in rows],
                "money": [2.5 * (1 + row % 2) for row in rows],
            }
        ),
        "csv",
    )


def land_weeks(world: World, weeks: range = range(WEEKS), **last: Any) -> dict[str, str]:
    """Lands weeks without ingesting them; path → version. Keyword arguments change the last week."""
    for number in weeks:
        world.put(f"shop/{number:02d}.csv", week(number, **(last if number == weeks[-1] else {})))
        world.register()
    return {one.uri: one.file_version_id for one in registrations(world.lake)}


def write_reports(world: World, *versions: str) -> dict[str, pl.DataFrame]:
    return QualityReports(world.lake, world.config, registrations(world.lake), world.now).write(versions)


def measure(lake: Lake, version: str, name: str) -> dict[str, Any]:
    report = lake.read("data_quality", file_version=version)
    (row,) = report.filter(pl.col("measure") == name, pl.col("subject") == "file").to_dicts()
    return row


def test_a_file_is_compared_with_earlier_ones_in_whatever_order_they_are_reported_on(tmp_path: Path) -> None:
    reports = []
    for order in (1, -1):
        world = World(tmp_path / str(order), shop_config())
        versions = land_weeks(world, per_day=90, first_sku=3)
        for version in list(versions.values())[::order]:
            world.ingest(version)
        for version in list(versions.values())[::order]:
            write_reports(world, version)
        reports.append({path: world.lake.read("data_quality", file_version=id_) for path, id_ in versions.items()})
        last = versions[f"shop/{WEEKS - 1:02d}.csv"]
        assert measure(world.lake, last, "rows")["verdict"] == "warn"
        assert measure(world.lake, last, "rows")["compared_with"] == WEEKS - 1
        assert measure(world.lake, last, "new_sku_share")["detail"] == "2 of 5: 6, 7"
        assert measure(world.lake, versions["shop/07.csv"], "new_sku_share")["value"] == 0
    for path, report in reports[0].items():
        assert report.equals(reports[1][path]), path


def test_a_run_reports_on_everything_that_earlier_runs_left_out(tmp_path: Path) -> None:
    world = World(tmp_path, shop_config())
    versions = land_weeks(world)
    for version in versions.values():
        world.ingest(version)
    write_reports(world)
    assert set(world.lake.partitions("data_quality")) == set(versions.values())


def test_files_that_arrived_at_the_same_moment_are_compared_in_the_order_of_their_paths(tmp_path: Path) -> None:
    world = World(tmp_path, shop_config())
    for number in range(WEEKS):
        world.put(f"shop/{number:02d}.csv", week(number))
    versions = [one.file_version_id for one in world.register()]
    for version in versions:
        world.ingest(version)
    write_reports(world, *versions)
    compared = [measure(world.lake, version, "rows")["compared_with"] for version in versions]
    assert compared == list(range(WEEKS))


def test_a_restated_file_is_not_compared_with_what_it_replaces(tmp_path: Path) -> None:
    world = World(tmp_path, shop_config())
    versions = land_weeks(world)
    world.put("shop/08.csv", week(8, per_day=24))
    (restated,) = world.register()
    world.put("shop/09.csv", week(9))
    (after,) = world.register()
    for version in [*versions.values(), restated.file_version_id, after.file_version_id]:
        world.ingest(version)
    write_reports(world, restated.file_version_id)
    assert measure(world.lake, restated.file_version_id, "rows")["compared_with"] == WEEKS - 1
    assert measure(world.lake, after.file_version_id, "rows")["compared_with"] == WEEKS


def test_reports_that_a_killed_run_left_out_are_made_good(tmp_path: Path) -> None:
    world = World(tmp_path, shop_config())
    versions = list(land_weeks(world).values())
    for version in versions:
        world.ingest(version)
    write_reports(world, versions[-1])
    assert world.lake.partitions("data_quality") == sorted(versions)
    before = world.bytes_of_lake()
    write_reports(world, *versions)
    assert world.bytes_of_lake() == before


def test_a_lost_or_damaged_catalogue_is_made_anew(tmp_path: Path) -> None:
    world = World(tmp_path, shop_config())
    versions = list(land_weeks(world).values())
    for version in versions:
        world.ingest(version)
    write_reports(world, *versions)
    before = world.bytes_of_lake()
    catalogue = tmp_path / "lake/_quality/shop/seen.parquet"
    catalogue.write_bytes(b"half a fi")
    write_reports(world, versions[0])
    assert world.bytes_of_lake() == before


def test_only_the_newest_files_are_read_for_a_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(tmp_path, shop_config(config={"quality": {"history_files": 3, "minimum_history": 2}}))
    versions = list(land_weeks(world).values())
    for version in versions:
        world.ingest(version)
    write_reports(world, *versions[:-1])
    read = Lake.read_bytes
    paths: list[str] = []

    def noted(lake: Lake, path: str) -> bytes:
        paths.append(path)
        return read(lake, path)

    monkeypatch.setattr(Lake, "read_bytes", noted)
    write_reports(world, versions[-1])
    monkeypatch.undo()
    assert measure(world.lake, versions[-1], "rows")["compared_with"] == 3
    touched = {version for version in versions for path in paths if version in path and "_registrations" not in path}
    assert touched == set(versions[-4:])


def test_files_that_hold_no_rows_have_empty_reports(tmp_path: Path) -> None:
    world = World(tmp_path, shop_config())
    good, junk, copy = (
        world.land("shop/a.csv", week(0)).record["file_version_id"],
        world.land("shop/b.csv", b"no,such\n1,2\n").record["file_version_id"],
        world.land("shop/c.csv", week(0)).record["file_version_id"],
    )
    found = write_reports(world, good, junk, copy)
    assert [len(found[version]) > 0 for version in (good, junk, copy)] == [True, False, False]


def test_rows_that_change_under_a_new_configuration_are_judged_anew(tmp_path: Path) -> None:
    world = World(tmp_path, shop_config())
    versions = list(land_weeks(world, range(3)).values())
    for version in versions:
        world.ingest(version)
    write_reports(world, *versions)
    only_two = [{"kind": "expression", "name": "two_items", "keep": "CAST(sku AS INTEGER) < 3"}]
    world.config = shop_config(config={"filters": only_two})
    world.ingest(versions[0])
    write_reports(world, versions[0])
    catalogue = pl.read_parquet(tmp_path / "lake/_quality/shop/seen.parquet").filter(pl.col("kind") == "sku")
    assert catalogue["seen_from"].n_unique() == 2  # items 3 to 5 are first shown by the second file
    assert measure(world.lake, versions[0], "rejected_share")["value"] == pytest.approx(0.6, abs=0.01)


BLOCKS = {"quality": {"gates": {"rows": {"block": 8}}}}


def test_a_file_that_blocks_is_recalled_once_and_what_a_person_decides_holds(tmp_path: Path) -> None:
    world = World(tmp_path, shop_config(config=BLOCKS))
    versions = land_weeks(world, per_day=90)
    for version in versions.values():
        world.ingest(version)
    write_reports(world, *versions.values())
    strange = versions[f"shop/{WEEKS - 1:02d}.csv"]
    (event,) = file_events(world.lake)
    assert (event.event, event.file_version_id, event.by) == ("recall", strange, "quality gate")
    assert event.reason.startswith(f"{strange}: rows is 630, usually 84 (score ")
    assert set(counting_commits(world.lake)) == set(versions.values()) - {strange}
    write_event(world.lake, strange, undo=True, by="ann", reason="a real sale", now=world.now)
    world.ingest(strange)
    write_reports(world, strange)
    assert [one.event for one in file_events(world.lake)] == ["recall", "undo"]
    assert set(counting_commits(world.lake)) == set(versions.values())


def test_a_killed_run_holds_a_file_out_on_the_next(tmp_path: Path) -> None:
    world = World(tmp_path, shop_config(config=BLOCKS))
    versions = land_weeks(world, per_day=90)
    for version in versions.values():
        world.ingest(version)
    write_reports(world, versions["shop/00.csv"])
    assert [one.file_version_id for one in file_events(world.lake)] == [versions[f"shop/{WEEKS - 1:02d}.csv"]]


def test_a_file_that_lacks_its_report_is_ingested_again_before_anything_is_made_of_it(tmp_path: Path) -> None:
    world = World(tmp_path, shop_config(config=BLOCKS))
    versions = land_weeks(world, per_day=90)
    for version in versions.values():
        world.ingest(version)
    strange = versions[f"shop/{WEEKS - 1:02d}.csv"]
    write_reports(world, *versions.values())
    assert plan(world) == ("ingest_new_files", tuple(versions.values())), "the ledger lacks them all"
    world.finish()
    assert plan(world)[0] == "refresh_buckets"

    shutil.rmtree(tmp_path / "lake/_file_events")
    shutil.rmtree(tmp_path / "lake/_quality")
    write_reports(world, *list(versions.values())[:-1])
    catalogue = tmp_path / "lake/_quality/shop/seen.parquet"
    shutil.rmtree(tmp_path / "lake/_file_events")
    pl.read_parquet(catalogue).filter(pl.col("value") != strange).write_parquet(catalogue)
    assert plan(world) == ("ingest_new_files", (strange,))
    write_reports(world, strange)
    assert [one.file_version_id for one in file_events(world.lake)] == [strange]
    world.finish()
    assert plan(world)[0] == "refresh_buckets"


def test_a_file_that_blocks_is_not_what_a_later_one_of_the_same_run_is_compared_with(tmp_path: Path) -> None:
    reports, catalogues = [], []
    for at_once in (True, False):
        world = World(tmp_path / str(at_once), shop_config(config=BLOCKS))
        versions = [*land_weeks(world, per_day=90, first_sku=8).values()]
        world.put("shop/09.csv", week(9, first_sku=8))
        versions += [one.file_version_id for one in world.register()]
        for version in versions:
            world.ingest(version)
            if not at_once:
                write_reports(world, version)
        write_reports(world, *versions)
        assert measure(world.lake, versions[-1], "new_sku_share")["value"] == 1.0
        reports.append([world.lake.read("data_quality", file_version=version) for version in versions])
        catalogues.append((world.folder / "lake/_quality/shop/seen.parquet").read_bytes())
    assert all(left.equals(right) for left, right in zip(*reports, strict=True))
    assert catalogues[0] == catalogues[1]


def plan(world: World) -> tuple[str, tuple[str, ...]]:
    """The job that is due, and its partitions."""
    (found,) = plan_requests(read_state(world.lake), world.config, world.now + timedelta(weeks=20))
    return found.job, found.partition_keys


def test_what_was_recalled_is_neither_usual_nor_seen_before(tmp_path: Path) -> None:
    world = World(tmp_path, shop_config())
    versions = land_weeks(world, per_day=90, first_sku=8)
    for version in versions.values():
        world.ingest(version)
    write_reports(world, *versions.values())
    write_event(world.lake, versions["shop/08.csv"], undo=False, by="ann", reason="test till", now=world.now)
    world.put("shop/09.csv", week(9, first_sku=8))
    (after,) = world.register()
    world.ingest(after.file_version_id)
    write_reports(world, after.file_version_id)
    assert measure(world.lake, after.file_version_id, "rows")["compared_with"] == WEEKS - 1
    assert measure(world.lake, after.file_version_id, "new_sku_share")["value"] == 1.0
    write_event(world.lake, versions["shop/08.csv"], undo=True, by="ann", reason="", now=world.now)
    write_reports(world, after.file_version_id)
    assert measure(world.lake, after.file_version_id, "rows")["compared_with"] == WEEKS
    assert measure(world.lake, after.file_version_id, "new_sku_share")["value"] == 0
