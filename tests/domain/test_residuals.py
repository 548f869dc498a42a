"""Backtest residuals: out of sample, at the right origins, of the right leads."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from dp_assets.domain import contracts, training
from dp_assets.domain import residuals as backtests
from dp_assets.domain.contracts import residuals as residuals_table
from dp_assets.domain.errors import ChallengerError
from dp_assets.domain.leaderboard import shares_of
from dp_assets.domain.panel import Panel
from dp_assets.domain.residuals import Judged, backtest, origins_after
from dp_assets.domain.statistical import recent_mean, statistical_forecast
from dp_assets.domain.training import build_network, spec_of
from dp_assets.domain.windows import MIN_OBSERVED, WindowIndex
from tests.domain.engine_inputs import engine, engine_panel
from tests.factories import MONDAY, make_config

SMALL = {"hidden_size": 8, "epochs": 1, "batch_size": 32, "steps_per_epoch": 2}
FEW = {"rounds": 5, "leaves": 4}


def judge(history: int = 30, folds: int = 2, absent: str = "", **overrides: Any) -> tuple[Panel, Judged]:
    panel, encoders, config, source, hyper = engine(
        panel=engine_panel(history=history), model=SMALL, boosting=FEW, validation={"folds": folds, **overrides}
    )
    spec = spec_of(panel, encoders, config, hyper)
    network = build_network(spec, 0)
    rows = np.arange(len(panel))
    return panel, backtest(source, encoders, spec, hyper, config, rows, 1, network, absent)


def run(history: int = 30, folds: int = 2, **overrides: Any) -> tuple[Panel, pl.DataFrame]:
    panel, found = judge(history, folds, **overrides)
    return panel, found.residuals


def test_every_origin_is_forecast_by_a_model_whose_training_ended_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    ends: list[int] = []
    newest_target: list[int] = []
    fitted = training.fit

    def spy(source: Any, spec: Any, hyper: Any, config: Any, train: WindowIndex, *rest: Any, **named: Any) -> Any:
        newest_target.append(int(train.origins.max()) + spec.horizon)
        return fitted(source, spec, hyper, config, train, *rest, **named)

    monkeypatch.setattr(training, "fit", spy)
    panel, found = run()
    ends = [24, 27]
    assert newest_target == ends
    origins = {MONDAY + timedelta(weeks=week) for week in range(24, 30)}
    assert set(found["cutoff"].to_list()) == origins
    assert found["out_of_sample"].all()
    assert origins_after(ends, panel.history) == [range(24, 27), range(27, 30)]


def test_residuals_are_actual_minus_predicted_for_every_lead_that_has_an_actual() -> None:
    panel, found = run()
    at = {name: row for row, name in enumerate(panel.series["series_id"].to_list())}
    for row in found.sample(50, seed=1).iter_rows(named=True):
        bucket = (row["cutoff"] - MONDAY).days // 7 + row["lead"] - 1
        assert row["actual"] == panel.quantity[at[row["series_id"]], bucket]
        assert row["residual"] == pytest.approx(row["actual"] - row["predicted"])
    seen = (panel.observed[:, :24].sum(1) >= MIN_OBSERVED).sum()
    assert len(found.filter(pl.col("lead") == 1)) >= 6 * seen
    newest = found.filter(pl.col("cutoff") == MONDAY + timedelta(weeks=29))
    assert newest["lead"].unique().to_list() == [1]
    assert residuals_table.__name__ == "residuals"


def test_one_split_is_one_fold() -> None:
    _, found = run(folds=3, scheme="split")
    assert found["cutoff"].min() == MONDAY + timedelta(weeks=27)


def test_fewer_folds_are_used_where_history_is_short_and_in_sample_ones_are_labelled() -> None:
    _, short = run(history=16, folds=5)
    assert short["out_of_sample"].all()
    _, shortest = run(history=9, folds=2)
    assert len(shortest)
    assert not shortest["out_of_sample"].any()


def test_residuals_are_those_of_the_blend_that_the_leaderboard_decides() -> None:
    panel, blended = judge()
    _, alone = judge(absent="switched off")
    at = {name: row for row, name in enumerate(panel.series["series_id"].to_list())}
    rows = blended.residuals.join(alone.residuals, on=["series_id", "cutoff", "lead"], suffix="_alone")
    assert len(rows) == len(blended.residuals) == len(alone.residuals)
    shares = shares_of(blended.leaderboard, panel)
    assert ((shares > 0) & (shares < 1)).all()
    share = np.array([shares[at[name]] for name in rows["series_id"]])
    network, mixture = rows["predicted_alone"].to_numpy(), rows["predicted"].to_numpy()
    boosting = network + (mixture - network) / share
    assert (boosting > -1e-6).all()
    assert not np.allclose(mixture, network)
    assert contracts.LEADERBOARD.violations(blended.leaderboard) == []


def test_without_boosting_the_network_is_alone_and_the_leaderboard_says_why() -> None:
    panel, found = judge(absent="failed: no trees")
    row = found.leaderboard.filter(demand_class="all", method="boosting").row(0, named=True)
    assert (row["wape"], row["reason"]) == (None, "failed: no trees")
    assert found.leaderboard.filter("champion")["method"].unique().to_list() == ["lstm"]
    assert not shares_of(found.leaderboard, panel).any()


def test_methods_are_compared_on_the_same_rows_of_the_folds_first_origins() -> None:
    panel, found = judge()
    board, rows = found.leaderboard.filter(demand_class="all"), found.residuals
    ends = [MONDAY + timedelta(weeks=week) for week in (24, 27)]
    compared = rows.filter(pl.col("cutoff").is_in(ends))
    assert board["observations"].unique().to_list() == [len(compared)]
    error = ((compared["actual"] - compared["predicted"]) ** 2).mean()
    assert board.filter(method="blend")["rmse"].item() ** 2 == pytest.approx(error)
    naive = 0.0
    for end, day in zip((24, 27), ends, strict=True):
        mean = dict(zip(panel.series["series_id"], recent_mean(panel, end), strict=True))
        sold = compared.filter(cutoff=day).select("series_id", "actual").rows()
        naive += sum((actual - mean[name]) ** 2 for name, actual in sold)
    assert board.filter(method="naive")["rmse"].item() ** 2 == pytest.approx(naive / len(compared))


def test_in_sample_residuals_are_of_the_network_alone() -> None:
    _, found = judge(history=9)
    assert "no fold" in found.leaderboard.filter(method="boosting")["reason"].unique().item()


def test_a_challenger_that_fails_in_a_fold_is_left_out_of_all_of_them_and_says_why(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fitted, ends = backtests.fit_boosting, []

    def failing(source: Any, encoders: Any, rows: Any, config: Any, end: int, threads: int) -> Any:
        ends.append(end)
        broken = replace(source, panel=replace(source.panel, quantity=np.zeros_like(source.panel.quantity)))
        return fitted(source if len(ends) == 1 else broken, encoders, rows, config, end, threads)

    monkeypatch.setattr(backtests, "fit_boosting", failing)
    panel, found = judge()
    assert ends == [24, 27]
    reason = found.leaderboard.filter(method="boosting")["reason"].unique().item()
    assert reason.startswith("failed in the backtest: gradient boosting of cycle ")
    assert found.leaderboard.filter("champion")["method"].unique().to_list() == ["lstm"]
    assert not shares_of(found.leaderboard, panel).any()
    assert found.residuals.equals(judge(absent="off")[1].residuals)


def test_a_statistical_method_that_fails_is_left_out_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    computed = backtests.statistical_means

    def failing(method: str, *rest: Any) -> Any:
        if method == "theta":
            raise ChallengerError("no number for series 7")
        return computed(method, *rest)

    monkeypatch.setattr(backtests, "statistical_means", failing)
    _, found = judge()
    row = found.leaderboard.filter(demand_class="all", method="theta").row(0, named=True)
    assert (row["wape"], row["reason"]) == (None, "failed in the backtest: no number for series 7")
    assert found.leaderboard.filter(demand_class="all", method="ses")["wql"].null_count() == 0


def test_statistical_methods_are_scored_on_the_very_rows_with_the_forecasts_that_would_be_published() -> None:
    panel, found = judge()
    config = make_config()
    ends, loss, sold = (24, 27), 0.0, 0.0
    day = {MONDAY + timedelta(weeks=end): end for end in ends}
    at = {name: row for row, name in enumerate(panel.series["series_id"].to_list())}
    compared = found.residuals.filter(pl.col("cutoff").is_in(list(day)))
    rows = np.unique([at[name] for name in compared["series_id"]])
    made = {end: statistical_forecast("ses", panel, rows, end, config)[1] for end in ends}
    for name, cutoff, lead, actual in compared.select("series_id", "cutoff", "lead", "actual").rows():
        spread = made[day[cutoff]][np.searchsorted(rows, at[name]), lead - 1]
        for level, value in zip(config.quantile_levels, spread, strict=True):
            loss += level * (actual - value) if actual > value else (1 - level) * (value - actual)
        sold += actual
    wql = found.leaderboard.filter(demand_class="all", method="ses")["wql"].item()
    assert wql == pytest.approx(2 * loss / len(config.quantile_levels) / sold)


def test_of_a_large_catalogue_some_series_are_compared_by_all_methods(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backtests, "COMPARED_SERIES", 8)
    panel, found = judge()
    compared = found.leaderboard.filter(demand_class="all")["observations"].unique().item()
    assert 0 < compared <= 2 * 8 * panel.horizon
    assert len(found.residuals) > compared
