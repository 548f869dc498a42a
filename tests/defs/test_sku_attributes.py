"""Attributes of SKUs as of a cycle, on small lakes: who is inherited from, who corrects, what is told of both."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import pytest

from dp_assets.domain.contracts import sku_attributes
from dp_assets.recalls import write_event
from tests.defs.bucket_world import ATTRIBUTES, FIRST, WEEK, World, key
from tests.lake_makers import at, bucket_config, correction, sale

pytestmark = pytest.mark.slow


def test_attributes_of_a_recalled_file_are_not_inherited(world: World) -> None:
    world.land("w0", [sale("milk", FIRST, brand="own")], 0)
    world.land("w1", [sale("milk", FIRST + WEEK, brand="national")], 1)
    write_event(world.lake, "w1", False, "ann", "wrong till", world.project.clock.now())
    assert world.run(key(2), assets=("sku_attributes",)).success
    assert world.lake.read("sku_attributes", cycle=key(2))["brand"].to_list() == ["own"]
    assert world.lake.commit_of("sku_attributes", key(2)) == {"cycle": key(2), "recalls": ["w1"]}


def test_a_correction_wins_from_its_arrival_on_and_what_producers_say_is_still_reported(world: World) -> None:
    world.land("w0", [sale("milk", FIRST, brand="own"), sale("salt", FIRST, brand="own")], 0)
    world.land("master", [{"sku": "milk", "brand": "national"}], 0, producer="erp")
    said = [correction("milk", "brand", "local"), correction("salt", "brand", None), correction("mlik", "brand", "x")]
    world.land("said", said, 1, producer="planner")
    result = world.run(key(1), key(2), assets=ATTRIBUTES)
    assert result.success

    before, after = (world.lake.read("sku_attributes", cycle=key(week)) for week in (1, 2))
    columns = ["sku", "brand", "brand_source", "conflicts", "has_attributes"]
    assert before.select(columns).rows() == [
        ("milk", "national", "erp/master", ["brand"], True),
        ("salt", "own", "shop/w0", [], True),
    ]
    assert after.select(columns).rows() == [
        ("milk", "local", "planner/said", ["brand"], True),
        ("salt", None, "planner/said", [], False),
    ]
    conflicts = [world.lake.read("attribute_conflicts", cycle=key(week)) for week in (1, 2)]
    assert [one.select("producer", "value", "wins").rows() for one in conflicts] == [
        [("erp", "national", True), ("shop", "own", False)],
        [("erp", "national", False), ("shop", "own", False)],
    ]
    history = world.lake.read("sku_attribute_history", cycle=key(2))
    first, second = at(FIRST + WEEK), at(FIRST + 2 * WEEK)
    sold = world.project.grid.known_at(FIRST + WEEK)
    assert history.select("sku", "known_from", "known_until", "value", "producer", "corrected").rows() == [
        ("milk", first, second, "national", "erp", False),
        ("milk", second, None, "local", "planner", True),
        ("mlik", second, None, "x", "planner", True),
        ("salt", sold, second, "own", "shop", False),
        ("salt", second, None, None, "planner", True),
    ]
    told = {
        event.partition: event.metadata
        for event in result.asset_materializations_for_node("cycle_models")
        if event.asset_key == dg.AssetKey("sku_attribute_history")
    }
    assert told[key(2)]["corrections of unknown SKUs"].value == ["mlik"]


def test_a_recalled_correction_was_never_known(world: World) -> None:
    world.land("w0", [sale("milk", FIRST, brand="own")], 0)
    assert world.run(key(2), assets=ATTRIBUTES).success
    before = [world.lake.read(name, cycle=key(2)) for name in ATTRIBUTES]
    world.land("said", [correction("milk", "brand", "local")], 0, producer="planner")
    assert world.run(key(2), assets=ATTRIBUTES).success
    assert world.lake.read("sku_attributes", cycle=key(2))["brand"].to_list() == ["local"]
    write_event(world.lake, "said", False, "ann", "wrong list", world.project.clock.now())
    assert world.run(key(2), assets=ATTRIBUTES).success
    assert all(world.lake.read(name, cycle=key(2)).equals(one) for name, one in zip(ATTRIBUTES, before, strict=True))


def test_attributes_of_several_cycles_come_from_one_run_each_as_known_then(world: World) -> None:
    world.land("w0", [sale("milk", FIRST, brand="own", composition=["water", "fat"]), sale("salt", FIRST)], 0)
    world.land("w1", [sale("milk", FIRST + WEEK, brand="national"), sale("bread", FIRST + WEEK)], 1)
    world.land(
        "master", [{"sku": "milk", "composition": ["fat", "salt"]}, {"sku": "salt", "brand": "own"}], 1, producer="erp"
    )
    assert world.run(key(1), key(2), assets=("sku_attributes",)).success

    first, second = (world.lake.read("sku_attributes", cycle=key(week)) for week in (1, 2))
    assert first.schema == sku_attributes(world.config).schema
    assert first.select("sku", "brand", "composition", "brand_source", "has_attributes").rows() == [
        ("milk", "own", ["fat", "water"], "shop/w0", True),
        ("salt", None, None, None, False),
    ]
    assert second.select("sku", "brand", "composition", "brand_source", "composition_source").rows() == [
        ("bread", None, None, None, None),
        ("milk", "national", ["fat", "salt", "water"], "shop/w1", "erp/master"),
        ("salt", "own", None, "erp/master", None),
    ]


def test_adding_or_removing_an_attribute_or_the_location_needs_no_code(state: Path, tmp_path: Path) -> None:
    root = str(tmp_path / "lake")
    before = World(bucket_config(), state, root)
    before.land("w0", [sale("milk", FIRST, 5, location="rome", brand="own")], 0)
    config = bucket_config(
        attributes={"brand": {}, "group": {}}, series_key=["sku", "location"], bucket={"weeks": 4, "first": FIRST}
    )
    after = World(config, state, root)
    after.land("w1", [sale("milk", FIRST + WEEK, 2, location="oslo", group="dairy")], 1)
    assert after.run(key(0)).success
    assert after.bucket(0).select("series_id", "location", "quantity").rows() == [
        ("milk|oslo", "oslo", 2.0),
        ("milk|rome", "rome", 5.0),
    ]
    assert after.run(key(4), assets=("sku_attributes",)).success
    attributes = after.lake.read("sku_attributes", cycle=key(4))
    assert attributes.select("brand", "group", "group_source").rows() == [("own", "dairy", "shop/w1")]


def test_a_lake_without_any_attribute_or_file_still_gives_whole_tables(state: Path, tmp_path: Path) -> None:
    world = World(bucket_config(attributes={}), state, str(tmp_path / "lake"))
    assert world.run(key(0)).success
    assert world.run(key(1), assets=("sku_attributes",)).success
    assert world.lake.read("sku_attributes", cycle=key(1)).equals(sku_attributes(world.config).empty())
