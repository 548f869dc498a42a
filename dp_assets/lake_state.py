"""Reads from the lake what `plan_requests` decides on.

Belongs here: turning commit records and partitions into a `LakeState`. Does not belong here: the decision itself.
"""

from __future__ import annotations

import json
from pathlib import Path

from dp_assets.domain.contributions import touched_buckets
from dp_assets.domain.plan import LakeState
from dp_resources.lake import Lake


def registrations(lake: Lake) -> list[str]:
    """File versions registered, in order of arrival, then of name."""
    paths = lake.fs.glob(f"{lake.root}/_registrations/*.json")
    found = [(json.loads(lake.read_bytes(path))["arrived_at"], Path(path).stem) for path in paths]
    return [version for _, version in sorted(found)]


def read_state(lake: Lake) -> LakeState:
    """The state of the lake as of its commit records."""
    ingested = lake.committed("ingest")
    built = lake.committed("weekly_buckets")
    return LakeState(
        registered=tuple(registrations(lake)),
        file_buckets=touched_buckets(ingested.values()),
        built_buckets={bucket: frozenset(record["file_versions"]) for bucket, record in built.items()},
        models=frozenset(lake.partitions("tuned_model")) & frozenset(lake.partitions("error_distributions")),
        forecasts={
            cycle: str(lake.manifest("serving_bundle", cycle=cycle)["sha256"])
            for cycle in lake.partitions("serving_bundle")
        },
        scored={cycle: record["inputs"] for cycle, record in lake.committed("accuracy").items()},
    )
