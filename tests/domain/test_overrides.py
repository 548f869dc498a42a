from __future__ import annotations

from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from dp_assets.domain import contracts
from dp_assets.domain.hierarchy import build_hierarchies
from dp_assets.domain.overrides import Applied, apply_inputs, publish
from dp_assets.domain.rollups import roll_up
from tests.domain.rollup_inputs import CUTOFF, make_attributes, make_cycle, make_forecasts, make_inputs, rollup_config

CONFIG = rollup_config(horizon_weeks=2)
STARTS = [CUTOFF, CUTOFF + timedelta(weeks=1)]
FORECASTS = make_forecasts(CONFIG, np.array([[1.0, 1.0], [2.0, 2.0], [3.0, 3.0], [0.0, 0.0]]))
ATTRIBUTES = make_attributes(CONFIG, [f"sku000{n}" for n in range(4)], missing=0.0).with_columns(
    department=pl.Series(["dairy", "dairy", "dairy", "bakery"]),
    brand=pl.Series(["own", "own", "best", "best"]),
    size=pl.Series(["big", "small", "big", "small"]),
)
HIERARCHIES = build_hierarchies(FORECASTS, ATTRIBUTES, CONFIG, CUTOFF)
VALUES = np.array([[1.0, 1.0], [2.0, 2.0], [3.0, 3.0], [0.0, 0.0]])


def applied(*rows: dict[str, object]) -> Applied:
    return apply_inputs(VALUES, make_inputs(CONFIG, *rows), HIERARCHIES, STARTS)


def test_no_inputs_change_nothing() -> None:
    found = applied()
    assert np.array_equal(found.values, VALUES)
    assert not found.series.any()
    assert (found.source == -1).all()


def test_a_locked_series_keeps_its_number_and_its_siblings_theirs() -> None:
    found = applied({"node": "sku0001", "quantity": 10.0})
    assert found.values[:, 0].tolist() == [1.0, 10.0, 3.0, 0.0]
    assert found.values[:, 1].tolist() == VALUES[:, 1].tolist()
    assert found.series.sum() == 1
    assert HIERARCHIES[0].aggregate(found.values)[0].tolist() == [14.0, 6.0]


def test_a_locked_node_scales_the_series_below_it_in_proportion() -> None:
    found = applied({"node": "dairy", "quantity": 12.0})
    assert found.values[:, 0].tolist() == [2.0, 4.0, 6.0, 0.0]
    row = HIERARCHIES[0].nodes["node"].to_list().index("dairy")
    assert found.nodes[0][row].tolist() == [True, False]


def test_what_is_locked_below_stays_and_the_rest_takes_the_difference() -> None:
    found = applied(
        {"node": "dairy", "quantity": 20.0}, {"node": "sku0002", "quantity": 8.0}, {"node": "total", "quantity": 21.0}
    )
    assert found.values[:, 0].tolist() == [4.0, 8.0, 8.0, 1.0]
    assert found.conflicts == ()


def test_series_without_any_forecast_share_a_lock_equally() -> None:
    assert applied({"node": "bakery", "quantity": 5.0}).values[3, 0] == 5.0


def test_locks_in_two_hierarchies_both_hold() -> None:
    found = applied({"node": "dairy/own", "quantity": 6.0}, {"node": "big", "quantity": 9.0, "hierarchy": "pack"})
    assert found.values[:, 0].tolist() == [2.0, 4.0, 7.0, 0.0]
    assert found.conflicts == ()


def test_a_lock_that_contradicts_those_below_it_is_left_out_and_named() -> None:
    found = applied({"node": "dairy/own", "quantity": 6.0}, {"node": "dairy", "quantity": 4.0})
    assert found.values[:, 0].tolist() == [2.0, 4.0, 3.0, 0.0]
    assert len(found.conflicts) == 1
    assert "'dairy'" in found.conflicts[0]
    assert "already sum to 6" in found.conflicts[0]
    assert found.nodes[0].sum() == 1


def test_a_lock_never_yields_to_an_override_below_it() -> None:
    found = applied(
        {"node": "sku0000", "quantity": 50.0, "locked": False}, {"node": "dairy", "quantity": 12.0, "locked": True}
    )
    assert found.values[:, 0].tolist() == [2.0, 4.0, 6.0, 0.0]
    assert len(found.conflicts) == 1
    assert "'sku0000'" in found.conflicts[0]


def test_an_override_below_a_lock_holds_while_the_lock_can() -> None:
    found = applied({"node": "sku0000", "quantity": 2.0, "locked": False}, {"node": "dairy", "quantity": 12.0})
    assert found.values[:, 0].tolist() == [2.0, 4.0, 6.0, 0.0]
    assert found.conflicts == ()


def test_of_two_numbers_for_one_series_the_newest_wins() -> None:
    found = applied(
        {"node": "sku0000", "quantity": 5.0, "ledger_sequence": 7},
        {"node": "sku0000", "quantity": 9.0, "ledger_sequence": 3, "hierarchy": "pack"},
    )
    assert found.values[0, 0] == 5.0
    assert len(found.conflicts) == 1


