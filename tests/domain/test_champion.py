"""The choice of the champion, and what a retrained model must do to become it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from dp_assets.domain.champion import (
    ALL,
    LOST,
    UNJUDGED,
    WON,
    champion_verdict,
    newest_champion,
    verdict_over_all,
    verdict_words,
)
from dp_assets.domain.config import DemandConfig
from tests.domain.rollup_inputs import CUTOFF
from tests.factories import make_config

SKUS = [f"sku{number:04d}" for number in range(40)]


def test_the_newest_model_at_or_before_the_cycle_is_the_champion() -> None:
    models = ["2017-11-06", "2017-10-02", "2017-12-04"]
    assert newest_champion(models, "2017-11-06") == "2017-11-06"
    assert newest_champion(models, "2017-11-27") == "2017-11-06"
    assert newest_champion(models, "2018-06-04") == "2017-12-04"


def test_a_model_that_saw_the_future_is_never_the_champion() -> None:
    assert newest_champion(["2017-10-09"], "2017-10-02") is None
    assert newest_champion([], "2017-10-02") is None


def configured(metric: str = "wape", **drift: Any) -> DemandConfig:
    return make_config(thresholds={"metric": metric}, drift={"min_observations": 50, **drift})


def backtest(error: float, cycles: int = 3, out_of_sample: bool = True) -> pl.DataFrame:
    """A backtest that is off by `error` units, of a lead and of three cycles, the newest at CUTOFF."""
    rng = np.random.default_rng(1)
    rows = [
        {"series_id": sku, "cutoff": CUTOFF - timedelta(weeks=week), "lead": 1, "actual": float(rng.poisson(9) + 1)}
        for week in range(cycles)
        for sku in SKUS
    ]
    frame = pl.DataFrame(rows).with_columns(pl.lit(out_of_sample).alias("out_of_sample"))
    return frame.with_columns((pl.col("actual") + error).alias("predicted"))


def champion_of(residuals: pl.DataFrame, error: float, cycles: int = 3) -> dict[str, pl.DataFrame]:
    """What a champion that is off by `error` forecast in each cycle of a backtest."""
    made = residuals.with_columns((pl.col("actual") - error).alias("forecast"))
    names = sorted(made["cutoff"].unique().to_list())[-cycles:]
    return {str(day): made.filter(pl.col("cutoff") == day) for day in names}


SCALES = pl.DataFrame({"series_id": SKUS, "scale_squared": 4.0, "weight": 1.0})


@pytest.mark.parametrize("metric", ["wape", "mape", "smape", "rmsse"])
def test_a_retrained_model_wins_where_it_forecasts_the_champions_cycles_better(metric: str) -> None:
    config, residuals = configured(metric), backtest(1.0)
    for error, expected in ((2.0, WON), (0.5, LOST)):
        table = champion_verdict(residuals, champion_of(residuals, error), SCALES, config)
        assert table["replayed_cycle"].to_list() == ["2017-09-18", "2017-09-25", "2017-10-02", ALL]
        assert verdict_over_all(table) == expected
        assert ("won" if expected == WON else "not used") in verdict_words(table, "2017-09-18+abc", config)


def test_both_errors_are_of_the_same_rows_and_of_the_mean() -> None:
    residuals = backtest(1.0)
    made = champion_of(residuals, 2.0, cycles=2)
    row = champion_verdict(residuals, made, SCALES, configured()).row(-1, named=True)
    units = sum(float(frame["actual"].sum()) for frame in made.values())
    assert (row["observations"], row["actual"]) == (80, units)
    assert row["champion"] == pytest.approx(2.0 * 80 / units)
    assert row["challenger"] == pytest.approx(1.0 * 80 / units)


def test_a_model_that_is_as_good_does_not_replace_the_champion() -> None:
    residuals = backtest(1.0)
    table = champion_verdict(residuals, champion_of(residuals, -1.0), SCALES, configured())
    assert verdict_over_all(table) == LOST


def test_too_few_rows_or_buckets_that_were_seen_in_training_judge_nothing() -> None:
    config, residuals = configured(), backtest(1.0)
    few = champion_verdict(residuals, champion_of(residuals, 0.0, cycles=1), SCALES, config)
    assert verdict_over_all(few) == UNJUDGED
    assert "takes over" in verdict_words(few, "2017-09-18+abc", config)
    seen = backtest(1.0, out_of_sample=False)
    assert verdict_over_all(champion_verdict(seen, champion_of(seen, 0.0), SCALES, config)) == UNJUDGED
    assert verdict_over_all(champion_verdict(residuals, {}, SCALES, config)) == UNJUDGED


def test_a_model_that_lost_takes_over_where_the_configuration_says_so() -> None:
    residuals, config = backtest(1.0), configured(challenger="always")
    table = champion_verdict(residuals, champion_of(residuals, 0.5), SCALES, config)
    assert "takes over nevertheless" in verdict_words(table, "2017-09-18+abc", config)
