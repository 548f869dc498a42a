"""Backtest residuals: out of sample, at the right origins, of the right leads."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from dp_assets.domain import training
from dp_assets.domain.contracts import residuals as residuals_table
from dp_assets.domain.residuals import backtest, origins_after
from dp_assets.domain.training import build_network, spec_of
from dp_assets.domain.windows import MIN_OBSERVED, WindowIndex
from tests.domain.engine_inputs import engine, engine_panel
from tests.factories import MONDAY

SMALL = {"hidden_size": 8, "epochs": 1, "batch_size": 32, "steps_per_epoch": 2}


def run(history: int = 30, folds: int = 2, **overrides: Any) -> tuple[Any, pl.DataFrame]:
    panel, encoders, config, source, hyper = engine(
        panel=engine_panel(history=history), model=SMALL, validation={"folds": folds, **overrides}
    )
    spec = spec_of(panel, encoders, config, hyper)
    rows = np.arange(len(panel))
    return panel, backtest(source, spec, hyper, config, rows, 1, build_network(spec, 0))


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
