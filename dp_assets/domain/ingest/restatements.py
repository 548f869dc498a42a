"""Which lines of file versions other files take back, and when: a pure function of commit records and `file_lines`.

Belongs here: restatement by rows and by dates, as events. Does not belong here: what a single file says of its lines
(`file_lines.py`), files under one name (`events.py`), sums per bucket (the SQL model `int_restatements`).

At any moment a line counts that stands in a file which counts then, unless a later file of its group that counts then
restates it. So the order of files decides, and nothing else: by arrival, those of a producer before those that restate
it under a name of their own (`of`), then by path. What follows from it are events:

    corrected   a file with the line's key arrives and takes it back
    replaced    a file for its business date arrives and takes it back
    restored    what took it back is itself taken back, and the line counts again

A line that counts no more because its own file was superseded has no event of its own: see `events.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import polars as pl

from dp_assets.domain.buckets import BucketGrid
from dp_assets.domain.config import DemandConfig
from dp_assets.domain.ingest.events import version_spans
from dp_assets.domain.ingest.recipe import short_hash
from dp_assets.domain.restatement_config import restated_groups
from dp_assets.domain.table import UTC_TIME

Commit = Mapping[str, Any]
LinesOf = Callable[[Sequence[Commit]], pl.DataFrame]
"""Commit records → their versions' rows of `contracts.FILE_LINES`."""
FOREVER = datetime(9999, 1, 1, tzinfo=UTC)
PART = ("file_version_id", "row_number", "sold_on")
"""What is taken back at once: a line, or where row_number is null a business date of a file."""
RESTATEMENT_SCHEMA: dict[str, pl.DataType] = {
    "file_version_id": pl.String(),
    "row_number": pl.Int64(),
    "sold_on": pl.Date(),
    "event": pl.String(),
    "known_from": UTC_TIME,
    "sign": pl.Int64(),
    "restated_by": pl.String(),
    "rows": pl.Int64(),
    "quantity": pl.Float64(),
}
NOTHING_RESTATED = pl.DataFrame(schema=RESTATEMENT_SCHEMA)


def lines_not_read(commits: Sequence[Commit]) -> pl.DataFrame:
    """Stands in where no producer restates; a caller that needs lines hands in its own reader."""
    raise ValueError(f"file_lines of {len(commits)} versions are needed, but nobody handed in a way to read them")


def restatements(commits: Iterable[Commit], config: DemandConfig, lines_of: LinesOf = lines_not_read) -> pl.DataFrame:
    """What files take back from each other and give back, whatever the order of the records.

    Args:
        commits: commit records of ingestion of the versions that count.
        config: which producers' files restate which.
        lines_of: reads `file_lines`; called only where files restate each other.

    Returns:
        One row per part and event, sorted: the line or date (as `PART`), the event, from when it is known, its sign
        (-1 takes back, 1 gives back), the version that restates it, and its rows and units.
    """
    groups = restated_groups(config.producers)
    if not groups:
        return NOTHING_RESTATED
    counted = list(commits)
    versions = _versions(counted, config, groups)
    if not (versions["by_rows"] | versions["first"].is_not_null()).any():
        return NOTHING_RESTATED
    by_name = {str(one["file_version_id"]): one for one in counted}
    name = short_hash(versions.write_json())
    if name not in _remembered:
        made = _restatements(lines_of([by_name[version] for version in versions["file_version_id"]]), versions)
        while len(_remembered) >= REMEMBERED:
            del _remembered[next(iter(_remembered))]
        _remembered[name] = made
    return _remembered[name]


REMEMBERED = 4
_remembered: dict[str, pl.DataFrame] = {}
"""The last answers by all that they follow from: the same files are asked about at every tick."""


def _versions(counted: Sequence[Commit], config: DemandConfig, groups: Mapping[str, str]) -> pl.DataFrame:
    """Versions with an index, in the order in which they restate each other, which `place` numbers."""
    rules = {one.name: one.restatement for one in config.producers}
    rows = []
    for one in counted:
        lines = one.get("tables", {}).get("file_lines")
        if one["producer"] in groups and lines is not None:
            rule, dates = rules[one["producer"]], one.get("replaces") or (None, None)
            days = [None if day is None else date.fromisoformat(str(day)) for day in dates]
            name, group = one["file_version_id"], groups[one["producer"]]
            rows.append((name, group, rule.of is not None, one["uri"], rule.by == "rows", *days, lines))
    schema = {
        "file_version_id": pl.String(),
        "group": pl.String(),
        "apart": pl.Boolean(),
        "uri": pl.String(),
        "by_rows": pl.Boolean(),
        "first": pl.Date(),
        "last": pl.Date(),
        "lines": pl.String(),
    }
    spans = version_spans(counted).select("file_version_id", "known_from", "superseded_from")
    return (
        pl.DataFrame(rows, schema=schema, orient="row")
        .join(spans, on="file_version_id")
        .sort("known_from", "apart", "uri", "file_version_id")
        .with_row_index("place")
        .with_columns(pl.col("place").cast(pl.Int64))
    )


def _restatements(lines: pl.DataFrame, versions: pl.DataFrame) -> pl.DataFrame:
    parts = lines.join(versions.select("file_version_id", "group", "place", *SPAN), on="file_version_id")
    covers = pl.concat([_by_rows(parts, versions), _by_dates(parts, versions)])
    covers = covers.with_columns(
        pl.max_horizontal("from", "known_from").alias("from"),
        pl.min_horizontal(pl.col("until", "superseded_from").fill_null(FOREVER)).alias("until"),
    ).filter(pl.col("from") < pl.col("until"))
    return _events(_joined(covers), lines)


