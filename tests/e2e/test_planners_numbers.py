"""A planner locks a department: every level follows exactly, and the next cycle keeps it. Overrides do not last."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import numpy as np
import polars as pl
import pytest
import yaml
from typer.testing import CliRunner, Result

from dp_assets.cli import app
from dp_assets.domain import contracts
from dp_assets.domain.access import EVERYTHING, Role
from dp_assets.domain.forecast_changes import waterfall
from dp_assets.domain.hierarchy import SERIES
from dp_assets.domain.plan import RunPlan
from dp_assets.execution import definitions_for, execute
from dp_assets.project import REPOSITORY
from dp_resources.accounts import Accounts
from tests.e2e.small_world import WEEKS, World, land_week, world_that_ran
from tests.factories import MONDAY
from tests.serving.browsers import PASSWORD, choose_password, page, sign_in
from tests.serving.browsers import browser_of_one_test as browser
from tests.serving.clients import server_over

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["browser", "page"]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]
NODE = "dairy"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return world_that_ran(tmp_path_factory)


@pytest.fixture
def dp(world: World, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """The command `dp` over the world, in this process."""
    text = yaml.safe_dump(world.config.model_dump(mode="json", exclude_none=True), sort_keys=False)
    (world.folder / "demand.yaml").write_text(text)
    monkeypatch.setenv("DP_CONFIG", str(world.folder / "demand.yaml"))
    monkeypatch.setenv("DP_STATE_DIR", str(world.folder / "state"))
    monkeypatch.setenv("DP_CLOCK", "simulated")
    monkeypatch.setenv("DP_DAGSTER_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("DAGSTER_HOME", str(REPOSITORY))
    return lambda *arguments: CliRunner().invoke(app, arguments)


def newest(world: World) -> str:
    return max(world.project.lake().partitions("reconciled_rollups"))


def node(world: World, cycle: str, name: str = NODE) -> pl.DataFrame:
    hierarchy = world.config.hierarchies[0].name
    rollups = world.table("reconciled_rollups", cycle=cycle)
    return rollups.filter((pl.col("node") == name) & (pl.col("hierarchy") == hierarchy)).sort("lead")


def assert_sums_are_exact(world: World, cycle: str) -> None:
    rollups = world.table("reconciled_rollups", cycle=cycle)
    assert rollups["forecast"].min() >= 0  # type: ignore[operator]
    for _, tree in rollups.group_by("hierarchy"):
        children = tree.filter(pl.col("parent").is_not_null()).group_by("parent", "lead").agg(pl.col("forecast").sum())
        nodes = tree.filter(pl.col("level") != SERIES).join(
            children, left_on=["node", "lead"], right_on=["parent", "lead"], suffix="_below"
        )
        assert len(nodes) == len(tree.filter(pl.col("level") != SERIES))
        assert np.allclose(nodes["forecast"], nodes["forecast_below"], rtol=1e-9)


def test_a_locked_department_holds_exactly_in_this_cycle_and_untouched_in_the_next(
    world: World, dp: Callable[..., Result]
) -> None:
    cycle = newest(world)
    before = node(world, cycle)
    weeks = before["bucket_start"].to_list()[1:4]
    shown = dp(
        *("plan", "set", NODE, "--from", str(weeks[0]), "--buckets", "3", "--percent", "5", "--lock", "--yes"),
        *("--reason", "promotion", "--comment", "leaflet", "--by", "ada"),
    )
    assert shown.exit_code == 0, shown.output
    assert "Published units over these buckets, before and after" in shown.output
    last = world.project.planning().last_change()
    assert f"set as number {last - 2}, {last - 1}, {last}" in shown.output
    wanted = before.filter(pl.col("bucket_start").is_in(weeks))["forecast"] * 1.05
    after = node(world, cycle)
    held = after.filter(pl.col("bucket_start").is_in(weeks))
    assert np.allclose(held["forecast"], wanted, rtol=1e-9)
    assert held["locked"].all()
    assert not after.filter(~pl.col("bucket_start").is_in(weeks))["locked"].any()
    assert np.allclose(after["forecast"][0], before["forecast"][0], rtol=1e-9)  # a bucket that nobody spoke of
    assert_sums_are_exact(world, cycle)
    published = world.table("published_forecasts", cycle=cycle).filter(pl.col("user").is_not_null())
    assert set(published["user"]) == {"ada"}
    assert set(published["bucket_start"]) == set(weeks)
    by_week = published.group_by("bucket_start").agg(pl.col("final").sum()).sort("bucket_start")
    assert np.allclose(by_week["final"], wanted, rtol=1e-9)
    assert world.run() == 0  # nothing is due any more

    land_week(world.folder / "landing", WEEKS)
    world.advance_to(WEEKS + 1)
    world.run()
    following = newest(world)
    assert following == (date.fromisoformat(cycle) + timedelta(weeks=1)).isoformat()
    assert "exceptions of cycle" in dp("inspect", "worklist").output
    advice = dp("plan", "advice")
    assert advice.exit_code == 0, advice.output
    assert "ada" in advice.output or "No bucket is over" in advice.output
    added = dp("inspect", "value-added")
    assert "Units of error that each step saved" in added.output, added.output
    kept = node(world, following).filter(pl.col("bucket_start").is_in(weeks))
    assert kept["forecast"].to_list() == pytest.approx(wanted.to_list(), rel=1e-9)
    assert kept["locked"].all()
    assert_sums_are_exact(world, following)


def test_the_change_since_the_last_cycle_is_explained_down_to_the_planner(
    world: World, dp: Callable[..., Result]
) -> None:
    cycle = newest(world)
    earlier = sorted(world.project.lake().partitions("published_forecasts"))[-2]
    execute(RunPlan("explain", (cycle,), "asked"), world.project, definitions_for(world.project, print), world.instance)
    table = world.table("forecast_changes", cycle=cycle)
    assert set(table["since"]) == {earlier}
    sums = table.group_by("series_id", "bucket_start").agg(pl.col("units").sum(), pl.col("before", "after").first())
    assert np.allclose(sums["units"], sums["after"] - sums["before"], atol=1e-9)
    shared = sums["bucket_start"].unique().to_list()
    for name, which in (("before", earlier), ("after", cycle)):
        published = world.table("published_forecasts", cycle=which).filter(pl.col("bucket_start").is_in(shared))
        assert sums[name].sum() == pytest.approx(published["final"].sum())
    parts = dict(waterfall(table).iter_rows())
    assert {"new_actuals", "reconciliation"} <= set(parts)
    assert "code" not in parts  # computed again, both cycles are what was stored

    shown = dp("why", "change", NODE)
    assert shown.exit_code == 0, shown.output
    assert "over the 3 buckets that both forecast" in shown.output
    assert "new_actuals" in shown.output
    name = world.table("feature_contributions", cycle=cycle)["series_id"][0]
    drivers = dp("why", "forecast", name)
    assert drivers.exit_code == 0, drivers.output
    assert f"Units per driver, {name}" in drivers.output
    assert "attribute department" in drivers.output
    for question in ("outliers", "promotions"):
        answered = dp("why", question)
        assert answered.exit_code == 0, answered.output
    refused = dp("why", "change", "dairi")
    assert refused.exit_code != 0
    assert "expected a series, or a node" in refused.output


def test_an_override_holds_for_its_cycle_and_a_withdrawal_gives_the_forecast_back(
    world: World, dp: Callable[..., Result]
) -> None:
    cycle = newest(world)
    series = world.table("published_forecasts", cycle=cycle).filter(pl.col("user").is_null()).sort("series_id", "lead")
    name, start = series.select("series_id", "bucket_start").row(0)
    command = ("plan", "set", name, "--from", str(start), "--quantity", "77", "--reason", "other")
    dry = dp(*command, "--dry-run")
    assert dry.exit_code == 0, dry.output
    assert world.table("published_forecasts", cycle=cycle)["override"].drop_nulls().is_empty()
    made = dp(*command, "--by", "bob", "--yes")
    assert made.exit_code == 0, made.output
    here = (pl.col("series_id") == name) & (pl.col("bucket_start") == start)
    row = world.table("published_forecasts", cycle=cycle).filter(here).row(0, named=True)
    assert (row["override"], row["final"], row["user"], row["reason_code"]) == (77.0, 77.0, "bob", "other")
    number = world.project.planning().last_change()
    assert f"  {number} " in dp("plan", "list").output
    taken = dp("plan", "withdraw", str(number), "--reason", "a mistake", "--by", "bob")
    assert taken.exit_code == 0, taken.output
    again = world.table("published_forecasts", cycle=cycle).filter(here).row(0, named=True)
    assert (again["override"], again["final"]) == (None, pytest.approx(again["reconciled"]))
    assert "a mistake" in dp("plan", "ledger").output
    assert "the ledger is whole" in dp("plan", "verify").output


@pytest.fixture
def address(
    world: World,
    dp: Callable[..., Result],  # it says where the world lies
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[str]:
    """A server over the world that asks who is there: ada plans, dee runs the platform, eve reads."""
    accounts, now = Accounts(world.project.planning()), datetime.now(UTC)
    monkeypatch.setenv("DP_API_ACCESS", "keys")
    with server_over(world.project.lake()) as address:
        for name, role in (("ada", Role.PLANNER), ("dee", Role.DATA_ENGINEER), ("eve", Role.VIEWER)):
            given = accounts.add_user(name, (role,), EVERYTHING, "test", now)
            choose_password(address, name, given)
        yield address


@pytest.mark.needs_workbench
def test_a_lock_set_in_the_browser_is_published_holds_in_the_next_week_and_is_told_of_everywhere(
    world: World, page: Page, address: str
) -> None:
    published = world.table("published_forecasts", cycle=newest(world)).filter(pl.col("user").is_null())
    name = published["series_id"].max()
    own = published.filter(pl.col("series_id") == name).sort("lead")
    page.goto(address)
    sign_in(page, "ada")
    page.get_by_role("searchbox", name="Search items").fill(str(name))
    page.keyboard.press("Enter")
    page.get_by_role("link", name=str(name), exact=True).click()
    page.locator("button[data-start]").nth(1).click()
    page.locator("button[data-start]").nth(2).click(modifiers=["Shift"])
    form = page.get_by_role("form", name="Change numbers")
    form.get_by_role("spinbutton", name="Percent").fill("20")
    form.get_by_role("combobox", name="Reason").select_option("promotion")
    form.get_by_label("Comment").fill("tasting in the shop")
    form.get_by_label("Lock").check()
    page.get_by_role("button", name="Preview", exact=True).click()
    page.get_by_role("region", name="Preview").get_by_role("heading", name="Totals above").wait_for()
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("Saved: 2 numbers set").wait_for()
    wanted = (own["reconciled"] * 1.2).to_list()[1:3]

    run_beside(world)
    week = (world.clock.now().date() - MONDAY).days // 7
    land_week(world.folder / "landing", week)
    world.advance_to(week + 1)
    run_beside(world)
    cycle = newest(world)
    kept = world.table("published_forecasts", cycle=cycle).filter(pl.col("series_id") == name).sort("lead")
    assert kept["bucket_start"].to_list()[:2] == own["bucket_start"].to_list()[1:3]
    assert kept["final"].to_list()[:2] == pytest.approx(wanted, rel=1e-9)
    assert_sums_are_exact(world, cycle)

    deadline = time.monotonic() + 60
    while in_service(address) != cycle:
        assert time.monotonic() < deadline  # the server looks for a new bundle by itself
        time.sleep(0.5)
    page.reload()
    page.get_by_role("table", name="Numbers that hold").get_by_text("promotion: tasting in the shop").first.wait_for()
    page.get_by_role("table", name="Forecast by bucket, in units").get_by_text("✎ ada").first.wait_for()
    page.get_by_role("button", name="Sign out").click()
    sign_in(page, "dee")
    page.goto(f"{address}/operations?part=ledger&text=tasting")
    page.get_by_role("table", name="Rows of the ledger").get_by_text("tasting in the shop").first.wait_for()
    page.get_by_role("button", name="Sign out").click()
    sign_in(page, "eve")
    page.goto(f"{address}/skus/{name}")
    page.get_by_text("You may read and not set numbers").wait_for()
    assert page.get_by_role("form", name="Change numbers").count() == 0
    exported = httpx.get(f"{address}/v1/forecast/catalogue?format=csv", headers=bearer(address), timeout=60)
    rows = pl.read_csv(exported.content).filter(pl.col("series_id") == name).sort("lead")
    assert rows["published"].to_list()[:2] == pytest.approx(wanted, rel=1e-6)


def run_beside(world: World) -> None:
    """Runs everything due in a thread: this one has the browser's event loop, and a run makes one of its own."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(world.run).result()


