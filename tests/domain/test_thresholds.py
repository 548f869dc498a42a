"""Thresholds of a configuration as a list: keys, values, what is usual, and what they mean."""

from __future__ import annotations

from dp_assets.domain.thresholds import JUDGING, reference_of, thresholds
from tests.factories import make_config


def test_every_setting_has_its_key_its_value_and_what_is_usual() -> None:
    config = make_config(
        exceptions={"change_share": 0.3, "levels": {"department": {"change_share": 0.1}}},
        quality={"gates": {"gap_days": {"warn": 3, "block": 30}}},
    )
    found = {one.key: one for one in thresholds(config)}
    changed = found["exceptions.change_share"]
    assert (changed.value, changed.usual) == (0.3, 0.5)
    assert changed.meaning.startswith("A series is on the worklist if")
    assert found["exceptions.levels.department.change_share"].value == 0.1
    assert (found["quality.gates.gap_days.block"].value, found["quality.gates.gap_days.block"].usual) == (30, None)
    rows = found["quality.gates.rows.warn"]
    assert (rows.value, rows.usual) == (5, 5)
    assert rows.meaning.startswith("Score of the accepted rows")
    assert "warning" in rows.meaning
    assert found["intervals.levels"].value == list(config.intervals.levels)


def test_where_keys_are_described_is_a_file_or_an_address_beside_that_of_the_runbooks() -> None:
    def where(url: str) -> str:
        return reference_of(make_config(alerts={"runbooks_url": url}))

    assert where("https://wiki.example.com/docs/runbooks/") == "https://wiki.example.com/docs/configuration.md"
    for other in ("", "https://wiki.example.com/runs", "javascript:alert(1)//runbooks"):
        assert where(other) == "docs/configuration.md"


def test_every_section_is_told_of_and_nothing_twice() -> None:
    keys = [one.key for one in thresholds(make_config())]
    assert len(keys) == len(set(keys))
    assert {key.split(".")[0] for key in keys} == set(JUDGING)
    assert all(one.meaning for one in thresholds(make_config()))
