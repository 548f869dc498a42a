"""A published number is followed back to rows of files, and every link is what the table it names says."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import polars as pl
import pytest
import yaml
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from dp_assets.archiving import stored_files
from dp_assets.cli import app
from dp_assets.domain.access import EVERYTHING, NodeScope, Permission, Role, parse_scope_node
from dp_assets.domain.panel import Panel
from dp_assets.domain.planning import NumberToSet
from dp_assets.kept_receipts import find
from dp_assets.project import REPOSITORY
from dp_assets.recalls import write_event
from dp_assets.receipts import verify
from dp_assets.sources import LakeReader, Read
from dp_resources.accounts import Accounts
from dp_resources.archive import Archive
from dp_resources.settings import Settings
from serving.api import create_app
from serving.api.lineage.schemas import CycleCard
from serving.api.receipts.schemas import Receipt as ReceiptAnswer
from serving.api.trace.schemas import RowsPage, Trace
from tests.e2e.small_world import RESTATED, World, world_that_ran
from tests.serving.access_makers import shown
from tests.serving.browsers import browser_of_one_test as browser
from tests.serving.browsers import page, wrong_for_axe
from tests.serving.clients import server_over

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["browser", "page"]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]
NOW = datetime(2017, 6, 20, 12, tzinfo=UTC)
ARTEFACTS = ("tuned_model", "features")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Ann locked a department, which bob approved, and a series."""
    world = world_that_ran(tmp_path_factory)
    cycle = date.fromisoformat(cycles(world)[-1])
    lock = NumberToSet("product", "dairy", cycle, 500.0, True, "promotion", "leaflet", cycle)
    database = world.project.planning()
    proposal = database.propose([lock], "ann", NOW)
    database.approve(proposal.sequence, "bob", cycle, True, NOW)
    database.set_numbers([NumberToSet("product", "S001", cycle, 33.0, False, "market", "new store", cycle)], "ann", NOW)
    world.run()
    return world


def cycles(world: World) -> list[str]:
    return world.project.lake().partitions("published_forecasts")


@contextmanager
def client_of(world: World, **settings: Any) -> Iterator[TestClient]:
    lake_root = world.project.lake().root
    with TestClient(create_app(Settings(lake_root=lake_root, state_dir=world.folder / "state", **settings))) as found:
        yield found


@pytest.fixture(scope="module")
def client(world: World) -> Iterator[TestClient]:
    with client_of(world) as found:
        yield found


def traced(client: TestClient, path: str) -> dict[str, Any]:
    answer = client.get(f"/v1/trace/{path}")
    assert answer.status_code == 200, answer.text
    Trace.model_validate_json(answer.content)
    found: dict[str, Any] = answer.json()
    return found


def sources(found: Any) -> Iterator[dict[str, Any]]:
    """Every source in an answer, however deep."""
    if isinstance(found, dict):
        if found.get("source"):
            yield found["source"]
        for value in found.values():
            yield from sources(value)
    elif isinstance(found, list):
        for value in found:
            yield from sources(value)


def test_every_link_names_a_table_its_hash_and_the_run_that_wrote_it(world: World, client: TestClient) -> None:
    lake, cycle = world.project.lake(), cycles(world)[-1]
    links = list(sources(traced(client, f"S001/{cycle}?buckets=104")))
    of_cycle = {"published_forecasts", "planner_inputs", "reconciled_rollups", "forecasts", *ARTEFACTS}
    assert {one["table"] for one in links} == {*of_cycle, "weekly_buckets"}
    for one in links:
        by = "bucket" if one["table"] == "weekly_buckets" else "cycle"
        partition = {by: one["partition"]}
        if one["table"] in ARTEFACTS:
            assert lake.manifest(one["table"], **partition)["sha256"] == one["sha256"]
            assert Path(one["location"]).is_dir()
        else:
            assert lake.digest(one["table"], **partition) == one["sha256"]
            assert one["location"] == lake.path(one["table"], **partition)
        assert one["current"]
        run = world.instance.get_run_by_id(one["made"]["run_id"])
        assert run is not None
        assert run.job_name == one["made"]["job"]
        assert one["made"]["trigger"] == "command line"


