from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from dp_assets.domain import contracts
from dp_assets.domain.config import DemandConfig
from dp_assets.domain.contracts import STOCK
from dp_assets.domain.stockout_config import StockoutConfig
from dp_assets.domain.stockouts import (
    find_stockouts,
    improbable_runs,
    known_stock,
    mask_of,
    out_of_stock_share,
    stockout_table,
)
from tests.domain.feature_inputs import moment, stock, stock_line
from tests.factories import MONDAY, make_config

STARTS = np.array([MONDAY + timedelta(weeks=week) for week in range(8)], "datetime64[D]")
SERIES = pl.DataFrame({"series_id": ["a", "b"], "sku": ["a", "b"]})


def day(number: int) -> date:
    return MONDAY + timedelta(days=number)


def share(config: DemandConfig, *lines: dict[str, Any], series: pl.DataFrame = SERIES) -> np.ndarray:
    return out_of_stock_share(stock([*lines]), series, STARTS, config)


def test_days_without_stock_are_counted_once_and_split_over_buckets() -> None:
    found = share(
        make_config(),
        stock_line("a", day(4), day(8)),
        stock_line("a", day(7), day(10)),
        stock_line("b", day(20), quantity=3.0),
    )
    assert found[0].tolist() == pytest.approx([3 / 7, 4 / 7, 0, 0, 0, 0, 0, 0])
    assert not found[1].any()


def test_what_lies_outside_the_history_is_cut_off() -> None:
    found = share(make_config(), stock_line("b", day(-100), day(2)), stock_line("b", day(55), day(900)))
    assert found[1].tolist() == pytest.approx([3 / 7, 0, 0, 0, 0, 0, 0, 1 / 7])


def test_a_place_without_stock_counts_for_its_own_series_alone() -> None:
    places = pl.DataFrame({"series_id": ["a|n", "a|s"], "sku": ["a", "a"], "location": ["n", "s"]})
    lines = stock_line("a", day(0), day(6), location="n"), stock_line("a", day(7), day(13))
    found = share(make_config(series_key=["sku", "location"]), *lines, series=places)
    assert found[:, :2].tolist() == [[1.0, 1.0], [0.0, 1.0]]
    assert share(make_config(), *lines)[0, :2].tolist() == [0.0, 1.0]


def test_a_later_file_corrects_a_line_and_a_cycle_before_it_does_not_know() -> None:
    second = {"quantity": 9.0, "file_version_id": "stock-2", "known_from": moment(day(10))}
    lines = stock([stock_line("a", day(0), day(6)), stock_line("a", day(0), day(6), **second)])
    config = make_config()
    before, after = (known_stock(lines, moment(day(when))) for when in (9, 11))
    assert out_of_stock_share(before, SERIES, STARTS, config)[0, 0] == 1.0
    assert not out_of_stock_share(after, SERIES, STARTS, config).any()


def test_a_bucket_counts_from_the_configured_share_on_and_only_after_the_first_sale() -> None:
    lines = stock(
        [
            stock_line("a", day(0), day(3)),
            stock_line("a", day(7), day(9)),
            stock_line("b", day(0), day(55)),
        ]
    )
    quantity, first = np.ones((2, 8), np.float32), np.array([0, 3], np.int32)
    found = find_stockouts(lines, SERIES, STARTS, quantity, first, make_config())
    assert found.stated.tolist() == [[True] + [False] * 7, [False] * 3 + [True] * 5]
    more = make_config(stockouts={"min_share": 0.4})
    assert find_stockouts(lines, SERIES, STARTS, quantity, first, more).stated[0].tolist() == [True, True] + [False] * 6
    table = stockout_table(found, SERIES["series_id"], STARTS)
    assert contracts.STOCKOUTS.violations(table) == []
    assert set(table["kind"]) == {"stated"}
    assert np.array_equal(mask_of(table, SERIES["series_id"], STARTS), found.mask)


def planted(
    rng: np.random.Generator, mean: float, series: int = 200, buckets: int = 60
) -> tuple[np.ndarray, np.ndarray]:
    """Negative binomial sales, of which half the series lack stock for two to five weeks; and where."""
    buckets = 60
    demand = rng.negative_binomial(4.0, 4.0 / (4.0 + mean), (series, buckets))
    out = np.zeros(demand.shape, np.bool_)
    for row in range(series // 2):
        start, length = int(rng.integers(10, buckets - 16)), int(rng.integers(2, 6))
        out[row, start : start + length] = True
    return np.where(out, 0, demand).astype(np.float32), out


@pytest.mark.parametrize(("mean", "least"), [(8.0, 0.75), (30.0, 0.95), (0.3, 0.0)])
def test_planted_gaps_of_fast_movers_are_inferred_and_chance_hardly_ever(mean: float, least: float) -> None:
    sold, out = planted(np.random.default_rng(5), mean)
    first = np.zeros(len(sold), np.int32)
    found = improbable_runs(sold, first, np.zeros(sold.shape, np.bool_), StockoutConfig(infer=True), 1)
    assert (found & out).sum() >= least * out.sum()
    assert (found & ~out).sum() <= 0.001 * sold.size
    if not least:
        assert not found.any()


def test_a_gap_up_to_the_cutoff_a_long_one_and_one_before_the_first_sale_are_not_inferred() -> None:
    sold = np.full((3, 40), 20.0, np.float32)
    sold[0, 34:] = 0
    sold[1, 10:25] = 0
    sold[2, :9] = 0
    first = np.array([0, 0, 9], np.int32)
    found = improbable_runs(sold, first, np.zeros(sold.shape, np.bool_), StockoutConfig(infer=True), 1)
    assert not found.any()


def test_a_product_that_slows_down_before_its_gap_is_judged_by_the_slower_side() -> None:
    rng = np.random.default_rng(2)
    sold = np.concatenate([rng.poisson(40, 20), np.zeros(3), rng.poisson(0.4, 20)]).astype(np.float32)[None]
    known = np.zeros(sold.shape, np.bool_)
    assert not improbable_runs(sold, np.zeros(1, np.int32), known, StockoutConfig(infer=True), 1).any()


def test_sales_after_a_gap_are_what_tells_it_so_an_earlier_cycle_does_not_infer_it() -> None:
    sold = np.full((1, 40), 20.0, np.float32)
    sold[0, 20:23] = 0
    first, config = np.zeros(1, np.int32), StockoutConfig(infer=True)
    for history in range(21, 41):
        past = sold[:, :history]
        found = improbable_runs(past, first, np.zeros(past.shape, np.bool_), config, 1)
        assert found.any() == (history >= 27)


def test_nothing_is_inferred_unless_asked_for() -> None:
    sold = np.full((2, 8), 50.0, np.float32)
    sold[:, 4] = 0
    first = np.zeros(2, np.int32)
    assert not find_stockouts(STOCK.empty(), SERIES, STARTS, sold, first, make_config()).mask.any()
