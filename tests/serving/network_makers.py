"""Seeded makers of a small network's artefacts; they import torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import torch

from dp_assets.domain import contracts
from dp_assets.domain.boosting import Boosting, fit_boosting
from dp_assets.domain.config import DemandConfig
from dp_assets.domain.demand_classes import CLASSES
from dp_assets.domain.encoders import Encoders, fit_encoders
from dp_assets.domain.error_distributions import error_distributions
from dp_assets.domain.forecasts import Champion, forecast_table, widening
from dp_assets.domain.inference import network_rows, predict
from dp_assets.domain.intervals import ErrorDistributions
from dp_assets.domain.leaderboard import shares_of
from dp_assets.domain.model_folder import ModelCard, save_model
from dp_assets.domain.network import DemandNetwork, network_spec, to_onnx
from dp_assets.domain.panel import Panel
from dp_assets.domain.training import HyperParameters, WindowSource
from dp_assets.domain.windows import Windows, trainable_rows, windows_at
from dp_resources.lake import Lake
from serving.bundle import NetworkParts, write_bundle
from tests.serving.makers import make_head, make_hierarchies, make_published, make_rollups

SMALL = {"rounds": 5, "leaves": 8}
"""Trees that are fitted in a moment."""


@dataclass(frozen=True)
class Batch:
    """One cycle as the batch left it: the panel, the champion's artefacts and the forecasts made of them."""

    config: DemandConfig
    panel: Panel
    encoders: Encoders
    model_folder: Path
    errors: pl.DataFrame
    forecasts: pl.DataFrame
    leaderboard: pl.DataFrame
    contract: pl.DataFrame

    @property
    def boosting_folder(self) -> Path:
        """Where gradient boosting lies, if there is any."""
        return boosting_beside(self.model_folder)

    @property
    def parts(self) -> NetworkParts:
        """What the bundle needs of it."""
        boosting = self.boosting_folder
        shares = shares_of(self.leaderboard, self.panel) if boosting.is_dir() else None
        trees = None if shares is None else boosting
        shifts = widening(self.contract, self.panel, self.config)
        return NetworkParts(self.model_folder, self.panel, self.errors, trees, shares, shifts)

    @property
    def attributes(self) -> pl.DataFrame:
        """`sku` and the attributes, as the panel knows them."""
        return self.panel.series.select("sku", *self.config.attributes).unique(maintain_order=True)

    def write(self, folder: Path) -> None:
        """Its bundle, in a folder."""
        cutoff, hierarchies = self.panel.cutoff, make_hierarchies(self.config)
        write_bundle(
            folder,
            self.forecasts,
            make_published(self.forecasts, self.config),
            make_head(self.config, cutoff, champion=cutoff.isoformat(), hierarchies=hierarchies),
            self.parts,
            rollups=make_rollups(self.forecasts, self.attributes, self.config),
            attributes=self.attributes,
            panel=self.panel,
        )

    def put(self, lake: Lake, work: Path) -> Path:
        """Its bundle, in a lake; returns the folder there."""
        self.write(work)
        lake.write_folder("serving_bundle", work, cycle=self.panel.cutoff.isoformat())
        return lake.open_folder("serving_bundle", cycle=self.panel.cutoff.isoformat())


def make_batch(
    panel: Panel,
    config: DemandConfig,
    folder: Path,
    seed: int = 1,
    boosted: bool = True,
    won_by_theta: str = "",
    trees: Mapping[str, int] = SMALL,
) -> Batch:
    """An untrained network with seeded weights, small trees beside it, invented residuals, and forecasts of a panel;
    where a demand class was won by the theta method, it forecasts that."""
    config = config.model_copy(update={"boosting": config.boosting.model_copy(update=dict(trees))})
    encoders = fit_encoders(panel, config)
    network = _network(panel, encoders, config, seed)
    example = WindowSource.of(panel, encoders).inputs(windows_at(np.arange(2), panel.history), network.spec)
    card = ModelCard(panel.cutoff.isoformat(), network.spec, HyperParameters.of(config), 1, seed, None, "unknown", {})
    save_model(folder, network, to_onnx(network, example), card, encoders.to_json(), curve={}, study={})
    errors = error_distributions(_residuals(panel, encoders, folder, config, seed), config)
    distributions = ErrorDistributions.of(errors, config.quantile_levels)
    board = _leaderboard(won_by_theta) if boosted else contracts.LEADERBOARD.empty()
    boosting = _boosting(panel, encoders, config, boosting_beside(folder)) if boosted else None
    version = f"{panel.cutoff}/seed{seed}"
    champion = Champion(panel.cutoff.isoformat(), folder, encoders, distributions, version, board, boosting)
    contract = _contract(config)
    forecasts = forecast_table(panel, champion, config, receipt="receipt", contract=contract)
    return Batch(config, panel, encoders, folder, errors, forecasts, board, contract)


