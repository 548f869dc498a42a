"""What `/v1/trace` answers. Belongs here: shapes and their meaning."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from serving.api.schemas import CURSOR, LIMIT, CycleQuery, Schema

HASH = "3f1c9ab01d2e"


class TraceQuery(Schema):
    """Which number is traced, and how far back."""

    cycle: date | None = Field(
        None,
        examples=["2017-12-04"],
        description=(
            "Cutoff of the cycle whose number it is; left out, the one in service, or for a bucket before that one's "
            "cutoff the newest cycle that forecast it."
        ),
    )
    buckets: int = Field(8, ge=1, le=104, examples=[8], description="Newest buckets of history shown.")
    history: date | None = Field(
        None,
        examples=["2017-11-27"],
        description="Bucket of history whose file rows are shown; the newest with any when left out.",
    )


class RowsQuery(CycleQuery):
    """Which file rows are listed."""

    cursor: str | None = CURSOR
    limit: int = LIMIT


class MadeBy(Schema):
    """The run that wrote a content first."""

    run_id: str = Field(examples=["8e3c0a1d"], description="Dagster run.")
    job: str = Field(examples=["weekly_cycle"], description="Its job.")
    trigger: str = Field(
        examples=["sensor"],
        description="sensor, schedule, backfill, automation, command line, api, or user (started in the web UI).",
    )
    by: str | None = Field(
        None, examples=["closed_bucket_sensor"], description="Its name, or who asked; null where unknown."
    )
    cause: str | None = Field(None, examples=["cycles without forecasts"], description="Why, in words.")
    code: str = Field(examples=["2f417ac1"], description="Code revision that ran.")
    configuration: str = Field(examples=[HASH], description="Hash of the configuration.")
    at: datetime = Field(examples=["2017-12-05T06:00:00Z"], description="When it was written.")


class SourceOfLink(Schema):
    """Where a link is read from."""

    table: str = Field(examples=["forecasts"], description="Table, or artefact.")
    partition: str = Field(examples=["2017-12-04"], description="Its partition.")
    sha256: str = Field(examples=[HASH], description="Hash of the content: of the file, or of an artefact's listing.")
    location: str = Field(examples=["lake/forecasts/cycle=2017-12-04/part.parquet"], description="Where it lies.")
    current: bool = Field(
        examples=[True], description="Whether the partition still holds it; replaced contents lie under `_versions`."
    )
    key: dict[str, str | int] = Field(examples=[{"series_id": "1029743", "lead": 2}], description="Column → value.")
    made: MadeBy | None = Field(None, description="The run that wrote it; null where runs were not noted yet.")


class PublishedLink(Schema):
    """The number of record."""

    source: SourceOfLink | None = Field(None, description="Row of `published_forecasts`.")
    statistical: float = Field(examples=[211.8], description="Mean of the model, units.")
    reconciled: float = Field(examples=[207.4], description="After reconciliation, units.")
    override: float | None = Field(None, examples=[250.0], description="Set for the series itself, units.")
    final: float = Field(examples=[207.4], description="The published number, units.")
    user: str | None = Field(None, examples=["ann"], description="Who made it what it is; null where nobody did.")
    reason_code: str | None = Field(None, examples=["promotion"], description="Why.")


class LedgerLink(Schema):
    """What the audit ledger says of a planner's number."""

    sequence: int = Field(examples=[12], description="Row of the ledger.")
    set_at: datetime = Field(examples=["2017-12-05T09:12:00Z"], description="When it was set.")
    comment: str = Field(examples=["leaflet of week 50"], description="The planner's words.")
    hash: str = Field(examples=[HASH], description="Hash of the row.")
    approved_by: str | None = Field(None, examples=["bob"], description="Who approved it; null where none was needed.")
    approved_at: datetime | None = Field(None, examples=["2017-12-05T10:00:00Z"], description="When.")
    approval_sequence: int | None = Field(None, examples=[11], description="Row of the approval.")


