"""The numbers of a scenario as rows: series that differ from the base, and the nodes above them.

Belongs here: adding up differences, and quantiles of nodes. Does not belong here: how numbers come about
(`scenarios.py`), the method of node quantiles (`node_intervals.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from dp_assets.domain.contracts import scenario_forecasts
from dp_assets.domain.contracts.columns import quantile_name
from dp_assets.domain.hierarchy import SERIES, Hierarchy, Matrix
from dp_assets.domain.node_intervals import gamma_quantiles, quantile_variance, shared_variance
from dp_assets.domain.scenario_base import Base, Flags, Rows


@dataclass(frozen=True)
class NewSeries:
    """A launched series: its name, the row it is like, and per hierarchy the path of its node on every level."""

    series_id: str
    like: int
    paths: tuple[tuple[str, ...], ...]


@dataclass
class Numbers:
    """R series of the base that are computed, then N new ones: rows (R,), mean (R + N, M), quantiles (R + N, M, Q)."""

    rows: Rows
    mean: Matrix
    quantiles: Matrix
    new: tuple[NewSeries, ...] = ()

    def at(self, rows: Rows) -> Rows:
        """Places of some of the base's rows."""
        return np.searchsorted(self.rows, rows)


@dataclass(frozen=True)
class _Block:
    """Numbers of n nodes or series, scenario and base: names (n,), means (n, M), quantiles (n, M, Q), flags (n, M)."""

    hierarchy: str
    levels: Sequence[str]
    names: Sequence[str]
    mean: Matrix
    quantiles: Matrix
    base_mean: Matrix
    base_quantiles: Matrix
    differs: Flags
    held: Flags


def scenario_table(base: Base, numbers: Numbers) -> pl.DataFrame:
    """The `scenario_forecasts` table: every series, and every node above one, that differs from the base somewhere."""
    own = _series_block(base, numbers)
    some = own.differs.any(axis=1)
    blocks = [own]
    if some.any():
        blocks += [_node_block(base, numbers, own, np.flatnonzero(some), at) for at in range(len(base.hierarchies))]
    return scenario_forecasts(base.config).conform(pl.concat(_frame(base, one) for one in blocks))


def _series_block(base: Base, numbers: Numbers) -> _Block:
    rows, count = numbers.rows, len(numbers.new)
    leads, levels = numbers.quantiles.shape[1:]
    base_mean = np.concatenate([base.final[rows], np.zeros((count, leads))])
    base_quantiles = np.concatenate([base.quantiles[rows], np.zeros((count, leads, levels))])
    differs = (numbers.mean != base_mean) | (numbers.quantiles != base_quantiles).any(axis=2)
    held = np.concatenate([base.held[rows], np.zeros((count, leads), np.bool_)])
    names = base.panel.series["series_id"].gather(rows).to_list() + [one.series_id for one in numbers.new]
    return _Block(
        base.hierarchies[0].name,
        [SERIES] * len(names),
        names,
        numbers.mean,
        numbers.quantiles,
        base_mean,
        base_quantiles,
        differs,
        held,
    )


