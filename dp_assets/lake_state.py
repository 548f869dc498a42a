"""Reads from the lake what `plan_requests` decides on.

Belongs here: turning commit records and partitions into a `LakeState`. Does not belong here: the decision itself.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl

from dp_assets.domain.buckets import BucketGrid
from dp_assets.domain.config import DemandConfig
from dp_assets.domain.contributions import Inputs
from dp_assets.domain.errors import StorageError
from dp_assets.domain.ingest.recipe import short_hash
from dp_assets.domain.ingest.registration import Registration
from dp_assets.domain.ingest.restatements import restatements
from dp_assets.domain.ledger import ENTERED, file_ledger, not_entered
from dp_assets.domain.plan import LakeState, Made, Recalls, RunPlan, recalls_of_cycles
from dp_assets.quality_catalogue import unreported
from dp_assets.registry import (
    backdated_versions,
    file_events,
    file_lines_of,
    recalled_versions,
    registration,
    registrations,
)
from dp_resources import collector
from dp_resources.lake import Lake
from dp_resources.planning_db import PlanningDatabase

log = logging.getLogger(__name__)

MARKED = 100
"""Partitions of a plan whose present state goes into the key of its runs."""


@collector.at_rest()
def read_state(lake: Lake, planning: PlanningDatabase | None = None) -> LakeState:
    """The state of the lake as of its commit records, and of planners' numbers where their database is given."""
    judged = lake.committed("residuals")
    errors = set(lake.partitions("error_distributions"))
    models = {cycle: lake.manifest("tuned_model", cycle=cycle) for cycle in lake.partitions("tuned_model")}
    boosted = {cycle: lake.manifest("boosted_model", cycle=cycle) for cycle in lake.partitions("boosted_model")}
    bundles = {cycle: lake.manifest("serving_bundle", cycle=cycle) for cycle in lake.partitions("serving_bundle")}
    known, commits, recalled = tuple(registrations(lake)), lake.committed("ingest"), recalled_versions(lake)
    return LakeState(
        registrations=known,
        commits=commits,
        recalled=recalled,
        backdated=backdated_versions(lake),
        cut_short=unreported(lake, known, commits, recalled) | _not_in_ledger(lake, known, commits),
        built_buckets={bucket: _inputs(record) for bucket, record in lake.committed("weekly_buckets").items()},
        models={
            cycle: _model(model, boosted.get(cycle), judged.get(cycle))
            for cycle, model in models.items()
            if cycle in errors
        },
        forecasts={cycle: str(one["sha256"]) for cycle, one in bundles.items()},
        bundles={cycle: _bundle(one["info"]) for cycle, one in bundles.items()},
        scored={cycle: record["inputs"] for cycle, record in lake.committed("accuracy").items()},
        planned={cycle: int(one["info"].get("planned", 0)) for cycle, one in bundles.items()},
        last_change=0 if planning is None else _last_change(planning),
        lines_of=file_lines_of(lake),
    )


def _last_change(planning: PlanningDatabase) -> int:
    """The last change of planners' numbers; 0 while the database does not answer, so that all other work goes on."""
    try:
        return planning.last_change()
    except StorageError as error:
        log.warning("planners' numbers are left as they are: %s", error)
        return 0


def file_state(lake: Lake) -> LakeState:
    """What the lake holds of files, and nothing of what was computed from them."""
    return LakeState(
        commits=lake.committed("ingest"),
        recalled=recalled_versions(lake),
        backdated=backdated_versions(lake),
        lines_of=file_lines_of(lake),
    )


def _not_in_ledger(
    lake: Lake, known: Iterable[Registration], commits: Mapping[str, Mapping[str, Any]]
) -> frozenset[str]:
    registered = {one.file_version_id for one in known}
    own = {version: commit for version, commit in commits.items() if version in registered}
    if not own or not lake.has_bytes(lake.path("file_ledger")):
        return frozenset(own)
    return not_entered(lake.read("file_ledger", ENTERED), own)


