"""Training: determinism, early stopping, no look ahead, and that it learns what matters."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from dp_assets.domain.encoders import fit_encoders
from dp_assets.domain.errors import NotEnoughHistoryError
from dp_assets.domain.gradient_steps import steps_in_epoch
from dp_assets.domain.panel import Panel
from dp_assets.domain.statistical import naive
from dp_assets.domain.training import (
    Epoch,
    HyperParameters,
    WindowSource,
    evaluate,
    fit_before,
    fit_final,
    fold_ends,
    predict_windows,
    spec_of,
    validation_windows,
)
from dp_assets.domain.windows import windows_at
from tests.domain.engine_inputs import MULTI, SINGLE, engine, engine_panel
from tests.factories import make_config, make_panel

SMALL = {"hidden_size": 8, "epochs": 3, "batch_size": 32, "steps_per_epoch": 4, "dropout": 0.2}


@pytest.mark.parametrize(
    ("loss", "shape"),
    [*itertools.product(["point", "sum", "mix"], ["tweedie", "mse", "mae", "huber"]), ("point", "negative_binomial")],
)
def test_every_loss_trains_to_finite_weights_and_both_modes_are_judged(loss: str, shape: str) -> None:
    panel, encoders, config, source, hyper = engine(model={**SMALL, "loss": loss, "point_loss": shape})
    spec = spec_of(panel, encoders, config, hyper)
    trained = fit_before(source, spec, hyper, config, panel.history - 3, validate=True)
    assert all(torch.isfinite(weights).all() for weights in trained.network.state_dict().values())
    assert all(epoch.point is not None and epoch.sum is not None for epoch in trained.curve)


@pytest.mark.parametrize("passes", ["window", "sequence"])
def test_the_dispersion_of_counts_is_learned_and_the_published_mean_is_that_of_the_likelihood(passes: str) -> None:
    """Counts of dispersion 1, around a mean that never moves."""
    panel, rng = engine_panel(series=60, history=40), np.random.default_rng(5)
    mean = rng.uniform(3, 30, len(panel))[:, None]
    counts = rng.poisson(rng.gamma(1.0, mean, panel.quantity.shape)).astype(np.float32)
    panel = dataclasses.replace(panel, quantity=counts, capped=counts)
    model = {"hidden_size": 8, "epochs": 8, "batch_size": 64, "dropout": 0.0, "passes": passes, "learning_rate": 0.02}
    panel, encoders, config, source, hyper = engine(panel, model={**model, "point_loss": "negative_binomial"})
    trained = fit_before(source, spec_of(panel, encoders, config, hyper), hyper, config, panel.history)
    found = predict_windows(trained.network, source, validation_windows(panel, panel.history))
    assert found.dispersion is not None
    assert 0.7 < float(np.median(found.dispersion)) < 1.3
    assert float(found.mean.mean()) == pytest.approx(mean.mean(), rel=0.15)


def test_a_likelihood_of_buckets_does_not_go_with_totals() -> None:
    with pytest.raises(ValidationError, match="negative_binomial is the likelihood of single buckets"):
        make_config(model={"loss": "sum", "point_loss": "negative_binomial"})


def test_an_epoch_is_judged_by_the_losses_that_training_minimises() -> None:
    epoch = Epoch(1, 0.0, point=2.0, sum=4.0)
    assert [epoch.judged(share) for share in (0.0, 0.25, 1.0)] == [2.0, 2.5, 4.0]
    assert Epoch(1, 0.0).judged(0.5) is None


def test_the_same_seed_gives_the_same_weights_and_another_seed_others() -> None:
    def weights(seed: int) -> list[bytes]:
        panel, encoders, config, source, hyper = engine(
            attributes={**SINGLE, **MULTI}, model={**SMALL, "seed": seed, "layers": 2}
        )
        torch.rand(7)  # whatever was drawn before must not matter
        trained = fit_before(source, spec_of(panel, encoders, config, hyper), hyper, config, panel.history)
        return [tensor.numpy().tobytes() for tensor in trained.network.state_dict().values()]

    assert weights(1) == weights(1)
    assert weights(1) != weights(2)


def test_training_before_a_fold_end_reads_nothing_that_follows_it() -> None:
    panel, end = engine_panel(history=30), 24
    rng = np.random.default_rng(4)
    noise = {}
    for name in ("quantity", "capped", "past", "price"):
        noise[name] = np.array(getattr(panel, name))
        noise[name][:, end:] = rng.uniform(0, 99, noise[name][:, end:].shape)
    config = make_config(model=SMALL)
    encoders, hyper = fit_encoders(panel, config), HyperParameters.of(config)
    forecasts = []
    for one in (panel, dataclasses.replace(panel, **noise)):
        source = WindowSource.of(one, encoders)
        trained = fit_before(source, spec_of(one, encoders, config, hyper), hyper, config, end)
        found = predict_windows(trained.network, source, windows_at(np.arange(len(panel)), end))
        forecasts.append(found.mean.tobytes() + found.quantiles.tobytes())
    assert forecasts[0] == forecasts[1]


def test_the_best_epochs_weights_are_kept_and_patience_ends_training() -> None:
    panel, encoders, config, source, hyper = engine(
        model={**SMALL, "epochs": 40, "patience": 2, "learning_rate": 0.1, "steps_per_epoch": 2}
    )
    seen: list[Epoch] = []
    end = panel.history - 3
    trained = fit_before(
        source, spec_of(panel, encoders, config, hyper), hyper, config, end, validate=True, progress=seen.append
    )
    losses = [epoch.point for epoch in trained.curve]
    assert tuple(seen) == trained.curve
    assert trained.best_epoch == 1 + int(np.argmin(losses))
    assert len(trained.curve) <= trained.best_epoch + 2
    judged = evaluate(trained.network, source, validation_windows(panel, end), "tweedie")
    assert judged["point"] == pytest.approx(min(loss for loss in losses if loss is not None), rel=1e-6)


def test_the_champion_trains_on_everything_for_the_epochs_that_were_best() -> None:
    panel, encoders, config, source, hyper = engine(model=SMALL)
    held, champion = fit_final(source, spec_of(panel, encoders, config, hyper), hyper, config)
    assert len(champion.curve) == held.best_epoch == champion.best_epoch
    assert all(epoch.point is None for epoch in champion.curve)


def test_with_too_little_history_for_a_fold_the_champion_is_the_only_fit() -> None:
    panel, encoders, config, source, hyper = engine(
        panel=engine_panel(history=11, horizon=4, series=40), model=SMALL, horizon_weeks=4
    )
    held, champion = fit_final(source, spec_of(panel, encoders, config, hyper), hyper, config)
    assert held is champion
    assert len(champion.curve) == 3


def test_fold_ends_step_back_one_horizon_at_a_time_and_say_what_they_need() -> None:
    panel = make_panel(history=30, horizon=4)
    assert fold_ends(panel, 3) == [18, 22, 26]
    with pytest.raises(NotEnoughHistoryError, match=r"7 folds of 4 buckets need more than 33 buckets .* got 30"):
        fold_ends(panel, 7)


def test_an_epoch_is_every_window_once_or_the_configured_steps() -> None:
    assert steps_in_epoch(1000, 64, None) == 16
    assert steps_in_epoch(1000, 64, 10) == 10
    assert steps_in_epoch(100, 64, 10) == 2


def test_no_window_to_learn_from_is_said_so() -> None:
    panel, encoders, config, source, hyper = engine(model=SMALL)
    with pytest.raises(NotEnoughHistoryError, match="no window with 6 observed buckets"):
        fit_before(source, spec_of(panel, encoders, config, hyper), hyper, config, 4)


@pytest.mark.slow
def test_promotions_known_ahead_make_it_clearly_better_than_the_naive_forecast() -> None:
    horizon = 3
    whole = make_panel(series=200, history=60 + horizon, horizon=horizon, seed=8)
    panel = cut(whole, 60)
    config = make_config(
        lookback_weeks=16,
        model={
            "hidden_size": 24,
            "epochs": 12,
            "steps_per_epoch": 40,
            "batch_size": 64,
            "learning_rate": 5e-3,
            "dropout": 0.1,
        },
    )
    encoders, hyper = fit_encoders(panel, config), HyperParameters.of(config)
    source = WindowSource.of(panel, encoders)
    _, champion = fit_final(source, spec_of(panel, encoders, config, hyper), hyper, config)
    mean = predict_windows(champion.network, source, windows_at(np.arange(200), panel.history)).mean
    actual = whole.quantity[:, 60:]
    reference = np.repeat(naive(panel)[:, None], horizon, axis=1)
    error, naive_error = (np.abs(each - actual).sum() / actual.sum() for each in (mean, reference))
    assert error < 0.85 * naive_error
    assert abs(mean.sum() - actual.sum()) < abs(reference.sum() - actual.sum())


def cut(panel: Panel, history: int) -> Panel:
    """The panel as of an earlier cutoff."""
    ahead = history + panel.horizon
    return dataclasses.replace(
        panel,
        cutoff=panel.starts[history].item(),
        starts=panel.starts[:ahead],
        calendar=panel.calendar[:ahead],
        known=panel.known[:, :ahead],
        **{name: getattr(panel, name)[:, :history] for name in ("quantity", "capped", "observed", "price", "past")},
    )
