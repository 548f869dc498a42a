"""Twelve weeks in which nobody touches the platform: files come, machines fail, and each cycle is published in time.

`make test-soak` runs it. The daemon, its sensors, the code server and the API are those of `dp up`; only the clock is
moved, from one moment at which something happens to the next, as soon as nothing is left to do at the one before.
"""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from dp_assets.domain.ledger import imbalances
from dp_assets.ledger_notes import noted_heads
from dp_resources.accounts import Accounts
from dp_resources.lake import parquet_bytes, sha256
from dp_resources.settings import REPOSITORY
from tests.factories import MONDAY
from tests.soak.pager import Pager, listening
from tests.soak.places import Place, on_disk, on_kubernetes, on_s3
from tests.soak.platform import Platform, dump
from tests.soak.shop import PRODUCERS, Delivery, at, leaflets, manifest_with, sales_file, soak_config

pytestmark = [pytest.mark.soak, pytest.mark.timeout(4 * 3600)]
HISTORY = 32
"""Weeks of sales that are there when the platform starts."""
WEEKS = int(os.environ.get("DP_TEST_SOAK_WEEKS") or 12)
LATE, RESTATED, BAD, FAILED, KILLED, CHANGED = 2, 3, 4, 5, 6, 7
PLACES: dict[str, Callable[[Path], AbstractContextManager[Place]]] = {
    "disk": on_disk,
    "s3": on_s3,
    "kubernetes": on_kubernetes,
}
PLACE = os.environ.get("DP_TEST_SOAK_PLACE") or "disk"
KEPT = REPOSITORY / "benchmarks" / "out" / f"soak-{PLACE}.json"
"""Cycle → hash of what was published, of the weeks that have passed."""


@dataclass
class Line:
    """What is printed of a week."""

    week: int
    cycle: date
    happened: str
    runs: Counter[str]
    published_after: float
    seconds: float
    processor: float
    digest: str

    def __str__(self) -> str:
        runs = ", ".join(f"{many} {name}" for name, many in sorted(self.runs.items()))
        return (
            f"week {self.week:2d}  {self.cycle}  published after {self.published_after:3.0f} s  {self.seconds:4.0f} s  "
            f"{self.processor:4.0f} CPU s  {self.digest[:12]}  {self.happened}; runs: {runs}"
        )


