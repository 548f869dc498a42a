"""Which nodes somebody who is kept to some of them may set numbers for.

Belongs here: nodes and series that a scope covers wholly. Does not belong here: what a scope is (`access.py`).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dp_assets.domain.access import NodeScope
from dp_assets.domain.hierarchy import SERIES, Hierarchy


def places_within(hierarchies: Sequence[Hierarchy], scope: NodeScope) -> frozenset[tuple[str, str, str]]:
    """Hierarchy, level and name of every node and series that a scope covers wholly.

    A node of any hierarchy is inside where every series below it is: its number moves those series and no others.

    Args:
        hierarchies: over the same S series.
        scope: the nodes that somebody is kept to.
    """
    inside = np.zeros(len(hierarchies[0].series), np.bool_)
    for one in hierarchies:
        pairs = zip(one.series, one.series_parents, strict=True)
        inside |= np.array([scope.covers(one.name, name, parent) for name, parent in pairs], np.bool_)
    found: set[tuple[str, str, str]] = set()
    for one in hierarchies:
        whole = one.aggregate(inside.astype(np.float64)) == one.sizes
        found |= {(one.name, level, node) for level, node in one.nodes.filter(whole).select("level", "node").rows()}
        found |= {(one.name, SERIES, name) for name in one.series.filter(inside)}
    return frozenset(found)
