"""Row filters of a customer: unified rows in, one Boolean per row out."""

import polars as pl


def open_stores(frame: pl.DataFrame, *, closed: str) -> pl.Series:
    """True for the rows that are kept: those whose location is not in the list `closed`, e.g. `s1|s7`."""
    return ~frame["location"].is_in(closed.split("|"))