def test_a_number_of_which_every_file_lies_in_the_archive_is_traced_and_computed_again(
    world: World, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = World.kept_in(_copied(world, tmp_path_factory), world.project.config)
    lake, cycle = other.project.lake(), cycles(other)[-1]
    with client_of(other) as asked:
        before = traced(asked, f"S001/{cycle}")
    archive = Archive(lake, other.folder / "archive")
    for one in stored_files(lake):
        archive.move(one.path, pack=one.path.startswith("_landed/"), at=NOW, plan="p")
    assert all(one.archived for one in stored_files(lake))
    with client_of(other) as asked:
        after = traced(asked, f"S001/{cycle}")
    assert _without_places(after) == _without_places(before)
    for one in (*(file["archive"] for file in after["files"]), *sources(after)):
        if one.get("table") not in ARTEFACTS:  # of these a folder is named, whose files are links
            assert Path(one["location"]).parent.parent == archive.root
            assert one["sha256"] in one["location"]
    assert all(one["archived"] for one in after["files"])
    verdicts = verify(find(lake, cycle), lake, other.project.settings, lambda _: None)
    assert all(one.holds for one in verdicts), verdicts
    assert other.run() == 0  # nothing is taken for missing


def _copied(world: World, temporary: pytest.TempPathFactory) -> Path:
    folder = temporary.mktemp("archived") / "copy"
    shutil.copytree(world.folder, folder)
    return folder


def _without_places(found: Any) -> Any:
    if isinstance(found, dict):
        return {name: _without_places(value) for name, value in found.items() if name != "location"}
    return [_without_places(one) for one in found] if isinstance(found, list) else found


def test_values_are_those_of_the_tables(world: World, client: TestClient) -> None:
    cycle = cycles(world)[-1]
    bucket = date.fromisoformat(cycle) + timedelta(weeks=2)
    found = traced(client, f"S002/{bucket}")
    assert (found["cycle"], found["lead"]) == (cycle, 3)

    def row(table: str, **key: Any) -> dict[str, Any]:
        here = [pl.col(name) == value for name, value in key.items()]
        return world.table(table, cycle=cycle).filter(*here).row(0, named=True)

    published = row("published_forecasts", series_id="S002", lead=3)
    assert {name: found["published"][name] for name in ("statistical", "reconciled", "final", "user")} == {
        name: published[name] for name in ("statistical", "reconciled", "final", "user")
    }
    forecast = row("forecasts", series_id="S002", lead=3)
    assert (found["forecast"]["forecast"], found["forecast"]["method"]) == (forecast["forecast"], forecast["method"])
    rolled = row("reconciled_rollups", hierarchy="product", level="series", node="S002", lead=3)
    assert found["reconciliation"]["base_forecast"] == rolled["base_forecast"]
    nodes = found["reconciliation"]["nodes"]
    assert [one["level"] for one in nodes] == ["total", "department", "brand"]
    assert nodes[-1]["node"] == rolled["parent"]
    assert all(node["parent"] == above["node"] for above, node in pairwise(nodes))
    receipt = find(world.project.lake(), cycle)
    assert found["receipt"]["id"] == forecast["receipt"] == receipt.id
    assert found["receipt"]["current"]
    assert found["model"]["cycle"] == cycles(world)[0]
    assert found["model"]["weights"] == receipt.parts["weights"]
    assert found["model"]["window"]["last"] == str(date.fromisoformat(cycles(world)[0]) - timedelta(weeks=1))
    panel = Panel.load(world.project.lake().open_folder("features", cycle=cycle))
    at = panel.series["series_id"].to_list().index("S002")
    told = {(one["kind"], one["name"]): one["value"] for one in found["features"]["channels"]}
    assert told["past", "quantity"] == panel.quantity[at, -1]
    assert {name for kind, name in told if kind == "known"} == set(panel.known_names)
    assert found["override"] is None


def test_contributions_sum_to_the_bucket_that_every_series_was_forecast_from(world: World) -> None:
    """Of both cycles, every series and every bucket; the first one did not know the restatement."""
    from dp_assets.domain.trace import history_bucket
    from dp_assets.history_links import contributions_of

    class Kept(LakeReader):
        known: ClassVar[dict[str, Read | None]] = {}

        def table(self, name: str, **key: str) -> Read | None:
            if str(key) not in self.known:
                found = super().table(name, **key)
                self.known[str(key)] = None if found is None else Read(found.frame, found.sha256)
            return self.known[str(key)]

    lake = world.project.lake()
    reader, left_out = Kept(lake), set()
    for cycle in cycles(world):
        panel = Panel.load(lake.open_folder("features", cycle=cycle))
        known_at = find(lake, cycle).grid.known_at(date.fromisoformat(cycle))
        assert known_at == world.project.grid.known_at(date.fromisoformat(cycle))
        for at, series in enumerate(panel.series["series_id"].to_list()):
            for bucket, seen in zip(
                panel.starts[: panel.history].astype("datetime64[D]").tolist(), panel.quantity[at].tolist(), strict=True
            ):
                found = history_bucket(bucket, contributions_of(reader, series, bucket), known_at, seen, ())
                assert found.agrees, (cycle, series, found)
                if found.unknown:
                    left_out.add((cycle, bucket))
    touched = [RESTATED, RESTATED + timedelta(weeks=1)]
    assert left_out == {(cycles(world)[0], week) for week in touched}


def test_a_restated_file_shows_and_is_left_out_where_it_was_not_known(world: World, client: TestClient) -> None:
    first, last = cycles(world)
    buckets = world.table("weekly_buckets", bucket=str(RESTATED))
    series = buckets.filter(pl.col("event") == "superseded")["series_id"][0]
    before = traced(client, f"{series}/{first}?history={RESTATED}")
    assert before["cycle"] == first
    (bucket,) = [one for one in before["history"] if one["bucket_start"] == str(RESTATED)]
    assert {one["event"] for one in bucket["known"]} == {"landed"}
    assert {one["event"] for one in bucket["unknown"]} == {"landed", "superseded"}
    after = traced(client, f"{series}/{last}?history={RESTATED}")
    (bucket,) = [one for one in after["history"] if one["bucket_start"] == str(RESTATED)]
    assert sorted(one["event"] for one in bucket["known"]).count("superseded") == 1
    assert bucket["unknown"] == []
    versions = {one["file_version_id"]: one for one in after["files"]}
    (newer,) = [one for one in versions.values() if one["supersedes"]]
    older = versions[newer["supersedes"]]
    assert newer["uri"] == older["uri"] == f"shop/{RESTATED}.csv"
    assert Path(older["archive"]["location"]).stat().st_size == older["archive"]["bytes"]  # replaced, and still there
    landed = (world.folder / "landing" / newer["uri"]).read_bytes()
    assert Path(newer["archive"]["location"]).read_bytes() == landed


def test_rows_of_files_add_up_to_what_each_file_contributes(world: World, client: TestClient) -> None:
    cycle = cycles(world)[-1]
    kept = world.project.lake().read("weekly_buckets", bucket=RESTATED.isoformat())
    series = kept.filter(pl.col("event") == "superseded")["series_id"].min()
    bucket = traced(client, f"{series}/{cycle}?history={RESTATED}")
    (history,) = [one for one in bucket["history"] if one["bucket_start"] == str(RESTATED)]
    landed = {one["file_version_id"]: one["quantity"] for one in history["known"] if one["event"] == "landed"}
    rows, path = [], f"/v1/trace/{series}/{RESTATED}/rows?limit=1"
    cursor = ""
    while True:
        answer = client.get(path + cursor)
        assert answer.status_code == 200, answer.text
        page = RowsPage.model_validate_json(answer.content)
        rows += page.rows
        if page.next is None:
            break
        cursor = f"&cursor={page.next}"
    assert len(rows) == page.total == len({(one.file_version_id, one.row_number) for one in rows})
    sums: dict[str, float] = {}
    for one in rows:
        sums[one.file_version_id] = sums.get(one.file_version_id, 0) + one.quantity
    assert sums == pytest.approx(landed)
    assert {one.counts for one in rows} == {"all", "none"}
    assert sum(one.quantity for one in rows if one.counts == "all") == pytest.approx(history["units"])
    (restated,) = [one for one in rows if one.quantity == 40]
    assert restated.row_number == int(str(series)[1:]) + 1  # one row per SKU below the header of the file
    assert [one["row_number"] for one in bucket["rows"]["rows"]] == [one.row_number for one in rows]


def test_a_number_that_planners_set_names_them(world: World, client: TestClient) -> None:
    cycle = cycles(world)[-1]
    own = traced(client, f"S001/{cycle}")
    assert (own["override"]["user"], own["override"]["node"], own["override"]["quantity"]) == ("ann", "S001", 33.0)
    assert own["published"]["final"] == pytest.approx(33.0)
    assert own["override"]["ledger"]["comment"] == "new store"
    assert own["override"]["ledger"]["approved_by"] is None
    of_node = traced(client, f"S000/{cycle}")
    assert (of_node["override"]["node"], of_node["override"]["locked"]) == ("dairy", True)
    ledger = of_node["override"]["ledger"]
    assert (ledger["comment"], ledger["approved_by"]) == ("leaflet", "bob")
    rows = {row["sequence"]: row for row in world.project.planning().ledger()}
    assert rows[ledger["sequence"]]["hash"] == ledger["hash"]
    assert rows[ledger["approval_sequence"]]["action"] == "approve"
    locked = {one["node"]: one["locked"] for one in of_node["reconciliation"]["nodes"]}
    assert locked["dairy"]
    assert not locked["total"]


def test_a_cycle_without_a_bundle_that_can_be_served_is_traced_all_the_same(world: World, client: TestClient) -> None:
    cycle = cycles(world)[0]
    manifest = Path(world.project.lake().folder("serving_bundle", cycle=cycle)) / "manifest.json"
    kept = manifest.read_bytes()
    manifest.unlink()
    try:
        assert traced(client, f"S001/{cycle}?buckets=2")["cycle"] == cycle
    finally:
        manifest.write_bytes(kept)


def test_a_recalled_file_shows_and_counts_for_nothing(world: World, client: TestClient) -> None:
    lake, cycle = world.project.lake(), cycles(world)[-1]
    bucket = [one for one in traced(client, f"S001/{cycle}")["history"] if one["known"]][-1]
    version = bucket["known"][0]["file_version_id"]
    write_event(lake, version, False, "ann", "sent twice", world.clock.now())
    try:
        found = traced(client, f"S001/{cycle}")
        (file,) = [one for one in found["files"] if one["file_version_id"] == version]
        assert file["recalled"]
        (again,) = [one for one in found["history"] if one["bucket_start"] == bucket["bucket_start"]]
        assert again["recalled"] == [version]
        rows = [one for one in found["rows"]["rows"] if one["file_version_id"] == version]
        assert {(one["recalled"], one["counts"]) for one in rows} == {(True, "none")}
    finally:
        write_event(lake, version, True, "ann", "", world.clock.now())


def test_without_the_ledger_a_trace_goes_on(world: World) -> None:
    with client_of(world, planning_database_url="postgresql+psycopg://nobody@127.0.0.1:1/x") as client:
        found = traced(client, f"S001/{cycles(world)[-1]}")
    assert found["override"]["user"] == "ann"
    assert found["override"]["ledger"] is None


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("S001/{last}?cycle=2001-01-01", 404, "expected a cycle"),
        ("S999/{last}", 404, "published nothing of series 'S999'"),
        ("S001/2030-01-07", 404, "expected a bucket that cycle"),
        ("S001/soon", 422, "expected a date"),
        ("S001/{last}?history={last}", 422, "before the cutoff"),
        ("S001/{last}?buckets=0", 422, "greater than or equal to 1"),
        ("S001/{last}/rows", 422, "before the cutoff"),
        ("S999/{first}/rows", 404, "published nothing of series 'S999'"),
        ("S001/{first}/rows?cursor=x", 422, "cursor"),
    ],
)
def test_what_cannot_be_traced_is_refused(world: World, client: TestClient, path: str, status: int, said: str) -> None:
    first, last = cycles(world)
    answer = client.get("/v1/trace/" + path.format(first=first, last=last))
    assert answer.status_code == status, answer.text
    assert said in answer.json()["detail"]


