"""The buckets stage: the SQL models as assets, one dbt process per run however many partitions it has.

Belongs here: which files a run hands to the models, and promoting what they staged to partitions of the lake.
Does not belong here: the SQL (`dbt_project`), starting dbt (`dp_resources/dbt.py`), the staging folder
(`dp_resources/warehouse.py`).
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import dagster as dg
import polars as pl
from dagster_dbt import dbt_assets

from dp_assets.dbt_manifest import DBT_EXECUTABLE, DBT_PROJECT, current_manifest
from dp_assets.domain.contracts import sku_attributes, transactions_cleaned, weekly_buckets
from dp_assets.domain.contributions import Inputs, bucket_inputs
from dp_assets.domain.ingest.events import version_spans
from dp_assets.domain.plan import LakeState, recalls_of_cycles
from dp_assets.domain.table import Table
from dp_assets.project import Project
from dp_assets.registry import counting_commits, recalled_versions
from dp_resources.dbt import LakeTranslator, ModelRunner, contract_types, cycle_variables, model_variables
from dp_resources.lake import Lake
from dp_resources.warehouse import Staging, staging

Commits = Mapping[str, Mapping[str, Any]]


def runner(project: Project) -> ModelRunner:
    """dbt for this project; nothing is started before a run."""
    return ModelRunner(
        project_dir=str(DBT_PROJECT),
        profiles_dir=str(DBT_PROJECT),
        target=project.settings.dbt_target,
        dbt_executable=str(DBT_EXECUTABLE),
        global_config_flags=["--no-use-colors"],
    )


def run_variables(project: Project, lake: Lake, staged: Staging) -> dict[str, Any]:
    """Variables of every run: the configuration, the inputs, where output goes, and the contracts it must keep."""
    config = project.config
    contracts = {
        "sku_attributes": contract_types(sku_attributes(config), ("cycle", "date")),
        "transactions_cleaned": contract_types(transactions_cleaned(config)),
    }
    return {
        **model_variables(config),
        "inputs": str(staged.list_inputs()),
        "staging": str(staged.folder),
        "remote": not lake.is_local,
        "contracts": contracts if project.settings.dbt_target == "duckdb" else {},
    }


def stage_bucket_files(staged: Staging, lake: Lake, commits: Commits, keys: list[str]) -> None:
    """The files that touch the buckets, from the commit records' index, and every promotions calendar."""
    wanted = set(keys)
    touching = [version for version, commit in commits.items() if wanted & set(commit["buckets"])]
    staged.read_files("unified_transactions", lake.paths("unified_transactions", touching))
    staged.read_files("promotions", lake.paths("promotions", commits))
    staged.read_frame("version_spans", version_spans(commits.values()))


def stage_cycle_files(staged: Staging, project: Project, lake: Lake, commits: Commits, keys: list[str]) -> None:
    """The transactions and product masters that had arrived by the newest cycle's knowledge time."""
    spans = version_spans(commits.values())
    newest = max(project.grid.known_at(project.grid.parse(key)) for key in keys)
    known = spans.filter(pl.col("known_from") <= newest)["file_version_id"].to_list()
    staged.read_files("unified_transactions", lake.paths("unified_transactions", known))
    staged.read_files("product_master", lake.paths("product_master", known))
    staged.read_frame("version_spans", spans)


def promote(staged: Staging, lake: Lake, table: Table, column: str, key: str) -> tuple[pl.DataFrame, dict[str, Any]]:
    """Makes the staged rows of one partition current in the lake, empty partitions too; the frame and its metadata."""
    frame = table.conform(staged.output(table.name, column, date.fromisoformat(key)))
    written = lake.write(table.name, frame, **{table.partitioned_by: key})
    columns = [
        dg.TableColumn(item.name, str(item.dtype), item.description, dg.TableColumnConstraints(nullable=item.nullable))
        for item in table.columns
    ]
    return frame, {
        "dagster/partition_row_count": written.rows,
        "dagster/column_schema": dg.TableSchema(columns),
        "sha256": written.sha256,
        "bytes": written.bytes,
        "changed": written.changed,
        "preview": dg.MetadataValue.md(preview(frame)),
    }


