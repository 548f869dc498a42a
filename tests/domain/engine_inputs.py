"""Inputs the engine's tests share: panels with attributes of both kinds, sources, small networks."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import polars as pl

from dp_assets.domain.config import DemandConfig
from dp_assets.domain.encoders import Encoders, fit_encoders
from dp_assets.domain.panel import Panel
from dp_assets.domain.peers import peer_channels, peer_names
from dp_assets.domain.training import HyperParameters, WindowSource, build_network, spec_of
from tests.factories import make_config, make_panel

SINGLE = {"department": {}, "brand": {}}
MULTI = {"composition": {"kind": "multi"}}
MEASURED = ("quantity", "capped", "observed", "price", "past")


def engine_panel(**arguments: Any) -> Panel:
    """`make_panel` with a multi-label attribute `composition` besides department and brand, and with peer channels."""
    panel = make_panel(**arguments)
    rng = np.random.default_rng(3)
    labels = [sorted({str(label) for label in rng.choice(["cotton", "wool", "silk"], 2)}) for _ in range(len(panel))]
    labels[0] = []
    series = panel.series.with_columns(pl.Series("composition", labels, dtype=pl.List(pl.String())))
    config = make_config(hierarchies=[{"name": "product", "levels": ["department"]}])
    peers = peer_channels(panel.capped, panel.observed, series, panel.first, config)
    return dataclasses.replace(
        panel,
        series=series,
        past=np.concatenate([panel.past, peers], axis=2),
        past_names=(*panel.past_names, *peer_names(config)),
    )


def engine(
    panel: Panel | None = None, **overrides: Any
) -> tuple[Panel, Encoders, DemandConfig, WindowSource, HyperParameters]:
    """Everything a fit needs, over a small panel."""
    panel = panel or engine_panel()
    config = make_config(**overrides)
    encoders = fit_encoders(panel, config)
    return panel, encoders, config, WindowSource.of(panel, encoders), HyperParameters.of(config)


def small_network(**overrides: Any) -> Any:
    """An untrained network whose output layer is not zero, and its source."""
    import torch

    panel, encoders, config, source, hyper = engine(**overrides)
    network = build_network(spec_of(panel, encoders, config, hyper), seed=1)
    with torch.no_grad():
        network.output.weight.normal_(std=0.5)
    return network.eval(), source


def noisy(panel: Panel, start: int) -> Panel:
    """The panel with noise for all that was measured from a bucket on, and for plans further ahead than is forecast."""
    rng = np.random.default_rng(9)
    changed: dict[str, Any] = {name: np.array(getattr(panel, name)) for name in (*MEASURED, "known")}
    for name, array in changed.items():
        after = start + panel.horizon if name == "known" else start
        array[:, after:] = rng.uniform(0, 99, array[:, after:].shape)
    return dataclasses.replace(panel, **changed)
