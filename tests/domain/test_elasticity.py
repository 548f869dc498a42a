"""Price elasticities: planted ones are found, pooled ones are better, and intervals cover what they say."""

from __future__ import annotations

import dataclasses
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from dp_assets.domain import contracts
from dp_assets.domain.config import DemandConfig
from dp_assets.domain.elasticity import PRIOR, Estimates, between_variance, elasticity_table, own_estimates, pool
from dp_assets.domain.features import build_features
from dp_assets.domain.outline import Plans
from dp_assets.domain.panel import Panel
from tests.domain.feature_inputs import (
    attributes,
    contribution,
    contributions,
    moment,
    promotion,
    promotions,
    random_contributions,
    random_promotions,
)
from tests.factories import MONDAY, make_config, make_panel

CONFIG = make_config(hierarchies=[{"name": "product", "levels": ["department"]}])
SERIES, FAMILIES, WEEKS = 240, 5, 60
SPREAD = 0.4


def planted(seed: int, volume: float = 20.0, **changes: Any) -> tuple[Panel, np.ndarray, np.ndarray]:
    """A panel whose demand follows prices by known elasticities, (S,) those, and (S,) the family of each series.

    Prices hold for some weeks; every fourth series never changes its own. Demand has a season, a trend, promotions and
    more noise than Poisson counts.
    """
    rng = np.random.default_rng(seed)
    panel = make_panel(series=SERIES, history=WEEKS, seed=seed)
    family = np.arange(SERIES) % FAMILIES
    true = rng.normal(np.linspace(-2.6, -1.1, FAMILIES)[family], SPREAD)
    regime = np.cumsum(rng.random((SERIES, WEEKS)) < 0.15, axis=1)
    log_price = np.take_along_axis(rng.normal(0, 0.15, (SERIES, WEEKS)), regime, axis=1)
    log_price[::4] = 0.0
    week = np.arange(WEEKS)
    rate = volume * rng.lognormal(0, 0.5, SERIES)[:, None] * (1 + 0.3 * np.sin(2 * np.pi * week / 52))
    rate = rate * (1 + 1.5 * panel.known[:, :WEEKS, 0]) * np.exp(true[:, None] * log_price + week / 300)
    quantity = rng.poisson(rate * rng.gamma(8, 1 / 8, rate.shape)).astype(np.float32)
    arrays: dict[str, Any] = {
        "quantity": quantity,
        "capped": quantity,
        "observed": np.ones_like(quantity),
        "first": np.zeros(SERIES, np.int32),
        "price": (rng.uniform(1, 9, SERIES)[:, None] * np.exp(log_price)).astype(np.float32),
        "series": panel.series.with_columns(pl.Series("department", [f"d{one}" for one in family])),
    }
    return dataclasses.replace(panel, **{**arrays, **changes}), true, family


def table_of(panel: Panel, config: DemandConfig = CONFIG) -> pl.DataFrame:
    return elasticity_table(panel, config)


def test_planted_elasticities_are_found_and_intervals_cover_them() -> None:
    """Mean absolute error at most 0.3 where the price moved; the 80 % interval covers between 74 and 86 %."""
    errors, covered, covered_by_others = [], [], []
    for seed in range(8):
        panel, true, family = planted(seed, volume=60.0)
        table = table_of(panel)
        assert contracts.price_elasticity(CONFIG).violations(table) == []
        found, low, high = (table[name].to_numpy() for name in ("elasticity", "lower_80", "upper_80"))
        own = (table["basis"] == "own").to_numpy()
        assert abs((found - true)[own].mean()) <= 0.1
        for one in range(FAMILIES):
            assert abs((found - true)[family == one].mean()) <= 0.3
        errors.append(np.abs(found - true)[own].mean())
        inside = (low <= true) & (true <= high)
        covered.append(inside[own].mean())
        covered_by_others.append(inside[~own].mean())
    assert np.mean(errors) <= 0.3
    assert 0.74 <= np.mean(covered) <= 0.86
    assert 0.72 <= np.mean(covered_by_others) <= 0.90


