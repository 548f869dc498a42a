"""A producer's file on its way to the unified schema: its mapped columns, typed as their feed wants them.

Belongs here: how the columns of one file, or of one chunk of it, become texts, numbers, moments, labels and SKUs.
Does not belong here: where a unified column comes from (`mapping_entries.py`), what texts mean (`values.py`), which
columns a feed has (`unify_transactions.py`, `unify_other_feeds.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from dp_assets.domain.config import DemandConfig
from dp_assets.domain.ingest import values
from dp_assets.domain.ingest.detection import WORKBOOK_FORMATS
from dp_assets.domain.ingest.mapping_entries import MappedColumns
from dp_assets.domain.ingest.sources import JSON_FORMATS, Source
from dp_assets.domain.ingest.unified import FileHeader
from dp_assets.domain.producer_config import ProducerConfig


@dataclass(frozen=True)
class FeedFile:
    """One file, or one chunk of it, with all that decides what becomes of its rows. Series have one value per row."""

    source: Source
    mapped: MappedColumns
    producer: ProducerConfig
    config: DemandConfig
    header: FileHeader

    def identifiers(self, name: str) -> pl.Series:
        """Codes as text, however the file writes them."""
        return self.mapped.typed(name, values.identifiers)

    def texts(self, name: str) -> pl.Series:
        """Texts; null where there is nothing."""
        return self.mapped.typed(name, values.texts)

    def numbers(self, name: str) -> pl.Series:
        """Numbers, with the decimal and thousands marks of the file."""
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
        """Lists of labels: text is split, lists stay lists."""
        json_lists = self.source.format in JSON_FORMATS
        return self.mapped.typed(name, lambda series: values.labels(series, separator, json_lists))

    def skus(self, codes: pl.Series, days: pl.Series | None) -> pl.Series:
        """SKUs of the business that the producer's codes stand for on business days; see `CrossReference.resolve`."""
        tables = self.producer.tables
        return (
            codes if tables is None or tables.cross_reference is None else tables.cross_reference.resolve(codes, days)
        )


def typed_frame(columns: Mapping[str, pl.Series]) -> pl.DataFrame:
    """Every source row with its unified columns; null where a value is missing or cannot be understood."""
    return pl.DataFrame([series.alias(name) for name, series in columns.items()])
