"""Alerts: what to open, what to close and whom to tell, from what is wrong now and what was told already.

Belongs here: kinds of alerts and what each means, the decision, routing, when notices go. Does not belong here: finding
out what is wrong (`alert_runs.py`, `due_files.py`, `dp_assets/alert_sightings.py`), wording a message
(`alert_messages.py`), keeping and sending (`dp_resources/planning_alerts.py`, `dp_resources/alert_channels.py`).

Levels, not edges: every look gives the whole of what is wrong. What is wrong and was not told is opened, what was told
and is still wrong is left alone, what was told and is wrong no longer is closed. So a look that is missed, a restart or
a kill costs nothing, and looking twice tells nothing twice.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from dp_assets.domain.alert_config import AlertConfig
from dp_assets.domain.severity import Severity

RUNBOOKS = "docs/runbooks"
Ending = Literal["recovered", "replaced"]


@dataclass(frozen=True)
class Kind:
    """A kind of alert: how bad it is, what it means, what to do."""

    severity: Severity
    means: str
    do: str


KINDS: Mapping[str, Kind] = {
    "run_failed": Kind(
        Severity.ERROR,
        "Nothing of what it should have made is published; what stood before stays. It is tried again by itself, up to "
        "twice, from the step that failed.",
        "Nothing yet. Look at its log if it fails again.",
    ),
    "retries_exhausted": Kind(
        Severity.CRITICAL,
        "Forecasts stay as they were. What is still due is begun anew after pauses of 1, 5 and 25 minutes, and then no "
        "more; what somebody started by hand is not.",
        "Read the error in the run's log and put its cause right. If it is not begun anew after that, re-execute the "
        "run from failure in Dagster.",
    ),
    "cycle_too_long": Kind(
        Severity.ERROR,
        "Forecasts may not be published in time.",
        "See which step is running and whether it still gets on; end other work on the machine, or stop the run and "
        "publish with the champion that there is.",
    ),
    "file_quarantined": Kind(
        Severity.ERROR,
        "The file could not be read or mapped. None of its rows count; forecasts are made without them.",
        "Have the producer deliver it again under the same name, or correct its entry in demand.yaml.",
    ),
    "file_blocked": Kind(
        Severity.ERROR,
        "A measure of the file is above its threshold. None of its rows count until somebody lets them in.",
        "Look at the measures: let it in with `dp recall --undo FILE`, or have it delivered again.",
    ),
    "file_missing": Kind(
        Severity.WARNING,
        "What was sold is not known yet. A cycle that runs without the file forecasts from older sales.",
        "Ask the producer, and look whether the file lies somewhere else; `dp backdate` lets a late one count in time.",
    ),
    "asset_stale": Kind(
        Severity.ERROR,
        "People work on the numbers of an earlier cycle.",
        "See whether Dagster's daemon and sensors run, and whether another alert says what failed.",
    ),
    "check_failed": Kind(
        Severity.ERROR,
        "What was written is not what was promised; where the check blocks, nothing further was made from it.",
        "Read what the check found, correct the data or the code, and make the asset again.",
    ),
    "accuracy_dropped": Kind(
        Severity.WARNING,
        "Forecasts of these categories are off by more than was agreed (`thresholds.category_alert`).",
        "See in the workbench under Accuracy which items it comes from; retrain if it stays so.",
    ),
    "model_drifted": Kind(
        Severity.WARNING,
        "The champion was trained on a world that is no longer the one it forecasts, or its intervals hold less than "
        "they promise. Forecasts go on; a retraining is asked for by itself where `drift.retrain_on` says so.",
        "See in the workbench under Operations, Drift, what drifted. Mend a fault in the data first; else wait for the "
        "retraining and look whether its model won.",
    ),
    "test": Kind(Severity.WARNING, "This channel works.", "Nothing."),
}


def runbook_of(kind: str) -> str:
    """Where it is written what to do about a kind of alert, below the root of the repository."""
    return f"{RUNBOOKS}/alert-{kind.replace('_', '-')}.md"


@dataclass(frozen=True)
class Alert:
    """Something that somebody must know.

    Attributes:
        key: names the trouble for as long as it lasts, e.g. `file_missing:north`.
        kind: one of KINDS.
        severity: how bad it is.
        owner: who answers for it.
        happened: what happened, a sentence.
        means: what that means.
        do: what to do.
        link: where to look; empty where there is nowhere.
        runbook: what to do, step by step: a file of the repository, or its address.
    """

    key: str
    kind: str
    severity: Severity
    owner: str
    happened: str
    means: str
    do: str
    link: str
    runbook: str


def make_alert(
    config: AlertConfig, kind: str, subject: str, happened: str, link: str, owner: str | None = None
) -> Alert:
    """An alert of a kind about something; an owner that is given comes before those of the configuration."""
    known, page = KINDS[kind], runbook_of(kind)
    base = config.runbooks_url
    answers = owner or dict(config.owners).get(kind, config.owner)  # type: ignore[call-overload]
    return Alert(
        *(f"{kind}:{subject}", kind, known.severity, answers, happened, known.means, known.do, link),
        runbook=f"{base.rstrip('/')}/{page.removeprefix(RUNBOOKS).lstrip('/')}" if base else page,
    )


@dataclass(frozen=True)
class Sighting:
    """Something that is wrong, or that was and is over.

    Attributes:
        alert: what would be said.
        is_over: whether it has ended by itself already; then `alert.happened` says so.
        may_open: whether it is told of anew; what is too old is not, but one that was told of stays open.
        also: other keys of the same trouble, told before it came to this.
    """

    alert: Alert
    is_over: bool = False
    may_open: bool = True
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class Closing:
    """An open alert that ends: `recovered`, or `replaced` by a graver one of the same trouble, which is told."""

    key: str
    ending: Ending
    said: str


@dataclass(frozen=True)
class Decision:
    """What changes: alerts to open, alerts to close, and those to open and close at once, as they were missed."""

    opened: tuple[Alert, ...] = ()
    closed: tuple[Closing, ...] = ()
    missed: tuple[Alert, ...] = ()


def decide(
    seen: Iterable[Sighting], open_alerts: Mapping[str, str], ever: Collection[str], unknown: Collection[str] = ()
) -> Decision:
    """What to open and to close.

    Args:
        seen: everything that is wrong now, or is over since a while.
        open_alerts: key → kind of what is open.
        ever: of the keys in `seen`, those that were open at any time.
        unknown: kinds that could not be looked at; what is open of them stays.
    """
    sightings = {one.alert.key: one for one in reversed(list(seen))}
    wrong = {key: one for key, one in sightings.items() if not one.is_over}
    opened = [
        one.alert
        for key, one in wrong.items()
        if key not in open_alerts and (one.may_open or any(other in open_alerts for other in one.also))
    ]
    told = {*open_alerts, *(alert.key for alert in opened)}
    replaced = {key: one.alert for own, one in wrong.items() if own in told for key in one.also if key in open_alerts}
    over = {key: one for one in sightings.values() if one.is_over for key in (one.alert.key, *one.also)}
    closed = [
        _closing(key, replaced.get(key), over.get(key))
        for key, kind in open_alerts.items()
        if key in replaced or (key not in wrong and kind not in unknown)
    ]
    missed = [
        one.alert
        for one in sightings.values()
        if one.is_over and one.may_open and not {one.alert.key, *one.also} & {*told, *ever}
    ]
    by_key = sorted(opened, key=lambda alert: alert.key)
    return Decision(
        tuple(by_key), tuple(sorted(closed, key=lambda one: one.key)), tuple(sorted(missed, key=lambda one: one.key))
    )


def _closing(key: str, by: Alert | None, over: Sighting | None) -> Closing:
    if by is not None:
        return Closing(key, "replaced", by.happened)
    return Closing(key, "recovered", over.alert.happened if over else "It is no longer so.")


def channels_for(alert: Alert, config: AlertConfig) -> tuple[str, ...]:
    """Names of the channels that an alert goes to, in the order of the configuration."""
    if not config.routes:
        return tuple(one.name for one in config.channels)
    wanted = {
        name
        for route in config.routes
        if alert.severity.rank >= Severity(route.severity).rank
        and (not route.owners or alert.owner in route.owners)
        and (not route.kinds or alert.kind in route.kinds)
        for name in route.channels
    }
    return tuple(one.name for one in config.channels if one.name in wanted)


What = Literal["opened", "recovered"]


@dataclass(frozen=True)
class Notice:
    """One thing to tell on a channel.

    Attributes:
        opening: number of the opening; another opening of the same key has another.
        what: that it began, or that it is over.
        alert: what is told of.
        said: how it ended; empty where it began.
        at: when it began or ended, by the clock of the business.
    """

    opening: int
    what: What
    alert: Alert
    said: str
    at: datetime

    @property
    def id(self) -> str:
        """The same each time it is sent: whoever is told twice can tell."""
        return f"{self.opening}-{self.what}"

    @property
    def is_urgent(self) -> bool:
        """Whether it waits for no other."""
        return self.what == "opened" and self.alert.severity.rank >= Severity.ERROR.rank


def is_due(waiting: Sequence[tuple[Notice, datetime]], now: datetime, wait: timedelta) -> bool:
    """Whether what waits on a channel goes now, all of it: something is urgent, or the first has waited long enough.

    Args:
        waiting: notices, and since when each waits.
        now: on the clock that `waiting` was measured by.
        wait: how long a notice that is not urgent waits for others.
    """
    return any(notice.is_urgent or now - since >= wait for notice, since in waiting)
