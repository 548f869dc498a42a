"""The sensor that computes what people ask for over HTTP: once per request, until the result is there."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import dagster as dg
import pytest

from dp_assets.defs.automation.sensors import RANGE_START, build
from dp_assets.domain.scenario_definition import parse_scenario
from dp_assets.partitions import SCENARIO_PARTITIONS
from dp_assets.project import Project, build_project
from dp_assets.scenario_results import TABLE, made_of
from dp_resources.clock import WallClock
from dp_resources.planning_requests import RUN_SCENARIO, add_request
from dp_resources.settings import Settings
from tests.factories import make_config
from tests.serving.planning_makers import Planned

AT, CYCLE = datetime(2017, 8, 1, tzinfo=UTC), date(2017, 7, 31)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    place = Planned(tmp_path)
    return build_project(
        Settings(state_dir=place.settings.state_dir, lake_root=place.lake.root), make_config(), tmp_path, WallClock()
    )


def tick(project: Project, instance: dg.DagsterInstance) -> list[dg.RunRequest]:
    sensors = {one.name: one for one in build(project).sensors or []}
    with dg.build_sensor_context(instance, resources={"lake": project.lake()}) as context:
        found = sensors["requests_sensor"](context)
    if isinstance(found, dg.SkipReason):
        return []
    assert isinstance(found, dg.SensorResult)
    return list(found.run_requests or [])


def test_what_is_asked_for_is_run_once_per_request_until_it_is_there(project: Project) -> None:
    database = project.planning()
    with dg.DagsterInstance.ephemeral() as instance:
        kept = database.create_scenario("ada.more", CYCLE, parse_scenario("changes: []"), "ada", AT)
        assert tick(project, instance) == []
        add_request(database, RUN_SCENARIO, "ada.more", "ada", AT)
        (first,) = tick(project, instance)
        assert (first.job_name, first.tags[RANGE_START]) == ("run_scenarios", "ada.more")
        assert instance.get_dynamic_partitions(str(SCENARIO_PARTITIONS.name)) == ["ada.more"]
        assert [one.run_key for one in tick(project, instance)] == [first.run_key]  # which Dagster starts once
        add_request(database, RUN_SCENARIO, "ada.more", "ada", AT)
        (again,) = tick(project, instance)
        assert again.run_key != first.run_key
        record = {"cycle": CYCLE.isoformat(), "definition": kept.sequence, "made_of": made_of(project.lake(), CYCLE)}
        project.lake().commit(TABLE, "ada.more", {**record, "series": 0, "notes": [], "kept": []})
        assert tick(project, instance) == []
        add_request(database, RUN_SCENARIO, "gone", "ada", AT)
        assert tick(project, instance) == []
