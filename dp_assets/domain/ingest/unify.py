"""Source columns → the unified schema of each feed, with every row either accepted or rejected for one stated reason.

Belongs here: renaming, typing, the type rules, prices and revenues derived from each other.
Does not belong here: reading (`readers.py`), the configured filters (`filters.py`), storage.

Rules strike in this order, and the first one is the reason: `surplus_fields`, the type rules in the order below, the
configured filters, `missing_sku`. Rows read are always rows accepted plus rows rejected.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from dp_assets.domain import contracts
from dp_assets.domain.buckets import BucketGrid
from dp_assets.domain.config import DemandConfig, ProducerConfig
from dp_assets.domain.contracts import Table
from dp_assets.domain.ingest import values
from dp_assets.domain.ingest.filters import FilterFunction, apply_filters
from dp_assets.domain.ingest.readers import JSON_FORMATS, ROW, SURPLUS, Source
from dp_assets.domain.ingest.verdicts import Verdicts, texts_of

DEFAULT_PROMOTION = "promotion"
FEED_TABLES: dict[str, str] = {
    "transactions": "unified_transactions",
    "products": "product_master",
    "promotions": "promotions",
    "events": "events",
    "regressors": "regressors",
}
"""Feed → table of its accepted rows."""


@dataclass(frozen=True)
class FileHeader:
    """What every row of a file version carries."""

    file_version_id: str
    producer: str
    known_from: datetime


@dataclass(frozen=True)
class Unified:
    """One file version in the unified schema.

    Attributes:
        rows: accepted rows, as the contract of their feed's table.
        rejected: as `contracts.REJECTED_ROWS`.
        buckets: as `contracts.FILE_BUCKETS`; empty for feeds other than transactions.
        quantity_accepted: units of accepted rows.
        quantity_rejected: units of rejected rows, as far as they could be read.
    """

    rows: pl.DataFrame
    rejected: pl.DataFrame
    buckets: pl.DataFrame
    quantity_accepted: float = 0.0
    quantity_rejected: float = 0.0

    @property
    def rows_read(self) -> int:
        """Rows of the file."""
        return len(self.rows) + len(self.rejected)


def feed_table(feed: str, config: DemandConfig) -> Table:
    """The table that a feed's accepted rows go to."""
    return contracts.table(config, FEED_TABLES[feed])


def nothing_unified(feed: str, config: DemandConfig) -> Unified:
    """No rows: what a duplicate or a file in quarantine leaves behind."""
    return Unified(feed_table(feed, config).empty(), contracts.REJECTED_ROWS.empty(), contracts.FILE_BUCKETS.empty())


def unify(
    source: Source,
    mapping: Mapping[str, str],
    producer: ProducerConfig,
    config: DemandConfig,
    header: FileHeader,
    attributes: pl.DataFrame | None = None,
    plugins: Mapping[str, FilterFunction] | None = None,
) -> Unified:
    """Rows of one file in the unified schema of its producer's feed.

    Args:
        source: the useful columns.
        mapping: unified column → source column.
        producer: whose file it is.
        config: attributes, filters, zones, the bucket grid.
        header: file version, producer, arrival.
        attributes: sku → attributes of the product master known at the arrival.
        plugins: functions of plugin filters.
    """
    if producer.feed == "products":
        return _unify_products(source, mapping, config, header)
    if producer.feed == "promotions":
        return _unify_promotions(source, mapping, producer, config, header)
    if producer.feed == "events":
        return _unify_events(source, mapping, producer, config, header)
    if producer.feed == "regressors":
        return _unify_regressors(source, mapping, producer, config, header)
    return _unify_transactions(source, mapping, producer, config, header, attributes, plugins)


# -- transactions -----------------------------------------------------------------------------------------------------


