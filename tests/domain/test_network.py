"""The network: shapes over every configuration, bounds, attributes, ONNX."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import onnxruntime
import pytest
import torch

from dp_assets.domain.errors import ArtefactError
from dp_assets.domain.network import CEILING, DemandNetwork, NetworkSpec, to_onnx
from dp_assets.domain.training import example_inputs, spec_of
from dp_assets.domain.windows import windows_at
from tests.domain.engine_inputs import MULTI, SINGLE, engine, engine_panel, small_network
from tests.factories import make_config

ATTRIBUTES: list[dict[str, Any]] = [{}, {"brand": {}}, MULTI, {**SINGLE, **MULTI}]


def configured(attributes: dict[str, Any], **model: Any) -> dict[str, Any]:
    return {"attributes": attributes, "hierarchies": [], "model": {"hidden_size": 8, **model}}


@pytest.mark.parametrize(
    ("strategy", "layers", "attributes", "transform"),
    [
        (*case, transform)
        for case, transform in zip(
            itertools.product("AB", (1, 2), ATTRIBUTES), itertools.cycle(("log1p", "none")), strict=False
        )
    ],
)
def test_every_network_gives_units_that_never_cross_and_gradients_to_all_its_weights(
    strategy: str, layers: int, attributes: dict[str, Any], transform: str
) -> None:
    network, source = small_network(
        **configured(attributes, static_strategy=strategy, layers=layers, dropout=0.0),
        features={"target_transform": transform},
    )
    inputs = source.inputs(windows_at(np.arange(len(source.panel)), source.panel.history), network.spec)
    mean, quantiles = network(inputs)
    assert mean.shape == (len(source.panel), 3)
    assert quantiles.shape == (len(source.panel), 3, len(network.spec.levels))
    for found in (mean, quantiles):
        assert torch.isfinite(found).all()
        assert (found >= 0).all()
    assert (quantiles.diff(dim=2) >= 0).all()
    (mean.sum() + quantiles.sum()).backward()
    assert all(parameter.grad is not None for parameter in network.parameters())


def test_an_attribute_more_or_less_is_an_embedding_more_or_less() -> None:
    def sizes(attributes: dict[str, Any]) -> list[tuple[str, int, int]]:
        panel, encoders, config, _, hyper = engine(**configured(attributes, embedding={"scale": 1.0}))
        spec = spec_of(panel, encoders, config, hyper)
        DemandNetwork(spec)
        return [(each.name, each.values, each.size) for each in spec.attributes]

    assert sizes({}) == []
    assert sizes({"brand": {}}) == [("brand", 3, 1)]
    assert sizes({"brand": {}, "department": {}, **MULTI}) == [
        ("brand", 3, 1),
        ("department", 4, 2),
        ("composition", 4, 2),
    ]


def test_an_untrained_network_forecasts_the_windows_own_level_exponentially_distributed() -> None:
    panel, encoders, config, source, hyper = engine(**configured(SINGLE))
    network = DemandNetwork(spec_of(panel, encoders, config, hyper)).eval()
    inputs = source.inputs(windows_at(np.arange(len(panel)), panel.history), network.spec)
    expected = []
    for row in range(len(panel)):
        window = slice(panel.history - 8, panel.history)
        values = panel.capped[row, window][panel.observed[row, window] > 0]
        expected.append(values.mean() + 0.1)  # lookback and recent span are both 8 buckets here
    mean, quantiles = (found.detach().numpy() for found in network(inputs))
    np.testing.assert_allclose(mean[:, 1], expected, rtol=1e-4)
    shape = -np.log1p(-np.array(config.quantile_levels))
    np.testing.assert_allclose(quantiles[:, 1], np.outer(expected, shape), rtol=1e-4)


def test_a_forecast_never_exceeds_its_multiple_of_the_recent_maximum() -> None:
    network, source = small_network(**configured(SINGLE))
    with torch.no_grad():
        network.output.bias.fill_(1e6)
    inputs = source.inputs(windows_at(np.arange(4), source.panel.history), network.spec)
    highest = inputs["quantity"].max(dim=1).values + network.level(inputs)
    mean, quantiles = network(inputs)
    np.testing.assert_allclose(mean.detach()[:, 0], CEILING * highest, rtol=1e-5)
    np.testing.assert_allclose(quantiles.detach()[:, 0, -1], CEILING * highest, rtol=1e-5)


def test_a_bag_is_the_mean_of_its_labels_and_ignores_how_many_there_are() -> None:
    network, source = small_network(**configured(MULTI))
    inputs = source.inputs(windows_at(np.arange(2), source.panel.history), network.spec)
    inputs["multi"] = torch.tensor([[0.0, 1.0, 1.0, 0.0], [1.0, 0.0, 0.0, 0.0]])
    weight = network.bag_weights[0]
    expected = torch.stack([(weight[1] + weight[2]) / 2, weight[0]])
    torch.testing.assert_close(network.static(inputs), expected)


@pytest.mark.parametrize("strategy", ["A", "B"])
@pytest.mark.parametrize("attributes", [{}, {**SINGLE, **MULTI}])
def test_onnx_agrees_with_torch_for_any_batch_size(strategy: str, attributes: dict[str, Any]) -> None:
    network, source = small_network(**configured(attributes, static_strategy=strategy, layers=2, dropout=0.3))
    session = onnxruntime.InferenceSession(to_onnx(network, example_inputs(source, network.spec)))
    for rows in (np.arange(1), np.arange(13)):
        inputs = source.inputs(windows_at(rows, 9), network.spec)
        wanted = {entry.name: inputs[entry.name].numpy() for entry in session.get_inputs()}
        for found, expected in zip(session.run(["mean", "quantiles"], wanted), network(inputs), strict=True):
            np.testing.assert_allclose(found, expected.detach().numpy(), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("strategy", ["A", "B"])
def test_onnx_computes_the_same_mixture_of_passes_with_dropout(strategy: str) -> None:
    network, source = small_network(
        **configured({**SINGLE, **MULTI}, static_strategy=strategy, dropout=0.3, monte_carlo_dropout=5)
    )
    session = onnxruntime.InferenceSession(to_onnx(network, example_inputs(source, network.spec)))
    inputs = source.inputs(windows_at(np.arange(13), 9), network.spec)
    wanted = {entry.name: inputs[entry.name].numpy() for entry in session.get_inputs()}
    for found, expected in zip(session.run(["mean", "quantiles"], wanted), network(inputs), strict=True):
        np.testing.assert_allclose(found, expected.detach().numpy(), rtol=1e-5, atol=1e-5)


def test_passes_with_dropout_are_mixed_the_same_for_a_window_whatever_stands_beside_it() -> None:
    network, source = small_network(**configured(SINGLE, dropout=0.4, monte_carlo_dropout=8))
    together = network(source.inputs(windows_at(np.arange(10), 9), network.spec))
    again = network(source.inputs(windows_at(np.arange(10), 9), network.spec))
    alone = network(source.inputs(windows_at(np.arange(3, 4), 9), network.spec))
    for all_of_them, repeated, one in zip(together, again, alone, strict=True):
        assert torch.equal(all_of_them, repeated)
        torch.testing.assert_close(one[0], all_of_them[3])
    assert (together[1].diff(dim=2) >= 0).all()


def test_the_mean_of_passes_with_dropout_is_the_mean_of_networks_that_lack_those_units() -> None:
    network, source = small_network(**configured({}, dropout=0.4, monte_carlo_dropout=3))
    inputs = source.inputs(windows_at(np.arange(6), 9), network.spec)
    mean, _ = network(inputs)
    thinned = []
    for number in range(3):
        one, _ = small_network(**configured({}, dropout=0.0))
        one.load_state_dict({name: each for name, each in network.state_dict().items() if not name.startswith("kept")})
        with torch.no_grad():
            one.hidden_shared.weight[:, :8] *= network.kept_state[number]
            one.second.weight *= network.kept_hidden[number]
        thinned.append(one(inputs)[0])
    torch.testing.assert_close(mean, torch.stack(thinned).mean(dim=0))


def test_without_dropout_the_mixture_is_the_network_itself() -> None:
    mixed, source = small_network(**configured(SINGLE, dropout=0.0, monte_carlo_dropout=4))
    plain, _ = small_network(**configured(SINGLE, dropout=0.0))
    inputs = source.inputs(windows_at(np.arange(6), 9), mixed.spec)
    for found, expected in zip(mixed(inputs), plain(inputs), strict=True):
        torch.testing.assert_close(found, expected)


def test_the_same_network_is_the_same_onnx_bytes() -> None:
    first, second = (
        to_onnx(network, example_inputs(source, network.spec))
        for network, source in (small_network(**configured(SINGLE)) for _ in range(2))
    )
    assert first == second


def test_a_spec_survives_json_and_refuses_another_kind() -> None:
    panel, encoders, config, _, hyper = engine(panel=engine_panel(), **configured({**SINGLE, **MULTI}))
    spec = spec_of(panel, encoders, config, hyper)
    assert NetworkSpec.from_json(spec.to_json()) == spec
    with pytest.raises(ArtefactError, match="network description"):
        NetworkSpec.from_json(spec.to_json().replace("hidden_size", "width"))


def test_calendar_channels_enter_only_where_the_encoders_let_them() -> None:
    short = engine(panel=engine_panel(history=30))
    assert spec_of(*short[:3], short[4]).calendar == ()
    long = engine(panel=engine_panel(history=110), lookback_weeks=60)
    spec = spec_of(*long[:3], long[4])
    assert spec.calendar == ("yearly_sin", "yearly_cos")
    assert "calendar_ahead" in spec.inputs


def test_buckets_of_four_weeks_shorten_the_recent_span() -> None:
    config = make_config(bucket={"weeks": 4}, lookback_weeks=32, horizon_weeks=12)
    panel, encoders, _, _, hyper = engine(panel=engine_panel(bucket_weeks=4))
    assert spec_of(panel, encoders, config, hyper).recent == 2