def boosting_beside(model_folder: Path) -> Path:
    return model_folder.parent / f"{model_folder.name}-boosting"


def _boosting(panel: Panel, encoders: Encoders, config: DemandConfig, folder: Path) -> Boosting:
    fitted = fit_boosting(Windows.of(panel, encoders), encoders, trainable_rows(panel), config, panel.history)
    fitted.save(folder)
    return fitted


def _leaderboard(won_by_theta: str) -> pl.DataFrame:
    """Shares of boosting that differ from class to class, and the theta method's row of the class it won, if any."""
    shares = dict(zip(CLASSES, (0.3, 0.4, 0.6, 0.7), strict=True))
    rows = [
        {"demand_class": name, "method": "boosting", "observations": 9, "share": share, "champion": False, "reason": ""}
        for name, share in shares.items()
    ]
    if won_by_theta:
        rows.append({**rows[0], "demand_class": won_by_theta, "method": "theta", "share": None, "champion": True})
    scores = (pl.lit(None, pl.Float64).alias(name) for name in ("wape", "rmse", "bias", "wql"))
    return contracts.LEADERBOARD.conform(pl.DataFrame(rows).with_columns(scores))


def _contract(config: DemandConfig) -> pl.DataFrame:
    """Intervals of two demand classes are widened, each by another measure."""
    outwards = np.array(config.quantile_levels) - 0.5
    base = {"cycles": 8, "observations": 900, "coverage": 0.7, "low": 0.76, "high": 0.84}
    rows = [
        {**base, "demand_class": name, "level": 80, "shifts": (size * outwards).tolist()}
        | {"verdict": "widened" if size else "holds"}
        for name, size in zip(CLASSES, (0.7, 0.0, 0.4, 0.0), strict=True)
    ]
    return contracts.INTERVAL_CONTRACT.conform(pl.DataFrame(rows))


def _network(panel: Panel, encoders: Encoders, config: DemandConfig, seed: int) -> DemandNetwork:
    torch.manual_seed(seed)
    model = config.model
    spec = network_spec(
        panel,
        encoders,
        config,
        layers=model.layers,
        hidden_size=model.hidden_size,
        dropout=model.dropout,
        embedding_scale=1.0,
    )
    network = DemandNetwork(spec).eval()
    torch.nn.init.normal_(network.output.weight, std=0.5)
    return network


def _residuals(panel: Panel, encoders: Encoders, folder: Path, config: DemandConfig, seed: int) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    rows = network_rows(panel)
    mean, own = (found.astype(float) for found in predict(folder, panel, encoders, rows))
    actual = rng.poisson(np.repeat(mean[:, :, None], 4, axis=2) * 1.1).astype(float)
    series, lead, origin = np.indices(actual.shape).reshape(3, -1)
    names = panel.series["series_id"].to_numpy()[rows]
    return contracts.residuals(config).conform(
        pl.DataFrame(
            {
                "series_id": names[series],
                "cutoff": panel.starts[panel.history - 1 - origin].astype("datetime64[D]"),
                "lead": lead + 1,
                "actual": actual.reshape(-1),
                "predicted": mean[series, lead],
                "residual": actual.reshape(-1) - mean[series, lead],
                "scale": 1.0,
                "predicted_quantiles": pl.Series(own[series, lead]).arr.to_list(),
                "out_of_sample": True,
            }
        )
    )
