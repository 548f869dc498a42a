"""Seeded inputs of the stage `features`, built from the contracts: contributions, attributes, plans."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import product
from typing import Any

import numpy as np
import polars as pl

from dp_assets.domain.buckets import BucketGrid
from dp_assets.domain.config import DemandConfig
from dp_assets.domain.contracts import (
    EVENTS,
    PRODUCT_LIFE,
    PROMOTIONS,
    REGRESSORS,
    STOCK,
    sku_attributes,
    weekly_buckets,
)
from tests.factories import MONDAY

KINDS = ("display", "front page")


def moment(day: date) -> datetime:
    """Six in the morning of a day, UTC."""
    return datetime.combine(day, time(6), tzinfo=UTC)


def contribution(config: DemandConfig, sku: str, bucket: int, quantity: float, **overrides: Any) -> dict[str, Any]:
    """One row of weekly_buckets; it arrives at the end of its bucket unless said otherwise."""
    start = BucketGrid.of(config).start_at(bucket)
    row = {
        "sku": sku,
        "location": "north",
        "bucket_start": start,
        "file_version_id": f"shop-{start}",
        "event": "landed",
        "known_from": moment(start + BucketGrid.of(config).step),
        "quantity": float(quantity),
        "revenue": 2.0 * quantity,
        "transactions": 1,
        "promoted_quantity": 0.0,
    }
    row |= overrides
    row["series_id"] = "|".join(row[name] for name in config.series_key)
    return row


def contributions(config: DemandConfig, rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Rows by the contract; columns outside it (an unused location) are dropped."""
    return weekly_buckets(config).conform(pl.DataFrame(rows))


