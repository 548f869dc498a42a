"""One look at everything: what is wrong is kept, and told to whom it concerns.

Belongs here: the order of looking, keeping and sending, and what is left alone when a look or a channel fails. Does not
belong here: the looks (`alert_sightings.py`, `defs/automation/alerts.py`), the decision (`domain/alerts.py`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from dp_assets.alert_sightings import LOOKS, Place
from dp_assets.domain.alert_config import AlertConfig
from dp_assets.domain.alerts import KINDS, Alert, Notice, Sighting, decide, is_due, make_alert
from dp_resources.alert_channels import Channel, ChannelError, send_all, send_patiently
from dp_resources.planning_alerts import (
    Waiting,
    apply_decision,
    ever_open,
    note_failed,
    note_sent,
    open_alerts,
    waiting,
)
from dp_resources.planning_db import PlanningDatabase

log = logging.getLogger(__name__)
Look = Callable[[], list[Sighting]]


@dataclass
class Report:
    """What a look came to.

    Attributes:
        opened, closed: how many alerts.
        open: how many are open now.
        sent: channel → notices that it took.
        failed: channel → why it took none.
        blind: why kinds could not be looked at, one sentence each.
    """

    opened: int = 0
    closed: int = 0
    open: int = 0
    sent: dict[str, int] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    blind: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        said = [f"{self.open} open, {self.opened} opened, {self.closed} closed"]
        said += [f"{many} notice(s) sent by {name}" for name, many in sorted(self.sent.items())]
        said += [f"{name} failed: {reason}" for name, reason in sorted(self.failed.items())]
        return "; ".join([*said, *self.blind])


def look_and_tell(
    database: PlanningDatabase,
    config: AlertConfig,
    looks: Sequence[tuple[tuple[str, ...], Look]],
    channels: Mapping[str, Channel],
    now: datetime,
    wall: datetime,
) -> Report:
    """Looks at everything, keeps what changed, and sends what waits. May be repeated and killed at any moment.

    Args:
        database: where alerts are kept.
        config: of alerts.
        looks: kinds, and what finds all alerts of these kinds.
        channels: by name.
        now: the time of the business.
        wall: wall time, by which notices wait.

    Raises:
        StorageError: the planning database does not answer; nothing was sent then that is not kept.
    """
    report = Report()
    seen, unknown = _look(looks, report)
    keys = {key for one in seen for key in (one.alert.key, *one.also)}
    standing = open_alerts(database)
    decision = decide(seen, standing, ever_open(database, keys), unknown)
    apply_decision(database, decision, config, now, wall)
    report.opened = len(decision.opened) + len(decision.missed)
    report.closed = len(decision.closed) + len(decision.missed)
    report.open = len(standing) + len(decision.opened) - len(decision.closed)
    _tell(database, config, channels, wall, report)
    return report


def _look(looks: Sequence[tuple[tuple[str, ...], Look]], report: Report) -> tuple[list[Sighting], set[str]]:
    """What all looks found, and the kinds that one failed to look at: of those, what is open stays open."""
    seen: list[Sighting] = []
    unknown = set(KINDS) - {kind for kinds, _ in looks for kind in kinds}
    for kinds, find in looks:
        try:
            seen += find()
        except Exception as error:  # one table that is broken must not silence all other alerts
            log.warning("cannot look for %s: %s", ", ".join(kinds), error, exc_info=True)
            report.blind.append(f"cannot look for {', '.join(kinds)}: {error}")
            unknown |= set(kinds)
    return seen, unknown


def _tell(
    database: PlanningDatabase, config: AlertConfig, channels: Mapping[str, Channel], wall: datetime, report: Report
) -> None:
    of: dict[str, list[Waiting]] = {}
    for one in waiting(database):
        if one.channel in channels:
            of.setdefault(one.channel, []).append(one)
    patience = timedelta(minutes=config.group_minutes)
    due: dict[str, Sequence[Notice]] = {
        name: [one.notice for one in found]
        for name, found in of.items()
        if is_due([(one.notice, one.since) for one in found], wall, patience)
    }

    def done(name: str, error: ChannelError | None) -> None:
        if error is None:
            note_sent(database, name, due[name], wall)
            report.sent[name] = len(due[name])
        else:
            note_failed(database, name, due[name], str(error))
            report.failed[name] = str(error)

    send_all(dict(channels), due, done)


def looks_at(place: Place) -> list[tuple[tuple[str, ...], Look]]:
    """The looks at the lake, to be made when they are called."""

    def of(find: Callable[[Place], list[Sighting]]) -> Look:
        return lambda: find(place)

    return [(kinds, of(find)) for find, kinds in LOOKS.items()]


def _test_alert(config: AlertConfig, link: str) -> Alert:
    """What `dp alerts test` sends."""
    return make_alert(config, "test", "channel", "This is a test of alerts; nothing is wrong.", link)


def send_tests(config: AlertConfig, channels: Mapping[str, Channel], link: str, at: datetime) -> dict[str, str | None]:
    """Sends one test alert to each channel; channel → what went wrong, None where it was taken. Nothing is kept."""
    notice = Notice(int(at.timestamp()), "opened", _test_alert(config, link), "", at)
    return {
        name: None if (error := send_patiently(channel, [notice])) is None else str(error)
        for name, channel in channels.items()
    }
