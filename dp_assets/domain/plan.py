"""What should run now: one pure function that sensors and the command line share.

Belongs here: the decision, from the state of the lake and the time, as requests per job.
Does not belong here: reading that state (`dp_assets/lake_state.py`) or starting runs (sensors, `dp run`).

The decision looks at levels, not edges: it compares what is there with what should be there. So a missed tick, a killed
run or a restart costs nothing, and asking twice gives the same answer.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property
from itertools import pairwise
from typing import Any, Literal

from dp_assets.domain.buckets import BucketGrid
from dp_assets.domain.config import DemandConfig
from dp_assets.domain.contributions import Inputs, bucket_inputs
from dp_assets.domain.ingest.freshness import stale_versions
from dp_assets.domain.ingest.registration import Registration
from dp_assets.domain.ingest.restatements import LinesOf, lines_not_read
from dp_assets.domain.recall import Backdated, reaches, recalls_at

JobName = Literal[
    "ingest_files",
    "ingest_new_files",
    "refresh_buckets",
    "retrain",
    "weekly_cycle",
    "replan",
    "score_cycles",
    "batch_inference",
    "run_scenarios",
    "explain",
]


Recalls = tuple[str, ...] | None
"""The file events that something was computed under, as `recalls_at` names them; None when the buckets it came from
were not."""


@dataclass(frozen=True)
class Made:
    """Which recalls a model or a bundle took account of.

    Attributes:
        recalls: those of its own cycle.
        champion: cycle of the model that a bundle's forecasts come from.
        champion_recalls: those which that model had been trained by.
    """

    recalls: Recalls = ()
    champion: str | None = None
    champion_recalls: Recalls = ()


@dataclass(frozen=True)
class LakeState:
    """What the lake holds.

    Attributes:
        registrations: file versions registered, in arrival order.
        commits: file version → its commit record of ingestion.
        recalled: file versions that count for nothing because somebody took them back.
        backdated: file versions that count from an earlier moment on than their recorded arrival.
        cut_short: committed versions whose quality report or line in the ledger is missing, because a process was
            killed before it wrote them.
        built_buckets: bucket → what its contributions were built from.
        models: cycle with a trained model and its residuals → the recalls it was trained by.
        forecasts: cycle → hash of its serving bundle, the last asset of a cycle.
        bundles: cycle → the recalls its serving bundle was made by.
        scored: cycle → what its scores came from, as `score_inputs` says.
        planned: cycle → last change of planners' numbers that its bundle knows, as a sequence of the ledger.
        last_change: the last one there is.
        lines_of: reads `file_lines`, where files restate each other by rows or dates.
    """

    registrations: tuple[Registration, ...] = ()
    commits: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    recalled: frozenset[str] = frozenset()
    backdated: Mapping[str, Backdated] = field(default_factory=dict)
    cut_short: frozenset[str] = frozenset()
    built_buckets: Mapping[str, Inputs] = field(default_factory=dict)
    models: Mapping[str, Made] = field(default_factory=dict)
    forecasts: Mapping[str, str] = field(default_factory=dict)
    bundles: Mapping[str, Made] = field(default_factory=dict)
    scored: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    planned: Mapping[str, int] = field(default_factory=dict)
    last_change: int = 0
    lines_of: LinesOf = field(default=lines_not_read, repr=False)

    @cached_property
    def registered(self) -> tuple[str, ...]:
        """File versions registered, in arrival order."""
        return tuple(one.file_version_id for one in self.registrations)

    @property
    def counting(self) -> Mapping[str, Mapping[str, Any]]:
        """Commit records of the versions that count, by version."""
        return {version: commit for version, commit in self.commits.items() if version not in self.recalled}

    def bucket_inputs(self, config: DemandConfig) -> dict[str, Inputs]:
        """Bucket → what its contributions should be made from; see `contributions.bucket_inputs`."""
        return bucket_inputs(self.counting.values(), config, self.lines_of)


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

    The phases are ingestion, buckets, training, cycles, planning, scoring. A later phase waits for the earlier one,
    because a cycle must not be forecast from buckets that lack a file which had arrived in time.
    """
    grid = BucketGrid.of(config)
    for phase in (_ingestion, _buckets, _training, _cycles, _planning, _scoring):
        if plans := phase(state, config, grid, now):
            return plans
    return []


def ingestion_due(state: LakeState, config: DemandConfig, now: datetime) -> list[RunPlan]:
    """Ingestion that is due, whatever else is: looking for that alone costs a tick over many files a third less."""
    return _ingestion(state, config, BucketGrid.of(config), now)


