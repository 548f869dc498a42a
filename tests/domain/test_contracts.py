"""Contracts of tables: a frame either keeps one or is refused with every reason."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from datetime import date

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dp_assets.domain import contracts
from dp_assets.domain import table as sorting
from dp_assets.domain.contracts import FILE_BUCKETS, forecasts, table, tables
from dp_assets.domain.errors import ContractError
from dp_assets.domain.table import Table, ascends, in_order
from tests.factories import make_config


def file_buckets(**overrides: object) -> pl.DataFrame:
    row = {"file_version_id": "a", "bucket_start": date(2017, 1, 2), "rows": 1, "quantity": 2.0, **overrides}
    return pl.DataFrame([row], schema_overrides={"rows": pl.Int64, "quantity": pl.Float64})


def test_conform_orders_columns_and_rows_by_the_contract() -> None:
    mixed = pl.concat([file_buckets(file_version_id="b"), file_buckets()]).select(
        "rows", "quantity", "bucket_start", "file_version_id"
    )
    result = FILE_BUCKETS.conform(mixed)
    assert result.schema == FILE_BUCKETS.schema
    assert result["file_version_id"].to_list() == ["a", "b"]


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (file_buckets(rows=-1), r"rows outside \[0"),
        (file_buckets(file_version_id=None), "have no file_version_id"),
        (file_buckets(quantity=float("nan")).with_columns(pl.col("quantity").fill_nan(None)), "have no quantity"),
        (pl.concat([file_buckets(), file_buckets()]), "repeat the key"),
        (file_buckets().drop("rows"), "missing columns"),
    ],
)
def test_a_broken_contract_is_refused_with_its_reason(frame: pl.DataFrame, message: str) -> None:
    with pytest.raises(ContractError, match=message):
        FILE_BUCKETS.conform(frame)


def test_every_table_describes_its_columns_once_and_has_its_key() -> None:
    for described in tables(make_config()):
        names = [column.name for column in described.columns]
        assert len(names) == len(set(names)), described.name
        assert set(described.key) <= set(names), described.name
        assert described.violations(described.empty()) == []


def test_every_table_that_a_stage_describes_is_gathered() -> None:
    config = make_config()
    gathered = {one.name for one in tables(config)}
    for stage in pkgutil.iter_modules(contracts.__path__):
        found = vars(importlib.import_module(f"{contracts.__name__}.{stage.name}")).values()
        makers = [one for one in found if inspect.isfunction(one) and one.__annotations__.get("return") == "Table"]
        described = [*(one for one in found if isinstance(one, Table)), *(make(config) for make in makers)]
        assert {one.name for one in described} <= gathered, stage.name


def test_forecast_columns_follow_the_configured_interval_levels() -> None:
    names = set(forecasts(make_config(intervals={"levels": [60]})).schema)
    assert {"lower_60", "upper_60", "q0.2", "q0.8", "q0.5"} <= names


def test_an_unknown_table_is_a_key_error() -> None:
    with pytest.raises(KeyError, match="nonsense"):
        table(make_config(), "nonsense")


@given(st.lists(st.tuples(st.sampled_from(["a", "b", None]), st.integers(0, 3)), max_size=6))
def test_a_key_ascends_when_it_is_sorted_and_nothing_stands_twice(rows: list[tuple[str | None, int]]) -> None:
    frame = pl.DataFrame(rows, schema={"name": pl.String, "number": pl.Int64}, orient="row")
    whole = [row for row in rows if row[0] is not None]
    assert ascends(frame, ("name", "number")) == (len(whole) == len(rows) and rows == sorted(set(whole)))


TEXTS = st.text(alphabet="aZ9é日𝄞\0", max_size=20)


@given(st.data(), st.sampled_from([4, 8, 16, 20]), st.sampled_from([1, 3, 40]))
def test_rows_are_sorted_as_their_texts_are_however_long_and_strange_these_are(
    data: st.DataObject, longest: int, different: int
) -> None:
    names = data.draw(st.lists(TEXTS.map(lambda text: text[:longest]), min_size=1, max_size=different))
    rows = data.draw(st.lists(st.tuples(st.sampled_from(names), st.integers(0, 9)), max_size=40))
    frame = pl.DataFrame(rows, schema={"name": pl.String, "number": pl.Int64}, orient="row")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sorting, "SORTED_BY_NUMBERS", 1)
        found, is_ordered = in_order(frame, ("name", "number"))
    assert found.rows() == sorted(rows, key=lambda row: (row[0].encode(), row[1]))
    assert is_ordered or len(set(rows)) < len(rows) or "\0" in "".join(names)
