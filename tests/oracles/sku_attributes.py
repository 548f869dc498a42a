"""Slow twin of the SQL model `sku_attributes`: one SKU and one attribute at a time, in plain Python."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from dp_assets.domain.buckets import BucketGrid
from dp_assets.domain.config import DemandConfig

Row = dict[str, Any]


def attributes_as_of(
    config: DemandConfig, cutoff: date, spans: Sequence[Row], transactions: Sequence[Row], products: Sequence[Row]
) -> list[Row]:
    """Rows of `sku_attributes` for one cycle, sorted by SKU."""
    known_at = BucketGrid.of(config).known_at(cutoff)
    known = {
        span["file_version_id"]: span
        for span in spans
        if span["known_from"] <= known_at and (span["superseded_from"] is None or span["superseded_from"] > known_at)
    }
    lines = [line for line in transactions if line["sold_on"] < cutoff] + list(products)
    lines = [line for line in lines if line["file_version_id"] in known]
    skus = sorted({line["sku"] for line in lines})
    return [described(config, sku, [line for line in lines if line["sku"] == sku], known) for sku in skus]


def described(config: DemandConfig, sku: str, lines: list[Row], known: dict[str, Row]) -> Row:
    """One SKU: every attribute, its source, the disagreements."""
    row: Row = {"sku": sku}
    conflicts = []
    ordered = in_order(config, lines, known)
    for name, attribute in config.attributes.items():
        offers = [line for line in ordered if line[name] is not None]
        first = offers[0] if offers else None
        if attribute.kind == "multi":
            row[name] = sorted({label for line in offers for label in line[name]}) if offers else None
        else:
            row[name] = first[name] if first else None
            favourites: dict[str, str] = {}
            for line in offers:
                favourites.setdefault(line["producer"], line[name])
            if len(set(favourites.values())) > 1:
                conflicts.append(name)
        row[f"{name}_source"] = f"{first['producer']}/{first['file_version_id']}" if first else None
    row["conflicts"] = sorted(conflicts)
    row["has_attributes"] = any(row[name] is not None for name in config.attributes)
    return row


def in_order(config: DemandConfig, lines: list[Row], known: dict[str, Row]) -> list[Row]:
    """Lines, the one that wins first: producer's priority, newest file, newest bucket in it, last line of that."""
    grid = BucketGrid.of(config)
    places = {producer.name: (producer.priority, place) for place, producer in enumerate(config.producers)}
    ordered = sorted(lines, key=lambda line: line["row_number"], reverse=True)
    ordered.sort(key=lambda line: grid.index_of(line["sold_on"]) if "sold_on" in line else 0, reverse=True)
    ordered.sort(key=lambda line: line["file_version_id"], reverse=True)
    ordered.sort(key=lambda line: known[line["file_version_id"]]["known_from"], reverse=True)
    ordered.sort(key=lambda line: places[line["producer"]])
    return ordered
