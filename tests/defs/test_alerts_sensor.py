"""alerts_sensor over real runs and a real lake: who is told of what, and when it is over."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg
import polars as pl
import pytest
from dagster._core.remote_origin import RegisteredCodeLocationOrigin, RemoteRepositoryOrigin
from dagster._core.scheduler.instigation import InstigatorState, InstigatorStatus, InstigatorType, SensorInstigatorData
from dagster._core.storage.tags import AUTO_RETRY_RUN_ID_TAG, PARENT_RUN_ID_TAG, ROOT_RUN_ID_TAG, WILL_RETRY_TAG

from dp_assets.alert_sightings import LOOKS, Place, drifted, inaccurate, missing, stale
from dp_assets.defs.automation import alerts, sensors
from dp_assets.defs.automation.sensors import RANGE_END, RANGE_START
from dp_assets.project import Project, build_project
from dp_assets.recalls import write_event
from dp_resources.clock import SimulatedClock
from dp_resources.landing import Landing
from dp_resources.planning_alerts import kept_alerts
from dp_resources.settings import REPOSITORY, Settings
from tests.factories import make_config
from tests.landed import World, encode, make_rows, shop_config
from tests.serving.table_makers import make_accuracy, make_drift

AT = datetime(2017, 8, 1, 12, tzinfo=UTC)
FLAG = "the disk is full"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    clock = SimulatedClock(tmp_path / "clock.json")
    clock.set(AT)
    settings = Settings(state_dir=tmp_path, lake_root=str(tmp_path / "lake"), clock="simulated")
    return build_project(settings, make_config(), tmp_path, clock)


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dg.DagsterInstance]:
    """Dagster as this repository configures it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DP_STATE_DIR", str(tmp_path_factory.mktemp("dagster")))
        with dg.DagsterInstance.from_config(str(REPOSITORY)) as found:
            yield found


@dg.op(out=dg.Out(dg.Nothing))
def prepare(context: dg.OpExecutionContext) -> None:
    with Path(context.op_config["count"]).open("a") as count:
        count.write("x")


@dg.op(ins={"start": dg.In(dg.Nothing)})
def publish(context: dg.OpExecutionContext) -> None:
    if Path(context.op_config["flag"]).exists():
        raise OSError(FLAG)


@dg.job(name="weekly_cycle", executor_def=dg.in_process_executor)
def work() -> None:
    publish(start=prepare())


def tick(project: Project, instance: dg.DagsterInstance) -> str:
    (sensor,) = alerts.build(project).sensors or []
    resources = {"lake": project.lake(), "clock": project.clock}
    with dg.build_sensor_context(instance, resources=resources) as context:
        found = sensor(context)
    assert isinstance(found, dg.SkipReason)
    return str(found.skip_message)


def states(project: Project) -> list[tuple[str, str | None]]:
    return [(one.alert.kind, one.ending) for one in reversed(kept_alerts(project.planning()))]