@dataclass
class World:
    """The platform, the producers, and what was seen so far."""

    platform: Platform
    place: Place
    pager: Pager
    lines: list[Line] = field(default_factory=list)
    units: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Path → week, and units that count of the newest file there."""
    failed: list[str] = field(default_factory=list)
    """Runs that were made to fail."""
    published_elsewhere: Mapping[str, str] = field(default_factory=dict)
    """Cycle → hash of what another place has published."""

    @property
    def changed_from(self) -> int:
        return HISTORY + CHANGED - 1

    def deliver(self, *deliveries: Delivery, counts: bool = True) -> None:
        """What producers do: the manifest first, then the file."""
        for one in deliveries:
            listed = f"{one.producer}/manifest.json"
            self.place.put(listed, manifest_with(self.place.get(listed), one))
            self.place.put(one.uri, one.data)
            self.platform.landed += 1
            if counts:
                monday = date.fromisoformat(one.uri.rsplit("/", 1)[1].split(".")[0])
                self.units[one.uri] = ((monday - MONDAY).days // 7, one.units)

    def file(self, producer: str, week: int, arrived: datetime | None = None, restated: bool = False) -> Delivery:
        found = sales_file(producer, week, self.changed_from, restated)
        return found if arrived is None else Delivery(found.producer, found.uri, found.data, arrived, found.units)

    def publication(self, cycle: date) -> bool:
        """Whether a cycle is published."""
        return self.platform.project.lake().exists("serving_bundle", cycle=cycle.isoformat())

    def digest(self, cycle: date) -> str:
        """Hash of the published table of a cycle: its rows, sorted."""
        frame = self.platform.project.lake().read("published_forecasts", cycle=cycle.isoformat())
        return sha256(parquet_bytes(frame.sort(["series_id", "lead"])))


# -- the weeks --------------------------------------------------------------------------------------------------------


def live(world: World, number: int) -> None:
    """One week, from the Monday on which its sales arrive to the Wednesday after; prints a line."""
    platform, started, processor = world.platform, time.monotonic(), world.platform.spent()
    wall = time.time()
    week = HISTORY + number - 1
    cycle = MONDAY + timedelta(weeks=week + 1)
    absent = {LATE: "partner", BAD: "partner"}.get(number)
    happened = {RESTATED: "the shop restates the week before", CHANGED: "sales change"}.get(number, "nothing")

    def arrive() -> None:
        world.deliver(*(world.file(name, week) for name in PRODUCERS if name != absent))
        if number == RESTATED:
            world.deliver(world.file("shop", week - 1, at(cycle, 6), restated=True))
        if number == BAD:
            right = world.file("partner", week)
            world.deliver(Delivery("partner", right.uri, right.data[:200] + b"PAR1", right.arrived_at, 0))

    platform.move(at(cycle, 6, 30), arrive)
    platform.work()
    if number == FAILED:
        world.place.obstruct("node_forecasts", cycle.isoformat())
    due = time.monotonic()
    platform.move(at(cycle + timedelta(days=1), 1))
    if number == FAILED:
        run = platform.until(lambda: platform.run_of("weekly_cycle", dg.DagsterRunStatus.FAILURE, wall))
        world.place.clear("node_forecasts", cycle.isoformat())
        world.failed.append(run.run_id)
        happened = "a table could not be written"
    if number == KILLED:
        run = platform.until(lambda: platform.run_of("weekly_cycle", dg.DagsterRunStatus.STARTED, wall))
        platform.until(lambda: platform.has_begun(run, "features"), pause=0.2)
        killed = world.place.kill(run.run_id, "features")
        if not killed:
            platform.kill_worker(run)
        world.failed.append(run.run_id)
        happened = f"{killed or 'the process of the cycle'} was killed"
    platform.until(lambda: world.publication(cycle))
    published = time.monotonic() - due
    deadline = at(cycle + timedelta(days=2), 0)
    assert platform.clock.now() < deadline
    platform.rest()
    if number in (LATE, BAD):
        arrived = at(cycle + timedelta(days=2), 9)
        platform.move(arrived + timedelta(minutes=30), lambda: world.deliver(world.file("partner", week, arrived)))
        platform.rest()
        happened = "partner's file came on Wednesday" if number == LATE else "partner's file was bad until Wednesday"
    records = platform.instance.get_run_records(dg.RunsFilter(created_after=datetime.fromtimestamp(wall).astimezone()))
    line = Line(
        number,
        cycle,
        happened,
        Counter(one.dagster_run.job_name for one in records),
        published,
        time.monotonic() - started,
        platform.spent() - processor,
        world.digest(cycle),
    )
    world.lines.append(line)
    print(line, flush=True)
    dump(KEPT, {one.cycle.isoformat(): one.digest for one in world.lines})
    if cycle.isoformat() in world.published_elsewhere:
        assert line.digest == world.published_elsewhere[cycle.isoformat()], "what was published elsewhere is another"
    check_ledger_of_files(world)
    check_audit(world)


def begin(world: World) -> None:
    """The history, which is there when the platform starts, and the first training."""
    world.deliver(leaflets(HISTORY + 17), counts=False)
    for week in range(HISTORY):
        world.deliver(*(world.file(name, week) for name in PRODUCERS))
    again = world.file("web", 3)
    world.deliver(
        Delivery(
            "web", again.uri.replace(".ndjson", ".copy.ndjson"), again.data, at(MONDAY + timedelta(weeks=9), 6), 0
        ),
        counts=False,
    )
    world.platform.start()
    started = time.monotonic()
    world.platform.rest()
    took = time.monotonic() - started
    print(f"\nstart    history of {HISTORY} weeks  {took:4.0f} s  {world.platform.spent():4.0f} CPU s", flush=True)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A platform where `DP_TEST_SOAK_PLACE` says; what it publishes must be what `DP_TEST_SOAK_EQUALS` has kept."""
    equals = os.environ.get("DP_TEST_SOAK_EQUALS")
    elsewhere = json.loads(Path(equals).read_text()) if equals else {}
    with listening() as pager, PLACES[PLACE](tmp_path) as place:
        config = soak_config(pager.url, place.landing, place.lake)
        now = at(MONDAY + timedelta(weeks=HISTORY, days=1), 1)
        world = World(Platform(tmp_path, place, config, now), place, pager, published_elsewhere=elsewhere)
        try:
            yield world
        finally:
            world.platform.stop()


# -- what must hold at the end ----------------------------------------------------------------------------------------