def _ingestion(state: LakeState, config: DemandConfig, grid: BucketGrid, now: datetime) -> list[RunPlan]:
    """Files to ingest, and those whose ingestion was cut short: nothing is made of a file that a gate may hold out."""
    stale = stale_versions(state.registrations, state.commits, state.recalled, config)
    present = {producer.name for producer in config.producers}
    unfinished = tuple(
        one.file_version_id
        for one in state.registrations
        if one.producer in present and one.file_version_id in state.cut_short
    )
    if not stale and not unfinished:
        return []
    if stale:
        content = fingerprint(f"{version}:{state.commits.get(version)}" for version in stale)
        cause = f"files without a commit record that holds ({content})"
        most = config.landing.files_per_run
        # The last files come in the run that accounts for all of them, which compares each with those before it.
        return [
            RunPlan("ingest_new_files", stale, cause)
            if len(stale) <= most
            else RunPlan("ingest_files", stale[:-most], cause)
        ]
    content = fingerprint(f"{version}:{state.commits.get(version)}" for version in unfinished)
    return [RunPlan("ingest_new_files", unfinished, f"files whose report or line in the ledger is missing ({content})")]


def closed_buckets(grid: BucketGrid, now: datetime) -> list[date]:
    """Buckets whose last day is over at `now`, in the business time zone, ascending."""
    return list(grid.starts(grid.first, grid.start_of(now.astimezone(grid.zone).date())))


def _buckets(state: LakeState, config: DemandConfig, grid: BucketGrid, now: datetime) -> list[RunPlan]:
    if not state.commits:
        return []
    inputs = state.bucket_inputs(config)
    closed = (day.isoformat() for day in closed_buckets(grid, now))
    stale = [key for key in closed if inputs.get(key, {}) != state.built_buckets.get(key)]
    if not stale:
        return []
    content = fingerprint(f"{key}:{_texts(inputs.get(key, {}))}" for key in stale)
    return [RunPlan("refresh_buckets", tuple(stale), f"buckets made of other files, or of none yet ({content})")]


def _texts(inputs: Inputs) -> list[str]:
    return sorted(f"{version}={digest}" for version, digest in inputs.items())


def first_history(state: LakeState) -> date | None:
    """The first bucket that any file version sold in; None without data."""
    return min((date.fromisoformat(key) for key, versions in state.built_buckets.items() if versions), default=None)


def first_computable(state: LakeState, config: DemandConfig, grid: BucketGrid) -> date | None:
    """The first cycle with the selling weeks of the low-volume rule and a horizon of history; None without data."""
    begin = first_history(state)
    if begin is None:
        return None
    return begin + (config.horizon + config.in_buckets(config.low_volume.min_selling_weeks)) * grid.step


def wanted_cycles(state: LakeState, config: DemandConfig, grid: BucketGrid, now: datetime) -> list[date]:
    """The replayed cycles and the current one, ascending, and what was missed since the last current one.

    The replay starts at the oldest model once there is one, so that it does not wander with the clock.
    """
    earliest = first_computable(state, config, grid)
    if earliest is None:
        return []
    current = grid.newest_cutoff(now)
    first = min((date.fromisoformat(model) for model in state.models), default=None)
    if first is None:
        first = current - (config.horizon + config.replay.cycles - 1) * grid.step
    replayed = [first + number * grid.step for number in range(config.replay.cycles)]
    newest = max((date.fromisoformat(cycle) for cycle in state.forecasts), default=current)
    since = list(grid.starts(newest, current)) if newest > replayed[-1] else []
    return sorted({cycle for cycle in [*replayed, *since, current] if earliest <= cycle <= current})


def history_fingerprint(state: LakeState, cutoff: date) -> str:
    """A short hash of what the buckets before a cutoff were built from: other files, other hash."""
    past = [
        f"{key}:{fingerprint(_texts(made))}" for key, made in state.built_buckets.items() if key < cutoff.isoformat()
    ]
    return fingerprint(past)


def _training(state: LakeState, config: DemandConfig, grid: BucketGrid, now: datetime) -> list[RunPlan]:
    wanted = wanted_cycles(state, config, grid, now)
    if wanted and not state.models:
        cause = f"no champion yet (history {history_fingerprint(state, wanted[0])})"
        return [RunPlan("retrain", (wanted[0].isoformat(),), cause)]
    return _made_again("retrain", stale_models(state, config, grid), "models", state)


def _cycles(state: LakeState, config: DemandConfig, grid: BucketGrid, now: datetime) -> list[RunPlan]:
    missing = [cycle for cycle in wanted_cycles(state, config, grid, now) if cycle.isoformat() not in state.forecasts]
    if missing:
        cause = f"cycles without forecasts (history {history_fingerprint(state, missing[-1])})"
        return [RunPlan("weekly_cycle", tuple(cycle.isoformat() for cycle in missing), cause)]
    return _made_again("weekly_cycle", stale_cycles(state, config, grid), "cycles", state)


def _planning(state: LakeState, config: DemandConfig, grid: BucketGrid, now: datetime) -> list[RunPlan]:
    """What planners set since goes into the newest cycle; earlier ones are history."""
    newest = max(state.forecasts, default=None)
    if newest is None or state.planned.get(newest, 0) >= state.last_change:
        return []
    return [RunPlan("replan", (newest,), f"numbers that planners set or withdrew (ledger {state.last_change})")]


def _made_again(job: JobName, keys: tuple[str, ...], what: str, state: LakeState) -> list[RunPlan]:
    if not keys:
        return []
    known = f"{fingerprint(state.recalled)}, history {history_fingerprint(state, date.fromisoformat(keys[-1]))}"
    return [RunPlan(job, keys, f"{what} that other files than now were recalled for ({known})")]


