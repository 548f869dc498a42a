from __future__ import annotations

from pathlib import Path

import dagster as dg
import polars as pl
import pytest
from fastapi.testclient import TestClient

from dp_assets.champions import model_version
from dp_assets.defs import serving_bundle
from dp_assets.domain.boosting import save_absence
from dp_assets.domain.buckets import BucketGrid
from dp_assets.domain.demand_classes import demand_classes
from dp_assets.domain.errors import ArtefactError
from dp_assets.domain.inference import network_rows
from dp_assets.project import Project, build_project
from dp_resources.clock import SimulatedClock
from dp_resources.lake import Lake
from dp_resources.settings import Settings
from serving.api import create_app
from serving.bundle import Bundle
from tests.domain.engine_inputs import engine_panel
from tests.factories import make_config
from tests.serving.makers import make_published, make_rollups
from tests.serving.network_makers import Batch, make_batch


@pytest.fixture(scope="module")
def batch(tmp_path_factory: pytest.TempPathFactory) -> Batch:
    return make_batch(engine_panel(series=12), make_config(), tmp_path_factory.mktemp("batch") / "model")


@pytest.fixture
def project(tmp_path: Path, batch: Batch) -> Project:
    clock = SimulatedClock(tmp_path / "clock.json")
    settings = Settings(state_dir=tmp_path, clock="simulated", lake_root=str(tmp_path / "lake"))
    clock.set(BucketGrid.of(batch.config).known_at(batch.panel.cutoff))
    return build_project(settings, batch.config, tmp_path, clock)


@pytest.fixture
def lake(project: Project, batch: Batch, tmp_path: Path) -> Lake:
    lake, cycle = project.lake(), batch.panel.cutoff.isoformat()
    batch.panel.save(tmp_path / "panel")
    lake.write_folder("features", tmp_path / "panel", cycle=cycle)
    lake.write_folder("tuned_model", batch.model_folder, cycle=cycle)
    lake.write_folder("boosted_model", batch.boosting_folder, cycle=cycle)
    lake.write("error_distributions", batch.errors, cycle=cycle)
    lake.write("leaderboard", batch.leaderboard, cycle=cycle)
    lake.write("interval_contract", batch.contract, cycle=cycle)
    modelled = pl.when(pl.col("method") == "blend").then(pl.lit(model_version(lake, cycle)))
    forecasts = batch.forecasts.with_columns(model_version=modelled.otherwise("model_version"))
    lake.write("forecasts", forecasts, cycle=cycle)
    lake.write("published_forecasts", make_published(forecasts, batch.config), cycle=cycle)
    lake.write("sku_attributes", batch.attributes, cycle=cycle)
    lake.write("reconciled_rollups", make_rollups(forecasts, batch.attributes, batch.config), cycle=cycle)
    return lake


def materialise(project: Project, lake: Lake, cycle: str) -> dg.ExecuteInProcessResult:
    (asset,) = serving_bundle.build(project).assets or []
    assert isinstance(asset, dg.AssetsDefinition)
    return dg.materialize([asset], partition_key=cycle, resources={"lake": lake})


def test_what_the_asset_writes_is_what_the_api_answers(project: Project, lake: Lake, batch: Batch) -> None:
    cycle = batch.panel.cutoff.isoformat()
    result = materialise(project, lake, cycle)
    metadata = result.asset_materializations_for_node("serving_bundle")[0].metadata
    assert metadata["champion"].value == cycle
    difference = metadata["largest_difference_online"].value
    assert isinstance(difference, float)
    assert 0 <= difference <= 1e-5
    with TestClient(create_app(project.settings)) as client:
        for sku in batch.forecasts["sku"].unique():
            leads = client.get(f"/v1/forecast/skus/{sku}").json()["series"][0]["leads"]
            expected = batch.forecasts.filter(pl.col("sku") == sku).sort("lead")
            assert [lead["mean"] for lead in leads] == expected["forecast"].to_list()


def test_the_same_forecasts_give_the_same_bundle(project: Project, lake: Lake, batch: Batch) -> None:
    cycle = batch.panel.cutoff.isoformat()
    versions = set()
    for _ in range(2):
        assert materialise(project, lake, cycle).success
        versions.add(lake.manifest("serving_bundle", cycle=cycle)["sha256"])
    assert len(versions) == 1


