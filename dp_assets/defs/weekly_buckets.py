"""The buckets stage: the SQL models as assets, one dbt process per run however many partitions it has.

Belongs here: which files a run hands to the models, and promoting what they staged to partitions of the lake.
Does not belong here: the SQL (`dbt_project`), starting dbt (`dp_resources/dbt_runner.py`), the staging folder
(`dp_resources/warehouse.py`).
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import dagster as dg
import polars as pl

from dp_assets.dbt_manifest import DBT_PROJECT, PARSED, current_manifest, manifest_folder
from dp_assets.dbt_models import models
from dp_assets.domain.attributes import (
    ATTRIBUTE_CONFLICTS,
    SKU_ATTRIBUTE_HISTORY,
    conflict_summary,
    unknown_skus,
)
from dp_assets.domain.contracts import sku_attributes, transactions_cleaned, weekly_buckets
from dp_assets.domain.contributions import Inputs, bucket_ends, bucket_inputs
from dp_assets.domain.ingest.events import version_spans
from dp_assets.domain.ingest.restatements import restated_in, restatements
from dp_assets.domain.plan import recalls_of_cycles
from dp_assets.domain.table import Table
from dp_assets.lake_state import file_state
from dp_assets.pictures.previews import preview, table_schema
from dp_assets.pods import ROOMY_TAGS
from dp_assets.project import Project
from dp_assets.registry import counting_commits, file_lines_of
from dp_resources.dbt import (
    CONTRACT_TESTS,
    contract_types,
    cycle_variables,
    model_variables,
    slice_variables,
    slices,
)
from dp_resources.lake import Lake
from dp_resources.warehouse import Staging, staging

if TYPE_CHECKING:
    from dp_resources.dbt_runner import ModelRunner

Commits = Mapping[str, Mapping[str, Any]]
SHOWN = 10
"""Partitions of a run that show their columns and first rows."""


def runner(project: Project) -> "ModelRunner":
    """dbt for this project, which runs take as it was parsed before; nothing is started before a run."""
    from dp_resources.dbt_runner import ModelRunner

    ours = ["-m", "dp_assets.dbt_command", str(manifest_folder(project.settings) / PARSED)]
    return ModelRunner(
        manifest=str(current_manifest(project.settings)),
        project_dir=str(DBT_PROJECT),
        profiles_dir=str(DBT_PROJECT),
        target=project.settings.dbt_target,
        dbt_executable=sys.executable,
        global_config_flags=[*ours, "--no-use-colors"],
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


def stage_bucket_files(staged: Staging, project: Project, lake: Lake, commits: Commits, keys: list[str]) -> int:
    """The files that touch the buckets, from the commit records' index, and every promotions calendar.

    Returns:
        About how many rows fall into the buckets: each file's rows as if they spread evenly over its own.
    """
    wanted = set(keys)
    restated = restatements(commits.values(), project.config, file_lines_of(lake))
    staged.read_frame("restatements", restated_in(restated, project.grid, [project.grid.parse(key) for key in keys]))
    touching = [version for version, commit in commits.items() if wanted & set(commit["buckets"])]
    staged.read_files("unified_transactions", lake.paths("unified_transactions", touching))
    staged.read_files("promotions", lake.paths("promotions", commits))
    staged.read_frame("version_spans", version_spans(commits.values()))
    rows = {version: int(commits[version]["rows"]["accepted"]) for version in touching}
    held = {version: set(commits[version]["buckets"]) for version in touching}
    return sum(rows[version] * len(wanted & held[version]) // len(held[version]) for version in touching)


def stage_cycle_files(staged: Staging, project: Project, lake: Lake, commits: Commits, keys: list[str]) -> None:
    """The transactions, product masters and corrections that had arrived by the newest cycle's knowledge time."""
    spans = version_spans(commits.values())
    newest = max(project.grid.parse(key) for key in keys)
    known = spans.filter(pl.col("known_from") <= project.grid.known_at(newest))["file_version_id"].to_list()
    for table in ("unified_transactions", "product_master", "attribute_corrections"):
        staged.read_files(table, lake.paths(table, known))
    staged.read_frame("version_spans", spans)
    staged.read_frame("bucket_ends", bucket_ends(commits.values(), project.grid, newest))


def promote(frame: pl.DataFrame, lake: Lake, table: Table, key: str, shown: bool) -> dict[str, Any]:
    """Makes the staged rows of one partition current in the lake, empty partitions too; its metadata.

    Args:
        frame: the rows.
        lake: where they go.
        table: the contract they are checked against before.
        key: the partition.
        shown: whether the metadata holds the columns and the first rows. They weigh more than all the rest, and nobody
            looks at those of hundreds of partitions.
    """
    frame = table.conform(frame)
    written = lake.write(table.name, frame, **{table.partitioned_by: key})
    return {
        "dagster/partition_row_count": written.rows,
        "sha256": written.sha256,
        "bytes": written.bytes,
        "changed": written.changed,
        **({"dagster/column_schema": table_schema(table), "preview": preview(frame, rows=5)} if shown else {}),
    }


