"""Operations in the workbench: cycles and rollback, the ledger, users and keys; one server for all tests."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import httpx
import polars as pl
import pytest

from dp_assets.domain.access import Role
from dp_assets.domain.alert_config import AlertConfig
from dp_assets.domain.alerts import Closing, Decision, make_alert
from dp_resources import made
from dp_resources.made import Author
from dp_resources.planning_alerts import apply_decision, note_failed, waiting
from tests.serving.access_makers import GROCERY, GROCERY_AND_A_LOOK, SKUS, shown
from tests.serving.browsers import browser, look_as, page, server_with_keys, wrong_in_a_theme
from tests.serving.makers import CYCLE, make_forecasts, put_bundle
from tests.serving.planning_makers import Planned
from tests.serving.table_makers import make_drift

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["browser", "page"]
pytestmark = [pytest.mark.slow, pytest.mark.needs_workbench]
EARLIER = CYCLE - timedelta(weeks=1)
DRIFTED = {
    **{"demand_class": "lumpy", "level": 80, "cycles": 6, "observations": 4000, "coverage": 0.61},
    **{"low": 0.7, "high": 0.9, "verdict": "too narrow", "shifts": "[]"},
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Planned:
    place = Planned(tmp_path_factory.mktemp("operations"), {"exceptions": {"change_share": 0.3}})
    put_bundle(place.lake, place.folder, make_forecasts(series=list(SKUS), cycle=EARLIER), cycle=EARLIER)
    place.lake.write("interval_contract", pl.DataFrame([DRIFTED]), cycle=CYCLE.isoformat())
    put_alerts(place)
    put_drift(place)
    place.user("root", [Role.ADMIN])
    place.user("kim", [Role.ADMIN], GROCERY_AND_A_LOOK)
    place.user("dee", [Role.DATA_ENGINEER])
    place.user("vic", [Role.VIEWER], GROCERY)
    return place


@pytest.fixture(scope="module")
def address(place: Planned) -> Iterator[str]:
    with server_with_keys(place, DP_DAGSTER_URL="http://dagster.example:3000") as address:
        yield address


def put_alerts(place: Planned) -> None:
    """A file that is missing, of which a channel could not be told, and one that came."""
    config = AlertConfig.model_validate({"channels": [{"kind": "email", "name": "mail", "to": ["a@example.com"]}]})
    database, at = place.accounts.database, datetime(2017, 8, 1, 12, tzinfo=UTC)
    north, south = (
        make_alert(config, "file_missing", name, f"No new file from {name}.", f"http://127.0.0.1/{name}", "shops")
        for name in ("north", "south")
    )
    apply_decision(database, Decision(opened=(north, south)), config, at, at)
    apply_decision(database, Decision(closed=(Closing(south.key, "recovered", "It came."),)), config, at, at)
    note_failed(database, "mail", [one.notice for one in waiting(database)], "nobody answered")


def put_drift(place: Planned) -> None:
    """Three judged cycles of which the newest has drifted, a first model, and a retrained one that lost."""
    lake, first = place.lake, CYCLE - timedelta(weeks=2)
    for cycle, verdict, error in ((first, "unjudged", 0.5), (EARLIER, "stable", 0.55), (CYCLE, "drift", 0.7)):
        name, own = cycle.isoformat(), pl.col("kind") == "metric"
        lake.write("drift", make_drift().with_columns(value=pl.when(own).then(error).otherwise("value")), cycle=name)
        cause = {"drift": "wape: against its backtest 0.7 against 0.5"}.get(verdict, "")
        lake.commit("drift", name, {"champion": "a", "verdict": verdict, "cause": cause, "kinds": ["metric"]})
    for cycle, won, said in ((first, "first", "the first model"), (CYCLE, "lost", "the retrained model lost")):
        record = {"verdict": won, "accepted": won != "lost", "against": None, "reason": said}
        lake.commit("champion_verdict", cycle.isoformat(), record)
    author = Author("r1", "retrain", "sensor", "drift_sensor", f"drift in cycle {CYCLE}: wape", "code", "config")
    made.note(lake, author, "tuned_model", {"cycle": CYCLE.isoformat()}, "0" * 64, None, 1)


def status_of(address: str, key: str) -> int:
    """What whoever shows a key is answered."""
    return httpx.get(f"{address}/v1/session", headers=shown(key), timeout=30).status_code


def test_axe_finds_nothing_on_any_part_in_light_and_dark(page: Page, place: Planned, address: str) -> None:
    found = {}
    for path, words in (
        (f"?cycle={CYCLE}", "Alerts and drift"),
        ("?part=alerts&every=true", "Alerts, the last opened first"),
        ("?part=drift", "Channels, what moved most first"),
        ("?part=ledger", "Rows of the ledger"),
        ("?part=thresholds", "What comes on the worklist"),
        ("?part=accounts&account=dee", "User dee"),
    ):
        look_as(page, place, address, "root", f"/operations{path}")
        page.get_by_label(words).first.wait_for()
        page.wait_for_load_state("networkidle")
        found[path] = wrong_in_a_theme(page)
    assert {part: wrong for part, wrong in found.items() if wrong} == {}


class TestAnEngineer:
    def test_opens_the_card_of_a_cycle_by_keys_and_reads_what_drifted(
        self, page: Page, place: Planned, address: str
    ) -> None:
        look_as(page, place, address, "dee", "/")
        page.keyboard.press("g")
        page.keyboard.press("o")
        page.get_by_role("table", name="Cycles, the newest first").get_by_text("● in service").wait_for()
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        drift = page.get_by_role("region", name="Alerts and drift")
        drift.get_by_text("80 % intervals of lumpy demand: 61% came inside, 70% to 90% is allowed").wait_for()
        assert f"cycle={CYCLE}" in page.url
        runs = page.get_by_role("link", name="Runs in Dagster")
        assert runs.get_attribute("href") == "http://dagster.example:3000/runs"
        page.reload()
        drift.wait_for()
        page.go_back()
        drift.wait_for(state="detached")

    def test_rolls_back_with_a_reason_undoes_it_and_finds_both_in_the_ledger(
        self, page: Page, place: Planned, address: str
    ) -> None:
        look_as(page, place, address, "dee", "/operations")
        page.get_by_text("Serve another bundle").click()
        page.get_by_role("button", name=re.compile("Roll back to W30")).click()
        page.get_by_label(re.compile("^Why")).fill("prices were wrong")
        page.reload()  # what was typed is still there
        assert page.get_by_label(re.compile("^Why")).input_value() == "prices were wrong"
        page.get_by_role("button", name="Roll back", exact=True).click()
        page.get_by_text(re.compile("dee rolled back to it on .*: prices were wrong")).wait_for()
        served = httpx.get(f"{address}/v1/cycles/current", headers={"Authorization": f"Bearer {place.key('vic')}"})
        assert served.json()["cycle"] == EARLIER.isoformat()
        page.get_by_role("button", name="Undo the rollback…").click()
        page.get_by_role("button", name="Undo it").click()
        page.get_by_text("dee rolled back to it on").wait_for(state="detached")
        page.get_by_role("link", name="Ledger").click()
        page.get_by_label("Any words").fill("prices were wrong")
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile("text=prices"))
        rows = page.get_by_role("table", name="Rows of the ledger, the newest first")
        rows.get_by_text("reason prices were wrong").wait_for()
        page.get_by_label("What was done").select_option("undo rollback")
        page.get_by_label("Any words").fill("")
        page.get_by_role("button", name="Search").click()
        page.wait_for_url(re.compile("action=undo"))
        rows.get_by_role("cell", name="undo rollback").wait_for()
        page.get_by_text("1 of 1 rows").wait_for()
        page.go_back()
        rows.get_by_text("reason prices were wrong").wait_for()
        page.get_by_label("To what").fill("nowhere")
        page.keyboard.press("Enter")
        page.get_by_text("No row fits").wait_for()
        assert page.get_by_role("link", name="Users and keys").count() == 0


def test_alerts_say_what_is_wrong_what_to_do_whom_they_were_told_to_and_what_is_over(
    page: Page, place: Planned, address: str
) -> None:
    look_as(page, place, address, "dee", "/operations")
    page.get_by_role("link", name="Alerts").click()
    listed = page.get_by_role("list", name="Alerts, the last opened first")
    item = listed.get_by_role("listitem").filter(has_text="No new file from north.")
    told = item.inner_text()
    assert listed.get_by_role("listitem").count() == 1
    assert "! warning: No new file from north." in told
    assert "Ask the producer" in told
    assert "not told to mail yet: nobody answered" in told
    assert "docs/runbooks/alert-file-missing.md" in told
    assert item.get_by_role("link").get_attribute("href") == "http://127.0.0.1/north"
    page.get_by_role("link", name="Show what is over as well").click()
    listed.get_by_text("✓ over: No new file from south.").wait_for()
    listed.get_by_text(re.compile("until .*: It came.")).wait_for()
    page.get_by_role("status").get_by_text("1 open; 2 of 2 shown").wait_for()
    look_as(page, place, address, "vic", "/operations?part=alerts")
    page.get_by_text("Alerts: not for you").wait_for()


class TestDrift:
    def test_says_over_cycles_what_drifted_how_far_and_what_became_of_retrainings(
        self, page: Page, place: Planned, address: str
    ) -> None:
        look_as(page, place, address, "dee", "/operations")
        page.get_by_role("link", name="Drift", exact=True).click()
        rows = page.get_by_role("table", name="Drift by cycle, the newest first").get_by_role("row")
        rows.nth(3).wait_for()
        newest, earlier, first = (rows.nth(place).inner_text() for place in (1, 2, 3))
        assert re.search(r"! drift\s+70%\s+50%\s+90%\s+57.5%\s+wape: against its backtest", newest)
        assert "✓ stable" in earlier
        assert "? not judged" in first
        page.get_by_role("img", name=re.compile("Error over 3 cycles, from 50% to 70%, limit 57.5%")).wait_for()
        trained = page.get_by_role("region", name="Retrainings")
        trained.get_by_text("✕ lost").wait_for()
        told = trained.inner_text()
        assert f"because of drift in cycle {CYCLE}: wape. Champion’s verdict: the retrained model lost." in told
        trained.get_by_text("Earlier ones").click()
        trained.get_by_text("✓ first model").wait_for()
        channels = page.get_by_role("table", name="Channels, what moved most first").get_by_role("row")
        assert [one.split()[:3] for one in channels.all_inner_texts()[1:]] == [
            ["price", "!", "large"],
            ["quantity", "✓", "stable"],
        ]
        brand = page.get_by_role("table", name="Attributes, what moved most first").get_by_role("row").nth(1)
        assert re.search(
            r"brand\s+~ moderate\s+0.12\s+4% \(1% at training\)\s+2: new since the training are A, B",
            brand.inner_text(),
        )
        kept = page.get_by_role("table", name="Intervals of the newest closed buckets").get_by_role("row").nth(1)
        assert kept.inner_text().split() == ["80", "%", "79%", "70%", "900", "✓", "holds"]
        page.get_by_role("link", name=re.compile("W30")).click()
        page.get_by_role("heading", name=re.compile("compared in cycle W30")).wait_for()
        assert f"cycle={EARLIER}" in page.url

    def test_says_what_to_do_where_a_cycle_was_not_judged_or_the_api_is_away(
        self, page: Page, place: Planned, address: str
    ) -> None:
        look_as(page, place, address, "dee", "/operations?part=drift&cycle=2001-01-01")
        page.get_by_text("dp materialize weekly_cycle 2001-01-01").wait_for()
        nothing = '{"cycles": [], "retrainings": []}'
        page.route("**/v1/drift/cycles", lambda one: one.fulfill(body=nothing, content_type="application/json"))
        page.goto(f"{address}/operations?part=drift")
        page.get_by_text("No cycle was judged yet").wait_for()
        page.get_by_text("No model was trained yet").wait_for()
        page.unroute("**/v1/drift/cycles")
        page.route("**/v1/drift/cycles", lambda one: one.abort("connectionrefused"))
        page.reload()
        page.get_by_role("alert").get_by_text("The API does not answer").wait_for()
        page.unroute("**/v1/drift/cycles")
        page.get_by_role("button", name="Try again").click()
        page.get_by_role("table", name="Drift by cycle, the newest first").wait_for()

    def test_is_not_for_whoever_is_kept_to_some_nodes(self, page: Page, place: Planned, address: str) -> None:
        look_as(page, place, address, "vic", "/operations?part=drift")
        page.get_by_text("Drift: not for you").wait_for()


def test_thresholds_say_what_is_not_as_usual(page: Page, place: Planned, address: str) -> None:
    look_as(page, place, address, "dee", "/operations?part=thresholds")
    table = page.get_by_role("table", name="What comes on the worklist")
    row = table.get_by_role("row", name=re.compile("exceptions.change_share"))
    assert row.get_by_role("cell").all_inner_texts()[:2] == ["✎ 0.3", "0.5"]
    page.get_by_text("quality.gates.rows.warn").wait_for()
    page.get_by_text(
        "Set under exceptions: in demand.yaml; every key is described in docs/configuration.md#exceptions"
    ).wait_for()
    page.get_by_text("alerts.late_days").wait_for()
    assert page.get_by_text("alerts.channels").count() == 0


class TestAnAdministrator:
    def test_adds_a_user_who_signs_in_with_the_password_that_is_told_once(
        self, page: Page, place: Planned, address: str
    ) -> None:
        look_as(page, place, address, "root", "/operations?part=accounts")
        page.get_by_role("button", name="Add a user…").click()
        page.get_by_label("Name: small letters").fill("Ada")
        page.get_by_label("planner").check()
        page.get_by_label("Nodes to be kept to").fill("product:GROCERY")
        page.get_by_role("button", name="Add", exact=True).click()
        page.get_by_text("expected a name of up to 64 small letters").wait_for()
        page.get_by_label("Name: small letters").fill("ada")
        page.get_by_role("button", name="Add", exact=True).click()
        page.get_by_text("ada is added. Their one-time password").wait_for()
        password = page.locator("code", has_text=re.compile("^([a-z2-9]{5}-){3}")).inner_text()
        given = {"user": "ada", "password": password, "new_password": "one of my very own"}
        assert httpx.post(f"{address}/v1/session/password", json=given, timeout=30).status_code == 200
        page.reload()
        page.get_by_role("table", name="Users by name").get_by_role("row", name=re.compile("ada.*planner")).wait_for()
        assert page.get_by_text(password).count() == 0
        assert password not in page.evaluate("JSON.stringify([sessionStorage, localStorage])")

    def test_changes_roles_disables_a_user_and_lets_them_in_again(
        self, page: Page, place: Planned, address: str
    ) -> None:
        place.user("bob", [Role.VIEWER])
        look_as(page, place, address, "root", "/operations?part=accounts")
        page.get_by_role("link", name="bob").click()
        bob = page.get_by_role("region", name="User bob")
        bob.get_by_text("Change roles and nodes").click()
        bob.get_by_label("data engineer").check()
        bob.get_by_role("button", name="Save").click()
        bob.get_by_text("bob: viewer, data engineer of all nodes").wait_for()
        while_disabled, afterwards = place.key("bob"), place.key("bob")  # a server remembers for a moment whom it knows
        bob.get_by_role("button", name="Disable…").click()
        bob.get_by_role("button", name="Yes").click()
        page.get_by_role("cell", name="✕ disabled").wait_for()
        assert status_of(address, while_disabled) == 401
        bob.get_by_role("button", name="Let them in again…").click()
        bob.get_by_role("button", name="Yes").click()
        page.get_by_role("cell", name="✕ disabled").wait_for(state="detached")
        assert status_of(address, afterwards) == 200
        bob.get_by_role("link", name="what was done to them").click()
        rows = page.get_by_role("table", name="Rows of the ledger, the newest first")
        rows.get_by_role("cell", name="enable user").wait_for()
        rows.get_by_text("roles viewer → viewer data_engineer").wait_for()

    def test_makes_replaces_and_revokes_a_key(self, page: Page, place: Planned, address: str) -> None:
        look_as(page, place, address, "root", "/operations?part=accounts")
        page.get_by_role("button", name="Make a key…").click()
        page.get_by_label("Whose").select_option("vic")
        page.get_by_label("What for").fill("dashboard")
        page.get_by_role("button", name="Make it").click()
        page.get_by_text("shown only now").wait_for()
        key = page.locator("code", has_text=re.compile("^dp_[^_]+_[^…]")).inner_text()
        prefix = key.split("_")[1]
        page.get_by_role("button", name=f"Replace key {prefix}").click()
        page.get_by_role("button", name="Replace", exact=True).click()
        page.get_by_text(re.compile(f"The key (?!{prefix}).* of vic")).wait_for()
        page.get_by_role("button", name=f"Revoke key {prefix}").click()
        page.get_by_role("button", name="Revoke", exact=True).click()
        page.get_by_text(f"dp_{prefix}_…").wait_for(state="detached")
        page.get_by_role("link", name="Also those that no longer hold").click()
        page.get_by_role("row", name=re.compile(f"{prefix}.*✕ revoked")).wait_for()
        assert status_of(address, key) == 401

    def test_of_some_nodes_looks_and_is_offered_nothing(self, page: Page, place: Planned, address: str) -> None:
        look_as(page, place, address, "kim", "/operations?part=accounts&account=dee")
        page.get_by_text("You can look, and change nothing").wait_for()
        page.get_by_role("region", name="User dee").wait_for()
        page.get_by_role("table", name="API keys by user").wait_for()
        assert page.get_by_role("button", name=re.compile("Add|Make|Replace|Revoke|Disable|password")).count() == 0


class TestAViewer:
    def test_of_some_nodes_reads_what_is_served_and_is_told_what_the_rest_takes(
        self, page: Page, place: Planned, address: str
    ) -> None:
        look_as(page, place, address, "vic", "/operations")
        page.get_by_role("table", name="Cycles, the newest first").wait_for()
        parts = page.get_by_role("navigation", name="Parts of operations")
        assert parts.get_by_role("link").all_inner_texts() == ["✓ Cycles"]
        assert page.get_by_text("Serve another bundle").count() == 0
        assert page.get_by_role("link", name="Runs in Dagster").count() == 0
        page.get_by_role("table", name="Cycles, the newest first").get_by_role("link").first.click()
        page.get_by_role("alert").get_by_text("kept to some of them").wait_for()
        for part, words in (
            ("ledger", "data engineer or admin"),
            ("accounts", "role admin"),
            ("thresholds", "kept to some"),
        ):
            page.goto(f"{address}/operations?part={part}")
            page.get_by_text(words).wait_for()
