"""Source columns → the unified schema of each feed, with every row either accepted or rejected for one stated reason.

Belongs here: typing, the type rules, the order of conversions, prices and revenues derived from each other.
Does not belong here: reading (`readers.py`), where a unified column comes from (`mapping_entries.py`), the conversions
themselves (`conversions.py`, `cross_reference.py`), the configured filters (`filters.py`), storage.

Rules strike in this order, and the first one is the reason: `surplus_fields`, the type rules in the order below, units
of measure, currencies, the configured filters, `missing_sku`. SKU codes are looked up between conversions and filters,
so that filters see the SKUs of the business. Rows read are always rows accepted plus rows rejected.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import polars as pl

from dp_assets.domain import contracts
from dp_assets.domain.attributes import ATTRIBUTE_CORRECTIONS
from dp_assets.domain.buckets import BucketGrid
from dp_assets.domain.config import DemandConfig
from dp_assets.domain.daily_sums import daily_sums
from dp_assets.domain.errors import FileRejectedError
from dp_assets.domain.filter_config import DateRangeFilter
from dp_assets.domain.ingest import values
from dp_assets.domain.ingest.conversions import convert_currencies, convert_units
from dp_assets.domain.ingest.detection import WORKBOOK_FORMATS
from dp_assets.domain.ingest.file_lines import (
    Dates,
    declared_dates,
    file_lines,
    is_indexed,
    reject_cancelled,
    reject_outside,
    reject_unidentified,
    replaced_dates,
)
from dp_assets.domain.ingest.filters import FilterFunction, apply_filters, filter_names
from dp_assets.domain.ingest.mapping_entries import MappedColumns, MappingEntry
from dp_assets.domain.ingest.restatements import bucket_start
from dp_assets.domain.ingest.schema_drift import TypeEvidence, changed_type
from dp_assets.domain.ingest.sources import JSON_FORMATS, ROW, SURPLUS, Source
from dp_assets.domain.ingest.verdicts import Verdicts, texts_of
from dp_assets.domain.producer_config import Feed, ProducerConfig
from dp_assets.domain.table import LABELS, Table

DEFAULT_PROMOTION = "promotion"
FEED_TABLES: dict[str, str] = {
    "transactions": "unified_transactions",
    "products": "product_master",
    "attribute_corrections": "attribute_corrections",
    "promotions": "promotions",
    "events": "events",
    "regressors": "regressors",
}
"""Feed → table of its accepted rows."""


@dataclass(frozen=True)
class FileHeader:
    """What every row of a file version carries, and the path that it came under."""

    file_version_id: str
    producer: str
    known_from: datetime
    uri: str = ""


@dataclass(frozen=True)
class Unified:
    """One file version in the unified schema.

    Attributes:
        rows: accepted rows, as the contract of their feed's table.
        rejected: as `contracts.REJECTED_ROWS`.
        buckets: as `contracts.FILE_BUCKETS`; empty for feeds other than transactions.
        lines: as `contracts.FILE_LINES`; None where the producer's files do not restate each other. Of a chunk, a date
            says what the chunk holds.
        replaces: business dates of which earlier files of the producer say nothing any more; None for none.
        quantity_accepted: units of accepted rows.
        units_rejected_by: reason → units of the rows it rejected, as far as they could be read.
        evidence: what the values say about the types of columns, for `type_drift`.
    """

    rows: pl.DataFrame
    rejected: pl.DataFrame
    buckets: pl.DataFrame
    lines: pl.DataFrame | None = None
    replaces: Dates | None = None
    quantity_accepted: float = 0.0
    units_rejected_by: Mapping[str, float] = field(default_factory=dict)
    evidence: tuple[TypeEvidence, ...] = ()

    @property
    def rows_read(self) -> int:
        """Rows of the file."""
        return len(self.rows) + len(self.rejected)


def feed_table(feed: str, config: DemandConfig) -> Table:
    """The table that a feed's accepted rows go to."""
    return contracts.table(config, FEED_TABLES[feed])


def unify(
    source: Source,
    mapping: Mapping[str, MappingEntry],
    producer: ProducerConfig,
    config: DemandConfig,
    header: FileHeader,
    attributes: pl.DataFrame | None = None,
    plugins: Mapping[str, FilterFunction] | None = None,
) -> Unified:
    """Rows of one file, or of one chunk of it, in the unified schema of its producer's feed.

    Args:
        source: the useful columns.
        mapping: unified column → where it comes from, from `useful_columns`.
        producer: whose file it is, with its conversion tables.
        config: attributes, filters, zones, the bucket grid.
        header: file version, producer, arrival.
        attributes: sku → attributes of the product master known at the arrival.
        plugins: functions of plugin filters.
    """
    decimal, thousands = (producer.csv.decimal, producer.csv.thousands) if source.format == "csv" else (".", "")
    file = _File(source, MappedColumns(source, mapping, decimal, thousands), producer, config, header)
    if producer.feed == "products":
        return _unify_products(file)
    if producer.feed == "attribute_corrections":
        return _unify_attribute_corrections(file)
    if producer.feed == "promotions":
        return _unify_promotions(file)
    if producer.feed == "events":
        return _unify_events(file)
    if producer.feed == "regressors":
        return _unify_regressors(file)
    return _unify_transactions(file, attributes, plugins)