def random_contributions(
    config: DemandConfig, series: int = 12, buckets: int = 40, seed: int = 3, locations: tuple[str, ...] = ("north",)
) -> pl.DataFrame:
    """Poisson series that start at different times, each bucket delivered in one to four files."""
    rng = np.random.default_rng(seed)
    rows = []
    for number, location in product(range(series), locations):
        level, start = rng.lognormal(0.8, 0.8), int(rng.integers(0, buckets // 3))
        for bucket in range(start, buckets):
            for file in range(int(rng.integers(1, 5))):
                quantity, price = int(rng.poisson(level * (8 if rng.random() < 0.03 else 1))), float(rng.uniform(1, 3))
                delivered = {"file_version_id": f"shop-{bucket}-{file}", "revenue": quantity * price}
                rows.append(contribution(config, f"sku{number:02d}", bucket, quantity, location=location, **delivered))
    return contributions(config, [row for row in rows if row["quantity"]])


def attributes(config: DemandConfig, skus: list[str], seed: int = 4, **values: list[Any]) -> pl.DataFrame:
    """sku_attributes with every configured attribute filled at random, unless its values are given."""
    rng = np.random.default_rng(seed)
    frame: dict[str, Any] = {"sku": skus}
    for name, attribute in config.attributes.items():
        words = rng.choice([f"{name}-{letter}" for letter in "abc"], len(skus)).tolist()
        made = values.get(name, [[word] for word in words] if attribute.kind == "multi" else words)
        frame[name] = pl.Series(made, dtype=pl.List(pl.String()) if attribute.kind == "multi" else pl.String())
        frame[f"{name}_source"] = ["shop/1"] * len(skus)
    known = [any(frame[name][number] is not None for name in config.attributes) for number in range(len(skus))]
    conflicts = pl.Series([[]] * len(skus), dtype=pl.List(pl.String()))
    return sku_attributes(config).conform(pl.DataFrame({**frame, "conflicts": conflicts, "has_attributes": known}))


def promotion(sku: str | None, starts_on: date, ends_on: date, **overrides: Any) -> dict[str, Any]:
    """One promotion line, announced long before it starts."""
    return {
        "file_version_id": "calendar-1",
        "row_number": 1,
        "producer": "marketing",
        "known_from": moment(date(2016, 6, 1)),
        "sku": sku,
        "level": None,
        "member": None,
        "starts_on": starts_on,
        "ends_on": ends_on,
        "kind": "display",
        "discount": None,
        "share": 1.0,
    } | overrides


def promotions(rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Rows by the contract PROMOTIONS, numbered where they are not."""
    numbered = [{**row, "row_number": number} for number, row in enumerate(rows, start=1)]
    return PROMOTIONS.conform(pl.DataFrame(numbered, schema=PROMOTIONS.schema)) if rows else PROMOTIONS.empty()


def random_promotions(skus: list[str], weeks: int, seed: int = 5, lines: int = 60) -> pl.DataFrame:
    """Promotions of any day and length up to three weeks, some with a discount."""
    rng = np.random.default_rng(seed)
    rows = []
    for _ in range(lines):
        first = MONDAY + timedelta(days=int(rng.integers(-10, 7 * weeks)))
        rows.append(
            promotion(
                str(rng.choice(skus)),
                first,
                first + timedelta(days=int(rng.integers(0, 21))),
                kind=str(rng.choice(KINDS)),
                share=float(rng.random()),
                discount=float(rng.random() / 2) if rng.random() < 0.5 else None,
            )
        )
    return promotions(rows)


def event(name: str, starts_on: date, ends_on: date | None = None, **overrides: Any) -> dict[str, Any]:
    """One line of an event calendar, announced long before it starts; a day long unless an end is given."""
    return {
        "file_version_id": "events-1",
        "producer": "calendar",
        "known_from": moment(date(2016, 6, 1)),
        "name": name,
        "starts_on": starts_on,
        "ends_on": ends_on or starts_on,
        "level": None,
        "member": None,
    } | overrides


def events(rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Rows by the contract EVENTS, numbered."""
    numbered = [{**row, "row_number": number} for number, row in enumerate(rows, start=1)]
    return EVENTS.conform(pl.DataFrame(numbered, schema=EVENTS.schema))


def random_events(weeks: int, seed: int = 6, lines: int = 12) -> pl.DataFrame:
    """Events of three names and up to ten days."""
    rng = np.random.default_rng(seed)
    days = [MONDAY + timedelta(days=int(day)) for day in rng.choice(7 * weeks, lines, replace=False)]
    names = ("School holidays", "carnival", "stocktaking")
    return events(
        [event(str(rng.choice(names)), first, first + timedelta(days=int(rng.integers(0, 10)))) for first in days]
    )


def value(name: str, starts_on: date, number: float, **overrides: Any) -> dict[str, Any]:
    """One value of a regressor for all SKUs, delivered long before its day."""
    return {
        "file_version_id": "values-1",
        "producer": "weather",
        "known_from": moment(date(2016, 6, 1)),
        "name": name,
        "starts_on": starts_on,
        "sku": None,
        "level": None,
        "member": None,
        "value": float(number),
    } | overrides


def regressors(rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Rows by the contract REGRESSORS, numbered."""
    numbered = [{**row, "row_number": number} for number, row in enumerate(rows, start=1)]
    return REGRESSORS.conform(pl.DataFrame(numbered, schema=REGRESSORS.schema))


def random_regressors(skus: list[str], weeks: int, seed: int = 7, lines: int = 150) -> pl.DataFrame:
    """Values of `temperature` and `spend`, half of them for one SKU, with gaps and with several in a bucket."""
    rng = np.random.default_rng(seed)
    return regressors(
        [
            value(
                str(rng.choice(["temperature", "spend"])),
                MONDAY + timedelta(days=int(rng.integers(-10, 7 * weeks))),
                float(rng.normal(10, 5)),
                sku=str(rng.choice(skus)) if rng.random() < 0.5 else None,
            )
            for _ in range(lines)
        ]
    )


def some_of_groups(lines: pl.DataFrame, level: str, seed: int = 11) -> pl.DataFrame:
    """Lines of a plan, a third of them about a member of a level instead, some of those about their SKU there."""
    rng = np.random.default_rng(seed)
    grouped = pl.Series(rng.random(len(lines)) < 1 / 3)
    member = pl.Series([f"{level}-{letter}" for letter in rng.choice(list("abc"), len(lines))])
    changed = lines.with_columns(
        pl.when(grouped).then(pl.lit(level)).alias("level"), pl.when(grouped).then(member).alias("member")
    )
    if "sku" not in lines.columns:
        return changed
    whole = grouped & pl.Series(rng.random(len(lines)) < 0.7)
    return changed.with_columns(pl.when(~whole).then("sku").alias("sku"))


def stock_line(sku: str, starts_on: date, ends_on: date | None = None, **overrides: Any) -> dict[str, Any]:
    """One line of a stock file, nothing on hand, known long before; a day long unless an end is given."""
    return {
        "file_version_id": "stock-1",
        "producer": "depot",
        "known_from": moment(date(2016, 6, 1)),
        "sku": sku,
        "location": None,
        "starts_on": starts_on,
        "ends_on": ends_on or starts_on,
        "quantity": 0.0,
    } | overrides


def stock(rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Rows by the contract STOCK, numbered."""
    numbered = [{**row, "row_number": number} for number, row in enumerate(rows, start=1)]
    return STOCK.conform(pl.DataFrame(numbered, schema=STOCK.schema))


def random_stock(skus: list[str], weeks: int, seed: int = 7, lines: int = 30) -> pl.DataFrame:
    """Stretches of up to four weeks with nothing on hand, or a few units."""
    rng = np.random.default_rng(seed)
    rows = []
    for _ in range(lines):
        first = MONDAY + timedelta(days=int(rng.integers(0, 7 * weeks)))
        last = first + timedelta(days=int(rng.integers(0, 28)))
        rows.append(stock_line(str(rng.choice(skus)), first, last, quantity=float(rng.integers(-1, 2))))
    return stock(rows)


def life_lines(*rows: dict[str, Any]) -> pl.DataFrame:
    """Rows by the contract PRODUCT_LIFE, known long before unless they say otherwise, numbered."""
    base = {
        "file_version_id": "life-1",
        "producer": "planner",
        "known_from": moment(date(2016, 6, 1)),
        **dict.fromkeys(("predecessor", "like_sku", "multiplier", "ramp_weeks", "launch_on", "ends_on")),
    }
    numbered = [{**base, **row, "row_number": number} for number, row in enumerate(rows, start=1)]
    return PRODUCT_LIFE.conform(pl.DataFrame(numbered, schema=PRODUCT_LIFE.schema))