def test_pooling_beats_estimates_of_single_series_where_little_is_sold() -> None:
    panel, true, _ = planted(4, volume=3.0)
    table = table_of(panel).with_columns(pl.Series("true", true)).filter(pl.col("basis") == "own")
    alone, pooled = ((table[name] - table["true"]).pow(2).mean() for name in ("own_estimate", "elasticity"))
    assert pooled < 0.5 * alone  # type: ignore[operator]


def test_a_series_whose_price_never_moved_has_its_familys_elasticity_and_says_so() -> None:
    panel, _, family = planted(1)
    table = table_of(panel).with_columns(pl.Series("number", family))
    fixed = table.filter(pl.int_range(pl.len()) % 4 == 0)
    assert fixed["basis"].unique().to_list() == ["family"]
    assert fixed["own_estimate"].null_count() == len(fixed)
    assert fixed["price_variation"].max() == pytest.approx(0, abs=1e-6)
    for _, one in fixed.group_by("number"):
        assert one["elasticity"].n_unique() == 1
    own = table.filter(pl.col("basis") == "own")
    assert fixed["deviation"].mean() > own["deviation"].mean()  # type: ignore[operator]


def test_a_series_without_a_family_has_the_catalogues_elasticity() -> None:
    panel, true, _ = planted(1)
    names = ["new" if at == 0 else None if at == 4 else name for at, name in enumerate(panel.series["department"])]
    table = table_of(dataclasses.replace(panel, series=panel.series.with_columns(pl.Series("department", names))))
    for at in (0, 4):
        assert table["basis"][at] == "catalogue"
        assert table["elasticity"][at] == pytest.approx(true.mean(), abs=0.5)
        assert table["upper_80"][at] > table["upper_80"][8] - 1e-9 or table["deviation"][at] > table["deviation"][8]


def test_where_no_price_ever_moved_elasticity_is_unknown_and_not_zero() -> None:
    panel, _, _ = planted(1)
    still = dataclasses.replace(panel, price=np.ones_like(panel.price))
    table = table_of(still)
    assert set(table["basis"]) == {"unknown"}
    assert table["elasticity"].null_count() == len(table)
    assert contracts.price_elasticity(CONFIG).violations(table) == []


def test_price_cuts_that_come_with_promotions_are_not_given_the_promotions_effect() -> None:
    panel, _, _ = planted(5)
    rng = np.random.default_rng(6)
    promoted = panel.known[:, :WEEKS, 0]
    log_price = -0.2 * promoted + rng.normal(0, 0.08, promoted.shape)
    rate = 30 * (1 + 2.0 * promoted) * np.exp(-1.0 * log_price)
    quantity = rng.poisson(rate).astype(np.float32)
    moved = dataclasses.replace(panel, price=np.exp(log_price).astype(np.float32), quantity=quantity, capped=quantity)
    assert table_of(moved)["elasticity"].mean() == pytest.approx(-1.0, abs=0.15)
    blind = dataclasses.replace(moved, known=np.zeros_like(panel.known))
    assert table_of(blind)["elasticity"].mean() < -2.5  # type: ignore[operator]


def test_nothing_after_the_cutoff_moves_an_elasticity() -> None:
    panel, _, _ = planted(1)
    known = np.array(panel.known)
    known[:, WEEKS:] = np.random.default_rng(1).random(known[:, WEEKS:].shape)
    assert table_of(dataclasses.replace(panel, known=known)).equals(table_of(panel))


