"""The leaderboard: classes of demand, shares learned from errors, mixtures in order, verdicts that name who was ahead.

Levels are few here and every class has one series, so that what is expected can be computed by hand.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dp_assets.domain.contracts import LEADERBOARD
from dp_assets.domain.demand_classes import CLASSES, INTERVAL, VARIATION, demand_classes
from dp_assets.domain.inference import BLEND, BOOSTING, LSTM, mixed
from dp_assets.domain.leaderboard import (
    ALL,
    EQUAL,
    MARGIN,
    PRIOR_ROWS,
    ROWS,
    STEPS,
    Backtest,
    Forecast,
    blended,
    joined,
    leaderboard,
    learned_shares,
    shares_of,
    winners_of,
)
from dp_assets.domain.panel import Panel
from tests.domain.engine_inputs import engine_panel

Array = npt.NDArray[np.float64]
LEVELS = np.array([0.1, 0.5, 0.9])
NAIVE = "naive"
ONE_EACH = np.array(CLASSES)
"""Classes of a panel of four series."""
HALVES = dict.fromkeys(CLASSES, 0.5)
FIGURES = ["wape", "rmse", "bias", "wql"]
EVEN, VARYING = [5.0], [1.0, 20.0]
grids = st.lists(st.lists(st.floats(0, 1e7), min_size=3, max_size=3).map(sorted), min_size=4, max_size=4).map(np.array)
"""(4, 3) quantiles that do not cross."""


def sold(sizes: list[float], every: int = 1, first: int = 0, history: int = 36) -> list[float]:
    """A history that sells the given sizes in turn, every so many buckets, from its first sale on."""
    sales = range(first, history, every)
    found = [0.0] * history
    for number, at in enumerate(sales):
        found[at] = sizes[number % len(sizes)]
    return found


def panel_of(*histories: list[float]) -> Panel:
    """A panel of hand-made histories."""
    quantity = np.array(histories, np.float32)
    panel = engine_panel(series=len(histories), history=quantity.shape[1])
    return dataclasses.replace(panel, quantity=quantity, first=(quantity > 0).argmax(axis=1).astype(np.int32))


def one_of_each() -> Panel:
    """A panel of four series, one per class, in the order of CLASSES."""
    return panel_of(sold(EVEN), sold(VARYING), sold(EVEN, every=3), sold(VARYING, every=3))


def around(mean: Array, width: float = 1.0) -> Forecast:
    """A forecast whose quantiles lie symmetrically around its mean."""
    return Forecast(mean, mean[:, None] + width * np.array([-1.0, 0.0, 1.0]))


def rows_of(
    count: int, network: float, boosting: float | None, name: str = "smooth", seed: int = 0, noise: float = 0.5
) -> Backtest:
    """Rows of one class whose models are off by so much on average, and by normal noise of their own."""
    rng = np.random.default_rng(seed)
    actual = rng.gamma(4, 5, count)
    said = [None if off is None else around(actual + off + rng.normal(0, noise, count)) for off in (network, boosting)]
    assert said[0] is not None
    return Backtest(np.full(count, CLASSES.index(name), np.int64), actual, said[0], said[1])


def by_hand(series: list[int]) -> Backtest:
    """Three rows that sold 14; the network misses by known figures, boosting by nothing."""
    actual = np.array([10.0, 0.0, 4.0])
    quantiles = np.array([[8.0, 10.0, 13.0], [0.0, 1.0, 2.0], [1.0, 2.0, 3.0]])
    network = Forecast(np.array([12.0, 1.0, 2.0]), quantiles)
    return Backtest(np.array(series, np.int64), actual, network, around(actual, width=0.0))


def board(
    backtest: Backtest, absent: str = "", shares: Mapping[str, float] = HALVES, **others: Forecast
) -> pl.DataFrame:
    """The table of a backtest of four series, one per class."""
    return leaderboard(backtest, others, ONE_EACH, shares, LEVELS, absent)


def row(table: pl.DataFrame, name: str, method: str) -> dict[str, Any]:
    """The one row of a class and a method."""
    return table.row(by_predicate=(pl.col("demand_class") == name) & (pl.col("method") == method), named=True)


def slow_loss(backtest: Backtest, share: float) -> float:
    """Pinball loss of a blend, number by number."""
    network, boosting = backtest.network.quantiles, None if backtest.boosting is None else backtest.boosting.quantiles
    assert network is not None
    assert boosting is not None
    total = 0.0
    for at, actual in enumerate(backtest.actual.tolist()):
        for column, level in enumerate(LEVELS.tolist()):
            said = (1 - share) * float(network[at, column]) + share * float(boosting[at, column])
            total += level * (actual - said) if actual > said else (1 - level) * (said - actual)
    return total


def shrunk(best: float, rows: int) -> float:
    """The share that so many rows earn: the best one, with equal shares counted as PRIOR_ROWS rows more."""
    return (rows * best + PRIOR_ROWS * EQUAL) / (rows + PRIOR_ROWS)


def without_boosting(backtest: Backtest) -> Backtest:
    """The same rows where boosting made no forecasts."""
    return dataclasses.replace(backtest, boosting=None)


def test_how_often_and_how_evenly_a_series_sells_makes_its_class() -> None:
    assert demand_classes(one_of_each()).tolist() == ["smooth", "erratic", "intermittent", "lumpy"]


def test_buckets_before_the_first_sale_do_not_count() -> None:
    late = panel_of(sold(EVEN, first=24), sold(VARYING, first=24))
    assert demand_classes(late).tolist() == ["smooth", "erratic"]
    early = dataclasses.replace(late, first=np.zeros(2, np.int32))
    assert demand_classes(early).tolist() == ["intermittent", "lumpy"]


def test_at_the_very_bounds_a_series_counts_as_rare_and_as_uneven() -> None:
    bought = [5.0] * 25 + [0.0] * 8
    assert len(bought) / 25 == INTERVAL
    assert pytest.approx(VARIATION) == (7 / 10) ** 2  # 3 and 17 lie 7 around 10
    uneven = [*sold([3.0, 17.0], history=32), 0.0]
    assert demand_classes(panel_of(bought, uneven)).tolist() == ["intermittent", "erratic"]


def test_a_series_that_never_sold_has_a_class_too() -> None:
    assert demand_classes(panel_of([0.0] * 12)).tolist() == ["intermittent"]


@pytest.mark.slow
def test_with_many_rows_the_model_that_is_right_takes_nearly_all() -> None:
    many = int(50 * PRIOR_ROWS)
    right = learned_shares(rows_of(many, network=9.0, boosting=0.0, noise=0.0), ONE_EACH, LEVELS)
    wrong = learned_shares(rows_of(many, network=0.0, boosting=9.0, noise=0.0), ONE_EACH, LEVELS)
    assert right["smooth"] > 0.98
    assert wrong["smooth"] < 0.02


@pytest.mark.parametrize("count", [1, 20, 200, int(PRIOR_ROWS), int(4 * PRIOR_ROWS)])
def test_the_fewer_the_rows_the_nearer_to_equal_shares(count: int) -> None:
    for best, network, boosting in ((1.0, 9.0, 0.0), (0.0, 0.0, 9.0)):
        backtest = rows_of(count, network, boosting, noise=0.0)
        found = learned_shares(backtest, ONE_EACH, LEVELS)["smooth"]
        assert found == pytest.approx(shrunk(best, count), abs=1e-4)
        assert abs(found - EQUAL) <= count / (count + PRIOR_ROWS) / 2 + 1e-4


def test_every_class_learns_from_its_own_rows_and_one_without_rows_keeps_equal_shares() -> None:
    backtest = joined([rows_of(4000, 9.0, 0.0, "smooth", noise=0.0), rows_of(4000, 0.0, 9.0, "lumpy", noise=0.0)])
    found = learned_shares(backtest, ONE_EACH, LEVELS)
    assert found == pytest.approx(
        {"smooth": shrunk(1, 4000), "erratic": EQUAL, "intermittent": EQUAL, "lumpy": shrunk(0, 4000)}, abs=1e-4
    )


def test_without_boosting_it_counts_for_nothing() -> None:
    assert learned_shares(rows_of(50, 1.0, None), ONE_EACH, LEVELS) == dict.fromkeys(CLASSES, 0.0)


@pytest.mark.parametrize(("network", "boosting", "noise"), [(1, -1, 2), (3, -1, 1), (-1, 2, 1), (0, 0, 4), (5, 1, 0.5)])
def test_the_share_is_the_best_that_a_slow_search_finds_drawn_towards_equal_shares(
    network: float, boosting: float, noise: float
) -> None:
    backtest = rows_of(300, network, boosting, noise=noise, seed=11)
    losses = {at / STEPS: slow_loss(backtest, at / STEPS) for at in range(STEPS + 1)}
    best = min(losses, key=lambda share: losses[share])
    found = learned_shares(backtest, ONE_EACH, LEVELS)["smooth"]
    assert found == pytest.approx(shrunk(best, 300), abs=1e-4)
    assert losses[best] <= min(losses[0.0], losses[EQUAL], losses[1.0])
    assert slow_loss(backtest, found) <= losses[EQUAL] + 1e-9  # the loss is convex, so half the way is no harm


@given(grids, grids, st.lists(st.floats(0, 1), min_size=4, max_size=4))
def test_a_blend_crosses_no_quantiles_and_none_is_negative(network: Array, boosting: Array, share: list[float]) -> None:
    for shares in (np.array(share), np.zeros(4), np.ones(4)):
        found = mixed(network, boosting, shares)
        assert (np.diff(found, axis=1) >= 0).all()
        assert (found >= 0).all()


@given(grids, grids)
def test_a_share_of_nothing_or_of_all_is_the_one_models_very_numbers(network: Array, boosting: Array) -> None:
    both = Forecast(network.mean(axis=1), network), Forecast(boosting.mean(axis=1), boosting)
    for share, expected in enumerate(both):
        found = blended(*both, np.full(4, float(share)))
        assert expected.quantiles is not None
        assert found.quantiles is not None
        np.testing.assert_array_equal(found.mean, expected.mean)
        np.testing.assert_array_equal(found.quantiles, expected.quantiles)


def test_every_row_is_mixed_by_its_own_share_whatever_the_axes() -> None:
    network, boosting = np.zeros((3, 2, 4)), np.ones((3, 2, 4))
    found = mixed(network, boosting, np.array([0.0, 0.25, 1.0]))
    assert [np.unique(part).tolist() for part in found] == [[0.0], [0.25], [1.0]]


def test_the_table_keeps_its_contract_and_has_every_method_in_every_class_and_over_all() -> None:
    backtest = joined([rows_of(9, 1.0, -1.0, name) for name in CLASSES])
    table = board(backtest, naive=Forecast(backtest.actual + 2, None))
    LEADERBOARD.validate(table)
    expected = {(name, method) for name in (*CLASSES, ALL) for method in (LSTM, BOOSTING, BLEND, NAIVE)}
    assert set(table.select("demand_class", "method").rows()) == expected
    counted = dict(table.select("demand_class", "observations").unique().rows())
    assert counted == {**dict.fromkeys(CLASSES, 9), ALL: 36}


@pytest.mark.parametrize("name", ["erratic", ALL])
def test_figures_are_those_computed_by_hand(name: str) -> None:
    table = board(by_hand([1, 1, 1]), naive=Forecast(np.array([5.0, 0.0, 9.0]), None))
    pinball = (0.2 + 0 + 0.3) + (0 + 0.5 + 0.2) + (0.3 + 1.0 + 0.9)
    wql = 2 * pinball / 3 / 14
    expected = {
        LSTM: (3 / 14, 3**0.5, 1 / 14, wql),
        BOOSTING: (0, 0, 0, 0),
        BLEND: (1.5 / 14, 3**0.5 / 2, 0.5 / 14, wql / 2),
        NAIVE: (10 / 14, (50 / 3) ** 0.5, 0, None),
    }
    for method, figures in expected.items():
        assert [row(table, name, method)[figure] for figure in FIGURES] == pytest.approx(list(figures)), method


def test_a_class_is_judged_by_its_own_rows_alone() -> None:
    table = board(by_hand([0, 3, 0]))
    assert row(table, "smooth", LSTM)["rmse"] == pytest.approx(2)
    assert row(table, "smooth", LSTM)["observations"] == 2
    assert row(table, "lumpy", LSTM)["observations"] == 1


def test_the_blend_of_a_class_takes_the_share_of_that_class() -> None:
    backtest = joined([by_hand([at] * 3) for at in range(4)])
    shares = dict(zip(CLASSES, (0.0, 0.25, 0.5, 1.0), strict=True))
    table = board(backtest, shares=shares)
    for name, share in shares.items():
        assert row(table, name, BLEND)["rmse"] == pytest.approx((1 - share) * 3**0.5)
        assert [row(table, name, method)["share"] for method in (LSTM, BOOSTING, BLEND)] == [1 - share, share, None]
    assert table.filter(demand_class=ALL)["share"].null_count() == 3


@pytest.mark.parametrize(
    ("shape", "champion"), [(lambda backtest: backtest, BLEND), (without_boosting, LSTM)], ids=["boosted", "alone"]
)
def test_each_class_has_one_champion_the_blend_where_there_is_boosting_else_the_network(
    shape: Callable[[Backtest], Backtest], champion: str
) -> None:
    table = board(shape(joined([rows_of(5, 1.0, -1.0, name) for name in CLASSES])))
    champions = table.filter("champion").select("demand_class", "method").rows()
    assert sorted(champions) == sorted((name, champion) for name in (*CLASSES, ALL))


def test_absent_boosting_keeps_its_row_with_no_figures_and_the_reason() -> None:
    nothing = dict.fromkeys(CLASSES, 0.0)
    table = board(rows_of(5, 1.0, None), absent="LightGBM is switched off", shares=nothing)
    LEADERBOARD.validate(table)
    rows = table.filter(method=BOOSTING)
    assert len(rows) == len(CLASSES) + 1
    assert rows.select(FIGURES).null_count().row(0) == (len(rows),) * len(FIGURES)
    assert set(rows["reason"]) == {"LightGBM is switched off"}
    assert BLEND not in set(table["method"])
    assert row(table, "smooth", LSTM)["reason"] == "published: nothing else was tried"


def test_a_method_without_quantiles_is_judged_by_its_mean() -> None:
    found = row(board(by_hand([0, 0, 0]), naive=Forecast(np.array([5.0, 1.0, 9.0]), None)), "smooth", NAIVE)
    assert found["wql"] is None
    assert (found["wape"], found["rmse"]) == pytest.approx((11 / 14, 17**0.5))
    assert found["reason"] == "rmse +376.1 % against the blend"  # root of 17 against half the root of 3


def test_a_class_without_rows_or_without_sales_has_no_figures_and_no_winner() -> None:
    backtest = joined([by_hand([0, 0, 0]), dataclasses.replace(by_hand([1, 1, 1]), actual=np.zeros(3))])
    table = board(backtest, naive=Forecast(backtest.actual, None))
    LEADERBOARD.validate(table)
    for name, count in (("erratic", 3), ("lumpy", 0)):
        rows = table.filter(demand_class=name)
        assert set(rows["observations"]) == {count}
        assert rows.select(FIGURES).null_count().row(0) == (4,) * len(FIGURES)
        assert all("nothing was sold in these rows" in reason for reason in rows["reason"])
    assert table.filter(demand_class=ALL)["wape"].null_count() == 0


def test_a_backtest_without_any_row_still_makes_a_table() -> None:
    table = board(by_hand([0, 0, 0]).take(np.array([], np.intp)))
    LEADERBOARD.validate(table)
    assert set(table["observations"]) == {0}


def test_a_champion_without_error_is_not_said_to_have_sold_nothing() -> None:
    table = board(by_hand([0, 0, 0]), shares=dict.fromkeys(CLASSES, 1.0))
    assert row(table, "smooth", BLEND)["wql"] == pytest.approx(0, abs=1e-12)
    assert row(table, "smooth", LSTM)["reason"].startswith("wql 0.162 against ")


def test_the_verdict_names_who_was_ahead_of_the_champion() -> None:
    backtest = joined([rows_of(40, 2.0, -2.0, name) for name in ("smooth", "lumpy")])
    naive = np.where(backtest.series == 0, backtest.actual + 0.01, backtest.actual + 30)
    table = board(backtest, naive=Forecast(naive, None))
    assert "behind naive" in row(table, "smooth", BLEND)["reason"]
    assert row(table, "smooth", NAIVE)["reason"].startswith("rmse -")
    ahead = row(table, "lumpy", BLEND)["reason"]
    assert ahead.startswith("published: ahead of ")
    assert NAIVE in ahead


def test_a_network_alone_is_named_behind_whoever_beats_it_too() -> None:
    backtest = rows_of(40, 2.0, None)
    table = board(backtest, absent="off", naive=Forecast(backtest.actual, None), imapa=Forecast(backtest.actual, None))
    assert row(table, "smooth", LSTM)["reason"] == "published: behind naive, imapa"


def test_every_series_of_a_panel_has_the_share_of_its_class() -> None:
    panel = one_of_each().take(np.array([3, 0, 0, 2, 1]))
    table = board(by_hand([0, 0, 0]), shares=dict(zip(CLASSES, (0.1, 0.2, 0.3, 0.4), strict=True)))
    assert shares_of(table, panel).tolist() == [0.4, 0.1, 0.1, 0.3, 0.2]


def test_an_empty_table_or_one_without_boosting_gives_no_series_a_share() -> None:
    alone = board(rows_of(5, 1.0, None), absent="off", shares=dict.fromkeys(CLASSES, 0.0))
    for table in (LEADERBOARD.empty(), alone):
        assert shares_of(table, one_of_each()).tolist() == [0.0] * 4


@pytest.mark.parametrize("boosting", [1.0, None])
def test_rows_stay_together_when_they_are_taken_and_joined(boosting: float | None) -> None:
    parts = [rows_of(count, -1.0, boosting, name, seed=count) for count, name in ((4, "lumpy"), (3, "smooth"))]
    whole = joined(parts)
    assert whole.series.tolist() == [3] * 4 + [0] * 3
    order = np.array([6, 0, 3, 3])
    found = whole.take(order)
    both = [(found.network, [part.network for part in parts])]
    if boosting is None:
        assert found.boosting is None
    else:
        assert found.boosting is not None
        both.append((found.boosting, [part.boosting for part in parts if part.boosting is not None]))
    for at, place in enumerate(order.tolist()):
        part, within = (0, place) if place < 4 else (1, place - 4)
        assert found.series[at] == parts[part].series[within]
        assert found.actual[at] == parts[part].actual[within]
        for taken, sources in both:
            wanted = sources[part]
            assert taken.quantiles is not None
            assert wanted.quantiles is not None
            assert taken.mean[at] == wanted.mean[within]
            assert taken.quantiles[at].tolist() == wanted.quantiles[within].tolist()


def test_a_forecast_without_quantiles_is_taken_without_them() -> None:
    found = Forecast(np.array([1.0, 2.0, 3.0]), None).take(np.array([2, 0]))
    assert found.mean.tolist() == [3.0, 1.0]
    assert found.quantiles is None


def against_theta(rows: int, model: float, theta: float, series: int = 250, newer: float = 0.0) -> pl.DataFrame:
    """The table of smooth rows that the network and theta miss by so much; theta by `newer` more in the second fold."""
    rng = np.random.default_rng(4)
    actual = rng.gamma(4, 5, rows)
    fold = np.repeat([0, 1], [rows - rows // 2, rows // 2])
    network = around(actual + model + rng.normal(0, 0.1, rows))
    rival = around(actual + theta + newer * fold + rng.normal(0, 0.1, rows))
    backtest = Backtest(np.arange(rows, dtype=np.int64) % series, actual, network, None)
    classes = np.full(series, "smooth")
    return leaderboard(backtest, {"theta": rival}, classes, dict.fromkeys(CLASSES, 0.0), LEVELS, "off", fold)


def champion_of(table: pl.DataFrame, name: str = "smooth") -> str:
    return str(table.filter(pl.col("champion"), demand_class=name)["method"].item())


def test_a_statistical_method_that_clearly_wins_a_class_is_its_champion_and_says_why() -> None:
    table = against_theta(4 * ROWS, model=6.0, theta=2.0)
    assert champion_of(table) == "theta"
    assert row(table, "smooth", "theta")["reason"] == "published: ahead of lstm"
    assert "against the theta" in row(table, "smooth", LSTM)["reason"]
    assert [champion_of(table, name) for name in (*CLASSES[1:], ALL)] == [LSTM] * 4


@pytest.mark.parametrize(
    ("given_rows", "model", "theta", "newer", "series"),
    [
        (ROWS - 1, 6.0, 2.0, 0.0, 250),  # too few rows
        (4 * ROWS, 6.0, 6.0 * (1 - MARGIN / 2), 0.0, 250),  # within the margin
        (4 * ROWS, 6.0, 2.0, 5.0, 250),  # behind in the newer fold
        (4 * ROWS, 6.0, 2.0, 0.0, 1),  # one series says nothing about others
    ],
)
def test_a_win_that_is_small_or_single_or_of_one_fold_changes_nothing(
    given_rows: int, model: float, theta: float, newer: float, series: int
) -> None:
    table = against_theta(given_rows, model, theta, series, newer)
    assert champion_of(table) == LSTM


def test_a_win_that_may_be_chance_changes_nothing() -> None:
    rng = np.random.default_rng(0)
    actual, rows = np.full(4 * ROWS, 50.0), 4 * ROWS
    off = np.where(np.arange(rows) % 250 < 3, 40.0, 0.0) + rng.uniform(2, 3, rows)  # three series decide
    backtest = Backtest(np.arange(rows, dtype=np.int64) % 250, actual, around(actual + off), None)
    rival = around(actual + 2.5)
    table = leaderboard(
        backtest, {"ses": rival}, np.full(250, "smooth"), dict.fromkeys(CLASSES, 0.0), LEVELS, "off", None
    )
    assert row(table, "smooth", "ses")["wql"] < (1 - MARGIN) * row(table, "smooth", LSTM)["wql"]
    assert champion_of(table) == LSTM


def test_a_statistical_method_that_failed_has_no_figures_and_cannot_win() -> None:
    backtest = rows_of(2 * ROWS, 6.0, -6.0)
    table = leaderboard(backtest, {"theta": "failed in the backtest: no"}, ONE_EACH, HALVES, LEVELS)
    assert row(table, "smooth", "theta")["reason"] == "failed in the backtest: no"
    assert table.filter(method="theta").select(FIGURES).null_count().row(0) == (5,) * len(FIGURES)
    assert champion_of(table) == BLEND


def test_series_of_a_class_that_was_won_are_forecast_by_the_winner() -> None:
    table = against_theta(4 * ROWS, model=6.0, theta=2.0)
    assert winners_of(table, one_of_each()).tolist() == ["theta", "", "", ""]
    assert winners_of(LEADERBOARD.empty(), one_of_each()).tolist() == [""] * 4
