"""What somebody sees of a bundle: all of it, or the series below the nodes that they are kept to.

Belongs here: which rows those are, and counts of them alone. Does not belong here: what a scope is
(`dp_assets/domain/access.py`), what is answered (`serving/api`).

Where series hang is what the bundle itself says: a cycle computed again meanwhile may hang them elsewhere. A SKU
outside is looked up like one that does not exist, in a table that holds neither: status, words and time are the same.
"""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Mapping, Sequence

import numpy as np

from dp_assets.domain.access import NodeScope
from serving.bundle import Bundle

KEPT = 256


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
