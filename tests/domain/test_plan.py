"""What should run now, decided from the state of the lake and the time alone."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from dp_assets.domain.buckets import BucketGrid
from dp_assets.domain.contributions import bucket_inputs
from dp_assets.domain.ingest.recipe import recipe
from dp_assets.domain.ingest.registration import Registration
from dp_assets.domain.plan import (
    LakeState,
    Made,
    affected,
    bounded,
    closed_buckets,
    contiguous,
    plan_requests,
    score_inputs,
    stale_cycles,
    wanted_cycles,
)
from dp_assets.domain.recall import Backdated
from tests.factories import make_config

CONFIG = make_config(horizon_weeks=3, replay={"cycles": 2}, low_volume={"min_selling_weeks": 4})
GRID = BucketGrid.of(CONFIG)
RECIPE = recipe(CONFIG.producer("shop"), "transactions", CONFIG)
NOW = datetime(2017, 5, 2, 12, tzinfo=UTC)
ALL_BUCKETS = [day.isoformat() for day in closed_buckets(GRID, NOW)]


def registered(version: str, arrived_at: datetime = NOW, **changes: Any) -> Registration:
    """A file of the shop at a path and with a content of its own, unless the test says otherwise."""
    fields: dict[str, Any] = {
        "file_version_id": version,
        "producer": "shop",
        "feed": "transactions",
        "uri": f"shop/{version}.csv",
        "etag": version,
        "content_sha256": version,
        "bytes": 1,
        "modified_at": NOW,
        "arrived_at": arrived_at,
        "supersedes": None,
    }
    return Registration(**{**fields, **changes})


def committed(one: Registration, buckets: list[str], **changes: Any) -> dict[str, Any]:
    """The commit record of an accepted file with rows in those buckets."""
    return {
        "file_version_id": one.file_version_id,
        "producer": one.producer,
        "feed": one.feed,
        "uri": one.uri,
        "arrived_at": one.arrived_at.isoformat(),
        "status": "accepted",
        "recipe": RECIPE,
        "duplicate_of": None,
        "masters": None,
        "buckets": buckets,
        "tables": {"unified_transactions": f"rows of {one.file_version_id}"},
        **changes,
    }


def holding(files: dict[str, list[str]], arrived_at: datetime = NOW) -> dict[str, Any]:
    """Files by name with the buckets they sold in, registered and committed: two fields of a state."""
    known = [registered(name, arrived_at) for name in files]
    return {
        "registrations": tuple(known),
        "commits": {one.file_version_id: committed(one, files[one.file_version_id]) for one in known},
    }


def built(commits: Mapping[str, Any], recalled: frozenset[str] = frozenset()) -> dict[str, dict[str, str]]:
    """Every closed bucket, built from the files that count."""
    counting = [commit for version, commit in commits.items() if version not in recalled]
    inputs = bucket_inputs(counting, CONFIG)
    return {key: inputs.get(key, {}) for key in ALL_BUCKETS}


def test_many_files_come_in_parts_and_the_last_ones_in_the_run_that_accounts_for_all() -> None:
    config = CONFIG.model_copy(update={"landing": CONFIG.landing.model_copy(update={"files_per_run": 3})})
    known = tuple(registered(f"f{number}") for number in range(8))
    (first,) = plan_requests(LakeState(registrations=known), config, NOW)
    assert (first.job, first.partition_keys) == ("ingest_files", ("f0", "f1", "f2", "f3", "f4"))
    done = {one.file_version_id: committed(one, []) for one in known[:5]}
    (second,) = plan_requests(LakeState(registrations=known, commits=done), config, NOW)
    assert (second.job, second.partition_keys) == ("ingest_new_files", ("f5", "f6", "f7"))


@given(st.integers(1, 200), st.integers(1, 30))
def test_parts_hold_everything_in_order_and_differ_by_one_key_at_most(length: int, most: int) -> None:
    keys = tuple(map(str, range(length)))
    parts = bounded(keys, most)
    assert sum(parts, ()) == keys
    lengths = {len(part) for part in parts}
    assert max(lengths) <= most
    assert max(lengths) - min(lengths) <= 1


EARLY = datetime(2017, 1, 24, tzinfo=UTC)
FILES = holding({"a": ALL_BUCKETS[:3]}, EARLY)
BUILT = built(FILES["commits"])
CYCLES = [cycle.isoformat() for cycle in wanted_cycles(LakeState(built_buckets=BUILT), CONFIG, GRID, NOW)]


def state(**overrides: Any) -> LakeState:
    """Everything up to date at NOW, but for what the test overrides."""
    ready: dict[str, Any] = {
        **FILES,
        "built_buckets": BUILT,
        "models": {CYCLES[0]: Made()},
        "forecasts": {cycle: f"bundle of {cycle}" for cycle in CYCLES},
        "bundles": {cycle: Made((), CYCLES[0]) for cycle in CYCLES},
    }
    if "scored" not in overrides:
        overrides["scored"] = scored_as_of(LakeState(**{**ready, **overrides}))
    return LakeState(**{**ready, **overrides})


def scored_as_of(state: LakeState, now: datetime = NOW) -> dict[str, dict[str, str]]:
    """Every forecast cycle scored on what the state holds."""
    inputs = {cycle: score_inputs(date.fromisoformat(cycle), state, CONFIG, GRID, now) for cycle in state.forecasts}
    return {cycle: found for cycle, found in inputs.items() if len(found) > 1}


def with_late_file(bucket: str = ALL_BUCKETS[1], name: str = "late") -> dict[str, Any]:
    """The state's file, and one that arrived now with rows in a bucket."""
    files = holding({"a": ALL_BUCKETS[:3]}, EARLY), holding({name: [bucket]})
    return {
        "registrations": (*files[0]["registrations"], *files[1]["registrations"]),
        "commits": {**files[0]["commits"], **files[1]["commits"]},
    }


