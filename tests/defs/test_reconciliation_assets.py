"""The reconciliation and monitoring assets in real Dagster runs over a small lake."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from dp_assets import reconciling
from dp_assets.cli import app
from dp_assets.defs import monitoring, planning, published_forecasts, reconciled_rollups
from dp_assets.domain import contracts
from dp_assets.domain.config import DemandConfig
from dp_assets.domain.rollups import roll_up
from dp_assets.project import Project, build_project
from dp_resources.clock import SimulatedClock
from dp_resources.lake import Lake
from dp_resources.settings import Settings
from tests.domain.rollup_inputs import make_cycle, make_inputs, rollup_config

RECONCILIATION = ["node_forecasts", "planner_inputs", "reconciled_rollups", "published_forecasts"]


@dataclass
class Workshop:
    """A lake with everything that reconciliation reads of one cycle, and the project around it."""

    project: Project
    lake: Lake
    cycle: str
    tables: dict[str, Any]

    @property
    def config(self) -> DemandConfig:
        return self.project.config

    def run(self, *assets: str) -> dg.ExecuteInProcessResult:
        parts = (reconciled_rollups, published_forecasts, planning, monitoring)
        merged = dg.Definitions.merge(*(part.build(self.project) for part in parts))
        definitions: Sequence[Any] = merged.assets or []
        return dg.materialize(
            [*definitions],
            selection=list(assets),
            partition_key=self.cycle,
            resources={"lake": self.lake, "clock": self.project.clock, "planning": self.project.planning()},
        )

    def read(self, table: str) -> pl.DataFrame:
        return self.lake.read(table, cycle=self.cycle)

    def metadata(self, result: dg.ExecuteInProcessResult, asset: str) -> dict[str, Any]:
        (event,) = result.asset_materializations_for_node(asset)
        return {name: value.value for name, value in event.metadata.items()}

    def close(self, lead: int, units: float) -> None:
        """Sells `units` of the first SKU in the bucket of a lead, and nothing of the others."""
        start = date.fromisoformat(self.cycle) + timedelta(weeks=lead - 1)
        row = {
            "series_id": "sku0000",
            "sku": "sku0000",
            "bucket_start": start,
            "file_version_id": "v1",
            "event": "landed",
            "known_from": datetime(start.year, start.month, start.day, tzinfo=UTC) + timedelta(days=7),
            "quantity": units,
            "revenue": units,
            "transactions": 1,
            "promoted_quantity": 0.0,
        }
        frame = contracts.weekly_buckets(self.config).conform(pl.DataFrame([row]))
        self.lake.write("weekly_buckets", frame, bucket=start.isoformat())
        self.lake.commit("weekly_buckets", start.isoformat(), {"bucket": start.isoformat(), "file_versions": ["v1"]})


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    return make_workshop(tmp_path, rollup_config(horizon_weeks=4))


def make_workshop(tmp_path: Path, config: DemandConfig) -> Workshop:
    """Of 25 series."""
    tables = make_cycle(config, series=25)
    panel, cycle = tables.pop("panel"), tables["forecasts"]["bucket_start"].min().isoformat()
    clock = SimulatedClock(tmp_path / "state" / "clock.json")
    clock.set(datetime(2018, 3, 1, 12, tzinfo=UTC))
    settings = Settings(state_dir=tmp_path / "state", clock="simulated", lake_root=str(tmp_path / "lake"))
    project = build_project(settings, config, tmp_path, clock)
    lake = project.lake()
    panel.save(tmp_path / "panel")
    lake.write_folder("features", tmp_path / "panel", cycle=cycle)
    lake.write("forecasts", tables["forecasts"], cycle=cycle)
    lake.write("sku_attributes", tables["attributes"], cycle=cycle)
    lake.write("residuals", tables["residuals"], cycle="2017-09-04")
    lake.write("error_distributions", contracts.ERROR_DISTRIBUTIONS.empty(), cycle="2017-09-04")
    lake.write_folder("tuned_model", tmp_path / "panel", cycle="2017-09-04")
    return Workshop(project, lake, cycle, tables)


@pytest.mark.slow
def test_the_stage_writes_contracted_tables_that_agree_and_says_so_in_its_metadata(workshop: Workshop) -> None:
    result = workshop.run(*RECONCILIATION)
    assert result.success
    for name in RECONCILIATION:
        assert contracts.table(workshop.config, name).violations(workshop.read(name)) == [], name
    sums = workshop.read("reconciled_rollups").group_by("hierarchy", "level", "lead").agg(pl.col("forecast").sum())
    for _, group in sums.group_by("lead"):
        assert np.ptp(group["forecast"].to_numpy()) <= 1e-6 * group["forecast"].max()
    metadata = workshop.metadata(result, "reconciled_rollups")
    assert metadata["maximum_incoherence"] <= 1e-6
    assert metadata["biggest_nodes"].startswith("![picture](data:image/png;base64,")
    assert "department" in metadata["totals_per_level"]
    assert workshop.metadata(result, "planner_inputs")["ledger_sequence"] == 0


@pytest.mark.slow
def test_a_second_run_changes_no_byte(workshop: Workshop) -> None:
    workshop.run(*RECONCILIATION)
    before = {name: Path(workshop.lake.path(name, cycle=workshop.cycle)).read_bytes() for name in RECONCILIATION}
    workshop.run(*RECONCILIATION)
    after = {name: Path(workshop.lake.path(name, cycle=workshop.cycle)).read_bytes() for name in RECONCILIATION}
    assert before == after


@pytest.mark.slow
def test_a_lock_in_the_snapshot_reaches_rollups_and_publication(workshop: Workshop) -> None:
    workshop.run("node_forecasts")
    lock = {"node": "sku0007", "quantity": 321.0, "bucket_start": date.fromisoformat(workshop.cycle), "user": "bob"}
    workshop.lake.write("planner_inputs", make_inputs(workshop.config, lock), cycle=workshop.cycle)
    workshop.run("reconciled_rollups", "published_forecasts")
    published = workshop.read("published_forecasts").filter((pl.col("series_id") == "sku0007") & (pl.col("lead") == 1))
    assert published.select("override", "final", "user").rows() == [(321.0, 321.0, "bob")]
    locked = workshop.read("reconciled_rollups").filter("locked")
    assert set(locked["node"]) == {"sku0007"}


def test_a_cycle_before_any_model_is_reconciled_without_residuals(workshop: Workshop) -> None:
    assert reconciling.champion_residuals(workshop.lake, workshop.config, "2017-08-28").is_empty()
    assert len(reconciling.champion_residuals(workshop.lake, workshop.config, workshop.cycle)) > 0


@pytest.mark.slow
def test_accuracy_scores_closed_leads_only_and_again_as_more_close(workshop: Workshop) -> None:
    workshop.close(lead=1, units=5.0)
    workshop.close(lead=3, units=5.0)  # lead 2 is still open: lead 3 waits
    result = workshop.run("accuracy")
    assert set(workshop.read("accuracy")["lead"]) == {0, 1}
    record = workshop.lake.committed("accuracy")[workshop.cycle]
    assert record["leads"] == 1
    assert set(record["inputs"]) == {"forecast", workshop.cycle}
    metadata = workshop.metadata(result, "accuracy")
    assert metadata["closed_leads"] == 1
    assert "naive_wape" in metadata["beside_naive"]
    assert "demand_class" in metadata["coverage"]
    assert metadata["coverage_by_group"].startswith("![picture]")
    assert metadata["biggest_nodes"].startswith("![picture]")
    workshop.close(lead=2, units=5.0)
    workshop.run("accuracy")
    table = workshop.read("accuracy")
    assert contracts.ACCURACY.violations(table) == []
    assert set(table["lead"]) == {0, 1, 2, 3}
    total = table.filter((pl.col("level") == "total") & (pl.col("lead") == 0)).row(0, named=True)
    assert (total["observations"], total["actual"]) == (75, 15.0)
    assert total["bias"] > 0  # 24 of 25 SKUs sold nothing: over-forecast


@pytest.mark.slow
def test_planners_get_classes_stock_a_worklist_and_the_value_of_every_step(workshop: Workshop) -> None:
    totals = workshop.read("forecasts").drop("naive")
    table = contracts.total_forecasts(workshop.config).conform(totals)
    workshop.lake.write("total_forecasts", table, cycle=workshop.cycle)
    out = contracts.STOCKOUTS.conform(
        pl.DataFrame({"series_id": "sku0003", "bucket_start": date(2017, 8, 7), "kind": "stated", "share": 1.0})
    )
    workshop.lake.write("stockouts", out, cycle=workshop.cycle)
    stage = ("series_classes", "replenishment", "temporal_rollups", "lost_sales", "exceptions")
    result = workshop.run(*RECONCILIATION, *stage)
    for name in stage:
        assert contracts.table(workshop.config, name).violations(workshop.read(name)) == [], name
    assert len(workshop.read("replenishment")) == len(workshop.read("series_classes")) == 25
    assert workshop.read("lost_sales")["series_id"].to_list() == ["sku0003"]
    assert workshop.metadata(result, "lost_sales")["lost_by_bucket"].startswith("![picture]")
    assert workshop.metadata(result, "series_classes")["revenue_by_class"].startswith("![picture]")
    workshop.close(lead=1, units=5.0)
    shown = workshop.metadata(workshop.run("accuracy"), "accuracy")
    assert shown["value_added"].startswith("![picture]")
    added = workshop.read("forecast_value_added")
    assert contracts.FORECAST_VALUE_ADDED.violations(added) == []
    assert added.filter(pl.col("grouping") == "all")["observations"].to_list() == [25, 25]


def test_periods_are_stated_in_units_of_measure_and_say_which_series_have_no_factor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = "".join(f"sack,{10 + number},sku{number:04d}\n" for number in range(18))
    (tmp_path / "units.csv").write_text("unit,factor,sku\ncase,12,\n" + lines)
    config = rollup_config(horizon_weeks=4, reporting={"spans_weeks": [1], "unit_table": "units.csv"})
    workshop = make_workshop(tmp_path, config)
    rollups = roll_up(**make_cycle(config, series=25), config=config).table
    workshop.lake.write("reconciled_rollups", rollups, cycle=workshop.cycle)
    metadata = workshop.metadata(workshop.run("temporal_rollups"), "temporal_rollups")
    table = workshop.read("temporal_rollups")
    assert contracts.temporal_rollups(workshop.config).violations(table) == []
    total = table.filter(hierarchy="product", level="total").row(0, named=True)
    assert (total["in_case"], total["in_sack"]) == (pytest.approx(total["forecast"] / 12), None)
    assert metadata["series_without_factor"] == {
        "case": {"series": 0, "first": []},
        "sack": {"series": 7, "first": [f"sku{number:04d}" for number in range(18, 23)]},
    }
    monkeypatch.setattr("dp_assets.commands.inspect.open_project", lambda: workshop.project)
    monkeypatch.setattr("dp_assets.commands.terminal.console.width", 200)
    shown = CliRunner().invoke(app, ["inspect", "periods"]).output
    assert "in case" in shown
    assert "– where a SKU below has no factor in units.csv" in shown
    one = CliRunner().invoke(app, ["inspect", "periods", "sku0001"]).output
    assert "in sack" in one
    assert "no factor" not in one
    # A cycle from before the units were configured has no such columns.
    workshop.lake.write("temporal_rollups", table.drop("in_case", "in_sack"), cycle=workshop.cycle)
    before = CliRunner().invoke(app, ["inspect", "periods"])
    assert before.exit_code == 0
    assert "in case" not in before.output


def test_accuracy_of_a_cycle_with_open_leads_only_is_an_empty_table(workshop: Workshop) -> None:
    result = workshop.run("accuracy")
    assert result.success
    assert workshop.read("accuracy").is_empty()
    assert workshop.lake.committed("accuracy")[workshop.cycle]["leads"] == 0
