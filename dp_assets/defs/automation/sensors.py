"""Sensors: new files, buckets that lack files, and the cycles that follow.

Belongs here: asking `plan_requests` and turning its answer into run requests. Does not belong here: the decision.

Both sensors look at levels. A sensor that reacted to edges would lose a file landed while the daemon was down, and one
that forgot its failures would start a broken run again every few seconds: the run key, made of the job, its partitions,
their cause and when they were written last, lets Dagster start the same work once, and again only when that changed.
"""

import logging
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import dagster as dg
from dagster._core.scheduler.instigation import InstigatorStatus, InstigatorType, SensorInstigatorData
from dagster._core.storage.tags import AUTO_RETRY_RUN_ID_TAG, WILL_RETRY_TAG

from dp_assets.authors import CAUSE_TAG
from dp_assets.defs.automation.jobs import define_job
from dp_assets.domain.alert_runs import RETRY_STARTS_WITHIN
from dp_assets.domain.errors import StorageError
from dp_assets.domain.plan import RunPlan, bounded, contiguous, ingestion_due, plan_requests
from dp_assets.ingestion import READ_NEXT, register_new_files
from dp_assets.lake_state import read_state, standing
from dp_assets.partitions import FILE_PARTITIONS, SCENARIO_PARTITIONS
from dp_assets.project import Project
from dp_assets.recalls import enter_events, write_reports
from dp_assets.scenario_results import what_is_missing
from dp_resources.clock import Clock
from dp_resources.lake import Lake
from dp_resources.landing import Landing
from dp_resources.notifications import Message, Notifications, notifications_of
from dp_resources.planning_requests import RUN_SCENARIO, newest_requests

log = logging.getLogger(__name__)

RANGE_START = "dagster/asset_partition_range_start"
RANGE_END = "dagster/asset_partition_range_end"
UNFINISHED = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
]
NEVER = datetime.min.replace(tzinfo=UTC)
NEW_FILES_SENSOR = "new_files_sensor"
READING_SECONDS = 30.0
"""How long one tick reads new files; Dagster gives up a tick that takes longer than a minute. The next goes on."""
MOST_ATTEMPTS = 4
"""How often the same work is started, each with the retries that Dagster gives a run."""
INGESTION_JOBS = ("ingest_files", "ingest_new_files")
FOLLOW_UP_JOBS = ("refresh_buckets", "retrain", "weekly_cycle", "replan", "score_cycles")

ONE_BY_ONE = ("retrain", "weekly_cycle")
"""Jobs of cycles that look at what earlier cycles forecast: their ranges follow one another, the oldest first."""


def unfinished_run(instance: dg.DagsterInstance, jobs: Sequence[str]) -> str | None:
    """Name of one of the jobs that is queued or running now, or failed and about to be tried again by Dagster; None
    when all are at rest."""
    for job in jobs:
        if instance.get_run_records(dg.RunsFilter(job_name=job, statuses=UNFINISHED), limit=1):
            return job
        failed = instance.get_run_records(dg.RunsFilter(job_name=job, statuses=[dg.DagsterRunStatus.FAILURE]), limit=1)
        if failed and _is_tried_again(failed[0], time.time()):
            return job
    return None


def _is_tried_again(failed: dg.RunRecord, now: float) -> bool:
    """Whether Dagster will start a failed run once more, and has not yet; what it did not start for long it forgot."""
    tags = failed.dagster_run.tags
    if tags.get(WILL_RETRY_TAG) != "true" or AUTO_RETRY_RUN_ID_TAG in tags:
        return False
    return now - (failed.end_time or now) <= RETRY_STARTS_WITHIN.total_seconds()


def not_asked_for(requests: Sequence[dg.RunRequest], instance: dg.DagsterInstance) -> list[dg.RunRequest]:
    """The first request that no run was started for, alone: what is made of one range depends on those before it.

    One whose run has failed for good is passed over, so that a past cycle that cannot be made holds up no later one.
    """
    for request in requests:
        key = dg.RunsFilter(tags={"dagster/run_key": str(request.run_key)})
        if not instance.get_run_records(key, limit=1):
            return [request]
    return []


def follow_ups(plan: RunPlan, project: Project, instance: dg.DagsterInstance, now: float) -> list[dg.RunRequest]:
    """What is asked for of a plan that is due: what failed for good anew after a pause, cycles one range at a time."""
    found = try_again(run_requests(plan, project, instance), instance, now)
    return not_asked_for(found, instance) if plan.job in ONE_BY_ONE else found


def partition_order(plan: RunPlan, project: Project, instance: dg.DagsterInstance) -> list[str]:
    """All keys of the plan's partitions definition, in the order in which ranges run."""
    if plan.job in INGESTION_JOBS:
        return list(instance.get_dynamic_partitions(str(FILE_PARTITIONS.name)))
    if plan.job == "run_scenarios":
        return list(instance.get_dynamic_partitions(str(SCENARIO_PARTITIONS.name)))
    partitions = project.buckets if plan.job == "refresh_buckets" else project.cycles
    return list(partitions.get_partition_keys())


