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
from dp_assets.domain.attributes import (
    ATTRIBUTE_CONFLICTS,
    SKU_ATTRIBUTE_HISTORY,
    conflict_summary,
    unknown_skus,
)
from dp_assets.domain.contracts import sku_attributes, transactions_cleaned, weekly_buckets
from dp_assets.domain.contributions import Inputs, bucket_ends, bucket_inputs
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
        table.name: contract_types(table, ("cycle", "date"))
        for table in (sku_attributes(config), ATTRIBUTE_CONFLICTS, SKU_ATTRIBUTE_HISTORY)
    } | {
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
    """The transactions, product masters and corrections that had arrived by the newest cycle's knowledge time."""
    spans = version_spans(commits.values())
    newest = max(project.grid.parse(key) for key in keys)
    known = spans.filter(pl.col("known_from") <= project.grid.known_at(newest))["file_version_id"].to_list()
    for table in ("unified_transactions", "product_master", "attribute_corrections"):
        staged.read_files(table, lake.paths(table, known))
    staged.read_frame("version_spans", spans)
    staged.read_frame("bucket_ends", bucket_ends(commits.values(), project.grid, newest))


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


def cycle_tables(staged: Staging, lake: Lake, tables: list[Table], key: str) -> dict[str, dict[str, Any]]:
    """Promotes one cycle of the selected tables; table → its metadata."""
    frames, metadata = {}, {}
    for table in tables:
        frames[table.name], metadata[table.name] = promote(staged, lake, table, "cycle", key)
    if (attributes := frames.get("sku_attributes")) is not None:
        metadata["sku_attributes"] |= {
            "without_attributes": int((~attributes["has_attributes"]).sum()),
            "with_conflicts": int((attributes["conflicts"].list.len() > 0).sum()),
        }
    if (conflicts := frames.get("attribute_conflicts")) is not None:
        summary = preview(conflict_summary(conflicts), rows=100)
        metadata["attribute_conflicts"]["who disagrees on what"] = dg.MetadataValue.md(summary)
    if (history := frames.get("sku_attribute_history")) is not None:
        metadata["sku_attribute_history"]["corrected"] = int(history.filter("corrected").select("sku").n_unique())
        if attributes is not None and (strangers := unknown_skus(history, attributes)):
            metadata["sku_attribute_history"]["corrections of unknown SKUs"] = dg.MetadataValue.json(strangers[:100])
    return metadata


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
    """The bucket-partitioned models and the cycle-partitioned ones."""
    config = project.config
    manifest = current_manifest(project.settings)
    dbt = runner(project)
    scratch = project.settings.state_dir.resolve() / "dbt"
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
        tables = [
            table
            for table in (ATTRIBUTE_CONFLICTS, SKU_ATTRIBUTE_HISTORY, sku_attributes(config))
            if dg.AssetKey(table.name) in context.selected_asset_keys
        ]
        state = LakeState(commits=lake.committed("ingest"), recalled=recalled_versions(lake))
        recalls = recalls_of_cycles(state, project.grid)
        with staging(scratch) as staged:
            stage_cycle_files(staged, project, lake, state.counting, keys)
            variables = {**run_variables(project, lake, staged), "cycles": cycle_variables(project.grid, keys)}
            events = dbt.build(context, variables, staged.folder, shared="int_sku_values")
            for key in keys:
                for name, metadata in cycle_tables(staged, lake, tables, key).items():
                    context.add_asset_metadata(metadata, asset_key=name, partition_key=key)
                if "sku_attributes" in (table.name for table in tables):
                    lake.commit("sku_attributes", key, {"cycle": key, "recalls": list(recalls(key))})
        yield from events

    return dg.Definitions(assets=[bucket_models, cycle_models])
