from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from dp_assets.domain.errors import ConfigError, ContractError
from dp_assets.domain.hierarchy import UNKNOWN, build_hierarchies, build_hierarchy
from dp_assets.domain.reconciliation_config import HierarchyConfig
from tests.domain.rollup_inputs import CUTOFF, make_attributes, make_forecasts, rollup_config
from tests.factories import make_config
from tests.oracles.reconciliation_dense import summing_by_path


def described(**columns: list[str | None]) -> pl.DataFrame:
    count = len(next(iter(columns.values())))
    return pl.DataFrame({"series_id": [f"s{number}" for number in range(count)], **columns})


def test_nodes_are_paths_from_below_the_total_and_know_their_parent() -> None:
    frame = described(department=["dairy", "dairy", "bakery"], brand=["own", "best", "own"])
    hierarchy = build_hierarchy(HierarchyConfig(name="product", levels=("department", "brand")), frame)
    assert hierarchy.nodes.select("level", "node", "parent").rows() == [
        ("total", "total", None),
        ("department", "bakery", "total"),
        ("department", "dairy", "total"),
        ("brand", "bakery/own", "bakery"),
        ("brand", "dairy/best", "dairy"),
        ("brand", "dairy/own", "dairy"),
    ]
    assert hierarchy.series_parents.to_list() == ["dairy/own", "dairy/best", "bakery/own"]
    assert hierarchy.sizes.tolist() == [3, 1, 2, 1, 1, 1]
    assert hierarchy.parents.tolist() == [0, 0, 0, 1, 2, 2]


def test_a_slash_inside_a_value_does_not_make_two_nodes_one() -> None:
    frame = described(department=["a/b", "a"], brand=["c", "b/c"])
    hierarchy = build_hierarchy(HierarchyConfig(name="product", levels=("department", "brand")), frame)
    assert hierarchy.nodes["node"].to_list() == ["total", "a", "a\\/b", "a/b\\/c", "a\\/b/c"]


def test_missing_attributes_hang_below_an_unknown_node_and_nothing_is_lost() -> None:
    config = rollup_config()
    forecasts = make_forecasts(config, np.ones((3, 3)))
    attributes = make_attributes(config, ["sku0000", "sku0001"], missing=0.0).with_columns(
        department=pl.Series(["dairy", " "])
    )
    product, _ = build_hierarchies(forecasts, attributes, config, CUTOFF)
    departments = product.nodes.filter(pl.col("level") == "department")["node"].to_list()
    assert departments == [UNKNOWN, "dairy"]
    assert product.aggregate(np.ones(3)).tolist()[:3] == [3.0, 2.0, 1.0]


def test_labels_of_a_multi_label_attribute_make_one_node_whatever_their_order() -> None:
    config = make_config(
        attributes={"composition": {}}, hierarchies=[{"name": "material", "levels": ["composition"]}], horizon_weeks=1
    )
    attributes = pl.DataFrame(
        {"sku": ["sku0000", "sku0001", "sku0002"], "composition": [["wool", "silk"], ["silk", "wool"], []]}
    )
    (material,) = build_hierarchies(make_forecasts(config, np.ones((3, 1))), attributes, config, CUTOFF)
    assert material.nodes["node"].to_list() == ["total", UNKNOWN, "silk+wool"]


def test_the_order_of_the_rows_does_not_matter() -> None:
    config = rollup_config()
    forecasts = make_forecasts(config, np.ones((20, 3)))
    attributes = make_attributes(config, forecasts["sku"].unique().to_list())
    one, _ = build_hierarchies(forecasts, attributes, config, CUTOFF)
    other, _ = build_hierarchies(
        forecasts.sample(fraction=1, shuffle=True, seed=1),
        attributes.sample(fraction=1, shuffle=True, seed=2),
        config,
        CUTOFF,
    )
    assert one.nodes.equals(other.nodes)
    assert np.array_equal(one.ancestors, other.ancestors)


def test_the_summing_matrix_is_what_climbing_from_parent_to_parent_gives() -> None:
    config = rollup_config()
    forecasts = make_forecasts(config, np.ones((25, 3)))
    for hierarchy in build_hierarchies(
        forecasts, make_attributes(config, forecasts["sku"].unique().to_list()), config, CUTOFF
    ):
        assert np.array_equal(hierarchy.summing().toarray(), summing_by_path(hierarchy))
        members = [hierarchy.members(node).tolist() for node in range(len(hierarchy))]
        assert members == [np.flatnonzero(row).tolist() for row in hierarchy.summing().toarray()]


def test_without_a_configured_hierarchy_there_is_the_plain_total() -> None:
    config = make_config(hierarchies=[])
    (total,) = build_hierarchies(make_forecasts(config, np.ones((4, 3))), make_attributes(config, []), config, CUTOFF)
    assert total.name == "all"
    assert total.nodes["node"].to_list() == ["total"]
    assert total.series_parents.to_list() == ["total"] * 4


def test_a_key_column_can_be_a_level() -> None:
    config = make_config(series_key=["sku", "location"], hierarchies=[{"name": "stores", "levels": ["location"]}])
    series = pl.DataFrame({"series_id": ["a|x", "a|y", "b|x"], "sku": ["a", "a", "b"], "location": ["x", "y", "x"]})
    (stores,) = build_hierarchies(series, make_attributes(config, ["a", "b"]), config, CUTOFF)
    assert stores.nodes["node"].to_list() == ["total", "x", "y"]
    assert stores.series_parents.to_list() == ["x", "y", "x"]


@pytest.mark.parametrize("levels", [("total",), ("series",), ("colour",), ("department", "department")])
def test_a_level_that_cannot_be_is_named(levels: tuple[str, ...]) -> None:
    with pytest.raises(ConfigError, match=levels[0]):
        build_hierarchy(HierarchyConfig(name="product", levels=levels), described(department=["a"], total=["b"]))


def test_one_series_id_with_two_skus_is_refused() -> None:
    config = rollup_config()
    series = pl.DataFrame({"series_id": ["a", "a"], "sku": ["a", "b"]})
    with pytest.raises(ContractError, match="several"):
        build_hierarchies(series, make_attributes(config, ["a", "b"]), config, CUTOFF)
