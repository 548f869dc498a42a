"""Noise in place of everything after an origin leaves the forecasts of every method of the leaderboard as they were."""

from __future__ import annotations

import numpy as np
import pytest

from dp_assets.domain.boosting import fit_boosting
from dp_assets.domain.config import DemandConfig
from dp_assets.domain.encoders import Encoders, fit_encoders
from dp_assets.domain.inference import BLEND, BOOSTING, LSTM, mixed, settled
from dp_assets.domain.panel import Panel
from dp_assets.domain.statistical import STATISTICAL, statistical_forecast
from dp_assets.domain.training import HyperParameters, WindowSource, fit_before, predict_windows, spec_of
from dp_assets.domain.windows import trainable_rows, windows_at
from tests.domain.engine_inputs import MULTI, SINGLE, engine_panel, noisy
from tests.factories import make_config

END = 24
MODEL = {"hidden_size": 8, "epochs": 2, "batch_size": 32, "steps_per_epoch": 4}
CONFIG = make_config(attributes={**SINGLE, **MULTI}, model=MODEL, boosting={"rounds": 5, "leaves": 8})


def forecasts(panel: Panel, encoders: Encoders, config: DemandConfig) -> dict[str, bytes]:
    """Method → bytes of its forecasts from an origin, by models fitted on what lies before it."""
    source, hyper = WindowSource.of(panel, encoders), HyperParameters.of(config)
    rows = trainable_rows(panel)
    index = windows_at(rows, END)
    network = fit_before(source, spec_of(panel, encoders, config, hyper), hyper, config, END).network
    found = predict_windows(network, source, index)
    one = (found.mean.astype(np.float64), found.quantiles.astype(np.float64))
    two = fit_boosting(source, encoders, rows, config, END).predict_windows(source, index)
    half = np.full(len(rows), 0.5)
    both = (mixed(one[0], two[0], half), mixed(one[1], two[1], half))
    models = {LSTM: one, BOOSTING: two, BLEND: both}
    published = {
        name: settled(mean, spread, config.quantile_levels).tobytes() + spread.tobytes()
        for name, (mean, spread) in models.items()
    }
    return published | {
        name: b"".join(part.tobytes() for part in statistical_forecast(name, panel, rows, END, config))
        for name in STATISTICAL
    }


@pytest.fixture(scope="module")
def world() -> tuple[Panel, Encoders, dict[str, bytes]]:
    panel = engine_panel(history=30)
    encoders = fit_encoders(panel, CONFIG)
    return panel, encoders, forecasts(panel, encoders, CONFIG)


def test_what_comes_after_an_origin_changes_no_bit_of_any_method(
    world: tuple[Panel, Encoders, dict[str, bytes]],
) -> None:
    panel, encoders, expected = world
    assert forecasts(noisy(panel, END), encoders, CONFIG) == expected


def test_what_comes_before_it_changes_every_method(world: tuple[Panel, Encoders, dict[str, bytes]]) -> None:
    panel, encoders, expected = world
    found = forecasts(noisy(panel, END - 1), encoders, CONFIG)
    assert [name for name in expected if found[name] == expected[name]] == []
