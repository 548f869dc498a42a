"""Slow twin of the SQL model `weekly_buckets`: one line at a time, in plain Python."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from dp_assets.domain.buckets import BucketGrid
from dp_assets.domain.config import DemandConfig

Row = dict[str, Any]
MEASURES = ("quantity", "revenue", "transactions", "promoted_quantity")


def contributions(
    config: DemandConfig, spans: Sequence[Row], transactions: Iterable[Row], promotions: Sequence[Row]
) -> list[Row]:
    """Rows of `weekly_buckets`, sorted by its key."""
    grid = BucketGrid.of(config)
    span_of = {span["file_version_id"]: span for span in spans}
    totals: dict[tuple[str, ...], dict[str, Decimal]] = defaultdict(lambda: dict.fromkeys(MEASURES, Decimal(0)))
    for line in transactions:
        if line["file_version_id"] not in span_of:
            continue
        arrival = span_of[line["file_version_id"]]["known_from"]
        key = [str(line[column] or "") for column in config.series_key]
        start = grid.start_of(line["sold_on"]).isoformat()
        total = totals["|".join(key), *key, start, line["file_version_id"]]
        units = Decimal(str(line["quantity"]))
        total["quantity"] += units
        total["revenue"] += Decimal(str(line["revenue"] or 0))
        total["transactions"] += 1
        total["promoted_quantity"] += units if is_promoted(line, arrival, promotions, span_of) else 0
    rows = [row for key, total in totals.items() for row in events(config, key, total, span_of[key[-1]])]
    return sorted(rows, key=lambda row: (row["series_id"], row["bucket_start"], row["file_version_id"], row["event"]))


def is_promoted(line: Row, arrival: datetime, promotions: Sequence[Row], span_of: dict[str, Row]) -> bool:
    """Whether a promotion of that SKU covers the day and stood in a calendar that was current at the arrival."""
    for plan in promotions:
        span = span_of.get(plan["file_version_id"])
        if span is None or plan["sku"] != line["sku"] or not plan["starts_on"] <= line["sold_on"] <= plan["ends_on"]:
            continue
        if span["known_from"] <= arrival and (span["superseded_from"] is None or span["superseded_from"] > arrival):
            return True
    return False


def events(config: DemandConfig, key: tuple[str, ...], total: dict[str, Decimal], span: Row) -> list[Row]:
    """What a version adds as it lands and, if it was replaced, takes back."""
    series_id, *columns, start, version = key
    found = [("landed", span["known_from"], 1)]
    if span["superseded_from"] is not None:
        found.append(("superseded", span["superseded_from"], -1))
    return [
        {
            "series_id": series_id,
            **dict(zip(config.series_key, columns, strict=True)),
            "bucket_start": start,
            "file_version_id": version,
            "event": event,
            "known_from": known_from,
            **{name: float(sign * total[name]) + 0.0 for name in MEASURES},
        }
        for event, known_from, sign in found
    ]
