"""What a person reads after a run: frames for the tables that the command line prints.

Belongs here: selecting and joining what the lake holds. Does not belong here: layout and colour (`cli.py`).
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from dp_assets.domain.config import DemandConfig
from dp_resources.lake import Lake


def ingestion_report(lake: Lake) -> pl.DataFrame:
    """One row per producer: files, rows read, accepted, rejected, duplicate, units accepted, files in quarantine."""
    commits = list(lake.committed("ingest").values())
    rows = pl.DataFrame(
        [
            {
                "producer": commit["producer"],
                "files": 1,
                **{name: commit["rows"][name] for name in ("read", "accepted", "rejected", "duplicate")},
                "units": float(commit["quantity"]["accepted"]),
                "quarantined": int(commit["status"] == "quarantined"),
            }
            for commit in commits
        ],
        schema={
            "producer": pl.String(),
            **dict.fromkeys(("files", "read", "accepted", "rejected", "duplicate"), pl.Int64()),
            "units": pl.Float64(),
            "quarantined": pl.Int64(),
        },
    )
    return rows.group_by("producer").sum().sort("producer")


def accuracy_report(lake: Lake, methods: Sequence[str] = ()) -> pl.DataFrame:
    """One row per scored cycle: metrics of all closed leads beside the naive forecast.

    Args:
        lake: where accuracy lies.
        methods: only the series forecast by these, of which a cycle has one; all series when left out.
    """
    level = "method" if methods else "total"
    frames = [
        lake.read("accuracy", cycle=cycle)
        .filter(pl.col("lead") == 0, pl.col("level") == level, *([pl.col("node").is_in(methods)] if methods else []))
        .unique("level")
        .with_columns(pl.lit(cycle).alias("cycle"))
        for cycle in lake.partitions("accuracy")
    ]
    if not frames:
        return pl.DataFrame()
    return (
        pl.concat(frames)
        .with_columns((1 - pl.col("wape") / pl.col("naive_wape")).alias("better_by"))
        .sort("cycle")
        .select(
            "cycle",
            "observations",
            "wape",
            "naive_wape",
            "better_by",
            "rmsse",
            "naive_rmsse",
            "bias",
            "naive_bias",
            "coverage_80",
        )
    )


def example_forecasts(lake: Lake, config: DemandConfig, count: int = 10) -> pl.DataFrame:
    """The biggest series of the newest cycle, one row each: lead 1 with its interval, and the total of the horizon."""
    cycles = lake.partitions("forecasts")
    if not cycles:
        return pl.DataFrame()
    frame = lake.read("forecasts", cycle=cycles[-1])
    level = 80 if 80 in config.intervals.levels else config.intervals.levels[-1]
    totals = frame.group_by("series_id").agg(pl.col("forecast").sum().alias("horizon_total"))
    words = [name for name in config.attributes if name in ("type", "brand")] or list(config.attributes)[:1]
    attributes = lake.read("sku_attributes", cycle=cycles[-1]).select(
        "sku", pl.concat_str(pl.col(words).cast(pl.String()), separator=", ", ignore_nulls=True).alias("what")
    )
    return (
        frame.filter(pl.col("lead") == 1)
        .join(totals, on="series_id")
        .join(attributes, on="sku", how="left")
        .sort(["horizon_total", "series_id"], descending=[True, False])
        .head(count)
        .select(
            "series_id",
            "what",
            pl.col("bucket_start").alias("week"),
            pl.col("forecast").alias("mean"),
            pl.col("q0.5").alias("median"),
            pl.format(
                "{} – {}",
                pl.col(f"lower_{level}").round(0).cast(pl.Int64),
                pl.col(f"upper_{level}").round(0).cast(pl.Int64),
            ).alias(f"{level} % interval"),
            pl.col("naive"),
            pl.col("horizon_total").alias(f"next {config.horizon}"),
            "method",
        )
    )
