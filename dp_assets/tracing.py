"""A published number followed back through the lake: to reconciliation, planners, model, features, buckets and rows.

Belongs here: which tables and records are read for which link. Does not belong here: what is found in them
(`domain/trace.py`), the history behind a forecast (`history_links.py`), who may ask (`serving/api/trace`), printing
(`commands/why_number.py`). Nothing here knows Dagster.

Nothing is computed again: `dp receipt verify` does that. A link whose record is missing is None, not an error.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl

from dp_assets.domain.errors import ArtefactError, DemandPlannerError
from dp_assets.domain.panel import Panel
from dp_assets.domain.trace import Row, Source, channels, decisive, inputs_about, nodes_above, panel_row
from dp_assets.history_links import Question, bucket_link, bucket_shown, file_rows, files_behind, history_of
from dp_assets.kept_receipts import NONE, Receipt, receipt_named
from dp_assets.sources import Reader, artefact_source, table_source
from dp_resources.lake import Lake

MODEL_CARD = ("trial", "seed", "revision", "epochs", "hyper", "metrics")


class NoNumberError(DemandPlannerError):
    """There is no published number of that series and bucket; the message says what there is."""


def number_trace(reader: Reader, asked: Question) -> dict[str, Any]:
    """Every link of a published number, as plain values; `serving/api/trace/schemas.py` says what they mean.

    Raises:
        NoNumberError: the cycle published nothing for that series and bucket.
        StorageError: the lake cannot be read.
    """
    published = _published(reader, asked)
    lead = int(published["lead"])
    forecast, forecast_link = _forecast(reader, asked, lead)
    if forecast_link is not None:
        forecast_link["agrees"] = forecast_link["forecast"] == published["statistical"]
    receipt = receipt_named(reader.lake, forecast["receipt"]) if forecast else None
    own, nodes, reconciliation = _reconciliation(reader, asked, lead)
    if reconciliation is not None:
        reconciliation["agrees"] = reconciliation["forecast"] == published["reconciled"]
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
        "receipt": None if receipt is None else receipt_link(reader, receipt, asked.cycle),
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
    panel = _panel(reader.lake, asked.cycle, receipt.parts["features"])
    history = history_of(reader, asked, receipt, panel)
    files, shown = files_behind(reader.lake, history), bucket_shown(asked, history)
    rows = None if shown is None else file_rows(reader, asked, receipt, shown.bucket_start, shown.recalled)
    return {
        "known_at": receipt.grid.known_at(date.fromisoformat(asked.cycle)),
        "model": model_link(reader.lake, receipt),
        "features": _features(reader.lake, asked, receipt, panel),
        "history": [bucket_link(reader, one, asked.series_id) for one in history],
        "files": files,
        "rows": None if rows is None else {"bucket_start": shown and shown.bucket_start, "rows": rows},
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
    chosen = decisive(published, about)
    if chosen is None:
        return about, None
    key = {name: chosen[name] for name in ("hierarchy", "node", "bucket_start")}
    return about, {"source": _source(reader, "planner_inputs", asked, key), **chosen}


def receipt_link(reader: Reader, receipt: Receipt, cycle: str) -> dict[str, Any]:
    """What decided the forecasts: id, code, configuration, libraries, seed, and the command that repeats them."""
    parts = receipt.parts
    names = ("code", "configuration", "libraries", "threads", "seed", "features", "interval_contract")
    tables = ((reader.table(name, cycle=cycle), digest) for name, digest in receipt.hashes.items())
    current = all(table is not None and table.sha256 == digest for table, digest in tables)
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


def history_rows(reader: Reader, series_id: str, bucket: date, cycle: str) -> pl.DataFrame:
    """As `file_rows`, for a series that a cycle forecasts; NoNumberError where it forecasts it not."""
    asked = Question(series_id, bucket, cycle)
    forecast, _ = _forecast(reader, asked, lead=1)
    receipt = receipt_named(reader.lake, forecast["receipt"]) if forecast else None
    if receipt is None:
        raise NoNumberError(nothing_published(series_id, cycle))
    return file_rows(reader, asked, receipt, bucket)
