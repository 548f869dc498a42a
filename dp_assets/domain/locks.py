"""Locks: numbers that planners fixed and reconciliation must keep.

Belongs here: locks as matrices, and which of them cannot be kept beside others. Does not belong here: reconciling under
them (`reconciliation.py`), overrides, which come after it (`overrides.py`).

Locks contradict each other where no forecasts that are never negative meet all of them, such as two departments locked
at 60 below a total locked at 100, or a region and a department that share their shops. A linear programme says whether
that is so. Then an irreducible set is found, of which every proper part could be kept, by leaving out one lock after
another (the deletion filter of Chinneck, Dravnieks (1991), "Locating minimal infeasible constraint sets in linear
programs", ORSA J. Computing 3). It is named, and of it the least specific lock gives way: the highest, then the oldest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl

from dp_assets.domain.hierarchy import Hierarchy, Matrix
from dp_assets.domain.planner_inputs import Target, find_targets, named


@dataclass(frozen=True)
class Locks:
    """Locks that can be kept together, over S series, hierarchies of A nodes each, and M leads.

    Attributes:
        nodes: per hierarchy (A, M) the number a node is locked at, NaN where it is not.
        series: (S, M) the same of the series.
        conflicts: irreducible sets of locks that contradict each other and what became of them, one sentence each.
        unmatched: locks of nodes that the cycle does not forecast, one sentence each.
    """

    nodes: tuple[Matrix, ...]
    series: Matrix
    conflicts: tuple[str, ...] = ()
    unmatched: tuple[str, ...] = ()

    @classmethod
    def none(cls, hierarchies: Sequence[Hierarchy], leads: int) -> Locks:
        """No locks."""
        nodes = tuple(np.full((len(hierarchy), leads), np.nan) for hierarchy in hierarchies)
        return cls(nodes, np.full((len(hierarchies[0].series), leads), np.nan))

    def __bool__(self) -> bool:
        """Whether anything is locked."""
        return any(bool(np.isfinite(numbers).any()) for numbers in (*self.nodes, self.series))


def find_locks(inputs: pl.DataFrame, hierarchies: Sequence[Hierarchy], starts: Sequence[date]) -> Locks:
    """The locks among planners' inputs that can be kept together.

    Args:
        inputs: `planner_inputs` rows; overrides are passed over, and so are buckets outside `starts`.
        hierarchies: over the same series.
        starts: M bucket starts.
    """
    locked = inputs.filter("locked")
    targets, unmatched = find_targets(locked, hierarchies, starts)
    found = Locks.none(hierarchies, len(starts))
    conflicts: list[str] = []
    for lead in range(len(starts)):
        kept, sentences = _compatible([target for target in targets if target.lead == lead], locked)
        conflicts += sentences
        for target in kept:
            if target.node is None:
                found.series[target.members, lead] = target.quantity
            else:
                found.nodes[target.hierarchy][target.node, lead] = target.quantity
    return Locks(found.nodes, found.series, tuple(conflicts), tuple(unmatched))


def _compatible(targets: list[Target], inputs: pl.DataFrame) -> tuple[list[Target], list[str]]:
    """The targets of one lead without those that give way, and a sentence on each conflict."""
    sentences: list[str] = []
    while clash := irreducible_conflict(targets):
        loser = max(clash, key=targets.index)  # the order is from the most to the least specific
        others = "; ".join(named(inputs, target) for target in clash if target is not loser)
        beside = f"cannot be kept beside {others}" if others else "cannot be kept"
        sentences.append(f"{named(inputs, loser)} {beside}: it is left out")
        targets = [target for target in targets if target is not loser]
    return targets, sentences


def irreducible_conflict(targets: Sequence[Target]) -> list[Target]:
    """Targets of one lead that contradict each other, but would not without any one of them; empty where none do."""
    if _possible(targets):
        return []
    clash = list(targets)
    for target in targets:
        without = [other for other in clash if other is not target]
        if not _possible(without):
            clash = without
    return clash


def _possible(targets: Sequence[Target]) -> bool:
    """Whether some forecasts, none negative, meet all targets of one lead, up to a ten-millionth of their mean."""
    from scipy.optimize import linprog

    if not targets:
        return True
    numbers = np.array([target.quantity for target in targets])
    members = _members(targets)
    found = linprog(np.zeros(members.shape[1]), A_eq=members, b_eq=numbers / (float(numbers.mean()) or 1.0))
    return bool(found.status == 0)


def _members(targets: Sequence[Target]) -> Any:
    """Sparse matrix of zeros and ones: a row per target, a column for all series that are below the same targets."""
    from scipy import sparse

    columns = np.concatenate([target.members for target in targets])
    rows = np.repeat(np.arange(len(targets)), [len(target.members) for target in targets])
    series, columns = np.unique(columns, return_inverse=True)
    matrix = sparse.csc_matrix((np.ones(len(rows)), (rows, columns)), shape=(len(targets), len(series)))
    matrix.sort_indices()
    below = {matrix.indices[start:end].tobytes(): at for at, (start, end) in enumerate(pairwise(matrix.indptr))}
    return matrix[:, sorted(below.values())]
