"""What a file's lines are to other files of its producer: the lines or dates that others may restate, and those it
restates itself.

Belongs here: keys of lines, dates in paths, the index `file_lines` that is written as a file is ingested.
Does not belong here: comparing files with each other (`restatements.py`), the rules as configured
(`restatement_config.py`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta

import polars as pl

from dp_assets.domain.config import DemandConfig
from dp_assets.domain.contracts import FILE_LINES
from dp_assets.domain.errors import FileRejectedError
from dp_assets.domain.ingest.verdicts import Verdicts, texts_of
from dp_assets.domain.producer_config import ProducerConfig
from dp_assets.domain.restatement_config import RestatementConfig, restated_groups

Dates = tuple[date, date]
"""First and last business date, both included."""
EVERYTHING: Dates = (date.min, date.max)
CANCELLED = "cancelled"
KEY_SEPARATOR = "\x1f"
_DAY = re.compile(r"(\d{4})(?:-?(\d{2})(?:-?(\d{2}))?)?")


def is_indexed(producer: ProducerConfig, config: DemandConfig) -> bool:
    """Whether other files may restate this producer's, so that its files leave `file_lines` behind."""
    return producer.feed == "transactions" and producer.name in restated_groups(config.producers)


def reject_unidentified(typed: pl.DataFrame, verdicts: Verdicts, rule: RestatementConfig) -> None:
    """A line that nothing could ever correct is not accepted where lines are corrected."""
    if rule.by == "rows":
        detail = "expected a transaction_id, by which the producer's files restate its lines, got nothing"
        verdicts.reject(typed["transaction_id"].is_null(), "missing_transaction_id", texts_of(detail))


def reject_cancelled(typed: pl.DataFrame, verdicts: Verdicts, rule: RestatementConfig) -> None:
    """A quantity of zero withdraws the line: it takes back what stood there, and leaves nothing in its place."""
    if rule.by == "rows":
        detail = "a quantity of zero withdraws the line; nothing of it counts"
        verdicts.reject(typed["quantity"] == 0, CANCELLED, texts_of(detail))


def reject_outside(typed: pl.DataFrame, verdicts: Verdicts, dates: Dates | None) -> None:
    """A row outside the dates that its file declares would not be replaced by the next file of those dates."""
    if dates is not None:
        first, last = dates
        detail = f"expected a date from {first} to {last}, which the file's path declares, got {{}}"
        outside = (typed["sold_on"] < first) | (typed["sold_on"] > last)
        verdicts.reject(outside, "outside_declared_dates", texts_of(detail, typed["sold_on"]))


def declared_dates(uri: str, rule: RestatementConfig) -> Dates | None:
    """The dates that a file's path declares; None where its rule takes them from elsewhere.

    Raises:
        FileRejectedError: the pattern does not find them.
    """
    if rule.pattern is None:
        return None
    found = re.search(rule.pattern, uri)
    if found is None:
        raise FileRejectedError(
            f"expected dates in the path {uri!r} by the pattern {rule.pattern!r} of its producer's restatement, found "
            "none; rename the file or correct the pattern"
        )
    texts = found.groupdict()
    first, last = (_period(texts.get(name) or texts["first"], uri) for name in ("first", "last"))
    if last[1] < first[0]:
        raise FileRejectedError(f"expected the dates in the path {uri!r} in order, found {first[0]} to {last[1]}")
    return first[0], last[1]


def _period(text: str | None, uri: str) -> Dates:
    """The day, month or year that a text names.

    >>> _period("2016-02", "")
    (datetime.date(2016, 2, 1), datetime.date(2016, 2, 29))
    """
    found = _DAY.fullmatch(text or "")
    try:
        if found is None:
            raise ValueError(text)
        year, month, day = (int(part) if part else None for part in found.groups())
        first = date(year or 0, month or 1, day or 1)
        following = (
            first + timedelta(days=1)
            if day
            else date(first.year + first.month // 12, first.month % 12 + 1, 1)
            if month
            else date(first.year + 1, 1, 1)
        )
    except ValueError:
        raise FileRejectedError(
            f"expected a day, a month or a year such as 2017-03-31, 2017-03 or 2017 in the path {uri!r}, found {text!r}"
        ) from None
    return first, following - timedelta(days=1)


def refuse_empty_history(rule: RestatementConfig, accepted: int) -> None:
    """A whole history without an accepted row would erase everything.

    Raises:
        FileRejectedError: that is what it is.
    """
    if rule.range == "everything" and not accepted:
        raise FileRejectedError(
            "expected the whole history of its producer, got no row that is accepted; what was delivered before stays. "
            "Land the whole file, or recall the files before it"
        )


def replaced_dates(
    typed: pl.DataFrame, verdicts: Verdicts, understood: pl.Series, rule: RestatementConfig, date_filters: Sequence[str]
) -> Dates | None:
    """The dates that a file of its content, or of the whole history, replaces; None for none.

    Rows count that were understood and fall into the dates of interest, accepted or not: a day whose every row was
    filtered out is a day the file tells about.
    """
    if rule.by != "dates" or rule.range == "name":
        return None
    if rule.range == "everything":
        return EVERYTHING
    told = understood & ~verdicts.reason.is_in(list(date_filters)).fill_null(False)
    days = typed["sold_on"].filter(told)
    first, last = days.min(), days.max()
    return (first, last) if isinstance(first, date) and isinstance(last, date) else None


def file_lines(
    typed: pl.DataFrame, accepted: pl.Series, understood: pl.Series, rule: RestatementConfig, file_version_id: str
) -> pl.DataFrame:
    """The index of a file, as `contracts.FILE_LINES`: its lines by key, or its accepted rows per business date.

    Args:
        typed: every source row.
        accepted: rows that count.
        understood: rows that could be read; those that a filter then rejects still take back what they restate.
        rule: of the producer.
        file_version_id: the file version.
    """
    name = pl.lit(file_version_id).alias("file_version_id")
    if rule.by != "rows":
        days = typed.filter(accepted).group_by("sold_on").agg(pl.len().alias("rows"), pl.col("quantity").sum())
        number, key = pl.lit(None, pl.Int64).alias("row_number"), pl.lit(None, pl.String).alias("line_key")
        return FILE_LINES.conform(days.with_columns(name, number, key))
    counts = accepted.cast(pl.Int64)
    lines = typed.select(
        name,
        "row_number",
        line_key(rule).alias("line_key"),
        "sold_on",
        counts.alias("rows"),
        (pl.col("quantity") * counts).alias("quantity"),
    )
    return FILE_LINES.conform(lines.filter(understood & lines["line_key"].is_not_null()))


def line_key(rule: RestatementConfig) -> pl.Expr:
    """The key of a line as text; null without a transaction or a SKU; no location is a location, too."""
    parts = [
        pl.col(name).cast(pl.String).fill_null("") if name == "location" else pl.col(name).cast(pl.String)
        for name in rule.key
    ]
    return pl.concat_str(parts, separator=KEY_SEPARATOR)
