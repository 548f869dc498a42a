"""Scenarios of planners who are kept to a department: what they build, see and make the plan, and what they do not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from dp_assets.domain.access import NodeScope, Role, parse_scope_node
from dp_assets.domain.scenario_definition import ScenarioDefinition
from dp_assets.scenario_results import TABLE, made_of
from dp_resources.planning_requests import RUN_SCENARIO, newest_requests
from tests.factories import make_config
from tests.serving.access_makers import GROCERY, GROCERY_AND_A_LOOK
from tests.serving.makers import CYCLE
from tests.serving.planning_makers import FIRST, Planned, asking, refused
from tests.serving.test_scenarios import Ask, put_result

INSIDE = ("total", "GROCERY", "GROCERY/SOUP", "GROCERY/TEA", "sku0000", "sku0001")
"""What a scenario of grocery changes: its series, and every node above them."""
BUCKETS = make_config().horizon
WORDS = ("DAIRY", "sku0002", "sku0003", "hush")
"""What nobody who is kept to grocery must read, unless it is what they asked."""
USERS: dict[str, tuple[Role, NodeScope]] = {
    "boss": (Role.PLANNER, NodeScope()),
    "ada": (Role.PLANNER, GROCERY),
    "bob": (Role.PLANNER, GROCERY),
    "dan": (Role.PLANNER, NodeScope((parse_scope_node("product:DAIRY"),))),
    "looks": (Role.PLANNER, GROCERY_AND_A_LOOK),
    "eve": (Role.VIEWER, GROCERY),
}


class World:
    def __init__(self, place: Planned, client: TestClient) -> None:
        self.place = place
        self.asks: dict[str, Ask] = {name: asking(client, place.key(name)) for name in USERS}

    def ask(self, who: str, method: str, path: str, body: Any = None, **headers: str) -> Any:
        return self.asks[who](method, path, body, **headers)

    def keep(self, who: str, name: str, *nodes: str, **fields: Any) -> Any:
        return self.ask(who, "POST", "/v1/scenarios", {"name": name, "definition": growth(*nodes), **fields})

    def names(self, who: str) -> list[str]:
        return [one["name"] for one in self.ask(who, "GET", "/v1/scenarios").json()["scenarios"]]


def growth(*nodes: str) -> dict[str, Any]:
    change = {"kind": "growth", "first": FIRST, "last": FIRST, "percent": 10}
    return {"changes": [{**change, "node": node} for node in nodes]}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    place = Planned(tmp_path)
    for name, (role, scope) in USERS.items():
        place.user(name, [role], scope)
    with place.client() as client:
        yield World(place, client)


def test_a_planner_of_a_department_builds_computes_compares_and_promotes_one(world: World) -> None:
    made = world.keep("ada", "more", "GROCERY")
    assert (made.status_code, made.headers["location"]) == (201, "/v1/scenarios/ada.more")
    assert (made.json()["name"], made.json()["inside"]) == ("ada.more", True)
    assert world.ask("ada", "POST", "/v1/scenarios/ada.more/run").status_code == 202
    assert list(newest_requests(world.place.accounts.database, RUN_SCENARIO)) == ["ada.more"]
    put_result(world.place, "ada.more", INSIDE)
    path = "/v1/scenarios/ada.more"
    found = world.ask("ada", "GET", path).json()
    assert (found["state"], found["units"] > 0) == ("up to date", True)
    for level, nodes in (("total", []), ("department", ["GROCERY"]), ("series", ["sku0000", "sku0001"])):
        rows = world.ask("ada", "GET", f"{path}/comparison?level={level}").json()
        assert sorted({one["node"] for one in rows["rows"]}) == nodes
        assert len(rows["rows"]) == rows["total"] == len(nodes) * BUCKETS
    whole = world.ask("boss", "GET", f"{path}/comparison?level=total").json()
    assert {one["node"] for one in whole["rows"]} == {"total"}
    answer = world.ask("ada", "POST", f"{path}/promote", {"reason_code": "price"})
    assert answer.status_code == 201, answer.text
    assert {one["node"] for one in answer.json()["overrides"]} == {"sku0000", "sku0001"}
    assert world.keep("ada", "ada.more", "GROCERY/SOUP", replaces=made.json()["number"]).status_code == 201
    assert world.ask("ada", "DELETE", path).json() == {"deleted": "ada.more"}


@pytest.mark.parametrize("node", ["DAIRY", "total", "sku0002", "DAIRY/MILK", "nothing"])
@pytest.mark.parametrize("who", ["ada", "looks"])
def test_a_change_of_what_lies_outside_is_refused_by_name(world: World, who: str, node: str) -> None:
    said = refused(world.keep(who, "more", "GROCERY", node), 403, "not-allowed")
    assert f"changes[1] (growth): {node!r}" in said
    assert "changes[0]" not in said
    assert "product:GROCERY" in said
    assert said == refused(world.keep(who, "more", "GROCERY", "x9"), 403, "not-allowed").replace("x9", node)
    assert world.place.accounts.database.scenarios() == []


def test_a_launch_is_for_those_who_see_every_node(world: World) -> None:
    launch = {"kind": "launch", "new": {"sku": "sku0002"}, "like": {"sku": "sku0000"}}
    body = {"name": "new", "definition": {"changes": [launch]}}
    taken = refused(world.ask("ada", "POST", "/v1/scenarios", body), 403, "not-allowed")
    launch["new"] = {"sku": "sku9999"}
    assert refused(world.ask("ada", "POST", "/v1/scenarios", body), 403, "not-allowed") == taken
    assert world.ask("looks", "POST", "/v1/scenarios", body).status_code == 201
    launch["like"] = {"sku": "sku0002"}
    refused(world.ask("looks", "POST", "/v1/scenarios", {**body, "name": "other"}), 403, "not-allowed")


def test_scenarios_of_others_are_seen_where_they_only_touch_what_is_theirs(world: World) -> None:
    for who, name, *nodes in (
        ("boss", "hush", "total"),
        ("boss", "soup", "GROCERY/SOUP"),
        ("boss", "both", "sku0000", "sku0002"),
        ("boss", "empty"),
        ("bob", "tea", "GROCERY/TEA"),
        ("dan", "milk", "DAIRY/MILK"),
    ):
        assert world.keep(who, name, *nodes).status_code == 201
    assert world.names("ada") == world.names("eve") == ["bob.tea", "soup"]
    assert world.names("dan") == ["dan.milk"]
    assert world.names("boss") == world.names("looks") == ["bob.tea", "both", "dan.milk", "empty", "hush", "soup"]
    assert {one["inside"] for one in world.ask("ada", "GET", "/v1/scenarios").json()["scenarios"]} == {True}


def test_one_that_is_hidden_is_answered_like_one_that_does_not_exist(world: World) -> None:
    world.keep("boss", "hush", "total")
    put_result(world.place, "hush")
    world.keep("ada", "mine", "GROCERY")
    asked: list[tuple[str, str, Any]] = [
        ("GET", "", None),
        ("GET", "/comparison", None),
        ("GET", "/comparison?level=shelf", None),
        ("DELETE", "", None),
        ("DELETE", "?number=1", None),
        ("POST", "/run", None),
        ("POST", "/promote", {"reason_code": "promotion"}),
    ]
    for method, rest, body in asked:
        hidden, unknown = (world.ask("ada", method, f"/v1/scenarios/{one}{rest}", body) for one in ("hush", "husk"))
        assert hidden.status_code == unknown.status_code == 404, hidden.text
        assert hidden.text.replace("hush", "husk") == unknown.text
    beside = [world.ask("ada", "GET", f"/v1/scenarios/ada.mine/comparison?beside={one}") for one in ("hush", "husk")]
    assert beside[0].status_code == 404
    assert beside[0].text.replace("hush", "husk") == beside[1].text
    assert "hush" not in world.ask("ada", "GET", "/v1/scenarios/hus").text
    assert "hush" in world.ask("boss", "GET", "/v1/scenarios/hus").text


def test_a_name_that_is_taken_tells_nothing(world: World) -> None:
    number = world.keep("boss", "hush", "total").json()["number"]
    assert world.keep("ada", "hush", "GROCERY").json()["name"] == "ada.hush"
    refused(world.keep("ada", "hush", "GROCERY"), 409, "already-decided")
    told = refused(world.keep("ada", "hush", "GROCERY", replaces=number), 409, "already-decided")
    assert told == refused(world.keep("ada", "husk", "GROCERY", replaces=number), 409, "already-decided").replace(
        "husk", "hush"
    )
    for who in ("bob", "boss"):
        refused(world.keep(who, "ada.own", "GROCERY"), 422, "edit-refused")
    assert world.names("boss") == ["ada.hush", "hush"]


def test_one_that_begins_with_a_user_is_changed_by_them_alone(world: World) -> None:
    number = world.keep("ada", "mine", "GROCERY").json()["number"]
    for who in ("bob", "boss"):
        told = refused(world.keep(who, "ada.mine", "GROCERY", replaces=number), 403, "not-allowed")
        assert "changed by ada alone" in told
    assert world.ask("bob", "DELETE", f"/v1/scenarios/ada.mine?number={number}").status_code == 200
    shared = world.keep("boss", "shared", "GROCERY").json()["number"]
    assert world.keep("bob", "shared", "GROCERY/TEA", replaces=shared).json()["name"] == "shared"


def test_who_sees_what_lies_outside_compares_it_and_changes_nothing(world: World) -> None:
    number = world.keep("boss", "hush", "total").json()["number"]
    put_result(world.place, "hush")
    found = world.ask("looks", "GET", "/v1/scenarios/hush").json()
    assert (found["inside"], found["notes"]) == (False, ["noted"])
    assert world.ask("looks", "GET", "/v1/scenarios/hush/comparison?level=series").json()["total"] == 4 * BUCKETS
    for method, rest, body in (
        ("POST", "/run", None),
        ("DELETE", "", None),
        ("POST", "/promote", {"reason_code": "price"}),
    ):
        refused(world.ask("looks", method, f"/v1/scenarios/hush{rest}", body), 403, "not-allowed")
    refused(world.keep("looks", "hush", "GROCERY", replaces=number), 403, "not-allowed")
    assert world.keep("looks", "plain", "GROCERY").json()["name"] == "plain"


def test_what_a_number_outside_makes_of_others_is_neither_told_nor_promoted(world: World) -> None:
    """A lock above both departments makes the other one give way."""
    world.keep("ada", "mine", "GROCERY")
    put_result(world.place, "ada.mine", kept=[("product", "total")])
    path = "/v1/scenarios/ada.mine"
    told, whole = (world.ask(who, "GET", path).json() for who in ("ada", "boss"))
    assert told["units"] < whole["units"]
    assert (whole["notes"], told["notes"]) == (
        ["noted"],
        ["numbers that were set outside of the nodes that you plan stay: other series below them make room"],
    )
    answers = [world.ask("ada", "GET", path), world.ask("ada", "GET", f"{path}/comparison?level=series")]
    answers.append(world.ask("ada", "POST", f"{path}/promote", {"reason_code": "price"}))
    assert "also moves series" in refused(answers[-1], 403, "not-allowed")
    assert not any(word in answer.text for word in WORDS for answer in answers)
    assert world.place.accounts.database.numbers() == []


def test_ones_own_from_before_the_nodes_changed_stays_ones_own_and_tells_no_more(world: World) -> None:
    """It was written when its author planned more, or the cycle hangs a series elsewhere by now."""
    definition = ScenarioDefinition.model_validate(growth("GROCERY", "DAIRY"))
    made = world.place.accounts.database.create_scenario("before", CYCLE, definition, "ada", datetime.now(UTC))
    put_result(world.place, "before")
    found = world.ask("ada", "GET", "/v1/scenarios/before").json()
    assert (found["inside"], found["notes"]) == (False, [])
    assert found["units"] < world.ask("boss", "GET", "/v1/scenarios/before").json()["units"]
    rows = world.ask("ada", "GET", "/v1/scenarios/before/comparison?level=series").json()["rows"]
    assert {one["node"] for one in rows} == {"sku0000", "sku0001"}
    refused(world.ask("ada", "POST", "/v1/scenarios/before/run"), 403, "not-allowed")
    refused(world.ask("ada", "POST", "/v1/scenarios/before/promote", {"reason_code": "price"}), 403, "not-allowed")
    record = {"cycle": FIRST, "definition": made.sequence, "made_of": made_of(world.place.lake, CYCLE)}
    world.place.lake.commit(TABLE, "before", {**record, "refused": "did you mean 'sku0003'?"})
    for path in ("/v1/scenarios/before", "/v1/scenarios/before/comparison"):
        assert "sku0003" not in world.ask("ada", "GET", path).text
    assert world.ask("ada", "DELETE", "/v1/scenarios/before").status_code == 200


def test_a_scoped_viewer_reads_and_changes_nothing(world: World) -> None:
    world.keep("boss", "soup", "GROCERY/SOUP")
    put_result(world.place, "soup", INSIDE)
    assert world.ask("eve", "GET", "/v1/scenarios/soup/comparison?level=brand").json()["total"] == 2 * BUCKETS
    refused(world.keep("eve", "own", "GROCERY"), 403, "not-allowed")


@pytest.mark.parametrize("user", ["ada", "a.b@c-d_e", "oidc:Ada Lovelace", "oidc:a...b/../c", "a..b", "a" * 64])
def test_every_user_has_names_of_their_own_that_a_partition_may_have(user: str) -> None:
    from dp_assets.domain.scenario_definition import ScenarioRefusedError, check_name, own_name

    name = own_name(user, "more")
    assert check_name(name, user) == name
    assert ".." not in name
    assert not set(name) & set("/:% \\")
    assert len(name) <= 128
    for other in ("ada.more", "bob", f"{user}.x"):
        with pytest.raises(ScenarioRefusedError):
            check_name(name, other)
