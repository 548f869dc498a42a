"""Which files restate which, as the configuration says it, and what it must not say."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from dp_assets.domain.config import DemandConfig
from dp_assets.domain.errors import ConfigError
from dp_assets.domain.ingest.mapping import useful_columns
from dp_assets.domain.ingest.recipe import recipe
from dp_assets.domain.restatement_config import restated_groups, restates
from tests.factories import make_config

COLUMNS = {"sku": "item", "sold_at": "day", "quantity": "qty", "transaction_id": "id"}
ROWS = {"by": "rows"}


def config(**rules: dict[str, Any]) -> DemandConfig:
    """One producer of transactions per name, with its restatement."""
    return make_config(
        producers=[
            {"name": name, "files": [f"{name}/*"], "columns": COLUMNS, "restatement": rule}
            for name, rule in rules.items()
        ]
    )


def test_a_producer_and_those_that_restate_it_are_a_group_and_nobody_else_is() -> None:
    made = config(till=ROWS, office={**ROWS, "of": "till"}, shop={}, final={"by": "dates", "of": "shop"}, web={})
    assert restated_groups(made.producers) == {"till": "till", "office": "till", "shop": "shop", "final": "shop"}
    of = restates(made.producers)
    assert of("office", "till")
    assert of("till", "office")
    assert of("till", "till")
    assert not of("shop", "final")
    assert not of("final", "till")
    assert not of("web", "web")


def test_nobody_restates_unless_told_to() -> None:
    assert restated_groups(make_config().producers) == {}


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ({"a": {"of": "b"}, "b": {}}, "`of` needs `by: rows` or `by: dates`"),
        ({"a": {"key": ["transaction_id"]}}, "`key` needs `by: rows`"),
        ({"a": {"by": "rows", "key": ["sku"]}}, "expected transaction_id and maybe other columns"),
        ({"a": {"by": "rows", "range": "everything"}}, "`range` needs `by: dates`"),
        ({"a": {"by": "dates", "range": "name"}}, "`range: name` and `pattern` need each other"),
        ({"a": {"by": "dates", "range": "name", "pattern": "("}}, "expected a regular expression"),
        ({"a": {"by": "dates", "range": "name", "pattern": r"\d+"}}, "expected a group named `first`"),
        ({"a": {**ROWS, "of": "a"}}, "expected `of` to name another producer of transactions"),
        ({"a": {**ROWS, "of": "c"}, "b": ROWS}, "one of \\['b'\\], got 'c'"),
        ({"a": {**ROWS, "of": "b"}, "b": {**ROWS, "of": "c"}, "c": ROWS}, "b itself restates c; name that one"),
        ({"a": {**ROWS, "of": "b"}, "b": {}}, "lines of b must be identified in the same way"),
        ({"a": {**ROWS, "of": "b"}, "b": {**ROWS, "key": ["transaction_id"]}}, "key: \\[transaction_id, sku\\]"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_what_to_do(rules: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        config(**rules)


def test_only_transactions_are_restated_by_rows_or_dates() -> None:
    plan = {"name": "plan", "feed": "promotions", "files": ["p/*"], "restatement": {"by": "dates"}}
    with pytest.raises(ValidationError, match="a file under the same name replaces the one before it"):
        make_config(producers=[{**plan, "columns": {name: name for name in ("sku", "starts_on", "ends_on")}}])


def test_what_identifies_a_line_must_be_mapped() -> None:
    made = config(till={"by": "rows", "key": ["transaction_id", "location"]})
    with pytest.raises(ConfigError, match="lack \\['location'\\]"):
        useful_columns(made.producers[0], made)


def test_files_are_read_again_when_their_lines_begin_to_be_restated_and_not_for_who_does_it() -> None:
    plain, dated = config(shop={}), config(shop={}, final={"by": "dates", "of": "shop"})
    by_rows, of_till = config(office=ROWS), config(till=ROWS, office={**ROWS, "of": "till"})
    assert recipe(plain.producer("shop"), "transactions", plain) != recipe(
        dated.producer("shop"), "transactions", dated
    )
    recipes = [recipe(one.producer("office"), "transactions", one) for one in (by_rows, of_till)]
    assert recipes[0] == recipes[1]
