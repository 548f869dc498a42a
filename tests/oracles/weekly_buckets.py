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
Event = tuple[str, datetime, int]
MEASURES = ("quantity", "revenue", "transactions", "promoted_quantity")


def contributions(
    config: DemandConfig,
    spans: Sequence[Row],
    transactions: Iterable[Row],
    promotions: Sequence[Row],
    restated: Iterable[tuple[str, int, str, datetime, int]] = (),
) -> list[Row]:
    """Rows of `weekly_buckets`, sorted by its key.

    `restated` holds what other files take back and give back: version, row number, event, moment, sign.
    """
    moved: dict[tuple[str, int], list[Event]] = defaultdict(list)
    for version, number, *event in restated:
        moved[version, number].append(tuple(event))
    grid = BucketGrid.of(config)
    span_of = {span["file_version_id"]: span for span in spans}
    totals: dict[tuple[Any, ...], dict[str, Decimal]] = defaultdict(lambda: dict.fromkeys(MEASURES, Decimal(0)))
    for line in transactions:
        if line["file_version_id"] not in span_of:
            continue
        span = span_of[line["file_version_id"]]
        key = [str(line[column] or "") for column in config.series_key]
        start = grid.start_of(line["sold_on"]).isoformat()
        promoted = is_promoted(line, span["known_from"], promotions, span_of)
        for event, moment, sign in events(span, moved[line["file_version_id"], line["row_number"]]):
            total = totals["|".join(key), *key, start, line["file_version_id"], event, moment]
            units = sign * Decimal(str(line["quantity"]))
            total["quantity"] += units
            total["revenue"] += sign * Decimal(str(line["revenue"] or 0))
            total["transactions"] += sign
            total["promoted_quantity"] += units if promoted else 0
    names = ("series_id", *config.series_key, "bucket_start", "file_version_id", "event", "known_from")
    rows = [
        {**dict(zip(names, key, strict=True)), **{name: float(amount) + 0.0 for name, amount in total.items()}}
        for key, total in totals.items()
    ]
    order = ("series_id", "bucket_start", "file_version_id", "event", "known_from")
    return sorted(rows, key=lambda row: tuple(row[name] for name in order))


def is_promoted(line: Row, arrival: datetime, promotions: Sequence[Row], span_of: dict[str, Row]) -> bool:
    """Whether a promotion of that SKU covers the day and stood in a calendar that was current at the arrival."""
    for plan in promotions:
        span = span_of.get(plan["file_version_id"])
        if span is None or plan["sku"] != line["sku"] or not plan["starts_on"] <= line["sold_on"] <= plan["ends_on"]:
            continue
        if span["known_from"] <= arrival and (span["superseded_from"] is None or span["superseded_from"] > arrival):
            return True
    return False


def events(span: Row, moved: Sequence[Event]) -> list[Event]:
    """What a line adds as its version lands, what other files take and give, and what is left when it is replaced."""
    found: list[Event] = [("landed", span["known_from"], 1), *moved]
    left = sum(sign for _, _, sign in found)
    if span["superseded_from"] is not None and left:
        found.append(("superseded", span["superseded_from"], -left))
    return found
