"""Which rows are rejected, by which rule, and why: the first rule that a row breaks is its reason.

Belongs here: keeping count of verdicts. Does not belong here: the rules (`type_rules.py`, `filters.py`).
"""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

Details = Callable[[pl.Series], pl.Series]
"""Texts of the rows that a Boolean mask picks, in order: they are only made for rows that are rejected."""


class Verdicts:
    """One verdict per row of a frame; null while no rule has rejected it.

    Attributes:
        reason: name of the rule.
        detail: what was expected and what came.
    """

    def __init__(self, rows: int) -> None:
        self.reason = pl.Series("reason", [None], dtype=pl.String).new_from_index(0, rows)
        self.detail = pl.Series("detail", [None], dtype=pl.String).new_from_index(0, rows)

    def reject(self, failing: pl.Series, reason: str, details: Details) -> None:
        """Rejects the rows where `failing` is true and no earlier rule has struck; nulls in `failing` count as false.

        Args:
            failing: one Boolean per row.
            reason: name of the rule.
            details: gives one text per rejected row; called only when there is one.
        """
        if not failing.any():
            return
        struck = failing.fill_null(False) & self.reason.is_null()
        if struck.any():
            places = struck.arg_true()
            self.reason = self.reason.scatter(places, reason)
            self.detail = self.detail.scatter(places, details(struck).cast(pl.String).fill_null(reason))

    @property
    def accepted(self) -> pl.Series:
        """True where no rule rejected the row."""
        return self.reason.is_null()

    def counts(self) -> dict[str, int]:
        """Reason → rejected rows, sorted by reason."""
        counted = self.reason.drop_nulls().value_counts().sort("reason")
        return {str(reason): int(count) for reason, count in counted.rows()}


def texts_of(template: str, *values: pl.Series) -> Details:
    """Details as text: the template with one `{}` per series, `nothing` for null."""

    def build(struck: pl.Series) -> pl.Series:
        if not values:
            text = template.replace("{{", "{").replace("}}", "}")
            return pl.Series("detail", [text]).new_from_index(0, int(struck.sum()))
        frame = pl.DataFrame({f"v{number}": _as_text(one.filter(struck)) for number, one in enumerate(values)})
        return frame.select(pl.format(template, *frame.columns).alias("detail"))["detail"]

    return build


def _as_text(series: pl.Series) -> pl.Series:
    if isinstance(series.dtype, pl.List):
        series = series.cast(pl.List(pl.String)).list.join(", ")
    return series.cast(pl.String, strict=False).fill_null("nothing")
