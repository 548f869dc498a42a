"""groups: which series a level's member has."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from dp_assets.domain.errors import ConfigError
from dp_assets.domain.groups import group_levels, lines_of_series, rows_of, series_groups
from dp_assets.domain.hierarchy_table import with_hierarchy_tables
from tests.factories import make_config

SERIES = pl.DataFrame(
    {
        "series_id": ["a|m", "a|r", "b|m"],
        "sku": ["a", "a", "b"],
        "location": ["m", "r", "m"],
        "brand": ["own", "own", None],
        "labels": [["x", "y"], ["x", "y"], ["y"]],
    }
)
CONFIG = make_config(
    series_key=["sku", "location"],
    attributes={"brand": {}, "labels": {"kind": "multi"}},
    hierarchies=[{"name": "place", "levels": ["country", "brand"], "table": "places.csv"}],
)


def test_a_level_is_an_attribute_a_key_column_or_a_level_of_a_table_and_attributes_win() -> None:
    assert group_levels(CONFIG) == ("brand", "labels", "location", "country")


def test_tables_say_where_series_belong_as_of_the_cutoff(tmp_path: Path) -> None:
    table = "location,country,brand,valid_from\nm,DE,x,\nr,IT,x,\nm,AT,x,2017-06-05\n"
    (tmp_path / "places.csv").write_text(table)
    config = with_hierarchy_tables(CONFIG, tmp_path)
    for cutoff, countries in ((date(2017, 5, 1), ["DE", "IT", "DE"]), (date(2017, 7, 3), ["AT", "IT", "AT"])):
        groups = series_groups(SERIES, config, cutoff)
        assert groups["country"].to_list() == countries
        assert groups["brand"].to_list() == ["own", "own", None]


def test_a_table_that_was_not_read_is_an_error() -> None:
    with pytest.raises(ConfigError, match="table of hierarchy 'place' was not read"):
        series_groups(SERIES, CONFIG, date(2017, 5, 1))


@pytest.mark.parametrize(
    ("level", "member", "sku", "rows"),
    [
        ("location", "m", None, [0, 2]),
        ("labels", "x", None, [0, 1]),
        ("brand", "own", None, [0, 1]),
        ("location", "m", "b", [2]),
        ("location", "elsewhere", None, []),
        ("colour", "red", None, []),
    ],
)
def test_rows_of_a_member_are_those_of_its_series(level: str, member: str, sku: str | None, rows: list[int]) -> None:
    assert rows_of(SERIES, level, member, sku).tolist() == rows


def test_a_line_has_a_row_per_series_that_it_is_about_and_none_about_nobody() -> None:
    lines = pl.DataFrame(
        [
            ("a", None, None, 1),
            (None, "location", "m", 2),
            ("a", "location", "m", 3),
            (None, "labels", "y", 4),
            (None, None, None, 5),
            (None, "colour", "red", 6),
            ("z", None, None, 7),
        ],
        schema=["sku", "level", "member", "line"],
        orient="row",
    )
    found = lines_of_series(lines, SERIES)
    assert sorted(found.select("line", "series_id", "in_group").rows()) == [
        (1, "a|m", False),
        (1, "a|r", False),
        (2, "a|m", True),
        (2, "b|m", True),
        (3, "a|m", True),
        (4, "a|m", True),
        (4, "a|r", True),
        (4, "b|m", True),
    ]
