"""Messages of a wrong demand.yaml: every one names file, line, key, what was expected and what came."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from dp_assets.domain.config import DemandConfig
from dp_assets.domain.config_file import json_schema, load_config, parse_config, reference_markdown
from dp_assets.domain.errors import ConfigError

VALID = """\
bucket:
  weeks: 1
producers:
  - name: shop
    files: ["shop/*.csv"]
    columns: {sku: item, sold_at: day, quantity: qty}
attributes:
  department: {}
  brand: {}
"""


def messages(text: str, folder: Path | None = None) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        parse_config(text, folder=folder)
    return str(caught.value).splitlines()


def test_a_valid_file_becomes_the_same_configuration_as_its_data() -> None:
    assert parse_config(VALID) == DemandConfig.model_validate(yaml.safe_load(VALID))


def test_a_wrong_choice_names_line_key_choices_and_what_came() -> None:
    assert messages(VALID.replace("weeks: 1", "weeks: 3")) == ["demand.yaml:2: bucket.weeks: expected 1, 2 or 4, got 3"]


def test_all_mistakes_are_reported_at_once_in_the_order_of_the_file() -> None:
    text = VALID.replace("weeks: 1", "weeks: 3") + "horizon_weeks: 0\nactive_weeks: many\nzero_fill: maybe\n"
    assert messages(text) == [
        "demand.yaml:2: bucket.weeks: expected 1, 2 or 4, got 3",
        "demand.yaml:10: horizon_weeks: expected at least 1, got 0",
        "demand.yaml:11: active_weeks: expected a whole number, got 'many'",
        "demand.yaml:12: zero_fill: expected 'zero' or 'ignore', got 'maybe'",
    ]


@pytest.mark.parametrize(
    ("added", "message"),
    [
        ("lookbak_weeks: 3", "lookbak_weeks: unknown key; did you mean 'lookback_weeks'?"),
        ("model:\n  hidden: 3", "model.hidden: unknown key; did you mean 'hidden_size'?"),
        ("model:\n  embedding:\n    maxsize: 3", "model.embedding.maxsize: unknown key; did you mean 'max_size'?"),
        ("filters:\n  - kind: positive_quantity\n    x: 1", "filters[0].x: unknown key; expected one of kind"),
        (
            "filters:\n  - kind: positve_quantity",
            "filters[0].kind: unknown kind 'positve_quantity'; did you mean 'positive_quantity'?",
        ),
        (
            "filters:\n  - {kind: exclude_values, column: departmnt, values: [FUEL]}",
            "filters[0].column: 'departmnt' is neither a unified column nor an attribute; did you mean 'department'?",
        ),
        ("hierarchies:\n  - name: product", "hierarchies[0].levels: expected a value, but the key is missing"),
        (
            "hierarchies:\n  - name: product\n    levels: [colour]",
            "hierarchies[0].levels: hierarchy 'product' names levels ['colour'] that are neither attributes nor key",
        ),
        ("outliers:", "outliers: expected a section of keys and values, got nothing; write {} for the defaults"),
        ("low_volume: {mandatory_skus: [12]}", "low_volume.mandatory_skus[0]: expected text, got 12; put it in quotes"),
        (
            "regressors: {temperature: {}}",
            "regressors: regressors need a producer with `feed: regressors` that delivers them, but there is none",
        ),
        (
            "regressors: {temperature: {known_ahead: 1}}",
            "regressors.temperature.known_ahead: unknown key; did you mean 'known_ahead_weeks'?",
        ),
        ("model: {dropout: 1}", "model.dropout: expected less than 1, got 1"),
        ("features: {holidays: no}", "features.holidays: expected text, got false; put it in quotes"),
        ("intervals: {levels: [0]}", "intervals.levels: expected levels between 1 and 99 percent, got [0]"),
        ("series_key: [item]", "series_key: expected [sku] or [sku, location], got ['item']"),
        ("tuning: {space: {layers: [1]}}", "tuning.space.layers[1]: expected a value, but the key is missing"),
        ("batch_inference: {attribute_filter: {brnd: x}}", "'brnd' is not an attribute; did you mean 'brand'?"),
        (
            "filters: [{kind: plugin, name: a, options: {k: [1]}}]",
            "filters[0].options.k: expected text, a number, true or false, got [1]",
        ),
    ],
)
def test_a_mistake_says_what_was_expected_and_what_to_do(added: str, message: str) -> None:
    found = messages(f"{VALID}{added}\n")
    assert len(found) == 1
    assert message in found[0]
    assert found[0].startswith(f"demand.yaml:{9 + len(added.splitlines())}: ")


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (
            "{sku: a, sold_at: b, quantiy: c, quantity: d}",
            "producers[0].columns.quantiy: 'quantiy' is neither a column of transactions nor an attribute; "
            "did you mean 'quantity'?",
        ),
        ("{sku: a, sold_at: b}", "producers[0].columns: transactions need the columns ['quantity'], too"),
        (
            "{sku: a, sold_at: 5, quantity: c}",
            "producers[0].columns.sold_at: expected text or a list, got 5; put it in quotes",
        ),
    ],
)
def test_a_mapping_that_points_at_nothing_is_found_at_load(columns: str, message: str) -> None:
    text = VALID.replace("{sku: item, sold_at: day, quantity: qty}", columns)
    assert messages(text) == [f"demand.yaml:6: {message}"]


def test_a_key_that_stands_twice_is_refused_with_both_lines() -> None:
    assert messages(VALID + "horizon_weeks: 4\nhorizon_weeks: 5\n") == [
        "demand.yaml:11: horizon_weeks: this key already stands on line 10; keep one of the two"
    ]


def test_two_producers_of_one_name_are_refused_where_producers_stand() -> None:
    twice = VALID.replace(
        "attributes:", '  - {name: shop, files: ["b/*"], columns: {sku: a, sold_at: b, quantity: c}}\nattributes:'
    )
    assert messages(twice) == [
        "demand.yaml:3: producers: producer names must differ, but ['shop'] stand more than once"
    ]


def test_a_first_bucket_off_its_anchor_names_the_weekday() -> None:
    found = messages(VALID.replace("weeks: 1", "first: 2017-01-03"))
    assert found == [
        "demand.yaml:2: bucket.first: bucket.first must fall on a monday, but 2017-01-03 is a tuesday; "
        "move it to the monday before"
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "demand.yaml:1: expected keys and values (`producers: …`), got an empty file"),
        ("- 1", "demand.yaml:1: expected keys and values (`producers: …`), got a list"),
        ("a: 1\nb: [", "demand.yaml:2: not valid YAML: expected the node content, but found '<stream end>'"),
        ("a: 1\nb: 2017-13-45", "demand.yaml:2: not valid YAML: 2017-13-45 is no date: month must be in 1..12"),
        ("a: 1\nb: &x [*x]", "demand.yaml:2: not valid YAML: an alias contains itself"),
        ("a: 1\nb: !!python/object/apply:os.system [ls]", "demand.yaml:2: not valid YAML: could not determine"),
    ],
)
def test_broken_yaml_names_its_line_and_runs_nothing(text: str, message: str) -> None:
    assert messages(text)[0].startswith(message)


def test_a_missing_file_says_how_to_name_another(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="set DP_CONFIG to its path"):
        load_config(tmp_path / "demand.yaml")


def test_a_mapping_table_is_read_and_judged_at_load(tmp_path: Path) -> None:
    path = tmp_path / "customer.yaml"
    path.write_text(VALID.replace("columns: {sku: item, sold_at: day, quantity: qty}", "mapping_table: maps/shop.csv"))
    with pytest.raises(ConfigError, match=r"customer.yaml:6: producers\[0\].mapping_table: .* there is no such file"):
        load_config(path)
    (tmp_path / "maps").mkdir()
    (tmp_path / "maps/shop.csv").write_text("source,unified\nitem,sku\nday,sold_at\nqty,quantiy\n")
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    assert str(caught.value).splitlines() == [
        "customer.yaml:6: producers[0].mapping_table: 'quantiy' is neither a column of transactions nor an attribute; "
        "did you mean 'quantity'?",
        "customer.yaml:6: producers[0].mapping_table: transactions need the columns ['quantity'], too",
    ]
    (tmp_path / "maps/shop.csv").write_text("source,unified\nitem,sku\nday,sold_at\nqty,quantity\n")
    assert load_config(path).producers[0].mapping_table == "maps/shop.csv"


TABLES = """\
producers:
  - name: shop
    files: ["shop/*.csv"]
    columns:
      sku: [item, article]
      sold_at: day
      quantity: = boxes * box_size
      unit: uom
    unit_table: units.csv
    currency_table: rates.csv
    cross_reference: {table: skus.csv}
