"""Tables of the stage `ingest`: what files hold, feed by feed, and what became of them.

Belongs here: tables with one partition per file version, and the ledger over all of them. Does not belong here: how
they are filled (`domain/ingest`).
"""

from __future__ import annotations

import polars as pl

from dp_assets.domain.config import DemandConfig
from dp_assets.domain.contracts.columns import (
    FILE_VERSION,
    KNOWN_FROM,
    ROW,
    attribute_columns,
    count,
    group_columns,
    number,
    text,
)
from dp_assets.domain.table import UTC_TIME, Column, Table

RAW_FILES = Table(
    name="raw_files",
    grain="file version",
    partitioned_by="file_version",
    key=("file_version_id",),
    columns=(
        FILE_VERSION,
        text("content_sha256", "SHA-256 of the bytes"),
        text("producer", "producer whose glob matched"),
        text("feed", "what it holds, e.g. transactions or products, as `feed` of its producer"),
        text("uri", "path below the landing root"),
        text("etag", "storage's version tag of the object"),
        Column("bytes", pl.Int64(), "size", "bytes", minimum=0),
        Column("modified_at", UTC_TIME, "modification time of the object"),
        Column(
            "arrived_at",
            UTC_TIME,
            "moment from which on it counts: arrival by the producer's rule, or the earlier one that somebody declared",
        ),
        text("format", "detected or declared format, and the compression it came in, e.g. csv+gz", nullable=True),
        text("sniffed", "JSON object of how it was read: encoding, delimiter, members of an archive", nullable=True),
        count("rows", "data rows in the file; null when it cannot be read", nullable=True),
        text("columns_found", "JSON object of source column → type as found", nullable=True),
        text("status", "accepted, duplicate or quarantined"),
        text("reason", "why the file is a duplicate or in quarantine", nullable=True),
        text("supersedes", "file version of the same uri that this one replaces", nullable=True),
    ),
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
            FILE_VERSION,
            ROW,
            text("producer", "producer"),
            KNOWN_FROM,
            Column("sold_at", UTC_TIME, "moment of the sale"),
            Column("sold_on", pl.Date(), "business date of the sale"),
            text("sku", "stock keeping unit"),
            text("location", "store or site", nullable=True),
            *(() if taken else (text("channel", "sales channel", nullable=True),)),
            text("transaction_id", "the producer's own id of the sale", nullable=True),
            number("quantity", "units sold", "units"),
            number("revenue", "money taken", "currency", nullable=True),
            number("unit_price", "price of one unit as delivered", "currency per unit", nullable=True),
            *attribute_columns(config),
        ),
    )


REJECTED_ROWS = Table(
    name="rejected_rows",
    grain="source row that was not accepted",
    partitioned_by="file_version",
    key=("file_version_id", "row_number"),
    columns=(
        FILE_VERSION,
        ROW,
        text("producer", "producer"),
        text("reason", "name of the filter or type rule that rejected the row"),
        text("detail", "what was expected and what came"),
        text("original", "JSON object of the source values as text"),
    ),
)


FILE_BUCKETS = Table(
    name="file_buckets",
    grain="file version × bucket",
    partitioned_by="file_version",
    key=("file_version_id", "bucket_start"),
    columns=(
        FILE_VERSION,
        Column("bucket_start", pl.Date(), "first day of the bucket"),
        count("rows", "accepted rows that fall into the bucket"),
        number("quantity", "sum of accepted quantities", "units"),
    ),
)


FILE_LINES = Table(
    name="file_lines",
    grain="line (restated by rows) or business date (restated by dates) of a file version",
    partitioned_by="file_version",
    key=("file_version_id", "row_number", "sold_on"),
    columns=(
        FILE_VERSION,
        Column("row_number", pl.Int64(), "number of the row in its file; null for a date", nullable=True, minimum=1),
        text("line_key", "what identifies the line in files of its producer; null for a date", nullable=True),
        Column("sold_on", pl.Date(), "business date"),
        count("rows", "accepted rows; 0 for a line that was filtered out, yet replaces earlier ones of its key"),
        number("quantity", "units of the accepted rows", "units"),
    ),
)
"""Written for producers whose files restate each other by rows or dates, and for no others."""


DATA_QUALITY = Table(
    name="data_quality",
    grain="file version × measure × subject",
    partitioned_by="file_version",
    key=("file_version_id", "measure", "subject"),
    columns=(
        FILE_VERSION,
        text("producer", "producer"),
        text("measure", "what is measured, as under `quality.gates`"),
        text("subject", "`file`, a unified column, or a business date"),
        number("value", "the measure; empty where the file says nothing about it", nullable=True),
        number("expected", "median of what it is compared with", nullable=True),
        number("score", "what the gate judges; empty where there is too little history", nullable=True, minimum=0),
        count("compared_with", "earlier files, or days of the same weekday, behind `expected`"),
        text("verdict", "ok, warn, block, or unjudged"),
        text("detail", "what stands out, e.g. the first SKUs never seen before", nullable=True),
    ),
)


