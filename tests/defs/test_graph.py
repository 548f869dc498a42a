"""The asset graph is a golden file: a change of it shows as a difference somebody must want."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from dp_assets.definitions import build_definitions
from dp_assets.defs.automation.conditions import MAIN_LINE
from dp_assets.domain.config_file import load_config
from dp_assets.project import REPOSITORY, Project, build_project
from dp_resources.clock import SimulatedClock
from dp_resources.settings import Settings
from tests.manifest import hand_over_manifest

DEMO_NOW = datetime(2017, 12, 5, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    state = tmp_path_factory.mktemp("state")
    clock = SimulatedClock(state / "clock.json")
    clock.set(DEMO_NOW)
    hand_over_manifest(state)
    settings = Settings(state_dir=state, clock="simulated", executor="in_process")
    return build_project(settings, load_config(REPOSITORY / "demand.yaml"), REPOSITORY, clock)


@pytest.fixture(scope="module")
def definitions(project: Project) -> dg.Definitions:
    return build_definitions(project)


def describe(definitions: dg.Definitions) -> dict[str, Any]:
    """The graph as plain data, sorted."""
    graph = definitions.resolve_asset_graph()
    assets = {}
    for key in sorted(graph.get_all_asset_keys()):
        node = graph.get(key)
        if not node.is_materializable:
            continue
        assets[key.to_user_string()] = {
            "group": node.group_name,
            "kinds": sorted(tag.removeprefix("dagster/kind/") for tag in node.tags if tag.startswith("dagster/kind/")),
            "depends_on": sorted(parent.to_user_string() for parent in node.parent_keys),
            "partitions": type(node.partitions_def).__name__ if node.partitions_def else None,
            "checks": sorted(check.name for check in node.check_keys),
            "owners": sorted(node.owners),
        }
    repository = definitions.get_repository_def()
    return {
        "assets": assets,
        "jobs": {
            job.name: sorted(key.to_user_string() for key in job.asset_layer.executable_asset_keys)
            for job in sorted(repository.get_all_jobs(), key=lambda job: job.name)
            if not job.name.startswith("__")
        },
        "schedules": {s.name: [s.cron_schedule, s.execution_timezone] for s in repository.schedule_defs},
        "sensors": {s.name: s.default_status.value for s in repository.sensor_defs},
    }


@pytest.mark.golden
def test_the_graph_is_as_agreed(definitions: dg.Definitions, golden: Callable[[Path | str, str], None]) -> None:
    golden("asset_graph.json", json.dumps(describe(definitions), indent=1, sort_keys=True) + "\n")


def test_lineage_from_raw_files_to_reconciled_rollups_is_one_connected_graph(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    downstream = {dg.AssetKey("raw_files")}
    while True:
        reached = downstream | {child for key in downstream for child in graph.get(key).child_keys}
        if reached == downstream:
            break
        downstream = reached
    main_line = (
        "unified_transactions weekly_buckets sku_attributes features encoders tuned_model boosted_model residuals "
        "forecasts reconciled_rollups published_forecasts serving_bundle accuracy"
    )
    assert {dg.AssetKey(name) for name in main_line.split()} <= downstream


def test_every_asset_has_an_owner_a_group_a_kind_and_a_description(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    for key in graph.materializable_asset_keys:
        node = graph.get(key)
        kinds = [tag for tag in node.tags if tag.startswith("dagster/kind/")]
        assert node.owners, key
        assert kinds, key
        assert node.description, key
        assert node.group_name != "default", key


def test_training_asks_for_a_gpu_and_tolerates_its_taint(definitions: dg.Definitions) -> None:
    assets = {asset.key: asset for asset in definitions.assets or [] if len(asset.keys) == 1}
    config = assets[dg.AssetKey("tuned_model")].op.tags["dagster-k8s/config"]
    text = config if isinstance(config, str) else json.dumps(config)
    assert "nvidia.com/gpu" in text
    assert "tolerations" in text


def test_every_table_has_a_blocking_contract_check(definitions: dg.Definitions, project: Project) -> None:
    from dp_assets.domain.contracts import tables

    graph = definitions.resolve_asset_graph()
    checks = {key.name for key in graph.asset_check_keys}
    assert {f"{table.name}_contract" for table in tables(project.config)} <= checks


def test_the_main_line_has_freshness_policies_on_wall_time_only(project: Project, definitions: dg.Definitions) -> None:
    def fresh(built: dg.Definitions) -> set[str]:
        specs = [spec for asset in built.assets or [] if isinstance(asset, dg.AssetsDefinition) for spec in asset.specs]
        return {spec.key.to_user_string() for spec in specs if spec.freshness_policy is not None}

    settings = project.settings.model_copy(update={"clock": "wall"})
    wall = build_definitions(build_project(settings, project.config, REPOSITORY))
    assert fresh(wall) == set(MAIN_LINE)
    assert fresh(definitions) == set()


def test_simulated_time_lists_the_current_cycle_and_only_closed_buckets(project: Project) -> None:
    assert project.cycles.get_last_partition_key() == "2017-12-04"
    assert project.buckets.get_last_partition_key() == "2017-11-27"
