"""Shards of a cycle's forecasts: what each has computed, staged in the lake until all are there.

Belongs here: where a shard lies, writing it, putting all of them together. Does not belong here: what is computed
(`domain/forecasts.py`), the steps that do it (`defs/forecasts.py`).

A shard is a file below `_shards`, which no reader of tables looks at, named by the receipt that it is computed for: of
other features, another model or another configuration it is never taken. It appears whole, and written again it is the
same. When the tables are written, the shards are removed.
"""

from __future__ import annotations

import io

import numpy as np
import polars as pl

from dp_assets.domain.config import DemandConfig
from dp_assets.domain.errors import ArtefactError
from dp_assets.domain.forecasts import Modelled
from dp_assets.domain.windows import IndexArray
from dp_resources.lake import Lake, parquet_bytes

SEPARATOR = "_of_"


def shard_name(number: int, shards: int) -> str:
    """How a shard is called: its number from 0, and how many there are.

    >>> shard_name(0, 5), parse_name("0_of_5")
    ('0_of_5', (0, 5))
    """
    return f"{number}{SEPARATOR}{shards}"


def parse_name(name: str) -> tuple[int, int]:
    """Number of a shard, and how many there are."""
    number, shards = name.split(SEPARATOR)
    return int(number), int(shards)


def _folder(lake: Lake, cycle: str) -> str:
    return f"{lake.root}/_shards/forecasts/{cycle}"


def write_shard(lake: Lake, cycle: str, receipt: str, name: str, rows: IndexArray, made: Modelled) -> None:
    """Stages what a shard has computed of its rows, for a receipt."""
    means, spans = made
    flat = spans.reshape(len(rows), spans.shape[1] * spans.shape[2])
    frame = pl.DataFrame({"row": rows, "means": means, "quantiles": flat})
    lake.write_bytes(f"{_folder(lake, cycle)}/{receipt}/{name}.parquet", parquet_bytes(frame))


def read_shards(lake: Lake, cycle: str, receipt: str, rows: IndexArray, config: DemandConfig) -> Modelled:
    """What shards have computed for a receipt of the rows that the model forecasts, in their order.

    A series of two shards, of an earlier number of them, counts once: it is the same in both.

    Raises:
        ArtefactError: some rows are missing; what they are computed from has changed since the shards were named.
    """
    leads, levels = config.horizon, len(config.quantile_levels)
    folder = f"{_folder(lake, cycle)}/{receipt}"
    staged = [pl.read_parquet(io.BytesIO(lake.read_bytes(f"{folder}/{name}"))) for name in lake.files_below(folder)]
    if not staged and not len(rows):
        return np.zeros((0, leads)), np.zeros((0, leads, levels))
    found = pl.concat(staged).unique("row").sort("row") if staged else pl.DataFrame({"row": []})
    if not np.array_equal(found["row"].to_numpy(), rows):
        raise ArtefactError(
            f"expected {len(rows)} series in the shards of the forecasts of cycle {cycle}, got {len(found)}: features, "
            "model or configuration have changed since they were shared out; materialise forecasts again"
        )
    return found["means"].to_numpy(), found["quantiles"].to_numpy().reshape(len(rows), leads, levels)


def remove_shards(lake: Lake, cycle: str) -> None:
    """Removes what shards of a cycle have left, of whatever receipt."""
    for name in lake.files_below(_folder(lake, cycle)):
        lake.remove_bytes(f"{_folder(lake, cycle)}/{name}")
