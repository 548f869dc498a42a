"""What a planner may write in a scenario file, and what is said where it is wrong."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import get_args

import pytest

from dp_assets.domain.errors import ConfigError
from dp_assets.domain.scenario_definition import (
    Change,
    GrowthChange,
    Launch,
    ScenarioDefinition,
    ScenarioRefusedError,
    check_name,
    parse_scenario,
)

REPOSITORY = Path(__file__).parent.parent.parent
EXAMPLES = sorted((REPOSITORY / "examples/scenarios").glob("*.yaml"))
FILE = """\
description: a cold June
cycle: 2017-06-05
changes:
  - kind: growth
    node: dairy
    first: 2017-06-05
    last: 2017-06-11
    percent: -5
  - kind: launch
    new: {location: s9}
    like: {location: s1}
"""


def test_a_file_becomes_its_changes() -> None:
    made = parse_scenario(FILE)
    growth = GrowthChange(kind="growth", node="dairy", first=date(2017, 6, 5), last=date(2017, 6, 11), percent=-5)
    launch = Launch(kind="launch", new={"location": "s9"}, like={"location": "s1"})
    assert made == ScenarioDefinition(description="a cold June", cycle=date(2017, 6, 5), changes=(growth, launch))
    assert ScenarioDefinition.model_validate_json(made.model_dump_json(exclude_defaults=True)) == made


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("kind: grow", "scenario.yaml:2: changes[0].kind: unknown kind 'grow'; did you mean 'growth'?"),
        ("node: dairy", "changes[0]: expected a section with the key `kind`"),
        ("kind: growth, nod: dairy", "changes[0].nod: unknown key; did you mean 'node'?"),
        (
            "kind: price, node: x, first: 2017-06-05, last: 2017-06-11, percent: -100",
            "expected more than -100, got -100",
        ),
        ("kind: price, node: x, first: 2017-06-05, last: 2017-06-11, percent: .nan", "changes[0].percent: "),
        ("kind: growth, node: x, first: 2017-06-05, last: 2017-06-11, percent: lots", "expected a number, got 'lots'"),
        (
            "kind: growth, node: x, first: 2017-06-11, last: 2017-06-05, percent: 1",
            "changes[0].last: expected a last day not before the first, 2017-06-11, got 2017-06-05",
        ),
        (
            "kind: growth, node: x, first: soon, last: 2017-06-05, percent: 1",
            "expected a date as YYYY-MM-DD, got 'soon'",
        ),
        (
            "kind: regressor, name: heat, first: 2017-06-05, last: 2017-06-05",
            "expected either a value or a percent, got both or neither",
        ),
        (
            "kind: add_promotion, node: x, first: 2017-06-05, last: 2017-06-05, promotion: display, share: 1.5",
            "changes[0].share: expected at most 1, got 1.5",
        ),
        (
            "kind: launch, new: {sku: a}, like: {location: b}",
            "expected the key columns of `new`, ['sku'], got ['location']",
        ),
        ("kind: launch, new: {sku: a}, like: {sku: a}", "expected something new, got what it is like"),
        ("kind: launch, new: {sku: 'a|b'}, like: {sku: b}", "changes[0].new.sku: expected some text without '|'"),
        (
            "kind: price, node: x, first: 2017-06-05, last: 2017-06-11, percent: -1, elasticity: -99",
            "expected at least -20, got -99",
        ),
        (
            "kind: regressor, name: temperature, first: 2017-06-05, last: 2017-06-11, value: 1.0e+300",
            "changes[0].value: expected at most 3.40282e+38, got 1e+300",
        ),
        (
            "kind: regressor, name: temperature, first: 2017-06-05, last: 2017-06-11, percent: 1.0e+300",
            "changes[0].percent: expected at most 10000",
        ),
        ("kind: launch, new: {sku: 12}, like: {sku: b}", "changes[0].new.sku: expected text, got 12; put it in quotes"),
    ],
)
def test_a_change_that_is_wrong_is_named_with_its_line_and_what_was_expected(change: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_scenario(f"changes:\n  - {{{change}}}\n")
    assert message in str(caught.value)
    assert str(caught.value).startswith("scenario.yaml:2: ")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected keys and values (`changes: …`), got an empty file"),
        ("- a", "got a list"),
        ("chnges: []", "chnges: unknown key; did you mean 'changes'?"),
        ("changes: []\nchanges: []", "this key already stands on line 1"),
        ("changes: [", "not valid YAML"),
        ("changes: \x00", "not valid YAML"),
    ],
)
def test_a_file_that_is_no_scenario_is_refused(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_scenario(text)
    assert message in str(caught.value)


@pytest.mark.parametrize("name", ["base", "", "A", "a b", "../x", "a/b", "a" * 64, "-x"])
def test_a_name_that_cannot_be_a_folder_or_a_column_is_refused(name: str) -> None:
    with pytest.raises(ScenarioRefusedError, match="expected a name of lower-case letters"):
        check_name(name)


def test_other_names_are_kept() -> None:
    assert [check_name(name) for name in ("spring-sale", "2017_b")] == ["spring-sale", "2017_b"]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_the_examples_are_scenarios_and_their_readme_names_them(path: Path) -> None:
    assert parse_scenario(path.read_text(), path.name).changes
    assert path.name in (path.parent / "README.md").read_text()


def test_the_documentation_names_every_kind_of_change_and_every_field() -> None:
    page = (REPOSITORY / "docs/scenarios.md").read_text()
    for model in get_args(get_args(Change)[0]):
        (kind,) = get_args(model.model_fields["kind"].annotation)
        assert f"| `{kind}` |" in page
        assert [name for name in model.model_fields if f"`{name}`" not in page and f"{name}:" not in page] == []