def test_inputs_for_unknown_nodes_are_named_and_those_for_other_buckets_passed_over() -> None:
    found = applied(
        {"node": "gone", "quantity": 5.0},
        {"node": "dairy", "quantity": 5.0, "hierarchy": "nowhere"},
        {"node": "dairy", "quantity": 5.0, "bucket_start": CUTOFF + timedelta(weeks=9)},
    )
    assert np.array_equal(found.values, VALUES)
    assert len(found.unmatched) == 2


def test_a_split_shares_a_number_by_weights_and_leaves_series_without_one_their_share() -> None:
    weights = {"plan": np.array([1.0, 3.0, np.nan, np.nan])}
    inputs = make_inputs(CONFIG, {"node": "dairy", "quantity": 12.0, "locked": False, "split": "plan"})
    found = apply_inputs(VALUES, inputs, HIERARCHIES, STARTS, weights)
    assert found.values[:, 0].tolist() == pytest.approx([1.5, 4.5, 6.0, 0.0], rel=1e-12)  # 1 and 2 of 6 are named
    assert found.values[:, 1].tolist() == VALUES[:, 1].tolist()
    below = make_inputs(
        CONFIG,
        {"node": "dairy", "quantity": 12.0, "locked": False, "split": "plan"},
        {"node": "sku0001", "quantity": 4.0},
    )
    found = apply_inputs(VALUES, below, HIERARCHIES, STARTS, weights)
    assert found.values[:, 0].tolist() == pytest.approx([2.0, 4.0, 6.0, 0.0], rel=1e-12)


def test_locking_everything_to_zero_gives_zero() -> None:
    found = applied({"node": "total", "quantity": 0.0})
    assert found.values[:, 0].tolist() == [0.0] * 4


def test_published_numbers_say_what_they_are_made_of_and_who_changed_them() -> None:
    cycle = make_cycle(CONFIG)
    panel = cycle["panel"]
    inputs = make_inputs(
        CONFIG,
        {"node": "sku0004", "quantity": 77.0, "bucket_start": panel.cutoff, "user": "bob", "ledger_sequence": 2},
        {"node": "total", "quantity": 900.0, "bucket_start": panel.cutoff, "locked": False, "reason_code": "budget"},
    )
    rollups = roll_up(**{**cycle, "planner_inputs": inputs}, config=CONFIG)
    frame, found = publish(cycle["forecasts"], rollups.table, inputs, rollups.hierarchies, CONFIG, panel)
    assert contracts.published_forecasts(CONFIG).violations(frame) == []
    first = frame.filter(pl.col("lead") == 1)
    assert first["final"].sum() == pytest.approx(900.0)
    own = first.filter(pl.col("series_id") == "sku0004").row(0, named=True)
    assert (own["override"], own["final"], own["reconciled"], own["user"]) == (77.0, 77.0, 77.0, "bob")
    other = first.filter(pl.col("series_id") == "sku0005").row(0, named=True)
    assert (other["override"], other["user"], other["reason_code"]) == (None, "ada", "budget")
    noted = inputs.select("node", "ledger_sequence").rows()
    assert [(own["ledger_sequence"]), other["ledger_sequence"]] == [dict(noted)["sku0004"], dict(noted)["total"]]
    second = frame.filter(pl.col("lead") == 2)
    assert second["final"].equals(second["reconciled"], check_names=False)
    assert second["user"].null_count() == len(second)
    assert found.conflicts == ()


def test_without_inputs_the_published_number_is_the_reconciled_one() -> None:
    cycle = make_cycle(CONFIG)
    rollups = roll_up(**cycle, config=CONFIG)
    inputs, panel = cycle["planner_inputs"], cycle["panel"]
    frame, _ = publish(cycle["forecasts"], rollups.table, inputs, rollups.hierarchies, CONFIG, panel)
    assert frame["final"].equals(frame["reconciled"], check_names=False)
    assert frame["override"].null_count() == len(frame)
    assert frame["statistical"].equals(cycle["forecasts"]["forecast"], check_names=False)


def test_of_numbers_of_one_planner_the_published_row_names_the_one_that_was_applied() -> None:
    """An override that a lock above it leaves no room for is none, whoever set both for the same reason."""
    cycle = make_cycle(CONFIG)
    start = cycle["panel"].cutoff
    inputs = make_inputs(
        CONFIG,
        {"node": "total", "quantity": 900.0, "locked": True, "bucket_start": start, "ledger_sequence": 1},
        {"node": "sku0004", "quantity": 5000.0, "locked": False, "bucket_start": start, "ledger_sequence": 2},
    )
    rollups = roll_up(**{**cycle, "planner_inputs": inputs}, config=CONFIG)
    frame, found = publish(cycle["forecasts"], rollups.table, inputs, rollups.hierarchies, CONFIG, cycle["panel"])
    assert any("sku0004" in one for one in found.conflicts)
    assert set(frame.filter(pl.col("lead") == 1)["ledger_sequence"]) == {1}