def test_a_receipt_names_contents_and_how_to_repeat_it(world: World, client: TestClient) -> None:
    lake, cycle = world.project.lake(), cycles(world)[-1]
    kept = find(lake, cycle)
    for asked in (kept.id, kept.id[:8], cycle):
        answer = client.get(f"/v1/receipts/{asked}")
        assert answer.status_code == 200, answer.text
        found = ReceiptAnswer.model_validate_json(answer.content)
        assert (found.id, found.parts, found.intact) == (kept.id, kept.parts, True)
        assert found.verify == f"dp receipt verify {kept.id[:12]}"
        assert found.verify_training is not None
        assert {one.table: one.sha256 for one in found.tables} == dict(kept.hashes)
        for one in found.tables:
            assert one.current
            assert lake.digest(one.table, cycle=cycle) == one.sha256
        assert found.configuration is not None
        assert found.configuration["series_key"] == ["sku"]


def test_a_table_of_a_receipt_that_was_replaced_leads_to_where_it_is_kept(world: World, client: TestClient) -> None:
    lake, cycle = world.project.lake(), cycles(world)[0]
    receipt, before = find(lake, cycle).id, world.table("total_forecasts", cycle=cycle)
    lake.write("total_forecasts", before.with_columns(pl.col("forecast") * 2), cycle=cycle)
    try:
        found = ReceiptAnswer.model_validate_json(client.get(f"/v1/receipts/{receipt}").content)
        (totals,) = [one for one in found.tables if one.table == "total_forecasts"]
        assert not totals.current
        assert totals.location is not None
        assert pl.read_parquet(totals.location).equals(before)
    finally:
        lake.write("total_forecasts", before, cycle=cycle)


