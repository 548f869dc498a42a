"""encoders: scikit-learn's semantics, unseen values, scalers of eligible history only, and their JSON."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
import warnings

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.preprocessing import LabelBinarizer, MultiLabelBinarizer

from dp_assets.domain.config import DemandConfig
from dp_assets.domain.encoders import SHARE_STD, AttributeEncoder, Encoders, embedding_size, fit_encoders
from dp_assets.domain.errors import ArtefactError, NotEnoughHistoryError
from dp_assets.domain.panel import Panel
from dp_assets.domain.training_config import EmbeddingConfig
from tests.domain.engine_inputs import MULTI, SINGLE, engine_panel
from tests.factories import make_config, make_panel

WORDS = st.text(alphabet="abÉß<z|1 ", min_size=1, max_size=3)


def panel_with(panel: Panel, **changes: object) -> Panel:
    return dataclasses.replace(panel, **changes)  # type: ignore[arg-type]


def fitted(panel: Panel, config: DemandConfig | None = None) -> Encoders:
    return fit_encoders(panel, config or make_config())


def mixed_panel() -> tuple[Panel, DemandConfig]:
    """A panel with single and multi-label attributes, some missing, one series not eligible."""
    panel = make_panel(series=6)
    series = panel.series.with_columns(
        eligible=pl.Series([True, True, True, True, True, False]),
        brand=pl.Series(["own", "own", None, "national", "own", "rare"]),
        composition=pl.Series(
            [["wool", "silk"], ["wool"], None, [], ["silk", "wool", "wool"], ["paper"]], dtype=pl.List(pl.String())
        ),
    )
    config = make_config(attributes={"composition": {}, "brand": {}, "department": {}}, hierarchies=[])
    return panel_with(panel, series=series), config


def test_the_vocabulary_is_sorted_starts_with_unk_and_holds_eligible_series_only() -> None:
    composition, brand, department = fitted(*mixed_panel()).attributes
    assert (brand.name, brand.kind, brand.vocabulary) == ("brand", "single", ("<UNK>", "national", "own"))
    assert (composition.name, composition.kind, composition.vocabulary) == (
        "composition",
        "multi",
        ("<UNK>", "silk", "wool"),
    )
    assert department.vocabulary[0] == "<UNK>"


def test_codes_hold_indices_and_bags_and_count_what_was_not_seen() -> None:
    panel, config = mixed_panel()
    codes = fitted(panel, config).codes(panel.series)
    assert codes.single.dtype == np.int64
    assert codes.single[:, 0].tolist() == [2, 2, 0, 1, 2, 0]
    assert codes.multi.tolist() == [[0, 1, 1], [0, 0, 1], [1, 0, 0], [1, 0, 0], [0, 1, 1], [1, 0, 0]]
    assert codes.unknown["brand"] == codes.unknown["composition"] == 1


def test_an_attribute_the_panel_lacks_is_unknown_everywhere() -> None:
    panel, config = mixed_panel()
    codes = fitted(panel, config).codes(panel.series.drop("brand", "composition"))
    assert not codes.single[:, 0].any()
    assert codes.multi.tolist() == [[1, 0, 0]] * 6
    assert codes.unknown["brand"] == codes.unknown["composition"] == 0


def test_attributes_can_be_added_and_removed_by_configuration() -> None:
    panel, _ = mixed_panel()
    names = [
        [
            encoder.name
            for encoder in fitted(panel, make_config(attributes={key: {} for key in chosen}, hierarchies=[])).attributes
        ]
        for chosen in ((), ("brand",), ("department", "brand"))
    ]
    assert names == [[], ["brand"], ["department", "brand"]]
    codes = fitted(panel, make_config(attributes={}, hierarchies=[])).codes(panel.series)
    assert codes.single.shape == codes.multi.shape == (6, 0)


@given(st.lists(WORDS, min_size=3, max_size=12), st.lists(st.one_of(WORDS, st.none()), min_size=1, max_size=8))
def test_one_hot_equals_label_binarizer(seen: list[str], asked: list[str | None]) -> None:
    known = sorted(set(seen))
    encoder = AttributeEncoder("brand", "single", ("<UNK>", *known), 1)
    twin = LabelBinarizer().fit(seen)
    assert list(twin.classes_) == known
    ours = encoder.one_hot(pl.Series(seen))
    theirs = twin.transform(seen)
    if len(known) == 2:
        assert np.array_equal(ours[:, 1:], theirs)
    elif len(known) > 2:
        assert np.array_equal(ours, theirs)
        answered = ["?" if value is None else value for value in asked]
        assert np.array_equal(encoder.one_hot(pl.Series(asked, dtype=pl.String)), twin.transform(answered))
    assert (ours.sum(axis=1) == 1).all()
    assert [encoder.vocabulary[index] for index in encoder.indices(pl.Series(seen))] == seen


@given(
    st.lists(st.lists(WORDS, max_size=4), min_size=1, max_size=8).filter(lambda rows: any(rows)),
    st.lists(st.lists(WORDS, max_size=4), min_size=1, max_size=8),
)
def test_multi_hot_equals_multi_label_binarizer(seen: list[list[str]], asked: list[list[str]]) -> None:
    twin = MultiLabelBinarizer().fit(seen)
    encoder = AttributeEncoder("composition", "multi", ("<UNK>", *twin.classes_), 1)
    for rows in (seen, asked):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            theirs = twin.transform(rows)
        values = pl.Series(rows, dtype=pl.List(pl.String()))
        assert np.array_equal(encoder.multi_hot(values), theirs)
        unseen = sum(label not in twin.classes_ for row in rows for label in row)
        assert encoder.unseen(values) == unseen


def test_a_value_that_looks_like_unk_is_unk() -> None:
    panel, config = mixed_panel()
    series = panel.series.with_columns(brand=pl.lit("<UNK>"))
    encoder = fitted(panel_with(panel, series=series), config).attributes[1]
    assert encoder.vocabulary == ("<UNK>",)
    assert encoder.indices(series["brand"]).tolist() == [0] * 6
    assert encoder.one_hot(series["brand"]).shape == (6, 0)


@pytest.mark.parametrize(
    ("values", "rule", "size"),
    [
        (0, {}, 1),
        (1, {}, 1),
        (5, {}, 3),
        (98, {}, 49),
        (500, {}, 50),
        (10, {"scale": 2.0}, 10),
        (9, {"max_size": 3}, 3),
    ],
)
def test_embedding_sizes_follow_the_rule(values: int, rule: dict[str, float], size: int) -> None:
    assert embedding_size(values, EmbeddingConfig.model_validate({"scale": 1.0, **rule})) == size


def test_scalers_are_fitted_on_observed_history_of_eligible_series() -> None:
    panel = make_panel(series=10)
    series = panel.series.with_columns(eligible=pl.Series([True] * 7 + [False] * 3))
    panel = panel_with(panel, series=series)
    cells = panel.observed.astype(bool) & (np.arange(10) < 7)[:, None]
    encoders = fitted(panel, make_config(features={"target_transform": "none"}))
    past = panel.past[:, :, 0][cells].astype(float)
    known = panel.known[:, : panel.history, 0][cells].astype(float)
    assert encoders.scalers["running_mean"].mean == pytest.approx(past.mean())
    assert encoders.scalers["running_mean"].std == pytest.approx(past.std())
    assert encoders.scalers["promo_display"].mean == pytest.approx(known.mean())
    assert encoders.fitted_on == 7
    noisy = [np.array(panel.past), np.array(panel.known)]
    noisy[0][~cells] = 1e6
    noisy[1][:, : panel.history][~cells] = 1
    noisy[1][:, panel.history :] = 1
    again = fitted(panel_with(panel, past=noisy[0], known=noisy[1]), make_config(features={"target_transform": "none"}))
    assert again.to_json() == encoders.to_json()


def test_a_constant_channel_gets_a_standard_deviation_of_one_and_a_rare_share_the_floor() -> None:
    panel = make_panel(series=10)
    rare = np.zeros_like(panel.known)
    rare[0, panel.first[0] + 1] = 0.5
    encoders = fitted(panel_with(panel, past=np.full_like(panel.past, 7.25), known=rare))
    assert (encoders.scalers["running_mean"].mean, encoders.scalers["running_mean"].std) == (7.25, 1.0)
    assert encoders.scalers["promo_display"].std == SHARE_STD


def test_scaled_channels_have_mean_zero_and_deviation_one_where_they_were_fitted() -> None:
    panel = make_panel(series=40, history=60)
    panel = panel_with(panel, past_names=("rolling_mean_4w",))
    scaled = fitted(panel).scale(panel)
    cells = panel.observed.astype(bool)
    inside = scaled.past[:, :, 0][cells & panel.series["eligible"].to_numpy()[:, None]]
    assert (scaled.past.dtype, scaled.known.dtype, scaled.calendar.dtype) == (np.float32,) * 3
    assert (inside.mean(), inside.std()) == (pytest.approx(0, abs=1e-4), pytest.approx(1, abs=1e-4))
    assert not scaled.past[~cells].any()
    expected = np.log1p(panel.past[:, :, 0][cells])
    scaler = fitted(panel).scalers["rolling_mean_4w"]
    assert scaler.transform == "log1p"
    assert scaled.past[:, :, 0][cells] == pytest.approx((expected - scaler.mean) / scaler.std, abs=1e-4)


def test_seasons_with_less_than_two_periods_of_history_are_left_out() -> None:
    short, long = make_panel(history=103), make_panel(history=104)
    assert fitted(short).calendar == ()
    assert set(fitted(short).left_out) == {"yearly_sin", "yearly_cos"}
    assert fitted(short).scale(short).calendar.shape == (106, 0)
    assert fitted(long).calendar == ("yearly_sin", "yearly_cos")
    assert fitted(long).scale(long).calendar.shape == (107, 2)


def test_a_later_panel_is_brought_into_the_channels_of_the_model() -> None:
    panel = make_panel()
    encoders = fitted(panel)
    both = np.concatenate([np.full_like(panel.known, 9), panel.known], axis=2)
    wider = panel_with(panel, known=both, known_names=("promo_brand_new", "promo_display"), known_reach=(3, 3))
    assert np.array_equal(encoders.scale(wider).known, encoders.scale(panel).known)
    gone = panel_with(panel, known=panel.known[:, :, :0], known_names=(), known_reach=())
    scaler = encoders.scalers["promo_display"]
    assert encoders.scale(gone).known == pytest.approx(-scaler.mean / scaler.std)


def test_a_panel_without_a_channel_of_the_model_is_refused() -> None:
    panel = make_panel()
    encoders = fitted(panel)
    with pytest.raises(ArtefactError, match=r"fitted on channels \['running_mean'\] that the panel of cycle .* lacks"):
        encoders.scale(panel_with(panel, past_names=("another",)))


def test_a_regressor_of_the_model_that_the_panel_lacks_is_refused_and_keeps_its_reach_where_it_is_there() -> None:
    panel = make_panel()
    both = np.concatenate([panel.known, panel.known * 50], axis=2)
    names = ("promo_display", "regressor_temperature")
    encoders = fitted(panel_with(panel, known=both, known_names=names, known_reach=(3, 1)))
    wider = panel_with(panel, known=both, known_names=names, known_reach=(3, 2))
    assert encoders.scale(wider).known_reach == (3, 2)
    with pytest.raises(ArtefactError, match=r"fitted on channels \['regressor_temperature'\].*train again"):
        encoders.scale(panel)


def test_encoders_survive_json_and_the_same_encoders_give_the_same_text() -> None:
    panel, config = mixed_panel()
    encoders = fitted(panel, config)
    again = Encoders.from_json(encoders.to_json())
    assert again == encoders
    assert again.to_json() == encoders.to_json() == fitted(panel, config).to_json()
    assert np.array_equal(again.scale(panel).past, encoders.scale(panel).past)


@pytest.mark.parametrize("text", ["{}", "nonsense", '{"format": 99}', "[]"])
def test_other_json_is_refused(text: str) -> None:
    with pytest.raises(ArtefactError, match="fit them again"):
        Encoders.from_json(text)


def test_without_an_eligible_series_there_is_nothing_to_fit() -> None:
    panel = make_panel()
    nobody = panel_with(panel, series=panel.series.with_columns(eligible=pl.lit(False)))
    with pytest.raises(NotEnoughHistoryError, match="expected eligible series to fit encoders on"):
        fitted(nobody)


def test_serving_can_import_encoders_without_torch_or_scikit_learn() -> None:
    code = "import dp_assets.domain.encoders, sys; print(*{name.split('.')[0] for name in sys.modules})"
    loaded = set(
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    )
    assert not loaded & {"torch", "sklearn", "dagster", "coreforecast", "holidays"}


def test_peer_channels_are_kept_from_the_network_and_given_to_boosting_as_they_are() -> None:
    panel = engine_panel()
    encoders = fit_encoders(panel, make_config(attributes={**SINGLE, **MULTI}))
    assert encoders.past == ("running_mean",)
    assert encoders.peers == panel.past_names[1:]
    assert not set(encoders.scalers) & set(encoders.peers)
    scaled = encoders.scale(panel)
    assert scaled.past.shape[2] == 1
    assert np.shares_memory(scaled.peers, panel.past)
    np.testing.assert_array_equal(scaled.peers, panel.past[:, :, 1:])
    turned = panel_with(panel, past=panel.past[:, :, ::-1], past_names=panel.past_names[::-1])
    np.testing.assert_array_equal(encoders.scale(turned).peers, scaled.peers)
    assert Encoders.from_json(encoders.to_json()) == encoders


def test_a_group_of_peers_that_a_later_panel_lacks_is_unknown_and_no_error() -> None:
    panel = engine_panel()
    encoders = fit_encoders(panel, make_config(attributes={**SINGLE, **MULTI}))
    less = panel_with(panel, past=panel.past[:, :, :3], past_names=panel.past_names[:3])
    found = encoders.scale(less).peers
    np.testing.assert_array_equal(found[:, :, :2], panel.past[:, :, 1:3])
    assert np.isnan(found[:, :, 2:]).all()
