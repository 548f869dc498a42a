"""The table of forecasts: coverage of the catalogue, champions' own parts, designated SKUs, online against batch."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from dp_assets.domain import contracts
from dp_assets.domain.boosting import fit_boosting
from dp_assets.domain.config import BatchInferenceConfig
from dp_assets.domain.demand_classes import demand_classes
from dp_assets.domain.encoders import Encoders
from dp_assets.domain.error_distributions import error_distributions
from dp_assets.domain.errors import ArtefactError
from dp_assets.domain.forecasts import Champion, config_hash, designated_rows, forecast_table, receipt_of
from dp_assets.domain.inference import network_rows, onnx_session, predict, predict_onnx, settled
from dp_assets.domain.intervals import ErrorDistributions
from dp_assets.domain.model_folder import ModelCard, load_card, load_network, save_model, shape_of
from dp_assets.domain.network import to_onnx
from dp_assets.domain.panel import Panel
from dp_assets.domain.residuals import backtest
from dp_assets.domain.statistical import library, statistical_forecast
from dp_assets.domain.training import example_inputs, fit_before, spec_of
from dp_assets.domain.windows import Windows, gather, trainable_rows, windows_at
from tests.domain.engine_inputs import MULTI, SINGLE, engine, engine_panel
from tests.factories import make_config, make_panel

MODEL = {"hidden_size": 8, "epochs": 2, "batch_size": 32, "steps_per_epoch": 4}
OVERRIDES = {"attributes": {**SINGLE, **MULTI}, "model": MODEL, "boosting": {"rounds": 5, "leaves": 4}}
CONFIG = make_config(**OVERRIDES)


@pytest.fixture(scope="module")
def champion(tmp_path_factory: pytest.TempPathFactory) -> Champion:
    """A model trained at bucket 30, stored and opened again."""
    folder = tmp_path_factory.mktemp("model")
    panel, encoders, config, source, hyper = engine(**OVERRIDES)
    spec = spec_of(panel, encoders, config, hyper)
    trained = fit_before(source, spec, hyper, config, panel.history)
    card = ModelCard("2017-07-31", spec, hyper, 2, 1, None, "unknown", {"held_out_point_loss": None})
    onnx = to_onnx(trained.network, example_inputs(source, spec))
    save_model(folder, trained.network, onnx, card, encoders.to_json(), {}, {})
    assert load_card(folder) == card
    judged = backtest(source, encoders, spec, hyper, config, network_rows(panel), 1, trained.network)
    return Champion(
        "2017-07-31",
        folder,
        Encoders.from_json((folder / "encoders.json").read_text()),
        ErrorDistributions.of(error_distributions(judged.residuals, config), config.quantile_levels),
        "v1",
        judged.leaderboard,
        fit_boosting(source, encoders, trainable_rows(panel), config, panel.history),
    )


def later_panel() -> Panel:
    return engine_panel(history=32, series=24, seed=6)


def test_every_active_series_and_lead_is_forecast_and_says_how(champion: Champion) -> None:
    panel = later_panel()
    table = forecast_table(panel, champion, CONFIG, "receipt")
    assert len(table) == len(panel) * panel.horizon
    by_network = set(panel.series["series_id"].to_numpy()[network_rows(panel)].tolist())
    assert set(table.filter(pl.col("method") == "blend")["series_id"]) == by_network
    assert set(table.filter(pl.col("method") != "blend")["model_version"]) <= {"family analogue", *library_names(table)}
    assert contracts.forecasts(CONFIG).violations(table) == []
    assert table.filter(pl.col("lead") == 1)["bucket_start"].unique().to_list() == [panel.cutoff]


def test_the_model_is_the_network_mixed_with_boosting_by_the_leaderboards_shares(champion: Champion) -> None:
    panel = later_panel()
    rows, shares = network_rows(panel), champion.shares(panel)
    assert ((shares > 0) & (shares < 1)).all()
    assert champion.boosting is not None
    network, _ = predict(champion.folder, panel, champion.encoders, rows)
    windows = Windows.of(panel, champion.encoders)
    mean, quantiles = champion.boosting.predict_windows(windows, windows_at(rows, panel.history))
    other = settled(mean, quantiles, CONFIG.quantile_levels)
    expected = (1 - shares[rows, None]) * network + shares[rows, None] * other
    names = panel.series["series_id"].to_numpy()[rows]
    table = forecast_table(panel, champion, CONFIG, "receipt").filter(pl.col("series_id").is_in(names.tolist()))
    found = dict(zip(table.select("series_id", "lead").rows(), table["forecast"], strict=True))
    for name, means in zip(names, expected, strict=True):
        for lead, mean in enumerate(means, start=1):
            assert found[name, lead] == pytest.approx(mean)


def test_without_boosting_the_network_forecasts_alone(champion: Champion) -> None:
    table = forecast_table(later_panel(), replace(champion, boosting=None), CONFIG, "receipt")
    assert "blend" not in set(table["method"])
    assert "lstm" in set(table["method"])


def test_boosting_of_other_encoders_is_refused(champion: Champion) -> None:
    strangers = replace(champion, encoders=replace(champion.encoders, cutoff="2016-01-04"))
    with pytest.raises(ArtefactError, match="same encoders, got others; materialise the assets tuned_model, boosted"):
        forecast_table(later_panel(), strangers, CONFIG, "receipt")


def test_a_demand_class_that_a_statistical_method_won_is_forecast_by_it_and_the_others_as_before(
    champion: Champion,
) -> None:
    panel = later_panel()
    before = forecast_table(panel, champion, CONFIG, "receipt")
    won = demand_classes(panel)[network_rows(panel)[0]]
    here = pl.col("demand_class") == str(won)
    board = champion.leaderboard.with_columns(
        champion=pl.when(here).then(pl.col("method") == "theta").otherwise(pl.col("champion"))
    )
    after = forecast_table(panel, replace(champion, leaderboard=board), CONFIG, "receipt")
    rows = np.intersect1d(network_rows(panel), np.flatnonzero(demand_classes(panel) == won))
    names = panel.series["series_id"].to_numpy()[rows].tolist()
    mine = pl.col("series_id").is_in(names)
    assert after.filter(mine)["method"].unique().to_list() == ["theta"]
    assert after.filter(mine)["model_version"].unique().to_list() == [library()]
    mean, spread = statistical_forecast("theta", panel, rows, panel.history, CONFIG)
    np.testing.assert_allclose(after.filter(mine)["forecast"], mean.reshape(-1))
    np.testing.assert_allclose(after.filter(mine)["q0.9"], spread[..., CONFIG.quantile_levels.index(0.9)].reshape(-1))
    kept = ~mine & (pl.col("method") == "blend")
    assert len(after.filter(kept))
    np.testing.assert_allclose(after.filter(kept)["forecast"], before.filter(kept)["forecast"], rtol=1e-5, atol=1e-5)
    some = forecast_table(panel, replace(champion, leaderboard=board), CONFIG, "receipt", np.sort(rows[:2]))
    assert some.equals(after.filter(pl.col("series_id").is_in(names[:2])))


def test_a_policy_lets_a_statistical_method_forecast_a_class_and_leaves_the_others(champion: Champion) -> None:
    panel = later_panel()
    before = forecast_table(panel, champion, CONFIG, "receipt")
    won = str(demand_classes(panel)[network_rows(panel)[0]])
    policies = [{"demand_class": [won], "method": "ses"}]
    config = CONFIG.model_validate({**CONFIG.model_dump(), "policies": policies})
    after = forecast_table(panel, champion, config, "receipt")
    rows = np.intersect1d(network_rows(panel), np.flatnonzero(demand_classes(panel) == won))
    mine = pl.col("series_id").is_in(panel.series["series_id"].to_numpy()[rows].tolist())
    assert after.filter(mine)["method"].unique().to_list() == ["ses"]
    kept = ~mine & (pl.col("method") == "blend")
    assert len(after.filter(kept))
    np.testing.assert_allclose(after.filter(kept)["forecast"], before.filter(kept)["forecast"], rtol=1e-5, atol=1e-5)


def library_names(table: pl.DataFrame) -> set[str]:
    return {name for name in table["model_version"] if name.startswith("statsforecast ")}


def test_interval_ends_are_the_quantiles_of_their_level(champion: Champion) -> None:
    table = forecast_table(later_panel(), champion, CONFIG, "receipt")
    assert table["lower_80"].to_list() == table["q0.1"].to_list()
    assert table["upper_95"].to_list() == table["q0.975"].to_list()


def test_attribute_values_unknown_to_the_champion_are_still_forecast_by_it(champion: Champion) -> None:
    panel = make_panel(history=32, series=12, department=["submarines"], brand=["own"])
    table = forecast_table(panel, champion, CONFIG, "receipt")
    assert "blend" in set(table["method"])


def test_asking_for_some_series_gives_the_numbers_they_have_among_all(champion: Champion) -> None:
    panel = later_panel()
    whole = forecast_table(panel, champion, CONFIG, "receipt")
    others = np.setdiff1d(np.arange(len(panel)), network_rows(panel))
    for rows in (np.array([1, 2]), np.concatenate([network_rows(panel)[:2], others[:2]])):
        some = forecast_table(panel, champion, CONFIG, "receipt", np.sort(rows))
        expected = whole.join(some.select("series_id", "lead"), on=["series_id", "lead"], how="semi")
        assert some.select("series_id", "lead", "method").equals(expected.select("series_id", "lead", "method"))
        np.testing.assert_allclose(some["forecast"], expected["forecast"], rtol=1e-5, atol=1e-5)


def test_online_onnx_agrees_with_the_torch_batch(champion: Champion) -> None:
    panel = later_panel()
    rows = network_rows(panel)
    encoders = champion.encoders
    inputs = gather(
        panel,
        encoders.scale(panel),
        encoders.codes(panel.series),
        rows,
        np.full(len(rows), panel.history),
        shape_of(champion.folder).lookback,
    )
    batch = predict(champion.folder, panel, encoders, rows)
    for model in (champion.folder, onnx_session(champion.folder)):
        mean, quantiles = predict_onnx(model, inputs)
        online = (settled(mean, quantiles, CONFIG.quantile_levels), quantiles)
        for found, expected in zip(online, batch, strict=True):
            np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


def test_another_horizon_or_an_incomplete_folder_is_refused_with_what_to_do(champion: Champion, tmp_path: Path) -> None:
    panel = make_panel(horizon=5)
    with pytest.raises(ArtefactError, match=r"forecasts 3 buckets and the panel of cycle .* wants 5; train again"):
        predict(champion.folder, panel, champion.encoders, np.arange(2))
    with pytest.raises(ArtefactError, match="materialise tuned_model again"):
        load_network(tmp_path)
    with pytest.raises(ArtefactError, match="materialise tuned_model again"):
        onnx_session(tmp_path)


@pytest.mark.parametrize("reason", ["low_volume", "too_short", "eligible", "mandatory", "no_attributes", "held_back"])
def test_the_network_forecasts_what_it_was_trained_for_or_only_kept_from(reason: str) -> None:
    panel = make_panel(series=6)
    frame = panel.series.with_columns(pl.lit(reason).alias("reason"))
    found = network_rows(Panel(**{**vars(panel), "series": frame}))
    assert bool(len(found)) == (reason not in {"low_volume", "too_short"})


def test_designated_skus_are_the_list_then_the_filter_then_the_biggest() -> None:
    panel = make_panel(series=20)
    brand = panel.series["brand"].to_list()
    skus = panel.series["sku"].to_list()
    assert len(designated_rows(panel, BatchInferenceConfig(top_n=None))) == 20
    assert designated_rows(panel, BatchInferenceConfig(skus=(skus[4], skus[2]), top_n=None)).tolist() == [2, 4]
    owned = designated_rows(panel, BatchInferenceConfig(attribute_filter={"brand": "own"}, top_n=None))
    assert owned.tolist() == [row for row in range(20) if brand[row] == "own"]
    biggest = designated_rows(panel, BatchInferenceConfig(top_n=3))
    units = panel.quantity[:, -13:].sum(1)
    assert set(biggest.tolist()) == set(np.argsort(-units)[:3].tolist())


def test_a_filter_on_a_list_attribute_looks_inside_the_list() -> None:
    panel = engine_panel()
    found = designated_rows(panel, BatchInferenceConfig(attribute_filter={"composition": "wool"}, top_n=None))
    labels = panel.series["composition"].to_list()
    assert found.tolist() == [row for row in range(len(panel)) if "wool" in labels[row]]


def test_a_receipt_changes_with_any_of_its_parts() -> None:
    whole = receipt_of(features="a", model="b", code="c")
    assert whole == receipt_of(code="c", model="b", features="a")
    assert (
        len({whole, receipt_of(features="x", model="b", code="c"), receipt_of(features="b", model="a", code="c")}) == 3
    )
    assert config_hash(CONFIG) == config_hash(make_config(**OVERRIDES))
    assert config_hash(CONFIG) != config_hash(make_config(horizon_weeks=4))
    assert config_hash(CONFIG) == config_hash(make_config(**{**OVERRIDES, "lake": {"root": "elsewhere"}}))
