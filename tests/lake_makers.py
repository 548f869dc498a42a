"""A small lake of ingested files, as ingestion leaves it: tables per file version and their commit records.

Each maker takes only what the test cares about; the rest is filled in the same way every time.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import polars as pl

from dp_assets.domain.attributes import ATTRIBUTE_CORRECTIONS
from dp_assets.domain.buckets import BucketGrid
from dp_assets.domain.config import DemandConfig
from dp_assets.domain.contracts import PROMOTIONS, product_master, unified_transactions
from dp_assets.domain.ingest.file_lines import file_lines, is_indexed
from dp_assets.domain.table import Table
from dp_resources.lake import Lake

Row = dict[str, Any]
FEED_TABLES: dict[str, str] = {
    "transactions": "unified_transactions",
    "products": "product_master",
    "attribute_corrections": "attribute_corrections",
    "promotions": "promotions",
}


def bucket_config(**overrides: Any) -> DemandConfig:
    """Two shops, a product master that wins, corrections, a promotions calendar; a scalar and a list attribute."""
    sales = {"sku": "sku", "sold_at": "sold_at", "quantity": "quantity"}
    said = {"sku": "sku", "attribute": "attribute", "value": "value"}
    plan = {"sku": "sku", "starts_on": "starts_on", "ends_on": "ends_on"}
    base: dict[str, Any] = {
        "producers": [
            {"name": "shop", "files": ["shop/*"], "columns": sales, "priority": 20},
            {"name": "web", "files": ["web/*"], "columns": sales, "priority": 20},
            {"name": "erp", "files": ["erp/*"], "feed": "products", "columns": {"sku": "sku"}, "priority": 10},
            {"name": "planner", "files": ["planner/*"], "feed": "attribute_corrections", "columns": said},
            {"name": "marketing", "files": ["marketing/*"], "feed": "promotions", "columns": plan},
        ],
        "attributes": {"brand": {}, "composition": {}},
        "lookback_weeks": 8,
        "horizon_weeks": 4,
    }
    return DemandConfig.model_validate({**base, **overrides})


def at(day: date, hour: int = 6) -> datetime:
    """That hour of a day, in UTC."""
    return datetime.combine(day, time(hour), tzinfo=UTC)


def sale(sku: str, sold_on: date, quantity: float = 1.0, **more: Any) -> Row:
    """One accepted line; attributes, location and revenue by keyword."""
    return {"sku": sku, "sold_on": sold_on, "quantity": quantity, **more}


def correction(sku: str, attribute: str, said: str | list[str] | None) -> Row:
    """One line of a planner: what an attribute is; None says that nobody knows."""
    column = "labels" if isinstance(said, list) else "value"
    return {"sku": sku, "attribute": attribute, column: sorted(said) if isinstance(said, list) else said}


def promotion(sku: str, starts_on: date, ends_on: date | None = None) -> Row:
    """One promotion line; a week long unless an end is given."""
    return {"sku": sku, "starts_on": starts_on, "ends_on": ends_on or starts_on + timedelta(days=6)}


def feed_table(config: DemandConfig, feed: str) -> Table:
    """The table that a feed's rows go to."""
    return {
        "transactions": unified_transactions(config),
        "products": product_master(config),
        "attribute_corrections": ATTRIBUTE_CORRECTIONS,
        "promotions": PROMOTIONS,
    }[feed]


def conformed(
    config: DemandConfig, feed: str, version: str, producer: str, arrived_at: datetime, rows: Iterable[Row]
) -> pl.DataFrame:
    """Rows as ingestion writes them, numbered in the order given."""
    table = feed_table(config, feed)
    filled = [
        {
            "file_version_id": version,
            "producer": producer,
            "known_from": arrived_at,
            "row_number": number,
            "kind": "display",
            "share": 1.0,
            "sold_at": at(row["sold_on"], 12) if "sold_on" in row else None,
            **row,
        }
        for number, row in enumerate(rows, start=1)
    ]
    frame = pl.DataFrame(
        [[row.get(name) for name in table.schema] for row in filled], schema=table.schema, orient="row", strict=False
    )
    return table.conform(frame)


def restated(config: DemandConfig, producer: str, version: str, frame: pl.DataFrame) -> dict[str, Any]:
    """What ingestion finds in sales rows: `rows` that count, `lines` as file_lines, the dates that the file `replaces`.

    Lines are None where files do not restate each other. Where lines are corrected, a quantity of zero withdraws one.
    """
    one = config.producer(producer)
    rule, everything = one.restatement, pl.Series([True]).new_from_index(0, len(frame))
    counts = frame["quantity"] != 0 if rule.by == "rows" else everything
    lines = file_lines(frame, counts, everything, rule, version) if is_indexed(one, config) else None
    dates = [str(frame["sold_on"].min()), str(frame["sold_on"].max())] if rule.by == "dates" and len(frame) else None
    return {"rows": frame.filter(counts), "lines": lines, "replaces": dates}


def ingest(
    lake: Lake,
    config: DemandConfig,
    version: str,
    rows: Iterable[Row],
    arrived_at: datetime,
    producer: str = "shop",
    uri: str | None = None,
) -> dict[str, Any]:
    """Writes one file version as ingestion does: its tables, then its commit record, which is returned."""
    feed = config.producer(producer).feed
    frame = conformed(config, feed, version, producer, arrived_at, rows)
    tables, replaces = {}, None
    if feed == "transactions":
        found = restated(config, producer, version, frame)
        frame, replaces = found["rows"], found["replaces"]
        if found["lines"] is not None:
            tables["file_lines"] = lake.write("file_lines", found["lines"], file_version=version).sha256
    tables[FEED_TABLES[feed]] = lake.write(FEED_TABLES[feed], frame, file_version=version).sha256
    grid = BucketGrid.of(config)
    days = frame["sold_on"].to_list() if feed == "transactions" else []
    plans = frame if feed == "promotions" and len(frame) else None
    record = {
        "file_version_id": version,
        "producer": producer,
        "feed": feed,
        "uri": uri or f"{producer}/{version}",
        "arrived_at": arrived_at.isoformat(),
        "status": "accepted",
        "buckets": sorted({grid.start_of(day).isoformat() for day in days}),
        "reach": None if plans is None else [str(plans["starts_on"].min()), str(plans["ends_on"].max())],
        "replaces": replaces,
        "rows": {"read": len(frame), "accepted": len(frame), "rejected": 0, "duplicate": 0},
        "tables": tables,
    }
    lake.commit("ingest", version, record)
    return record
