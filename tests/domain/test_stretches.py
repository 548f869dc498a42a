"""One pass per sequence: the network of window by window, nothing seen ahead, the same bytes from the same seed."""

from __future__ import annotations

import dataclasses
from collections import Counter
from typing import Any

import numpy as np
import onnxruntime
import pytest
import torch

from dp_assets.domain.gradient_steps import judged
from dp_assets.domain.network import to_onnx
from dp_assets.domain.stretches import LEADS, Stretches, drawn_leads, forward, stretches
from dp_assets.domain.training import (
    HyperParameters,
    WindowSource,
    evaluate,
    example_inputs,
    fit_before,
    predict_windows,
    spec_of,
    validation_windows,
)
from dp_assets.domain.windows import WindowIndex, trainable_rows, training_windows, windows_at
from tests.domain.engine_inputs import MULTI, SINGLE, engine, engine_panel, noisy, small_network

SMALL = {"passes": "sequence", "hidden_size": 8, "epochs": 3, "batch_size": 64, "steps_per_epoch": 4, "dropout": 0.2}


def indexed(*pairs: tuple[int, int]) -> WindowIndex:
    rows, origins = np.array(pairs, np.int64).T
    return WindowIndex(rows, origins)


def test_stretches_are_counted_back_from_the_newest_origin() -> None:
    found = stretches(indexed(*((0, origin) for origin in range(6, 13)), (3, 9)), longest=3)
    pieces = list(zip(found.rows.tolist(), found.firsts.tolist(), found.counts.tolist(), strict=True))
    assert pieces == [(0, 10, 3), (0, 7, 3), (0, 6, 1), (3, 9, 1)]


@pytest.mark.parametrize("seed", range(5))
def test_every_window_is_in_exactly_one_stretch_wherever_they_are_drawn_to_end(seed: int) -> None:
    panel = engine_panel(history=30)
    windows = training_windows(panel, trainable_rows(panel), 27)
    found = stretches(windows, 5, np.random.default_rng(seed))
    _, covered = found.windows()
    assert found.counts.min() >= 1
    assert found.counts.max() <= 5
    asked = Counter(zip(windows.rows.tolist(), windows.origins.tolist(), strict=True))
    assert Counter(zip(covered.rows.tolist(), covered.origins.tolist(), strict=True)) == asked


def test_a_series_with_a_gap_in_its_origins_is_two_runs() -> None:
    found = stretches(indexed((0, 6), (0, 7), (0, 9)), longest=4)
    assert found.firsts.tolist() == [6, 9]
    assert found.counts.tolist() == [2, 1]


@pytest.mark.parametrize("strategy", ["A", "B"])
@pytest.mark.parametrize("layers", [1, 2])
def test_the_first_origin_of_a_stretch_is_forecast_as_its_own_window_is(strategy: str, layers: int) -> None:
    network, source = small_network(
        attributes={**SINGLE, **MULTI}, model={"passes": "sequence", "static_strategy": strategy, "layers": layers}
    )
    with torch.no_grad():
        network.drift.normal_()
    rows = np.arange(6)
    batch = Stretches(rows, np.full(6, 12), np.array([1, 2, 3, 4, 5, 6]))
    passed = forward(network, source, batch)
    first = np.flatnonzero(passed.windows.origins == 12)
    alone = predict_windows(network, source, windows_at(rows, 12))
    np.testing.assert_allclose(passed.mean.detach().numpy()[first], alone.mean, rtol=2e-5)
    np.testing.assert_allclose(passed.quantiles.detach().numpy()[first], alone.quantiles, rtol=2e-5, atol=1e-5)
    np.testing.assert_allclose(passed.level.detach().numpy()[first], alone.level, rtol=1e-6)


def test_later_origins_have_their_own_level_leads_and_side_inputs() -> None:
    network, source = small_network(model={"passes": "sequence"})
    passed = forward(network, source, Stretches(np.arange(4), np.full(4, 10), np.full(4, 7)))
    alone = predict_windows(network, source, passed.windows)
    np.testing.assert_allclose(passed.level.detach().numpy(), alone.level, rtol=1e-6)
    assert passed.mean.shape == alone.mean.shape
    assert not np.allclose(passed.mean.detach().numpy(), alone.mean)  # their states saw more than a lookback


