"""Takes file versions back, puts them back in force, dates their arrival back: the event, its reach, the difference.

Belongs here: the order of reads and writes around `domain/recall.py`, without any orchestration; the jobs `recall` and
`backdate` and the command line call it. Does not belong here: recomputing what an event reaches, which `plan_requests`
asks for.

    _file_events/<time>-<hash>.json       the event; written once, and from then on it holds
    _file_events/<time>-<hash>.parquet    what it did to published forecasts, written when everything is computed again
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from dp_assets.content import Known
from dp_assets.domain.config import DemandConfig
from dp_assets.domain.contracts import FILE_LINES
from dp_assets.domain.errors import StorageError
from dp_assets.domain.ingest.freshness import quarantined, recipes
from dp_assets.domain.ingest.registration import Registration
from dp_assets.domain.plan import Affected, LakeState, affected
from dp_assets.domain.recall import (
    DIFFERENCE_SCHEMA,
    Backdated,
    FileEvent,
    RecallRefusedError,
    last_events,
    next_moment,
    published_difference,
    version_to_backdate,
    version_to_recall,
    version_to_restore,
)
from dp_assets.domain.restatement_config import restates
from dp_assets.ingestion import worked_out
from dp_assets.lake_state import read_state
from dp_assets.registry import (
    backdated_versions,
    file_events,
    recalled_versions,
    registration,
    registrations,
    write_file_event,
)
from dp_resources.lake import Lake, parquet_bytes

if TYPE_CHECKING:
    from dp_resources.planning_db import PlanningDatabase

PUBLISHED = "published_forecasts"


# -- the event --------------------------------------------------------------------------------------------------------


def version_meant(lake: Lake, name: str, undo: bool) -> str:
    """The version that a version id, or a path below the landing root, means for a recall or an undo.

    Raises:
        RecallRefusedError: there is none, or it is not in the state to be changed.
    """
    find = version_to_restore if undo else version_to_recall
    return find(name, lake.committed("ingest"), recalled_versions(lake))


def write_event(lake: Lake, file_version_id: str, undo: bool, by: str, reason: str, now: datetime) -> FileEvent:
    """Recalls a file version, or undoes that. Where it already is as wanted, its last event is returned.

    Raises:
        RecallRefusedError: a recall says no reason.
    """
    events, wanted = file_events(lake), "undo" if undo else "recall"
    last = last_events(events).get(file_version_id)
    if last is not None and last.event == wanted:
        return last
    if not undo and not reason.strip():
        raise RecallRefusedError("a recall needs a reason: it stands in the audit trail beside who and when")
    event = FileEvent(
        event="undo" if undo else "recall",
        file_version_id=file_version_id,
        at=next_moment(events, now),
        by=by,
        reason=reason,
        published=_published_now(lake),
    )
    write_file_event(lake, event)
    return event


def enter_events(lake: Lake, database: PlanningDatabase, progress: Callable[[str], None]) -> None:
    """Enters into the ledger every recall and undo that is not there yet, whoever told it: the command line, the job, a
    gate. Where the planning database is away, that is said, and the next call makes it good: the lake keeps events."""
    from dp_resources.planning_notes import note_file_events

    if not (events := file_events(lake)):
        return
    try:
        if entered := note_file_events(database, sorted(events, key=lambda one: one.at)):
            progress(f"{entered} recall(s) or undo(s) of files entered into the ledger")
    except StorageError as error:
        progress(f"recalls hold, and stand in the ledger once the planning database answers again: {error}")


def backdate_meant(lake: Lake, name: str, arrived_at: datetime | None) -> tuple[str, Backdated | None]:
    """The version that a version id or a path means for a backdated arrival, and its arrivals; None: as recorded again.

    Raises:
        RecallRefusedError: there is none, or the arrival is not before the recorded one and after that of the version
            which it replaced at its path.
    """
    return version_to_backdate(
        name,
        arrived_at,
        lake.committed("ingest"),
        recalled_versions(lake),
        registrations(lake),
        backdated_versions(lake),
    )


def write_backdate(
    lake: Lake, file_version_id: str, arrivals: Backdated | None, by: str, reason: str, now: datetime
) -> FileEvent:
    """Dates a version's arrival back, or undoes that. Where it already is as wanted, its last event is returned.

    Raises:
        RecallRefusedError: no reason is said.
    """
    events = file_events(lake)
    last = last_events(events, "backdate").get(file_version_id)
    if last is not None and backdated_versions(lake).get(file_version_id) == arrivals:
        return last
    if arrivals is not None and not reason.strip():
        raise RecallRefusedError("a backdated arrival needs a reason: it stands in the audit trail beside who and when")
    event = FileEvent(
        event="backdate",
        file_version_id=file_version_id,
        at=next_moment(events, now),
        by=by,
        reason=reason,
        published=_published_now(lake),
        arrived_at=arrivals.arrived_at if arrivals else None,
        recorded_at=arrivals.recorded_at if arrivals else None,
    )
    write_file_event(lake, event)
    return event


def _published_now(lake: Lake) -> dict[str, str]:
    return {cycle: lake.digest(PUBLISHED, cycle=cycle) for cycle in lake.partitions(PUBLISHED)}


# -- what it reaches --------------------------------------------------------------------------------------------------


def reached_by(lake: Lake, config: DemandConfig, file_version_id: str, undo: bool) -> Affected:
    """Everything computed from a file version, as a recall or its undo would find it; nothing is written.

    Files that would be read again are read here, too, to know which buckets they change.
    """
    state = read_state(lake)
    wanted = state.recalled - {file_version_id} if undo else state.recalled | {file_version_id}
    return _affected(lake, config, state, replace(state, recalled=wanted))


def reached_by_backdate(lake: Lake, config: DemandConfig, file_version_id: str, arrivals: Backdated | None) -> Affected:
    """Everything that a backdated arrival, or its undo, would have computed again; nothing is written."""
    state = read_state(lake)
    declared = {version: one for version, one in state.backdated.items() if version != file_version_id}
    found = registration(lake, file_version_id)
    arrived_at = arrivals.arrived_at if arrivals else state.backdated[file_version_id].recorded_at
    others = (one for one in state.registrations if one.file_version_id != file_version_id)
    after = replace(
        state,
        backdated={**declared, file_version_id: arrivals} if arrivals else declared,
        registrations=tuple(sorted([*others, replace(found, arrived_at=arrived_at)], key=lambda one: one.order)),
    )
    return _affected(lake, config, state, after)


def _affected(lake: Lake, config: DemandConfig, state: LakeState, after: LakeState) -> Affected:
    lines: dict[str, pl.DataFrame] = {}

    def expected_commits(after: LakeState, versions: tuple[str, ...]) -> Mapping[str, Mapping[str, Any]]:
        unreadable = quarantined(after.registrations, after.commits, config)
        known = Known(after.registrations, unreadable, after.recalled, recipes(config), restates(config.producers))
        found = {one.file_version_id: one for one in after.registrations}
        made = {version: _expected(lake, config, found[version], known) for version in versions}
        lines.update((record["tables"][FILE_LINES.name], one) for record, one in made.values() if one is not None)
        return {version: record for version, (record, _) in made.items()}

    def lines_of(commits: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
        digests = [one["tables"]["file_lines"] for one in commits]
        stored = state.lines_of([one for one, digest in zip(commits, digests, strict=True) if digest not in lines])
        return pl.concat([stored, *(lines[digest] for digest in digests if digest in lines)])

    return affected(replace(state, lines_of=lines_of), replace(after, lines_of=lines_of), config, expected_commits)


def _expected(
    lake: Lake, config: DemandConfig, found: Registration, known: Known
) -> tuple[Mapping[str, Any], pl.DataFrame | None]:
    """The commit record that reading a version again would leave, and its lines where others may restate them."""
    with worked_out(lake, config, found, known) as made:
        lines = made.files.get(FILE_LINES.name)
        return made.record, None if lines is None else pl.read_parquet(lines.path)


# -- the difference it made -------------------------------------------------------------------------------------------


def write_reports(lake: Lake, progress: Callable[[str], None]) -> None:
    """Writes the differences of every event that has none. Call it when everything is up to date."""
    events = file_events(lake)
    written = {Path(path).stem for path in lake.fs.glob(f"{lake.root}/_file_events/*.parquet")} if events else set()
    for event in events:
        if event.identifier not in written:
            path = _report_path(lake, event)
            differences = _differences(lake, event)
            lake.write_bytes(path, parquet_bytes(differences))
            changed = len(differences.filter(pl.col("difference") != 0))
            progress(f"{event.event} of {event.file_version_id}: {changed} published number(s) differ, see {path}")


def difference_report(lake: Lake, event: FileEvent) -> pl.DataFrame | None:
    """Cycle × series: published units before and after an event; None until everything it reaches is computed again."""
    path = _report_path(lake, event)
    return pl.read_parquet(io.BytesIO(lake.read_bytes(path))) if lake.fs.exists(path) else None


def _differences(lake: Lake, event: FileEvent) -> pl.DataFrame:
    frames = [
        published_difference(cycle, _published(lake, digest), lake.read(PUBLISHED, cycle=cycle))
        for cycle, digest in sorted(event.published.items())
        if lake.digest(PUBLISHED, cycle=cycle) != digest
    ]
    return pl.concat(frames) if frames else pl.DataFrame(schema=DIFFERENCE_SCHEMA)


def _published(lake: Lake, digest: str) -> pl.DataFrame:
    """Published forecasts that were replaced since."""
    return pl.read_parquet(io.BytesIO(lake.read_bytes(f"{lake.root}/_versions/{PUBLISHED}/{digest}/part.parquet")))


def _report_path(lake: Lake, event: FileEvent) -> str:
    return f"{lake.root}/_file_events/{event.identifier}.parquet"
