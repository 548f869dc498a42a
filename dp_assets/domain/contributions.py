"""Which file versions a bucket is made of.

Belongs here: the relation between file versions and buckets, from the ingest commit records alone.
Does not belong here: what the versions add (the SQL model `weekly_buckets`), when they count (`ingest/events.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

Commit = Mapping[str, Any]


def touched_buckets(commits: Iterable[Commit]) -> dict[str, frozenset[str]]:
    """Version → bucket starts whose contributions change with it, for every committed version.

    These are the buckets of its own rows and those of the version it replaces, because there it takes rows back: a
    restated file that moves a sale to another week touches both weeks. A version in quarantine touches nothing.

    >>> file = {"uri": "x.csv", "status": "accepted"}
    >>> old = {**file, "file_version_id": "a1", "arrived_at": "2017-01-09T06:00:00+00:00", "buckets": ["2017-01-02"]}
    >>> new = {**file, "file_version_id": "a2", "arrived_at": "2017-01-11T06:00:00+00:00", "buckets": ["2017-01-09"]}
    >>> sorted(touched_buckets([old, new])["a2"])
    ['2017-01-02', '2017-01-09']
    """
    newest_of_file: dict[str, frozenset[str]] = {}
    touched: dict[str, frozenset[str]] = {}
    for commit in sorted(commits, key=_arrival):
        version, uri = str(commit["file_version_id"]), str(commit["uri"])
        if commit["status"] == "quarantined":
            touched[version] = frozenset()
            continue
        own = frozenset(str(bucket) for bucket in commit["buckets"])
        touched[version] = own | newest_of_file.get(uri, frozenset())
        newest_of_file[uri] = own
    return touched


def _arrival(commit: Commit) -> tuple[datetime, str]:
    return datetime.fromisoformat(str(commit["arrived_at"])), str(commit["file_version_id"])


def bucket_versions(commits: Iterable[Commit]) -> dict[str, tuple[str, ...]]:
    """Bucket start → every version that touches it, replaced ones too, sorted."""
    versions: dict[str, list[str]] = {}
    for version, buckets in touched_buckets(commits).items():
        for bucket in buckets:
            versions.setdefault(bucket, []).append(version)
    return {bucket: tuple(sorted(found)) for bucket, found in versions.items()}
