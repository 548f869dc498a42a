from __future__ import annotations

import numpy as np
import pytest

from dp_assets.domain.errors import ReconciliationError
from dp_assets.domain.least_squares import Problem, nearest


def problem(paths: list[list[int]], forecast: list[float], sums: dict[int, float], **held: float) -> Problem:
    """Unit variances; sums are fixed where a number is given for them, and do not count elsewhere."""
    below = np.array(paths)
    count = int(below.max()) + 1
    fixed = np.isin(np.arange(count), list(sums))[:, None]
    values = np.array(forecast)[:, None]
    keep = np.isin(np.arange(len(forecast)), [int(name[1:]) for name in held])[:, None]
    for name, value in held.items():
        values[int(name[1:])] = value
    goal = np.array([sums.get(number, 0.0) for number in range(count)])[:, None]
    return Problem(values, np.ones(len(forecast)), below, goal, np.full(count, np.inf), fixed, keep)


def test_a_fixed_sum_moves_all_below_it_alike_and_nothing_beside_it() -> None:
    assert nearest(problem([[0], [0], [1]], [1.0, 2.0, 5.0], {0: 7.0}))[:, 0] == pytest.approx(
        [3.0, 4.0, 5.0], rel=1e-12
    )


def test_what_would_turn_negative_stops_at_zero_and_the_others_take_the_rest() -> None:
    assert nearest(problem([[0], [0]], [1.0, 9.0], {0: 4.0}))[:, 0] == pytest.approx([0.0, 4.0], rel=1e-12)


def test_a_held_series_stays_and_the_others_make_up_for_it() -> None:
    assert nearest(problem([[0], [0]], [1.0, 2.0], {0: 7.0}, s0=3.0))[:, 0] == pytest.approx([3.0, 4.0], rel=1e-12)


def test_a_sum_that_is_fixed_twice_is_met() -> None:
    found = nearest(problem([[0, 1], [0, 1]], [1.0, 2.0], {0: 7.0, 1: 7.0}))
    assert np.allclose(found[:, 0], [3.0, 4.0], rtol=1e-12)


def test_sums_that_force_a_series_to_zero_are_met_exactly() -> None:
    found = nearest(problem([[0, 1], [0, 2], [0, 2]], [5.0, 5.0, 5.0], {0: 6.0, 1: 6.0}))
    assert np.allclose(found[:, 0], [6.0, 0.0, 0.0], rtol=1e-12, atol=1e-12)


def test_sums_of_nothing_but_zeros_can_be_raised() -> None:
    assert np.allclose(nearest(problem([[0], [0]], [0.0, 0.0], {0: 4.0}))[:, 0], [2.0, 2.0], rtol=1e-12)


@pytest.mark.parametrize("sums", [{0: 5.0, 1: 6.0}, {0: 5.0, 1: 2.0, 2: 2.0}])
def test_sums_that_contradict_each_other_are_refused(sums: dict[int, float]) -> None:
    with pytest.raises(ReconciliationError, match="lead 1: no non-negative forecasts meet all fixed sums"):
        nearest(problem([[0, 1], [0, 2]], [1.0, 1.0], sums))


def test_each_lead_is_a_problem_of_its_own() -> None:
    one = problem([[0], [0]], [1.0, 2.0], {0: 7.0})
    two = Problem(
        np.hstack([one.forecast, one.forecast]),
        one.variance,
        one.paths,
        np.hstack([one.sums, one.sums]),
        one.sum_variance,
        np.hstack([one.fixed, ~one.fixed]),
        np.hstack([one.held, one.held]),
    )
    assert np.allclose(nearest(two).T, [[3.0, 4.0], [1.0, 2.0]], rtol=1e-12)
