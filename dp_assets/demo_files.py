"""How the demo's producers write their files: from lines of the package to bytes.

Belongs here: each producer's format, column names, time zone, decimal mark, and which attributes it knows.
Does not belong here: which lines a producer has (`demo_package.py`), when a file lands (`demo.py`).

Between them the producers know every attribute, but no single one does, so that attributes must be inherited:

    north       department, category, type      CSV, `;`, latin-1, decimal commas, day first, New York time
    online      category, type, brand, size     Parquet and NDJSON by turns, UTC
    franchise   department, brand, size         XLSX and JSON arrays by turns, New York time
    master      department, category, type      CSV, comma

The same lines always give the same bytes.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date, datetime, timedelta

import polars as pl

from dp_resources.lake import parquet_bytes

FILE_CREATED = datetime(2017, 1, 1)  # noqa: DTZ001 - a workbook stores naive times; fixed, so that bytes do not change
NORTH = {
    "product_id": "ARTIKEL",
    "store_id": "FILIALE",
    "basket_id": "BON",
    "local_time": "VERKAUFSZEIT",
    "quantity": "STÜCKZAHL",
    "sales_value": "ERLÖS",
    "department": "ABTEILUNG",
    "category": "WARENGRUPPE",
    "type": "WARENART",
}
ONLINE = {
    "basket_id": "order_id",
    "sold_at": "ordered_at",
    "product_id": "product",
    "quantity": "units",
    "sales_value": "amount",
    "store_id": "hub",
    "household_id": "customer",
    "category": "category",
    "type": "product_type",
    "brand": "brand",
    "size": "pack_size",
}
FRANCHISE = {
    "local_time": "Sold at",
    "store_id": "Shop",
    "basket_id": "Receipt",
    "product_id": "Item no.",
    "department": "Department",
    "brand": "Brand",
    "size": "Pack size",
    "quantity": "Pieces",
    "sales_value": "Turnover",
}
MASTER = {
    "product_id": "item",
    "manufacturer": "manufacturer",
    "department": "department",
    "category": "category",
    "type": "type",
}


def _chosen(lines: pl.DataFrame, names: dict[str, str]) -> pl.DataFrame:
    return lines.select(pl.col(column).alias(name) for column, name in names.items())


def north_csv(lines: pl.DataFrame) -> bytes:
    """`;`-separated latin-1 text with decimal commas and times like `02/01/2017 17:05:54`."""
    text = _chosen(lines, NORTH).write_csv(separator=";", decimal_comma=True, datetime_format="%d/%m/%Y %H:%M:%S")
    return text.encode("latin-1")


def online_parquet(lines: pl.DataFrame) -> bytes:
    """Parquet with whole-number product ids and UTC timestamps."""
    return parquet_bytes(_chosen(lines, ONLINE))


def online_ndjson(lines: pl.DataFrame) -> bytes:
    """One JSON object a line, times like `2017-01-02T22:05:54Z`."""
    buffer = io.BytesIO()
    frame = _chosen(lines, ONLINE).with_columns(pl.col("ordered_at").dt.strftime("%Y-%m-%dT%H:%M:%SZ"))
    frame.write_ndjson(buffer)
    return buffer.getvalue()


def franchise_xlsx(lines: pl.DataFrame) -> bytes:
    """A workbook with the sheet `Sales`: item numbers as text, times as Excel dates."""
    import xlsxwriter

    frame = _chosen(lines, FRANCHISE).with_columns(pl.col("Item no.").cast(pl.String()))
    buffer = io.BytesIO()
    workbook = xlsxwriter.Workbook(buffer, {"constant_memory": True, "in_memory": True})
    workbook.set_properties({"created": FILE_CREATED})
    sheet = workbook.add_worksheet("Sales")
    as_time = workbook.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
    sheet.write_row(0, 0, frame.columns)
    for number, row in enumerate(frame.iter_rows(), start=1):
        sheet.write_datetime(number, 0, row[0], as_time)
        for column, value in enumerate(row[1:], start=1):
            if isinstance(value, str):
                sheet.write_string(number, column, value)
            elif value is not None:
                sheet.write_number(number, column, value)
    workbook.close()
    return buffer.getvalue()


def franchise_json(lines: pl.DataFrame) -> bytes:
    """An array of objects, item numbers as text, times like `2017-01-02 17:05:54` in New York time."""
    frame = _chosen(lines, FRANCHISE).with_columns(
        pl.col("Item no.").cast(pl.String()), pl.col("Sold at").dt.strftime("%Y-%m-%d %H:%M:%S")
    )
    return frame.write_json().encode()


def master_csv(products: pl.DataFrame) -> bytes:
    """The product master: what north knows, for every product."""
    return _chosen(products, MASTER).write_csv().encode()


def promotions_csv(plans: list[tuple[date, pl.DataFrame]]) -> bytes:
    """Promotion plans of some weeks: `upc,valid_from,valid_to,mechanic,share_of_stores`."""
    frames = [
        plan.select(
            pl.col("product_id").alias("upc"),
            pl.lit(week).alias("valid_from"),
            pl.lit(week + timedelta(days=6)).alias("valid_to"),
            pl.col("kind").alias("mechanic"),
            pl.col("share").alias("share_of_stores"),
        )
        for week, plan in plans
    ]
    return pl.concat(frames).write_csv().encode()


SALES_WRITERS: dict[str, tuple[tuple[str, Callable[[pl.DataFrame], bytes]], ...]] = {
    "north": (("csv", north_csv),),
    "online": (("parquet", online_parquet), ("ndjson", online_ndjson)),
    "franchise": (("xlsx", franchise_xlsx), ("json", franchise_json)),
}
"""Producer → its formats, taken by turns from week to week."""
