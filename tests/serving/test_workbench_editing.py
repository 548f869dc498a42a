"""Planners change numbers in the workbench: a real server with keys, a real planning database, a small lake."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dp_assets.domain.access import Role
from tests.serving.access_makers import shown
from tests.serving.browsers import (
    add_user,
    browser,
    draft,
    give_password,
    page,
    preview,
    server_with_keys,
    set_by,
    wrong_for_axe,
    wrong_in_a_theme,
)
from tests.serving.planning_makers import FIRST, Planned, edit

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

__all__ = ["browser", "page"]
pytestmark = [pytest.mark.slow, pytest.mark.needs_workbench]
SETTING = re.compile(r"/v1/overrides$")


@pytest.fixture
def place(tmp_path: Path) -> Planned:
    return Planned(tmp_path)


@pytest.fixture
def address(place: Planned) -> Iterator[str]:
    with server_with_keys(place) as address:
        yield address


def open_as(page: Page, address: str, name: str, path: str) -> None:
    page.goto(f"{address}{path}")
    open_again(page, name)


def open_again(page: Page, name: str) -> None:
    """Signs in where the page asks for it."""
    give_password(page, name)
    page.get_by_role("heading", name="Planners' numbers").wait_for()


def go_to(page: Page, link: str, heading: str) -> None:
    """From one node to another, whose numbers are there when this returns."""
    page.get_by_role("link", name=link).first.click()
    page.get_by_role("heading", level=1, name=heading, exact=True).wait_for()
    page.locator("button[data-start]").first.wait_for()


def drag(page: Page, begun: float, ended: float, key: str | None = None) -> None:
    """Drags over the chart, from one share of its width to another, maybe with a key held down."""
    box = page.locator(".u-over").bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    if key:
        page.keyboard.down(key)
    page.mouse.move(box["x"] + min(begun * box["width"], box["width"] - 2), middle)
    page.mouse.down()
    page.mouse.move(box["x"] + (begun + ended) / 2 * box["width"], middle)
    page.mouse.move(box["x"] + ended * box["width"], middle)
    page.mouse.up()
    if key:
        page.keyboard.up(key)


def comment_on(page: Page) -> str:
    return page.get_by_role("form", name="Change numbers").get_by_label("Comment").input_value()


def hold_back(page: Page, address: re.Pattern[str]) -> list[Route]:
    """Requests to an address, which wait here from now on until they are let go."""
    waiting: list[Route] = []
    page.route(address, lambda route: waiting.append(route))
    return waiting


def let_go(page: Page, waiting: list[Route]) -> None:
    """Lets the one request go on that was held back, once it is there, and waits for its answer."""
    while not waiting:
        page.wait_for_timeout(20)
    with page.expect_response(SETTING):
        waiting.pop().continue_()


def reconciled(place: Planned) -> list[tuple[str, float]]:
    """Bucket and units of GROCERY without planners."""
    with place.client() as client:
        found = client.get("/v1/overrides/product/GROCERY", headers=shown(place.key("ada")))
    return [(cell["bucket_start"], cell["reconciled"]) for cell in found.json()["cells"]]


def read_at(page: Page, share: float) -> str:
    """What the chart says of the bucket at a share of its width."""
    chart = page.locator(".u-over")
    box = chart.bounding_box()
    assert box is not None
    page.mouse.move(0, 0)
    chart.hover(position={"x": share * box["width"], "y": 10})
    said = page.locator("figure p[aria-hidden=true]")
    said.filter(has_text=re.compile("units")).wait_for()
    return said.inner_text()


def held(place: Planned) -> list[tuple[str, str, float]]:
    """User, bucket and units of the numbers that hold."""
    numbers = place.accounts.database.numbers()
    return [(one.user, one.bucket_start.isoformat(), one.quantity) for one in numbers if one.ended is None]


class TestAPlanner:
    def test_raises_two_weeks_sees_totals_move_first_saves_and_takes_one_back(
        self, page: Page, place: Planned, address: str
    ) -> None:
        add_user(place, address, "ada", Role.PLANNER)
        open_as(page, address, "ada", "/nodes/product/GROCERY")
        assert page.get_by_role("button", name="Save", exact=True).is_disabled()
        chart = page.locator(".u-over")
        box = chart.bounding_box()
        assert box is not None
        chart.click(position={"x": box["width"] - 3, "y": box["height"] / 2})
        assert page.locator("button[data-start]").last.get_attribute("aria-pressed") == "true"
        draft(page, "20", 2, "leaflet")
        shown_effect = preview(page)
        for title in ("This item", "Totals above", "What lies below"):
            shown_effect.get_by_role("heading", name=title, exact=True).wait_for()
        assert re.search(r"Total|total", shown_effect.inner_text())
        assert held(place) == []
        page.get_by_role("button", name="Save", exact=True).click()
        page.get_by_text("Saved: 2 numbers set").wait_for()
        before = reconciled(place)
        assert [(user, start) for user, start, _ in held(place)] == [("ada", start) for start, _ in before[:2]]
        assert [units for *_, units in held(place)] == pytest.approx([units * 1.2 for _, units in before[:2]])
        page.get_by_text("published forecast follows").wait_for()
        page.get_by_text("influences, in numbers").click()
        page.get_by_role("columnheader", name="set by a planner", exact=True).wait_for()
        page.get_by_role("button", name="Take back…").first.click()
        page.get_by_label(re.compile("Why do you take back")).fill("cancelled")
        page.get_by_role("button", name="Take back", exact=True).click()
        page.get_by_role("button", name="Take all of them back…").wait_for(state="detached")
        assert len(held(place)) == 1
        assert "cancelled" in place.accounts.database.ledger()[-1]["after"]
        page.get_by_text("Numbers that held before").click()
        page.get_by_role("table", name="Numbers that held before").get_by_text("taken back or replaced").wait_for()

    def test_edits_a_series_by_keys_alone_and_a_reload_keeps_the_draft(
        self, page: Page, place: Planned, address: str
    ) -> None:
        add_user(place, address, "ada", Role.PLANNER)
        open_as(page, address, "ada", "/skus/sku0000")
        page.locator("button[data-start]").first.wait_for()
        page.keyboard.press("e")
        page.keyboard.press("Enter")
        page.keyboard.press("Shift+ArrowDown")
        page.keyboard.press("7")
        page.keyboard.press("5")
        assert page.locator("button[data-start][aria-pressed=true]").count() == 2
        page.reload()
        form = page.get_by_role("form", name="Change numbers")
        assert form.get_by_role("spinbutton", name="Percent").input_value() == "75"
        assert page.locator("button[data-start][aria-pressed=true]").count() == 2
        form.get_by_role("combobox", name="Change").select_option("units")
        form.get_by_label("Lock").check()
        form.get_by_role("combobox", name="Reason").select_option("price")
        preview(page)
        page.get_by_role("button", name="Save", exact=True).click()
        page.get_by_text("Saved: 2 numbers set").wait_for()
        assert [units for *_, units in held(place)] == [75, 75]
        assert all(one.locked for one in place.accounts.database.numbers())

    def test_drags_over_the_forecast_to_choose_buckets_and_with_shift_looks_closer(
        self, page: Page, place: Planned, address: str
    ) -> None:
        add_user(place, address, "ada", Role.PLANNER)
        open_as(page, address, "ada", "/nodes/product/GROCERY")
        buckets = page.locator("button[data-start]")
        buckets.first.wait_for()
        page.get_by_role("button", name="Closer at the forecast").click()
        everything = page.get_by_role("button", name="Show all")
        everything.click()
        assert everything.is_disabled()
        drag(page, 1, 0.2)
        assert everything.is_disabled()
        assert buckets.count() == page.locator("button[data-start][aria-pressed=true]").count()
        drag(page, 1, 0.99)
        assert page.locator("button[data-start][aria-pressed=true]").count() == 1
        assert buckets.last.get_attribute("aria-pressed") == "true"
        drag(page, 1, 0.5, "Shift")
        everything.click()
        drag(page, 0.1, 0.5)
        everything.click()
        assert page.locator("button[data-start][aria-pressed=true]").count() == 1
        page.keyboard.press("?")
        page.get_by_text("choose buckets to change").wait_for()

    def test_goes_on_looking_at_the_same_buckets_after_a_save_and_changes_them_again(
        self, page: Page, place: Planned, address: str
    ) -> None:
        add_user(place, address, "ada", Role.PLANNER)
        open_as(page, address, "ada", "/skus/sku0001")
        page.locator("button[data-start]").first.wait_for()
        drag(page, 0.3, 0.99, "Shift")
        chosen = page.locator("button[data-start][aria-pressed=true]")
        everything = page.get_by_role("button", name="Show all")
        assert everything.is_enabled()
        seen = read_at(page, 0.05)
        draft(page, "10", 2)
        preview(page)
        drawn = page.locator(".u-wrap").evaluate("(one) => (window.drawn = one).isConnected")
        page.get_by_role("button", name="Save", exact=True).click()
        page.get_by_text("Saved: 2 numbers set").wait_for()
        assert drawn
        assert not page.evaluate("window.drawn.isConnected")  # a lane for the number that holds by now
        assert (chosen.count(), read_at(page, 0.05), everything.is_enabled()) == (2, seen, True)
        assert page.get_by_role("spinbutton", name="Percent").input_value() == ""
        form = page.get_by_role("form", name="Change numbers")
        form.get_by_role("spinbutton", name="Percent").fill("20")
        form.get_by_role("combobox", name="Reason").select_option("price")
        preview(page)
        page.get_by_role("button", name="Save", exact=True).click()
        page.get_by_text("Saved: 2 numbers set").wait_for()
        assert len(held(place)) == 2  # over what the first save set, and no conflict with it
        assert (chosen.count(), read_at(page, 0.05)) == (2, seen)
        page.get_by_label("Theme").select_option(label="Dark")
        assert read_at(page, 0.05) == seen
        everything.click()
        assert read_at(page, 0.05) != seen

    def test_is_shown_what_somebody_set_meanwhile_beside_what_is_theirs(
        self, page: Page, place: Planned, address: str
    ) -> None:
        for name in ("ada", "bob"):
            add_user(place, address, name, Role.PLANNER)
        open_as(page, address, "ada", "/nodes/product/GROCERY")
        draft(page, "20", 2)
        preview(page)
        set_by(place, address, "bob", edit("GROCERY", quantity=33, comment="from the trade fair"))
        page.get_by_role("button", name="Save", exact=True).click()
        merge = page.get_by_role("region", name="Merge")
        merge.get_by_text("33 by bob, promotion: from the trade fair").wait_for()
        assert wrong_for_axe(page) == []
        theirs, own = merge.get_by_role("row").nth(1).get_by_role("radio").all()
        assert (theirs.is_checked(), own.is_checked()) == (True, False)
        own.check()
        merge.get_by_role("button", name="Preview with my choice").click()
        page.get_by_role("region", name="Preview").get_by_text("33 units by bob").wait_for()
        page.get_by_role("button", name="Save", exact=True).click()
        page.get_by_text("Saved: 2 numbers set").wait_for()
        assert {user for user, *_ in held(place)} == {"ada"}

    def test_leaves_a_bucket_to_who_was_faster_and_sets_the_other(
        self, page: Page, place: Planned, address: str
    ) -> None:
        for name in ("ada", "bob"):
            add_user(place, address, name, Role.PLANNER)
        open_as(page, address, "ada", "/nodes/product/GROCERY")
        draft(page, "20", 2)
        preview(page)
        set_by(place, address, "bob", edit(quantity=33))
        page.get_by_role("button", name="Save", exact=True).click()
        page.get_by_role("button", name="Preview with my choice").click()
        page.get_by_role("region", name="Preview").wait_for()
        page.get_by_role("button", name="Save", exact=True).click()
        page.get_by_text("Saved: 1 number set").wait_for()
        assert [(user, start == FIRST) for user, start, _ in held(place)] == [("bob", True), ("ada", False)]

    def test_is_told_that_a_number_waits_for_approval(self, page: Page, tmp_path: Path) -> None:
        place = Planned(tmp_path, {"planning": {"approval": "four_eyes"}})
        with server_with_keys(place) as address:
            add_user(place, address, "ada", Role.PLANNER)
            open_as(page, address, "ada", "/nodes/product/GROCERY")
            draft(page, "-5", 1)
            preview(page)
            page.get_by_role("button", name="Propose").click()
            page.get_by_text(re.compile("Waits for approval: 1 number")).wait_for()
        assert held(place) == []

    def test_keeps_the_draft_while_offline_and_saves_it_once_afterwards(
        self, browser: Browser, place: Planned, address: str
    ) -> None:
        add_user(place, address, "ada", Role.PLANNER)
        page = browser.new_page(locale="en-GB")  # its console tells of requests that fail
        open_as(page, address, "ada", "/nodes/product/GROCERY")
        draft(page, "20", 1)
        preview(page)
        page.context.set_offline(True)
        page.get_by_role("button", name="Save", exact=True).click()
        page.get_by_text("Your draft is kept in this tab").wait_for()
        page.context.set_offline(False)
        page.get_by_role("button", name="Save", exact=True).click()
        page.get_by_text("Saved: 1 number set").wait_for()
        page.close()
        assert len(held(place)) == 1


class TestSeveralItems:
    def test_a_save_that_is_answered_late_ends_its_own_draft_and_no_other(
        self, page: Page, place: Planned, address: str
    ) -> None:
        add_user(place, address, "ada", Role.PLANNER)
        open_as(page, address, "ada", "/nodes/product/total")
        draft(page, "33", 1, "typed on the total")
        go_to(page, "GROCERY", "GROCERY")
        draft(page, "20", 1, "typed on GROCERY")
        preview(page)
        waiting = hold_back(page, SETTING)
        page.get_by_role("button", name="Save", exact=True).click()
        go_to(page, "Total", "Total")
        let_go(page, waiting)
        page.wait_for_load_state("networkidle")
        assert comment_on(page) == "typed on the total"
        go_to(page, "GROCERY", "GROCERY")
        page.get_by_role("table", name="Numbers that hold").get_by_text("typed on GROCERY").wait_for()
        assert comment_on(page) == ""

    def test_what_came_of_saving_is_told_on_the_item_that_was_saved_alone(
        self, page: Page, place: Planned, address: str
    ) -> None:
        for name in ("ada", "bob"):
            add_user(place, address, name, Role.PLANNER)
        open_as(page, address, "ada", "/nodes/product/total")
        go_to(page, "GROCERY", "GROCERY")
        draft(page, "20", 1)
        preview(page)
        page.get_by_role("button", name="Save", exact=True).click()
        page.get_by_text("Saved: 1 number set").wait_for()
        go_to(page, "Total", "Total")
        assert page.get_by_text("Saved: 1 number set").count() == 0
        go_to(page, "GROCERY", "GROCERY")
        draft(page, "30", 1)
        preview(page)
        set_by(place, address, "bob", edit(quantity=33), if_match="*")
        page.get_by_role("button", name="Save", exact=True).click()
        page.get_by_role("region", name="Merge").wait_for()
        go_to(page, "Total", "Total")
        assert page.get_by_role("region", name="Merge").count() == 0

    def test_what_is_typed_while_a_save_runs_is_kept_and_can_be_saved_next(
        self, page: Page, place: Planned, address: str
    ) -> None:
        add_user(place, address, "ada", Role.PLANNER)
        open_as(page, address, "ada", "/nodes/product/GROCERY")
        draft(page, "20", 1, "first")
        preview(page)
        waiting = hold_back(page, SETTING)
        page.get_by_role("button", name="Save", exact=True).click()
        page.get_by_role("form", name="Change numbers").get_by_label("Comment").fill("second")
        let_go(page, waiting)
        page.get_by_text("Saved: 1 number set").wait_for()
        assert comment_on(page) == "second"
        page.unroute_all()
        page.locator("button[data-start]").first.click()
        preview(page)
        page.get_by_role("button", name="Save", exact=True).click()
        page.get_by_text("Saved: 1 number set").wait_for()
        assert [one.comment for one in place.accounts.database.numbers()] == ["first", "second"]
        assert comment_on(page) == ""

    def test_whoever_goes_on_to_other_buckets_is_told_all_the_same_what_came_of_the_save(
        self, page: Page, place: Planned, address: str
    ) -> None:
        add_user(place, address, "ada", Role.PLANNER)
        open_as(page, address, "ada", "/nodes/product/GROCERY")
        draft(page, "20", 1)
        preview(page)
        waiting = hold_back(page, SETTING)
        page.get_by_role("button", name="Save", exact=True).click()
        page.locator("button[data-start]").nth(1).click()
        let_go(page, waiting)
        page.get_by_text("Saved: 1 number set").wait_for()
        assert page.locator("button[data-start]").nth(1).get_attribute("aria-pressed") == "true"


class TestSessions:
    def test_a_late_refusal_of_the_last_session_does_not_end_the_next(
        self, page: Page, place: Planned, address: str
    ) -> None:
        for name in ("ada", "bob"):
            add_user(place, address, name, Role.PLANNER)
        open_as(page, address, "ada", "/nodes/product/GROCERY")
        draft(page, "20", 1)
        looking = re.compile("/v1/overrides/preview$")
        waiting = hold_back(page, looking)
        page.get_by_role("button", name="Preview", exact=True).click()
        page.get_by_role("button", name="Sign out").click()
        open_again(page, "bob")
        with page.expect_response(looking) as answer:
            waiting[0].continue_(headers={**waiting[0].request.headers, "authorization": "Bearer over"})
        assert answer.value.status == 401
        page.wait_for_load_state("networkidle")
        page.get_by_role("button", name="Sign out").wait_for()
        page.get_by_text("bob", exact=True).wait_for(timeout=2000)


class TestAViewer:
    def test_sees_who_set_what_and_no_way_to_change_it(self, page: Page, place: Planned, address: str) -> None:
        add_user(place, address, "ada", Role.PLANNER)
        add_user(place, address, "eve", Role.VIEWER)
        set_by(place, address, "ada", edit(quantity=33))
        open_as(page, address, "eve", "/nodes/product/GROCERY")
        page.get_by_text("That takes the role planner").wait_for()
        page.get_by_role("cell", name="ada", exact=True).wait_for()
        assert page.get_by_role("form").count() == 0
        assert page.locator("button[data-start]").count() == 0
        page.get_by_role("button", name="Show all").wait_for()
        drag(page, 1, 0.5)
        page.get_by_role("button", name="Show all").click()
        assert page.get_by_role("button", name=re.compile("Take")).count() == 0


class TestAxe:
    def test_finds_nothing_while_a_planner_edits(self, page: Page, place: Planned, address: str) -> None:
        add_user(place, address, "ada", Role.PLANNER)
        open_as(page, address, "ada", "/skus/sku0000")
        draft(page, "20", 2)
        preview(page)
        page.get_by_role("button", name="Save", exact=True).click()
        page.get_by_role("button", name="Take back…").first.click()
        draft(page, "30", 1)
        preview(page)
        assert wrong_in_a_theme(page) == {}
