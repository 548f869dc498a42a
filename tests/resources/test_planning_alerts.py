"""Alerts in the planning database, on SQLite and on a real PostgreSQL: kept before they are told, told until taken."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from dp_assets.domain.alert_config import AlertConfig
from dp_assets.domain.alerts import Alert, Closing, Decision, make_alert
from dp_resources.planning_alerts import (
    ALERTS,
    AlertSearch,
    alert_numbers,
    apply_decision,
    ever_open,
    kept_alerts,
    last_alert_change,
    note_failed,
    note_sent,
    open_alerts,
    waiting,
)
from dp_resources.planning_db import PlanningDatabase

AT = datetime(2017, 12, 5, 12, tzinfo=UTC)
LATER = AT + timedelta(hours=1)
CONFIG = AlertConfig.model_validate(
    {"channels": [{"kind": "email", "name": name, "to": ["a@example.com"]} for name in ("mail", "pager")]}
)


def alert(subject: str = "north", kind: str = "file_missing") -> Alert:
    return make_alert(CONFIG, kind, subject, f"No new file from {subject}.", "http://look")


def opened(database: PlanningDatabase, *alerts: Alert) -> None:
    apply_decision(database, Decision(opened=alerts), CONFIG, AT, AT)


def test_an_alert_is_kept_with_its_notices_and_a_row_in_the_ledger(database: PlanningDatabase) -> None:
    opened(database, alert())
    (kept,) = kept_alerts(database)
    assert (kept.alert, kept.opened_at, kept.closed_at, kept.sequence) == (alert(), AT, None, 1)
    assert [(one.channel, one.what, one.sent_at) for one in kept.notices] == [
        ("mail", "opened", None),
        ("pager", "opened", None),
    ]
    (row,) = database.ledger()
    assert (row["action"], row["subject"], row["user"]) == ("open alert", "file_missing:north", "alerts")
    assert database.verify() == []


def test_what_is_open_is_not_opened_again_and_what_was_closed_may_be(database: PlanningDatabase) -> None:
    opened(database, alert())
    opened(database, alert())
    assert len(kept_alerts(database)) == 1
    end = Decision(closed=(Closing("file_missing:north", "recovered", "It came."),))
    apply_decision(database, end, CONFIG, LATER, LATER)
    apply_decision(database, end, CONFIG, LATER, LATER)
    assert (open_alerts(database), ever_open(database, ["file_missing:north", "x"])) == ({}, {"file_missing:north"})
    assert last_alert_change(database) == 2
    opened(database, alert())
    assert [(one.sequence, one.ending, one.said) for one in kept_alerts(database)] == [
        (3, None, None),
        (1, "recovered", "It came."),
    ]
    with database.read() as connection:
        row = dict(connection.execute(ALERTS.select().where(ALERTS.c.sequence == 3)).mappings().one())
    twice = ALERTS.insert().values(**{**row, "sequence": 2})
    with database.writer.begin() as connection, pytest.raises(IntegrityError):  # two at one moment
        connection.execute(twice)


def test_a_notice_waits_until_its_own_channel_has_taken_it(database: PlanningDatabase) -> None:
    opened(database, alert())
    notices = {one.channel: one.notice for one in waiting(database)}
    note_sent(database, "mail", [notices["mail"]], LATER)
    note_failed(database, "pager", [notices["pager"]], "nobody answered" * 100)
    (still,) = waiting(database)
    assert (still.channel, still.notice.id, still.since) == ("pager", "1-opened", AT)
    (kept,) = kept_alerts(database, [1])
    told = {one.channel: (one.sent_at, one.attempts, bool(one.error)) for one in kept.notices}
    assert told == {"mail": (LATER, 1, False), "pager": (None, 1, True)}


def test_recovery_is_told_where_the_alert_was_and_a_graver_one_says_it_for_the_one_before(
    database: PlanningDatabase,
) -> None:
    opened(database, alert(), alert("south"))
    ends = (Closing("file_missing:north", "recovered", "It came."), Closing("file_missing:south", "replaced", "worse"))
    apply_decision(database, Decision(closed=ends), CONFIG.model_copy(update={"channels": ()}), LATER, LATER)
    told = [(one.notice.id, one.channel, one.notice.said) for one in waiting(database) if one.notice.what != "opened"]
    assert told == [("1-recovered", "mail", "It came."), ("1-recovered", "pager", "It came.")]


def test_what_was_missed_is_opened_and_closed_at_once(database: PlanningDatabase) -> None:
    apply_decision(database, Decision(missed=(alert(),)), CONFIG, AT, AT)
    assert open_alerts(database) == {}
    assert [(one.channel, one.notice.what) for one in waiting(database)] == [
        ("mail", "opened"),
        ("pager", "opened"),
        ("mail", "recovered"),
        ("pager", "recovered"),
    ]


def test_alerts_are_found_by_state_severity_owner_kind_and_words(database: PlanningDatabase) -> None:
    opened(database, alert(), alert("100%_x", "run_failed"))
    ends = (Closing("file_missing:north", "recovered", "It came."),)
    apply_decision(database, Decision(closed=ends), CONFIG, LATER, LATER)
    for search, numbers in (
        (AlertSearch(), [2, 1]),
        (AlertSearch(state="open"), [2]),
        (AlertSearch(state="past"), [1]),
        (AlertSearch(severity="error", owner="demand-planning"), [2]),
        (AlertSearch(kind="file_missing"), [1]),
        (AlertSearch(text="NORTH"), [1]),
        (AlertSearch(text="0%_"), [2]),
        (AlertSearch(text="%n"), []),
    ):
        assert alert_numbers(database, search) == numbers, search
