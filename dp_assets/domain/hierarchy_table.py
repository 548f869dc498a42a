"""Tables that say where series belong in a hierarchy, and from when on.

Belongs here: reading one, and what it says as of a cutoff. Does not belong here: hierarchies themselves
(`hierarchy.py`), which may be built from attributes as well.

A CSV with one or more key columns (`sku`, `location`), a column per level, and optionally `valid_from` (ISO date). A
series that moves to another parent has a line per place, and a cycle sees the last one not after its cutoff. A place
without a date holds from the beginning. An empty cell is a place that nobody knows: the series hangs below `<UNK>`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from dp_assets.domain.errors import ConfigError

if TYPE_CHECKING:
    from dp_assets.domain.config import DemandConfig

VALID_FROM = "valid_from"
BEGINNING = date(1, 1, 1)


@dataclass(frozen=True, eq=False)
class HierarchyTable:
    """What was read.

    Attributes:
        keys: key columns it has.
        rows: keys, levels as text, valid_from.
    """

    keys: tuple[str, ...]
    rows: pl.DataFrame

    @property
    def digest(self) -> str:
        """Hash of what it says, whatever the order of its lines."""
        return hashlib.sha256(self.rows.write_csv().encode()).hexdigest()[:16]

    def as_of(self, cutoff: date) -> pl.DataFrame:
        """Keys and levels of the last line of each series that holds at a cutoff."""
        held = self.rows.filter(pl.col(VALID_FROM) <= cutoff).sort(*self.keys, VALID_FROM)
        return held.group_by(self.keys, maintain_order=True).last().drop(VALID_FROM)


def read_hierarchy_table(path: Path, levels: Iterable[str], series_key: Iterable[str]) -> HierarchyTable:
    """Reads a table.

    Args:
        path: the CSV.
        levels: columns it must have.
        series_key: key columns, of which it must have one at least.

    Raises:
        ConfigError: it cannot be read, lacks a column, has a date that is none, or two lines for one series and date.
    """
    try:
        frame = pl.read_csv(path, infer_schema=False)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise ConfigError(f"{path.name}: expected a CSV with a header, got: {error}") from error
    keys = tuple(name for name in series_key if name in frame.columns)
    if missing := [name for name in levels if name not in frame.columns]:
        raise ConfigError(f"{path.name}: expected the columns {missing}, too; got {frame.columns}")
    if not keys:
        raise ConfigError(f"{path.name}: expected a key column among {list(series_key)}, got {frame.columns}")
    written = pl.col(VALID_FROM) if VALID_FROM in frame.columns else pl.lit(None, pl.String())
    rows = frame.select(
        *(pl.col(name).str.strip_chars() for name in keys),
        *(pl.col(name).str.strip_chars().replace("", None) for name in levels if name not in keys),
        written.str.strip_chars().replace("", None).alias("written"),
    ).with_columns(pl.col("written").str.to_date("%Y-%m-%d", strict=False).fill_null(BEGINNING).alias(VALID_FROM))
    wrong = rows.filter(pl.col("written").is_not_null() & (pl.col(VALID_FROM) == BEGINNING))
    if len(wrong):
        raise ConfigError(
            f"{path.name}: expected dates such as 2025-03-31 as {VALID_FROM}, got {wrong['written'][0]!r}"
        )
    rows = rows.drop("written").sort(*keys, VALID_FROM)
    if len(repeated := rows.filter(pl.struct(*keys, VALID_FROM).is_duplicated())):
        raise ConfigError(
            f"{path.name}: expected one line per series and date, got several of {repeated.select(keys).row(0)} from "
            f"{repeated[VALID_FROM][0]} on"
        )
    return HierarchyTable(keys, rows)


def with_hierarchy_tables(config: DemandConfig, folder: Path) -> DemandConfig:
    """The configuration with every table that hierarchies name read, so that nothing looks for files later.

    Raises:
        ConfigError: see `read_hierarchy_table`.
    """
    if not any(one.table and one.places is None for one in config.hierarchies):
        return config
    read = tuple(
        one.with_places(read_hierarchy_table(folder / one.table, one.levels, config.series_key)) if one.table else one
        for one in config.hierarchies
    )
    return config.model_copy(update={"hierarchies": read})
