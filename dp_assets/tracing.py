"""A published number followed back through the lake: to reconciliation, planners, model, features, buckets and rows.

Belongs here: which tables and records are read for which link. Does not belong here: what is found in them
(`domain/trace.py`), who may ask (`serving/api/trace`), printing (`commands/why_number.py`). Nothing here knows Dagster.

Nothing is computed again: `dp receipt verify` does that. A link whose record is missing is None, not an error.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple, Protocol
from zoneinfo import ZoneInfo

import polars as pl

from dp_assets.domain.errors import ArtefactError, DemandPlannerError
from dp_assets.domain.panel import Panel
from dp_assets.domain.trace import (
    CONTRIBUTION,
    HistoryBucket,
    Made,
    Row,
    Source,
    channels,
    decisive,
    history_bucket,
    inputs_about,
    nodes_above,
    panel_row,
    rows_of_series,
)
from dp_assets.kept_receipts import NONE, Receipt, receipt_named
from dp_assets.registry import landed_path, recalled_versions, registration
from dp_resources.lake import Lake
from dp_resources.made import made_of

BUCKETS = 8
"""Buckets of history shown unless more are asked for."""
EARLIEST, LATEST = date(1, 1, 2), date(9999, 12, 30)
"""Days between which a moment in any time zone is one in UTC."""
MODEL_CARD = ("trial", "seed", "revision", "epochs", "hyper", "metrics")


class NoNumberError(DemandPlannerError):
    """There is no published number of that series and bucket; the message says what there is."""


class Table(Protocol):
    """A partition: its rows, and the hash of its file."""

    @property
    def frame(self) -> pl.DataFrame:
        """Its rows."""

    @property
    def sha256(self) -> str:
        """Hash of its file."""


class Read(NamedTuple):
    """A partition that was just read."""

    frame: pl.DataFrame
    sha256: str


class Reader(Protocol):
    """Where partitions come from: the lake, or memory that has them already."""

    lake: Lake

    def table(self, name: str, **key: str) -> Table | None:
        """A partition; None where it was never made."""


class LakeReader:
    """Reads every partition when it is asked for."""

    def __init__(self, lake: Lake) -> None:
        self.lake = lake

    def table(self, name: str, **key: str) -> Table | None:
        """A partition; None where it was never made."""
        if not self.lake.has_bytes(self.lake.path(name, **key)):
            return None
        return Read(self.lake.read(name, **key), self.lake.digest(name, **key))


@dataclass(frozen=True)
class Grid:
    """The grid of a cycle, as its receipt has it: start of buckets, and what was known when."""

    weeks: int
    zone: ZoneInfo
    grace: timedelta
    series_key: tuple[str, ...]

    @classmethod
    def of(cls, receipt: Receipt) -> Grid:
        """The grid of the configuration that a receipt keeps."""
        said = json.loads(receipt.configuration)
        bucket = said["bucket"]
        grace = timedelta(days=said["arrival_grace_days"])
        return cls(bucket["weeks"], ZoneInfo(bucket["time_zone"]), grace, tuple(said["series_key"]))

    @property
    def step(self) -> timedelta:
        """Length of a bucket."""
        return timedelta(weeks=self.weeks)

    def midnight(self, day: date) -> datetime:
        """Start of that business day, in UTC."""
        day = min(max(day, EARLIEST), LATEST)
        return datetime(day.year, day.month, day.day, tzinfo=self.zone).astimezone(UTC)

    def known_at(self, cutoff: date) -> datetime:
        """The moment after which what arrives is unknown to the cycle of that cutoff."""
        return self.midnight(cutoff) + self.grace


# -- sources -----------------------------------------------------------------------------------------------------------


def made_by(lake: Lake, table: str, sha256: str, **key: str) -> Made | None:
    """The run that wrote a content of a partition; None where it is not known."""
    found = made_of(lake, table, **key)
    return None if found is None or found.sha256 != sha256 else Made(**asdict(found.author), at=found.at)


def table_source(lake: Lake, table: str, sha256: str, row: Mapping[str, Any], **key: str) -> Source:
    """Where a row of a current partition stands."""
    (partition,) = key.values()
    made = made_by(lake, table, sha256, **key)
    return Source(table, partition, sha256, lake.path(table, **key), True, dict(row), made)


def artefact_source(lake: Lake, table: str, sha256: str, row: Mapping[str, Any], **key: str) -> Source:
    """Where the artefact of that hash lies, whether or not its partition still holds it."""
    (partition,) = key.values()
    current = lake.exists(table, **key) and lake.manifest(table, **key)["sha256"] == sha256
    location, made = f"{lake.root}/_versions/{table}/{sha256}", made_by(lake, table, sha256, **key)
    return Source(table, partition, sha256, location, current, dict(row), made)


# -- links -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Question:
    """What is traced: a series and a forecast bucket of a cycle, with so many buckets of its history.

    Attributes:
        series_id: the series.
        bucket: first day of the forecast bucket.
        cycle: the cycle whose number it is.
        buckets: newest buckets of history shown.
        rows_of: bucket of history whose file rows are shown; the newest with any when None.
    """

    series_id: str
    bucket: date
    cycle: str
    buckets: int = BUCKETS
    rows_of: date | None = None


def number_trace(reader: Reader, asked: Question) -> dict[str, Any]:
    """Every link of a published number, as plain values; `serving/api/trace/schemas.py` says what they mean.

    Raises:
        NoNumberError: the cycle published nothing for that series and bucket.
        StorageError: the lake cannot be read.
    """
    published = _published(reader, asked)
    lead = int(published["lead"])
    forecast, forecast_link = _forecast(reader, asked, lead)
    receipt = receipt_named(reader.lake, forecast["receipt"]) if forecast else None
    own, nodes, reconciliation = _reconciliation(reader, asked, lead)
    about, override = _planners(reader, asked, published, nodes)
    found: dict[str, Any] = {
        "series_id": asked.series_id,
        "bucket_start": asked.bucket,
        "cycle": asked.cycle,
        "lead": lead,
        "known_at": None,
        "published": _published_link(reader, asked, published),
        "override": override,
        "planner_inputs": about,
        "reconciliation": None if own is None else reconciliation,
        "forecast": forecast_link,
        "receipt": None if receipt is None else receipt_link(reader.lake, receipt, asked.cycle),
        "model": None,
        "features": None,
        "history": [],
        "files": [],
        "rows": None,
    }
    if receipt is not None:
        found |= _behind(reader, asked, receipt)
    return found


def _behind(reader: Reader, asked: Question, receipt: Receipt) -> dict[str, Any]:
    """The links behind the forecast: model, features, buckets of history, files, rows."""
    grid, panel = Grid.of(receipt), _panel(reader.lake, asked.cycle, receipt.parts["features"])
    history = _history(reader, asked, grid, panel)
    files, rows_of = files_behind(reader.lake, history), _rows_of(asked, history)
    return {
        "known_at": grid.known_at(date.fromisoformat(asked.cycle)),
        "model": model_link(reader.lake, receipt),
        "features": _features(reader.lake, asked, receipt, panel),
        "history": [_bucket_link(reader, one, asked.series_id) for one in history],
        "files": files,
        "rows": None if rows_of is None else {"bucket_start": rows_of, "rows": file_rows(reader, asked, grid, rows_of)},
    }


def _published(reader: Reader, asked: Question) -> Row:
    table = reader.table("published_forecasts", cycle=asked.cycle)
    here = None if table is None else table.frame.filter(pl.col("series_id") == asked.series_id)
    if here is None or here.is_empty():
        raise NoNumberError(nothing_published(asked.series_id, asked.cycle))
    row = here.filter(pl.col("bucket_start") == asked.bucket)
    if row.is_empty():
        first, *_, last = here["bucket_start"].sort().to_list() * 2
        raise NoNumberError(
            f"expected a bucket that cycle {asked.cycle} forecasts, from {first} to {last}, "
            f"got {asked.bucket}; name another cycle to trace a number of it"
        )
    return row.row(0, named=True)


def nothing_published(series_id: str, cycle: str) -> str:
    """What is said of a series that a cycle did not publish, or that whoever asks must not see."""
    return f"cycle {cycle} published nothing of series {series_id!r}; check the spelling"


def _published_link(reader: Reader, asked: Question, row: Row) -> dict[str, Any]:
    source = _source(reader, "published_forecasts", asked, {"series_id": asked.series_id, "lead": row["lead"]})
    names = ("statistical", "reconciled", "override", "final", "user", "reason_code")
    return {"source": source, **{name: row[name] for name in names}}


def _source(reader: Reader, name: str, asked: Question, row: Mapping[str, Any]) -> Source | None:
    table = reader.table(name, cycle=asked.cycle)
    return None if table is None else table_source(reader.lake, name, table.sha256, row, cycle=asked.cycle)


def _forecast(reader: Reader, asked: Question, lead: int) -> tuple[Row | None, dict[str, Any] | None]:
    table = reader.table("forecasts", cycle=asked.cycle)
    here = (pl.col("series_id") == asked.series_id) & (pl.col("lead") == lead)
    found = [] if table is None else table.frame.filter(here).to_dicts()
    if not found:
        return None, None
    row = found[0]
    names = ("forecast", "q0.5", "method", "model_version", "naive", "receipt")
    source = _source(reader, "forecasts", asked, {"series_id": asked.series_id, "lead": lead})
    values = {"median" if name == "q0.5" else name: row[name] for name in names}
    return row, {"source": source, **values}


def _reconciliation(reader: Reader, asked: Question, lead: int) -> tuple[Row | None, list[Row], dict[str, Any] | None]:
    table = reader.table("reconciled_rollups", cycle=asked.cycle)
    own, nodes = (None, []) if table is None else nodes_above(table.frame, asked.series_id, lead)
    if own is None:
        return None, nodes, None
    key = {"hierarchy": own["hierarchy"], "level": own["level"], "node": own["node"], "lead": lead}
    values = {name: own[name] for name in ("base_forecast", "forecast", "locked")}
    return own, nodes, {"source": _source(reader, "reconciled_rollups", asked, key), **values, "nodes": nodes}


def _planners(
    reader: Reader, asked: Question, published: Row, nodes: Sequence[Row]
) -> tuple[list[Row], dict[str, Any] | None]:
    """Every planner's number that speaks of this one, and the one that made it what it is."""
    table = reader.table("planner_inputs", cycle=asked.cycle)
    about = [] if table is None else inputs_about(table.frame, asked.series_id, nodes, asked.bucket)
    chosen = decisive(published, about, asked.series_id)
    if chosen is None:
        return about, None
    key = {name: chosen[name] for name in ("hierarchy", "node", "bucket_start")}
    return about, {"source": _source(reader, "planner_inputs", asked, key), **chosen}


