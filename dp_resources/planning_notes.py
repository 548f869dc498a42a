"""Rows of the ledger about what is done to the lake: which content was published, what models were trained for, which
files were recalled.

Belongs here: one row per publication, training run and event of a file, however often it is written. Does not belong
here: planners' numbers (`planning_db.py`), who is behind a run (`dp_assets/authors.py`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from dp_resources.planning_db import PlanningDatabase
from dp_resources.planning_ledger import LEDGER, enter

PUBLISH = "publish"
RETRAIN = "retrain"
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


def _note(
    database: PlanningDatabase,
    action: str,
    subject: str,
    user: str,
    at: datetime,
    after: Mapping[str, Any],
    key: str,
) -> int | None:
    about = (LEDGER.c.action == action) & (LEDGER.c.subject == subject)
    newest = sa.select(LEDGER.c.after).where(about).order_by(LEDGER.c.sequence.desc()).limit(1)
    with database.write() as connection:
        found = connection.scalar(newest)
        before = None if found is None else json.loads(found)
        if before is not None and before.get(key) == after[key]:
            return None
        return enter(connection, at, user, action, subject, before, dict(after))
