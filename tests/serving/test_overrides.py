"""Planners set, see, preview and take back numbers over HTTP."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from dp_assets.domain.access import Permission, Role
from serving.api.overrides import schemas
from tests.serving.access_makers import GROCERY, GROCERY_AND_A_LOOK, SKUS
from tests.serving.makers import CYCLE
from tests.serving.planning_makers import FIRST, Planned, asking, edit, refused

pytestmark = pytest.mark.slow

Ask = Callable[..., Any]


@pytest.fixture
def place(tmp_path: Path) -> Planned:
    place = Planned(tmp_path)
    place.user("ada", [Role.PLANNER])
    place.user("bob", [Role.PLANNER])
    return place


@pytest.fixture
def ada(place: Planned) -> Iterator[Ask]:
    with place.client() as client:
        yield asking(client, place.key("ada"))


class TestSetting:
    def test_a_number_is_set_in_the_name_of_who_asks_and_has_a_row_in_the_ledger(
        self, place: Planned, ada: Ask
    ) -> None:
        answer = ada("POST", "/v1/overrides", edit(quantity=120.5, lock=True, comment="agreed"))
        assert answer.status_code == 201, answer.text
        found = schemas.OverridesSet.model_validate_json(answer.content)
        (made,) = found.overrides
        assert (made.user, made.node, made.bucket_start, made.quantity, made.lock) == (
            "ada",
            "GROCERY",
            CYCLE,
            120.5,
            True,
        )
        (number,) = place.accounts.database.numbers()
        assert (number.user, number.sequence, number.comment) == ("ada", made.number, "agreed")
        row = place.accounts.database.ledger()[-1]
        assert (row["user"], row["action"], row["before"]) == ("ada", "set", None)
        assert json.loads(row["after"])["quantity"] == 120.5

    def test_a_percentage_is_of_what_reconciliation_says_in_each_bucket(self, ada: Ask) -> None:
        cells = ada("GET", "/v1/overrides/product/GROCERY").json()["cells"]
        made = ada("POST", "/v1/overrides", edit(percent=-20, buckets=3)).json()["overrides"]
        assert [one["quantity"] for one in made] == pytest.approx([one["reconciled"] * 0.8 for one in cells])

    def test_a_sku_and_a_series_are_named_as_well_as_a_node(self, ada: Ask) -> None:
        body = {"edits": [*edit(sku="sku0002")["edits"], *edit("sku0003")["edits"], *edit("GROCERY/SOUP")["edits"]]}
        made = ada("POST", "/v1/overrides", body).json()["overrides"]
        assert [one["node"] for one in made] == ["sku0002", "sku0003", "GROCERY/SOUP"]

    def test_a_selection_changes_every_series_that_passes(self, ada: Ask) -> None:
        wish = {"first": FIRST, "percent": 10, "reason_code": "price", "buckets": 2}
        body = {"selection": {"attribute": ["department:DAIRY"], **wish}}
        made = ada("POST", "/v1/overrides", body).json()["overrides"]
        assert {one["node"] for one in made} == {"sku0002", "sku0003"}
        assert len(made) == 4
        missing = {"selection": {"attribute": ["brand:<UNK>"], **wish}}
        assert len(ada("POST", "/v1/overrides/preview", missing).json()["wanted"]) == 2
        nothing = {"selection": {"attribute": ["brand:NONE"], **wish}}
        refused(ada("POST", "/v1/overrides", nothing), 422, "bad-parameter")

    @pytest.mark.parametrize(
        ("wish", "status", "kind"),
        [
            ({"reason_code": "because"}, 422, "edit-refused"),
            ({"quantity": -1.0}, 422, "bad-parameter"),
            ({"buckets": 4}, 422, "edit-refused"),
            ({"first": "2001-01-01"}, 422, "edit-refused"),
            ({"lock": True, "split": "history"}, 422, "edit-refused"),
            ({"split": "nothing"}, 422, "edit-refused"),
            ({"expires": "2030-01-01"}, 422, "edit-refused"),
            ({"percent": 5, "quantity": 5}, 422, "bad-parameter"),
            ({"node": "GROCERIES"}, 404, "unknown-node"),
            ({"hierarchy": "nowhere"}, 404, "unknown-node"),
            ({"sku": "sku9999"}, 404, "unknown-node"),
            ({"user": "eve"}, 422, "bad-parameter"),
        ],
    )
    def test_what_breaks_a_rule_is_refused_and_nothing_is_written(
        self, place: Planned, ada: Ask, wish: dict[str, Any], status: int, kind: str
    ) -> None:
        before = place.accounts.database.head()
        refused(ada("POST", "/v1/overrides", edit(**wish)), status, kind)
        assert place.accounts.database.head() == before

    def test_of_many_edits_all_are_made_or_none(self, place: Planned, ada: Ask) -> None:
        wrong = {"edits": [*edit("GROCERY")["edits"], *edit("DAIRY", reason_code="because")["edits"]]}
        refused(ada("POST", "/v1/overrides", wrong), 422, "edit-refused")
        twice = {"edits": [*edit("GROCERY")["edits"], *edit("GROCERY")["edits"]]}
        refused(ada("POST", "/v1/overrides", twice), 422, "bad-parameter")
        assert place.accounts.database.numbers() == []

    def test_thousands_of_edits_are_one_change(self, tmp_path: Path) -> None:
        skus = {f"sku{at:04d}": f"D{at % 7}/B{at % 11}" for at in range(1500)}
        place = Planned(tmp_path, skus=skus)
        place.user("ada", [Role.PLANNER])
        body = {"edits": [{**edit(sku, percent=3, buckets=2)["edits"][0]} for sku in skus]}
        with place.client() as client:
            made = asking(client, place.key("ada"))("POST", "/v1/overrides", body).json()["overrides"]
        assert len(made) == 3000
        assert place.accounts.database.verify() == []


class TestTwoPlanners:
    def test_a_number_that_was_not_seen_is_not_replaced(self, ada: Ask) -> None:
        assert ada("POST", "/v1/overrides", edit()).status_code == 201
        detail = refused(ada("POST", "/v1/overrides", edit(quantity=7)), 428, "if-match-required")
        assert "ada set 100 for 'GROCERY'" in detail

    def test_who_saw_it_replaces_it_and_who_saw_the_one_before_does_not(self, place: Planned, ada: Ask) -> None:
        ada("POST", "/v1/overrides", edit())
        tag = ada("GET", "/v1/overrides/product/GROCERY").headers["etag"]
        assert ada("POST", "/v1/overrides", edit(quantity=7), if_match=tag).status_code == 201
        detail = refused(ada("POST", "/v1/overrides", edit(quantity=8), if_match=tag), 412, "changed-meanwhile")
        assert "ada set 7 for 'GROCERY'" in detail
        assert [one.quantity for one in place.accounts.database.numbers() if one.ended is None] == [7]

    def test_a_change_elsewhere_is_nobodys_conflict(self, ada: Ask) -> None:
        tag = ada("GET", "/v1/overrides").headers["etag"]
        assert ada("POST", "/v1/overrides", edit("DAIRY")).status_code == 201
        assert ada("POST", "/v1/overrides", edit("GROCERY"), if_match=tag).status_code == 201
        assert ada("POST", "/v1/overrides", edit("GROCERY", quantity=1), if_match=tag).status_code == 412

    def test_a_number_that_was_taken_back_meanwhile_is_a_change(self, ada: Ask) -> None:
        number = ada("POST", "/v1/overrides", edit()).json()["overrides"][0]["number"]
        tag = ada("GET", "/v1/overrides").headers["etag"]
        assert ada("DELETE", f"/v1/overrides/{number}?reason=cancelled").status_code == 200
        assert "was taken back" in refused(ada("POST", "/v1/overrides", edit(), if_match=tag), 412, "changed-meanwhile")
        assert ada("POST", "/v1/overrides", edit()).status_code == 201

    def test_what_was_looked_at_in_an_earlier_cycle_is_looked_at_again(self, ada: Ask) -> None:
        tag = f'"plan-9-{CYCLE - timedelta(weeks=1)}"'
        assert "was forecast since" in refused(
            ada("POST", "/v1/overrides", edit(), if_match=tag), 412, "changed-meanwhile"
        )
        refused(ada("POST", "/v1/overrides", edit(), if_match='"x"'), 422, "bad-parameter")
        assert ada("POST", "/v1/overrides", edit(), if_match="*").status_code == 201

    def test_of_many_who_replace_one_number_at_once_one_wins_and_the_others_are_told(
        self, place: Planned, ada: Ask
    ) -> None:
        ada("POST", "/v1/overrides", edit())
        tag = ada("GET", "/v1/overrides/product/GROCERY").headers["etag"]
        with ThreadPoolExecutor(8) as pool:
            given = list(
                pool.map(
                    lambda at: ada("POST", "/v1/overrides", edit(quantity=at), if_match=tag).status_code, range(16)
                )
            )
        assert sorted(given) == [201, *[412] * 15]
        assert len(place.accounts.database.numbers()) == 2


class TestAskedTwice:
    def test_the_same_key_gives_the_same_answer_and_one_change(self, place: Planned, ada: Ask) -> None:
        first = ada("POST", "/v1/overrides", edit(), idempotency_key="one")
        again = ada("POST", "/v1/overrides", edit(), idempotency_key="one")
        assert (first.status_code, first.content) == (again.status_code, again.content)
        assert first.status_code == 201
        assert len(place.accounts.database.numbers()) == 1

    def test_another_body_or_condition_under_the_key_is_refused(self, place: Planned, ada: Ask) -> None:
        ada("POST", "/v1/overrides", edit(), idempotency_key="one")
        refused(ada("POST", "/v1/overrides", edit("DAIRY"), idempotency_key="one"), 422, "key-used")
        refused(ada("POST", "/v1/overrides", edit(), idempotency_key="one", if_match="*"), 422, "key-used")
        refused(ada("POST", "/v1/overrides", edit(), idempotency_key="a b"), 422, "bad-parameter")
        assert len(place.accounts.database.numbers()) == 1

    def test_a_key_is_its_users_own(self, place: Planned, ada: Ask) -> None:
        ada("POST", "/v1/overrides", edit(), idempotency_key="one")
        with place.client() as client:
            bob = asking(client, place.key("bob"))
            assert bob("POST", "/v1/overrides", edit("DAIRY"), idempotency_key="one").status_code == 201

    def test_a_refusal_is_not_kept(self, ada: Ask) -> None:
        ada("POST", "/v1/overrides", edit())
        assert ada("POST", "/v1/overrides", edit(), idempotency_key="one").status_code == 428
        assert ada("POST", "/v1/overrides", edit("DAIRY"), idempotency_key="one").status_code == 201

    def test_many_at_once_with_one_key_make_one_change(self, place: Planned, ada: Ask) -> None:
        with ThreadPoolExecutor(8) as pool:
            given = list(pool.map(lambda _: ada("POST", "/v1/overrides", edit(), idempotency_key="one"), range(16)))
        assert {(one.status_code, one.content) for one in given} == {(201, given[0].content)}
        assert len(place.accounts.database.numbers()) == 1


class TestWithdrawing:
    def test_numbers_are_taken_back_together_with_a_reason(self, place: Planned, ada: Ask) -> None:
        made = ada("POST", "/v1/overrides", edit(buckets=2)).json()["overrides"]
        numbers = [one["number"] for one in made]
        body = {"numbers": numbers, "reason": "cancelled"}
        assert ada("POST", "/v1/overrides/withdraw", body, idempotency_key="w").json()["withdrawn"] == numbers
        assert ada("POST", "/v1/overrides/withdraw", body, idempotency_key="w").status_code == 200
        refused(ada("POST", "/v1/overrides/withdraw", body), 409, "already-decided")
        for odd in (0, 2**63):  # neither is a row of the ledger, and the second is more than a database holds
            refused(ada("POST", "/v1/overrides/withdraw", {"numbers": [odd], "reason": "x"}), 422, "bad-parameter")
        assert all(one.ended == CYCLE for one in place.accounts.database.numbers())
        assert "cancelled" in place.accounts.database.ledger()[-1]["after"]

    @pytest.mark.parametrize("number", [-1, 0, 2**63, -(2**80)])
    def test_what_no_database_counts_to_is_refused_in_words(self, ada: Ask, number: int) -> None:
        body = {"numbers": [number], "reason": "cancelled"}
        told = refused(ada("POST", "/v1/overrides/withdraw", body), 422, "bad-parameter")
        assert told.startswith("numbers.0: Input should be ")

    def test_a_number_that_nobody_set_is_not_there(self, ada: Ask) -> None:
        assert "no number 99" in refused(ada("DELETE", "/v1/overrides/99?reason=x"), 404, "unknown-number")
        assert "reason" in refused(ada("DELETE", "/v1/overrides/99"), 422, "bad-parameter")
        assert "got 'x'" in refused(ada("DELETE", "/v1/overrides/x?reason=x"), 422, "bad-parameter")


class TestReading:
    def test_what_holds_is_listed_and_with_all_what_ever_did(self, ada: Ask) -> None:
        for quantity in (1, 2):
            ada("POST", "/v1/overrides", edit(quantity=quantity), if_match="*")
        ada("POST", "/v1/overrides", edit("DAIRY", lock=True, reason_code="price"))
        answer = ada("GET", "/v1/overrides")
        found = schemas.Overrides.model_validate_json(answer.content)
        assert [(one.node, one.quantity) for one in found.overrides] == [("GROCERY", 2), ("DAIRY", 100)]
        assert ada("GET", "/v1/overrides?all=true").json()["total"] == 3
        assert [one["node"] for one in ada("GET", "/v1/overrides?reason_code=price").json()["overrides"]] == ["DAIRY"]
        assert ada("GET", "/v1/overrides?user=bob").json()["total"] == 0
        assert ada("GET", "/v1/overrides", if_none_match=answer.headers["etag"]).status_code == 304

    def test_pages_follow_each_other(self, ada: Ask) -> None:
        ada("POST", "/v1/overrides", edit(buckets=3))
        first = ada("GET", "/v1/overrides?limit=2").json()
        second = ada("GET", f"/v1/overrides?limit=2&cursor={first['next']}").json()
        assert [one["number"] for one in (*first["overrides"], *second["overrides"])] == sorted(
            one["number"] for one in ada("GET", "/v1/overrides").json()["overrides"]
        )
        assert second["next"] is None

    def test_a_cell_tells_what_is_forecast_published_and_set(self, ada: Ask) -> None:
        ada("POST", "/v1/overrides", edit(quantity=5))
        answer = ada("GET", "/v1/overrides/product/GROCERY?buckets=2")
        found = schemas.Cells.model_validate_json(answer.content)
        assert [one.override and one.override.quantity for one in found.cells] == [5, None]
        assert all(one.published == pytest.approx(one.reconciled) for one in found.cells)
        assert {"promotion", "price"} <= set(found.reason_codes)
        assert found.approval == "none"
        assert ada("GET", "/v1/overrides/product/sku0001").status_code == 200
        refused(ada("GET", "/v1/overrides/product/NOTHING"), 404, "unknown-node")
        refused(ada("GET", "/v1/overrides/product/GROCERY?buckets=9"), 422, "bad-parameter")


class TestPreview:
    def test_it_tells_what_every_total_would_be_and_writes_nothing(self, place: Planned, ada: Ask) -> None:
        before = place.accounts.database.head()
        answer = ada("POST", "/v1/overrides/preview", edit(quantity=100, lock=True))
        found = schemas.Preview.model_validate_json(answer.content)
        effect = {(one.level, one.node): one for one in found.effect}
        assert effect["department", "GROCERY"].after == pytest.approx(100)
        below = [effect["series", sku].after for sku, above in SKUS.items() if above.startswith("GROCERY")]
        assert sum(below) == pytest.approx(100)
        total = effect["total", "total"]
        assert total.difference == pytest.approx(sum(one.difference for one in found.effect if one.level == "series"))
        assert (found.conflicts, found.advice, found.replaced) == ([], [], [])
        assert place.accounts.database.head() == before
        assert ada("POST", "/v1/overrides", edit(), if_match=answer.headers["etag"]).status_code == 201

    def test_locks_that_contradict_each_other_are_named(self, ada: Ask) -> None:
        ada("POST", "/v1/overrides", edit("sku0000", quantity=60, lock=True))
        found = ada("POST", "/v1/overrides/preview", edit("GROCERY", quantity=50, lock=True)).json()
        (sentence,) = found["conflicts"]
        assert "you set for 'GROCERY'" in sentence
        assert "ada set for 'sku0000'" in sentence

    def test_numbers_that_would_be_replaced_are_shown(self, ada: Ask) -> None:
        ada("POST", "/v1/overrides", edit(quantity=60))
        (replaced,) = ada("POST", "/v1/overrides/preview", edit(quantity=61)).json()["replaced"]
        assert (replaced["quantity"], replaced["user"]) == (60, "ada")


class TestScopes:
    @pytest.fixture
    def asks(self, place: Planned) -> Iterator[dict[str, Ask]]:
        place.user("kept", [Role.PLANNER], GROCERY)
        place.user("looks", [Role.PLANNER], GROCERY_AND_A_LOOK)
        with place.client() as client:
            yield {name: asking(client, place.key(name)) for name in ("ada", "kept", "looks")}

    def test_a_planner_sets_numbers_below_their_nodes_and_nowhere_else(self, asks: dict[str, Ask]) -> None:
        for at, name in enumerate(("kept", "looks")):
            for node in ("GROCERY", "GROCERY/SOUP", "sku0001"):
                wish = edit(node, first=(CYCLE + timedelta(weeks=at)).isoformat())
                assert asks[name]("POST", "/v1/overrides", wish).status_code == 201
        for path in ("/v1/overrides", "/v1/overrides/preview"):
            for node in ("total", "DAIRY", "sku0003"):
                hidden = asks["kept"]("POST", path, edit(node))
                unknown = asks["kept"]("POST", path, edit(f"{node}9"))
                assert hidden.json()["detail"].replace(node, "") == unknown.json()["detail"].replace(f"{node}9", "")
                refused(hidden, 404, "unknown-node")
                refused(asks["looks"]("POST", path, edit(node)), 403, "not-allowed")

    def test_what_others_set_outside_is_seen_by_who_may_look_alone(self, asks: dict[str, Ask]) -> None:
        number = asks["ada"]("POST", "/v1/overrides", edit("DAIRY")).json()["overrides"][0]["number"]
        assert asks["kept"]("GET", "/v1/overrides?all=true").json()["overrides"] == []
        assert asks["kept"]("GET", "/v1/overrides").headers["etag"].startswith('"plan-0-')
        assert len(asks["looks"]("GET", "/v1/overrides").json()["overrides"]) == 1
        refused(asks["kept"]("DELETE", f"/v1/overrides/{number}?reason=x"), 404, "unknown-number")
        refused(asks["looks"]("DELETE", f"/v1/overrides/{number}?reason=x"), 403, "not-allowed")
        refused(asks["kept"]("GET", "/v1/overrides/product/DAIRY"), 404, "unknown-node")
        assert asks["looks"]("GET", "/v1/overrides/product/DAIRY").status_code == 200

    def test_a_preview_tells_of_nothing_outside(self, asks: dict[str, Ask]) -> None:
        asks["ada"]("POST", "/v1/overrides", edit("total", quantity=50, lock=True))
        found = asks["kept"]("POST", "/v1/overrides/preview", edit("GROCERY", quantity=60, lock=True)).json()
        assert {one["node"] for one in found["effect"]} <= {
            "GROCERY",
            "GROCERY/SOUP",
            "GROCERY/TEA",
            "sku0000",
            "sku0001",
        }
        assert found["conflicts"] == ["a number cannot be kept beside others that lie outside of your nodes"]
        assert "total" not in json.dumps(found)

    def test_who_may_only_read_sets_nothing(self, place: Planned) -> None:
        place.user("eve", [Role.VIEWER])
        with place.client() as client:
            for key in (place.key("eve"), place.key("ada", frozenset({Permission.READ}))):
                assert asking(client, key)("POST", "/v1/overrides", edit()).status_code == 403
                assert asking(client, key)("GET", "/v1/overrides").status_code == 200


class TestWithoutPlanning:
    def test_while_the_database_is_down_forecasts_are_read_and_nothing_is_half_done(self, tmp_path: Path) -> None:
        from dp_assets.domain.access import PERMISSIONS, Principal
        from serving.api.authentication import Proven

        url = "postgresql+psycopg://nobody@127.0.0.1:1/none"
        place = Planned(tmp_path, planning_database_url=url)
        with place.client() as client:
            gate = client.app.state.gate  # type: ignore[attr-defined]
            principal = Principal("oidc:ada", (Role.PLANNER,), permissions=PERMISSIONS[Role.PLANNER])

            async def proof(*_: Any) -> Proven:  # a token of an issuer needs no database
                return Proven(principal, 1e12, lambda: principal, 1e12)

            gate._proof = proof
            ask = asking(client, "token")
            for method, path, body in (
                ("POST", "/v1/overrides", edit()),
                ("POST", "/v1/overrides/preview", edit()),
                ("GET", "/v1/overrides", None),
                ("DELETE", "/v1/overrides/1?reason=x", None),
            ):
                answer = ask(method, path, body)
                detail = refused(answer, 503, "planning-unavailable")
                assert "nothing was changed, and forecasts can still be read" in detail
                assert "127.0.0.1" not in detail
                assert answer.headers["retry-after"]
            assert ask("GET", "/v1/forecast/skus/sku0001").status_code == 200

    def test_without_a_cycle_or_a_configuration_it_says_what_is_missing(self, tmp_path: Path) -> None:
        from tests.serving.access_makers import Place

        place = Place(tmp_path, config=tmp_path / "nothing.yaml")
        place.user("ada", [Role.PLANNER])
        with place.client() as client:
            answer = asking(client, place.key("ada"))("POST", "/v1/overrides", edit())
            assert "expected a configuration file" in refused(answer, 503, "planning-unavailable")


class TestText:
    """U+0000 is text for JSON and SQLite, and none for PostgreSQL."""

    @pytest.mark.parametrize("where", ["comment", "node", "reason_code"])
    def test_what_no_database_holds_is_refused_in_words(self, ada: Ask, where: str) -> None:
        assert "U+0000" in refused(ada("POST", "/v1/overrides", edit(**{where: "a\0b"})), 422, "bad-parameter")

    def test_a_stranger_cannot_make_the_database_seem_away(self, place: Planned) -> None:
        with place.client() as client:
            answer = client.post("/v1/session", json={"user": "a\0", "password": "x"})
            assert (answer.status_code, client.app.state.gate.is_away) == (422, False)  # type: ignore[attr-defined]

    def test_a_backslash_before_u0000_is_text_like_any_other(self, ada: Ask) -> None:
        assert ada("POST", "/v1/overrides", edit(comment="\\u0000")).status_code == 201


class TestKnownNumbers:
    def test_a_list_after_a_change_reads_what_changed_and_tells_what_all_of_it_tells(
        self, place: Planned, ada: Ask
    ) -> None:
        made = ada("POST", "/v1/overrides", edit(buckets=3)).json()["overrides"]
        ada("GET", "/v1/overrides")
        ada("DELETE", f"/v1/overrides/{made[1]['number']}?reason=no")
        ada("POST", "/v1/overrides", edit(quantity=7), if_match="*")
        found = ada("GET", "/v1/overrides?all=true").json()
        with place.client() as client:
            fresh = asking(client, place.key("ada"))("GET", "/v1/overrides?all=true").json()
        assert found == fresh
        assert [one["ended"] is None for one in found["overrides"]] == [False, False, True, True]
