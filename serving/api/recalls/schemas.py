"""What `/v1/files/{file_version_id}/recall` is asked and answers. Belongs here: shapes and their meaning."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import Field

from serving.api.schemas import Schema


class RecallQuery(Schema):
    """How much is told of a recall."""

    reach: bool = Field(
        True,
        examples=[False],
        description="Whether to look what would be computed again, which takes a while where files are read for it.",
    )


class RecallAsked(Schema):
    """Why a file version is taken back, or put back in force."""

    reason: str = Field(
        min_length=1,
        max_length=500,
        pattern=r"\S",
        examples=["till 4 counted twice"],
        description="Why; it stands beside who and when with the file and in the ledger.",
    )


class Reached(Schema):
    """Everything computed from a file version, which a recall or its undo has computed again."""

    files: list[str] = Field(
        examples=[["north-1b2c"]], description="File versions that are read again: they repeat it, or look it up."
    )
    buckets: list[date] = Field(examples=[["2017-11-27"]], description="Buckets that are built again.")
    models: list[date] = Field(examples=[["2017-10-02"]], description="Cycles whose models are trained again.")
    cycles: list[date] = Field(
        examples=[["2017-12-04"]], description="Cycles that are forecast, published and bundled again."
    )
    scored: list[date] = Field(examples=[["2017-11-27"]], description="Cycles whose accuracy is computed again.")
    out_of_reach: list[date] = Field(
        examples=[["2016-02-01"]], description="What stays as it is, because too little history is left to compute it."
    )


class CycleDifference(Schema):
    """What became of the published numbers of a cycle, over all series and leads."""

    cycle: date = Field(examples=["2017-12-04"], description="The cycle.")
    series: int = Field(examples=[240], description="Its series.")
    changed: int = Field(examples=[12], description="Those whose number differs.")
    before: float = Field(examples=[9120.0], description="Units before.")
    after: float = Field(examples=[9070.0], description="Units after.")
    difference: float = Field(examples=[-50.0], description="After less before, units.")
    percent: float | None = Field(examples=[-0.55], description="The same in percent of before; null where that is 0.")


class SeriesDifference(Schema):
    """What became of the published number of a series, summed over the leads."""

    cycle: date = Field(examples=["2017-12-04"], description="The cycle.")
    series_id: str = Field(examples=["1029743"], description="The key columns joined by `|`.")
    sku: str = Field(examples=["1029743"], description="Its SKU.")
    before: float = Field(examples=[40.0], description="Units before; 0 where it was not forecast.")
    after: float = Field(examples=[36.0], description="Units after; 0 where it is not forecast.")
    difference: float = Field(examples=[-4.0], description="After less before, units.")
    percent: float | None = Field(examples=[-10.0], description="The same in percent of before; null where that is 0.")


class Difference(Schema):
    """What the last recall or undo of a file version did to published numbers."""

    cycles: list[CycleDifference] = Field(description="Cycles that were published before it, oldest first.")
    series: list[SeriesDifference] = Field(description="The biggest differences of all cycles, at most 20.")


class Recall(Schema):
    """Whether a file version is recalled, and what a recall, or its undo, would do."""

    file_version_id: str = Field(examples=["north-8ae625184e48101b"], description="File version.")
    recalled: bool = Field(examples=[False], description="Whether it is recalled; then an undo is told of.")
    refused: str | None = Field(
        None,
        examples=["it is in quarantine"],
        description="Why it can neither be recalled nor put back; null if it can.",
    )
    reached: Reached | None = Field(
        None, description="What would be computed again; null where it is refused or not asked for."
    )
    difference: Difference | None = Field(
        None,
        description="What the last one did; null where there was none, and until all it reached is computed again.",
    )


class Recalled(Schema):
    """A recall or an undo that holds from now on."""

    event: str = Field(examples=["recall"], description="recall or undo.")
    file_version_id: str = Field(examples=["north-8ae625184e48101b"], description="File version.")
    at: datetime = Field(examples=["2017-12-05T09:00:00Z"], description="From when on it holds.")
    by: str = Field(examples=["dee"], description="Who.")
    reason: str = Field(examples=["till 4 counted twice"], description="Why.")
    reached: Reached = Field(description="What the graph computes again.")


_REACHED = {
    **{"files": [], "buckets": ["2017-11-27"], "models": [], "cycles": ["2017-12-04"]},
    **{"scored": ["2017-11-27"], "out_of_reach": []},
}
RECALL_EXAMPLE = {"file_version_id": "north-8ae625184e48101b", "recalled": False, "reached": _REACHED}
RECALLED_EXAMPLE = {
    **{"event": "recall", "file_version_id": "north-8ae625184e48101b", "at": "2017-12-05T09:00:00Z"},
    **{"by": "dee", "reason": "till 4 counted twice", "reached": _REACHED},
}
