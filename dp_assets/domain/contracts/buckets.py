"""Tables of the stage `buckets`, made by SQL models: contributions per bucket, and attributes as of a cycle.

Belongs here: what those models must deliver. Does not belong here: the models (`dbt_project`), tables of attributes
whose columns are the same under every configuration (`domain/attributes.py`).
"""

from __future__ import annotations

import polars as pl

from dp_assets.domain.config import DemandConfig
from dp_assets.domain.contracts.columns import FILE_VERSION, KNOWN_FROM, attribute_columns, key_columns, number, text
from dp_assets.domain.contracts.ingest import unified_transactions
from dp_assets.domain.table import LABELS, Column, Table


def sku_attributes(config: DemandConfig) -> Table:
    """One row per SKU as of the cycle: the inherited attributes and where each came from."""
    return Table(
        name="sku_attributes",
        grain="SKU as of the cycle",
        key=("sku",),
        columns=(
            text("sku", "stock keeping unit"),
            *attribute_columns(config),
            *(
                text(
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
            FILE_VERSION,
            text("event", "landed, restored (add), corrected, replaced, superseded (take back)"),
            KNOWN_FROM,
            number("quantity", "units added, negative when taken back", "units"),
            number("revenue", "money added", "currency"),
            Column("transactions", pl.Int64(), "rows added, negative when taken back", "rows"),
            number("promoted_quantity", "units added that were sold under a known promotion of the SKU", "units"),
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
