"""Users and keys over HTTP: what an administrator does, what is told once, and what is never kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from dp_assets.domain.access import EVERYTHING, Role
from dp_resources.credentials import parse_key
from serving.api.keys.schemas import ApiKey, KeyMade, Keys
from serving.api.users.schemas import User, UserChanged, Users
from tests.serving.access_makers import GROCERY_AND_A_LOOK, Place, shown
from tests.serving.planning_makers import asking, refused

pytestmark = pytest.mark.slow

Ask = Callable[..., Any]


class World:
    """An API with an administrator, `root`, and one who is kept to some nodes, `kept`."""

    def __init__(self, place: Place, client: Any) -> None:
        self.place, self.client = place, client
        place.user("root", [Role.ADMIN])
        place.user("kept", [Role.ADMIN], GROCERY_AND_A_LOOK)
        self.root, self.kept = asking(client, place.key("root")), asking(client, place.key("kept"))

    def status_of(self, credential: str) -> int:
        """What whoever shows that is answered, as soon as nothing older is remembered."""
        self.client.app.state.gate._proven.clear()
        return int(self.client.get("/v1/session", headers=shown(credential)).status_code)

    def everything_kept(self) -> str:
        with self.place.accounts.database.read() as connection:
            names = sa.inspect(connection).get_table_names()
            return str([connection.execute(sa.text(f'SELECT * FROM "{name}"')).all() for name in names])


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    place = Place(tmp_path)
    place.put_bundle()
    with place.client() as client:
        yield World(place, client)


def changed(answer: Any, status: int = 200) -> UserChanged:
    assert answer.status_code == status, answer.text
    return UserChanged.model_validate_json(answer.content)


def made(answer: Any) -> KeyMade:
    assert answer.status_code == 201, answer.text
    return KeyMade.model_validate_json(answer.content)


def listed(world: World) -> dict[str, User]:
    answer = Users.model_validate_json(world.root("GET", "/v1/users").content)
    return {one.user: one for one in answer.users}


class TestUsers:
    def test_a_user_is_added_signs_in_with_the_one_time_password_and_chooses_another(self, world: World) -> None:
        wanted = {"user": "ada", "roles": ["planner"], "nodes": ["product:GROCERY"], "sees_outside": True}
        answer = world.root("POST", "/v1/users", wanted)
        assert answer.headers["cache-control"] == "no-store"
        ada = changed(answer, 201)
        assert (ada.roles, ada.nodes, ada.sees_outside, ada.password) == (
            *(["planner"], ["product:GROCERY"], True, "one_time"),
        )
        given = {"user": "ada", "password": ada.one_time_password, "new_password": "one of my very own"}
        assert world.client.post("/v1/session/password", json=given).status_code == 200
        assert listed(world)["ada"].password == "own"
        assert world.place.ledger()[-2:] == [("root", "add user", "ada"), ("ada", "change password", "ada")]

    def test_roles_and_nodes_are_replaced(self, world: World) -> None:
        world.place.user("ada", [Role.PLANNER])
        ada = changed(world.root("POST", "/v1/users/ada/access", {"roles": ["viewer", "data_engineer"]}))
        assert (ada.roles, ada.nodes, ada.one_time_password) == (["viewer", "data_engineer"], None, None)
        kept = changed(world.root("POST", "/v1/users/ada/access", {"roles": ["viewer"], "nodes": ["product:DAIRY"]}))
        assert (kept.roles, kept.nodes) == (["viewer"], ["product:DAIRY"])
        assert world.place.ledger()[-1] == ("root", "change user", "ada")

    def test_who_is_disabled_is_not_let_in_nor_are_their_keys_until_enabled(self, world: World) -> None:
        world.place.user("ada", [Role.VIEWER])
        key = world.place.key("ada")
        assert world.status_of(key) == 200
        assert changed(world.root("POST", "/v1/users/ada/disable")).disabled
        assert world.status_of(key) == 401
        assert not changed(world.root("POST", "/v1/users/ada/enable")).disabled
        assert world.status_of(key) == 200

    @pytest.mark.parametrize("how", ["disabled", "role", "nodes", "key"])
    def test_who_was_shut_out_a_moment_ago_opens_no_way_back(self, world: World, how: str) -> None:
        accounts, now = world.place.accounts, datetime.now(UTC)
        assert len(listed(world)) == 2  # so that the key is remembered
        if how == "disabled":
            accounts.set_disabled("root", True, "other", now)
        elif how == "key":
            (key,) = (one.prefix for one in accounts.api_keys() if one.user == "root")
            accounts.revoke_key(key, "other", now)
        else:
            scope = GROCERY_AND_A_LOOK if how == "nodes" else EVERYTHING
            accounts.set_access("root", (Role.ADMIN if how == "nodes" else Role.VIEWER,), scope, "other", now)
        refused(world.root("POST", "/v1/users", {"user": "eve", "roles": ["admin"]}), 403, "not-allowed")
        refused(world.root("POST", "/v1/keys", {"user": "kept", "purpose": "x"}), 403, "not-allowed")
        refused(world.root("POST", "/v1/users/kept/disable"), 403, "not-allowed")
        assert [one.name for one in accounts.users()] == ["kept", "root"]

    def test_a_password_is_replaced_by_a_one_time_one(self, world: World) -> None:
        first = world.place.user("ada", [Role.VIEWER])
        second = changed(world.root("POST", "/v1/users/ada/password")).one_time_password
        assert second is not None
        assert world.place.accounts.check_password("ada", first) is None
        assert world.place.accounts.check_password("ada", second) is not None

    def test_a_program_has_no_password(self, world: World) -> None:
        shop = changed(
            world.root("POST", "/v1/users", {"user": "shop", "roles": ["viewer"], "with_password": False}), 201
        )
        assert (shop.password, shop.one_time_password) == ("none", None)

    def test_a_request_that_comes_again_adds_nobody_and_tells_no_password_again(self, world: World) -> None:
        wanted = {"user": "ada", "roles": ["viewer"]}
        first = changed(world.root("POST", "/v1/users", wanted, idempotency_key="one"), 201)
        again = changed(world.root("POST", "/v1/users", wanted, idempotency_key="one"), 201)
        assert first.one_time_password is not None
        assert again == first.model_copy(update={"one_time_password": None})
        assert first.one_time_password not in world.everything_kept()
        refused(world.root("POST", "/v1/users", wanted), 422, "account-refused")
        other = {"user": "bob", "roles": ["viewer"]}
        refused(world.root("POST", "/v1/users", other, idempotency_key="one"), 422, "key-used")

    @pytest.mark.parametrize(
        ("wanted", "kind"),
        [
            ({"user": "Ada", "roles": ["viewer"]}, "account-refused"),
            ({"user": "ada", "roles": ["king"]}, "account-refused"),
            ({"user": "ada", "roles": ["viewer"], "nodes": ["GROCERY"]}, "account-refused"),
            ({"user": "ada", "roles": ["viewer"], "sees_outside": True}, "account-refused"),
            ({"user": "ada", "roles": []}, "bad-parameter"),
            ({"user": "ada", "roles": ["viewer"], "nodes": []}, "bad-parameter"),
        ],
    )
    def test_what_cannot_be_a_user_is_refused(self, world: World, wanted: dict[str, Any], kind: str) -> None:
        refused(world.root("POST", "/v1/users", wanted), 422, kind)
        assert "ada" not in listed(world)

    def test_nobody_takes_the_administration_from_themselves(self, world: World) -> None:
        for path, body in (
            ("disable", None),
            ("access", {"roles": ["viewer"]}),
            ("access", {"roles": ["admin"], "nodes": ["product:GROCERY"]}),
        ):
            detail = refused(world.root("POST", f"/v1/users/root/{path}", body), 422, "account-refused")
            assert "another administrator" in detail
        assert changed(world.root("POST", "/v1/users/root/access", {"roles": ["admin", "planner"]})).roles == [
            *("planner", "admin"),
        ]

    def test_an_administrator_of_some_nodes_looks_and_changes_nothing(self, world: World) -> None:
        assert world.kept("GET", "/v1/users").status_code == 200
        before = world.place.ledger()
        refused(world.kept("POST", "/v1/users/kept/access", {"roles": ["admin"]}), 403, "not-allowed")
        refused(world.kept("POST", "/v1/keys", {"user": "root", "purpose": "more"}), 403, "not-allowed")
        assert world.place.ledger() == before


class TestKeys:
    def test_a_key_is_told_once_and_listed_by_its_prefix(self, world: World) -> None:
        world.place.user("shop", [Role.PLANNER])
        wanted = {"user": "shop", "purpose": "dashboard", "permissions": ["read"], "days": 30}
        key = made(world.root("POST", "/v1/keys", wanted, idempotency_key="one"))
        assert key.key is not None
        assert world.status_of(key.key) == 200
        again = made(world.root("POST", "/v1/keys", wanted, idempotency_key="one"))
        assert (again.prefix, again.key) == (key.prefix, None)
        parsed = parse_key(key.key)
        assert parsed is not None
        assert parsed[0] == key.prefix
        assert parsed[1] not in world.everything_kept()
        answer = world.root("GET", "/v1/keys")
        assert parsed[1] not in answer.text
        (found,) = [one for one in Keys.model_validate_json(answer.content).keys if one.user == "shop"]
        assert (found.prefix, found.purpose, found.permissions, found.state) == (
            *(key.prefix, "dashboard", ["read"], "holds"),
        )
        assert world.place.ledger()[-1] == ("root", "create key", key.prefix)

    def test_a_rotated_key_goes_on_for_a_while_and_a_revoked_one_does_not(self, world: World) -> None:
        world.place.user("shop", [Role.VIEWER])
        first = made(world.root("POST", "/v1/keys", {"user": "shop", "purpose": "dashboard"}))
        second = made(world.root("POST", f"/v1/keys/{first.prefix}/rotate", {"overlap_hours": 1}))
        assert first.key is not None
        assert second.key is not None
        assert [world.status_of(one) for one in (first.key, second.key)] == [200, 200]
        gone = ApiKey.model_validate_json(world.root("DELETE", f"/v1/keys/{first.prefix}").content)
        assert gone.state == "revoked"
        assert [world.status_of(one) for one in (first.key, second.key)] == [401, 200]
        shown_now = Keys.model_validate_json(world.root("GET", "/v1/keys").content).keys
        assert first.prefix not in [one.prefix for one in shown_now]
        everything = Keys.model_validate_json(world.root("GET", "/v1/keys?all=true").content).keys
        assert first.prefix in [one.prefix for one in everything]
        refused(world.root("POST", f"/v1/keys/{first.prefix}/rotate", {}), 422, "account-refused")
        refused(world.root("DELETE", f"/v1/keys/{first.prefix}"), 422, "account-refused")

    @pytest.mark.parametrize(
        ("wanted", "status", "kind"),
        [
            ({"user": "nobody", "purpose": "x"}, 404, "unknown-user"),
            ({"user": "shop", "purpose": "x", "permissions": ["administer"]}, 422, "account-refused"),
            ({"user": "shop", "purpose": "x", "permissions": ["fly"]}, 422, "account-refused"),
            ({"user": "shop", "purpose": " "}, 422, "bad-parameter"),
            ({"user": "shop", "purpose": "x", "days": 4000}, 422, "bad-parameter"),
        ],
    )
    def test_what_cannot_be_a_key_is_refused(
        self, world: World, wanted: dict[str, Any], status: int, kind: str
    ) -> None:
        world.place.user("shop", [Role.VIEWER])
        before = world.root("GET", "/v1/keys?all=true").json()
        refused(world.root("POST", "/v1/keys", wanted), status, kind)
        assert world.root("GET", "/v1/keys?all=true").json() == before