def test_some_leads_of_a_window_are_forecast_as_they_are_among_all() -> None:
    network, source = small_network(
        horizon_weeks=13, lookback_weeks=16, panel=engine_panel(history=60, horizon=13), model={"passes": "sequence"}
    )
    batch = Stretches(np.arange(5), np.full(5, 30), np.full(5, 6))
    leads = drawn_leads(30, 13)
    assert leads is not None
    some, everything = forward(network, source, batch, leads), forward(network, source, batch)
    for found, whole in ((some.mean, everything.mean), (some.quantiles, everything.quantiles)):
        expected = whole.detach().numpy()[np.arange(30)[:, None], leads]
        np.testing.assert_allclose(found.detach().numpy(), expected, rtol=2e-5, atol=1e-5)
    actual, mask = source.targets(some.windows, leads)
    wholly, seen = source.targets(some.windows)
    assert torch.equal(actual, wholly[torch.arange(30)[:, None], torch.from_numpy(leads)])
    assert torch.equal(mask, seen[torch.arange(30)[:, None], torch.from_numpy(leads)])


def test_every_lead_is_drawn_as_often_as_any_other_and_none_twice_for_a_window() -> None:
    torch.manual_seed(1)
    leads = drawn_leads(26_000, 13)
    assert leads is not None
    assert all(len(set(row)) == LEADS for row in leads[:200].tolist())
    counts = np.bincount(leads.ravel(), minlength=13)
    assert np.abs(counts / counts.mean() - 1).max() < 0.05
    assert drawn_leads(10, LEADS) is None


def test_the_loss_of_a_total_judges_all_leads() -> None:
    panel = engine_panel(history=60, horizon=13)
    network, source = small_network(panel=panel, horizon_weeks=13, lookback_weeks=16, model={"passes": "sequence"})
    batch = Stretches(np.arange(3), np.full(3, 30), np.full(3, 2))
    assert judged(network, source, batch, 1.0).mean.shape == (6, 13)
    assert judged(network, source, batch, 0.0).mean.shape == (6, LEADS)


def test_no_origin_of_a_stretch_sees_what_follows_it() -> None:
    panel, encoders, _config, source, _ = engine(panel=engine_panel(history=30), model={"passes": "sequence"})
    network, _ = small_network(panel=panel, model={"passes": "sequence"})
    batch = Stretches(np.arange(len(panel)), np.full(len(panel), 14), np.full(len(panel), 8))
    before = forward(network, source, batch)
    for origin in range(14, 22):
        after = forward(network, WindowSource.of(noisy(panel, origin), encoders), batch)
        seen = before.windows.origins <= origin
        for one, other in ((before.mean, after.mean), (before.quantiles, after.quantiles)):
            assert one[seen].detach().numpy().tobytes() == other[seen].detach().numpy().tobytes()


def test_training_before_a_fold_end_reads_nothing_that_follows_it() -> None:
    panel, encoders, config, source, hyper = engine(panel=engine_panel(history=30), model=SMALL)
    changed = WindowSource.of(noisy(panel, 24), encoders)
    assert weights(source, encoders, config, hyper, 24) == weights(changed, encoders, config, hyper, 24)


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others() -> None:
    def bytes_of(seed: int) -> list[bytes]:
        _, encoders, config, source, hyper = engine(
            attributes={**SINGLE, **MULTI}, model={**SMALL, "seed": seed, "layers": 2}
        )
        torch.rand(7)  # whatever was drawn before must not matter
        return weights(source, encoders, config, hyper, source.panel.history)

    assert bytes_of(1) == bytes_of(1)
    assert bytes_of(1) != bytes_of(2)


def weights(source: WindowSource, encoders: Any, config: Any, hyper: HyperParameters, end: int) -> list[bytes]:
    trained = fit_before(source, spec_of(source.panel, encoders, config, hyper), hyper, config, end)
    return [tensor.numpy().tobytes() for tensor in trained.network.state_dict().values()]


def test_it_learns_as_a_pass_per_window_does() -> None:
    losses = {}
    for passes in ("window", "sequence"):
        model = {**SMALL, "passes": passes, "epochs": 6, "steps_per_epoch": 20, "dropout": 0.0}
        panel, encoders, config, source, hyper = engine(panel=engine_panel(series=60, history=40), model=model)
        end = panel.history - panel.horizon
        trained = fit_before(source, spec_of(panel, encoders, config, hyper), hyper, config, end)
        judged = evaluate(trained.network, source, validation_windows(panel, end), "tweedie")
        losses[passes] = judged["point"]
    assert losses["sequence"] == pytest.approx(losses["window"], rel=0.05)


def test_its_onnx_form_takes_what_any_other_network_takes() -> None:
    network, source = small_network(model={"passes": "sequence"})
    session = onnxruntime.InferenceSession(to_onnx(network, example_inputs(source, network.spec)))
    assert [entry.name for entry in session.get_inputs()] == list(
        dataclasses.replace(network.spec, passes="window").inputs
    )
    inputs = source.inputs(windows_at(np.arange(5), 9), network.spec)
    found = session.run(["mean"], {entry.name: inputs[entry.name].numpy() for entry in session.get_inputs()})[0]
    np.testing.assert_allclose(found, network(inputs)[0].detach().numpy(), rtol=1e-5, atol=1e-5)
