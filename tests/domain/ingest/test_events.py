"""Spans: from when to when a file version counts."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import Any

from dp_assets.domain.ingest.events import SPAN_SCHEMA, version_spans


def make_commit(name: str, uri: str, day: int, status: str = "accepted") -> dict[str, Any]:
    return {
        "file_version_id": name,
        "producer": "shop",
        "feed": "transactions",
        "uri": uri,
        "arrived_at": datetime(2017, 1, day, tzinfo=UTC).isoformat(),
        "status": status,
    }


def spans(*commits: dict[str, Any]) -> dict[str, tuple[int, int | None]]:
    rows = version_spans(commits).to_dicts()
    return {
        row["file_version_id"]: (row["known_from"].day, row["superseded_from"].day if row["superseded_from"] else None)
        for row in rows
    }


def test_a_version_counts_from_its_arrival_until_its_path_is_restated() -> None:
    commits = [
        make_commit("a1", "a", 1),
        make_commit("b1", "b", 2),
        make_commit("a2", "a", 3),
        make_commit("a3", "a", 9),
    ]
    expected = {"a1": (1, 3), "b1": (2, None), "a2": (3, 9), "a3": (9, None)}
    assert spans(*commits) == expected
    random.Random(1).shuffle(commits)
    assert spans(*commits) == expected


def test_a_version_in_quarantine_counts_for_nothing_and_supersedes_nothing() -> None:
    commits = [make_commit("a1", "a", 1), make_commit("a2", "a", 3, "quarantined"), make_commit("a3", "a", 5)]
    assert spans(*commits) == {"a1": (1, 5), "a3": (5, None)}


def test_a_duplicate_supersedes_what_stood_at_its_path() -> None:
    commits = [make_commit("b1", "b", 1), make_commit("a1", "a", 1), make_commit("a2", "a", 3, "duplicate")]
    assert spans(*commits) == {"a1": (1, 3), "b1": (1, None), "a2": (3, None)}


def test_no_commits_give_an_empty_frame_of_the_same_shape() -> None:
    assert version_spans([]).schema == SPAN_SCHEMA
