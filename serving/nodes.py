"""Nodes of the hierarchies in a serving bundle: what `reconciled_rollups` says of every level above the series.

Belongs here: writing nodes into a bundle, finding them, and who is below whom.
Does not belong here: how hierarchies are built or reconciled (`dp_assets/domain`), series (`bundle.py`).

Axes: A nodes of all hierarchies (by hierarchy as configured, then depth, then path), H hierarchies, S series, M leads,
Q quantile levels. Files:
    nodes.arrow                                 A rows: hierarchy, level, node (path), parent (path), series (how many)
    node_mean, node_base, node_published.npy    (A, M) units per bucket, float64
    node_quantiles.npy                          (A, M, Q) units per bucket, float64
    node_locked.npy                             (A, M) bool
    node_above.npy                              (H, S) row of the lowest node above each series, int32
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from dp_assets.domain.errors import ContractError
from serving.files import mapped, read_arrow, save_array, write_arrow

SERIES = "series"
"""Name of the level below all nodes, as in the table."""
NUMBERS = {"node_mean": "forecast", "node_base": "base_forecast"}
FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class HierarchyHead:
    """One hierarchy of a bundle: its name, and its levels from the total down to the lowest above the series."""

    name: str
    levels: tuple[str, ...]


def write_nodes(
    folder: Path,
    rollups: pl.DataFrame,
    hierarchies: Sequence[HierarchyHead],
    series_ids: Sequence[str],
    published: FloatArray,
    quantile_names: Sequence[str],
) -> None:
    """Writes the nodes of a bundle.

    Args:
        folder: the bundle's folder.
        rollups: rows of `reconciled_rollups` of the same cycle, every node with every lead.
        hierarchies: which of them, in which order.
        series_ids: S series of the bundle, in its order.
        published: (S, M) numbers of record; a node's is the sum over its series.
        quantile_names: Q columns of quantiles.

    Raises:
        ContractError: the table does not hold the bundle's series, levels or leads.
    """
    order = pl.DataFrame(
        [(one.name, level, at, depth) for at, one in enumerate(hierarchies) for depth, level in enumerate(one.levels)],
        schema=["hierarchy", "level", "at", "depth"],
        orient="row",
        schema_overrides={"hierarchy": pl.String, "level": pl.String, "at": pl.Int64, "depth": pl.Int64},
    )
    horizon = published.shape[1]
    above = rollups.join(order, on=["hierarchy", "level"]).filter(pl.col("lead") <= horizon)
    above = above.sort("at", "depth", "node", "lead")
    names = above.filter(pl.col("lead") == 1).select("hierarchy", "level", "node", "parent")
    if len(above) != len(names) * horizon:
        raise ContractError(
            f"expected leads 1 to {horizon} of every node in reconciled_rollups, got {len(above)} rows for "
            f"{len(names)} nodes; materialise reconciled_rollups for this cycle again"
        )
    rows = {key: row for row, key in enumerate(names.select("hierarchy", "level", "node").iter_rows())}
    members = _members(rollups, hierarchies, series_ids, rows)
    parents = _parents(names, hierarchies, rows)
    shape = (len(names), horizon)
    for name, column in NUMBERS.items():
        save_array(folder, name, above[column].to_numpy().reshape(shape))
    save_array(folder, "node_quantiles", above.select(quantile_names).to_numpy().reshape(*shape, len(quantile_names)))
    save_array(folder, "node_locked", above["locked"].to_numpy().reshape(shape))
    save_array(folder, "node_above", members)
    save_array(folder, "node_published", _summed(published, members, parents))
    counts = _summed(np.ones((len(series_ids), 1)), members, parents)[:, 0].astype(np.int64)
    write_arrow(folder / "nodes.arrow", names.with_columns(pl.Series("series", counts, pl.Int64)))


def _members(
    rollups: pl.DataFrame,
    hierarchies: Sequence[HierarchyHead],
    series_ids: Sequence[str],
    rows: dict[tuple[str, ...], int],
) -> npt.NDArray[np.int32]:
    """(H, S) row of the lowest node above each series."""
    found = np.full((len(hierarchies), len(series_ids)), -1, dtype=np.int32)
    bottom = rollups.filter((pl.col("level") == SERIES) & (pl.col("lead") == 1))
    for at, hierarchy in enumerate(hierarchies):
        mine = bottom.filter(pl.col("hierarchy") == hierarchy.name)
        parents = dict(mine.select("node", "parent").iter_rows())
        lowest = hierarchy.levels[-1]
        found[at] = [rows.get((hierarchy.name, lowest, parents.get(name, "")), -1) for name in series_ids]
    if missing := int((found < 0).any(axis=0).sum()):
        raise ContractError(
            f"{missing} series of the forecasts have no place in reconciled_rollups; materialise reconciled_rollups "
            "for this cycle again"
        )
    return found


def _parents(
    names: pl.DataFrame, hierarchies: Sequence[HierarchyHead], rows: dict[tuple[str, ...], int]
) -> npt.NDArray[np.intp]:
    """(A,) row of each node's parent, -1 on the top."""
    level_above = {
        (one.name, level): one.levels[depth - 1] if depth else None
        for one in hierarchies
        for depth, level in enumerate(one.levels)
    }
    found = []
    for hierarchy, level, parent in names.select("hierarchy", "level", "parent").iter_rows():
        higher = level_above[hierarchy, level]
        found.append(-1 if higher is None else rows[hierarchy, higher, parent])
    return np.array(found, dtype=np.intp)


