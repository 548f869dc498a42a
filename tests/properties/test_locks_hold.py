"""A thousand random sets of locks over random trees: what can be kept is kept exactly, at the least cost there is."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import polars as pl
import pytest
from scipy.optimize import linprog

from dp_assets.domain.hierarchy import Hierarchy, build_hierarchy
from dp_assets.domain.least_squares import Problem, nearest
from dp_assets.domain.locks import irreducible_conflict
from dp_assets.domain.planner_inputs import Target
from dp_assets.domain.reconciliation_config import HierarchyConfig
from tests.oracles import reconciliation_dense as dense

SETS = 1000


def forest(rng: np.random.Generator) -> list[Hierarchy]:
    """Two hierarchies over a few series: a tree of two levels, and shops across it."""
    count = int(rng.integers(1, 8))
    frame = pl.DataFrame(
        {"series_id": [f"s{number}" for number in range(count)]}
        | {name: rng.choice(list("abc"), count).tolist() for name in ("department", "brand", "shop")}
    )
    configured = (("product", ("department", "brand")), ("place", ("shop",)))
    return [build_hierarchy(HierarchyConfig(name=name, levels=levels), frame) for name, levels in configured]


def random_problem(rng: np.random.Generator) -> tuple[Problem, np.ndarray]:
    """A problem whose locks some forecasts meet, with many zeros, and the dense matrix of its sums."""
    product, place = forest(rng)
    paths = np.hstack([product.ancestors, place.ancestors + len(product)])
    summing = np.vstack([dense.summing_by_path(product), dense.summing_by_path(place)])
    series, sums = len(paths), len(summing)
    truth, forecast = (rng.gamma(1, 5, series) * (rng.random(series) > 0.3) for _ in range(2))
    fixed, held = rng.random(sums) < 0.3, rng.random(series) < 0.15
    wanted = (summing @ forecast) * rng.lognormal(0, 1, sums) * (rng.random(sums) > 0.2)
    return Problem(
        forecast=np.where(held, truth, forecast)[:, None],
        variance=rng.gamma(1, 3, series) + 0.01,
        paths=paths,
        sums=np.where(fixed, summing @ truth, wanted)[:, None],
        sum_variance=np.where(rng.random(sums) < 0.2, np.inf, rng.gamma(1, 5, sums) + 0.01),
        fixed=fixed[:, None],
        held=held[:, None],
    ), summing


@pytest.mark.slow
def test_locks_are_met_exactly_and_everything_else_is_what_the_exact_solver_finds() -> None:
    rng = np.random.default_rng(20171002)
    for _ in range(SETS):
        given, summing = random_problem(rng)
        found = nearest(given)[:, 0]
        fixed, held = given.fixed[:, 0], given.held[:, 0]
        assert found.min() >= 0
        assert np.array_equal(found[held], given.forecast[held, 0])
        assert np.allclose((summing @ found)[fixed], given.sums[fixed, 0], rtol=1e-9, atol=1e-9)
        exact = dense.nearest(
            given.forecast[:, 0], given.variance, summing, given.sums[:, 0], given.sum_variance, fixed, held
        )
        assert np.allclose(found, exact, rtol=1e-7, atol=1e-7)


@pytest.mark.slow
def test_a_conflict_is_named_whenever_there_is_one_and_none_of_its_locks_is_idle() -> None:
    rng = np.random.default_rng(20171003)
    conflicts = 0
    for _ in range(SETS // 2):
        product, place = forest(rng)
        summing = np.vstack([dense.summing_by_path(product), dense.summing_by_path(place)])
        chosen = rng.permutation(len(summing))[: rng.integers(1, 6)]
        numbers = rng.choice([0.0, 1.0, 2.0, 3.0], len(chosen))

        def possible(rows: tuple[int, ...], chosen: np.ndarray = chosen, numbers: np.ndarray = numbers) -> bool:
            here = list(rows)
            found = linprog(np.zeros(summing.shape[1]), A_eq=summing[chosen[here]], b_eq=numbers[here])  # noqa: B023
            return not here or found.status == 0

        targets = [
            Target(row, 0, int(row), 0, np.flatnonzero(summing[row]), 0, float(number), True)
            for row, number in zip(chosen, numbers, strict=True)
        ]
        clash = tuple(targets.index(target) for target in irreducible_conflict(targets))
        assert bool(clash) == (not possible(tuple(range(len(targets)))))
        if clash:
            conflicts += 1
            assert not possible(clash)
            assert all(possible(rest) for rest in combinations(clash, len(clash) - 1))
    assert conflicts > SETS // 10
