"""Unified rows: the same from every format, each row accepted or rejected for one stated reason."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from dp_assets.domain import contracts
from dp_assets.domain.buckets import BucketGrid
from dp_assets.domain.errors import FileRejectedError
from dp_assets.domain.ingest.unify_chunks import Totals
from dp_assets.domain.ingest.unify_transactions import file_buckets
from tests.domain.ingest.whole_files import ARRIVAL, unified
from tests.landed import COLUMNS, FORMATS, encode, make_rows, shop_config


@pytest.mark.parametrize("format_", FORMATS)
def test_the_same_rows_in_any_format_give_the_same_table(tmp_path: Path, format_: str) -> None:
    config = shop_config(columns={**COLUMNS, "department": "kind"}, time_zone="America/New_York")
    found = unified(tmp_path, encode(make_rows(40), format_), config).rows
    assert_frame_equal(found, unified(tmp_path, encode(make_rows(40), "parquet"), config).rows)
    assert found["sku"].to_list() == [str(sku) for sku in make_rows(40)["item"]]
    assert found["sold_at"][0] == datetime(2017, 1, 2, 14, 30, tzinfo=UTC)
    assert found["department"][1] == "frozen"
    contracts.unified_transactions(config).validate(found)


def test_rows_carry_their_file_and_their_number_in_it(tmp_path: Path) -> None:
    found = unified(tmp_path, encode(make_rows(3), "csv"), shop_config()).rows
    assert found["row_number"].to_list() == [1, 2, 3]
    assert found["file_version_id"].unique().to_list() == ["shop-1"]
    assert found["known_from"].unique().to_list() == [ARRIVAL]


def test_multi_label_attributes_are_split_in_text_and_kept_in_lists(tmp_path: Path) -> None:
    columns = {**COLUMNS, "composition": "fibre"}
    attributes = {"composition": {"separator": "/"}, "brand": {}}
    config = shop_config(columns=columns, config={"attributes": attributes, "hierarchies": []})
    text = make_rows(2).with_columns(pl.Series("fibre", ["wool/silk", None]))
    lists = text.with_columns(pl.col("fibre").str.split("/"))
    for data in (encode(text, "csv"), encode(text, "xlsx"), encode(lists, "parquet"), encode(lists, "json")):
        assert unified(tmp_path, data, config).rows["composition"].to_list() == [["wool", "silk"], None]


@pytest.mark.parametrize("format_", FORMATS)
def test_the_first_source_with_a_value_wins_row_by_row(tmp_path: Path, format_: str) -> None:
    columns = {**COLUMNS, "quantity": ["boxed", "qty", "= 1"], "department": ["kind", "= 'none'"]}
    config = shop_config(columns=columns)
    rows = make_rows(4).with_columns(
        pl.Series("boxed", [12, None, None, 24]),
        pl.Series("qty", [1.0, 2.5, None, 4.0]),
        pl.Series("kind", [None, "dairy", " ", "frozen"]),
    )
    found = unified(tmp_path, encode(rows, format_), config).rows
    assert found["quantity"].to_list() == [12.0, 2.5, 1.0, 24.0]
    assert found["department"].to_list() == ["none", "dairy", "none", "frozen"]
    fewer = unified(tmp_path, encode(rows.drop("boxed"), format_), config).rows
    assert fewer["quantity"].to_list() == [1.0, 2.5, 1.0, 4.0]


@pytest.mark.parametrize("format_", FORMATS)
def test_expressions_and_constants_fill_columns_in_every_format(tmp_path: Path, format_: str) -> None:
    columns = {**COLUMNS, "quantity": "= qty * 2 - 1", "sku": "= 'N-' || item", "channel": "= 'web'", "brand": "= 7"}
    rows = make_rows(5)
    found = unified(tmp_path, encode(rows, format_), shop_config(columns=columns)).rows
    assert found["quantity"].to_list() == [2 * quantity - 1 for quantity in rows["qty"]]
    assert found["sku"].to_list() == [f"N-{item}" for item in rows["item"]]
    assert found.select("channel", "brand").unique().rows() == [("web", "7")]


def test_a_date_and_a_time_in_two_columns_become_one_moment(tmp_path: Path) -> None:
    config = shop_config(
        columns={**COLUMNS, "sold_at": "= day || ' ' || time"}, date_format="%d.%m.%Y %H:%M", time_zone="Europe/Rome"
    )
    found = unified(tmp_path, b"item,day,time,qty,money\na,02.01.2017,09:30,1,2\n", config).rows
    assert found["sold_at"].to_list() == [datetime(2017, 1, 2, 8, 30, tzinfo=UTC)]


def test_what_an_expression_cannot_work_with_is_named_in_the_rejected_row(tmp_path: Path) -> None:
    config = shop_config(columns={**COLUMNS, "quantity": "= boxes * size"})
    data = b"item,day,boxes,size,money\na,2017-01-02,2,6,1\na,2017-01-02,two,6,1\na,2017-01-02,,6,1\n"
    found = unified(tmp_path, data, config)
    assert found.rows["quantity"].to_list() == [12.0]
    assert found.rejected.select("reason", "detail").rows() == [
        ("invalid_quantity", "expected quantity to be a number, got 'boxes = two'"),
        ("missing_quantity", "expected quantity, got nothing"),
    ]
    assert json.loads(found.rejected["original"][0])["boxes"] == "two"


def test_price_and_revenue_are_derived_from_each_other(tmp_path: Path) -> None:
    data = b"item,day,qty,money,price\na,2017-01-02,2,5,\na,2017-01-02,2,,3\na,2017-01-02,2,5,3\na,2017-01-02,2,,\n"
    found = unified(tmp_path, data, shop_config(columns={**COLUMNS, "unit_price": "price"})).rows
    assert found["revenue"].to_list() == [5.0, 6.0, 5.0, None]
    assert found["unit_price"].to_list() == [2.5, 3.0, 3.0, None]


def test_every_type_failure_is_named_with_what_came(tmp_path: Path) -> None:
    lines = [
        "item,day,qty,money",
        "a,2017-01-02,1,2",
        "a,soon,1,2",
        "a,2017-01-02,many,2",
        "a,2017-01-02,1,free",
        "a,,1,2",
        "a,2017-01-02,,2",
        "a,2017-01-02,1,2,oops",
        ",2017-01-02,1,2",
        "a,soon,many,2",
    ]
    config = shop_config(config={"filters": []})
    found = unified(tmp_path, "\n".join(lines).encode(), config)
    assert dict(found.rejected.select("row_number", "reason").rows()) == {
        2: "invalid_sold_at",
        3: "invalid_quantity",
        4: "invalid_revenue",
        5: "missing_sold_at",
        6: "missing_quantity",
        7: "surplus_fields",
        8: "missing_sku",
        9: "invalid_sold_at",
    }
    assert found.rejected["detail"][0] == "expected sold_at to be a time, got 'soon'"
    assert json.loads(found.rejected["original"][0]) == {"item": "a", "day": "soon", "qty": "1", "money": "2"}
    assert found.rejected["detail"][5] == "expected 4 fields, got more: oops"
    assert len(found.rows) == 1


def test_type_rules_strike_before_filters_and_filters_in_their_order(tmp_path: Path) -> None:
    data = b"item,day,qty,money\n,soon,-1,2\n,2017-01-02,-1,2\na,2017-01-02,0,2\na,2017-01-02,5,2\na,2017-01-02,6,2\n"
    filters = [
        {"kind": "positive_quantity"},
        {"kind": "require_sku"},
        {"kind": "expression", "name": "six", "keep": "quantity > 5"},
    ]
    found = unified(tmp_path, data, shop_config(config={"filters": filters}))
    assert found.rejected["reason"].to_list() == ["invalid_sold_at", "positive_quantity", "positive_quantity", "six"]
    assert (found.quantity_accepted, found.quantity_rejected) == (6.0, 3.0)


def test_decimal_commas_and_foreign_dates_give_the_same_rows(tmp_path: Path) -> None:
    rows = make_rows(30).with_columns(pl.col("money") * 1000)
    foreign = rows.with_columns(
        pl.col("day").dt.strftime("%d.%m.%Y %H:%M"),
        *(pl.col(name).map_elements(_european, return_dtype=pl.String) for name in ("qty", "money")),
    ).rename({"item": "Größe"})
    config = shop_config(
        columns={**COLUMNS, "sku": "Größe"},
        date_format="%d.%m.%Y %H:%M",
        csv={"delimiter": ";", "encoding": "latin-1", "decimal": ",", "thousands": "."},
    )
    found = unified(tmp_path, foreign.write_csv(separator=";").encode("latin-1"), config).rows
    assert_frame_equal(found, unified(tmp_path, encode(rows, "parquet"), shop_config()).rows)


def _european(value: float) -> str:
    return f"{value:,.2f}".translate(str.maketrans(",.", ".,"))


def test_decimal_marks_of_csv_do_not_touch_other_formats(tmp_path: Path) -> None:
    config = shop_config(csv={"decimal": ",", "thousands": "."})
    data = b'[{"item": 7.0, "day": "2017-01-02", "qty": 1.5, "money": "2.5"}]'
    found = unified(tmp_path, data, config).rows
    assert found.select("sku", "quantity", "revenue").rows() == [("7", 1.5, 2.5)]


@pytest.mark.parametrize("weeks", [1, 2, 4])
def test_the_bucket_index_counts_every_accepted_row(tmp_path: Path, weeks: int) -> None:
    config = shop_config(config={"bucket": {"weeks": weeks}, "horizon_weeks": 4})
    found = unified(tmp_path, encode(make_rows(80), "csv"), config)
    grid = BucketGrid.of(config)
    slow: dict[date, float] = {}
    for day, quantity in found.rows.select("sold_on", "quantity").rows():
        slow[grid.start_of(day)] = slow.get(grid.start_of(day), 0.0) + quantity
    assert dict(found.buckets.select("bucket_start", "quantity").rows()) == slow
    assert found.buckets["rows"].sum() == len(found.rows) == 80


def test_days_before_the_first_bucket_are_counted_where_they_fall() -> None:
    config = shop_config(config={"bucket": {"weeks": 2}})
    rows = contracts.unified_transactions(config).empty()
    early = pl.DataFrame({"sold_on": [date(2016, 12, 31), date(2017, 1, 2)], "quantity": [1.0, 2.0]})
    found = file_buckets(pl.concat([rows, early], how="diagonal"), BucketGrid.of(config), "f")
    assert found["bucket_start"].to_list() == [date(2016, 12, 19), date(2017, 1, 2)]


@pytest.mark.parametrize(
    "feed", ["transactions", "products", "attribute_corrections", "promotions", "events", "regressors"]
)
def test_nothing_keeps_the_contracts(feed: str) -> None:
    nothing = Totals.nothing(feed, shop_config())
    assert (nothing.accepted, nothing.rows_rejected) == (0, 0)
    contracts.REJECTED_ROWS.validate(nothing.rejected)


ANYTHING = st.one_of(
    st.none(), st.text(max_size=8), st.integers(-5, 5), st.floats(), st.sampled_from(["2017-01-02", "1,5", ""])
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(st.lists(st.tuples(ANYTHING, ANYTHING, ANYTHING, ANYTHING), max_size=12))
def test_whatever_the_values_rows_read_are_rows_accepted_plus_rejected(
    tmp_path: Path, rows: list[tuple[Any, ...]]
) -> None:
    names = ["item", "day", "qty", "money"]
    told = [["NaN" if value != value else value for value in row] for row in rows]
    data = json.dumps([dict(zip(names, row, strict=True)) for row in told]).replace("Infinity", "1e99")
    try:
        found = unified(tmp_path, data.encode(), shop_config())
    except FileRejectedError as error:
        assert "expected the column '" in str(error)  # noqa: PT017
        return
    assert found.rows_read == len(rows)
    assert sorted([*found.rows["row_number"], *found.rejected["row_number"]]) == list(range(1, len(rows) + 1))
    assert (found.rows["quantity"] > 0).all()
    for original in found.rejected["original"]:
        assert set(json.loads(original)) <= set(names)
