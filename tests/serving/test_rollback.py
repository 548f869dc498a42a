"""Rolling back: another bundle is served until that is undone, everywhere, and the ledger knows."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from fastapi.testclient import TestClient
from pydantic import SecretStr
from typer.testing import CliRunner, Result

from dp_assets.cli import app
from dp_assets.domain.access import Role
from dp_assets.domain.errors import ArtefactError, StorageError
from dp_resources.lake import Lake
from dp_resources.planning_db import PlanningDatabase
from serving.api import create_app
from serving.pins import RollbackRefusedError, Rollbacks, kept, pin_of
from tests.factories import make_config
from tests.serving.access_makers import GROCERY, GROCERY_AND_A_LOOK, Place, shown
from tests.serving.makers import CYCLE, make_forecasts, put_bundle
from tests.serving.test_middleware import Served
from tests.serving.test_swap import SKUS, Load, health, wait_until

pytestmark = pytest.mark.slow

NEXT = CYCLE + timedelta(weeks=1)
REASON = "prices were wrong"


class World:
    """A lake with an earlier version of a cycle, its present one, and the cycle after it."""

    def __init__(self, folder: Path) -> None:
        self.place = Place(folder)
        self.lake = self.place.lake
        self.database = self.place.accounts.database
        self.rollbacks = Rollbacks(self.lake, self.database)
        self.earlier = self.put(CYCLE, 1)
        self.present = self.put(CYCLE, 2)
        self.newest = self.put(NEXT, 3)

    def put(self, cycle: date, seed: int) -> str:
        return put_bundle(
            self.lake, self.place.folder, make_forecasts(series=SKUS, cycle=cycle, seed=seed), cycle=cycle
        )

    def rows(self) -> list[dict[str, Any]]:
        """Rows of the ledger about rollbacks."""
        return [row for row in self.database.ledger() if "rollback" in row["action"]]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def look(client: TestClient) -> str:
    """The version in service after the next look at the lake."""
    library = client.app.state.library  # type: ignore[attr-defined]
    library.refresh()
    return str(library.current.version)


class TestRollbacks:
    def test_another_cycle_is_served_until_that_is_undone_also_when_newer_ones_come(self, world: World) -> None:
        with world.place.client() as client:
            assert look(client) == world.newest
            world.rollbacks.roll_back(CYCLE.isoformat(), "ada", REASON)
            assert look(client) == world.present
            newer = world.put(NEXT + timedelta(weeks=1), 4)
            assert look(client) == world.present
            assert world.rollbacks.undo("ada") == ((NEXT + timedelta(weeks=1)).isoformat(), newer)
            assert look(client) == newer

    def test_an_earlier_version_of_a_cycle_is_served_by_the_first_letters_of_its_hash(self, world: World) -> None:
        world.rollbacks.roll_back(world.earlier[:8], "ada", REASON)
        with world.place.client() as client:
            assert look(client) == world.earlier
            pin = pin_of(world.lake)
            assert pin is not None
            assert (pin.cycle, pin.version, pin.by, pin.reason) == (CYCLE.isoformat(), world.earlier, "ada", REASON)

    def test_a_process_that_starts_later_serves_it_too_without_the_planning_database(self, world: World) -> None:
        world.rollbacks.roll_back(CYCLE.isoformat(), "ada", REASON)
        away = SecretStr("postgresql+psycopg://nobody@127.0.0.1:9/none")
        settings = world.place.settings.model_copy(update={"planning_database_url": away, "api_access": "open"})
        with TestClient(create_app(settings)) as client:
            assert client.get("/healthz").json()["bundle"] == world.present

    def test_the_ledger_says_who_when_from_what_to_what_and_why(self, world: World) -> None:
        world.rollbacks.roll_back(CYCLE.isoformat(), "ada", REASON, "10.1.2.3")
        world.rollbacks.undo("bob", "mended")
        first, second = world.rows()
        assert (first["user"], first["action"], second["user"], second["action"]) == (
            *("ada", "rollback", "bob", "undo rollback"),
        )
        newest = {"cycle": NEXT.isoformat(), "bundle": world.newest}
        assert json.loads(first["before"]) == {**newest, "pinned": False}
        after = {"cycle": CYCLE.isoformat(), "bundle": world.present}
        assert json.loads(first["after"]) == {**after, "reason": REASON, "address": "10.1.2.3"}
        assert json.loads(second["before"]) == {**after, "pinned": True, "reason": REASON}
        assert json.loads(second["after"]) == {**newest, "reason": "mended"}
        assert world.database.verify() == []

    def test_what_is_kept_is_listed_with_what_is_served(self, world: World) -> None:
        def listed() -> list[tuple[str, bool, bool]]:
            return [(one.version, one.is_newest, one.is_served) for one in kept(world.lake)]

        assert listed() == [(world.newest, True, True), (world.present, True, False), (world.earlier, False, False)]
        world.rollbacks.roll_back(world.earlier, "ada", REASON)
        assert [served for _, _, served in listed()] == [False, False, True]

    @pytest.mark.parametrize("target", ["2000-01-03", "abcdef0", "ab", ""])
    def test_what_is_not_there_is_refused(self, world: World, target: str) -> None:
        with pytest.raises(RollbackRefusedError, match="dp rollback --list"):
            world.rollbacks.roll_back(target, "ada", REASON)
        assert (pin_of(world.lake), world.rows()) == (None, [])

    def test_what_cannot_be_served_is_refused_and_what_was_pinned_before_stays(self, world: World) -> None:
        world.rollbacks.roll_back(CYCLE.isoformat(), "ada", REASON)
        (Path(world.lake.root) / "_versions" / "serving_bundle" / world.earlier / "numbers.npy").write_bytes(b"x")
        with pytest.raises(ArtefactError):
            world.rollbacks.roll_back(world.earlier, "ada", REASON)
        pin = pin_of(world.lake)
        assert pin is not None
        assert pin.version == world.present
        assert len(world.rows()) == 1

    def test_without_a_reason_and_without_a_rollback_there_is_nothing_to_do(self, world: World) -> None:
        with pytest.raises(RollbackRefusedError, match="expected a reason"):
            world.rollbacks.roll_back(CYCLE.isoformat(), "ada", "  ")
        with pytest.raises(RollbackRefusedError, match="no rollback to undo"):
            world.rollbacks.undo("ada")

    def test_while_the_planning_database_is_away_nothing_changes(self, world: World) -> None:
        away = Rollbacks(world.lake, PlanningDatabase("postgresql+psycopg://nobody@127.0.0.1:9/none"))
        with pytest.raises(StorageError):
            away.roll_back(CYCLE.isoformat(), "ada", REASON)
        assert pin_of(world.lake) is None

    def test_where_the_lake_cannot_be_read_nothing_changes(self, world: World) -> None:
        (Path(world.lake.root) / "_pins").write_text("a file where a folder should be")
        with pytest.raises((StorageError, OSError)):
            world.rollbacks.roll_back(CYCLE.isoformat(), "ada", REASON)
        assert world.rows() == []

    def test_where_the_lake_cannot_be_written_the_ledger_says_so(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(lake: Lake, path: str, data: bytes) -> None:
            raise StorageError("the disk is full")

        monkeypatch.setattr(Lake, "write_bytes", refuse)
        with pytest.raises(StorageError) as failed:
            world.rollbacks.roll_back(CYCLE.isoformat(), "ada", REASON)
        first, second = world.rows()
        assert [row["action"] for row in (first, second)] == ["rollback", "rollback failed"]
        assert json.loads(second["after"]) == {"row": first["sequence"], "because": str(failed.value)}
        with pytest.raises(RollbackRefusedError, match="no rollback to undo"):
            world.rollbacks.undo("ada")
        assert world.database.verify() == []

    def test_a_change_that_fails_half_way_is_taken_back(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        world.rollbacks.roll_back(CYCLE.isoformat(), "ada", REASON)
        before = pin_of(world.lake)
        write = Lake.write_bytes

        def write_and_fail(lake: Lake, path: str, data: bytes) -> None:
            write(lake, path, data)
            if b"once more" in data:
                raise StorageError("the disk is full")

        monkeypatch.setattr(Lake, "write_bytes", write_and_fail)
        with pytest.raises(StorageError):
            world.rollbacks.roll_back(NEXT.isoformat(), "ada", "once more")
        assert pin_of(world.lake) == before
        assert [row["action"] for row in world.rows()] == ["rollback", "rollback", "rollback failed"]

    def test_of_two_at_one_moment_the_later_row_is_what_is_served(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write, other = PlanningDatabase.write, Rollbacks(world.lake, world.database)

        def come_between(database: PlanningDatabase) -> Any:
            if len(world.rows()) == 1:
                monkeypatch.setattr(PlanningDatabase, "write", write)
                other.roll_back(NEXT.isoformat(), "bob", "mine is later")
            return write(database)

        monkeypatch.setattr(PlanningDatabase, "write", come_between)
        with pytest.raises(RollbackRefusedError, match="row 2 of the ledger came between"):
            world.rollbacks.roll_back(CYCLE.isoformat(), "ada", REASON)
        pin = pin_of(world.lake)
        assert pin is not None
        assert (pin.by, pin.sequence) == ("bob", 2)
        assert [(row["user"], row["action"]) for row in world.rows()] == [
            *(("ada", "rollback"), ("bob", "rollback"), ("ada", "rollback failed")),
        ]

    @pytest.mark.parametrize("when", ["before", "after"])
    def test_of_a_rollback_that_is_killed_the_ledger_knows_and_it_can_be_done_again(
        self, world: World, when: str
    ) -> None:
        _killed(world, "write_bytes", when, f"roll_back({CYCLE.isoformat()!r}, 'ada', 'first')")
        assert [row["action"] for row in world.rows()] == ["rollback"]
        assert (pin_of(world.lake) is None) == (when == "before")
        pin = world.rollbacks.roll_back(CYCLE.isoformat(), "bob", REASON)
        assert pin_of(world.lake) == pin
        assert [(row["user"], row["action"]) for row in world.rows()] == [("ada", "rollback"), ("bob", "rollback")]
        assert json.loads(world.rows()[1]["before"])["pinned"] == (when == "after")
        assert world.database.verify() == []

    @pytest.mark.parametrize("when", ["before", "after"])
    def test_a_rollback_that_was_killed_can_be_undone_once(self, world: World, when: str) -> None:
        _killed(world, "write_bytes", when, f"roll_back({CYCLE.isoformat()!r}, 'ada', 'first')")
        assert world.rollbacks.undo("bob") == (NEXT.isoformat(), world.newest)
        assert pin_of(world.lake) is None
        with pytest.raises(RollbackRefusedError, match="no rollback to undo"):
            world.rollbacks.undo("bob")
        assert [row["action"] for row in world.rows()] == ["rollback", "undo rollback"]

    @pytest.mark.parametrize("when", ["before", "after"])
    def test_of_an_undo_that_is_killed_the_ledger_knows_and_it_can_be_done_again(self, world: World, when: str) -> None:
        world.rollbacks.roll_back(CYCLE.isoformat(), "ada", REASON)
        _killed(world, "remove_bytes", when, "undo('ada', 'mended')")
        assert [row["action"] for row in world.rows()] == ["rollback", "undo rollback"]
        if when == "before":
            world.rollbacks.undo("bob")
            assert [row["user"] for row in world.rows()] == ["ada", "ada", "bob"]
        assert pin_of(world.lake) is None
        with pytest.raises(RollbackRefusedError, match="no rollback to undo"):
            world.rollbacks.undo("bob")

    def test_what_is_done_is_said_to_be_done_when_the_database_goes_away_at_the_very_end(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write = PlanningDatabase.write

        @contextmanager
        def end_badly(database: PlanningDatabase) -> Iterator[Any]:
            with write(database) as connection:
                yield connection
            if pin_of(world.lake) is not None:
                raise StorageError("away")

        monkeypatch.setattr(PlanningDatabase, "write", end_badly)
        pin = world.rollbacks.roll_back(CYCLE.isoformat(), "ada", REASON)
        assert pin_of(world.lake) == pin
        assert [row["action"] for row in world.rows()] == ["rollback"]

    def test_a_pin_that_says_nothing_keeps_what_is_served_and_can_be_undone(self, world: World) -> None:
        with world.place.client() as client:
            path = Path(world.lake.root) / "_pins" / "serving_bundle.json"
            path.parent.mkdir()
            path.write_text("{}")
            library = client.app.state.library  # type: ignore[attr-defined]
            with pytest.raises(ArtefactError, match="dp rollback --undo"):
                library.refresh()
            assert library.current.version == world.newest
            assert [one.is_served for one in kept(world.lake)] == [False, False, False]
            world.rollbacks.undo("ada")
            assert look(client) == world.newest

    def test_a_pin_that_says_nothing_can_be_replaced(self, world: World) -> None:
        path = Path(world.lake.root) / "_pins" / "serving_bundle.json"
        path.parent.mkdir()
        path.write_text("{}")
        pin = world.rollbacks.roll_back(CYCLE.isoformat(), "ada", REASON)
        assert pin_of(world.lake) == pin
        assert json.loads(world.rows()[0]["before"]) == {"pin": "not readable"}

    def test_when_the_bundle_that_is_pinned_is_gone_what_is_served_goes_on_and_the_way_out_is_said(
        self, world: World
    ) -> None:
        world.place.user("op", [Role.VIEWER])
        headers = shown(world.place.key("op"))
        with world.place.client() as client:
            assert look(client) == world.newest
            world.rollbacks.roll_back(world.earlier, "ada", REASON)
            _lose(world, world.earlier)
            assert look(client) == world.newest
            problem = client.get("/healthz", headers=headers).json()["problem"]
            assert f"ada rolled back to cannot be served: expected version {world.earlier[:12]}" in problem
            assert "dp rollback --undo" in problem
        with world.place.client() as late:  # a process that starts now has nothing to serve
            found = late.get("/healthz", headers=headers).json()
            assert (found["ready"], "dp rollback --undo" in found["problem"]) == (False, True)
            world.rollbacks.roll_back(CYCLE.isoformat(), "ada", "that one is there")
            assert look(late) == world.present


KILLED = """
import os, signal, sys
from dp_resources.lake import Lake
from dp_resources.planning_db import PlanningDatabase
from serving.pins import Rollbacks