def test_a_demand_class_that_a_statistical_method_won_is_served_as_the_batch_forecast_it(
    project: Project, lake: Lake, batch: Batch, tmp_path: Path
) -> None:
    cycle = batch.panel.cutoff.isoformat()
    won = str(demand_classes(batch.panel)[network_rows(batch.panel)[0]])
    other = make_batch(batch.panel, batch.config, tmp_path / "won" / "model", won_by_theta=won)
    lake.write("leaderboard", other.leaderboard, cycle=cycle)
    modelled = pl.when(pl.col("method") == "blend").then(pl.lit(model_version(lake, cycle)))
    forecasts = other.forecasts.with_columns(model_version=modelled.otherwise("model_version"))
    lake.write("forecasts", forecasts, cycle=cycle)
    lake.write("published_forecasts", make_published(forecasts, batch.config), cycle=cycle)
    metadata = materialise(project, lake, cycle).asset_materializations_for_node("serving_bundle")[0].metadata
    methods = metadata["methods"].value
    assert isinstance(methods, dict)
    assert methods["theta"] > 0
    assert methods["blend"] > 0
    taken = forecasts.filter(method="theta")
    with TestClient(create_app(project.settings)) as client:
        for sku in taken["sku"].unique():
            leads = client.get(f"/v1/forecast/skus/{sku}").json()["series"][0]["leads"]
            assert [lead["mean"] for lead in leads] == taken.filter(pl.col("sku") == sku).sort("lead")[
                "forecast"
            ].to_list()


def test_a_cycle_without_any_model_is_served_from_fallbacks(project: Project, lake: Lake, batch: Batch) -> None:
    cycle = batch.panel.cutoff.isoformat()
    fallbacks = lake.read("forecasts", cycle=cycle).with_columns(method=pl.lit("naive"))
    lake.write("forecasts", fallbacks, cycle=cycle)
    materialise(project, lake, cycle)
    bundle = Bundle(lake.open_folder("serving_bundle", cycle=cycle))
    assert bundle.head.champion is None
    assert not bundle.has_network


def test_forecasts_that_the_network_does_not_repeat_are_not_served(project: Project, lake: Lake, batch: Batch) -> None:
    cycle = batch.panel.cutoff.isoformat()
    changed = lake.read("forecasts", cycle=cycle).with_columns(pl.col("forecast") * 1.01)
    lake.write("forecasts", changed, cycle=cycle)
    with pytest.raises(Exception, match="expected the network to repeat the batch's forecasts"):
        materialise(project, lake, cycle)
    assert not lake.exists("serving_bundle", cycle=cycle)


def test_forecasts_of_weights_that_were_replaced_since_are_not_served(
    project: Project, lake: Lake, batch: Batch, tmp_path: Path
) -> None:
    cycle = batch.panel.cutoff.isoformat()
    newer = make_batch(batch.panel, batch.config, tmp_path / "newer", seed=2)
    lake.write_folder("tuned_model", newer.model_folder, cycle=cycle)
    with pytest.raises(Exception, match="expected forecasts of the one model"):
        materialise(project, lake, cycle)


def test_forecasts_of_trees_that_were_replaced_since_are_not_served(
    project: Project, lake: Lake, batch: Batch, tmp_path: Path
) -> None:
    cycle = batch.panel.cutoff.isoformat()
    save_absence(tmp_path / "none", "switched off")
    lake.write_folder("boosted_model", tmp_path / "none", cycle=cycle)
    with pytest.raises(Exception, match="expected forecasts of the one model"):
        materialise(project, lake, cycle)


def test_intervals_that_were_widened_otherwise_are_not_served(project: Project, lake: Lake, batch: Batch) -> None:
    cycle = batch.panel.cutoff.isoformat()
    other = batch.contract.with_columns(pl.col("shifts").list.eval(pl.element() * 3))
    lake.write("interval_contract", other, cycle=cycle)
    with pytest.raises(ArtefactError, match="differ by"):
        materialise(project, lake, cycle)


def test_the_graph_knows_what_a_bundle_is_made_of(project: Project) -> None:
    (asset,) = serving_bundle.build(project).assets or []
    assert isinstance(asset, dg.AssetsDefinition)
    upstream = {key.to_user_string() for key in asset.dependency_keys}
    model = {"encoders", "tuned_model", "boosted_model", "residuals"}
    planning = {"replenishment", "temporal_rollups", "lost_sales", "exceptions"}
    made = {"forecasts", "published_forecasts", "reconciled_rollups", "sku_attributes", "features"}
    assert upstream == {*made, *planning, *model}
    assert set(asset.group_names_by_key.values()) == {"serving"}