def _node_block(base: Base, numbers: Numbers, own: _Block, some: Rows, index: int) -> _Block:
    """Nodes of one hierarchy above the series that differ: the base plus what differs below."""
    hierarchy, sums, levels = base.hierarchies[index], base.sums[index], base.config.quantile_levels
    known, depths = len(numbers.rows), len(hierarchy.levels)
    paths = np.concatenate([hierarchy.ancestors[numbers.rows], np.zeros((len(numbers.new), depths), np.intp)])
    names, depth, fresh = _nodes_with_new(hierarchy, numbers.new, index)
    paths[known:] = fresh
    ids, inside = np.unique(paths[some], return_inverse=True)
    inside = inside.reshape(len(some), depths)
    added = len(names) - len(hierarchy)

    def total(before: Matrix, difference: Matrix) -> Matrix:
        moved: Matrix = np.zeros((len(ids), before.shape[1]))
        for column in range(depths):
            np.add.at(moved, inside[:, column], difference)
        added_up: Matrix = np.maximum(_padded(before, added)[ids] + moved, 0.0)
        return added_up

    variance = quantile_variance(own.quantiles[some], levels)
    base_variance = quantile_variance(own.base_quantiles[some], levels)
    mean = total(sums.mean, own.mean[some] - own.base_mean[some])
    differs = np.zeros(mean.shape, np.bool_)
    for column in range(depths):
        np.logical_or.at(differs, inside[:, column], own.differs[some])
    shared = base.correlation[index][depth[ids]][:, None]
    spread = shared_variance(
        total(sums.variance, variance - base_variance),
        total(sums.deviation, np.sqrt(variance) - np.sqrt(base_variance)),
        shared,
    )
    base_mean = _padded(sums.mean, added)[ids]
    base_spread = shared_variance(_padded(sums.variance, added)[ids], _padded(sums.deviation, added)[ids], shared)
    quantiles = gamma_quantiles(mean, spread, levels)
    base_quantiles = gamma_quantiles(base_mean, base_spread, levels)
    # A node over one series has that one's quantiles.
    size = np.concatenate([hierarchy.sizes, np.zeros(added, np.intp)])[ids]
    joined = np.bincount(inside[some >= known].ravel(), minlength=len(ids))
    changed = np.zeros(len(ids), np.intp)
    changed[inside.ravel()] = np.repeat(some, depths)
    single, was_single = size + joined == 1, size == 1
    quantiles[single], mean[single] = own.quantiles[changed[single]], own.mean[changed[single]]
    base_quantiles[was_single] = base.quantiles[base.only[index][ids[was_single]]]
    held = np.zeros(mean.shape, np.bool_)
    for one in base.held_nodes:
        if one.hierarchy == index:
            held[np.flatnonzero(ids == one.node), one.lead] = True
    chosen = [names[node] for node in ids.tolist()]
    of_level = [hierarchy.levels[one] for one in depth[ids].tolist()]
    ordered = (np.maximum.accumulate(np.nan_to_num(each), axis=-1) for each in (quantiles, base_quantiles))
    return _Block(hierarchy.name, of_level, chosen, mean, next(ordered), base_mean, next(ordered), differs, held)


def _padded(values: Matrix, rows: int) -> Matrix:
    padded: Matrix = np.pad(values, ((0, rows), (0, 0))) if rows else values
    return padded


def _nodes_with_new(
    hierarchy: Hierarchy, new: Sequence[NewSeries], index: int
) -> tuple[pl.Series | list[str], Rows, Rows]:
    """Names and depths of all nodes with those that only new series have, and (N, D) the nodes of the new series."""
    ids = np.zeros((len(new), len(hierarchy.levels)), np.intp)
    if not new:
        return hierarchy.nodes["node"], hierarchy.depth, ids
    names, depths = hierarchy.nodes["node"].to_list(), hierarchy.depth.tolist()
    place = {(depth, name): row for row, (depth, name) in enumerate(zip(depths, names, strict=True))}
    for number, one in enumerate(new):
        for depth, path in enumerate(one.paths[index]):
            if (depth, path) not in place:
                place[depth, path] = len(names)
                names.append(path)
                depths.append(depth)
            ids[number, depth] = place[depth, path]
    return names, np.array(depths, np.intp), ids


def _frame(base: Base, block: _Block) -> pl.DataFrame:
    """The rows of a block that differ in some bucket, over every bucket: what does not differ is seen beside it."""
    differing, leads = np.flatnonzero(block.differs.any(axis=1)), block.differs.shape[1]
    row, lead = np.repeat(differing, leads), np.tile(np.arange(leads), len(differing))
    names = [quantile_name(level) for level in base.config.quantile_levels]
    starts = np.array(base.forecasts.starts, "datetime64[D]")
    columns = {
        "hierarchy": pl.Series([block.hierarchy] * len(row), dtype=pl.String),
        "level": pl.Series([block.levels[at] for at in row.tolist()], dtype=pl.String),
        "node": pl.Series([block.names[at] for at in row.tolist()], dtype=pl.String),
        "lead": pl.Series(lead + 1, dtype=pl.Int64),
        "bucket_start": pl.Series(starts[lead]),
        "forecast": pl.Series(block.mean[row, lead]),
        "base_forecast": pl.Series(block.base_mean[row, lead]),
        "held": pl.Series(block.held[row, lead]),
    }
    for number, name in enumerate(names):
        columns[name] = pl.Series(block.quantiles[row, lead, number])
        columns[f"base_{name}"] = pl.Series(block.base_quantiles[row, lead, number])
    return pl.DataFrame(columns)