def run_requests(plan: RunPlan, project: Project, instance: dg.DagsterInstance) -> list[dg.RunRequest]:
    """One request per range of neighbouring partitions. Keys that the loaded graph does not list yet are left out.

    After the simulated clock moved, the code location must be reloaded before its newest partitions exist.
    """
    order = partition_order(plan, project, instance)
    listed = set(order)
    keys = tuple(key for key in plan.partition_keys if key in listed)
    written = standing(project.lake(), plan)
    return [
        dg.RunRequest(
            run_key=f"{plan.run_key}:{written}:{group[0]}:{group[-1]}",
            job_name=plan.job,
            tags={RANGE_START: group[0], RANGE_END: group[-1], CAUSE_TAG: plan.cause[:200]},
        )
        for group in run_ranges(plan, project, keys, order)
    ]


def run_ranges(plan: RunPlan, project: Project, keys: tuple[str, ...], order: list[str]) -> list[tuple[str, ...]]:
    """The partitions of each run of a plan: neighbours in `order`, and of files as many as the configuration allows."""
    groups = contiguous(keys, order)
    if plan.job not in INGESTION_JOBS:
        return groups
    return [part for group in groups for part in bounded(group, project.config.landing.files_per_run)]


def look_for_files(
    landing: Landing, lake: Lake, project: Project, now: datetime, queue: Notifications | None, ticks: int
) -> int:
    """Registers new files; the number of ticks since everything was listed, for the sensor's cursor.

    Without a queue of events everything is listed. With one, only what its messages name is looked at, and everything
    once in `landing_full_listing_ticks`: events can be lost. What had to wait keeps its message, or the next tick lists
    again.
    """
    messages: list[Message] = []
    named: list[str] | None = None
    if queue is not None:
        try:
            messages = queue.receive()
            named = sorted({uri for message in messages for uri in message.uris}) if ticks else None
        except StorageError as error:
            log.warning("%s; everything is listed instead", error)
    register_new_files(landing, lake, project.config, now, named, READING_SECONDS)
    if queue is None:
        return 0
    queue.done(messages, landing.waiting)
    if named is None and landing.waiting:
        return 0
    return (ticks + 1) % project.settings.landing_full_listing_ticks


def read_cursor(cursor: str | None) -> tuple[int, datetime]:
    """Of `new_files_sensor`: ticks since everything was listed, and the business time of the last look that read
    whatever it found; the beginning of time where there was none."""
    ticks, _, listed_at = (cursor or "0").partition(" ")
    return int(ticks), datetime.fromisoformat(listed_at) if listed_at else NEVER


def listed_at(instance: dg.DagsterInstance) -> datetime | None:
    """When the sensor of new files last looked through the landing root, by the clock of the business; None where
    somebody stopped it, as then others register files."""
    for state in instance.all_instigator_state(instigator_type=InstigatorType.SENSOR):
        if state.name == NEW_FILES_SENSOR:
            data = state.instigator_data
            cursor = data.cursor if isinstance(data, SensorInstigatorData) else None
            return None if state.status == InstigatorStatus.STOPPED else read_cursor(cursor)[1]
    return NEVER


def waits_for_files(
    plans: Sequence[RunPlan], looked_at: datetime | None, project: Project, now: datetime
) -> str | None:
    """Why cycles that are due wait: nobody has looked for files since the newest one's knowledge time, e.g. where the
    daemon was down meanwhile, so one that came in time may not be registered. None where nothing waits.

    Once the cycle is late (`alerts.late_days`) it goes on without them: the landing root may be away for days.
    """
    if not plans or plans[0].job not in ONE_BY_ONE or looked_at is None:
        return None
    known = project.grid.known_at(project.grid.newest_cutoff(now))
    if looked_at >= known or now > known + timedelta(days=project.config.alerts.late_days):
        return None
    return f"{plans[0].job} waits until the landing root was looked through after {known.isoformat()}"


def try_again(requests: Sequence[dg.RunRequest], instance: dg.DagsterInstance, now: float) -> list[dg.RunRequest]:
    """Requests whose run has failed get another key once a pause is over: storage that failed may be back.

    The pauses grow fivefold from a minute; after `MOST_ATTEMPTS` a person must look.
    """
    found = []
    for request in requests:
        key = request.run_key
        for attempt in range(1, MOST_ATTEMPTS):
            failed = instance.get_run_records(
                dg.RunsFilter(tags={"dagster/run_key": str(key)}, statuses=[dg.DagsterRunStatus.FAILURE]), limit=1
            )
            if not failed or now < (failed[0].end_time or now) + 60 * 5 ** (attempt - 1):
                break
            key = f"{request.run_key}:{attempt}"
        found.append(request.with_replaced_attrs(run_key=key))
    return found


