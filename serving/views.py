"""What somebody sees of a bundle: all of it, or the series below the nodes that they are kept to.

Belongs here: which series and nodes those are, and counts of them alone. Does not belong here: what a scope is
(`dp_assets/domain/access.py`), what is answered (`serving/api`).

Where series hang is what the bundle itself says: a cycle computed again meanwhile may hang them elsewhere. A SKU
outside is looked up like one that does not exist, in a table that holds neither: status, words and time are the same.
A node is seen by whoever sees every series below it, in whatever hierarchy: of any other its sum would tell of what is
hidden.
"""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Mapping, Sequence
from functools import cached_property
from hashlib import blake2b

import numpy as np
import numpy.typing as npt
import polars as pl

from dp_assets.domain.access import NodeScope
from serving.bundle import Bundle
from serving.nodes import SERIES

KEPT = 256
NODE = ("hierarchy", "level", "node")
"""Columns of a table that name what a row is about: a node, or on the level `series` a series."""


class View:
    """The rows of a bundle that somebody sees.

    Args:
        bundle: the bundle.
        rows: rows that are seen, ascending; all when left out.
    """

    def __init__(self, bundle: Bundle, rows: Sequence[int] | None = None) -> None:
        self.bundle = bundle
        self._spans: Mapping[str, Sequence[int]] | None = None
        self._rows = rows
        if rows is not None:
            spans: dict[str, list[int]] = {}
            for row in rows:
                spans.setdefault(bundle.keys[row]["sku"], []).append(row)
            self._spans = {sku: tuple(found) for sku, found in spans.items()}

    def __len__(self) -> int:
        """Series that are seen."""
        return len(self.bundle) if self._rows is None else len(self._rows)

    @property
    def skus(self) -> int:
        """SKUs that are seen."""
        return self.bundle.skus if self._spans is None else len(self._spans)

    @cached_property
    def stamp(self) -> str:
        """A hash of what is seen, for the versions of answers; empty where all is."""
        if self._rows is None:
            return ""
        names = "\0".join(self.bundle.series_ids[row] for row in self._rows)
        return blake2b(f"{len(self._rows)} {names}".encode(), digest_size=8).hexdigest()

    @cached_property
    def _marked(self) -> npt.NDArray[np.bool_]:
        """(S,) whether a series is seen."""
        found = np.zeros(len(self.bundle), np.bool_)
        found[list(self._rows or ())] = True
        return found

    @cached_property
    def _whole_nodes(self) -> npt.NDArray[np.bool_]:
        """(A,) whether a node is seen."""
        nodes = self.bundle.nodes
        return np.zeros(0, np.bool_) if nodes is None else nodes.whole_within(self._marked)

    @cached_property
    def _names(self) -> frozenset[str]:
        """Ids of the series that are seen."""
        return frozenset(self.bundle.series_ids[row] for row in self._rows or ())

    @cached_property
    def _node_names(self) -> pl.DataFrame:
        """Hierarchy, level and node of every node that is seen."""
        names = self.bundle.nodes.names if self.bundle.nodes else []
        seen = [name[:3] for name, whole in zip(names, self._whole_nodes.tolist(), strict=True) if whole]
        return pl.DataFrame(seen, dict.fromkeys(NODE, pl.String), orient="row")

    def series(self, rows: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
        """Those of some rows of series that are seen, in their order."""
        return rows if self._rows is None else rows[self._marked[rows]]

    def has_series(self, series_id: str) -> bool:
        """Whether a series, of this bundle or not, is one that may be spoken of."""
        return self._rows is None or series_id in self._names

    def nodes(self, rows: Sequence[int]) -> Sequence[int]:
        """Those of some rows of nodes that are seen, in their order."""
        return rows if self._rows is None else [row for row in rows if self._whole_nodes[row]]

    def has_place(self, hierarchy: str, level: str, node: str) -> bool:
        """Whether a series or a node, of this bundle or not, is one that is seen."""
        if self._rows is None:
            return True
        return node in self._names if level == SERIES else (hierarchy, level, node) in self._node_keys

    @cached_property
    def _node_keys(self) -> frozenset[tuple[str, ...]]:
        return frozenset(self._node_names.rows())

    def named(self, table: pl.DataFrame) -> pl.DataFrame:
        """Rows of a table with the columns of NODE that are about series or nodes that are seen, in their order."""
        if self._rows is None:
            return table
        series = (pl.col("level") == SERIES) & pl.col("node").is_in(list(self._names))
        whole = pl.struct(NODE).is_in(self._node_names.to_struct().implode())
        return table.filter(series | whole)

    def rows(self, sku: str) -> Sequence[int]:
        """Rows of the SKU's series that are seen; empty when there is none."""
        return self.bundle.rows(sku) if self._spans is None else self._spans.get(sku, ())

    def counts(self, name: str) -> dict[str, int]:
        """Series per word of `method` or `model_version`, by their first lead."""
        if self._rows is None:
            return self.bundle.counts(name)
        return dict(sorted(Counter(self.bundle.words(name, row)[0] for row in self._rows).items()))


def rows_in(bundle: Bundle, scope: NodeScope) -> list[int]:
    """Rows of the series that a scope covers, ascending; none where the bundle has no hierarchies."""
    nodes, inside = bundle.nodes, np.zeros(len(bundle), np.bool_)
    if nodes is None:
        return []
    for hierarchy, above in zip(nodes.hierarchies, nodes.above, strict=True):
        covered = [row for row in np.unique(above).tolist() if scope.covers(hierarchy, "", nodes.names[row][2])]
        named = {one.node for one in scope.nodes or () if one.hierarchy == hierarchy}
        inside |= np.isin(above, covered) | np.array([name in named for name in bundle.series_ids], np.bool_)
    return np.flatnonzero(inside).tolist()


class Views:
    """Views of one bundle, made when they are first asked for. The event loop is its one user."""

    def __init__(self, bundle: Bundle) -> None:
        self.whole = View(bundle)
        self._kept: OrderedDict[NodeScope, View] = OrderedDict()

    async def of(self, scope: NodeScope) -> View:
        """What somebody with this scope sees."""
        if not scope.hides:
            return self.whole
        if (found := self._kept.get(scope)) is not None:
            self._kept.move_to_end(scope)
            return found
        bundle = self.whole.bundle
        made = await asyncio.to_thread(lambda: View(bundle, rows_in(bundle, scope)))
        self._kept[scope] = made
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return made
