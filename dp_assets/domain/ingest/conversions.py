"""Quantities in units of measure, and money in currencies, converted to the units and the currency of the business.

Belongs here: the tables of units and of currencies, what a row's unit or currency comes to.
Does not belong here: which rows there are (`unify_transactions.py`), reading CSV (`reference_tables.py`).

A conversion multiplies and nothing else: units = quantity × factor, money = amount × rate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path

import polars as pl

from dp_assets.domain.ingest.reference_tables import read_table
from dp_assets.domain.ingest.verdicts import Verdicts, texts_of

SHOWN = 10
"""Names listed in a message."""


@dataclass(frozen=True)
class UnitTable:
    """How many units of the business one unit of measure is: one that a producer delivers, or one of reports.

    Attributes:
        name: the file, for messages.
        factors: (unit, SKU or nothing for any) → factor, above zero. The SKU is the producer's own code.
    """

    name: str
    factors: Mapping[tuple[str, str], float] = field(repr=False)

    @cached_property
    def frame(self) -> pl.DataFrame:
        """Columns unit, sku (empty for any) and factor."""
        keys = list(self.factors)
        return pl.DataFrame(
            {
                "unit": [unit for unit, _ in keys],
                "sku": [sku for _, sku in keys],
                "factor": list(self.factors.values()),
            },
            schema={"unit": pl.String, "sku": pl.String, "factor": pl.Float64},
        )

    def factor_of(self, unit: pl.Series, sku: pl.Series) -> pl.Series:
        """Factor per row (R): the SKU's own, else that of its unit, null where the table has neither."""
        rows = pl.DataFrame({"unit": unit, "sku": sku.fill_null("")})
        own = self.frame.filter(pl.col("sku") != "").rename({"factor": "own"})
        general = self.frame.filter(pl.col("sku") == "").select("unit", pl.col("factor").alias("general"))
        joined = rows.join(own, on=["unit", "sku"], how="left", maintain_order="left")
        joined = joined.join(general, on="unit", how="left", maintain_order="left")
        return joined.select(pl.coalesce("own", "general").alias("factor"))["factor"]


@dataclass(frozen=True)
class CurrencyTable:
    """What one unit of a currency is worth in the currency of the business, from each date on.

    Attributes:
        name: the file, for messages.
        rates: (currency, first business date) → rate, above zero.
    """

    name: str
    rates: Mapping[tuple[str, date], float] = field(repr=False)

    @cached_property
    def frame(self) -> pl.DataFrame:
        """Columns currency, valid_from and rate, ascending by date."""
        keys = list(self.rates)
        return pl.DataFrame(
            {
                "currency": [currency for currency, _ in keys],
                "valid_from": [day for _, day in keys],
                "rate": list(self.rates.values()),
            },
            schema={"currency": pl.String, "valid_from": pl.Date, "rate": pl.Float64},
        ).sort("valid_from")

    def rate_on(self, currency: pl.Series, day: pl.Series) -> pl.Series:
        """Rate per row (R): the newest one valid on its date, null where there is none yet."""
        return newest_valid(self.frame, "currency", "rate", currency, day)


def newest_valid(table: pl.DataFrame, key: str, value: str, keys: pl.Series, days: pl.Series) -> pl.Series:
    """Per row (R) the value with the newest `valid_from` at or before its day; null where there is none.

    Args:
        table: `key`, `valid_from`, `value`, ascending by date.
        key: column of the table that is looked up.
        value: column of the table that is wanted.
        keys: what is looked up (R).
        days: dates (R).
    """
    rows = pl.DataFrame({key: keys, "day": days}).with_row_index("row").sort("day")
    # Each currency or code has its own ascending dates, which Polars cannot check by itself.
    joined = rows.join_asof(
        table, left_on="day", right_on="valid_from", by=key, strategy="backward", check_sortedness=False
    )
    return joined.sort("row")[value]


