"""alerts_sensor: looks at runs, checks and the lake, and tells who must know.

Belongs here: reading runs and checks from Dagster, the sensor. Does not belong here: what follows from them
(`dp_assets/domain/alert_runs.py`), files and cycles (`dp_assets/alert_sightings.py`), keeping and sending
(`dp_assets/alerting.py`).

Runs are measured on wall time, files and cycles by the clock of the business, so under a simulated clock both mean
something: a week that is skipped makes no run look long, and a file is missed when its simulated hour has passed.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache, partial

import dagster as dg
from dagster._core.storage.asset_check_execution_record import (
    COMPLETED_ASSET_CHECK_EXECUTION_RECORD_STATUSES,
    AssetCheckExecutionRecord,
)
from dagster._core.storage.tags import AUTO_RETRY_RUN_ID_TAG, PARTITION_NAME_TAG, WILL_RETRY_TAG

from dp_assets.alert_sightings import Place
from dp_assets.alerting import Look, Report, look_and_tell, looks_at
from dp_assets.defs.automation.jobs import SELECTIONS
from dp_assets.defs.automation.sensors import (
    RANGE_END,
    RANGE_START,
    listed_at,
    partition_order,
)
from dp_assets.domain.alert_runs import RunFact, failures, too_long
from dp_assets.domain.alerts import Sighting, make_alert
from dp_assets.domain.errors import ConfigError, StorageError
from dp_assets.domain.plan import RunPlan
from dp_assets.project import Project
from dp_assets.step_failures import step_cause
from dp_resources.alert_channels import channels_of
from dp_resources.clock import Clock
from dp_resources.lake import Lake
from dp_resources.planning_alerts import open_alerts

RUN_KINDS = ("run_failed", "retries_exhausted")
LOOK_BACK = timedelta(days=3)
MOST_RUNS = 2000
SUCCEEDED, FAILED, STOPPED = dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED


def run_facts(instance: dg.DagsterInstance, project: Project, since: datetime) -> list[RunFact]:
    """Runs that were created since then, save those that somebody stopped."""
    records = instance.get_run_records(dg.RunsFilter(created_after=since), limit=MOST_RUNS)
    orders: dict[str, list[str]] = {}
    found = []
    for record in records:
        run = record.dagster_run
        if run.status in (STOPPED, dg.DagsterRunStatus.CANCELING):
            continue
        if run.job_name in SELECTIONS and run.job_name not in orders:
            plan = RunPlan(run.job_name, (), "")  # type: ignore[arg-type]
            orders[run.job_name] = partition_order(plan, project, instance)
        found.append(_fact(instance, record, orders.get(run.job_name, [])))
    return found


def _fact(instance: dg.DagsterInstance, record: dg.RunRecord, order: Sequence[str]) -> RunFact:
    run = record.dagster_run
    is_over = run.status in (SUCCEEDED, FAILED)
    created = record.create_timestamp
    ended = datetime.fromtimestamp(record.end_time, UTC) if record.end_time else record.update_timestamp
    return RunFact(
        run.run_id,
        run.job_name,
        _keys(run.tags.get(RANGE_START), run.tags.get(RANGE_END), run.tags.get(PARTITION_NAME_TAG), order),
        "succeeded" if run.status == SUCCEEDED else "failed" if run.status == FAILED else "going",
        created=_utc(created),
        ended=_utc(ended) if is_over else None,
        will_retry=run.tags.get(WILL_RETRY_TAG) == "true",
        retried=AUTO_RETRY_RUN_ID_TAG in run.tags,
        error=_error(instance, run.run_id) if run.status == FAILED else "",
    )


def _keys(first: str | None, last: str | None, only: str | None, order: Sequence[str]) -> tuple[str, ...]:
    if first is None or last is None:
        return (only or "",)
    if first in order and last in order:
        return tuple(order[order.index(first) : order.index(last) + 1])
    return (first, last) if first != last else (first,)


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


@lru_cache(maxsize=512)
def _error(instance: dg.DagsterInstance, run_id: str) -> str:
    """Step and cause of a failed run, which does not change any more."""
    found = instance.get_records_for_run(run_id, of_type=dg.DagsterEventType.STEP_FAILURE, limit=1).records
    event = found[0].event_log_entry.dagster_event if found else None
    if event is None:
        return "its process ended without a failed step"
    return f"step {event.step_key}: {step_cause(event.step_failure_data.error).splitlines()[0]}"


def failed_checks(instance: dg.DagsterInstance, keys: Iterable[dg.AssetCheckKey], project: Project) -> list[Sighting]:
    """Checks of severity error whose newest run found something; a file that a gate holds out has its own alert."""
    wanted = [key for key in keys if key.name != "quality_gates"]
    records = instance.event_log_storage.get_latest_asset_check_execution_by_key(wanted)
    found = []
    for key, record in sorted(records.items(), key=lambda one: one[0].to_user_string()):
        evaluation = _evaluation(instance, key, record)
        if evaluation is None or evaluation.passed or evaluation.severity != dg.AssetCheckSeverity.ERROR:
            continue
        asset = "/".join(key.asset_key.path)
        violations = evaluation.metadata.get("violations")
        what = f": {violations.value}" if violations is not None else "; its page says what it found"
        said = f"The check {key.name} of {asset} failed{what}"
        link = f"{project.settings.dagster_url.rstrip('/')}/assets/{asset}?view=checks"
        found.append(Sighting(make_alert(project.config.alerts, "check_failed", f"{asset}:{key.name}", said, link)))
    return found


def _evaluation(
    instance: dg.DagsterInstance, key: dg.AssetCheckKey, newest: AssetCheckExecutionRecord
) -> dg.AssetCheckEvaluation | None:
    """What a check found when it last came to an end: a run that goes on, or died before it, has said nothing yet."""
    if newest.status in COMPLETED_ASSET_CHECK_EXECUTION_RECORD_STATUSES:
        return newest.evaluation
    before = instance.event_log_storage.get_asset_check_execution_history(
        key, limit=1, status=COMPLETED_ASSET_CHECK_EXECUTION_RECORD_STATUSES
    )
    return before[0].evaluation if before else None


def runs_since(instance: dg.DagsterInstance, open_keys: Iterable[str], wall: datetime) -> datetime:
    """From when on runs are looked at: some days, or as far back as a failure that is not made good."""
    held = [key.rpartition(":")[2] for key in open_keys if key.partition(":")[0] in RUN_KINDS]
    records = instance.get_run_records(dg.RunsFilter(run_ids=held)) if held else []
    begun = [_utc(record.create_timestamp) - timedelta(seconds=1) for record in records]
    return min([wall - LOOK_BACK, *begun])


def look(
    project: Project,
    instance: dg.DagsterInstance,
    lake: Lake,
    checks: Iterable[dg.AssetCheckKey],
    now: datetime,
    wall: datetime,
    listed: datetime | None = None,
) -> Report:
    """One look at everything; see `look_and_tell`, and `listed_at` of `Place`."""
    config, database = project.config.alerts, project.planning()
    url = project.settings.dagster_url.rstrip("/")
    runs = run_facts(instance, project, runs_since(instance, open_alerts(database), wall))
    own: list[tuple[tuple[str, ...], Look]] = [
        (RUN_KINDS, partial(failures, runs, config, url, wall)),
        (("cycle_too_long",), partial(too_long, runs, config, url, wall)),
        (("check_failed",), partial(failed_checks, instance, list(checks), project)),
    ]
    place = Place(lake, project.config, project.settings, now, listed)
    channels = channels_of(config, project.settings)
    return look_and_tell(database, config, [*own, *looks_at(place)], channels, now, wall)


def build(project: Project) -> dg.Definitions:
    """The sensor, running from the start."""

    @dg.sensor(
        name="alerts_sensor",
        minimum_interval_seconds=15,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Opens and closes alerts by what is wrong now, and tells who must know. It starts no runs.",
    )
    def alerts_sensor(
        context: dg.SensorEvaluationContext, lake: dg.ResourceParam[Lake], clock: dg.ResourceParam[Clock]
    ) -> dg.SkipReason:
        definitions = context.repository_def
        checks = definitions.asset_graph.asset_check_keys if definitions is not None else ()
        try:
            listed = listed_at(context.instance)
            report = look(project, context.instance, lake, checks, clock.now(), datetime.now(UTC), listed)
        except (StorageError, ConfigError) as error:
            return dg.SkipReason(f"alerts wait: {error}")
        for name, reason in report.failed.items():
            context.log.warning(f"channel {name} took no message: {reason}; it is tried again")
        for reason in report.blind:
            context.log.warning(reason)
        return dg.SkipReason(str(report))

    return dg.Definitions(sensors=[alerts_sensor])
