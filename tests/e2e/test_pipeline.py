"""The whole graph in real Dagster runs, from files to the serving bundle."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import dagster as dg
import numpy as np
import polars as pl
import pytest

from dp_assets.domain.contracts import tables
from dp_assets.domain.encoders import Encoders
from dp_assets.domain.panel import Panel
from dp_assets.domain.plan import RunPlan
from dp_assets.domain.producer_config import ProducerConfig
from dp_assets.domain.restatement_config import RestatementConfig
from dp_assets.execution import definitions_for, execute
from tests.e2e.small_world import PLANNED_AHEAD, World, drop, land_week, world_config
from tests.factories import MONDAY

pytestmark = pytest.mark.slow
WEEKS = 30
DEPOT = {
    "name": "depot",
    "feed": "stock",
    "files": ["depot/*.csv"],
    "columns": {"sku": "item", "starts_on": "from", "ends_on": "to"},
}
RANGE = {
    "name": "range",
    "feed": "product_life",
    "files": ["range/*.csv"],
    "columns": {"sku": "item", "like_sku": "like", "launch_on": "from"},
}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The web shop's weekly files are snapshots of their days, and a depot and a range planner deliver as well, so that
    every table is written."""
    config, snapshots = world_config(), RestatementConfig(by="dates")
    producers = (
        *(one.model_copy(update={"restatement": snapshots}) if one.name == "web" else one for one in config.producers),
        *(ProducerConfig.model_validate({**feed, "arrival": "modified_at"}) for feed in (DEPOT, RANGE)),
    )
    world = World(tmp_path_factory.mktemp("world"), config.model_copy(update={"producers": producers}), WEEKS)
    out = MONDAY + timedelta(weeks=20)
    drop(world.folder / "landing/depot/out.csv", f"item,from,to\nS001,{out},{out + timedelta(days=6)}\n", MONDAY)
    drop(world.folder / "landing/range/life.csv", f"item,like,from\nNOVEL,S002,{out}\n", MONDAY)
    world.run()
    return world


def test_every_row_of_every_file_is_accounted_for(world: World) -> None:
    for commit in world.project.lake().committed("ingest").values():
        rows = commit["rows"]
        assert rows["read"] == rows["accepted"] + rows["rejected"] + rows["duplicate"]
    assert len(world.project.lake().committed("ingest")) == 4 * WEEKS + PLANNED_AHEAD + 5


def test_every_table_that_was_written_keeps_its_contract(world: World) -> None:
    lake = world.project.lake()
    newest = max(lake.partitions("forecasts"))
    for job in ("batch_inference", "explain"):
        execute(RunPlan(job, (newest,), job), world.project, definitions_for(world.project, print), world.instance)
    for table in tables(world.config):
        if table.partitioned_by == "scenario":
            continue  # nothing makes one by itself; `test_planners_numbers.py` does
        found = lake.partitions(table.name) if table.partitioned_by else [""]
        assert found, table.name
        for key in found[-2:]:
            partition = {table.partitioned_by: key} if table.partitioned_by else {}
            assert table.violations(lake.read(table.name, **partition)) == [], (table.name, key)


def test_a_bucket_out_of_stock_is_masked_and_an_announced_product_forecast(world: World) -> None:
    cycle = max(world.project.lake().partitions("forecasts"))
    stockouts, lost = (world.table(name, cycle=cycle) for name in ("stockouts", "lost_sales"))
    assert stockouts.select("series_id", "kind").rows() == [("S001", "stated")]
    assert lost["demand"][0] > 0
    novel = world.table("forecasts", cycle=cycle).filter(pl.col("sku") == "NOVEL")
    assert set(novel["method"]) == {"twin"}
    assert novel["forecast"].min() > 0  # type: ignore[operator]
    assert "NOVEL" not in world.table("eligibility", cycle=cycle)["sku"]


def test_buckets_hold_what_the_files_sold(world: World) -> None:
    lake = world.project.lake()
    units = sum(commit["quantity"]["accepted"] for commit in lake.committed("ingest").values())
    buckets = lake.read_all("weekly_buckets")
    assert buckets is not None
    assert buckets["quantity"].sum() == pytest.approx(units)


