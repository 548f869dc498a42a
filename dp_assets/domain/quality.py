"""How the data of a file looks beside what its producer delivered before: volumes, gaps, outliers, what is missing.

Belongs here: the figures of one file, their comparison with earlier files, and the verdicts of the configured gates.
Does not belong here: reading and writing tables (`dp_assets/quality.py`); rows that are plainly wrong, which are
rejected (`ingest/type_rules.py`, `ingest/filters.py`); drift of features against a model.

A file is compared only with files that stood before it when it arrived, so a report never changes because something
came later. Scores are robust: the distance from the median in standard deviations, estimated by 1.4826 × the median
absolute deviation, on a scale on which a doubling is the same step everywhere.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from dp_assets.domain.contracts import DATA_QUALITY
from dp_assets.domain.daily_sums import daily_sums
from dp_assets.domain.producer_config import ATTRIBUTE_FEEDS, Feed
from dp_assets.domain.quality_config import QualityConfig

FILE = "file"
"""Subject of measures that are about the whole file."""
FIGURES = pl.Schema({"measure": pl.String(), "subject": pl.String(), "value": pl.Float64(), "detail": pl.String()})
"""What the file alone decides; `value` is null where it says nothing about the measure."""
SEEN = pl.Schema({"kind": pl.String(), "value": pl.String(), "seen_from": pl.String()})
"""What a producer's files have shown so far: kind `sku` or `day`, and the place in the order of arrival of the first
file that showed it."""

FILE_VOLUMES = ("rows", "units", "median_price")
DAY_VOLUMES = ("day_rows", "day_units")
MAD_TO_DEVIATION = 1.4826
"""Standard deviation of a normal distribution ÷ its median absolute deviation."""
VOLUME_FLOOR = 0.1
"""Least standard deviation of log volumes: a producer whose files are all alike may still vary by 10 %."""
PRICE_FLOOR = 0.46
"""Least standard deviation of log prices of a SKU: at the outlier score that is a factor of five. Shops with a second
price list sell at two or three times the usual price every day; a slipped decimal point is a factor of ten."""
QUANTITY_FLOOR = 1.12
"""Least standard deviation of log quantities of a SKU: at the outlier score that is a factor of fifty. Wholesale orders
of twenty times the usual quantity are one in a hundred lines of the example on web-shop data."""
RELATIVE_SLACK = 1e-9
"""Logarithms of quotients differ in their last digits from differences of logarithms."""
OUTLIER_SCORE = 3.5
"""Robust score beyond which a value is an outlier, as Iglewicz and Hoaglin recommend."""
USUAL_SHARE = 0.5
"""A weekday is a selling day when it had rows in this share of the weeks that had any."""
SHORT_HISTORY = 4
"""Weeks with rows below which every weekday counts as a selling day."""
THURSDAY = 3
"""Weekday of day 0, 1970-01-01, counted from Monday."""
EXAMPLES = 3

Floats = npt.NDArray[np.float64]
Days = npt.NDArray[np.datetime64]


# -- the figures of one file ------------------------------------------------------------------------------------------


def figures(
    rows: pl.DataFrame, feed: Feed, read: int, rejected_by: Mapping[str, int], mapped: Collection[str]
) -> pl.DataFrame:
    """What a file says about itself, as FIGURES; the same file gives the same figures, whatever came before.

    Args:
        rows: accepted rows in the unified schema of the feed.
        feed: whose rows.
        read: rows read from the file.
        rejected_by: reason → rows rejected.
        mapped: unified columns that the producer delivers.
    """
    rejected = sum(rejected_by.values())
    found = [_figure("rows", FILE, len(rows)), _figure("rejected_share", FILE, _share(rejected, read))]
    found += _missing_shares(rows, read, rejected_by, mapped)
    if feed == "transactions":
        prices = rows.select(pl.col("unit_price").filter(pl.col("unit_price") > 0).median()).item()
        found += [_figure("units", FILE, float(rows["quantity"].sum())), _figure("median_price", FILE, prices)]
        suspect = _may_hold_outliers(rows, {"unit_price": PRICE_FLOOR, "quantity": QUANTITY_FLOOR})
        found += [_price_outliers(rows, suspect["unit_price"]), _quantity_outliers(rows, suspect["quantity"])]
        by_day = daily_sums(rows).rename({"rows": "day_rows", "quantity": "day_units"})
        for measure in DAY_VOLUMES:
            found += [_figure(measure, day.isoformat(), value) for day, value in by_day["sold_on", measure].iter_rows()]
    return pl.DataFrame(found, schema=FIGURES, orient="row").sort("measure", "subject")


Figure = tuple[str, str, float | None, str | None]


def _figure(measure: str, subject: str, value: float | None, detail: str | None = None) -> Figure:
    return measure, subject, None if value is None else float(value), detail


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _missing_shares(
    rows: pl.DataFrame, read: int, rejected_by: Mapping[str, int], mapped: Collection[str]
) -> list[Figure]:
    """Rows without a value, per mapped column. Rows that lack a required column were rejected for it."""
    required = {"sku": ("missing_sku", "require_sku")}
    found = []
    for name in sorted(set(mapped) & set(rows.columns)):
        reasons = required.get(name, (f"missing_{name}",))
        lacking = sum(rejected_by.get(reason, 0) for reason in reasons)
        whole = read if lacking else len(rows)
        found.append(_figure("missing_share", name, _share(rows[name].null_count() + lacking, whole)))
    return found


def _may_hold_outliers(rows: pl.DataFrame, floors: Mapping[str, float]) -> dict[str, bool]:
    """Whether any value of a column may be an outlier, by the span of its SKU's values alone.

    No value is further from the median than the whole span, and no spread is below its floor. Medians cost several
    times as much, and most files have no SKU that needs them.
    """
    positive = rows.lazy().select("sku", *(pl.when(pl.col(name) > 0).then(name).alias(name) for name in floors))
    spans = positive.group_by("sku").agg((pl.col(name).max() / pl.col(name).min()).log().alias(name) for name in floors)
    widest = spans.select(pl.col(name).max() for name in floors).collect().row(0, named=True)
    reach = {name: OUTLIER_SCORE * floor * (1 - RELATIVE_SLACK) for name, floor in floors.items()}
    return {name: span is not None and not span < reach[name] for name, span in widest.items()}


def _price_outliers(rows: pl.DataFrame, suspect: bool = True) -> Figure:
    priced = rows.filter(pl.col("unit_price").is_not_null())
    free = priced.filter(pl.col("unit_price") <= 0)
    examples, count = _outliers(priced, "unit_price", PRICE_FLOOR) if suspect else ([], 0)
    if len(free):
        examples = [f"{len(free)} rows not above zero", *examples[: EXAMPLES - 1]]
    return _figure("price_outlier_share", FILE, _share(count + len(free), len(priced)), "; ".join(examples) or None)


def _quantity_outliers(rows: pl.DataFrame, suspect: bool = True) -> Figure:
    examples, count = _outliers(rows, "quantity", QUANTITY_FLOOR) if suspect else ([], 0)
    return _figure("quantity_outlier_share", FILE, _share(count, len(rows)), "; ".join(examples) or None)


def _outliers(rows: pl.DataFrame, column: str, floor: float) -> tuple[list[str], int]:
    """Rows far from their SKU's median in the file, all SKUs sharing one spread: the worst in words, and how many."""
    positive = rows.lazy().filter(pl.col(column) > 0).select("row_number", "sku", column, log=pl.col(column).log())
    scored = positive.with_columns(distance=(pl.col("log") - pl.col("log").median().over("sku")).abs()).collect()
    if scored.is_empty():
        return [], 0
    middle = scored.select(pl.col("distance").median()).item()
    far = scored.filter(pl.col("distance") / max(MAD_TO_DEVIATION * middle, floor) > OUTLIER_SCORE)
    usual = scored.lazy().group_by("sku").agg(pl.col(column).median().alias("usual"))
    worst = far.sort("distance", "row_number", descending=[True, False]).head(EXAMPLES).lazy().join(usual, on="sku")
    rows_in_words = [
        f"row {row['row_number']}: {row[column]:g} where SKU {row['sku']} usually has {row['usual']:g}"
        for row in worst.sort("distance", "row_number", descending=[True, False]).collect().iter_rows(named=True)
    ]
    return rows_in_words, len(far)


