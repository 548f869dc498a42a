"""The audit ledger over HTTP: what is found, page by page, and by whom."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest

from dp_assets.domain.access import Role
from serving.api.ledger.schemas import Ledger
from tests.serving.access_makers import GROCERY, GROCERY_AND_A_LOOK
from tests.serving.planning_makers import Planned, asking, edit, refused

Ask = Callable[..., Any]
USERS = {
    "ada": (Role.ADMIN, None),
    "dee": (Role.DATA_ENGINEER, None),
    "pia": (Role.PLANNER, None),
    "kept": (Role.DATA_ENGINEER, GROCERY),
    "looks": (Role.DATA_ENGINEER, GROCERY_AND_A_LOOK),
}


@pytest.fixture(scope="module")
def asks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Ask]]:
    place = Planned(tmp_path_factory.mktemp("place"))
    for name, (role, scope) in USERS.items():
        place.user(name, [role], *([scope] if scope else []))
    with place.client() as client:
        asks = {name: asking(client, place.key(name)) for name in USERS}
        for node, comment in (("GROCERY", "agreed with the buyer"), ("DAIRY", "heat wave")):
            answer = asks["pia"]("POST", "/v1/overrides", edit(node, comment=comment))
            assert answer.status_code == 201, answer.text
        yield asks


def found(answer: Any) -> Ledger:
    assert answer.status_code == 200, answer.text
    return Ledger.model_validate_json(answer.content)


def test_whoever_operates_finds_who_did_what_by_any_word(asks: dict[str, Ask]) -> None:
    (row,) = found(asks["dee"]("GET", "/v1/ledger?text=HEAT%20WAVE")).rows
    assert (row.user, row.action, row.before) == ("pia", "set", None)
    assert "DAIRY" in row.subject
    assert row.after is not None
    assert row.after["comment"] == "heat wave"
    newest_first = found(asks["dee"]("GET", "/v1/ledger?user=pia&action=set"))
    assert [one.number for one in newest_first.rows] == sorted((one.number for one in newest_first.rows), reverse=True)
    assert found(asks["dee"]("GET", "/v1/ledger?text=nowhere")).rows == []
    assert found(asks["dee"]("GET", "/v1/ledger?last=2000-01-01")).total == 0


@pytest.mark.parametrize("comment", ['the buyer said "no"', "50\\50", "a\nb", "100%_of", "Käse"])
def test_text_is_found_as_it_was_written(asks: dict[str, Ask], comment: str) -> None:
    answer = asks["pia"]("POST", "/v1/overrides", edit("GROCERY/SOUP", comment=comment), if_match="*")
    assert answer.status_code == 201, answer.text
    rows = found(asks["dee"]("GET", f"/v1/ledger?text={quote(comment[1:])}")).rows
    assert comment in {row.after["comment"] for row in rows if row.after}
    assert found(asks["dee"]("GET", "/v1/ledger?text=%25nothing%25")).total == 0


def test_rows_about_users_and_keys_are_for_administrators(asks: dict[str, Ask]) -> None:
    everything, without = found(asks["ada"]("GET", "/v1/ledger")), found(asks["dee"]("GET", "/v1/ledger"))
    assert {"add user", "create key", "set"} <= set(everything.actions)
    assert without.actions == ["set"]
    assert {one.action for one in without.rows} == {"set"}
    assert found(asks["dee"]("GET", "/v1/ledger?action=add%20user")).total == 0
    assert "hash" not in asks["ada"]("GET", "/v1/ledger?action=add%20user").text


def test_pages_follow_one_another_though_rows_are_added_meanwhile(asks: dict[str, Ask]) -> None:
    whole = [one.number for one in found(asks["ada"]("GET", "/v1/ledger?limit=1000")).rows]
    first = found(asks["ada"]("GET", "/v1/ledger?limit=4"))
    assert first.next is not None
    assert asks["pia"]("POST", "/v1/overrides", edit("total")).status_code == 201
    second = found(asks["ada"]("GET", f"/v1/ledger?limit=1000&cursor={first.next}"))
    assert [one.number for one in (*first.rows, *second.rows)] == whole
    assert (first.changed, second.changed, second.next) == (False, True, None)
    refused(asks["ada"]("GET", f"/v1/ledger?user=ada&cursor={first.next}"), 422, "bad-parameter")


def test_who_is_kept_to_nodes_and_who_only_plans_is_refused(asks: dict[str, Ask]) -> None:
    refused(asks["kept"]("GET", "/v1/ledger"), 403, "not-allowed")
    refused(asks["pia"]("GET", "/v1/ledger"), 403, "not-allowed")
    assert found(asks["looks"]("GET", "/v1/ledger?action=set")).rows


@pytest.mark.parametrize("query", ["first=yesterday", "limit=0", "text=", "cursor=x", "who=ada"])
def test_what_cannot_be_asked_is_said(asks: dict[str, Ask], query: str) -> None:
    told = refused(asks["ada"]("GET", f"/v1/ledger?{query}"), 422, "bad-parameter")
    name, _, wrong = query.partition("=")
    assert told.startswith(f"{name}: ")
    assert repr(wrong) in told


def test_text_that_a_database_cannot_hold_is_refused(asks: dict[str, Ask]) -> None:
    assert "U+0000" in refused(asks["ada"]("GET", "/v1/ledger?text=%00"), 422, "bad-parameter")