FILE_LEDGER = Table(
    name="file_ledger",
    grain="file version",
    partitioned_by="",
    key=("file_version_id",),
    columns=(
        FILE_VERSION,
        text("producer", "producer"),
        text("feed", "what it holds, e.g. transactions or products, as `feed` of its producer"),
        text("uri", "path below the landing root"),
        Column("arrived_at", UTC_TIME, "arrival by the producer's rule"),
        text("status", "accepted, duplicate or quarantined"),
        text("reason", "why the file is a duplicate or in quarantine", nullable=True),
        count("rows_read", "rows read from the file"),
        count("rows_accepted", "rows in the unified schema"),
        count("rows_rejected", "rows in rejected_rows"),
        count("rows_duplicate", "rows that another file version holds"),
        number("units_read", "sum of the quantities read", "units"),
        number("units_accepted", "sum of the quantities accepted", "units"),
        number("units_rejected", "sum of the quantities rejected, as far as they can be read", "units"),
        number("units_duplicate", "sum of the quantities that another file version holds", "units"),
        text("rejected_by", "JSON object of filter or type rule → rows rejected"),
        text("units_rejected_by", "JSON object of filter or type rule → units; null in old records", nullable=True),
        count("rows_withdrawn", "accepted rows that other files of the producer have taken back"),
        number("units_withdrawn", "units of those rows", "units"),
        text("withdrawn_by", "JSON list of compensating rows: file_version_id, event, known_from, rows, units"),
        Column("recalled", pl.Boolean(), "taken back by a person or a quality gate: its rows count for nothing"),
        text("superseded_by", "file version that replaces this one", nullable=True),
        Column("superseded_from", UTC_TIME, "moment from which it is replaced", nullable=True),
    ),
)
"""One file for all file versions: it is computed from the commit records whenever one of them changes."""


def product_master(config: DemandConfig) -> Table:
    """Attributes delivered apart from transactions."""
    return Table(
        name="product_master",
        grain="product line as delivered",
        partitioned_by="file_version",
        key=("file_version_id", "row_number"),
        columns=(
            FILE_VERSION,
            ROW,
            text("producer", "producer of the master"),
            KNOWN_FROM,
            text("sku", "stock keeping unit"),
            *attribute_columns(config),
        ),
    )


PROMOTIONS = Table(
    name="promotions",
    grain="promotion line",
    partitioned_by="file_version",
    key=("file_version_id", "row_number"),
    columns=(
        FILE_VERSION,
        ROW,
        text("producer", "producer of the calendar"),
        KNOWN_FROM,
        text("sku", "promoted SKU; null for all of a level's member", nullable=True),
        *group_columns(),
        Column("starts_on", pl.Date(), "first day of the promotion"),
        Column("ends_on", pl.Date(), "last day of the promotion"),
        text("kind", "type of promotion, e.g. display, mailer, front_page"),
        number("discount", "price reduction", "share of price", nullable=True, minimum=0),
        number("share", "share of stores that take part", "share of stores", minimum=0),
    ),
)


EVENTS = Table(
    name="events",
    grain="event line",
    partitioned_by="file_version",
    key=("file_version_id", "row_number"),
    columns=(
        FILE_VERSION,
        ROW,
        text("producer", "producer of the calendar"),
        KNOWN_FROM,
        text("name", "what happens; the same name every time, so that its effect can be learned"),
        Column("starts_on", pl.Date(), "first day of the event"),
        Column("ends_on", pl.Date(), "last day of the event"),
        *group_columns(),
    ),
)


REGRESSORS = Table(
    name="regressors",
    grain="value line",
    partitioned_by="file_version",
    key=("file_version_id", "row_number"),
    columns=(
        FILE_VERSION,
        ROW,
        text("producer", "producer of the values"),
        KNOWN_FROM,
        text("name", "regressor, as `regressors` of the configuration names it"),
        Column("starts_on", pl.Date(), "day of the value; it counts for the bucket of that day"),
        text("sku", "SKU it is about; null for all, or for those of a level's member", nullable=True),
        *group_columns(),
        number("value", "the value", "the regressor's own"),
    ),
)


STOCK = Table(
    name="stock",
    grain="stock line",
    partitioned_by="file_version",
    key=("file_version_id", "row_number"),
    columns=(
        FILE_VERSION,
        ROW,
        text("producer", "producer of the line"),
        KNOWN_FROM,
        text("sku", "SKU it is about"),
        text("location", "place it is about; null for all", nullable=True),
        Column("starts_on", pl.Date(), "first day"),
        Column("ends_on", pl.Date(), "last day"),
        number("quantity", "on hand on these days; 0 or less is out of stock", "units"),
    ),
)


PRODUCT_LIFE = Table(
    name="product_life",
    grain="line about a SKU",
    partitioned_by="file_version",
    key=("file_version_id", "row_number"),
    columns=(
        FILE_VERSION,
        ROW,
        text("producer", "producer of the line"),
        KNOWN_FROM,
        text("sku", "SKU it is about"),
        text("predecessor", "SKU that it follows", nullable=True),
        text("like_sku", "SKU that it is expected to sell like", nullable=True),
        number("multiplier", "its demand ÷ that SKU's; 1 where nothing is said", nullable=True, minimum=0),
        number("ramp_weeks", "weeks from the launch until it is reached", "weeks", nullable=True, minimum=0),
        Column("launch_on", pl.Date(), "first day on sale; its first sale where nothing is said", nullable=True),
        Column("ends_on", pl.Date(), "last day on sale", nullable=True),
    ),
)