"""


def test_every_mistake_in_the_tables_of_a_producer_names_line_key_and_what_came(tmp_path: Path) -> None:
    (tmp_path / "units.csv").write_text("unit,factor\ncase,12\nbox,six\n")
    (tmp_path / "rates.csv").write_text("currency,valid_from,rate\nEUR,1.1.2017,1\n")
    (tmp_path / "skus.csv").write_text("source_sku,sku\nA,B\nB,A\n")
    producer = "producers[0]."
    assert messages(TABLES, tmp_path) == [
        f"demand.yaml:9: {producer}unit_table: {tmp_path}/units.csv:3: factor: expected a number above zero such as 12 "
        "or 0.5 (from 1e-09 to 1e+09), got 'six'",
        f"demand.yaml:10: {producer}currency_table: {tmp_path}/rates.csv:2: valid_from: expected a date as YYYY-MM-DD "
        "or nothing for always, got '1.1.2017'",
        f"demand.yaml:10: {producer}currency_table: expected a column mapped to 'currency', got none; map one, or a "
        "constant (= '…')",
        f"demand.yaml:11: {producer}cross_reference: {tmp_path}/skus.csv:2: sku: expected lines that end at a SKU, got "
        "the circle A → B → A; remove one, or let a code lead to itself where it is to count again",
    ]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ("quantity: = sum(qty)", "columns.quantity: '= sum(qty)': expected columns, numbers, 'texts', + - * / %"),
        ("quantity: [qty, '= qty +']", "columns.quantity: '= qty +' is no expression at character 5"),
        ("quantity: []", "columns.quantity: expected text or at least 1 item, got []"),
        ("{quantity: qty, currency: cur}", "columns.currency: 'currency' is only read with a currency_table, which"),
    ],
)
def test_a_mapping_that_cannot_be_used_names_its_column(columns: str, message: str) -> None:
    inline = f"{{sku: item, sold_at: day, {columns.strip('{}')}}}"
    (found,) = messages(VALID.replace("{sku: item, sold_at: day, quantity: qty}", inline))
    assert found.startswith(f"demand.yaml:6: producers[0].{message}")


def test_tables_that_nothing_looks_at_and_names_that_clash_are_refused() -> None:
    products = VALID.replace("files:", "feed: products\n    unit_table: units.csv\n    files:").replace(
        "{sku: item, sold_at: day, quantity: qty}", "{sku: item}"
    )
    assert messages(products) == [
        "demand.yaml:6: producers[0].unit_table: only transactions are converted, but the feed is products; remove it"
    ]
    attribute = VALID.replace("quantity: qty}", "quantity: qty, unit: uom}").replace("  brand: {}", "  unit: {}")
    parse_config(attribute)
    clash = attribute.replace("files:", "unit_table: units.csv\n    files:")
    assert messages(clash) == [
        "demand.yaml:5: producers[0].unit_table: an attribute may not be called 'unit' where a producer has a "
        "unit_table; rename it"
    ]


@settings(max_examples=40, deadline=None)
@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=5), st.lists, max_leaves=4))
def test_no_value_anywhere_escapes_as_anything_but_a_config_error(value: object) -> None:
    base = yaml.safe_load(VALID)
    for name in DemandConfig.model_fields:
        text = yaml.safe_dump({**base, name: value}, allow_unicode=True)
        try:
            parse_config(text)
        except ConfigError as error:
            assert all(line.startswith("demand.yaml:") for line in str(error).splitlines())  # noqa: PT017


def test_the_json_schema_accepts_what_loads_and_refuses_what_does_not() -> None:
    validator = jsonschema.Draft202012Validator(json_schema())
    assert validator.is_valid(yaml.safe_load(VALID))
    assert not validator.is_valid(yaml.safe_load(VALID.replace("weeks: 1", "weeks: 3")))
    assert not validator.is_valid(yaml.safe_load(VALID + "lookbak_weeks: 3\n"))


def test_the_reference_describes_every_key_of_every_section() -> None:
    text = reference_markdown()
    missing = [name for name, field in DemandConfig.model_fields.items() if f"| `{name}` |" not in text]
    assert missing == []
    assert "| `max_size` | whole number, ≥ 1 | `50` |" in text
    assert "### `kind: exclude_values`" in text
    assert " |  |" not in text, "a key without a description"