def read_unit_table(path: Path) -> UnitTable:
    """A table of units: header `unit,factor` and optionally `sku`, for a producer its own code.

    Raises:
        ConfigError: it is missing or wrong; one line per mistake with line, key, what was expected and what came.
    """
    table = read_table(path, ["unit", "factor"], ["sku"])
    factors: dict[tuple[str, str], float] = {}
    lines: dict[tuple[str, str], int] = {}
    for row in table.rows:
        key = (table.text(row, "unit"), row.cells.get("sku", ""))
        factor = table.positive(row, "factor")
        if key in factors:
            of = f"{key[0]!r} of SKU {key[1]!r}" if key[1] else repr(key[0])
            table.wrong(row.line, "unit", f"expected each unit once, got {of} again (line {lines[key]}); keep one")
        factors.setdefault(key, factor)
        lines.setdefault(key, row.line)
    table.check()
    return UnitTable(path.name, factors)


def read_currency_table(path: Path) -> CurrencyTable:
    """A table of rates: header `currency,valid_from,rate`; an empty `valid_from` means always.

    Raises:
        ConfigError: it is missing or wrong; one line per mistake with line, key, what was expected and what came.
    """
    table = read_table(path, ["currency", "valid_from", "rate"])
    rates: dict[tuple[str, date], float] = {}
    lines: dict[tuple[str, date], int] = {}
    for row in table.rows:
        key = (table.text(row, "currency"), table.day(row, "valid_from"))
        rate = table.positive(row, "rate")
        if key in rates:
            since = row.cells["valid_from"] or "always"
            again = f"{key[0]!r} from {since} again (line {lines[key]})"
            table.wrong(row.line, "valid_from", f"expected one rate per currency and date, got {again}; keep one")
        rates.setdefault(key, rate)
        lines.setdefault(key, row.line)
    table.check()
    return CurrencyTable(path.name, rates)


def convert_units(typed: pl.DataFrame, unit: pl.Series, table: UnitTable, verdicts: Verdicts) -> pl.DataFrame:
    """Rows with quantity and unit_price in units of the business; rows without a factor are rejected.

    The price of a unit of the producer becomes the price of a unit of the business; revenue is money and stays.

    Args:
        typed: at least sku (the producer's own code), quantity, unit_price.
        unit: text (R).
        table: factors.
        verdicts: gains `missing_unit` and `unknown_unit`.
    """
    factor = table.factor_of(unit, typed["sku"])
    known = {one for one, _ in table.factors}
    expected = f"expected a unit of {table.name} ({_listed(sorted(known))})"
    verdicts.reject(unit.is_null(), "missing_unit", texts_of(_escaped(f"{expected}, got nothing")))
    is_known = unit.is_in(list(known))
    of_sku = f"expected a factor in {table.name} for this unit and SKU, got the unit "
    verdicts.reject(~is_known & factor.is_null(), "unknown_unit", texts_of(_escaped(expected) + ", got '{}'", unit))
    verdicts.reject(
        factor.is_null(), "unknown_unit", texts_of(_escaped(of_sku) + "'{}' and the SKU '{}'", unit, typed["sku"])
    )
    return typed.with_columns(
        (pl.col("quantity") * factor).alias("quantity"), (pl.col("unit_price") / factor).alias("unit_price")
    )


def convert_currencies(
    typed: pl.DataFrame, currency: pl.Series, table: CurrencyTable, verdicts: Verdicts
) -> pl.DataFrame:
    """Rows with revenue and unit_price in the currency of the business; those with money and no rate are rejected.

    Args:
        typed: at least sold_on, revenue, unit_price.
        currency: text (R).
        table: rates.
        verdicts: gains `missing_currency`, `unknown_currency` and `missing_rate`.
    """
    rate = table.rate_on(currency, typed["sold_on"])
    has_money = typed["revenue"].is_not_null() | typed["unit_price"].is_not_null()
    known = sorted({one for one, _ in table.rates})
    expected = _escaped(f"expected a currency of {table.name} ({_listed(known)})")
    verdicts.reject(has_money & currency.is_null(), "missing_currency", texts_of(f"{expected}, got nothing"))
    unknown = has_money & ~currency.is_in(known)
    verdicts.reject(unknown, "unknown_currency", texts_of(expected + ", got '{}'", currency))
    no_rate = has_money & rate.is_null()
    on = texts_of(_escaped(f"expected a rate in {table.name} for ") + "{} on {}, got none", currency, typed["sold_on"])
    verdicts.reject(no_rate, "missing_rate", on)
    return typed.with_columns((pl.col(name) * rate).alias(name) for name in ("revenue", "unit_price"))


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:SHOWN]) + (", …" if len(names) > SHOWN else "")


def _escaped(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")
