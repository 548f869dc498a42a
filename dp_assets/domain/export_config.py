"""Where published numbers are handed to other programs, as `demand.yaml` describes it.

Belongs here: the section `exports`, and which columns a target may hold. Does not belong here: the rows (`exports.py`),
writing them (`dp_resources/export_targets.py`), the database's URL (`dp_resources/settings.py`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, Self

from pydantic import field_validator, model_validator

from dp_assets.domain.config_section import MisplacedValueError, Section, Slug

POSTGRESQL = "postgresql:"
TABLE_NAME = re.compile(r"[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)?")
SERIES_LEVEL = "series"
NUMBERS = (
    *("lead", "bucket_start", "final", "statistical", "reconciled", "override"),
    *("lower_80", "upper_80", "lower_95", "upper_95", "method", "user", "reason_code"),
)


def columns_of(level: str, series_key: Sequence[str]) -> tuple[str, ...]:
    """Every column that an export of a level can have, in order.

    >>> columns_of("total", ["sku"])[:5]
    ('cycle', 'hierarchy', 'level', 'node', 'lead')
    """
    place = ("series_id", *series_key) if level == SERIES_LEVEL else ("hierarchy", "level", "node")
    return ("cycle", *place, *NUMBERS)


class ExportConfig(Section):
    """One target that every published cycle is written to."""

    name: Slug
    """Name of the export, and of its files: `<name>_<cycle>.csv`."""
    to: str
    """A folder (relative to `demand.yaml`), `s3://bucket/prefix`, or `postgresql:table` (or `postgresql:schema.table`)
    in the database of `DP_EXPORT_DATABASE_URL`."""
    format: Literal["csv", "parquet"] | None = None
    """Of files; `csv` when left out. A table of a database has none."""
    level: str = SERIES_LEVEL
    """`series`, `total` or a level of a hierarchy."""
    hierarchy: str | None = None
    """Hierarchy of the level; the first one that has it when left out."""
    columns: tuple[str, ...] | None = None
    """Which columns, in this order; all when left out. [Exports](exports.md) lists them. A table of a database must
    have `cycle`, by which its rows are replaced."""

    @property
    def table(self) -> str | None:
        """Table of the database it is written to; None for files."""
        return self.to.removeprefix(POSTGRESQL) if self.to.startswith(POSTGRESQL) else None

    @property
    def suffix(self) -> Literal["csv", "parquet"]:
        """End of its files' names."""
        return self.format or "csv"

    @field_validator("to")
    @classmethod
    def _is_a_place(cls, to: str) -> str:
        if to.startswith(POSTGRESQL):
            if not TABLE_NAME.fullmatch(to.removeprefix(POSTGRESQL)):
                raise ValueError(
                    f"expected postgresql:table or postgresql:schema.table in small letters, digits and _, got {to!r}; "
                    "user, password and host stand in DP_EXPORT_DATABASE_URL"
                )
        elif not to or ("://" in to and not to.startswith("s3://")):
            raise ValueError(f"expected a folder, s3://bucket/prefix or postgresql:table, got {to!r}")
        return to

    @model_validator(mode="after")
    def _a_table_has_no_format(self) -> Self:
        if self.table is not None and self.format is not None:
            raise MisplacedValueError(f"a table of a database has no format, got {self.format!r}", "format")
        if self.table is not None and self.columns is not None and "cycle" not in self.columns:
            raise MisplacedValueError("a table of a database needs the column cycle, by which rows go", "columns")
        return self


def export_mistake(
    exports: Sequence[ExportConfig], hierarchies: Sequence[tuple[str, Sequence[str]]], series_key: Sequence[str]
) -> MisplacedValueError | None:
    """What is wrong with exports beside the rest of the configuration; None where nothing is.

    Args:
        exports: the section.
        hierarchies: name and levels of each, the first one that of the configuration where none is.
        series_key: key columns of series.
    """
    for index, one in enumerate(exports):
        earlier = exports[:index]
        if one.name in {other.name for other in earlier}:
            return MisplacedValueError(f"names of exports must differ, but {one.name!r} stands twice", index, "name")
        if one.table is not None and one.table in {other.table for other in earlier}:
            message = f"expected a table of its own, but an earlier export is written to {one.table!r} too"
            return MisplacedValueError(message, index, "to")
        named = [name for name, _ in hierarchies]
        if one.hierarchy is not None and one.hierarchy not in named:
            return MisplacedValueError(f"expected one of {named}, got {one.hierarchy!r}", index, "hierarchy")
        meant = [levels for name, levels in hierarchies if one.hierarchy in (None, name)]
        levels = [SERIES_LEVEL, "total", *dict.fromkeys(level for found in meant for level in found)]
        if one.level not in levels:
            return MisplacedValueError(f"expected one of the levels {levels}, got {one.level!r}", index, "level")
        known = columns_of(one.level, series_key)
        if unknown := [name for name in one.columns or () if name not in known]:
            return MisplacedValueError(f"expected some of {list(known)}, got {unknown[0]!r}", index, "columns")
        if one.columns is not None and len(set(one.columns)) != max(1, len(one.columns)):
            return MisplacedValueError("expected at least one column, each once", index, "columns")
    return None
