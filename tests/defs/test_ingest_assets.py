"""raw_files and unified_transactions in Dagster: one run over several files; quarantine hides none of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from dp_assets.defs import ingested_files
from dp_assets.partitions import FILE_PARTITIONS
from dp_assets.project import build_project
from dp_resources.clock import WallClock
from dp_resources.settings import Settings
from tests.landed import World, encode, make_rows, shop_config

KEYS = [dg.AssetKey("raw_files"), dg.AssetKey("unified_transactions")]


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path, shop_config())
    world.put("shop/a.csv", encode(make_rows(30), "csv") + b"9,2017-01-02,-1,1,x\n")
    world.put("shop/b.parquet", b"PAR1 and nothing else")
    world.put("shop/c.json", encode(make_rows(5, seed=2), "json"))
    world.put("shop/d.json", encode(make_rows(5, seed=2), "json"))
    return world


def run(
    world: World, first: str, last: str, instance: dg.DagsterInstance, selected: list[str] | None = None
) -> dg.ExecuteInProcessResult:
    project = build_project(Settings(lake_root=str(world.folder / "lake")), world.config, world.folder, WallClock())
    definitions = ingested_files.build(project)
    assets = [one for one in definitions.assets or [] if isinstance(one, dg.AssetsDefinition)]
    tags = {"dagster/asset_partition_range_start": first, "dagster/asset_partition_range_end": last}
    return dg.materialize(assets, instance=instance, resources={"lake": world.lake}, tags=tags, selection=selected)


def shown(result: dg.ExecuteInProcessResult, asset: dg.AssetKey) -> dict[str, Any]:
    """Partition → metadata of its materialisation."""
    events = result.asset_materializations_for_node("ingested_files")
    return {str(one.partition): one.metadata for one in events if one.asset_key == asset}


def test_one_run_ingests_every_file_and_quarantine_hides_none(world: World) -> None:
    found = {one.uri: one.file_version_id for one in world.register()}
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions(str(FILE_PARTITIONS.name), list(found.values()))
        result = run(world, found["shop/a.csv"], found["shop/d.json"], instance)
        assert result.success
        for key in KEYS:
            assert instance.get_materialized_partitions(key) == set(found.values())
    profiles, unified = (shown(result, key) for key in KEYS)
    statuses = {uri: profiles[version]["status"].value for uri, version in found.items()}
    assert statuses == {
        "shop/a.csv": "accepted",
        "shop/b.parquet": "quarantined",
        "shop/c.json": "accepted",
        "shop/d.json": "duplicate",
    }
    assert "cannot be read as parquet" in profiles[found["shop/b.parquet"]]["reason"].value
    counts = {name: unified[found["shop/a.csv"]][f"rows {name}"].value for name in ("read", "accepted", "rejected")}
    assert counts == {"read": 31, "accepted": 30, "rejected": 1}
    assert unified[found["shop/a.csv"]]["rejected by"].value == {"positive_quantity": 1}
    assert "| sku" in str(unified[found["shop/a.csv"]]["preview"].value)
    filters = str(unified[found["shop/a.csv"]]["filters"].value)
    assert [line.split() for line in filters.splitlines()[2:]] == [
        ["|", "require_sku", "|", "0", "|"],
        ["|", "positive_quantity", "|", "1", "|"],
    ]
    assert len(world.commits()) == 4


def test_changed_columns_are_listed_with_the_file_they_are_compared_with(world: World) -> None:
    world.put("shop/e.json", encode(make_rows(5, seed=3).rename({"kind": "sort"}), "json"))
    found = {one.uri: one.file_version_id for one in world.register()}
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions(str(FILE_PARTITIONS.name), list(found.values()))
        result = run(world, found["shop/a.csv"], found["shop/e.json"], instance)
    unified = shown(result, KEYS[1])
    assert unified[found["shop/a.csv"]]["schema drift"].value == "none"
    assert str(unified[found["shop/e.json"]]["schema drift"].value).splitlines() == [
        "- new since shop/c.json, not mapped and ignored: 'sort' (varchar)",
        "- missing since shop/c.json, not mapped: 'kind' (varchar)",
    ]


def test_the_assets_write_what_the_command_line_would(world: World, tmp_path: Path) -> None:
    twin = World(tmp_path / "twin", world.config)
    for path in (world.folder / "landing/shop").iterdir():
        twin.put(f"shop/{path.name}", path.read_bytes())
    found = [one.file_version_id for one in world.register()]
    for version in [one.file_version_id for one in twin.register()]:
        twin.ingest(version)
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions(str(FILE_PARTITIONS.name), found)
        assert run(world, found[0], found[-1], instance).success
        before = world.bytes_of_lake()
        assert run(world, found[0], found[0], instance).success
    assert world.bytes_of_lake() == before
    assert before == twin.bytes_of_lake()


def test_either_asset_can_be_materialised_alone(world: World) -> None:
    found = [one.file_version_id for one in world.register()]
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions(str(FILE_PARTITIONS.name), found)
        profiled = run(world, found[0], found[-1], instance, ["raw_files"])
        assert not world.commits()
        assert set(shown(profiled, KEYS[0])) == set(found)
        assert not shown(profiled, KEYS[1])
        unified = run(world, found[0], found[-1], instance, ["unified_transactions"])
        assert len(world.commits()) == len(found)
        assert set(shown(unified, KEYS[1])) == set(found)
        assert not shown(unified, KEYS[0])
        written = world.bytes_of_lake()
        assert run(world, found[0], found[-1], instance).success
    assert world.bytes_of_lake() == written
