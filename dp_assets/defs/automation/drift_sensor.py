"""The sensor that retrains where a cycle has drifted.

Belongs here: turning the verdict of the newest cycle into a run. Does not belong here: the verdict and the cool-down
(`domain/drift.py`), whether the retrained model is used (`domain/champion.py`).

It looks at levels, as the other sensors do: the committed verdict, and the models that there are. Time is that of
cycles, so it works alike under a simulated clock. What is due anyway (files, buckets, cycles) goes first, and one
retraining runs at a time.
"""

import time

import dagster as dg

from dp_assets.defs.automation.jobs import define_job
from dp_assets.defs.automation.sensors import (
    FOLLOW_UP_JOBS,
    INGESTION_JOBS,
    run_requests,
    try_again,
    unfinished_run,
)
from dp_assets.domain.drift import retraining_due
from dp_assets.domain.plan import RunPlan, plan_requests
from dp_assets.lake_state import read_state
from dp_assets.project import Project
from dp_resources.clock import Clock
from dp_resources.lake import Lake


def build(project: Project) -> dg.Definitions:
    """The sensor `drift_sensor`, running from the start."""

    @dg.sensor(
        name="drift_sensor",
        job=define_job("retrain"),
        minimum_interval_seconds=60,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Retrains in the newest cycle where it has drifted and the cool-down is over; the run says why.",
    )
    def drift_sensor(
        context: dg.SensorEvaluationContext, lake: dg.ResourceParam[Lake], clock: dg.ResourceParam[Clock]
    ) -> dg.SensorResult | dg.SkipReason:
        due = retraining_due(lake.committed("drift"), lake.partitions("tuned_model"), project.config)
        if isinstance(due, str):
            return dg.SkipReason(due)
        if busy := unfinished_run(context.instance, [*INGESTION_JOBS, *FOLLOW_UP_JOBS]):
            return dg.SkipReason(f"{busy} is running; a retraining follows it")
        if first := plan_requests(read_state(lake, project.planning()), project.config, clock.now()):
            return dg.SkipReason(f"{first[0].job} is due first: {first[0].cause}")
        cycle, cause = due
        requests = run_requests(RunPlan("retrain", (cycle,), cause), project, context.instance)
        return dg.SensorResult(run_requests=try_again(requests, context.instance, time.time()))

    return dg.Definitions(sensors=[drift_sensor])
