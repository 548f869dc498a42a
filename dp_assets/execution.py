"""Runs what is due in this process: the command line's counterpart of the sensors.

Belongs here: registering files, asking `plan_requests`, executing its jobs one after another, saying how it goes.
Does not belong here: what is due (`domain/plan.py`), or printing (`cli.py` hands in a function for that).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import dagster as dg

from dp_assets.authors import CAUSE_TAG, asked_here
from dp_assets.definitions import build_definitions
from dp_assets.defs.automation.sensors import RANGE_END, RANGE_START, partition_order, run_ranges
from dp_assets.domain.errors import DemandPlannerError
from dp_assets.domain.ingest.freshness import waiting
from dp_assets.domain.plan import RunPlan, plan_requests
from dp_assets.ingestion import register_new_files
from dp_assets.lake_state import read_state
from dp_assets.orphans import own_process
from dp_assets.partitions import FILE_PARTITIONS
from dp_assets.project import Project
from dp_assets.recalls import enter_events, write_reports
from dp_assets.registry import registrations
from dp_assets.step_failures import step_cause
from dp_resources import collector

Progress = Callable[[str], None]


class RunFailedError(DemandPlannerError):
    """A Dagster run failed; the message names job, step and cause."""


class _StepMessages(logging.Handler):
    """Passes the messages that assets log, and nothing of Dagster's own, to a progress function."""

    def __init__(self, progress: Progress) -> None:
        super().__init__(logging.INFO)
        self.progress = progress

    def emit(self, record: logging.LogRecord) -> None:
        meta = getattr(record, "dagster_meta", None)
        if isinstance(meta, dict) and meta.get("dagster_event") is None:
            self.progress(str(meta.get("orig_message", record.getMessage())))


def progress_logger(progress: Progress) -> dg.LoggerDefinition:
    """A Dagster logger that forwards what assets say."""

    @dg.logger
    def console(context: dg.InitLoggerContext) -> logging.Logger:
        logger = logging.Logger("demand_planner", level=logging.INFO)
        logger.addHandler(_StepMessages(progress))
        return logger

    return console


def definitions_for(project: Project, progress: Progress) -> dg.Definitions:
    """The project's graph with in-process execution and the progress logger."""
    local = replace(project, settings=project.settings.model_copy(update={"executor": "in_process"}))
    return dg.Definitions.merge(
        build_definitions(local), dg.Definitions(loggers={"console": progress_logger(progress)})
    )


def register(project: Project, instance: dg.DagsterInstance, progress: Progress = lambda _: None) -> int:
    """Registers new files and adds their partitions; the number of file versions added.

    Files that were written a moment ago are waited for, once; what waits after that is said and left for later.
    """
    lake, landing = project.lake(), project.landing()
    register_new_files(landing, lake, project.config, project.clock.now())
    if landing.waiting and landing.settle_seconds:
        time.sleep(landing.settle_seconds)
        register_new_files(landing, lake, project.config, project.clock.now())
    for uri, reason in landing.waiting.items():
        progress(f"{uri} waits: {reason}")
    name = str(FILE_PARTITIONS.name)
    known = set(instance.get_dynamic_partitions(name))
    missing = [one.file_version_id for one in registrations(lake) if one.file_version_id not in known]
    if missing:
        instance.add_dynamic_partitions(name, missing)
    return len(missing)


def execute(
    plan: RunPlan,
    project: Project,
    definitions: dg.Definitions,
    instance: dg.DagsterInstance,
    assets: Sequence[str] | None = None,
) -> None:
    """Runs one plan, range by range; all assets of its job with their checks, or only the named ones.

    Raises:
        RunFailedError: a step failed; what earlier steps published stays, and a rerun continues from there.
    """
    job = definitions.resolve_job_def(plan.job)
    order = partition_order(plan, project, instance)
    listed = set(order)
    keys = tuple(key for key in plan.partition_keys if key in listed)
    for group in run_ranges(plan, project, keys, order):
        tags = {RANGE_START: group[0], RANGE_END: group[-1], CAUSE_TAG: plan.cause[:200]}
        with collector.set_aside():
            result = job.execute_in_process(
                run_config={"loggers": {"console": {}}},
                instance=instance,
                tags={**tags, **asked_here(), **own_process()},
                asset_selection=[dg.AssetKey(name) for name in assets] if assets else None,
                raise_on_error=False,
            )
        if not result.success:
            raise RunFailedError(f"job {plan.job} failed for {group[0]} … {group[-1]}: {_first_failure(result)}")


def _first_failure(result: dg.ExecuteInProcessResult) -> str:
    for event in result.all_events:
        if event.is_step_failure:
            said = step_cause(event.step_failure_data.error)
            return f"step {event.step_key}: {said}\nrun {result.run_id}; `dp up` shows its log"
    return f"run {result.run_id} ended without a failed step; `dp up` shows its log"


def run_until_done(project: Project, instance: dg.DagsterInstance, progress: Progress) -> int:
    """Registers files and runs every plan until nothing is due; the number of plans that ran."""
    enter_events(project.lake(), project.planning(), progress)
    register(project, instance, progress)
    state = read_state(project.lake(), project.planning())
    for producer, files in waiting(state.registrations, state.commits, project.config).items():
        progress(f"{files} file(s) wait: the configuration has no producer {producer!r}; put it back to ingest them")
    definitions: dg.Definitions | None = None
    done = 0
    while plans := plan_requests(read_state(project.lake(), project.planning()), project.config, project.clock.now()):
        definitions = definitions or definitions_for(project, progress)
        for plan in plans:
            started = time.monotonic()
            progress(f"▶ {plan.job}: {len(plan.partition_keys)} partition(s), because of {plan.cause}")
            execute(plan, project, definitions, instance)
            progress(f"✔ {plan.job} in {time.monotonic() - started:.1f} s")
            done += 1
        if plan_requests(read_state(project.lake(), project.planning()), project.config, project.clock.now()) == plans:
            raise RunFailedError(f"{plans[0].job} ran but left the same work to do ({plans[0].cause}); this is a bug")
    enter_events(project.lake(), project.planning(), progress)  # gates may have recalled files
    write_reports(project.lake(), progress)
    return done
