"""Columns that come, go or change: what is reported, and what sends a file into quarantine."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from dp_assets.domain.errors import FileRejectedError
from dp_assets.domain.ingest.schema_drift import EarlierColumns
from dp_assets.domain.ingest.unified import Unified
from tests.domain.ingest.test_unify import unified
from tests.landed import COLUMNS, World, encode, make_rows, shop_config

BEFORE = EarlierColumns("shop/week1.csv", "csv", {"item": "text", "day": "text", "qty": "text", "money": "text"})


def reported(found: Unified) -> tuple[str, ...]:
    """All that is said about a file's columns."""
    return (*found.schema_drift, *found.changed_columns)


def test_a_file_like_the_one_before_has_nothing_to_report(tmp_path: Path) -> None:
    data = b"item,day,qty,money\na,2017-01-02,1,2\n"
    assert reported(unified(tmp_path, data, shop_config(), earlier=BEFORE)) == ()
    assert reported(unified(tmp_path, data, shop_config())) == ()


def test_columns_are_new_only_beside_an_earlier_file(tmp_path: Path) -> None:
    data = b"item,day,qty,money,colour\na,2017-01-02,1,2,red\n"
    assert reported(unified(tmp_path, data, shop_config())) == ()
    found = unified(tmp_path, data, shop_config(), earlier=BEFORE)
    assert reported(found) == ("new since shop/week1.csv, not mapped and ignored: 'colour' (text)",)
    assert len(found.rows) == 1


def test_columns_that_come_and_go_are_told_apart_by_whether_they_are_read(tmp_path: Path) -> None:
    columns = {**COLUMNS, "quantity": ["qty", "pieces"], "brand": "maker"}
    earlier = EarlierColumns("w1.csv", "csv", {**BEFORE.columns, "note": "text"})
    data = b"item,day,pieces,maker\na,2017-01-02,1,ACME\n"
    assert reported(unified(tmp_path, data, shop_config(columns=columns), earlier=earlier)) == (
        "the optional column 'money' (revenue) is missing; revenue stays empty",
        "new since w1.csv, mapped and read: 'pieces' (text), 'maker' (text)",
        "missing since w1.csv, not mapped: 'note' (text)",
        "missing since w1.csv, another source is mapped beside it: 'qty' (text)",
    )


def test_a_type_is_compared_with_earlier_files_of_the_same_format(tmp_path: Path) -> None:
    data = encode(make_rows(3).with_columns(pl.col("item").cast(pl.String)), "parquet")
    types = {"item": "int64", "day": "date", "qty": "float64", "money": "float64", "kind": "string"}
    earlier = EarlierColumns("w1.parquet", "parquet", types)
    (sentence,) = [one for one in reported(unified(tmp_path, data, shop_config(), earlier=earlier)) if "'item'" in one]
    assert sentence.startswith("the column 'item' is ")
    assert sentence.endswith("; it was int64 in w1.parquet")
    other = EarlierColumns("w1.csv", "csv", types)
    assert reported(unified(tmp_path, data, shop_config(), earlier=other)) == ()


def test_a_required_column_of_another_type_sends_the_file_into_quarantine(tmp_path: Path) -> None:
    lines = [f"a,2017-01-02,{text},1" for text in ("one", "two", "two", "three", "four", "5", "6")]
    with pytest.raises(FileRejectedError) as caught:
        unified(tmp_path, "\n".join(["item,day,qty,money", *lines]).encode(), shop_config())
    assert str(caught.value) == (
        "expected the column 'qty' (quantity) to hold a number in every row, found text of which 5 of 7 values are "
        "not, such as 'one', 'two', 'three'; correct the mapping or the file"
    )


@pytest.mark.parametrize("format_", ["csv", "parquet", "json", "xlsx"])
def test_dates_of_another_form_are_a_changed_type_in_every_format(tmp_path: Path, format_: str) -> None:
    rows = make_rows(6).with_columns(pl.col("day").dt.strftime("%d/%m/%Y"))
    with pytest.raises(FileRejectedError, match=r"'day' \(sold_at\) to hold a time .* 6 of 6 values are not, such as"):
        unified(tmp_path, encode(rows, format_), shop_config())


