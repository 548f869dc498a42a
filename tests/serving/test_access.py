"""Every endpoint × who asks × what they are kept to: 401, 403, 404 and what an answer must not tell."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.routing import APIRoute, iter_route_contexts
from fastapi.testclient import TestClient

from dp_assets.domain.access import EVERYTHING, PERMISSIONS, NodeScope, Permission, Role, parse_scope_node
from serving.api import create_app
from serving.api.access import GuardedRoute, check_guarded, needs, principal_of
from serving.api.authentication import Gate
from serving.api.problems import MEDIA_TYPE, Problem, add_problem_handlers
from serving.bundle import Bundle, write_bundle
from serving.views import View, rows_in
from tests.factories import make_config
from tests.serving.access_makers import GROCERY, GROCERY_AND_A_LOOK, SKUS, Place, shown
from tests.serving.makers import (
    CYCLE,
    make_attributes,
    make_forecasts,
    make_head,
    make_published,
    make_rollups,
    put_bundle,
)
from tests.serving.planning_makers import Planned, edit

READ, PLAN, OPERATE, ADMINISTER, PUBLIC = *Permission, None


@dataclass(frozen=True)
class Endpoint:
    """One endpoint: what it needs, a question that can be answered, what a scope hides of it, and what it answers who
    works on some nodes and sees the others (as to everybody, unless it says otherwise)."""

    method: str
    path: str
    permission: Permission | None
    asked: str
    body: Any = None
    answered: int = 200
    hidden: int = 200
    kept: int | None = None

    def expected(self, scope: NodeScope) -> int:
        """The status for somebody who has the permission."""
        if scope.hides:
            return self.hidden
        return self.answered if scope.nodes is None or self.kept is None else self.kept


ENDPOINTS = [
    Endpoint("GET", "/v1/forecast/skus/{sku:path}", READ, "/v1/forecast/skus/sku0002", hidden=404),
    Endpoint("POST", "/v1/forecast/skus", READ, "/v1/forecast/skus", {"skus": ["sku0001", "sku0002"]}),
    # Statistical methods forecast everything here, and what is said of them names the series.
    Endpoint(
        *("POST", "/v1/forecast/what-if", READ, "/v1/forecast/what-if", {"series_id": "sku0002"}),
        answered=422,
        hidden=404,
    ),
    # There is no model here to tell intervals by.
    Endpoint(
        *("POST", "/v1/forecast/newcomers", READ, "/v1/forecast/newcomers", {"attributes": {}}),
        answered=422,
        hidden=422,
    ),
    Endpoint("GET", "/v1/history/{sku:path}", READ, "/v1/history/sku0002", hidden=404),
    Endpoint("GET", "/v1/channels/{series_id:path}", READ, "/v1/channels/sku0002", hidden=404),
    Endpoint("GET", "/v1/forecast/catalogue", READ, "/v1/forecast/catalogue"),
    Endpoint("GET", "/v1/series", READ, "/v1/series"),
    Endpoint("GET", "/v1/hierarchies", READ, "/v1/hierarchies"),
    Endpoint(
        *("GET", "/v1/forecast/nodes/{hierarchy}/{node:path}", READ, "/v1/forecast/nodes/product/total"), hidden=404
    ),
    Endpoint("GET", "/v1/hierarchies/{name}/nodes", READ, "/v1/hierarchies/product/nodes"),
    Endpoint(
        *("GET", "/v1/hierarchies/{name}/history/{node:path}", READ, "/v1/hierarchies/product/history/total"),
        hidden=404,
    ),
    Endpoint(
        *("GET", "/v1/hierarchies/{name}/channels/{node:path}", READ, "/v1/hierarchies/product/channels/total"),
        hidden=404,
    ),
    # This world has no tables beside its bundle, and says so; `test_scopes.py` has some.
    *(
        Endpoint("GET", path, READ, asked, answered=404, hidden=404)
        for path, asked in (
            ("/v1/worklist", "/v1/worklist"),
            ("/v1/accuracy", "/v1/accuracy"),
            ("/v1/value-added", "/v1/value-added"),
            ("/v1/contributions/{series_id:path}", "/v1/contributions/sku0002"),
            ("/v1/changes/{series_id:path}", "/v1/changes/sku0002"),
            ("/v1/classes", "/v1/classes"),
            ("/v1/outliers", "/v1/outliers"),
            ("/v1/conflicts", "/v1/conflicts"),
            ("/v1/receipts/{id}", "/v1/receipts/2017-07-31"),
            ("/v1/trace/{series_id:path}/{bucket}/rows", "/v1/trace/sku0002/2017-07-24/rows"),
        )
    ),
    Endpoint(
        *("PUT", "/v1/worklist/marks", PLAN, "/v1/worklist/marks"),
        {"marks": [{"hierarchy": "product", "level": "series", "node": "sku0002", "rule": "new"}]},
        *(404, 404),
    ),
    Endpoint(
        *("GET", "/v1/worklist/assignees", PLAN),
        "/v1/worklist/assignees?hierarchy=product&level=series&node=sku0002&rule=new",
        answered=404,
        hidden=404,
    ),
    Endpoint("GET", "/v1/trace/{series_id:path}/{bucket}", READ, "/v1/trace/sku0002/2017-08-07", hidden=404),
    Endpoint("GET", "/v1/overrides", READ, "/v1/overrides"),
    Endpoint("GET", "/v1/overrides/{hierarchy}/{node:path}", READ, "/v1/overrides/product/DAIRY", hidden=404),
    # What changes something is asked what cannot be, so that every role is told the same; `test_overrides.py` does it.
    Endpoint("POST", "/v1/overrides", PLAN, "/v1/overrides", edit(reason_code="because"), 422, 422),
    Endpoint("POST", "/v1/overrides/preview", PLAN, "/v1/overrides/preview", edit()),
    Endpoint(
        *("POST", "/v1/overrides/withdraw", PLAN, "/v1/overrides/withdraw"), {"numbers": [99], "reason": "x"}, 404, 404
    ),
    Endpoint("DELETE", "/v1/overrides/{number}", PLAN, "/v1/overrides/99?reason=x", None, 404, 404),
    Endpoint("GET", "/v1/proposals", READ, "/v1/proposals"),
    *(
        Endpoint("POST", f"/v1/proposals/{{number}}/{verb}", PLAN, f"/v1/proposals/99/{verb}", body, 404, 404)
        for verb, body in (("preview", None), ("approve", None), ("reject", {"reason": "x"}))
    ),
    Endpoint("GET", "/v1/worksheet", PLAN, "/v1/worksheet"),
    Endpoint("POST", "/v1/worksheet", PLAN, "/v1/worksheet", {}, 422, 422),
    Endpoint("POST", "/v1/worksheet/preview", PLAN, "/v1/worksheet/preview", {}, 422, 422),
    Endpoint(
        *("POST", "/v1/conflicts/corrections", PLAN, "/v1/conflicts/corrections"),
        {"corrections": [{"sku": "sku0002", "attribute": "none", "value": "x"}], "reason": "x"},
        *(422, 404, 403),
    ),
    Endpoint("GET", "/v1/scenarios", READ, "/v1/scenarios"),
    Endpoint("GET", "/v1/scenarios/{name}", READ, "/v1/scenarios/none", answered=404, hidden=404),
    Endpoint("GET", "/v1/scenarios/{name}/comparison", READ, "/v1/scenarios/none/comparison", None, 404, 404),
    Endpoint("POST", "/v1/scenarios", PLAN, "/v1/scenarios", {"name": "No", "definition": {}}, 422, 422),
    Endpoint("DELETE", "/v1/scenarios/{name}", PLAN, "/v1/scenarios/none", None, 404, 404),
    Endpoint("POST", "/v1/scenarios/{name}/run", PLAN, "/v1/scenarios/none/run", None, 404, 404),
    Endpoint(
        *("POST", "/v1/scenarios/{name}/promote", PLAN, "/v1/scenarios/none/promote"),
        {"reason_code": "promotion"},
        *(404, 404),
    ),
    Endpoint("PUT", "/v1/files/{producer}/{name}", OPERATE, "/v1/files/nobody/x.csv", None, 404, 403, 403),
    Endpoint("GET", "/v1/cycles/current", READ, "/v1/cycles/current"),
    Endpoint("GET", "/v1/cycles", READ, "/v1/cycles"),
    Endpoint("GET", "/v1/files", READ, "/v1/files", hidden=403),
    Endpoint("GET", "/v1/producers", READ, "/v1/producers", hidden=403),
    Endpoint("GET", "/v1/quality", READ, "/v1/quality", hidden=403),
    Endpoint("GET", "/v1/drift", READ, "/v1/drift", answered=404, hidden=403),
    Endpoint("GET", "/v1/drift/cycles", READ, "/v1/drift/cycles", hidden=403),
    Endpoint("GET", "/v1/files/{file_version_id}", READ, "/v1/files/north-1", answered=404, hidden=403),
    *(
        Endpoint(method, "/v1/files/{file_version_id}/recall", OPERATE, f"/v1/files/north-1/recall{query}", *rest)
        for method, query, *rest in (
            ("GET", "", None, 404, 403),
            ("POST", "", {"reason": "x"}, 404, 403, 403),
            ("DELETE", "?reason=x", None, 404, 403, 403),
        )
    ),
    Endpoint("GET", "/v1/cycles/{cycle}", READ, f"/v1/cycles/{CYCLE}", hidden=403),
    Endpoint("GET", "/v1/cycles/bundles", OPERATE, "/v1/cycles/bundles", hidden=403),
    # Nothing was rolled back in this world, and there is nothing to roll back to.
    *(
        Endpoint(method, "/v1/cycles/current", OPERATE, "/v1/cycles/current", body, 409, 403, 403)
        for method, body in (("PUT", {"to": "2000-01-03", "reason": "x"}), ("DELETE", None))
    ),
    Endpoint("GET", "/v1/thresholds", READ, "/v1/thresholds", hidden=403),
    Endpoint("GET", "/v1/ledger", OPERATE, "/v1/ledger", hidden=403),
    Endpoint("GET", "/v1/alerts", OPERATE, "/v1/alerts", hidden=403),
    Endpoint("GET", "/v1/users", ADMINISTER, "/v1/users", hidden=403),
    Endpoint("POST", "/v1/users", ADMINISTER, "/v1/users", {"user": "No", "roles": ["viewer"]}, 422, 403, 403),
    *(
        Endpoint("POST", f"/v1/users/{{name}}/{verb}", ADMINISTER, f"/v1/users/nobody/{verb}", body, 404, 403, 403)
        for verb, body in (("access", {"roles": ["viewer"]}), ("disable", None), ("enable", None), ("password", None))
    ),
    Endpoint("GET", "/v1/keys", ADMINISTER, "/v1/keys", hidden=403),
    Endpoint("POST", "/v1/keys", ADMINISTER, "/v1/keys", {"user": "nobody", "purpose": "x"}, 404, 403, 403),
    Endpoint("POST", "/v1/keys/{prefix}/rotate", ADMINISTER, "/v1/keys/none/rotate", {}, 404, 403, 403),
    Endpoint("DELETE", "/v1/keys/{prefix}", ADMINISTER, "/v1/keys/none", None, 404, 403, 403),
    Endpoint("GET", "/v1/session", READ, "/v1/session"),
    Endpoint("GET", "/metrics", READ, "/metrics"),
    Endpoint("GET", "/healthz", PUBLIC, "/healthz"),
    Endpoint("POST", "/v1/session", PUBLIC, "/v1/session", {"user": "nobody", "password": "x"}, 401, 401),
    Endpoint(
        *("POST", "/v1/session/password", PUBLIC, "/v1/session/password"),
        {"user": "nobody", "password": "x", "new_password": "long enough to be one"},
        *(401, 401),
    ),
]
SCOPES = {"everything": EVERYTHING, "grocery": GROCERY, "grocery and a look": GROCERY_AND_A_LOOK}


class World:
    """A running API and a key per role and scope."""

    def __init__(self, place: Place, client: TestClient) -> None:
        self.place, self.client = place, client
        self.keys: dict[tuple[str, str], str] = {}
        for role in Role:
            for number, (name, scope) in enumerate(SCOPES.items()):
                user = f"{role.value.replace('_', '-')}-{number}"
                place.user(user, [role], scope)
                self.keys[role, name] = place.key(user)
        self.powerless = place.key("viewer-0", frozenset())

    def ask(self, endpoint: Endpoint, credential: str | None) -> Any:
        headers = {} if credential is None else shown(credential)
        return self.client.request(endpoint.method, endpoint.asked, json=endpoint.body, headers=headers)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    place = Planned(tmp_path_factory.mktemp("place"))
    with place.client() as client:
        gate: Gate = client.app.state.gate  # type: ignore[attr-defined]
        gate._failures.burst = gate._guesses.burst = 1e6
        yield World(place, client)


def problem(answer: Any, status: int) -> Problem:
    assert (answer.status_code, answer.headers["content-type"]) == (status, MEDIA_TYPE), answer.text
    return Problem.model_validate_json(answer.content)


def routes(app: FastAPI) -> list[APIRoute]:
    found = [context.original_route for context in iter_route_contexts(app.routes)]
    return [route for route in found if isinstance(route, APIRoute)]


def test_every_route_says_what_it_needs_and_stands_in_the_table() -> None:
    found = routes(create_app())
    assert all(isinstance(route, GuardedRoute) for route in found)
    check_guarded(create_app())
    asked = {
        (method, route.path, route.need and route.need.permission)
        for route in found
        if isinstance(route, GuardedRoute)
        for method in route.methods or ()
    }
    assert asked == {(one.method, one.path, one.permission) for one in ENDPOINTS}


def test_no_route_has_dependencies_of_fastapi_which_would_be_passed_over() -> None:
    app = create_app()
    assert not app.router.dependencies
    for context in iter_route_contexts(app.routes):
        if isinstance(context.original_route, APIRoute):
            assert not context.dependant.dependencies


def test_what_answers_without_a_route_of_ours_is_the_description_and_the_workbench() -> None:
    app = create_app()
    others = [context.original_route for context in iter_route_contexts(app.routes)]
    paths = {route.path for route in others if not isinstance(route, APIRoute)}  # type: ignore[attr-defined]
    assert paths == {"/openapi.json", "/docs", "/docs/oauth2-redirect", "/redoc", "/{path:path}"}


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda one: one.path)
class TestEveryEndpoint:
    @pytest.mark.parametrize("scope", SCOPES)
    @pytest.mark.parametrize("role", list(Role))
    def test_a_role_is_answered_or_refused_as_the_table_of_permissions_says(
        self, world: World, endpoint: Endpoint, role: Role, scope: str
    ) -> None:
        answer = world.ask(endpoint, world.keys[role, scope])
        if endpoint.permission is not None and endpoint.permission not in PERMISSIONS[role]:
            assert answer.status_code == 403
        else:
            assert answer.status_code == endpoint.expected(SCOPES[scope]), answer.text

    @pytest.mark.parametrize("credential", [None, "", "x", "dp_abcdefgh_" + "a" * 43, "a.b.c"])
    def test_somebody_unknown_is_told_how_to_be_known(
        self, world: World, endpoint: Endpoint, credential: str | None
    ) -> None:
        answer = world.ask(endpoint, credential)
        if endpoint.permission is None and (credential is None or "session" in endpoint.path):
            assert answer.status_code == endpoint.answered
            return
        found = problem(answer, 401)
        assert found.type.endswith("not-authenticated")
        assert answer.headers["www-authenticate"].startswith('Bearer realm="demand-planner"')
        assert ('error="invalid_token"' in answer.headers["www-authenticate"]) is (credential is not None)


@pytest.mark.parametrize("endpoint", [one for one in ENDPOINTS if one.permission is not None], ids=lambda one: one.path)
class TestEveryGuardedEndpoint:
    def test_a_key_that_may_nothing_is_refused(self, world: World, endpoint: Endpoint) -> None:
        answer = world.ask(endpoint, world.powerless)
        having = [role for role in Role if endpoint.permission in PERMISSIONS[role]]
        assert f"{', '.join(having)} have" in problem(answer, 403).detail

    @pytest.mark.parametrize("scheme", ["Basic dXNlcjpwYXNz", "bearer", "Token x"])
    def test_another_way_of_authenticating_is_not_taken(self, world: World, endpoint: Endpoint, scheme: str) -> None:
        answer = world.client.request(endpoint.method, endpoint.asked, headers={"Authorization": scheme})
        assert problem(answer, 401).type.endswith("not-authenticated")


class TestScopes:
    def test_what_is_hidden_is_answered_like_what_does_not_exist(self, world: World) -> None:
        headers = shown(world.keys[Role.PLANNER, "grocery"])
        for query in ("", "?horizon=2", "?horizon=99", "?compute=true", "?levels=x", "?nonsense=1"):
            hidden = world.client.get(f"/v1/forecast/skus/sku0002{query}", headers=headers)
            unknown = world.client.get(f"/v1/forecast/skus/sku9999{query}", headers=headers)
            assert hidden.status_code == unknown.status_code
            assert hidden.text.replace("sku0002", "sku9999") == unknown.text
            names = {"x-request-id"}
            assert {k: v for k, v in hidden.headers.items() if k not in names} == {
                k: v for k, v in unknown.headers.items() if k not in names
            }

    def test_what_is_inside_is_answered_as_to_everybody(self, world: World) -> None:
        inside = world.client.get("/v1/forecast/skus/sku0001", headers=shown(world.keys[Role.PLANNER, "grocery"]))
        whole = world.client.get("/v1/forecast/skus/sku0001", headers=shown(world.keys[Role.ADMIN, "everything"]))
        assert inside.status_code == 200
        assert inside.json() == whole.json()

    def test_an_answer_kept_for_those_who_see_all_is_not_given_to_others(self, world: World) -> None:
        whole = shown(world.keys[Role.ADMIN, "everything"])
        for path in ("/v1/forecast/skus/sku0002?horizon=1", "/v1/history/sku0002"):
            given = [world.client.get(path, headers=whole) for _ in range(2)]
            assert [one.status_code for one in given] == [200, 200]
            tag = {"If-None-Match": given[0].headers["etag"]}
            for headers in (shown(world.keys[Role.PLANNER, "grocery"]), shown(world.keys[Role.VIEWER, "grocery"])):
                assert world.client.get(path, headers={**headers, **tag}).status_code == 404

    def test_hidden_skus_among_many_are_unknown(self, world: World) -> None:
        asked = {"skus": ["sku0001", "sku0002", "sku9999"]}
        headers = shown(world.keys[Role.PLANNER, "grocery"])
        found = world.client.post("/v1/forecast/skus", json=asked, headers=headers).json()
        assert [one["sku"] for one in found["forecasts"]] == ["sku0001"]
        assert found["unknown"] == ["sku0002", "sku9999"]

    def test_no_count_tells_of_what_is_hidden(self, world: World) -> None:
        def cycle(scope: str) -> Any:
            return world.client.get("/v1/cycles/current", headers=shown(world.keys[Role.VIEWER, scope])).json()

        assert (cycle("everything")["skus"], cycle("grocery and a look")["skus"]) == (4, 4)
        found = cycle("grocery")
        assert (found["series"], found["skus"]) == (2, 2)
        assert sum(found["methods"].values()) == sum(found["model_versions"].values()) == 2
        answer = world.client.get("/v1/forecast/skus/x", headers=shown(world.keys[Role.VIEWER, "grocery"]))
        assert "(2 SKUs are)" in answer.json()["detail"]

    def test_a_hidden_sku_is_looked_up_where_neither_it_nor_an_unknown_one_is(self, world: World) -> None:
        loaded = world.client.app.state.library.current  # type: ignore[attr-defined]
        view = View(loaded.bundle, rows_in(loaded.bundle, GROCERY))
        assert view._spans is not None
        assert set(view._spans) == {"sku0000", "sku0001"}

    @pytest.mark.parametrize(
        ("nodes", "seen"),
        [
            (["product:total"], set(SKUS)),
            (["product:GROCERY"], {"sku0000", "sku0001"}),
            (["product:GROCERY/SOUP"], {"sku0000"}),
            (["product:DAIRY"], {"sku0002", "sku0003"}),
            (["product:sku0003", "product:GROCERY/TEA"], {"sku0001", "sku0003"}),
            (["place:total"], set()),
            (["place:sku0003"], set()),
            (["product:GROC"], set()),
            ([], set()),
        ],
    )
    def test_rows_of_a_scope_are_those_below_its_nodes(self, world: World, nodes: list[str], seen: set[str]) -> None:
        loaded = world.client.app.state.library.current  # type: ignore[attr-defined]
        scope = NodeScope(tuple(map(parse_scope_node, nodes)))
        found = {loaded.bundle.series_ids[row] for row in rows_in(loaded.bundle, scope)}
        assert found == seen
        slow = {sku for sku, above in SKUS.items() if scope.covers("product", sku, above)}
        assert found == slow

    def test_where_the_bundle_knows_no_such_nodes_nothing_is_seen(self, tmp_path_factory: Any) -> None:
        place, config = Place(tmp_path_factory.mktemp("without")), make_config(hierarchies=[])
        put_bundle(place.lake, place.folder, make_forecasts(config, list(SKUS)), config)
        place.user("ada", [Role.PLANNER], GROCERY)
        headers = shown(place.key("ada"))
        with place.client() as client:
            problem(client.get("/v1/forecast/skus/sku0001", headers=headers), 404)
            assert client.get("/v1/cycles/current", headers=headers).json()["skus"] == 0

    def test_a_bundle_without_nodes_shows_nothing_to_who_is_kept_to_some(self, tmp_path: Path) -> None:
        forecasts = make_forecasts(series=list(SKUS))
        write_bundle(tmp_path, forecasts, make_published(forecasts), make_head(), None)
        assert rows_in(Bundle(tmp_path), GROCERY) == []

    def test_a_series_is_seen_where_the_bundle_hangs_it_whatever_is_computed_again(self, tmp_path_factory: Any) -> None:
        place = Place(tmp_path_factory.mktemp("again"))
        place.put_bundle()
        place.user("ada", [Role.PLANNER], GROCERY)
        headers = shown(place.key("ada"))
        with place.client() as client:
            moved = make_forecasts(series=list(SKUS))
            elsewhere = make_attributes(moved).with_columns(department=pl.lit("GROCERY"))
            place.lake.write("reconciled_rollups", make_rollups(moved, elsewhere), cycle=CYCLE.isoformat())
            problem(client.get("/v1/forecast/skus/sku0002", headers=headers), 404)
            assert client.get("/v1/forecast/skus/sku0001", headers=headers).status_code == 200


class TestHealth:
    def test_it_tells_strangers_no_more_than_that_it_lives(self, world: World) -> None:
        assert world.client.get("/healthz").json() == {"status": "ok", "ready": True}

    def test_it_tells_readers_what_is_served(self, world: World) -> None:
        headers = shown(world.keys[Role.VIEWER, "everything"])
        assert set(world.client.get("/healthz", headers=headers).json()) == {
            *("status", "ready", "cycle", "bundle", "loaded_at", "problem", "planning_database", "pinned")
        }
        assert world.client.get("/healthz", headers=shown(world.powerless)).status_code == 403


class TestOpen:
    def test_who_shows_nothing_reads_and_who_shows_something_is_looked_at(self, tmp_path_factory: Any) -> None:
        place = Place(tmp_path_factory.mktemp("open"), api_access=None)
        place.put_bundle()
        place.user("ada", [Role.PLANNER], GROCERY)
        with place.client() as client:
            assert client.get("/v1/forecast/skus/sku0002").status_code == 200
            assert "cycle" in client.get("/healthz").json()
            assert client.get("/v1/forecast/skus/sku0002", headers=shown("x")).status_code == 401
            assert client.get("/v1/forecast/skus/sku0002", headers=shown(place.key("ada"))).status_code == 404


class TestGuardedRoutes:
    def test_an_endpoint_that_says_nothing_is_no_route(self) -> None:
        router = APIRouter(route_class=GuardedRoute)
        with pytest.raises(TypeError, match="expected @needs"):

            @router.get("/x")
            async def x(request: Request) -> Response: ...

    def test_a_router_of_another_kind_is_not_served(self) -> None:
        app, router = FastAPI(), APIRouter()
        router.add_api_route("/x", lambda: None)
        app.include_router(router)
        with pytest.raises(TypeError, match="/x: expected a router with route_class=GuardedRoute"):
            check_guarded(app)

    @pytest.mark.parametrize("permission", list(Permission))
    @pytest.mark.parametrize("role", list(Role))
    def test_a_permission_is_asked_for_before_anything_else_is_looked_at(
        self, world: World, permission: Permission, role: Role
    ) -> None:
        router = APIRouter(route_class=GuardedRoute)

        @router.post("/change")
        @needs(permission)
        async def change(request: Request, number: int) -> Response:
            return Response(principal_of(request).name)

        @router.get("/all")
        @needs(permission)
        async def everything(request: Request) -> Response:
            return Response(b"all nodes")

        app = FastAPI()
        app.state.gate = world.client.app.state.gate  # type: ignore[attr-defined]
        app.include_router(router)
        add_problem_handlers(app)
        probe = TestClient(app)
        assert probe.post("/change?number=no").status_code == 401
        headers = shown(world.keys[role, "everything"])
        allowed = permission in PERMISSIONS[role]
        assert probe.post("/change?number=no", headers=headers).status_code == (422 if allowed else 403)
        if allowed:
            assert probe.post("/change?number=1", headers=headers).text.startswith(role.value.partition("_")[0])
        for scope in SCOPES:
            answer = probe.get("/all", headers=shown(world.keys[role, scope]))
            assert answer.status_code == (200 if allowed and not SCOPES[scope].hides else 403)

    def test_the_description_says_what_is_needed(self) -> None:
        document = create_app().openapi()
        for path, methods in document["paths"].items():
            for method, operation in methods.items():
                (declared,) = [
                    one for one in ENDPOINTS if (one.path.replace(":path", ""), one.method.lower()) == (path, method)
                ]
                if declared.permission is None:
                    assert "security" not in operation
                else:
                    assert operation["security"] == [{"bearer": []}]
                    assert operation["x-permission"] == declared.permission
                    assert {"401", "403", "429"} <= set(operation["responses"])
        assert document["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