def test_nothing_is_asked_for_when_everything_is_there() -> None:
    assert plan_requests(state(), CONFIG, NOW) == []


def test_an_empty_lake_asks_for_nothing() -> None:
    assert plan_requests(LakeState(), CONFIG, NOW) == []


def test_a_registered_file_is_ingested_before_anything_else() -> None:
    plans = plan_requests(state(registrations=(*FILES["registrations"], registered("b")), models={}), CONFIG, NOW)
    assert [(plan.job, plan.partition_keys) for plan in plans] == [("ingest_new_files", ("b",))]


def test_a_late_file_asks_for_exactly_the_buckets_it_touches() -> None:
    plans = plan_requests(state(**with_late_file()), CONFIG, NOW)
    assert [(plan.job, plan.partition_keys) for plan in plans] == [("refresh_buckets", (ALL_BUCKETS[1],))]


def test_a_closed_bucket_without_any_file_is_built_too() -> None:
    lacking = {key: inputs for key, inputs in BUILT.items() if key != ALL_BUCKETS[-1]}
    plans = plan_requests(state(built_buckets=lacking), CONFIG, NOW)
    assert plans[0].partition_keys == (ALL_BUCKETS[-1],)


def test_a_bucket_that_still_runs_waits_for_its_end() -> None:
    running = GRID.start_of(NOW.date()).isoformat()
    files = holding({"a": [*ALL_BUCKETS[:3], running]}, EARLY)
    assert plan_requests(state(**files), CONFIG, NOW) == []


def test_the_first_training_precedes_the_first_replayed_cycle() -> None:
    plans = plan_requests(state(models={}, forecasts={}), CONFIG, NOW)
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
    plans = plan_requests(state(models={}), CONFIG, NOW)
    assert [plan.job for plan in plans] == ["retrain"]


def test_cycles_are_counted_from_the_first_sale_not_from_the_first_bucket() -> None:
    files = holding({"a": ALL_BUCKETS[-3:]})
    waiting = LakeState(**files, built_buckets=built(files["commits"]))
    assert plan_requests(waiting, CONFIG, NOW) == []


def test_a_failed_job_is_asked_for_again_under_another_key_once_its_files_change() -> None:
    keys = []
    for file in ("bad", "mended"):
        files = holding({"a": ALL_BUCKETS[1:3], file: ALL_BUCKETS[:1]}, EARLY)
        made = state(**files, built_buckets=built(files["commits"]), forecasts={}, bundles={})
        plans = plan_requests(made, CONFIG, NOW)
        keys.append(plans[0].run_key)
        assert plans[0].job == "weekly_cycle"
    assert keys[0] != keys[1]


def test_a_bucket_is_not_scored_before_its_files_can_have_arrived() -> None:
    midnight = GRID.midnight(GRID.start_of(NOW.date()))
    cycle = GRID.start_of(NOW.date()) - GRID.step
    known = LakeState(built_buckets={**BUILT, cycle.isoformat(): {}}, forecasts={cycle.isoformat(): "bundle"})
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
    files = with_late_file(cycle)
    late = state(**files, built_buckets=built(files["commits"]), scored=state().scored)
    plans = plan_requests(late, CONFIG, NOW)
    assert [(plan.job, plan.partition_keys) for plan in plans] == [("score_cycles", (cycle,))]


def test_nothing_is_scored_twice_on_the_same_actuals() -> None:
    ready = state()
    assert plan_requests(state(scored=scored_as_of(ready)), CONFIG, NOW) == []


