"""Numbers that wait for approval, over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from dp_assets.domain.access import Role
from serving.api.proposals import schemas
from tests.serving.access_makers import GROCERY, GROCERY_AND_A_LOOK
from tests.serving.makers import CYCLE
from tests.serving.planning_makers import Planned, asking, edit, refused

pytestmark = pytest.mark.slow

Ask = Callable[..., Any]
USERS = {"ada": None, "bob": None, "kept": GROCERY, "looks": GROCERY_AND_A_LOOK}


@pytest.fixture
def place(tmp_path: Path) -> Planned:
    place = Planned(tmp_path, {"planning": {"approval": "four_eyes"}})
    for name, scope in USERS.items():
        place.user(name, [Role.PLANNER], *([scope] if scope else []))
    return place


@pytest.fixture
def asks(place: Planned) -> Iterator[dict[str, Ask]]:
    with place.client() as client:
        yield {name: asking(client, place.key(name)) for name in USERS}


def propose(ask: Ask, *nodes: str) -> int:
    body = {"edits": [one for node in nodes or ("GROCERY",) for one in edit(node)["edits"]]}
    answer = ask("POST", "/v1/overrides", body)
    assert answer.status_code == 202, answer.text
    assert answer.headers["location"] == f"/v1/proposals/{answer.json()['proposal']}"
    return int(answer.json()["proposal"])


def test_numbers_are_proposed_and_hold_once_somebody_else_approves_them(place: Planned, asks: dict[str, Ask]) -> None:
    number = propose(asks["ada"])
    assert place.accounts.database.numbers() == []
    (listed,) = schemas.Proposals.model_validate_json(asks["bob"]("GET", "/v1/proposals").content).proposals
    assert (listed.proposal, listed.user, listed.total, listed.is_current) == (number, "ada", 1, True)
    detail = refused(asks["ada"]("POST", f"/v1/proposals/{number}/approve"), 422, "edit-refused")
    assert "somebody else must approve" in detail
    shown = asks["bob"]("POST", f"/v1/proposals/{number}/preview").json()
    assert {one["node"]: one["after"] for one in shown["effect"]}["GROCERY"] == pytest.approx(100)
    approved = asks["bob"]("POST", f"/v1/proposals/{number}/approve", idempotency_key="a")
    assert approved.status_code == 201, approved.text
    assert asks["bob"]("POST", f"/v1/proposals/{number}/approve", idempotency_key="a").content == approved.content
    assert [(one.user, one.quantity) for one in place.accounts.database.numbers()] == [("ada", 100.0)]
    assert [(row["user"], row["action"]) for row in place.accounts.database.ledger(3)] == [
        *(("ada", "propose"), ("bob", "approve"), ("ada", "set")),
    ]
    assert asks["bob"]("GET", "/v1/proposals").json()["proposals"] == []
    refused(asks["bob"]("POST", f"/v1/proposals/{number}/approve"), 404, "unknown-number")


def test_a_proposal_is_rejected_with_a_reason(place: Planned, asks: dict[str, Ask]) -> None:
    number = propose(asks["ada"])
    refused(asks["bob"]("POST", f"/v1/proposals/{number}/reject", {}), 422, "bad-parameter")
    assert asks["bob"]("POST", f"/v1/proposals/{number}/reject", {"reason": "cancelled"}).json() == {"rejected": number}
    assert "cancelled" in place.accounts.database.ledger()[-1]["after"]
    assert place.accounts.database.numbers() == []


def test_who_proposed_sees_what_became_of_it(asks: dict[str, Ask]) -> None:
    taken, left = propose(asks["ada"], "GROCERY"), propose(asks["ada"], "DAIRY")
    asks["bob"]("POST", f"/v1/proposals/{taken}/approve")
    asks["bob"]("POST", f"/v1/proposals/{left}/reject", {"reason": "cancelled"})
    assert asks["ada"]("GET", "/v1/proposals?user=ada").json()["proposals"] == []
    page = asks["ada"]("GET", "/v1/proposals?decided=true&user=ada&limit=1")
    shown = schemas.Proposals.model_validate_json(page.content)
    (rejected,) = shown.proposals
    assert (shown.approval, shown.total, rejected.proposal) == ("four_eyes", 2, left)
    assert rejected.decision is not None
    assert (rejected.decision.approved, rejected.decision.user, rejected.decision.reason) == (False, "bob", "cancelled")
    more = asks["ada"]("GET", f"/v1/proposals?decided=true&user=ada&cursor={shown.next}").json()["proposals"]
    assert [(one["proposal"], one["decision"]["approved"]) for one in more] == [(taken, True)]
    assert asks["bob"]("GET", "/v1/proposals?decided=true&user=bob").json()["total"] == 0
    assert asks["kept"]("GET", "/v1/proposals?decided=true").json()["total"] == 1


def test_of_two_proposals_for_one_cell_the_second_is_not_approved_over_the_first(asks: dict[str, Ask]) -> None:
    first, second = propose(asks["ada"]), propose(asks["ada"])
    assert asks["bob"]("POST", f"/v1/proposals/{second}/approve").status_code == 201
    refused(asks["bob"]("POST", f"/v1/proposals/{first}/approve"), 412, "changed-meanwhile")


def test_who_is_kept_to_nodes_sees_and_decides_on_what_lies_inside(asks: dict[str, Ask]) -> None:
    inside, across = propose(asks["ada"], "GROCERY"), propose(asks["ada"], "GROCERY/SOUP", "DAIRY")
    assert [one["proposal"] for one in asks["kept"]("GET", "/v1/proposals").json()["proposals"]] == [inside]
    found = asks["looks"]("GET", "/v1/proposals").json()["proposals"]
    assert [(one["proposal"], one["inside"]) for one in found] == [(inside, True), (across, False)]
    for verb, body in (("approve", None), ("reject", {"reason": "x"})):
        refused(asks["kept"]("POST", f"/v1/proposals/{across}/{verb}", body), 404, "unknown-number")
        refused(asks["looks"]("POST", f"/v1/proposals/{across}/{verb}", body), 403, "not-allowed")
    refused(asks["kept"]("POST", f"/v1/proposals/{across}/preview"), 404, "unknown-number")
    assert asks["looks"]("POST", f"/v1/proposals/{across}/preview").status_code == 200
    assert asks["kept"]("POST", f"/v1/proposals/{inside}/approve").status_code == 201


def test_a_proposal_for_an_earlier_cycle_is_not_approved(place: Planned, asks: dict[str, Ask]) -> None:
    from dataclasses import replace

    number = propose(asks["ada"])
    (proposal,) = place.accounts.database.proposals()
    old = [replace(one, cycle=CYCLE - timedelta(weeks=1)) for one in proposal.numbers]
    earlier = place.accounts.database.propose(old, "ada", place_moment()).sequence
    refused(asks["bob"]("POST", f"/v1/proposals/{earlier}/approve"), 422, "edit-refused")
    assert asks["bob"]("POST", f"/v1/proposals/{number}/approve").status_code == 201


def place_moment() -> Any:
    from datetime import UTC, datetime

    return datetime(2017, 8, 1, tzinfo=UTC)
