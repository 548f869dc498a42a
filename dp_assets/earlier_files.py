"""What a producer's files before a given one looked like, as far as it is known without reading them.

Belongs here: finding their profiles in the lake. Does not belong here: what is different
(`domain/ingest/schema_drift.py`).
"""

from __future__ import annotations

import json

from dp_assets.content import Known
from dp_assets.domain.ingest.registration import Registration
from dp_assets.domain.ingest.schema_drift import EarlierColumns
from dp_resources.lake import Lake

TRIES = 5
"""Earlier versions looked at: duplicates and files in quarantine say nothing about what to expect."""


def earlier_columns(lake: Lake, found: Registration, known: Known) -> EarlierColumns | None:
    """Columns of the newest accepted file of the same producer and feed that arrived before this one.

    Only profiles that are in the lake already are looked at, so that a file costs no more for the ones before it. None
    where there is none, as for a file that is ingested before its predecessors.
    """
    one: Registration | None = known.predecessors.get(found.file_version_id)
    for _ in range(TRIES):
        if one is None:
            return None
        if lake.exists("raw_files", file_version=one.file_version_id):
            columns = ["status", "format", "columns_found"]
            profile = lake.read("raw_files", columns, file_version=one.file_version_id).row(0, named=True)
            if profile["status"] == "accepted" and profile["columns_found"]:
                format_ = str(profile["format"]).partition("+")[0]
                return EarlierColumns(one.uri, format_, json.loads(profile["columns_found"]))
        one = known.predecessors.get(one.file_version_id)
    return None
