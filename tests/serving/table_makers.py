"""Seeded makers of the tables of the lake that the API answers from memory."""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from dp_assets.domain.attributes import ATTRIBUTE_CONFLICTS
from dp_assets.domain.contracts import (
    ACCURACY,
    DRIFT,
    EXCEPTIONS,
    FEATURE_CONTRIBUTIONS,
    FORECAST_CHANGES,
    FORECAST_VALUE_ADDED,
    OUTLIER_CAUSES,
    OUTLIER_LOG,
)
from dp_assets.domain.contracts.monitoring import ACCURACY_METRICS
from dp_assets.domain.contracts.planning import series_classes
from tests.factories import make_config
from tests.serving.makers import CYCLE

SCORED = CYCLE - timedelta(weeks=4)
RULES = ("changed", "biased", "new")
SERIES = ("sku0000", "sku0001|n", "sku0002/x")


def make_exceptions(many: int = 12) -> pl.DataFrame:
    """As many exceptions as asked for, of three rules."""
    rows = [
        {
            "rank": rank,
            "hierarchy": "product",
            "level": "series",
            "node": f"sku{rank % 6:04d}",
            "rule": RULES[rank % 3],
            "units": 100.0 / rank,
            "money": 250.0 / rank,
            "words": f"reason {rank}",
        }
        for rank in range(1, many + 1)
    ]
    return EXCEPTIONS.conform(pl.DataFrame(rows))


def make_classes() -> pl.DataFrame:
    """Classes of six series, every second one of class A, every third one lumpy."""
    rows = [
        {
            **{"series_id": f"sku{number:04d}", "sku": f"sku{number:04d}", "xyz": "X", "abc": "AB"[number % 2]},
            **{"demand_class": "smooth" if number % 3 else "lumpy", "revenue": 10.0 * number, "units": 5.0 * number},
            **{"variation": 0.5, "price": 2.0},
        }
        for number in range(6)
    ]
    return series_classes(make_config()).conform(pl.DataFrame(rows))


def make_accuracy() -> pl.DataFrame:
    """Scores of a total and two departments."""
    places = [("-", "total", "total"), ("product", "department", "dairy"), ("product", "department", "frozen")]
    rows = [
        {
            "hierarchy": hierarchy,
            "level": level,
            "node": node,
            "lead": lead,
            "observations": 10,
            "actual": 100.0,
            **{name: 0.1 * lead + number for number, name in enumerate(ACCURACY_METRICS)},
            "mape": None,
        }
        for hierarchy, level, node in places
        for lead in range(4)
    ]
    return ACCURACY.conform(pl.DataFrame(rows, infer_schema_length=None))


def make_value_added() -> pl.DataFrame:
    """Errors of all, of one planner and one reason, and of two departments: planners save 5 units, or cost as many."""
    groups = [("all", "all"), ("user", "ada"), ("reason_code", "promotion")]
    groups += [("product.department", "dairy"), ("product.department", "frozen")]
    rows = [
        {
            **{"grouping": grouping, "name": name, "lead": lead, "observations": 10, "actual": 100.0},
            **{"error_naive": 60.0, "error_model": 50.0, "error_reconciled": 48.0},
            **{"error_published": 48.0 - saved, "added_by_model": 10.0, "added_by_reconciled": 2.0},
            "added_by_published": saved,
        }
        for grouping, name in groups
        for lead, saved in ((0, 5.0 if name != "frozen" else -5.0), (1, 0.0))
    ]
    return FORECAST_VALUE_ADDED.conform(pl.DataFrame(rows))