def _unify_transactions(
    source: Source,
    mapping: Mapping[str, str],
    producer: ProducerConfig,
    config: DemandConfig,
    header: FileHeader,
    attributes: pl.DataFrame | None,
    plugins: Mapping[str, FilterFunction] | None,
) -> Unified:
    typed = type_transactions(source, mapping, producer, config)
    verdicts = _surplus(source)
    for name in ("sold_at", "quantity", "revenue", "unit_price"):
        expected = "a time" if name == "sold_at" else "a number"
        _reject_untyped(verdicts, source.column(mapping.get(name)), typed[name], name, expected)
    for name in ("sold_at", "quantity"):
        verdicts.reject(typed[name].is_null(), f"missing_{name}", texts_of(f"expected {name}, got nothing"))
    typed = with_derived_prices(typed)
    passed = verdicts.accepted
    filtered = apply_filters(typed.filter(passed), config.filters, attributes, plugins)
    _merge(verdicts, passed, filtered)
    verdicts.reject(typed["sku"].is_null(), "missing_sku", texts_of("expected a SKU, got nothing"))

    accepted = typed.filter(verdicts.accepted)
    rows = contracts.unified_transactions(config).conform(_with_header(accepted, header))
    return Unified(
        rows=rows,
        rejected=rejected_rows(source, verdicts, header),
        buckets=file_buckets(rows, BucketGrid.of(config), header.file_version_id),
        quantity_accepted=float(accepted["quantity"].sum()),
        quantity_rejected=float(typed.filter(~verdicts.accepted)["quantity"].sum()),
    )


def type_transactions(
    source: Source, mapping: Mapping[str, str], producer: ProducerConfig, config: DemandConfig
) -> pl.DataFrame:
    """Every source row with unified names and types; null where a value is missing or cannot be understood."""
    sold = values.moments(
        source.column(mapping.get("sold_at")),
        producer.date_format,
        producer.time_zone,
        config.bucket.time_zone,
        midnights_are_dates=source.format == "xlsx",
    )
    decimal, thousands = _marks(source, producer)
    columns = {
        "row_number": source.frame[ROW],
        "sku": values.identifiers(source.column(mapping.get("sku"))),
        "sold_at": sold.at,
        "sold_on": sold.on,
        **{name: values.identifiers(source.column(mapping.get(name))) for name in ("location", "transaction_id")},
        "channel": values.texts(source.column(mapping.get("channel"))),
        **{
            name: values.numbers(source.column(mapping.get(name)), decimal, thousands)
            for name in ("quantity", "revenue", "unit_price")
        },
        **attribute_values(source, mapping, config),
    }
    return pl.DataFrame([series.alias(name) for name, series in columns.items()])


def attribute_values(source: Source, mapping: Mapping[str, str], config: DemandConfig) -> dict[str, pl.Series]:
    """Configured attributes as the rows carry them: text, or lists of text for multi-label ones."""
    json_lists = source.format in JSON_FORMATS
    return {
        name: values.labels(source.column(mapping.get(name)), attribute.separator, json_lists)
        if attribute.kind == "multi"
        else values.texts(source.column(mapping.get(name)))
        for name, attribute in config.attributes.items()
    }


def with_derived_prices(typed: pl.DataFrame) -> pl.DataFrame:
    """Fills unit_price and revenue from each other and the quantity, where exactly one of them is given."""
    quantity, revenue, price = pl.col("quantity"), pl.col("revenue"), pl.col("unit_price")
    return typed.with_columns(
        pl.when(price.is_null() & (quantity != 0)).then(revenue / quantity).otherwise(price).alias("unit_price"),
        pl.when(revenue.is_null()).then(price * quantity).otherwise(revenue).alias("revenue"),
    )


def file_buckets(rows: pl.DataFrame, grid: BucketGrid, file_version_id: str) -> pl.DataFrame:
    """Accepted rows and units of a file per bucket, as `contracts.FILE_BUCKETS`."""
    days = 7 * grid.weeks
    index = (pl.col("sold_on") - pl.lit(grid.first)).dt.total_days() // days
    counted = (
        rows.group_by((pl.lit(grid.first) + pl.duration(days=index * days)).alias("bucket_start"))
        .agg(pl.len().alias("rows"), pl.col("quantity").sum())
        .with_columns(pl.lit(file_version_id).alias("file_version_id"))
    )
    return contracts.FILE_BUCKETS.conform(counted)


# -- products, plans and calendars -------------------------------------------------------------------------------------