def _summed(
    values: FloatArray, members: npt.NDArray[np.int32], parents: npt.NDArray[np.intp]
) -> npt.NDArray[np.float64]:
    """(A, K) sums over the series below each node, from (S, K)."""
    found = np.zeros((len(parents), values.shape[1]))
    for lowest in members:
        np.add.at(found, lowest, values)
    for row in range(len(parents) - 1, -1, -1):  # nodes stand by depth, so a node is complete before its parent
        if parents[row] >= 0:
            found[parents[row]] += found[row]
    return found


class Nodes:
    """The nodes of one bundle, loaded.

    Attributes:
        hierarchies: H of them, in the configured order.
        names: A rows of (hierarchy, level, node, parent).
        sizes: A numbers of series below each node.
        mean, base, published: (A, M) units per bucket: reconciled, before reconciliation, and the sum over the series'
            numbers of record.
        quantiles: (A, M, Q) units per bucket.
        locked: (A, M) whether a planner fixed the number.
        above: (H, S) row of the lowest node above each series.
    """

    def __init__(self, folder: Path, hierarchies: Sequence[HierarchyHead], shape: tuple[int, int, int]) -> None:
        """Loads the nodes of a bundle of S series, M leads and Q quantile levels.

        Raises:
            ArtefactError: a file is missing or does not fit.
        """
        frame = read_arrow(folder / "nodes.arrow")
        series, horizon, levels = shape
        self.hierarchies = {one.name: one for one in hierarchies}
        self._numbers = {one.name: at for at, one in enumerate(hierarchies)}
        self.names: list[tuple[str, str, str, str | None]] = frame.select("hierarchy", "level", "node", "parent").rows()
        self.sizes: list[int] = frame["series"].to_list()
        size = (len(frame), horizon)
        self.mean: FloatArray = mapped(folder, "node_mean", size)
        self.base: FloatArray = mapped(folder, "node_base", size)
        self.published: FloatArray = mapped(folder, "node_published", size)
        self.quantiles: FloatArray = mapped(folder, "node_quantiles", (*size, levels))
        self.locked: npt.NDArray[np.bool_] = mapped(folder, "node_locked", size)
        self.above: npt.NDArray[np.int32] = mapped(folder, "node_above", (len(hierarchies), series))
        self._rows = {(hierarchy, level, node): row for row, (hierarchy, level, node, _) in enumerate(self.names)}
        self._parents = self._parents_of()
        self._children = self._children_of()

    def __len__(self) -> int:
        """A: nodes."""
        return len(self.names)

    def _parents_of(self) -> npt.NDArray[np.intp]:
        """(A,) row of each node's parent, -1 on the top."""
        found = np.full(len(self.names), -1, dtype=np.intp)
        for row, (hierarchy, level, _, parent) in enumerate(self.names):
            if parent is not None:
                levels = self.hierarchies[hierarchy].levels
                found[row] = self._rows[hierarchy, levels[levels.index(level) - 1], parent]
        return found

    def _children_of(self) -> dict[int, list[int]]:
        found: dict[int, list[int]] = {}
        for row, parent in enumerate(self._parents.tolist()):
            if parent >= 0:
                found.setdefault(parent, []).append(row)
        return found

    def find(self, hierarchy: str, node: str, level: str | None = None) -> int | None:
        """Row of a node by its path; of several levels with that path, the highest unless one is named."""
        if hierarchy not in self.hierarchies:
            return None
        levels = self.hierarchies[hierarchy].levels if level is None else (level,)
        return next((self._rows[key] for one in levels if (key := (hierarchy, one, node)) in self._rows), None)

    def level_below(self, row: int) -> str:
        """The level of a node's children; `series` below the lowest."""
        hierarchy, level, _, _ = self.names[row]
        levels = self.hierarchies[hierarchy].levels
        return (*levels, SERIES)[levels.index(level) + 1]

    def children(self, row: int) -> list[int]:
        """Rows of the nodes right below a node, by path; empty where series are."""
        return self._children.get(row, [])

    def whole_within(self, series: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
        """(A,) whether all series below a node are among the marked ones (S,), and there are any."""
        marked = _summed(series[:, None].astype(np.float64), self.above, self._parents)[:, 0]
        found: npt.NDArray[np.bool_] = (marked > 0) & (marked == np.array(self.sizes))
        return found

    def series_below(self, row: int) -> npt.NDArray[np.intp]:
        """Rows of the series below a lowest node, in the bundle's order; none of a higher one."""
        return np.flatnonzero(self.above[self._numbers[self.names[row][0]]] == row)

    def every_series_below(self, row: int) -> npt.NDArray[np.intp]:
        """Rows of the series below any node, in the bundle's order."""
        lowest, waiting = [], [row]
        while waiting:
            below = self.children(one := waiting.pop())
            waiting.extend(below)
            if not below:
                lowest.append(one)
        return np.flatnonzero(np.isin(self.above[self._numbers[self.names[row][0]]], lowest))

    def node_above(self, hierarchy: str, series: int) -> int:
        """Row of the lowest node above a series."""
        return int(self.above[self._numbers[hierarchy], series])

    def of_level(self, hierarchy: str, level: str) -> range:
        """Rows of the nodes of one level, by path."""
        rows = range(len(self.names))
        depth = {one: number for number, one in enumerate(self.hierarchies[hierarchy].levels)}
        place = (self._numbers[hierarchy], depth[level])

        def key(row: int) -> tuple[int, int]:
            name, at, _, _ = self.names[row]
            levels = self.hierarchies[name].levels
            return self._numbers[name], levels.index(at)

        end = bisect_right(rows, place, key=key)
        start = bisect_right(rows, (place[0], place[1] - 1), key=key)
        return range(start, end)
