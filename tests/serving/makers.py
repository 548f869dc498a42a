"""Seeded makers of what the serving tests read: forecasts, published numbers, bundles in a lake."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from dp_assets.domain import contracts
from dp_assets.domain.config import DemandConfig
from dp_assets.domain.contracts.columns import quantile_name
from dp_resources.lake import Lake
from serving.bundle import Head, write_bundle
from tests.factories import MONDAY, make_config

CYCLE = MONDAY + timedelta(weeks=30)


def make_forecasts(
    config: DemandConfig | None = None, series: list[str] | None = None, cycle: date = CYCLE, seed: int = 1
) -> pl.DataFrame:
    """Forecasts of the given series (ids), every second one by a fallback, with quantiles that rise."""
    config = config or make_config()
    names = series if series is not None else [f"sku{number:04d}" for number in range(6)]
    rng = np.random.default_rng(seed)
    rows = []
    for number, name in enumerate(names):
        key = dict(zip(config.series_key, name.split("|"), strict=True))
        for lead in range(1, config.horizon + 1):
            mean = float(rng.gamma(2.0, 4.0))
            quantiles = np.sort(rng.gamma(2.0, mean / 2, len(config.quantile_levels)))
            at = dict(zip(config.quantile_levels, quantiles.tolist(), strict=True))
            ends = {
                f"{side}_{level}": at[round(0.5 + sign * level / 200, 4)]
                for level in config.intervals.levels
                for side, sign in (("lower", -1), ("upper", 1))
            }
            rows.append(
                {
                    "series_id": name,
                    **key,
                    "lead": lead,
                    "bucket_start": cycle + timedelta(weeks=(lead - 1) * config.bucket.weeks),
                    "forecast": mean,
                    **{quantile_name(level): value for level, value in at.items()},
                    **ends,
                    "method": "croston" if number % 2 else "lstm",
                    "model_version": "statsforecast" if number % 2 else "2017-01-30/abc123",
                    "naive": mean * 0.9,
                    "receipt": f"receipt-{name}",
                }
            )
    return contracts.forecasts(config).conform(pl.DataFrame(rows))


def make_published(forecasts: pl.DataFrame, config: DemandConfig | None = None) -> pl.DataFrame:
    """Published numbers: 10 % above the statistical ones."""
    return contracts.published_forecasts(config or make_config()).conform(
        forecasts.with_columns(
            pl.col("forecast").alias("statistical"),
            (pl.col("forecast") * 1.1).alias("reconciled"),
            (pl.col("forecast") * 1.1).alias("final"),
            pl.lit(None, pl.Float64).alias("override"),
            pl.lit(None, pl.String).alias("user"),
            pl.lit(None, pl.String).alias("reason_code"),
        )
    )


def make_totals(forecasts: pl.DataFrame, config: DemandConfig | None = None) -> pl.DataFrame:
    """Totals whose mean is that of the leads so far, and whose quantiles rise from half of it on."""
    config = config or make_config()
    share = {level: 0.5 + number / 8 for number, level in enumerate(config.quantile_levels)}
    summed = forecasts.sort("series_id", "lead").with_columns(pl.col("forecast").cum_sum().over("series_id"))
    ends = {
        f"{side}_{level}": round(0.5 + sign * level / 200, 4)
        for level in config.intervals.levels
        for side, sign in (("lower", -1), ("upper", 1))
    }
    return contracts.total_forecasts(config).conform(
        summed.with_columns(
            *((pl.col("forecast") * part).alias(quantile_name(level)) for level, part in share.items()),
            *((pl.col("forecast") * share[level]).alias(name) for name, level in ends.items()),
        )
    )


def make_head(config: DemandConfig | None = None, cycle: date = CYCLE, champion: str | None = None) -> Head:
    """The head that belongs to a configuration."""
    config = config or make_config()
    return Head(
        cycle=cycle.isoformat(),
        champion=champion,
        bucket_weeks=config.bucket.weeks,
        key=config.series_key,
        leads=tuple(
            (cycle + timedelta(weeks=lead * config.bucket.weeks)).isoformat() for lead in range(config.horizon)
        ),
        quantile_levels=config.quantile_levels,
        interval_levels=config.intervals.levels,
        interval_method=config.intervals.method,
    )


def put_bundle(
    lake: Lake, folder: Path, forecasts: pl.DataFrame, config: DemandConfig | None = None, cycle: date = CYCLE
) -> str:
    """Writes a bundle without a network into the lake; returns its version."""
    work = folder / f"bundle-{cycle}-{forecasts.hash_rows().sum()}"
    totals = make_totals(forecasts, config)
    write_bundle(work, forecasts, make_published(forecasts, config), make_head(config, cycle), None, totals)
    return str(lake.write_folder("serving_bundle", work, cycle=cycle.isoformat())["sha256"])
