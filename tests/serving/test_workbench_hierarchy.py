"""Planners walk through the hierarchy in the workbench and change numbers at the top: one server, one small lake."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from dp_assets.domain.access import Role
from tests.serving.browsers import (
    address,
    browser,
    draft,
    look_as,
    page,
    preview,
    set_by,
    wrong_for_axe,
    wrong_in_a_theme,
)
from tests.serving.planning_makers import Planned, edit
from tests.serving.test_workbench import address as open_address

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["address", "browser", "open_address", "page"]
pytestmark = [pytest.mark.slow, pytest.mark.needs_workbench]
ROLLUPS = "Roll-ups, in units"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Planned:
    place = Planned(tmp_path_factory.mktemp("hierarchy"))
    for name in ("ada", "bob"):
        place.user(name, [Role.PLANNER])
    place.user("eve", [Role.VIEWER])
    return place


def open_at(page: Page, place: Planned, address: str, name: str, path: str) -> None:
    look_as(page, place, address, name, path)
    page.get_by_role("table", name=ROLLUPS).wait_for()


def number_in(text: str) -> float:
    return float(text.replace(",", ""))


class TestWalking:
    def test_goes_down_to_the_series_and_up_again_by_keys_and_the_parts_are_the_whole(
        self, page: Page, place: Planned, address: str
    ) -> None:
        look_as(page, place, address, "ada", "/")
        page.keyboard.press("g")
        page.keyboard.press("h")
        table = page.get_by_role("table", name=ROLLUPS)
        table.get_by_role("link", name="GROCERY").wait_for()
        totals = [row.locator("td").first.locator("strong").inner_text() for row in table.locator("tbody tr").all()]
        whole, *parts = map(number_in, totals)
        assert whole == pytest.approx(sum(parts), rel=0.02)
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile("node="))
        table.get_by_role("link", name="SOUP").wait_for()
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        table.get_by_role("link", name=re.compile("^sku")).first.wait_for()
        page.keyboard.press("u")
        table.get_by_role("link", name="SOUP").wait_for()
        page.keyboard.press("u")
        table.get_by_role("link", name="DAIRY").wait_for()
        page.go_back()
        page.get_by_text("u goes up").wait_for()

    def test_shows_a_whole_level_side_by_side_and_the_address_keeps_it(
        self, page: Page, place: Planned, address: str
    ) -> None:
        open_at(page, place, address, "ada", "/hierarchy")
        page.get_by_role("combobox", name="Show").select_option("brand")
        table = page.get_by_role("table", name=ROLLUPS)
        table.get_by_role("link", name="GROCERY › SOUP").wait_for()
        page.get_by_role("link", name="by name").click()
        page.wait_for_url(re.compile("by=name"))
        page.reload()
        table.get_by_role("link", name="DAIRY › MILK").wait_for()
        assert table.locator("tbody th a").first.inner_text().startswith("DAIRY")


class TestAPlannerAtTheTop:
    def test_sees_the_split_below_before_saving_and_a_lock_that_does_not_move(
        self, page: Page, place: Planned, address: str
    ) -> None:
        set_by(place, address, "bob", edit("GROCERY/TEA", quantity=30, lock=True, comment="agreed"))
        open_at(page, place, address, "ada", "/hierarchy?node=GROCERY")
        table = page.get_by_role("table", name=ROLLUPS)
        table.get_by_text("locked by bob").wait_for()
        related = page.get_by_role("table", name="Planners’ numbers above and below")
        related.get_by_text("promotion: agreed").wait_for()
        page.keyboard.press("e")
        page.locator("button[data-start]:focus").wait_for()
        draft(page, "20", 1)
        preview(page)
        page.get_by_role("columnheader", name="Your draft (units)").last.wait_for()
        soup = table.get_by_role("row", name=re.compile("^SOUP"))
        assert "→" in soup.inner_text()
        assert wrong_in_a_theme(page) == {}
        page.get_by_role("button", name="Save", exact=True).click()
        page.get_by_text("Saved: 1 number set").wait_for()
        table.get_by_text("set by ada").wait_for()

    def test_is_told_which_locks_contradict_the_draft_and_who_set_them(
        self, page: Page, place: Planned, address: str
    ) -> None:
        set_by(place, address, "bob", edit("DAIRY/MILK", quantity=500, lock=True, comment="fair"))
        open_at(page, place, address, "ada", "/hierarchy?node=DAIRY&edit=true")
        draft(page, "-90", 1)
        page.get_by_label("Lock").check()
        preview(page)
        page.get_by_text("cannot be kept beside").wait_for()
        conflict = page.get_by_role("region", name="Locks that contradict each other")
        assert "the least specific gives way" in conflict.inner_text()
        row = conflict.get_by_role("row", name=re.compile("DAIRY › MILK"))
        assert re.search(r"below.*500.*lock.*bob.*promotion: fair", row.inner_text(), re.S)


class TestOthers:
    def test_a_viewer_reads_who_set_what_and_changes_nothing(self, page: Page, place: Planned, address: str) -> None:
        open_at(page, place, address, "eve", "/hierarchy?node=GROCERY")
        page.get_by_role("button", name="Planners’ numbers of GROCERY").click()
        page.get_by_text("That takes the role planner").wait_for()
        assert page.get_by_role("form").count() == 0

    def test_an_open_api_shows_the_numbers_alone(self, page: Page, open_address: str) -> None:
        page.goto(f"{open_address}/hierarchy")
        page.get_by_role("table", name=ROLLUPS).wait_for()
        assert page.get_by_role("button", name=re.compile("Change|Planners")).count() == 0
        assert wrong_for_axe(page) == []

    def test_a_node_that_does_not_exist_is_told_in_the_words_of_the_api(
        self, page: Page, place: Planned, address: str
    ) -> None:
        look_as(page, place, address, "eve", "/hierarchy?node=nowhere")
        assert "nowhere" in page.get_by_role("alert").inner_text()
