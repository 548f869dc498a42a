from __future__ import annotations

from typing import Any

from dp_assets.domain.contributions import bucket_versions, touched_buckets


def commit(
    version: str, arrived_at: str, *buckets: str, uri: str = "a.csv", status: str = "accepted"
) -> dict[str, Any]:
    return {
        "file_version_id": version,
        "uri": uri,
        "arrived_at": f"{arrived_at}T06:00:00+00:00",
        "status": status,
        "buckets": list(buckets),
    }


def test_a_restated_file_touches_the_buckets_of_what_it_replaces() -> None:
    old = commit("old", "2017-01-09", "2017-01-02")
    new = commit("new", "2017-01-11", "2017-01-09")
    assert touched_buckets([new, old]) == {
        "old": frozenset({"2017-01-02"}),
        "new": frozenset({"2017-01-02", "2017-01-09"}),
    }


def test_a_third_version_takes_back_only_what_the_second_had_added() -> None:
    commits = [commit("1", "2017-01-09", "b1"), commit("2", "2017-01-10", "b2"), commit("3", "2017-01-11", "b3")]
    assert touched_buckets(commits)["3"] == {"b2", "b3"}


def test_a_version_in_quarantine_touches_nothing_and_replaces_nothing() -> None:
    broken = commit("2", "2017-01-10", status="quarantined")
    commits = [commit("1", "2017-01-09", "b1"), broken, commit("3", "2017-01-11", "b3")]
    assert touched_buckets(commits) == {"1": {"b1"}, "2": frozenset(), "3": {"b1", "b3"}}


def test_files_under_other_paths_do_not_replace_each_other() -> None:
    commits = [commit("1", "2017-01-09", "b1"), commit("2", "2017-01-10", "b2", uri="b.csv")]
    assert touched_buckets(commits)["2"] == {"b2"}


def test_arrivals_are_compared_as_moments_not_as_text() -> None:
    early = {**commit("early", "2017-01-09", "b1"), "arrived_at": "2017-01-09T23:30:00-05:00"}
    earlier = {**commit("earlier", "2017-01-09", "b2"), "arrived_at": "2017-01-10T03:00:00+00:00"}
    assert touched_buckets([early, earlier])["early"] == {"b1", "b2"}


def test_a_bucket_names_every_version_that_touches_it_replaced_ones_too() -> None:
    commits = [commit("new", "2017-01-11", "b1"), commit("old", "2017-01-09", "b1", "b2")]
    assert bucket_versions(commits) == {"b1": ("new", "old"), "b2": ("new", "old")}
