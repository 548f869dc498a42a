from __future__ import annotations

import numpy as np
import pytest

from dp_assets.domain.locks import Locks, find_locks
from dp_assets.domain.reconciliation import move_to_locks
from dp_assets.domain.rollups import roll_up
from tests.domain.rollup_inputs import CUTOFF, make_cycle, make_inputs, rollup_config
from tests.domain.test_overrides import CONFIG, HIERARCHIES, STARTS, VALUES


def locks(*rows: dict[str, object]) -> Locks:
    return find_locks(make_inputs(CONFIG, *rows), HIERARCHIES, STARTS)


def test_a_lock_stands_at_its_node_and_bucket_alone() -> None:
    found = locks({"node": "dairy", "quantity": 12.0}, {"node": "sku0001", "quantity": 5.0})
    row = HIERARCHIES[0].nodes["node"].to_list().index("dairy")
    assert found.nodes[0][row, 0] == 12.0
    assert found.series[1, 0] == 5.0
    assert sum(int(np.isfinite(numbers).sum()) for numbers in (*found.nodes, found.series)) == 2


def test_an_override_is_no_lock() -> None:
    assert not locks({"node": "dairy", "quantity": 12.0, "locked": False})


def test_locks_that_contradict_each_other_are_named_and_the_highest_gives_way() -> None:
    found = locks(
        {"node": "dairy", "quantity": 60.0},
        {"node": "bakery", "quantity": 60.0},
        {"node": "total", "quantity": 100.0},
        {"hierarchy": "pack", "node": "big", "quantity": 10.0},
    )
    (sentence,) = found.conflicts
    assert sentence.startswith(
        "the number 100 that ada set for 'total' (product) in the bucket of 2017-10-02 cannot be"
    )
    assert sentence.count("the number 60") == 2
    assert "big" not in sentence
    assert np.isnan(found.nodes[0][0, 0])
    assert np.isfinite(found.nodes[0][1:, 0]).sum() == 2


def test_locks_of_two_hierarchies_are_both_met_where_they_cross() -> None:
    found = locks({"node": "dairy", "quantity": 12.0}, {"hierarchy": "pack", "node": "big", "quantity": 9.0})
    moved = move_to_locks(VALUES, HIERARCHIES, found)
    assert moved[:3, 0].sum() == pytest.approx(12.0, rel=1e-12)
    assert moved[[0, 2], 0].sum() == pytest.approx(9.0, rel=1e-12)
    assert moved[:, 1].tolist() == VALUES[:, 1].tolist()


def test_after_another_method_one_lock_scales_all_below_it_alike() -> None:
    moved = move_to_locks(VALUES, HIERARCHIES, locks({"node": "dairy", "quantity": 12.0}))
    assert np.allclose(moved[:, 0], [2.0, 4.0, 6.0, 0.0], rtol=1e-12)


@pytest.mark.parametrize("method", ["bottom_up", "top_down", "mint_ols", "mint_wls_struct", "mint_wls_var"])
def test_a_department_locked_five_percent_up_keeps_its_number_and_every_sum_is_exact(method: str) -> None:
    config = rollup_config(horizon_weeks=3, reconciliation={"method": method})
    cycle = make_cycle(config)
    before = roll_up(**cycle, config=config)
    of_department = before.table.filter(level="department", node="department a").sort("lead")
    wanted = (1.05 * of_department["forecast"]).to_list()
    starts = of_department["bucket_start"].to_list()
    inputs = make_inputs(
        config,
        *(
            {"node": "department a", "quantity": number, "bucket_start": start}
            for number, start in zip(wanted, starts, strict=True)
        ),
    )
    after = roll_up(**(cycle | {"planner_inputs": inputs}), config=config)
    found = after.table.filter(level="department", node="department a").sort("lead")
    assert np.allclose(found["forecast"], wanted, rtol=1e-9)
    assert found["locked"].all()
    assert after.table["forecast"].min() >= 0  # type: ignore[operator]
    assert after.incoherence <= 1e-9
    assert after.locks.conflicts == ()


def test_a_lock_of_something_that_is_not_forecast_is_named() -> None:
    assert locks({"node": "nothing", "quantity": 1.0}).unmatched == (
        f"the number 1 that ada set for 'nothing' (product) in the bucket of {CUTOFF} names no node that this cycle "
        "forecasts",
    )