def _inputs(record: Mapping[str, Any]) -> Inputs:
    """Inputs of a bucket; records of an earlier layout name the versions only, and so count as stale."""
    return dict(record.get("inputs") or dict.fromkeys(record.get("file_versions", ()), ""))


def _model(network: Mapping[str, Any], boosting: Mapping[str, Any] | None, judged: Mapping[str, Any] | None) -> Made:
    """A model counts with the residuals made of it; those of another leave its recalls open, so it is made again."""
    info = network["info"]
    if "recalls" not in info:
        return Made()
    made_of = (network["sha256"], None if boosting is None else boosting["sha256"])
    own = judged is not None and (judged["model"], judged.get("boosting")) == made_of
    return Made(_recalls(info) if own else None)


def _bundle(info: Mapping[str, Any]) -> Made:
    return Made(_recalls(info), info.get("champion"), _recalls(info, "champion_recalls"))


def _recalls(info: Mapping[str, Any], name: str = "recalls") -> Recalls:
    found = info.get(name, ())
    return None if found is None else tuple(found)


def committed_ledger(lake: Lake, config: DemandConfig) -> pl.DataFrame:
    """The ledger of every committed file version, as `contracts.FILE_LEDGER`."""
    commits, withdrawn = lake.committed("ingest"), recalled_versions(lake)
    counting = [commit for version, commit in commits.items() if version not in withdrawn]
    return file_ledger(commits.values(), withdrawn, restatements(counting, config, file_lines_of(lake)))


def recalls_in_force(lake: Lake, config: DemandConfig, cycle: str) -> list[str] | None:
    """The file events that a cycle is computed under, for the manifest of its features.

    None while a file that was ever backdated, a bucket before the cutoff, or the cycle's attributes are not what they
    should be: somebody may have told an event a moment ago, and what is computed from them is of neither state. It
    is computed again once they are. Where no event was ever told there is nothing to look at.
    """
    events = file_events(lake)
    if not events:
        return []
    state = file_state(lake)
    for version in {one.file_version_id for one in events if one.event == "backdate"}:
        commit = state.commits.get(version)  # None while the file is read again, or where that was cut short
        if commit is None or commit["arrived_at"] != registration(lake, version).to_record()["arrived_at"]:
            return None
    expected = state.bucket_inputs(config)
    for bucket, record in lake.committed("weekly_buckets").items():
        if bucket < cycle and _inputs(record) != expected.get(bucket, {}):
            return None
    recalls = list(recalls_of_cycles(state, BucketGrid.of(config))(cycle))
    attributes = lake.commit_of("sku_attributes", cycle)
    return recalls if attributes is not None and attributes["recalls"] == recalls else None


def standing(lake: Lake, plan: RunPlan) -> str:
    """A short hash of when the partitions of a plan were written last.

    A recall, its undo, and the same recall again ask three times for the same work on other grounds: with this in their
    run keys, Dagster starts each of them, and still starts one that failed only once.
    """
    keys = plan.partition_keys[:MARKED]
    return short_hash(*(f"{key}:{_written_at(lake, _result_of(lake, plan, key))}" for key in keys))


def _written_at(lake: Lake, path: str) -> str:
    try:
        info = lake.fs.info(path)
    except FileNotFoundError:
        return "never"
    return str(info.get("LastModified") or info.get("mtime"))


def _result_of(lake: Lake, plan: RunPlan, key: str) -> str:
    """Path of what a job writes last for a partition."""
    match plan.job:
        case "ingest_files" | "ingest_new_files":
            return f"{lake.root}/_commits/ingest/{key}.json"
        case "refresh_buckets":
            return f"{lake.root}/_commits/weekly_buckets/{key}.json"
        case "retrain":
            return f"{lake.root}/_commits/residuals/{key}.json"
        case "score_cycles":
            return f"{lake.root}/_commits/accuracy/{key}.json"
        case _:
            return f"{lake.folder('serving_bundle', cycle=key)}/manifest.json"
