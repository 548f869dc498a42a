"""Fallbacks: nobody is left out, families speak for newcomers, nothing looks ahead."""

from __future__ import annotations

import dataclasses

import numpy as np
import polars as pl

from dp_assets.domain.fallback import ANALOGUE, analogue, fall_back
from dp_assets.domain.panel import Panel
from dp_assets.domain.statistical import IMAPA, naive
from dp_assets.domain.windows import MIN_OBSERVED
from tests.factories import make_config, make_panel

CONFIG = make_config()


def newcomers(panel: Panel, rows: list[int], age: int) -> Panel:
    """The panel with some series that began `age` buckets before the cutoff."""
    arrays = {name: np.array(getattr(panel, name)) for name in ("quantity", "capped", "observed")}
    first = panel.first.copy()
    for row in rows:
        first[row] = panel.history - age
        for array in arrays.values():
            array[row, : first[row]] = 0
    return dataclasses.replace(panel, first=first, **arrays)


def unknown(panel: Panel) -> np.ndarray:
    return np.full((len(panel), panel.horizon), np.nan)


def test_every_series_gets_a_labelled_forecast_with_ordered_quantiles() -> None:
    panel = newcomers(make_panel(series=40), [3, 7, 20], age=2)
    made = fall_back(panel, unknown(panel), CONFIG)
    assert made.rows.tolist() == list(range(40))
    established = panel.observed.sum(1) >= MIN_OBSERVED
    assert made.method == [IMAPA if seasoned else ANALOGUE for seasoned in established]
    assert {IMAPA, ANALOGUE} == set(made.method)
    assert np.isfinite(made.mean).all()
    assert (made.mean >= 0).all()
    assert (made.quantiles >= 0).all()
    assert (np.diff(made.quantiles, axis=2) >= 0).all()


def test_series_that_the_network_forecast_are_left_alone() -> None:
    panel = make_panel(series=10)
    known = unknown(panel)
    known[[0, 4]] = 3.0
    assert fall_back(panel, known, CONFIG).rows.tolist() == [1, 2, 3, 5, 6, 7, 8, 9]


def test_a_newcomer_is_drawn_to_the_level_of_its_family_and_grows_with_it() -> None:
    panel = make_panel(series=60, department=["dairy"], brand=["own", "national"], seed=2)
    panel = newcomers(panel, [0], age=3)
    quantity = np.array(panel.quantity)
    brand = panel.series["brand"].to_list()
    quantity[[row for row in range(60) if brand[row] == brand[0]]] = 10.0
    quantity[[row for row in range(60) if brand[row] != brand[0]]] = 100.0
    quantity[0] = 0.0
    quantity[0, -3:] = [90.0, 4.0, 2.0]  # the bucket of the first sale tells nothing
    panel = dataclasses.replace(panel, quantity=quantity)
    means = np.repeat(naive(panel)[:, None], panel.horizon, axis=1) * np.array([1.0, 2.0, 9.0])
    found = analogue(panel, np.array([0]), panel.history, CONFIG, means)[0]
    drawn = (4.0 + 2.0 + 2.0 * 10.0) / (2.0 + 2.0)
    np.testing.assert_allclose(found, drawn * np.array([1.0, 2.0, 5.0]))


def test_younger_members_speak_for_a_newcomer_where_there_are_enough_of_them() -> None:
    panel = make_panel(series=40, history=60, department=["dairy"], brand=["own"])
    panel = newcomers(newcomers(panel, list(range(1, 9)), age=12), [0], age=1)
    quantity = np.array(panel.quantity)
    quantity[9:] = 50.0
    quantity[1:9, -12:] = 8.0
    found = analogue(dataclasses.replace(panel, quantity=quantity), np.array([0]), 60, CONFIG, None)
    np.testing.assert_allclose(found, 8.0)


def test_a_family_too_small_to_speak_hands_over_to_the_level_above_and_then_to_the_catalogue() -> None:
    panel = newcomers(make_panel(series=30, department=["dairy"], brand=["own"]), [0, 1], age=2)
    frame = panel.series.with_columns(
        pl.when(pl.int_range(pl.len()) == 0).then(pl.lit("rare")).otherwise("brand").alias("brand"),
        pl.when(pl.int_range(pl.len()) == 1).then(None).otherwise("department").alias("department"),
    )
    found = analogue(dataclasses.replace(panel, series=frame), np.array([0, 1]), panel.history, CONFIG, None)
    assert (found > 0).all()


def test_without_any_established_series_newcomers_speak_for_themselves() -> None:
    panel = make_panel(series=5, history=4)
    made = fall_back(panel, unknown(panel), CONFIG)
    assert set(made.method) == {ANALOGUE}
    assert np.isfinite(made.quantiles).all()
