"""Reports of data quality, file by file. Does not belong here: HTTP, what is measured and judged (the domain)."""

from __future__ import annotations

from collections import Counter
from zoneinfo import ZoneInfo

from dp_resources.lake import Lake
from serving.api.cursors import Key, page
from serving.api.quality.schemas import QualityQuery
from serving.api.questions import Answer
from serving.desk import Desk
from serving.tables import KeptTables

TOLD = ("file_version_id", "producer", "feed", "uri", "arrived_at", "state")
FLAGGED = ("block", "warn")


def reports(desk: Desk, reader: KeptTables, query: QualityQuery) -> Answer:
    """The answer of `QualityPage`.

    Raises:
        BadParameterError: the cursor is not one of this listing.
    """
    from dp_assets.file_cards import files

    zone = ZoneInfo(desk.config.bucket.time_zone)
    found = [
        one
        for one in files(reader)
        if query.producer in (None, one["producer"]) and query.day in (None, one["arrived_at"].astimezone(zone).date())
    ]

    def key_of(at: int) -> Key:
        return [-int(found[at]["arrived_at"].timestamp() * 1e6), found[at]["file_version_id"]]

    filters = ("quality", query.producer, str(query.day))
    part = page(range(len(found)), key_of, query.limit, query.cursor, "quality", filters)
    newest: dict[str, Answer] = {}
    for one in found:
        newest.setdefault(one["producer"], one)
    return {
        "total": len(found),
        "next": part.next,
        "day": found[0]["arrived_at"].astimezone(zone).date() if found else None,
        "newest": [_report(reader.lake, newest[producer]) for producer in sorted(newest)],
        "reports": [_report(reader.lake, found[at]) for at in part.rows],
    }


def _report(lake: Lake, file: Answer) -> Answer:
    from dp_assets.file_cards import quality_of

    rows = quality_of(lake, file["file_version_id"])
    return {
        **{name: file[name] for name in TOLD},
        "verdicts": dict(sorted(Counter(row["verdict"] for row in rows).items())),
        "findings": [row for row in rows if row["verdict"] in FLAGGED],
    }