# -- what a producer has shown so far ---------------------------------------------------------------------------------


def shown(rows: pl.DataFrame, feed: Feed, place: str) -> pl.DataFrame:
    """SKUs and days of one file, as SEEN.

    Args:
        rows: accepted rows: sku, and sold_on for transactions.
        feed: whose rows; plans and calendars show nothing: they name SKUs that others sell.
        place: the file's place in the order of arrival; texts compare like arrivals.
    """
    if feed not in ATTRIBUTE_FEEDS:
        return pl.DataFrame(schema=SEEN)
    values = {"sku": rows["sku"]}
    if feed == "transactions":
        values["day"] = rows["sold_on"].unique().cast(pl.String)
    parts = [one.unique().drop_nulls().alias("value").to_frame() for one in values.values()]
    named = [part.with_columns(kind=pl.lit(kind)) for kind, part in zip(values, parts, strict=True)]
    everything = pl.concat(named).with_columns(seen_from=pl.lit(place))
    return everything.select(list(SEEN)).cast(SEEN).sort("kind", "value")


def merge_seen(parts: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Parts put together, as SEEN; neither their order nor repetitions matter."""
    everything = pl.concat([pl.DataFrame(schema=SEEN), *parts])
    return everything.group_by("kind", "value").agg(pl.col("seen_from").min()).select(list(SEEN)).sort("kind", "value")


# -- the report -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Delivered:
    """One file version as its report needs it.

    Attributes:
        file_version_id: the version.
        producer: whose it is.
        place: its place in the order of arrival.
        figures: what it says about itself, as FIGURES.
        shown: its own SKUs and days, as SEEN.
    """

    file_version_id: str
    producer: str
    place: str
    figures: pl.DataFrame
    shown: pl.DataFrame


def report(
    file: Delivered, history: Sequence[pl.DataFrame], seen: pl.DataFrame, quality: QualityConfig
) -> pl.DataFrame:
    """The data quality of one file, as `contracts.DATA_QUALITY`.

    Args:
        file: the file.
        history: FIGURES of the files it is compared with: those of the producer that stood when it arrived.
        seen: what the producer's files show, as SEEN; what was first shown later than this file is left out.
        quality: thresholds.
    """
    before = seen.filter(pl.col("seen_from") < file.place)
    own = pl.concat([file.figures, pl.DataFrame(_unseen(file, before), schema=FIGURES, orient="row")])
    past = pl.concat([pl.DataFrame(schema=FIGURES), *history])
    scored = own.join(_scores(own, past, quality.minimum_history), on=["measure", "subject"], how="left")
    compared = [*FILE_VOLUMES, *DAY_VOLUMES]
    scored = scored.with_columns(
        pl.when(pl.col("measure").is_in(compared)).then("score").otherwise("value").alias("score"),
        pl.col("compared_with").fill_null(0),
        pl.lit(file.file_version_id).alias("file_version_id"),
        pl.lit(file.producer).alias("producer"),
    )
    return DATA_QUALITY.conform(scored.with_columns(_verdict(file.producer, own["measure"].unique(), quality)))


def _verdict(producer: str, measures: pl.Series, quality: QualityConfig) -> pl.Expr:
    verdict: pl.Expr = pl.lit("ok")
    for measure in measures.sort():
        gate, here = quality.gate(producer, measure), pl.col("measure") == measure
        for name, threshold in (("warn", gate.warn), ("block", gate.block)):
            if threshold is not None:
                verdict = pl.when(here & (pl.col("score") > threshold)).then(pl.lit(name)).otherwise(verdict)
    return pl.when(pl.col("score").is_null()).then(pl.lit("unjudged")).otherwise(verdict).alias("verdict")


def _unseen(file: Delivered, before: pl.DataFrame) -> list[Figure]:
    """What takes more than the file: SKUs that are new to the producer, and days it leaves out."""
    kinds = dict(file.shown.partition_by("kind", as_dict=True))
    found = []
    if (skus := kinds.get(("sku",))) is not None:
        known = before.filter(pl.col("kind") == "sku")
        new = skus.join(known, on="value", how="anti")["value"].sort()
        detail = f"{len(new)} of {len(skus)}: {_listed(new.to_list())}" if len(new) else None
        first = known.is_empty()
        found.append(_figure("new_sku_share", FILE, None if first else len(new) / len(skus), None if first else detail))
    if (days := kinds.get(("day",))) is not None:
        gaps = gap_days(_days(days), _days(before.filter(pl.col("kind") == "day")))
        found.append(_figure("gap_days", FILE, len(gaps), _listed(gaps) or None))
    return found


def _listed(found: Sequence[object] | Days, limit: int = 10) -> str:
    return ", ".join(map(str, found[:limit])) + (", …" if len(found) > limit else "")


def _days(shown: pl.DataFrame) -> Days:
    return np.sort(shown["value"].to_numpy().astype("datetime64[D]"))


def gap_days(own: Days, before: Days) -> Days:
    """Days without rows that a file opens or leaves open: from the last day known before it to its own last day.

    Weekdays on which the producer mostly has no rows (a shop that is closed on Sundays) are no gaps, once there are
    four weeks to tell by.

    Args:
        own: days of the file, ascending, at least one.
        before: days of earlier files, ascending.
    """
    known = np.union1d(own, before)
    earlier = before[before < own[0]]
    start = earlier[-1] if len(earlier) else own[0]
    open_days = np.setdiff1d(np.arange(start, own[-1]), known)
    selling_weeks = len(np.unique((known.astype(np.int64) + THURSDAY) // 7))
    if selling_weeks < SHORT_HISTORY:
        return open_days
    usual = np.bincount(_weekdays(known), minlength=7) >= USUAL_SHARE * selling_weeks
    return open_days[usual[_weekdays(open_days)]]


def _weekdays(days: Days) -> npt.NDArray[np.int64]:
    return (days.astype(np.int64) + THURSDAY) % 7


def _scores(own: pl.DataFrame, past: pl.DataFrame, minimum: int) -> pl.DataFrame:
    """Expectation and score of every volume: measure, subject, expected, score, compared_with."""
    days = pl.col("measure").is_in(DAY_VOLUMES)
    files = own.filter(pl.col("measure").is_in(FILE_VOLUMES))
    parts = [_scored(files, past, ["measure"], minimum)]
    weekday = pl.col("subject").str.to_date().dt.weekday().alias("weekday")
    own_days = own.filter(days).with_columns(weekday)
    samples = pl.concat([past.filter(days).with_columns(weekday), own_days])
    parts.append(_scored(own_days, samples, ["measure", "weekday"], minimum))
    return pl.concat(parts)


def _scored(own: pl.DataFrame, samples: pl.DataFrame, by: list[str], minimum: int) -> pl.DataFrame:
    """Distance of each figure from the median of its group of samples, in robust standard deviations."""
    usable = samples.filter(pl.col("value").is_not_null()).with_columns(_level())
    usable = usable.with_columns(centre=pl.col("level").median().over(by))
    groups = usable.group_by(by).agg(
        pl.col("value").median().alias("expected"),
        pl.col("centre").first(),
        (MAD_TO_DEVIATION * (pl.col("level") - pl.col("centre")).abs().median())
        .clip(lower_bound=VOLUME_FLOOR)
        .alias("spread"),
        pl.len().cast(pl.Int64).alias("compared_with"),
    )
    joined = own.with_columns(_level()).join(groups, on=by, how="left")
    score = (pl.col("level") - pl.col("centre")).abs() / pl.col("spread")
    return joined.select(
        "measure",
        "subject",
        "expected",
        pl.when(pl.col("compared_with") >= minimum).then(score).alias("score"),
        "compared_with",
    )


def _level() -> pl.Expr:
    """Volumes on a logarithmic scale that also takes zero and, where returns are kept, negative totals."""
    price = pl.col("measure") == "median_price"
    return pl.when(price).then(pl.col("value").log()).otherwise(pl.col("value").arcsinh()).alias("level")


# -- summaries --------------------------------------------------------------------------------------------------------

FLAGGED = ("block", "warn")


def flagged(reports: pl.DataFrame) -> pl.DataFrame:
    """Findings of reports that warn or block, what blocks first, then the highest score."""
    rank = pl.col("verdict") == "block"
    return reports.filter(pl.col("verdict").is_in(FLAGGED)).sort(
        rank, "score", "file_version_id", "measure", "subject", descending=[True, True, False, False, False]
    )


def sentences(findings: pl.DataFrame, limit: int = 20) -> list[str]:
    """Findings in words, the first ones."""
    found = [_sentence(row) for row in findings.head(limit).iter_rows(named=True)]
    more = len(findings) - limit
    return found + ([f"and {more} more"] if more > 0 else [])


def measures_in_short(findings: pl.DataFrame) -> list[str]:
    """One sentence per measure that stands out: in how many files, and in which of them most."""
    return [
        f"{measure} stands out in {found['file_version_id'].n_unique()} file(s), most in {sentences(found, 1)[0]}"
        for (measure,), found in flagged(findings).group_by("measure", maintain_order=True)
    ]


def _sentence(row: Mapping[str, Any]) -> str:
    subject = "" if row["subject"] == FILE else f" of {row['subject']}"
    expected = "" if row["expected"] is None else f", usually {row['expected']:,.6g} (score {row['score']:.1f})"
    detail = f": {row['detail']}" if row["detail"] else ""
    value = f"{row['value']:.1%}" if row["measure"].endswith("_share") else f"{row['value']:,.6g}"
    return f"{row['file_version_id']}: {row['measure']}{subject} is {value}{expected}{detail}"


def summary(reports: pl.DataFrame) -> pl.DataFrame:
    """One row per producer and measure: files, how many of them warn or block, and the worst score."""
    by_file = reports.group_by("producer", "measure", "file_version_id").agg(
        (pl.col("verdict") == "block").any().alias("block"),
        pl.col("verdict").is_in(FLAGGED).any().alias("flagged"),
        (pl.col("verdict") != "unjudged").any().alias("judged"),
        pl.col("score").max(),
        pl.col("value").median(),
    )
    return (
        by_file.group_by("producer", "measure")
        .agg(
            pl.len().cast(pl.Int64).alias("files"),
            pl.col("judged").sum().cast(pl.Int64),
            (pl.col("flagged") & ~pl.col("block")).sum().cast(pl.Int64).alias("warn"),
            pl.col("block").sum().cast(pl.Int64),
            pl.col("value").median().alias("typical"),
            pl.col("score").max().alias("worst_score"),
        )
        .sort("producer", "measure")
    )


def day_volumes(reports: pl.DataFrame) -> pl.DataFrame:
    """Rows per business date with what was expected and whether it is flagged: day, rows, expected, flagged."""
    days = reports.filter(pl.col("measure").is_in(DAY_VOLUMES))
    rows = days.filter(pl.col("measure") == "day_rows")
    marked = days.group_by("subject").agg(pl.col("verdict").is_in(FLAGGED).any().alias("flagged"))
    return (
        rows.join(marked, on="subject")
        .group_by(pl.col("subject").str.to_date().alias("day"))
        .agg(pl.col("value").sum().alias("rows"), pl.col("expected").sum(), pl.col("flagged").any())
        .sort("day")
    )
