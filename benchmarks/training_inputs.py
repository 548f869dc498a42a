"""The panel that `benchmarks/training.py` trains on: invented series with as many channels as a product's.

Belongs here: the panel, its encoders, the configuration, and the same rows as a long frame for the peer. Does not
belong here: what is measured on them.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pandas as pd

from dp_assets.domain.config import DemandConfig
from dp_assets.domain.encoders import Encoders, fit_encoders
from dp_assets.domain.panel import Panel
from dp_assets.domain.training_config import ModelConfig
from tests.factories import make_config, make_panel

LOOKBACK, HORIZON = 52, 13
PAST, PLANS = 8, 3
WORDS = {f"attribute_{number}": [f"value {word}" for word in range(8 * (number + 1))] for number in range(5)}
"""Five attributes with 8 to 40 values."""


def panel_of(series: int, history: int) -> Panel:
    """So many series and weeks, with 8 channels of the past, 3 known ahead, 2 of the calendar and 5 attributes."""
    plain = make_panel(series=series, history=history, horizon=HORIZON, **WORDS)
    rng = np.random.default_rng(7)
    past = np.repeat(plain.past, PAST, axis=2)
    past *= rng.uniform(0.5, 1.5, PAST).astype(np.float32)
    known = (rng.random((*plain.known.shape[:2], PLANS), dtype=np.float32) < 0.1).astype(np.float32)
    return dataclasses.replace(
        plain,
        past=past,
        past_names=tuple(f"past_{number}" for number in range(PAST)),
        known=known,
        known_names=tuple(f"promo_{number}" for number in range(PLANS)),
        known_reach=(HORIZON,) * PLANS,
    )


def configured(**model: Any) -> DemandConfig:
    """The product's default network over those lengths, but for the given values under `model`."""
    return make_config(
        attributes={name: {} for name in WORDS},
        hierarchies=[],
        lookback_weeks=LOOKBACK,
        horizon_weeks=HORIZON,
        model={**ModelConfig().model_dump(), **model},
    )


def encoded(panel: Panel, config: DemandConfig) -> Encoders:
    """Encoders fitted on the panel."""
    return fit_encoders(panel, config)


def long_frame(panel: Panel) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The panel as libraries take it: one row per series and week with every channel, and one row per series."""
    series, history = len(panel), panel.history
    names = panel.series["series_id"].to_numpy()
    rows: dict[str, Any] = {
        "unique_id": np.repeat(names, history),
        "ds": np.tile(panel.starts[:history].astype("datetime64[ns]"), series),
        "y": panel.quantity.reshape(-1),
    }
    for number, name in enumerate(panel.past_names):
        rows[name] = panel.past[:, :, number].reshape(-1)
    for number, name in enumerate(panel.known_names):
        rows[name] = panel.known[:, :history, number].reshape(-1)
    for number, name in enumerate(panel.calendar_names):
        rows[name] = np.tile(panel.calendar[:history, number], series)
    static: dict[str, Any] = {"unique_id": names}
    for name in WORDS:
        static[name] = panel.series[name].rank("dense").to_numpy().astype(np.float32)
    return pd.DataFrame(rows), pd.DataFrame(static)
