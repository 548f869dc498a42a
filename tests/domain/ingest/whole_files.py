"""Whole files in the unified schema, as tests of any feed look at them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from dp_assets.domain.config import DemandConfig
from dp_assets.domain.ingest.mapping import useful_columns
from dp_assets.domain.ingest.mapping_entries import source_columns
from dp_assets.domain.ingest.readers import detect_file, open_source
from dp_assets.domain.ingest.unified import FileHeader
from dp_assets.domain.ingest.unify_chunks import Totals, unify_chunks

ARRIVAL = datetime(2017, 2, 1, tzinfo=UTC)


@dataclass
class Whole:
    """A whole file as it was unified."""

    totals: Totals
    rows: pl.DataFrame
    rejected: pl.DataFrame

    def __getattr__(self, name: str) -> Any:
        return getattr(self.totals, name)


def unified(tmp_path: Path, data: bytes, config: DemandConfig, **options: Any) -> Whole:
    path, producer = tmp_path / "file", config.producers[0]
    path.write_bytes(data)
    mapping, header = useful_columns(producer, config), FileHeader("shop-1", "shop", ARRIVAL)
    parts: list[tuple[pl.DataFrame, pl.DataFrame]] = []
    with open_source(path, detect_file(path, producer), producer, source_columns(mapping)) as reading:
        totals = unify_chunks(
            reading, mapping, producer, config, header, lambda *tables: parts.append(tables), **options
        )
    rows, rejected = (pl.concat(tables) for tables in zip(*parts, strict=True))
    return Whole(totals, rows, rejected)
