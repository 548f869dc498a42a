"""What a table of the lake is: columns, key, grain, and the check of a frame against them.

Belongs here: the mechanism of contracts. Does not belong here: the tables themselves (`contracts`).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from dp_assets.domain.errors import ContractError

UTC_TIME = pl.Datetime("us", "UTC")


LABELS = pl.List(pl.String())
SORTED_BY_NUMBERS = 10_000
"""Rows from which on it pays to make numbers of texts before they are compared."""
TEXT_AS_NUMBER: tuple[tuple[int, pl.DataType], ...] = ((8, pl.UInt64()), (16, pl.UInt128()))
"""Bytes of a text, and the number that holds them."""


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
            frame, is_ordered = in_order(frame, self.key)
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


def in_order(frame: pl.DataFrame, key: tuple[str, ...]) -> tuple[pl.DataFrame, bool]:
    """The rows sorted by a key, and whether that is known to ascend: it does not where it repeats or holds nulls."""
    if ascends(frame, key):
        return frame, True
    if len(frame) >= SORTED_BY_NUMBERS and not any(
        frame[name].null_count() or frame[name].dtype.is_nested() for name in key
    ):
        numbers = pl.DataFrame([number for name in key if (number := comparable(frame[name])) is not None])
        by_numbers = frame[numbers.select(pl.arg_sort_by(numbers.columns)).to_series()] if numbers.width else frame
        if ascends(by_numbers, key):
            return by_numbers, True
    return frame.sort(key), False


def comparable(values: pl.Series) -> pl.Series | None:
    """Values that compare as a column without nulls does, and faster; None where it holds one value throughout.

    A short text is the number that its bytes are, a long one its place among few different ones. Texts that differ in
    zero bytes at their ends alone give one number: whoever sorts by it looks at the order afterwards.

    >>> comparable(pl.Series("sku", ["b", "a", "ab"])).rank().to_list(), comparable(pl.Series(["a", "a"]))
    ([3.0, 1.0, 2.0], None)
    """
    if (values == values[0]).all():
        return None
    if values.dtype != pl.String:
        return values
    longest = int(values.str.len_bytes().max())  # type: ignore[arg-type]
    for size, number in TEXT_AS_NUMBER:
        if longest <= size:
            padded = values.str.pad_end(size, "\0").cast(pl.Binary)  # to so many characters, which may be more bytes
            padded = padded if padded.bin.size().max() == size else padded.bin.slice(0, size)
            return padded.bin.reinterpret(dtype=number, endianness="big")
    different = values.unique()
    return values.cast(pl.Enum(different.sort())).to_physical() if len(different) * 8 < len(values) else values
