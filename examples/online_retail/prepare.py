"""UCI Online Retail II as the weekly CSV files that the shop's own export would have written.

    python examples/online_retail/prepare.py online_retail_II.xlsx .retail/weeks

Belongs here: reading the public workbook, leaving out the days that both of its sheets hold, one file per week.
Does not belong here: any cleaning. What is wrong in the data stays wrong: that is what the configuration is for.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import polars as pl

COLUMNS = {
    "Invoice": pl.String,
    "StockCode": pl.String,
    "Description": pl.String,
    "Quantity": pl.Int64,
    "InvoiceDate": pl.Datetime("ms"),
    "Price": pl.Float64,
    "Country": pl.String,
}
"""The columns that are kept; customer numbers are personal data that nothing here needs."""
PARQUET_NAMES = ("invoice", "stock_code", "description", "quantity", "invoice_ts", "unit_price", "country")
ENCODING = "cp1252"
DATE_FORMAT = "%d/%m/%Y %H:%M"


def read_lines(source: Path) -> pl.DataFrame:
    """Invoice lines of the workbook with its two sheets, or of a Parquet file that holds them in one table."""
    if source.suffix.lower() == ".parquet":
        frame = pl.read_parquet(source, columns=list(PARQUET_NAMES)).rename(
            dict(zip(PARQUET_NAMES, COLUMNS, strict=True))
        )
        return frame.select(pl.col(name).cast(dtype) for name, dtype in COLUMNS.items())
    sheets = pl.read_excel(source, sheet_id=0, schema_overrides={"Invoice": pl.String, "StockCode": pl.String})
    years = [frame.select(pl.col(name).cast(dtype) for name, dtype in COLUMNS.items()) for frame in sheets.values()]
    years.sort(key=lambda frame: frame["InvoiceDate"].min())
    for number, later in enumerate(years[1:]):
        years[number] = years[number].filter(pl.col("InvoiceDate") < later["InvoiceDate"].min())
    return pl.concat(years)


def write_weeks(lines: pl.DataFrame, folder: Path) -> int:
    """Writes one CSV per week, named by its Monday; how many."""
    folder.mkdir(parents=True, exist_ok=True)
    weeks = lines.with_columns(week=pl.col("InvoiceDate").dt.truncate("1w").dt.date()).partition_by(
        "week", as_dict=True, include_key=False, maintain_order=True
    )
    for (monday,), week in weeks.items():
        text = week.write_csv(datetime_format=DATE_FORMAT)
        (folder / f"{monday}.csv").write_bytes(text.encode(ENCODING))
    return len(weeks)


def main() -> None:
    parser = argparse.ArgumentParser(description="Split UCI Online Retail II into weekly CSV files.")
    parser.add_argument("source", type=Path, help="online_retail_II.xlsx, or a Parquet file of the same lines")
    parser.add_argument("folder", type=Path, help="where the weekly files go")
    options = parser.parse_args()
    lines = read_lines(options.source)
    count = write_weeks(lines, options.folder)
    sys.stdout.write(
        f"{len(lines):,} lines, {lines['Quantity'].sum():,} units in {count} files below {options.folder}\n"
    )


if __name__ == "__main__":
    main()
