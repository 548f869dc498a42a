"""A file is taken back: exactly what it touched is computed again, and the undo leaves the bytes that were there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
import yaml
from typer.testing import CliRunner, Result

from dp_assets.cli import app
from dp_assets.domain.plan import Affected, plan_requests
from dp_assets.domain.recall import RecallRefusedError, difference_totals
from dp_assets.execution import definitions_for
from dp_assets.lake_state import read_state
from dp_assets.project import REPOSITORY
from dp_assets.recalls import (
    backdate_meant,
    difference_report,
    reached_by,
    reached_by_backdate,
    version_meant,
    write_event,
)
from dp_assets.registry import file_events
from tests.e2e.lake_content import changed_partitions, lake_content
from tests.e2e.small_world import RESTATED, World, world_that_ran
from tests.factories import MONDAY

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return world_that_ran(tmp_path_factory)


def restated(world: World) -> Path:
    return world.folder / "landing" / "shop" / f"{RESTATED}.csv"


def reached(world: World, name: str, undo: bool = False) -> tuple[str, Affected]:
    lake = world.project.lake()
    version = version_meant(lake, name, undo)
    return version, reached_by(lake, world.config, version, undo)


@pytest.fixture
def dp(world: World, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """The command `dp` over the world, in this process."""
    text = yaml.safe_dump(world.config.model_dump(mode="json", exclude_none=True), sort_keys=False)
    (world.folder / "demand.yaml").write_text(text)
    monkeypatch.setenv("DP_CONFIG", str(world.folder / "demand.yaml"))
    monkeypatch.setenv("DP_STATE_DIR", str(world.folder / "state"))
    monkeypatch.setenv("DP_CLOCK", "simulated")
    monkeypatch.setenv("DAGSTER_HOME", str(REPOSITORY))
    return lambda *arguments: CliRunner().invoke(app, arguments)


def test_the_command_lists_recomputes_and_reports_what_one_file_had_touched(
    world: World, dp: Callable[..., Result]
) -> None:
    lake, name = world.project.lake(), f"shop/{MONDAY + timedelta(weeks=21)}.csv"
    before = lake_content(lake.root)
    version, listed = reached(world, name)
    first, last = sorted(read_state(lake).bundles)
    assert listed.buckets == (str(MONDAY + timedelta(weeks=21)),)
    assert (listed.files, listed.models, listed.cycles) == ((), (), (last,))
    assert listed.scored == (first,)

    asked = dp("recall", name, "--dry-run")
    assert asked.exit_code == 0, asked.output
    assert version in asked.output
    assert lake_content(lake.root) == before
    refused = dp("recall", name, "--yes")
    assert isinstance(refused.exception, RecallRefusedError)
    assert "needs --reason" in str(refused.exception)
    assert dp("recall", name, "--reason", "till 4 counted twice").exit_code == 1  # nobody answers the question
    assert file_events(lake) == []
    done = dp("recall", name, "--reason", "till 4 counted twice", "--by", "ann", "--yes")
    assert done.exit_code == 0, done.output
    assert "Published forecasts before and after" in done.output

    after = lake_content(lake.root)
    assert changed_partitions(before, after, "weekly_buckets") == set(listed.buckets)
    for table in ("features", "forecasts", "published_forecasts", "serving_bundle"):
        assert changed_partitions(before, after, table) == set(listed.cycles), table
    assert changed_partitions(before, after, "tuned_model") == set()
    assert changed_partitions(before, after, "accuracy") == set(listed.scored)
    (event,) = file_events(lake)
    assert (event.file_version_id, event.by, event.reason) == (version, "ann", "till 4 counted twice")
    entered = [(row["user"], row["action"], row["subject"]) for row in world.project.planning().ledger()]
    assert ("ann", "recall file", version) in entered
    report = difference_report(lake, event)
    assert report is not None
    assert set(report["cycle"]) == {last}
    assert report["difference"].abs().is_sorted(descending=True)
    after_units = world.table("published_forecasts", cycle=last)["final"].sum()
    assert difference_totals(report)["after"].item() == pytest.approx(after_units)
    with pytest.raises(RecallRefusedError, match="is recalled already"):
        reached(world, version)

    _, listed_back = reached(world, name, undo=True)
    assert (listed_back.buckets, listed_back.cycles) == (listed.buckets, listed.cycles)
    write_event(lake, version, True, "ann", "the till was right", world.clock.now())
    world.run()
    assert lake_content(lake.root) == before


def test_a_recall_by_the_job_trains_again_and_lets_the_restated_version_count_again(world: World) -> None:
    lake = world.project.lake()
    before = lake_content(lake.root)
    name = f"web/{MONDAY + timedelta(weeks=10)}.ndjson"
    version, listed = reached(world, name)
    assert listed.models == (min(listed.cycles),)
    _, of_restated = reached(world, restated(world).relative_to(world.folder / "landing").as_posix())
    assert of_restated.buckets == tuple(str(MONDAY + timedelta(weeks=week)) for week in (2, 3))

    job = definitions_for(world.project, print).resolve_job_def("recall")
    told = {"file": name, "reason": "sent twice", "by": "ann"}
    result = job.execute_in_process(
        run_config={"ops": {"write_recall": {"config": told}}}, instance=world.instance, raise_on_error=True
    )
    assert result.success
    plans = plan_requests(read_state(lake), world.config, world.clock.now())
    assert [(plan.job, plan.partition_keys) for plan in plans] == [("refresh_buckets", listed.buckets)]
    world.run()
    after = lake_content(lake.root)
    assert changed_partitions(before, after, "weekly_buckets") == set(listed.buckets)
    assert changed_partitions(before, after, "tuned_model") == set(listed.models)
    assert changed_partitions(before, after, "published_forecasts") == set(listed.cycles)
    units = lake.read("weekly_buckets", bucket=listed.buckets[0]).filter(pl.col("file_version_id") == version)
    assert units.is_empty()
    write_event(lake, version, True, "ann", "", world.clock.now())
    world.run()
    assert lake_content(lake.root) == before


def test_a_backdated_arrival_changes_just_the_cycles_that_had_not_known_the_file(
    world: World, dp: Callable[..., Result]
) -> None:
    lake, name = world.project.lake(), f"shop/{MONDAY + timedelta(weeks=2)}.csv"
    before = lake_content(lake.root)
    first, last = sorted(read_state(lake).bundles)
    in_time = f"{MONDAY + timedelta(weeks=3)}T07:00:00"
    assert dp("backdate", name, "--arrived", in_time, "--yes").exit_code == 2  # no reason
    asked = dp("backdate", name, "--arrived", in_time, "--dry-run")
    assert asked.exit_code == 0, asked.output
    assert lake_content(lake.root) == before
    version, arrivals = backdate_meant(lake, name, datetime.fromisoformat(f"{in_time}+00:00"))
    listed = reached_by_backdate(lake, world.config, version, arrivals)
    assert listed.buckets == tuple(str(MONDAY + timedelta(weeks=week)) for week in (2, 3))
    assert (listed.models, listed.cycles) == ((first,), (first, last))

    done = dp("backdate", name, "--arrived", in_time, "--reason", "our gateway was down", "--by", "ann", "--yes")
    assert done.exit_code == 0, done.output
    after = lake_content(lake.root)
    assert changed_partitions(before, after, "weekly_buckets") == set(listed.buckets)
    assert changed_partitions(before, after, "tuned_model") == set(listed.models)
    assert changed_partitions(before, after, "published_forecasts") == set(listed.cycles)
    assert world.table("raw_files", file_version=version)["arrived_at"].item() == arrivals.arrived_at  # type: ignore[union-attr]
    undone = dp("backdate", name, "--undo", "--yes")
    assert undone.exit_code == 0, undone.output
    assert lake_content(lake.root) == before
