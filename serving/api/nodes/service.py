"""Nodes of hierarchies out of a bundle. Does not belong here: HTTP (`endpoints.py`), files (`serving/nodes.py`)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from serving.api.cursors import Key, page
from serving.api.nodes.schemas import NodesQuery
from serving.api.problems import BadParameterError, UnknownNodeError
from serving.api.questions import Answer, intervals, quantiles_asked
from serving.bundle import Bundle
from serving.library import Loaded
from serving.nodes import SERIES, FloatArray, Nodes
from serving.rendering import Question
from serving.views import View

SHOWN_CHILDREN = 1000
LEAD = ("lead", "bucket_start", "mean", "median", "base_forecast", "published", "locked", "intervals", "quantiles")


def nodes_of(bundle: Bundle, hierarchy: str) -> Nodes:
    """The nodes of a bundle that has this hierarchy.

    Raises:
        UnknownNodeError: it has not.
    """
    known = list(bundle.nodes.hierarchies) if bundle.nodes else []
    if bundle.nodes is None or hierarchy not in known:
        raise UnknownNodeError(
            f"expected a hierarchy of cycle {bundle.head.cycle} ({', '.join(known) or 'it has none'}), "
            f"got {hierarchy!r}"
        )
    return bundle.nodes


def row_of(seen: View, hierarchy: str, node: str, level: str | None) -> int:
    """Row of a node.

    Raises:
        UnknownNodeError: no such hierarchy, or no such node on that level, or none that is seen.
    """
    bundle = seen.bundle
    row = nodes_of(bundle, hierarchy).find(hierarchy, node, level)
    if row is None or not seen.nodes([row]):
        where = f"level {level!r} of hierarchy {hierarchy!r}" if level else f"hierarchy {hierarchy!r}"
        raise UnknownNodeError(
            f"expected the path of a node of {where} in cycle {bundle.head.cycle}, such as department/category, got "
            f"{node!r}; /v1/hierarchies/{hierarchy}/nodes lists them, and a / or \\ inside a name stands behind a \\"
        )
    return row


def node_forecast(bundle: Bundle, hierarchy: str, row: int, question: Question) -> Answer:
    """The answer of `NodeForecast`."""
    nodes, head = nodes_of(bundle, hierarchy), bundle.head
    _, level, node, parent = nodes.names[row]
    below = nodes.children(row)
    series: list[int] = [] if below else nodes.series_below(row).tolist()
    names = [nodes.names[one][2] for one in below[:SHOWN_CHILDREN]]
    at, quantiles = question.at, nodes.quantiles[row][question.at]
    leads = zip(
        question.leads,
        [head.leads[lead - 1] for lead in question.leads],
        nodes.mean[row, at].tolist(),
        quantiles[:, bundle.median].tolist(),
        nodes.base[row, at].tolist(),
        nodes.published[row, at].tolist(),
        nodes.locked[row, at].tolist(),
        intervals(head, question, quantiles),
        quantiles_asked(head, question, quantiles),
        strict=True,
    )
    return {
        "hierarchy": hierarchy,
        "level": level,
        "node": node,
        "parent": parent,
        "series": nodes.sizes[row],
        "child_level": nodes.level_below(row),
        "children": len(below) or len(series),
        "child_names": names or [bundle.series_ids[one] for one in series[:SHOWN_CHILDREN]],
        "cycle": head.cycle,
        "bucket_weeks": head.bucket_weeks,
        "horizon": question.horizon,
        "leads": [dict(zip(LEAD, one, strict=True)) for one in leads],
    }


def hierarchies(seen: View) -> Answer:
    """The answer of `Hierarchies`, counting what is seen."""
    bundle, nodes = seen.bundle, seen.bundle.nodes
    found = [] if nodes is None else list(nodes.hierarchies.values())
    return {
        "cycle": bundle.head.cycle,
        "hierarchies": [
            {
                "name": one.name,
                "levels": [
                    *(
                        {"level": level, "nodes": len(seen.nodes(nodes.of_level(one.name, level)))}
                        for level in one.levels
                        if nodes
                    ),
                    {"level": SERIES, "nodes": len(seen)},
                ],
            }
            for one in found
        ],
    }


def node_page(loaded: Loaded, seen: View, hierarchy: str, query: NodesQuery) -> Answer:
    """The answer of `NodePage`.

    Raises:
        UnknownNodeError: no such hierarchy or parent.
        BadParameterError: no such level, or a cursor of another listing.
    """
    bundle = loaded.bundle
    nodes = nodes_of(bundle, hierarchy)
    levels = nodes.hierarchies[hierarchy].levels
    if query.level is not None and query.level not in (*levels, SERIES):
        raise BadParameterError(f"level: expected one of {', '.join((*levels, SERIES))}, got {query.level!r}")
    above = None if query.parent is None else row_of(seen, hierarchy, query.parent, _level_above(levels, query.level))
    ends = above is not None and nodes.level_below(above) == SERIES
    if query.level == SERIES or (ends and query.level is None):
        every = np.arange(len(bundle)) if above is None else nodes.series_below(above)
        rows, held = seen.series(every).tolist(), ~np.isnan(bundle.override)

        def key_of(row: int) -> Key:
            return [bundle.keys[row]["sku"], bundle.series_ids[row]]

        def shown(row: int) -> Answer:
            parent = nodes.names[nodes.node_above(hierarchy, row)][2]
            found = _numbers(bundle.published, bundle.mean, held, row) if query.numbers else None
            return {"level": SERIES, "node": bundle.series_ids[row], "parent": parent, "series": 1, "numbers": found}
    else:
        chosen = levels if query.level is None else (query.level,)
        rows = [row for level in chosen for row in seen.nodes(nodes.of_level(hierarchy, level))]
        if above is not None:
            below = set(nodes.children(above))
            rows = [row for row in rows if row in below]

        def key_of(row: int) -> Key:
            return [levels.index(nodes.names[row][1]), nodes.names[row][2]]

        def shown(row: int) -> Answer:
            _, level, node, parent = nodes.names[row]
            found = _numbers(nodes.published, nodes.mean, nodes.locked, row) if query.numbers else None
            return {"level": level, "node": node, "parent": parent, "series": nodes.sizes[row], "numbers": found}

    filters = ("nodes", hierarchy, query.level, query.parent)
    part = page(rows, key_of, query.limit, query.cursor, loaded.version, filters)
    return {
        "version": loaded.version,
        "total": len(rows),
        "changed": part.changed,
        "next": part.next,
        "cycle": bundle.head.cycle,
        "hierarchy": hierarchy,
        "leads": bundle.head.leads,
        "nodes": [shown(row) for row in part.rows],
    }


def _numbers(published: FloatArray, mean: FloatArray, locked: npt.NDArray[np.bool_], row: int) -> Answer:
    """The answer of `NodeNumbers`, from arrays of (rows, leads)."""
    return {"published": published[row].tolist(), "mean": mean[row].tolist(), "locked": locked[row].tolist()}


def _level_above(levels: tuple[str, ...], level: str | None) -> str | None:
    """The level that parents of a level stand on; None where it is not said or there is none."""
    everything = (*levels, SERIES)
    return everything[everything.index(level) - 1] if level in everything[1:] else None
