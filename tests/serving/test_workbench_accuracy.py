"""Whether forecasts were any good, in the workbench: an open server, a small lake with two cycles that were scored."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pytest

from dp_assets.domain.access import Role
from dp_resources.lake import Lake
from tests.serving.access_makers import GROCERY
from tests.serving.browsers import browser, look_as, page, server_with_keys, wrong_in_a_theme
from tests.serving.clients import server_over
from tests.serving.makers import CYCLE, make_forecasts, put_bundle
from tests.serving.planning_makers import Planned
from tests.serving.table_makers import SCORED, make_accuracy, make_value_added

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["browser", "page"]
pytestmark = [pytest.mark.slow, pytest.mark.needs_workbench]
BEFORE = SCORED - timedelta(weeks=1)


def put_scores(lake: Lake) -> None:
    """Two cycles of which the later is better for dairy and worse for frozen."""
    now = make_accuracy()
    worse = pl.when(pl.col("node") == "dairy").then(pl.col("wape") + 0.1).otherwise(pl.col("wape") - 0.05)
    then = now.with_columns(worse.alias("wape"))
    for cycle, scores in ((BEFORE, then), (SCORED, now)):
        lake.write("accuracy", scores, cycle=cycle.isoformat())
        lake.write("forecast_value_added", make_value_added(), cycle=cycle.isoformat())


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("accuracy")
    lake = Lake(folder / "lake")
    forecasts = make_forecasts()
    put_bundle(lake, folder, forecasts)
    for cycle in (CYCLE, SCORED, BEFORE):
        lake.write("forecasts", forecasts, cycle=cycle.isoformat())
    put_scores(lake)
    with server_over(lake) as address:
        yield address


def test_calibration_movers_and_what_each_step_saved_stand_on_one_page(page: Page, address: str) -> None:
    page.goto(f"{address}/accuracy?level=department")
    page.get_by_role("img", name=re.compile("Calibration plot: promised 50%")).wait_for()
    worse, better = (page.get_by_role("table", name=f"Got {way} since the cycle before") for way in ("worse", "better"))
    worse.get_by_role("row", name=re.compile("frozen")).wait_for()
    better.get_by_role("row", name=re.compile("dairy.*▼ -10%")).wait_for()
    steps = page.get_by_role("table", name="Error after each step, all items")
    steps.get_by_role("row", name=re.compile("Planners.*saved 5")).wait_for()
    page.get_by_role("table", name="Numbers that planners changed, by planner").get_by_text("ada").wait_for()
    page.get_by_role("table", name="Numbers that planners changed, by reason").get_by_text("promotion").wait_for()
    nodes = page.get_by_role("table", name="What each step saved, by department of product")
    nodes.get_by_role("row", name=re.compile("dairy.*saved 5")).wait_for()
    nodes.get_by_role("row", name=re.compile("frozen.*cost 5")).wait_for()
    assert wrong_in_a_theme(page) == {}


def test_the_level_below_the_total_is_what_is_shown_first_and_the_address_says_which_was_chosen(
    page: Page, address: str
) -> None:
    page.goto(f"{address}/accuracy")
    scores = page.get_by_role("table", name="Scores of nodes")
    for node in ("dairy", "frozen"):
        scores.get_by_role("row", name=re.compile(node)).wait_for()
    page.get_by_label("Level", exact=True).select_option("total")
    scores.get_by_role("row", name=re.compile("^total")).wait_for()
    assert "level=total" in page.url


def test_an_earlier_cycle_is_chosen_and_the_first_has_nothing_to_be_compared_with(page: Page, address: str) -> None:
    page.goto(f"{address}/accuracy")
    page.get_by_label("of the cycle").select_option(BEFORE.isoformat())
    page.get_by_text("No cycle before this one was scored").wait_for()
    assert f"cycle={BEFORE.isoformat()}" in page.url
    page.go_back()
    page.get_by_text(re.compile("^against W")).wait_for()


def test_who_is_kept_to_some_nodes_is_told_what_they_do_not_see(page: Page, tmp_path: Path) -> None:
    place = Planned(tmp_path)
    put_scores(place.lake)
    place.user("kim", [Role.VIEWER], GROCERY)
    with server_with_keys(place) as address:
        look_as(page, place, address, "kim", "/accuracy")
        page.get_by_text("The card of a cycle is about everything").wait_for()
        page.get_by_text("it tells of nodes that you do not see").first.wait_for()
        assert page.get_by_role("table", name=re.compile("^Error after each step")).count() == 0
        for hidden in ("dairy", "frozen"):
            assert page.get_by_text(hidden, exact=True).count() == 0
