"""A planner's day on the demo, in a browser, beside the real daemon: from a number set to the next week that keeps it.

Works on a copy of `.demo` where `make demo` made one, else on a demo of its own, which takes ten minutes more.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import polars as pl
import pytest
import yaml

from dp_assets.domain.access import EVERYTHING, Role
from dp_assets.project import REPOSITORY, Project, load_project
from dp_assets.registry import recalled_versions
from dp_resources.accounts import Accounts
from dp_resources.lake import Lake
from dp_resources.settings import Settings
from tests.e2e.test_up import free_ports
from tests.serving.browsers import PASSWORD, choose_password, open_browser, sign_in
from tests.serving.clients import server_over

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

DP = Path(sys.executable).parent / "dp"
SKU, NODE = "1029743", "GROCERY"
TEXT = {"series_id": pl.String}
USERS = {
    "ada": (Role.PLANNER,),
    "bob": (Role.PLANNER,),
    "dee": (Role.DATA_ENGINEER, Role.ADMIN),
    "eve": (Role.VIEWER,),
}
PATIENCE = 1800
"""Seconds to wait for runs of the daemon, which computes a whole cycle meanwhile."""


class Demo:
    """The demo in a folder of its own, with `dp up` over it, where who asks must say who they are."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.web, self.api = free_ports(2)
        self.address = f"http://127.0.0.1:{self.api}"
        for name in ("demand.yaml", "mappings"):
            copy = shutil.copytree if (REPOSITORY / name).is_dir() else shutil.copy
            copy(REPOSITORY / name, folder / name)
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("DP_", "DAGSTER_"))}
        self.environment = {
            **kept,
            "DP_CONFIG": str(folder / "demand.yaml"),
            "DP_STATE_DIR": str(folder / ".demo" / "state"),
            "DP_CLOCK": "simulated",
            "DP_EXECUTOR": "in_process",
            "DP_API_ACCESS": "keys",
            "DP_DAGSTER_URL": f"http://127.0.0.1:{self.web}",
            "DP_API_URL": self.address,
            "DAGSTER_HOME": str(REPOSITORY),
        }
        if (REPOSITORY / ".demo" / "lake").is_dir():
            for part in ("lake", "landing", "state"):
                shutil.copytree(REPOSITORY / ".demo" / part, folder / ".demo" / part)
        else:
            self.dp("demo", "run")

    @property
    def project(self) -> Project:
        own = {
            "config": self.folder / "demand.yaml",
            "state_dir": self.folder / ".demo" / "state",
            "clock": "simulated",
        }
        return load_project(Settings(**own))

    @property
    def lake(self) -> Lake:
        return Lake(str(self.folder / ".demo" / "lake"))

    def dp(self, *arguments: str) -> str:
        done = subprocess.run([DP, *arguments], env=self.environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
        return done.stdout

    @contextmanager
    def up(self) -> Iterator[None]:
        """`dp up` over the demo until the block ends."""
        command = [DP, "up", "--dagster-port", str(self.web), "--api-port", str(self.api)]
        process = subprocess.Popen(
            command, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        said: list[str] = []
        assert process.stdout is not None
        lines = process.stdout
        listening = threading.Thread(target=lambda: said.extend(iter(lines.readline, "")))
        listening.start()
        try:
            wait_for(lambda: any("stop  " in line for line in said) or process.poll() is not None, 600)
            assert process.poll() is None, "".join(said)
            yield
        finally:
            process.terminate()
            process.wait(timeout=120)
            listening.join(timeout=30)
            lines.close()

    def held(self, node: str) -> list[tuple[str, str]]:
        """Who set numbers of a node that hold, and why, the latest last."""
        numbers = self.project.planning().numbers()
        return [(one.user, one.comment) for one in numbers if one.node == node and one.ended is None]

    def newest(self) -> str:
        return max(self.lake.partitions("reconciled_rollups"))

    def published(self, cycle: str, name: str) -> pl.DataFrame:
        table = self.lake.read("published_forecasts", cycle=cycle)
        return table.filter(pl.col("series_id") == name).sort("lead")

    def get(self, path: str, user: str = "eve", address: str | None = None) -> httpx.Response:
        """An answer to somebody who signed in."""
        at = address or self.address
        session = httpx.post(f"{at}/v1/session", json={"user": user, "password": PASSWORD}, timeout=60)
        header = {"Authorization": f"Bearer {session.raise_for_status().json()['access_token']}"}
        return httpx.get(f"{at}{path}", headers=header, timeout=120).raise_for_status()


def wait_for(met: Callable[[], bool], seconds: float = PATIENCE) -> None:
    deadline = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < deadline
        time.sleep(1)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    demo = Demo(tmp_path_factory.mktemp("demo"))
    with demo.up():
        accounts, now = Accounts(demo.project.planning()), datetime.now(UTC)
        for name, roles in USERS.items():
            choose_password(demo.address, name, accounts.add_user(name, roles, EVERYTHING, "test", now))
        yield demo


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    """One page for the whole day."""
    with open_browser() as browser:
        opened = browser.new_context(locale="en-GB", viewport={"width": 1280, "height": 900}).new_page()
        opened.set_default_timeout(60_000)
        yield opened


@contextmanager
def as_user(page: Page, name: str, address: str, path: str = "/") -> Iterator[None]:
    """Signed in as somebody on a page of the workbench; signed out afterwards."""
    page.goto(address)
    sign_in(page, name)
    if path != "/":
        page.goto(f"{address}{path}")
        page.get_by_role("button", name="Sign out").wait_for()
    try:
        yield
    finally:
        page.get_by_role("button", name="Sign out").click()
        page.get_by_label("User").wait_for()


def choose(page: Page, first: int, last: int, percent: str, comment: str, lock: bool = False) -> None:
    """Asks for a change of the buckets of an item, and looks at what it would do."""
    buckets = page.locator("button[data-start]")
    buckets.nth(first).click()
    buckets.nth(last).click(modifiers=["Shift"])
    form = page.get_by_role("form", name="Change numbers")
    form.get_by_role("spinbutton", name="Percent").fill(percent)
    form.get_by_role("combobox", name="Reason").select_option("promotion")
    form.get_by_label("Comment").fill(comment)
    if lock:
        form.get_by_label("Lock").check()
    page.get_by_role("button", name="Preview", exact=True).click()
    page.get_by_role("region", name="Preview").wait_for()


def save(page: Page) -> None:
    page.get_by_role("button", name="Save", exact=True).click()


def assert_totals_agree(demo: Demo, cycle: str) -> None:
    """Each node is the sum of what lies below it, in every hierarchy and bucket."""
    rollups = demo.lake.read("reconciled_rollups", cycle=cycle)
    below = (
        rollups.filter(pl.col("parent").is_not_null())
        .group_by("hierarchy", pl.col("parent").alias("node"), "lead")
        .agg(pl.col("forecast").sum().alias("below"))
    )
    both = rollups.join(below, on=["hierarchy", "node", "lead"])
    assert len(both)
    assert both["forecast"].to_list() == pytest.approx(both["below"].to_list(), rel=1e-9)


@pytest.mark.long
@pytest.mark.needs_workbench
@pytest.mark.timeout(4 * PATIENCE)
class TestADayOnTheDemo:
    """In this order: each goes on where the one before left."""

    def test_a_planner_finds_an_item_by_typing_and_sees_totals_move_before_two_weeks_are_locked(
        self, demo: Demo, page: Page
    ) -> None:
        with as_user(page, "ada", demo.address):
            page.get_by_role("searchbox", name="Search items").fill(SKU)
            page.keyboard.press("Enter")
            page.get_by_role("link", name=SKU, exact=True).click()
            choose(page, 1, 2, "20", "leaflet of the shop", lock=True)
            page.get_by_role("region", name="Preview").get_by_role("heading", name="Totals above").wait_for()
            save(page)
            page.get_by_text("Saved: 2 numbers set").wait_for()
        cycle = demo.newest()
        before = demo.published(cycle, SKU)["reconciled"].to_list()
        wait_for(lambda: demo.published(cycle, SKU)["override"].drop_nulls().len() == 2)
        after = demo.published(cycle, SKU)["final"].to_list()
        assert after[1:3] == pytest.approx([one * 1.2 for one in before[1:3]], rel=1e-9)
        assert_totals_agree(demo, cycle)

    def test_a_second_planner_on_the_same_cell_gets_the_merge_view(self, demo: Demo, page: Page) -> None:
        with as_user(page, "bob", demo.address, f"/nodes/product/{NODE}"):
            choose(page, 3, 3, "5", "from the trade fair")
            session = httpx.post(f"{demo.address}/v1/session", json={"user": "ada", "password": PASSWORD}, timeout=60)
            start = page.locator("button[data-start]").nth(3).get_attribute("data-start")
            edit = {"node": NODE, "first": start, "buckets": 1, "percent": 7, "reason_code": "event"}
            said = {
                "Authorization": f"Bearer {session.json()['access_token']}",
                "Idempotency-Key": "faster",
                "If-Match": "*",
            }
            body = {"edits": [{**edit, "comment": "ada was faster"}]}
            httpx.post(f"{demo.address}/v1/overrides", json=body, headers=said, timeout=120).raise_for_status()
            save(page)
            merge = page.get_by_role("region", name="Merge")
            merge.get_by_text(re.compile("by ada, event: ada was faster")).wait_for()
            _, own = merge.get_by_role("row").nth(1).get_by_role("radio").all()
            own.check()
            merge.get_by_role("button", name="Preview with my choice").click()
            page.get_by_role("region", name="Preview").wait_for()
            save(page)
            page.get_by_text("Saved: 1 number set").wait_for()
        assert demo.held(NODE) == [("bob", "from the trade fair")]

    def test_a_viewer_cannot_edit(self, demo: Demo, page: Page) -> None:
        with as_user(page, "eve", demo.address, f"/skus/{SKU}"):
            page.get_by_text("You may read and not set numbers").wait_for()
            assert page.get_by_role("form", name="Change numbers").count() == 0

    def test_the_daemon_runs_the_next_week_by_itself_and_the_lock_holds_in_it(self, demo: Demo, page: Page) -> None:
        cycle = demo.newest()
        before = demo.published(cycle, SKU)
        assert "the sensors take over" in demo.dp("demo", "next-week")
        wait_for(lambda: demo.get("/v1/cycles/current").json()["cycle"] > cycle)
        following = demo.newest()
        after = demo.published(following, SKU)
        assert after["bucket_start"].to_list()[:2] == before["bucket_start"].to_list()[1:3]
        assert after["final"].to_list()[:2] == pytest.approx(before["final"].to_list()[1:3], rel=1e-9)
        assert_totals_agree(demo, following)
        with as_user(page, "ada", demo.address, f"/skus/{SKU}"):
            page.get_by_role("table", name="Numbers that hold").get_by_text("leaflet of the shop").first.wait_for()

    def test_under_four_eyes_somebody_else_approves_and_it_is_published_and_exported(
        self, demo: Demo, page: Page
    ) -> None:
        config = yaml.safe_load((demo.folder / "demand.yaml").read_text())
        config["planning"] = {**config.get("planning", {}), "approval": "four_eyes"}
        (demo.folder / "approving.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
        own = {**demo.environment, "DP_CONFIG": str(demo.folder / "approving.yaml")}
        cycle = demo.newest()
        with server_over(demo.lake, **own) as address:
            with as_user(page, "ada", address, f"/skus/{SKU}"):
                choose(page, 3, 3, "15", "tasting at the door")
                page.get_by_role("button", name="Propose").click()
                page.get_by_text(re.compile("Waits for approval: 1 number")).wait_for()
            with as_user(page, "bob", address, "/approvals"):
                page.get_by_role("link", name=re.compile("^No. ")).first.click()
                page.get_by_role("region", name="What it would do").get_by_text("The total goes from").wait_for()
                page.get_by_role("button", name="Approve").click()
                page.get_by_text(re.compile("✓ approved by bob")).first.wait_for()
        wait_for(lambda: demo.published(cycle, SKU)["override"][3] is not None)
        wanted = demo.published(cycle, SKU)["final"][3]
        catalogue = "/v1/forecast/catalogue?format=csv"

        def exported() -> float:
            rows = pl.read_csv(demo.get(catalogue).content, infer_schema_length=None, schema_overrides=TEXT)
            return float(rows.filter(pl.col("series_id") == SKU).sort("lead")["published"][3])

        wait_for(lambda: exported() == pytest.approx(wanted, rel=1e-6), 300)
        assert demo.held(SKU)[-1] == ("ada", "tasting at the door")

    def test_the_ledger_tells_of_it_all_and_is_whole(self, demo: Demo, page: Page) -> None:
        with as_user(page, "dee", demo.address, "/operations?part=ledger&text=tasting"):
            page.get_by_role("table", name="Rows of the ledger").get_by_text("tasting at the door").first.wait_for()
        assert "the ledger is whole" in demo.dp("plan", "verify")

    def test_a_scenario_is_run_by_the_daemon_compared_and_made_the_plan(self, demo: Demo, page: Page) -> None:
        with as_user(page, "ada", demo.address, "/scenarios?form=new"):
            form = page.get_by_role("form", name="New scenario")
            form.get_by_label("Name").fill("more-milk")
            form.get_by_role("button", name="Growth or decline").click()
            form.get_by_label("Where").fill(SKU)
            form.get_by_label("Percent").fill("10")
            form.get_by_role("button", name="Save and compute").click()
            page.get_by_text("✓ Computed.").wait_for(timeout=PATIENCE * 1000)
            page.get_by_role("combobox", name="Level").select_option("department")
            page.get_by_role("region", name=NODE).get_by_role("img").wait_for()
            page.get_by_role("button", name="Make it the plan…").click()
            form = page.get_by_role("form", name="Make it the plan")
            form.get_by_label("Reason").select_option("price")
            form.get_by_role("button", name="Make it the plan").click()
            page.get_by_text(re.compile("It is the plan: .* set")).wait_for()
        promoted = [one for one in demo.project.planning().numbers() if one.reason_code == "price" and not one.ended]
        assert {one.user for one in promoted} == {"ada"}
        assert SKU in {one.node for one in promoted}

    def test_a_bad_file_is_quarantined_and_shown_and_a_good_one_is_taken_back_and_put_back(
        self, demo: Demo, page: Page
    ) -> None:
        with as_user(page, "dee", demo.address, "/data"):
            form = page.get_by_role("form", name="Upload a file")
            form.get_by_role("combobox").select_option("north")
            bad = {"name": "sales-2017-bad.csv", "mimeType": "text/csv", "buffer": b"what;is\n1;2\n"}
            form.get_by_label(re.compile("File, named like")).set_input_files(bad)  # type: ignore[arg-type]
            form.get_by_role("button", name="Upload").click()
            page.get_by_text("north/sales-2017-bad.csv landed").wait_for()
            page.get_by_text(re.compile("uarantine")).first.wait_for(timeout=PATIENCE * 1000)
            page.goto(f"{demo.address}/data?state=quarantined")
            page.get_by_role("link", name="north/sales-2017-bad.csv").first.click()
            page.get_by_role("alert").get_by_text("Nothing of it counts").wait_for()
            taken = newest_file(demo)
            page.goto(f"{demo.address}/data/files/{taken}")
            self.say_why(page, "Take it back…", "Why does it not count?", "Take back", "till 4 counted twice")
            page.get_by_text("Taken back: it counts for nothing").wait_for()
            assert taken in recalled_versions(demo.lake)
            self.say_why(page, "Put it back…", "Why does it count again?", "Put back", "it was right")
            page.get_by_text("Put back: it counts from now on").wait_for()
        assert taken not in recalled_versions(demo.lake)
        assert states(demo)["north/sales-2017-bad.csv"] == "quarantined"

    @staticmethod
    def say_why(page: Page, opens: str, asks: str, does: str, reason: str) -> Locator:
        page.get_by_role("button", name=opens).click()
        page.get_by_label(asks).fill(reason)
        button = page.get_by_role("button", name=does, exact=True)
        button.click()
        return button


def files_of_north(demo: Demo) -> list[dict[str, str]]:
    return list(demo.get("/v1/files?producer=north&limit=100", user="dee").json()["files"])


def states(demo: Demo) -> dict[str, str]:
    """Path of each file of the producer north → its state."""
    return {one["uri"]: one["state"] for one in files_of_north(demo)}


def newest_file(demo: Demo) -> str:
    """The version of the newest file of the producer north that counts."""
    counted = [one for one in files_of_north(demo) if one["state"] == "accepted"]
    return max(counted, key=lambda one: one["uri"])["file_version_id"]
