"""SKUs that are new: what the product says of them, beside the rule of thumb of taking the median of their family.

Belongs here: holding SKUs of a set back until shortly before a cutoff, the rule, and comparing both. Does not belong
here: making forecasts (`accuracy.py`), scoring (`accuracy_split.py`).

The held-back SKUs are not in any training window; they are on sale for a few weeks when they are forecast.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl

from benchmarks.accuracy_split import WEEK, Split
from benchmarks.findings import Finding, at_most
from dp_assets.domain.windows import MIN_OBSERVED

WEEKS_ON_SALE = 3
RECENT_WEEKS = 8
FAMILY_MEMBERS = 5
SEED = 20


def held_back(split: Split, count: int) -> tuple[Split, list[str]]:
    """The set as it would be if some SKUs had come on sale just before the last cutoff, and those SKUs, drawn by seed
    among those that sold in those weeks."""
    last = max(split.actuals["cutoff"])
    start = last - (WEEKS_ON_SALE - 1) * WEEK
    lately = split.panel.filter((pl.col("ds") >= start) & (pl.col("ds") <= last) & (pl.col("y") > 0))
    known = sorted(set(lately["unique_id"]) & set(split.actuals.filter(pl.col("cutoff") == last)["unique_id"]))
    drawn = np.random.default_rng(SEED).choice(known, count, replace=False).tolist()
    kept = ~pl.col("unique_id").is_in(drawn) | (pl.col("ds") >= start)
    return replace(split, panel=split.panel.filter(kept), actuals=split.actuals.filter(pl.col("cutoff") == last)), drawn


def family_median(split: Split, skus: list[str], cutoff: date) -> pl.DataFrame:
    """series_id and median: that of the mean recent week of a family, at the deepest level with enough members."""
    recent = (
        split.panel.filter((pl.col("ds") <= cutoff) & (pl.col("ds") > cutoff - RECENT_WEEKS * WEEK))
        .filter(~pl.col("unique_id").is_in(skus))
        .group_by("unique_id")
        .agg(pl.col("y").mean())
        .join(split.static, on="unique_id")
    )
    levels = list(split.meta["levels"])
    mine = split.static.filter(pl.col("unique_id").is_in(skus)).select("unique_id", *levels)
    for depth in range(len(levels) + 1):
        by = levels[:depth]
        rule = recent.group_by(by or pl.lit(0).alias("all")).agg(
            pl.col("y").median().alias(f"median_{depth}"), pl.len().alias(f"members_{depth}")
        )
        found = rule.select(*by, f"median_{depth}", f"members_{depth}")
        mine = mine.join(found, on=by, how="left") if by else mine.join(found, how="cross")
    enough = [
        pl.when(pl.col(f"members_{depth}") >= FAMILY_MEMBERS).then(pl.col(f"median_{depth}"))
        for depth in range(len(levels), -1, -1)
    ]
    return mine.select(pl.col("unique_id").alias("series_id"), pl.coalesce(*enough).cast(pl.Float64).alias("median"))


def compare(split: Split, skus: list[str], forecasts: pl.DataFrame) -> list[Finding]:
    """WAPE of the published median of the held-back SKUs against the rule's, and whether each is forecast and labelled.

    Args:
        split: the set as `held_back` made it.
        skus: the held-back SKUs.
        forecasts: the product's forecasts of the last cycle.
    """
    cutoff = max(split.actuals["cutoff"])
    made = forecasts.filter(pl.col("series_id").is_in(skus))
    labelled = made.filter(pl.col("method") == "analogue")["series_id"].n_unique()
    rows = (
        split.actuals.filter(pl.col("unique_id").is_in(skus))
        .select(
            pl.col("unique_id").alias("series_id"),
            ((pl.col("ds") - pl.col("cutoff")).dt.total_days() // 7).alias("lead"),
            pl.col("y").cast(pl.Float64).alias("actual"),
        )
        .join(made.select("series_id", "lead", "q0.5"), on=["series_id", "lead"], how="left")
        .join(family_median(split, skus, cutoff), on="series_id", how="left")
    )
    ours, rule = (
        rows.select((pl.col(name).fill_null(0.0) - pl.col("actual")).abs().sum() / pl.col("actual").sum()).item()
        for name in ("q0.5", "median")
    )
    name = f"{split.name} {len(skus)} SKUs held back until {WEEKS_ON_SALE} weeks before the cutoff"
    assert WEEKS_ON_SALE < MIN_OBSERVED
    return [
        Finding(
            f"{name}: forecast, labelled", labelled, "SKUs", "all of them", f">= {len(skus)}", labelled == len(skus)
        ),
        at_most(f"{name}: WAPE", ours / rule, f"family median, {rule:.3f}", 1.0),
    ]
