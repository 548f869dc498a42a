"""The new-file sensor: what waits is said, messages save listings, and failed storage is tried again after a pause."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path

import dagster as dg
import pytest

from dp_assets.defs import ingested_files
from dp_assets.defs.automation.sensors import MOST_ATTEMPTS, RANGE_END, RANGE_START, build, look_for_files, try_again
from dp_assets.domain.errors import StorageError
from dp_assets.partitions import FILE_PARTITIONS
from dp_assets.project import Project, build_project
from dp_assets.registry import registrations
from dp_resources.clock import WallClock
from dp_resources.notifications import Message, Notifications
from dp_resources.settings import Settings
from tests.landed import World, encode, make_rows, shop_config


@dataclass
class Inbox(Notifications):
    """A queue in memory with the manners of SQS: a message stays until it is deleted."""

    queue_url: str = "http://127.0.0.1/landed"
    root: str = "s3://landing/in"
    there: list[Message] = field(default_factory=list)
    broken: bool = False

    def receive(self) -> list[Message]:
        if self.broken:
            raise StorageError("the queue cannot be reached")
        return list(self.there)

    def done(self, messages: object, waiting: object = ()) -> None:
        self.there = [one for one in self.there if set(one.uris) & set(waiting)]  # type: ignore[call-overload]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, shop_config())


def project_of(world: World, **settings: object) -> Project:
    places = {"lake_root": str(world.folder / "lake"), "landing_root": str(world.folder / "landing")}
    return build_project(
        Settings(state_dir=world.folder / "state", **places, **settings),  # type: ignore[arg-type]
        world.config,
        world.folder,
        WallClock(),
    )


def tick(world: World, instance: dg.DagsterInstance) -> dg.SensorResult | dg.SkipReason:
    project = project_of(world)
    sensors = {one.name: one for one in build(project).sensors or []}
    context = dg.build_sensor_context(
        instance, resources={"lake": world.lake, "landing": world.landing, "clock": WallClock()}
    )
    with context:
        found = sensors["new_files_sensor"](context)
    assert isinstance(found, (dg.SensorResult, dg.SkipReason))
    return found


def test_a_tick_registers_new_files_and_says_what_waits(world: World) -> None:
    world.put("shop/a.csv", encode(make_rows(5), "csv"))
    with dg.DagsterInstance.ephemeral() as instance:
        found = tick(world, instance)
        assert isinstance(found, dg.SensorResult)
        assert [request.job_name for request in found.run_requests or []] == ["ingest_new_files"]
        assert len(instance.get_dynamic_partitions(str(FILE_PARTITIONS.name))) == 1
        for one in registrations(world.lake):
            world.ingest(one.file_version_id)
        world.finish()
        world.landing.settle_seconds = 3600
        (world.folder / "landing/shop/b.csv").write_bytes(b"item")
        waiting = tick(world, instance)
    assert isinstance(waiting, dg.SkipReason)
    assert "1 wait" in str(waiting.skip_message)


def test_many_files_are_taken_in_by_several_runs_and_accounted_for_by_the_last(world: World) -> None:
    landing = world.config.landing.model_copy(update={"files_per_run": 2})
    world.config = world.config.model_copy(update={"landing": landing})
    for number in range(6):
        world.put(f"shop/{number}.csv", encode(make_rows(3 + number), "csv"))
    with dg.DagsterInstance.ephemeral() as instance:
        found = tick(world, instance)
        assert isinstance(found, dg.SensorResult)
        order = instance.get_dynamic_partitions(str(FILE_PARTITIONS.name))
        asked = [(one.job_name, one.tags[RANGE_START], one.tags[RANGE_END]) for one in found.run_requests or []]
        assert asked == [("ingest_files", order[0], order[1]), ("ingest_files", order[2], order[3])]
        for version in order[:4]:
            world.ingest(version)
        found = tick(world, instance)
    assert isinstance(found, dg.SensorResult)
    asked = [(one.job_name, one.tags[RANGE_START], one.tags[RANGE_END]) for one in found.run_requests or []]
    assert asked == [("ingest_new_files", order[4], order[5])]


def look(world: World, queue: Inbox, ticks: int) -> int:
    return look_for_files(
        world.landing, world.lake, project_of(world, landing_full_listing_ticks=4), world.now, queue, ticks
    )


def test_with_a_queue_only_what_messages_name_is_looked_at_until_the_full_listing(world: World) -> None:
    queue = Inbox()
    ticks = look(world, queue, 0)
    world.put("shop/unannounced.csv", encode(make_rows(4), "csv"))
    world.put("shop/named.csv", encode(make_rows(5), "csv"))
    queue.there = [Message("1", ("shop/named.csv",))]
    found = []
    for _ in range(4):
        ticks = look(world, queue, ticks)
        found.append([one.uri for one in registrations(world.lake)])
    assert found[0] == found[2] == ["shop/named.csv"]
    assert found[3] == ["shop/named.csv", "shop/unannounced.csv"]
    assert queue.there == []


def test_a_message_whose_object_waits_stays_in_the_queue(world: World) -> None:
    queue = Inbox()
    ticks = look(world, queue, 0)
    world.landing.settle_seconds = 3600
    (world.folder / "landing/shop").mkdir(parents=True)
    (world.folder / "landing/shop/a.csv").write_bytes(encode(make_rows(5), "csv"))
    queue.there = [Message("1", ("shop/a.csv",))]
    ticks = look(world, queue, ticks)
    assert len(queue.there) == 1
    world.landing.settle_seconds = 0
    look(world, queue, ticks)
    assert queue.there == []
    assert len(registrations(world.lake)) == 1


def test_a_queue_that_cannot_be_reached_costs_a_listing_and_no_file(world: World) -> None:
    world.put("shop/a.csv", encode(make_rows(5), "csv"))
    look(world, Inbox(broken=True), 2)
    assert len(registrations(world.lake)) == 1


def test_a_file_whose_bytes_cannot_be_read_fails_alone_and_by_name(world: World) -> None:
    for name in ("a", "b", "c"):
        world.put(f"shop/{name}.csv", encode(make_rows(5, seed=ord(name)), "csv"))
    found = {one.uri: one for one in world.register()}
    broken = world.folder / "lake/_landed" / found["shop/b.csv"].content_sha256
    broken.unlink()
    broken.mkdir()  # reading a folder fails as reading a broken disk does, for root as well
    project = project_of(world)
    definitions = ingested_files.build(project)
    assets = [one for one in definitions.assets or [] if isinstance(one, dg.AssetsDefinition)]
    keys = [one.file_version_id for one in found.values()]
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions(str(FILE_PARTITIONS.name), keys)
        tags = {"dagster/asset_partition_range_start": keys[0], "dagster/asset_partition_range_end": keys[-1]}
        result = dg.materialize(
            assets, instance=instance, resources={"lake": world.lake}, tags=tags, raise_on_error=False
        )
        done = instance.get_materialized_partitions(dg.AssetKey("unified_transactions"))
    assert not result.success
    others = {found[uri].file_version_id for uri in ("shop/a.csv", "shop/c.csv")}
    assert done == others == set(world.lake.committed("ingest"))


def test_a_failed_run_is_asked_for_again_after_growing_pauses_and_not_for_ever() -> None:
    request = dg.RunRequest(run_key="ingest:x", job_name="ingest_new_files")
    keys = []
    with dg.DagsterInstance.ephemeral() as instance:
        moment = time.time()
        for _ in range(MOST_ATTEMPTS + 2):
            (asked,) = try_again([request], instance, moment)
            keys.append(asked.run_key)
            run = instance.create_run_for_job(_job(), tags={"dagster/run_key": str(asked.run_key)})
            instance.report_run_failed(run)
            (at_once,) = try_again([request], instance, time.time() + 1)
            assert at_once.run_key in keys
            moment = time.time() + 60 * 5**MOST_ATTEMPTS
    assert len(set(keys)) == MOST_ATTEMPTS


def _job() -> dg.JobDefinition:
    @dg.job(name="ingest_new_files")
    def ingest_new_files() -> None: ...

    return ingest_new_files
