"""Which file versions a bucket is made of.

Belongs here: the relation between file versions and buckets, from the ingest commit records alone.
Does not belong here: what the versions add (the SQL model `weekly_buckets`), when they count (`ingest/events.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Commit = Mapping[str, Any]


def touched_buckets(commits: Iterable[Commit]) -> dict[str, frozenset[str]]:
    """Version → bucket starts whose contributions change with it, for every committed version.

    These are the buckets of its own rows and those of the version it replaces, because there it takes rows back: a
    restated file that moves a sale to another week touches both weeks.

    >>> old = {"file_version_id": "a1", "producer": "a", "uri": "x.csv", "arrived_at": "2017-01-09", "buckets": ["2017-01-02"]}
    >>> new = {"file_version_id": "a2", "producer": "a", "uri": "x.csv", "arrived_at": "2017-01-11", "buckets": ["2017-01-09"]}
    >>> sorted(touched_buckets([old, new])["a2"])
    ['2017-01-02', '2017-01-09']
    """
    newest_of_file: dict[str, frozenset[str]] = {}
    touched: dict[str, frozenset[str]] = {}
    for commit in sorted(commits, key=lambda commit: (str(commit["arrived_at"]), str(commit["file_version_id"]))):
        own = frozenset(str(bucket) for bucket in commit["buckets"])
        touched[str(commit["file_version_id"])] = own | newest_of_file.get(str(commit["uri"]), frozenset())
        newest_of_file[str(commit["uri"])] = own
    return touched


def bucket_versions(commits: Iterable[Commit]) -> dict[str, tuple[str, ...]]:
    """Bucket start → every version that touches it, replaced ones too, sorted."""
    versions: dict[str, list[str]] = {}
    for version, buckets in touched_buckets(commits).items():
        for bucket in buckets:
            versions.setdefault(bucket, []).append(version)
    return {bucket: tuple(sorted(found)) for bucket, found in versions.items()}