@dataclass(frozen=True)
class _File:
    """One file on its way, with all that decides what becomes of it."""

    source: Source
    mapped: MappedColumns
    producer: ProducerConfig
    config: DemandConfig
    header: FileHeader

    def identifiers(self, name: str) -> pl.Series:
        return self.mapped.typed(name, values.identifiers)

    def texts(self, name: str) -> pl.Series:
        return self.mapped.typed(name, values.texts)

    def numbers(self, name: str) -> pl.Series:
        decimal, thousands = self.mapped.marks
        return self.mapped.typed(name, lambda series: values.numbers(series, decimal, thousands))

    def moments(self, name: str) -> values.Moments:
        """When something happened. Workbooks know no dates, only midnights."""
        only_dates = self.source.format in WORKBOOK_FORMATS
        parts = self.mapped.typed_parts(
            name,
            lambda series: values.moments(
                series, self.producer.date_format, self.producer.time_zone, self.config.bucket.time_zone, only_dates
            ),
        )
        return values.Moments(*parts)

    def attributes(self) -> dict[str, pl.Series]:
        """Configured attributes as the rows carry them: text, or lists of text for multi-label ones."""
        return {
            name: self.labels(name, one.separator) if one.kind == "multi" else self.texts(name)
            for name, one in self.config.attributes.items()
        }

    def labels(self, name: str, separator: str) -> pl.Series:
        json_lists = self.source.format in JSON_FORMATS
        return self.mapped.typed(name, lambda series: values.labels(series, separator, json_lists))

    def skus(self, codes: pl.Series, days: pl.Series | None) -> pl.Series:
        """SKUs of the business that the producer's codes stand for on business days; see `CrossReference.resolve`."""
        tables = self.producer.tables
        return (
            codes if tables is None or tables.cross_reference is None else tables.cross_reference.resolve(codes, days)
        )


# -- transactions -----------------------------------------------------------------------------------------------------

TYPE_RULES: dict[Feed, dict[str, str]] = {
    "transactions": {"sold_at": "a time", "quantity": "a number", "revenue": "a number", "unit_price": "a number"},
    "products": {},
    "attribute_corrections": {},
    "promotions": {"starts_on": "a date", "ends_on": "a date", "discount": "a number", "share": "a number"},
    "events": {"starts_on": "a date", "ends_on": "a date"},
    "regressors": {"starts_on": "a date", "value": "a number"},
}
"""Feed → unified column → what its values must be; the rules strike in this order."""
TYPED: dict[Feed, tuple[str, ...]] = {
    "transactions": ("sold_at", "quantity"),
    "products": (),
    "attribute_corrections": (),
    "promotions": ("starts_on", "ends_on"),
    "events": ("starts_on",),
    "regressors": ("starts_on", "value"),
}
"""Feed → columns whose values must mostly be of their type for a file to be read at all."""


def _unify_transactions(
    file: _File, attributes: pl.DataFrame | None, plugins: Mapping[str, FilterFunction] | None
) -> Unified:
    config, header, rule = file.config, file.header, file.producer.restatement
    declared = declared_dates(header.uri, rule)
    typed = _typed_transactions(file)
    verdicts = _surplus(file.source)
    evidence = _apply_type_rules(file, typed, verdicts)
    for name in ("sold_at", "quantity"):
        verdicts.reject(typed[name].is_null(), f"missing_{name}", texts_of(f"expected {name}, got nothing"))
    reject_unidentified(typed, verdicts, rule)
    reject_outside(typed, verdicts, declared)
    typed = with_derived_prices(_converted(file, typed, verdicts))
    understood = verdicts.accepted
    reject_cancelled(typed, verdicts, rule)
    passed = verdicts.accepted
    filtered = apply_filters(typed.filter(passed), config.filters, attributes, plugins)
    _merge(verdicts, passed, filtered)
    verdicts.reject(typed["sku"].is_null(), "missing_sku", texts_of("expected a SKU, got nothing"))

    counts = verdicts.accepted
    accepted = typed.filter(counts)
    rows = contracts.unified_transactions(config).conform(_with_header(accepted, header))
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


