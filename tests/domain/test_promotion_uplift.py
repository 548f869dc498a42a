"""Promotion uplift: planted uplifts, cannibals and halos come back; runs are cut as promised; nothing of the future."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from dp_assets.domain import promotion_uplift
from dp_assets.domain.forecasts import Champion
from dp_assets.domain.panel import Panel
from dp_assets.domain.promotion_uplift import Runs, promotion_runs, side_effects, uplift_table
from dp_assets.domain.windows import MIN_OBSERVED, Windows
from tests.domain.reason_worlds import CONFIG, HISTORY, SERIES, Sales, make_champion, make_sales
from tests.domain.test_feature_contributions import LOOKBACK, ROWS, models

M = CONFIG.horizon


@pytest.fixture(scope="module")
def sales() -> Sales:
    return make_sales()


@pytest.fixture(scope="module")
def champion(sales: Sales, tmp_path_factory: pytest.TempPathFactory) -> Champion:
    return make_champion(sales.panel(HISTORY), tmp_path_factory.mktemp("model"))


def judged(sales: Sales, champion: Champion, runs: Runs) -> pl.DataFrame:
    panel = sales.panel(HISTORY)
    windows = Windows.of(panel, champion.encoders)
    return uplift_table(panel, windows, runs, champion.encoders, LOOKBACK, models(sales, champion, runs.rows))


def test_a_promotion_that_triples_sales_is_seen_to_add_twice_the_baseline(sales: Sales, champion: Champion) -> None:
    table = judged(sales, champion, promotion_runs(sales.panel(HISTORY), ROWS, LOOKBACK))
    closed = table.filter(pl.col("achieved").is_not_null())
    assert closed["achieved"].sum() / closed["baseline"].sum() == pytest.approx(2.0, rel=0.15)
    assert table["planned"].sum() / table["baseline"].sum() > 1.0  # as much as a model of toy size has learned
    assert (table["kind"] == "leaflet").all()


def test_planned_uplift_is_there_before_the_weeks_are_and_achieved_after(sales: Sales, champion: Champion) -> None:
    panel = sales.panel(HISTORY)
    ahead = promotion_runs(panel, ROWS, HISTORY)
    assert len(ahead) > 5
    table = judged(sales, champion, ahead)
    assert table["sold"].null_count() == table["achieved"].null_count() == len(table)
    assert table["planned"].min() > 0  # type: ignore[operator]


def test_kinds_share_the_planned_uplift_of_their_run(sales: Sales, champion: Champion) -> None:
    table = judged(sales, champion, promotion_runs(sales.panel(HISTORY), ROWS, LOOKBACK))
    sums = table.group_by("series_id", "bucket_start").agg(pl.col("planned_by_kind").sum(), pl.col("planned").first())
    np.testing.assert_allclose(sums["planned_by_kind"], sums["planned"], atol=1e-9)


def test_runs_are_found_bucket_by_bucket(sales: Sales) -> None:
    """The slow twin: walk every series."""
    panel = sales.panel(HISTORY)
    found = promotion_runs(panel, ROWS, 0)
    expected = []
    for row in ROWS:
        bucket = 0
        while bucket < HISTORY + M:
            length = 0
            while bucket + length < HISTORY + M and sales.promoted[row, bucket + length] and length < M:
                length += 1
            if length and bucket <= HISTORY and panel.observed[row, : min(bucket, HISTORY)].sum() >= MIN_OBSERVED:
                expected.append((row, bucket, length))
            bucket += max(length, 1)
    assert list(zip(found.rows, found.starts, found.lengths, strict=True)) == expected


def test_runs_that_begin_beyond_the_first_lead_wait_for_their_cycle(sales: Sales) -> None:
    assert promotion_runs(sales.panel(HISTORY), ROWS, 0).starts.max() <= HISTORY


def test_without_promotions_there_is_no_uplift(sales: Sales, champion: Champion) -> None:
    calm = sales.with_values("promoted", slice(None), slice(None), 0)
    runs = promotion_runs(calm.panel(HISTORY), ROWS, 0)
    assert len(runs) == 0
    assert judged(calm, champion, runs).is_empty()


def planted(cannibal: float = 0.4, halo: float = 2.0) -> Panel:
    """A category in which sku0002 suffers and sku0004 gains while sku0000 is promoted, which nobody else is."""
    rng = np.random.default_rng(4)
    sales = make_sales()
    promoted = np.zeros_like(sales.promoted)
    promoted[0] = rng.random(promoted.shape[1]) < 0.3
    rate = np.full(promoted.shape, 30.0)
    rate[0] *= 1 + 2 * promoted[0]
    rate[2] *= np.where(promoted[0] > 0, cannibal, 1.0)
    rate[4] *= np.where(promoted[0] > 0, halo, 1.0)
    return replace(sales, quantity=rng.poisson(rate).astype(float), promoted=promoted).panel(HISTORY)


def test_planted_cannibals_and_halos_come_back_with_their_size() -> None:
    found = side_effects(planted(), "department")
    kinds = {row["affected"]: (row["kind"], row["effect"]) for row in found.iter_rows(named=True)}
    assert set(found["promoted"]) == {"sku0000"}
    assert kinds["sku0002"] == ("cannibal", pytest.approx(-0.6, abs=0.1))
    assert kinds["sku0004"] == ("halo", pytest.approx(1.0, abs=0.3))
    assert len(kinds) <= 3  # one in ten may be false


def test_series_of_other_categories_are_not_compared() -> None:
    panel = planted()
    apart = replace(
        panel,
        series=panel.series.with_columns(
            pl.when(pl.col("series_id") == "sku0000").then(pl.lit("alone")).otherwise("department").alias("department")
        ),
    )
    assert side_effects(apart, "department").is_empty()


def test_series_of_other_places_are_not_compared() -> None:
    panel = planted()
    here = pl.when(pl.col("series_id").is_in(["sku0000", "sku0004"])).then(pl.lit("here")).otherwise(pl.lit("there"))
    found = side_effects(replace(panel, series=panel.series.with_columns(store=here)), "department", ["store"])
    assert found["affected"].to_list() == ["sku0004"]


def test_pairs_judged_in_several_parts_are_those_judged_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    panel = planted_nothing(1)
    monkeypatch.setattr(promotion_uplift, "FALSE", 0.99)
    whole = side_effects(panel, "department")
    monkeypatch.setattr(promotion_uplift, "CAUSES_AT_ONCE", 3)
    assert len(whole) > 50
    assert_frame_equal(side_effects(panel, "department"), whole)


def test_where_nothing_was_planted_little_is_found() -> None:
    found = [side_effects(planted_nothing(seed), "department") for seed in range(10)]
    pairs = 10 * SERIES * (SERIES // 2 - 1)
    assert sum(len(each) for each in found) <= 0.002 * pairs


def planted_nothing(seed: int) -> Panel:
    return make_sales(seed).panel(HISTORY)