class PlannerInput(Schema):
    """A planner's number that speaks of the series, or of a node above it, in the bucket."""

    hierarchy: str | None = Field(None, examples=["product"], description="Hierarchy; null for a node that is hidden.")
    node: str | None = Field(None, examples=["GROCERY"], description="Series, or path of the node.")
    bucket_start: date = Field(examples=["2017-12-11"], description="First day of the bucket.")
    quantity: float | None = Field(None, examples=[24000.0], description="What was set, units.")
    locked: bool = Field(examples=[True], description="Whether reconciliation keeps it.")
    reason_code: str = Field(examples=["promotion"], description="Why.")
    user: str = Field(examples=["ann"], description="Who.")
    expires: date | None = Field(None, examples=["2017-12-18"], description="Last cycle that a lock holds in.")
    ledger_sequence: int = Field(examples=[12], description="Row of the audit ledger.")
    split: str | None = Field(None, examples=["forecast"], description="How the series below share it.")


class OverrideLink(PlannerInput):
    """The planner's number that made the published one what it is."""

    source: SourceOfLink | None = Field(None, description="Row of `planner_inputs`.")
    ledger: LedgerLink | None = Field(
        None, description="Null where the node is hidden, or while the planning database cannot be asked."
    )


class NodeLink(Schema):
    """A node above the series."""

    hierarchy: str = Field(examples=["product"], description="Hierarchy.")
    level: str = Field(examples=["department"], description="Its level.")
    node: str = Field(examples=["GROCERY"], description="Its path.")
    parent: str | None = Field(None, examples=["total"], description="Path of the node above.")
    base_forecast: float = Field(examples=[22548.5], description="Before reconciliation, units.")
    forecast: float = Field(examples=[23410.5], description="After, units.")
    locked: bool = Field(examples=[False], description="Whether a planner's lock held it.")


class ReconciliationLink(Schema):
    """What reconciliation made of the series, and of what is above it."""

    source: SourceOfLink | None = Field(None, description="Row of `reconciled_rollups`.")
    base_forecast: float = Field(examples=[211.8], description="Before, units.")
    forecast: float = Field(examples=[207.4], description="After, units.")
    locked: bool = Field(examples=[False], description="Whether a planner's lock held it.")
    agrees: bool = Field(
        examples=[True],
        description="Whether it is what the published row was made of; not where a cycle is half made again.",
    )
    nodes: list[NodeLink] = Field(description="Nodes above it that may be seen, hierarchy by hierarchy from the top.")


class ForecastLink(Schema):
    """The forecast before reconciliation."""

    source: SourceOfLink | None = Field(None, description="Row of `forecasts`.")
    forecast: float = Field(examples=[211.8], description="Mean, units.")
    median: float = Field(examples=[229.0], description="Median, units.")
    method: str = Field(examples=["blend"], description="What made it.")
    model_version: str = Field(examples=["2017-10-02+768eefe542ac"], description="Model's cycle and hashes.")
    naive: float = Field(examples=[248.1], description="Mean of the last 8 buckets, units.")
    receipt: str = Field(examples=[HASH], description="Its receipt.")
    agrees: bool = Field(
        examples=[True],
        description="Whether it is what the published row was made of; not where a cycle is half made again.",
    )


class ReceiptLink(Schema):
    """What decided the cycle's forecasts."""

    id: str = Field(examples=[HASH], description="Hash over everything below.")
    cycle: date = Field(examples=["2017-12-04"], description="Cutoff of the cycle.")
    code: str = Field(examples=["2f417ac1"], description="Code revision.")
    configuration: str = Field(examples=[HASH], description="Hash of the configuration.")
    libraries: str = Field(examples=["python 3.11.7, numpy 2.4.6"], description="Versions of what computed them.")
    threads: str = Field(examples=["1"], description="Threads of torch.")
    seed: str = Field(examples=["20170102"], description="Seed of everything random in the model.")
    features: str = Field(examples=[HASH], description="Hash of the panel.")
    interval_contract: str = Field(examples=[HASH], description="Hash of the contract of intervals.")
    hashes: dict[str, str] = Field(examples=[{"forecasts": HASH}], description="Table → hash of its file.")
    current: bool = Field(examples=[True], description="Whether the tables still hold what it decided.")
    verify: str = Field(examples=["dp receipt verify 3f1c9ab01d2e"], description="Computes them again, to compare.")


