"""What a cycle is made of: its state, its model, and its tables with the runs that wrote them.

Belongs here: reading that from the lake. Does not belong here: following one number (`tracing.py`), receipts
(`kept_receipts.py`). Nothing here knows Dagster.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Any

from dp_assets.domain.errors import ArtefactError
from dp_assets.domain.trace import Made
from dp_assets.kept_receipts import NONE, Receipt, find
from dp_assets.tracing import model_link
from dp_resources.archive import location_of
from dp_resources.lake import Lake
from dp_resources.made import made_of

STATES = {
    "forecast": "forecasts",
    "published": "published_forecasts",
    "bundled": "serving_bundle",
    "trained": "tuned_model",
    "scored": "accuracy",
    "explained": "forecast_changes",
}
"""Word → the table that says so."""


def cycles(lake: Lake) -> list[dict[str, Any]]:
    """Every cycle that the lake knows, oldest first, with what was made of it."""
    made = {word: set(lake.partitions(table)) for word, table in STATES.items()}
    known = set().union(*made.values(), lake.partitions("features"))
    return [{"cycle": one, **{word: one in found for word, found in made.items()}} for one in sorted(known)]


def receipt_of_cycle(lake: Lake, cycle: str) -> Receipt | None:
    """The receipt of a cycle's forecasts; None while it was not forecast, or where none was kept."""
    if not lake.exists("forecasts", cycle=cycle):
        return None
    try:
        return find(lake, cycle)
    except (ArtefactError, IndexError):  # forecasts without a series have no receipt
        return None


def card(lake: Lake, cycle: str) -> dict[str, Any]:
    """Model card, contract of intervals, planners' inputs and lineage of a cycle, as plain values."""
    receipt = receipt_of_cycle(lake, cycle)
    inputs = lake.commit_of("planner_inputs", cycle)
    return {
        "known_at": None if receipt is None else receipt.grid.known_at(date.fromisoformat(cycle)),
        "receipt": None if receipt is None else receipt.id,
        "configuration": None if receipt is None else receipt.parts["configuration"],
        "model": None if receipt is None else model_link(lake, receipt),
        "leaderboard": [] if receipt is None else _leaderboard(lake, receipt),
        "intervals": _rows(lake, "interval_contract", cycle, drop=("shifts",)),
        "planner_inputs": None if inputs is None else {"last_change": inputs["last_change"], **_ledger(inputs)},
        "lineage": lineage(lake, cycle),
    }


def _ledger(record: dict[str, Any]) -> dict[str, Any]:
    return {"ledger_sequence": record["ledger"]["sequence"], "ledger_hash": record["ledger"]["hash"]}


def _leaderboard(lake: Lake, receipt: Receipt) -> list[dict[str, Any]]:
    """How the methods did on weeks they had not seen, by demand class, with the verdict: as of the model."""
    parts = receipt.parts
    if parts["leaderboard"] == NONE:
        return []
    try:
        frame = lake.read_version("leaderboard", parts["leaderboard"], cycle=parts["model_cycle"])
    except ArtefactError:
        return []
    return frame.to_dicts()


def _rows(lake: Lake, table: str, cycle: str, drop: tuple[str, ...]) -> list[dict[str, Any]]:
    return lake.read(table, cycle=cycle).drop(drop).to_dicts() if lake.exists(table, cycle=cycle) else []


def lineage(lake: Lake, cycle: str) -> list[dict[str, Any]]:
    """Every table and artefact of a cycle: hash, rows, bytes, place, and the run that wrote it first."""
    return [_made_of(lake, table, cycle) for table in lake.tables_of(cycle=cycle)]


def _made_of(lake: Lake, table: str, cycle: str) -> dict[str, Any]:
    path = lake.path(table, cycle=cycle)
    if lake.has_bytes(path):
        size = len(lake.read_bytes(path)) if not lake.is_local else lake.fs.size(path)
        found = {"sha256": lake.digest(table, cycle=cycle), "rows": lake.shape(table, cycle=cycle)[0], "bytes": size}
    else:
        manifest = lake.manifest(table, cycle=cycle)
        size = sum(one["bytes"] for one in manifest["files"].values())
        found = {"sha256": manifest["sha256"], "rows": None, "bytes": size}
        path = f"{lake.root}/_versions/{table}/{manifest['sha256']}"
    noted = made_of(lake, table, cycle=cycle)
    own = noted is not None and noted.sha256 == found["sha256"]
    made = Made(**asdict(noted.author), at=noted.at) if own and noted is not None else None
    return {"table": table, **found, "location": location_of(lake, path), "made": made}
