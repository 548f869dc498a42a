"""The workbench in a browser, over a real server with a small bundle: what a planner sees, and what axe finds wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dp_assets.domain.access import Role
from dp_resources.lake import Lake
from tests.serving.browsers import PASSWORD, browser, give_password, page, server_with_keys, wrong_in_a_theme
from tests.serving.clients import server_over
from tests.serving.makers import CYCLE, make_forecasts, make_overridden, make_published, put_bundle
from tests.serving.planning_makers import Planned
from tests.serving.table_makers import SCORED, make_accuracy, make_changes, make_contributions, make_exceptions

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["browser", "page"]
pytestmark = [pytest.mark.slow, pytest.mark.needs_workbench]
SCREENS = {
    "/": "Worklist",
    "/?rule=biased": "Worklist",
    "/skus/sku0000": "sku0000",
    "/skus/sku0003": "sku0003",
    "/nodes/product/total": "Total",
    "/nodes/product/dairy": "dairy",
    "/explorer?q=sku": "Explorer",
    "/accuracy?level=department": "Accuracy",
    "/approvals": "Approvals",
    "/operations": "Operations",
    "/operations?part=ledger": "Operations",
}
"""Address → heading."""


def put_tables(lake: Lake) -> None:
    lake.write("exceptions", make_exceptions(), cycle=CYCLE.isoformat())
    lake.write("accuracy", make_accuracy(), cycle=SCORED.isoformat())
    lake.write("feature_contributions", make_contributions(), cycle=CYCLE.isoformat())
    lake.write("forecast_changes", make_changes(), cycle=CYCLE.isoformat())


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server that is open on this machine."""
    folder = tmp_path_factory.mktemp("workbench")
    lake = Lake(folder / "lake")
    forecasts = make_forecasts(series=[f"sku{number:04d}" for number in range(60)])
    put_bundle(lake, folder, forecasts, published=make_overridden(make_published(forecasts), "sku0000", 1, 40.0))
    put_tables(lake)
    with server_over(lake) as address:
        yield address


class TestEveryScreen:
    def test_axe_finds_nothing_in_light_or_dark_and_nothing_is_asked_of_another_host(
        self, page: Page, address: str
    ) -> None:
        asked, found = [], {}
        page.on("request", lambda request: asked.append(request.url))
        for path, title in SCREENS.items():
            page.goto(address + path)
            page.get_by_role("heading", level=1, name=title).wait_for()
            page.wait_for_load_state("networkidle")
            found[path] = wrong_in_a_theme(page)
        assert {place: wrong for place, wrong in found.items() if wrong} == {}
        assert [url for url in asked if not url.startswith((address, "data:"))] == []

    @pytest.mark.parametrize("size", [(820, 1180), (390, 844)], ids=["tablet", "phone"])
    def test_the_item_page_fits_a_narrow_screen(self, page: Page, address: str, size: tuple[int, int]) -> None:
        page.set_viewport_size({"width": size[0], "height": size[1]})
        page.goto(f"{address}/skus/sku0000")
        page.get_by_role("heading", name="Why this number").wait_for()
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]


class TestTheWorklist:
    def test_it_ranks_by_money_and_is_filtered_by_rule_and_back_undoes_that(self, page: Page, address: str) -> None:
        page.goto(address)
        page.get_by_text("reason 1", exact=True).wait_for()
        page.get_by_role("link", name="Biased").click()
        page.wait_for_url(re.compile("rule=biased"))
        page.get_by_text("4 in all").wait_for()
        page.go_back()
        page.get_by_text("12 in all").wait_for()
        page.get_by_role("img", name=re.compile("^sold .* published next")).first.wait_for()
        assert "rule" not in page.url

    def test_rows_are_walked_and_opened_by_keys(self, page: Page, address: str) -> None:
        page.goto(address)
        page.get_by_text("reason 1", exact=True).wait_for()
        page.keyboard.press("j")
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile("/skus/sku0002"))
        page.keyboard.press("g")
        page.keyboard.press("w")
        page.get_by_role("heading", name="Worklist").wait_for()
        page.keyboard.press("?")
        page.get_by_role("dialog", name="Keyboard shortcuts").wait_for()

    @pytest.mark.parametrize("rows", [0, 2], ids=["no row", "a row"])
    def test_enter_on_a_link_or_button_does_what_that_says_whatever_row_is_chosen(
        self, page: Page, address: str, rows: int
    ) -> None:
        page.goto(address)
        page.get_by_text("reason 1", exact=True).wait_for()
        for _ in range(rows):
            page.keyboard.press("j")
        page.get_by_role("button", name="Keyboard shortcuts").press("Enter")
        dialog = page.get_by_role("dialog", name="Keyboard shortcuts")
        dialog.get_by_role("button", name="Close").press("Enter")
        dialog.wait_for(state="detached")
        page.get_by_role("navigation", name="Screens").get_by_role("link", name="Explorer").press("Enter")
        page.get_by_role("heading", level=1, name="Explorer").wait_for()

    def test_keys_walk_on_after_a_rule_was_clicked(self, page: Page, address: str) -> None:
        page.goto(address)
        page.get_by_role("link", name="Biased").click()
        page.get_by_text("4 in all").wait_for()
        page.keyboard.press("j")
        first = page.get_by_role("table", name="Exceptions by money at stake").get_by_role("link").first
        name = first.inner_text()
        page.keyboard.press("Enter")
        page.get_by_role("heading", level=1, name=name, exact=True).wait_for()

    def test_enter_without_a_chosen_row_is_left_to_the_browser(self, page: Page, address: str) -> None:
        page.goto(address)
        page.get_by_text("reason 1", exact=True).wait_for()
        page.evaluate("addEventListener('keydown', (event) => (window.taken = event.defaultPrevented))")
        page.keyboard.press("Enter")
        assert page.evaluate("window.taken") is False


