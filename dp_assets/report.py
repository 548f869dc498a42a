"""What a person reads after a run: frames for the tables that the command line prints.

Belongs here: selecting and joining what the lake holds. Does not belong here: layout and colour (`cli.py`).
"""

from __future__ import annotations

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


def accuracy_report(lake: Lake) -> pl.DataFrame:
    """One row per scored cycle and scope (all series, trained network): metrics of all closed leads beside the naive."""
    frames = []
    for cycle in lake.partitions("accuracy"):
        frame = lake.read("accuracy", cycle=cycle).filter(pl.col("lead") == 0)
        scopes = frame.filter(pl.col("level").is_in(["total", "method"]) & (pl.col("hierarchy") == "-"))
        frames.append(scopes.with_columns(pl.lit(cycle).alias("cycle")))
    if not frames:
        return pl.DataFrame()
    return (
        pl.concat(frames)
        .filter((pl.col("level") == "total") | (pl.col("node") == "lstm"))
        .select(
            "cycle",
            pl.when(pl.col("level") == "total").then(pl.lit("all series")).otherwise("node").alias("scope"),
            "observations",
            "wape",
            "naive_wape",
            (1 - pl.col("wape") / pl.col("naive_wape")).alias("better_by"),
            "rmsse",
            "naive_rmsse",
            "bias",
            "naive_bias",
            "coverage_80",
            "coverage_95",
        )
        .sort("scope", "cycle")
    )


def example_forecasts(lake: Lake, config: DemandConfig, count: int = 10) -> pl.DataFrame:
    """The biggest series of the newest cycle by forecast, one row each: lead 1 with its interval, and the horizon total."""
    cycles = lake.partitions("forecasts")
    if not cycles:
        return pl.DataFrame()
    frame = lake.read("forecasts", cycle=cycles[-1])
    level = 80 if 80 in config.intervals.levels else config.intervals.levels[-1]
    totals = frame.group_by("series_id").agg(pl.col("forecast").sum().alias("horizon_total"))
    names = [name for name in config.attributes if name in ("category", "type", "brand")] or list(config.attributes)[:1]
    attributes = lake.read("sku_attributes", cycle=cycles[-1]).select("sku", *names)
    return (
        frame.filter(pl.col("lead") == 1)
        .join(totals, on="series_id")
        .join(attributes, on="sku", how="left")
        .sort(["horizon_total", "series_id"], descending=[True, False])
        .head(count)
        .select(
            "series_id",
            *names,
            "bucket_start",
            "forecast",
            pl.col("q0.5").alias("median"),
            f"lower_{level}",
            f"upper_{level}",
            "naive",
            "horizon_total",
            "method",
        )
    )
