"""Contract checks read what was changed since it was written, and nothing else."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from dp_assets.defs import checks
from dp_assets.domain import contracts
from tests.landed import World, encode, make_rows, shop_config


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path, shop_config())
    world.land("shop/a.csv", encode(make_rows(20), "csv"))
    return world


def test_what_is_as_it_was_committed_keeps_its_contract_without_being_read(world: World) -> None:
    (commit,) = world.commits()
    partition = {"file_version": commit["file_version_id"]}
    for name in commit["tables"]:
        table = contracts.table(world.config, name)
        frame = world.lake.read(name, **partition)
        assert checks._violations(table, world.lake, partition) == (len(frame), table.violations(frame))
        assert world.lake.shape(name, **partition) == (len(frame), table.schema)


def test_a_file_that_was_altered_since_is_read_and_judged(world: World) -> None:
    (commit,) = world.commits()
    partition = {"file_version": commit["file_version_id"]}
    table = contracts.unified_transactions(world.config)
    rows = world.lake.read(table.name, **partition)
    world.lake.write(table.name, rows.with_columns(pl.lit(None, pl.String).alias("sku")), **partition)
    assert checks._violations(table, world.lake, partition) == (len(rows), [f"{len(rows)} rows have no sku"])
