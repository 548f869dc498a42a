"""Alerts about runs: failed, tried again, given up, recovered; and weekly work that takes too long.

Belongs here: what follows from a list of runs. Does not belong here: reading it from Dagster
(`dp_assets/defs/automation/alerts.py`).

A failure is about work: a job on some partitions. It begins with the first failed run and is over once later runs that
succeeded cover all of its partitions, whoever started them. In between it was either given up by the retries or not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Literal

from dp_assets.domain.alert_config import AlertConfig
from dp_assets.domain.alerts import Sighting, make_alert

RETRY_STARTS_WITHIN = timedelta(minutes=10)
"""A run that should be tried again and is not after that long counts as given up."""
PAUSE = timedelta(minutes=2)
"""Work that goes on after a longer pause is other work: sensors look every 15 seconds."""
REMEMBERED = timedelta(days=2)
"""A failure that ended earlier is not told of anew."""
JUDGED_RUNS = 5
FOLLOWING: Mapping[str, tuple[str, ...]] = {
    "ingest_files": ("ingest_new_files", "refresh_buckets", "weekly_cycle"),
    "ingest_new_files": ("refresh_buckets", "weekly_cycle"),
    "refresh_buckets": ("weekly_cycle",),
    "retrain": ("weekly_cycle",),
    "weekly_cycle": (),
    "replan": (),
}
"""Jobs of the weekly work → what usually follows until it is published."""

Outcome = Literal["succeeded", "failed", "going"]


@dataclass(frozen=True)
class RunFact:
    """One run.

    Attributes:
        run_id: of Dagster.
        job: its job.
        keys: partitions, ascending in the order they run in; one empty text where the job has none.
        outcome: how it ended, or that it has not; a run that somebody stopped is left out of the list.
        created, ended: on wall time; `ended` is None while it goes on.
        will_retry: whether it failed and is to be tried again by itself.
        retried: whether the run that tries it again exists.
        error: step and cause, for a failed one.
    """

    run_id: str
    job: str
    keys: tuple[str, ...]
    outcome: Outcome
    created: datetime
    ended: datetime | None = None
    will_retry: bool = False
    retried: bool = False
    error: str = ""

    @property
    def what(self) -> str:
        """Job and partitions in words."""
        if self.keys in ((), ("",)):
            return self.job
        return f"{self.job} for {self.keys[0]}" + (f" to {self.keys[-1]}" if len(self.keys) > 1 else "")

    def is_given_up(self, now: datetime) -> bool:
        """Whether it failed and nothing tries it again."""
        if not self.will_retry:
            return True
        return not self.retried and now - (self.ended or self.created) > RETRY_STARTS_WITHIN


def failures(runs: Iterable[RunFact], config: AlertConfig, dagster_url: str, now: datetime) -> list[Sighting]:
    """What failed and is not made good, and what failed and is.

    Args:
        runs: runs of the last days.
        config: of alerts.
        dagster_url: where runs can be looked at.
        now: wall time.
    """
    return [_sighting(one, config, dagster_url, now) for one in _episodes(runs)]


@dataclass
class _Episode:
    """Failures of one job that share partitions, what of these no later run has made good, and since when none is."""

    failed: list[RunFact]
    missing: set[str]
    over: datetime | None = None


def _episodes(runs: Iterable[RunFact]) -> list[_Episode]:
    found: list[_Episode] = []
    for run in sorted((run for run in runs if run.ended), key=lambda run: (run.ended, run.run_id)):
        going_on = [one for one in found if one.over is None and one.failed[0].job == run.job]
        if run.outcome == "failed":
            same = [one for one in going_on if one.missing & set(run.keys)]
            if not same:
                found.append(_Episode([run], set(run.keys)))
                continue
            same[0].failed.append(run)
            same[0].missing |= set(run.keys)
            continue
        for one in going_on:
            one.missing -= set(run.keys)
            one.over = None if one.missing else run.ended
    return found


def _sighting(episode: _Episode, config: AlertConfig, dagster_url: str, now: datetime) -> Sighting:
    first, last = episode.failed[0], episode.failed[-1]
    given_up = [run for run in episode.failed if run.is_given_up(now)]
    kind = "retries_exhausted" if given_up and episode.over is None else "run_failed"
    said = _said(episode, given_up)
    alert = make_alert(config, kind, f"{first.job}:{first.run_id}", said, f"{dagster_url}/runs/{last.run_id}")
    other = "run_failed" if kind == "retries_exhausted" else "retries_exhausted"
    return Sighting(
        alert,
        is_over=episode.over is not None,
        may_open=now - (episode.over or last.ended or last.created) <= REMEMBERED,
        also=(f"{other}:{first.job}:{first.run_id}",) if given_up or episode.over else (),
    )


def _said(episode: _Episode, given_up: Sequence[RunFact]) -> str:
    last = episode.failed[-1]
    times = "once" if len(episode.failed) == 1 else f"{len(episode.failed)} times"
    if episode.over is not None:
        return f"{last.what} failed {times} ({last.error or 'see its log'}) and has succeeded since."
    if given_up:
        return f"{last.what} failed {times}, and its tries are used up: {last.error or 'see its log'}."
    return f"{last.what} failed {times} and is tried again: {last.error or 'see its log'}."


def too_long(runs: Iterable[RunFact], config: AlertConfig, dagster_url: str, now: datetime) -> list[Sighting]:
    """Whether the weekly work that goes on passes, or would pass, what it may take.

    The work is every run of its jobs that followed another without a longer pause, from the first one's start, to the
    one that publishes; what remains is judged by what it usually takes.
    """
    own = sorted((run for run in runs if run.job in FOLLOWING), key=lambda run: (run.created, run.run_id))
    since = _busy_since(own, now)
    if since is None:
        return []
    current = own[-1]
    limit, elapsed = timedelta(hours=config.cycle_hours), now - since
    expected = elapsed + _remaining(current, own, now)
    if elapsed < limit * config.cycle_warning_share and expected <= limit:
        return []
    more = f" and would take {_hours(expected)}" if expected > elapsed else ""
    said = f"The weekly work began {_hours(elapsed)} ago{more}; it may take {_hours(limit)}. It is at {current.what}."
    subject = since.strftime("%Y-%m-%dT%H:%M:%S")
    return [Sighting(make_alert(config, "cycle_too_long", subject, said, f"{dagster_url}/runs/{current.run_id}"))]


def _busy_since(own: Sequence[RunFact], now: datetime) -> datetime | None:
    """When the work that goes on began; None while there is none."""
    since: datetime | None = None
    until = now
    for run in own:
        if since is None or run.created - until > PAUSE:
            since, until = run.created, run.created
        until = max(until, run.ended or now)
        if run.job == "weekly_cycle" and run.outcome == "succeeded":
            since = None
    is_going = any(run.outcome == "going" for run in own)
    return since if is_going or now - until <= PAUSE else None


def _remaining(current: RunFact, own: Sequence[RunFact], now: datetime) -> timedelta:
    """What the rest of the work usually takes."""
    usual = {job: _usual(job, own) for job in (current.job, *FOLLOWING[current.job])}
    left = max(timedelta(0), usual[current.job] - (now - current.created))
    return left + sum((usual[job] for job in FOLLOWING[current.job]), timedelta(0))


def _usual(job: str, own: Sequence[RunFact]) -> timedelta:
    """Median duration of the last successes of a job; nothing where there are none."""
    taken = [run.ended - run.created for run in own if run.job == job and run.outcome == "succeeded" and run.ended]
    return timedelta(seconds=median(one.total_seconds() for one in taken[-JUDGED_RUNS:])) if taken else timedelta(0)


def _hours(span: timedelta) -> str:
    minutes = int(span.total_seconds() // 60)
    return f"{minutes // 60} h {minutes % 60:02d} min"