def _unify_products(source: Source, mapping: Mapping[str, str], config: DemandConfig, header: FileHeader) -> Unified:
    columns = {
        "row_number": source.frame[ROW],
        "sku": values.identifiers(source.column(mapping.get("sku"))),
        **attribute_values(source, mapping, config),
    }
    typed = pl.DataFrame([series.alias(name) for name, series in columns.items()])
    verdicts = _surplus(source)
    verdicts.reject(typed["sku"].is_null(), "missing_sku", texts_of("expected a SKU, got nothing"))
    return _without_quantity(typed, verdicts, contracts.product_master(config), source, header)


def _unify_promotions(
    source: Source, mapping: Mapping[str, str], producer: ProducerConfig, config: DemandConfig, header: FileHeader
) -> Unified:
    decimal, thousands = _marks(source, producer)
    columns = {
        "row_number": source.frame[ROW],
        "sku": values.identifiers(source.column(mapping.get("sku"))),
        **{name: _days(source, mapping, name, producer, config) for name in ("starts_on", "ends_on")},
        "kind": values.texts(source.column(mapping.get("kind"))).fill_null(DEFAULT_PROMOTION),
        **{
            name: values.numbers(source.column(mapping.get(name)), decimal, thousands) for name in ("discount", "share")
        },
    }
    typed = pl.DataFrame([series.alias(name) for name, series in columns.items()])
    verdicts = _surplus(source)
    _reject_lines(verdicts, source, mapping, typed, ("starts_on", "ends_on", "discount", "share"))
    _reject_missing(verdicts, typed, ("starts_on", "ends_on", "sku"))
    _reject_backward(verdicts, typed)
    for name in ("discount", "share"):
        outside = (typed[name] < 0) | (typed[name] > 1)
        verdicts.reject(outside, f"{name}_not_a_share", texts_of(f"expected {name} from 0 to 1, got {{}}", typed[name]))
    typed = typed.with_columns(pl.col("share").fill_null(1.0))
    return _without_quantity(typed, verdicts, contracts.PROMOTIONS, source, header)


def _unify_events(
    source: Source, mapping: Mapping[str, str], producer: ProducerConfig, config: DemandConfig, header: FileHeader
) -> Unified:
    """Lines of a calendar; an event without a last day lasts one day."""
    columns = {
        "row_number": source.frame[ROW],
        "name": values.texts(source.column(mapping.get("name"))),
        **{name: _days(source, mapping, name, producer, config) for name in ("starts_on", "ends_on")},
    }
    typed = pl.DataFrame([series.alias(name) for name, series in columns.items()])
    verdicts = _surplus(source)
    _reject_lines(verdicts, source, mapping, typed, ("starts_on", "ends_on"))
    _reject_missing(verdicts, typed, ("name", "starts_on"))
    typed = typed.with_columns(pl.col("ends_on").fill_null(pl.col("starts_on")))
    _reject_backward(verdicts, typed)
    return _without_quantity(typed, verdicts, contracts.EVENTS, source, header)


def _unify_regressors(
    source: Source, mapping: Mapping[str, str], producer: ProducerConfig, config: DemandConfig, header: FileHeader
) -> Unified:
    """Values of regressors; one without a SKU is about all. Names that nobody configured are kept, too."""
    columns = {
        "row_number": source.frame[ROW],
        "name": values.texts(source.column(mapping.get("name"))),
        "starts_on": _days(source, mapping, "starts_on", producer, config),
        "sku": values.identifiers(source.column(mapping.get("sku"))),
        "value": values.numbers(source.column(mapping.get("value")), *_marks(source, producer)),
    }
    typed = pl.DataFrame([series.alias(name) for name, series in columns.items()])
    verdicts = _surplus(source)
    _reject_lines(verdicts, source, mapping, typed, ("starts_on", "value"))
    _reject_missing(verdicts, typed, ("name", "starts_on", "value"))
    return _without_quantity(typed, verdicts, contracts.REGRESSORS, source, header)


def _days(
    source: Source, mapping: Mapping[str, str], name: str, producer: ProducerConfig, config: DemandConfig
) -> pl.Series:
    column = source.column(mapping.get(name))
    return values.moments(column, producer.date_format, producer.time_zone, config.bucket.time_zone).on


