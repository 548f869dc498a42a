"""channels: rolling statistics against a slow Polars twin, runs against loops, and no look ahead."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
import pytest

from dp_assets.domain.channels import MAX_WEEKS_SINCE, TREND_LIMIT, past_channels, past_names
from dp_assets.domain.config import DemandConfig
from tests.factories import make_config

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class History:
    """Seeded dense history of some series."""

    capped: Floats
    observed: Floats
    price: Floats
    promoted: npt.NDArray[np.bool_]
    first: npt.NDArray[np.int32]

    def channels(self, config: DemandConfig) -> dict[str, Floats]:
        found = past_channels(self.capped, self.observed, self.price, self.promoted, self.first, config)
        return {name: found[:, :, number] for number, name in enumerate(past_names(config))}


def history(config: DemandConfig, series: int = 9, buckets: int = 60, seed: int = 1) -> History:
    rng = np.random.default_rng(seed)
    first = rng.integers(0, buckets // 2, series).astype(np.int32)
    seen = np.arange(buckets) >= first[:, None]
    capped = (rng.poisson(rng.lognormal(0, 1, series)[:, None], (series, buckets)) * seen).astype(np.float32)
    capped[np.arange(series), first] = 1
    observed = capped > 0 if config.zero_fill == "ignore" else seen
    price = np.where(np.arange(buckets) >= first[:, None] + 2, rng.uniform(1, 3, capped.shape), 0)
    promoted = (rng.random(capped.shape) < 0.1) & (np.arange(series) > 0)[:, None]
    return History(capped, observed.astype(np.float32), price.astype(np.float32), promoted, first)


CONFIGS = [
    make_config(),
    make_config(zero_fill="ignore"),
    make_config(bucket={"weeks": 2}),
    make_config(bucket={"weeks": 4}, zero_fill="ignore", horizon_weeks=4),
]


@pytest.mark.parametrize("config", CONFIGS)
def test_rolling_channels_equal_a_slow_twin(config: DemandConfig) -> None:
    made = history(config)
    channels = made.channels(config)
    for row in range(len(made.capped)):
        age = slice(int(made.first[row]), None)
        demand = pl.Series(np.where(made.observed[row] > 0, made.capped[row], np.nan)[age]).fill_nan(None)
        for weeks in config.features.rolling_windows_weeks:
            window = config.in_buckets(weeks)
            twin = {
                "mean": demand.rolling_mean(window, min_samples=1),
                "std": demand.rolling_std(window, min_samples=1) if window > 1 else demand * 0,
                "min": demand.rolling_min(window, min_samples=1),
                "max": demand.rolling_max(window, min_samples=1),
            }
            for name, expected in twin.items():
                found = channels[f"rolling_{name}_{weeks}w"][row]
                assert not found[: made.first[row]].any()
                clean = expected.fill_null(0).fill_nan(0).to_numpy()
                assert found[age] == pytest.approx(clean, rel=1e-5, abs=1e-5), name


@pytest.mark.parametrize("config", CONFIGS)
def test_the_other_channels_equal_a_loop(config: DemandConfig) -> None:
    made = history(config)
    channels = made.channels(config)
    window, longest = config.in_buckets(4), config.in_buckets(12)
    for row, first in enumerate(made.first.tolist()):
        since_promotion = np.inf
        for t in range(made.capped.shape[1]):
            since_promotion = 0 if made.promoted[row, t] else since_promotion + config.bucket.weeks
            if t < first:
                continue
            life = made.capped[row, first : t + 1]
            run = next((back for back, units in enumerate(life[::-1]) if units > 0), len(life))
            assert channels["zero_run"][row, t] == run
            assert channels["zero_share"][row, t] == pytest.approx((life == 0).mean())
            assert channels["weeks_since_promotion"][row, t] == min(since_promotion, MAX_WEEKS_SINCE)
            past = [price for price in made.price[row, max(0, t - longest + 1) : t + 1] if price > 0]
            relative = made.price[row, t] / np.mean(past) if past else 1.0
            assert channels["relative_price"][row, t] == pytest.approx(relative, rel=1e-5)
            assert channels["trend_4w"][row, t] == pytest.approx(slow_trend(made, row, t, window), rel=1e-4, abs=1e-6)


def slow_trend(made: History, row: int, t: int, window: int) -> float:
    def mean(end: int) -> float:
        span = [at for at in range(max(0, end - window), max(0, end)) if made.observed[row, at] > 0]
        return float(np.mean([made.capped[row, at] for at in span])) if span else float("nan")

    current, previous = mean(t + 1), mean(t + 1 - window)
    if not previous > 0 or np.isnan(current):
        return 0.0
    return min(max((current - previous) / previous, -1.0), TREND_LIMIT)


def test_no_channel_looks_ahead() -> None:
    config = make_config()
    made = history(config)
    rng = np.random.default_rng(2)
    noisy = History(*(np.array(array) for array in vars(made).values()))
    noisy.capped[:, 40:] = rng.integers(0, 10_000, noisy.capped[:, 40:].shape)
    noisy.price[:, 40:] = rng.uniform(1, 99, noisy.price[:, 40:].shape)
    noisy.promoted[:, 40:] = ~noisy.promoted[:, 40:]
    for name, values in noisy.channels(config).items():
        assert np.array_equal(values[:, :40], made.channels(config)[name][:, :40]), name


def test_a_standard_deviation_survives_a_large_value_passing_through() -> None:
    config = make_config()
    made = history(config, series=1, buckets=40)
    made.capped[0, 25] = 50_000
    std = made.channels(config)["rolling_std_4w"][0]
    assert std[32:] == pytest.approx([np.std(made.capped[0, t - 3 : t + 1], ddof=1) for t in range(32, 40)], abs=1e-3)


def test_windows_are_configured() -> None:
    names = past_names(make_config(features={"rolling_windows_weeks": [2, 8, 26]}))
    assert [name for name in names if name.startswith("rolling_mean")] == [
        "rolling_mean_2w",
        "rolling_mean_8w",
        "rolling_mean_26w",
    ]
    assert "trend_2w" in names
