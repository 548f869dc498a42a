"""Mappings: inline, as tables, and what files must have for them."""

from __future__ import annotations

from pathlib import Path

import pytest

from dp_assets.domain.errors import ConfigError, FileRejectedError
from dp_assets.domain.ingest.mapping import (
    require_columns,
    resolve_mapping,
    useful_columns,
    with_mapping_tables,
)
from tests.landed import COLUMNS, shop_config


def with_table(name: str) -> dict[str, object]:
    return {"columns": {}, "mapping_table": name}


def test_inline_csv_and_json_mappings_mean_the_same(tmp_path: Path) -> None:
    (tmp_path / "map.csv").write_text("source,unified\n" + "".join(f"{src},{dst}\n" for dst, src in COLUMNS.items()))
    (tmp_path / "map.json").write_text("{" + ",".join(f'"{src}": "{dst}"' for dst, src in COLUMNS.items()) + "}")
    for table in ("map.csv", "map.json"):
        assert resolve_mapping(shop_config(**with_table(table)).producers[0], tmp_path) == COLUMNS
    assert resolve_mapping(shop_config().producers[0], tmp_path) == COLUMNS


def test_mapping_tables_are_written_out_inline_once(tmp_path: Path) -> None:
    (tmp_path / "map.json").write_text('{"item": "sku", "day": "sold_at", "qty": "quantity", "x": "not_kept"}')
    config = with_mapping_tables(shop_config(**with_table("map.json")), tmp_path)
    assert useful_columns(config.producers[0], config) == {"sku": "item", "sold_at": "day", "quantity": "qty"}
    assert with_mapping_tables(config, tmp_path) is config


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("no.csv", None, "there is no such file"),
        ("bad.csv", "from,to\na,b\n", "expected a CSV with the header source,unified"),
        ("bad.json", "[1, 2]", "a JSON object"),
        ("two.csv", "source,unified\na,sku\nb,sku\n", "both mapped to 'sku'"),
        ("few.csv", "source,unified\nitem,sku\n", r"nothing is mapped to \['quantity', 'sold_at'\]"),
    ],
)
def test_a_broken_mapping_table_is_named(tmp_path: Path, name: str, text: str | None, message: str) -> None:
    if text is not None:
        (tmp_path / name).write_text(text)
    with pytest.raises(ConfigError, match=message):
        resolve_mapping(shop_config(**with_table(name)).producers[0], tmp_path)


def test_only_useful_columns_are_read_and_required_ones_always() -> None:
    config = shop_config(columns={**COLUMNS, "brand": "maker"}, useful_columns=["sku", "brand"])
    assert useful_columns(config.producers[0], config) == {
        "sku": "item",
        "sold_at": "day",
        "quantity": "qty",
        "brand": "maker",
    }


def test_a_missing_required_column_is_named_with_what_was_expected_and_found() -> None:
    producer = shop_config().producers[0]
    with pytest.raises(FileRejectedError) as caught:
        require_columns(COLUMNS, ["item", "day", "colour"], producer)
    assert str(caught.value).startswith("expected the column(s) 'qty' (quantity) by the mapping of producer 'shop'")
    assert "found ['colour', 'day', 'item']" in str(caught.value)
    require_columns(COLUMNS, ["item", "day", "qty"], producer)
