"""Seeded makers of what the serving tests read: forecasts, published numbers, bundles in a lake."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from dp_assets.domain import contracts
from dp_assets.domain.config import DemandConfig
from dp_assets.domain.contracts.columns import quantile_name
from dp_assets.domain.hierarchy import build_hierarchies, configured_hierarchies
from dp_assets.domain.panel import Panel
from dp_resources.lake import Lake
from serving.bundle import Head, write_bundle
from serving.nodes import HierarchyHead
from tests.factories import MONDAY, make_config, make_panel

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
            pl.lit(None, pl.Int64).alias("ledger_sequence"),
        )
    )


def make_overridden(published: pl.DataFrame, sku: str, lead: int, quantity: float, user: str = "ann") -> pl.DataFrame:
    """Published numbers of which a planner set one."""
    here = (pl.col("sku") == sku) & (pl.col("lead") == lead)
    words = {"user": user, "reason_code": "launch"}
    return published.with_columns(
        pl.when(here).then(quantity).otherwise("final").alias("final"),
        pl.when(here).then(quantity).otherwise("override").alias("override"),
        *(pl.when(here).then(pl.lit(word)).otherwise(name).alias(name) for name, word in words.items()),
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


def make_attributes(forecasts: pl.DataFrame, config: DemandConfig | None = None) -> pl.DataFrame:
    """`sku` and the attributes of the configuration: every third SKU has no value of the last one."""
    config = config or make_config()
    skus = forecasts["sku"].unique().sort().to_list()
    words = {"department": ["dairy", "bakery/bread", "frozen"], "brand": ["own", "national"]}
    columns = {
        name: [values[number % len(values)] for number in range(len(skus))]
        for name, values in ((name, words.get(name, [f"{name} 1", f"{name} 2"])) for name in config.attributes)
    }
    last = list(config.attributes)[-1]
    columns[last] = [None if number % 3 == 2 else value for number, value in enumerate(columns[last])]
    return pl.DataFrame({"sku": skus, **columns}, schema_overrides=dict.fromkeys(columns, pl.String))


def make_rollups(forecasts: pl.DataFrame, attributes: pl.DataFrame, config: DemandConfig | None = None) -> pl.DataFrame:
    """`reconciled_rollups` as sums: means 10 % above the statistical ones, quantiles as if errors went together, base
    forecasts a quarter below, lead 1 of the totals locked."""
    config = config or make_config()
    names = [quantile_name(level) for level in config.quantile_levels]
    values = forecasts.select(
        "series_id", "lead", "bucket_start", pl.col("forecast") * 1.1, *names, base_forecast=pl.col("forecast") * 0.75
    )
    frames = []
    for hierarchy in build_hierarchies(forecasts, attributes, config, date(2100, 1, 1)):
        bottom = pl.DataFrame({"node": hierarchy.series, "parent": hierarchy.series_parents})
        parents = pl.concat(
            [
                hierarchy.nodes.select("level", "node", "parent"),
                bottom.select(pl.lit("series").alias("level"), "node", "parent"),
            ]
        )
        summed = (
            hierarchy.labels()
            .join(values, on="series_id")
            .group_by("level", "node", "lead", "bucket_start")
            .agg(pl.col("forecast", "base_forecast", *names).sum())
            .join(parents, on=["level", "node"])
        )
        frames.append(
            summed.with_columns(
                hierarchy=pl.lit(hierarchy.name), locked=(pl.col("level") == "total") & (pl.col("lead") == 1)
            )
        )
    return contracts.reconciled_rollups(config).conform(pl.concat(frames))


def make_history(forecasts: pl.DataFrame, cycle: date = CYCLE, buckets: int = 30) -> Panel:
    """A panel that knows all but the last of the series, each with a few units more than the one before."""
    names = forecasts["series_id"].unique().sort().to_list()
    panel = make_panel(series=max(len(names) - 1, 1), history=buckets)
    named = panel.series.with_columns(series_id=pl.Series(names[:-1] or ["nobody"]))
    shift = np.timedelta64((cycle - panel.cutoff).days, "D")
    return replace(panel, series=named, starts=panel.starts + shift, cutoff=cycle)


def make_hierarchies(config: DemandConfig | None = None) -> tuple[HierarchyHead, ...]:
    """The hierarchies of a configuration as a head names them."""
    configured = configured_hierarchies(config or make_config())
    return tuple(HierarchyHead(one.name, ("total", *one.levels)) for one in configured)


def make_head(
    config: DemandConfig | None = None,
    cycle: date = CYCLE,
    champion: str | None = None,
    hierarchies: tuple[HierarchyHead, ...] = (),
) -> Head:
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
        hierarchies=hierarchies,
    )


def put_bundle(
    lake: Lake,
    folder: Path,
    forecasts: pl.DataFrame,
    config: DemandConfig | None = None,
    cycle: date = CYCLE,
    published: pl.DataFrame | None = None,
    attributes: pl.DataFrame | None = None,
) -> str:
    """Writes a bundle without a network into the lake; returns its version."""
    config = config or make_config()
    published = make_published(forecasts, config) if published is None else published
    attributes = make_attributes(forecasts, config) if attributes is None else attributes
    work = folder / f"bundle-{cycle}-{forecasts.hash_rows().sum()}-{published.hash_rows().sum()}"
    write_bundle(
        work,
        forecasts,
        published,
        make_head(config, cycle, hierarchies=make_hierarchies(config)),
        None,
        totals=make_totals(forecasts, config),
        rollups=make_rollups(forecasts, attributes, config),
        attributes=attributes,
        panel=make_history(forecasts, cycle),
    )
    return str(lake.write_folder("serving_bundle", work, cycle=cycle.isoformat())["sha256"])
