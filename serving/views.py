"""What somebody sees of a bundle: all of it, or the series below the nodes that they are kept to.

Belongs here: which rows those are, and counts of them alone. Does not belong here: what a scope is
(`dp_assets/domain/access.py`), what is answered (`serving/api`).

A SKU outside is looked up like one that does not exist, in a table that holds neither: status, words and time are the
same.
"""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Mapping, Sequence

import polars as pl

from dp_assets.domain.access import NodeScope
from dp_resources.lake import Lake
from serving.bundle import Bundle

ROLLUPS = "reconciled_rollups"
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


def parents(lake: Lake, cycle: str) -> pl.DataFrame:
    """hierarchy, node (a series), parent: where each series of a cycle hangs in each hierarchy."""
    rollups = lake.read(ROLLUPS, ["hierarchy", "level", "node", "parent", "lead"], cycle=cycle)
    return rollups.filter((pl.col("level") == "series") & (pl.col("lead") == 1)).select("hierarchy", "node", "parent")


def rows_in(bundle: Bundle, places: pl.DataFrame, scope: NodeScope) -> list[int]:
    """Rows of the series that a scope covers; a series that hangs nowhere is outside."""
    above = places.select("hierarchy", "parent").unique()
    inside = pl.DataFrame(
        [row for row in above.iter_rows() if scope.covers(row[0], "", row[1])], schema=above.schema, orient="row"
    )
    named = pl.DataFrame(
        [(one.hierarchy, one.node) for one in scope.nodes or ()], schema=["hierarchy", "node"], orient="row"
    )
    below = places.join(inside, on=["hierarchy", "parent"], how="semi", nulls_equal=True)
    themselves = places.join(named.cast(pl.String), on=["hierarchy", "node"], how="semi")
    found = {*below["node"], *themselves["node"]}
    return [row for row, name in enumerate(bundle.series_ids) if name in found]


class Views:
    """Views of one bundle, made when they are first asked for. The event loop is its one user."""

    def __init__(self, bundle: Bundle, lake: Lake, cycle: str) -> None:
        self.whole = View(bundle)
        self._lake, self._cycle = lake, cycle
        self._places: asyncio.Task[pl.DataFrame] | None = None
        self._kept: OrderedDict[NodeScope, View] = OrderedDict()

    async def of(self, scope: NodeScope) -> View:
        """What somebody with this scope sees.

        Raises:
            StorageError: where series hang cannot be read; nothing is seen then.
        """
        if not scope.hides:
            return self.whole
        if (found := self._kept.get(scope)) is not None:
            self._kept.move_to_end(scope)
            return found
        if self._places is None or (self._places.done() and self._places.exception()):
            self._places = asyncio.create_task(asyncio.to_thread(parents, self._lake, self._cycle))
        places = await asyncio.shield(self._places)
        bundle = self.whole.bundle
        made = await asyncio.to_thread(lambda: View(bundle, rows_in(bundle, places, scope)))
        self._kept[scope] = made
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return made
