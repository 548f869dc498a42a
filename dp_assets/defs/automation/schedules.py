"""Schedules, on wall time in the business time zone.

Belongs here: what runs because of the hour. What runs because something arrived or closed is a sensor's. Under a
simulated clock schedules stay stopped: wall time means nothing there, and the sensors ask for the same runs.
"""

import dagster as dg

from dp_assets.defs.automation.sensors import FOLLOW_UP_JOBS, INGESTION_JOBS, unfinished_run
from dp_assets.lake_state import read_state
from dp_assets.project import Project
from dp_resources.clock import Clock
from dp_resources.lake import Lake

CRON = {"daily": "0 6 * * *", "weekly": "0 6 * * 2"}


def build(project: Project) -> dg.Definitions:
    """The batch-inference schedule; retraining weekly and archiving monthly wait until somebody starts them."""
    running = dg.DefaultScheduleStatus.RUNNING if project.settings.clock == "wall" else dg.DefaultScheduleStatus.STOPPED
    zone = project.config.bucket.time_zone

    @dg.schedule(
        name="batch_inference_schedule",
        job_name="batch_inference",
        cron_schedule=CRON[project.config.batch_inference.cadence],
        execution_timezone=zone,
        default_status=running,
        description="Refreshes the designated SKUs of the newest cycle, without training.",
    )
    def batch_inference_schedule(lake: dg.ResourceParam[Lake]) -> dg.RunRequest | dg.SkipReason:
        cycles = read_state(lake).forecasts
        if not cycles:
            return dg.SkipReason("no cycle has been forecast yet; land files and let weekly_cycle run first")
        return dg.RunRequest(partition_key=max(cycles))

    @dg.schedule(
        name="retrain_schedule",
        job_name="retrain",
        cron_schedule="0 1 * * 3",
        execution_timezone=zone,
        default_status=dg.DefaultScheduleStatus.STOPPED,
        description="Retrains on the newest cycle every Wednesday night; start it when refitting often pays.",
    )
    def retrain_schedule(clock: dg.ResourceParam[Clock]) -> dg.RunRequest:
        return dg.RunRequest(partition_key=project.grid.newest_cutoff(clock.now()).isoformat())

    @dg.schedule(
        name="archive_schedule",
        job_name="archive_old_files",
        cron_schedule="0 3 1 * *",
        execution_timezone=zone,
        default_status=dg.DefaultScheduleStatus.STOPPED,
        description="Archives what is older than `retention` says on the first of a month; start it to have it so.",
    )
    def archive_schedule(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        if busy := unfinished_run(context.instance, [*INGESTION_JOBS, *FOLLOW_UP_JOBS]):
            return dg.SkipReason(f"{busy} is running; what is old is archived next month, or by `dp retention apply`")
        return dg.RunRequest()

    return dg.Definitions(schedules=[batch_inference_schedule, retrain_schedule, archive_schedule])
