"""The audit ledger says what was published and why models were trained, by whom, and once."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from dp_assets.authors import BY_TAG, CAUSE_TAG, TRIGGER_TAG
from dp_assets.cli import app
from dp_assets.defs import published_forecasts, tuned_model
from dp_assets.ledger_notes import noted_heads
from dp_assets.project import Project, build_project
from dp_resources.planning_notes import note_retraining
from dp_resources.settings import Settings
from tests.defs.forecast_stage import EARLY, Stage
from tests.defs.test_reconciliation_assets import RECONCILIATION, Workshop, make_workshop
from tests.domain.rollup_inputs import make_inputs, rollup_config

ANN = {TRIGGER_TAG: "command line", BY_TAG: "ann", CAUSE_TAG: "asked for on the command line"}


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    """A cycle that was published once, by nobody in particular."""
    found = make_workshop(tmp_path_factory.mktemp("lake"), rollup_config(horizon_weeks=4))
    found.run(*RECONCILIATION)
    return found


def publish(project: Project, workshop: Workshop, tags: dict[str, str]) -> dg.ExecuteInProcessResult:
    assets: Any = published_forecasts.build(project).assets
    resources = {"lake": workshop.lake}
    return dg.materialize(assets, partition_key=workshop.cycle, resources=resources, tags=tags, raise_on_error=False)


@pytest.mark.slow
def test_each_publication_is_one_row_and_the_same_numbers_add_none(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    planning = workshop.project.planning()
    (first,) = planning.ledger()
    said = json.loads(first["after"])
    assert (first["user"], first["action"], first["subject"]) == ("user", "publish", workshop.cycle)
    assert said["sha256"] == workshop.lake.digest("published_forecasts", cycle=workshop.cycle)
    assert said["receipt"] == workshop.read("forecasts")["receipt"][0]
    assert said["planner_inputs"] == 0
    assert publish(workshop.project, workshop, ANN).success
    assert planning.ledger() == [first]

    lock = {"node": "sku0007", "quantity": 321.0, "bucket_start": date.fromisoformat(workshop.cycle), "user": "bob"}
    inputs = make_inputs(workshop.config, lock)
    workshop.lake.write("planner_inputs", inputs, cycle=workshop.cycle)
    workshop.run("reconciled_rollups")
    assert publish(workshop.project, workshop, ANN).success
    second = planning.ledger()[-1]
    assert (second["sequence"], second["user"]) == (2, "ann")
    assert json.loads(second["before"]) == said
    assert json.loads(second["after"])["sha256"] != said["sha256"]
    assert json.loads(second["after"])["cause"] == "asked for on the command line"

    monkeypatch.setattr("dp_assets.commands.plan.open_project", lambda: workshop.project)
    shown = CliRunner().invoke(app, ["plan", "ledger"]).output
    assert f"publish {workshop.cycle}" in shown
    assert "the ledger is whole: 2 rows" in CliRunner().invoke(app, ["plan", "verify"]).output
    assert [head.sequence for head in noted_heads(workshop.lake)] == [2]
    with planning.write() as connection:  # the triggers that refuse it are taken away first, as an intruder would
        for name in connection.scalars(sa.text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
            connection.execute(sa.text(f"DROP TRIGGER {name}"))
        connection.execute(sa.text("DELETE FROM ledger WHERE sequence = 2"))
    missing = CliRunner().invoke(app, ["plan", "verify"])
    assert missing.exit_code == 1
    assert "row 2 is not the one that was noted with a cycle" in missing.output


@pytest.mark.slow
def test_without_a_planning_database_numbers_are_written_the_step_fails_and_a_rerun_adds_the_row(
    tmp_path: Path,
) -> None:
    workshop = make_workshop(tmp_path, rollup_config(horizon_weeks=4))
    workshop.run(*RECONCILIATION[:3])
    project = workshop.project
    away = Settings(**project.settings.model_dump() | {"planning_database_url": "postgresql+psycopg://a@127.0.0.1:1/x"})
    result = publish(build_project(away, project.config, project.config_folder, project.clock), workshop, ANN)
    assert not result.success
    (failed,) = result.get_step_failure_events()
    assert "did not answer" in failed.event_specific_data.error.to_string()  # type: ignore[union-attr]
    written = workshop.lake.digest("published_forecasts", cycle=workshop.cycle)
    assert project.planning().ledger() == []
    assert publish(project, workshop, ANN).success
    assert workshop.lake.digest("published_forecasts", cycle=workshop.cycle) == written
    assert [row["action"] for row in project.planning().ledger()] == ["publish"]


@pytest.mark.slow
def test_a_training_is_a_row_with_what_asked_for_it_and_a_run_started_again_adds_none(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    assets: Any = tuned_model.build(stage.project).assets
    tags = {"dagster/schedule_name": "retrain_schedule", CAUSE_TAG: "no champion yet"}
    dg.materialize(assets, partition_key=EARLY, resources={"lake": stage.lake}, tags=tags)
    (row,) = stage.project.planning().ledger()
    assert (row["user"], row["action"], row["subject"]) == ("retrain_schedule", "retrain", EARLY)
    said = json.loads(row["after"])
    assert (said["trigger"], said["cause"]) == ("schedule", "no champion yet")
    assert note_retraining(stage.project.planning(), EARLY, "ann", stage.project.clock.now(), said) is None
    assert len(stage.project.planning().ledger()) == 1
    assert stage.project.planning().verify() == []
