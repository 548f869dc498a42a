"""Planners choose many series in the explorer, change them together and keep views: one server, one small lake."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from dp_assets.domain.access import Role
from tests.serving.access_makers import SKUS
from tests.serving.browsers import address, browser, look_as, page, preview, set_by, wrong_in_a_theme
from tests.serving.planning_makers import Planned, edit

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["address", "browser", "page"]
pytestmark = [pytest.mark.slow, pytest.mark.needs_workbench]
GROCERY = sorted(sku for sku, above in SKUS.items() if above.startswith("GROCERY"))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Planned:
    place = Planned(tmp_path_factory.mktemp("explorer"))
    place.user("ada", [Role.PLANNER])
    place.user("bob", [Role.PLANNER])
    place.user("eve", [Role.VIEWER])
    return place


@pytest.fixture
def planner(page: Page, place: Planned, address: str) -> Page:
    look_as(page, place, address, "ada", "/explorer")
    boxes(page).first.wait_for()
    return page


def boxes(page: Page) -> Any:
    return page.locator("input[data-at]")


def chosen(page: Page) -> list[int]:
    """Which rows are ticked, by their places."""
    return [at for at, box in enumerate(boxes(page).all()) if box.is_checked()]


def told(page: Page, words: str) -> None:
    page.get_by_role("group", name="Chosen series").get_by_text(words).first.wait_for()


def draft(page: Page, percent: str) -> None:
    form = page.get_by_role("form", name="Change many series")
    form.get_by_label("From").select_option(index=1)
    form.get_by_role("spinbutton", name="Percent").fill(percent)
    form.get_by_label("Reason").select_option("promotion")
    form.get_by_label("Comment").fill("leaflet")


class TestManySeries:
    def test_what_filters_leave_is_raised_together_after_a_look_at_the_totals(
        self, planner: Page, place: Planned
    ) -> None:
        planner.get_by_role("combobox", name="department").select_option("GROCERY")
        planner.get_by_text(f"{len(GROCERY)} items where department is GROCERY").wait_for()
        planner.get_by_label("Choose all that the filters leave").check()
        told(planner, f"{len(GROCERY)} series")
        planner.get_by_role("button", name="Change their numbers…").click()
        draft(planner, "20")
        planner.get_by_role("form", name="Change many series").get_by_label("Lock").check()
        planner.reload()
        region = preview(planner)
        region.get_by_text(f"{len(GROCERY)} numbers would be set.").wait_for()
        region.get_by_text("The total goes from").wait_for()
        region.get_by_text(re.compile("department of product")).first.wait_for()
        assert wrong_in_a_theme(planner) == {}
        planner.get_by_role("button", name="Save", exact=True).click()
        planner.get_by_text(f"Saved: {len(GROCERY)} numbers set").wait_for()
        made = [one for one in place.accounts.database.numbers() if one.comment == "leaflet"]
        assert sorted(one.node for one in made) == GROCERY
        assert {(one.user, one.locked, one.reason_code) for one in made} == {("ada", True, "promotion")}

    def test_nothing_is_saved_over_what_somebody_set_since(self, planner: Page, place: Planned, address: str) -> None:
        last = boxes(planner).last
        name = str(last.get_attribute("aria-label")).removeprefix("Choose ")
        last.check()
        planner.get_by_role("button", name="Change their numbers…").click()
        draft(planner, "10")
        preview(planner)
        set_by(place, address, "bob", edit(name, quantity=7), if_match="*")
        planner.get_by_role("button", name="Save", exact=True).click()
        planner.get_by_text("Somebody was faster").wait_for()
        held = [one for one in place.accounts.database.numbers() if one.node == name and one.ended is None]
        assert [(one.user, one.quantity) for one in held] == [("bob", 7.0)]
        preview(planner).get_by_text(re.compile("7 units by bob")).wait_for()
        planner.get_by_role("button", name="Drop the draft").click()

    def test_units_are_set_for_each_of_them_and_refused_below_nothing(self, planner: Page, place: Planned) -> None:
        names = [str(box.get_attribute("aria-label")).removeprefix("Choose ") for box in boxes(planner).all()[:2]]
        boxes(planner).nth(0).check()
        boxes(planner).nth(1).check()
        planner.get_by_role("button", name="Change their numbers…").click()
        form = planner.get_by_role("form", name="Change many series")
        form.get_by_label("From").select_option(index=2)
        form.get_by_role("combobox", name="Change").select_option("units")
        amount = form.get_by_role("spinbutton", name="Units of each series in each bucket")
        amount.fill("-3")
        form.get_by_text("Units are zero or more.").wait_for()
        amount.fill("12")
        form.get_by_label("Reason").select_option("promotion")
        form.get_by_label("Comment").fill("shelf of the till")
        preview(planner).get_by_text("2 numbers would be set.").wait_for()
        planner.get_by_role("button", name="Save", exact=True).click()
        planner.get_by_text("Saved: 2 numbers set").wait_for()
        made = [one for one in place.accounts.database.numbers() if one.comment == "shelf of the till"]
        assert sorted((one.node, one.quantity) for one in made) == sorted((name, 12.0) for name in names)

    def test_rows_are_chosen_by_ranges_of_mouse_and_keys_and_stay_chosen_under_filters(self, planner: Page) -> None:
        boxes(planner).nth(0).check()
        boxes(planner).nth(2).click(modifiers=["Shift"])
        told(planner, "3 series")
        assert chosen(planner) == [0, 1, 2]
        boxes(planner).nth(2).press("Shift+ArrowDown")
        told(planner, "4 series")
        assert chosen(planner) == [0, 1, 2, 3]
        planner.get_by_role("searchbox", name="Search", exact=True).fill("no such item")
        told(planner, "4 series")
        planner.get_by_text("4 of them not shown by the filters").wait_for()
        planner.get_by_role("button", name="Choose none").click()
        planner.get_by_text("Tick rows to change them together").wait_for()


def test_who_may_not_plan_has_nothing_to_choose(page: Page, place: Planned, address: str) -> None:
    look_as(page, place, address, "eve", "/explorer")
    page.get_by_role("link", name=GROCERY[0]).first.wait_for()
    assert page.locator("input[data-at]").count() == 0
    assert page.get_by_role("group", name="Chosen series").count() == 0


class TestViews:
    def test_a_view_keeps_filters_columns_and_order_under_a_name(self, planner: Page, address: str) -> None:
        planner.get_by_role("combobox", name="department").select_option("DAIRY")
        planner.get_by_role("checkbox", name="brand").uncheck()
        planner.get_by_role("button", name="Item").click()
        planner.get_by_role("button", name="Save this view…").click()
        planner.get_by_label("Name of the view").fill("dairy")
        planner.keyboard.press("Enter")
        planner.goto(f"{address}/explorer")
        planner.get_by_role("region", name="Views").get_by_role("link", name="dairy").click()
        planner.get_by_text("where department is DAIRY").wait_for()
        assert planner.get_by_role("columnheader", name="brand").count() == 0
        assert re.search("hide=.*brand.*sort=series_id", planner.url)
        planner.get_by_role("button", name="Rename…").click()
        planner.get_by_label("Name of the view").fill("milk and more")
        planner.keyboard.press("Enter")
        planner.get_by_role("link", name="milk and more").wait_for()
        planner.get_by_role("button", name="Delete view").click()
        planner.get_by_role("button", name="Save this view…").wait_for()
        planner.go_back()
        assert planner.get_by_role("link", name="milk and more").count() == 0
