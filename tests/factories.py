"""Seeded makers of test data: each takes only what the test cares about and fills in the rest.

The same arguments give the same data. Nothing here is random without a seed.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl

from dp_assets.domain.config import DemandConfig
from dp_assets.domain.panel import Panel

MONDAY = date(2017, 1, 2)


def make_config(**overrides: Any) -> DemandConfig:
    """A small valid configuration: one producer, two attributes, short windows, a tiny network."""
    base: dict[str, Any] = {
        "landing": {"settle_seconds": 0, "unfinished_seconds": 0},
        "producers": [
            {
                "name": "shop",
                "files": ["shop/*.csv"],
                "columns": {"sku": "item", "sold_at": "day", "quantity": "qty", "revenue": "money"},
            }
        ],
        "attributes": {"department": {}, "brand": {}},
        "lookback_weeks": 8,
        "horizon_weeks": 3,
        "low_volume": {"min_selling_weeks": 4},
        "hierarchies": [{"name": "product", "levels": ["department", "brand"]}],
        "model": {"hidden_size": 8, "epochs": 2, "batch_size": 64},
        "tuning": {"trials": 0},
        "validation": {"folds": 1},
    }
    if "regressors" in overrides:
        columns = {"name": "name", "starts_on": "day", "value": "value", "sku": "item"}
        base["producers"].append({"name": "weather", "feed": "regressors", "files": ["weather/*"], "columns": columns})
    return DemandConfig.model_validate({**base, **overrides})


def make_panel(
    series: int = 20, history: int = 30, horizon: int = 3, seed: int = 1, bucket_weeks: int = 1, **attributes: list[str]
) -> Panel:
    """A panel of seeded Poisson series that differ in level, start at different times and react to promotions.

    Keyword arguments name attributes and their vocabularies (default: department and brand).
    """
    rng = np.random.default_rng(seed)
    vocabularies = attributes or {"department": ["dairy", "bakery", "frozen"], "brand": ["own", "national"]}
    level = rng.lognormal(1.0, 0.8, series)
    first = rng.integers(0, max(1, history // 3), series).astype(np.int32)
    promoted = (rng.random((series, history + horizon)) < 0.15).astype(np.float32)
    weeks = np.arange(history + horizon) * bucket_weeks
    season = 1 + 0.3 * np.sin(2 * np.pi * weeks / 52)
    rate = level[:, None] * season * (1 + 1.5 * promoted)
    seen = np.arange(history)[None, :] >= first[:, None]
    quantity = (rng.poisson(rate[:, :history]) * seen).astype(np.float32)
    observed = seen.astype(np.float32)
    price = np.repeat(rng.uniform(1, 9, series)[:, None], history, axis=1).astype(np.float32) * observed
    cap = quantity.mean(1) + 3 * quantity.std(1)
    running = np.cumsum(quantity, axis=1) / np.maximum(np.cumsum(observed, axis=1), 1)
    frame = pl.DataFrame(
        {
            "series_id": [f"sku{number:04d}" for number in range(series)],
            "sku": [f"sku{number:04d}" for number in range(series)],
            "eligible": (observed.sum(1) >= 6).tolist(),
            "reason": ["eligible" if many else "too_short" for many in (observed.sum(1) >= 6)],
            **{name: rng.choice(words, series).tolist() for name, words in vocabularies.items()},
        }
    )
    cutoff = MONDAY + timedelta(weeks=history * bucket_weeks)
    return Panel(
        cutoff=cutoff,
        bucket_weeks=bucket_weeks,
        horizon=horizon,
        starts=np.array([MONDAY + timedelta(weeks=int(week)) for week in weeks], dtype="datetime64[D]"),
        series=frame,
        quantity=quantity,
        capped=np.minimum(quantity, cap[:, None]).astype(np.float32),
        observed=observed,
        price=price,
        past=running[:, :, None].astype(np.float32),
        known=promoted[:, :, None],
        calendar=np.stack([np.sin(2 * np.pi * weeks / 52), np.cos(2 * np.pi * weeks / 52)], axis=1).astype(np.float32),
        first=first,
        past_names=("running_mean",),
        known_names=("promo_display",),
        calendar_names=("yearly_sin", "yearly_cos"),
        known_reach=(horizon,),
    )