def receipt_link(lake: Lake, receipt: Receipt, cycle: str) -> dict[str, Any]:
    """What decided the forecasts: id, code, configuration, libraries, seed, and the command that repeats them."""
    parts = receipt.parts
    names = ("code", "configuration", "libraries", "threads", "seed", "features", "interval_contract")
    current = all(
        lake.has_bytes(lake.path(name, cycle=cycle)) and lake.digest(name, cycle=cycle) == digest
        for name, digest in receipt.hashes.items()
    )
    return {
        "id": receipt.id,
        "cycle": parts["cycle"],
        **{name: parts.get(name, NONE) for name in names},
        "hashes": dict(receipt.hashes),
        "current": current,
        "verify": f"dp receipt verify {receipt.id[:12]}",
    }


def model_link(lake: Lake, receipt: Receipt) -> dict[str, Any] | None:
    """The model behind the forecasts of a receipt; None where statistical methods alone made them."""
    parts = receipt.parts
    if parts["network"] == NONE:
        return None
    card = _json_of(lake, f"{lake.root}/_versions/tuned_model/{parts['network']}/model.json")
    head = _json_of(lake, f"{lake.root}/_versions/features/{parts['trained_on']}/panel.json")
    window = None
    if head is not None:
        past = [start for start in head["starts"] if start < head["cutoff"]]
        window = {"first": past[0], "last": past[-1], "buckets": len(past)} if past else None
    return {
        "source": artefact_source(lake, "tuned_model", parts["network"], {}, cycle=parts["model_cycle"]),
        "cycle": parts["model_cycle"],
        "weights": parts["weights"],
        "encoders": parts["encoders"],
        "boosting": None if parts["boosting"] == NONE else parts["boosting"],
        "trained_on": parts["trained_on"],
        "window": window,
        **{name: None if card is None else card.get(name) for name in MODEL_CARD},
    }


