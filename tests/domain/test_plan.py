"""What should run now, decided from the state of the lake and the time alone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from dp_assets.domain.buckets import BucketGrid
from dp_assets.domain.plan import (
    LakeState,
    actuals_behind,
    closed_buckets,
    contiguous,
    plan_requests,
    wanted_cycles,
)
from tests.factories import make_config

CONFIG = make_config(horizon_weeks=3, replay={"cycles": 2}, low_volume={"min_selling_weeks": 4})
GRID = BucketGrid.of(CONFIG)
NOW = datetime(2017, 5, 2, 12, tzinfo=UTC)
ALL_BUCKETS = [day.isoformat() for day in closed_buckets(GRID, NOW)]


def state(**overrides: Any) -> LakeState:
    """Everything up to date at NOW, but for what the test overrides."""
    touched = frozenset(ALL_BUCKETS[:3])
    cycles = [cycle.isoformat() for cycle in wanted_cycles(LakeState(), CONFIG, GRID, NOW)]
    ready: dict[str, Any] = {
        "registered": ("a",),
        "file_buckets": {"a": touched},
        "built_buckets": {key: frozenset("a") if key in touched else frozenset() for key in ALL_BUCKETS},
        "models": frozenset(cycles[:1]),
        "forecasts": frozenset(cycles),
    }
    if "scored" not in overrides:
        overrides["scored"] = scored_as_of(LakeState(**{**ready, **overrides}))
    return LakeState(**{**ready, **overrides})


def scored_as_of(state: LakeState) -> dict[str, dict[str, str]]:
    """Every forecast cycle scored on the actuals that the state holds."""
    return {
        cycle: actuals_behind(date.fromisoformat(cycle), state, CONFIG, GRID)
        for cycle in state.forecasts
        if actuals_behind(date.fromisoformat(cycle), state, CONFIG, GRID)
    }


def test_nothing_is_asked_for_when_everything_is_there() -> None:
    assert plan_requests(state(), CONFIG, NOW) == []


def test_an_empty_lake_asks_for_nothing() -> None:
    assert plan_requests(LakeState(), CONFIG, NOW) == []


def test_a_registered_file_is_ingested_before_anything_else() -> None:
    plans = plan_requests(state(registered=("a", "b"), models=frozenset()), CONFIG, NOW)
    assert [(plan.job, plan.partition_keys) for plan in plans] == [("ingest_new_files", ("b",))]


def test_a_late_file_asks_for_exactly_the_buckets_it_touches() -> None:
    files = {"a": frozenset(ALL_BUCKETS[:3]), "late": frozenset(ALL_BUCKETS[1:2])}
    plans = plan_requests(state(file_buckets=files), CONFIG, NOW)
    assert [(plan.job, plan.partition_keys) for plan in plans] == [("refresh_buckets", (ALL_BUCKETS[1],))]


def test_a_closed_bucket_without_any_file_is_built_too() -> None:
    built = {key: versions for key, versions in state().built_buckets.items() if key != ALL_BUCKETS[-1]}
    plans = plan_requests(state(built_buckets=built), CONFIG, NOW)
    assert plans[0].partition_keys == (ALL_BUCKETS[-1],)


def test_a_bucket_that_still_runs_waits_for_its_end() -> None:
    running = GRID.start_of(NOW.date()).isoformat()
    files = {"a": frozenset([*ALL_BUCKETS[:3], running])}
    assert plan_requests(state(file_buckets=files), CONFIG, NOW) == []


def test_the_first_training_precedes_the_first_replayed_cycle() -> None:
    plans = plan_requests(state(models=frozenset(), forecasts=frozenset()), CONFIG, NOW)
    first = wanted_cycles(LakeState(), CONFIG, GRID, NOW)[0]
    assert [(plan.job, plan.partition_keys) for plan in plans] == [("retrain", (first.isoformat(),))]


def test_only_missing_cycles_are_forecast() -> None:
    cycles = sorted(state().forecasts)
    plans = plan_requests(state(forecasts=frozenset(cycles[:-1])), CONFIG, NOW)
    assert [(plan.job, plan.partition_keys) for plan in plans] == [("weekly_cycle", (cycles[-1],))]


def test_the_replay_does_not_wander_with_the_clock() -> None:
    before = wanted_cycles(state(), CONFIG, GRID, NOW)
    after = wanted_cycles(state(), CONFIG, GRID, NOW + timedelta(weeks=1))
    assert after[:2] == before[:2]
    assert after[-1] == before[-1] + timedelta(weeks=1)


def test_a_cycle_is_scored_again_as_its_leads_close() -> None:
    cycle = sorted(state().forecasts)[0]
    scored = {**state().scored, cycle: dict(list(state().scored[cycle].items())[:1])}
    plans = plan_requests(state(scored=scored), CONFIG, NOW)
    assert [(plan.job, plan.partition_keys) for plan in plans] == [("score_cycles", (cycle,))]


def test_a_late_file_in_a_scored_bucket_asks_for_scoring_again() -> None:
    cycle = sorted(state().forecasts)[0]
    late = {**state().built_buckets, cycle: frozenset({"late"})}
    files = {**state().file_buckets, "late": frozenset({cycle})}
    plans = plan_requests(state(file_buckets=files, built_buckets=late, scored=state().scored), CONFIG, NOW)
    assert [(plan.job, plan.partition_keys) for plan in plans] == [("score_cycles", (cycle,))]


def test_nothing_is_scored_twice_on_the_same_actuals() -> None:
    ready = state()
    assert plan_requests(state(scored=scored_as_of(ready)), CONFIG, NOW) == []


def test_a_cycle_waits_for_its_arrival_grace() -> None:
    monday_noon = datetime(2017, 5, 1, 12, tzinfo=UTC)
    assert GRID.newest_cutoff(monday_noon) == date(2017, 4, 24)
    assert GRID.newest_cutoff(monday_noon + timedelta(days=1)) == date(2017, 5, 1)


def test_the_same_cause_has_the_same_run_key_and_another_cause_another() -> None:
    late = [{"a": frozenset(ALL_BUCKETS[:3]), name: frozenset(ALL_BUCKETS[1:2])} for name in ("x", "y", "x")]
    keys = [plan_requests(state(file_buckets=files), CONFIG, NOW)[0].run_key for files in late]
    assert keys[0] == keys[2] != keys[1]


@given(st.sets(st.integers(0, 30)))
def test_contiguous_groups_hold_every_key_once_and_have_no_gaps(numbers: set[int]) -> None:
    order = [f"{number:02d}" for number in range(31)]
    keys = tuple(f"{number:02d}" for number in numbers)
    groups = contiguous(keys, order)
    assert sorted(key for group in groups for key in group) == sorted(keys)
    for group in groups:
        first = order.index(group[0])
        assert list(group) == order[first : first + len(group)]
