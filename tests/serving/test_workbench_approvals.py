"""Planners approve and reject numbers in the workbench: one server under four eyes, one small lake for all tests."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import httpx
import pytest

from dp_assets.domain.access import Role
from tests.serving.access_makers import GROCERY_AND_A_LOOK, shown
from tests.serving.browsers import add_user, address, browser, give_password, look_as, page, wrong_in_a_theme
from tests.serving.makers import CYCLE
from tests.serving.planning_makers import Planned, edit

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["address", "browser", "page"]
pytestmark = [pytest.mark.slow, pytest.mark.needs_workbench]
USERS = {"ada": Role.PLANNER, "bob": Role.PLANNER, "eve": Role.VIEWER}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Planned:
    place = Planned(tmp_path_factory.mktemp("approvals"), {"planning": {"approval": "four_eyes"}})
    for name, role in USERS.items():
        place.user(name, [role])
    place.user("looks", [Role.PLANNER], GROCERY_AND_A_LOOK)
    return place


def propose(place: Planned, address: str, node: str, **wish: object) -> int:
    answer = httpx.post(f"{address}/v1/overrides", json=edit(node, **wish), headers=shown(place.key("ada")), timeout=30)
    return int(answer.raise_for_status().json()["proposal"])


def held(place: Planned) -> list[tuple[str, str]]:
    return [(one.node, one.user) for one in place.accounts.database.numbers() if one.ended is None]


def reject(page: Page, verb: str, reason: str) -> None:
    page.get_by_role("button", name=f"{verb}…").click()
    page.get_by_label(re.compile("^Why")).fill(reason)
    page.keyboard.press("Enter")


class TestAnotherPlanner:
    def test_opens_what_waits_by_keys_sees_what_it_would_do_and_approves_it(
        self, page: Page, place: Planned, address: str
    ) -> None:
        number = propose(place, address, "GROCERY/SOUP", percent=20, comment="leaflet")
        look_as(page, place, address, "bob", "/")
        page.get_by_role("link", name=re.compile("Approvals.*1 waiting")).wait_for()
        page.keyboard.press("g")
        page.keyboard.press("p")
        page.get_by_role("link", name=f"No. {number}").wait_for()
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        effect = page.get_by_role("region", name="What it would do")
        effect.get_by_text("The total goes from").wait_for()
        effect.get_by_role("table", name=re.compile("department of product")).wait_for()
        assert f"proposal={number}" in page.url
        assert wrong_in_a_theme(page) == {}
        page.get_by_role("button", name="Approve").click()
        page.get_by_text("✓ approved by bob,").wait_for()
        assert ("GROCERY/SOUP", "ada") in held(place)
        page.get_by_role("link", name="Close").click()
        page.get_by_text("Nothing waits.").wait_for()
        page.go_back()
        page.get_by_text("✓ approved by bob,").wait_for()

    def test_rejects_with_a_reason_that_who_proposed_it_reads(self, page: Page, place: Planned, address: str) -> None:
        number = propose(place, address, "DAIRY", percent=-10)
        look_as(page, place, address, "bob", f"/approvals?proposal={number}")
        reject(page, "Reject", "no promotion there")
        page.get_by_text("✕ rejected by bob: no promotion there,").wait_for()
        page.get_by_role("link", name="Decided").click()
        page.get_by_role("cell", name="✕ rejected by bob: no promotion there").wait_for()
        assert ("DAIRY", "ada") not in held(place)
        look_as(page, place, address, "ada", "/approvals?show=mine")
        page.get_by_role("cell", name="✕ rejected by bob: no promotion there").wait_for()

    def test_is_told_who_was_faster_and_cannot_approve_over_that(
        self, page: Page, place: Planned, address: str
    ) -> None:
        number = propose(place, address, "GROCERY/TEA", quantity=50)
        (proposal,) = [one for one in place.accounts.database.proposals() if one.sequence == number]
        place.accounts.database.set_numbers(proposal.numbers, "bob", datetime.now(UTC))
        look_as(page, place, address, "bob", f"/approvals?proposal={number}")
        page.get_by_text("bob set 50 units for one of its buckets after it was proposed").wait_for()
        assert page.get_by_role("button", name="Approve").count() == 0
        reject(page, "Reject", "superseded")
        page.get_by_text("✕ rejected by bob").first.wait_for()

    def test_of_an_earlier_cycle_can_only_reject(self, page: Page, place: Planned, address: str) -> None:
        number = propose(place, address, "DAIRY/MILK", percent=5)
        (proposal,) = [one for one in place.accounts.database.proposals() if one.sequence == number]
        old = [replace(one, cycle=CYCLE - timedelta(weeks=1)) for one in proposal.numbers]
        earlier = place.accounts.database.propose(old, "ada", datetime.now(UTC)).sequence
        look_as(page, place, address, "bob", f"/approvals?proposal={earlier}")
        page.get_by_text("it can only be rejected").wait_for()
        assert page.get_by_role("button", name="Approve").count() == 0
        assert page.get_by_role("region", name="What it would do").count() == 0


class TestWhoProposed:
    def test_is_told_that_somebody_else_must_approve_and_may_take_it_back(
        self, page: Page, place: Planned, address: str
    ) -> None:
        number = propose(place, address, "GROCERY", percent=3)
        look_as(page, place, address, "ada", f"/approvals?show=mine&proposal={number}")
        page.get_by_text("Under four eyes somebody else must approve it").wait_for()
        assert page.get_by_role("button", name="Approve").count() == 0
        reject(page, "Take back", "cancelled")
        page.get_by_text("↩ taken back: cancelled,").wait_for()


class TestWhoMayNotDecide:
    @pytest.mark.parametrize(("name", "words"), [("eve", "That takes the role planner"), ("looks", "outside of the")])
    def test_sees_the_proposal_and_no_buttons(
        self, page: Page, place: Planned, address: str, name: str, words: str
    ) -> None:
        number = propose(place, address, "DAIRY", percent=7)
        look_as(page, place, address, name, f"/approvals?proposal={number}")
        page.get_by_text(words).first.wait_for()
        page.get_by_role("table", name="Numbers of the proposal").wait_for()
        assert page.get_by_role("button", name=re.compile("Approve|Reject|Take back")).count() == 0

    def test_a_proposal_that_is_not_there_is_said_to_be_so(self, page: Page, place: Planned, address: str) -> None:
        look_as(page, place, address, "eve", "/approvals?proposal=99999")
        page.get_by_text("Proposal 99999 is not here").wait_for()
        assert page.get_by_role("table", name="Numbers of the proposal").count() == 0


def test_signing_in_with_a_password_leads_back_to_the_proposal(page: Page, place: Planned, address: str) -> None:
    number = propose(place, address, "total", percent=1)
    add_user(place, address, "zoe", Role.PLANNER)
    page.goto(f"{address}/approvals?proposal={number}")
    give_password(page, "zoe")
    page.get_by_role("button", name="Approve").wait_for()
    assert page.url.endswith(f"/approvals?proposal={number}")
