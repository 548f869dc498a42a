"""The tables between stages, each described once.

Belongs here: columns, types, units, keys and ranges of every lake table, and the check of a frame against them.
Does not belong here: how a table is computed or where it is stored.

The Polars schema, the blocking asset checks, the dbt contracts and `docs/tables.md` all come from these descriptions.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import polars as pl

from dp_assets.domain.attributes import ATTRIBUTE_CONFLICTS, ATTRIBUTE_CORRECTIONS, SKU_ATTRIBUTE_HISTORY
from dp_assets.domain.config import DemandConfig
from dp_assets.domain.table import LABELS, UTC_TIME, Column, Table


def _text(name: str, description: str, nullable: bool = False) -> Column:
    return Column(name, pl.String(), description, nullable=nullable)


def _number(
    name: str, description: str, unit: str = "", nullable: bool = False, minimum: float | None = None
) -> Column:
    return Column(name, pl.Float64(), description, unit, nullable, minimum)


def _count(name: str, description: str, nullable: bool = False) -> Column:
    return Column(name, pl.Int64(), description, "rows", nullable, 0)


_FILE_VERSION = _text("file_version_id", "one landed version of one file: producer + hash(uri, etag)")
_ROW = Column("row_number", pl.Int64(), "number of the data row in its file, counted from 1", minimum=1)
_KNOWN_FROM = Column("known_from", UTC_TIME, "moment from which this was known: the arrival of what says so")

RAW_FILES = Table(
    name="raw_files",
    grain="file version",
    partitioned_by="file_version",
    key=("file_version_id",),
    columns=(
        _FILE_VERSION,
        _text("content_sha256", "SHA-256 of the bytes"),
        _text("producer", "producer whose glob matched"),
        _text("feed", "what it holds, e.g. transactions or products, as `feed` of its producer"),
        _text("uri", "path below the landing root"),
        _text("etag", "storage's version tag of the object"),
        Column("bytes", pl.Int64(), "size", "bytes", minimum=0),
        Column("modified_at", UTC_TIME, "modification time of the object"),
        Column(
            "arrived_at",
            UTC_TIME,
            "moment from which on it counts: arrival by the producer's rule, or the earlier one that somebody declared",
        ),
        _text("format", "detected or declared format, and the compression it came in, e.g. csv+gz", nullable=True),
        _text("sniffed", "JSON object of how it was read: encoding, delimiter, members of an archive", nullable=True),
        _count("rows", "data rows in the file; null when it cannot be read", nullable=True),
        _text("columns_found", "JSON object of source column → type as found", nullable=True),
        _text("status", "accepted, duplicate or quarantined"),
        _text("reason", "why the file is a duplicate or in quarantine", nullable=True),
        _text("supersedes", "file version of the same uri that this one replaces", nullable=True),
    ),
)

REJECTED_ROWS = Table(
    name="rejected_rows",
    grain="source row that was not accepted",
    partitioned_by="file_version",
    key=("file_version_id", "row_number"),
    columns=(
        _FILE_VERSION,
        _ROW,
        _text("producer", "producer"),
        _text("reason", "name of the filter or type rule that rejected the row"),
        _text("detail", "what was expected and what came"),
        _text("original", "JSON object of the source values as text"),
    ),
)

FILE_BUCKETS = Table(
    name="file_buckets",
    grain="file version × bucket",
    partitioned_by="file_version",
    key=("file_version_id", "bucket_start"),
    columns=(
        _FILE_VERSION,
        Column("bucket_start", pl.Date(), "first day of the bucket"),
        _count("rows", "accepted rows that fall into the bucket"),
        _number("quantity", "sum of accepted quantities", "units"),
    ),
)

FILE_LINES = Table(
    name="file_lines",
    grain="line (restated by rows) or business date (restated by dates) of a file version",
    partitioned_by="file_version",
    key=("file_version_id", "row_number", "sold_on"),
    columns=(
        _FILE_VERSION,
        Column("row_number", pl.Int64(), "number of the row in its file; null for a date", nullable=True, minimum=1),
        _text("line_key", "what identifies the line in files of its producer; null for a date", nullable=True),
        Column("sold_on", pl.Date(), "business date"),
        _count("rows", "accepted rows; 0 for a line that was filtered out, yet replaces earlier ones of its key"),
        _number("quantity", "units of the accepted rows", "units"),
    ),
)
"""Written for producers whose files restate each other by rows or dates, and for no others."""

DATA_QUALITY = Table(
    name="data_quality",
    grain="file version × measure × subject",
    partitioned_by="file_version",
    key=("file_version_id", "measure", "subject"),
    columns=(
        _FILE_VERSION,
        _text("producer", "producer"),
        _text("measure", "what is measured, as under `quality.gates`"),
        _text("subject", "`file`, a unified column, or a business date"),
        _number("value", "the measure; empty where the file says nothing about it", nullable=True),
        _number("expected", "median of what it is compared with", nullable=True),
        _number("score", "what the gate judges; empty where there is too little history", nullable=True, minimum=0),
        _count("compared_with", "earlier files, or days of the same weekday, behind `expected`"),
        _text("verdict", "ok, warn, block, or unjudged"),
        _text("detail", "what stands out, e.g. the first SKUs never seen before", nullable=True),
    ),
)

FILE_LEDGER = Table(
    name="file_ledger",
    grain="file version",
    partitioned_by="",
    key=("file_version_id",),
    columns=(
        _FILE_VERSION,
        _text("producer", "producer"),
        _text("feed", "what it holds, e.g. transactions or products, as `feed` of its producer"),
        _text("uri", "path below the landing root"),
        Column("arrived_at", UTC_TIME, "arrival by the producer's rule"),
        _text("status", "accepted, duplicate or quarantined"),
        _text("reason", "why the file is a duplicate or in quarantine", nullable=True),
        _count("rows_read", "rows read from the file"),
        _count("rows_accepted", "rows in the unified schema"),
        _count("rows_rejected", "rows in rejected_rows"),
        _count("rows_duplicate", "rows that another file version holds"),
        _number("units_read", "sum of the quantities read", "units"),
        _number("units_accepted", "sum of the quantities accepted", "units"),
        _number("units_rejected", "sum of the quantities rejected, as far as they can be read", "units"),
        _number("units_duplicate", "sum of the quantities that another file version holds", "units"),
        _text("rejected_by", "JSON object of filter or type rule → rows rejected"),
        _text("units_rejected_by", "JSON object of filter or type rule → units; null in old records", nullable=True),
        _count("rows_withdrawn", "accepted rows that other files of the producer have taken back"),
        _number("units_withdrawn", "units of those rows", "units"),
        _text("withdrawn_by", "JSON list of compensating rows: file_version_id, event, known_from, rows, units"),
        Column("recalled", pl.Boolean(), "taken back by a person or a quality gate: its rows count for nothing"),
        _text("superseded_by", "file version that replaces this one", nullable=True),
        Column("superseded_from", UTC_TIME, "moment from which it is replaced", nullable=True),
    ),
)
"""One file for all file versions: it is computed from the commit records whenever one of them changes."""

PROMOTIONS = Table(
    name="promotions",
    grain="promotion line",
    partitioned_by="file_version",
    key=("file_version_id", "row_number"),
    columns=(
        _FILE_VERSION,
        _ROW,
        _text("producer", "producer of the calendar"),
        _KNOWN_FROM,
        _text("sku", "promoted SKU"),
        Column("starts_on", pl.Date(), "first day of the promotion"),
        Column("ends_on", pl.Date(), "last day of the promotion"),
        _text("kind", "type of promotion, e.g. display, mailer, front_page"),
        _number("discount", "price reduction", "share of price", nullable=True, minimum=0),
        _number("share", "share of stores that take part", "share of stores", minimum=0),
    ),
)

EVENTS = Table(
    name="events",
    grain="event line",
    partitioned_by="file_version",
    key=("file_version_id", "row_number"),
    columns=(
        _FILE_VERSION,
        _ROW,
        _text("producer", "producer of the calendar"),
        _KNOWN_FROM,
        _text("name", "what happens; the same name every time, so that its effect can be learned"),
        Column("starts_on", pl.Date(), "first day of the event"),
        Column("ends_on", pl.Date(), "last day of the event"),
    ),
)

REGRESSORS = Table(
    name="regressors",
    grain="value line",
    partitioned_by="file_version",
    key=("file_version_id", "row_number"),
    columns=(
        _FILE_VERSION,
        _ROW,
        _text("producer", "producer of the values"),
        _KNOWN_FROM,
        _text("name", "regressor, as `regressors` of the configuration names it"),
        Column("starts_on", pl.Date(), "day of the value; it counts for the bucket of that day"),
        _text("sku", "SKU it is about; null for all", nullable=True),
        _number("value", "the value", "the regressor's own"),
    ),
)


def attribute_columns(config: DemandConfig, nullable: bool = True) -> tuple[Column, ...]:
    """One column per configured attribute: text for single-valued, a list of text for multi-label ones."""
    return tuple(
        Column(
            name,
            LABELS if attribute.kind == "multi" else pl.String(),
            f"{'multi-label' if attribute.kind == 'multi' else 'single-valued'} attribute of the SKU",
            nullable=nullable,
        )
        for name, attribute in config.attributes.items()
    )


def key_columns(config: DemandConfig) -> tuple[Column, ...]:
    """`series_id` and the key columns behind it."""
    return (
        _text("series_id", "the key columns joined by |"),
        *(_text(name, "key column of the series") for name in config.series_key),
    )


def unified_transactions(config: DemandConfig) -> Table:
    """Accepted source rows in the unified schema, attributes as the row itself carried them."""
    taken = {"channel"} & set(config.attributes)
    return Table(
        name="unified_transactions",
        grain="accepted source row",
        partitioned_by="file_version",
        key=("file_version_id", "row_number"),
        columns=(
            _FILE_VERSION,
            _ROW,
            _text("producer", "producer"),
            _KNOWN_FROM,
            Column("sold_at", UTC_TIME, "moment of the sale"),
            Column("sold_on", pl.Date(), "business date of the sale"),
            _text("sku", "stock keeping unit"),
            _text("location", "store or site", nullable=True),
            *(() if taken else (_text("channel", "sales channel", nullable=True),)),
            _text("transaction_id", "the producer's own id of the sale", nullable=True),
            _number("quantity", "units sold", "units"),
            _number("revenue", "money taken", "currency", nullable=True),
            _number("unit_price", "price of one unit as delivered", "currency per unit", nullable=True),
            *attribute_columns(config),
        ),
    )


def product_master(config: DemandConfig) -> Table:
    """Attributes delivered apart from transactions."""
    return Table(
        name="product_master",
        grain="product line as delivered",
        partitioned_by="file_version",
        key=("file_version_id", "row_number"),
        columns=(
            _FILE_VERSION,
            _ROW,
            _text("producer", "producer of the master"),
            _KNOWN_FROM,
            _text("sku", "stock keeping unit"),
            *attribute_columns(config),
        ),
    )


def sku_attributes(config: DemandConfig) -> Table:
    """One row per SKU as of the cycle: the inherited attributes and where each came from."""
    return Table(
        name="sku_attributes",
        grain="SKU as of the cycle",
        key=("sku",),
        columns=(
            _text("sku", "stock keeping unit"),
            *attribute_columns(config),
            *(
                _text(
                    f"{name}_source",
                    f"producer/file version that says what {name} is, or that nobody knows",
                    nullable=True,
                )
                for name in config.attributes
            ),
            Column("conflicts", LABELS, "attributes for which producers disagree"),
            Column("has_attributes", pl.Boolean(), "whether any attribute is known"),
        ),
    )


def weekly_buckets(config: DemandConfig) -> Table:
    """Contributions: what each file version adds to each series and bucket, and what is taken back of that, and when.

    A bucket as known at any moment is the sum of the rows with known_from at or before it.
    """
    return Table(
        name="weekly_buckets",
        grain="series × bucket × file version × event × moment",
        partitioned_by="bucket",
        key=("series_id", "bucket_start", "file_version_id", "event", "known_from"),
        columns=(
            *key_columns(config),
            Column("bucket_start", pl.Date(), "first day of the bucket"),
            _FILE_VERSION,
            _text("event", "landed, restored (add), corrected, replaced, superseded (take back)"),
            _KNOWN_FROM,
            _number("quantity", "units added, negative when taken back", "units"),
            _number("revenue", "money added", "currency"),
            Column("transactions", pl.Int64(), "rows added, negative when taken back", "rows"),
            _number("promoted_quantity", "units added that were sold under a known promotion", "units"),
        ),
    )


def transactions_cleaned(config: DemandConfig) -> Table:
    """Accepted rows of the current file versions, by bucket: the table that BI and Athena users query."""
    unified = unified_transactions(config)
    return Table(
        name="transactions_cleaned",
        grain="accepted row of a current file version",
        partitioned_by="bucket",
        key=unified.key,
        columns=(Column("bucket_start", pl.Date(), "first day of the bucket"), *unified.columns),
    )


def eligibility(config: DemandConfig) -> Table:
    """Which series are active (forecast), which are trained on, and why."""
    return Table(
        name="eligibility",
        grain="series as of the cycle",
        key=("series_id",),
        columns=(
            *key_columns(config),
            Column("first_bucket", pl.Date(), "bucket of the first sale"),
            Column("last_bucket", pl.Date(), "bucket of the last sale"),
            _count("selling_weeks", "buckets with sales in the low-volume window, in weeks"),
            Column("active", pl.Boolean(), "sold recently, so it is forecast"),
            Column("eligible", pl.Boolean(), "trained on"),
            _text("reason", "eligible, mandatory, low_volume, no_attributes, too_short, held_back or inactive"),
        ),
    )


OUTLIER_LOG = Table(
    name="outlier_log",
    grain="capped bucket of a series",
    key=("series_id", "bucket_start"),
    columns=(
        _text("series_id", "series"),
        Column("bucket_start", pl.Date(), "first day of the bucket"),
        _number("original", "quantity as sold", "units"),
        _number("capped", "quantity after capping", "units", minimum=0),
        _number("threshold", "mean + z_threshold × standard deviation", "units", minimum=0),
        Column("promoted", pl.Boolean(), "judged against promotion buckets instead of ordinary ones"),
    ),
)


def residuals(config: DemandConfig) -> Table:
    """Backtest errors of the models that had not seen the actuals (unless labelled in-sample)."""
    return Table(
        name="residuals",
        grain="series × cutoff × lead",
        key=("series_id", "cutoff", "lead"),
        columns=(
            _text("series_id", "series"),
            Column("cutoff", pl.Date(), "origin of the backtest forecast"),
            Column("lead", pl.Int64(), "buckets ahead", minimum=1),
            _number("actual", "units sold", "units"),
            _number("predicted", "mean forecast", "units", minimum=0),
            _number("residual", "actual minus predicted: positive is under-forecast", "units"),
            _number("scale", "recent level of the series at the origin", "units", minimum=0),
            Column("out_of_sample", pl.Boolean(), "false for the labelled in-sample fallback"),
        ),
    )


ERROR_DISTRIBUTIONS = Table(
    name="error_distributions",
    grain="series × lead",
    key=("series_id", "lead"),
    columns=(
        _text("series_id", "series, or `*bin:<n>` for a pool of series of like level"),
        Column("lead", pl.Int64(), "buckets ahead", minimum=1),
        _count("observations", "residuals behind the row"),
        _number("mean", "mean residual", "units"),
        _number("std", "standard deviation of residuals", "units", minimum=0),
        Column("normal", pl.Boolean(), "whether the normality check passes"),
        Column("pooled", pl.Boolean(), "whether the row stands for a pool of series"),
        Column("quantiles", pl.List(pl.Float64()), "residual quantiles at the configured levels, units"),
        _number("centre", "geometric mean of the predictions behind the row", "units", minimum=0),
        Column(
            "scaled_quantiles",
            pl.List(pl.Float64()),
            "quantiles of residual ÷ sqrt(predicted + 0.1) at the configured levels",
        ),
        _number("spread", "width of the series' errors against its pools', shrunk to 1; 1 for a pool", minimum=0),
    ),
)


def quantile_name(level: float) -> str:
    """Column of a quantile level: q0.5, q0.025."""
    return f"q{level:g}"


def quantile_columns(config: DemandConfig) -> tuple[Column, ...]:
    return tuple(
        _number(quantile_name(level), f"quantile at level {level:g}", "units per bucket", minimum=0)
        for level in config.quantile_levels
    )


def forecasts(config: DemandConfig) -> Table:
    """Every active series × lead. `forecast` is the mean (it adds up); q0.5 is the median (best for SKU error)."""
    return Table(
        name="forecasts",
        grain="series × lead",
        key=("series_id", "lead"),
        columns=(
            *key_columns(config),
            Column("lead", pl.Int64(), "buckets ahead", minimum=1),
            Column("bucket_start", pl.Date(), "first day of the forecast bucket"),
            _number("forecast", "mean", "units per bucket", minimum=0),
            *quantile_columns(config),
            *(
                _number(f"{side}_{level}", f"{side} end of the {level} % interval", "units per bucket", minimum=0)
                for level in config.intervals.levels
                for side in ("lower", "upper")
            ),
            _text("method", "lstm, or the fallback that made it"),
            _text("model_version", "cycle of the champion and the hash of its weights; the library for fallbacks"),
            _number("naive", "mean of the last 8 buckets, for comparison", "units per bucket", minimum=0),
            _text("receipt", "hash over inputs, model, configuration and code"),
        ),
    )


def refreshed_forecasts(config: DemandConfig) -> Table:
    """The forecasts of designated SKUs, made again between cycles with the newest features and champion."""
    return replace(forecasts(config), name="refreshed_forecasts", grain="designated series × lead")


def node_forecasts(config: DemandConfig) -> Table:
    """Base forecasts of the levels above the series."""
    return Table(
        name="node_forecasts",
        grain="node × lead",
        key=("hierarchy", "level", "node", "lead"),
        columns=(
            _text("hierarchy", "hierarchy"),
            _text("level", "level name; total and series are implied"),
            _text("node", "path of the node from the top, joined by /"),
            Column("lead", pl.Int64(), "buckets ahead", minimum=1),
            Column("bucket_start", pl.Date(), "first day of the forecast bucket"),
            _number("forecast", "base forecast before reconciliation", "units per bucket", minimum=0),
            _number("residual_variance", "variance of its one-step residuals", "units²", minimum=0),
            _text("method", "model that made it"),
        ),
    )


def planner_inputs(config: DemandConfig) -> Table:
    """What planners fixed, as of the cycle: a snapshot of the planning database with its ledger sequence number."""
    return Table(
        name="planner_inputs",
        grain="node × bucket as of the cycle",
        key=("hierarchy", "node", "bucket_start"),
        columns=(
            _text("hierarchy", "hierarchy of the node"),
            _text("node", "series_id or path of the node"),
            Column("bucket_start", pl.Date(), "first day of the bucket"),
            _number("quantity", "number the planner set", "units per bucket", minimum=0),
            Column("locked", pl.Boolean(), "whether reconciliation must keep it"),
            _text("reason_code", "why"),
            _text("user", "who"),
            Column("ledger_sequence", pl.Int64(), "place in the audit ledger", minimum=0),
        ),
    )


def reconciled_rollups(config: DemandConfig) -> Table:
    """Forecasts of every level of every hierarchy that agree: each node is the sum of its children."""
    return Table(
        name="reconciled_rollups",
        grain="hierarchy × level × node × lead",
        key=("hierarchy", "level", "node", "lead"),
        columns=(
            _text("hierarchy", "hierarchy"),
            _text("level", "total, a configured level, or series"),
            _text("node", "path of the node from the top, joined by /; series_id on the series level"),
            _text("parent", "path of the parent node; empty on the top", nullable=True),
            Column("lead", pl.Int64(), "buckets ahead", minimum=1),
            Column("bucket_start", pl.Date(), "first day of the forecast bucket"),
            _number("forecast", "reconciled mean", "units per bucket", minimum=0),
            _number("base_forecast", "forecast before reconciliation", "units per bucket", minimum=0),
            *quantile_columns(config),
            Column("locked", pl.Boolean(), "fixed by a planner"),
        ),
    )


def published_forecasts(config: DemandConfig) -> Table:
    """The number that leaves the house, with what it is made of."""
    return Table(
        name="published_forecasts",
        grain="series × lead",
        key=("series_id", "lead"),
        columns=(
            *key_columns(config),
            Column("lead", pl.Int64(), "buckets ahead", minimum=1),
            Column("bucket_start", pl.Date(), "first day of the forecast bucket"),
            _number("statistical", "mean forecast of the model", "units per bucket", minimum=0),
            _number("reconciled", "after reconciliation", "units per bucket", minimum=0),
            _number("override", "number a planner set", "units per bucket", nullable=True, minimum=0),
            _number("final", "the published number", "units per bucket", minimum=0),
            _text("user", "who set the override", nullable=True),
            _text("reason_code", "why", nullable=True),
        ),
    )


ACCURACY_METRICS: dict[str, str] = {
    "wape": "sum of |median − actual| ÷ sum of actuals",
    "mape": "mean of |mean − actual| ÷ actual over non-zero actuals",
    "smape": "mean of 2|mean − actual| ÷ (mean + actual), 0 where both are 0",
    "mae": "mean of |mean − actual|, units",
    "rmse": "root of the mean squared error of the mean, units",
    "rmsse": "mean over series of root scaled squared error of the mean; scale: squared naive steps in the past",
    "wrmsse": "rmsse weighted by the revenue of the last 13 weeks before the cutoff",
    "horizon_wape": "error of the horizon's total per series, of the mean",
    "bias": "sum of (mean − actual) ÷ sum of actuals: positive is over-forecast",
    "wql": "weighted quantile loss over the published quantiles",
    "coverage_50": "share of actuals inside the 50 % interval, ties at whole numbers split",
    "coverage_80": "share of actuals inside the 80 % interval, ties at whole numbers split",
    "coverage_90": "share of actuals inside the 90 % interval, ties at whole numbers split",
    "coverage_95": "share of actuals inside the 95 % interval, ties at whole numbers split",
    "plain_coverage_50": "share of actuals inside the 50 % interval",
    "plain_coverage_80": "share of actuals inside the 80 % interval",
    "plain_coverage_90": "share of actuals inside the 90 % interval",
    "plain_coverage_95": "share of actuals inside the 95 % interval",
    "naive_wape": "wape of the naive forecast (mean of the last 8 buckets)",
    "naive_mae": "mae of the naive forecast",
    "naive_rmse": "rmse of the naive forecast",
    "naive_rmsse": "rmsse of the naive forecast",
    "naive_bias": "bias of the naive forecast",
}
"""Metric → definition. All but the first and the naive ones say so if they are not of the mean."""

ACCURACY = Table(
    name="accuracy",
    grain="hierarchy × level × node × lead",
    key=("hierarchy", "level", "node", "lead"),
    columns=(
        _text("hierarchy", "hierarchy; `-` for the total over series"),
        _text("level", "total, a configured level, or method"),
        _text("node", "node, or method name"),
        Column("lead", pl.Int64(), "buckets ahead; 0 pools all closed leads", minimum=0),
        _count("observations", "series × leads scored"),
        _number("actual", "units sold", "units"),
        *(_number(name, description, nullable=True) for name, description in ACCURACY_METRICS.items()),
    ),
)


def tables(config: DemandConfig) -> tuple[Table, ...]:
    """Every table of the lake under a configuration, in the order data flows."""
    return (
        RAW_FILES,
        unified_transactions(config),
        REJECTED_ROWS,
        FILE_BUCKETS,
        FILE_LINES,
        DATA_QUALITY,
        FILE_LEDGER,
        product_master(config),
        ATTRIBUTE_CORRECTIONS,
        PROMOTIONS,
        EVENTS,
        REGRESSORS,
        sku_attributes(config),
        ATTRIBUTE_CONFLICTS,
        SKU_ATTRIBUTE_HISTORY,
        weekly_buckets(config),
        transactions_cleaned(config),
        eligibility(config),
        OUTLIER_LOG,
        residuals(config),
        ERROR_DISTRIBUTIONS,
        forecasts(config),
        refreshed_forecasts(config),
        node_forecasts(config),
        planner_inputs(config),
        reconciled_rollups(config),
        published_forecasts(config),
        ACCURACY,
    )


def table(config: DemandConfig, name: str) -> Table:
    """The table of that name; KeyError when there is none."""
    found: Iterable[Table] = (candidate for candidate in tables(config) if candidate.name == name)
    try:
        return next(iter(found))
    except StopIteration:
        raise KeyError(name) from None