def test_a_cycle_waits_for_its_arrival_grace() -> None:
    monday_noon = datetime(2017, 5, 1, 12, tzinfo=UTC)
    assert GRID.newest_cutoff(monday_noon) == date(2017, 4, 24)
    assert GRID.newest_cutoff(monday_noon + timedelta(days=1)) == date(2017, 5, 1)


def test_the_same_cause_has_the_same_run_key_and_another_cause_another() -> None:
    late = [with_late_file(name=name) for name in ("x", "y", "x")]
    keys = [plan_requests(state(**files), CONFIG, NOW)[0].run_key for files in late]
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


# -- commits that no longer hold --------------------------------------------------------------------------------------


def job_and_keys(made: LakeState, config: Any = CONFIG) -> list[tuple[str, tuple[str, ...]]]:
    return [(plan.job, plan.partition_keys) for plan in plan_requests(made, config, NOW)]


def test_files_are_read_again_when_what_decides_their_rows_changed_and_only_then() -> None:
    stricter = CONFIG.model_copy(update={"filters": CONFIG.filters[:1]})
    assert job_and_keys(state(), stricter) == [("ingest_new_files", ("a",))]
    ranked = CONFIG.producers[0].model_copy(update={"priority": 1, "files": ("elsewhere/*",), "arrival": "manifest"})
    assert job_and_keys(state(), CONFIG.model_copy(update={"producers": (ranked,)})) == []


def test_a_quarantined_file_gets_another_chance_under_another_configuration() -> None:
    (known,) = FILES["registrations"]
    broken = {"a": committed(known, [], status="quarantined", recipe="an earlier one")}
    assert job_and_keys(state(commits=broken)) == [("ingest_new_files", ("a",))]
    assert job_and_keys(LakeState(FILES["registrations"], {"a": committed(known, [], status="quarantined")})) == [
        ("refresh_buckets", tuple(ALL_BUCKETS))
    ]


def test_a_file_whose_producer_is_gone_waits_and_stops_nobody() -> None:
    stray = registered("stray", producer="gone")
    assert job_and_keys(state(registrations=(*FILES["registrations"], stray))) == []


def test_a_copy_that_turns_out_to_have_arrived_first_makes_the_other_the_duplicate() -> None:
    late = registered("late", NOW, content_sha256="same")
    early = registered("early", EARLY, content_sha256="same")
    files = holding({"a": ALL_BUCKETS[:3]}, EARLY)
    commits = {**files["commits"], "late": committed(late, [])}
    made = state(registrations=(*files["registrations"], early, late), commits=commits)
    assert job_and_keys(made) == [("ingest_new_files", ("early", "late"))]
    commits = {**commits, "early": committed(early, []), "late": committed(late, [], status="duplicate")}
    assert job_and_keys(state(registrations=made.registrations, commits=commits)) == [("ingest_new_files", ("late",))]
    commits["late"]["duplicate_of"] = "early"
    assert job_and_keys(state(registrations=made.registrations, commits=commits)) == []


def test_a_duplicate_of_a_file_in_quarantine_or_recalled_counts() -> None:
    early, late = (registered(name, day, content_sha256="same") for name, day in (("early", EARLY), ("late", NOW)))
    copy = committed(late, [], status="duplicate", duplicate_of="early")
    broken = {"early": committed(early, [], status="quarantined"), "late": copy}
    assert job_and_keys(LakeState((early, late), broken)) == [("ingest_new_files", ("late",))]
    fine = {"early": committed(early, []), "late": copy}
    assert job_and_keys(LakeState((early, late), fine, frozenset({"early"}))) == [("ingest_new_files", ("late",))]
    assert job_and_keys(LakeState((early, late), fine))[0][0] == "refresh_buckets"


def test_a_file_that_was_read_again_makes_its_buckets_stale() -> None:
    (known,) = FILES["registrations"]
    again = {"a": committed(known, ALL_BUCKETS[:3], tables={"unified_transactions": "other rows"})}
    assert job_and_keys(state(commits=again)) == [("refresh_buckets", tuple(ALL_BUCKETS[:3]))]


def test_a_bucket_whose_record_says_nothing_of_its_inputs_is_stale() -> None:
    assert job_and_keys(state(built_buckets={**BUILT, ALL_BUCKETS[0]: {"a": ""}})) == [
        ("refresh_buckets", (ALL_BUCKETS[0],))
    ]


def test_fifty_thousand_files_are_judged_within_seconds() -> None:
    names = [f"f{number:05d}" for number in range(50_000)]
    files = holding({name: [ALL_BUCKETS[number % len(ALL_BUCKETS)]] for number, name in enumerate(names)})
    made = LakeState(**files)
    started = time.process_time()
    assert job_and_keys(made)[0][0] == "refresh_buckets"
    assert time.process_time() - started < 4


# -- recalls ----------------------------------------------------------------------------------------------------------


