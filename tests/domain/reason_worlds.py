"""Worlds whose forecasts are explained: panels from sales and promotions, and a small model that reacts to both."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import torch

from dp_assets.domain.boosting import fit_boosting
from dp_assets.domain.config import DemandConfig
from dp_assets.domain.encoders import Encoders, fit_encoders
from dp_assets.domain.error_distributions import error_distributions
from dp_assets.domain.features import KnownAhead, assemble_panel
from dp_assets.domain.forecasts import Champion, forecast_table
from dp_assets.domain.inference import network_rows
from dp_assets.domain.intervals import ErrorDistributions
from dp_assets.domain.model_folder import ModelCard, save_model
from dp_assets.domain.network import to_onnx
from dp_assets.domain.panel import Panel
from dp_assets.domain.residuals import backtest
from dp_assets.domain.training import HyperParameters, WindowSource, example_inputs, fit_before, spec_of
from dp_assets.domain.windows import trainable_rows
from tests.factories import MONDAY, make_config

SERIES, HISTORY = 24, 40
CONFIG = make_config(
    model={"hidden_size": 12, "epochs": 14, "batch_size": 32, "steps_per_epoch": 30, "learning_rate": 0.02},
    boosting={"rounds": 15, "leaves": 4},
    features={"seasonalities": []},
)


@dataclass(frozen=True)
class Sales:
    """What happened, up to a bucket beyond every panel: (S, B) units, promotion coverage and prices."""

    quantity: np.ndarray
    promoted: np.ndarray
    price: np.ndarray
    brands: tuple[str, ...]

    def panel(self, history: int, config: DemandConfig = CONFIG) -> Panel:
        """The panel of the cycle after so many buckets."""
        stop = history + config.horizon
        names = [f"sku{number:04d}" for number in range(len(self.quantity))]
        series = pl.DataFrame(
            {
                "series_id": names,
                "sku": names,
                "eligible": True,
                "reason": "eligible",
                "department": ["dairy", "bakery"] * (len(names) // 2),
                "brand": self.brands,
            }
        )
        starts = np.array([MONDAY + timedelta(weeks=week) for week in range(stop)], dtype="datetime64[D]")
        ahead = KnownAhead(
            known=self.promoted[:, :stop, None].astype(np.float32),
            known_names=("promo_leaflet",),
            known_reach=(config.horizon,),
            calendar=np.zeros((stop, 0), np.float32),
            calendar_names=(),
        )
        quantity, price = (values[:, :history].astype(np.float32) for values in (self.quantity, self.price))
        first = (quantity > 0).argmax(axis=1).astype(np.int32)
        cutoff = MONDAY + timedelta(weeks=history)
        masked = np.zeros(quantity.shape, np.bool_)
        return assemble_panel(series, quantity, price, masked, first, starts, ahead, config, cutoff)

    def with_values(self, name: str, rows: Any, buckets: Any, value: Any) -> Sales:
        """The same but for some cells of one array."""
        values = getattr(self, name).copy()
        values[rows, buckets] = value
        return replace(self, **{name: values})


def make_sales(seed: int = 1) -> Sales:
    """Steady series that sell three times as much under a promotion, and twice as much of one brand."""
    rng = np.random.default_rng(seed)
    buckets = HISTORY + 8
    brands = tuple(rng.permutation(["own", "national"] * (SERIES // 2)).tolist())
    promoted = (rng.random((SERIES, buckets)) < 0.15).astype(float)
    level = rng.uniform(20, 40, SERIES)
    rate = level[:, None] * (1 + 2 * promoted)
    price = np.full((SERIES, buckets), 4.0)
    return Sales(rng.poisson(rate).astype(float), promoted, price, brands)


def make_champion(
    panel: Panel, folder: Path, version: str = "v1", louder: float = 0.0, attributes: float = 1.0
) -> Champion:
    """A model fitted on a panel, stored, and opened again.

    `louder` is added to the biases of its output; embeddings are multiplied by `attributes`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    config = CONFIG
    encoders = fit_encoders(panel, config)
    source, hyper = WindowSource.of(panel, encoders), HyperParameters.of(config)
    spec = spec_of(panel, encoders, config, hyper)
    network = fit_before(source, spec, hyper, config, panel.history).network
    with torch.no_grad():
        network.output.bias[:2] += louder
        for layer in network.embeddings:
            layer.weight *= attributes
    card = ModelCard(panel.cutoff.isoformat(), spec, hyper, 2, 1, None, "unknown", {"held_out_point_loss": None})
    onnx = to_onnx(network, example_inputs(source, spec))
    save_model(folder, network, onnx, card, encoders.to_json(), {}, {})
    judged = backtest(source, encoders, spec, hyper, config, network_rows(panel), 1, network)
    boosting = fit_boosting(source, encoders, trainable_rows(panel), config, panel.history)
    return Champion(
        panel.cutoff.isoformat(),
        folder,
        Encoders.from_json((folder / "encoders.json").read_text()),
        ErrorDistributions.of(error_distributions(judged.residuals, config), config.quantile_levels),
        version,
        judged.leaderboard,
        boosting,
    )


def published_of(panel: Panel, champion: Champion | None, config: DemandConfig = CONFIG) -> pl.DataFrame:
    """What a cycle publishes where nobody reconciles or overrides."""
    frame = forecast_table(panel, champion, config, "receipt")
    numbers = (pl.col("forecast").alias(name) for name in ("statistical", "reconciled", "final"))
    return frame.select("series_id", "bucket_start", *numbers)
