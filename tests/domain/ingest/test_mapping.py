"""Mappings: inline, as tables, and what files must have for them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dp_assets.domain.config_file import load_config
from dp_assets.domain.errors import ConfigError, FileRejectedError
from dp_assets.domain.ingest.mapping import (
    read_mapping_table,
    require_columns,
    resolve_mapping,
    useful_columns,
    with_mapping_tables,
)
from dp_assets.domain.ingest.mapping_entries import MappingEntry, mapping_entry, source_columns
from dp_assets.domain.ingest.recipe import recipe
from tests.landed import COLUMNS, World, shop_config

PLAIN = {name: MappingEntry((column,)) for name, column in COLUMNS.items()}


def with_table(name: str) -> dict[str, object]:
    return {"columns": {}, "mapping_table": name}


def test_inline_csv_and_json_mappings_mean_the_same(tmp_path: Path) -> None:
    (tmp_path / "map.csv").write_text("source,unified\n" + "".join(f"{src},{dst}\n" for dst, src in COLUMNS.items()))
    (tmp_path / "map.json").write_text("{" + ",".join(f'"{src}": "{dst}"' for dst, src in COLUMNS.items()) + "}")
    listed = [{"source": source, "unified": unified, "order": None} for unified, source in COLUMNS.items()]
    (tmp_path / "list.json").write_text(json.dumps(listed))
    for table in ("map.csv", "map.json", "list.json"):
        assert resolve_mapping(shop_config(**with_table(table)).producers[0], tmp_path) == COLUMNS
    assert resolve_mapping(shop_config().producers[0], tmp_path) == COLUMNS


def test_mapping_tables_are_written_out_inline_once(tmp_path: Path) -> None:
    (tmp_path / "map.json").write_text('{"item": "sku", "day": "sold_at", "qty": "quantity", "x": "not_kept"}')
    config = with_mapping_tables(shop_config(**with_table("map.json")), tmp_path)
    assert useful_columns(config.producers[0], config) == {name: PLAIN[name] for name in ("sku", "sold_at", "quantity")}
    assert with_mapping_tables(config, tmp_path) is config


SEVERAL = """\
unified,source,order
quantity,qty,2
quantity,= boxes * size,1
quantity,pieces,3
sku,item,
sold_at,day,
channel,= 'web',
"""


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20, deadline=None)
@given(st.permutations(SEVERAL.splitlines()[1:]))
def test_the_order_of_lines_in_a_mapping_table_does_not_matter(tmp_path: Path, lines: list[str]) -> None:
    (tmp_path / "map.csv").write_text("\n".join([SEVERAL.splitlines()[0], *lines]))
    assert read_mapping_table(tmp_path / "map.csv") == {
        "quantity": ("= boxes * size", "qty", "pieces"),
        "sku": "item",
        "sold_at": "day",
        "channel": "= 'web'",
    }


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("no.csv", None, "there is no such file"),
        ("no.json", None, "there is no such file"),
        ("bad.csv", "from,to\na,b\n", "expected a CSV with the header source,unified"),
        ("bad.json", "[1, 2]", "a JSON object"),
        ("odd.json", '[{"source": "a", "target": "sku"}]', ":1: target: expected the keys source, unified"),
        ("two.csv", "source,unified\na,sku\nb,sku\n", r":3: unified: 'a' \(line 2\) and 'b' are both mapped to 'sku'"),
        ("two.json", '{"a": "sku", "b": "sku"}', "both mapped to 'sku'; keep one, or number them"),
        (
            "order.csv",
            "source,unified,order\na,sku,x\n",
            ":2: order: expected a whole number such as 1, or nothing, got",
        ),
        ("empty.csv", "source,unified\na,\n", ":2: unified: expected a value, got nothing"),
        ("wide.csv", "source,unified\na,sku,1\n", ":2: unified: expected 2 fields, got 3"),
        ("bad_expression.csv", "source,unified\n= a +,quantity\n", r":2: source: '= a \+' is no expression"),
        ("few.csv", "source,unified\nitem,sku\n", r"nothing is mapped to \['quantity', 'sold_at'\]"),
        ("binary.csv", "source,unified\n\udcff,sku\n", "in UTF-8, got something else"),
    ],
)
def test_a_broken_mapping_table_is_named(tmp_path: Path, name: str, text: str | None, message: str) -> None:
    if text is not None:
        (tmp_path / name).write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(ConfigError, match=message):
        resolve_mapping(shop_config(**with_table(name)).producers[0], tmp_path)


def test_every_mistake_of_a_mapping_table_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "map.csv").write_text("source,unified\na,sku\nb,sku\n= sum(x),quantity\n,sold_at\n")
    with pytest.raises(ConfigError) as caught:
        read_mapping_table(tmp_path / "map.csv")
    assert [line.split(":")[1] for line in str(caught.value).splitlines()] == ["3", "4", "5"]


def test_only_useful_columns_are_read_and_required_ones_always() -> None:
    config = shop_config(columns={**COLUMNS, "brand": "maker"}, useful_columns=["sku", "brand"])
    assert useful_columns(config.producers[0], config) == {
        **{name: PLAIN[name] for name in ("sku", "sold_at", "quantity")},
        "brand": MappingEntry(("maker",)),
    }


def test_expressions_and_alternatives_name_the_source_columns_they_need() -> None:
    columns = {**COLUMNS, "quantity": ["= boxes * box_size", "qty"], "channel": "= 'web'", "sku": "order.lines.sku"}
    config = shop_config(columns=columns)
    mapping = useful_columns(config.producers[0], config)
    assert source_columns(mapping) == {"order.lines.sku", "day", "boxes", "box_size", "qty", "money"}
    assert mapping["channel"].columns == ()


def test_a_missing_required_column_is_named_with_what_was_expected_and_found() -> None:
    producer = shop_config().producers[0]
    with pytest.raises(FileRejectedError) as caught:
        require_columns(PLAIN, ["item", "day", "colour"], producer)
    assert str(caught.value).startswith("expected the column(s) 'qty' (quantity) by the mapping of producer 'shop'")
    assert "found ['colour', 'day', 'item']" in str(caught.value)
    require_columns(PLAIN, ["item", "day", "qty"], producer)


def test_a_missing_column_is_told_with_the_one_that_looks_like_it() -> None:
    with pytest.raises(FileRejectedError, match=r"found .* of which 'Qty ' looks like 'qty'; correct"):
        require_columns(PLAIN, ["item", "day", "Qty "], shop_config().producers[0])


def test_a_file_needs_one_of_several_sources_and_all_columns_of_an_expression() -> None:
    producer = shop_config().producers[0]
    mapping = {**PLAIN, "quantity": mapping_entry(("= boxes * box_size", "qty"))}
    require_columns(mapping, ["item", "day", "qty"], producer)
    require_columns(mapping, ["item", "day", "boxes", "box_size"], producer)
    with pytest.raises(FileRejectedError, match=r"'boxes' and 'box_size' or 'qty' \(quantity\)"):
        require_columns(mapping, ["item", "day", "boxes"], producer)
    require_columns({**mapping, "quantity": mapping_entry("= 1")}, ["item", "day"], producer)


def test_conversion_tables_must_be_read_and_make_their_column_a_required_one(tmp_path: Path) -> None:
    config = shop_config(columns={**COLUMNS, "unit": "uom"}, unit_table="units.csv")
    with pytest.raises(ConfigError, match="conversion tables of producer 'shop' were not read"):
        useful_columns(config.producers[0], config)
    (tmp_path / "units.csv").write_text("unit,factor\ncase,12\n")
    config = with_mapping_tables(config, tmp_path)
    mapping = useful_columns(config.producers[0], config)
    with pytest.raises(FileRejectedError, match=r"'uom' \(unit\)"):
        require_columns(mapping, ["item", "day", "qty"], config.producers[0])
    assert with_mapping_tables(config, tmp_path) is config


def test_a_changed_table_changes_the_recipe_by_which_files_are_read(tmp_path: Path) -> None:
    recipes = set()
    for text in ("source_sku,sku\nA,B\n", "source_sku,sku\nA,C\n"):
        (tmp_path / "skus.csv").write_text(text)
        for whole_history in (False, True):
            chosen = {"table": "skus.csv", "whole_history": whole_history}
            config = with_mapping_tables(shop_config(cross_reference=chosen), tmp_path)
            recipes.add(recipe(config.producers[0], "transactions", config))
    assert len(recipes) == 4


def test_the_worked_example_of_the_documentation_loads_and_converts(tmp_path: Path) -> None:
    page = (Path(__file__).parents[3] / "docs/mappings.md").read_text()
    (text,) = re.findall(r"```yaml\n(.*?)```", page, flags=re.DOTALL)
    in_table, units, rates, codes = re.findall(r"```csv\n(.*?)```", page, flags=re.DOTALL)
    tables = {"wholesale_units": units, "rates": rates, "wholesale_skus": codes, "in_table": in_table}
    (tmp_path / "tables").mkdir()
    for name, table in tables.items():
        (tmp_path / f"tables/{name}.csv").write_text(table)
    (tmp_path / "demand.yaml").write_text(text)
    world = World(tmp_path, with_mapping_tables(load_config(tmp_path / "demand.yaml"), tmp_path))
    data = "item,ean,day,time,boxes,box_size,turnover,uom,currency\n4711,,2017-02-01,09:30,2,3,100,case,EUR\n"
    report = world.land("wholesale/a.csv", data.encode())
    assert report.totals.rows.select("sku", "quantity", "revenue", "channel").rows() == [
        ("A2", 60.0, 108.0, "wholesale")
    ]
    mapping = read_mapping_table(tmp_path / "tables/in_table.csv")
    assert mapping == {"sku": ("ean", "item"), "quantity": "= boxes * box_size", "channel": "= 'wholesale'"}


def test_what_a_producer_dumps_changes_with_its_tables_but_does_not_hold_them(tmp_path: Path) -> None:
    chosen = {"columns": {**COLUMNS, "unit": "uom"}, "unit_table": "units.csv"}
    dumps = []
    for text in ("unit,factor\ncase,12\nbox,6\n", "unit,factor\nbox,6\ncase,12\n", "unit,factor\ncase,10\n"):
        (tmp_path / "units.csv").write_text(text)
        dumps.append(with_mapping_tables(shop_config(**chosen), tmp_path).producers[0].model_dump_json())
    assert dumps[0] == dumps[1] != dumps[2]
    assert "factors" not in dumps[0]
    (tmp_path / "units.csv").write_text("unit,factor\n" + "".join(f"u{n},{n + 1}\n" for n in range(1000)))
    assert len(repr(with_mapping_tables(shop_config(**chosen), tmp_path).producers[0])) < 3_000
