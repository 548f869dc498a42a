"""What `/v1/files` answers. Belongs here: shapes and their meaning."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from pydantic import Field

from serving.api.schemas import CURSOR, LIMIT, Schema
from serving.api.trace.schemas import Archive, MadeBy

HASH = "3f1c9ab01d2e"


class FilesQuery(Schema):
    """Which file versions are listed."""

    producer: str | None = Field(None, examples=["north"], description="Only of this producer.")
    feed: str | None = Field(None, examples=["transactions"], description="Only of this feed.")
    state: str | None = Field(
        None,
        examples=["quarantined"],
        description="Only waiting, accepted, superseded, duplicate, quarantined or recalled ones.",
    )
    uri: str | None = Field(None, max_length=500, examples=["2017-W48"], description="Only paths that hold this text.")
    cursor: str | None = CURSOR
    limit: int = LIMIT


class FileQuery(Schema):
    """Which rejected rows are shown."""

    rejected: int = Field(20, ge=0, le=1000, examples=[20], description="Rejected rows shown at most.")
    rule: str | None = Field(
        None, examples=["positive_quantity"], description="Only those that this filter or type rule rejected."
    )


class RowsOf(Schema):
    """What became of rows."""

    read: int = Field(examples=[2592], description="Read.")
    accepted: int = Field(examples=[2533], description="Accepted.")
    rejected: int = Field(examples=[59], description="Rejected.")
    duplicate: int = Field(examples=[0], description="Held by another file version.")


class UnitsOf(Schema):
    """What became of units."""

    read: float = Field(examples=[3441.0], description="Read.")
    accepted: float = Field(examples=[3380.0], description="Accepted.")
    rejected: float = Field(examples=[61.0], description="Rejected, as far as they can be read.")
    duplicate: float = Field(examples=[0.0], description="Held by another file version.")


class FileVersion(Schema):
    """A version of a producer's file."""

    file_version_id: str = Field(examples=["north-8ae625184e48101b"], description="File version.")
    producer: str = Field(examples=["north"], description="Producer.")
    feed: str = Field(examples=["transactions"], description="What it holds.")
    uri: str = Field(examples=["north/2017-W48.csv"], description="Path below the landing root.")
    content_sha256: str = Field(examples=[HASH], description="Hash of its bytes.")
    bytes: int = Field(examples=[204800], description="Size.")
    arrived_at: datetime = Field(examples=["2017-12-04T10:00:00Z"], description="From when on it counts.")
    supersedes: str | None = Field(
        None, examples=["north-1b2c"], description="Version of the same path that it replaces."
    )
    state: str = Field(
        examples=["accepted"], description="waiting, accepted, superseded, duplicate, quarantined or recalled."
    )
    reason: str | None = Field(
        None, examples=["columns are missing"], description="Why it waits, or counts for nothing."
    )
    superseded_by: str | None = Field(None, examples=["north-9f8e"], description="Version that replaces it.")
    rows: RowsOf | None = Field(None, description="Null while it waits.")
    units: UnitsOf | None = Field(None, description="Null while it waits.")


class FilesPage(Schema):
    """File versions, the last to arrive first."""

    total: int = Field(ge=0, examples=[195], description="File versions of all pages.")
    next: str | None = Field(
        None, examples=["WyIuLi4iXQ"], description="`cursor` of the next page; null on the last one."
    )
    producers: dict[str, dict[str, int]] = Field(
        examples=[{"north": {"accepted": 48}}], description="Producer → state → file versions, whatever is listed."
    )
    files: list[FileVersion] = Field(description="Of this page.")


class ReadAs(Schema):
    """How a file was read."""

    format: str | None = Field(None, examples=["csv"], description="Format, and compression.")
    rows: int | None = Field(None, examples=[3133], description="Data rows in the file.")
    sniffed: dict[str, Any] | None = Field(
        None, examples=[{"encoding": "latin-1"}], description="What was found out of it."
    )
    columns_found: dict[str, str] | None = Field(None, examples=[{"ARTIKEL": "string"}], description="Column → type.")


class RejectedBy(Schema):
    """What a rule rejected."""

    rule: str = Field(examples=["positive_quantity"], description="Filter or type rule.")
    rows: int = Field(examples=[10], description="Rows.")
    units: float | None = Field(None, examples=[0.0], description="Units, as far as they can be read.")


class FileLedger(Schema):
    """What became of rows, and what other files took back."""

    rejected_by: list[RejectedBy] = Field(description="Most rows first.")
    rows_withdrawn: int = Field(examples=[0], description="Accepted rows that other files took back.")
    units_withdrawn: float = Field(examples=[0.0], description="Their units.")
    withdrawn_by: list[dict[str, Any]] = Field(
        examples=[[]], description="Compensating rows: file_version_id, event, known_from, rows, units."
    )
    superseded_from: datetime | None = Field(
        None, examples=["2017-12-11T10:00:00Z"], description="When it was replaced."
    )


