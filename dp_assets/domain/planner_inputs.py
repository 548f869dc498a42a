"""What planners' numbers speak of: nodes and series of hierarchies, in the buckets of a cycle.

Belongs here: finding the series that a row of `planner_inputs` covers, in which order rows count, and rows in words.
Does not belong here: keeping locks (`locks.py`), applying overrides (`overrides.py`), the planning database itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from dp_assets.domain.hierarchy import Hierarchy


@dataclass(frozen=True, eq=False)
class Target:
    """One input, found in a hierarchy: the series it covers and the number their sum shall have."""

    row: int
    hierarchy: int
    node: int | None
    """Row among the hierarchy's nodes; None for a series."""
    depth: int
    members: npt.NDArray[np.intp]
    lead: int
    """Column of the forecast matrix: lead − 1."""
    quantity: float
    locked: bool

    def meets(self, other: Target) -> bool:
        """Whether both speak of the same number."""
        return self.lead == other.lead and not set(self.members.tolist()).isdisjoint(other.members.tolist())


def find_targets(
    inputs: pl.DataFrame, hierarchies: Sequence[Hierarchy], starts: Sequence[date]
) -> tuple[list[Target], list[str]]:
    """Inputs in the order they are applied (lowest level first, then newest), and sentences on those without a node.

    A name is looked up among the series first, then among the nodes from the top down.
    """
    lead_of = {day: lead for lead, day in enumerate(starts)}
    series_row = {name: row for row, name in enumerate(hierarchies[0].series)} if len(inputs) else {}
    indices = {hierarchy.name: index for index, hierarchy in enumerate(hierarchies)}
    targets: list[tuple[tuple[Any, ...], Target]] = []
    unmatched: list[str] = []
    for row, record in enumerate(inputs.iter_rows(named=True)):
        lead, index = lead_of.get(record["bucket_start"]), indices.get(record["hierarchy"])
        if lead is None:
            continue
        place = None if index is None else _find(record["node"], hierarchies[index], series_row)
        if index is None or place is None:
            unmatched.append(f"{_describe(record)} names no node that this cycle forecasts")
            continue
        node, depth, members = place
        target = Target(row, index, node, depth, members, lead, float(record["quantity"]), bool(record["locked"]))
        targets.append(((node is not None, -depth, -record["ledger_sequence"], index, record["node"]), target))
    return [target for _, target in sorted(targets, key=lambda pair: pair[0])], unmatched


def _find(
    name: str, hierarchy: Hierarchy, series_row: Mapping[str, int]
) -> tuple[int | None, int, npt.NDArray[np.intp]] | None:
    """Row among the nodes (None for a series), depth, and rows of the series below; None for an unknown name."""
    if (series := series_row.get(name)) is not None:
        return None, len(hierarchy.levels), np.array([series], dtype=np.intp)
    found = hierarchy.nodes.select((pl.col("node") == name).arg_true()).to_series()
    if found.is_empty():
        return None
    node = int(found[0])
    return node, int(hierarchy.depth[node]), hierarchy.members(node)


def named(inputs: pl.DataFrame, target: Target) -> str:
    """An input in words."""
    return _describe(inputs.row(target.row, named=True))


def _describe(record: Mapping[str, Any]) -> str:
    return (
        f"the number {record['quantity']:g} that {record['user']} set for {record['node']!r} "
        f"({record['hierarchy']}) in the bucket of {record['bucket_start']}"
    )