SPAN = ("known_from", "superseded_from")
COVER = (*PART, *SPAN, "by", "by_place", "event", "from", "until")


def _by_rows(parts: pl.DataFrame, versions: pl.DataFrame) -> pl.DataFrame:
    """Lines × later files with their key, each from when until when that file counts."""
    keyed = parts.filter(pl.col("line_key").is_not_null())
    seen = keyed.group_by("group", "line_key").agg(pl.col("place").min().alias("a"), pl.col("place").max().alias("z"))
    contested = keyed.join(seen.filter(pl.col("a") < pl.col("z")), on=["group", "line_key"], how="semi")
    claims = contested.select("group", "line_key", "place", "file_version_id", *SPAN).unique()
    return _covers(contested.filter(pl.col("rows") > 0), claims, "line_key", "corrected")


def _by_dates(parts: pl.DataFrame, versions: pl.DataFrame) -> pl.DataFrame:
    """Parts × later files that replace their business date, each from when until when that file counts."""
    ranges = versions.filter(pl.col("first").is_not_null())
    days = parts.select("group", "sold_on").unique()
    claims = (
        days.join(ranges, on="group")
        .filter(pl.col("sold_on").is_between(pl.col("first"), pl.col("last")))
        .select("group", "sold_on", "place", "file_version_id", *SPAN)
    )
    return _covers(parts.filter(pl.col("rows") > 0), claims, "sold_on", "replaced")


def _covers(parts: pl.DataFrame, claims: pl.DataFrame, by: str, event: str) -> pl.DataFrame:
    """Parts × claims of later files. Of those that still count, the first one says all: no later one counts earlier."""
    claims = claims.select(
        "group",
        by,
        "place",
        pl.col("file_version_id").alias("by"),
        pl.col("place").alias("by_place"),
        pl.lit(event).alias("event"),
        pl.col("known_from").alias("from"),
        pl.col("superseded_from").alias("until"),
    )
    standing, passing = (
        claims.filter(still).sort("place") for still in (pl.col("until").is_null(), pl.col("until").is_not_null())
    )
    final = parts.sort("place").join_asof(
        standing, on="place", by=["group", by], strategy="forward", allow_exact_matches=False, check_sortedness=False
    )
    brief = parts.join(passing.drop("place"), on=["group", by]).filter(
        pl.col("by_place") > pl.col("place"),
        pl.col("superseded_from").is_null() | (pl.col("from") < pl.col("superseded_from")),
    )
    return pl.concat([final.filter(pl.col("by").is_not_null()).select(COVER), brief.select(COVER)])


def _joined(covers: pl.DataFrame) -> pl.DataFrame:
    """One row per part and span without a gap in which something restates it; the first of it gives the reason."""
    ordered = covers.sort(*PART, "from", "by_place", "event", nulls_last=True)
    reach = pl.col("until").cum_max().shift(1).over(PART)
    spans = ordered.with_columns((reach.is_null() | (pl.col("from") > reach)).cum_sum().alias("span"))
    firsts = [pl.col(name).first() for name in (*PART, "superseded_from", "by", "event", "from")]
    return spans.group_by("span", maintain_order=True).agg(*firsts, pl.col("until").max())


def _events(spans: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    """The event that begins each span and, unless its part is superseded by then, the one that ends it."""
    ends = spans.filter(pl.col("until") < pl.col("superseded_from").fill_null(FOREVER))
    both = pl.concat(
        [
            spans.select(*PART, "event", pl.col("from").alias("known_from"), pl.lit(-1).alias("sign"), "by"),
            ends.select(
                *PART,
                pl.lit("restored").alias("event"),
                pl.col("until").alias("known_from"),
                pl.lit(1).alias("sign"),
                "by",
            ),
        ]
    )
    amounts = lines.select(*PART, "rows", "quantity")
    found = both.rename({"by": "restated_by"}).join(amounts, on=PART, nulls_equal=True, how="left")
    return found.select(pl.col(name).cast(dtype) for name, dtype in RESTATEMENT_SCHEMA.items()).sort(
        *PART, "known_from", "event", nulls_last=True
    )


def restated_buckets(restated: pl.DataFrame, grid: BucketGrid) -> dict[tuple[str, str], str]:
    """(File version, bucket) → digest of what other files take back from it there, and give back."""
    said = restated.select(
        "file_version_id",
        bucket_start(grid).cast(pl.String).alias("bucket"),
        pl.format("{}:{}:{}:{}:{}", pl.col("row_number").fill_null(0), "sold_on", "event", "known_from", "sign"),
    )
    texts = said.group_by("file_version_id", "bucket").agg(pl.nth(2).sort().str.join("\n").alias("texts"))
    return {(version, bucket): short_hash(text) for version, bucket, text in texts.iter_rows()}


def restated_in(restated: pl.DataFrame, grid: BucketGrid, buckets: Collection[date]) -> pl.DataFrame:
    """What the SQL models read: the events of lines and dates in the buckets."""
    columns = ("file_version_id", "row_number", "sold_on", "event", "known_from", "sign")
    return restated.filter(bucket_start(grid).is_in(list(buckets))).select(columns)


def bucket_start(grid: BucketGrid) -> pl.Expr:
    """First day of the bucket of `sold_on`."""
    days = 7 * grid.weeks
    index = (pl.col("sold_on") - pl.lit(grid.first)).dt.total_days() // days
    return pl.lit(grid.first) + pl.duration(days=index * days)