class Judged(Schema):
    """One measure of data quality, and the verdict of its gate."""

    measure: str = Field(examples=["day_rows"], description="Measure, as under `quality.gates`.")
    subject: str = Field(examples=["2017-11-28"], description="`file`, a column, or a business date.")
    value: float | None = Field(None, examples=[481.0], description="The measure.")
    expected: float | None = Field(None, examples=[370.0], description="Median of what it is compared with.")
    score: float | None = Field(None, examples=[0.96], description="What the gate judges.")
    compared_with: int = Field(examples=[31], description="Earlier files, or days of the same weekday.")
    verdict: str = Field(examples=["ok"], description="block, warn, ok or unjudged.")
    detail: str | None = Field(None, examples=["S9, S10 never seen before"], description="What stands out.")


class RejectedRow(Schema):
    """A row that was not accepted."""

    row_number: int = Field(ge=1, examples=[17], description="Number of the row in the file.")
    reason: str = Field(examples=["positive_quantity"], description="Filter or type rule.")
    detail: str = Field(examples=["quantity is -1, expected more than 0"], description="What was expected, what came.")
    original: dict[str, str | None] = Field(examples=[{"qty": "-1"}], description="Source column → text as it came.")


class FileTold(Schema):
    """What somebody did to a file version."""

    event: str = Field(examples=["recall"], description="recall, undo or backdate.")
    at: datetime = Field(examples=["2017-12-05T09:00:00Z"], description="When.")
    by: str = Field(examples=["ann"], description="Who; `quality gate` for a gate.")
    reason: str = Field(examples=["till 4 counted twice"], description="Why.")
    arrived_at: datetime | None = Field(
        None, examples=["2017-12-04T10:00:00Z"], description="Arrival that was declared."
    )


class FileCard(FileVersion):
    """Everything that is known of a file version."""

    modified_at: datetime = Field(examples=["2017-12-04T10:00:00Z"], description="Modification time of the object.")
    archive: Archive = Field(description="Where its bytes are kept.")
    archived: bool = Field(examples=[True], description="Whether they are there.")
    read_as: ReadAs | None = Field(None, description="Null while it waits.")
    ledger: FileLedger | None = Field(None, description="Null while it waits.")
    schema_drift: list[Any] | None = Field(None, examples=[[]], description="Columns that differ from earlier files.")
    buckets: list[date] = Field(examples=[["2017-11-27"]], description="Buckets that its rows fall into.")
    tables: dict[str, str] = Field(examples=[{"unified_transactions": HASH}], description="Table → hash of its file.")
    quality: list[Judged] = Field(description="The quality report, what stands out first.")
    rejected_total: int = Field(examples=[59], description="Rejected rows that are meant.")
    rejected_rows: list[RejectedRow] = Field(description="The first of them.")
    events: list[FileTold] = Field(description="What people and gates did to it, oldest first.")
    made: MadeBy | None = Field(None, description="The run that read it; null where runs were not noted yet.")


_FILE = {
    **{"file_version_id": "north-8ae625184e48101b", "producer": "north", "feed": "transactions"},
    **{"uri": "north/2017-W48.csv", "content_sha256": HASH, "bytes": 204800},
    **{"arrived_at": "2017-12-04T10:00:00Z", "state": "accepted"},
    "rows": {"read": 2592, "accepted": 2533, "rejected": 59, "duplicate": 0},
    "units": {"read": 3441.0, "accepted": 3380.0, "rejected": 61.0, "duplicate": 0.0},
}
EXAMPLE = {"total": 195, "next": "WyIuLi4iXQ", "producers": {"north": {"accepted": 48}}, "files": [_FILE]}
CARD_EXAMPLE = {
    **_FILE,
    "modified_at": "2017-12-04T10:00:00Z",
    "archive": {"location": f"lake/_landed/{HASH}", "sha256": HASH, "bytes": 204800},
    "archived": True,
    "ledger": {
        "rejected_by": [{"rule": "positive_quantity", "rows": 10, "units": 0.0}],
        **{"rows_withdrawn": 0, "units_withdrawn": 0.0, "withdrawn_by": []},
    },
    **{"schema_drift": [], "buckets": ["2017-11-27"], "tables": {"unified_transactions": HASH}},
    "quality": [
        {
            **{"measure": "day_rows", "subject": "2017-11-28", "value": 481.0, "expected": 370.0},
            **{"score": 0.96, "compared_with": 31, "verdict": "ok"},
        }
    ],
    "rejected_total": 59,
    "rejected_rows": [
        {
            **{"row_number": 17, "reason": "positive_quantity", "detail": "quantity is -1"},
            "original": {"qty": "-1"},
        }
    ],
    "events": [],
}
