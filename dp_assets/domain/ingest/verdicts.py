"""Which rows are rejected, by which rule, and why: the first rule that a row breaks is its reason.

Belongs here: keeping count of verdicts. Does not belong here: the rules (`unify.py`, `filters.py`).
"""

from __future__ import annotations

from collections.abc import Callable

import polars as pl


class Verdicts:
    """One verdict per row of a frame; null while no rule has rejected it.

    Attributes:
        reason: name of the rule.
        detail: what was expected and what came.
    """

    def __init__(self, rows: int) -> None:
        self.reason = pl.Series("reason", [None] * rows, dtype=pl.String)
        self.detail = pl.Series("detail", [None] * rows, dtype=pl.String)

    def reject(self, failing: pl.Series, reason: str, details: Callable[[], pl.Series]) -> None:
        """Rejects the rows where `failing` is true and no earlier rule has struck; nulls in `failing` count as false.

        Args:
            failing: one Boolean per row.
            reason: name of the rule.
            details: gives one text per row; called only when a row is rejected.
        """
        struck = failing.fill_null(False) & self.reason.is_null()
        if struck.any():
            self.reason = pl.Series("reason", [reason]).new_from_index(0, len(struck)).zip_with(struck, self.reason)
            self.detail = details().cast(pl.String).fill_null(reason).zip_with(struck, self.detail).alias("detail")

    @property
    def accepted(self) -> pl.Series:
        """True where no rule rejected the row."""
        return self.reason.is_null()

    def counts(self) -> dict[str, int]:
        """Reason → rejected rows, sorted by reason."""
        counted = self.reason.drop_nulls().value_counts().sort("reason")
        return {str(reason): int(count) for reason, count in counted.rows()}


def texts_of(template: str, *values: pl.Series) -> Callable[[], pl.Series]:
    """Details as text: the template with one `{}` per series, `nothing` for null."""

    def build() -> pl.Series:
        frame = pl.DataFrame({f"v{number}": _as_text(series) for number, series in enumerate(values)})
        return frame.select(pl.format(template, *frame.columns).alias("detail"))["detail"]

    return build


def _as_text(series: pl.Series) -> pl.Series:
    if isinstance(series.dtype, pl.List):
        series = series.cast(pl.List(pl.String)).list.join(", ")
    return series.cast(pl.String, strict=False).fill_null("nothing")