def _json_of(lake: Lake, path: str) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = json.loads(lake.read_bytes(path))
    except ArtefactError:
        return None
    return found


def _panel(lake: Lake, cycle: str, digest: str) -> Panel | None:
    """The panel of that content, without comparing its files with their hashes; None where it is gone."""
    try:
        if lake.manifest("features", cycle=cycle)["sha256"] == digest:
            return Panel.load(lake.open_folder("features", verify=False, cycle=cycle))
        return Panel.load(lake.open_version("features", digest))
    except ArtefactError:
        return None


def _features(lake: Lake, asked: Question, receipt: Receipt, panel: Panel | None) -> dict[str, Any]:
    row = None if panel is None else panel_row(panel, asked.series_id)
    known = panel is not None and row is not None
    key = {"series_id": asked.series_id}
    return {
        "source": artefact_source(lake, "features", receipt.parts["features"], key, cycle=asked.cycle),
        "history_buckets": None if panel is None else panel.history,
        "first_bucket": None if panel is None else str(panel.starts[0]),
        "channels": channels(panel, row, asked.bucket) if known and panel is not None and row is not None else [],
    }


# -- history -----------------------------------------------------------------------------------------------------------


def contributions_of(reader: Reader, series_id: str, bucket: date) -> pl.DataFrame:
    """Rows of `weekly_buckets` of a series and bucket; none where nothing was sold."""
    table = reader.table("weekly_buckets", bucket=bucket.isoformat())
    if table is None:
        return pl.DataFrame(schema=dict.fromkeys(CONTRIBUTION, pl.String))
    return table.frame.filter(pl.col("series_id") == series_id)


