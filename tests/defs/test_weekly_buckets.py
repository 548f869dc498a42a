"""The buckets stage as a graph and on small lakes: what a run reads, what it writes, what it leaves alone."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import dagster as dg
import polars as pl
import pytest

from dp_assets.defs import weekly_buckets as stage
from dp_assets.domain.contracts import transactions_cleaned, weekly_buckets
from dp_assets.recalls import write_event
from dp_resources import dbt
from dp_resources.dbt_runner import ModelRunner
from tests.defs.bucket_world import ATTRIBUTES, BUCKETS, FIRST, WEEK, World, key
from tests.lake_makers import at, bucket_config, promotion, sale

pytestmark = pytest.mark.slow


def test_the_models_stand_in_the_graph_under_their_names_and_read_every_file(world: World) -> None:
    graph = world.definitions().resolve_asset_graph()
    keys = {asset.to_user_string() for asset in graph.materializable_asset_keys}
    assert keys == {"weekly_buckets", "transactions_cleaned", *ATTRIBUTES}
    for name in keys:
        node = graph.get(dg.AssetKey(name))
        assert node.parent_keys == {dg.AssetKey("unified_transactions")}
        assert isinstance(node.partition_mappings[dg.AssetKey("unified_transactions")], dg.AllPartitionMapping)
        assert node.group_name == "buckets"
        assert node.owners == ["team:demand-planning"]
        assert node.backfill_policy == dg.BackfillPolicy.single_run()
        assert node.description.startswith("One row per")


def test_drawing_the_graph_starts_no_process(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[object] = []
    monkeypatch.setattr("subprocess.Popen.__init__", lambda self, *command, **_: started.append(command))
    definitions = stage.build(world.project)
    assert started == []
    assert definitions.assets


def test_one_run_over_a_range_starts_dbt_once_and_writes_every_bucket_even_empty_ones(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = []
    build = ModelRunner.build
    monkeypatch.setattr(ModelRunner, "build", lambda *parts: started.append(parts) or build(*parts))
    world.land("plan", [promotion("milk", FIRST)], -2, producer="marketing")
    world.land("w0", [sale("milk", FIRST, 2, revenue=3.5), sale("milk", FIRST, 1), sale("salt", FIRST, 4)], 0)
    world.land("w2", [sale("milk", FIRST + 2 * WEEK, 5)], 2)
    result = world.run(key(0), key(2))

    assert result.success
    assert len(started) == 1
    materialised = [
        (event.asset_key.to_user_string(), event.partition) for event in result.get_asset_materialization_events()
    ]
    assert sorted(materialised) == sorted((name, key(week)) for name in BUCKETS for week in range(3))
    measures = ["series_id", "file_version_id", "event", "quantity", "revenue", "transactions", "promoted_quantity"]
    assert world.bucket(0).select(measures).rows() == [
        ("milk", "w0", "landed", 3.0, 3.5, 2, 3.0),
        ("salt", "w0", "landed", 4.0, 0.0, 1, 0.0),
    ]
    assert world.bucket(1).equals(weekly_buckets(world.config).empty())
    assert world.lake.read("transactions_cleaned", bucket=key(1)).equals(transactions_cleaned(world.config).empty())
    made_of = {bucket: set(record["inputs"]) for bucket, record in world.lake.committed("weekly_buckets").items()}
    assert made_of == {key(0): {"w0", "plan"}, key(1): set(), key(2): {"w2"}}
    assert world.stale_buckets() == []
    checks = result.get_asset_check_evaluations()
    assert len(checks) >= 4
    assert all(check.passed for check in checks)


def test_a_late_file_changes_only_its_own_bucket_and_keeps_what_was_known_before(world: World) -> None:
    for week in range(3):
        world.land(f"w{week}", [sale("milk", FIRST + week * WEEK, 10 + week)], week)
    world.run(key(0), key(2))
    before = world.hashes()
    world.land("late", [sale("milk", FIRST + WEEK, 7)], 5)
    world.run(key(0), key(2))
    after = world.hashes()

    changed = {path for path in after if after[path] != before[path]}
    assert changed == {path for path in after if f"bucket={key(1)}" in path}
    as_known = world.bucket(1).filter(pl.col("known_from") <= at(FIRST + 2 * WEEK))
    assert as_known["quantity"].to_list() == [11.0]
    assert world.bucket(1)["quantity"].sum() == 18.0


def test_a_restated_file_that_moves_a_sale_makes_both_buckets_due_and_conserves_units(world: World) -> None:
    world.land("old", [sale("milk", FIRST, 5)], 0, uri="shop/a")
    world.run(key(0), key(1))
    world.land("new", [sale("milk", FIRST + WEEK, 5)], 1, uri="shop/a")
    assert world.stale_buckets() == [key(0), key(1)]

    world.run(key(0), key(1))
    assert world.bucket(0).select("file_version_id", "event", "quantity").rows() == [
        ("old", "landed", 5.0),
        ("old", "superseded", -5.0),
    ]
    assert world.bucket(1)["quantity"].to_list() == [5.0]
    assert len(world.lake.read("transactions_cleaned", bucket=key(0))) == 0
    assert world.stale_buckets() == []


def test_a_file_that_was_read_again_makes_its_buckets_due(world: World) -> None:
    world.land("w0", [sale("milk", FIRST, 5)], 0)
    world.land("w1", [sale("milk", FIRST + WEEK, 5)], 1)
    world.run(key(0), key(1))
    world.land("w0", [sale("milk", FIRST, 6)], 0)
    assert world.stale_buckets() == [key(0)]
    world.run(key(0))
    assert world.bucket(0)["quantity"].to_list() == [6.0]
    assert world.stale_buckets() == []


def test_a_plan_noticed_late_that_had_arrived_before_the_sales_makes_their_bucket_due(world: World) -> None:
    for week in range(3):
        world.land(f"w{week}", [sale("milk", FIRST + week * WEEK, 5)], week)
    world.run(key(0), key(2))
    world.land("plan", [promotion("milk", FIRST + WEEK)], 0, producer="marketing")
    assert world.stale_buckets() == [key(1)]
    world.run(key(1))
    assert world.bucket(1)["promoted_quantity"].to_list() == [5.0]


def test_a_recalled_file_leaves_its_buckets_and_what_it_restated_counts_again(world: World) -> None:
    world.land("old", [sale("milk", FIRST, 5)], 0, uri="shop/a")
    world.run(key(0), key(1))
    before = world.hashes()
    world.land("new", [sale("milk", FIRST + WEEK, 5)], 1, uri="shop/a")
    world.run(key(0), key(1))
    with_both = world.hashes()

    write_event(world.lake, "new", False, "ann", "wrong till", world.project.clock.now())
    assert world.stale_buckets() == [key(0), key(1)]
    world.run(key(0), key(1))
    assert world.hashes() == before
    write_event(world.lake, "new", True, "ann", "", world.project.clock.now())
    world.run(key(0), key(1))
    assert world.hashes() == with_both


@pytest.fixture
def restating(state: Path, tmp_path: Path) -> World:
    """Tills whose lines an office corrects; branches that deliver whole days again."""
    columns = {name: name for name in ("sku", "sold_at", "quantity", "transaction_id")}
    by_rows = {"by": "rows"}
    rules = {"till": by_rows, "office": {**by_rows, "of": "till"}, "branch": {"by": "dates"}}
    producers = [
        {"name": name, "files": [f"{name}/*"], "columns": columns, "restatement": rule} for name, rule in rules.items()
    ]
    return World(bucket_config(producers=producers), state, str(tmp_path / "lake"))


def line(number: int, sold_on: date, quantity: float) -> dict[str, Any]:
    return sale("milk", sold_on, quantity, transaction_id=f"t{number}")


def test_a_correction_rebuilds_what_it_touches_and_its_recall_and_undo_leave_the_bytes_that_were_there(
    restating: World,
) -> None:
    world = restating
    world.land("sold", [line(week, FIRST + week * WEEK, 5) for week in range(3)], 3, producer="till")
    world.run(key(0), key(2))
    before = world.hashes()
    world.land("fixed", [line(1, FIRST, 2), line(2, FIRST, 0)], 4, producer="office")
    assert world.stale_buckets() == [key(0), key(1), key(2)]
    world.run(key(0), key(2))
    corrected = world.hashes()
    assert world.stale_buckets() == []
    measures = ["file_version_id", "event", "known_from", "quantity", "transactions"]
    assert world.bucket(1).select(measures).rows() == [
        ("sold", "corrected", at(FIRST + 5 * WEEK), -5.0, -1),
        ("sold", "landed", at(FIRST + 4 * WEEK), 5.0, 1),
    ]
    assert world.bucket(0)["quantity"].sum() == 7.0
    assert world.bucket(2)["quantity"].sum() == 0.0
    cleaned = [world.lake.read("transactions_cleaned", bucket=key(week)) for week in range(3)]
    assert [one.select("file_version_id", "quantity").rows() for one in cleaned] == [
        [("fixed", 2.0), ("sold", 5.0)],
        [],
        [],
    ]
    write_event(world.lake, "fixed", False, "ann", "wrong receipt", world.project.clock.now())
    assert world.stale_buckets() == [key(0), key(1), key(2)]
    world.run(key(0), key(2))
    assert world.hashes() == before
    write_event(world.lake, "fixed", True, "ann", "", world.project.clock.now())
    world.run(key(0), key(2))
    assert world.hashes() == corrected


def test_days_delivered_again_replace_what_was_said_of_them_and_leave_other_days(restating: World) -> None:
    world = restating
    days = [FIRST, FIRST + timedelta(days=1), FIRST + WEEK]
    world.land("first", [line(number, day, 5) for number, day in enumerate(days)], 3, producer="branch")
    world.run(key(0), key(1))
    untouched = world.lake.read_bytes(world.lake.path("weekly_buckets", bucket=key(1)))
    world.land("again", [line(1, days[1], 2)], 4, producer="branch")
    assert world.stale_buckets() == [key(0)]
    world.run(key(0), key(1))
    assert world.bucket(0).select("file_version_id", "event", "quantity").rows() == [
        ("again", "landed", 2.0),
        ("first", "landed", 10.0),
        ("first", "replaced", -5.0),
    ]
    assert world.lake.read_bytes(world.lake.path("weekly_buckets", bucket=key(1))) == untouched


def test_running_again_changes_nothing(world: World) -> None:
    world.land("w0", [sale("milk", FIRST, 0.1 * n, revenue=0.01 * n) for n in range(1, 40)], 0)
    written = []
    for _ in range(2):
        result = world.run(key(0))
        events = result.asset_materializations_for_node("bucket_models")
        written.append([event.metadata["changed"].value for event in events])
    assert written == [[True, True], [False, False]]


def test_bucket_by_bucket_gives_the_same_bytes_as_all_at_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.land("old", [sale("milk", FIRST, 5), sale("salt", FIRST + 2 * WEEK, 1)], 0, uri="shop/a")
    world.land("new", [sale("milk", FIRST + WEEK, 4)], 3, uri="shop/a")
    world.run(key(0), key(3))
    at_once = world.hashes()
    shutil.rmtree(Path(world.lake.root) / "weekly_buckets")
    shutil.rmtree(Path(world.lake.root) / "transactions_cleaned")
    monkeypatch.setattr(dbt, "ROWS_PER_SLICE", 1)
    world.run(key(0), key(3))
    assert world.hashes() == at_once


def test_one_table_alone_is_not_grouped_by_its_key_either_which_the_contract_judges(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[str] = []
    build = ModelRunner.build

    def noted(runner: ModelRunner, context: Any, variables: Any, folder: Path, shared: str | None = None) -> list[Any]:
        events = build(runner, context, variables, folder, shared)
        results = json.loads((folder / "target/run_results.json").read_text())["results"]
        ran.extend(one["unique_id"].split(".")[2] for one in results if one["unique_id"].startswith("test."))
        return events

    monkeypatch.setattr(ModelRunner, "build", noted)
    world.land("w0", [sale("milk", FIRST, 5)], 0)
    for name in BUCKETS:
        assert world.run(key(0), assets=(name,)).success
    assert "weekly_buckets_conserve_units" in ran
    assert "transactions_cleaned_are_whole" in ran
    assert [name for name in ran if "one_row_per" in name] == []


def test_rows_that_break_the_contract_fail_the_run_and_leave_the_lake_as_it_was(world: World, state: Path) -> None:
    world.land("good", [sale("milk", FIRST, 5)], 0)
    world.run(key(0))
    before = world.hashes()
    world.land("bad", [sale("milk", FIRST, 5)], 1)
    path = world.lake.path("unified_transactions", file_version="bad")
    pl.read_parquet(path).with_columns(pl.lit(None, pl.Float64).alias("quantity")).write_parquet(path)

    result = world.run(key(0))
    assert not result.success
    failure = next(event for event in result.all_events if event.is_step_failure)
    assert "transactions_cleaned_are_whole" in str(failure.step_failure_data.error)
    assert world.hashes() == before
    assert list((state / "dbt/staging").iterdir()) == []


def test_a_file_that_was_never_committed_does_not_count(world: World) -> None:
    world.land("w0", [sale("milk", FIRST, 5)], 0)
    world.land("half", [sale("milk", FIRST, 100)], 0)
    world.lake.withdraw("ingest", "half")
    world.run(key(0))
    assert world.bucket(0)["quantity"].to_list() == [5.0]


def test_one_of_the_two_bucket_tables_can_be_built_alone(world: World) -> None:
    world.land("w0", [sale("milk", FIRST, 5)], 0)
    assert world.run(key(0), assets=("transactions_cleaned",)).success
    assert not world.lake.exists("weekly_buckets", bucket=key(0))
    assert world.lake.committed("weekly_buckets") == {}
    assert world.run(key(0), assets=("weekly_buckets",)).success
    assert world.bucket(0)["quantity"].to_list() == [5.0]


def test_more_than_a_thousand_files_fit_into_one_run(world: World) -> None:
    count = 1200
    for number in range(count):
        world.land(f"v{number:04d}", [sale("milk", FIRST, 1)], 0)
    assert world.run(key(0)).success
    assert len(world.bucket(0)) == count
    assert world.bucket(0)["quantity"].sum() == count


@pytest.fixture
def s3_options(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """An S3 store with an empty bucket `lake`; the process environment names it, as in production."""
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    urlopen(Request(f"{endpoint}/moto-api/reset", method="POST")).close()  # the store outlives its server
    monkeypatch.setenv("DP_S3_ENDPOINT_URL", endpoint)
    monkeypatch.setenv("DP_S3_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("DP_S3_SECRET_ACCESS_KEY", "test")
    client = boto3.client(
        "s3", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test"
    )
    client.create_bucket(Bucket="lake")
    client.close()
    yield {"endpoint_url": endpoint, "key": "test", "secret": "test"}
    server.stop()


def test_a_lake_on_s3_gives_what_a_lake_on_disk_gives(world: World, state: Path, s3_options: dict[str, Any]) -> None:
    remote = World(world.config, state, "s3://lake/v1", s3_options)
    for place in (world, remote):
        place.land("w0", [sale("milk", FIRST, 5, brand="own")], 0)
        assert place.run(key(0)).success
        assert place.run(key(1), assets=("sku_attributes",)).success
    assert remote.bucket(0).equals(world.bucket(0))
    assert remote.lake.read("sku_attributes", cycle=key(1)).equals(world.lake.read("sku_attributes", cycle=key(1)))
    assert remote.lake.committed("weekly_buckets") == world.lake.committed("weekly_buckets")
