"""Sensors: new files, buckets that lack files, and the cycles that follow.

Belongs here: asking `plan_requests` and turning its answer into run requests. Does not belong here: the decision.

Both sensors look at levels. A sensor that reacted to edges would lose a file landed while the daemon was down, and one
that forgot its failures would start a broken run again every few seconds: the run key, made of the job, its partitions
and their cause, lets Dagster start the same work once and again only when the cause has changed.
"""

from collections.abc import Sequence

import dagster as dg

from dp_assets.defs.automation.jobs import define_job
from dp_assets.domain.plan import RunPlan, contiguous, plan_requests
from dp_assets.ingestion import register_new_files
from dp_assets.lake_state import read_state
from dp_assets.partitions import FILE_PARTITIONS
from dp_assets.project import Project
from dp_resources.clock import Clock
from dp_resources.lake import Lake
from dp_resources.landing import Landing

RANGE_START = "dagster/asset_partition_range_start"
RANGE_END = "dagster/asset_partition_range_end"
UNFINISHED = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
]
FOLLOW_UP_JOBS = ("refresh_buckets", "retrain", "weekly_cycle", "score_cycles")


def unfinished_run(instance: dg.DagsterInstance, jobs: Sequence[str]) -> str | None:
    """Name of one of the jobs that is queued or running now, None when all are at rest."""
    for job in jobs:
        if instance.get_run_records(dg.RunsFilter(job_name=job, statuses=UNFINISHED), limit=1):
            return job
    return None


def partition_order(plan: RunPlan, project: Project, instance: dg.DagsterInstance) -> list[str]:
    """All keys of the plan's partitions definition, in the order in which ranges run."""
    if plan.job == "ingest_new_files":
        return list(instance.get_dynamic_partitions(str(FILE_PARTITIONS.name)))
    partitions = project.buckets if plan.job == "refresh_buckets" else project.cycles
    return list(partitions.get_partition_keys())


def run_requests(plan: RunPlan, project: Project, instance: dg.DagsterInstance) -> list[dg.RunRequest]:
    """One request per range of neighbouring partitions. Keys that the loaded graph does not list yet are left out.

    After the simulated clock moved, the code location must be reloaded before its newest partitions exist.
    """
    order = partition_order(plan, project, instance)
    listed = set(order)
    keys = tuple(key for key in plan.partition_keys if key in listed)
    return [
        dg.RunRequest(
            run_key=f"{plan.run_key}:{group[0]}:{group[-1]}",
            job_name=plan.job,
            tags={RANGE_START: group[0], RANGE_END: group[-1], "demand_planner/cause": plan.cause[:200]},
        )
        for group in contiguous(keys, order)
    ]


def build(project: Project) -> dg.Definitions:
    """The two sensors, running from the start."""

    @dg.sensor(
        name="new_files_sensor",
        job_name="ingest_new_files",
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
        register_new_files(landing, lake, project.config, now)
        known = set(context.instance.get_dynamic_partitions(str(FILE_PARTITIONS.name)))
        state = read_state(lake)
        missing = [version for version in state.registered if version not in known]
        if missing:
            context.instance.add_dynamic_partitions(str(FILE_PARTITIONS.name), missing)
        if busy := unfinished_run(context.instance, ["ingest_new_files"]):
            return dg.SkipReason(f"{busy} is running; what it leaves over is asked for after it")
        plans = [plan for plan in plan_requests(state, project.config, now) if plan.job == "ingest_new_files"]
        if not plans:
            return dg.SkipReason(f"no new file below {project.landing_root}")
        return dg.SensorResult(
            run_requests=[request for plan in plans for request in run_requests(plan, project, context.instance)]
        )

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
        if busy := unfinished_run(context.instance, ["ingest_new_files", *FOLLOW_UP_JOBS]):
            return dg.SkipReason(f"{busy} is running; the next step follows it")
        plans = plan_requests(read_state(lake), project.config, clock.now())
        requests = [
            request
            for plan in plans
            if plan.job in FOLLOW_UP_JOBS
            for request in run_requests(plan, project, context.instance)
        ]
        return dg.SensorResult(run_requests=requests) if requests else dg.SkipReason("everything is up to date")

    return dg.Definitions(sensors=[new_files_sensor, closed_bucket_sensor])