def _history(reader: Reader, asked: Question, grid: Grid, panel: Panel | None) -> list[HistoryBucket]:
    cutoff = date.fromisoformat(asked.cycle)
    first = cutoff - asked.buckets * grid.step
    starts = [first + at * grid.step for at in range(asked.buckets)]
    if asked.rows_of is not None and asked.rows_of < first:
        starts.insert(0, asked.rows_of)
    row = None if panel is None else panel_row(panel, asked.series_id)
    seen = {} if panel is None or row is None else dict(zip(_past(panel), panel.quantity[row].tolist(), strict=True))
    recalled = _recalled(reader, asked, grid, starts)
    return [
        history_bucket(
            start,
            contributions_of(reader, asked.series_id, start),
            grid.known_at(cutoff),
            seen.get(start),
            recalled.get(start, ()),
        )
        for start in starts
        if start in seen or not seen or start == asked.rows_of
    ]


def _past(panel: Panel) -> list[date]:
    found: list[date] = panel.starts[: panel.history].astype("datetime64[D]").tolist()
    return found


def _recalled(reader: Reader, asked: Question, grid: Grid, starts: Sequence[date]) -> dict[date, list[str]]:
    """Bucket → recalled file versions that hold rows of the series there."""
    found: dict[date, list[str]] = {}
    for version in sorted(recalled_versions(reader.lake)):
        commit = reader.lake.commit_of("ingest", version) or {"buckets": ()}
        for start in starts:
            if start.isoformat() in commit["buckets"] and len(rows_in(reader.lake, version, asked, grid, start)):
                found.setdefault(start, []).append(version)
    return found


def _bucket_link(reader: Reader, one: HistoryBucket, series_id: str) -> dict[str, Any]:
    key = one.bucket_start.isoformat()
    table = reader.table("weekly_buckets", bucket=key)
    row = {"series_id": series_id, "bucket_start": one.bucket_start}
    source = None if table is None else table_source(reader.lake, "weekly_buckets", table.sha256, row, bucket=key)
    return {"source": source, **vars(one)}