def test_sales_and_plans_that_a_cycle_did_not_know_do_not_move_its_elasticities() -> None:
    config = make_config(active_weeks=20)
    weeks, cutoff = 40, MONDAY + timedelta(weeks=30)
    buckets = random_contributions(config, series=12, buckets=weeks)
    skus = buckets["sku"].unique().sort().to_list()
    attributed, planned = attributes(config, skus), random_promotions(skus, weeks)
    known = _elasticities(config, buckets, planned, attributed, cutoff)
    assert (known["basis"] == "own").any()

    after = pl.col("bucket_start") >= cutoff
    noise = pl.when(after).then(pl.col("quantity") * 9 + 1).otherwise(pl.col("quantity"))
    changed = buckets.with_columns(quantity=noise, revenue=pl.when(after).then(77.0).otherwise(pl.col("revenue")))
    late = contributions(
        config,
        [
            contribution(config, sku, 20, 500, known_from=moment(cutoff + timedelta(days=3)), revenue=1.0)
            for sku in skus
        ],
    )
    promised = promotions(
        [
            promotion(sku, MONDAY + timedelta(weeks=5), cutoff, known_from=moment(cutoff + timedelta(days=3)))
            for sku in skus
        ]
    )
    ahead = planned.with_columns(
        ends_on=pl.when(pl.col("starts_on") >= cutoff).then(cutoff).otherwise(pl.col("ends_on"))
    )
    assert _elasticities(config, pl.concat([changed, late]), ahead, attributed, cutoff).equals(known)
    assert _elasticities(config, buckets, pl.concat([planned, promised]), attributed, cutoff).equals(known)
    earlier = changed.with_columns(quantity=pl.when(after).then(pl.col("quantity")).otherwise(pl.col("quantity") + 1))
    assert not _elasticities(config, earlier, planned, attributed, cutoff).equals(known)


def _elasticities(
    config: DemandConfig, buckets: pl.DataFrame, planned: pl.DataFrame, attributed: pl.DataFrame, cutoff: date
) -> pl.DataFrame:
    panel = build_features(buckets, attributed, Plans(promotions=planned), config, cutoff).panel
    return elasticity_table(panel, config)


def test_the_regression_is_the_penalised_poisson_likelihood_at_its_maximum() -> None:
    from scipy.optimize import minimize

    panel, _, _ = planted(7)
    found = own_estimates(panel)
    for row in (1, 2, 3):  # slowly, one by one
        price = np.log(panel.price[row].astype(np.float64))
        phase = 2 * np.pi * np.arange(WEEKS) / 52
        columns = [np.ones(WEEKS), price - price.mean(), panel.known[row, :WEEKS, 0], np.linspace(-1, 1, WEEKS)]
        design = np.stack([*columns, np.sin(phase), np.cos(phase)], axis=1)
        sold = panel.capped[row].astype(np.float64)

        def loss(beta: np.ndarray, design: np.ndarray = design, sold: np.ndarray = sold) -> float:
            linear = design @ beta
            return float(np.exp(linear).sum() - sold @ linear + 0.5 * (PRIOR * beta**2).sum())

        best = minimize(loss, np.array([np.log(sold.mean()), 0, 0, 0, 0, 0]), method="BFGS", options={"gtol": 1e-8})
        assert found.value[row] == pytest.approx(best.x[1], abs=1e-4)


def test_the_spread_between_groups_solves_paule_and_mandels_equation() -> None:
    rng = np.random.default_rng(3)
    group = np.arange(2000) % 5
    variance = rng.uniform(0.05, 1.0, 2000)
    value = rng.normal(group, np.sqrt(0.3 + variance))
    found = between_variance(value, variance, group)
    assert found == pytest.approx(0.3, abs=0.08)
    weight = 1 / (variance + found)
    centre = np.array([np.average(value[group == one], weights=weight[group == one]) for one in range(5)])
    assert (weight * (value - centre[group]) ** 2).sum() == pytest.approx(2000 - 5)
    assert between_variance(rng.normal(0, 0.1, 50), np.ones(50), np.zeros(50, np.intp)) == 0.0


def test_a_precise_estimate_keeps_its_own_value_and_a_vague_one_gives_way() -> None:
    value = np.array([-1.0, -2.0, -3.0, -2.0, 4.0] * 4)
    variance = np.array([1e-4, 1e-4, 1e-4, 1e-4, 50.0] * 4)
    zeros = np.zeros(20, np.int64)
    pooled = pool(Estimates(value, variance, zeros, np.zeros(20)), zeros)
    assert pooled.mean[0] == pytest.approx(-1.0, abs=0.01)
    assert pooled.mean[4] == pytest.approx(-2.0, abs=0.2)
    assert pooled.deviation[4] > 10 * pooled.deviation[0]


def test_the_same_panel_gives_the_same_bytes() -> None:
    panel, _, _ = planted(1)
    from dp_resources.lake import parquet_bytes

    assert parquet_bytes(table_of(panel)) == parquet_bytes(table_of(panel))
