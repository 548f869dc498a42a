from __future__ import annotations

import json
import re
import shutil
import subprocess
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import pytest
import yaml
from polars.testing import assert_frame_equal

from dp_assets import dbt_manifest
from dp_assets.dbt_command import keep, parsed_project, selected
from dp_assets.dbt_manifest import DBT_PROJECT, current_manifest, dbt_command, ensure_manifest, project_hash
from dp_assets.dbt_models import models
from dp_assets.domain.attributes import ATTRIBUTE_CORRECTIONS
from dp_assets.domain.buckets import BucketGrid
from dp_assets.domain.contracts import PROMOTIONS, product_master, unified_transactions, weekly_buckets
from dp_assets.domain.contributions import bucket_ends
from dp_assets.domain.errors import ArtefactError
from dp_assets.domain.ingest.events import version_spans
from dp_assets.domain.ingest.restatements import restated_in, restatements
from dp_assets.registry import file_lines_of
from dp_resources.dbt import (
    CONTRACT_TESTS,
    DUCKDB_TYPES,
    ROWS_PER_SLICE,
    contract_types,
    cycle_variables,
    model_variables,
    slice_variables,
    slices,
)
from dp_resources.lake import Lake
from dp_resources.settings import Settings
from dp_resources.warehouse import Staging, staging
from tests.lake_makers import at, bucket_config, correction, ingest, promotion, sale
from tests.manifest import hand_over_manifest


def dbt(tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = dbt_command(*arguments, folder=tmp_path)
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)


def properties(model: str) -> dict[str, Any]:
    paths = list(DBT_PROJECT.glob(f"models/**/{model}.yml"))
    described: dict[str, Any] = yaml.safe_load(paths[0].read_text())["models"][0]
    return described


def test_producers_are_ranked_by_priority_then_by_their_order() -> None:
    assert model_variables(bucket_config())["producers"] == ["erp", "shop", "web", "planner", "marketing"]


def test_variables_say_what_the_configuration_says() -> None:
    variables = model_variables(bucket_config(bucket={"weeks": 4}, series_key=["sku", "location"]))
    assert (variables["bucket_weeks"], variables["bucket_first"]) == (4, "2017-01-02")
    assert variables["series_key"] == ["sku", "location"]
    kinds = [{"name": "brand", "kind": "single"}, {"name": "composition", "kind": "multi"}]
    assert variables["attributes"] == kinds