def test_a_failure_is_told_is_tried_twice_from_the_failed_step_and_told_again_when_given_up_and_when_it_recovers(
    project: Project, instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    flag, count = tmp_path / "flag", tmp_path / "count"
    flag.touch()
    config = {"ops": {"prepare": {"config": {"count": str(count)}}, "publish": {"config": {"flag": str(flag)}}}}
    tags = {RANGE_START: "2017-07-24", RANGE_END: "2017-07-31"}
    failed = work.execute_in_process(config, instance=instance, tags=tags, raise_on_error=False).run_id

    def again(run_id: str) -> str:
        """What Dagster's daemon does for a run that is to be tried again; its first run stays the one of the group."""
        own = {**tags, ROOT_RUN_ID_TAG: failed, PARENT_RUN_ID_TAG: run_id}
        options = dg.ReexecutionOptions.from_failure(failed, instance)
        with dg.execute_job(
            dg.reconstructable(work), instance, config, tags=own, reexecution_options=options, raise_on_error=False
        ) as result:
            instance.add_run_tags(run_id, {AUTO_RETRY_RUN_ID_TAG: result.run_id})
            return result.run_id

    def will_retry(run_id: str) -> str | None:
        run = instance.get_run_by_id(run_id)
        return run.tags.get(WILL_RETRY_TAG) if run else None

    assert will_retry(failed) == "true"
    assert "1 open, 1 opened, 0 closed" in tick(project, instance)
    second = again(failed)
    assert "1 open, 0 opened, 0 closed" in tick(project, instance)
    assert states(project) == [("run_failed", None)]
    third = again(second)
    assert (will_retry(second), will_retry(third)) == ("true", "false")
    tick(project, instance)
    assert states(project) == [("run_failed", "replaced"), ("retries_exhausted", None)]
    happened = kept_alerts(project.planning())[0].alert.happened
    assert FLAG in happened
    assert "2017-07-24 to 2017-07-31 failed 3 times" in happened
    flag.unlink()
    again(third)
    assert "0 open, 0 opened, 1 closed" in tick(project, instance)
    assert states(project) == [("run_failed", "replaced"), ("retries_exhausted", "recovered")]
    assert count.read_text() == "x"  # the step that had not failed ran once
    assert "0 open, 0 opened, 0 closed" in tick(project, instance)


def test_a_check_of_severity_error_is_told_until_it_passes(project: Project, instance: dg.DagsterInstance) -> None:
    holds = [False]

    @dg.asset
    def table() -> None: ...

    @dg.asset_check(asset=table)
    def keeps_its_contract() -> dg.AssetCheckResult:
        return dg.AssetCheckResult(passed=holds[0], metadata={"violations": "sku is null in 3 rows"})

    @dg.asset_check(asset=table)
    def looks_usual() -> dg.AssetCheckResult:
        return dg.AssetCheckResult(passed=False, severity=dg.AssetCheckSeverity.WARN)

    keys = [*keeps_its_contract.check_keys, *looks_usual.check_keys]
    checked = [table, keeps_its_contract, looks_usual]
    dg.materialize(checked, instance=instance)
    (found,) = alerts.failed_checks(instance, keys, project)
    assert found.alert.key == "check_failed:table:keeps_its_contract"
    assert "sku is null in 3 rows" in found.alert.happened
    holds[0] = True
    dg.materialize(checked, instance=instance)
    assert alerts.failed_checks(instance, keys, project) == []


def test_a_check_that_is_planned_and_has_not_run_says_what_it_found_before(
    project: Project, instance: dg.DagsterInstance
) -> None:
    breaks = [False]

    @dg.asset
    def late() -> None:
        if breaks[0]:
            raise OSError(FLAG)

    @dg.asset_check(asset=late)
    def is_whole() -> dg.AssetCheckResult:
        return dg.AssetCheckResult(passed=False)

    @dg.asset
    def never() -> None:
        raise OSError(FLAG)

    @dg.asset_check(asset=never)
    def is_there() -> dg.AssetCheckResult:
        return dg.AssetCheckResult(passed=False)

    dg.materialize([late, is_whole], instance=instance)
    breaks[0] = True
    dg.materialize([late, is_whole, never, is_there], instance=instance, raise_on_error=False)
    keys = [*is_whole.check_keys, *is_there.check_keys]
    assert [one.alert.key for one in alerts.failed_checks(instance, keys, project)] == ["check_failed:late:is_whole"]


def test_a_database_that_is_away_is_said_and_stops_nothing_else(
    project: Project, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = Settings(
        state_dir=project.settings.state_dir,
        planning_database_url="postgresql+psycopg://nobody@127.0.0.1:9/none",  # type: ignore[arg-type]
    )
    lost = build_project(away, project.config, project.config_folder, project.clock)
    assert "alerts wait: the planning database" in tick(lost, instance)


class Shop:
    """A lake of files, looked at by the clock of its world."""

    def __init__(self, folder: Path) -> None:
        config = shop_config(due_by={"time": "07:00"}, owner="data")
        self.world = World(folder, config)
        self.settings = Settings(state_dir=folder)

    def put(self, uri: str, data: bytes, at: datetime) -> str:
        self.world.now = at
        self.world.put(uri, data, at)
        (found,) = self.world.register()
        self.world.settle()
        self.world.finish()
        return str(found.file_version_id)

    def seen(self, now: datetime) -> dict[str, str]:
        place = Place(self.world.lake, self.world.config, self.settings, now)
        found = [one for find in LOOKS for one in find(place) if one.may_open]
        assert all(one.alert.owner == "data" for one in found)
        return {one.alert.key: one.alert.happened for one in found}


def test_files_that_are_missing_broken_or_held_out_are_told_until_they_are_put_right(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    good = encode(make_rows(), "csv")
    first = shop.put("shop/a.csv", good, AT - timedelta(hours=6))
    assert shop.seen(AT) == {}
    tomorrow = AT + timedelta(days=1)
    (said,) = shop.seen(tomorrow).values()
    assert "No new file from shop by Wednesday 2017-08-02 07:00" in said
    broken = shop.put("shop/b.csv", b"item;what\n1;2\n", tomorrow)
    assert list(shop.seen(tomorrow)) == [f"file_quarantined:{broken}"]
    assert shop.seen(tomorrow + timedelta(days=8)).keys() == {"file_missing:shop"}  # too old to be told of anew
    shop.put("shop/b.csv", encode(make_rows(seed=2), "csv"), tomorrow)
    assert shop.seen(tomorrow) == {}
    write_event(shop.world.lake, first, undo=False, by="quality gate", reason="rows 5 times as many", now=tomorrow)
    assert shop.seen(tomorrow) == {f"file_blocked:{first}": "shop/a.csv of shop is held out: rows 5 times as many"}
    write_event(shop.world.lake, first, undo=True, by="ann", reason="a sale", now=tomorrow)
    assert shop.seen(tomorrow) == {}


def test_a_file_is_not_missed_before_the_landing_root_was_looked_through(tmp_path: Path) -> None:
    shop, tomorrow = Shop(tmp_path), AT + timedelta(days=1)
    due = datetime(2017, 8, 2, 7, tzinfo=UTC)
    for looked_at, told in ((sensors.NEVER, False), (due - timedelta(minutes=1), False), (due, True), (None, True)):
        (found,) = missing(Place(shop.world.lake, shop.world.config, shop.settings, tomorrow, looked_at))
        assert found.may_open == told  # and what is open stays


def test_when_the_landing_root_was_looked_through_is_known_from_the_sensor_that_does(
    project: Project, tmp_path: Path
) -> None:
    (sensor,) = [one for one in sensors.build(project).sensors or [] if one.name == sensors.NEW_FILES_SENSOR]
    assert isinstance(sensor, dg.SensorDefinition)
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        assert sensors.listed_at(instance) == sensors.NEVER
        resources = {"lake": project.lake(), "landing": Landing(tmp_path / "landing"), "clock": project.clock}
        with dg.build_sensor_context(instance, resources=resources) as context:
            sensor(context)
            cursor = context.cursor
        assert sensors.read_cursor(cursor) == (0, AT)
        place = RemoteRepositoryOrigin(RegisteredCodeLocationOrigin("demand_planner"), "__repository__")
        origin = place.get_instigator_origin(sensor.name)
        data = SensorInstigatorData(cursor=cursor)
        state = InstigatorState(origin, InstigatorType.SENSOR, InstigatorStatus.RUNNING, data)
        instance.add_instigator_state(state)
        assert sensors.listed_at(instance) == AT
        instance.update_instigator_state(state.with_status(InstigatorStatus.STOPPED))
        assert sensors.listed_at(instance) is None


def test_a_first_start_that_replays_old_cycles_is_late_with_none(project: Project, tmp_path: Path) -> None:
    lake, folder, first = project.lake(), tmp_path / "folder", date(2017, 6, 5)
    folder.mkdir()
    (folder / "file").write_bytes(b"1")
    lake.write_folder("tuned_model", folder, cycle=first.isoformat())
    place = Place(lake, project.config, project.settings, AT + timedelta(days=2))
    replayed = project.config.replay.cycles
    for number in range(replayed):
        lake.write_folder("serving_bundle", folder, cycle=(first + timedelta(weeks=number)).isoformat())
        assert stale(place) == []
    lake.write_folder("serving_bundle", folder, cycle=(first + timedelta(weeks=replayed)).isoformat())
    (found,) = stale(place)
    assert "Cycle 2017-07-31 should have been served" in found.alert.happened


def test_a_cycle_that_is_not_served_in_time_is_told(project: Project, tmp_path: Path) -> None:
    lake, bundle = project.lake(), tmp_path / "bundle"
    bundle.mkdir()
    (bundle / "file").write_bytes(b"1")

    def found(at: datetime) -> list[str]:
        return [one.alert.happened for one in stale(Place(lake, project.config, project.settings, at))]

    assert found(AT) == []  # nothing was ever served, so nobody works on old numbers
    lake.write_folder("serving_bundle", bundle, cycle="2017-07-24")
    assert found(AT) == []
    (said,) = found(AT + timedelta(days=2))
    assert "Cycle 2017-07-31 should have been served by 2017-08-02 00:00 UTC" in said
    lake.write_folder("serving_bundle", bundle, cycle="2017-07-31")
    assert found(AT + timedelta(days=2)) == []
    assert found(datetime(2017, 7, 20, tzinfo=UTC)) == []  # a cycle before the newest one that nobody ever forecast


def test_categories_whose_error_is_above_the_threshold_are_told_in_one_alert(project: Project) -> None:
    lake = project.lake()
    place = Place(lake, project.config, project.settings, AT)
    assert inaccurate(place) == []
    lake.write("accuracy", make_accuracy().with_columns(wape=0.3), cycle="2017-07-03")
    lake.commit("accuracy", "2017-07-03", {"cycle": "2017-07-03", "leads": 1, "inputs": {}})
    assert inaccurate(place) == []  # only its first lead has closed
    lake.commit("accuracy", "2017-07-03", {"cycle": "2017-07-03", "leads": 3, "inputs": {}})
    (one,) = inaccurate(place)
    assert one.alert.key == "accuracy_dropped:department"
    assert "is above 20% in cycle 2017-07-03" in one.alert.happened


def test_drift_is_told_once_until_a_cycle_is_stable_again(project: Project, instance: dg.DagsterInstance) -> None:
    lake, cause = project.lake(), "wape: 0.7 against 0.5"

    def told(cycle: str, verdict: str, champion: str = "2017-06-05+a") -> list[str | None]:
        """How each alert about drift ended, None while it is open, once a cycle was judged."""
        said = cause if verdict == "drift" else ""
        lake.commit("drift", cycle, {"cycle": cycle, "champion": champion, "verdict": verdict, "cause": said})
        tick(project, instance)
        return [ending for kind, ending in states(project) if kind == "model_drifted"]

    assert told("2017-07-10", "drift") == [None]
    assert told("2017-07-17", "drift") == [None]  # the same trouble, a cycle later
    assert told("2017-07-24", "unjudged") == [None]  # nothing new is known
    assert told("2017-07-31", "stable") == ["recovered"]
    (alert,) = (one for one in kept_alerts(project.planning()) if one.alert.kind == "model_drifted")
    assert alert.alert.happened == f"Drift in cycle 2017-07-10: {cause}."
    assert (alert.said, alert.alert.severity) == ("Cycle 2017-07-31 is stable.", "warning")
    assert alert.alert.link.endswith("/operations?part=drift&cycle=2017-07-10")
    assert told("2017-08-07", "drift") == ["recovered", None]
    assert told("2017-08-14", "unjudged", "2017-08-07+b") == ["recovered", "recovered"]  # another one forecasts


def test_intervals_that_hold_too_little_are_told_even_where_they_ask_for_no_retraining(project: Project) -> None:
    lake, place = project.lake(), Place(project.lake(), project.config, project.settings, AT)
    assert drifted(place) == []
    left = pl.when(pl.col("kind") == "coverage").then(pl.lit("drift")).otherwise(pl.lit("stable"))
    lake.write("drift", make_drift().with_columns(verdict=left), cycle="2017-07-31")
    lake.commit("drift", "2017-07-31", {"cycle": "2017-07-31", "champion": "a", "verdict": "stable", "cause": ""})
    (one,) = drifted(place)
    assert one.alert.happened == "Drift in cycle 2017-07-31: 80: 0.79 against 0.8."
    assert not one.is_over