@pytest.mark.parametrize("texts", [["x", "y", "1", "", ""], ["x", "y", "z", "1", "2", "3", "4"], ["x", "y"]])
def test_fewer_than_half_or_fewer_than_three_odd_values_are_matters_of_their_rows(
    tmp_path: Path, texts: list[str]
) -> None:
    data = "\n".join(["item,day,qty,money", *(f"a,2017-01-02,{text},1" for text in texts)]).encode()
    found = unified(tmp_path, data, shop_config())
    assert found.rejected.filter(reason="invalid_quantity").height == sum(text.isalpha() for text in texts)


def test_one_value_is_enough_where_the_file_itself_says_another_type(tmp_path: Path) -> None:
    row = make_rows(1)
    lists = row.with_columns(pl.col("qty").implode())
    for frame, column in ((lists, "'qty'"), (row.with_columns(pl.lit(7).alias("day")), "'day'")):
        with pytest.raises(FileRejectedError, match=f"the column {column} .* 1 of 1 values are not"):
            unified(tmp_path, encode(frame, "parquet"), shop_config())
    text = row.with_columns(pl.lit("x").alias("qty"))
    assert unified(tmp_path, encode(text, "parquet"), shop_config()).rejected["reason"].to_list() == [
        "invalid_quantity"
    ]


def test_an_optional_column_of_another_type_is_reported_and_rejects_its_rows(tmp_path: Path) -> None:
    data = b"item,day,qty,money\n" + b"a,2017-01-02,1,free\n" * 3 + b"a,2017-01-02,1,2\n"
    found = unified(tmp_path, data, shop_config())
    assert found.schema_drift == (
        "expected the column 'money' (revenue) to hold a number in every row, found text of which 3 of 4 values are "
        "not, such as 'free'; correct the mapping or the file; their rows are rejected",
    )
    assert found.rejected["reason"].to_list() == ["invalid_revenue"] * 3


def test_ragged_rows_are_no_evidence(tmp_path: Path) -> None:
    data = b"item,day,qty,money\n" + b"a,x,2017-01-02,1,2\n" * 5 + b"a,2017-01-02,1,2\n"
    found = unified(tmp_path, data, shop_config())
    assert found.rejected["reason"].to_list() == ["surplus_fields"] * 5


def test_only_the_report_tells_what_changed_since_the_file_before(tmp_path: Path) -> None:
    world = World(tmp_path, shop_config())
    assert world.land("shop/a.csv", b"item,day,qty,money\n1,2017-01-02,1,2\n").record["schema_drift"] == []
    changed = world.land("shop/b.csv", b"item,day,qty,colour\n1,2017-01-03,1,red\n")
    assert changed.status == "accepted"
    assert changed.record["schema_drift"] == ["the optional column 'money' (revenue) is missing; revenue stays empty"]
    assert changed.totals.changed_columns == ("new since shop/a.csv, not mapped and ignored: 'colour' (text)",)


def test_a_file_in_quarantine_for_its_types_is_not_what_the_next_one_is_compared_with(tmp_path: Path) -> None:
    world = World(tmp_path, shop_config())
    world.land("shop/a.csv", b"item,day,qty,money\n1,2017-01-02,1,2\n")
    odd = world.land("shop/b.csv", b"item,day,qty,money,x\n" + b"1,soon,1,2,3\n" * 3)
    assert (odd.status, dict(odd.rows)["accepted"]) == ("quarantined", 0)
    assert "expected the column 'day' (sold_at)" in odd.record["reason"]
    profile = world.lake.read("raw_files", file_version=odd.record["file_version_id"]).row(0, named=True)
    assert (profile["status"], json.loads(profile["columns_found"])["x"]) == ("quarantined", "text")
    third = world.land("shop/c.csv", b"item,day,qty,money,x\n1,2017-01-04,1,2,3\n")
    assert third.totals.changed_columns == ("new since shop/a.csv, not mapped and ignored: 'x' (text)",)