@pytest.mark.parametrize(("asked", "status"), [("ffffffff", 404), ("abc", 422), ("2001-01-01", 404), ("x%2Fy", 404)])
def test_a_receipt_that_is_not_there_is_refused(client: TestClient, asked: str, status: int) -> None:
    assert client.get(f"/v1/receipts/{asked}").status_code == status


def test_a_cycle_shows_its_model_its_judges_and_the_runs_behind_its_tables(world: World, client: TestClient) -> None:
    lake, (first, last) = world.project.lake(), cycles(world)
    listed = client.get("/v1/cycles").json()["cycles"]
    assert [(one["cycle"], one["trained"], one["served"]) for one in listed if one["published"]] == [
        (first, True, False),
        (last, False, True),
    ]
    answer = client.get(f"/v1/cycles/{last}")
    assert answer.status_code == 200, answer.text
    found = CycleCard.model_validate_json(answer.content)
    assert found.model is not None
    assert str(found.model.cycle) == first
    assert found.model.metrics is not None
    assert {"held_out_point_loss", "held_out_sum_loss"} <= set(found.model.metrics)
    assert found.known_at == world.project.grid.known_at(date.fromisoformat(last))
    leaderboard = world.table("leaderboard", cycle=first).select("demand_class", "method", "reason")
    assert [(one.demand_class, one.method, one.reason) for one in found.leaderboard] == leaderboard.rows()
    assert len(found.intervals) == len(world.table("interval_contract", cycle=last))
    assert found.planner_inputs is not None
    assert found.planner_inputs.last_change == world.project.planning().last_change()
    assert {one.table for one in found.lineage} >= {"features", "forecasts", "published_forecasts", "serving_bundle"}
    for one in found.lineage:
        if not lake.has_bytes(f"{lake.folder(one.table, cycle=last)}/manifest.json"):
            assert one.sha256 == lake.digest(one.table, cycle=last)
            assert one.rows == len(world.table(one.table, cycle=last))
        assert one.made is not None, one.table
        assert world.instance.get_run_by_id(one.made.run_id) is not None
    assert client.get("/v1/cycles/2001-01-01").status_code == 404
    assert client.get("/v1/cycles/soon").status_code == 422
    assert client.get("/v1/cycles/current").json()["cycle"] == last


