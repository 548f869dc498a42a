"""The least-squares problem of reconciliation, solved exactly: numbers near their forecasts, sums near theirs or fixed.

Belongs here: the optimiser, on plain arrays. Does not belong here: what the numbers mean (`reconciliation.py`), which
sums are fixed (`locks.py`).

For one lead, with S series below K sums (a hierarchy's nodes):

    minimise    sum_i (x_i - f_i)^2 / v_i + sum_n (u_n . x - g_n)^2 / w_n     x: series, u_n . x: the sum n of them
    subject to  x >= 0,  u_n . x = g_n where n is fixed,  x_i = f_i where i is fixed

Its Lagrangian dual has one unknown per sum, however many series there are: x_i = max(0, f_i + v_i * (multipliers of the
sums that i is in)), and a fixed sum is one of variance 0. The dual's gradient is piecewise linear, so Newton's method
with a line search ends after a few steps at the solution itself, not near it (semismooth Newton: Qi, Sun (1993), "A
nonsmooth version of Newton's method", Mathematical Programming 58). Series below the same sums act as one in the
matrix, which has a row per sum.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from dp_assets.domain.errors import ReconciliationError

Matrix = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

STEPS = 200
"""Newton steps at most; a few are the rule, some ten with many zeros."""
TOLERANCE = 1e-12
"""Largest error of a sum against its size at which the solution is taken as exact."""
SLACK = 1e-6
"""The same where rounding keeps it from getting any better; beyond it there is no solution."""
PROXIMAL = 1e-6
"""Share of a row's full curvature that is added to it: sums that say the same thing twice would be singular."""


@dataclass(frozen=True)
class Problem:
    """One problem per lead over the same S series and K sums.

    Attributes:
        forecast: (S, M) what each series should be near; exactly that where it is held.
        variance: (S,) how far it may be from it, positive.
        paths: (S, D) rows of the sums that each series is in, -1 for none; a sum stands in one column only.
        sums: (K, M) what each sum should be near; exactly that where it is fixed.
        sum_variance: (K,) how far it may be from it, positive; infinite for one that only counts where it is fixed.
        fixed: (K, M) sums that must be met.
        held: (S, M) series that must not move.
    """

    forecast: Matrix
    variance: Matrix
    paths: npt.NDArray[np.intp]
    sums: Matrix
    sum_variance: Matrix
    fixed: Flags
    held: Flags


def nearest(problem: Problem) -> Matrix:
    """(S, M) solution.

    Raises:
        ReconciliationError: the fixed sums contradict each other, or x >= 0.
    """
    group, members = groups(problem.paths, len(problem.sums))
    solved = np.empty_like(problem.forecast)
    for lead in range(problem.forecast.shape[1]):
        solved[:, lead] = Lead.of(problem, lead, group, members).solve(lead)
    return solved


def counting(problem: Problem, lead: int) -> npt.NDArray[np.intp]:
    """Rows of the sums that count in a lead."""
    return np.flatnonzero(np.isfinite(problem.sum_variance) | problem.fixed[:, lead])


def groups(paths: npt.NDArray[np.intp], sums: int) -> tuple[npt.NDArray[np.intp], Any]:
    """(S,) number of the group of series below the very same sums, and the (K, groups) matrix of what is in what."""
    from scipy import sparse

    group = np.zeros(len(paths), np.intp)
    for column in paths.T:
        group = np.unique(group * (sums + 1) + column + 1, return_inverse=True)[1]
    count = int(group.max(initial=-1)) + 1
    first = np.zeros(count, np.intp)
    first[group[::-1]] = np.arange(len(paths))[::-1]
    rows = paths[first]
    inside = rows >= 0
    columns = np.broadcast_to(np.arange(count)[:, None], rows.shape)
    return group, sparse.csr_matrix((np.ones(int(inside.sum())), (rows[inside], columns[inside])), shape=(sums, count))


