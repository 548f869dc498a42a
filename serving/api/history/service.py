"""Actuals of one SKU out of a bundle. Does not belong here: HTTP (`endpoints.py`), which SKUs there are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from serving.api.problems import BadParameterError
from serving.api.questions import Answer
from serving.bundle import Bundle


def sku_history(bundle: Bundle, sku: str, rows: Sequence[int], buckets: int | None) -> Answer:
    """The answer of `SkuHistory`, as plain Python values.

    Raises:
        BadParameterError: more buckets are asked for than are kept.
    """
    kept = len(bundle.head.history)
    since = kept - checked(buckets, kept, f"that cycle {bundle.head.cycle} keeps")
    return {
        "sku": sku,
        "cycle": bundle.head.cycle,
        "as_of": None,
        "bucket_weeks": bundle.head.bucket_weeks,
        "series": [
            {"series_id": bundle.series_ids[row], "key": bundle.keys[row], "buckets": _buckets(bundle, row, since)}
            for row in rows
        ],
    }


def checked(buckets: int | None, kept: int, which: str) -> int:
    """How many buckets are answered, all that are kept when None is said.

    Raises:
        BadParameterError: more are asked for than are kept.
    """
    if buckets is not None and buckets > kept:
        raise BadParameterError(
            f"buckets: expected at most {kept}, those {which}, got {buckets}; leave it out for all of them"
        )
    return kept if buckets is None else buckets


def _buckets(bundle: Bundle, row: int, since: int) -> list[Answer]:
    return [
        {"bucket_start": start, "units": units, "capped": capped, "observed": observed}
        for start, units, capped, observed in zip(
            bundle.head.history[since:],
            bundle.units[row, since:].astype(np.float64).tolist(),
            bundle.capped[row, since:].astype(np.float64).tolist(),
            bundle.observed[row, since:].tolist(),
            strict=True,
        )
    ]


def node_history(bundle: Bundle, row: int, buckets: int | None) -> Answer:
    """The answer of `NodeHistory` for a row of nodes.

    Raises:
        BadParameterError: more buckets are asked for than are kept.
    """
    assert bundle.nodes is not None
    hierarchy, level, node, _ = bundle.nodes.names[row]
    kept, below = len(bundle.head.history), bundle.nodes.every_series_below(row)
    since = kept - checked(buckets, kept, f"that cycle {bundle.head.cycle} keeps")
    values = zip(
        bundle.head.history[since:],
        bundle.units[below, since:].sum(axis=0, dtype=np.float64).tolist(),
        bundle.capped[below, since:].sum(axis=0, dtype=np.float64).tolist(),
        np.asarray(bundle.observed[below, since:].any(axis=0)).tolist(),
        strict=True,
    )
    return {
        "hierarchy": hierarchy,
        "level": level,
        "node": node,
        "cycle": bundle.head.cycle,
        "bucket_weeks": bundle.head.bucket_weeks,
        "buckets": [dict(zip(("bucket_start", "units", "capped", "observed"), one, strict=True)) for one in values],
    }
