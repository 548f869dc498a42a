"""Planners build, compare and promote scenarios in the workbench: one server, one small lake for all tests.

What the asset graph would compute is written by `put_result`; that it does so is tested in `tests/e2e`.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from dp_assets.domain.access import Role
from dp_assets.domain.scenario_definition import ScenarioDefinition
from dp_assets.scenario_results import TABLE, made_of
from dp_resources.planning_requests import RUN_SCENARIO, newest_requests
from tests.serving.access_makers import GROCERY, GROCERY_AND_A_LOOK
from tests.serving.browsers import address, browser, look_as, page, wrong_for_axe, wrong_in_a_theme
from tests.serving.makers import CYCLE
from tests.serving.planning_makers import FIRST, Planned
from tests.serving.test_scenario_scopes import BUCKETS, INSIDE
from tests.serving.test_scenarios import GROWTH, put_result

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

__all__ = ["address", "browser", "page"]
pytestmark = [pytest.mark.slow, pytest.mark.needs_workbench]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Planned:
    place = Planned(tmp_path_factory.mktemp("scenarios"))
    place.user("ada", [Role.PLANNER])
    place.user("eve", [Role.VIEWER])
    place.user("gro", [Role.PLANNER], GROCERY)
    place.user("looks", [Role.PLANNER], GROCERY_AND_A_LOOK)
    return place


def kept(place: Planned, name: str, computed: bool = True) -> int:
    """A scenario of 10 % more that was made elsewhere."""
    definition = ScenarioDefinition.model_validate(GROWTH)
    made = place.accounts.database.create_scenario(name, CYCLE, definition, "ada", datetime.now(UTC))
    if computed:
        put_result(place, name)
    return made.sequence


def names(place: Planned) -> list[str]:
    return [one.name for one in place.accounts.database.scenarios()]


def fill_growth(page: Page, name: str, node: str) -> Locator:
    form = page.get_by_role("form", name="New scenario")
    form.get_by_label("Name").fill(name)
    form.get_by_role("button", name="Growth or decline").click()
    form.get_by_label("Where").fill(node)
    form.get_by_label("Percent").fill("10")
    return form


class TestAPlanner:
    def test_builds_one_is_told_that_it_waits_and_sees_what_it_comes_to_beside_the_base(
        self, page: Page, place: Planned, address: str
    ) -> None:
        look_as(page, place, address, "ada", "/")
        page.keyboard.press("g")
        page.keyboard.press("s")
        page.get_by_text("There is no scenario yet").wait_for()
        page.get_by_role("link", name="New scenario").click()
        page.get_by_text("Give it a name").wait_for()
        fill_growth(page, "spring", "GROCERY")
        page.reload()
        form = page.get_by_role("form", name="New scenario")
        assert form.get_by_label("Where").input_value() == "GROCERY"
        assert wrong_for_axe(page) == []
        form.get_by_role("button", name="Save and compute").click()
        page.get_by_text("and not computed yet").wait_for()
        page.get_by_text("a running graph does").wait_for()
        assert list(newest_requests(place.accounts.database, RUN_SCENARIO)) == ["spring"]
        put_result(place, "spring")
        page.get_by_text("✓ Computed.").wait_for()
        page.get_by_role("combobox", name="Level").select_option("department")
        page.get_by_label("Only buckets that differ").check()
        page.get_by_role("table", name="Units of nodes").get_by_text("+10%").first.wait_for()
        page.get_by_label("Only buckets that differ").uncheck()
        page.get_by_role("table", name="Units of nodes").get_by_role("link", name="DAIRY").click()
        page.get_by_role("region", name="DAIRY").get_by_role("img").wait_for()
        page.get_by_role("table", name="DAIRY by bucket, with intervals").get_by_text(" to ").first.wait_for()
        assert "level=department&node=DAIRY" in page.url
        rows = page.get_by_role("table", name="DAIRY by bucket, with intervals").get_by_role("row")
        assert rows.count() == 1 + BUCKETS
        assert all(" to " in row.inner_text() for row in rows.all()[1:])
        assert [row.get_by_text("differs:").count() for row in rows.all()[1:]] == [1] + [0] * (BUCKETS - 1)
        page.get_by_label("Only buckets that differ").check()
        page.wait_for_url(re.compile("only=differing"))
        rows.nth(2).wait_for(state="detached")
        assert rows.count() == 2
        page.reload()
        assert page.get_by_label("Only buckets that differ").is_checked()
        page.get_by_label("Only buckets that differ").uncheck()
        rows.nth(BUCKETS).wait_for()
        assert wrong_in_a_theme(page) == {}

    def test_is_told_of_a_node_that_does_not_exist_before_anything_is_kept(
        self, page: Page, place: Planned, address: str
    ) -> None:
        look_as(page, place, address, "ada", "/scenarios?form=new")
        form = fill_growth(page, "typo", "GROCER")
        form.get_by_role("button", name="Save", exact=True).click()
        assert "GROCER" in page.get_by_role("alert").inner_text()
        assert "typo" not in names(place)
        form.get_by_role("button", name="Cancel").click()
        page.get_by_role("link", name="New scenario").click()
        assert page.get_by_role("form", name="New scenario").get_by_label("Name").input_value() == ""

    def test_lays_two_side_by_side_and_makes_one_the_plan(self, page: Page, place: Planned, address: str) -> None:
        for name in ("one", "two"):
            kept(place, name)
        look_as(page, place, address, "ada", "/scenarios?scenario=one&level=series")
        page.get_by_label("two").check()
        page.wait_for_url(re.compile("with="))
        page.get_by_role("columnheader", name="two (units)").first.wait_for()
        page.get_by_role("button", name="Make it the plan…").click()
        form = page.get_by_role("form", name="Make it the plan")
        form.get_by_label("Reason").select_option("price")
        form.get_by_role("button", name="Make it the plan").click()
        page.get_by_text("It is the plan: 4 numbers set").wait_for()
        made = {(one.node, one.user, one.reason_code) for one in place.accounts.database.numbers()}
        assert made == {(sku, "ada", "price") for sku in place.skus}

    def test_changes_one_which_is_then_not_computed_and_deletes_it(
        self, page: Page, place: Planned, address: str
    ) -> None:
        kept(place, "draft")
        look_as(page, place, address, "ada", "/scenarios?scenario=draft")
        page.get_by_role("link", name="Change it").click()
        form = page.get_by_role("form", name="Change draft")
        form.get_by_label("Percent").fill("25")
        form.get_by_role("button", name="Save", exact=True).click()
        page.get_by_text("definition changed since: compute it again").wait_for()
        page.get_by_text("Demand +25 % for total").first.wait_for()
        page.get_by_role("button", name="Delete…").click()
        page.keyboard.press("Enter")
        page.get_by_role("link", name="draft").wait_for(state="detached")
        assert "draft" not in names(place)

    def test_reads_why_one_could_not_be_computed(self, page: Page, place: Planned, address: str) -> None:
        number = kept(place, "odd", computed=False)
        record = {"cycle": FIRST, "definition": number, "made_of": made_of(place.lake, CYCLE)}
        place.lake.commit(TABLE, "odd", {**record, "refused": "changes[0] (growth): expected a node"})
        look_as(page, place, address, "ada", "/scenarios?scenario=odd")
        assert "Change 1 (growth): expected a node" in page.get_by_role("alert").inner_text()


class TestAPlannerOfADepartment:
    def test_builds_compares_and_promotes_one_of_it_and_reads_of_no_other(
        self, page: Page, place: Planned, address: str
    ) -> None:
        kept(place, "whole")
        look_as(page, place, address, "gro", "/scenarios?form=new")
        form = fill_growth(page, "mine", "DAIRY")
        form.get_by_text("kept with your name and a dot before it").wait_for()
        assert form.get_by_role("button", name="A new store or product").count() == 0
        assert form.locator("datalist option[value=DAIRY]").count() == 0
        form.get_by_role("button", name="Save", exact=True).click()
        assert "DAIRY" in page.get_by_role("alert").inner_text()
        form.get_by_label("Where").fill("GROCERY")
        form.get_by_role("button", name="Save", exact=True).click()
        page.get_by_text("not computed yet: compute it").wait_for()
        assert "scenario=gro.mine" in page.url
        put_result(place, "gro.mine", INSIDE)
        page.reload()
        page.get_by_role("region", name="GROCERY").get_by_role("img").wait_for()
        assert page.get_by_role("combobox", name="Level").locator("option").all_inner_texts()[0] == "department"
        page.get_by_text("units to what you see").wait_for()
        assert wrong_for_axe(page) == []
        page.get_by_role("button", name="Make it the plan…").click()
        form = page.get_by_role("form", name="Make it the plan")
        form.get_by_label("Reason").select_option("price")
        before = {one.sequence for one in place.accounts.database.numbers()}
        form.get_by_role("button", name="Make it the plan").click()
        page.get_by_text("It is the plan: 2 numbers set").wait_for()
        made = {one.node for one in place.accounts.database.numbers() if one.sequence not in before}
        assert made == {"sku0000", "sku0001"}
        assert not any(word in page.content() for word in ("DAIRY", "sku0002", "whole"))

    def test_who_sees_the_others_too_looks_at_theirs_and_is_offered_nothing(
        self, page: Page, place: Planned, address: str
    ) -> None:
        kept(place, "everything")
        look_as(page, place, address, "looks", "/scenarios?scenario=everything")
        page.get_by_text("It also changes what lies outside of the nodes that you plan").wait_for()
        assert page.get_by_role("button", name=re.compile("Compute|plan…|Delete")).count() == 0
        assert page.get_by_role("link", name="Change it").count() == 0


class TestAViewer:
    def test_compares_and_has_no_way_to_change_anything(self, page: Page, place: Planned, address: str) -> None:
        kept(place, "seen")
        look_as(page, place, address, "eve", "/scenarios?scenario=seen&form=edit")
        page.get_by_role("heading", name="Beside what is published").wait_for()
        page.get_by_text("That takes the role planner").wait_for()
        assert page.get_by_role("form").count() == 0
        assert page.get_by_role("button", name=re.compile("Compute|plan|Delete|Save")).count() == 0
        assert page.get_by_role("link", name=re.compile("New scenario|Change it")).count() == 0

    def test_a_scenario_that_is_gone_is_said_to_be_so(self, page: Page, place: Planned, address: str) -> None:
        look_as(page, place, address, "eve", "/scenarios?scenario=gone")
        assert "there is no scenario 'gone'" in page.get_by_role("alert").inner_text()
