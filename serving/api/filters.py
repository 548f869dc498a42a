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
    passed = np.ones(len(bundle), dtype=np.bool_)
    for name, values in _wanted(bundle, attributes).items():
        passed &= bundle.described.select(_holds(bundle.described, name, values)).to_series().to_numpy()
    if method is not None:
        codes, words = bundle.codes("method")
        if method not in words:
            raise BadParameterError(
                f"method: expected one of {', '.join(words)}, the methods of cycle {bundle.head.cycle}, got {method!r}"
            )
        passed &= codes[:, 0] == words.index(method)
    return np.flatnonzero(passed)


def _wanted(bundle: Bundle, attributes: Sequence[str]) -> dict[str, list[str]]:
    """Name → values."""
    found: dict[str, list[str]] = {}
    for one in attributes:
        name, colon, value = one.partition(":")
        if not colon or name not in bundle.described.columns:
            known = ", ".join(bundle.described.columns)
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
