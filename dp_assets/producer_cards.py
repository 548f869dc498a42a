"""Producers: what each delivers, how fresh it is, what became of its files and rows.

Belongs here: putting that together from the configuration and the lake for whoever only looks. Does not belong here:
single files (`file_cards.py`), what is late (`domain/arrivals.py`). Nothing here knows Dagster.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from dp_assets.domain.arrivals import DAY, rhythm
from dp_assets.domain.config import DemandConfig
from dp_assets.file_cards import FATES, files
from dp_assets.sources import Reader

COUNTING = ("accepted", "superseded")
"""States of files whose arrival shows that the producer delivered; a duplicate or a broken file is no delivery."""


def producers(reader: Reader, config: DemandConfig, now: datetime) -> list[dict[str, Any]]:
    """Every producer of the configuration in its order, then those that were taken out of it and have files."""
    of: dict[str, list[Mapping[str, Any]]] = {one.name: [] for one in config.producers}
    for file in files(reader):
        of.setdefault(file["producer"], []).append(file)
    commits = reader.lake.committed("ingest")
    configured = {one.name: one for one in config.producers}
    found = []
    for name, own in of.items():
        known = configured.get(name)
        feed = known.feed if known else own[0]["feed"]
        places = list(known.files) if known else []
        found.append(
            {
                "producer": name,
                "feed": feed,
                "configured": known is not None,
                "files": places,
                **_told(own, commits, now),
            }
        )
    return found


def _told(own: Sequence[Mapping[str, Any]], commits: Mapping[str, Mapping[str, Any]], now: datetime) -> dict[str, Any]:
    counting = [one for one in own if one["state"] in COUNTING]
    found = rhythm((one["arrived_at"] for one in counting), now)
    return {
        "freshness": found.freshness,
        "arrived_at": found.newest,
        "usual_days": None if found.usual is None else found.usual / DAY,
        "expected_by": found.expected_by,
        "newest_bucket": _newest_bucket(counting, commits),
        "states": dict(sorted(Counter(one["state"] for one in own).items())),
        "rows": {fate: sum(one["rows"][fate] for one in own if one["rows"] is not None) for fate in FATES},
    }


def _newest_bucket(files: Sequence[Mapping[str, Any]], commits: Mapping[str, Mapping[str, Any]]) -> date | None:
    """The newest bucket that sales of the files fall into; None where they hold none."""
    buckets = (bucket for one in files for bucket in commits.get(one["file_version_id"], {}).get("buckets", ()))
    newest = max(buckets, default=None)
    return None if newest is None else date.fromisoformat(str(newest))