def _rows_of(asked: Question, history: Sequence[HistoryBucket]) -> date | None:
    """The bucket whose rows are shown: the one asked for, else the newest that has any."""
    if asked.rows_of is not None:
        return asked.rows_of
    return next((one.bucket_start for one in reversed(history) if one.known or one.recalled), None)


# -- files -------------------------------------------------------------------------------------------------------------


def _versions(history: Sequence[HistoryBucket]) -> Iterator[str]:
    for one in history:
        yield from (row["file_version_id"] for row in (*one.known, *one.unknown))
        yield from one.recalled


def files_behind(lake: Lake, history: Sequence[HistoryBucket]) -> list[dict[str, Any]]:
    """Every file version that adds to buckets of history, in order of arrival."""
    withdrawn = recalled_versions(lake)
    found = [file_link(lake, version, version in withdrawn) for version in dict.fromkeys(_versions(history))]
    return sorted(found, key=lambda one: (one["arrived_at"], one["file_version_id"]))


def file_link(lake: Lake, version: str, recalled: bool) -> dict[str, Any]:
    """A file version: who delivered it, when, its hash, and where its bytes are kept whatever becomes of the file."""
    one, commit = registration(lake, version), lake.commit_of("ingest", version)
    archive = landed_path(lake, one.content_sha256)
    made = made_of(lake, "raw_files", file_version=version)
    return {
        "file_version_id": version,
        **{name: getattr(one, name) for name in ("producer", "uri", "content_sha256", "arrived_at", "supersedes")},
        "status": None if commit is None else commit["status"],
        "recalled": recalled,
        "archive": {"location": archive, "sha256": one.content_sha256, "bytes": one.bytes},
        "archived": lake.has_bytes(archive),
        "rows_sha256": None if commit is None else commit["tables"].get("unified_transactions"),
        "made": None if made is None else Made(**asdict(made.author), at=made.at),
    }


def rows_in(lake: Lake, version: str, asked: Question, grid: Grid, bucket: date) -> pl.DataFrame:
    """The accepted rows of a file version that fall into a bucket of a series; only they are read into memory."""
    path = lake.path("unified_transactions", file_version=version)
    source: Path | io.BytesIO
    try:
        source = Path(path) if lake.is_local else io.BytesIO(lake.read_bytes(path))
        key = _key(asked.series_id, grid.series_key)
        return rows_of_series(pl.scan_parquet(source, glob=False), key, bucket, grid.step).collect()
    except (ArtefactError, FileNotFoundError):  # the file is being read again
        return pl.DataFrame()


def _key(series_id: str, names: Sequence[str]) -> dict[str, str]:
    """Key columns of a series; a SKU may hold the sign that joins them, a location is what comes after the last."""
    parts = series_id.rsplit("|", len(names) - 1) if len(names) > 1 else [series_id]
    return dict(zip(names, parts, strict=True))


def history_rows(reader: Reader, series_id: str, bucket: date, cycle: str) -> list[Row]:
    """As `file_rows`, for a series that a cycle forecasts; NoNumberError where it forecasts it not."""
    asked = Question(series_id, bucket, cycle)
    forecast, _ = _forecast(reader, asked, lead=1)
    receipt = receipt_named(reader.lake, forecast["receipt"]) if forecast else None
    if receipt is None:
        raise NoNumberError(nothing_published(series_id, cycle))
    return file_rows(reader, asked, Grid.of(receipt), bucket)


def file_rows(reader: Reader, asked: Question, grid: Grid, bucket: date) -> list[Row]:
    """The rows behind a bucket of history, by file version and row number.

    `known` says whether the cycle knew the file, `recalled` whether it was taken back.
    """
    lake, withdrawn = reader.lake, recalled_versions(reader.lake)
    known_at = grid.known_at(date.fromisoformat(asked.cycle))
    contributions = contributions_of(reader, asked.series_id, bucket)
    taken_back = _recalled(reader, asked, grid, [bucket]).get(bucket, [])
    return [
        {**row, "known": arrived_at <= known_at and version not in withdrawn, "recalled": version in withdrawn}
        for version in sorted({*contributions["file_version_id"], *taken_back})
        for arrived_at in (registration(lake, version).arrived_at,)
        for row in rows_in(lake, version, asked, grid, bucket).to_dicts()
    ]
