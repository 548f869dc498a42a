"""Outliers out of the tables `outlier_log`, `outlier_causes` and `series_classes`.

Belongs here: joining, filtering, ordering them. Does not belong here: HTTP, which buckets are outliers and why
(`dp_assets/domain/cleaning.py`, `dp_assets/domain/outlier_causes.py`).
"""

from __future__ import annotations

from typing import NamedTuple

import polars as pl

from serving.api.cursors import Key, page
from serving.api.outliers.schemas import OutliersQuery
from serving.api.questions import Answer
from serving.tables import Kept
from serving.views import View

PLACE = ("series_id", "bucket_start")
SHOWN = (*PLACE, "sold", "capped", "excess", "price", "money", "promoted")
CENTS = 100
"""Money is put in order by whole cents, so that a cursor holds nothing but whole numbers and text."""


class Made(NamedTuple):
    """Tables of a cycle; those that may not have been made are None."""

    log: Kept
    causes: Kept | None
    classes: Kept | None

    @property
    def version(self) -> str:
        """A hash of all of them."""
        from hashlib import sha256

        return sha256("".join(one.sha256 if one else "-" for one in self).encode()).hexdigest()


def outliers(made: Made, seen: View | None, query: OutliersQuery) -> Answer:
    """The answer of `Outliers`, of the series that are seen (None: all of them).

    Raises:
        BadParameterError: the cursor is not one of this listing.
    """
    every = _meant(_with_money(made, seen), query)
    causes = None if made.causes is None else made.causes.frame
    found = every if query.cause is None else _with_cause(every, causes, query.cause)
    order = ("cents", *PLACE) if query.order == "money" else ("day", "cents", "series_id")
    found = found.sort(order)

    def key_of(at: int) -> Key:
        return [
            str(value) if name == "bucket_start" else value
            for name, value in zip(order, found.select(order).row(at), strict=True)
        ]

    asked = query.model_dump(mode="json", exclude={"cursor", "limit", "cycle"})
    filters = ("outliers", made.log.cycle, sorted(asked.items(), key=str))
    part = page(range(len(found)), key_of, query.limit, query.cursor, made.version, filters)
    return {
        "version": made.version,
        "total": len(found),
        "changed": part.changed,
        "next": part.next,
        "cycle": made.log.cycle,
        "causes": None if causes is None else _counts(every, causes),
        "excess": float(found["excess"].sum()),
        "money": None if found["money"].is_null().all() else float(found["money"].sum()),
        "items": _items(found[list(part.rows)].select(SHOWN), causes),
    }


def _with_money(made: Made, seen: View | None) -> pl.DataFrame:
    """Outliers that are seen, with excess, price and money, and what they are put in order by."""
    frame = made.log.frame
    if seen is not None:
        names = frame["series_id"].unique()
        frame = frame.filter(pl.col("series_id").is_in([name for name in names if seen.has_series(name)]))
    if made.classes is None:
        prices = pl.DataFrame(schema={"series_id": pl.String, "price": pl.Float64})
    else:
        prices = made.classes.frame.select("series_id", "price")
    joined = frame.rename({"original": "sold"}).join(prices, on="series_id", how="left")
    return (
        joined.with_columns(excess=pl.col("sold") - pl.col("capped"))
        .with_columns(
            money=pl.col("excess") * pl.col("price"), day=-pl.col("bucket_start").cast(pl.Int32).cast(pl.Int64)
        )
        .with_columns(cents=-(pl.col("money").fill_null(0.0) * CENTS).round().cast(pl.Int64))
    )


def _meant(frame: pl.DataFrame, query: OutliersQuery) -> pl.DataFrame:
    """Those that are asked for, whatever caused them."""
    wanted = []
    if query.series is not None:
        wanted.append(pl.col("series_id").str.contains(query.series, literal=True))
    if query.promoted is not None:
        wanted.append(pl.col("promoted") == query.promoted)
    if query.since is not None:
        wanted.append(pl.col("bucket_start") >= query.since)
    return frame.filter(*wanted)


def _with_cause(frame: pl.DataFrame, causes: pl.DataFrame | None, cause: str) -> pl.DataFrame:
    if causes is None:
        return frame.clear()
    return frame.join(causes.filter(pl.col("cause") == cause).select(PLACE).unique(), on=PLACE, how="semi")


def _counts(frame: pl.DataFrame, causes: pl.DataFrame) -> dict[str, int]:
    """Cause → outliers that have it as the likeliest one, the most frequent first."""
    likeliest = causes.filter(pl.col("rank") == 1).join(frame.select(PLACE), on=PLACE, how="semi")
    counts = likeliest["cause"].value_counts().sort(["count", "cause"], descending=[True, False])
    return dict(counts.iter_rows())


def _items(shown: pl.DataFrame, causes: pl.DataFrame | None) -> list[Answer]:
    rows = shown.to_dicts()
    if causes is None:
        return [{**row, "causes": None} for row in rows]
    of: dict[tuple[object, ...], list[Answer]] = {}
    for line in causes.join(shown.select(PLACE), on=PLACE, how="semi").sort(*PLACE, "rank").iter_rows(named=True):
        told = {"cause": line["cause"], "evidence": line["evidence"]}
        of.setdefault((line["series_id"], line["bucket_start"]), []).append(told)
    return [{**row, "causes": of.get((row["series_id"], row["bucket_start"]), [])} for row in rows]