def test_slices_cover_the_days_of_every_bucket_once_and_split_a_run_by_its_rows() -> None:
    grid = BucketGrid.of(bucket_config(bucket={"weeks": 2}))
    keys = ["2017-01-02", "2017-01-16", "2017-02-13"]
    days = [grid.parse(key) for key in keys]
    assert slices(grid, keys, 0) == [days]
    assert slices(grid, keys, 2 * ROWS_PER_SLICE) == [[day] for day in days]
    assert slices(grid, keys, 3 * ROWS_PER_SLICE // 2) == [days[:2], days[2:]]
    assert slice_variables(grid, [days]) == [{"first": "2017-01-02", "last": "2017-02-26"}]
    assert slice_variables(grid, [[day] for day in days]) == [
        {"first": "2017-01-02", "last": "2017-01-15"},
        {"first": "2017-01-16", "last": "2017-01-29"},
        {"first": "2017-02-13", "last": "2017-02-26"},
    ]


def test_a_cycle_carries_its_knowledge_time_with_its_zone() -> None:
    grid = BucketGrid.of(bucket_config(bucket={"time_zone": "America/New_York"}))
    assert cycle_variables(grid, ["2017-01-16"]) == [{"cutoff": "2017-01-16", "known_at": "2017-01-17T05:00:00+00:00"}]


def test_the_enforced_contract_is_the_one_that_python_describes() -> None:
    table = weekly_buckets(bucket_config(series_key=["sku", "location"]))
    timestamp = "{{ 'timestamp' if target.type == 'spark' else 'timestamp with time zone' }}"
    described = [
        (column["name"], {timestamp: "timestamp with time zone", "string": "varchar"}.get(kind, kind))
        for column in properties("weekly_buckets")["columns"]
        for kind in [column["data_type"]]
    ]
    assert described == [(column["name"], column["data_type"]) for column in contract_types(table)]
    assert properties("weekly_buckets")["config"]["contract"]["enforced"] is True


def test_every_model_says_what_one_row_is() -> None:
    models = {path.stem for path in DBT_PROJECT.glob("models/**/*.sql")}
    described = {
        model["name"]: model["description"]
        for path in DBT_PROJECT.glob("models/**/*.yml")
        for model in yaml.safe_load(path.read_text()).get("models", [])
    }
    assert set(described) == models
    assert [name for name, text in described.items() if not text.startswith("One row per")] == []


def test_models_avoid_what_spark_does_not_speak() -> None:
    spoken = r"::|\bqualify\b|group by all|read_parquet"
    found = [path.name for path in DBT_PROJECT.glob("models/**/*.sql") if re.search(spoken, path.read_text(), re.I)]
    assert found == []


def test_loading_without_a_manifest_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(ArtefactError, match="run `dp prepare`"):
        current_manifest(Settings(state_dir=tmp_path))


def test_the_project_is_parsed_again_only_when_its_content_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project, parsed = tmp_path / "project", []
    shutil.copytree(DBT_PROJECT, project, ignore=shutil.ignore_patterns("target", "logs"))
    settings = Settings(state_dir=tmp_path / "state")

    def parse(dbt_target: str, folder: Path) -> None:
        parsed.append(dbt_target)
        for name in (dbt_manifest.PARSED, "manifest.json"):
            (folder / name).write_text("{}")

    monkeypatch.setattr(dbt_manifest, "parse", parse)
    monkeypatch.setattr(dbt_manifest, "project_hash", lambda: project_hash(project))
    assert ensure_manifest(settings) == ensure_manifest(settings) == current_manifest(settings)
    assert len(parsed) == 1
    (project / "models/staging/stg_products.sql").write_text("select 1 as one")
    ensure_manifest(settings)
    assert len(parsed) == 2
    assert len(list((tmp_path / "state/dbt").iterdir())) == 1


def test_a_model_that_others_inline_is_kept_where_a_run_selects_it(tmp_path: Path) -> None:
    hand_over_manifest(tmp_path)
    (path,) = (tmp_path / "dbt").glob(f"*/{dbt_manifest.PARSED}")
    manifest = parsed_project(path)
    assert manifest is not None

    def inlined() -> set[str]:
        return {node.name for node in manifest.nodes.values() if node.is_ephemeral_model}

    before = inlined()
    keep(
        manifest,
        selected(["build", "--vars", "{}", "--select", "sku_attributes int_sku_values", "--exclude", "int_lines"]),
    )
    assert before - inlined() == {"int_sku_values"}


@pytest.mark.parametrize("tag", ["bucket", "cycle"])
def test_the_graph_knows_of_the_models_what_dagster_dbt_tells(tmp_path: Path, tag: str) -> None:
    from dagster_dbt import build_dbt_asset_specs

    from dp_resources.dbt_runner import LakeTranslator

    hand_over_manifest(tmp_path)
    (path,) = (tmp_path / "dbt").glob("*/manifest.json")
    translator = LakeTranslator()
    theirs = build_dbt_asset_specs(
        manifest=path, dagster_dbt_translator=translator, select=f"tag:{tag}", exclude=CONTRACT_TESTS
    )
    found = models(path, tag, CONTRACT_TESTS.removeprefix("tag:"))

    def told(spec: dg.AssetSpec) -> Any:
        """What both say."""
        metadata = {name: spec.metadata[name] for name in ("dagster/column_schema", "dagster/table_name")}
        parents = {one.asset_key for one in spec.deps}
        return spec.key, spec.code_version, spec.kinds, dict(spec.tags), parents, metadata, spec.skippable

    assert [told(spec) for spec in found["specs"]] == sorted((told(spec) for spec in theirs), key=lambda one: one[0])
    manifest = json.loads(path.read_text())
    checks = {
        (spec.key, check.name, check.blocking)
        for spec in theirs
        for test in manifest["child_map"][spec.metadata["dagster_dbt/unique_id"]]
        if test.startswith("test.") and "contract" not in manifest["nodes"][test]["tags"]
        if (check := translator.get_asset_check_spec(spec, manifest, test, None))
    }
    assert {(check.asset_key, check.name, check.blocking) for check in found["check_specs"]} == checks


@pytest.mark.slow
def test_a_bare_build_passes_with_every_unit_test(tmp_path: Path) -> None:
    done = dbt(tmp_path, "build")
    assert done.returncode == 0, done.stdout
    results = json.loads((tmp_path / "run_results.json").read_text())["results"]
    kinds = [result["unique_id"].split(".")[0] for result in results if result["status"] in {"pass", "success"}]
    assert kinds.count("unit_test") >= 9
    assert kinds.count("test") >= 13
    assert kinds.count("model") == 5


@pytest.mark.slow
def test_the_models_read_the_columns_that_ingestion_writes(tmp_path: Path) -> None:
    config = bucket_config()
    variables = {"attributes": model_variables(config)["attributes"]}
    written = {"unified_transactions": unified_transactions(config), "product_master": product_master(config)}
    for name, table in {**written, "promotions": PROMOTIONS, "attribute_corrections": ATTRIBUTE_CORRECTIONS}.items():
        code = "{{ log('COLUMNS ' ~ tojson(lake_tables()['" + name + "']), info=true) }}"
        done = dbt(tmp_path, "compile", "--inline", code, "--vars", json.dumps(variables))
        assert done.returncode == 0, done.stdout
        read = json.loads(done.stdout.split("COLUMNS ")[1].splitlines()[0])
        expected = {column.name: DUCKDB_TYPES[column.dtype] for column in table.columns}
        assert {column["name"]: column["data_type"].replace("string", "varchar") for column in read} == expected


@pytest.mark.slow
@pytest.mark.needs_spark
def test_spark_and_duckdb_give_the_same_marts(tmp_path: Path) -> None:
    staged = {}
    for target in ("duckdb", "spark"):
        with staging(tmp_path) as run:
            variables = small_run(run)
            done = dbt(
                tmp_path, "build", "--target", target, "--exclude-resource-type", "unit_test", "--vars", variables
            )
            assert done.returncode == 0, done.stdout
            staged[target] = {name: in_order(run.mart(name)) for name in MARTS}
    for name in MARTS:
        assert len(staged["duckdb"][name]) > 1
        assert_frame_equal(staged["duckdb"][name], staged["spark"][name])


MARTS = ("weekly_buckets", "sku_attributes", "attribute_conflicts", "sku_attribute_history", "transactions_cleaned")


def small_run(run: Staging) -> str:
    """Variables over a lake with a restated file, a promotion, a product master, corrections and a list attribute; one
    shop corrects its lines, of another whole days are replaced."""
    config = bucket_config(bucket={"weeks": 2})
    by_rows = {"by": "rows", "key": ["transaction_id"]}
    columns = {**config.producer("shop").columns, "transaction_id": "id"}
    rules = {"till": ("till/*", columns, by_rows), "branch": ("branch/*", columns, {"by": "dates"})}
    added = [
        {"name": name, "files": [files], "columns": mapping, "restatement": rule}
        for name, (files, mapping, rule) in rules.items()
    ]
    kept = [one.model_dump(mode="json") for one in config.producers]
    config = bucket_config(bucket={"weeks": 2}, producers=[*kept, *added])
    lake, monday = Lake(run.folder / "lake"), date(2017, 1, 2)
    lines = [
        sale("milk", monday, 2.25, revenue=3.1, brand="own", composition=["water", "fat"]),
        sale("milk", monday + timedelta(days=8), 4, brand="own"),
        sale("salt", monday - timedelta(days=3), 1),
    ]
    said = [correction("milk", "brand", "local"), correction("salt", "composition", ["sodium", "iodine"])]
    commits = [
        ingest(lake, config, "plan", [promotion("milk", monday)], at(monday), "marketing"),
        ingest(lake, config, "old", lines, at(monday + timedelta(days=16)), uri="shop/a"),
        ingest(lake, config, "new", lines[:1], at(monday + timedelta(days=17)), uri="shop/a"),
        ingest(lake, config, "web", [sale("milk", monday, brand="other")], at(monday + timedelta(days=16)), "web"),
        ingest(lake, config, "master", [{"sku": "salt", "composition": ["salt"]}], at(monday), "erp"),
        ingest(lake, config, "said", said, at(monday + timedelta(days=20)), "planner"),
    ]
    for day, quantity in ((10, 5.5), (11, 0)):
        receipts = [
            sale("milk", monday, quantity, transaction_id="r1"),
            sale("salt", monday, 2, transaction_id=f"r{day}"),
        ]
        for producer in rules:
            name = f"{producer}-{day}"
            commits.append(ingest(lake, config, name, receipts, at(monday + timedelta(days=day)), producer))
    for table in ("unified_transactions", "product_master", "attribute_corrections", "promotions"):
        run.read_files(table, lake.paths(table))
    grid = BucketGrid.of(config)
    events = restatements(commits, config, file_lines_of(lake))
    assert sorted(events["event"]) == ["corrected", "replaced"]
    run.read_frame("restatements", restated_in(events, grid, [grid.start_of(monday)]))
    run.read_frame("version_spans", version_spans(commits))
    run.read_frame("bucket_ends", bucket_ends(commits, grid, date(2017, 1, 30)))
    cycles = cycle_variables(grid, ["2017-01-16", "2017-01-30"])
    staged = {"inputs": str(run.list_inputs()), "staging": str(run.folder), "cycles": cycles}
    return json.dumps({**model_variables(config), **staged})


def in_order(mart: pl.LazyFrame) -> pl.DataFrame:
    """A mart's rows in one order, whatever the engine."""
    return mart.sort(pl.struct(pl.exclude(pl.List(pl.String)))).collect()


def test_the_manifest_folder_follows_the_target(tmp_path: Path) -> None:
    spark = Settings(state_dir=tmp_path, dbt_target="spark")
    assert dbt_manifest.manifest_folder(spark) != dbt_manifest.manifest_folder(Settings(state_dir=tmp_path))


def test_an_image_brings_its_manifest_and_parses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    image = tmp_path / "image"
    hand_over_manifest(tmp_path / "state")
    built = current_manifest(Settings(state_dir=tmp_path / "state"))
    shutil.copytree(tmp_path / "state" / "dbt", image)
    monkeypatch.setattr(dbt_manifest, "PREPARED", image)
    elsewhere = Settings(state_dir=tmp_path / "empty")
    assert current_manifest(elsewhere) == image / built.parent.name / "manifest.json"
    assert ensure_manifest(elsewhere).parent.parent == image
    assert not (tmp_path / "empty").exists()
