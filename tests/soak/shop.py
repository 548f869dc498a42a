"""What three producers deliver: files whose rows, arrivals and units are known to whoever checks them.

Belongs here: sales, formats, and when a file says that it arrived. Does not belong here: what goes wrong in which week
(`test_twelve_weeks.py`), where files are put (`places.py`).

Each producer declares its arrivals in its manifest, as no storage lets us set the time that an object was written at.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from dp_assets.domain.config import DemandConfig
from tests.factories import MONDAY
from tests.landed import encode

ZONE = "Europe/Rome"
SKUS = 40
DEPARTMENTS, BRANDS = ("dairy", "bakery", "frozen"), ("own", "national")
PRODUCERS = {"shop": "csv", "web": "ndjson", "partner": "parquet"}
"""Producer → its format."""
SHARES = (0.5, 0.3, 0.2)
PROMOTED = 4.0
"""What a promoted SKU sells more, which a network can learn and a mean cannot."""
GROWN = 4.0
"""What every other SKU sells more from the week on that the world changes in."""


@dataclass(frozen=True)
class Delivery:
    """A file, when it says that it arrived, and the units in it that count."""

    producer: str
    uri: str
    data: bytes
    arrived_at: datetime
    units: int


def at(day: date, hour: int, minute: int = 0) -> datetime:
    """A local time, in UTC."""
    return datetime.combine(day, time(hour, minute), ZoneInfo(ZONE)).astimezone(UTC)


def soak_config(webhook: str, landing: str, lake: str) -> DemandConfig:
    """Three producers that promise their files for Monday morning, a network of toy size, and one channel."""
    columns = {"sku": "item", "sold_at": "day", "quantity": "qty", "revenue": "money"}
    extra = {"shop": {"department": "dept"}, "web": {"brand": "brand"}, "partner": {}}
    producers = [
        {
            "name": name,
            "files": [f"{name}/*.{format_}"],
            "arrival": "manifest",
            "time_zone": ZONE,
            "due_by": {"time": "07:00", "weekdays": ["monday"]},
            "columns": {**columns, **extra[name]},
        }
        for name, format_ in PRODUCERS.items()
    ]
    plans = {"sku": "sku", "starts_on": "from", "ends_on": "to", "kind": "kind"}
    marketing = {"name": "marketing", "feed": "promotions", "files": ["marketing/*.csv"], "arrival": "manifest"}
    base: dict[str, Any] = {
        "bucket": {"first": MONDAY, "time_zone": ZONE},
        "landing": {"root": landing, "settle_seconds": 1, "unfinished_seconds": 2},
        "lake": {"root": lake},
        "producers": [*producers, marketing | {"columns": plans}],
        "attributes": {"department": {}, "brand": {}},
        "lookback_weeks": 8,
        "horizon_weeks": 4,
        "low_volume": {"min_selling_weeks": 6},
        "features": {"rolling_windows_weeks": [4]},
        "hierarchies": [{"name": "product", "levels": ["department", "brand"]}],
        "model": {"hidden_size": 16, "epochs": 6, "steps_per_epoch": 20, "batch_size": 128, "dropout": 0.0},
        "boosting": {"rounds": 40, "leaves": 8},
        "tuning": {"trials": 0},
        "validation": {"folds": 1},
        "replay": {"cycles": 1},
        "thresholds": {"retrain_increase": 0.5, "category_alert": 0.5},
        "drift": {"retrain_on": ["metric"], "min_observations": 100},
        "alerts": {"channels": [{"kind": "webhook", "name": "pager", "url": webhook}], "group_minutes": 0},
    }
    return DemandConfig.model_validate(base)


def sales_file(producer: str, week: int, changed_from: int, restated: bool = False) -> Delivery:
    """A week's sales of a producer, which arrive on the Monday after at six; the same arguments give the same bytes.

    Args:
        producer: one of PRODUCERS.
        week: number since MONDAY.
        changed_from: the week from which on every other SKU sells GROWN times as much.
        restated: with half of the lines as they should have been.
    """
    number = list(PRODUCERS).index(producer)
    rng = np.random.default_rng([7, week, number])
    level = np.random.default_rng(7).lognormal(1.3, 0.5, SKUS) * SHARES[number]
    level *= np.where(np.isin(np.arange(SKUS), promoted(week)), PROMOTED, 1.0)
    level *= np.where((np.arange(SKUS) % 2 == 0) & (week >= changed_from), GROWN, 1.0)
    units = rng.poisson(level[:, None].repeat(7, axis=1))
    if restated:
        units[::2] += 1
    monday = MONDAY + timedelta(weeks=week)
    sold = [(sku, day, int(units[sku, day])) for day in range(7) for sku in range(SKUS) if units[sku, day]]
    rows = pl.DataFrame(
        {
            "item": [f"S{sku:03d}" for sku, _, _ in sold] + ["S000"],
            "day": [datetime.combine(monday + timedelta(days=day), time(10)) for _, day, _ in sold]
            + [datetime.combine(monday, time(9))],
            "qty": [float(many) for _, _, many in sold] + [-1.0],
            "money": [many * (sku + 2) / 2 for sku, _, many in sold] + [-1.0],
            "dept": [DEPARTMENTS[sku % 3] for sku, _, _ in sold] + [DEPARTMENTS[0]],
            "brand": [BRANDS[sku % 2] for sku, _, _ in sold] + [BRANDS[0]],
        }
    )
    uri = f"{producer}/{monday}.{PRODUCERS[producer]}"
    arrived = at(monday + timedelta(weeks=1), 6)
    return Delivery(producer, uri, encode(rows, PRODUCERS[producer]), arrived, int(units.sum()))


def promoted(week: int) -> list[int]:
    """The SKUs that are in the leaflet of a week."""
    return sorted(np.random.default_rng([7, week, 9]).choice(SKUS, SKUS // 4, replace=False).tolist())


def leaflets(weeks: int) -> Delivery:
    """What is promoted in every week, known from the first day on."""
    lines = ["sku,from,to,kind"]
    for week in range(weeks):
        monday = MONDAY + timedelta(weeks=week)
        lines += [f"S{sku:03d},{monday},{monday + timedelta(days=6)},leaflet" for sku in promoted(week)]
    return Delivery("marketing", "marketing/leaflets.csv", "\n".join([*lines, ""]).encode(), at(MONDAY, 6), 0)


def manifest_with(data: bytes | None, delivery: Delivery) -> bytes:
    """A producer's manifest with one more entry, or another time in one."""
    entries = json.loads(data) if data else {}
    entries[delivery.uri.rsplit("/", 1)[1]] = {"arrived_at": delivery.arrived_at.isoformat()}
    return json.dumps(entries, indent=1, sort_keys=True).encode()
