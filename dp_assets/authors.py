"""Who is behind a Dagster run, and the lake that notes it.

Belongs here: reading run tags. Does not belong here: the record (`dp_resources/made.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from getpass import getuser

import dagster as dg

from dp_assets.champions import code_revision
from dp_assets.domain.forecasts import config_hash
from dp_assets.project import Project
from dp_resources.lake import Lake
from dp_resources.made import Author
from dp_resources.settings import Settings

TRIGGER_TAG = "demand_planner/trigger"
BY_TAG = "demand_planner/by"
"""Who asked for a run, where it was not Dagster that started it."""
CAUSE_TAG = "demand_planner/cause"
COMMAND_LINE = "command line"
STARTERS = {
    "sensor": "dagster/sensor_name",
    "schedule": "dagster/schedule_name",
    "backfill": "dagster/backfill",
    "automation": "dagster/from_automation_condition",
}
"""What starts runs → the tag that Dagster gives them."""


def trigger_of(tags: Mapping[str, str]) -> tuple[str, str | None]:
    """What started the run of these tags, and its name or who asked.

    >>> trigger_of({"dagster/sensor_name": "new_files_sensor"}), trigger_of({})
    (('sensor', 'new_files_sensor'), ('user', None))
    """
    if TRIGGER_TAG in tags:
        return tags[TRIGGER_TAG], tags.get(BY_TAG)
    for trigger, tag in STARTERS.items():
        if tag in tags:
            return trigger, tags.get(BY_TAG, tags[tag])
    return "user", tags.get(BY_TAG, tags.get("user"))


def asked_here() -> dict[str, str]:
    """Tags of a run that somebody starts on this command line."""
    try:
        return {TRIGGER_TAG: COMMAND_LINE, BY_TAG: getuser()}
    except (KeyError, OSError):  # a container may run as a number without a name
        return {TRIGGER_TAG: COMMAND_LINE}


def author_of(run: dg.DagsterRun, project: Project) -> Author:
    """Who writes in a run of this project."""
    trigger, by = trigger_of(run.tags)
    code, configuration = _code(project.settings.code_revision), config_hash(project.config)
    return Author(run.run_id, run.job_name, trigger, by, run.tags.get(CAUSE_TAG), code, configuration)


@cache
def _code(stated: str | None) -> str:
    return code_revision(Settings(code_revision=stated))


def lake_of_run(project: Project) -> dg.ResourceDefinition:
    """The resource `lake`: in a run it notes who wrote what; elsewhere, e.g. in a sensor, it is the lake alone."""

    @dg.resource(description="The lake, which notes the run that wrote each partition.")
    def lake(context: dg.InitResourceContext) -> Lake:
        found = project.lake()
        found.author = author_of(context.run, project) if context.run is not None else None
        return found

    return lake
