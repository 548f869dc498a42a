"""What `/v1/quality` answers. Belongs here: shapes and their meaning."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import Field

from serving.api.file_versions.schemas import Judged
from serving.api.schemas import CURSOR, Schema


class QualityQuery(Schema):
    """Which reports of data quality are listed."""

    producer: str | None = Field(None, examples=["north"], description="Only of files of this producer.")
    day: date | None = Field(
        None, examples=["2017-12-04"], description="Only of files that arrived on this day, in the business time zone."
    )
    cursor: str | None = CURSOR
    limit: int = Field(30, ge=1, le=200, examples=[30], description="Reports of one page at most.")


class QualityReport(Schema):
    """What the gates of data quality say of a file version."""

    file_version_id: str = Field(examples=["north-8ae625184e48101b"], description="File version.")
    producer: str = Field(examples=["north"], description="Producer.")
    feed: str = Field(examples=["transactions"], description="What it holds.")
    uri: str = Field(examples=["north/2017-W48.csv"], description="Path below the landing root.")
    arrived_at: datetime = Field(examples=["2017-12-04T10:00:00Z"], description="From when on it counts.")
    state: str = Field(examples=["accepted"], description="As in `GET /v1/files`.")
    verdicts: dict[str, int] = Field(
        examples=[{"ok": 30, "warn": 1}],
        description="Measures by verdict: block, warn, ok, unjudged; none where there is no report.",
    )
    findings: list[Judged] = Field(description="Measures that block or warn, what blocks first.")


class QualityPage(Schema):
    """Reports of data quality, the last file to arrive first."""

    total: int = Field(ge=0, examples=[195], description="File versions of all pages.")
    next: str | None = Field(
        None, examples=["WyIuLi4iXQ"], description="`cursor` of the next page; null on the last one."
    )
    day: date | None = Field(
        examples=["2017-12-04"], description="Day on which the newest file that is listed arrived, in business time."
    )
    newest: list[QualityReport] = Field(
        description="Report of the newest file of each producer, as far as one is listed."
    )
    reports: list[QualityReport] = Field(description="Reports of this page.")


_REPORT = {
    **{"file_version_id": "north-8ae625184e48101b", "producer": "north", "feed": "transactions"},
    **{"uri": "north/2017-W48.csv", "arrived_at": "2017-12-04T10:00:00Z", "state": "accepted"},
    "verdicts": {"ok": 30, "warn": 1},
    "findings": [
        {
            **{"measure": "day_rows", "subject": "2017-11-28", "value": 41.0, "expected": 370.0},
            **{"score": 6.1, "compared_with": 31, "verdict": "warn"},
        }
    ],
}
EXAMPLE = {"total": 195, "next": "WyIuLi4iXQ", "day": "2017-12-04", "newest": [_REPORT], "reports": [_REPORT]}