def check_ledger_of_files(world: World) -> None:
    """Every file is there once, adds up, and what counts of it is what the buckets hold."""
    lake = world.platform.project.lake()
    ledger, profiles = lake.read("file_ledger"), lake.read_all("raw_files")
    assert profiles is not None
    assert imbalances(ledger, dict(profiles.drop_nulls("rows").select("file_version_id", "rows").iter_rows())) == []
    assert ledger["file_version_id"].n_unique() == len(ledger) == world.platform.landed
    sales = ledger.filter(pl.col("feed") == "transactions")
    counting = sales.filter(pl.col("superseded_by").is_null() & (pl.col("status") == "accepted"))
    assert {uri: units for uri, (_, units) in world.units.items()} == dict(
        counting["uri", "units_accepted"].iter_rows()
    )
    buckets = lake.read_all("weekly_buckets")
    assert buckets is not None
    sold: Counter[date] = Counter()
    for week, units in world.units.values():
        sold[MONDAY + timedelta(weeks=week)] += units
    held = buckets.group_by("bucket_start").agg(pl.col("quantity").sum())
    assert sold == dict(held.iter_rows())


def check_audit(world: World) -> None:
    """The audit ledger is whole, and nobody but the platform stands in it."""
    planning = world.platform.project.planning()
    assert planning.verify(noted_heads(world.platform.project.lake())) + Accounts(planning).verify() == []


def check_runs(world: World) -> None:
    """Sensors began every run, or Dagster did again what had failed; none goes on, and no other failed."""
    runs = world.platform.instance.get_runs()
    assert {run.status for run in runs} <= {dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE}
    assert {run.run_id for run in runs if run.status == dg.DagsterRunStatus.FAILURE} == set(world.failed)
    assert [run.run_id for run in runs if "dagster/sensor_name" not in run.tags and run.parent_run_id is None] == []


PASSING = {LATE: "file_missing", BAD: "file_quarantined", FAILED: "run_failed", KILLED: "run_failed"}
"""Week → its alert, which is told of and is over before the next week."""
NOTICES = [
    *((week, kind, event) for week, kind in PASSING.items() for event in ("opened", "recovered")),
    (CHANGED, "model_drifted", "opened"),  # a model of one week of the new world loses against the champion
    (CHANGED + 1, "accuracy_dropped", "opened"),  # all leads of a cycle are of the new world; is not over after twelve
    (12, "model_drifted", "recovered"),  # after the cool-down, when a model that knows four such weeks has won
]
"""Week, kind of alert, and whether it begins or ends, in their order."""
VERDICTS = {0: "first", CHANGED: "lost", 11: "won"}
"""Week in which a model is trained → what became of it."""


def table(world: World) -> str:
    """What is printed at the end: the weeks, then every notice."""
    rows = [(str(one.week), str(one.cycle), one.happened, str(one.runs.total()), one) for one in world.lines]
    wide = max(len(happened) for _, _, happened, _, _ in rows)
    lines = [f" week  cycle       {'what happened':{wide}s}  runs  published after  seconds  CPU s  hash"]
    lines += [
        f" {week:>4s}  {cycle}  {happened:{wide}s}  {runs:>4s}  {one.published_after:13.0f} s  {one.seconds:7.0f}"
        f"  {one.processor:5.0f}  {one.digest[:12]}"
        for week, cycle, happened, runs, one in rows
    ]
    told = [f" {one.at[:16]}  {one.event:9s}  {one.severity:8s}  {one.happened[:100]}" for one in world.pager.told]
    return "\n".join([*lines, "", " notices", *told])


def test_twelve_weeks_pass_and_nobody_touches_anything(world: World) -> None:
    begun = time.monotonic()
    begin(world)
    for number in range(1, WEEKS + 1):
        live(world, number)
    took, spent = time.monotonic() - begun, world.platform.spent()
    print(f"\n{WEEKS} weeks on {world.place.name}: {took / 60:.0f} min, {spent / 60:.0f} CPU min\n\n{table(world)}")
    check(world)
    due = [(kind, event) for week, kind, event in NOTICES if week <= WEEKS]
    assert [(one.kind, one.event) for one in world.pager.told] == due


def check(world: World) -> None:
    """What must hold at the end, beside what held after each week."""
    check_runs(world)
    verdicts = world.platform.project.lake().committed("champion_verdict")
    due = [verdict for week, verdict in VERDICTS.items() if week <= WEEKS]
    assert [record["verdict"] for _, record in sorted(verdicts.items())] == due
    assert world.place.leftovers() == []
    assert world.pager.refused == []