def make_drift() -> pl.DataFrame:
    """A champion whose errors have risen, while its intervals hold, with a channel and an attribute that moved."""
    rows = [
        ("attributes", "brand", "new values", 2.0, None, None, 40, "shown", "brand: new since the training are A, B"),
        ("attributes", "brand", "psi", 0.12, None, 0.25, 40, "stable", "brand: psi 0.12"),
        ("attributes", "brand", "unknown", 0.04, 0.01, 0.06, 40, "stable", "brand: unknown 0.04 against 0.01"),
        ("channels", "all", "share that drifted", 0.5, None, 0.6, 2, "stable", "all: share that drifted 0.5"),
        ("channels", "price", "ks", 0.1, None, 0.25, 900, "stable", "price: ks 0.1"),
        ("channels", "price", "psi", 0.4, None, 0.25, 900, "drift", "price: psi 0.4"),
        ("channels", "quantity", "ks", 0.02, None, 0.25, 900, "stable", "quantity: ks 0.02"),
        ("channels", "quantity", "psi", 0.01, None, 0.25, 900, "stable", "quantity: psi 0.01"),
        ("coverage", "80", "share inside", 0.79, 0.8, 0.7, 900, "stable", "80: 0.79 against 0.8"),
        ("estimate", "this cycle", "wape", 0.6, None, None, 1200, "shown", "this cycle: wape 0.6"),
        ("metric", "wape", "against its backtest", 0.7, 0.5, 0.575, 900, "drift", "wape: 0.7 against 0.5"),
        ("metric", "wape", "against the naive forecast", 0.7, 0.9, 0.9, 900, "stable", "wape: 0.7 against 0.9"),
    ]
    return DRIFT.conform(pl.DataFrame(rows, schema=DRIFT.schema, orient="row"))


def make_contributions() -> pl.DataFrame:
    """Two drivers of two leads of three series."""
    rows = [
        {
            "series_id": name,
            "lead": lead,
            "bucket_start": CYCLE + timedelta(weeks=lead - 1),
            "driver": driver,
            "contribution": amount,
            "baseline": 4.0,
            "forecast": 4.0 + 1.5 - 0.5,
            "detail": f"{driver} in figures",
        }
        for name in SERIES
        for lead in (1, 2)
        for driver, amount in (("promotion", 1.5), ("price", -0.5))
    ]
    return FEATURE_CONTRIBUTIONS.conform(pl.DataFrame(rows))


def make_changes() -> pl.DataFrame:
    """Two parts of two buckets of three series."""
    rows = [
        {
            "series_id": name,
            "bucket_start": CYCLE + timedelta(weeks=lead),
            "part": part,
            "units": units,
            "before": 8.0,
            "after": 8.0 - 1.0 + 0.25,
            "since": (CYCLE - timedelta(weeks=1)).isoformat(),
        }
        for name in SERIES
        for lead in (0, 1)
        for part, units in (("new_actuals", -1.0), ("planner", 0.25))
    ]
    return FORECAST_CHANGES.conform(pl.DataFrame(rows))


def make_outliers(many: int = 12) -> pl.DataFrame:
    """As many outliers as asked for over six series and the buckets before the cycle, every third one promoted."""
    rows = [
        {
            **{"series_id": f"sku{number % 6:04d}", "bucket_start": CYCLE - timedelta(weeks=1 + number // 6)},
            **{"original": 10.0 + 5 * number, "capped": 10.0, "threshold": 10.0, "promoted": number % 3 == 0},
        }
        for number in range(many)
    ]
    return OUTLIER_LOG.conform(pl.DataFrame(rows))


def make_causes(many: int = 12) -> pl.DataFrame:
    """Causes of `make_outliers`: bulk orders in every second one, a promotion beside it where there is one."""
    rows = []
    for line in make_outliers(many).iter_rows(named=True):
        number = round((line["original"] - line["capped"]) / 5)
        found = [("bulk_order", "12 units per line")] if number % 2 else []
        found += [("promotion", "display 80%")] if line["promoted"] else []
        rows += [
            {
                **{"series_id": line["series_id"], "bucket_start": line["bucket_start"], "rank": rank, "cause": cause},
                **{"evidence": evidence, "excess": line["original"] - line["capped"]},
            }
            for rank, (cause, evidence) in enumerate(found or [("unknown", "nothing points to a cause")], start=1)
        ]
    return OUTLIER_CAUSES.conform(pl.DataFrame(rows))


def make_conflicts() -> pl.DataFrame:
    """Three disagreements on two SKUs, of which a planner decided one."""
    said = [
        *(("sku0000", "department", "shop", "A", True), ("sku0000", "department", "kiosk", "B", False)),
        *(("sku0000", "brand", "shop", "own", False), ("sku0000", "brand", "kiosk", "other", False)),
        *(("sku0002", "brand", "shop", "own", True), ("sku0002", "brand", "master", "none", False)),
    ]
    rows = pl.DataFrame(said, ("sku", "attribute", "producer", "value", "wins"), orient="row")
    return ATTRIBUTE_CONFLICTS.conform(rows.with_columns(file_version_id=pl.lit("shop-1")))
