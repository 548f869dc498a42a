"""Who is behind a run: what its tags say."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import pytest

from dp_assets.authors import BY_TAG, TRIGGER_TAG, asked_here, author_of, lake_of_run, trigger_of
from dp_assets.domain.forecasts import config_hash
from dp_assets.project import Project, build_project
from dp_resources.clock import WallClock
from dp_resources.lake import Lake
from dp_resources.settings import Settings
from tests.factories import make_config


@pytest.fixture
def project(tmp_path: Path) -> Project:
    settings = Settings(state_dir=tmp_path, code_revision="abc123")
    return build_project(settings, make_config(lake={"root": str(tmp_path / "lake")}), tmp_path, WallClock())


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"dagster/sensor_name": "new_files_sensor"}, ("sensor", "new_files_sensor")),
        ({"dagster/schedule_name": "weekly"}, ("schedule", "weekly")),
        ({"dagster/backfill": "abc", BY_TAG: "ann"}, ("backfill", "ann")),
        ({TRIGGER_TAG: "api", BY_TAG: "ann", "dagster/sensor_name": "x"}, ("api", "ann")),
        ({"user": "ann@example.com"}, ("user", "ann@example.com")),
        ({}, ("user", None)),
    ],
)
def test_a_run_says_what_started_it(tags: dict[str, str], expected: tuple[str, str | None]) -> None:
    assert trigger_of(tags) == expected


def test_a_command_names_who_gave_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dp_assets.authors.getuser", lambda: "ann")
    assert trigger_of(asked_here()) == ("command line", "ann")


def test_a_container_without_user_names_says_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def nameless() -> str:
        raise KeyError("uid not found: 1234")

    monkeypatch.setattr("dp_assets.authors.getuser", nameless)
    assert trigger_of(asked_here()) == ("command line", None)


def test_an_author_names_run_job_code_and_configuration(project: Project) -> None:
    run = dg.DagsterRun("weekly_cycle", tags={"demand_planner/cause": "a new week"})
    found = author_of(run, project)
    assert (found.run_id, found.job, found.cause) == (run.run_id, "weekly_cycle", "a new week")
    assert (found.code, found.configuration) == ("abc123", config_hash(project.config))


def test_in_a_run_the_lake_knows_who_writes_and_elsewhere_nobody_does(project: Project) -> None:
    seen: list[Lake] = []

    @dg.op
    def look(lake: dg.ResourceParam[Lake]) -> None:
        seen.append(lake)

    @dg.job(resource_defs={"lake": lake_of_run(project)})
    def looking() -> None:
        look()

    result = looking.execute_in_process()
    assert seen[0].author is not None
    assert (seen[0].author.run_id, seen[0].author.job) == (result.run_id, "looking")
    with dg.build_resources({"lake": lake_of_run(project)}) as resources:
        assert resources.lake.author is None
