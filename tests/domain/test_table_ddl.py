"""DDL for Athena: every table of the contracts, as a parser reads it back."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
import sqlglot
from sqlglot import exp

from dp_assets.domain.config import AttributeConfig, DemandConfig
from dp_assets.domain.config_file import load_config
from dp_assets.domain.contracts import tables
from dp_assets.domain.table import Table
from dp_assets.domain.table_ddl import ATHENA_TYPES, athena_name, lake_ddl, table_ddl

CONFIG = load_config(Path(__file__).parents[2] / "demand.yaml")
LISTS = CONFIG.model_copy(update={"attributes": {**CONFIG.attributes, "composition": AttributeConfig(kind="multi")}})
ROOT = "s3://company-lake/lake"


def created(table: Table, config: DemandConfig = CONFIG) -> exp.Create:
    statement = sqlglot.parse_one(table_ddl(table, config, ROOT, "planning"), dialect="athena")
    assert isinstance(statement, exp.Create)
    return statement


def columns(statement: exp.Create) -> dict[str, str]:
    """Column → type, as the parser read them, in order."""
    defined = [one for one in statement.this.expressions if isinstance(one, exp.ColumnDef)]
    return {one.name: one.args["kind"].sql(dialect="hive").lower() for one in defined}


@pytest.mark.parametrize("table", tables(CONFIG), ids=lambda table: table.name)
def test_every_table_of_the_lake_has_ddl_whose_columns_and_types_a_parser_reads_back(table: Table) -> None:
    statement = created(table)
    assert columns(statement) == {athena_name(name): ATHENA_TYPES[dtype] for name, dtype in table.schema.items()}
    assert len(columns(statement)) == len(table.columns)
    assert statement.this.this.sql(dialect="hive") == f"`planning`.`{table.name}`"
    location = statement.find(exp.LocationProperty)
    assert location is not None
    assert location.this.name == f"{ROOT}/{table.name}/"
    partition = statement.find(exp.PartitionedByProperty)
    found = [one.name for one in partition.find_all(exp.ColumnDef)] if partition else []
    assert found == ([table.partitioned_by] if table.partitioned_by else [])
    assert not {table.partitioned_by} & set(table.schema)


@pytest.mark.parametrize("table", tables(CONFIG), ids=lambda table: table.name)
def test_what_the_parser_writes_again_it_reads_the_same(table: Table) -> None:
    statement = created(table)
    again = sqlglot.parse_one(statement.sql(dialect="athena"), dialect="athena")
    assert isinstance(again, exp.Create)
    assert columns(again) == columns(statement)


def test_every_type_of_the_contracts_has_a_type_in_athena() -> None:
    used = {dtype for config in (CONFIG, LISTS) for table in tables(config) for dtype in table.schema.values()}
    assert used <= ATHENA_TYPES.keys()
    assert ATHENA_TYPES[pl.List(pl.String())] == "array<string>"


def test_buckets_and_cycles_are_projected_on_the_grid_and_file_versions_and_scenarios_are_registered() -> None:
    config = CONFIG.model_copy(update={"bucket": CONFIG.bucket.model_copy(update={"weeks": 4})})
    text = next(one for one in lake_ddl(config, f"{ROOT}/", "planning") if "`transactions_cleaned` (" in one)
    assert "PARTITIONED BY (`bucket` date)" in text
    assert "'projection.bucket.interval'='28'" in text
    assert "'projection.bucket.range'='2017-01-02,NOW'" in text
    assert f"'storage.location.template'='{ROOT}/transactions_cleaned/bucket=${{bucket}}/'" in text
    repaired = [one for one in lake_ddl(config, ROOT, "planning") if one.startswith("MSCK")]
    assert "MSCK REPAIR TABLE `planning`.`unified_transactions`;" in repaired
    assert len(repaired) == sum(table.partitioned_by in {"file_version", "scenario"} for table in tables(config))


def test_columns_that_athena_cannot_name_are_found_by_their_place() -> None:
    by_name = {table.name: table for table in tables(CONFIG)}
    assert "parquet.column.index.access" in table_ddl(by_name["forecasts"], CONFIG, ROOT, "planning")
    assert "parquet.column.index.access" not in table_ddl(by_name["weekly_buckets"], CONFIG, ROOT, "planning")


@pytest.mark.parametrize("table", tables(CONFIG), ids=lambda table: table.name)
def test_renaming_for_athena_keeps_columns_apart(table: Table) -> None:
    assert len({athena_name(name) for name in table.schema}) == len(table.schema)
