"""Hierarchies: which series sum to which node.

Belongs here: nodes, their parents and the summing matrix, built from attributes and key columns.
Does not belong here: making numbers agree (`reconciliation.py`), forecasts of nodes (`node_forecasts.py`).

A hierarchy is total > configured levels > series. A node is named by its path from below the total, joined by `/`
(a `/` or `\\` inside a value is escaped by `\\`), so the same brand under two departments is two nodes. Where an
attribute is missing the node is `<UNK>`, so every series has an ancestor on every level and nothing drops out of a sum.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from dp_assets.domain.config import DemandConfig
from dp_assets.domain.errors import ConfigError, ContractError
from dp_assets.domain.reconciliation_config import HierarchyConfig

TOTAL = "total"
SERIES = "series"
UNKNOWN = "<UNK>"
LABEL_JOIN = "+"
DEFAULT_HIERARCHY = HierarchyConfig(name="all", levels=())
"""Used where none is configured: the total over all series."""

Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Hierarchy:
    """One hierarchy over S series with A nodes above them on D levels.

    Attributes:
        name: name of the hierarchy.
        levels: D names from the top: total, then the configured ones. The series level is implied.
        series: S series ids, ascending.
        nodes: A rows by depth, then path: level, node, parent (null on the top), depth.
        ancestors: (S, D) row in `nodes` of each series' ancestor on each level.
    """

    name: str
    levels: tuple[str, ...]
    series: pl.Series
    nodes: pl.DataFrame
    ancestors: npt.NDArray[np.intp]

    def __len__(self) -> int:
        """A: nodes above the series."""
        return len(self.nodes)

    @cached_property
    def depth(self) -> npt.NDArray[np.intp]:
        """(A,) depth of each node; the total has 0."""
        return self.nodes["depth"].to_numpy().astype(np.intp)

    @cached_property
    def sizes(self) -> npt.NDArray[np.intp]:
        """(A,) series below each node."""
        return np.bincount(self.ancestors.ravel(), minlength=len(self))

    @cached_property
    def parents(self) -> npt.NDArray[np.intp]:
        """(A,) row of each node's parent; the total's own row for the total."""
        rows = np.zeros(len(self), dtype=np.intp)
        rows[self.ancestors[:, 1:]] = self.ancestors[:, :-1]
        return rows

    @cached_property
    def series_parents(self) -> pl.Series:
        """(S,) path of the lowest node above each series."""
        return self.nodes["node"].gather(self.ancestors[:, -1])

    def labels(self) -> pl.DataFrame:
        """level, node, series_id: which series is below which node, from the top down to every series itself."""
        nodes = self.nodes.select("level", "node")
        above = [
            nodes[self.ancestors[:, depth]].with_columns(series_id=self.series) for depth in range(len(self.levels))
        ]
        own = pl.DataFrame({"level": [SERIES] * len(self.series), "node": self.series, "series_id": self.series})
        return pl.concat([*(frame.select("level", "node", "series_id") for frame in above), own])

    def summing(self) -> Any:
        """(A, S) sparse matrix of zeros and ones: nodes = matrix @ series."""
        from scipy import sparse

        count, depth = self.ancestors.shape
        columns = np.repeat(np.arange(count), depth)
        return sparse.csr_matrix((np.ones(count * depth), (self.ancestors.ravel(), columns)), shape=(len(self), count))

    def aggregate(self, values: npt.ArrayLike) -> Matrix:
        """Sums over the series below each node: (S,) or (S, K) → (A,) or (A, K)."""
        total: Matrix = self.summing() @ np.asarray(values, dtype=np.float64)
        return total

    def members(self, node: int) -> npt.NDArray[np.intp]:
        """Rows of the series below a node, ascending."""
        return np.flatnonzero(self.ancestors[:, self.depth[node]] == node)


def labels_of(hierarchies: Sequence[Hierarchy]) -> pl.DataFrame:
    """hierarchy, level, node, series_id: which series is below which node of any of several hierarchies."""
    return pl.concat(one.labels().select(pl.lit(one.name).alias("hierarchy"), pl.all()) for one in hierarchies)


def configured_hierarchies(config: DemandConfig) -> Sequence[HierarchyConfig]:
    """The hierarchies of a configuration, the first of which is meant where none is named."""
    return config.hierarchies or (DEFAULT_HIERARCHY,)


def describe_series(series: pl.DataFrame, attributes: pl.DataFrame, config: DemandConfig) -> pl.DataFrame:
    """One row per series, ascending: series_id, key columns, and every level's value as text, `<UNK>` where missing.

    Args:
        series: series_id and the key columns, any order, one or more rows per series.
        attributes: `sku_attributes` rows; a SKU that has none gets `<UNK>` on every level.
    """
    keys = ["series_id", *config.series_key]
    names = [name for name in config.attributes if name in attributes.columns]
    rows = series.select(keys).unique().sort("series_id")
    if repeated := len(rows) - rows["series_id"].n_unique():
        raise ContractError(f"expected one set of key columns per series_id, but {repeated} series have several")
    joined = rows.join(attributes.select("sku", *names), on="sku", how="left", maintain_order="left")
    return joined.with_columns(_text_label(joined, name) for name in names)


def _text_label(frame: pl.DataFrame, name: str) -> pl.Expr:
    """An attribute as one text: the labels of a multi-label one sorted and joined; `<UNK>` where there is none."""
    column = pl.col(name)
    if isinstance(frame.schema[name], pl.List):
        column = column.list.sort().list.join(LABEL_JOIN)
    column = column.cast(pl.String())
    return pl.when(column.str.strip_chars() == "").then(None).otherwise(column).fill_null(UNKNOWN).alias(name)


def build_hierarchy(configured: HierarchyConfig, described: pl.DataFrame) -> Hierarchy:
    """The hierarchy that a configuration spans over described series (see `describe_series`).

    Raises:
        ConfigError: a level has no column, or is called like the implied levels.
    """
    if len(set(configured.levels)) < len(configured.levels):
        raise ConfigError(f"hierarchy {configured.name!r}: expected each level once, got {list(configured.levels)}")
    for level in configured.levels:
        if level in (TOTAL, SERIES):
            raise ConfigError(f"hierarchy {configured.name!r}: {level!r} is implied and may not be a configured level")
        if level not in described.columns:
            raise ConfigError(
                f"hierarchy {configured.name!r}: level {level!r} is neither an attribute nor a key column of the "
                f"series; known are {described.columns}"
            )
    levels = (TOTAL, *configured.levels)
    paths = _paths(configured, described.sort("series_id"))
    nodes, ancestors, offset = [], [], 0
    for depth, level in enumerate(levels):
        parent = pl.col(levels[depth - 1]) if depth else pl.lit(None, pl.String())
        unique = paths.select(pl.lit(level).alias("level"), pl.col(level).alias("node"), parent.alias("parent"))
        nodes.append(unique.unique().sort("node").with_columns(pl.lit(depth).alias("depth")))
        ancestors.append(paths[level].rank("dense").to_numpy().astype(np.intp) - 1 + offset)
        offset += len(nodes[-1])
    return Hierarchy(
        name=configured.name,
        levels=levels,
        series=described["series_id"].sort(),
        nodes=pl.concat(nodes),
        ancestors=np.stack(ancestors, axis=1),
    )


def _paths(configured: HierarchyConfig, described: pl.DataFrame) -> pl.DataFrame:
    """One column per level, total first: the path of each series' node on it."""
    above: list[pl.Expr] = []
    columns = [pl.lit(TOTAL).alias(TOTAL)]
    for level in configured.levels:
        value = pl.col(level).cast(pl.String()).fill_null(UNKNOWN)
        above.append(value.str.replace_all("\\", "\\\\", literal=True).str.replace_all("/", "\\/", literal=True))
        columns.append(pl.concat_str(above, separator="/").alias(level))
    return described.with_columns(columns).select(TOTAL, *configured.levels)


def build_hierarchies(
    series: pl.DataFrame, attributes: pl.DataFrame, config: DemandConfig, cutoff: date
) -> tuple[Hierarchy, ...]:
    """Every configured hierarchy over the same series, in the configured order; where none is, the plain total.

    Args:
        series, attributes: see `describe_series`.
        config: the hierarchies, with their tables read.
        cutoff: the cycle, as of which series belong where tables say.

    Raises:
        ConfigError: see `build_hierarchy`; or a table was not read with the configuration.
    """
    described = describe_series(series, attributes, config)
    return tuple(
        build_hierarchy(configured, _placed(described, configured, cutoff))
        for configured in configured_hierarchies(config)
    )


def _placed(described: pl.DataFrame, configured: HierarchyConfig, cutoff: date) -> pl.DataFrame:
    """Described series with the levels that the hierarchy's table says, where it has one."""
    if configured.table is None:
        return described
    if configured.places is None:
        raise ConfigError(f"the table of hierarchy {configured.name!r} was not read; load it with the configuration")
    kept = described.drop([name for name in configured.levels if name not in configured.places.keys], strict=False)
    places = configured.places.as_of(cutoff)
    return kept.join(places, on=list(configured.places.keys), how="left", maintain_order="left")
