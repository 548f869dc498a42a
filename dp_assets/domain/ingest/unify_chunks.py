"""A file on its way to the unified schema, chunk by chunk: memory holds one chunk, however long the file is.

Belongs here: what must be known of the whole file, put together from its chunks. Does not belong here: what becomes of
a row (`unify.py`), reading (`readers.py`), where rows are written to.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

from dp_assets.domain import contracts
from dp_assets.domain.config import DemandConfig
from dp_assets.domain.filter_config import ExpressionFilter, Filter, PluginFilter
from dp_assets.domain.ingest.filters import FilterFunction
from dp_assets.domain.ingest.mapping_entries import MappingEntry
from dp_assets.domain.ingest.schema_drift import EarlierColumns, TypeEvidence, changed_columns, missing_columns
from dp_assets.domain.ingest.sources import Reading, Source
from dp_assets.domain.ingest.unify import FileHeader, Unified, feed_table, type_drift, unify
from dp_assets.domain.producer_config import ProducerConfig

HEAD = 10
"""Rows kept for whoever wants to show some."""
Write = Callable[[pl.DataFrame, pl.DataFrame], None]
"""Takes the accepted and the rejected rows of a chunk, as the contracts of their tables."""


@dataclass(frozen=True)
class Totals:
    """What a whole file comes to, without its rows.

    Attributes:
        accepted: rows accepted.
        rejected_by: reason → rows rejected, sorted by reason.
        buckets: as `contracts.FILE_BUCKETS`.
        quantity_accepted: units of accepted rows.
        quantity_rejected: units of rejected rows, as far as they could be read.
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
    quantity_rejected: float
    schema_drift: tuple[str, ...]
    rows: pl.DataFrame
    rejected: pl.DataFrame
    changed_columns: tuple[str, ...] = ()

    @classmethod
    def nothing(cls, feed: str, config: DemandConfig) -> Totals:
        """What a duplicate or a file in quarantine leaves behind."""
        empty = feed_table(feed, config).empty()
        return cls(0, {}, contracts.FILE_BUCKETS.empty(), 0.0, 0.0, (), empty, contracts.REJECTED_ROWS.empty())

    @property
    def rows_read(self) -> int:
        """Rows of the file."""
        return self.accepted + self.rows_rejected

    @property
    def rows_rejected(self) -> int:
        """Rows rejected for any reason."""
        return sum(self.rejected_by.values())


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

    Raises:
        FileRejectedError: a required column holds mostly values of another type, or the file ends in something that
            cannot be read.
    """
    whole = Totals.nothing(producer.feed, config)
    evidence: tuple[TypeEvidence, ...] = ()
    missing: tuple[str, ...] = ()
    since: tuple[str, ...] = ()
    for number, source in enumerate(_sources(reading, producer, config)):
        part = unify(source, mapping, producer, config, header, attributes, plugins)
        write(part.rows, part.rejected)
        whole = _added(whole, part)
        if number == 0:
            evidence, missing = part.evidence, missing_columns(source, mapping)
            since = changed_columns(source, mapping, earlier)
        else:
            evidence = tuple(one + other for one, other in zip(evidence, part.evidence, strict=True))
    changed = type_drift(evidence, mapping, reading.columns, producer.feed)
    return replace(whole, schema_drift=(*missing, *changed), changed_columns=since)


def _added(whole: Totals, part: Unified) -> Totals:
    counted = Counter(whole.rejected_by)
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
        quantity_rejected=whole.quantity_rejected + part.quantity_rejected,
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
