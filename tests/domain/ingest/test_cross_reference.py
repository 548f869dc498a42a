"""A producer's own SKU codes, and SKUs that replace others."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from dp_assets.domain.errors import ConfigError
from dp_assets.domain.ingest.cross_reference import CrossReference, read_cross_reference
from dp_assets.domain.ingest.mapping import with_mapping_tables
from tests.domain.ingest.test_unify import unified
from tests.landed import COLUMNS, shop_config

TABLE = """\
source_sku,sku,valid_from
4711,A1,
4712,B1,
A1,A2,2017-02-01
A2,A3,2017-03-01
"""
JANUARY, FEBRUARY, MARCH = date(2017, 1, 31), date(2017, 2, 1), date(2017, 3, 1)


def read(folder: Path, text: str = TABLE, whole_history: bool = False) -> CrossReference:
    (folder / "skus.csv").write_text(text)
    return read_cross_reference(folder / "skus.csv", whole_history)


def on(table: CrossReference, day: date, *codes: str | None) -> list[str | None]:
    return table.resolve(pl.Series(codes, dtype=pl.String), pl.Series([day]).new_from_index(0, len(codes))).to_list()


def test_codes_are_translated_on_every_day_and_unknown_ones_are_skus_already(tmp_path: Path) -> None:
    assert on(read(tmp_path), JANUARY, "4711", "4712", "C1", None) == ["A1", "B1", "C1", None]
    assert read(tmp_path, "source_sku,sku\n1,a\n").resolve(pl.Series(["1", "2"])).to_list() == ["a", "2"]


def test_sales_before_a_supersession_keep_the_old_sku_and_chains_are_followed(tmp_path: Path) -> None:
    table = read(tmp_path)
    assert on(table, JANUARY, "4711", "A1", "A2", "A3") == ["A1", "A1", "A2", "A3"]
    assert on(table, FEBRUARY, "4711", "A1", "A2", "A3") == ["A2", "A2", "A2", "A3"]
    assert on(table, MARCH, "4711", "A1", "A2", "A3") == ["A3", "A3", "A3", "A3"]


def test_the_whole_history_moves_to_the_newest_sku_when_asked_for(tmp_path: Path) -> None:
    table = read(tmp_path, whole_history=True)
    assert on(table, JANUARY, "4711", "A1", "4712") == ["A3", "A3", "B1"]
    assert table.resolve(pl.Series(["4711", "A1"])).to_list() == ["A3", "A3"]


def test_things_without_a_date_follow_only_lines_without_one(tmp_path: Path) -> None:
    assert read(tmp_path).resolve(pl.Series(["4711", "A1", "C1"])).to_list() == ["A1", "A1", "C1"]


def test_a_code_that_leads_to_itself_counts_again(tmp_path: Path) -> None:
    back = "source_sku,sku,valid_from\nA,B,2017-02-01\nA,A,2017-03-01\nB,A,2017-03-01\n"
    table = read(tmp_path, back)
    assert [on(table, day, "A", "B") for day in (JANUARY, FEBRUARY, MARCH)] == [["A", "B"], ["B", "B"], ["A", "A"]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("source_sku,sku\nA,B\nB,C\nC,A\n", ":2: sku: expected lines that end at a SKU, got the circle A → B → C → A;"),
        (
            "source_sku,sku,valid_from\nB,A,\nA,B,2018-01-01\n",
            ":3: sku: expected lines that end at a SKU, got the circle A → B → A from 2018-01-01 on",
        ),
        ("source_sku,sku\nX,B\nB,C\nC,B\n", ":3: sku: expected lines that end at a SKU, got the circle B → C → B"),
        ("source_sku,sku\nA,B\nA,C\n", ":3: source_sku: expected one SKU per code and date, got 'A' from always again"),
        ("source_sku,sku,valid_from\nA,B,soon\n", ":2: valid_from: expected a date as YYYY-MM-DD"),
        ("source_sku,sku\nA,\n", ":2: sku: expected a value, got nothing"),
        ("code,sku\nA,B\n", ":1: expected a CSV with the header source_sku,sku[,valid_from], got 'code,sku'"),
    ],
)
def test_a_mistake_in_a_cross_reference_names_line_and_key(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, text)
    assert message in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


CODES = st.sampled_from("ABCDEF")
DAYS = st.one_of(st.none(), st.dates(date(2017, 1, 1), date(2017, 1, 20)))
LINES = st.dictionaries(st.tuples(CODES, DAYS), CODES, max_size=8)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=80, deadline=None)
@given(LINES, st.randoms(use_true_random=False), st.booleans())
def test_looking_up_twice_changes_nothing_in_any_order_of_lines(
    tmp_path: Path, lines: dict[tuple[str, date | None], str], random: Any, whole_history: bool
) -> None:
    """Against a loop that follows lines day by day."""
    written = [f"{code},{sku},{day or ''}" for (code, day), sku in lines.items()]
    header = "source_sku,sku,valid_from\n"
    try:
        table = read(tmp_path, header + "\n".join(written), whole_history)
    except ConfigError as error:
        assert "circle" in str(error)  # noqa: PT017
        assume(False)
    random.shuffle(written)
    assert read(tmp_path, header + "\n".join(written), whole_history).spans == table.spans
    for number in range(22):
        day = date(2016, 12, 31) + timedelta(days=number)
        once = on(table, day, *"ABCDEFG")
        assert on(table, day, *once) == once
        if not whole_history:
            assert once == [_followed(code, day, lines) for code in "ABCDEFG"]


def _followed(code: str, day: date, lines: dict[tuple[str, date | None], str]) -> str:
    holding = sorted((since or date.min, sku) for (one, since), sku in lines.items() if one == code)
    sku = ([sku for since, sku in holding if since <= day] or [code])[-1]
    return code if sku == code else _followed(sku, day, lines)


def test_sales_products_and_promotions_carry_the_skus_of_the_business(tmp_path: Path) -> None:
    (tmp_path / "skus.csv").write_text(TABLE)
    chosen = {"cross_reference": {"table": "skus.csv"}}
    sales = with_mapping_tables(shop_config(**chosen), tmp_path)
    data = b"item,day,qty,money\n4711,2017-01-31,1,1\n4711,2017-02-01,2,1\nC1,2017-02-01,3,1\n"
    assert unified(tmp_path, data, sales).rows.select("sku", "quantity").rows() == [
        ("A1", 1.0),
        ("A2", 2.0),
        ("C1", 3.0),
    ]

    columns = {"sku": "item", "brand": "maker"}
    products = with_mapping_tables(shop_config(feed="products", **{**chosen, "columns": columns}), tmp_path)
    assert unified(tmp_path, b"item,maker\n4711,ACME\nA1,ACME\n", products).rows["sku"].to_list() == ["A1", "A1"]

    columns = {"sku": "item", "starts_on": "from", "ends_on": "to"}
    promotions = with_mapping_tables(shop_config(feed="promotions", **{**chosen, "columns": columns}), tmp_path)
    data = b"item,from,to\n4711,2017-01-30,2017-02-05\n4711,2017-02-06,2017-02-12\n"
    assert unified(tmp_path, data, promotions).rows["sku"].to_list() == ["A1", "A2"]


def test_factors_of_units_are_looked_up_by_the_producers_own_code(tmp_path: Path) -> None:
    (tmp_path / "skus.csv").write_text(TABLE)
    (tmp_path / "units.csv").write_text("unit,factor,sku\ncase,12,4711\ncase,6,A1\n")
    columns = {**COLUMNS, "unit": "= 'case'"}
    chosen = {"columns": columns, "cross_reference": {"table": "skus.csv"}, "unit_table": "units.csv"}
    config = with_mapping_tables(shop_config(**chosen), tmp_path)
    data = b"item,day,qty,money\n4711,2017-01-31,1,1\nA1,2017-01-31,1,1\n"
    assert unified(tmp_path, data, config).rows.select("sku", "quantity").rows() == [("A1", 12.0), ("A1", 6.0)]
