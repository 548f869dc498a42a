"""Transactions in the unified schema: what was sold, when, for how much, and which lines count.

Belongs here: the order of their rules and conversions, prices and revenues derived from each other, units per bucket.
Does not belong here: the conversions themselves (`conversions.py`, `cross_reference.py`), the configured filters
(`filters.py`), how files of a producer restate each other (`file_lines.py`).
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from dp_assets.domain import contracts
from dp_assets.domain.buckets import BucketGrid
from dp_assets.domain.config import DemandConfig
from dp_assets.domain.daily_sums import daily_sums
from dp_assets.domain.filter_config import DateRangeFilter
from dp_assets.domain.ingest.conversions import convert_currencies, convert_units
from dp_assets.domain.ingest.feed_files import FeedFile, typed_frame
from dp_assets.domain.ingest.file_lines import (
    declared_dates,
    file_lines,
    is_indexed,
    reject_cancelled,
    reject_outside,
    reject_unidentified,
    replaced_dates,
)
from dp_assets.domain.ingest.filters import FilterFunction, apply_filters, filter_names
from dp_assets.domain.ingest.restatements import bucket_start
from dp_assets.domain.ingest.sources import ROW
from dp_assets.domain.ingest.type_rules import apply_type_rules, surplus_verdicts
from dp_assets.domain.ingest.unified import Unified, rejected_rows, with_header
from dp_assets.domain.ingest.verdicts import Verdicts, texts_of


def unify_transactions(
    file: FeedFile, attributes: pl.DataFrame | None, plugins: Mapping[str, FilterFunction] | None
) -> Unified:
    """Rows of a file, or of one chunk of it; attributes of the product master and plugins are for the filters."""
    config, header, rule = file.config, file.header, file.producer.restatement
    declared = declared_dates(header.uri, rule)
    typed = _typed_transactions(file)
    verdicts = surplus_verdicts(file.source)
    evidence = apply_type_rules(file, typed, verdicts)
    for name in ("sold_at", "quantity"):
        verdicts.reject(typed[name].is_null(), f"missing_{name}", texts_of(f"expected {name}, got nothing"))
    reject_unidentified(typed, verdicts, rule)
    reject_outside(typed, verdicts, declared)
    typed = with_derived_prices(_converted(file, typed, verdicts))
    understood = verdicts.accepted
    reject_cancelled(typed, verdicts, rule)
    passed = verdicts.accepted
    judged = typed if passed.all() else typed.filter(passed)
    filtered = apply_filters(judged, config.filters, attributes, plugins)
    _merge(verdicts, passed, filtered)
    verdicts.reject(typed["sku"].is_null(), "missing_sku", texts_of("expected a SKU, got nothing"))

    counts = verdicts.accepted
    accepted = typed.filter(counts)
    rows = contracts.unified_transactions(config).conform(with_header(accepted, header))
    return Unified(
        rows=rows,
        rejected=rejected_rows(file.source, verdicts, header),
        buckets=file_buckets(rows, BucketGrid.of(config), header.file_version_id),
        lines=file_lines(typed, counts, understood, rule, header.file_version_id)
        if is_indexed(file.producer, config)
        else None,
        replaces=declared or replaced_dates(typed, verdicts, understood, rule, _date_filters(config)),
        quantity_accepted=float(accepted["quantity"].sum()),
        units_rejected_by=_units_per_reason(typed["quantity"], verdicts),
        evidence=evidence,
    )


def _typed_transactions(file: FeedFile) -> pl.DataFrame:
    """Every source row with unified names and types; null where a value is missing or cannot be understood."""
    sold = file.moments("sold_at")
    columns = {
        "row_number": file.source.frame[ROW],
        "sku": file.identifiers("sku"),
        "sold_at": sold.at,
        "sold_on": sold.on,
        **{name: file.identifiers(name) for name in ("location", "transaction_id")},
        "channel": file.texts("channel"),
        **{name: file.numbers(name) for name in ("quantity", "revenue", "unit_price")},
        **file.attributes(),
    }
    return typed_frame(columns)


def _converted(file: FeedFile, typed: pl.DataFrame, verdicts: Verdicts) -> pl.DataFrame:
    """Units of the business, money in its currency, its SKUs; factors are looked up by the producer's own code."""
    tables = file.producer.tables
    if tables is None:
        return typed
    if tables.units is not None:
        typed = convert_units(typed, file.texts("unit"), tables.units, verdicts)
    if tables.currencies is not None:
        typed = convert_currencies(typed, file.texts("currency"), tables.currencies, verdicts)
    return typed.with_columns(file.skus(typed["sku"], typed["sold_on"]).alias("sku"))


def with_derived_prices(typed: pl.DataFrame) -> pl.DataFrame:
    """Fills unit_price and revenue from each other and the quantity, where exactly one of them is given."""
    quantity, revenue, price = pl.col("quantity"), pl.col("revenue"), pl.col("unit_price")
    return typed.with_columns(
        pl.when(price.is_null() & (quantity != 0)).then(revenue / quantity).otherwise(price).alias("unit_price"),
        pl.when(revenue.is_null()).then(price * quantity).otherwise(revenue).alias("revenue"),
    )


def _merge(verdicts: Verdicts, passed: pl.Series, filtered: Verdicts) -> None:
    """Writes the filters' verdicts, which cover only the rows that had passed so far, into those of all rows."""
    failing = ~filtered.accepted
    if not failing.any():
        return
    places = passed.arg_true().filter(failing)
    reason, detail = verdicts.reason.clone(), verdicts.detail.clone()
    verdicts.reason = reason.scatter(places, filtered.reason.filter(failing))
    verdicts.detail = detail.scatter(places, filtered.detail.filter(failing))


def _date_filters(config: DemandConfig) -> list[str]:
    names = zip(config.filters, filter_names(config.filters), strict=True)
    return [name for one, name in names if isinstance(one, DateRangeFilter)]


def _units_per_reason(quantity: pl.Series, verdicts: Verdicts) -> dict[str, float]:
    rejected = ~verdicts.accepted
    frame = pl.DataFrame([verdicts.reason.filter(rejected), quantity.filter(rejected).alias("quantity")])
    summed = frame.group_by("reason").agg(pl.col("quantity").sum()).sort("reason")
    return {str(reason): float(units) for reason, units in summed.iter_rows()}


def file_buckets(rows: pl.DataFrame, grid: BucketGrid, file_version_id: str) -> pl.DataFrame:
    """Accepted rows and units of a file per bucket, as `contracts.FILE_BUCKETS`."""
    counted = (
        daily_sums(rows)
        .group_by(bucket_start(grid).alias("bucket_start"))
        .agg(pl.col("rows").sum(), pl.col("quantity").sum())
        .with_columns(pl.lit(file_version_id).alias("file_version_id"))
    )
    return contracts.FILE_BUCKETS.conform(counted)
