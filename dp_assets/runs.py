"""How an asset works through the partitions of its run.

Belongs here: the loop that every partitioned asset shares. Does not belong here: what is done for one partition.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import dagster as dg

SPOKEN_STEPS = 10
"""A run of many partitions says how far it is about this many times; the rest is in the debug log."""


def each_partition(
    context: dg.AssetExecutionContext, work: Callable[[str], Mapping[str, Any]]
) -> dg.MaterializeResult[None]:
    """Calls `work` for every partition of the run, in order, and attaches the metadata it returns to that partition.

    A backfill of many keys is a single run, so one partition's failure must not discard what was already written:
    each call publishes its own partition before the next begins.
    """
    keys = list(context.partition_keys)
    stride = max(1, len(keys) // SPOKEN_STEPS)
    for number, key in enumerate(keys, start=1):
        level = context.log.info if number % stride == 0 or number == 1 else context.log.debug
        level(f"{context.asset_key.to_user_string()} [{key}] ({number} of {len(keys)})")
        context.add_asset_metadata(dict(work(key)), partition_key=key)
    return dg.MaterializeResult()
