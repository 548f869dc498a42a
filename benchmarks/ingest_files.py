"""Files of three producers that deliver the same shop's sales in three ways, of any number of rows, from a seed.

Belongs here: what the ingestion benchmark reads. Does not belong here: reading it.
"""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from dp_assets.domain.config import DemandConfig

FIRST = date(2017, 1, 2)
WEEKS = 260
SKUS = 68_000
FILES_PER_PRODUCER = 4
ARRIVED = (datetime(FIRST.year, FIRST.month, FIRST.day, 6, tzinfo=UTC) + timedelta(weeks=WEEKS)).timestamp()
"""Modification time of every file: the Monday after the last week."""
PRODUCERS = ("north", "online", "franchise")


def configuration(folder: Path) -> DemandConfig:
    """The three producers as a customer would configure them, all paths below a folder."""
    from dp_assets.domain.config import DemandConfig  # here, because the bare engines read this module, too

    common = {"arrival": "modified_at", "format": "csv", "time_zone": "UTC"}
    producers = [
        {
            "name": "north",
            "files": ["north/*.csv"],
            "csv": {"delimiter": ";", "decimal": ","},
            "date_format": "%d/%m/%Y %H:%M:%S",
            "columns": {
                "sku": "Artikel",
                "sold_at": "Zeit",
                "quantity": "Menge",
                "revenue": "Umsatz",
                "location": "Ort",
            },
        },
        {
            "name": "online",
            "files": ["online/*.csv"],
            "columns": {"sku": "product", "sold_at": "at", "quantity": "units", "revenue": "amount", "location": "hub"},
        },
        {
            "name": "franchise",
            "files": ["franchise/*.csv"],
            "csv": {"delimiter": "\t"},
            "columns": {"sku": "Item", "sold_at": "Day", "quantity": "Pieces", "revenue": "Value", "location": "Shop"},
        },
    ]
    whole: dict[str, Any] = {
        "landing": {"root": str(folder / "landing")},
        "lake": {"root": str(folder / "lake")},
        "bucket": {"first": FIRST},
        "producers": [{**common, **producer} for producer in producers],
        "filters": [
            {"kind": "require_sku"},
            {"kind": "positive_quantity"},
            {"kind": "date_range", "first": FIRST},
        ],
    }
    return DemandConfig.model_validate(whole)


def write_files(landing: Path, rows: int, seed: int = 20170102, files: int = FILES_PER_PRODUCER) -> list[Path]:
    """Writes about `rows` lines into `files` files per producer; the same arguments give the same bytes.

    One line in a hundred has no SKU, one no positive quantity, one lies before the first bucket.
    """
    written = []
    for number, producer in enumerate(PRODUCERS):
        for part in range(files):
            lines = _lines(np.random.default_rng([seed, number, part]), rows // (len(PRODUCERS) * files), part, files)
            path = landing / producer / f"part-{part:03d}.csv"
            path.parent.mkdir(parents=True, exist_ok=True)
            write_lines(producer, lines, path)
            os.utime(path, (ARRIVED, ARRIVED))
            written.append(path)
    return written


def _lines(rng: np.random.Generator, rows: int, part: int, files: int) -> pl.DataFrame:
    """sku, at, units, amount, shop; a file holds its share of the weeks."""
    span = WEEKS * 7 * 86_400 // files
    begin = int(datetime(FIRST.year, FIRST.month, FIRST.day, tzinfo=UTC).timestamp()) + part * span
    seconds = begin + rng.integers(0, span, rows)
    seconds[rng.random(rows) < 0.01] -= 400 * 86_400 if part == 0 else 0
    sku = (SKUS * rng.random(rows) ** 2.5).astype(np.int64)
    units = rng.integers(1, 7, rows)
    units[rng.random(rows) < 0.01] = 0
    cents = units * (99 + 10 * (sku % 400))
    frame = pl.DataFrame(
        {"sku": sku, "second": seconds, "units": units, "amount": cents / 100, "shop": rng.integers(1, 41, rows)}
    )
    return frame.select(
        pl.when(pl.Series(rng.random(rows) >= 0.01))
        .then(pl.format("A{}", pl.col("sku").cast(pl.String).str.zfill(6)))
        .alias("sku"),
        pl.from_epoch("second", time_unit="s").alias("at"),
        "units",
        "amount",
        pl.format("S{}", "shop").alias("shop"),
    )


def write_lines(producer: str, lines: pl.DataFrame, path: Path) -> None:
    """Writes lines (sku, at, units, amount, shop) as that producer delivers them."""
    if producer == "north":
        names = {"at": "Zeit", "sku": "Artikel", "units": "Menge", "amount": "Umsatz", "shop": "Ort"}
        named = lines.select(*names).rename(names)
        named.write_csv(path, separator=";", datetime_format="%d/%m/%Y %H:%M:%S", decimal_comma=True, float_precision=2)
    elif producer == "online":
        names = {"sku": "product", "units": "units", "amount": "amount", "shop": "hub", "at": "at"}
        lines.select(*names).rename(names).write_csv(path, datetime_format="%Y-%m-%dT%H:%M:%SZ", float_precision=2)
    else:
        names = {"shop": "Shop", "sku": "Item", "at": "Day", "units": "Pieces", "amount": "Value"}
        days = lines.with_columns(pl.col("at").dt.date()).select(*names).rename(names)
        days.write_csv(path, separator="\t", float_precision=2)
