"""The ledger accounts for every row and unit, whatever the order of the commit records."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dp_assets.domain.ingest.restatements import RESTATEMENT_SCHEMA
from dp_assets.domain.ledger import FATES, file_ledger, imbalances, ledger_totals, not_entered, rejections

START = datetime(2017, 2, 1, 12, tzinfo=UTC)


def commit(name: str, uri: str = "shop/a.csv", hours: int = 0, **changes: Any) -> dict[str, Any]:
    """A commit record of ten rows: eight accepted, two rejected."""
    rejected_by = {"exclude_returns": 1, "invalid_quantity": 1}
    return {
        "file_version_id": f"shop-{name}",
        "producer": "shop",
        "feed": "transactions",
        "uri": uri,
        "arrived_at": (START + timedelta(hours=hours)).isoformat(),
        "status": "accepted",
        "reason": None,
        "rows": {"read": 10, "accepted": 8, "rejected": 2, "duplicate": 0},
        "quantity": {"read": 15.0, "accepted": 16.0, "rejected": -1.0, "duplicate": 0.0},
        "rejected_by": rejected_by,
        "units_rejected_by": {"exclude_returns": -1.0, "invalid_quantity": 0.0},
        **changes,
    }


def test_a_restated_file_says_which_version_replaces_it_and_from_when() -> None:
    ledger = file_ledger([commit("new", hours=5), commit("old"), commit("other", uri="shop/b.csv")])
    rows = {row["file_version_id"]: row for row in ledger.iter_rows(named=True)}
    assert rows["shop-old"]["superseded_by"] == "shop-new"
    assert rows["shop-old"]["superseded_from"] == START + timedelta(hours=5)
    assert rows["shop-new"]["superseded_by"] is None
    assert rows["shop-other"]["superseded_from"] is None


def test_a_broken_restatement_replaces_nothing() -> None:
    nothing = {"read": 0, "accepted": 0, "rejected": 0, "duplicate": 0}
    broken = commit("new", hours=5, status="quarantined", reason="junk", rows=nothing, quantity=nothing)
    broken |= {"rejected_by": {}, "units_rejected_by": {}}
    ledger = file_ledger([commit("old"), broken])
    assert ledger["superseded_by"].to_list() == [None, None]
    assert imbalances(ledger, {"shop-new": 7}) == []


def test_a_recalled_restatement_stays_accounted_for_but_replaces_nothing() -> None:
    ledger = file_ledger([commit("old"), commit("new", hours=5)], {"shop-new"})
    rows = {row["file_version_id"]: row for row in ledger.iter_rows(named=True)}
    assert (rows["shop-old"]["superseded_by"], rows["shop-old"]["recalled"]) == (None, False)
    assert rows["shop-new"]["recalled"]
    assert imbalances(ledger) == []
    assert ledger_totals(ledger)["recalled"].to_list() == [1]


def test_totals_per_producer_add_up_and_name_every_filter() -> None:
    ledger = file_ledger([commit("a"), commit("b", uri="shop/b.csv"), commit("c", uri="x", producer="till")])
    totals = {row["producer"]: row for row in ledger_totals(ledger).iter_rows(named=True)}
    assert (totals["shop"]["files"], totals["shop"]["rows_read"], totals["shop"]["units_accepted"]) == (2, 20, 32.0)
    assert rejections(ledger).filter(pl.col("producer") == "shop").rows() == [
        ("shop", "exclude_returns", 2, 2, -2.0),
        ("shop", "invalid_quantity", 2, 2, 0.0),
    ]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"rows": {"read": 11, "accepted": 8, "rejected": 2, "duplicate": 0}}, "read 11 rows ≠ 8 accepted"),
        ({"quantity": {"read": 15.1, "accepted": 16.0, "rejected": -1.0, "duplicate": 0.0}}, "read 15.1 units ≠ 16"),
        ({"rejected_by": {"exclude_returns": 1}}, "2 rows rejected, but filters and type rules name 1"),
        ({"units_rejected_by": {"exclude_returns": -2.0}}, "-1 units rejected, but filters and type rules name -2"),
    ],
)
def test_what_does_not_add_up_is_named_with_its_file(change: dict[str, Any], said: str) -> None:
    found = imbalances(file_ledger([commit("a", **change)]))
    assert any(said in one and "shop-a (shop/a.csv)" in one for one in found)


def test_rows_that_the_reader_counted_but_nobody_accounted_for_are_found() -> None:
    ledger = file_ledger([commit("a")])
    assert imbalances(ledger, {"shop-a": 10}) == []
    assert imbalances(ledger, {"shop-a": 12}) == ["shop-a (shop/a.csv): 10 rows accounted for, but the file holds 12"]


def test_what_other_files_take_back_stands_there_as_compensating_rows() -> None:
    moments = [START + timedelta(hours=hours) for hours in (5, 7, 9)]
    restated = pl.DataFrame(
        [
            ("shop-a", 1, START.date(), "corrected", moments[0], -1, "shop-b", 1, 2.5),
            ("shop-a", 2, START.date(), "corrected", moments[0], -1, "shop-b", 1, 4.0),
            ("shop-a", 2, START.date(), "restored", moments[1], 1, "shop-b", 1, 4.0),
            ("shop-a", None, START.date(), "replaced", moments[2], -1, "shop-c", 3, 1.0),
        ],
        schema=RESTATEMENT_SCHEMA,
        orient="row",
    )
    records = [commit("a"), commit("b", uri="shop/b.csv", hours=5), commit("c", uri="shop/c.csv", hours=9)]
    ledger = file_ledger(records, restated=restated)
    row = ledger.row(by_predicate=pl.col("file_version_id") == "shop-a", named=True)
    assert (row["rows_accepted"], row["rows_withdrawn"], row["units_withdrawn"]) == (8, 4, 3.5)
    assert [
        (one["file_version_id"], one["event"], one["rows"], one["units"]) for one in json.loads(row["withdrawn_by"])
    ] == [
        ("shop-b", "corrected", -2, -6.5),
        ("shop-b", "restored", 1, 4.0),
        ("shop-c", "replaced", -3, -1.0),
    ]
    assert imbalances(ledger) == []
    assert ledger_totals(ledger)["rows_withdrawn"].to_list() == [4]


def test_a_file_cannot_lose_more_rows_than_it_had() -> None:
    one = ("shop-a", None, START.date(), "replaced", START, -1, "shop-b", 9, 1.0)
    restated = pl.DataFrame([one], schema=RESTATEMENT_SCHEMA, orient="row")
    (found,) = imbalances(file_ledger([commit("a")], restated=restated))
    assert "8 rows accepted, but other files took 9 of them back" in found


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"status": "duplicate"},
        {"reason": "same content"},
        {"rejected_by": {"exclude_returns": 2}},
        {"rows": {"read": 11, "accepted": 9, "rejected": 2, "duplicate": 0}},
        {"quantity": {"read": 15.0, "accepted": 16.5, "rejected": -1.5, "duplicate": 0.0}},
    ],
)
def test_a_version_is_not_entered_while_the_ledger_lacks_its_line_or_holds_that_of_an_earlier_record(
    change: dict[str, Any],
) -> None:
    ledger = file_ledger([commit("a"), commit("b", uri="shop/b.csv")])
    now = {one["file_version_id"]: one for one in (commit("a"), commit("b", uri="shop/b.csv", **change), commit("c"))}
    assert not_entered(ledger, now) == {"shop-c", *(["shop-b"] if change else [])}


def test_no_files_make_an_empty_ledger_that_balances() -> None:
    ledger = file_ledger([])
    assert ledger.is_empty()
    assert imbalances(ledger) == []
    assert ledger_totals(ledger).is_empty()


amounts = st.fixed_dictionaries({fate: st.integers(0, 10**9) for fate in FATES})
units = st.fixed_dictionaries({fate: st.floats(-1e9, 1e9) for fate in FATES})


@settings(deadline=None)
@given(st.lists(st.tuples(amounts, units, st.integers(0, 3)), max_size=8), st.randoms())
def test_records_that_add_up_balance_in_any_order(parts: list[Any], shuffled: Any) -> None:
    records = [
        commit(
            str(number),
            uri=f"shop/{path}.csv",
            hours=number,
            rows={"read": sum(rows.values()), **rows},
            quantity={"read": sum(quantity.values()), **quantity},
            rejected_by={"some_filter": rows["rejected"]} if rows["rejected"] else {},
            units_rejected_by={"some_filter": quantity["rejected"]},
        )
        for number, (rows, quantity, path) in enumerate(parts)
    ]
    ledger = file_ledger(records)
    shuffled.shuffle(records)
    assert file_ledger(records).equals(ledger)
    assert imbalances(ledger) == []
    read = sum(sum(rows.values()) for rows, _, _ in parts)
    assert ledger_totals(ledger)["rows_read"].sum() == read
    assert sum(sum(json.loads(text).values()) for text in ledger["rejected_by"]) == ledger["rows_rejected"].sum()
