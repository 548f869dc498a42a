"""What should run now: one pure function that sensors and the command line share.

Belongs here: the decision, from the state of the lake and the time, as requests per job.
Does not belong here: reading that state (`dp_assets/lake_state.py`) or starting runs (sensors, `dp run`).

The decision looks at levels, not edges: it compares what is there with what should be there. So a missed tick, a killed
run or a restart costs nothing, and asking twice gives the same answer.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from dp_assets.domain.buckets import BucketGrid
from dp_assets.domain.config import DemandConfig

JobName = Literal["ingest_new_files", "refresh_buckets", "retrain", "weekly_cycle", "score_cycles", "batch_inference"]


@dataclass(frozen=True)
class LakeState:
    """What the lake holds.

    Attributes:
        registered: file versions registered, in arrival order.
        file_buckets: file version → bucket starts its accepted rows touch; it counts once committed.
        built_buckets: bucket → file versions its contributions were built from.
        models: cycles with a trained model and its residuals.
        forecasts: cycle → hash of its serving bundle, the last asset of a cycle.
        scored: cycle → what its scores came from, as `score_inputs` says.
    """

    registered: tuple[str, ...] = ()
    file_buckets: Mapping[str, frozenset[str]] = field(default_factory=dict)
    built_buckets: Mapping[str, frozenset[str]] = field(default_factory=dict)
    models: frozenset[str] = frozenset()
    forecasts: Mapping[str, str] = field(default_factory=dict)
    scored: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class RunPlan:
    """One job to run over partition keys, in order, and why."""

    job: JobName
    partition_keys: tuple[str, ...]
    cause: str

    @property
    def run_key(self) -> str:
        """The same plan for the same cause has the same key, so that Dagster starts it once."""
        text = "\n".join([self.job, self.cause, *self.partition_keys])
        return f"{self.job}:{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def plan_requests(state: LakeState, config: DemandConfig, now: datetime) -> list[RunPlan]:
    """Runs that are due, of the first phase that has any; an empty list when everything is done.

    The phases are ingestion, buckets, training, cycles, scoring. A later phase waits for the earlier one, because a
    cycle must not be forecast from buckets that lack a file which had arrived in time.
    """
    grid = BucketGrid.of(config)
    for phase in (_ingestion, _buckets, _training, _cycles, _scoring):
        if plans := phase(state, config, grid, now):
            return plans
    return []


def _ingestion(state: LakeState, config: DemandConfig, grid: BucketGrid, now: datetime) -> list[RunPlan]:
    waiting = tuple(version for version in state.registered if version not in state.file_buckets)
    return [RunPlan("ingest_new_files", waiting, "registered files without a commit record")] if waiting else []


def closed_buckets(grid: BucketGrid, now: datetime) -> list[date]:
    """Buckets whose last day is over at `now`, in the business time zone, ascending."""
    return list(grid.starts(grid.first, grid.start_of(now.astimezone(grid.zone).date())))


def _buckets(state: LakeState, config: DemandConfig, grid: BucketGrid, now: datetime) -> list[RunPlan]:
    if not state.file_buckets:
        return []
    touching: dict[str, set[str]] = {}
    for version, buckets in state.file_buckets.items():
        for bucket in buckets:
            touching.setdefault(bucket, set()).add(version)
    stale = [
        key
        for key in (day.isoformat() for day in closed_buckets(grid, now))
        if key not in state.built_buckets or frozenset(touching.get(key, ())) != state.built_buckets[key]
    ]
    if not stale:
        return []
    content = hashlib.sha256(repr([(key, sorted(touching.get(key, ()))) for key in stale]).encode()).hexdigest()[:12]
    return [RunPlan("refresh_buckets", tuple(stale), f"buckets that lack files ({content})")]


def first_history(state: LakeState) -> date | None:
    """The first bucket that any file version sold in; None without data."""
    return min((date.fromisoformat(key) for key, versions in state.built_buckets.items() if versions), default=None)


def wanted_cycles(state: LakeState, config: DemandConfig, grid: BucketGrid, now: datetime) -> list[date]:
    """The replayed cycles and the current one, ascending, and what was missed since the last current one.

    The replay starts at the oldest model once there is one, so that it does not wander with the clock. A cycle needs
    the selling weeks of the low-volume rule and a horizon of history behind it.
    """
    begin = first_history(state)
    if begin is None:
        return []
    current = grid.newest_cutoff(now)
    first = min((date.fromisoformat(model) for model in state.models), default=None)
    if first is None:
        first = current - (config.horizon + config.replay.cycles - 1) * grid.step
    replayed = [first + number * grid.step for number in range(config.replay.cycles)]
    newest = max((date.fromisoformat(cycle) for cycle in state.forecasts), default=current)
    since = list(grid.starts(newest, current)) if newest > replayed[-1] else []
    earliest = begin + (config.horizon + config.in_buckets(config.low_volume.min_selling_weeks)) * grid.step
    return sorted({cycle for cycle in [*replayed, *since, current] if earliest <= cycle <= current})


def history_fingerprint(state: LakeState, cutoff: date) -> str:
    """A short hash of what the buckets before a cutoff were built from: other files, other hash."""
    past = [f"{key}:{fingerprint(made)}" for key, made in state.built_buckets.items() if key < cutoff.isoformat()]
    return fingerprint(past)


def _training(state: LakeState, config: DemandConfig, grid: BucketGrid, now: datetime) -> list[RunPlan]:
    wanted = wanted_cycles(state, config, grid, now)
    if not wanted or state.models:
        return []
    cause = f"no champion yet (history {history_fingerprint(state, wanted[0])})"
    return [RunPlan("retrain", (wanted[0].isoformat(),), cause)]


def _cycles(state: LakeState, config: DemandConfig, grid: BucketGrid, now: datetime) -> list[RunPlan]:
    missing = [cycle for cycle in wanted_cycles(state, config, grid, now) if cycle.isoformat() not in state.forecasts]
    if not missing:
        return []
    cause = f"cycles without forecasts (history {history_fingerprint(state, missing[-1])})"
    return [RunPlan("weekly_cycle", tuple(cycle.isoformat() for cycle in missing), cause)]


def closed_leads(cycle: date, state: LakeState, config: DemandConfig, grid: BucketGrid, now: datetime) -> int:
    """How many leads of a cycle can be scored, counted without a gap from lead 1.

    A lead is closed once its bucket is built and the time its files may take to arrive has passed: at midnight after
    the last day a bucket is built too, but nothing has arrived.
    """
    closed = 0
    for lead in grid.leads(cycle, config.horizon):
        if lead.isoformat() not in state.built_buckets or grid.known_at(lead + grid.step) > now:
            break
        closed += 1
    return closed


def score_inputs(
    cycle: date, state: LakeState, config: DemandConfig, grid: BucketGrid, now: datetime
) -> dict[str, str]:
    """What the scores of a cycle come from: `forecast` → its bundle, closed bucket → fingerprint of its files."""
    closed = closed_leads(cycle, state, config, grid, now)
    keys = [lead.isoformat() for lead in grid.leads(cycle, config.horizon)[:closed]]
    actuals = {key: fingerprint(state.built_buckets[key]) for key in keys}
    return {"forecast": state.forecasts.get(cycle.isoformat(), ""), **actuals}


def fingerprint(parts: Iterable[str]) -> str:
    """A short hash of a set of texts, whatever their order."""
    return hashlib.sha256("\n".join(sorted(parts)).encode()).hexdigest()[:16]


def _scoring(state: LakeState, config: DemandConfig, grid: BucketGrid, now: datetime) -> list[RunPlan]:
    due: dict[str, str] = {}
    for cycle in sorted(state.forecasts):
        inputs = score_inputs(date.fromisoformat(cycle), state, config, grid, now)
        if len(inputs) > 1 and inputs != state.scored.get(cycle):
            due[cycle] = f"{cycle}: {len(inputs) - 1} leads of {fingerprint(inputs.values())}"
    cause = f"leads that have closed, or whose forecast or actuals changed ({', '.join(due.values())})"
    return [RunPlan("score_cycles", tuple(due), cause)] if due else []


def contiguous(keys: tuple[str, ...], order: list[str]) -> list[tuple[str, ...]]:
    """Splits keys into runs of neighbours in `order`, because one Dagster run covers one range of partitions.

    >>> contiguous(("a", "b", "d"), ["a", "b", "c", "d"])
    [('a', 'b'), ('d',)]
    """
    place = {key: number for number, key in enumerate(order)}
    groups: list[list[str]] = []
    for key in sorted(keys, key=lambda key: place[key]):
        if groups and place[key] == place[groups[-1][-1]] + 1:
            groups[-1].append(key)
        else:
            groups.append([key])
    return [tuple(group) for group in groups]