def recalls_of_cycles(state: LakeState, grid: BucketGrid) -> Callable[[str], tuple[str, ...]]:
    """Cycle → the file events that it must be computed under: recalled versions, and backdated ones."""
    return recalls_at(grid, reaches(state.commits, state.recalled, state.backdated))


def stale_models(state: LakeState, config: DemandConfig, grid: BucketGrid) -> tuple[str, ...]:
    """Cycles whose model was trained by other recalls than hold now, ascending; those with too little history stay."""
    expected = recalls_of_cycles(state, grid)
    stale = (cycle for cycle, made in state.models.items() if made.recalls != expected(cycle))
    return _computable(stale, state, config, grid)


def stale_cycles(state: LakeState, config: DemandConfig, grid: BucketGrid) -> tuple[str, ...]:
    """Cycles whose bundle, or its champion, was made by other recalls than hold now; those with too little history
    stay."""
    expected = recalls_of_cycles(state, grid)
    stale = (
        cycle
        for cycle, made in state.bundles.items()
        if made.recalls != expected(cycle)
        or (made.champion is not None and made.champion_recalls != expected(made.champion))
    )
    return _computable(stale, state, config, grid)


def _computable(cycles: Iterable[str], state: LakeState, config: DemandConfig, grid: BucketGrid) -> tuple[str, ...]:
    earliest = first_computable(state, config, grid)
    return tuple(sorted(cycle for cycle in cycles if earliest is not None and earliest.isoformat() <= cycle))


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
    actuals = {key: fingerprint(_texts(state.built_buckets[key])) for key in keys}
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


# -- what a recall reaches --------------------------------------------------------------------------------------------


ROUNDS = 3
"""Quarantine, duplicates, what was looked up in masters: after that many rounds of reading nothing changes any more."""


@dataclass(frozen=True)
class Affected:
    """Everything computed from file versions that are recalled, put back or backdated.

    Attributes:
        files: versions that are read again, because they repeat one of them or look it up.
        buckets: buckets that are built again.
        models: cycles whose model is trained again.
        cycles: cycles that are computed again, from features to published forecasts and serving bundle.
        scored: cycles whose accuracy is computed again.
        out_of_reach: cycles and models that stay as they are, because too little history is left to compute them.
    """

    files: tuple[str, ...] = ()
    buckets: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    cycles: tuple[str, ...] = ()
    scored: tuple[str, ...] = ()
    out_of_reach: tuple[str, ...] = ()


def affected(
    state: LakeState,
    after: LakeState,
    config: DemandConfig,
    expected_commits: Callable[[LakeState, tuple[str, ...]], Mapping[str, Mapping[str, Any]]],
) -> Affected:
    """What other file events than hold now would make stale, by the same rules by which `plan_requests` finds it.

    Buckets are those whose inputs differ. Models and cycles are those that would have used a file of which an event
    changes; a file of reference data, or one that was restated before a cycle's knowledge time, may leave some of them
    as they are.

    Args:
        state: the lake, up to date.
        after: the same lake under the events after the change: recalled, backdated, registrations.
        config: the configuration.
        expected_commits: the commit records that reading versions again will give, which is not known before.
    """
    grid = BucketGrid.of(config)
    files: dict[str, None] = {}
    for _ in range(ROUNDS):
        stale = stale_versions(after.registrations, after.commits, after.recalled, config)
        if not stale:
            break
        files.update(dict.fromkeys(stale))
        after = replace(after, commits={**after.commits, **expected_commits(after, stale)})
    inputs = [one.bucket_inputs(config) for one in (state, after)]
    buckets = {key for key in state.built_buckets if inputs[0].get(key, {}) != inputs[1].get(key, {})}
    before_of, after_of = (recalls_of_cycles(one, grid) for one in (state, after))
    models, cycles = (
        {cycle for cycle in made if before_of(cycle) != after_of(cycle)} for made in (state.models, state.bundles)
    )
    cycles |= {cycle for cycle, made in state.bundles.items() if made.champion in models}
    built = replace(after, built_buckets={key: inputs[1].get(key, {}) for key in state.built_buckets})
    possible = set(_computable(models | cycles, built, config, grid))
    scored = {
        cycle for cycle, found in state.scored.items() if cycle in cycles & possible or buckets.intersection(found)
    }
    return Affected(
        files=tuple(files),
        buckets=tuple(sorted(buckets)),
        models=tuple(sorted(models & possible)),
        cycles=tuple(sorted(cycles & possible)),
        scored=tuple(sorted(scored)),
        out_of_reach=tuple(sorted((models | cycles) - possible)),
    )


def bounded(group: tuple[str, ...], most: int) -> list[tuple[str, ...]]:
    """Splits keys into parts of about the same length, `most` at most, in their order.

    >>> bounded(("a", "b", "c", "d"), 3)
    [('a', 'b'), ('c', 'd')]
    """
    parts = -(-len(group) // most)
    ends = [len(group) * number // parts for number in range(parts + 1)]
    return [group[begin:end] for begin, end in pairwise(ends)]


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
