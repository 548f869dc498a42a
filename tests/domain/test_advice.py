"""Advice at an override: an exaggerating planner is told to do less, a good one to go on, and following it pays."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from dp_assets.domain.advice import CASES, ENOUGH, advise, back_tested, closest_factor, edit_cases, first_set

START = date(2017, 1, 2)


def cases(user: str, right: float, count: int = 40, reason: str = "promotion", seed: int = 1) -> pl.DataFrame:
    """Raises of a planner of which `right` times the change would have been right, one a week."""
    rng = np.random.default_rng(seed)
    before = rng.uniform(50, 150, count)
    change = before * rng.uniform(0.2, 0.6, count)
    actual = before + right * change + rng.normal(0, 4, count)
    weeks = [START + timedelta(weeks=week) for week in range(count)]
    return pl.DataFrame(
        {
            "cycle": weeks,
            "user": user,
            "reason_code": reason,
            "node": "dairy",
            "bucket_start": weeks,
            "before": before,
            "after": before + change,
            "actual": actual,
        },
        schema=CASES,
    )


@pytest.mark.parametrize("right", [0.0, 0.3, 0.6, 1.0])
def test_the_factor_is_what_would_have_been_right(right: float) -> None:
    advice = advise(cases("ada", right), "ada", "promotion", 100, 130)
    assert advice is not None
    assert advice.factor == pytest.approx(right, abs=0.1)
    assert advice.cases == 40


def test_the_factor_has_the_least_absolute_error_of_all() -> None:
    """The slow twin: a fine grid, the belief in the planner beside it."""
    table = cases("ada", 0.5, count=9)
    before, after, actual = (table[name].to_numpy() for name in ("before", "after", "actual"))
    grid = np.linspace(0, 1.5, 3001)
    change = after - before
    error = np.abs(before + grid[:, None] * change - actual).sum(axis=1)
    error += 2.0 * np.median(np.abs(change)) * np.abs(grid - 1)
    assert closest_factor(before, after, actual) == pytest.approx(grid[error.argmin()], abs=1e-3)


def test_advice_in_words_names_the_record_and_the_number() -> None:
    advice = advise(cases("ada", 0.5), "ada", "promotion", 100, 140)
    assert advice is not None
    words = advice.words(100, 140)
    assert words.startswith("Of your 40 earlier raises for promotion, ")
    assert "instead of 140." in words


def test_a_good_planner_is_told_so() -> None:
    advice = advise(cases("ada", 1.0), "ada", "promotion", 100, 140)
    assert advice is not None
    assert advice.words(100, 140).endswith("Changes of their size were right.")


def test_little_experience_says_nothing() -> None:
    assert advise(cases("ada", 0.2, count=ENOUGH - 1), "ada", "promotion", 100, 140) is None
    assert advise(cases("ada", 0.2), "bob", "promotion", 100, 140) is None
    assert advise(cases("ada", 0.2), "ada", "promotion", 100, 80) is None  # never cut anything


def test_other_reasons_speak_where_the_same_has_too_few_cases() -> None:
    advice = advise(cases("ada", 0.2), "ada", "event", 100, 140)
    assert advice is not None
    assert advice.reason_code is None


def test_followed_advice_would_have_saved_error_of_one_who_exaggerates_and_cost_a_good_one_little() -> None:
    table = pl.concat([cases("ada", 0.3), cases("bob", 1.0, seed=2)])
    found = {row["user"]: row for row in back_tested(table, 1).iter_rows(named=True)}
    assert found["ada"]["error_as_advised"] < 0.5 * found["ada"]["error_of_edits"]
    assert found["bob"]["error_as_advised"] < 1.15 * found["bob"]["error_of_edits"]
    assert found["ada"]["advised"] == 40 - ENOUGH


def test_advice_knows_only_what_was_sold_before_its_cycle() -> None:
    table = cases("ada", 0.3)
    later = table.with_columns(
        pl.when(pl.col("cycle") > START + timedelta(weeks=20)).then(9e6).otherwise("actual").alias("actual")
    )
    early = pl.col("cycle") <= START + timedelta(weeks=20)
    assert back_tested(table.filter(early), 1).equals(back_tested(later.filter(early), 1))
    known = table.filter(early)
    assert back_tested(known, 1)["error_as_advised"][0] == pytest.approx(
        back_tested(pl.concat([known, later.filter(~early).with_columns(actual=None)]), 1)["error_as_advised"][0]
    )


def test_a_case_is_what_a_node_was_and_sold() -> None:
    inputs = pl.DataFrame(
        {
            "hierarchy": "product",
            "node": ["dairy", "a"],
            "bucket_start": START,
            "quantity": [30.0, 9.0],
            "locked": [True, False],
            "reason_code": "promotion",
            "user": "ada",
            "ledger_sequence": [1, 2],
        }
    )
    published = pl.DataFrame(
        {"series_id": ["a", "b"], "bucket_start": START, "statistical": [10.0, 12.0], "reconciled": [11.0, 19.0]}
    )
    below = pl.DataFrame({"hierarchy": "product", "node": ["dairy", "dairy", "a"], "series_id": ["a", "b", "a"]})
    actuals = pl.DataFrame({"series_id": ["a"], "bucket_start": START, "actual": [8.0]})
    found = edit_cases(START, inputs, published, below, actuals).sort("node")
    assert found["before"].to_list() == [11.0, 22.0]  # what was reconciled; under a lock what the models said
    assert found["after"].to_list() == [9.0, 30.0]
    assert found["actual"].to_list() == [8.0, 8.0]
    ahead = edit_cases(START, inputs, published, below, actuals.clear())
    assert ahead["actual"].null_count() == 2


def test_nodes_of_the_same_name_in_two_hierarchies_are_two_cases() -> None:
    both = {"hierarchy": ["product", "brand"], "node": ["a", "a"], "user": "ada", "reason_code": "event"}
    inputs = pl.DataFrame({**both, "bucket_start": START, "quantity": 9.0, "locked": False})
    published = pl.DataFrame(
        {"series_id": ["x", "y"], "bucket_start": START, "statistical": [5.0, 6.0], "reconciled": [5.0, 6.0]}
    )
    below = pl.DataFrame({"hierarchy": ["product", "brand"], "node": ["a", "a"], "series_id": ["x", "y"]})
    actuals = pl.DataFrame({"series_id": ["x"], "bucket_start": START, "actual": [8.0]})
    found = edit_cases(START, inputs, published, below, actuals)
    assert found["before"].sort().to_list() == [5.0, 6.0]


def test_a_lock_that_lives_on_is_one_decision() -> None:
    one = pl.DataFrame({"ledger_sequence": [1, 2]})
    two = pl.DataFrame({"ledger_sequence": [2, 3]})
    found = first_set([(START + timedelta(weeks=1), two), (START, one)])
    assert [inputs["ledger_sequence"].to_list() for _, inputs in found] == [[1, 2], [3]]