def scenario_request(name: str, request: int, definition: int) -> dg.RunRequest:
    """The run that computes a scenario. One request starts one run per definition; asked again, it is another request.

    Args:
        name: of the scenario.
        request, definition: rows of the ledger.
    """
    tags = {RANGE_START: name, RANGE_END: name, "demand_planner/cause": f"request {request}"}
    return dg.RunRequest(run_key=f"run_scenarios:{name}:{request}:{definition}", job_name="run_scenarios", tags=tags)


def build(project: Project) -> dg.Definitions:
    """The sensors, running from the start."""
    settings = project.settings
    queue = notifications_of(
        settings.landing_sqs_url, project.landing_root, settings.storage_options(project.landing_root)
    )

    @dg.sensor(
        name=NEW_FILES_SENSOR,
        jobs=[define_job(name) for name in INGESTION_JOBS],
        minimum_interval_seconds=15,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Registers every new file version of the landing root and asks for its ingestion.",
    )
    def new_files_sensor(
        context: dg.SensorEvaluationContext,
        lake: dg.ResourceParam[Lake],
        landing: dg.ResourceParam[Landing],
        clock: dg.ResourceParam[Clock],
    ) -> dg.SensorResult | dg.SkipReason:
        now = clock.now()
        before, listed_at = read_cursor(context.cursor)
        ticks = look_for_files(landing, lake, project, now, queue, before)
        if not any(reason.endswith(READ_NEXT) for reason in landing.waiting.values()):
            listed_at = now
        context.update_cursor(f"{ticks} {listed_at.isoformat()}")
        for uri, reason in landing.waiting.items():
            context.log.warning(f"{uri} waits: {reason}")
        known = set(context.instance.get_dynamic_partitions(str(FILE_PARTITIONS.name)))
        state = read_state(lake)
        missing = [version for version in state.registered if version not in known]
        if missing:
            context.instance.add_dynamic_partitions(str(FILE_PARTITIONS.name), missing)
        if busy := unfinished_run(context.instance, INGESTION_JOBS):
            return dg.SkipReason(f"{busy} is running; what it leaves over is asked for after it")
        plans = ingestion_due(state, project.config, now)
        if not plans:
            waiting = f"; {len(landing.waiting)} wait, see the log of this tick" if landing.waiting else ""
            return dg.SkipReason(f"no new file below {project.landing_root}{waiting}")
        requests = [request for plan in plans for request in run_requests(plan, project, context.instance)]
        return dg.SensorResult(run_requests=try_again(requests, context.instance, time.time()))

    @dg.sensor(
        name="closed_bucket_sensor",
        jobs=[define_job(name) for name in FOLLOW_UP_JOBS],
        minimum_interval_seconds=15,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Rebuilds touched buckets; once a bucket has closed and its files are in, runs the next cycle.",
    )
    def closed_bucket_sensor(
        context: dg.SensorEvaluationContext, lake: dg.ResourceParam[Lake], clock: dg.ResourceParam[Clock]
    ) -> dg.SensorResult | dg.SkipReason:
        if busy := unfinished_run(context.instance, [*INGESTION_JOBS, *FOLLOW_UP_JOBS]):
            return dg.SkipReason(f"{busy} is running; the next step follows it")
        enter_events(lake, project.planning(), context.log.info)
        plans = plan_requests(read_state(lake, project.planning()), project.config, clock.now())
        if waiting := waits_for_files(plans, listed_at(context.instance), project, clock.now()):
            return dg.SkipReason(waiting)
        requests = []
        for plan in plans:
            if plan.job in FOLLOW_UP_JOBS:
                requests += follow_ups(plan, project, context.instance, time.time())
        if not plans:
            write_reports(lake, context.log.info)
        return dg.SensorResult(run_requests=requests) if requests else dg.SkipReason("everything is up to date")

    @dg.sensor(
        name="requests_sensor",
        jobs=[define_job("run_scenarios")],
        minimum_interval_seconds=15,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Computes the scenarios that people asked for over HTTP.",
    )
    def requests_sensor(
        context: dg.SensorEvaluationContext, lake: dg.ResourceParam[Lake]
    ) -> dg.SensorResult | dg.SkipReason:
        database = project.planning()
        try:
            kept = {one.name: one for one in database.scenarios()}
            asked = newest_requests(database, RUN_SCENARIO)
        except StorageError as error:
            return dg.SkipReason(str(error))
        due = {name: at for name, at in asked.items() if name in kept and what_is_missing(lake, kept[name])}
        known = set(context.instance.get_dynamic_partitions(str(SCENARIO_PARTITIONS.name)))
        if missing := sorted(set(due) - known):
            context.instance.add_dynamic_partitions(str(SCENARIO_PARTITIONS.name), missing)
        requests = [scenario_request(name, at, kept[name].sequence) for name, at in sorted(due.items())]
        return dg.SensorResult(run_requests=requests) if requests else dg.SkipReason("nobody asks for anything new")

    return dg.Definitions(sensors=[new_files_sensor, closed_bucket_sensor, requests_sensor])