def test_history_as_of_the_moment_a_cycle_knew_is_the_history_that_it_knew(world: World, client: TestClient) -> None:
    first, last = cycles(world)
    for cycle, restated in ((first, False), (last, True)):
        known_on = world.project.grid.known_at(date.fromisoformat(cycle)).astimezone(world.project.grid.zone).date()
        assert client.get(f"/v1/forecast/skus/S001?as_of={known_on}").json()["cycle"] == cycle
        for sku in ("S000", "S001", "S002"):
            told = client.get(f"/v1/history/{sku}?as_of={known_on}").json()
            assert (told["cycle"], told["as_of"]) == (cycle, str(known_on))
            then = {one["bucket_start"]: one["units"] for one in told["series"][0]["buckets"]}
            knew = client.get(f"/v1/history/{sku}?cycle={cycle}").json()["series"][0]["buckets"]
            assert {one["bucket_start"]: one["units"] for one in knew}.items() <= then.items()
            assert set(then) - {one["bucket_start"] for one in knew} <= {cycle}  # the bucket that had just begun
            if sku == "S001":
                assert (then[str(RESTATED)] == 40 + _web(world)) is restated
    before = date.fromisoformat(first)
    refused = client.get(f"/v1/forecast/skus/S001?as_of={before}")
    assert refused.status_code == 404
    assert "was known when" in refused.json()["detail"]


