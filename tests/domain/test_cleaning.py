"""cleaning: what is capped and what is not, and why a series is trained on."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dp_assets.domain.cleaning import (
    BLOCK_CELLS,
    MIN_JUDGED,
    Capping,
    cap_outliers,
    judge_eligibility,
    outlier_log,
    row_blocks,
)
from dp_assets.domain.config import DemandConfig, OutlierConfig
from tests.domain.feature_inputs import attributes
from tests.factories import make_config

CAPS = OutlierConfig()
Rows = npt.NDArray[np.float32]


def capped(quantity: list[list[float]], promoted: list[list[bool]] | None = None, z: float = 3.0) -> Capping:
    units = np.array(quantity, dtype=np.float32)
    under = np.zeros(units.shape, dtype=bool) if promoted is None else np.array(promoted)
    return cap_outliers(units, np.ones_like(units), under, OutlierConfig(z_threshold=z))


def test_an_extreme_bucket_is_lowered_to_mean_plus_z_standard_deviations() -> None:
    units = [4.0, 6.0] * 20 + [200.0]
    found = capped([units])
    expected = np.mean(units) + 3 * np.std(units)
    assert found.capped[0, -1] == pytest.approx(expected)
    assert found.capped[0, :-1].tolist() == units[:-1]


def test_an_explicit_zero_counts_and_an_unobserved_bucket_does_not() -> None:
    units = np.array([[0.0] * 30 + [5.0, 6.0] * 10 + [30.0]], dtype=np.float32)
    seen = np.ones_like(units)
    nothing = np.zeros(units.shape, dtype=bool)
    with_zeros = cap_outliers(units, seen, nothing, CAPS).threshold[0, 0]
    seen[0, :30] = 0
    without = cap_outliers(units, seen, nothing, CAPS).threshold[0, 0]
    sales = units[0, 30:]
    assert with_zeros == pytest.approx(max(units.mean() + 3 * units.std(), sales.mean() + 3 * sales.std()))
    assert without == pytest.approx(sales.mean() + 3 * sales.std())


def test_the_regular_sale_of_an_intermittent_series_is_no_outlier() -> None:
    units = np.zeros(100)
    units[::20] = 2.0
    assert units.mean() + 3 * units.std() < 2.0
    assert capped([units.tolist()]).capped[0].tolist() == units.tolist()


def test_promotion_buckets_are_judged_against_promotion_buckets() -> None:
    promoted = [week % 4 == 0 for week in range(48)]
    units = [40.0 + week % 3 if under else 5.0 + week % 2 for week, under in enumerate(promoted)]
    judged = capped([units], [promoted])
    assert judged.capped[0].tolist() == units
    assert judged.threshold[0, 0] < 10 < 40 < judged.threshold[0, 1]
    error = [*units[:44], 4000.0, *units[45:]]
    under = capped([error], [promoted])
    group = np.array(error)[promoted]
    assert under.capped[0, 44] == pytest.approx(group.mean() + 3 * group.std())


def test_a_series_with_few_promotions_borrows_the_uplift_of_the_others() -> None:
    weeks = np.arange(48)
    often, once = weeks % 4 == 0, weeks == 30
    usual = 10.0 + weeks % 2
    units = [np.where(often, 3 * usual, usual), np.where(often, 3 * usual, usual), np.where(once, 28.0, usual)]
    found = capped([row.tolist() for row in units], [often.tolist(), often.tolist(), once.tolist()])
    plain = usual[~once]
    assert found.threshold[2, 0] == pytest.approx(plain.mean() + 3 * plain.std())
    assert found.threshold[2, 1] == pytest.approx(found.threshold[2, 0] * 2.86, rel=0.02)
    assert found.capped[2, 30] == 28.0
    assert found.capped[2].max() < found.threshold[2, 1]


def test_a_series_with_too_few_buckets_is_not_judged() -> None:
    found = capped([[1.0] * (MIN_JUDGED - 2) + [900.0]], z=0.5)
    assert found.capped.max() == 900.0
    assert np.isinf(found.threshold).all()


def test_capping_switched_off_changes_nothing() -> None:
    units = np.array([[1.0] * 30 + [900.0]], dtype=np.float32)
    found = cap_outliers(units, np.ones_like(units), np.zeros(units.shape, dtype=bool), OutlierConfig(enabled=False))
    assert found.capped.tolist() == units.tolist()


def test_blocks_cover_every_series_once() -> None:
    blocks = row_blocks(3_000, BLOCK_CELLS // 1_000)
    assert len(blocks) == 3
    assert np.concatenate([np.arange(3_000)[block] for block in blocks]).tolist() == list(range(3_000))


@given(
    arrays(np.float32, st.tuples(st.integers(1, 6), st.integers(1, 40)), elements=st.integers(0, 500).map(float)),
    st.integers(0, 2**32),
    st.floats(0.5, 4),
)
def test_capping_never_raises_a_value_and_the_log_reconciles(quantity: Rows, seed: int, z: float) -> None:
    promoted = np.random.default_rng(seed).random(quantity.shape) < 0.3
    found = cap_outliers(quantity, np.ones_like(quantity), promoted, OutlierConfig(z_threshold=z))
    assert (found.capped <= quantity).all()
    assert (found.capped >= 0).all()
    assert (found.capped[quantity > 0] > 0).all()
    starts = np.datetime64("2017-01-02") + 7 * np.arange(quantity.shape[1])
    names = pl.Series([f"s{row}" for row in range(len(quantity))])
    log = outlier_log(names, starts, quantity, promoted, found)
    assert (log["capped"] == log["threshold"]).all()
    rebuilt = quantity.astype(np.float64)
    for row in log.iter_rows(named=True):
        at = int(row["series_id"][1:]), (row["bucket_start"] - date(2017, 1, 2)).days // 7
        assert rebuilt[at] == row["original"]
        assert promoted[at] == row["promoted"]
        rebuilt[at] = row["capped"]
    assert np.array_equal(rebuilt, found.capped.astype(np.float64))


@given(arrays(np.float32, (3, 30), elements=st.integers(0, 50).map(float)), st.integers(2, 64))
def test_caps_scale_with_the_unit(quantity: Rows, factor: int) -> None:
    nothing = np.zeros(quantity.shape, dtype=bool)
    one = cap_outliers(quantity, np.ones_like(quantity), nothing, CAPS).capped
    many = cap_outliers(quantity * factor, np.ones_like(quantity), nothing, CAPS).capped
    assert np.allclose(many, one * factor, rtol=1e-5)


def judge(config: DemandConfig, **series: Any) -> pl.DataFrame:
    history = {
        "series_id": ["a"],
        "sku": ["a"],
        "first_bucket": [date(2017, 1, 2)],
        "last_bucket": [date(2017, 9, 4)],
        "selling_buckets": [20],
        "observed_buckets": [36],
        "active": [True],
    }
    known = attributes(config, ["a"], **series.pop("attributes", {}))
    return judge_eligibility(pl.DataFrame(history | {name: [value] for name, value in series.items()}), known, config)


@pytest.mark.parametrize(
    ("reason", "config", "series"),
    [
        ("eligible", {}, {}),
        ("eligible", {}, {"selling_buckets": 4}),
        ("low_volume", {}, {"selling_buckets": 3}),
        ("too_short", {}, {"observed_buckets": 5, "selling_buckets": 3}),
        ("no_attributes", {}, {"attributes": {"department": [None], "brand": [None]}, "observed_buckets": 5}),
        ("eligible", {}, {"attributes": {"department": [None]}}),
        ("eligible", {"attributes": {}, "hierarchies": []}, {}),
        ("mandatory", {"low_volume": {"mandatory_skus": ["a"]}}, {"observed_buckets": 1, "selling_buckets": 0}),
        ("held_back", {"validation": {"held_back_skus": ["a"]}, "low_volume": {"mandatory_skus": ["a"]}}, {}),
        ("inactive", {"low_volume": {"mandatory_skus": ["a"]}}, {"active": False}),
    ],
)
def test_the_first_reason_that_applies_wins(reason: str, config: dict[str, Any], series: dict[str, Any]) -> None:
    judged = judge(make_config(**config), **series)
    assert judged["reason"].to_list() == [reason]
    assert judged["eligible"].item() == (reason in {"eligible", "mandatory"})


@pytest.mark.parametrize(("weeks", "floor"), [(1, 10), (2, 5), (4, 3)])
def test_the_floor_of_selling_weeks_is_scaled_to_the_bucket(weeks: int, floor: int) -> None:
    config = make_config(bucket={"weeks": weeks}, low_volume={"min_selling_weeks": 10}, horizon_weeks=4)
    enough, short = (judge(config, selling_buckets=count) for count in (floor, floor - 1))
    assert (enough["reason"].item(), short["reason"].item()) == ("eligible", "low_volume")
    assert enough["selling_weeks"].item() == floor * weeks