def test_every_level_of_the_rollup_sums_to_the_same_total(world: World) -> None:
    cycle = max(world.project.lake().partitions("reconciled_rollups"))
    totals = (
        world.table("reconciled_rollups", cycle=cycle)
        .group_by("level", "lead")
        .agg(pl.col("forecast").sum())
        .sort("lead")
    )
    for _, level in totals.group_by("lead"):
        assert np.ptp(level["forecast"].to_numpy()) <= 1e-6 * level["forecast"].max()


def test_regressors_and_events_reach_the_network(world: World) -> None:
    lake = world.project.lake()
    folder = lake.open_folder("encoders", cycle=lake.partitions("tuned_model")[0])
    encoders = Encoders.from_json((folder / "encoders.json").read_text(encoding="utf-8"))
    fair = tuple(f"{kind}event_fair" for kind in ("", "before_", "after_"))
    assert encoders.known == ("promo_display", "promo_leaflet", "regressor_temperature", *fair)
    assert {"event_school_holidays", "before_event_school_holidays"} <= set(encoders.calendar)


def test_plans_of_a_department_reach_its_series_and_no_others(world: World) -> None:
    lake = world.project.lake()
    panel = Panel.load(lake.open_folder("features", cycle=max(lake.partitions("features"))))
    departments = panel.series["department"].to_numpy()
    for name, department in (("promo_leaflet", "bakery"), ("event_fair", "dairy")):
        planned = panel.known[:, :, panel.known_names.index(name)].any(axis=1)
        assert planned.tolist() == (departments == department).tolist()


def test_running_again_does_nothing(world: World) -> None:
    assert world.run() == 0


def test_a_rerun_of_a_cycle_gives_the_same_bytes(world: World) -> None:
    lake = world.project.lake()
    cycle = max(lake.partitions("forecasts"))
    before = Path(lake.path("forecasts", cycle=cycle)).read_bytes()
    bundle = lake.manifest("serving_bundle", cycle=cycle)["sha256"]
    execute(
        RunPlan("weekly_cycle", (cycle,), "again"), world.project, definitions_for(world.project, print), world.instance
    )
    assert Path(lake.path("forecasts", cycle=cycle)).read_bytes() == before
    assert lake.manifest("serving_bundle", cycle=cycle)["sha256"] == bundle


def test_the_next_week_brings_the_next_cycle_and_scores_a_lead(world: World) -> None:
    lake = world.project.lake()
    before = lake.partitions("serving_bundle")
    land_week(world.folder / "landing", WEEKS)
    world.advance_to(WEEKS + 1)
    assert world.run() > 0
    after = lake.partitions("serving_bundle")
    assert len(after) == len(before) + 1
    accuracy = world.table("accuracy", cycle=max(before))
    assert accuracy.filter(pl.col("level") == "total")["lead"].max() == 1


def test_files_that_arrive_later_change_no_earlier_cycle(world: World) -> None:
    lake = world.project.lake()
    cycle = sorted(lake.partitions("forecasts"))[-2]
    tables = ("sku_attributes", "eligibility", "forecasts", "published_forecasts")
    before = {name: lake.read_bytes(lake.path(name, cycle=cycle)) for name in tables}
    late = world.folder / "landing" / "shop" / "late.csv"
    drop(late, f"item;day;qty;money;dept\nS001;{MONDAY:%d/%m/%Y};5000;1,00;bakery\n", world.clock.now().date())
    world.run()
    execute(
        RunPlan("weekly_cycle", (cycle,), "late"), world.project, definitions_for(world.project, print), world.instance
    )
    assert {name: lake.read_bytes(lake.path(name, cycle=cycle)) for name in tables} == before


def test_a_broken_file_goes_to_quarantine_and_stops_nobody(world: World) -> None:
    landing = world.folder / "landing"
    drop(landing / "shop" / "broken.csv", "what;is;this\n1;2;3\n", world.clock.now().date())
    world.run()
    files = world.project.lake().read_all("raw_files")
    assert files is not None
    broken = files.filter(pl.col("uri").str.ends_with("broken.csv")).row(0, named=True)
    assert broken["status"] == "quarantined"
    assert "item" in broken["reason"]


def test_a_backfill_through_dagster_covers_several_cycles_in_one_run(world: World) -> None:
    keys = world.instance.get_materialized_partitions(dg.AssetKey("forecasts"))
    assert set(world.project.lake().partitions("forecasts")) <= keys
