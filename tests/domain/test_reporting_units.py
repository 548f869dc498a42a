from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from dp_assets.domain import contracts
from dp_assets.domain.config import DemandConfig
from dp_assets.domain.config_file import load_config, parse_config
from dp_assets.domain.errors import ConfigError
from dp_assets.domain.forecasts import config_hash, config_text
from dp_assets.domain.ingest.conversions import UnitTable
from dp_assets.domain.reporting_units import ReportingUnits, with_reporting_units
from dp_assets.domain.table_ddl import table_ddl
from tests.domain.rollup_inputs import rollup_config

TABLE = "unit,factor,sku\nSmall case,12,\npallet,400,a\nSmall case,10,b\n"
YAML = """\
producers:
  - name: shop
    files: ["shop/*.csv"]
    columns: {sku: item, sold_at: day, quantity: qty}
reporting:
  spans_weeks: [4]
  unit_table: units.csv
"""


def config(folder: Path, text: str = TABLE) -> DemandConfig:
    (folder / "units.csv").write_text(text)
    return with_reporting_units(rollup_config(reporting={"unit_table": "units.csv"}), folder)


def unit_columns(made: DemandConfig) -> list[str]:
    return [name for name in contracts.temporal_rollups(made).schema if name.startswith("in_")]


def test_every_unit_of_the_table_is_a_column_behind_all_others(tmp_path: Path) -> None:
    made = config(tmp_path)
    assert unit_columns(made) == ["in_small_case", "in_pallet"]
    plain = contracts.temporal_rollups(rollup_config()).columns
    (case, pallet) = contracts.temporal_rollups(made).columns[len(plain) :]
    assert contracts.temporal_rollups(made).columns[: len(plain)] == plain
    assert (case.unit, case.nullable, pallet.unit) == ("Small case", True, "pallet")


def test_a_unit_added_at_the_end_leaves_the_others_in_their_place(tmp_path: Path) -> None:
    assert unit_columns(config(tmp_path, TABLE + "bag,3,\n")) == ["in_small_case", "in_pallet", "in_bag"]


def test_without_a_table_there_are_no_units_and_nothing_is_read(tmp_path: Path) -> None:
    plain = rollup_config()
    assert with_reporting_units(plain, tmp_path) is plain
    assert plain.reporting.units is None
    assert unit_columns(plain) == []
    assert "table_digest" not in config_text(plain)


def test_what_the_table_says_is_part_of_what_was_decided_and_the_order_of_factors_is_not(tmp_path: Path) -> None:
    header, *lines = TABLE.splitlines()
    swapped = "\n".join([header, lines[0], lines[2], lines[1]])
    other_columns = "\n".join([header, lines[1], lines[0], lines[2]])
    texts = (TABLE, swapped, other_columns, TABLE.replace("400", "300"))
    hashes = [config_hash(config(tmp_path, text)) for text in texts]
    assert hashes[0] == hashes[1]
    assert len(set(hashes)) == 3


def test_a_table_that_was_not_read_is_not_passed_over() -> None:
    made = rollup_config(reporting={"unit_table": "units.csv"})
    with pytest.raises(ConfigError, match=r"the table reporting\.unit_table was not read"):
        contracts.temporal_rollups(made)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "expected a table, but there is no such file"),
        ("unit,count\ncase,12\n", "expected a CSV with the header unit,factor[,sku], got 'unit,count'"),
        ("unit,factor\ncase,0\n", "expected a number above zero such as 12 or 0.5"),
        ("unit,factor\ncase,-2\n", "expected a number above zero such as 12 or 0.5"),
        (
            "unit,factor\nCase (6),6\ncase 6,12\n",
            "expected units that make columns of their own, but 'Case (6)' and 'case 6' are both in_case_6; rename one",
        ),
        ("unit,factor\n箱,12\n", "expected units with letters a to z or digits, got '箱'"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused_where_the_configuration_names_it(
    tmp_path: Path, text: str | None, message: str
) -> None:
    if text is not None:
        (tmp_path / "units.csv").write_text(text)
    (tmp_path / "demand.yaml").write_text(YAML)
    with pytest.raises(ConfigError) as caught:
        load_config(tmp_path / "demand.yaml")
    assert str(caught.value).startswith("demand.yaml:7: reporting.unit_table: ")
    assert message in str(caught.value)
    with pytest.raises(ConfigError) as caught:
        with_reporting_units(parse_config(YAML), tmp_path)
    assert message in str(caught.value)


def test_every_mistake_in_the_table_is_named_at_once(tmp_path: Path) -> None:
    (tmp_path / "units.csv").write_text("unit,factor\ncase,0\n,3\n")
    (tmp_path / "demand.yaml").write_text(YAML)
    with pytest.raises(ConfigError) as caught:
        load_config(tmp_path / "demand.yaml")
    found = [line.partition("units.csv:")[2] for line in str(caught.value).splitlines()]
    assert [line.partition(": expected")[0] for line in found] == ["2: factor", "3: unit"]


def test_units_are_columns_in_the_catalogue_as_well(tmp_path: Path) -> None:
    made = config(tmp_path, "unit,factor\nO'Brien's case,6\n")
    statement = table_ddl(contracts.temporal_rollups(made), made, "s3://lake", "planning")
    assert "`in_o_brien_s_case` double COMMENT" in statement
    assert "(O’Brien’s case)" in statement


def test_places_of_one_sku_share_its_factor_and_only_what_is_not_zero_needs_one() -> None:
    factors = {("case", "a"): 6.0, ("case", "b"): 12.0, ("sack", ""): 2.0}
    units = ReportingUnits.of(UnitTable("units.csv", factors))
    skus = pl.Series(["a", "a", "b", "c", None])
    found = units.converted(np.array([[6.0], [3.0], [3.0], [4.0], [0.0]]), skus)
    assert np.array_equal(found["in_case"].ravel(), [1.0, 0.5, 0.25, np.nan, 0.0], equal_nan=True)
    assert found["in_sack"].ravel().tolist() == [3.0, 1.5, 1.5, 2.0, 0.0]
