"""Filters strike in their stated order."""

from __future__ import annotations

import shutil
import subprocess
import sys
from datetime import date, datetime
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from dp_assets.domain.errors import ConfigError
from dp_assets.domain.filter_config import Filter
from dp_assets.domain.ingest import filters as module
from dp_assets.domain.ingest.filters import (
    apply_filters,
    filter_name,
    filter_names,
    installed_plugins,
    looked_up_columns,
)
from dp_assets.domain.ingest.recipe import plugin_versions
from tests.factories import make_config


def make_filters(*chosen: dict[str, Any]) -> tuple[Filter, ...]:
    return make_config(filters=list(chosen)).filters


def make_frame(**columns: list[Any]) -> pl.DataFrame:
    size = len(next(iter(columns.values())))
    base: dict[str, Any] = {
        "sku": ["a"] * size,
        "sold_at": [datetime(2017, 1, 2)] * size,  # noqa: DTZ001
        "sold_on": [date(2017, 1, 2)] * size,
        "quantity": [1.0] * size,
        "revenue": [2.0] * size,
        "unit_price": [2.0] * size,
        "location": ["s1"] * size,
        "channel": [None] * size,
        "department": [None] * size,
    }
    return pl.DataFrame({**base, **columns}, schema_overrides={"channel": pl.String, "department": pl.String})


def reasons(frame: pl.DataFrame, *chosen: dict[str, Any], **options: Any) -> list[str | None]:
    return apply_filters(frame, make_filters(*chosen), **options).reason.to_list()


def test_the_first_filter_a_row_fails_is_its_reason() -> None:
    frame = make_frame(sku=[None, None, "a", "a"], quantity=[-1.0, 1.0, -1.0, 1.0])
    sku, positive = {"kind": "require_sku"}, {"kind": "positive_quantity"}
    assert reasons(frame, sku, positive) == ["require_sku", "require_sku", "positive_quantity", None]
    assert reasons(frame, positive, sku) == ["positive_quantity", "require_sku", "positive_quantity", None]
    assert apply_filters(frame, make_filters(sku, positive)).counts() == {"positive_quantity": 1, "require_sku": 2}


def test_zero_is_no_positive_quantity_but_no_return_either() -> None:
    frame = make_frame(quantity=[-1.0, 0.0, 0.5])
    assert reasons(frame, {"kind": "positive_quantity"}) == ["positive_quantity", "positive_quantity", None]
    assert reasons(frame, {"kind": "exclude_returns"}) == ["exclude_returns", None, None]


def test_a_date_range_includes_both_ends_and_may_be_open() -> None:
    frame = make_frame(sold_on=[date(2017, 1, day) for day in (1, 2, 3, 4)])
    both = {"kind": "date_range", "first": "2017-01-02", "last": "2017-01-03"}
    assert reasons(frame, both) == ["date_range", None, None, "date_range"]
    assert reasons(frame, {"kind": "date_range", "last": "2017-01-03"}) == [None, None, None, "date_range"]


def test_channels_are_kept_or_dropped_by_name() -> None:
    frame = make_frame(channel=["shop", "wholesale", None])
    assert reasons(frame, {"kind": "channels", "exclude": ["wholesale"]}) == [None, "channels", None]
    assert reasons(frame, {"kind": "channels", "include": ["shop"]}) == [None, "channels", "channels"]


def test_an_excluded_value_is_looked_up_in_the_master_where_the_row_lacks_it() -> None:
    frame = make_frame(sku=["a", "b", "c", "b"], department=["FUEL", None, None, "DAIRY"])
    master = pl.DataFrame({"sku": ["b", "a"], "department": ["FUEL", "DAIRY"]})
    fuel = {"kind": "exclude_values", "column": "department", "values": ["FUEL"]}
    name = "exclude_values:department"
    assert reasons(frame, fuel) == [name, None, None, None]
    assert reasons(frame, fuel, attributes=master) == [name, name, None, None]
    detail = apply_filters(frame, make_filters(fuel), attributes=master).detail
    assert detail.to_list()[:2] == ["department is FUEL, which is excluded"] * 2
    assert looked_up_columns(make_filters(fuel), ["brand", "department"]) == ("department",)


def test_an_excluded_label_rejects_a_row_that_has_it_among_others() -> None:
    frame = make_frame(sku=["a", "b", "c"]).with_columns(
        pl.Series("tags", [["x", "y"], ["z"], None], dtype=pl.List(pl.String))
    )
    assert reasons(frame, {"kind": "exclude_values", "column": "tags", "values": ["y"]})[:2] == [
        "exclude_values:tags",
        None,
    ]