class TrainingWindow(Schema):
    """What a model was trained on."""

    first: date = Field(examples=["2017-01-02"], description="First bucket.")
    last: date = Field(examples=["2017-09-25"], description="Last bucket.")
    buckets: int = Field(examples=[39], description="How many.")


class ModelLink(Schema):
    """The model behind the cycle's forecasts; the method says whether it made this one."""

    source: SourceOfLink = Field(description="Artefact `tuned_model`.")
    cycle: date = Field(examples=["2017-10-02"], description="Cycle that it was trained in.")
    weights: str = Field(examples=[HASH], description="Hash of the network's weights.")
    encoders: str = Field(examples=[HASH], description="Hash of vocabularies and scalers.")
    boosting: str | None = Field(None, examples=[HASH], description="Hash of the trees mixed with it.")
    trained_on: str = Field(examples=[HASH], description="Hash of the panel it was trained on.")
    window: TrainingWindow | None = Field(None, description="Buckets of that panel.")
    trial: int | None = Field(None, examples=[7], description="Trial of the study that found its hyper-parameters.")
    seed: int | None = Field(None, examples=[20170102], description="Seed.")
    revision: str | None = Field(None, examples=["2f417ac1"], description="Code revision that trained it.")
    epochs: int | None = Field(None, examples=[9], description="Epochs of the final fit.")
    hyper: dict[str, float | str] | None = Field(
        None, examples=[{"hidden_size": 64.0}], description="Hyper-parameters."
    )
    metrics: dict[str, float | None] | None = Field(
        None, examples=[{"held_out_point_loss": 5.3}], description="Held-out loss in both modes, counts."
    )


class Channel(Schema):
    """One thing that models are told."""

    name: str = Field(examples=["rolling_mean_4w"], description="Channel.")
    kind: str = Field(examples=["past"], description="past, known (ahead) or calendar.")
    bucket_start: date = Field(examples=["2017-11-27"], description="Bucket that the value is of.")
    value: float = Field(examples=[272.5], description="Unscaled.")


class FeaturesLink(Schema):
    """The cycle's panel."""

    source: SourceOfLink = Field(description="Artefact `features`.")
    history_buckets: int | None = Field(None, examples=[48], description="Buckets of history; null where it is gone.")
    first_bucket: date | None = Field(None, examples=["2017-01-02"], description="First of them.")
    channels: list[Channel] = Field(description="Newest values of the past, those of the forecast bucket ahead.")


class Contribution(Schema):
    """What a file version adds to a bucket, or is taken back of it."""

    file_version_id: str = Field(examples=["north-8ae625184e48101b"], description="File version.")
    event: str = Field(
        examples=["landed"], description="landed, restored (add), corrected, replaced, superseded (take back)."
    )
    known_from: datetime = Field(examples=["2017-12-04T10:00:00Z"], description="From when on it counts.")
    quantity: float = Field(examples=[121.0], description="Units; negative where taken back.")
    revenue: float = Field(examples=[320.7], description="Money.")
    transactions: int = Field(examples=[103], description="Rows.")


class HistoryLink(Schema):
    """A bucket of the series' history."""

    source: SourceOfLink | None = Field(
        None, description="Partition of `weekly_buckets`; null where nobody sold anything."
    )
    bucket_start: date = Field(examples=["2017-11-27"], description="First day.")
    units: float = Field(examples=[320.0], description="Sum of what the cycle knew.")
    seen: float | None = Field(None, examples=[320.0], description="Units in the cycle's panel.")
    agrees: bool = Field(
        examples=[True],
        description="Whether both are one number; not where files changed the past and the cycle was not made again.",
    )
    known: list[Contribution] = Field(description="Contributions that the cycle knew.")
    unknown: list[Contribution] = Field(description="Those known later only, which it left out.")
    recalled: list[str] = Field(description="File versions with rows here that were recalled and count for nothing.")


