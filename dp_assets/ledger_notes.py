"""Notes in the audit ledger of what a run published, and of why it trains.

Belongs here: who is behind it, and what a row says. Does not belong here: the rows (`dp_resources/planning_notes.py`).

The table is written before its row. Without a planning database nothing that was published is lost, and the step fails
and says why; run again, it finds the same bytes in the lake and adds the row that is missing.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import dagster as dg

from dp_assets.authors import CAUSE_TAG, trigger_of
from dp_assets.project import Project
from dp_resources.lake import Lake, WrittenPartition, json_bytes
from dp_resources.planning_ledger import Head
from dp_resources.planning_notes import note_publication, note_retraining

HEADS = "_made/ledger"
"""Folder in the lake with the end of the ledger at each publication."""


def publication(
    context: dg.AssetExecutionContext, project: Project, lake: Lake, cycle: str, written: WrittenPartition
) -> None:
    """Notes what a cycle is published as, and in the lake the end of the ledger then, which `dp plan verify` looks for.

    Raises:
        StorageError: the planning database does not answer.
    """
    who, planning = _who(context.run), project.planning()
    receipts = lake.read("forecasts", ["receipt"], cycle=cycle)["receipt"].unique().sort().to_list()
    inputs = lake.commit_of("planner_inputs", cycle)
    after = {
        "sha256": written.sha256,
        "receipt": receipts[0] if len(receipts) == 1 else receipts,
        "planner_inputs": None if inputs is None else inputs["last_change"],
        **who,
    }
    path = f"{lake.root}/{HEADS}/{cycle}.json"
    entered = note_publication(planning, cycle, _name(who), project.clock.now(), after)
    if entered is not None or not lake.has_bytes(path):
        lake.write_bytes(path, json_bytes(asdict(planning.head())))


def retraining(context: dg.AssetExecutionContext | dg.OpExecutionContext, project: Project) -> None:
    """Notes what models are trained for: a sensor, schedule or person, and the cause they gave.

    Raises:
        StorageError: the planning database does not answer.
    """
    keys, who = sorted(context.partition_keys), _who(context.run)
    cycles = keys[0] if len(keys) == 1 else f"{keys[0]} … {keys[-1]}"
    run = context.run.root_run_id or context.run.run_id  # one that Dagster starts again is the same request
    note_retraining(project.planning(), cycles, _name(who), project.clock.now(), {"run": run, **who})


def noted_heads(lake: Lake) -> list[Head]:
    """Ends of the ledger as they were when cycles took in planners' numbers and were published."""
    kept = [Head(**record["ledger"]) for record in lake.committed("planner_inputs").values()]
    paths = [f"{lake.root}/{HEADS}/{cycle}.json" for cycle in lake.partitions("published_forecasts")]
    kept += [Head(**json.loads(lake.read_bytes(path))) for path in paths if lake.has_bytes(path)]
    return [head for head in kept if head.sequence]


def _who(run: dg.DagsterRun) -> dict[str, Any]:
    trigger, by = trigger_of(run.tags)
    return {"trigger": trigger, "by": by, "cause": run.tags.get(CAUSE_TAG)}


def _name(who: dict[str, Any]) -> str:
    return str(who["by"] or who["trigger"])
