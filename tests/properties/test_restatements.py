"""Files that restate rows and dates of earlier ones: fast paths give what their slow twins give."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dp_assets.domain.config import DemandConfig
from dp_assets.domain.contracts import transactions_cleaned, weekly_buckets
from tests.lake_makers import at, bucket_config
from tests.oracles.restatements import events, files_of
from tests.oracles.weekly_buckets import contributions
from tests.properties.test_sql_models_match_slow_twins import FIRST, RandomLake

pytestmark = pytest.mark.slow

DAYS = st.integers(-3, 32).map(lambda days: FIRST + timedelta(days=days))
MOMENTS = st.integers(0, 12).map(lambda days: at(FIRST + timedelta(days=20 + days)))
LINES = st.fixed_dictionaries(
    {
        "sku": st.sampled_from(["milk", "bread"]),
        "transaction_id": st.sampled_from(["t1", "t2", "t3"]),
        "location": st.sampled_from([None, "rome"]),
        "sold_on": DAYS,
        "quantity": st.integers(0, 5).map(float),
        "revenue": st.none() | st.integers(1, 900).map(lambda cents: cents / 100),
    }
)
SALES = {"sku": "sku", "sold_at": "sold_at", "quantity": "quantity"}
KEYED = {**SALES, "transaction_id": "transaction_id", "location": "location"}
PLAN = ("sku", "starts_on", "ends_on")
PLANS = st.builds(
    lambda sku, start, days: {"sku": sku, "starts_on": start, "ends_on": start + timedelta(days=days)},
    st.sampled_from(["milk", "bread"]),
    DAYS,
    st.integers(0, 20),
)


def restating_config(weeks: int = 1, key: tuple[str, ...] = ("sku",)) -> DemandConfig:
    """Tills that correct each other's lines and are corrected by an office; branches that deliver days as a whole, some
    of which an audit delivers again; a plain shop whose days the same kind of audit replaces."""
    by_rows = {"by": "rows", "key": ["transaction_id", "sku", "location"]}
    producers = [
        {"name": "till", "columns": KEYED, "restatement": by_rows},
        {"name": "office", "columns": KEYED, "restatement": {**by_rows, "of": "till"}},
        {"name": "branch", "columns": SALES, "restatement": {"by": "dates"}},
        {"name": "audit", "columns": SALES, "restatement": {"by": "dates", "of": "till"}},
        {"name": "shop", "columns": SALES},
        {"name": "final", "columns": SALES, "restatement": {"by": "dates", "of": "shop"}},
        {
            "name": "marketing",
            "feed": "promotions",
            "columns": {name: name for name in ("sku", "starts_on", "ends_on")},
        },
    ]
    return bucket_config(
        producers=[{**one, "files": [f"{one['name']}/*"]} for one in producers],
        bucket={"weeks": weeks, "first": FIRST, "time_zone": "Europe/Rome"},
        series_key=list(key),
    )


def versions(producer: str, rows: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.builds(
        lambda file, arrived_at, lines: {
            "producer": producer,
            "uri": f"{producer}/{file}",
            "arrived_at": arrived_at,
            "rows": lines,
        },
        st.sampled_from("abc"),
        MOMENTS,
        st.lists(rows, max_size=4),
    )


LANDED = st.lists(
    st.one_of(
        *(versions(producer, LINES) for producer in ("till", "office", "branch", "audit", "shop", "final")),
        versions("till", LINES),
        versions("office", LINES),
        versions("marketing", PLANS),
    ),
    max_size=9,
    unique_by=lambda version: (version["uri"], version["arrived_at"]),
)
EXAMPLES = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def expected_events(lake: RandomLake, landed: list[dict[str, Any]]) -> list[tuple[str, int, str, datetime, int]]:
    sold = [one for one in landed if lake.config.producer(one["producer"]).feed == "transactions"]
    return events(lake.config, files_of(sold, lake.spans.to_dicts(), lake.name))


def found_events(lake: RandomLake) -> list[tuple[str, int, str, datetime, int]]:
    """What the fast path says of every accepted line, dates taken apart into their lines."""
    lines = lake.tables["unified_transactions"].select("file_version_id", "row_number", "sold_on")
    restated = lake.tables["restatements"]
    by_line = restated.filter(pl.col("row_number").is_not_null())
    by_date = restated.filter(pl.col("row_number").is_null()).drop("row_number")
    both = pl.concat([by_line, by_date.join(lines, on=["file_version_id", "sold_on"]).select(by_line.columns)])
    return sorted(both.select("file_version_id", "row_number", "event", "known_from", "sign").rows())


@given(landed=LANDED)
@settings(EXAMPLES, max_examples=150)
def test_events_are_those_of_the_slow_twin(landed: list[dict[str, Any]]) -> None:
    lake = RandomLake(restating_config(), landed)
    assert found_events(lake) == expected_events(lake, landed)


@given(landed=LANDED, order=st.randoms(use_true_random=False))
@EXAMPLES
def test_the_order_of_commit_records_changes_nothing(landed: list[dict[str, Any]], order: Any) -> None:
    shuffled = list(landed)
    order.shuffle(shuffled)
    first, second = (RandomLake(restating_config(), files).tables["restatements"] for files in (landed, shuffled))
    assert first.equals(second)


@given(landed=LANDED, after=st.integers(0, 40))
@EXAMPLES
def test_what_was_known_at_a_moment_needs_only_what_had_arrived(landed: list[dict[str, Any]], after: int) -> None:
    moment = at(FIRST + timedelta(days=after), hour=7)
    so_far = RandomLake(restating_config(), [one for one in landed if one["arrived_at"] <= moment])
    everything = RandomLake(restating_config(), landed).tables["restatements"].filter(pl.col("known_from") <= moment)
    assert everything.equals(so_far.tables["restatements"])


@pytest.mark.parametrize(("weeks", "key"), [(1, ("sku",)), (2, ("sku",)), (4, ("sku", "location"))])
@given(landed=LANDED)
@EXAMPLES
def test_buckets_are_those_of_the_slow_twin(weeks: int, key: tuple[str, ...], landed: list[dict[str, Any]]) -> None:
    lake = RandomLake(restating_config(weeks, key), landed)
    restated = expected_events(lake, landed)
    expected = contributions(
        lake.config, lake.spans.to_dicts(), lake.rows("unified_transactions"), lake.rows("promotions"), restated
    )
    frame = weekly_buckets(lake.config).conform(lake.run("weekly_buckets"))
    as_text = frame.with_columns(pl.col("bucket_start").cast(pl.String), pl.col("transactions").cast(pl.Float64))
    assert as_text.to_dicts() == expected

    left = {(version, number): 0 for version, number, *_ in restated}
    for version, number, _, _, sign in restated:
        left[version, number] += sign
    standing = set(lake.spans.filter(pl.col("superseded_from").is_null())["file_version_id"])
    current = [
        (line["file_version_id"], line["row_number"])
        for line in lake.rows("unified_transactions")
        if line["file_version_id"] in standing and left.get((line["file_version_id"], line["row_number"]), 0) == 0
    ]
    cleaned = transactions_cleaned(lake.config).conform(lake.run("transactions_cleaned"))
    assert sorted(cleaned.select("file_version_id", "row_number").rows()) == sorted(current)