class Archive(Schema):
    """Where the bytes of a file are kept, whatever becomes of the original."""

    location: str = Field(examples=["lake/_landed/3f1c9ab01d2e"], description="Path in the lake.")
    sha256: str = Field(examples=[HASH], description="Hash of the bytes.")
    bytes: int = Field(examples=[204800], description="Size.")


class FileLink(Schema):
    """A file version behind the buckets shown."""

    file_version_id: str = Field(examples=["north-8ae625184e48101b"], description="File version.")
    producer: str = Field(examples=["north"], description="Producer.")
    uri: str = Field(examples=["north/2017-W48.csv"], description="Path below the landing root.")
    content_sha256: str = Field(examples=[HASH], description="Hash of its bytes.")
    arrived_at: datetime = Field(examples=["2017-12-04T10:00:00Z"], description="From when on it counts.")
    supersedes: str | None = Field(
        None, examples=["north-1b2c"], description="Version of the same path that it replaces."
    )
    status: str | None = Field(
        None, examples=["accepted"], description="accepted, duplicate, quarantined; null while read."
    )
    recalled: bool = Field(examples=[False], description="Whether somebody took it back.")
    archive: Archive = Field(description="Where its bytes are kept.")
    archived: bool = Field(examples=[True], description="Whether they are there.")
    rows_sha256: str | None = Field(
        None, examples=[HASH], description="Hash of its partition of `unified_transactions`."
    )
    made: MadeBy | None = Field(None, description="The run that read it.")


class FileRow(Schema):
    """An accepted row of a file."""

    file_version_id: str = Field(examples=["north-8ae625184e48101b"], description="File version.")
    row_number: int = Field(ge=1, examples=[4711], description="Number of the row in its file.")
    sold_at: datetime = Field(examples=["2017-11-28T15:04:00Z"], description="Moment of the sale.")
    quantity: float = Field(examples=[2.0], description="Units.")
    revenue: float | None = Field(None, examples=[5.38], description="Money.")
    unit_price: float | None = Field(None, examples=[2.69], description="Price as delivered.")
    transaction_id: str | None = Field(None, examples=["31198570547"], description="The producer's own id of the sale.")
    known: bool = Field(examples=[True], description="Whether the cycle knew the file.")
    counts: Literal["all", "some", "none"] = Field(
        examples=["all"],
        description="Rows of the file that counted here for the cycle; later files may have taken some or all back.",
    )
    recalled: bool = Field(examples=[False], description="Whether the file was recalled.")


class RowsPage(Schema):
    """File rows behind a bucket of a series' history."""

    series_id: str = Field(examples=["1029743"], description="The series.")
    bucket_start: date = Field(examples=["2017-11-27"], description="First day of the bucket.")
    cycle: date = Field(examples=["2017-12-04"], description="Cycle whose knowledge `known` is about.")
    total: int = Field(ge=0, examples=[262], description="Rows of all pages.")
    next: str | None = Field(None, examples=["WyIuLi4iXQ"], description="`cursor` of the next page, of `…/rows`.")
    rows: list[FileRow] = Field(description="By file version, then row number.")


