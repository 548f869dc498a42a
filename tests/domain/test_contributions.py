"""What buckets are made of: which file versions, as they count now."""

from __future__ import annotations

from typing import Any

from dp_assets.domain.contributions import Inputs, bucket_inputs
from tests.factories import make_config

CONFIG = make_config()
B1, B2, B3 = "2017-01-02", "2017-01-09", "2017-01-16"


def commit(version: str, arrived_on: str, *buckets: str, **changes: Any) -> dict[str, Any]:
    return {
        "file_version_id": version,
        "producer": "shop",
        "feed": "transactions",
        "uri": "a.csv",
        "arrived_at": f"{arrived_on}T06:00:00+00:00",
        "status": "accepted",
        "buckets": list(buckets),
        "tables": {"unified_transactions": f"rows of {version}"},
        **changes,
    }


def plan(version: str, arrived_on: str, first: str, last: str, **changes: Any) -> dict[str, Any]:
    return commit(version, arrived_on, feed="promotions", uri="plan.csv", reach=[first, last], **changes)


def inputs(*commits: dict[str, Any]) -> dict[str, Inputs]:
    return bucket_inputs(commits, CONFIG)


def test_a_bucket_is_made_of_every_version_with_rows_in_it_replaced_ones_too() -> None:
    old, new = commit("old", "2017-01-09", B1, B2), commit("new", "2017-01-11", B2, B3)
    made = inputs(new, old)
    assert {bucket: set(versions) for bucket, versions in made.items()} == {
        B1: {"old"},
        B2: {"old", "new"},
        B3: {"new"},
    }


def test_a_restated_file_changes_the_buckets_of_what_it_replaces() -> None:
    old = commit("old", "2017-01-09", B1)
    before, after = inputs(old), inputs(old, commit("new", "2017-01-11", B2))
    assert before[B1].keys() == after[B1].keys() == {"old"}
    assert before[B1] != after[B1]


def test_a_third_version_changes_nothing_where_only_the_first_had_sold() -> None:
    first, second = commit("1", "2017-01-09", B1), commit("2", "2017-01-10", B2)
    before, after = inputs(first, second), inputs(first, second, commit("3", "2017-01-11", B3))
    assert before[B1] == after[B1]
    assert before[B2] != after[B2]


def test_a_version_in_quarantine_is_no_input_and_replaces_nothing() -> None:
    old = commit("old", "2017-01-09", B1)
    assert inputs(old, commit("broken", "2017-01-11", B2, status="quarantined")) == inputs(old)


def test_other_rows_of_the_same_version_are_another_input_and_other_rejected_rows_are_not() -> None:
    one = commit("a", "2017-01-09", B1)
    other = {**one, "tables": {**one["tables"], "rejected_rows": "other"}}
    assert inputs(one) == inputs(other)
    assert inputs(one) != inputs({**one, "tables": {"unified_transactions": "other"}})


def test_files_under_other_paths_do_not_replace_each_other() -> None:
    first = commit("1", "2017-01-09", B1)
    assert inputs(first)[B1] == inputs(first, commit("2", "2017-01-10", B2, uri="b.csv"))[B1]


def test_a_promotions_calendar_is_an_input_where_its_plans_reach_and_somebody_sold_while_it_was_current() -> None:
    sales = [commit(f"w{n}", f"2017-01-{9 + 7 * n:02d}", day, uri=f"{n}") for n, day in enumerate((B1, B2, B3))]
    made = inputs(*sales, plan("p", "2017-01-10", "2017-01-07", "2017-01-15"))
    assert {bucket: set(versions) for bucket, versions in made.items()} == {B1: {"w0"}, B2: {"w1", "p"}, B3: {"w2"}}


def test_a_calendar_restated_after_the_sales_arrived_changes_no_bucket() -> None:
    sales, calendar = commit("w0", "2017-01-09", B1), plan("p1", "2017-01-02", B1, "2017-01-29")
    before = inputs(sales, calendar)
    assert inputs(sales, calendar, plan("p2", "2017-01-10", B1, "2017-01-29")) == before
    assert inputs(sales, calendar, plan("p2", "2017-01-08", B1, "2017-01-29")) != before


def test_another_series_key_is_another_bucket() -> None:
    one = commit("a", "2017-01-09", B1)
    assert bucket_inputs([one], make_config(series_key=["sku", "location"])) != inputs(one)