def publish_cycle(
    lake: Lake, parts: Sequence[tuple[Table, pl.DataFrame]], key: str, shown: bool
) -> dict[str, dict[str, Any]]:
    """One cycle of the selected tables; table → its metadata."""
    frames = {table.name: frame for table, frame in parts}
    metadata = {table.name: promote(frame, lake, table, key, shown) for table, frame in parts}
    if (attributes := frames.get("sku_attributes")) is not None:
        metadata["sku_attributes"] |= {
            "without_attributes": int((~attributes["has_attributes"]).sum()),
            "with_conflicts": int((attributes["conflicts"].list.len() > 0).sum()),
        }
    if (conflicts := frames.get("attribute_conflicts")) is not None:
        metadata["attribute_conflicts"]["who disagrees on what"] = preview(conflict_summary(conflicts), rows=100)
    if (history := frames.get("sku_attribute_history")) is not None:
        metadata["sku_attribute_history"]["corrected"] = int(history.filter("corrected").select("sku").n_unique())
        if attributes is not None and (strangers := unknown_skus(history, attributes)):
            metadata["sku_attribute_history"]["corrections of unknown SKUs"] = dg.MetadataValue.json(strangers[:100])
    return metadata


def publish_bucket(
    lake: Lake, parts: Sequence[tuple[Table, pl.DataFrame]], key: str, inputs: Inputs, shown: bool
) -> dict[str, dict[str, Any]]:
    """One bucket of the selected tables, then the commit record that says what it was built from; metadata by table.

    The record is of all tables: written between two of them, it would let a kill leave the second one as it was.
    """
    found = {table.name: promote(frame, lake, table, key, shown) for table, frame in parts}
    for table, frame in parts:
        if table.name == "weekly_buckets":
            tables = {name: shown["sha256"] for name, shown in found.items()}
            lake.commit("weekly_buckets", key, {"bucket": key, "inputs": inputs, "tables": tables})
            found[table.name] |= {"units": float(frame["quantity"].sum()), "file_versions": len(inputs)}
    return found


def build(project: Project) -> dg.Definitions:
    """The bucket-partitioned models and the cycle-partitioned ones."""
    config = project.config
    manifest = current_manifest(project.settings)
    scratch = project.settings.state_dir.resolve() / "dbt"
    shared: dict[str, Any] = {
        "can_subset": True,
        "backfill_policy": dg.BackfillPolicy.single_run(),
        "op_tags": ROOMY_TAGS,
    }
    per_bucket, per_cycle = (models(manifest, tag, CONTRACT_TESTS.removeprefix("tag:")) for tag in ("bucket", "cycle"))

    @dg.multi_asset(name="bucket_models", partitions_def=project.buckets, **per_bucket, **shared)
    def bucket_models(context: dg.AssetExecutionContext, lake: dg.ResourceParam[Lake]) -> Iterator[Any]:
        keys = sorted(context.partition_keys)
        tables = [
            table
            for table in (weekly_buckets(config), transactions_cleaned(config))
            if dg.AssetKey(table.name) in context.selected_asset_keys
        ]
        commits = counting_commits(lake)
        inputs = bucket_inputs(commits.values(), config, file_lines_of(lake))
        with staging(scratch) as staged:
            rows = stage_bucket_files(staged, project, lake, commits, keys)
            parts = slices(project.grid, keys, rows)
            told = {"buckets": keys, "slices": slice_variables(project.grid, parts)}
            events = runner(project).build(context, run_variables(project, lake, staged) | told, staged.folder)
            marts = [staged.partitions(table.name, "bucket_start", parts) for table in tables]
            for key, *frames in zip(keys, *marts, strict=True):
                made = publish_bucket(
                    lake, list(zip(tables, frames, strict=True)), key, inputs.get(key, {}), key in keys[-SHOWN:]
                )
                for name, metadata in made.items():
                    context.add_asset_metadata(metadata, asset_key=name, partition_key=key)
        yield from events

    @dg.multi_asset(name="cycle_models", partitions_def=project.cycles, **per_cycle, **shared)
    def cycle_models(context: dg.AssetExecutionContext, lake: dg.ResourceParam[Lake]) -> Iterator[Any]:
        keys = sorted(context.partition_keys)
        tables = [
            table
            for table in (ATTRIBUTE_CONFLICTS, SKU_ATTRIBUTE_HISTORY, sku_attributes(config))
            if dg.AssetKey(table.name) in context.selected_asset_keys
        ]
        state = file_state(lake)
        recalls = recalls_of_cycles(state, project.grid)
        with staging(scratch) as staged:
            stage_cycle_files(staged, project, lake, state.counting, keys)
            variables = {**run_variables(project, lake, staged), "cycles": cycle_variables(project.grid, keys)}
            events = runner(project).build(context, variables, staged.folder, shared="int_sku_values")
            cycles = [date.fromisoformat(key) for key in keys]
            marts = [staged.partitions(table.name, "cycle", [cycles]) for table in tables]
            for key, *frames in zip(keys, *marts, strict=True):
                made = publish_cycle(lake, list(zip(tables, frames, strict=True)), key, key in keys[-SHOWN:])
                for name, metadata in made.items():
                    context.add_asset_metadata(metadata, asset_key=name, partition_key=key)
                if "sku_attributes" in made:
                    lake.commit("sku_attributes", key, {"cycle": key, "recalls": list(recalls(key))})
        yield from events

    return dg.Definitions(assets=[bucket_models, cycle_models])
