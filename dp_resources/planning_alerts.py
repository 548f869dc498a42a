"""Alerts in the planning database: open ones, past ones, and what of them is still to be told.

Belongs here: the tables, opening and closing with their rows in the ledger, notices that wait and were sent. Does not
belong here: what to open and close (`dp_assets/domain/alerts.py`), sending (`alert_channels.py`).

An alert and its notices are kept in one transaction before anything is sent, and a notice is noted as sent after it
was. So a process that is killed in between tells something twice, under the same id, and never loses it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from dp_assets.domain.alert_config import AlertConfig
from dp_assets.domain.alerts import Alert, Closing, Decision, Notice, What, channels_for
from dp_assets.domain.severity import Severity
from dp_resources.planning_db import PlanningDatabase
from dp_resources.planning_ledger import METADATA, enter

AUTHOR = "alerts"
"""Who opens and closes, in the ledger."""
LONGEST_ERROR = 500
_TEXTS = tuple(one.name for one in fields(Alert))
ALERTS = sa.Table(
    "alerts",
    METADATA,
    sa.Column("sequence", sa.BigInteger),
    *(sa.Column(name, sa.Text) for name in (*_TEXTS, "opened_at")),
    sa.Column("closed_sequence", sa.BigInteger),
    *(sa.Column(name, sa.Text) for name in ("closed_at", "ending", "said")),
)
NOTICES = sa.Table(
    "alert_notices",
    METADATA,
    sa.Column("alert", sa.BigInteger),
    *(sa.Column(name, sa.Text) for name in ("what", "channel", "since", "sent_at", "error")),
    sa.Column("attempts", sa.Integer),
)


@dataclass(frozen=True)
class Told:
    """A notice on a channel: when it was sent (None while it waits), how often that failed, and why at last."""

    what: What
    channel: str
    sent_at: datetime | None
    attempts: int
    error: str | None


@dataclass(frozen=True)
class KeptAlert:
    """An alert as it stands.

    Attributes:
        sequence: its row of the ledger, which names this opening of its key.
        alert: what it says.
        opened_at: when it was opened.
        closed_at, ending, said: when, how and why it ended; None while it is open.
        change: the last row of the ledger about it.
        notices: whom it was told to.
    """

    sequence: int
    alert: Alert
    opened_at: datetime
    closed_at: datetime | None
    ending: str | None
    said: str | None
    change: int
    notices: tuple[Told, ...] = ()


@dataclass(frozen=True)
class Waiting:
    """A notice that waits for its channel, and since when, on wall time."""

    channel: str
    notice: Notice
    since: datetime


def open_alerts(database: PlanningDatabase) -> dict[str, str]:
    """Key → kind of what is open."""
    query = sa.select(ALERTS.c.key, ALERTS.c.kind).where(ALERTS.c.closed_sequence.is_(None))
    with database.read() as connection:
        return {str(row[0]): str(row[1]) for row in connection.execute(query).all()}


def ever_open(database: PlanningDatabase, keys: Collection[str]) -> set[str]:
    """Of some keys, those that were open at any time."""
    with database.read() as connection:
        return set(connection.scalars(sa.select(ALERTS.c.key).distinct().where(ALERTS.c.key.in_(list(keys)))))


def apply_decision(
    database: PlanningDatabase, decision: Decision, config: AlertConfig, at: datetime, wall: datetime
) -> None:
    """Opens and closes, all or nothing, each with a row in the ledger and with its notices.

    What another process opened or closed meanwhile is left as it is.

    Args:
        database: where they are kept.
        decision: what to do.
        config: says which channels an alert goes to.
        at: the time of the business.
        wall: since when notices wait.
    """
    if decision == Decision():
        return
    with database.write() as connection:
        for alert in decision.opened:
            _open(connection, alert, config, at, wall)
        for closing in decision.closed:
            _close(connection, closing, at, wall)
        for alert in decision.missed:
            if _open(connection, alert, config, at, wall):
                _close(connection, Closing(alert.key, "recovered", alert.happened), at, wall)


def _open(connection: sa.Connection, alert: Alert, config: AlertConfig, at: datetime, wall: datetime) -> bool:
    if _standing(connection, alert.key) is not None:
        return False
    after = {name: str(value) for name, value in asdict(alert).items() if name != "key"}
    sequence = enter(connection, at, AUTHOR, "open alert", alert.key, None, after)
    row = {**after, "key": alert.key, "sequence": sequence, "opened_at": at.isoformat()}
    connection.execute(ALERTS.insert().values(**row))
    _add_notices(connection, sequence, "opened", channels_for(alert, config), wall)
    return True


def _close(connection: sa.Connection, closing: Closing, at: datetime, wall: datetime) -> None:
    row = _standing(connection, closing.key)
    if row is None:
        return
    opened, said = int(row["sequence"]), {"ending": closing.ending, "said": closing.said}
    sequence = enter(connection, at, AUTHOR, "close alert", closing.key, {"opened": opened}, said)
    end = {**said, "closed_sequence": sequence, "closed_at": at.isoformat()}
    connection.execute(ALERTS.update().where(ALERTS.c.sequence == opened).values(**end))
    if closing.ending == "recovered":
        told = sa.select(NOTICES.c.channel).where((NOTICES.c.alert == opened) & (NOTICES.c.what == "opened"))
        _add_notices(connection, opened, "recovered", list(connection.scalars(told)), wall)


def _standing(connection: sa.Connection, key: str) -> Any:
    here = (ALERTS.c.key == key) & ALERTS.c.closed_sequence.is_(None)
    return connection.execute(sa.select(ALERTS).where(here)).mappings().first()


def _add_notices(connection: sa.Connection, alert: int, what: What, channels: Sequence[str], wall: datetime) -> None:
    since = wall.isoformat()
    rows = [{"alert": alert, "what": what, "channel": name, "since": since, "attempts": 0} for name in channels]
    if rows:
        connection.execute(NOTICES.insert(), rows)


# -- telling ----------------------------------------------------------------------------------------------------------


def waiting(database: PlanningDatabase) -> list[Waiting]:
    """Notices that were not sent, the oldest first; one that it began before one that it is over."""
    query = (
        sa.select(NOTICES, ALERTS)
        .join(ALERTS, ALERTS.c.sequence == NOTICES.c.alert)
        .where(NOTICES.c.sent_at.is_(None))
        .order_by(NOTICES.c.alert, NOTICES.c.what, NOTICES.c.channel)
    )
    with database.read() as connection:
        return [_waiting(row) for row in connection.execute(query).mappings().all()]


def note_sent(database: PlanningDatabase, channel: str, notices: Sequence[Notice], wall: datetime) -> None:
    """Notes that notices were sent on a channel."""
    _note(database, channel, notices, {"sent_at": wall.isoformat(), "error": None})


def note_failed(database: PlanningDatabase, channel: str, notices: Sequence[Notice], error: str) -> None:
    """Notes that notices could not be sent on a channel; they go on waiting."""
    _note(database, channel, notices, {"error": error[:LONGEST_ERROR]})


def _note(database: PlanningDatabase, channel: str, notices: Sequence[Notice], values: Mapping[str, Any]) -> None:
    with database.write() as connection:
        for one in notices:
            here = (NOTICES.c.alert == one.opening) & (NOTICES.c.what == one.what) & (NOTICES.c.channel == channel)
            connection.execute(NOTICES.update().where(here).values(attempts=NOTICES.c.attempts + 1, **values))


# -- looking ----------------------------------------------------------------------------------------------------------


def last_alert_change(database: PlanningDatabase) -> int:
    """Row of the ledger that last opened or closed an alert; 0 where there never was one."""
    newest = sa.func.max(ALERTS.c.sequence), sa.func.max(ALERTS.c.closed_sequence)
    with database.read() as connection:
        return max(int(found or 0) for found in connection.execute(sa.select(*newest)).one())


def kept_alerts(database: PlanningDatabase, sequences: Collection[int] | None = None) -> list[KeptAlert]:
    """Alerts by their sequences, or all of them, the last opened first, with whom they were told to."""
    query = sa.select(ALERTS).order_by(ALERTS.c.sequence.desc())
    notices = sa.select(NOTICES).order_by(NOTICES.c.channel, NOTICES.c.what)
    if sequences is not None:
        query = query.where(ALERTS.c.sequence.in_(list(sequences)))
        notices = notices.where(NOTICES.c.alert.in_(list(sequences)))
    with database.read() as connection:
        rows = connection.execute(query).mappings().all()
        told: dict[int, list[Told]] = {}
        for row in connection.execute(notices).mappings():
            told.setdefault(row["alert"], []).append(_told(row))
    return [_kept(row, tuple(told.get(row["sequence"], ()))) for row in rows]


@dataclass(frozen=True)
class AlertSearch:
    """Which alerts are meant; what is None is not asked."""

    state: str | None = None
    severity: str | None = None
    owner: str | None = None
    kind: str | None = None
    text: str | None = None


def alert_numbers(database: PlanningDatabase, search: AlertSearch) -> list[int]:
    """Sequences of the alerts that are meant, the last opened first."""
    asked = [ALERTS.c[name] == value for name in ("severity", "owner", "kind") if (value := getattr(search, name))]
    if search.state is not None:
        is_open = ALERTS.c.closed_sequence.is_(None)
        asked.append(is_open if search.state == "open" else sa.not_(is_open))
    if search.text is not None:
        held = [ALERTS.c[name].icontains(search.text, autoescape=True) for name in ("key", "happened")]
        asked.append(sa.or_(*held))
    query = sa.select(ALERTS.c.sequence).where(*asked).order_by(ALERTS.c.sequence.desc())
    with database.read() as connection:
        return list(connection.scalars(query))


def _alert(row: Mapping[str, Any]) -> Alert:
    texts = {name: row[name] for name in _TEXTS}
    return Alert(**{**texts, "severity": Severity(texts["severity"])})


def _kept(row: Any, notices: tuple[Told, ...]) -> KeptAlert:
    return KeptAlert(
        sequence=row["sequence"],
        alert=_alert(row),
        opened_at=datetime.fromisoformat(row["opened_at"]),
        closed_at=None if row["closed_at"] is None else datetime.fromisoformat(row["closed_at"]),
        ending=row["ending"],
        said=row["said"],
        change=row["closed_sequence"] or row["sequence"],
        notices=notices,
    )


def _told(row: Any) -> Told:
    sent = None if row["sent_at"] is None else datetime.fromisoformat(row["sent_at"])
    return Told(row["what"], row["channel"], sent, row["attempts"], row["error"])


def _waiting(row: Any) -> Waiting:
    at = datetime.fromisoformat(row["closed_at"] if row["what"] == "recovered" else row["opened_at"])
    said = row["said"] or "" if row["what"] == "recovered" else ""
    notice = Notice(row["sequence"], row["what"], _alert(row), said, at)
    return Waiting(row["channel"], notice, datetime.fromisoformat(row["since"]))