def _date_filters(config: DemandConfig) -> list[str]:
    names = zip(config.filters, filter_names(config.filters), strict=True)
    return [name for one, name in names if isinstance(one, DateRangeFilter)]


def _units_per_reason(quantity: pl.Series, verdicts: Verdicts) -> dict[str, float]:
    rejected = ~verdicts.accepted
    frame = pl.DataFrame([verdicts.reason.filter(rejected), quantity.filter(rejected).alias("quantity")])
    summed = frame.group_by("reason").agg(pl.col("quantity").sum()).sort("reason")
    return {str(reason): float(units) for reason, units in summed.iter_rows()}


def _typed_transactions(file: _File) -> pl.DataFrame:
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
    return _frame(columns)


def _converted(file: _File, typed: pl.DataFrame, verdicts: Verdicts) -> pl.DataFrame:
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


def file_buckets(rows: pl.DataFrame, grid: BucketGrid, file_version_id: str) -> pl.DataFrame:
    """Accepted rows and units of a file per bucket, as `contracts.FILE_BUCKETS`."""
    counted = (
        daily_sums(rows)
        .group_by(bucket_start(grid).alias("bucket_start"))
        .agg(pl.col("rows").sum(), pl.col("quantity").sum())
        .with_columns(pl.lit(file_version_id).alias("file_version_id"))
    )
    return contracts.FILE_BUCKETS.conform(counted)


# -- products, plans and calendars -------------------------------------------------------------------------------------


def _unify_products(file: _File) -> Unified:
    """Attributes per SKU. Lines of a cross-reference with a date do not apply: an old SKU keeps its own attributes."""
    columns = {
        "row_number": file.source.frame[ROW],
        "sku": file.skus(file.identifiers("sku"), None),
        **file.attributes(),
    }
    typed = _frame(columns)
    verdicts = _surplus(file.source)
    verdicts.reject(typed["sku"].is_null(), "missing_sku", texts_of("expected a SKU, got nothing"))
    return _without_quantity(typed, verdicts, contracts.product_master(file.config), file)


def _unify_attribute_corrections(file: _File) -> Unified:
    """What planners say about SKUs, one attribute per line; a line without a value says that nobody knows it."""
    configured, names = file.config.attributes, file.texts("attribute")
    columns = {
        "row_number": file.source.frame[ROW],
        "sku": file.skus(file.identifiers("sku"), None),
        "attribute": names,
        "value": file.texts("value"),
        **{name: file.texts(name) for name in ("user", "reason")},
    }
    labels = pl.lit(None, LABELS)
    for name, one in configured.items():
        if one.kind == "multi" and (names == name).any():
            columns[f"labels of {name}"] = file.labels("value", one.separator)
            labels = (
                pl.when(pl.col("attribute") == name).then(pl.col(f"labels of {name}").list.sort()).otherwise(labels)
            )
    is_list = pl.col("attribute").is_in([name for name, one in configured.items() if one.kind == "multi"])
    typed = _frame(columns).with_columns(pl.when(~is_list).then("value").alias("value"), labels.alias("labels"))
    verdicts = _surplus(file.source)
    _reject_missing(verdicts, typed, ("sku", "attribute"))
    expected = f"expected one of the attributes {', '.join(configured) or '(none is configured)'}, got '{{}}'"
    verdicts.reject(~names.is_in(list(configured)), "unknown_attribute", texts_of(expected, names))
    return _without_quantity(typed, verdicts, ATTRIBUTE_CORRECTIONS, file)


def _unify_promotions(file: _File) -> Unified:
    """Planned promotions. A cross-reference is looked up on the day a promotion starts."""
    starts = file.moments("starts_on").on
    columns = {
        "row_number": file.source.frame[ROW],
        "sku": file.skus(file.identifiers("sku"), starts),
        "starts_on": starts,
        "ends_on": file.moments("ends_on").on,
        "kind": file.texts("kind").fill_null(DEFAULT_PROMOTION),
        **{name: file.numbers(name) for name in ("discount", "share")},
    }
    typed = _frame(columns)
    verdicts = _surplus(file.source)
    evidence = _apply_type_rules(file, typed, verdicts)
    _reject_missing(verdicts, typed, ("starts_on", "ends_on", "sku"))
    _reject_backward(verdicts, typed)
    for name in ("discount", "share"):
        outside = (typed[name] < 0) | (typed[name] > 1)
        verdicts.reject(outside, f"{name}_not_a_share", texts_of(f"expected {name} from 0 to 1, got {{}}", typed[name]))
    typed = typed.with_columns(pl.col("share").fill_null(1.0))
    return replace(_without_quantity(typed, verdicts, contracts.PROMOTIONS, file), evidence=evidence)


