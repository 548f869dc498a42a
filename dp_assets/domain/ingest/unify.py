"""Source columns → the unified schema of each feed, with every row either accepted or rejected for one stated reason.

Belongs here: the way in, and which feed goes to which table. Does not belong here: reading (`readers.py`), what becomes
of a feed's rows (`unify_transactions.py`, `unify_other_feeds.py`), storage.

Rules strike in this order, and the first one is the reason: `surplus_fields`, the type rules (`type_rules.py`), units
of measure, currencies, the configured filters, `missing_sku`. SKU codes are looked up between conversions and filters,
so that filters see the SKUs of the business. Rows read are always rows accepted plus rows rejected.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from dp_assets.domain import contracts
from dp_assets.domain.config import DemandConfig
from dp_assets.domain.ingest.feed_files import FeedFile
from dp_assets.domain.ingest.filters import FilterFunction
from dp_assets.domain.ingest.mapping_entries import MappedColumns, MappingEntry
from dp_assets.domain.ingest.sources import Source
from dp_assets.domain.ingest.unified import FileHeader, Unified
from dp_assets.domain.ingest.unify_other_feeds import unify_other_feed
from dp_assets.domain.ingest.unify_transactions import unify_transactions
from dp_assets.domain.producer_config import ProducerConfig
from dp_assets.domain.table import Table

FEED_TABLES: dict[str, str] = {
    "transactions": "unified_transactions",
    "products": "product_master",
    "attribute_corrections": "attribute_corrections",
    "promotions": "promotions",
    "events": "events",
    "regressors": "regressors",
    "stock": "stock",
    "product_life": "product_life",
}
"""Feed → table of its accepted rows."""


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
    file = FeedFile(source, MappedColumns(source, mapping, decimal, thousands), producer, config, header)
    if producer.feed == "transactions":
        return unify_transactions(file, attributes, plugins)
    return unify_other_feed(file)
