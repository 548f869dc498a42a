"""How an asset works through the partitions of its run.

Belongs here: the loop that every partitioned asset shares. Does not belong here: what is done for one partition.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import dagster as dg

from dp_assets.domain.errors import ArtefactError

SPOKEN_STEPS = 10
"""A run of many partitions says how far it is about this many times; the rest is in the debug log."""
FAILURES_IN_A_ROW = 3
"""Partitions whose storage failed one after another, after which it counts as down and the run ends."""


def each_partition(
    context: dg.AssetExecutionContext, work: Callable[[str], Mapping[str, Any]]
) -> dg.MaterializeResult[None]:
    """Calls `work` for every partition of the run, in order, and attaches the metadata it returns to that partition.

    A backfill of many keys is a single run, so one partition's failure must not discard what was already written:
    each call publishes its own partition before the next begins. A partition whose storage fails, or whose bytes are
    gone, is set aside and the others go on; what they came to is shown, and the run fails with the names of those that
    were set aside.

    Args:
        context: of the asset.
        work: what to do for one partition.
    """
    name = context.asset_key.to_user_string()
    (result,) = each_partition_of(context, lambda key: {name: work(key)})
    return result


def each_partition_of(
    context: dg.AssetExecutionContext, work: Callable[[str], Mapping[str, Mapping[str, Any]]]
) -> list[dg.MaterializeResult[None]]:
    """As `each_partition`, for a step of several assets, of which only some may be selected.

    Args:
        context: of the step.
        work: what to do for one partition; asset → metadata, at least of those selected.
    """
    assets = {key.to_user_string(): key for key in sorted(context.selected_asset_keys)}
    step, keys = " and ".join(assets), list(context.partition_keys)
    stride = max(1, len(keys) // SPOKEN_STEPS)
    done: dict[str, Mapping[str, Mapping[str, Any]]] = {}
    failed: dict[str, Exception] = {}
    in_a_row = 0
    for number, key in enumerate(keys, start=1):
        level = context.log.info if number % stride == 0 or number == 1 else context.log.debug
        level(f"{step} [{key}] ({number} of {len(keys)})")
        try:
            done[key] = work(key)
            in_a_row = 0
        except (OSError, ArtefactError) as error:  # StorageError is an OSError
            context.log.error(f"{key} is set aside: {error}")
            failed[key] = error
            in_a_row += 1
            if len(keys) == 1:
                raise
            if in_a_row == FAILURES_IN_A_ROW:
                break
    for name, asset in assets.items():
        for key, metadata in done.items():
            if failed:
                context.log_event(dg.AssetMaterialization(asset, partition=key, metadata=metadata[name]))
            else:
                context.add_asset_metadata(metadata[name], asset_key=asset, partition_key=key)
    if failed:
        raise dg.Failure(description=_names(failed, len(keys) - len(done) - len(failed)))
    return [dg.MaterializeResult(asset_key=asset) for asset in assets.values()]


def _names(failed: Mapping[str, Exception], untried: int) -> str:
    lines = [f"{key}: {error}" for key, error in failed.items()]
    if untried:
        lines.append(f"{untried} more were not tried, because {FAILURES_IN_A_ROW} in a row had failed")
    return "\n".join(lines)
