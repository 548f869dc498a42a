"""Planners accept, snooze and assign in the workbench: one server, one small lake, and a worklist without marks before
each test."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from dp_assets.domain.access import NodeScope, Role
from dp_resources.planning_marks import Mark, MarkToSet, Place, marks_of, set_marks
from tests.serving.access_makers import GROCERY_AND_A_LOOK
from tests.serving.browsers import address, browser, look_as, page, wrong_for_axe, wrong_in_a_theme
from tests.serving.makers import CYCLE
from tests.serving.planning_makers import Planned
from tests.serving.table_makers import make_exceptions

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page, Route

__all__ = ["address", "browser", "page"]
pytestmark = [pytest.mark.slow, pytest.mark.needs_workbench]
FIRST = Place("product", "series", "sku0001", "biased")
"""What has rank 1."""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Planned:
    place = Planned(tmp_path_factory.mktemp("worklist"))
    exceptions = make_exceptions(6)
    assert exceptions.select(Place._fields).row(0)[2:] == FIRST[2:]
    place.lake.write("exceptions", exceptions, cycle=CYCLE.isoformat())
    for name, role, scope in (
        ("ada", Role.PLANNER, NodeScope()),
        ("bob", Role.PLANNER, NodeScope()),
        ("eve", Role.VIEWER, NodeScope()),
        ("looks", Role.PLANNER, GROCERY_AND_A_LOOK),
        ("gone", Role.PLANNER, NodeScope()),
    ):
        place.user(name, [role], scope)
    place.accounts.set_disabled("gone", True, "test", datetime.now(UTC))
    return place


@pytest.fixture(autouse=True)
def unmarked(place: Planned) -> None:
    for one in marks_of(place.accounts.database).values():
        if not one.is_blank:
            blank = MarkToSet(one.says.place, CYCLE, replaces=one.sequence)
            set_marks(place.accounts.database, [blank], "test", datetime.now(UTC))


def look(page: Page, place: Planned, address: str, name: str, path: str = "/") -> None:
    look_as(page, place, address, name, path)
    page.get_by_role("heading", level=1, name="Worklist").wait_for()
    page.get_by_role("link", name=re.compile("what was set aside")).first.wait_for()
    # Before the page knows what its user may do, keys that mark a row do nothing.
    page.wait_for_load_state("networkidle")


def held(place: Planned) -> dict[Place, Mark]:
    return {key: one for key, one in marks_of(place.accounts.database).items() if not one.is_blank}


def has_the_keyboard(found: Locator) -> None:
    from playwright.sync_api import expect

    expect(found).to_be_focused()


def said(page: Page, words: str) -> None:
    page.get_by_role("status").filter(has_text=words).wait_for()


class TestByKeys:
    def test_rows_are_accepted_one_after_the_other_and_the_last_one_is_taken_back(
        self, page: Page, place: Planned, address: str
    ) -> None:
        look(page, place, address, "ada")
        page.get_by_text("6 in all").wait_for()
        page.keyboard.press("j")
        page.keyboard.press("a")
        said(page, "Accepted: sku0001")
        page.get_by_text("5 in all").wait_for()
        has_the_keyboard(page.get_by_role("link", name="sku0002"))
        page.keyboard.press("a")
        said(page, "Accepted: sku0002")
        page.get_by_text("4 in all").wait_for()
        page.get_by_role("button", name="Undo").click()
        said(page, "Undone: sku0002")
        page.get_by_text("5 in all").wait_for()
        assert {one.node: mark.says.state for one, mark in held(place).items()} == {"sku0001": "accepted"}

    def test_keys_go_on_meaning_the_row_that_was_chosen_when_one_above_it_comes_back(
        self, page: Page, place: Planned, address: str
    ) -> None:
        look(page, place, address, "ada")
        page.keyboard.press("j")
        page.keyboard.press("a")
        page.get_by_text("5 in all").wait_for()
        page.keyboard.press("j")
        has_the_keyboard(page.get_by_role("link", name="sku0003"))
        page.get_by_role("button", name="Undo").click()
        page.get_by_text("6 in all").wait_for()
        page.keyboard.press("a")
        said(page, "Accepted: sku0003")

    def test_one_is_snoozed_until_a_day_and_put_back_where_what_was_set_aside_is_shown(
        self, page: Page, place: Planned, address: str
    ) -> None:
        look(page, place, address, "ada")
        page.keyboard.press("j")
        page.keyboard.press("s")
        dialog = page.get_by_role("dialog", name=re.compile("^Snooze sku0001"))
        assert wrong_for_axe(page) == []
        dialog.get_by_label("Until").fill((CYCLE + timedelta(weeks=2)).isoformat())
        dialog.get_by_label(re.compile("^Note")).fill("after the leaflet")
        page.keyboard.press("Enter")
        said(page, "Snoozed until W33")
        page.get_by_text("5 in all").wait_for()
        page.get_by_role("link", name="Show what was set aside (1)").click()
        page.wait_for_url(re.compile("aside=true"))
        page.get_by_text(re.compile("snoozed until W33 .* by ada · “after the leaflet”")).wait_for()
        page.get_by_role("button", name="Put back sku0001").click()
        said(page, "Put back: sku0001")
        page.get_by_role("link", name="Hide what was set aside (0)").wait_for()
        (mark,) = held(place).values()
        assert (mark.says.state, mark.says.note) == (None, "after the leaflet")

    def test_shortcuts_stand_in_the_list(self, page: Page, place: Planned, address: str) -> None:
        look(page, place, address, "ada")
        page.keyboard.press("?")
        listed = page.get_by_role("dialog", name="Keyboard shortcuts")
        for verb in ("Accept", "Snooze", "Assign"):
            listed.get_by_text(f"{verb} the chosen row of the worklist").wait_for()
        page.keyboard.press("a")
        assert held(place) == {}


class TestTogether:
    def test_what_is_assigned_is_found_by_whom_it_is_assigned_to(
        self, page: Page, place: Planned, address: str
    ) -> None:
        look(page, place, address, "ada")
        page.get_by_role("button", name="Assign… sku0001").click()
        dialog = page.get_by_role("dialog", name=re.compile("^Assign sku0001"))
        chooser = dialog.get_by_label("To")
        chooser.wait_for()
        assert chooser.input_value() == "ada"
        assert chooser.locator("option").all_inner_texts() == ["Nobody in particular", "ada", "bob", "looks"]
        assert wrong_for_axe(page) == []
        chooser.select_option("bob")
        dialog.get_by_role("button", name="Assign", exact=True).click()
        page.get_by_text("→ bob").wait_for()
        page.get_by_role("link", name="Unassigned").click()
        page.get_by_text("5 in all").wait_for()
        page.get_by_role("link", name="Mine").click()
        page.get_by_text("Nothing is assigned to you").wait_for()
        page.go_back()
        page.get_by_text("5 in all").wait_for()
        look(page, place, address, "bob", "/?whose=mine")
        page.get_by_text("1 in all").wait_for()
        page.get_by_role("button", name="Accept sku0001").click()
        page.get_by_text("Nothing left to look at").wait_for()
        has_the_keyboard(page.get_by_role("button", name="Undo"))
        assert wrong_in_a_theme(page) == {}
        page.get_by_role("link", name="Show what was set aside", exact=True).click()
        page.get_by_text("✓ accepted by bob · → bob").wait_for()
        assert wrong_in_a_theme(page) == {}

    def test_whom_it_cannot_be_assigned_any_more_is_said(self, page: Page, place: Planned, address: str) -> None:
        look(page, place, address, "ada")
        place.user("late", [Role.PLANNER])
        page.get_by_role("button", name="Assign… sku0001").click()
        dialog = page.get_by_role("dialog", name=re.compile("^Assign sku0001"))
        dialog.get_by_label("To").select_option("late")
        place.accounts.set_disabled("late", True, "test", datetime.now(UTC))
        dialog.get_by_role("button", name="Assign", exact=True).click()
        page.get_by_role("alert").get_by_text("'late' is shut out").wait_for()
        assert held(place) == {}

    def test_who_was_slower_is_told_who_was_faster_and_sees_that_mark(
        self, page: Page, place: Planned, address: str
    ) -> None:
        look(page, place, address, "ada")
        page.get_by_text("6 in all").wait_for()
        set_marks(place.accounts.database, [MarkToSet(FIRST, CYCLE, assigned_to="bob")], "bob", datetime.now(UTC))
        page.get_by_role("button", name="Accept sku0001").click()
        page.get_by_role("alert").get_by_text("bob marked product:sku0001").wait_for()
        page.get_by_text("→ bob").wait_for()
        page.get_by_role("button", name="Accept sku0001").click()
        said(page, "Accepted: sku0001")
        assert held(place)[FIRST].says.assigned_to == "bob"


def test_while_marks_are_not_known_that_is_said_and_nothing_is_marked(page: Page, place: Planned, address: str) -> None:
    def without_marks(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json={**answer.json(), "marks_known": False})

    page.route(re.compile("/v1/worklist"), without_marks)
    look(page, place, address, "ada")
    page.get_by_text("Marks are not known just now").wait_for()
    assert page.get_by_role("button", name=re.compile("^Accept")).count() == 0
    assert wrong_for_axe(page) == []


class TestWhoMayNot:
    def test_a_viewer_reads_marks_and_sees_no_button_and_keys_do_nothing(
        self, page: Page, place: Planned, address: str
    ) -> None:
        set_marks(place.accounts.database, [MarkToSet(FIRST, CYCLE, assigned_to="bob")], "ada", datetime.now(UTC))
        look(page, place, address, "eve")
        page.get_by_text("→ bob").wait_for()
        page.keyboard.press("j")
        for key in "ast":
            page.keyboard.press(key)
        assert page.get_by_role("button", name=re.compile("Accept|Snooze|Assign")).count() == 0
        assert page.get_by_role("dialog").count() == 0
        assert len(held(place)) == 1

    def test_who_only_looks_at_a_row_has_no_buttons_there(self, page: Page, place: Planned, address: str) -> None:
        look(page, place, address, "looks")
        page.get_by_text("6 in all").wait_for()
        names = page.get_by_role("button", name=re.compile("^Accept")).all()
        assert sorted(str(one.get_attribute("aria-label"))[:14] for one in names) == [
            "Accept sku0000",
            "Accept sku0001",
        ]
