"""Looking through the audit ledger: which rows are meant, and what they say.

Belongs here: conditions on rows, rows as they are shown. Does not belong here: adding rows and their hash chain
(`planning_ledger.py`), who may look (`serving/api/ledger`).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa

from dp_resources.planning_db import PlanningDatabase
from dp_resources.planning_ledger import LEDGER

ACCOUNT_ACTIONS = frozenset(
    {
        *("add user", "change user", "disable user", "enable user", "reset password", "change password"),
        *("create key", "rotate key", "revoke key", "refuse sign-in"),
    }
)
"""What rows about users, keys and sign-ins are called."""
LONGEST = 2**16
"""Characters of what was before and is after in a row that is shown whole: a proposal can hold thousands of numbers."""


@dataclass(frozen=True)
class Search:
    """Which rows of the ledger are meant; what is None is not asked.

    Attributes:
        user: who did it, exactly.
        action: what was done, exactly.
        subject: part of what it was done to, in small letters or large ones.
        text: part of any of these, or of what was before or is after.
        first, last: days, UTC, both included.
        with_accounts: whether rows about users, keys and sign-ins are meant as well.
    """

    user: str | None = None
    action: str | None = None
    subject: str | None = None
    text: str | None = None
    first: date | None = None
    last: date | None = None
    with_accounts: bool = True


@dataclass(frozen=True)
class LedgerRow:
    """A row of the ledger.

    Attributes:
        number: its place in the ledger, from 1.
        at: when, UTC.
        user: who.
        action: what was done.
        subject: to what.
        before, after: what the ledger says of it; None where it says nothing, or the row is cut.
        is_cut: whether that is longer than a row is shown.
    """

    number: int
    at: datetime
    user: str
    action: str
    subject: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    is_cut: bool


def numbers_of(database: PlanningDatabase, search: Search) -> list[int]:
    """Numbers of the rows that are meant, the newest first.

    Raises:
        StorageError: the database does not answer.
    """
    query = sa.select(LEDGER.c.sequence).where(*_conditions(search)).order_by(LEDGER.c.sequence.desc())
    with database.read() as connection:
        return list(connection.scalars(query))


def rows_of(database: PlanningDatabase, numbers: Sequence[int]) -> list[LedgerRow]:
    """Rows by their numbers, the newest first; raises as `numbers_of`."""
    length = sum(
        (sa.func.coalesce(sa.func.length(text), 0) for text in (LEDGER.c.before, LEDGER.c.after)), sa.literal(0)
    )
    whole = length <= LONGEST
    said = [sa.case((whole, LEDGER.c[name])).label(name) for name in ("before", "after")]
    plain = [LEDGER.c[name] for name in ("sequence", "at", "user", "action", "subject")]
    query = sa.select(*plain, *said, sa.not_(whole).label("is_cut")).where(LEDGER.c.sequence.in_(numbers))
    with database.read() as connection:
        found = connection.execute(query.order_by(LEDGER.c.sequence.desc())).mappings().all()
    return [_row(one) for one in found]


def actions_of(database: PlanningDatabase, with_accounts: bool = True) -> list[str]:
    """What was ever done, by name; raises as `numbers_of`."""
    query = sa.select(LEDGER.c.action).distinct().where(*_conditions(Search(with_accounts=with_accounts)))
    with database.read() as connection:
        return sorted(connection.scalars(query))


def _row(row: sa.RowMapping) -> LedgerRow:
    return LedgerRow(
        number=row["sequence"],
        at=datetime.fromisoformat(row["at"]),
        user=row["user"],
        action=row["action"],
        subject=row["subject"],
        before=_read(row["before"]),
        after=_read(row["after"]),
        is_cut=bool(row["is_cut"]),
    )


def _read(text: str | None) -> dict[str, Any] | None:
    return None if text is None else dict(json.loads(text))


def _conditions(search: Search) -> list[sa.ColumnElement[bool]]:
    c = LEDGER.c
    exact = [(c.user, search.user), (c.action, search.action)]
    found: list[sa.ColumnElement[bool]] = [column == wanted for column, wanted in exact if wanted is not None]
    if search.subject is not None:
        found.append(c.subject.icontains(search.subject, autoescape=True))
    if search.text is not None:
        spelled = json.dumps(search.text, ensure_ascii=False)[1:-1]  # as it stands within JSON
        places = [(c[name], search.text) for name in ("user", "action", "subject", "before", "after")]
        places += [(c[name], spelled) for name in ("before", "after") if spelled != search.text]
        found.append(sa.or_(*(place.icontains(text, autoescape=True) for place, text in places)))
    # Moments are written alike, in UTC, so that they can be compared as text.
    if search.first is not None:
        found.append(c.at >= _midnight(search.first))
    if search.last is not None and search.last < date.max:
        found.append(c.at < _midnight(search.last + timedelta(days=1)))
    if not search.with_accounts:
        found.append(c.action.not_in(sorted(ACCOUNT_ACTIONS)))
    return found


def _midnight(day: date) -> str:
    return datetime.combine(day, time(), UTC).isoformat()
