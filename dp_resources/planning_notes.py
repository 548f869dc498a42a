"""Rows of the ledger about what is done to the lake: which content was published, what models were trained for, which
files were recalled, what was archived.

Belongs here: one row per publication, training run and event of a file, however often it is written. Does not belong
here: planners' numbers (`planning_db.py`), who is behind a run (`dp_assets/authors.py`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from dp_resources.planning_db import PlanningDatabase
from dp_resources.planning_ledger import LEDGER, enter

if TYPE_CHECKING:
    from dp_assets.domain.recall import FileEvent

PUBLISH = "publish"
RETRAIN = "retrain"
RETENTION = {"begin": "begin retention", "end": "end retention"}
FILE_EVENTS = {"recall": "recall file", "undo": "undo recall of file"}
"""Event → what the ledger calls it."""


def note_publication(
    database: PlanningDatabase, cycle: str, user: str, at: datetime, after: Mapping[str, Any]
) -> int | None:
    """Adds a row for what a cycle is published as, unless its newest row says the same content.

    Args:
        cycle: cutoff.
        user: who, or what, asked for it.
        after: `sha256` of the content, and what else is known of it.

    Returns:
        The row; None where there is one already.

    Raises:
        StorageError: the database does not answer.
    """
    return _note(database, PUBLISH, cycle, user, at, after, "sha256")


def note_retraining(
    database: PlanningDatabase, cycles: str, user: str, at: datetime, after: Mapping[str, Any]
) -> int | None:
    """As `note_publication`, for models of cycles that are trained: one row per `run`."""
    return _note(database, RETRAIN, cycles, user, at, after, "run")


def note_retention(
    database: PlanningDatabase, step: str, plan: str, user: str, at: datetime, after: Mapping[str, Any]
) -> int | None:
    """As `note_publication`, for a plan of retention: one row when it begins, before anything is touched, and one when
    it is done.

    Args:
        step: `begin` or `end`.
        plan: its hash.
        user, at: who applies it, and when.
        after: counts, and which file of the lake lists what is done.
    """
    return _note(database, RETENTION[step], plan, user, at, {"step": step, **after}, "step")


def note_file_event(
    database: PlanningDatabase, event: str, file_version_id: str, user: str, at: datetime, reason: str
) -> int | None:
    """As `note_publication`, for a recall of a file version or its undo: one row per moment.

    Args:
        event: `recall` or `undo`.
        file_version_id: the version.
        user, at, reason: who, when and why, as the lake keeps them.
    """
    after = {"event": event, "at": at.isoformat(), "reason": reason}
    return _note(database, FILE_EVENTS[event], file_version_id, user, at, after, "at")


def note_file_events(database: PlanningDatabase, events: Iterable[FileEvent]) -> int:
    """Adds a row for every recall and undo that has none yet.

    Args:
        events: what was told of files, oldest first; other events than recalls and undos have no rows.

    Returns:
        How many rows were added.

    Raises:
        StorageError: the database does not answer.
    """
    told = [one for one in events if one.event in FILE_EVENTS]
    if not told:
        return 0
    with database.read() as connection:
        if not _without_row(connection, told):
            return 0
    with database.write() as connection:
        missing = _without_row(connection, told)  # again: whoever was faster has added some
        for one in missing:
            action, after = FILE_EVENTS[one.event], {"event": one.event, "at": one.at.isoformat(), "reason": one.reason}
            before = _newest(connection, action, one.file_version_id)
            enter(connection, one.at, one.by, action, one.file_version_id, before, after)
    return len(missing)


def _without_row(connection: sa.Connection, told: Sequence[FileEvent]) -> list[FileEvent]:
    query = sa.select(LEDGER.c.action, LEDGER.c.subject, LEDGER.c.after).where(
        LEDGER.c.action.in_(list(FILE_EVENTS.values()))
    )
    known = {(row.action, row.subject, json.loads(row.after)["at"]) for row in connection.execute(query)}
    return [one for one in told if (FILE_EVENTS[one.event], one.file_version_id, one.at.isoformat()) not in known]


def _newest(connection: sa.Connection, action: str, subject: str) -> dict[str, Any] | None:
    about = (LEDGER.c.action == action) & (LEDGER.c.subject == subject)
    found = connection.scalar(sa.select(LEDGER.c.after).where(about).order_by(LEDGER.c.sequence.desc()).limit(1))
    return None if found is None else dict(json.loads(found))


def _note(
    database: PlanningDatabase,
    action: str,
    subject: str,
    user: str,
    at: datetime,
    after: Mapping[str, Any],
    key: str,
) -> int | None:
    with database.write() as connection:
        before = _newest(connection, action, subject)
        if before is not None and before.get(key) == after[key]:
            return None
        return enter(connection, at, user, action, subject, before, dict(after))
