"""The assets features and encoders: what they read, what they write, and that a cycle's lake files decide the bytes."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from dp_assets.defs import features
from dp_assets.domain.contracts import OUTLIER_LOG, eligibility
from dp_assets.domain.encoders import Encoders
from dp_assets.domain.errors import ArtefactError
from dp_assets.domain.features_audit import audit_table
from dp_assets.project import Project
from dp_resources.lake import Lake
from tests.defs.feature_stage import CYCLES, Stage
from tests.e2e.lake_content import lake_content
from tests.factories import make_config

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    return Stage(tmp_path_factory.mktemp("stage"))


@pytest.fixture(scope="module")
def metadata(stage: Stage) -> dict[str, dict[str, Any]]:
    return stage.run()


def test_one_run_writes_panel_tables_and_encoders_of_every_cycle(stage: Stage, metadata: dict[str, Any]) -> None:
    for cycle in CYCLES:
        panel = stage.panel(cycle)
        assert str(panel.cutoff) == cycle
        assert eligibility(stage.project.config).violations(stage.lake.read("eligibility", cycle=cycle)) == []
        assert OUTLIER_LOG.violations(stage.lake.read("outlier_log", cycle=cycle)) == []
        assert stage.lake.read("features_audit", cycle=cycle).equals(audit_table(panel))
        text = (stage.lake.open_folder("encoders", cycle=cycle) / "encoders.json").read_text(encoding="utf-8")
        assert Encoders.from_json(text).cutoff == cycle


def test_features_in_shards_are_the_bytes_of_one_step_and_nothing_staged_is_left(
    stage: Stage, metadata: dict[str, Any], tmp_path: Path
) -> None:
    sharded = Stage(tmp_path, features={"shards": 3})
    shown = sharded.run()
    assert lake_content(sharded.lake.root) == lake_content(stage.lake.root)
    assert shown["features"]["series"] == metadata["features"]["series"]
    for told in (stage, sharded):
        assert told.lake.manifest("features", cycle=CYCLES[0])["info"]["recalls"] == []


def test_a_run_stopped_while_it_clears_shards_away_has_published_all_its_cycles_and_may_be_run_again(
    stage: Stage, metadata: dict[str, Any], tmp_path: Path
) -> None:
    class Stopping(Lake):
        removed = 0

        def remove_bytes(self, path: str) -> None:
            self.removed += "/_shards/" in path
            if self.removed == 3:
                raise ArtefactError("stopped")
            super().remove_bytes(path)

    sharded = Stage(tmp_path, features={"shards": 2})
    stopped = sharded.attempt(Stopping(sharded.lake.root))
    (failed,) = [event for event in stopped.all_events if event.is_step_failure]
    assert failed.step_key == "features.write_panel"
    assert sharded.lake.files_below(f"{sharded.lake.root}/_shards")
    for cycle in CYCLES:
        published = sharded.lake.manifest("features", cycle=cycle)["sha256"]
        assert published == stage.lake.manifest("features", cycle=cycle)["sha256"]
    sharded.run()
    assert sharded.lake.files_below(f"{sharded.lake.root}/_shards") == []


def test_one_step_by_default_and_more_have_names_of_their_own(stage: Stage) -> None:
    def steps(project: Project) -> list[str]:
        (asset,) = features.build(project).assets or []
        return sorted(op.name for op in asset.node_def.iterate_op_defs())  # type: ignore[union-attr]

    assert steps(stage.project) == ["features"]
    config = make_config(features={"shards": 2})
    assert steps(dataclasses.replace(stage.project, config=config)) == [
        "compare_series",
        "derive_series",
        "observe_series",
        "share_out_series",
        "write_panel",
    ]


def test_a_cycle_reads_the_buckets_before_its_cutoff(stage: Stage, metadata: dict[str, Any]) -> None:
    sold = stage.lake.read_all("weekly_buckets")
    assert sold is not None
    for cycle in CYCLES:
        before = sold.filter(pl.col("bucket_start").cast(pl.String) < cycle)
        assert stage.panel(cycle).quantity.sum() == before["quantity"].sum()


def test_a_cycle_sees_the_committed_calendar_that_was_current_then(stage: Stage, metadata: dict[str, Any]) -> None:
    assert [stage.panel(cycle).known_names for cycle in CYCLES] == [("promo_display",), ("promo_mailer",)]


def test_the_web_ui_shows_counts_reasons_channels_and_a_picture(metadata: dict[str, dict[str, Any]]) -> None:
    shown = metadata["features"]
    assert shown["series"].value == 12
    assert sum(shown["eligibility"].value.values()) == 12
    assert shown["channels"].value["known"] == ["promo_mailer"]
    assert "data:image/png;base64," in shown["biggest_series"].value
    assert "| series_id" in shown["series_preview"].value
    assert "department" in metadata["encoders"]["attributes"].value
    assert metadata["encoders"]["fitted_on_series"].value == 12


def test_running_again_changes_nothing(stage: Stage, metadata: dict[str, Any]) -> None:
    def hashes() -> list[str]:
        return [
            stage.lake.manifest(name, cycle=cycle)["sha256"] for name in ("features", "encoders") for cycle in CYCLES
        ]

    before = hashes()
    stage.run()
    assert hashes() == before


def test_the_audit_table_can_be_switched_off(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    object.__setattr__(stage.project, "config", make_config(features={"audit_table": False}))
    stage.run()
    assert stage.lake.partitions("features_audit") == []
    assert stage.lake.partitions("features") == CYCLES
