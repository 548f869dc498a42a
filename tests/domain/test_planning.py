from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import polars as pl
import pytest

from dp_assets.domain import contracts
from dp_assets.domain.planning import (
    Edit,
    EditRefusedError,
    PlannerNumber,
    effect,
    holds,
    inputs_of,
    numbers_of,
    unknown_node,
)
from tests.domain.rollup_inputs import CUTOFF, rollup_config

CONFIG = rollup_config(horizon_weeks=3)
WEEK = timedelta(weeks=1)
NEXT = CUTOFF + WEEK
LOCK = PlannerNumber(
    hierarchy="product",
    node="dairy",
    bucket_start=CUTOFF + 2 * WEEK,
    quantity=12.0,
    locked=True,
    reason_code="promotion",
    comment="",
    cycle=CUTOFF,
    user="ada",
    sequence=7,
)
OVERRIDE = replace(LOCK, locked=False)
EDIT = Edit("product", "dairy", CUTOFF, 2, 12.0, None, locked=True, reason_code="promotion")
NOW = {CUTOFF: 10.0, NEXT: 20.0, NEXT + WEEK: 30.0}


def test_a_lock_holds_in_later_cycles_as_long_as_its_bucket_is_forecast() -> None:
    assert [holds(LOCK, CUTOFF + number * WEEK) for number in (-1, 0, 1, 2, 3)] == [False, True, True, True, False]


def test_an_override_holds_in_its_own_cycle_alone() -> None:
    assert [holds(OVERRIDE, CUTOFF + number * WEEK) for number in (-1, 0, 1)] == [False, True, False]


def test_a_lock_ends_when_it_expires_or_is_withdrawn_and_earlier_cycles_keep_it() -> None:
    expires, ended = replace(LOCK, expires=CUTOFF), replace(LOCK, ended=NEXT)
    assert [holds(one, cycle) for one in (expires, ended) for cycle in (CUTOFF, NEXT)] == [True, False, True, False]


def test_what_is_set_and_withdrawn_in_one_cycle_never_held() -> None:
    assert not holds(replace(LOCK, ended=CUTOFF), CUTOFF)


def test_the_inputs_of_a_cycle_keep_their_contract() -> None:
    frame = inputs_of([LOCK, replace(OVERRIDE, node="bakery")], NEXT, CONFIG)
    assert contracts.planner_inputs(CONFIG).violations(frame) == []
    assert frame.select("node", "quantity", "user", "ledger_sequence").rows() == [("dairy", 12.0, "ada", 7)]


def test_a_number_is_set_for_every_bucket_asked_for() -> None:
    made = numbers_of(EDIT, NOW, CUTOFF, CONFIG)
    assert [(one.bucket_start, one.quantity, one.cycle) for one in made] == [
        (CUTOFF, 12.0, CUTOFF),
        (NEXT, 12.0, CUTOFF),
    ]


def test_a_percentage_is_of_what_reconciliation_says() -> None:
    made = numbers_of(replace(EDIT, quantity=None, percent=5.0), NOW, CUTOFF, CONFIG)
    assert [one.quantity for one in made] == pytest.approx([10.5, 21.0])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"first": date(2017, 10, 3)}, "expected buckets among those that cycle 2017-10-02 forecasts"),
        ({"buckets": 4}, "got 4 from 2017-10-02 on"),
        ({"buckets": 0}, "expected at least one bucket"),
        ({"percent": 5.0}, "got both or neither"),
        ({"quantity": None}, "got both or neither"),
        ({"quantity": -1.0}, "expected units between 0 and 1,000,000,000,000, got -1.0"),
        ({"quantity": 1e13}, "expected units between 0 and 1,000,000,000,000, got 10000000000000"),
        ({"quantity": float("nan")}, "expected units between 0 and 1,000,000,000,000, got nan"),
        ({"quantity": None, "percent": -150.0}, "expected units between 0 and 1,000,000,000,000"),
        ({"reason_code": "because"}, "expected a reason among promotion, event"),
        ({"comment": "x" * 1001}, "at most 1000 characters, got 1001"),
        ({"expires": CUTOFF - WEEK}, "only a lock expires, and not before cycle 2017-10-02"),
        ({"expires": NEXT, "locked": False}, "only a lock expires"),
    ],
)
def test_an_edit_that_breaks_a_rule_is_refused_with_what_would_do(change: dict[str, object], message: str) -> None:
    with pytest.raises(EditRefusedError, match=message):
        numbers_of(replace(EDIT, **change), NOW, CUTOFF, CONFIG)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("hierarchy", "node", "words"),
    [
        ("product", "dairi", "hierarchy 'product' has no node 'dairi' in this cycle; did you mean 'dairy'"),
        ("product", "x", "hierarchy 'product' has no node 'x' in this cycle"),
        ("place", "dairy", "expected a hierarchy among product, shelf, got 'place'"),
    ],
)
def test_a_node_that_is_none_is_told_with_names_of_its_hierarchy_that_are_like_it(
    hierarchy: str, node: str, words: str
) -> None:
    known = {("shelf", "dairi"), ("product", "dairy"), ("product", "bakery")}
    assert unknown_node(hierarchy, node, known).startswith(words)


def test_the_effect_of_an_edit_is_the_difference_per_node_over_its_buckets() -> None:
    rows = {"hierarchy": "product", "level": "department", "node": ["dairy", "dairy", "bakery"]}
    starts = {"bucket_start": [CUTOFF, NEXT, CUTOFF]}
    before = pl.DataFrame({**rows, **starts, "units": [1.0, 2.0, 3.0]})
    after = pl.DataFrame({**rows, **starts, "units": [5.0, 9.0, 3.0]})
    assert effect(before, after, [CUTOFF]).select("node", "before", "after", "difference").rows() == [
        ("dairy", 1.0, 5.0, 4.0)
    ]
