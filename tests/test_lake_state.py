"""What the plan knows of a lake: inputs of buckets, recalls of models and cycles, and what stands where."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from dp_assets.defs.automation.sensors import run_requests
from dp_assets.domain.buckets import BucketGrid
from dp_assets.domain.contributions import bucket_inputs
from dp_assets.domain.ingest.registration import Registration
from dp_assets.domain.plan import LakeState, Made, RunPlan, closed_buckets, plan_requests
from dp_assets.domain.recall import Backdated
from dp_assets.lake_state import read_state, recalls_in_force, standing
from dp_assets.project import build_project
from dp_assets.recalls import difference_report, write_backdate, write_event, write_reports
from dp_assets.registry import counting_commits, file_events, write_registration
from dp_resources.clock import SimulatedClock
from dp_resources.lake import Lake
from dp_resources.settings import Settings
from tests.lake_makers import at, bucket_config, ingest, sale

CONFIG = bucket_config()
FIRST = date(2017, 1, 2)
CYCLE = str(FIRST + timedelta(weeks=4))
NOW = datetime(2017, 2, 1, tzinfo=UTC)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """Two files of one bucket each, built, and a cycle after both."""
    lake = Lake(tmp_path / "lake")
    for week in range(2):
        ingest(lake, CONFIG, f"w{week}", [sale("milk", FIRST + timedelta(weeks=week))], at(FIRST, 7))
    build(lake)
    lake.commit("sku_attributes", CYCLE, {"cycle": CYCLE, "recalls": []})
    return lake


def build(lake: Lake) -> None:
    """Commits both buckets as the stage does."""
    inputs = bucket_inputs(counting_commits(lake).values(), CONFIG)
    for week in range(2):
        key = str(FIRST + timedelta(weeks=week))
        lake.commit("weekly_buckets", key, {"bucket": key, "inputs": inputs.get(key, {})})


def write_model(lake: Lake, folder: Path, content: str, recalls: list[str] | None) -> str:
    folder.mkdir(exist_ok=True)
    (folder / "weights").write_text(content)
    return str(lake.write_folder("tuned_model", folder, {"recalls": recalls}, cycle=CYCLE)["sha256"])


def test_what_a_cycle_is_computed_without_is_known_once_buckets_and_attributes_have_followed(lake: Lake) -> None:
    assert recalls_in_force(lake, CONFIG, CYCLE) == []
    write_event(lake, "w1", False, "ann", "wrong till", NOW)
    assert recalls_in_force(lake, CONFIG, CYCLE) is None
    build(lake)
    assert recalls_in_force(lake, CONFIG, CYCLE) is None
    lake.commit("sku_attributes", CYCLE, {"cycle": CYCLE, "recalls": ["w1"]})
    assert recalls_in_force(lake, CONFIG, CYCLE) == ["w1"]
    write_event(lake, "w1", True, "ann", "", NOW)
    assert recalls_in_force(lake, CONFIG, CYCLE) is None


def test_a_cycle_is_computed_under_a_backdated_arrival_once_the_file_is_committed_with_it(lake: Lake) -> None:
    recorded, declared, rows = at(FIRST + timedelta(weeks=5)), at(FIRST), [sale("milk", FIRST + timedelta(weeks=1))]
    late = Registration("w1", "shop", "transactions", "shop/w1", "w1", "w1", 1, recorded, recorded, None)
    write_registration(lake, late)
    ingest(lake, CONFIG, "w1", rows, recorded)
    build(lake)
    write_backdate(lake, "w1", Backdated(declared, recorded), "ann", "the line was down", recorded)
    assert recalls_in_force(lake, CONFIG, CYCLE) is None
    lake.withdraw("ingest", "w1")  # as reading it again does before its tables change; a kill leaves it like this
    assert recalls_in_force(lake, CONFIG, CYCLE) is None
    ingest(lake, CONFIG, "w1", rows, declared)
    assert recalls_in_force(lake, CONFIG, CYCLE) is None
    build(lake)
    assert recalls_in_force(lake, CONFIG, CYCLE) is None
    told = [f"w1@{declared.isoformat()}"]
    lake.commit("sku_attributes", CYCLE, {"cycle": CYCLE, "recalls": told})
    assert recalls_in_force(lake, CONFIG, CYCLE) == told


def test_a_model_trained_again_counts_once_its_residuals_are_its_own(lake: Lake, tmp_path: Path) -> None:
    lake.write("error_distributions", pl.DataFrame({"a": [1]}), cycle=CYCLE)
    first = write_model(lake, tmp_path / "model", "one", [])
    lake.commit("residuals", CYCLE, {"cycle": CYCLE, "model": first})
    assert read_state(lake).models == {CYCLE: Made(())}
    second = write_model(lake, tmp_path / "model", "two", ["w1"])
    assert read_state(lake).models == {CYCLE: Made(None)}
    lake.commit("residuals", CYCLE, {"cycle": CYCLE, "model": second})
    assert read_state(lake).models == {CYCLE: Made(("w1",))}


def test_a_bucket_record_of_an_earlier_layout_counts_as_stale(lake: Lake) -> None:
    key = str(FIRST)
    lake.commit("weekly_buckets", key, {"bucket": key, "file_versions": ["w0"]})
    state = read_state(lake)
    assert state.built_buckets[key] != bucket_inputs(state.counting.values(), CONFIG)[key]


def test_the_same_plan_stands_on_other_grounds_once_what_it_replaces_was_written_again(lake: Lake) -> None:
    plan = RunPlan("refresh_buckets", (str(FIRST), "2017-01-16"), "recalled")
    before = standing(lake, plan)
    assert standing(lake, plan) == before
    record = Path(lake.root) / f"_commits/weekly_buckets/{FIRST}.json"
    later = record.stat().st_mtime + 5
    build(lake)
    os.utime(record, (later, later))
    assert standing(lake, plan) != before


def test_sensors_start_a_recall_and_after_its_undo_the_same_recall_again(lake: Lake, tmp_path: Path) -> None:
    clock = SimulatedClock(tmp_path / "clock.json")
    clock.set(NOW)
    project = build_project(
        Settings(state_dir=tmp_path, lake_root=lake.root, clock="simulated"), CONFIG, tmp_path, clock
    )
    keys = []
    for undo in (False, True, False):
        write_event(lake, "w1", undo, "ann", "wrong till", NOW)
        (plan,) = (one for one in plan_requests(registered(lake), CONFIG, NOW) if one.job == "refresh_buckets")
        with dg.DagsterInstance.ephemeral() as instance:
            keys += [one.run_key for one in run_requests(plan, project, instance)]
            assert [one.run_key for one in run_requests(plan, project, instance)] == keys[-1:]
        build(lake)
        record = Path(lake.root) / f"_commits/weekly_buckets/{FIRST + timedelta(weeks=1)}.json"
        os.utime(record, (len(keys), len(keys)))
    assert len(set(keys)) == 3


def registered(lake: Lake) -> LakeState:
    """The state of the lake, its files taken for ingested as they should be, every other closed bucket for built."""
    state = read_state(lake)
    closed: dict[str, dict[str, str]] = {day.isoformat(): {} for day in closed_buckets(BucketGrid.of(CONFIG), NOW)}
    return replace(state, built_buckets={**closed, **state.built_buckets})


def test_the_difference_of_an_event_is_written_once_and_kept(lake: Lake) -> None:
    frame = pl.DataFrame({"series_id": ["milk"], "sku": ["milk"], "lead": [1], "final": [10.0]})
    lake.write("published_forecasts", frame, cycle=CYCLE)
    event = write_event(lake, "w1", False, "ann", "wrong till", NOW)
    assert difference_report(lake, event) is None
    lake.write("published_forecasts", frame.with_columns(final=pl.lit(7.0)), cycle=CYCLE)
    said: list[str] = []
    write_reports(lake, said.append)
    lake.write("published_forecasts", frame.with_columns(final=pl.lit(99.0)), cycle=CYCLE)
    write_reports(lake, said.append)
    report = difference_report(lake, event)
    assert report is not None
    assert report.select("cycle", "before", "after", "percent").rows() == [(CYCLE, 10.0, 7.0, -30.0)]
    assert len(said) == 1


def test_telling_the_same_twice_is_one_event(lake: Lake) -> None:
    first = write_event(lake, "w1", False, "ann", "wrong till", NOW)
    assert write_event(lake, "w1", False, "bob", "again", NOW) == first
    assert file_events(lake) == [first]
