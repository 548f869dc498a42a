"""dbt as a resource: the command line of the SQL models and the variables a run hands to them.

Belongs here: how dbt is started, what the configuration means to the models. Does not belong here: parsing the project
(`dp_assets/dbt_manifest.py`), files (`warehouse.py`), partitions of the graph (`defs/weekly_buckets.py`).
"""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, DbtCliResource
from dagster_dbt.compat import DBT_PYTHON_VERSION

from dp_assets.domain.buckets import BucketGrid
from dp_assets.domain.config import DemandConfig
from dp_assets.domain.table import Table

DUCKDB_TYPES: dict[pl.DataType, str] = {
    pl.String(): "varchar",
    pl.Int64(): "bigint",
    pl.Float64(): "double",
    pl.Boolean(): "boolean",
    pl.Date(): "date",
    pl.Datetime("us", "UTC"): "timestamp with time zone",
    pl.List(pl.String()): "varchar[]",
}
"""Polars type of a contract → type as DuckDB reports it."""
ROWS_PER_SLICE = 4_000_000
"""Rows whose sums DuckDB holds at once: some hundred MB, and few enough passes over the files' days."""
CONTRACT_TESTS = "tag:contract"
"""Data tests of what the contract of a table judges as it is promoted: a run leaves them out."""


class ModelRunner(DbtCliResource):
    """The dbt command line without the two things dagster-dbt does before it starts dbt.

    It runs `dbt --version`, which takes as long as a small build and asks a package index over the network, and it
    opens the database once more in this process, which for an in-memory database can only fail.
    """

    @property
    def _cli_version(self) -> Any:
        return DBT_PYTHON_VERSION

    def _initialize_dbt_core_adapter(self, args: Any) -> Any:
        return None

    def build(
        self, context: dg.AssetExecutionContext, variables: Mapping[str, Any], folder: Path, shared: str | None = None
    ) -> list[Any]:
        """Builds and tests the models that the run selected, in one dbt process; Dagster's events, once all is well.

        Unit tests stay out: they judge the SQL, not the data, and run with the tests of the code.

        Args:
            context: the run, with the models it selected.
            variables: what the models are told.
            folder: where dbt leaves its artefacts.
            shared: an intermediate model that several of the selected ones read; it is built once, as a table.

        Raises:
            dagster_dbt.errors.DagsterDbtCliRuntimeError: a model or a test failed; nothing was promoted.
        """
        arguments = ["build", "--exclude-resource-type", "unit_test", "--vars", json.dumps(variables, sort_keys=True)]
        # Stated here, too: of an asset that is run alone, dagster-dbt names the model, and dbt takes all its tests.
        arguments += ["--exclude", CONTRACT_TESTS]
        arguments += ["--select", shared] if shared else []
        output = io.StringIO()
        try:
            with contextlib.redirect_stdout(output):
                # The inner context: handed the outer one, dagster-dbt warns of its own use of a deprecated property.
                started = self.cli(arguments, context=context.op_execution_context, target_path=folder / "target")
                return [event for event in started.stream() if shared is None or _model_of(event) != shared]
        finally:
            context.log.debug(output.getvalue()[-20_000:])


def _model_of(event: Any) -> str:
    """Name of the model that a Dagster event of dbt is about."""
    return str(event.metadata["unique_id"].value).rsplit(".", 1)[-1]


class LakeTranslator(DagsterDbtTranslator):
    """How dbt models appear in the graph: under their own names, in the buckets stage, fed by unified transactions.

    The files behind the sources are all written by `unified_transactions`. Which of them a bucket or a cycle reads
    follows from commit records, so the declared mapping is all of them: it is lineage, not scheduling.
    """

    def __init__(self) -> None:
        super().__init__(DagsterDbtTranslatorSettings(enable_duplicate_source_asset_keys=True))

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        if dbt_resource_props["resource_type"] == "source":
            return dg.AssetKey("unified_transactions")
        return dg.AssetKey(dbt_resource_props["name"])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str:
        return "buckets"

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> list[str]:
        return ["team:demand-planning"]

    def get_description(self, dbt_resource_props: Mapping[str, Any]) -> str:
        return str(dbt_resource_props["description"]).strip()

    def get_partition_mapping(
        self,
        dbt_resource_props: Mapping[str, Any],
        dbt_parent_resource_props: Mapping[str, Any],
    ) -> dg.PartitionMapping | None:
        return dg.AllPartitionMapping() if dbt_parent_resource_props["resource_type"] == "source" else None


def contract_types(table: Table, *leading: tuple[str, str]) -> list[dict[str, str]]:
    """Columns and DuckDB types of a table, for the models whose columns follow the configuration."""
    columns = [*leading, *((column.name, DUCKDB_TYPES[column.dtype]) for column in table.columns)]
    return [{"name": name, "data_type": data_type} for name, data_type in columns]


def model_variables(config: DemandConfig) -> dict[str, Any]:
    """What the configuration says to the models, whatever the run."""
    ranked = sorted(enumerate(config.producers), key=lambda item: (item[1].priority, item[0]))
    return {
        "series_key": list(config.series_key),
        "bucket_first": config.bucket.first.isoformat(),
        "bucket_weeks": config.bucket.weeks,
        "producers": [producer.name for _, producer in ranked],
        "attributes": [{"name": name, "kind": attribute.kind} for name, attribute in config.attributes.items()],
    }


def slices(grid: BucketGrid, buckets: Sequence[str], rows: int) -> list[list[date]]:
    """Buckets that are written and read together: about `ROWS_PER_SLICE` rows if they spread evenly.

    Args:
        grid: the bucket grid.
        buckets: bucket starts of the run, ascending.
        rows: rows of all of them.
    """
    step = max(1, len(buckets) * ROWS_PER_SLICE // max(1, rows))
    return [[grid.parse(key) for key in buckets[at : at + step]] for at in range(0, len(buckets), step)]


def slice_variables(grid: BucketGrid, parts: Iterable[Sequence[date]]) -> list[dict[str, str]]:
    """First and last day of each slice, as the models take them."""
    last_day = grid.step - timedelta(days=1)
    return [{"first": part[0].isoformat(), "last": (part[-1] + last_day).isoformat()} for part in parts]


def cycle_variables(grid: BucketGrid, cycles: Iterable[str]) -> list[dict[str, str]]:
    """Cutoff and knowledge time of each cycle, as the models take them."""
    cutoffs = [grid.parse(cycle) for cycle in cycles]
    return [{"cutoff": cutoff.isoformat(), "known_at": grid.known_at(cutoff).isoformat()} for cutoff in cutoffs]
