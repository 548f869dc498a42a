"""Unified rows of feeds other than transactions: typed, dated, and rejected for one stated reason."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from dp_assets.domain import contracts
from dp_assets.domain.errors import ConfigError
from tests.domain.ingest.whole_files import unified
from tests.landed import shop_config


def test_a_product_master_keeps_every_attribute_and_rejects_lines_without_sku(tmp_path: Path) -> None:
    config = shop_config(feed="products", columns={"sku": "item", "brand": "maker"})
    found = unified(tmp_path, b"item,maker,extra\n1.0,ACME,x\n,none,y\n2,,z\n", config)
    assert found.rows.select("sku", "brand", "department").rows() == [("1", "ACME", None), ("2", None, None)]
    assert found.rejected["reason"].to_list() == ["missing_sku"]
    contracts.product_master(config).validate(found.rows)


def test_promotions_are_dated_and_their_shares_checked(tmp_path: Path) -> None:
    columns = {
        "sku": "item",
        "starts_on": "from",
        "ends_on": "to",
        "kind": "what",
        "discount": "off",
        "share": "stores",
    }
    config = shop_config(feed="promotions", columns=columns, date_format="%d/%m/%Y")
    lines = [
        "item,from,to,what,off,stores",
        "1,02/01/2017,08/01/2017,mailer,0.2,0.5",
        "1,02/01/2017,08/01/2017,,,",
        "1,09/01/2017,08/01/2017,mailer,0.2,0.5",
        "1,02/01/2017,08/01/2017,mailer,20,0.5",
        "1,02/01/2017,,mailer,0.2,0.5",
        "1,02/01/2017,soon,mailer,0.2,0.5",
        ",02/01/2017,08/01/2017,mailer,0.2,-1",
    ]
    found = unified(tmp_path, "\n".join(lines).encode(), config)
    assert found.rows.select("starts_on", "ends_on", "kind", "discount", "share").rows() == [
        (date(2017, 1, 2), date(2017, 1, 8), "mailer", 0.2, 0.5),
        (date(2017, 1, 2), date(2017, 1, 8), "promotion", None, 1.0),
    ]
    assert found.rejected["reason"].to_list() == [
        "ends_before_start",
        "discount_not_a_share",
        "missing_ends_on",
        "invalid_ends_on",
        "missing_sku",
    ]


def test_events_last_one_day_unless_they_say_otherwise(tmp_path: Path) -> None:
    config = shop_config(feed="events", columns={"name": "what", "starts_on": "from", "ends_on": "to"})
    lines = [
        "what,from,to",
        "School holidays,2017-06-10,2017-09-10",
        "Stocktaking,2017-02-01,",
        ",2017-02-01,2017-02-02",
        "Fair,2017-02-03,2017-02-01",
        "Fair,soon,",
    ]
    found = unified(tmp_path, "\n".join(lines).encode(), config)
    contracts.EVENTS.validate(found.rows)
    assert found.rows.select("name", "starts_on", "ends_on").rows() == [
        ("School holidays", date(2017, 6, 10), date(2017, 9, 10)),
        ("Stocktaking", date(2017, 2, 1), date(2017, 2, 1)),
    ]
    assert found.rejected["reason"].to_list() == ["missing_name", "ends_before_start", "invalid_starts_on"]


def test_regressor_values_may_be_about_a_group_which_must_be_whole_and_known(tmp_path: Path) -> None:
    names = {"name": "what", "starts_on": "day", "value": "how much", "sku": "item", "level": "of", "member": "which"}
    config = shop_config(feed="regressors", columns=names)
    lines = ["what,day,how much,item,of,which", "spend,2017-01-02,4,,brand,own"]
    lines += ["spend,2017-01-02,4,,brand,", "spend,2017-01-02,4,,colour,red", "spend,2017-01-02,4,A1,brand,own"]
    found = unified(tmp_path, "\n".join(lines).encode(), config)
    rows = found.rows.select("sku", "level", "member", "value").rows()
    assert rows == [(None, "brand", "own", 4.0), ("A1", "brand", "own", 4.0)]
    assert found.rejected["reason"].to_list() == ["half_a_group", "unknown_level"]
    assert "expected one of the levels" in found.rejected["detail"][1]


def test_promotions_are_of_a_sku_or_a_group_and_one_of_nobody_is_rejected(tmp_path: Path) -> None:
    names = {"starts_on": "from", "ends_on": "to", "sku": "item", "level": "of", "member": "which"}
    lines = ["from,to,item,of,which", "2017-01-02,2017-01-08,A1,,", "2017-01-02,2017-01-08,,brand,own"]
    lines += ["2017-01-02,2017-01-08,A1,brand,own", "2017-01-02,2017-01-08,,,", "2017-01-02,2017-01-08,,brand,"]
    found = unified(tmp_path, "\n".join(lines).encode(), shop_config(feed="promotions", columns=names))
    contracts.PROMOTIONS.validate(found.rows)
    assert found.rows.select("sku", "level", "member").rows() == [
        ("A1", None, None),
        (None, "brand", "own"),
        ("A1", "brand", "own"),
    ]
    assert found.rejected["reason"].to_list() == ["missing_sku", "half_a_group"]


def test_a_calendar_of_promotions_of_groups_alone_needs_no_sku(tmp_path: Path) -> None:
    names = {"starts_on": "from", "ends_on": "to", "level": "= 'brand'", "member": "brand"}
    content = b"from,to,brand\n2017-01-02,2017-01-08,own"
    found = unified(tmp_path, content, shop_config(feed="promotions", columns=names))
    assert found.rows.select("sku", "level", "member").rows() == [(None, "brand", "own")]
    with pytest.raises(ConfigError, match="sku"):
        unified(tmp_path, content, shop_config(feed="promotions", columns={"starts_on": "from", "ends_on": "to"}))


@pytest.mark.parametrize(
    ("feed", "columns"),
    [
        ("promotions", {"sku": "item", "starts_on": "from", "ends_on": "to"}),
        ("events", {"name": "what", "starts_on": "from"}),
        ("regressors", {"name": "what", "starts_on": "from", "value": "much"}),
    ],
)
def test_a_mapping_names_a_level_and_a_member_or_neither(tmp_path: Path, feed: str, columns: dict[str, str]) -> None:
    for half, other in (("level", "member"), ("member", "level")):
        with pytest.raises(ConfigError, match=f"lack \\['{other}'\\]"):
            unified(tmp_path, b"", shop_config(feed=feed, columns={**columns, half: "of"}))


def test_an_event_may_be_about_a_group(tmp_path: Path) -> None:
    names = {"name": "what", "starts_on": "from", "level": "of", "member": "which"}
    content = b"what,from,of,which\nfair,2017-01-02,brand,own\nfair,2017-01-02,,\nfair,2017-01-02,colour,red"
    found = unified(tmp_path, content, shop_config(feed="events", columns=names))
    assert found.rows.select("level", "member").rows() == [("brand", "own"), (None, None)]
    assert found.rejected["reason"].to_list() == ["unknown_level"]


def test_regressor_values_are_numbers_of_a_day_for_one_sku_or_for_all(tmp_path: Path) -> None:
    columns = {"name": "what", "starts_on": "day", "value": "how much", "sku": "item"}
    config = shop_config(feed="regressors", columns=columns)
    lines = ["what,day,how much,item", "temperature,2017-01-02,-4.5,", "spend,2017-01-03,120,A1"]
    lines += ["spend,2017-01-03,much,", "spend,2017-01-03,,", "spend,,3,", "spend,2017-01-03,inf,", ",2017-01-03,3,"]
    found = unified(tmp_path, "\n".join(lines).encode(), config)
    contracts.REGRESSORS.validate(found.rows)
    assert found.rows.select("name", "starts_on", "sku", "value").rows() == [
        ("temperature", date(2017, 1, 2), None, -4.5),
        ("spend", date(2017, 1, 3), "A1", 120.0),
    ]
    reasons = ["invalid_value", "missing_value", "missing_starts_on", "invalid_value", "missing_name"]
    assert found.rejected["reason"].to_list() == reasons


def test_stock_is_what_was_on_hand_and_nothing_where_no_quantity_is_mapped(tmp_path: Path) -> None:
    columns = {"sku": "item", "starts_on": "from", "ends_on": "to", "quantity": "units", "location": "shop"}
    config = shop_config(feed="stock", columns=columns)
    lines = ["item,from,to,units,shop", "A1,2017-01-02,2017-01-08,0,s1", "A1,2017-01-09,,12.5,", "A1,2017-01-09,,,"]
    lines += ["A1,2017-01-09,2017-01-08,0,", ",2017-01-09,,0,", "A1,soon,,0,", "A1,2017-01-09,,few,"]
    found = unified(tmp_path, "\n".join(lines).encode(), config)
    contracts.STOCK.validate(found.rows)
    assert found.rows.select("sku", "location", "starts_on", "ends_on", "quantity").rows() == [
        ("A1", "s1", date(2017, 1, 2), date(2017, 1, 8), 0.0),
        ("A1", None, date(2017, 1, 9), date(2017, 1, 9), 12.5),
    ]
    reasons = ["missing_quantity", "ends_before_start", "missing_sku", "invalid_starts_on", "invalid_quantity"]
    assert found.rejected["reason"].to_list() == reasons
    gaps = shop_config(feed="stock", columns={"sku": "item", "starts_on": "from"})
    found = unified(tmp_path, b"item,from\nA1,2017-01-02\n", gaps)
    assert found.rows.select("ends_on", "quantity").rows() == [(date(2017, 1, 2), 0.0)]


def test_lives_of_products_say_something_possible(tmp_path: Path) -> None:
    names = ("sku", "predecessor", "like_sku", "multiplier", "ramp_weeks", "launch_on", "ends_on")
    config = shop_config(feed="product_life", columns={name: name for name in names})
    lines = [",".join(names), "A2,A1,,1.2,,2017-03-06,", "B,,A1,,4,,", "C,,,,,,2017-06-30", "D,,,2,,,", "E,E,,,,,"]
    lines += ["F,A1,,-1,,,", "G,,,,,2017-03-06,2017-03-05", ",A1,,,,,", "H,A1,,many,,,"]
    found = unified(tmp_path, "\n".join(lines).encode(), config)
    contracts.PRODUCT_LIFE.validate(found.rows)
    assert found.rows.select(*names).rows() == [
        ("A2", "A1", None, 1.2, None, date(2017, 3, 6), None),
        ("B", None, "A1", None, 4.0, None, None),
        ("C", None, None, None, None, None, date(2017, 6, 30)),
    ]
    assert found.rejected["reason"].to_list() == [
        "says_nothing",
        "its_own_twin",
        "multiplier_below_zero",
        "ends_before_launch",
        "missing_sku",
        "invalid_multiplier",
    ]


def test_corrections_carry_a_value_or_a_whole_list_and_an_empty_one_says_that_nobody_knows(tmp_path: Path) -> None:
    said = {"sku": "item", "attribute": "what", "value": "is", "reason": "because", "user": "who"}
    attributes = {"brand": {}, "composition": {"separator": "/"}}
    config = shop_config(
        feed="attribute_corrections", columns=said, config={"attributes": attributes, "hierarchies": []}
    )
    lines = "milk,brand,own,new owner,ann|milk,composition,wool/silk,,ann|salt,brand,,,|salt,colour,red,,|,brand,own,,"
    result = unified(tmp_path, "\n".join(["item,what,is,because,who", *lines.split("|")]).encode(), config)
    assert result.rows.select("sku", "attribute", "value", "labels", "user", "reason").rows() == [
        ("milk", "brand", "own", None, "ann", "new owner"),
        ("milk", "composition", None, ["silk", "wool"], "ann", None),
        ("salt", "brand", None, None, None, None),
    ]
    assert result.rejected.select("row_number", "reason", "detail").rows() == [
        (4, "unknown_attribute", "expected one of the attributes brand, composition, got 'colour'"),
        (5, "missing_sku", "expected sku, got nothing"),
    ]
