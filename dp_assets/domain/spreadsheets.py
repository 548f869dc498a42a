"""Text that a spreadsheet shows and does not run.

Belongs here: what counts as a formula. Does not belong here: writing files.
"""

from __future__ import annotations

import polars as pl

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a spreadsheet takes for the beginning of a formula, or of a cell of its own."""


def guarded(frame: pl.DataFrame) -> pl.DataFrame:
    """The same table; text that a spreadsheet would run as a formula gets a `'` in front.

    >>> guarded(pl.DataFrame({"user": ["=1+1", "ann", None]}))["user"].to_list()
    ["'=1+1", 'ann', None]
    """
    texts = [pl.col(name) for name, kind in frame.schema.items() if kind == pl.String]
    return frame.with_columns(
        pl.when(one.str.slice(0, 1).is_in(FORMULA_STARTS)).then("'" + one).otherwise(one).name.keep() for one in texts
    )
