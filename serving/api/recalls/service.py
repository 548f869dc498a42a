"""Recalls of files over HTTP: what one would reach, the event, what it did.

Belongs here: who may, the order of reads and writes, answers. Does not belong here: HTTP (`endpoints.py`), what a
recall means (`dp_assets/recalls.py`), computing again, which the asset graph does as after any recall.

The event is written within the transaction that enters it into the ledger. Killed in between, the event holds, and
the row that is missing is entered with the next event of the file, by whoever asks again in the same words, or by the
graph, which enters what the command line, the job and gates told as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from serving.api.overrides.service import Answer, reply
from serving.api.problems import CannotBeRecalledError, ForbiddenError, UnknownFileError
from serving.desk import Desk

if TYPE_CHECKING:
    from dp_assets.domain.access import Principal
    from dp_assets.domain.recall import FileEvent
    from dp_resources.lake import Lake
    from dp_resources.planning_once import Asked, Joined, Reply

SHOWN_SERIES = 20


def recall(desk: Desk, version: str, reach: bool) -> Answer:
    """The answer of `Recall`; what would be computed again is left out unless asked for.

    Raises:
        UnknownFileError: there is no such file version.
    """
    last = last_event(desk.lake, version)
    answer = {"file_version_id": version, "recalled": _is_recalled(last), "refused": None, "reached": None}
    try:
        _check(desk.lake, version, undo=_is_recalled(last))
    except CannotBeRecalledError as error:
        return {**answer, "refused": error.detail, "difference": None}
    return {**answer, "reached": _reached(desk, version) if reach else None, "difference": _difference(desk.lake, last)}


def tell(desk: Desk, principal: Principal, version: str, undo: bool, reason: str, asked: Asked | None) -> Reply:
    """Recalls a file version, or undoes that; the answer of `Recalled`.

    Raises:
        ForbiddenError: whoever asks is kept to some nodes, and a file is about all of them.
        UnknownFileError: there is no such file version.
        CannotBeRecalledError: it is not in the state to be changed.
    """
    from dp_resources.planning_notes import note_file_event

    if principal.scope.nodes is not None:
        raise ForbiddenError("a file is about all nodes, and you are kept to some of them")
    last_event(desk.lake, version)
    reached = _reached(desk, version)

    def change(database: Joined) -> Reply:
        before, event = last_event(desk.lake, version), _told(desk, version, undo, principal.name, reason)
        for one in filter(None, (before, event)):
            note_file_event(database, one.event, version, one.by, one.at, one.reason)
        names = ("event", "file_version_id", "at", "by", "reason")
        return reply(200 if undo else 201, {**{name: getattr(event, name) for name in names}, "reached": reached})

    return desk.once(asked, change)


def _told(desk: Desk, version: str, undo: bool, by: str, reason: str) -> FileEvent:
    """The event that is asked for: a new one, or the last one where it says the very same."""
    from dp_assets.recalls import write_event

    last = last_event(desk.lake, version)
    if last is not None and (last.event, last.by, last.reason) == ("undo" if undo else "recall", by, reason):
        return last
    _check(desk.lake, version, undo)
    return write_event(desk.lake, version, undo, by, reason, desk.clock.now())


def last_event(lake: Lake, version: str) -> FileEvent | None:
    """The last recall or undo of a file version; None where there was none.

    Raises:
        UnknownFileError: there is no such file version.
    """
    from dp_assets.domain.recall import last_events
    from dp_assets.registry import file_events, registrations

    if all(one.file_version_id != version for one in registrations(lake)):
        raise UnknownFileError(f"expected a file version, as GET /v1/files lists them, got {version[:80]!r}")
    return last_events(file_events(lake)).get(version)


def _is_recalled(last: FileEvent | None) -> bool:
    return last is not None and last.event == "recall"


def _check(lake: Lake, version: str, undo: bool) -> None:
    """Refuses a version that is not in the state to be recalled, or put back."""
    from dp_assets.domain.recall import RecallRefusedError
    from dp_assets.recalls import version_meant

    if lake.commit_of("ingest", version) is None:
        raise CannotBeRecalledError(f"{version} waits to be read and counts for nothing yet; it can be recalled then")
    try:
        version_meant(lake, version, undo)
    except RecallRefusedError as error:
        raise CannotBeRecalledError(str(error)) from error


def _reached(desk: Desk, version: str) -> Answer:
    """What is computed again when the version's state turns: recalled, or put back."""
    from dp_assets.recalls import reached_by
    from dp_assets.registry import recalled_versions

    found = reached_by(desk.lake, desk.config, version, undo=version in recalled_versions(desk.lake))
    return {name: list(keys) for name, keys in vars(found).items()}


def _difference(lake: Lake, last: FileEvent | None) -> Answer | None:
    """What an event did; None where there is none, or it is not all computed yet."""
    from dp_assets.domain.recall import difference_totals
    from dp_assets.recalls import difference_report

    report = None if last is None else difference_report(lake, last)
    if report is None:
        return None
    changed = report.filter(pl.col("difference") != 0).sort(pl.col("difference").abs(), descending=True)
    return {"cycles": difference_totals(report).to_dicts(), "series": changed.head(SHOWN_SERIES).to_dicts()}