root, url, step, when, change = sys.argv[1:]
do = getattr(Lake, step)

def die(lake, path, *data):
    if "_pins" in path:
        if when == "after":
            do(lake, path, *data)
        os.kill(os.getpid(), signal.SIGKILL)
    do(lake, path, *data)

setattr(Lake, step, die)
eval(f"Rollbacks(Lake(root), PlanningDatabase(url)).{change}")
"""


def _killed(world: World, step: str, when: str, change: str) -> None:
    """A change by a process that is killed before or after it wrote or removed the pin."""
    url = world.place.settings.planning_url
    ended = subprocess.run([sys.executable, "-c", KILLED, world.lake.root, url, step, when, change], check=False)
    assert ended.returncode == -signal.SIGKILL


def _lose(world: World, version: str) -> None:
    shutil.rmtree(Path(world.lake.root) / "_versions" / "serving_bundle" / version)


class TestOverHttp:
    def test_an_operator_rolls_back_and_everybody_is_told_why(self, world: World) -> None:
        for name, role in (("op", Role.DATA_ENGINEER), ("reader", Role.VIEWER)):
            world.place.user(name, [role])
        operator, reader = shown(world.place.key("op")), shown(world.place.key("reader"))
        with world.place.client() as client, world.place.client() as other:
            asked = {"to": CYCLE.isoformat(), "reason": REASON}
            assert client.put("/v1/cycles/current", json=asked, headers=reader).status_code == 403
            answer = client.put("/v1/cycles/current", json=asked, headers=operator)
            assert (answer.status_code, answer.json()["cycle"]) == (200, CYCLE.isoformat())
            look(other)
            for path in ("/healthz", "/v1/cycles/current"):
                for one in (client, other):
                    found = one.get(path, headers=reader).json()
                    assert (found["bundle"], found["pinned"]["by"], found["pinned"]["reason"]) == (
                        *(world.present, "op", REASON),
                    )
                    assert (found["pinned"]["newest_cycle"], found["pinned"]["newest_bundle"]) == (
                        *(NEXT.isoformat(), world.newest),
                    )
            assert "dp_api_bundle_pinned 1.0" in client.get("/metrics", headers=reader).text
            listed = client.get("/v1/cycles/bundles", headers=operator).json()["bundles"]
            assert [one["is_served"] for one in listed] == [False, True, False]
            assert client.delete("/v1/cycles/current", headers=operator).json()["pinned"] is None
            assert client.delete("/v1/cycles/current", headers=operator).status_code == 409
        assert json.loads(world.rows()[0]["after"])["address"] == "testclient"

    @pytest.mark.parametrize("scope", [GROCERY, GROCERY_AND_A_LOOK])
    def test_who_works_on_some_nodes_does_not_change_what_everybody_is_served(self, world: World, scope: Any) -> None:
        world.place.user("op", [Role.ADMIN], scope)
        asked = {"to": CYCLE.isoformat(), "reason": REASON}
        with world.place.client() as client:
            headers = shown(world.place.key("op"))
            assert client.put("/v1/cycles/current", json=asked, headers=headers).status_code == 403
            assert client.delete("/v1/cycles/current", headers=headers).status_code == 403
        assert pin_of(world.lake) is None

    def test_without_the_planning_database_it_is_answered_that_nothing_was_changed(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        world.place.user("op", [Role.ADMIN])
        headers = shown(world.place.key("op"))
        with world.place.client() as client:
            client.get("/healthz", headers=headers)
            monkeypatch.setattr(PlanningDatabase, "write", _refuse)
            answer = client.put("/v1/cycles/current", json={"to": CYCLE.isoformat(), "reason": "x"}, headers=headers)
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
            assert answer.json()["type"].endswith("planning-unavailable")


def _refuse(self: PlanningDatabase) -> Any:
    raise StorageError("away")


class TestCommand:
    @pytest.fixture
    def dp(self, world: World, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
        path = world.place.folder / "demand.yaml"
        path.write_text(yaml.safe_dump(make_config().model_dump(mode="json", exclude_none=True)))
        monkeypatch.setenv("DP_CONFIG", str(path))
        monkeypatch.setenv("DP_LAKE_ROOT", world.lake.root)
        monkeypatch.setenv("DP_STATE_DIR", str(world.place.settings.state_dir))
        monkeypatch.setenv("DP_PLANNING_DATABASE_URL", world.place.settings.planning_url)
        return lambda *arguments: CliRunner().invoke(app, ["rollback", *arguments])

    def test_it_lists_rolls_back_and_undoes(self, world: World, dp: Callable[..., Result]) -> None:
        assert re.search(rf"{NEXT}\s+{world.newest[:12]}\s+\S+ \S+\s+newest of its cycle\s+served", dp("--list").output)
        assert dp(CYCLE.isoformat(), "--reason", REASON, "--by", "ada").exit_code == 0
        said = dp("--list").output
        assert re.search(rf"{CYCLE}\s+{world.present[:12]}\s+\S+ \S+\s+newest of its cycle\s+served", said)
        assert re.search(rf"{world.earlier[:12]}\s+\S+ \S+\s+an earlier version\s+can be served", said)
        assert "ada rolled back on" in said
        assert REASON in said
        assert dp("--undo").exit_code == 0
        assert pin_of(world.lake) is None
        assert [row["action"] for row in world.rows()] == ["rollback", "undo rollback"]

    def test_its_list_says_that_a_pin_cannot_be_read_or_leads_nowhere(
        self, world: World, dp: Callable[..., Result]
    ) -> None:
        world.rollbacks.roll_back(world.earlier, "ada", REASON)
        _lose(world, world.earlier)
        said = dp("--list").output
        assert world.present[:12] in said
        assert re.search(rf"cycle {CYCLE}, version\s+{world.earlier[:12]}, is no\s+longer kept", said)
        (Path(world.lake.root) / "_pins" / "serving_bundle.json").write_text("{}")
        unreadable = dp("--list")
        assert unreadable.exit_code == 1
        assert world.present[:12] in unreadable.output
        assert "expected a pinned bundle" in str(unreadable.exception) + unreadable.output

    @pytest.mark.parametrize("arguments", [(), ("2017-01-02", "--undo"), ("--undo", "--list")])
    def test_it_wants_one_thing(self, dp: Callable[..., Result], arguments: tuple[str, ...]) -> None:
        assert dp(*arguments).exit_code == 2


def test_a_rollback_under_load_drops_no_request_and_is_followed_within_ten_seconds(world: World) -> None:
    served = Served(world.place, DP_API_ACCESS="open")
    load = Load(served.port, threads=2)
    try:
        for target, version in ((CYCLE.isoformat(), world.present), (world.earlier, world.earlier)):
            world.rollbacks.roll_back(target, "ada", REASON)
            wait_until(lambda version=version: health(served.port)["bundle"] == version, 10)  # type: ignore[misc]
        world.rollbacks.undo("ada")
        wait_until(lambda: health(served.port)["bundle"] == world.newest, 10)
    finally:
        load.stop()
        served.stop()
    assert load.failures == []
    assert len(set(load.answers)) <= 6