def preview(frame: pl.DataFrame, rows: int = 5) -> str:
    """The first rows as a Markdown table."""
    with pl.Config(
        tbl_formatting="MARKDOWN", tbl_hide_dataframe_shape=True, tbl_hide_column_data_types=True, tbl_cols=-1
    ):
        return str(frame.head(rows))


def publish_bucket(
    context: dg.AssetExecutionContext, staged: Staging, lake: Lake, tables: list[Table], key: str, inputs: Inputs
) -> None:
    """One bucket of the selected tables, then the commit record that says what it was built from."""
    for table in tables:
        frame, metadata = promote(staged, lake, table, "bucket_start", key)
        if table.name == "weekly_buckets":
            lake.commit("weekly_buckets", key, {"bucket": key, "inputs": inputs})
            metadata |= {"units": float(frame["quantity"].sum()), "file_versions": len(inputs)}
        context.add_asset_metadata(metadata, asset_key=table.name, partition_key=key)


def build(project: Project) -> dg.Definitions:
    """The bucket-partitioned models and the cycle-partitioned one."""
    config = project.config
    manifest = current_manifest(project.settings)
    dbt = runner(project)
    scratch = project.settings.state_dir.resolve() / "dbt"
    attributes = sku_attributes(config)
    shared: dict[str, Any] = {
        "manifest": manifest,
        "dagster_dbt_translator": LakeTranslator(),
        "backfill_policy": dg.BackfillPolicy.single_run(),
    }

    @dbt_assets(select="tag:bucket", name="bucket_models", partitions_def=project.buckets, **shared)
    def bucket_models(context: dg.AssetExecutionContext, lake: dg.ResourceParam[Lake]) -> Iterator[Any]:
        keys = list(context.partition_keys)
        tables = [
            table
            for table in (weekly_buckets(config), transactions_cleaned(config))
            if dg.AssetKey(table.name) in context.selected_asset_keys
        ]
        commits = counting_commits(lake)
        inputs = bucket_inputs(commits.values(), config)
        with staging(scratch) as staged:
            stage_bucket_files(staged, lake, commits, keys)
            variables = {**run_variables(project, lake, staged), "buckets": keys}
            events = dbt.build(context, variables, staged.folder)
            for key in keys:
                publish_bucket(context, staged, lake, tables, key, inputs.get(key, {}))
        yield from events

    @dbt_assets(select="tag:cycle", name="cycle_models", partitions_def=project.cycles, **shared)
    def cycle_models(context: dg.AssetExecutionContext, lake: dg.ResourceParam[Lake]) -> Iterator[Any]:
        keys = list(context.partition_keys)
        state = LakeState(commits=lake.committed("ingest"), recalled=recalled_versions(lake))
        recalls = recalls_of_cycles(state, project.grid)
        with staging(scratch) as staged:
            stage_cycle_files(staged, project, lake, state.counting, keys)
            variables = {**run_variables(project, lake, staged), "cycles": cycle_variables(project.grid, keys)}
            events = dbt.build(context, variables, staged.folder)
            for key in keys:
                frame, metadata = promote(staged, lake, attributes, "cycle", key)
                lake.commit("sku_attributes", key, {"cycle": key, "recalls": list(recalls(key))})
                metadata |= {
                    "without_attributes": int((~frame["has_attributes"]).sum()),
                    "with_conflicts": int((frame["conflicts"].list.len() > 0).sum()),
                }
                context.add_asset_metadata(metadata, asset_key=attributes.name, partition_key=key)
        yield from events

    return dg.Definitions(assets=[bucket_models, cycle_models])
