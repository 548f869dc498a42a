"""Which series are meant: by their attributes, key columns, and the method of their forecast.

Belongs here: reading and applying filters. Does not belong here: what is answered about the series left.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl
from pydantic import Field

from serving.api.problems import BadParameterError
from serving.api.schemas import CycleQuery
from serving.bundle import Bundle

UNKNOWN = "<UNK>"
"""Stands for a missing attribute, as in the paths of nodes."""


class FilterQuery(CycleQuery):
    """Which series are asked about."""

    attribute: list[str] = Field(
        default_factory=list,
        max_length=50,
        examples=[["brand:own"]],
        description=(
            "`name:value` of an attribute or key column; may stand more than once. Values of one name are "
            "alternatives, different names must all hold. `<UNK>` stands for a missing value."
        ),
    )
    method: str | None = Field(None, examples=["blend"], description="What made the forecast of the first lead.")


def selected(bundle: Bundle, attributes: Sequence[str], method: str | None) -> npt.NDArray[np.intp]:
    """Rows of the series that pass, in the bundle's order.

    Raises:
        BadParameterError: an attribute is not written `name:value` or not known, or no series has that method.
    """
    passed = passed_by(bundle.described, attributes).to_numpy().copy()
    if method is not None:
        codes, words = bundle.codes("method")
        if method not in words:
            raise BadParameterError(
                f"method: expected one of {', '.join(words)}, the methods of cycle {bundle.head.cycle}, got {method!r}"
            )
        passed &= codes[:, 0] == words.index(method)
    return np.flatnonzero(passed)


def passed_by(described: pl.DataFrame, attributes: Sequence[str]) -> pl.Series:
    """Which series pass filters by attribute: one Boolean each.

    Args:
        described: a row per series, a column per attribute and key column.
        attributes: filters, each `name:value`.

    Raises:
        BadParameterError: an attribute is not written `name:value`, or not known.
    """
    passed = pl.repeat(True, len(described), eager=True)
    for name, values in _wanted(described, attributes).items():
        passed &= described.select(_holds(described, name, values)).to_series()
    return passed


def _wanted(described: pl.DataFrame, attributes: Sequence[str]) -> dict[str, list[str]]:
    """Name → values."""
    found: dict[str, list[str]] = {}
    for one in attributes:
        name, colon, value = one.partition(":")
        if not colon or name not in described.columns:
            known = ", ".join(described.columns)
            raise BadParameterError(
                f"attribute: expected name:value with one of the names {known}, e.g. attribute=brand:own, got {one!r}"
            )
        found.setdefault(name, []).append(value)
    return found


def _holds(described: pl.DataFrame, name: str, values: Sequence[str]) -> pl.Expr:
    """Whether a series has one of the values."""
    column = pl.col(name)
    if isinstance(described.schema[name], pl.List):
        missing = column.list.len().fill_null(0) == 0
        found = pl.any_horizontal(column.list.contains(value) for value in values).fill_null(False)
    else:
        missing = column.is_null()
        found = column.is_in(list(values)).fill_null(False)
    return found | missing if UNKNOWN in values else found
