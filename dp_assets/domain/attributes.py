"""What is known of a SKU: the tables of corrections, disagreements and history, and how they are summed up for people.

Belongs here: their descriptions, and reading a history at a moment. Does not belong here: how values are inherited (the
SQL models `sku_attributes`, `attribute_conflicts`, `sku_attribute_history`), the table `sku_attributes` itself, whose
columns follow the configuration (`contracts/buckets.py`).
"""

from __future__ import annotations

from datetime import datetime

import polars as pl

from dp_assets.domain.table import LABELS, UTC_TIME, Column, Table

_SKU = Column("sku", pl.String(), "stock keeping unit")
_ATTRIBUTE = Column("attribute", pl.String(), "attribute, as `attributes` of the configuration names it")

ATTRIBUTE_CORRECTIONS = Table(
    name="attribute_corrections",
    grain="correction line",
    partitioned_by="file_version",
    key=("file_version_id", "row_number"),
    columns=(
        Column("file_version_id", pl.String(), "one landed version of one file: producer + hash(uri, etag)"),
        Column("row_number", pl.Int64(), "number of the data row in its file, counted from 1", minimum=1),
        Column("producer", pl.String(), "producer of the corrections"),
        Column("known_from", UTC_TIME, "moment from which this was known: the arrival of what says so"),
        _SKU,
        _ATTRIBUTE,
        Column("value", pl.String(), "what a single-valued attribute is; empty where nobody knows it", nullable=True),
        Column("labels", LABELS, "the whole list of a multi-label attribute, sorted; empty likewise", nullable=True),
        Column("user", pl.String(), "who says so", nullable=True),
        Column("reason", pl.String(), "why", nullable=True),
    ),
)

ATTRIBUTE_CONFLICTS = Table(
    name="attribute_conflicts",
    grain="SKU × attribute × producer, where producers disagree",
    key=("sku", "attribute", "producer"),
    columns=(
        _SKU,
        _ATTRIBUTE,
        Column("producer", pl.String(), "one of the producers that disagree"),
        Column("value", pl.String(), "the newest value it gives"),
        Column("file_version_id", pl.String(), "where it says so"),
        Column("wins", pl.Boolean(), "whether this is the value in sku_attributes; for nobody once it is corrected"),
    ),
)

SKU_ATTRIBUTE_HISTORY = Table(
    name="sku_attribute_history",
    grain="SKU × attribute × span of knowledge (as of the cycle)",
    key=("sku", "attribute", "known_from"),
    columns=(
        _SKU,
        _ATTRIBUTE,
        Column("known_from", UTC_TIME, "moment from which this was known"),
        Column("known_until", UTC_TIME, "moment at which it ceased to be; empty while it holds", nullable=True),
        Column("value", pl.String(), "single-valued attribute; empty where a correction says so", nullable=True),
        Column("labels", LABELS, "multi-label attribute, sorted; empty where a correction says so", nullable=True),
        Column("producer", pl.String(), "whose value it is; of a list, the first contributor"),
        Column("file_version_id", pl.String(), "the file version that first said so"),
        Column("corrected", pl.Boolean(), "whether a planner's correction says so"),
    ),
)


def known_at_moment(history: pl.DataFrame, moment: datetime) -> pl.DataFrame:
    """Rows of a history that hold at a moment: at most one per SKU and attribute; none where nobody had said anything.

    Args:
        history: as the contract `sku_attribute_history`, of a cycle whose knowledge time is not before the moment.
        moment: any moment, with its zone.
    """
    still = pl.col("known_until").is_null() | (pl.col("known_until") > moment)
    return history.filter((pl.col("known_from") <= moment) & still)


def conflict_summary(conflicts: pl.DataFrame) -> pl.DataFrame:
    """How many SKUs each group of producers disagrees on, per attribute, the most frequent first.

    Args:
        conflicts: as the contract `attribute_conflicts`.

    Returns:
        attribute, producers (joined by a comma), skus, corrected (SKUs for which a planner has decided), and one
        example, the first SKU with what each producer says.
    """
    says = pl.concat_str(pl.col("value"), pl.lit(" ("), pl.col("producer"), pl.lit(")"))
    by_sku = (
        conflicts.sort("attribute", "sku", "producer")
        .group_by("attribute", "sku", maintain_order=True)
        .agg(
            pl.col("producer").str.join(", ").alias("producers"),
            says.str.join(", ").alias("says"),
            (~pl.col("wins").any()).alias("corrected"),
        )
    )
    counted = by_sku.group_by("attribute", "producers", maintain_order=True).agg(
        pl.len().cast(pl.Int64).alias("skus"),
        pl.col("corrected").sum().cast(pl.Int64),
        pl.concat_str(pl.col("sku").first(), pl.lit(": "), pl.col("says").first()).alias("example"),
    )
    return counted.sort(["skus", "attribute", "producers"], descending=[True, False, False])


def unknown_skus(history: pl.DataFrame, attributes: pl.DataFrame) -> list[str]:
    """SKUs that corrections name but nobody has delivered as of the cycle, sorted: most likely misspelt.

    Args:
        history: `sku_attribute_history` of a cycle.
        attributes: `sku_attributes` of the same cycle.
    """
    corrected = history.filter("corrected", pl.col("known_until").is_null())
    return sorted(set(corrected["sku"].to_list()) - set(attributes["sku"].to_list()))
