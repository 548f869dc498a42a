"""Units of measure and currencies: converted rows, and rows for which there is no factor or rate."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dp_assets.domain.config import DemandConfig
from dp_assets.domain.errors import ConfigError
from dp_assets.domain.ingest.conversions import read_currency_table, read_unit_table
from dp_assets.domain.ingest.mapping import with_mapping_tables
from tests.domain.ingest.test_unify import unified
from tests.landed import COLUMNS, shop_config

UNITS = "unit,factor,sku\neach,1,\ncase,12,\ncase,10,7\npallet,400,8\n"
POSITIVE = "expected a number above zero such as 12 or 0.5 (from 1e-09 to 1e+09)"
RATES = "currency,valid_from,rate\nUSD,,1\nEUR,2017-01-02,1.1\nEUR,2017-02-01,1.2\n"


def converting(folder: Path, units: str = UNITS, rates: str = RATES, **producer: Any) -> DemandConfig:
    (folder / "units.csv").write_text(units)
    (folder / "rates.csv").write_text(rates)
    columns = {**COLUMNS, "unit_price": "price", "unit": "uom", "currency": "cur"}
    chosen = {"columns": columns, "unit_table": "units.csv", "currency_table": "rates.csv", **producer}
    return with_mapping_tables(shop_config(**chosen, config={"filters": []}), folder)


def csv(*lines: str) -> bytes:
    return "\n".join(["item,day,qty,uom,money,cur,price", *lines]).encode()


def test_quantities_become_units_and_money_the_currency_of_the_business(tmp_path: Path) -> None:
    data = csv(
        "6,2017-01-05,2,case,24,EUR,",
        "7,2017-01-05,2,case,20,USD,",
        "6,2017-02-01,3,each,,EUR,10",
        "6,2017-01-31,1,case,,EUR,24",
    )
    found = unified(tmp_path, data, converting(tmp_path)).rows
    assert found["quantity"].to_list() == [24.0, 20.0, 3.0, 12.0]
    assert found["revenue"].to_list() == pytest.approx([26.4, 20.0, 36.0, 26.4])
    assert found["unit_price"].to_list() == pytest.approx([1.1, 1.0, 12.0, 2.2])


def test_a_row_without_a_factor_or_a_rate_is_rejected_with_what_is_missing(tmp_path: Path) -> None:
    data = csv(
        "6,2017-01-05,2,crate,24,USD,",
        "6,2017-01-05,2,,24,USD,",
        "6,2017-01-05,2,pallet,24,USD,",
        "6,2017-01-05,2,each,24,GBP,",
        "6,2017-01-05,2,each,24,,",
        "6,2017-01-01,2,each,24,EUR,",
        "6,2017-01-05,2,each,,,",
    )
    found = unified(tmp_path, data, converting(tmp_path))
    assert dict(found.rejected.select("reason", "detail").rows()) == {
        "unknown_unit": "expected a factor in units.csv for this unit and SKU, got the unit 'pallet' and the SKU '6'",
        "missing_unit": "expected a unit of units.csv (case, each, pallet), got nothing",
        "unknown_currency": "expected a currency of rates.csv (EUR, USD), got 'GBP'",
        "missing_currency": "expected a currency of rates.csv (EUR, USD), got nothing",
        "missing_rate": "expected a rate in rates.csv for EUR on 2017-01-01, got none",
    }
    assert found.rejected["detail"][0] == "expected a unit of units.csv (case, each, pallet), got 'crate'"
    assert found.rejected["row_number"].to_list() == [1, 2, 3, 4, 5, 6]


def test_a_default_unit_stands_behind_the_column(tmp_path: Path) -> None:
    columns = {**COLUMNS, "unit": ["uom", "= 'each'"], "currency": "= 'USD'"}
    found = unified(tmp_path, csv("6,2017-01-05,2,,24,GBP,"), converting(tmp_path, columns=columns))
    assert found.rows.select("quantity", "revenue").rows() == [(2.0, 24.0)]


def test_filters_see_converted_quantities(tmp_path: Path) -> None:
    config = converting(tmp_path)
    config = config.model_copy(
        update={
            "filters": shop_config(
                config={"filters": [{"kind": "expression", "name": "few", "keep": "quantity < 20"}]}
            ).filters
        }
    )
    found = unified(tmp_path, csv("6,2017-01-05,2,case,24,USD,", "6,2017-01-05,2,each,24,USD,"), config)
    assert found.rejected["reason"].to_list() == ["few"]
    assert (found.quantity_accepted, found.quantity_rejected) == (2.0, 24.0)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("unit,count\ncase,12\n", ":1: expected a CSV with the header unit,factor[,sku], got 'unit,count'"),
        ("unit,factor,case\ncase,12,1\n", ":1: expected a CSV with the header unit,factor[,sku], got"),
        (
            "unit,factor\ncase,twelve\n",
            f":2: factor: {POSITIVE}, got 'twelve'",
        ),
        (
            "unit,factor\ncase,0\n",
            f":2: factor: {POSITIVE}, got '0'",
        ),
        (
            "unit,factor\ncase,inf\n",
            f":2: factor: {POSITIVE}, got 'inf'",
        ),
        ("unit,factor\n\n,12\n", ":3: unit: expected a value, got nothing"),
        ("unit,factor\ncase,12\ncase,13\n", ":3: unit: expected each unit once, got 'case' again (line 2); keep one"),
        ("unit,factor\ncase,12,7\n", ":2: factor: expected 2 fields, got 3"),
        ('unit,factor\n"case,12\n', ": expected a CSV with the header unit,factor[,sku], got unexpected end of data"),
    ],
)
def test_a_mistake_in_a_unit_table_names_line_and_key(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "units.csv").write_text(text)
    with pytest.raises(ConfigError) as caught:
        read_unit_table(tmp_path / "units.csv")
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("currency,rate\nEUR,1\n", ":1: expected a CSV with the header currency,valid_from,rate"),
        ("currency,valid_from,rate\nEUR,01/02/2017,1\n", ":2: valid_from: expected a date as YYYY-MM-DD or nothing"),
        ("currency,valid_from,rate\nEUR,,-1\n", ":2: rate: expected a number above zero"),
        ("currency,valid_from,rate\nEUR,,1\nEUR,,2\n", ":3: valid_from: expected one rate per currency and date, got"),
    ],
)
def test_a_mistake_in_a_currency_table_names_line_and_key(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "rates.csv").write_text(text)
    with pytest.raises(ConfigError) as caught:
        read_currency_table(tmp_path / "rates.csv")
    assert message in str(caught.value)


ROWS = st.lists(
    st.tuples(
        st.sampled_from(["6", "7", "8"]),
        st.dates(date(2017, 1, 1), date(2017, 3, 1)),
        st.integers(1, 99),
        st.sampled_from(["each", "case", "pallet", "crate", ""]),
        st.one_of(st.none(), st.integers(0, 500)),
        st.sampled_from(["USD", "EUR", "GBP", ""]),
    ),
    min_size=1,
    max_size=12,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(ROWS)
def test_converted_units_are_units_times_factor_and_nothing_is_lost(
    tmp_path: Path, rows: list[tuple[Any, ...]]
) -> None:
    """Against a loop over the rows."""
    factors = {("each", ""): 1, ("case", ""): 12, ("case", "7"): 10, ("pallet", "8"): 400}
    rates = {"USD": [(date.min, 1.0)], "EUR": [(date(2017, 1, 2), 1.1), (date(2017, 2, 1), 1.2)]}
    slow: dict[int, tuple[float, float | None]] = {}
    for number, (sku, day, quantity, unit, money, currency) in enumerate(rows, start=1):
        factor = factors.get((unit, sku), factors.get((unit, "")))
        rate = ([rate for since, rate in rates.get(currency, []) if since <= day] or [None])[-1]
        if factor is not None and (money is None or rate is not None):
            slow[number] = (quantity * factor, money * rate if money is not None and rate is not None else None)
    lines = [f"{a},{b},{c},{d},{'' if e is None else e},{f}," for a, b, c, d, e, f in rows]
    found = unified(tmp_path, csv(*lines), converting(tmp_path))
    got = {
        number: (units, money) for number, units, money in found.rows.select("row_number", "quantity", "revenue").rows()
    }
    assert got == slow
    assert found.rows_read == len(rows)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20, deadline=None)
@given(st.permutations(UNITS.splitlines()[1:]), st.permutations(RATES.splitlines()[1:]))
def test_the_order_of_lines_in_conversion_tables_does_not_matter(
    tmp_path: Path, units: list[str], rates: list[str]
) -> None:
    shuffled = converting(
        tmp_path,
        "\n".join([UNITS.splitlines()[0], *units]),
        "\n".join([RATES.splitlines()[0], *rates]),
    )
    data = csv("7,2017-02-03,2,case,24,EUR,", "8,2017-01-05,2,pallet,24,EUR,", "6,2017-01-05,2,case,24,USD,")
    assert unified(tmp_path, data, shuffled).rows.equals(unified(tmp_path, data, converting(tmp_path)).rows)


def test_large_tables_are_looked_up_without_a_loop_over_rows(tmp_path: Path) -> None:
    (tmp_path / "units.csv").write_text("unit,factor,sku\n" + "".join(f"case,{n + 1},s{n}\n" for n in range(20_000)))
    table = read_unit_table(tmp_path / "units.csv")
    sku = pl.Series([f"s{n % 20_000}" for n in range(100_000)])
    found = table.factor_of(pl.Series(["case"]).new_from_index(0, len(sku)), sku)
    assert found.to_list()[:3] == [1.0, 2.0, 3.0]
    assert found.null_count() == 0