def _web(world: World) -> float:
    """What S001 sold on the web in the bucket that the shop restated."""
    lake, rows = world.project.lake(), world.table("weekly_buckets", bucket=str(RESTATED))
    web = [one for one in lake.committed("ingest") if one.startswith("web-")]
    here = (pl.col("series_id") == "S001") & pl.col("file_version_id").is_in(web)
    return float(rows.filter(here)["quantity"].sum())


def test_who_is_kept_to_a_department_sees_its_series_and_nothing_of_what_is_above(world: World) -> None:
    accounts, cycle = Accounts(world.project.planning()), cycles(world)[-1]
    with client_of(world, api_access="keys") as client:
        dairy, below = (NodeScope((parse_scope_node(f"product:{one}"),)) for one in ("dairy", "dairy/own"))
        scopes = {"eve": dairy, "sue": below, "max": EVERYTHING}
        for name, scope in scopes.items():
            accounts.add_user(name, (Role.VIEWER,), scope, "test", NOW)
        now = datetime.now(UTC)
        eve, sue, everybody = (
            shown(
                accounts.create_key(name, "test", frozenset({Permission.READ}), now + timedelta(days=1), "test", now)[1]
            )
            for name in scopes
        )
        receipts = [client.get(f"/v1/receipts/{cycle}", headers=headers).json() for headers in (eve, everybody)]
        assert [one["configuration"] is None for one in receipts] == [True, False]
        path = f"/v1/trace/S000/{cycle}"
        seen, whole = (client.get(path, headers=headers).json() for headers in (eve, everybody))
        assert [one["node"] for one in whole["reconciliation"]["nodes"]] == ["total", "dairy", "dairy/own"]
        assert [one["node"] for one in seen["reconciliation"]["nodes"]] == ["dairy", "dairy/own"]
        assert seen["override"] == whole["override"]
        further_up = client.get(path, headers=sue).json()["override"]  # set for a department that sue does not see
        assert (further_up["node"], further_up["quantity"], further_up["ledger"]) == (None, None, None)
        assert further_up["user"] == whole["override"]["user"]
        for hidden in (f"S001/{cycle}", f"S001/{RESTATED}/rows"):
            found = client.get(f"/v1/trace/{hidden}", headers=eve)
            unknown = client.get(f"/v1/trace/{hidden.replace('S001', 'S999')}", headers=eve)
            assert found.status_code == unknown.status_code == 404
            assert found.text.replace("S001", "S999") == unknown.text
            assert client.get(f"/v1/trace/{hidden}", headers=everybody).status_code == 200
        assert client.get(f"/v1/trace/S000/{RESTATED}/rows", headers=eve).status_code == 200


