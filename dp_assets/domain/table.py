"""What a table of the lake is: columns, key, grain, and the check of a frame against them.

Belongs here: the mechanism of contracts. Does not belong here: the tables themselves (`contracts`).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from dp_assets.domain.errors import ContractError

UTC_TIME = pl.Datetime("us", "UTC")


LABELS = pl.List(pl.String())


@dataclass(frozen=True)
class Column:
    """One column: Polars type, meaning, unit, and the range its values keep (both ends included)."""

    name: str
    dtype: pl.DataType
    description: str
    unit: str = ""
    nullable: bool = False
    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True)
class Table:
    """One table: its grain in words, its columns in order, and the key that is unique in each partition."""

    name: str
    grain: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    partitioned_by: str = field(default="cycle")

    @property
    def schema(self) -> pl.Schema:
        """Polars schema, in column order."""
        return pl.Schema({column.name: column.dtype for column in self.columns})

    def empty(self) -> pl.DataFrame:
        """A frame with no rows."""
        return pl.DataFrame(schema=self.schema)

    def conform(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Selects the columns in order, casts them, sorts by the key, and validates.

        Raises:
            ContractError: a column is missing, cannot be cast, or breaks its range or the key.
        """
        missing = [column.name for column in self.columns if column.name not in frame.columns]
        if missing:
            raise ContractError(f"table {self.name}: missing columns {missing}; got {frame.columns}")
        try:
            frame = frame.select(pl.col(column.name).cast(column.dtype) for column in self.columns)
            is_ordered = ascends(frame, self.key)
            frame = frame if is_ordered else frame.sort(self.key)
        except pl.exceptions.PolarsError as error:
            raise ContractError(f"table {self.name}: a column cannot be cast to its type: {error}") from error
        self._refuse(self.violations(frame, is_ordered))
        return frame

    def violations(self, frame: pl.DataFrame, is_ordered: bool = False) -> list[str]:
        """What is wrong with a frame, one sentence per finding; empty when it keeps the contract.

        Args:
            frame: the rows.
            is_ordered: whether its key is known to ascend.
        """
        found: list[str] = []
        if frame.schema != self.schema:
            for name, dtype in self.schema.items():
                if name not in frame.schema:
                    found.append(f"column {name} is missing")
                elif frame.schema[name] != dtype:
                    found.append(f"column {name} is {frame.schema[name]}, expected {dtype}")
            found += [f"column {name} is not part of the table" for name in frame.columns if name not in self.schema]
            if found:
                return found
        for column in self.columns:
            values = frame[column.name]
            if not column.nullable and (nulls := values.null_count()):
                found.append(f"{nulls} rows have no {column.name}")
            if column.minimum is not None or column.maximum is not None:
                low, high = column.minimum, column.maximum
                outside = pl.lit(False)
                if low is not None:
                    outside = outside | (pl.col(column.name) < low)
                if high is not None:
                    outside = outside | (pl.col(column.name) > high)
                if column.dtype.is_float():
                    outside = outside | ~pl.col(column.name).is_finite()
                if count := frame.select(outside.fill_null(False).sum()).item():
                    found.append(f"{count} rows have {column.name} outside [{low}, {high}]")
        unique = not self.key or is_ordered or ascends(frame, self.key)
        if not unique and (repeated := len(frame) - frame.select(self.key).n_unique()):
            found.append(f"{repeated} rows repeat the key {list(self.key)}")
        return found

    def validate(self, frame: pl.DataFrame) -> None:
        """Raises ContractError with every violation found."""
        self._refuse(self.violations(frame))

    def _refuse(self, found: list[str]) -> None:
        if found:
            raise ContractError(f"table {self.name} breaks its contract: " + "; ".join(found))


def ascends(frame: pl.DataFrame, key: tuple[str, ...]) -> bool:
    """Whether every row's key is above the one before it: sorted, and none twice. It is far cheaper than sorting.

    >>> ascends(pl.DataFrame({"a": [1, 1, 2], "b": [1, 2, 1]}), ("a", "b"))
    True
    """
    columns = [frame[name] for name in key]
    if not columns or any(column.null_count() or column.dtype.is_nested() for column in columns):
        return False
    tied: pl.Series | None = None  # places of the rows that are as the one before them so far; None for all
    for column in columns:
        later, earlier = column.slice(1), column.slice(0, max(len(frame) - 1, 0))
        if tied is not None:
            later, earlier = later.gather(tied), earlier.gather(tied)
        if (later < earlier).any():
            return False
        same = (later == earlier).arg_true()
        if not len(same):
            return True
        if len(same) < len(later):
            tied = same if tied is None else tied.gather(same)
    return False