def in_service(address: str) -> str:
    found = httpx.get(f"{address}/v1/cycles/current", headers=bearer(address), timeout=60).raise_for_status()
    return str(found.json()["cycle"])


def bearer(address: str) -> dict[str, str]:
    """The header of somebody who signed in as eve."""
    session = httpx.post(f"{address}/v1/session", json={"user": "eve", "password": PASSWORD}, timeout=30)
    return {"Authorization": f"Bearer {session.json()['access_token']}"}


@pytest.fixture
def four_eyes(world: World, dp: Callable[..., Result], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """The command over the world where nobody approves his own."""
    config = yaml.safe_load((world.folder / "demand.yaml").read_text())
    config["planning"]["approval"] = "four_eyes"
    (world.folder / "approving.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
    monkeypatch.setenv("DP_CONFIG", str(world.folder / "approving.yaml"))
    return dp


def test_where_numbers_need_approval_they_wait_for_somebody_else(
    world: World, four_eyes: Callable[..., Result]
) -> None:
    cycle, dp = newest(world), four_eyes
    assert "Nothing waits" in dp("plan", "proposals").output
    before = world.table("published_forecasts", cycle=cycle)
    edit = ("plan", "set", "bakery", "--from", cycle, "--percent", "10", "--reason", "event", "--by", "ada", "--yes")
    proposed = dp(*edit)
    assert proposed.exit_code == 0, proposed.output
    number = str(world.project.planning().proposals()[0].sequence)
    assert f"dp plan approve {number}" in proposed.output
    assert world.table("published_forecasts", cycle=cycle).equals(before)
    own = dp("plan", "approve", number, "--by", "ada", "--yes")
    assert "somebody else must approve" in str(own.exception)
    approved = dp("plan", "approve", number, "--by", "bob", "--yes")
    assert approved.exit_code == 0, approved.output
    changed = world.table("published_forecasts", cycle=cycle).filter(pl.col("reason_code") == "event")
    assert set(changed["user"]) == {"ada"}
    assert changed["final"].sum() == pytest.approx(changed["reconciled"].sum() * 1.1)


def test_where_numbers_need_approval_those_of_a_scenario_do_too(world: World, four_eyes: Callable[..., Result]) -> None:
    cycle, dp = newest(world), four_eyes
    change = {"kind": "growth", "node": "frozen", "first": cycle, "last": cycle, "percent": 20}
    (world.folder / "grown.yaml").write_text(yaml.safe_dump({"changes": [change]}, sort_keys=False))
    assert dp("scenario", "create", "grown", "--file", str(world.folder / "grown.yaml")).exit_code == 0
    assert dp("scenario", "run", "grown").exit_code == 0
    before = world.table("published_forecasts", cycle=cycle)
    numbers = world.project.planning().numbers()
    promoted = dp("scenario", "promote", "grown", "--reason", "promotion", "--by", "ada", "--yes")
    assert promoted.exit_code == 0, promoted.output
    (waiting,) = world.project.planning().proposals()
    assert f"dp plan approve {waiting.sequence}" in promoted.output
    assert world.project.planning().numbers() == numbers
    assert world.run() == 0
    assert world.table("published_forecasts", cycle=cycle).equals(before)
    own = dp("plan", "approve", str(waiting.sequence), "--by", "ada", "--yes")
    assert "somebody else must approve" in str(own.exception)
    rejected = dp("plan", "reject", str(waiting.sequence), "--reason", "too many", "--by", "bob")
    assert rejected.exit_code == 0, rejected.output
    assert dp("scenario", "delete", "grown", "--yes").exit_code == 0


def test_an_edit_that_breaks_a_rule_is_refused_in_words(world: World, dp: Callable[..., Result]) -> None:
    refused = dp("plan", "set", "dairi", "--from", newest(world), "--percent", "5", "--reason", "promotion")
    assert refused.exit_code != 0
    assert "did you mean 'dairy'" in str(refused.exception)
    assert Path(world.folder / "state" / "planning.db").exists()


def test_a_scenario_is_made_computed_compared_promoted_and_deleted(world: World, dp: Callable[..., Result]) -> None:
    cycle = newest(world)
    first = date.fromisoformat(cycle)
    asked = {
        "changes": [
            {"kind": "growth", "node": "bakery", "first": first, "last": first + timedelta(days=6), "percent": 20},
            {
                "kind": "add_promotion",
                "promotion": "display",
                "node": "frozen",
                "first": first + timedelta(days=7),
                "last": first + timedelta(days=13),
            },
        ]
    }
    file = world.folder / "more.yaml"
    file.write_text(yaml.safe_dump(asked))
    for arguments, said in (
        (("create", "more", "--file", str(file), "--by", "ada"), f"kept scenario more over cycle {cycle}: 2 change(s)"),
        (("list",), "not computed yet"),
        (("run", "more"), "more: "),
        (("list",), "up to date"),
        (("show", "more"), "percent: 20"),
        (("compare", "more", "--level", "department"), "bakery"),
    ):
        shown = dp("scenario", *arguments)
        assert shown.exit_code == 0, shown.output
        assert said in shown.output, shown.output
    before = world.table("published_forecasts", cycle=cycle)
    made = world.table("scenario_forecasts", scenario="more")
    assert contracts.scenario_forecasts(world.config).violations(made) == []
    assert world.run() == 0  # a scenario makes nothing due
    assert world.table("published_forecasts", cycle=cycle).equals(before)

    promoted = dp("scenario", "promote", "more", "--reason", "promotion", "--by", "bob", "--yes")
    assert promoted.exit_code == 0, promoted.output
    moved = made.filter((pl.col("level") == SERIES) & (pl.col("forecast") != pl.col("base_forecast")))
    series = moved.select(pl.col("node").alias("series_id"), "lead", "forecast")
    both = world.table("published_forecasts", cycle=cycle).join(series, on=["series_id", "lead"])
    assert len(both) == len(series)
    assert np.allclose(both["final"], both["forecast"], rtol=1e-9)
    assert set(both["user"]) == {"bob"}
    assert "promote scenario more" in dp("plan", "ledger", "--last", "200").output
    assert "base changed since" in dp("scenario", "list").output
    stale = dp("scenario", "compare", "more")
    assert "run `dp scenario run more`" in str(stale.exception)
    assert "the ledger is whole" in dp("plan", "verify").output

    deleted = dp("scenario", "delete", "more", "--yes")
    assert deleted.exit_code == 0, deleted.output
    assert world.project.lake().partitions("scenario_forecasts") == []
    assert "There is no scenario yet" in dp("scenario", "list").output