@pytest.mark.needs_workbench
def test_the_workbench_shows_the_cycle_before_the_plans_and_the_way_back_to_rows_of_files(
    world: World, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DP_STATE_DIR", str(world.folder / "state"))
    last = cycles(world)[-1]
    with server_over(world.project.lake()) as address:
        page.goto(f"{address}/skus/S001")
        page.get_by_text("published in the cycle before").first.wait_for()
        page.get_by_text("Promotions, prices and other influences, in numbers").click()
        influences = page.get_by_role("table", name="Promotions, prices")
        heads = influences.get_by_role("columnheader").all_inner_texts()
        assert {"price", "promo: display", "temperature"} < set(heads)
        page.get_by_label("Trace the published number of").select_option(value=last)
        page.get_by_role("heading", name="Planner's number: 33 units").wait_for()
        page.get_by_text("“new store”").wait_for()
        page.get_by_role("button", name=re.compile("Show rows of")).last.click()
        page.get_by_role("heading", name=re.compile("^Rows of")).wait_for()
        assert f"trace={last}" in page.url
        page.reload()
        page.get_by_role("heading", name=re.compile("^Rows of")).wait_for()
        page.get_by_role("table", name="Files behind these buckets").get_by_role("link").first.click()
        page.wait_for_url(re.compile("/data/files/"))
        page.go_back()
        page.get_by_role("heading", name=re.compile("^Rows of")).wait_for()
        assert wrong_for_axe(page) == []


def test_the_command_tells_it_in_words(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    text = yaml.safe_dump(world.config.model_dump(mode="json", exclude_none=True), sort_keys=False)
    (world.folder / "demand.yaml").write_text(text)
    monkeypatch.setenv("DP_CONFIG", str(world.folder / "demand.yaml"))
    monkeypatch.setenv("DP_STATE_DIR", str(world.folder / "state"))
    monkeypatch.setenv("DP_CLOCK", "simulated")
    monkeypatch.setenv("DAGSTER_HOME", str(REPOSITORY))
    cycle = cycles(world)[-1]
    asked = CliRunner().invoke(app, ["why", "number", "S000", cycle, "--history", str(RESTATED)])
    assert asked.exit_code == 0, asked.output
    for said in ("ann set 500 for dairy (promotion), locked", "approved by bob", "dp receipt verify", "landed"):
        assert said in asked.output
    lake = world.project.lake()
    published = lake.read("published_forecasts", cycle=cycle)
    try:  # as earlier releases wrote it
        lake.write("published_forecasts", published.drop("ledger_sequence"), cycle=cycle)
        older = " ".join(CliRunner().invoke(app, ["why", "number", "S000", cycle]).output.split())
    finally:
        lake.write("published_forecasts", published, cycle=cycle)
    assert "one of ann made it what it is, which was not noted then" in older
    missing = CliRunner().invoke(app, ["why", "number", "S999", cycle])
    assert missing.exit_code == 2
    assert "published nothing of series" in " ".join(missing.output.split())