def _unify_events(file: _File) -> Unified:
    """Lines of a calendar; an event without a last day lasts one day."""
    columns = {
        "row_number": file.source.frame[ROW],
        "name": file.texts("name"),
        **{name: file.moments(name).on for name in ("starts_on", "ends_on")},
    }
    typed = _frame(columns)
    verdicts = _surplus(file.source)
    evidence = _apply_type_rules(file, typed, verdicts)
    _reject_missing(verdicts, typed, ("name", "starts_on"))
    typed = typed.with_columns(pl.col("ends_on").fill_null(pl.col("starts_on")))
    _reject_backward(verdicts, typed)
    return replace(_without_quantity(typed, verdicts, contracts.EVENTS, file), evidence=evidence)


def _unify_regressors(file: _File) -> Unified:
    """Values of regressors; one without a SKU is about all. Names that nobody configured are kept, too."""
    starts = file.moments("starts_on").on
    columns = {
        "row_number": file.source.frame[ROW],
        "name": file.texts("name"),
        "starts_on": starts,
        "sku": file.skus(file.identifiers("sku"), starts),
        "value": file.numbers("value"),
    }
    typed = _frame(columns)
    verdicts = _surplus(file.source)
    evidence = _apply_type_rules(file, typed, verdicts)
    _reject_missing(verdicts, typed, ("name", "starts_on", "value"))
    return replace(_without_quantity(typed, verdicts, contracts.REGRESSORS, file), evidence=evidence)


def _reject_missing(verdicts: Verdicts, typed: pl.DataFrame, names: Sequence[str]) -> None:
    for name in names:
        verdicts.reject(typed[name].is_null(), f"missing_{name}", texts_of(f"expected {name}, got nothing"))


def _reject_backward(verdicts: Verdicts, typed: pl.DataFrame) -> None:
    starts, ends = typed["starts_on"], typed["ends_on"]
    verdicts.reject(ends < starts, "ends_before_start", texts_of("expected an end not before {}, got {}", starts, ends))


def _without_quantity(typed: pl.DataFrame, verdicts: Verdicts, table: Table, file: _File) -> Unified:
    return Unified(
        rows=table.conform(_with_header(typed.filter(verdicts.accepted), file.header)),
        rejected=rejected_rows(file.source, verdicts, file.header),
        buckets=contracts.FILE_BUCKETS.empty(),
    )


# -- shared -----------------------------------------------------------------------------------------------------------


def _frame(columns: Mapping[str, pl.Series]) -> pl.DataFrame:
    return pl.DataFrame([series.alias(name) for name, series in columns.items()])


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


def _apply_type_rules(file: _File, typed: pl.DataFrame, verdicts: Verdicts) -> tuple[TypeEvidence, ...]:
    """Rejects rows whose source holds something that the unified type cannot; evidence of every mapped column."""
    evidence: list[TypeEvidence] = []
    regular = verdicts.accepted  # the fields of ragged rows may stand in the wrong columns
    ragged = not regular.all()
    for name, expected in TYPE_RULES[file.producer.feed].items():
        found, entry = typed[name], file.mapped.mapping.get(name)
        if entry is None:
            continue
        if not found.null_count():
            evidence.append(TypeEvidence(name, int(regular.sum()), 0, (), is_text=True))
            continue
        came = file.mapped.came(name)
        seen = (came.filter(regular), found.filter(regular)) if ragged else (came, found)
        evidence.append(TypeEvidence.of(name, entry, file.source, *seen))
        failing = came.is_not_null() & found.is_null()
        details = texts_of(f"expected {name} to be {expected}, got '{{}}'", came)
        verdicts.reject(failing, f"invalid_{name}", details)
    return tuple(evidence)


def type_drift(
    evidence: Sequence[TypeEvidence], mapping: Mapping[str, MappingEntry], columns: Mapping[str, str], feed: Feed
) -> tuple[str, ...]:
    """A sentence for every optional column of a file that holds mostly something else; its rows are rejected singly.

    Args:
        evidence: of all chunks of the file, in the order of the type rules.
        mapping: unified column → its entry.
        columns: source column → type as found.
        feed: of the file.

    Raises:
        FileRejectedError: a required column does.
    """
    drift: list[str] = []
    for one in evidence:
        sentence = changed_type(one, mapping[one.name], columns, TYPE_RULES[feed][one.name])
        if sentence and one.name in TYPED[feed]:
            raise FileRejectedError(sentence)
        if sentence:
            drift.append(f"{sentence}; their rows are rejected")
    return tuple(drift)


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
