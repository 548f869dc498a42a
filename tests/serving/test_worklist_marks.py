"""What planners accept, snooze and assign on the worklist, over a real planning database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from dp_assets.domain.access import PERMISSIONS, NodeScope, Principal, Role, parse_scope_node
from dp_resources.planning_marks import MarkToSet, Place, marks_of, set_marks
from dp_resources.settings import Settings
from serving.api import create_app
from serving.api.authentication import Proven
from serving.api.worklist.schemas import Assignees, MarksSet, Worklist
from tests.postgres_server import running_postgres
from tests.serving.access_makers import GROCERY, GROCERY_AND_A_LOOK
from tests.serving.makers import CYCLE
from tests.serving.planning_makers import Planned, asking, refused
from tests.serving.table_makers import make_exceptions

Ask = Callable[..., Any]
LATER = (CYCLE + timedelta(weeks=2)).isoformat()
PATH = "/v1/worklist/marks"
USERS: dict[str, tuple[Role, NodeScope]] = {
    "ada": (Role.PLANNER, NodeScope()),
    "bob": (Role.PLANNER, NodeScope()),
    "kept": (Role.PLANNER, GROCERY),
    "looks": (Role.PLANNER, GROCERY_AND_A_LOOK),
    "eve": (Role.VIEWER, NodeScope()),
    "dairy": (Role.PLANNER, NodeScope((parse_scope_node("product:DAIRY"),))),
    "gone": (Role.PLANNER, NodeScope()),
}


def make_place(folder: Path, **settings: Any) -> Planned:
    place = Planned(folder, **settings)
    place.lake.write("exceptions", make_exceptions(6), cycle=CYCLE.isoformat())
    return place


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Planned:
    place = make_place(tmp_path_factory.mktemp("marks"))
    for name, (role, scope) in USERS.items():
        place.user(name, [role], scope)
    place.accounts.set_disabled("gone", True, "test", datetime.now(UTC))
    return place


@pytest.fixture(scope="module")
def client(place: Planned) -> Iterator[TestClient]:
    with place.client() as client:
        yield client


@pytest.fixture
def ask(place: Planned, client: TestClient) -> Callable[[str], Ask]:
    """Asks as somebody, of a worklist without marks."""
    for one in marks_of(place.accounts.database).values():
        if not one.is_blank:
            blank = MarkToSet(one.says.place, CYCLE, replaces=one.sequence)
            set_marks(place.accounts.database, [blank], "test", datetime.now(UTC))
    return lambda name: asking(client, place.key(name))


def listed(ask: Ask, query: str = "") -> Worklist:
    answer = ask("GET", f"/v1/worklist{query}")
    assert answer.status_code == 200, answer.text
    return Worklist.model_validate_json(answer.content)


def ranks(found: Worklist) -> list[int]:
    return [one.rank for one in found.items]


def marking(found: Worklist, rank: int, **says: Any) -> dict[str, Any]:
    """A mark of an item, over the one that it has."""
    (item,) = [one for one in found.items if one.rank == rank]
    place = {name: getattr(item, name) for name in ("hierarchy", "level", "node", "rule")}
    return {**place, "replaces": item.mark and item.mark.number, **says}


def put(ask: Ask, *marks: dict[str, Any], **headers: str) -> Any:
    return ask("PUT", PATH, {"cycle": CYCLE.isoformat(), "marks": list(marks)}, **headers)


class TestSettingAside:
    def test_what_is_accepted_or_snoozed_is_listed_when_asked_for_and_not_counted_else(
        self, ask: Callable[[str], Ask], place: Planned
    ) -> None:
        ada = ask("ada")
        before = listed(ada)
        assert (before.total, before.aside, before.marks_known) == (6, 0, True)
        answer = put(
            ada,
            marking(before, 1, state="accepted"),
            marking(before, 3, state="snoozed", until=LATER, note="after the leaflet"),
        )
        made = MarksSet.model_validate_json(answer.content)
        assert [(one.state, one.by) for one in made.marks] == [("accepted", "ada"), ("snoozed", "ada")]
        after = listed(ask("bob"))
        assert (after.total, after.aside, ranks(after)) == (4, 2, [2, 4, 5, 6])
        every = listed(ask("bob"), "?marked=true")
        assert (every.total, every.aside, ranks(every)) == (6, 2, [1, 2, 3, 4, 5, 6])
        assert every.items[2].mark == made.marks[1]
        assert [row[0] for row in place.ledger() if row[1] == "mark"][-2:] == ["ada", "ada"]

    def test_pages_go_on_behind_what_was_seen_whatever_is_set_aside_meanwhile(self, ask: Callable[[str], Ask]) -> None:
        ada = ask("ada")
        first = listed(ada, "?limit=3")
        put(ada, marking(first, 3, state="accepted"), marking(first, 1, state="accepted"))
        assert ranks(listed(ada, f"?limit=3&cursor={first.next}")) == [4, 5, 6]
        assert ranks(listed(ada, "?limit=3")) == [2, 4, 5]

    def test_a_mark_that_is_taken_back_leaves_no_trace_on_the_list(self, ask: Callable[[str], Ask]) -> None:
        ada = ask("ada")
        before = listed(ada)
        put(ada, marking(before, 1, state="accepted"))
        assert put(ada, marking(listed(ada, "?marked=true"), 1)).status_code == 200
        assert listed(ada) == before
        assert put(ada, marking(before, 1, state="accepted")).status_code == 200

    def test_the_list_is_sent_again_only_after_a_mark_on_what_is_seen(self, ask: Callable[[str], Ask]) -> None:
        ada, kept = ask("ada"), ask("kept")
        tags = {who: who("GET", "/v1/worklist").headers["etag"] for who in (ada, kept)}
        found = listed(ada)
        outside = next(one.rank for one in found.items if one.node == "sku0002")
        put(ada, marking(found, outside, assigned_to="bob"))
        status = {who: who("GET", "/v1/worklist", if_none_match=tag).status_code for who, tag in tags.items()}
        assert (status[ada], status[kept]) == (200, 304)


class TestAssigning:
    def test_items_are_found_by_who_is_to_look_at_them(self, ask: Callable[[str], Ask]) -> None:
        ada, bob = ask("ada"), ask("bob")
        found = listed(ada)
        put(ada, marking(found, 1, assigned_to="bob"), marking(found, 2, assigned_to="ada"))
        assert ranks(listed(bob, "?assigned_to=me")) == ranks(listed(ada, "?assigned_to=bob")) == [1]
        assert ranks(listed(ada, "?assigned_to=me")) == [2]
        assert ranks(listed(ada, "?unassigned=true")) == [3, 4, 5, 6]
        put(bob, marking(listed(bob), 1, assigned_to="bob", state="accepted"))
        mine = listed(bob, "?assigned_to=me")
        assert (mine.total, mine.aside) == (0, 1)

    def names(self, ask: Ask, rank: int) -> list[str]:
        item = marking(listed(ask), rank)
        query = "&".join(f"{name}={item[name]}" for name in ("hierarchy", "level", "node", "rule"))
        answer = ask("GET", f"/v1/worklist/assignees?{query}")
        assert answer.status_code == 200, answer.text
        found = Assignees.model_validate_json(answer.content)
        assert not found.others
        return found.names

    def test_names_are_offered_of_who_is_let_in_and_plans_it(self, ask: Callable[[str], Ask]) -> None:
        ada, kept = ask("ada"), ask("kept")
        inside = next(one.rank for one in listed(ada).items if one.node == "sku0001")
        outside = next(one.rank for one in listed(ada).items if one.node == "sku0002")
        assert self.names(ada, inside) == ["ada", "bob", "kept", "looks"]
        assert self.names(kept, 1) == ["ada", "bob", "kept", "looks"]
        assert self.names(ada, outside) == ["ada", "bob", "dairy"]
        hidden = "hierarchy=product&level=series&node=sku0002&rule=uncertain"
        told = [kept("GET", f"/v1/worklist/assignees?{one}") for one in (hidden, hidden.replace("0002", "9999"))]
        assert refused(told[0], 404, "unknown-node").replace("sku0002", "sku9999") == refused(
            told[1], 404, "unknown-node"
        )
        assert ask("eve")("GET", f"/v1/worklist/assignees?{hidden}").status_code == 403

    @pytest.mark.parametrize(
        ("name", "why"),
        [
            ("nobody", "is no user"),
            ("gone", "is shut out"),
            ("eve", "may read and not plan"),
            ("dairy", "does not plan all of it"),
            ("oidc:ada", "is a user of another issuer"),
            ("<img src=x onerror=alert(1)>", "is no user"),
        ],
    )
    def test_who_does_not_exist_is_shut_out_or_does_not_plan_it_is_not_assigned_it(
        self, ask: Callable[[str], Ask], name: str, why: str
    ) -> None:
        ada, kept = ask("ada"), ask("kept")
        rank = next(one.rank for one in listed(ada).items if one.node == "sku0001")
        told = refused(put(ada, marking(listed(ada), rank, assigned_to=name)), 422, "edit-refused")
        assert f"{name!r} {why}" in told
        told = refused(put(kept, marking(listed(kept), 1, assigned_to=name)), 422, "edit-refused")
        assert f"{name!r} is no user who is let in and plans all of it" in told
        assert listed(ada, "?unassigned=true").total == 6

    def test_what_was_assigned_to_somebody_who_is_shut_out_since_can_still_be_marked(
        self, ask: Callable[[str], Ask], place: Planned
    ) -> None:
        ada = ask("ada")
        item = marking(listed(ada), 1)
        one = MarkToSet(Place(item["hierarchy"], item["level"], item["node"], item["rule"]), CYCLE, assigned_to="gone")
        set_marks(place.accounts.database, [one], "test", datetime.now(UTC))
        assert put(ada, marking(listed(ada), 1, assigned_to="gone", state="accepted")).status_code == 200
        assert put(ada, marking(listed(ada, "?marked=true"), 1, assigned_to="bob")).status_code == 200
        refused(put(ada, marking(listed(ada), 1, assigned_to="gone")), 422, "edit-refused")

    def test_where_another_issuer_is_believed_its_names_are_taken_as_they_are(self, tmp_path: Path) -> None:
        place = make_place(tmp_path, oidc_issuer="https://issuer.example", oidc_audience="dp")
        place.user("ada", [Role.PLANNER])
        with place.client() as client:
            ada = asking(client, place.key("ada"))
            assert put(ada, marking(listed(ada), 1, assigned_to="oidc:carl")).status_code == 200
            refused(put(ada, marking(listed(ada), 2, assigned_to="oidc:")), 422, "edit-refused")
            refused(put(ada, marking(listed(ada), 2, assigned_to="carl")), 422, "edit-refused")


class TestTwoAtOnce:
    def test_who_did_not_see_the_mark_of_another_does_not_replace_it(self, ask: Callable[[str], Ask]) -> None:
        ada, bob = ask("ada"), ask("bob")
        found = listed(bob)
        put(ada, marking(found, 1, state="accepted"))
        late = put(bob, marking(found, 2, state="accepted"), marking(found, 1, assigned_to="bob"))
        assert "ada marked product:" in refused(late, 412, "changed-meanwhile")
        assert listed(bob).aside == 1  # none of both

    def test_a_change_asked_for_again_is_made_once(self, ask: Callable[[str], Ask], place: Planned) -> None:
        ada = ask("ada")
        wish = marking(listed(ada), 1, state="accepted")
        answers = [put(ada, wish, idempotency_key="one").json() for _ in range(2)]
        answers.append(put(ada, wish).json())  # and without a key the same is said already
        assert answers[0] == answers[1] == answers[2]
        marked = [row for row in place.accounts.database.ledger() if row["action"] == "mark"]
        assert [row["sequence"] for row in marked][-1] == answers[0]["marks"][0]["number"]

    def test_a_worklist_of_another_cycle_is_not_marked(self, ask: Callable[[str], Ask]) -> None:
        ada = ask("ada")
        body = {"cycle": LATER, "marks": [marking(listed(ada), 1, state="accepted")]}
        assert "is served by now" in refused(ada("PUT", PATH, body), 412, "changed-meanwhile")


class TestWhoMay:
    def test_what_is_hidden_is_answered_like_what_does_not_exist(self, ask: Callable[[str], Ask]) -> None:
        kept = ask("kept")
        hidden = marking(listed(ask("ada")), 2)
        assert hidden["node"] == "sku0002"
        told = refused(put(kept, hidden), 404, "unknown-node")
        unknown = refused(put(kept, {**hidden, "node": "sku9999"}), 404, "unknown-node")
        assert told.replace("sku0002", "sku9999") == unknown
        mine = listed(kept)
        assert all(one.inside for one in mine.items)
        assert put(kept, marking(mine, 1, state="accepted")).status_code == 200

    def test_what_can_only_be_looked_at_says_so_and_is_not_marked(self, ask: Callable[[str], Ask]) -> None:
        looks = ask("looks")
        found = listed(looks)
        assert {one.node for one in found.items if one.inside} == {"sku0000", "sku0001"}
        outside = next(one.rank for one in found.items if not one.inside)
        assert "can be read" in refused(put(looks, marking(found, outside, state="accepted")), 403, "not-allowed")

    def test_who_may_only_read_marks_nothing(self, ask: Callable[[str], Ask]) -> None:
        eve = ask("eve")
        assert put(eve, marking(listed(eve), 1, state="accepted")).status_code == 403


@pytest.mark.parametrize(
    ("says", "kind"),
    [
        ({"state": "snoozed"}, "edit-refused"),
        ({"state": "snoozed", "until": CYCLE.isoformat()}, "edit-refused"),
        ({"state": "accepted", "until": LATER}, "edit-refused"),
        ({"assigned_to": ""}, "bad-parameter"),
        ({"state": "gone"}, "bad-parameter"),
    ],
)
def test_a_mark_that_cannot_be_is_refused(ask: Callable[[str], Ask], says: dict[str, Any], kind: str) -> None:
    ada = ask("ada")
    before = listed(ada, "?marked=true")
    refused(put(ada, marking(before, 1, **says)), 422, kind)
    assert listed(ada, "?marked=true") == before


def test_an_exception_is_marked_once_in_a_change(ask: Callable[[str], Ask]) -> None:
    ada = ask("ada")
    wish = marking(listed(ada), 1)
    assert "twice" in refused(put(ada, wish, {**wish, "note": "x"}), 422, "bad-parameter")


def test_while_the_planning_database_is_away_the_list_is_whole_and_says_that_marks_are_not_known(
    tmp_path: Path,
) -> None:
    place = make_place(tmp_path, planning_database_url="postgresql+psycopg://nobody@127.0.0.1:1/none")
    principal = Principal("oidc:ada", (Role.PLANNER,), permissions=PERMISSIONS[Role.PLANNER])

    async def proof(*_: Any) -> Proven:  # a token of an issuer needs no database
        return Proven(principal, 1e12, lambda: principal, 1e12)

    with place.client() as client:
        client.app.state.gate._proof = proof  # type: ignore[attr-defined]
        ada = asking(client, "token")
        found = listed(ada, "?assigned_to=me")
        assert (found.total, found.marks_known, found.items[0].mark) == (6, False, None)
        refused(put(ada, marking(found, 1, state="accepted")), 503, "planning-unavailable")


def test_an_open_api_over_a_lake_that_nobody_planned_in_makes_no_planning_database(tmp_path: Path) -> None:
    place = make_place(tmp_path)
    database = place.folder / "state" / "planning.db"
    assert not database.exists()
    settings = Settings(lake_root=place.lake.root, state_dir=place.folder / "state")
    with TestClient(create_app(settings)) as client:
        found = Worklist.model_validate_json(client.get("/v1/worklist").content)
    assert (found.total, found.marks_known, database.exists()) == (6, True, False)


@pytest.mark.slow
def test_on_postgresql_marks_do_the_same(tmp_path: Path) -> None:
    with running_postgres() as url:
        place = make_place(tmp_path, planning_database_url=url)
        place.accounts.database.migrate()
        place.user("ada", [Role.PLANNER])
        with place.client() as client:
            ada = asking(client, place.key("ada"))
            put(ada, marking(listed(ada), 1, state="snoozed", until=LATER, assigned_to="ada"))
            assert (listed(ada).aside, ranks(listed(ada, "?marked=true&assigned_to=me"))) == (1, [1])
            put(ada, marking(listed(ada, "?marked=true"), 1))
            assert listed(ada).total == 6
        assert place.accounts.database.verify() == []
        place.accounts.database.close()