class Lead:
    """The dual of one lead's problem."""

    def __init__(
        self,
        forecast: Matrix,
        variance: Matrix,
        held: Flags,
        group: npt.NDArray[np.intp],
        members: Any,
        sums: Matrix,
        compliance: Matrix,
    ) -> None:
        self.forecast, self.variance, self.held, self.group = forecast, variance, held, group
        self.members, self.compliance = members, compliance
        self.groups = members.shape[1]
        self.goal = sums - members @ self._grouped(np.where(held, forecast, 0.0))
        self.free = ~held
        usual = float(np.abs(forecast).mean()) or 1.0
        self.size = np.maximum(np.abs(sums), usual * np.where(compliance > 0, 1.0, 1e-3))
        self.full = members @ self._grouped(np.where(self.free, variance, 0.0))
        self.multipliers = np.zeros(len(sums))

    @classmethod
    def of(cls, problem: Problem, lead: int, group: npt.NDArray[np.intp], members: Any) -> Lead:
        """One lead of a problem, whose `groups` are given; sums that count for nothing are left out."""
        rows = counting(problem, lead)
        return cls(
            problem.forecast[:, lead],
            problem.variance,
            problem.held[:, lead],
            group,
            members[rows],
            problem.sums[rows, lead],
            np.where(problem.fixed[:, lead], 0.0, problem.sum_variance)[rows],
        )

    def _grouped(self, values: Matrix) -> Matrix:
        sums: Matrix = np.bincount(self.group, values, self.groups).astype(np.float64)
        return sums

    def unbounded(self, multipliers: Matrix) -> Matrix:
        """(S,) what the series would be if they could be negative."""
        pull: Matrix = self.members.T @ multipliers
        return self.forecast + self.variance * pull[self.group]

    def missing(self, multipliers: Matrix, free: Matrix) -> Matrix:
        """(K,) by how much each sum falls short: the negative gradient of the dual."""
        positive = np.where(self.free, np.maximum(free, 0.0), 0.0)
        short: Matrix = self.goal - self.compliance * multipliers - self.members @ self._grouped(positive)
        return short

    def value(self, multipliers: Matrix, free: Matrix) -> float:
        """The dual function, which is convex and least at the solution."""
        positive = np.where(self.free, np.maximum(free, 0.0), 0.0)
        energy = float((positive**2 / self.variance).sum() + (self.compliance * multipliers**2).sum())
        return 0.5 * energy - float(self.goal @ multipliers)

    def step(self, free: Matrix, short: Matrix) -> Matrix:
        """Newton's step: the dual's curvature counts the series that are above 0."""
        scale, factors, idle = self._curvature(free)
        found: Matrix = scale * factors.solve(scale * short)
        for row in np.flatnonzero(idle & (self.compliance == 0) & (short > 0)):
            below = self.free & np.isin(self.group, self.members[row].indices)
            found[row] += float((-free[below] / self.variance[below]).min(initial=np.inf))
        return found

    def response(self, free: Matrix, series: Matrix, sums: Matrix) -> Matrix:
        """(S, F) by how much the solution moves where forecasts move by `series` (S, F) and sums by `sums` (K, F).

        Series at 0 and held ones stay, as they do for moves that are small enough.
        """
        moving = (self.free & (free > 0))[:, None]
        own = np.where(moving, series, 0.0)
        scale, factors, _ = self._curvature(free)
        below = np.stack([self._grouped(column) for column in own.T], axis=1)
        pull = self.members.T @ (scale[:, None] * factors.solve(scale[:, None] * (sums - self.members @ below)))
        moved: Matrix = own + np.where(moving, self.variance[:, None] * pull[self.group], 0.0)
        return moved

    def _curvature(self, free: Matrix) -> tuple[Matrix, Any, Flags]:
        """The dual's curvature where the series above 0 move: row scales, factors of the scaled matrix, idle rows."""
        from scipy.sparse import diags
        from scipy.sparse.linalg import splu

        weight = self._grouped(np.where(self.free & (free > 0), self.variance, 0.0))
        own = self.members @ weight
        # A fixed sum has no compliance of its own. Where all below it is 0 it takes the curvature it has once that is
        # not so; else a little, for sums that say the same thing twice.
        idle = own <= 1e-9 * self.full
        small = np.where(idle, self.full, PROXIMAL * self.full)
        extra = np.where(self.compliance > 0, self.compliance, np.where(small > 0, small, 1.0))
        scale = 1 / np.sqrt(own + extra)
        matrix = diags(scale) @ (self.members @ diags(weight) @ self.members.T + diags(extra)) @ diags(scale)
        factors = splu(
            matrix.tocsc(), permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True}
        )
        return scale, factors, idle

    def solve(self, lead: int) -> Matrix:
        """(S,) the solution; `multipliers` are where the search begins, and afterwards where it ended."""
        multipliers = self.multipliers
        free = self.unbounded(multipliers)
        short, value = self.missing(multipliers, free), self.value(multipliers, free)
        for _ in range(STEPS):
            error = self._error(short)
            if error <= TOLERANCE:
                break
            step = self.step(free, short)
            slope = float(short @ step)
            length, before = 1.0, (multipliers, free, short, value)
            while True:
                multipliers = before[0] + length * step
                free = self.unbounded(multipliers)
                short, value = self.missing(multipliers, free), self.value(multipliers, free)
                if value <= before[3] - 1e-4 * length * slope or self._error(short) < 0.5 * error:
                    break
                length /= 2
                if length < 1e-12:
                    break
            if length < 1e-12:  # rounding: it does not get any better than it was
                multipliers, free, short, value = before
                break
        if self._error(short) > SLACK:
            raise ReconciliationError(
                f"lead {lead + 1}: no non-negative forecasts meet all fixed sums (they miss by "
                f"{self._error(short):.2g} of their size); check the locks of this cycle"
            )
        self.multipliers = multipliers
        return np.where(self.held, self.forecast, np.maximum(free, 0.0))

    def _error(self, short: Matrix) -> float:
        return float((np.abs(short) / self.size).max(initial=0.0))
