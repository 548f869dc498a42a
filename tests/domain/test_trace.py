"""Links of a published number, found in small tables."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dp_assets.domain.trace import (
    CONTRIBUTION,
    counted,
    decisive,
    history_bucket,
    inputs_about,
    nodes_above,
    rows_of_series,
)

BUCKET = date(2017, 12, 11)
KNOWN_AT = datetime(2017, 12, 5, tzinfo=UTC)


def rollup(hierarchy: str, level: str, node: str, parent: str | None, lead: int = 1) -> dict[str, Any]:
    numbers = {"base_forecast": 1.0, "forecast": 2.0, "locked": False}
    return {"hierarchy": hierarchy, "level": level, "node": node, "parent": parent, "lead": lead, **numbers}


ROLLUPS = pl.DataFrame(
    [
        rollup(*one, lead=lead)
        for lead in (1, 2)
        for one in (
            ("product", "total", "total", None),
            ("product", "department", "A\\/B", "total"),
            ("product", "brand", "A\\/B/own", "A\\/B"),
            ("product", "department", "C", "total"),
            ("product", "series", "milk", "A\\/B/own"),
            ("place", "total", "total", None),
            ("place", "series", "milk", "total"),
        )
    ]
)


def planned(node: str, user: str = "ann", sequence: int = 1, **changes: Any) -> dict[str, Any]:
    about = {"hierarchy": "product", "node": node, "bucket_start": BUCKET, "quantity": 5.0, "locked": False}
    return {**about, "user": user, "reason_code": "promotion", "ledger_sequence": sequence, **changes}


def test_nodes_above_a_series_come_from_the_top_down_in_every_hierarchy() -> None:
    own, nodes = nodes_above(ROLLUPS, "milk", 1)
    assert own is not None
    assert own["hierarchy"] == "product"
    assert [(one["hierarchy"], one["node"]) for one in nodes] == [
        *(("product", node) for node in ("total", "A\\/B", "A\\/B/own")),
        ("place", "total"),
    ]
    assert nodes_above(ROLLUPS, "tea", 1) == (None, [])


def test_inputs_that_speak_of_a_number_are_those_of_the_series_and_of_what_is_above_it() -> None:
    _, nodes = nodes_above(ROLLUPS, "milk", 1)
    inputs = pl.DataFrame(
        [
            planned("total", sequence=1),
            planned("A\\/B", sequence=2),
            planned("C", sequence=3),
            planned("milk", sequence=4),
            planned("milk", sequence=5, bucket_start=BUCKET + timedelta(weeks=1)),
            planned("total", sequence=6, hierarchy="place"),
        ]
    )
    found = inputs_about(inputs, "milk", nodes, BUCKET)
    assert [one["ledger_sequence"] for one in found] == [4, 6, 2, 1]


@pytest.mark.parametrize(
    ("noted", "sequence"), [({"ledger_sequence": 2}, 2), ({"ledger_sequence": None}, None), ({}, None)]
)
def test_the_number_that_decides_is_the_one_that_publishing_noted(noted: dict[str, Any], sequence: int | None) -> None:
    about = [planned("milk", sequence=4), planned("A\\/B", "bob", 2), planned("total", "bob", 1)]
    found = decisive(noted, about)
    assert (found and found["ledger_sequence"]) == sequence


def test_rows_of_a_file_count_all_some_or_not_at_all_for_a_cycle() -> None:
    hour = timedelta(hours=1)
    events = [
        ("whole", "landed", KNOWN_AT - hour, 3),
        ("superseded", "landed", KNOWN_AT - 2 * hour, 5),
        ("superseded", "superseded", KNOWN_AT - hour, -5),
        ("superseded later", "landed", KNOWN_AT - hour, 4),
        ("superseded later", "superseded", KNOWN_AT + hour, -4),
        ("corrected", "landed", KNOWN_AT - 2 * hour, 4),
        ("corrected", "corrected", KNOWN_AT - hour, -1),
        ("late", "landed", KNOWN_AT + hour, 2),
    ]
    names = ("file_version_id", "event", "known_from", "transactions")
    frame = pl.DataFrame(events, names, orient="row").with_columns(pl.col("known_from").dt.convert_time_zone("UTC"))
    found = counted(frame, KNOWN_AT)
    assert found == {"whole": "all", "superseded": "none", "superseded later": "all", "corrected": "some"}


@given(
    st.lists(st.tuples(st.integers(-50, 50), st.integers(-100, 100)), max_size=12),
    st.integers(-50, 50),
)
def test_what_is_known_and_what_is_not_are_all_there_is_and_known_units_are_their_sum(
    parts: list[tuple[int, int]], hour: int
) -> None:
    moment = KNOWN_AT + timedelta(hours=hour)
    rows = [
        (f"v{at}", "landed", KNOWN_AT + timedelta(hours=since), float(units), 0.0, 1)
        for at, (since, units) in enumerate(parts)
    ]
    schema = dict(
        zip(
            CONTRIBUTION,
            (pl.String, pl.String, pl.Datetime("us", "UTC"), pl.Float64, pl.Float64, pl.Int64),
            strict=True,
        )
    )
    expected = sum(row[3] for row in rows if row[2] <= moment)
    found = history_bucket(BUCKET, pl.DataFrame(rows, schema, orient="row"), moment, expected, ())
    assert found.units == expected
    assert found.agrees
    assert {one["file_version_id"] for one in (*found.known, *found.unknown)} == {row[0] for row in rows}
    assert not history_bucket(BUCKET, pl.DataFrame(rows, schema, orient="row"), moment, expected + 1, ()).agrees


def test_rows_of_a_series_are_those_of_its_key_and_bucket() -> None:
    days = [BUCKET, BUCKET + timedelta(days=6), BUCKET + timedelta(days=7), BUCKET, BUCKET]
    rows = pl.DataFrame(
        {
            "file_version_id": "v",
            "row_number": [3, 1, 2, 4, 5],
            "sold_at": KNOWN_AT,
            "sold_on": days,
            "sku": ["milk", "milk", "milk", "tea", "milk"],
            "location": [None, None, None, None, "rome"],
            **dict.fromkeys(("quantity", "revenue", "unit_price"), 1.0),
            "transaction_id": "t",
        }
    ).lazy()
    week = timedelta(weeks=1)
    whole = rows_of_series(rows, {"sku": "milk"}, BUCKET, week).collect()
    assert whole["row_number"].to_list() == [1, 3, 5]
    nowhere = rows_of_series(rows, {"sku": "milk", "location": ""}, BUCKET, week).collect()
    assert nowhere["row_number"].to_list() == [1, 3]
