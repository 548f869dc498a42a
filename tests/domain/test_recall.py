"""Recalls as events: what they add up to, which version a name means, how far they reach, what they change."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dp_assets.domain.buckets import BucketGrid
from dp_assets.domain.ingest.registration import Registration
from dp_assets.domain.recall import (
    Backdated,
    Event,
    FileEvent,
    RecallRefusedError,
    backdated,
    difference_totals,
    next_moment,
    published_difference,
    reaches,
    recalled,
    recalls_at,
    version_to_backdate,
    version_to_recall,
    version_to_restore,
)
from tests.factories import make_config

NOW = datetime(2017, 5, 2, 12, tzinfo=UTC)
GRID = BucketGrid.of(make_config())


def make_event(event: Event, version: str, at: datetime = NOW) -> FileEvent:
    return FileEvent(event, version, at, "ann", "wrong till", {"2017-05-01": "hash"})


def commit(version: str, week: int, uri: str = "a.csv", buckets: tuple[int, ...] = (), **changes: Any) -> Any:
    """A commit record of a file that arrived on the Monday after a week, with rows in the buckets of weeks."""
    record = {
        "file_version_id": version,
        "uri": uri,
        "feed": "transactions",
        "status": "accepted",
        "reason": None,
        "arrived_at": (datetime(2017, 1, 9, 6, tzinfo=UTC) + timedelta(weeks=week)).isoformat(),
        "buckets": [str(monday(number)) for number in buckets],
    }
    return {version: {**record, **changes}}


def monday(week: int) -> date:
    return date(2017, 1, 2) + timedelta(weeks=week)


VERSIONS = {**commit("v1", 0, buckets=(0,)), **commit("v2", 3, buckets=(1,)), **commit("v3", 5, buckets=(2,))}


# -- events -----------------------------------------------------------------------------------------------------------


def test_the_last_event_of_a_version_is_its_state_whatever_the_order_they_are_read_in() -> None:
    events: list[FileEvent] = []
    for event, version in (("recall", "a"), ("recall", "b"), ("undo", "a"), ("recall", "c"), ("recall", "a")):
        events.append(make_event(event, version, next_moment(events, NOW)))  # type: ignore[arg-type]
    events.append(make_event("undo", "b", next_moment(events, NOW)))
    random.Random(3).shuffle(events)
    assert recalled(events) == {"a", "c"}


@given(st.lists(st.sampled_from(["recall", "undo"]), min_size=1, max_size=9))
def test_events_of_a_clock_that_stands_still_keep_their_order(told: list[Event]) -> None:
    events: list[FileEvent] = []
    for event in told:
        events.append(make_event(event, "a", next_moment(events, NOW)))
    assert sorted(events, key=lambda one: one.identifier) == events
    assert recalled(reversed(events)) == ({"a"} if told[-1] == "recall" else frozenset())


def make_backdate(version: str, arrived_at: datetime | None, at: datetime = NOW) -> FileEvent:
    recorded_at = NOW - timedelta(days=1) if arrived_at else None
    return replace(make_event("backdate", version, at), arrived_at=arrived_at, recorded_at=recorded_at)


def test_an_event_is_stored_as_it_was_told() -> None:
    for told in (make_event("undo", "a"), make_backdate("a", NOW - timedelta(days=9)), make_backdate("a", None)):
        assert FileEvent.from_record(told.to_record()) == told
    event = make_event("recall", "a")
    assert set(event.to_record()) == {"event", "file_version_id", "at", "by", "reason", "published"}
    assert FileEvent.from_record(event.to_record()) == event
    assert event.identifier.startswith("20170502T120000.000000Z-")


def test_a_backdated_arrival_holds_until_it_is_undone_and_is_no_recall() -> None:
    early, earlier = NOW - timedelta(days=9), NOW - timedelta(days=12)
    events = [make_backdate("a", early), make_backdate("b", early), make_event("recall", "b", NOW + timedelta(hours=1))]
    assert backdated(events) == dict.fromkeys(("a", "b"), Backdated(early, NOW - timedelta(days=1)))
    assert recalled(events) == {"b"}
    events += [
        make_backdate("a", None, NOW + timedelta(hours=2)),
        make_backdate("b", earlier, NOW + timedelta(hours=2)),
    ]
    assert backdated(events) == {"b": Backdated(earlier, NOW - timedelta(days=1))}


# -- names ------------------------------------------------------------------------------------------------------------


def test_a_path_means_the_version_that_counts_there() -> None:
    broken = commit("v4", 6, status="quarantined", reason="what is this")
    assert version_to_recall("a.csv", {**VERSIONS, **broken}, ()) == "v3"
    assert version_to_recall("a.csv", VERSIONS, {"v3"}) == "v2"
    assert version_to_recall("v1", VERSIONS, {"v3"}) == "v1"
    assert version_to_restore("a.csv", VERSIONS, {"v2"}) == "v2"


@pytest.mark.parametrize(
    ("name", "withdrawn", "undo", "message"),
    [
        ("b.csv", (), False, "expected a file version or a path below the landing root, got 'b.csv'"),
        ("v2", ("v2",), False, "recalled already"),
        ("a.csv", ("v1", "v2", "v3"), False, "no version of a.csv counts; its versions are v1, v2, v3"),
        ("broken", (), False, "in quarantine and counts for nothing: what is this"),
        ("v1", (), True, "not recalled"),
        ("a.csv", (), True, "no version of a.csv is recalled"),
        ("a.csv", ("v1", "v3"), True, "name one of v1, v3"),
    ],
)
def test_what_cannot_be_recalled_or_restored_is_refused_with_what_to_do(
    name: str, withdrawn: tuple[str, ...], undo: bool, message: str
) -> None:
    commits = {**VERSIONS, **commit("broken", 6, "c.csv", status="quarantined", reason="what is this")}
    find = version_to_restore if undo else version_to_recall
    with pytest.raises(RecallRefusedError, match=message):
        find(name, commits, withdrawn)


def known_versions() -> list[Registration]:
    """The registrations behind `VERSIONS`: each one replaces the one before it at their path."""
    found: list[Registration] = []
    for version, one in VERSIONS.items():
        arrived_at = datetime.fromisoformat(one["arrived_at"])
        before = found[-1].file_version_id if found else None
        found.append(
            Registration(version, "shop", "transactions", "a.csv", version, version, 1, arrived_at, arrived_at, before)
        )
    return found


def test_a_version_is_backdated_between_its_predecessor_and_its_recorded_arrival() -> None:
    known = known_versions()
    meant = known[1].arrived_at + timedelta(hours=1)
    found = version_to_backdate("a.csv", meant, VERSIONS, (), known, {})
    assert found == ("v3", Backdated(meant, known[2].arrived_at))
    moved = [*known[:2], replace(known[2], arrived_at=meant)]
    again = version_to_backdate("v3", meant + timedelta(hours=1), VERSIONS, (), moved, {"v3": found[1]})  # type: ignore[dict-item]
    assert again == ("v3", Backdated(meant + timedelta(hours=1), known[2].arrived_at))
    assert version_to_backdate("v3", None, VERSIONS, (), moved, {"v3": found[1]}) == ("v3", None)  # type: ignore[dict-item]


@pytest.mark.parametrize(
    ("days", "message"),
    [
        (0, "expected an arrival before the recorded one, 2017-02-13"),
        (-14, "expected an arrival after that of v2, which v3 replaces, 2017-01-30"),
        (None, "there is nothing to undo"),
    ],
)
def test_an_arrival_that_cannot_be_is_refused(days: int | None, message: str) -> None:
    known = known_versions()
    arrived_at = None if days is None else known[2].arrived_at + timedelta(days=days)
    with pytest.raises(RecallRefusedError, match=message):
        version_to_backdate("v3", arrived_at, VERSIONS, (), known, {})


# -- reach ------------------------------------------------------------------------------------------------------------


def cycles_reached(commits: Any, *withdrawn: str) -> dict[int, tuple[str, ...]]:
    """Week of the cutoff → recalled versions that matter, for the cycles that any matters to."""
    of = recalls_at(GRID, reaches(commits, frozenset(withdrawn)))
    found = {week: of(str(monday(week))) for week in range(12)}
    return {week: versions for week, versions in found.items() if versions}


def test_a_recall_reaches_the_cycles_that_knew_the_file_and_have_its_buckets_behind_them() -> None:
    assert min(cycles_reached(commit("a", 4, buckets=(1,)), "a")) == 5
    assert min(cycles_reached(commit("a", 0, buckets=(3, 7)), "a")) == 4


def test_a_restatement_reaches_from_the_first_bucket_of_what_counts_again() -> None:
    early = {**commit("old", 0, buckets=(2,)), **commit("new", 1, buckets=(8,))}
    assert min(cycles_reached(early, "new")) == 3
    assert min(cycles_reached(early, "old")) == 3


def test_with_several_versions_recalled_it_is_the_first_one_left_that_counts_again() -> None:
    commits = {
        **commit("1", 0, buckets=(0,)),
        **commit("2", 1, buckets=(5,)),
        **commit("3", 1, buckets=(6,), arrived_at="2017-01-17T06:00:00+00:00"),
    }
    assert min(cycles_reached(commits, "3")) == 6
    assert cycles_reached(commits, "2", "3")[3] == ("2", "3")


def test_reference_data_reaches_every_cycle_that_knew_it_and_a_file_in_quarantine_none() -> None:
    assert min(cycles_reached(commit("m", 2, feed="products"), "m")) == 3
    assert cycles_reached(commit("a", 2, status="quarantined"), "a") == {}
    assert cycles_reached({}, "gone") == {}


def test_a_backdated_file_reaches_the_cycles_between_its_declared_and_its_recorded_arrival() -> None:
    late = commit("a", 6, buckets=(1,))
    recorded_at = datetime.fromisoformat(late["a"]["arrived_at"])
    declared = {"a": Backdated(recorded_at - timedelta(weeks=4), recorded_at)}
    of = recalls_at(GRID, reaches(late, (), declared))
    assert [week for week in range(12) if of(str(monday(week)))] == [3, 4, 5, 6]
    assert of(str(monday(3))) == ("a@2017-01-23T06:00:00+00:00",)
    gone = recalls_at(GRID, reaches(late, {"a"}, declared))
    assert [gone(str(monday(week))) for week in (2, 3, 11)] == [(), ("a",), ("a",)]


@given(st.integers(0, 10), st.lists(st.integers(0, 10), max_size=3), st.integers(0, 11), st.integers(0, 11))
def test_a_cycle_is_reached_whenever_an_earlier_one_is(week: int, buckets: list[int], first: int, second: int) -> None:
    of = recalls_at(GRID, reaches(commit("a", week, buckets=tuple(buckets)), frozenset({"a"})))
    earlier, later = sorted((first, second))
    assert set(of(str(monday(earlier)))) <= set(of(str(monday(later))))


# -- the difference ---------------------------------------------------------------------------------------------------


def published(**final: float) -> pl.DataFrame:
    """Published numbers of series, half of them in each of two leads."""
    rows = [(series, series.upper(), lead, units / 2) for series, units in final.items() for lead in (1, 2)]
    return pl.DataFrame(rows, schema=["series_id", "sku", "lead", "final"], orient="row")


def test_the_biggest_difference_comes_first_and_totals_cover_every_series() -> None:
    found = published_difference("2017-05-01", published(a=10, b=100, c=5), published(a=10, b=80, d=4))
    assert found.select("series_id", "before", "after", "difference", "percent").rows() == [
        ("b", 100.0, 80.0, -20.0, -20.0),
        ("c", 5.0, 0.0, -5.0, -100.0),
        ("d", 0.0, 4.0, 4.0, None),
        ("a", 10.0, 10.0, 0.0, 0.0),
    ]
    assert found["sku"].to_list() == ["B", "C", "D", "A"]
    totals = difference_totals(found).row(0, named=True)
    assert totals["series"] == 4
    assert totals["changed"] == 3
    assert (totals["before"], totals["after"]) == (115.0, 94.0)
    assert totals["percent"] == pytest.approx(-18.26, abs=0.01)
