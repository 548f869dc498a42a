from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from dp_assets.domain.config import DemandConfig
from dp_assets.domain.errors import ConfigError
from dp_assets.domain.forecasts import config_hash
from dp_assets.domain.hierarchy import build_hierarchies
from dp_assets.domain.hierarchy_table import read_hierarchy_table, with_hierarchy_tables
from dp_assets.domain.reconciliation_config import HierarchyConfig
from tests.domain.rollup_inputs import CUTOFF, make_attributes, rollup_config

SERIES = pl.DataFrame({"series_id": ["a", "b", "c"], "sku": ["a", "b", "c"]})
TABLE = """sku,region,country,valid_from
a,north,home,
b,north,home,
b,south,home,2017-10-02
c,,abroad,
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "regions.csv"
    path.write_text(text)
    return path


def config(folder: Path, text: str = TABLE) -> DemandConfig:
    written(folder, text)
    made = rollup_config(hierarchies=[{"name": "place", "levels": ["country", "region"], "table": "regions.csv"}])
    return with_hierarchy_tables(made, folder)


def parents(made: DemandConfig, cutoff: date) -> list[str]:
    (place,) = build_hierarchies(SERIES, make_attributes(made, ["a", "b", "c"]), made, cutoff)
    return place.series_parents.to_list()


def test_a_table_says_where_series_belong_and_an_empty_cell_is_unknown(tmp_path: Path) -> None:
    assert parents(config(tmp_path), CUTOFF) == ["home/north", "home/south", "abroad/<UNK>"]


def test_a_series_that_moves_is_where_it_was_in_cycles_before(tmp_path: Path) -> None:
    assert parents(config(tmp_path), CUTOFF - timedelta(days=1))[1] == "home/north"


def test_a_series_that_the_table_does_not_know_hangs_below_unknown(tmp_path: Path) -> None:
    made = config(tmp_path, "sku,region,country\na,north,home\n")
    assert parents(made, CUTOFF) == ["home/north", "<UNK>/<UNK>", "<UNK>/<UNK>"]


def test_places_cross_products_by_the_key_they_are_told_for(tmp_path: Path) -> None:
    written(tmp_path, "location,region\ns1,north\ns2,south\n")
    made = rollup_config(
        series_key=["sku", "location"],
        hierarchies=[{"name": "place", "levels": ["region", "location"], "table": "regions.csv"}],
    )
    made = with_hierarchy_tables(made, tmp_path)
    series = pl.DataFrame({"series_id": ["a|s1", "a|s2"], "sku": ["a", "a"], "location": ["s1", "s2"]})
    (place,) = build_hierarchies(series, make_attributes(made, ["a"]), made, CUTOFF)
    assert place.series_parents.to_list() == ["north/s1", "south/s2"]


def test_what_a_table_says_is_part_of_what_was_decided_and_the_order_of_its_lines_is_not(tmp_path: Path) -> None:
    lines = TABLE.splitlines()
    shuffled = "\n".join([lines[0], *reversed(lines[1:])])
    other = TABLE.replace("north", "west")
    hashes = [config_hash(config(tmp_path, text)) for text in (TABLE, shuffled, other)]
    assert hashes[0] == hashes[1] != hashes[2]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sku,region\na,north\n", r"expected the columns \['country'\], too"),
        ("item,region,country\na,north,home\n", r"expected a key column among \['sku'\]"),
        (TABLE.replace("2017-10-02", "2.10.2017"), "expected dates such as 2025-03-31 as valid_from, got '2.10.2017'"),
        (TABLE + "a,west,home,\n", r"expected one line per series and date, got several of \('a',\)"),
        ("", "expected a CSV with a header"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused_with_what_was_expected(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        read_hierarchy_table(written(tmp_path, text), ("country", "region"), ("sku",))


def test_a_table_that_was_not_read_is_no_hierarchy() -> None:
    made = rollup_config(hierarchies=[HierarchyConfig(name="place", levels=("region",), table="regions.csv")])
    with pytest.raises(ConfigError, match="the table of hierarchy 'place' was not read"):
        parents(made, CUTOFF)
