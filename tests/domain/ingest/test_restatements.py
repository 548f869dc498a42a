"""What files take back from each other, and which buckets that touches; random cases are in `tests/properties`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import polars as pl
import pytest

from dp_assets.domain.config import DemandConfig
from dp_assets.domain.contracts import FILE_LINES
from dp_assets.domain.contributions import Inputs, bucket_inputs
from dp_assets.domain.ingest.restatements import LinesOf, restatements
from tests.factories import make_config

COLUMNS = {"sku": "item", "sold_at": "day", "quantity": "qty", "transaction_id": "id"}
RULES: dict[str, dict[str, Any]] = {
    "till": {"by": "rows"},
    "office": {"by": "rows", "of": "till"},
    "branch": {"by": "dates"},
    "shop": {},
}
CONFIG = make_config(
    producers=[
        {"name": name, "files": [f"{name}/*"], "columns": COLUMNS, "restatement": rule} for name, rule in RULES.items()
    ]
)
B1, B2, B3 = "2017-01-02", "2017-01-09", "2017-01-16"
Line = tuple[str, str, int]
"""Key, business date, units; a line of no units withdraws."""


def landed(version: str, arrived_on: int, *lines: Line, uri: str | None = None) -> tuple[dict[str, Any], pl.DataFrame]:
    """A commit record of `<producer>-<name>`, and its file_lines."""
    producer = version.split("-")[0]
    by_rows, by_dates = (RULES[producer].get("by") == rule for rule in ("rows", "dates"))
    days = [day for _, day, _ in lines]
    commit = {
        "file_version_id": version,
        "producer": producer,
        "feed": "transactions",
        "uri": uri or version.replace("-", "/"),
        "arrived_at": f"2017-02-{arrived_on:02d}T06:00:00+00:00",
        "status": "accepted",
        "buckets": sorted({day for _, day, units in lines if units}),
        "replaces": [min(days), max(days)] if by_dates and lines else None,
        "tables": {"unified_transactions": f"rows of {version}"}
        | ({"file_lines": f"{version} {lines}"} if by_rows or by_dates else {}),
    }
    rows = [
        (version, number if by_rows else None, key if by_rows else None, date.fromisoformat(day), int(units > 0), units)
        for number, (key, day, units) in enumerate(lines, start=1)
    ]
    return commit, pl.DataFrame(rows, schema=FILE_LINES.schema, orient="row")


def read(files: Sequence[tuple[dict[str, Any], pl.DataFrame]]) -> LinesOf:
    """Gives what is asked for, and nothing that is not restated."""

    def lines_of(commits: Sequence[Any]) -> pl.DataFrame:
        asked = {commit["file_version_id"] for commit in commits}
        assert not any(version.startswith("shop") for version in asked)
        return pl.concat(
            [FILE_LINES.empty(), *(lines for commit, lines in files if commit["file_version_id"] in asked)]
        )

    return lines_of


def inputs(*files: tuple[dict[str, Any], pl.DataFrame], config: DemandConfig = CONFIG) -> dict[str, Inputs]:
    return bucket_inputs([commit for commit, _ in files], config, read(files))


def events(*files: tuple[dict[str, Any], pl.DataFrame]) -> list[tuple[Any, ...]]:
    """(version, row number, day of February, event, units) in order."""
    found = restatements([commit for commit, _ in files], CONFIG, read(files))
    units, day = pl.col("sign") * pl.col("quantity"), pl.col("known_from").dt.day().alias("day")
    return found.select("file_version_id", "row_number", day, "event", units).rows()


def changed(before: dict[str, Inputs], after: dict[str, Inputs]) -> set[str]:
    return {bucket for bucket in before | after if before.get(bucket) != after.get(bucket)}


SALES = landed("till-1", 1, ("t1", B1, 5), ("t2", B2, 3), ("t3", B3, 2))


def test_a_correction_touches_the_buckets_it_brings_and_those_it_takes_back_from_and_no_other() -> None:
    moved = landed("office-1", 2, ("t1", B2, 4))
    assert events(SALES, moved) == [("till-1", 1, 2, "corrected", -5.0)]
    assert changed(inputs(SALES), inputs(SALES, moved)) == {B1, B2}
    withdrawn = landed("office-1", 2, ("t3", B3, 0))
    assert changed(inputs(SALES), inputs(SALES, withdrawn)) == {B3}
    strange = landed("office-1", 2, ("t9", B1, 0))
    assert changed(inputs(SALES), inputs(SALES, strange)) == set()


def test_dates_touch_the_buckets_that_hold_them() -> None:
    days = landed("branch-1", 1, ("", B1, 5), ("", B2, 3), ("", B3, 2))
    again = landed("branch-2", 2, ("", B1, 5), ("", B2, 3))
    assert events(days, again) == [("branch-1", None, 2, "replaced", -5.0), ("branch-1", None, 2, "replaced", -3.0)]
    assert changed(inputs(days), inputs(days, again)) == {B1, B2}


def test_a_correction_of_a_correction_leaves_what_was_gone_as_it_was() -> None:
    first, second = landed("office-1", 2, ("t1", B1, 4)), landed("office-2", 3, ("t1", B1, 3))
    assert events(SALES, first, second) == [("office-1", 1, 3, "corrected", -4.0), ("till-1", 1, 2, "corrected", -5.0)]


def test_what_a_restated_correction_does_not_correct_any_more_counts_again() -> None:
    first = landed("office-1", 2, ("t1", B1, 4), ("t2", B2, 1))
    second = landed("office-2", 4, ("t2", B2, 1), uri="office/1")
    assert events(SALES, first, second) == [
        ("till-1", 1, 2, "corrected", -5.0),
        ("till-1", 1, 4, "restored", 5.0),
        ("till-1", 2, 2, "corrected", -3.0),
    ]


def test_without_a_recalled_correction_everything_is_as_it_was() -> None:
    first, second = landed("office-1", 2, ("t1", B1, 4)), landed("office-2", 3, ("t1", B1, 3))
    assert inputs(SALES, second) == inputs(second, SALES)
    assert changed(inputs(SALES), inputs(SALES, first)) == changed(inputs(SALES, first, second), inputs(SALES, second))


def test_at_one_moment_the_producer_comes_before_its_corrections_and_then_the_path_decides() -> None:
    same = landed("office-1", 1, ("t1", B1, 4))
    assert events(SALES, same) == [("till-1", 1, 1, "corrected", -5.0)]
    earlier = landed("till-0", 1, ("t1", B1, 9))
    assert events(SALES, earlier) == [("till-0", 1, 1, "corrected", -9.0)]


def test_lines_of_one_file_do_not_correct_each_other() -> None:
    assert events(landed("till-1", 1, ("t1", B1, 5), ("t1", B1, 2), ("t1", B1, 0))) == []


def test_producers_that_neither_restate_nor_are_restated_are_not_looked_at() -> None:
    plain = landed("shop-1", 1, ("t1", B1, 5))
    assert changed(inputs(plain), inputs(plain, SALES, landed("office-1", 2, ("t1", B1, 4)))) == {B1, B2, B3}
    made = inputs(plain, SALES)[B1]["shop-1"]
    assert made == bucket_inputs([plain[0]], make_config())[B1]["shop-1"]


def test_nobody_reads_lines_where_nothing_is_restated() -> None:
    assert bucket_inputs([SALES[0]], make_config())
    with pytest.raises(ValueError, match="file_lines of 2 versions are needed"):
        bucket_inputs([SALES[0], landed("office-1", 2)[0]], CONFIG)
