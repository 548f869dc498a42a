"""What should run now, decided from the state of the lake and the time alone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from dp_assets.domain.buckets import BucketGrid
from dp_assets.domain.plan import (
    LakeState,
    closed_buckets,
    contiguous,
    plan_requests,
    score_inputs,
    wanted_cycles,
)
from tests.factories import make_config

CONFIG = make_config(horizon_weeks=3, replay={"cycles": 2}, low_volume={"min_selling_weeks": 4})
GRID = BucketGrid.of(CONFIG)
NOW = datetime(2017, 5, 2, 12, tzinfo=UTC)
ALL_BUCKETS = [day.isoformat() for day in closed_buckets(GRID, NOW)]


BUILT = {key: frozenset("a") if number < 3 else frozenset() for number, key in enumerate(ALL_BUCKETS)}
CYCLES = [cycle.isoformat() for cycle in wanted_cycles(LakeState(built_buckets=BUILT), CONFIG, GRID, NOW)]


def state(**overrides: Any) -> LakeState:
    """Everything up to date at NOW, but for what the test overrides."""
    ready: dict[str, Any] = {
        "registered": ("a",),
        "file_buckets": {"a": frozenset(ALL_BUCKETS[:3])},
        "built_buckets": BUILT,
        "models": frozenset(CYCLES[:1]),
        "forecasts": {cycle: f"bundle of {cycle}" for cycle in CYCLES},
    }
    if "scored" not in overrides:
        overrides["scored"] = scored_as_of(LakeState(**{**ready, **overrides}))
    return LakeState(**{**ready, **overrides})


def scored_as_of(state: LakeState, now: datetime = NOW) -> dict[str, dict[str, str]]:
    """Every forecast cycle scored on what the state holds."""
    inputs = {cycle: score_inputs(date.fromisoformat(cycle), state, CONFIG, GRID, now) for cycle in state.forecasts}
    return {cycle: found for cycle, found in inputs.items() if len(found) > 1}


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
    plans = plan_requests(state(models=frozenset(), forecasts={}), CONFIG, NOW)
    first = date.fromisoformat(CYCLES[0])
    assert [(plan.job, plan.partition_keys) for plan in plans] == [("retrain", (first.isoformat(),))]


def test_only_missing_cycles_are_forecast() -> None:
    cycles = sorted(state().forecasts)
    plans = plan_requests(state(forecasts=dict.fromkeys(cycles[:-1], "bundle")), CONFIG, NOW)
    assert [(plan.job, plan.partition_keys) for plan in plans] == [("weekly_cycle", (cycles[-1],))]


def test_the_replay_does_not_wander_with_the_clock() -> None:
    before = wanted_cycles(state(), CONFIG, GRID, NOW)
    after = wanted_cycles(state(), CONFIG, GRID, NOW + timedelta(weeks=1))
    assert after[:2] == before[:2]
    assert after[-1] == before[-1] + timedelta(weeks=1)


def test_cycles_missed_while_nothing_ran_are_made_up_for() -> None:
    later = wanted_cycles(state(), CONFIG, GRID, NOW + timedelta(weeks=3))
    newest = date.fromisoformat(CYCLES[-1])
    assert later[-4:] == [newest + timedelta(weeks=week) for week in range(4)]


def test_a_model_without_residuals_is_no_model_so_training_is_asked_for_again() -> None:
    plans = plan_requests(state(models=frozenset()), CONFIG, NOW)
    assert [plan.job for plan in plans] == ["retrain"]


def test_cycles_are_counted_from_the_first_sale_not_from_the_first_bucket() -> None:
    late = {key: frozenset("a") if key >= ALL_BUCKETS[-3] else frozenset() for key in ALL_BUCKETS}
    files = {"a": frozenset(ALL_BUCKETS[-3:])}
    waiting = LakeState(registered=("a",), file_buckets=files, built_buckets=late)
    assert plan_requests(waiting, CONFIG, NOW) == []


def test_a_failed_job_is_asked_for_again_under_another_key_once_its_files_change() -> None:
    keys = []
    for file in ("bad", "mended"):
        built = {**BUILT, ALL_BUCKETS[0]: frozenset({file})}
        files = {"a": frozenset(ALL_BUCKETS[1:3]), file: frozenset(ALL_BUCKETS[:1])}
        plans = plan_requests(state(built_buckets=built, file_buckets=files, forecasts={}), CONFIG, NOW)
        keys.append(plans[0].run_key)
        assert plans[0].job == "weekly_cycle"
    assert keys[0] != keys[1]


def test_a_bucket_is_not_scored_before_its_files_can_have_arrived() -> None:
    midnight = GRID.midnight(GRID.start_of(NOW.date()))
    cycle = GRID.start_of(NOW.date()) - GRID.step
    built = {**BUILT, cycle.isoformat(): frozenset()}
    known = LakeState(built_buckets=built, forecasts={cycle.isoformat(): "bundle"})
    assert len(score_inputs(cycle, known, CONFIG, GRID, midnight + timedelta(hours=1))) == 1
    assert len(score_inputs(cycle, known, CONFIG, GRID, midnight + timedelta(days=1))) == 2


def test_a_remade_forecast_is_scored_again() -> None:
    remade = {**state().forecasts, CYCLES[0]: "another bundle"}
    plans = plan_requests(state(forecasts=remade, scored=state().scored), CONFIG, NOW)
    assert [(plan.job, plan.partition_keys) for plan in plans] == [("score_cycles", (CYCLES[0],))]


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