def _reject_lines(
    verdicts: Verdicts, source: Source, mapping: Mapping[str, str], typed: pl.DataFrame, names: Sequence[str]
) -> None:
    for name in names:
        expected = "a date" if name.endswith("_on") else "a number"
        _reject_untyped(verdicts, source.column(mapping.get(name)), typed[name], name, expected)


def _reject_missing(verdicts: Verdicts, typed: pl.DataFrame, names: Sequence[str]) -> None:
    for name in names:
        verdicts.reject(typed[name].is_null(), f"missing_{name}", texts_of(f"expected {name}, got nothing"))


def _reject_backward(verdicts: Verdicts, typed: pl.DataFrame) -> None:
    starts, ends = typed["starts_on"], typed["ends_on"]
    verdicts.reject(ends < starts, "ends_before_start", texts_of("expected an end not before {}, got {}", starts, ends))


def _without_quantity(
    typed: pl.DataFrame, verdicts: Verdicts, table: Table, source: Source, header: FileHeader
) -> Unified:
    return Unified(
        rows=table.conform(_with_header(typed.filter(verdicts.accepted), header)),
        rejected=rejected_rows(source, verdicts, header),
        buckets=contracts.FILE_BUCKETS.empty(),
    )


# -- shared -----------------------------------------------------------------------------------------------------------


def _marks(source: Source, producer: ProducerConfig) -> tuple[str, str]:
    return (producer.csv.decimal, producer.csv.thousands) if source.format == "csv" else (".", "")


def _with_header(frame: pl.DataFrame, header: FileHeader) -> pl.DataFrame:
    return frame.with_columns(
        pl.lit(header.file_version_id).alias("file_version_id"),
        pl.lit(header.producer).alias("producer"),
        pl.lit(header.known_from).dt.cast_time_unit("us").alias("known_from"),
    )


def _surplus(source: Source) -> Verdicts:
    verdicts, surplus = Verdicts(source.rows), source.frame[SURPLUS]
    expected = f"expected {len(source.columns)} fields, got more: {{}}"
    verdicts.reject(surplus.is_not_null(), "surplus_fields", texts_of(expected, surplus))
    return verdicts


def _reject_untyped(verdicts: Verdicts, found: pl.Series, typed: pl.Series, name: str, expected: str) -> None:
    """Rejects rows whose source holds something that the unified type cannot."""
    if typed.null_count():
        came = values.texts(found)
        failing = came.is_not_null() & typed.is_null()
        verdicts.reject(failing, f"invalid_{name}", texts_of(f"expected {name} to be {expected}, got '{{}}'", came))


def _merge(verdicts: Verdicts, passed: pl.Series, filtered: Verdicts) -> None:
    """Writes the filters' verdicts, which cover only the rows that had passed so far, into those of all rows."""
    if filtered.accepted.all():
        return
    places = passed.arg_true()
    reason, detail = verdicts.reason.clone(), verdicts.detail.clone()
    verdicts.reason = reason.scatter(places, filtered.reason)
    verdicts.detail = detail.scatter(places, filtered.detail)


def rejected_rows(source: Source, verdicts: Verdicts, header: FileHeader) -> pl.DataFrame:
    """Rejected rows with reason, detail and the source values as a JSON object, as `contracts.REJECTED_ROWS`."""
    found = source.frame.filter(~verdicts.accepted)
    names: Sequence[str] = [name for name in found.columns if name not in (ROW, SURPLUS)]
    texts = found.select([_original(found[name]) for name in names])
    original = (
        texts.select(pl.struct(names).struct.json_encode().alias("original"))["original"]
        if names and len(found)
        else pl.Series("original", ["{}"] * len(found), dtype=pl.String)
    )
    rejected = ~verdicts.accepted
    frame = pl.DataFrame(
        [
            found[ROW].alias("row_number"),
            verdicts.reason.filter(rejected),
            verdicts.detail.filter(rejected),
            original,
        ]
    )
    return contracts.REJECTED_ROWS.conform(_with_header(frame, header))


def _original(series: pl.Series) -> pl.Series:
    if isinstance(series.dtype, (pl.List, pl.Array)):
        return series.cast(pl.List(pl.String), strict=False)
    if series.dtype.is_nested() or series.dtype.is_float():
        return values.texts(series).alias(series.name)
    return series.cast(pl.String, strict=False)
