"""Filters that look attributes up see the product master as it stood when a file arrived, and no other."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from dp_assets.domain.config import DemandConfig
from dp_assets.registry import registrations
from tests.factories import make_config
from tests.landed import COLUMNS, START, World

FUEL = [{"kind": "positive_quantity"}, {"kind": "exclude_values", "column": "department", "values": ["FUEL"]}]


def with_master() -> DemandConfig:
    """The shop, and a product master that knows departments."""
    return make_config(
        producers=[
            {"name": "shop", "files": ["shop/*"], "columns": COLUMNS},
            {
                "name": "master",
                "files": ["z_master/*"],
                "feed": "products",
                "columns": {"sku": "item", "department": "dep"},
            },
        ],
        filters=FUEL,
    )


def test_the_product_master_known_at_arrival_decides_whatever_the_order_of_ingestion(tmp_path: Path) -> None:
    sales, master = b"item,day,qty\n1,2017-01-02,1\n2,2017-01-02,10\n", b"item,dep\n1,DAIRY\n2,FUEL\n"
    results = []
    for name in ("one", "two"):
        world = World(tmp_path / name, with_master())
        world.land("shop/early.csv", sales + b"3,2017-01-02,1\n")
        world.put("shop/a.csv", sales)
        world.put("z_master/m.csv", master)
        found = {one.uri: one.file_version_id for one in world.register()}
        order = list(found) if name == "one" else list(found)[::-1]
        for uri in order:
            world.ingest(found[uri])
        world.ingest(next(one.file_version_id for one in registrations(world.lake) if one.uri == "shop/early.csv"))
        results.append({commit["uri"]: commit["rows"]["rejected"] for commit in world.commits()})
    assert results[0] == results[1] == {"shop/early.csv": 0, "shop/a.csv": 1, "z_master/m.csv": 0}


def test_a_master_in_quarantine_does_not_replace_the_one_before(tmp_path: Path) -> None:
    world = World(tmp_path, with_master())
    world.land("z_master/m.csv", b"item,dep\n1,DAIRY\n2,FUEL\n")
    world.land("z_master/m.csv", b"nothing,of,use\n")
    report = world.land("shop/a.csv", b"item,day,qty\n1,2017-01-02,1\n2,2017-01-02,10\n")
    assert report.record["rejected_by"] == {"exclude_values:department": 1}
    world.land("z_master/m.csv", b"item,dep\n1,FUEL\n2,DAIRY\n")
    report = world.land("shop/b.csv", b"item,day,qty\n1,2017-01-02,1\n2,2017-01-02,20\n")
    assert report.record["quantity"]["accepted"] == 20


def test_a_removed_master_producer_stops_nobody(tmp_path: Path) -> None:
    world = World(tmp_path, with_master())
    world.land("z_master/m.csv", b"item,dep\n1,DAIRY\n2,FUEL\n")
    left = tuple(producer for producer in world.config.producers if producer.feed != "products")
    world.config = world.config.model_copy(update={"producers": left})
    report = world.land("shop/a.csv", b"item,day,qty\n1,2017-01-02,1\n2,2017-01-02,10\n")
    assert report.rows == {"read": 2, "accepted": 2, "rejected": 0, "duplicate": 0}


def test_a_master_that_arrived_earlier_but_came_later_judges_the_sales_again(tmp_path: Path) -> None:
    trusted = with_master()
    producers = tuple(one.model_copy(update={"arrival": "modified_at"}) for one in trusted.producers)
    world = World(tmp_path, trusted.model_copy(update={"producers": producers}))
    sales = world.land("shop/a.csv", b"item,day,qty\n1,2017-01-02,1\n2,2017-01-02,10\n")
    assert sales.rows["rejected"] == 0
    world.put("z_master/m.csv", b"item,dep\n1,DAIRY\n2,FUEL\n", START - timedelta(days=3))
    (master,) = world.register()
    assert world.settle() == [master.file_version_id, sales.record["file_version_id"]]
    (commit,) = (one for one in world.commits() if one["producer"] == "shop")
    assert commit["rejected_by"] == {"exclude_values:department": 1}
