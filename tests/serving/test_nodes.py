from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from dp_assets.domain.contracts.columns import quantile_name
from dp_assets.domain.errors import ArtefactError, ContractError
from dp_resources.lake import Lake
from serving.bundle import Bundle, write_bundle
from serving.nodes import Nodes
from tests.factories import make_config
from tests.serving.makers import (
    CYCLE,
    make_attributes,
    make_forecasts,
    make_head,
    make_hierarchies,
    make_published,
    make_rollups,
    put_bundle,
)

CROSSED = [{"name": "product", "levels": ["department", "brand"]}, {"name": "brands", "levels": ["brand"]}]


def nodes_of(bundle: Bundle) -> Nodes:
    assert bundle.nodes is not None
    return bundle.nodes


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    config = make_config(hierarchies=CROSSED)
    lake = Lake(tmp_path / "lake")
    put_bundle(lake, tmp_path, make_forecasts(config), config)
    return Bundle(lake.open_folder("serving_bundle", cycle=CYCLE.isoformat()))


def test_every_number_of_every_node_comes_back(bundle: Bundle) -> None:
    config = make_config(hierarchies=CROSSED)
    forecasts, nodes = make_forecasts(config), nodes_of(bundle)
    table = make_rollups(forecasts, make_attributes(forecasts, config), config).filter(pl.col("level") != "series")
    columns = [quantile_name(level) for level in config.quantile_levels]
    found = 0
    for (hierarchy, level, node), rows in table.group_by("hierarchy", "level", "node"):
        expected = rows.sort("lead")
        row = nodes.find(str(hierarchy), str(node), str(level))
        assert row is not None
        assert nodes.mean[row].tolist() == expected["forecast"].to_list()
        assert nodes.base[row].tolist() == expected["base_forecast"].to_list()
        assert nodes.locked[row].tolist() == expected["locked"].to_list()
        assert np.array_equal(nodes.quantiles[row], expected.select(columns).to_numpy())
        assert nodes.names[row][3] == expected["parent"][0]
        found += 1
    assert found == len(nodes)


def test_the_sum_of_a_node_is_that_of_its_children_and_of_its_series(bundle: Bundle) -> None:
    nodes = nodes_of(bundle)
    for row in range(len(nodes)):
        below = nodes.children(row)
        series = nodes.series_below(row)
        assert bool(below) != bool(len(series))
        parts = nodes.published[below] if below else bundle.published[series]
        assert nodes.published[row] == pytest.approx(parts.sum(axis=0))
        assert nodes.sizes[row] == (sum(nodes.sizes[one] for one in below) if below else len(series))


def test_every_series_is_below_one_lowest_node_of_each_hierarchy(bundle: Bundle) -> None:
    nodes = nodes_of(bundle)
    for hierarchy in nodes.hierarchies.values():
        lowest = nodes.of_level(hierarchy.name, hierarchy.levels[-1])
        assert sorted(np.concatenate([nodes.series_below(row) for row in lowest]).tolist()) == list(range(len(bundle)))
        for level in hierarchy.levels:
            paths = [nodes.names[row][2] for row in nodes.of_level(hierarchy.name, level)]
            assert paths == sorted(paths)
            assert {nodes.names[row][1] for row in nodes.of_level(hierarchy.name, level)} == {level}


def test_a_value_with_a_slash_is_a_node_of_its_own(bundle: Bundle) -> None:
    row = nodes_of(bundle).find("product", "bakery\\/bread")
    assert row is not None
    assert nodes_of(bundle).names[row][1:] == ("department", "bakery\\/bread", "total")
    assert nodes_of(bundle).find("product", "bakery") is None
    assert nodes_of(bundle).find("nothing", "total") is None


def test_levels_have_names_and_series_stand_below_the_lowest(bundle: Bundle) -> None:
    nodes = nodes_of(bundle)
    total = nodes.find("product", "total")
    assert total == 0
    assert nodes.level_below(total) == "department"
    (first, *_) = nodes.of_level("product", "brand")
    assert nodes.level_below(first) == "series"


def test_rollups_without_every_series_or_lead_are_refused(tmp_path: Path) -> None:
    forecasts = make_forecasts()
    head, published = make_head(hierarchies=make_hierarchies()), make_published(forecasts)
    rollups = make_rollups(forecasts, make_attributes(forecasts))
    without_series = rollups.filter(pl.col("node") != "sku0001")
    without_lead = rollups.filter(~((pl.col("level") == "total") & (pl.col("lead") == 2)))
    with pytest.raises(ContractError, match="1 series of the forecasts have no place"):
        write_bundle(tmp_path / "one", forecasts, published, head, None, rollups=without_series)
    with pytest.raises(ContractError, match="expected leads 1 to 3 of every node"):
        write_bundle(tmp_path / "two", forecasts, published, head, None, rollups=without_lead)
    with pytest.raises(ContractError, match="expected rows of reconciled_rollups"):
        write_bundle(tmp_path / "three", forecasts, published, head, None)


def test_nodes_of_another_cycle_are_refused(bundle: Bundle, tmp_path: Path) -> None:
    np.save(bundle.folder / "node_mean.npy", np.zeros((2, 3)))
    with pytest.raises(ArtefactError, match="node_mean has shape"):
        Bundle(bundle.folder)
