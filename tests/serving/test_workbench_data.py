"""Files and what stands out in them, in the workbench: a real server with keys, a lake with a file in every state."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import polars as pl
import pytest

from dp_assets.domain.access import Role
from dp_assets.quality import GATE
from dp_assets.recalls import write_event
from dp_assets.registry import recalled_versions
from tests.landed import COLUMNS, START, encode, make_rows
from tests.serving.access_makers import GROCERY
from tests.serving.browsers import browser, choose_password, page, server_with_keys, wrong_for_axe, wrong_in_a_theme
from tests.serving.file_makers import PlannedShop
from tests.serving.makers import CYCLE
from tests.serving.table_makers import make_causes, make_classes, make_conflicts, make_outliers

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["browser", "page"]
pytestmark = [pytest.mark.slow, pytest.mark.needs_workbench]
USERS = {"dee": [Role.DATA_ENGINEER], "ada": [Role.PLANNER], "vic": [Role.VIEWER], "kim": [Role.VIEWER]}


SHOP = {"name": "shop", "files": ["shop/**"], "columns": COLUMNS}
PLANNERS = {
    **{"name": "planners", "feed": "attribute_corrections", "files": ["corrections/*.csv"]},
    "columns": {"sku": "SKU", "attribute": "What", "value": "Is", "user": "By", "reason": "Why"},
}


class Served:
    """A shop behind a server, and the way to be somebody there."""

    def __init__(self, shop: PlannedShop, address: str) -> None:
        self.shop, self.address, self.tokens = shop, address, dict[str, str]()
        for name, roles in USERS.items():
            given = shop.user(name, roles, *([GROCERY] if name == "kim" else []))
            self.tokens[name] = choose_password(address, name, given)

    def open(self, page: Page, path: str, name: str = "dee") -> None:
        page.add_init_script(f"sessionStorage.setItem('demand-planner.token', '{self.tokens[name]}')")
        # As where a company serves the page without TLS.
        page.add_init_script("delete Crypto.prototype.randomUUID")
        page.goto(self.address + path)

    def version(self, uri: str) -> str:
        return next(one for one, commit in self.shop.lake.committed("ingest").items() if commit["uri"] == uri)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    shop = PlannedShop(
        tmp_path_factory.mktemp("data"), {"producers": [SHOP, PLANNERS], "attributes": {"department": {}, "brand": {}}}
    )
    refused = make_rows(30, seed=1).with_columns(qty=pl.when(pl.col("item") == 1).then(-1.0).otherwise("qty"))
    shop.put("shop/week-1.csv", encode(make_rows(24), "csv"))
    shop.put("shop/week-2.csv", encode(refused, "csv"))
    shop.put("shop/broken.csv", b"item;what\n1;2\n")
    held = shop.put("shop/held.csv", encode(make_rows(12, seed=3), "csv"))
    shop.settle()
    write_event(shop.lake, held, False, GATE, "rows: 12, expected 5000", START)
    shop.settle()
    for name, table in (("log", make_outliers(60)), ("causes", make_causes(60))):
        shop.lake.write(f"outlier_{name}", table, cycle=CYCLE.isoformat())
    shop.lake.write("attribute_conflicts", make_conflicts(), cycle=CYCLE.isoformat())
    shop.lake.write("series_classes", make_classes(), cycle=CYCLE.isoformat())
    with server_with_keys(shop, DP_LANDING_ROOT=str(shop.folder / "landing")) as address:
        yield Served(shop, address)


class TestFiles:
    def test_a_producer_leads_to_its_files_in_a_state_and_back_undoes_that(self, page: Page, served: Served) -> None:
        served.open(page, "/")
        page.get_by_role("navigation", name="Screens").get_by_role("link", name="Worklist").wait_for()
        page.keyboard.press("g")
        page.keyboard.press("d")
        page.get_by_role("heading", level=1, name="Data").wait_for()
        producers = page.get_by_role("table", name="Producers", exact=True)
        producers.get_by_text("too few files to tell").wait_for()
        producers.get_by_role("link", name="1 quarantined").click()
        page.wait_for_url(re.compile("state=quarantined"))
        listed = page.get_by_role("table", name="Files of producers")
        listed.get_by_role("link", name="shop/week-1.csv").wait_for(state="detached")
        assert listed.get_by_role("row").count() == 2
        page.reload()
        listed.get_by_role("link", name="shop/broken.csv").click()
        page.get_by_role("alert").get_by_text("Nothing of it counts").wait_for()
        page.go_back()
        page.get_by_label("Part of the path").fill("nowhere")
        page.get_by_text("No file fits").wait_for()
        assert "uri=nowhere" in page.url
        page.get_by_role("button", name="Clear filters").last.click()
        listed.get_by_role("link", name="shop/week-1.csv").wait_for()

    def test_a_rejected_row_shows_its_place_the_reason_and_the_text_that_came(self, page: Page, served: Served) -> None:
        version = served.version("shop/week-2.csv")
        served.open(page, f"/data/files/{version}")
        page.get_by_role("table", name="Rows that each rule rejected").get_by_role("link").first.click()
        page.wait_for_url(re.compile("rule="))
        row = page.get_by_role("table", name="Rejected rows as they came").get_by_role("row").nth(1)
        number = int(row.get_by_role("rowheader").inner_text())
        lines = (served.shop.folder / "landing/shop/week-2.csv").read_text().splitlines()
        cells = row.get_by_role("cell").all_inner_texts()
        assert "-1" in cells[1]
        assert cells[2:] == lines[number].split(",")[:-1]  # the last column is one that nobody reads
        page.get_by_text(re.compile(r"\d+ read = \d+ accepted")).wait_for()
        page.get_by_role("table", name="Measures of data quality").wait_for()


class TestAnEngineer:
    def test_takes_a_file_back_with_a_reason_that_a_reload_keeps_and_puts_it_back(
        self, page: Page, served: Served
    ) -> None:
        version = served.version("shop/week-1.csv")
        served.open(page, f"/data/files/{version}")
        page.get_by_role("button", name="Take it back…").click()
        page.get_by_role("table", name="What is computed again").wait_for()
        page.get_by_label("Why does it not count?").fill("till 4 counted twice")
        page.reload()
        page.get_by_role("button", name="Take it back…").click()
        assert page.get_by_label("Why does it not count?").input_value() == "till 4 counted twice"
        page.get_by_role("button", name="Take back", exact=True).click()
        page.get_by_text("Taken back: it counts for nothing").wait_for()
        assert recalled_versions(served.shop.lake) >= {version}
        page.get_by_role("table", name="What was done to it").get_by_text("till 4 counted twice").wait_for()
        page.get_by_text("Not told yet").wait_for()
        page.get_by_role("button", name="Put it back…").click()
        page.get_by_label("Why does it count again?").fill("it was right")
        page.get_by_role("button", name="Put back", exact=True).click()
        page.get_by_text("Put back: it counts from now on").wait_for()
        assert version not in recalled_versions(served.shop.lake)
        said = [(user, action) for user, action, subject in served.shop.ledger() if subject == version]
        assert said == [("dee", "recall file"), ("dee", "undo recall of file")]

    def test_uploads_a_file_and_sees_what_becomes_of_it(self, page: Page, served: Served) -> None:
        served.open(page, "/data")
        form = page.get_by_role("form", name="Upload a file")
        named = {"name": "week-3.csv", "mimeType": "text/csv", "buffer": encode(make_rows(18, seed=9), "csv")}
        form.get_by_label(re.compile("File, named like")).set_input_files(named)  # type: ignore[arg-type]
        form.get_by_role("button", name="Upload").click()
        page.get_by_text("shop/week-3.csv landed").wait_for()
        page.get_by_text("It waits to be read").wait_for()
        served.shop.world.register()
        served.shop.settle()
        page.get_by_text("18 of 18 rows accepted").wait_for()
        assert (served.shop.folder / "landing/shop/week-3.csv").read_bytes() == named["buffer"]
        page.get_by_role("table", name="Files of producers").get_by_role("link", name="shop/week-3.csv").wait_for()

    def test_is_told_in_the_words_of_the_api_why_a_file_is_not_taken(self, page: Page, served: Served) -> None:
        served.open(page, "/data")
        form = page.get_by_role("form", name="Upload a file")
        hidden = {"name": ".hidden.csv", "mimeType": "text/csv", "buffer": b"x"}
        form.get_by_label(re.compile("File, named like")).set_input_files(hidden)  # type: ignore[arg-type]
        form.get_by_role("button", name="Upload").click()
        page.get_by_role("alert").get_by_text("expected a plain file name").wait_for()


class TestOutliers:
    def test_they_stand_by_money_with_their_causes_and_lead_to_the_item(self, page: Page, served: Served) -> None:
        served.open(page, "/data?tab=outliers", "vic")
        page.get_by_text("60 in the history of the cycle of").wait_for()
        first = page.get_by_role("table", name="Outliers").get_by_role("row").nth(1)
        assert "Bulk order: 12 units per line" in first.inner_text()
        page.get_by_label("Likely cause").select_option(label="Promotion (10)")
        page.wait_for_url(re.compile("cause=promotion"))
        page.get_by_text("20 in the history").wait_for()
        page.get_by_label("Part of the item").fill("sku0003")
        page.get_by_text("10 in the history").wait_for()
        page.reload()
        page.get_by_text("10 in the history").wait_for()
        page.get_by_role("link", name="sku0003", exact=True).first.click()
        page.get_by_role("heading", level=1, name="sku0003").wait_for()

    def test_pages_and_file_rows_have_addresses_of_their_own(self, page: Page, served: Served) -> None:
        served.open(page, "/data?tab=outliers", "vic")
        page.get_by_role("link", name="Next page").click()
        page.get_by_text("10 of 60 outliers").wait_for()
        paged = page.url
        page.get_by_role("link", name=re.compile("^Show file rows of")).first.click()
        page.get_by_role("heading", name=re.compile("^File rows of sku")).wait_for()
        assert page.url != paged
        page.reload()
        page.get_by_role("heading", name=re.compile("^File rows of sku")).wait_for()
        page.get_by_role("link", name="Close").click()
        page.get_by_role("heading", name=re.compile("^File rows of sku")).wait_for(state="detached")
        page.get_by_text("10 of 60 outliers").wait_for()
        assert page.url == paged

    def test_who_is_kept_to_some_nodes_sees_those_of_their_own(self, page: Page, served: Served) -> None:
        served.open(page, "/data?tab=outliers&cause=promotion", "kim")
        page.get_by_text("10 in the history").wait_for()
        assert page.get_by_role("link", name="sku0002").count() == 0


class TestQuality:
    def test_what_stands_out_is_told_file_by_file_and_day_by_day(self, page: Page, served: Served) -> None:
        served.open(page, "/data?tab=quality&producer=shop", "vic")
        reports = page.get_by_role("table", name="Reports of data quality")
        row = reports.get_by_role("row").filter(has_text="shop/week-2.csv")
        row.get_by_text(re.compile("^rejected share: ")).wait_for()
        row.get_by_text("warns").wait_for()
        page.get_by_role("button", name="Day of the newest file").click()
        page.wait_for_url(re.compile("day=20"))
        page.get_by_role("heading", name=re.compile("^All files of")).wait_for()
        page.get_by_label("Day of arrival").fill("2001-01-01")
        page.get_by_text("No file fits").wait_for()


class TestConflicts:
    def test_a_planner_says_what_an_attribute_is_and_it_becomes_a_file(self, page: Page, served: Served) -> None:
        served.open(page, "/data?tab=conflicts&attribute=brand", "ada")
        page.get_by_text("2 as known in the cycle").wait_for()
        page.get_by_role("link", name="Correct… brand of sku0002").click()
        form = page.get_by_role("form", name="Correct")
        assert form.get_by_role("button", name="Correct").is_disabled()
        form.get_by_label("another value").check()
        form.get_by_label("Another brand").fill("organic")
        form.get_by_label("Why?").fill("as printed")
        page.reload()
        form.get_by_role("button", name="Correct").click()
        page.get_by_text("Your word counts from the next cycle on").wait_for()
        (file,) = (served.shop.folder / "landing/corrections").iterdir()
        assert file.read_text().splitlines()[1] == "sku0002,brand,organic,ada,as printed"

    def test_several_attributes_of_a_sku_are_corrected_at_once_all_or_none(self, page: Page, served: Served) -> None:
        landed = served.shop.folder / "landing/corrections"
        before = set(landed.glob("*"))
        served.open(page, "/skus/sku0002", "ada")
        page.get_by_role("link", name="Correct…").click()
        form = page.get_by_role("form", name="Correct")
        form.get_by_text("Choose what is to be corrected").wait_for()
        more = form.get_by_role("combobox", name=re.compile("ttribute"))
        for attribute, value in (("brand", "<b>own</b>"), ("department", "DAIRY")):
            more.select_option(attribute)
            one = form.get_by_role("group", name=f"What is {attribute}?")
            one.get_by_label("another value").check()
            one.get_by_label(f"Another {attribute}").fill(value)
        form.get_by_label("Why?").fill("moved")
        assert wrong_for_axe(page) == []
        form.get_by_text("All of them are corrected, or none").wait_for()
        page.reload()
        form.get_by_role("button", name="Correct", exact=True).click()
        page.get_by_text("All 2 count from the next cycle on").wait_for()
        (file,) = set(landed.glob("*")) - before
        assert file.read_text().splitlines()[1:] == [
            "sku0002,brand,<b>own</b>,ada,moved",
            "sku0002,department,DAIRY,ada,moved",
        ]

    def test_who_may_not_plan_sees_who_says_what_and_no_way_to_decide(self, page: Page, served: Served) -> None:
        served.open(page, "/data?tab=conflicts&of=sku0002&at=brand", "vic")
        page.get_by_text("what a planner said").wait_for()
        assert page.get_by_role("link", name=re.compile("Correct")).count() == 0
        assert page.get_by_role("form", name="Correct").count() == 0


class TestOthers:
    def test_a_viewer_sees_what_happened_and_no_way_to_change_it(self, page: Page, served: Served) -> None:
        served.open(page, f"/data/files/{served.version('shop/held.csv')}", "vic")
        page.get_by_text("quality gate", exact=True).wait_for()
        page.get_by_text("takes the role data engineer").wait_for()
        assert page.get_by_role("button", name=re.compile("back")).count() == 0
        page.get_by_role("link", name="‹ Data").click()
        page.get_by_role("table", name="Producers", exact=True).wait_for()
        assert page.get_by_role("form", name="Upload a file").count() == 0

    def test_who_is_kept_to_some_nodes_is_told_why_nothing_shows(self, page: Page, served: Served) -> None:
        served.open(page, "/data", "kim")
        page.get_by_text("you are kept to some of them").first.wait_for()
        for uri in ("shop/week-1.csv", "shop/week-2.csv", "shop/broken.csv"):
            assert page.get_by_text(uri).count() == 0

    def test_a_file_that_is_not_there_is_told_in_the_words_of_the_api(self, page: Page, served: Served) -> None:
        served.open(page, "/data/files/shop-1", "vic")
        assert "expected a file version" in page.get_by_role("alert").inner_text()


class TestLooks:
    def test_axe_finds_nothing_in_light_or_dark(self, page: Page, served: Served) -> None:
        found = {}
        parts = ("", "?tab=outliers", "?tab=quality", "?tab=conflicts&of=sku0002&at=brand")
        for path in (*parts, f"/files/{served.version('shop/week-2.csv')}"):
            served.open(page, f"/data{path}", "ada" if "conflicts" in path else "dee")
            if "files" in path:
                page.get_by_role("button", name="Take it back…").click()
            page.get_by_role("table").last.wait_for()
            found[path] = wrong_in_a_theme(page)
        assert {place: wrong for place, wrong in found.items() if wrong} == {}

    def test_it_fits_a_tablet(self, page: Page, served: Served) -> None:
        page.set_viewport_size({"width": 820, "height": 1180})
        for path in ("/data", f"/data/files/{served.version('shop/week-2.csv')}"):
            served.open(page, path)
            page.get_by_role("table").last.wait_for()
            page.wait_for_load_state("networkidle")
            assert page.evaluate("document.documentElement.scrollWidth") <= 820
