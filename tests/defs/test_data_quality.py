"""data_quality and file_ledger in Dagster: what they show, what warns, what is held out, what ends a run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import pytest

from dp_assets.defs import checks, data_quality, file_ledger, ingested_files
from dp_assets.partitions import FILE_PARTITIONS
from dp_assets.project import build_project
from dp_assets.registry import counting_commits
from dp_resources.clock import WallClock
from dp_resources.settings import Settings
from tests.landed import World, shop_config
from tests.test_quality import week

pytestmark = pytest.mark.slow

CHECKS = ("quality_gates", "quality_warnings", "file_ledger_balances", "data_quality_contract", "file_ledger_contract")


def make_world(tmp_path: Path, **quality: Any) -> World:
    """Seven ordinary weeks and one of ten times the volume, a fifth of it returns."""
    world = World(tmp_path, shop_config(config={"quality": quality} if quality else {}))
    for number in range(7):
        world.put(f"shop/{number}.csv", week(number))
    world.put("shop/7.csv", week(7, per_day=120) + b"9,2017-02-20 09:00:00,-1,-2.5\n" * 210)
    return world


def run(world: World) -> tuple[dg.ExecuteInProcessResult, dict[str, str]]:
    versions = {one.uri: one.file_version_id for one in world.register()}
    project = build_project(Settings(lake_root=str(world.folder / "lake")), world.config, world.folder, WallClock())
    definitions = dg.Definitions.merge(*(part.build(project) for part in (ingested_files, data_quality, file_ledger)))
    contracts = [one for one in checks.build(project).asset_checks or [] if next(iter(one.check_keys)).name in CHECKS]
    keys = list(versions.values())
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions(str(FILE_PARTITIONS.name), keys)
        job = dg.Definitions(
            assets=definitions.assets,
            asset_checks=[*(definitions.asset_checks or []), *contracts],
            resources={"lake": world.lake, "clock": WallClock()},
            jobs=[dg.define_asset_job("ingest", selection="*")],
        ).resolve_job_def("ingest")
        tags = {"dagster/asset_partition_range_start": keys[0], "dagster/asset_partition_range_end": keys[-1]}
        return job.execute_in_process(instance=instance, tags=tags, raise_on_error=False), versions


def evaluations(result: dg.ExecuteInProcessResult) -> dict[str, Any]:
    return {one.check_name: one for one in result.get_asset_check_evaluations()}


def test_by_default_a_strange_file_warns_and_stops_nothing(tmp_path: Path) -> None:
    world = make_world(tmp_path)
    result, versions = run(world)
    assert result.success
    found = evaluations(result)
    assert {name: found[name].passed for name in CHECKS} == {**dict.fromkeys(CHECKS, True), "quality_warnings": False}
    assert found["quality_warnings"].severity == dg.AssetCheckSeverity.WARN
    said = str(found["quality_warnings"].metadata["what was found"].value)
    assert f"{versions['shop/7.csv']}: rows is 840, usually 84" in said
    assert "rejected_share is 20.0%" in said
    shown = {one.partition: one.metadata for one in result.asset_materializations_for_node("data_quality")}
    strange, ordinary = shown[versions["shop/7.csv"]], shown[versions["shop/6.csv"]]
    assert "data:image/png;base64" in str(strange["rows per day"].value)
    assert "| rows" in str(strange["stands out"].value)
    assert ordinary["verdicts"].value.keys() == {"ok"}
    assert "stands out" not in ordinary


def test_a_block_gate_fails_the_check_and_holds_the_file_out_but_loses_nothing(tmp_path: Path) -> None:
    world = make_world(tmp_path, gates={"rejected_share": {"warn": 0.05, "block": 0.1}})
    result, versions = run(world)
    assert result.success
    gates = evaluations(result)["quality_gates"]
    assert not gates.passed
    assert gates.severity == dg.AssetCheckSeverity.ERROR
    assert gates.metadata["files"].value == 1
    assert "rejected_share is 20.0%" in str(gates.metadata["what was found"].value)
    assert world.lake.partitions("data_quality") == sorted(versions.values())
    assert set(counting_commits(world.lake)) == set(versions.values()) - {versions["shop/7.csv"]}
    assert dict(world.lake.read("file_ledger").select("uri", "recalled").iter_rows())["shop/7.csv"]
    assert len(world.lake.read("rejected_rows", file_version=versions["shop/7.csv"])) == 210


def test_the_ledger_shows_totals_filters_and_every_file(tmp_path: Path) -> None:
    world = make_world(tmp_path)
    result, versions = run(world)
    ledger = world.lake.read("file_ledger")
    assert set(ledger["file_version_id"]) == set(versions.values())
    strange = ledger.filter(pl.col("uri") == "shop/7.csv").to_dicts()[0]
    assert (strange["rows_read"], strange["rows_accepted"], strange["rows_rejected"]) == (1050, 840, 210)
    assert strange["rejected_by"] == '{"positive_quantity": 210}'
    (shown,) = result.asset_materializations_for_node("file_ledger")
    assert "positive_quantity" in str(shown.metadata["rejected by"].value)
    assert evaluations(result)["file_ledger_balances"].metadata["rows read"].value == 7 * 84 + 1050


def test_a_ledger_that_does_not_balance_ends_the_run(tmp_path: Path) -> None:
    world = make_world(tmp_path)
    _, versions = run(world)
    version = versions["shop/3.csv"]
    record = world.lake.commit_of("ingest", version)
    assert record is not None
    record["rows"]["accepted"] -= 1
    world.lake.commit("ingest", version, record)
    world.put("shop/8.csv", week(8))
    result, _ = run(world)
    assert not result.success
    (said,) = evaluations(result)["file_ledger_balances"].metadata["imbalances"].value[:1]
    assert said.startswith(f"{version} (shop/3.csv): read 84 rows ≠ 83 accepted")
