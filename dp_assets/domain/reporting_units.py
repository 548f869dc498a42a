"""Units of measure that forecasts are reported in: cases, pallets, kilograms.

Belongs here: the table behind `reporting.unit_table`, its columns, and what numbers of units come to in each unit of
measure. Does not belong here: the form of such a table (`ingest/conversions.py`), which numbers there are
(`temporal.py`).

A factor says how many units of the business one of that unit of measure is, so units are divided by it. What has no
factor is unknown, and so is every sum that it is part of: the sum of the others would be too small.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import polars as pl

from dp_assets.domain.errors import ConfigError
from dp_assets.domain.ingest.conversions import UnitTable, read_unit_table
from dp_assets.domain.known_lines import slug

if TYPE_CHECKING:
    from dp_assets.domain.config import DemandConfig

Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ReportingUnits:
    """The units of measure of one table.

    Attributes:
        table: factors; a SKU in it is one of the business.
        columns: unit of measure → column, in the order in which the table first names them, so that a unit added at its
            end keeps the place of every other column.
    """

    table: UnitTable
    columns: Mapping[str, str]

    @classmethod
    def of(cls, table: UnitTable) -> ReportingUnits:
        """A column for every unit of measure of a table: `Small case` → `in_small_case`.

        Raises:
            ConfigError: a name has neither letters a to z nor digits, or two come to the same column.
        """
        units: dict[str, str] = {}
        for unit in dict.fromkeys(unit for unit, _ in table.factors):
            if not slug(unit):
                raise ConfigError(f"{table.name}: expected units with letters a to z or digits, got {unit!r}")
            column = f"in_{slug(unit)}"
            if column in units:
                raise ConfigError(
                    f"{table.name}: expected units that make columns of their own, but {units[column]!r} and {unit!r} "
                    f"are both {column}; rename one"
                )
            units[column] = unit
        return cls(table, {unit: column for column, unit in units.items()})

    @property
    def digest(self) -> str:
        """Hash of what the table says; the order of its lines counts as far as columns follow it."""
        says = (list(self.columns), sorted(self.table.factors.items()))
        return hashlib.sha256(repr(says).encode()).hexdigest()[:16]

    def converted(self, numbers: Matrix, skus: pl.Series) -> dict[str, Matrix]:
        """Column → numbers in that unit of measure, (S, P); NaN where one that is not 0 has no factor.

        Args:
            numbers: (S, P) units of the business.
            skus: (S,) SKU of each series.
        """
        found: dict[str, Matrix] = {}
        for unit, column in self.columns.items():
            factor = self.table.factor_of(pl.Series([unit]).new_from_index(0, len(skus)), skus)
            found[column] = np.where(numbers == 0, 0.0, numbers / factor.to_numpy()[:, None])
        return found


def with_reporting_units(config: DemandConfig, folder: Path) -> DemandConfig:
    """The configuration with `reporting.unit_table` read, so that nothing looks for files later.

    Raises:
        ConfigError: see `read_reporting_units`.
    """
    reporting = config.reporting
    if reporting.unit_table is None:
        return config
    units = read_reporting_units(folder / reporting.unit_table)
    return config.model_copy(update={"reporting": reporting.with_units(units)})


def read_reporting_units(path: Path) -> ReportingUnits:
    """The units of measure of a table.

    Raises:
        ConfigError: see `read_unit_table` and `ReportingUnits.of`.
    """
    return ReportingUnits.of(read_unit_table(path))
