"""A file on its way to the unified schema, chunk by chunk: memory holds one chunk, however long the file is.

Belongs here: what must be known of the whole file, put together from its chunks. Does not belong here: what becomes of
a row (`unify.py`), reading (`readers.py`), where rows are written to.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

from dp_assets.domain import contracts
from dp_assets.domain.config import DemandConfig
from dp_assets.domain.filter_config import ExpressionFilter, Filter, PluginFilter
from dp_assets.domain.ingest.file_lines import Dates, refuse_empty_history
from dp_assets.domain.ingest.filters import FilterFunction
from dp_assets.domain.ingest.mapping_entries import MappingEntry
from dp_assets.domain.ingest.schema_drift import EarlierColumns, TypeEvidence, changed_columns, missing_columns
from dp_assets.domain.ingest.sources import Reading, Source
from dp_assets.domain.ingest.type_rules import type_drift
from dp_assets.domain.ingest.unified import FileHeader, Unified
from dp_assets.domain.ingest.unify import feed_table, unify
from dp_assets.domain.producer_config import ProducerConfig

HEAD = 10
"""Rows kept for whoever wants to show some."""
Write = Callable[[pl.DataFrame, pl.DataFrame], None]
"""Takes the accepted and the rejected rows of a chunk, as the contracts of their tables."""


def no_lines_kept(lines: pl.DataFrame) -> None:
    """For whoever wants the rows of a file only."""


@dataclass(frozen=True)
class Totals:
    """What a whole file comes to, without its rows.

    Attributes:
        accepted: rows accepted.
        rejected_by: reason → rows rejected, sorted by reason.
        buckets: as `contracts.FILE_BUCKETS`.
        quantity_accepted: units of accepted rows.
        units_rejected_by: reason → units of the rows it rejected, as far as they could be read, sorted by reason.
        replaces: business dates of which earlier files of the producer say nothing any more; None for none.
        schema_drift: what is different about the file's columns than the mapping says, one sentence per finding.
        rows: the first accepted rows.
        rejected: the first rejected rows.
        changed_columns: what is different since the producer's file before. Not part of what a file is ingested to: it
            depends on what is known of that file by then.
    """

    accepted: int
    rejected_by: Mapping[str, int]
    buckets: pl.DataFrame
    quantity_accepted: float
    units_rejected_by: Mapping[str, float]
    replaces: Dates | None
    schema_drift: tuple[str, ...]
    rows: pl.DataFrame
    rejected: pl.DataFrame
    changed_columns: tuple[str, ...] = ()

    @classmethod
    def nothing(cls, feed: str, config: DemandConfig) -> Totals:
        """What a duplicate or a file in quarantine leaves behind."""
        empty = feed_table(feed, config).empty()
        return cls(0, {}, contracts.FILE_BUCKETS.empty(), 0.0, {}, None, (), empty, contracts.REJECTED_ROWS.empty())

    @property
    def rows_read(self) -> int:
        """Rows of the file."""
        return self.accepted + self.rows_rejected

    @property
    def rows_rejected(self) -> int:
        """Rows rejected for any reason."""
        return sum(self.rejected_by.values())

    @property
    def quantity_rejected(self) -> float:
        """Units of rejected rows, as far as they could be read."""
        return math.fsum(self.units_rejected_by.values())


def unify_chunks(
    reading: Reading,
    mapping: Mapping[str, MappingEntry],
    producer: ProducerConfig,
    config: DemandConfig,
    header: FileHeader,
    write: Write,
    attributes: pl.DataFrame | None = None,
    plugins: Mapping[str, FilterFunction] | None = None,
    earlier: EarlierColumns | None = None,
    write_lines: Callable[[pl.DataFrame], None] = no_lines_kept,
) -> Totals:
    """Unifies a file chunk by chunk, and hands on each chunk's rows as they are done; see `unify`.

    The same rows come out however the file is cut; sums of quantities that are no whole numbers may differ in their
    last digits.

    Args:
        reading: the file; it is read to its end.
        mapping: unified column → where it comes from, from `useful_columns`.
        producer: whose file it is, with its conversion tables.
        config: attributes, filters, zones, the bucket grid.
        header: file version, producer, arrival.
        write: takes what is done. Until this returns, all of it may still turn out to be void.
        attributes: sku → attributes of the product master known at the arrival.
        plugins: functions of plugin filters.
        earlier: columns of the producer's file before, to say what has changed.
        write_lines: takes `contracts.FILE_LINES`, where the producer's files restate each other.

    Raises:
        FileRejectedError: a required column holds mostly values of another type, the file ends in something that cannot
            be read, or what it restates cannot be.
    """
    whole = Totals.nothing(producer.feed, config)
    evidence: tuple[TypeEvidence, ...] = ()
    missing: tuple[str, ...] = ()
    since: tuple[str, ...] = ()
    days = contracts.FILE_LINES.empty()
    for number, source in enumerate(_sources(reading, producer, config)):
        part = unify(source, mapping, producer, config, header, attributes, plugins)
        write(part.rows, part.rejected)
        days = _noted(days, part, producer, write_lines)
        whole = _added(whole, part)
        if number == 0:
            evidence, missing = part.evidence, missing_columns(source, mapping)
            since = changed_columns(source, mapping, earlier)
        else:
            evidence = tuple(one + other for one, other in zip(evidence, part.evidence, strict=True))
    write_lines(days)
    refuse_empty_history(producer.restatement, whole.accepted)
    changed = type_drift(evidence, mapping, reading.columns, producer.feed)
    return replace(whole, schema_drift=(*missing, *changed), changed_columns=since)


def _noted(
    days: pl.DataFrame, part: Unified, producer: ProducerConfig, write_lines: Callable[[pl.DataFrame], None]
) -> pl.DataFrame:
    """Hands on the lines of a chunk; dates, of which every chunk may hold the same, are added up and given back."""
    if part.lines is None:
        return days
    if producer.restatement.by == "rows":
        write_lines(part.lines)
        return days
    key = [name for name in contracts.FILE_LINES.schema if name not in ("rows", "quantity")]
    both = pl.concat([days, part.lines]).group_by(key, maintain_order=True)
    return contracts.FILE_LINES.conform(both.agg(pl.col("rows").sum(), pl.col("quantity").sum()))


def _added(whole: Totals, part: Unified) -> Totals:
    counted, units = Counter(whole.rejected_by), dict(whole.units_rejected_by)
    for reason, quantity in part.units_rejected_by.items():
        units[reason] = units.get(reason, 0.0) + quantity
    ranges = [one for one in (whole.replaces, part.replaces) if one is not None]
    counted.update(dict(part.rejected["reason"].value_counts().iter_rows()))
    buckets = whole.buckets
    if len(part.buckets):
        key = ["file_version_id", "bucket_start"]
        added = pl.concat([buckets, part.buckets]).group_by(key, maintain_order=True)
        buckets = contracts.FILE_BUCKETS.conform(added.agg(pl.col("rows").sum(), pl.col("quantity").sum()))
    return Totals(
        accepted=whole.accepted + len(part.rows),
        rejected_by=dict(sorted(counted.items())),
        buckets=buckets,
        quantity_accepted=whole.quantity_accepted + part.quantity_accepted,
        units_rejected_by=dict(sorted(units.items())),
        replaces=(min(first for first, _ in ranges), max(last for _, last in ranges)) if ranges else None,
        schema_drift=(),
        rows=pl.concat([whole.rows, part.rows.head(HEAD - len(whole.rows))]),
        rejected=pl.concat([whole.rejected, part.rejected.head(HEAD - len(whole.rejected))]),
    )


def _sources(reading: Reading, producer: ProducerConfig, config: DemandConfig) -> Iterator[Source]:
    if producer.feed == "transactions" and not are_separable(config.filters):
        yield reading.whole()
    else:
        yield from reading.chunks()


ROW_BY_ROW = frozenset(
    """
    in and or not when then else case between like ilike abs cast ceil coalesce concat date floor greatest if ifnull
    least left length lower ltrim mod nullif replace right round rtrim sign starts_with ends_with substr trim upper
    day dayofweek dayofyear hour month quarter week weekday year extract date_part strftime
    """.split()  # noqa: SIM905 - as a list it would fill a page
)
"""What may stand in front of a parenthesis in an expression that judges each row by itself."""
CALL = re.compile(r"(\w+)\s*\(")
ACROSS_ROWS = re.compile(r"\b(over|select)\b", re.IGNORECASE)


def are_separable(filters: Sequence[Filter]) -> bool:
    """Whether filters surely judge every row by itself: an expression may compare it with others, a plugin with all.

    >>> from dp_assets.domain.filter_config import ExpressionFilter
    >>> [are_separable([ExpressionFilter(kind="expression", name="x", keep=keep)]) for keep in
    ...  ("lower(channel) in ('web', 'shop') and quantity < 100", "quantity < 9 * avg(quantity)")]
    [True, False]
    """
    if any(isinstance(one, PluginFilter) for one in filters):
        return False
    expressions = [one.keep for one in filters if isinstance(one, ExpressionFilter)]
    return all(
        not ACROSS_ROWS.search(keep) and all(name.lower() in ROW_BY_ROW for name in CALL.findall(keep))
        for keep in expressions
    )