def recalled(**overrides: Any) -> LakeState:
    """The state in which a late file with rows in the second bucket, on which everything is built, is taken back."""
    files = with_late_file()
    late = registered("late", EARLY)
    files["registrations"] = (*files["registrations"][:-1], late)
    files["commits"]["late"] = committed(late, [ALL_BUCKETS[1]])
    ready = {**files, "built_buckets": built(files["commits"]), "recalled": frozenset({"late"})}
    return state(**{**ready, "scored": {}, **overrides})


def without(made: LakeState, *versions: str) -> LakeState:
    """The same lake with these versions recalled, and no others."""
    return replace(made, recalled=frozenset(versions))


def nothing_read(after: LakeState, files: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    assert not files
    return {}


def test_what_a_recall_reaches_is_made_again_phase_by_phase() -> None:
    made = recalled()
    assert job_and_keys(made) == [("refresh_buckets", (ALL_BUCKETS[1],))]
    rebuilt = {"built_buckets": built(made.commits, made.recalled)}
    assert job_and_keys(recalled(**rebuilt)) == [("retrain", (CYCLES[0],))]
    retrained = {**rebuilt, "models": {CYCLES[0]: Made(("late",))}}
    assert job_and_keys(recalled(**retrained)) == [("weekly_cycle", tuple(CYCLES))]
    bundles = {cycle: Made(("late",), CYCLES[0], ("late",)) for cycle in CYCLES}
    assert [job for job, _ in job_and_keys(recalled(**retrained, bundles=bundles))] == ["score_cycles"]


def test_what_is_listed_is_what_is_made_again() -> None:
    made = recalled(recalled=frozenset())
    found = affected(made, without(made, "late"), CONFIG, nothing_read)
    assert found.buckets == (ALL_BUCKETS[1],)
    assert (found.files, found.models, found.cycles) == ((), (CYCLES[0],), tuple(CYCLES))
    gone = recalled(built_buckets=built(made.commits, frozenset({"late"})))
    back = affected(gone, without(gone), CONFIG, nothing_read)
    assert (back.buckets, back.models) == (found.buckets, found.models)


def test_a_cycle_forecast_with_a_model_that_was_trained_on_a_recalled_file_is_made_again() -> None:
    bundles = {cycle: Made(("late",), CYCLES[0], ()) for cycle in CYCLES}
    assert stale_cycles(recalled(bundles=bundles), CONFIG, GRID) == tuple(CYCLES)


def test_a_recall_after_a_cycles_knowledge_time_does_not_reach_it() -> None:
    files = with_late_file()
    made = state(**files, built_buckets=built(files["commits"]))
    assert affected(made, without(made, "late"), CONFIG, nothing_read).cycles == tuple(
        cycle for cycle in CYCLES if GRID.known_at(date.fromisoformat(cycle)) >= NOW
    )


def test_a_backdated_file_is_read_again_and_then_reaches_the_cycles_that_had_not_known_it() -> None:
    files = with_late_file()
    late = next(one for one in files["registrations"] if one.file_version_id == "late")
    declared = Backdated(EARLY, late.arrived_at)
    moved = tuple(replace(one, arrived_at=EARLY) if one is late else one for one in files["registrations"])
    made = state(**files, built_buckets=built(files["commits"]))
    after = replace(made, registrations=moved, backdated={"late": declared})
    assert job_and_keys(after) == [("ingest_new_files", ("late",))]
    read = {"late": committed(registered("late", EARLY), [ALL_BUCKETS[1]])}
    found = affected(made, after, CONFIG, lambda after, versions: {one: read[one] for one in versions})
    earlier = [cycle for cycle in CYCLES if GRID.known_at(date.fromisoformat(cycle)) < late.arrived_at]
    assert (found.files, found.buckets) == (("late",), (ALL_BUCKETS[1],))
    assert found.models == (CYCLES[0],)
    assert set(earlier) <= set(found.cycles)
    assert len(found.cycles) == len(CYCLES)  # those that knew it anyway use the model that is trained again


def test_what_was_computed_while_buckets_were_being_rebuilt_is_made_again() -> None:
    unsettled = {cycle: Made(None, CYCLES[0]) for cycle in CYCLES}
    assert job_and_keys(state(bundles=unsettled)) == [("weekly_cycle", tuple(CYCLES))]


def test_cycles_with_too_little_history_left_stay_as_they_are() -> None:
    made = state()
    found = affected(made, without(made, "a"), CONFIG, nothing_read)
    assert (found.models, found.cycles) == ((), ())
    assert found.out_of_reach == tuple(CYCLES)
    gone = {"recalled": frozenset({"a"}), "built_buckets": built(made.commits, frozenset({"a"})), "scored": {}}
    assert [job for job, _ in job_and_keys(state(**gone))] in ([], ["score_cycles"])
