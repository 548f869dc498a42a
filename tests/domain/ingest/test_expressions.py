"""Expressions of mappings: what they give, what they need, what they may not say."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dp_assets.domain.errors import ConfigError
from dp_assets.domain.ingest.expressions import FUNCTIONS, parse_expression

TEXTS = {"qty": ["1", "2.5", "x", None], "size": ["12", "4", "1", "3"], "kind": ["R", " S ", "R", ""]}


def evaluate(text: str, columns: dict[str, list[Any]] = TEXTS, **marks: str) -> list[Any]:
    expression = parse_expression(text)
    series = {name: pl.Series(name, values) for name, values in columns.items()}
    values, _ = expression.evaluate(series, len(next(iter(columns.values()))), **marks)
    return values.to_list()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("qty * size", [12.0, 10.0, None, None]),
        ("-qty + 1", [0.0, -1.5, None, None]),
        ("(qty - 1) * 2 / 4 % 2", [0.0, 0.75, None, None]),
        ("'web'", ["web"] * 4),
        ("'it''s'", ["it's"] * 4),
        ("7", [7.0] * 4),
        ("1 / 3", [1 / 3] * 4),
        ("NULL", [None] * 4),
        ("kind", ["R", "S", "R", None]),
        ("'N-' || kind", ["N-R", "N-S", "N-R", None]),
        ("CASE WHEN kind = 'R' THEN -qty ELSE qty END", [-1.0, 2.5, None, None]),
        ("CASE kind WHEN 'R' THEN 'return' END", ["return", None, "return", None]),
        ("CASE WHEN kind IS NULL THEN 0 ELSE size END", [12.0, 4.0, 1.0, 0.0]),
        ("CASE WHEN size > 3 AND NOT kind IN ('S', 'T') THEN 'a' ELSE 'b' END", ["a", "b", "b", "b"]),
        ("CASE WHEN size BETWEEN 3 AND 4 THEN 'few' END", [None, "few", None, "few"]),
        ("CASE WHEN kind LIKE 'R%' OR qty < size THEN 1 ELSE 0 END", [1.0, 1.0, 1.0, 0.0]),
        ("CASE WHEN size >= 10 THEN 'big' END", ["big", None, None, None]),
        ("IF(size = 12, 1, 2)", [1.0, 2.0, 2.0, 2.0]),
        ("COALESCE(kind, '?')", ["R", "S", "R", "?"]),
        ("COALESCE(qty, 0) + 0", [1.0, 2.5, 0.0, 0.0]),
        ("NULLIF(kind, 'R')", [None, "S", None, None]),
        ("UPPER(kind) || LOWER(kind)", ["Rr", "Ss", "Rr", None]),
        ("SUBSTRING(size, 1, 1)", ["1", "4", "1", "3"]),
        ("LEFT(size, 1) || RIGHT(size, 1)", ["12", "44", "11", "33"]),
        ("REPLACE(size, '1', '9') * 1", [92.0, 4.0, 9.0, 3.0]),
        ("SPLIT_PART('a-b', '-', 2)", ["b"] * 4),
        ("TRIM(CONCAT(kind, ' '))", ["R", "S", "R", ""]),
        ("LENGTH(size) + ABS(-1) + ROUND(2.4) + FLOOR(1.5) + CEIL(1.5) + MOD(5, 3)", [10.0, 9.0, 9.0, 9.0]),
    ],
)
def test_an_expression_gives_a_value_per_row(text: str, expected: list[Any]) -> None:
    assert evaluate(text) == expected


def test_numbers_in_text_are_read_with_the_producers_marks() -> None:
    assert evaluate("qty * 2", {"qty": ["1.234,5"]}, decimal=",", thousands=".") == [2469.0]


def test_native_numbers_are_numbers_and_become_text_without_a_decimal_point() -> None:
    columns = {"item": [7, 8], "size": [2.0, 0.5]}
    assert evaluate("item * size", columns) == [14.0, 4.0]
    assert evaluate("'N-' || item || '/' || size", columns) == ["N-7/2", "N-8/0.5"]


def test_quotes_and_dots_name_columns_with_blanks_and_in_records() -> None:
    expression = parse_expression('"Item no." || order.lines.sku || a.b.c.d.e')
    assert expression.columns == ("Item no.", "order.lines.sku", "a.b.c.d.e")


def test_what_should_be_a_number_and_is_none_is_told_by_its_column() -> None:
    series = {name: pl.Series(name, values) for name, values in TEXTS.items()}
    values, came = parse_expression("qty * size").evaluate(series, 4)
    assert values.to_list() == [12.0, 10.0, None, None]
    assert came().to_list() == ["12", "10", "qty = x", None]


@pytest.mark.parametrize(
    "text",
    [
        "SUM(qty)",
        "qty / SUM(qty) OVER ()",
        "ROW_NUMBER() OVER ()",
        "(SELECT 1)",
        "qty IN (SELECT 1)",
        "CASE WHEN kind IN (SELECT 1) THEN 1 END",
        "EXISTS(SELECT 1)",
        "read_csv('/etc/passwd')",
        "read_parquet('x')",
        "getenv('HOME')",
        "RANDOM()",
        "CURRENT_TIMESTAMP",
        "LAG(qty)",
        "unknown(qty)",
        "qty::double",
        "kind LIKE qty",
        "*",
        "a.*",
        "a[1]",
        "@x",
        "TRIM(BOTH 'x' FROM kind)",
        "LEFT(kind, size)",
        "LEFT(kind, -1)",
        "ROUND(qty, 1.5)",
        "qty > 1",
        "kind || 1",
        "kind || qty * 2",
        "qty * '2'",
        "CASE WHEN kind = 'R' THEN 1 ELSE 'one' END",
        "CASE WHEN kind THEN 1 END",
        "CASE WHEN (kind = 'R') = (kind = 'S') THEN 1 END",
    ],
)
def test_what_is_more_than_arithmetic_on_one_row_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match=r"expected (columns, numbers|a |only |numbers|text)"):
        parse_expression(text)


@pytest.mark.parametrize("text", ["", "qty *", "a, b", "1; DROP TABLE x", "'open", "a ** 2", "CASE WHEN"])
def test_what_is_no_single_expression_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="expected"):
        parse_expression(text)


def test_an_expression_without_end_is_refused() -> None:
    for text in ("(" * 2000 + "qty" + ")" * 2000, "1 + " * 20_000 + "1"):
        with pytest.raises(ConfigError, match="expect"):
            parse_expression(text)


def test_every_function_that_is_let_through_is_in_the_message_of_what_is_not() -> None:
    with pytest.raises(ConfigError) as caught:
        parse_expression("unknown(qty)")
    listed = str(caught.value).lower().replace("split_part", "splitpart")
    assert [name for name in FUNCTIONS if name not in listed] == []


NUMBERS = st.one_of(st.none(), st.integers(-1000, 1000).map(str), st.floats(-1e6, 1e6).map(repr))


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=8))
def test_a_product_of_columns_is_the_product_of_their_numbers(rows: list[tuple[str | None, str | None]]) -> None:
    slow = [None if a is None or b is None else float(a) * float(b) for a, b in rows]
    columns = {"boxes": pl.Series([a for a, _ in rows], dtype=pl.String)}
    columns["size"] = pl.Series([b for _, b in rows], dtype=pl.String)
    assert parse_expression("boxes * size").evaluate(columns, len(rows))[0].to_list() == slow


@settings(max_examples=200, deadline=None)
@given(st.text("abc()'\"*+-/|,.; 019=<>", max_size=30))
def test_any_text_is_an_expression_or_a_clear_refusal(text: str) -> None:
    try:
        expression = parse_expression(text)
    except ConfigError:
        return
    columns = {name: pl.Series([None], dtype=pl.String) for name in expression.columns}
    assert len(expression.evaluate(columns, 1)[0]) == 1