def test_an_expression_keeps_the_rows_for_which_it_is_true() -> None:
    frame = make_frame(quantity=[1.0, 20_000.0, 3.0], channel=["shop", "shop", None])
    small = {"kind": "expression", "name": "small", "keep": "quantity < 10000 AND channel = 'shop'"}
    assert reasons(frame, small) == [None, "small", "small"]
    assert apply_filters(frame, make_filters(small)).detail[1] == "expected quantity < 10000 AND channel = 'shop'"


@pytest.mark.parametrize("keep", ["quantity <", "colour = 'red'", "quantity + 1", "quantity = 'many'"])
def test_an_expression_that_makes_no_sense_is_an_error_of_the_configuration(keep: str) -> None:
    with pytest.raises(ConfigError, match="'odd'"):
        reasons(make_frame(sku=["a", "b"]), {"kind": "expression", "name": "odd", "keep": keep})


def test_a_customers_own_function_is_found_by_its_entry_point(monkeypatch: pytest.MonkeyPatch) -> None:
    point = EntryPoint("open_stores", "tests.domain.ingest.test_filters:only_open_stores", module.ENTRY_POINT_GROUP)
    monkeypatch.setattr(module, "entry_points", lambda group: [point] if group == module.ENTRY_POINT_GROUP else [])
    chosen = {"kind": "plugin", "name": "open_stores", "options": {"closed": "s2"}}
    plugins = installed_plugins(make_filters(chosen))
    assert reasons(make_frame(location=["s1", "s2", None]), chosen, plugins=plugins) == [
        None,
        "open_stores",
        "open_stores",
    ]
    with pytest.raises(ConfigError, match=r"\['shut'\] are not installed; found \['open_stores'\]"):
        installed_plugins(make_filters({"kind": "plugin", "name": "shut"}))


def only_open_stores(frame: pl.DataFrame, *, closed: str) -> pl.Series:
    return frame["location"] != closed


def test_a_filter_of_an_installed_package_strikes_in_its_place_among_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The package of the worked example in CONTRIBUTING.md, built and installed as a customer does."""
    pytest.importorskip("setuptools")
    package = shutil.copytree(Path(__file__).parents[2] / "example_plugin", tmp_path / "package")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--no-build-isolation"]
    options = ["--disable-pip-version-check", "--no-cache-dir", "--root-user-action=ignore"]
    subprocess.run([*pip, *options, "--target", tmp_path / "site", package], check=True)
    monkeypatch.syspath_prepend(tmp_path / "site")
    plugin = {"kind": "plugin", "name": "open_stores", "options": {"closed": "s2|s3"}}
    chosen = [{"kind": "exclude_returns"}, plugin, {"kind": "positive_quantity"}]
    frame = make_frame(location=["s1", "s2", "s3", "s1", None], quantity=[1.0, -1.0, 0.0, 0.0, 1.0])
    expected = [None, "exclude_returns", "open_stores", "positive_quantity", "open_stores"]
    plugins = installed_plugins(make_filters(*chosen))
    assert reasons(frame, *chosen, plugins=plugins) == expected
    assert plugin_versions(["open_stores"]) == {"open_stores": "closed-stores 1.0"}


def test_filters_of_one_name_are_counted_apart() -> None:
    frame = make_frame(sold_on=[date(2017, 1, day) for day in (1, 2, 3, 4)])
    early, late = {"kind": "date_range", "first": "2017-01-02"}, {"kind": "date_range", "last": "2017-01-03"}
    assert filter_names(make_filters(early, late, {"kind": "require_sku"})) == [
        "date_range",
        "date_range:2",
        "require_sku",
    ]
    assert reasons(frame, early, late) == ["date_range", None, None, "date_range:2"]


def test_a_function_that_answers_something_else_is_an_error_of_the_configuration() -> None:
    chosen = {"kind": "plugin", "name": "odd"}
    with pytest.raises(ConfigError, match="expected 2 Booleans, got Float64 × 2"):
        reasons(make_frame(sku=["a", "b"]), chosen, plugins={"odd": lambda frame: frame["quantity"]})
    with pytest.raises(ConfigError, match="was not loaded"):
        reasons(make_frame(sku=["a", "b"]), chosen)


def test_no_rows_pass_every_filter() -> None:
    every = [
        {"kind": "require_sku"},
        {"kind": "date_range", "first": "2017-01-01"},
        {"kind": "channels", "include": ["x"]},
        {"kind": "exclude_values", "column": "department", "values": ["FUEL"]},
        {"kind": "expression", "name": "small", "keep": "quantity < 3"},
    ]
    assert reasons(make_frame(sku=["a"]).clear(), *every) == []
    assert [filter_name(one) for one in make_filters(*every)][-2:] == ["exclude_values:department", "small"]
