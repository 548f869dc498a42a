"""Columns that stand in many tables, and short ways to describe one.

Belongs here: what tables of several stages share. Does not belong here: the tables, what a column is (`table.py`).
"""

from __future__ import annotations

import polars as pl

from dp_assets.domain.config import DemandConfig
from dp_assets.domain.table import LABELS, UTC_TIME, Column


def text(name: str, description: str, nullable: bool = False) -> Column:
    """A column of text."""
    return Column(name, pl.String(), description, nullable=nullable)


def number(name: str, description: str, unit: str = "", nullable: bool = False, minimum: float | None = None) -> Column:
    """A column of numbers in a unit."""
    return Column(name, pl.Float64(), description, unit, nullable, minimum)


def count(name: str, description: str, nullable: bool = False) -> Column:
    """A column that counts rows."""
    return Column(name, pl.Int64(), description, "rows", nullable, 0)


FILE_VERSION = text("file_version_id", "one landed version of one file: producer + hash(uri, etag)")
ROW = Column("row_number", pl.Int64(), "number of the data row in its file, counted from 1", minimum=1)
KNOWN_FROM = Column("known_from", UTC_TIME, "moment from which this was known: the arrival of what says so")


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


def group_columns() -> tuple[Column, ...]:
    """Level and member of the group that a line of a plan is about, null where it is about none."""
    return (
        text("level", "attribute, key column or level of a hierarchy's table whose member it is about", nullable=True),
        text("member", "its member, such as a region's name", nullable=True),
    )


def key_columns(config: DemandConfig) -> tuple[Column, ...]:
    """`series_id` and the key columns behind it."""
    return (
        text("series_id", "the key columns joined by |"),
        *(text(name, "key column of the series") for name in config.series_key),
    )


def quantile_name(level: float) -> str:
    """Column of a quantile level: q0.5, q0.025."""
    return f"q{level:g}"


def quantile_columns(config: DemandConfig) -> tuple[Column, ...]:
    """One column per published quantile level."""
    return tuple(
        number(quantile_name(level), f"quantile at level {level:g}", "units per bucket", minimum=0)
        for level in config.quantile_levels
    )