class TestAnItem:
    def test_it_shows_the_planners_number_and_why(self, page: Page, address: str) -> None:
        page.goto(f"{address}/skus/sku0000")
        page.get_by_text("✎ ann: 40 units, launch").wait_for()
        page.get_by_text("promotion in figures").wait_for()
        page.get_by_text("new actuals").first.wait_for()
        assert "buckets sold" in (page.get_by_role("img").first.get_attribute("aria-label") or "")
        page.get_by_role("link", name="dairy").first.click()
        page.wait_for_url(re.compile("/nodes/product/dairy"))

    def test_what_no_model_explains_says_which_series_are(self, page: Page, address: str) -> None:
        page.goto(f"{address}/skus/sku0003")
        explains = "got 'sku0003'; /v1/series lists those that are forecast, and the models explain only what they"
        for table in ("feature_contributions", "forecast_changes"):
            page.get_by_text(f"a series of the table {table} of cycle {CYCLE}, {explains}").wait_for()

    def test_what_does_not_exist_is_told_in_the_words_of_the_api(self, page: Page, address: str) -> None:
        page.goto(f"{address}/skus/nothing")
        assert "nothing" in page.get_by_role("alert").inner_text()

    def test_a_node_has_its_history_and_what_lies_below(self, page: Page, address: str) -> None:
        page.goto(f"{address}/nodes/product/total")
        page.get_by_role("img", name=re.compile("buckets sold")).wait_for()
        page.get_by_role("heading", name="Below: 3 of level department").wait_for()
        page.get_by_role("link", name="bakery/bread").click()
        page.get_by_role("heading", level=1, name="bakery/bread").wait_for()
        page.reload()
        page.get_by_role("heading", level=1, name="bakery/bread").wait_for()


class TestTheExplorer:
    def test_it_finds_as_one_types_and_the_address_keeps_it(self, page: Page, address: str) -> None:
        page.goto(f"{address}/explorer")
        page.get_by_text("60 items").wait_for()
        assert page.get_by_role("group", name="Chosen series").count() == 0  # an open API is read only
        page.get_by_label("Search", exact=True).fill("sku0042")
        page.get_by_text("1 item", exact=True).wait_for()
        assert "q=sku0042" in page.url
        page.get_by_role("link", name="sku0042").click()
        page.get_by_role("heading", level=1, name="sku0042").wait_for()
        page.go_back()
        page.get_by_text("1 item", exact=True).wait_for()

    def test_the_tree_limits_and_the_export_follows(self, page: Page, address: str, tmp_path: Path) -> None:
        page.goto(f"{address}/explorer")
        page.get_by_role("button", name="frozen", exact=True).click()
        page.get_by_text("20 items where department is frozen").wait_for()
        with page.expect_download() as download:
            page.get_by_role("button", name="Export CSV").click()
        download.value.save_as(tmp_path / "export.csv")
        lines = (tmp_path / "export.csv").read_text().splitlines()
        assert len({line.partition(",")[0] for line in lines[1:]}) == 20


class TestSigningIn:
    def test_a_one_time_password_is_replaced_and_the_address_kept(self, page: Page, tmp_path: Path) -> None:
        place = Planned(tmp_path)
        given = place.user("ada", [Role.PLANNER])
        with server_with_keys(place) as address:
            page.goto(f"{address}/skus/sku0001")
            give_password(page, "ada", "wrong, and so refused")
            assert "do not fit" in page.get_by_role("alert").inner_text()
            page.get_by_label("Password", exact=True).fill(given)
            page.get_by_role("button", name="Sign in").click()
            page.get_by_label(re.compile("New password")).fill(PASSWORD)
            page.get_by_role("button", name="Choose password").click()
            page.get_by_role("heading", level=1, name="sku0001").wait_for()
            page.reload()
            page.get_by_role("heading", level=1, name="sku0001").wait_for()
            page.get_by_role("button", name="Sign out").click()
            give_password(page, "ada")
            page.get_by_role("heading", level=1, name="sku0001").wait_for()