class Trace(Schema):
    """A published number, link by link back to rows of files."""

    series_id: str = Field(examples=["1029743"], description="The series.")
    bucket_start: date = Field(examples=["2017-12-11"], description="First day of the forecast bucket.")
    cycle: date = Field(examples=["2017-12-04"], description="Cycle that published the number.")
    lead: int = Field(ge=1, examples=[2], description="Buckets ahead.")
    known_at: datetime | None = Field(
        None, examples=["2017-12-05T05:00:00Z"], description="What arrived later, the cycle did not know."
    )
    published: PublishedLink = Field(description="The number of record.")
    override: OverrideLink | None = Field(None, description="The planner's number behind it; null where there is none.")
    planner_inputs: list[PlannerInput] = Field(description="All that speak of it, the lowest first, then the newest.")
    reconciliation: ReconciliationLink | None = Field(None, description="What made the levels agree.")
    forecast: ForecastLink | None = Field(None, description="The forecast before that.")
    receipt: ReceiptLink | None = Field(None, description="What decided the forecast; null where none was kept.")
    model: ModelLink | None = Field(None, description="The model; null where statistical methods alone forecast.")
    features: FeaturesLink | None = Field(None, description="What the models were told.")
    history: list[HistoryLink] = Field(description="Buckets of history by time.")
    files: list[FileLink] = Field(description="File versions behind them, in order of arrival.")
    rows: RowsPage | None = Field(None, description="The first file rows of one bucket of history.")


_MADE = {
    **{"run_id": "8e3c0a1d", "job": "weekly_cycle", "trigger": "sensor", "by": "closed_bucket_sensor"},
    **{"cause": "cycles without forecasts", "code": "2f417ac1", "configuration": HASH, "at": "2017-12-05T06:00:00Z"},
}


def _source(table: str, partition: str = "2017-12-04") -> dict[str, object]:
    where = {"table": table, "partition": partition, "sha256": HASH, "location": f"lake/{table}/{partition}"}
    return {**where, "current": True, "key": {"series_id": "1029743"}, "made": _MADE}


_ROW = {
    **{"file_version_id": "north-8ae6", "row_number": 4711, "sold_at": "2017-11-28T15:04:00Z", "quantity": 2.0},
    **{
        "revenue": 5.38,
        "unit_price": 2.69,
        "transaction_id": "31198570547",
        "known": True,
        "counts": "all",
        "recalled": False,
    },
}
ROWS_EXAMPLE = {
    **{"series_id": "1029743", "bucket_start": "2017-11-27", "cycle": "2017-12-04", "total": 262},
    **{"next": "WyIuLi4iXQ", "rows": [_ROW]},
}
_LANDED = {
    **{"file_version_id": "north-8ae6", "event": "landed", "known_from": "2017-12-04T10:00:00Z"},
    **{"quantity": 320.0, "revenue": 640.0, "transactions": 262},
}
EXAMPLE = {
    **{"series_id": "1029743", "bucket_start": "2017-12-11", "cycle": "2017-12-04", "lead": 2},
    "known_at": "2017-12-05T05:00:00Z",
    "published": {"source": _source("published_forecasts"), "statistical": 211.8, "reconciled": 207.4, "final": 207.4},
    "planner_inputs": [],
    "reconciliation": {
        **{"source": _source("reconciled_rollups"), "base_forecast": 211.8, "forecast": 207.4, "locked": False},
        "agrees": True,
        "nodes": [
            {
                **{"hierarchy": "product", "level": "department", "node": "GROCERY", "parent": "total"},
                **{"base_forecast": 22548.5, "forecast": 23410.5, "locked": False},
            }
        ],
    },
    "forecast": {
        **{"source": _source("forecasts"), "forecast": 211.8, "median": 229.0, "method": "blend", "agrees": True},
        **{"model_version": "2017-10-02+768eefe542ac", "naive": 248.1, "receipt": HASH},
    },
    "history": [
        {
            **{"source": _source("weekly_buckets", "2017-11-27"), "bucket_start": "2017-11-27", "units": 320.0},
            **{"seen": 320.0, "agrees": True, "known": [_LANDED], "unknown": [], "recalled": []},
        }
    ],
    "files": [
        {
            **{"file_version_id": "north-8ae6", "producer": "north", "uri": "north/2017-W48.csv"},
            **{"content_sha256": HASH, "arrived_at": "2017-12-04T10:00:00Z", "status": "accepted", "recalled": False},
            "archive": {"location": f"lake/_landed/{HASH}", "sha256": HASH, "bytes": 204800},
            **{"archived": True, "rows_sha256": HASH, "made": _MADE},
        }
    ],
    "rows": ROWS_EXAMPLE,
}
