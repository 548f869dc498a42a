"""The least-squares problem of reconciliation where errors go together, solved exactly.

Belongs here: the optimiser around that of `least_squares.py`. Does not belong here: how strongly errors go together
(`shrinkage.py`), what the numbers mean (`reconciliation.py`).

With a covariance W = Λ + B B' of the errors of all nodes and series, Λ diagonal and B of F columns, the least of
(y − Sx)' W⁻¹ (y − Sx) is reached where F common causes z explain a part of the errors at a cost of their own:

    minimise over x and z    sum over all rows (y − Sx − Bz)² / Λ + |z|²     subject to x >= 0 and what is fixed

(minimising over z alone gives back W⁻¹, by Woodbury's identity). For a given z it is the problem with a diagonal, whose
solution is exact, not negative and meets all locks. What it costs is a convex, piecewise quadratic function of z with
a continuous gradient, so Newton's method with a line search ends at the solution here as well. A locked number is
taken as what will be, so it also says something of z, and through z of every other error.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from dp_assets.domain.errors import ReconciliationError
from dp_assets.domain.least_squares import Lead, Matrix, Problem, counting, groups

STEPS = 100
"""Newton steps at most; some five are the rule."""
TOLERANCE = 1e-11
"""Largest move of a cause, in its standard deviations, at which the solution is taken as exact."""
SLACK = 1e-6
"""The same where rounding keeps it from getting any better."""


@dataclass(frozen=True)
class Common:
    """F common causes of the errors of a `Problem`, whose variances are Λ: what is left of a row's own.

    Attributes:
        series: (S, F) error of each series per standard deviation of each cause, B.
        sums: (K, F) the same of the sums; zeros for one that does not count.
        forecast: (S, M) base forecasts of the series, also where they are held.
        goals: (K, M) base forecasts of the sums, also where they are fixed.
    """

    series: Matrix
    sums: Matrix
    forecast: Matrix
    goals: Matrix


def nearest_with_common(problem: Problem, common: Common) -> Matrix:
    """(S, M) solution.

    Raises:
        ReconciliationError: the fixed sums contradict each other, or x >= 0; or no solution was found.
    """
    group, members = groups(problem.paths, len(problem.sums))
    solved = np.empty_like(problem.forecast)
    for lead in range(problem.forecast.shape[1]):
        solved[:, lead] = _CommonLead(problem, common, lead, group, members).solve()
    return solved


@dataclass
class _Point:
    """Causes z, the diagonal problem at them with its solution x, the errors that z leaves, cost and gradient."""

    causes: Matrix
    inner: Lead
    series: Matrix
    value: float
    gradient: Matrix


class _CommonLead:
    """One lead, as a function of the causes."""

    def __init__(self, problem: Problem, common: Common, lead: int, group: npt.NDArray[np.intp], members: Any) -> None:
        self.problem, self.common, self.lead, self.group, self.members = problem, common, lead, group, members
        self.held, self.fixed = problem.held[:, lead], problem.fixed[:, lead]
        self.rows = counting(problem, lead)
        weight = np.where(np.isfinite(problem.sum_variance), 1 / problem.sum_variance, 0.0)
        self.series_pull = common.series / problem.variance[:, None]
        self.sums_pull = common.sums * weight[:, None]
        self.curvature = np.eye(common.series.shape[1]) + self.series_pull.T @ common.series
        self.curvature += self.sums_pull.T @ common.sums

    def _grouped(self, values: Matrix) -> Matrix:
        return np.bincount(self.group, values, self.members.shape[1]).astype(np.float64)

    def at(self, causes: Matrix, start: Matrix | None) -> _Point:
        """The point of some causes; the inner search begins at the multipliers `start`."""
        problem, common, lead = self.problem, self.common, self.lead
        explained, explained_sums = common.series @ causes, common.sums @ causes
        forecast = np.where(self.held, problem.forecast[:, lead], common.forecast[:, lead] - explained)
        sums = np.where(self.fixed, problem.sums[:, lead], common.goals[:, lead] - explained_sums)
        moved = replace(
            problem,
            forecast=forecast[:, None],
            sums=sums[:, None],
            fixed=self.fixed[:, None],
            held=self.held[:, None],
        )
        inner = Lead.of(moved, 0, self.group, self.members)
        if start is not None:
            inner.multipliers = start
        series = inner.solve(lead)
        left = common.forecast[:, lead] - series - explained
        left_sums = common.goals[:, lead] - self.members @ self._grouped(series) - explained_sums
        counted = np.isfinite(problem.sum_variance)
        value = float((left**2 / problem.variance).sum())
        value += float((left_sums[counted] ** 2 / problem.sum_variance[counted]).sum()) + float(causes @ causes)
        gradient = causes - self.series_pull.T @ left - self.sums_pull.T @ left_sums
        return _Point(causes, inner, series, value / 2, gradient)

    def step(self, point: _Point) -> Matrix:
        """Newton's step for the causes."""
        common, inner = self.common, point.inner
        sums = np.where(self.fixed[:, None], 0.0, -common.sums)[self.rows]
        moved = inner.response(inner.unbounded(inner.multipliers), -common.series, sums)
        below = np.stack([self._grouped(column) for column in moved.T], axis=1)
        second = self.curvature + self.series_pull.T @ moved + self.sums_pull.T @ (self.members @ below)
        step: Matrix = -np.linalg.solve((second + second.T) / 2, point.gradient)
        return step

    def solve(self) -> Matrix:
        """(S,) the solution."""
        point = self.at(np.zeros(self.common.series.shape[1]), None)
        for _ in range(STEPS):
            step = self.step(point)
            if (error := float(np.abs(step).max(initial=0.0))) <= TOLERANCE:
                return point.series
            slope, length = float(point.gradient @ step), 1.0
            while True:
                ahead = self.at(point.causes + length * step, point.inner.multipliers)
                lower = ahead.value <= point.value + 1e-4 * length * slope
                if lower or np.abs(ahead.gradient).max() < 0.5 * np.abs(point.gradient).max():
                    break
                length /= 2
                if length < 1e-6:  # rounding: it does not get any better than it was
                    break
            if length < 1e-6:
                break
            point = ahead
        if error > SLACK:
            raise ReconciliationError(
                f"lead {self.lead + 1}: common causes of errors were not found (the last step is {error:.2g} standard "
                f"deviations); choose another reconciliation.method, such as mint_wls_var"
            )
        return point.series
