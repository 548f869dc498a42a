"""Gradient boosting: its level is the network's, its table, no look ahead, bounds, bytes, and that it learns."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dp_assets.domain.boosting import (
    CARD,
    CEILING,
    FORMAT,
    LABELS,
    TREES,
    Boosting,
    absence,
    drawn,
    feature_names,
    feature_table,
    fit_boosting,
    save_absence,
    top_labels,
)
from dp_assets.domain.config import DemandConfig
from dp_assets.domain.encoders import Encoders, fit_encoders
from dp_assets.domain.errors import ArtefactError, NotEnoughHistoryError
from dp_assets.domain.panel import Panel
from dp_assets.domain.windows import WindowIndex, Windows, training_windows, window_level, windows_at
from tests.domain.engine_inputs import MULTI, SINGLE, engine_panel, noisy, small_network
from tests.factories import make_config

Floats = npt.NDArray[np.floating]
SMALL = {"rounds": 10, "leaves": 7, "learning_rate": 0.2}
RECENT = 8
"""What a panel knows of a bucket only once it is over."""


def configured(seed: int = 0, **boosting: Any) -> DemandConfig:
    return make_config(attributes={**SINGLE, **MULTI}, model={"seed": seed}, boosting={**SMALL, **boosting})


def fitted(
    panel: Panel, config: DemandConfig, end: int | None = None, encoders: Encoders | None = None, threads: int = 1
) -> tuple[Boosting, Windows]:
    """A model of every series of a panel, and the windows that it was made of."""
    encoders = encoders or fit_encoders(panel, config)
    windows = Windows.of(panel, encoders)
    end = panel.history if end is None else end
    return fit_boosting(windows, encoders, np.arange(len(panel)), config, end, threads), windows


def forecast(model: Boosting, windows: Windows, origin: int | None = None) -> tuple[Floats, Floats]:
    """Mean and quantiles of every series at an origin, by default that of the cycle itself."""
    origin = windows.panel.history if origin is None else origin
    return model.predict_windows(windows, windows_at(np.arange(len(windows.panel)), origin))


def as_bytes(found: tuple[Floats, Floats]) -> bytes:
    return found[0].tobytes() + found[1].tobytes()


@pytest.fixture(scope="module")
def shared() -> tuple[Boosting, Windows]:
    """One fit for all tests that only look at a model."""
    return fitted(engine_panel(), configured())


def test_the_level_of_a_window_is_the_one_the_network_computes() -> None:
    panel = engine_panel(history=40)
    observed = np.array(panel.observed)
    observed[:5, -RECENT:] = 0  # nothing recent
    observed[5:8, -20:] = 0  # nothing at all
    observed[8:] *= np.random.default_rng(2).random(observed[8:].shape) < 0.7
    panel = dataclasses.replace(panel, observed=observed)
    network, source = small_network(panel=panel, attributes={**SINGLE, **MULTI}, lookback_weeks=20)
    for origin in (3, 12, panel.history):
        index = windows_at(np.arange(len(panel)), origin)
        expected = network.level(source.inputs(index, network.spec)).numpy()
        found = window_level(source.gather(index, network.spec.lookback), network.spec.recent)
        np.testing.assert_allclose(found, expected, rtol=1e-6)
    assert found[5:8] == pytest.approx(0.1)
    assert (found[:5] > 0.1).any()


def test_the_table_has_a_row_for_every_lead_of_every_window_and_a_named_column_for_every_feature() -> None:
    panel = engine_panel()
    encoders = fit_encoders(panel, configured())
    inputs = Windows.of(panel, encoders).gather(WindowIndex(np.array([4, 2, 7]), np.array([20, 30, 25])), 8)
    table, level = feature_table(inputs, RECENT)
    names = feature_names(encoders, 8)
    assert table.shape == (3 * panel.horizon, len(names))
    assert len(set(names)) == len(names)
    assert table[:, names.index("lead")].tolist() == [1, 2, 3] * 3
    np.testing.assert_array_equal(table[:, names.index("log_level")], np.repeat(np.log(level), panel.horizon))
    np.testing.assert_array_equal(table[:, names.index("age")], np.repeat(inputs["age"], panel.horizon))
    np.testing.assert_array_equal(
        table[:, names.index("planned_promo_display")], inputs["known_ahead"][:, :, 0].reshape(-1)
    )


def test_features_are_those_computed_by_hand() -> None:
    panel = engine_panel(series=3, history=30, bucket_weeks=4)
    quantity = np.tile(np.arange(30, dtype=np.float32), (3, 1))
    observed, known = np.ones_like(quantity), np.zeros_like(panel.known)
    observed[2, 20:] = 0
    known[1, [26, 28, 31]] = 1  # sold 26 and 28 under it, and it is planned for the second lead
    known[2, 25] = 1  # nobody saw what was sold under it
    panel = dataclasses.replace(
        panel, quantity=quantity, capped=quantity, observed=observed, known=known, first=np.zeros(3, np.int32)
    )
    encoders = fit_encoders(panel, configured())
    windows = Windows.of(panel, encoders)
    table, level = feature_table(windows.gather(windows_at(np.arange(3), 30), 16), recent=4)
    rows = dict(zip(feature_names(encoders, 16), table.reshape(3, panel.horizon, -1).transpose(2, 0, 1), strict=True))
    sold = 0.5 * np.arange(14, 30).mean() + 0.5 * np.arange(26, 30).mean() + 0.1
    assert level == pytest.approx([sold, sold, np.arange(14, 20).mean() + 0.1])
    for name, units in {"lag_1": 29, "lag_4": 26, "mean_4": 27.5, "mean": 21.5, "maximum": 29}.items():
        assert rows[name][0] == pytest.approx(units / sold), name
    assert rows["spread"][0] == pytest.approx(np.arange(14, 30).std() / sold, rel=1e-5)
    assert rows["share_sold"][:, 0].tolist() == [1, 1, 1]
    assert rows["share_sold_recently"][:, 0].tolist() == [1, 1, 0]  # nothing recent of the third is observed
    assert np.isnan(rows["under_promo_display"][[0, 2]]).all()
    assert rows["under_promo_display"][1] == pytest.approx(27 / sold)
    # a year is 13 buckets: leads 30, 31, 32 have 16 … 18, 17 … 19, 18 … 20 before them
    assert rows["last_year"][0] == pytest.approx(np.array([17, 18, 19]) / sold)
    assert (rows["last_year_seen"] == 1).all()
    off, on = encoders.scalers["promo_display"](np.array([0, 1], np.float32))
    assert rows["planned_promo_display"][1] == pytest.approx([off, on, off])
    assert rows["recent_promo_display"][1] == pytest.approx((off + on) / 2)
    assert rows["change_of_promo_display"][1] == pytest.approx(np.array([off - on, on - off, off - on]) / 2)
    assert rows["brand"][:, 0].tolist() == encoders.codes(panel.series).single[:, 1].tolist()


def test_nothing_at_or_after_the_end_is_read_but_what_is_known_ahead() -> None:
    panel, config, end = engine_panel(history=30), configured(), 24
    encoders = fit_encoders(panel, config)
    model, windows = fitted(panel, config, end, encoders)
    other, noise = fitted(noisy(panel, end), config, end, encoders)
    assert model.trees == other.trees
    assert as_bytes(forecast(model, windows, end)) == as_bytes(forecast(other, noise, end))
    later, _ = fitted(noisy(panel, end - 1), config, end, encoders)
    assert model.trees != later.trees


@settings(max_examples=40)
@given(
    quantity=arrays(np.float32, (4, 10), elements=st.sampled_from([0, 0, 0, 1, 2, 7, 50, 1e3, 1e6])),
    observed=arrays(np.float32, (4, 10), elements=st.sampled_from([0, 1, 1, 1])),
    promoted=arrays(np.float32, (4, 13, 1), elements=st.sampled_from([0, 1, 30])),
)
def test_forecasts_never_cross_are_never_negative_and_keep_below_the_ceiling(
    shared: tuple[Boosting, Windows], quantity: Floats, observed: Floats, promoted: Floats
) -> None:
    model, config = shared[0], configured()
    panel = dataclasses.replace(
        engine_panel(series=4, history=10), quantity=quantity, capped=quantity, observed=observed, known=promoted
    )
    windows = Windows.of(panel, fit_encoders(shared[1].panel, config))
    mean, quantiles = forecast(model, windows)
    assert_bounded(windows, mean, quantiles)


def assert_bounded(windows: Windows, mean: Floats, quantiles: Floats) -> None:
    ceiling = ceilings(windows)
    assert (np.diff(quantiles, axis=2) >= 0).all()
    assert (mean >= 0).all()
    assert (quantiles >= 0).all()
    assert (mean <= ceiling[:, None]).all()
    assert (quantiles <= ceiling[:, None, None]).all()


def ceilings(windows: Windows) -> Floats:
    panel = windows.panel
    inputs = windows.gather(windows_at(np.arange(len(panel)), panel.history), 8)
    return np.asarray(CEILING * (inputs["quantity"].max(axis=1) + window_level(inputs, RECENT)))


def test_trees_that_fall_below_zero_are_forecast_as_nothing() -> None:
    model, windows = fitted(engine_panel(series=60, seed=4), configured(learning_rate=1.0))
    index = windows_at(np.arange(60), windows.panel.history)
    table, _ = feature_table(windows.gather(index, model.lookback), model.recent, model.labels)
    assert (model.trees.sums(table)[:, 1:] < 0).any()
    assert_bounded(windows, *forecast(model, windows))


def test_where_next_to_nothing_was_sold_a_promotion_reaches_the_ceiling_and_no_more() -> None:
    panel = engine_panel(series=60, seed=4)
    promoted = panel.known[:, : panel.history, 0]
    quantity = 100 * promoted * panel.observed
    planned = np.array(panel.known)
    planned[:, panel.history :] = 1
    panel = dataclasses.replace(panel, quantity=quantity, capped=quantity, known=planned)
    model, windows = fitted(panel, configured())
    mean, quantiles = forecast(model, windows)
    assert_bounded(windows, mean, quantiles)
    idle = panel.quantity[:, -8:].sum(axis=1) == 0
    assert idle.any()
    assert ceilings(windows)[idle] == pytest.approx(0.4)
    assert (mean[idle] == ceilings(windows)[idle, None]).any()
    assert (quantiles[idle, :, -1] == ceilings(windows)[idle, None]).any()


def test_the_same_inputs_give_the_same_files_and_another_seed_gives_others(tmp_path: Path) -> None:
    def written(folder: Path, seed: int) -> dict[str, bytes]:
        fitted(engine_panel(), configured(seed=seed))[0].save(folder)
        return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}

    first = written(tmp_path / "first", seed=1)
    assert first == written(tmp_path / "again", seed=1)
    other = written(tmp_path / "other", seed=2)
    assert [name for name in first if first[name] != other[name]] == [CARD, TREES] == list(first)


@pytest.mark.slow
def test_the_number_of_threads_does_not_change_the_forecasts() -> None:
    one, two = (forecast(*fitted(engine_panel(), configured(rounds=4), threads=threads)) for threads in (1, 2))
    assert as_bytes(one) == as_bytes(two)


def test_a_loaded_model_is_the_saved_one(shared: tuple[Boosting, Windows], tmp_path: Path) -> None:
    model, windows = shared
    model.save(tmp_path / "model")
    loaded = Boosting.load(tmp_path / "model")
    assert loaded is not None
    for field in dataclasses.fields(Boosting):
        assert getattr(loaded, field.name) == getattr(model, field.name), field.name
    assert as_bytes(forecast(loaded, windows)) == as_bytes(forecast(model, windows))
    loaded.save(tmp_path / "again")
    for path in (tmp_path / "model").iterdir():
        assert (tmp_path / "again" / path.name).read_bytes() == path.read_bytes(), path.name


@pytest.mark.parametrize("name", [CARD, TREES])
def test_a_missing_file_is_refused_by_name(shared: tuple[Boosting, Windows], tmp_path: Path, name: str) -> None:
    shared[0].save(tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(ArtefactError, match=rf"{name}.*; materialise boosted_model again"):
        Boosting.load(tmp_path)


def test_another_format_is_refused(shared: tuple[Boosting, Windows], tmp_path: Path) -> None:
    shared[0].save(tmp_path)
    card = json.loads((tmp_path / CARD).read_text())
    (tmp_path / CARD).write_text(json.dumps({**card, "format": FORMAT + 1}))
    with pytest.raises(ArtefactError, match=rf"of format {FORMAT} in .*; materialise boosted_model again"):
        Boosting.load(tmp_path)


def test_a_promotion_known_ahead_that_doubles_sales_is_followed_and_recent_demand_beaten() -> None:
    panel = engine_panel(series=120, history=50, seed=8)
    rng = np.random.default_rng(6)
    rate = rng.lognormal(2.0, 0.8, len(panel))[:, None] * (1 + panel.known[:, : panel.history, 0])
    quantity = (rng.poisson(rate) * panel.observed).astype(np.float32)
    panel = dataclasses.replace(panel, quantity=quantity, capped=quantity)
    config, origin = configured(rounds=20), panel.history - panel.horizon
    model, windows = fitted(panel, config, origin)
    mean, _ = forecast(model, windows, origin)
    actual, seen = panel.quantity[:, origin:], panel.observed[:, origin:]
    recent = panel.quantity[:, origin - 8 : origin].mean(axis=1, keepdims=True)
    error, recent_error = ((np.abs(each - actual) * seen).sum() for each in (mean, recent))
    assert error < 0.9 * recent_error

    def planned(share: float) -> Floats:
        known = np.array(panel.known)
        known[:, origin:] = share
        plan = Windows.of(dataclasses.replace(panel, known=known), fit_encoders(panel, config))
        return forecast(model, plan, origin)[0]

    ratio = planned(1).sum(axis=0) / planned(0).sum(axis=0)
    assert ((ratio > 1.4) & (ratio < 2.5)).all()


def test_rows_cap_what_is_learned_from_and_are_drawn_by_seeded_chance() -> None:
    panel = engine_panel(series=60)
    index = training_windows(panel, np.arange(60), panel.history)
    few = drawn(index, configured(rows=1_000))
    assert len(few) == 1_000 // panel.horizon < len(index)
    assert drawn(index, configured(rows=1_000_000)) is index
    same, other, every = (
        fitted(panel, configured(**settings))[0].trees for settings in ({"rows": 1_000}, {"rows": 1_000, "seed": 5}, {})
    )
    assert same == fitted(panel, configured(rows=1_000))[0].trees
    assert len({same.onnx, other.onnx, every.onnx}) == 3


def test_no_window_to_learn_from_is_said_so() -> None:
    with pytest.raises(NotEnoughHistoryError, match="no window with 6 observed buckets"):
        fitted(engine_panel(), configured(), end=4)


def test_importance_is_a_share_of_every_feature_biggest_first(shared: tuple[Boosting, Windows]) -> None:
    found = shared[0].importance()
    shares = list(found.values())
    assert set(found) == set(shared[0].features)
    assert sum(shares) == pytest.approx(1)
    assert shares == sorted(shares, reverse=True)
    assert shares[-1] >= 0


def test_saved_files_do_not_depend_on_the_number_of_threads(tmp_path: Path) -> None:
    for threads in (1, 2):
        fitted(engine_panel(), configured(rounds=2), threads=threads)[0].save(tmp_path / str(threads))
    files = sorted(path.name for path in (tmp_path / "1").iterdir())
    assert [(tmp_path / "1" / name).read_bytes() for name in files] == [
        (tmp_path / "2" / name).read_bytes() for name in files
    ]


def test_a_damaged_description_is_refused(tmp_path: Path) -> None:
    (tmp_path / "boosting.json").write_text('{"levels": [')
    with pytest.raises(ArtefactError, match=r"boosting\.json is damaged .*; materialise boosted_model again"):
        Boosting.load(tmp_path)


def test_the_reason_why_there_is_no_model_is_kept_in_its_place(tmp_path: Path) -> None:
    save_absence(tmp_path, "failed: no trees")
    assert Boosting.load(tmp_path) is None
    assert absence(tmp_path) == "failed: no trees"


def labelled(panel: Panel, labels: list[list[str]]) -> Panel:
    return dataclasses.replace(
        panel, series=panel.series.with_columns(pl.Series("composition", labels, dtype=pl.List(pl.String())))
    )


def test_labels_become_columns_of_zeros_and_ones_the_commonest_ones_only() -> None:
    words = [f"label{number:02d}" for number in range(LABELS + 8)]
    # label00 belongs to 5 series, the next one to 6, and so on; one is rare, and many series have none at all.
    labels = [[word for at, word in enumerate(words) if row < at + 5] for row in range(80)]
    labels[79] = ["rare"]
    panel = labelled(engine_panel(series=80), labels)
    encoders = fit_encoders(panel, configured())
    windows = Windows.of(panel, encoders)
    chosen = top_labels(windows, np.arange(80))
    names = feature_names(encoders, 8, chosen)
    found = [name.removeprefix("composition_") for name in names if name.startswith("composition_")]
    assert found == ["<UNK>", *words[9:]]
    table, _ = feature_table(windows.gather(windows_at(np.arange(80), 30), 8), RECENT, chosen)
    column = table[:: panel.horizon, names.index("composition_label20")]
    assert column.tolist() == [float("label20" in each) for each in labels]
    assert top_labels(windows, np.arange(77, 80)) == ()


def test_labels_that_all_series_have_tell_nothing() -> None:
    panel = labelled(engine_panel(), [["cotton"]] * 20)
    windows = Windows.of(panel, fit_encoders(panel, configured()))
    assert top_labels(windows, np.arange(20)) == ()


def test_what_a_label_decides_is_learned() -> None:
    panel = engine_panel(series=160, history=40, seed=8)
    rng = np.random.default_rng(6)
    wool = np.arange(160) % 2 == 0
    labels = [sorted({"cotton", "wool"} if warm else {"cotton", "silk"}) for warm in wool]
    # What is of wool sells four times as much in every fourth bucket, which nothing else tells before it comes.
    often = np.where((np.arange(43) % 4 == 0) & wool[:, None], 4.0, 1.0)
    quantity = (rng.poisson(10 * often[:, :40]) * panel.observed).astype(np.float32)
    panel = dataclasses.replace(labelled(panel, labels), quantity=quantity, capped=quantity)
    model, windows = fitted(panel, configured(rounds=20))
    names = feature_names(fit_encoders(panel, configured()), model.lookback, model.labels)
    assert model.features == names
    assert {"composition_silk", "composition_wool"} & set(names)
    shares = model.importance()
    assert shares["composition_silk"] + shares.get("composition_wool", 0) > 0
    swapped = labelled(panel, [labels[(row + 1) % 160] for row in range(160)])
    other = Windows.of(swapped, fit_encoders(panel, configured()))
    assert not np.array_equal(forecast(model, windows)[0], forecast(model, other)[0])
