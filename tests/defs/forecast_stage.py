"""A small lake with panels and encoders of two cycles, and how assets of the forecast are materialised over it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg

from dp_assets.defs import boosted_model, residuals, tuned_model
from dp_assets.domain.encoders import fit_encoders
from dp_assets.project import Project, build_project
from dp_resources.clock import SimulatedClock
from dp_resources.lake import Lake
from dp_resources.settings import Settings
from tests.factories import MONDAY, make_config, make_panel

EARLY, LATE = (str(MONDAY + timedelta(weeks=weeks)) for weeks in (30, 31))


class Stage:
    """A project whose lake holds panels and encoders of two cycles."""

    def __init__(self, folder: Path, series: int = 16, **overrides: Any) -> None:
        config = make_config(
            lake={"root": str(folder / "lake")},
            batch_inference={"top_n": 3},
            **{"tuning": {"trials": 2, "epochs": 1}, "boosting": {"rounds": 5, "leaves": 8}, **overrides},
        )
        clock = SimulatedClock(folder / "clock.json")
        clock.set(datetime(2017, 12, 5, 12, tzinfo=UTC))
        settings = Settings(state_dir=folder / "state", code_revision="abc123")
        self.folder = folder
        self.project: Project = build_project(settings, config, folder, clock)
        self.lake: Lake = self.project.lake()
        for history, cycle in ((30, EARLY), (31, LATE)):
            panel = make_panel(history=history, series=series)
            panel.save(folder / "panel")
            self.lake.write_folder("features", folder / "panel", cycle=cycle)
            encoders = folder / "encoders"
            encoders.mkdir(exist_ok=True)
            (encoders / "encoders.json").write_text(fit_encoders(panel, config).to_json())
            self.lake.write_folder("encoders", encoders, cycle=cycle)

    def run(self, module: Any, cycle: str, name: str) -> dict[str, Any]:
        """Materialises one asset for one cycle; its metadata."""
        assets = [a for a in module.build(self.project).assets or [] if isinstance(a, dg.AssetsDefinition)]
        with dg.DagsterInstance.ephemeral(tempdir=str(self.folder)) as instance:
            result = dg.materialize(
                assets, instance=instance, resources={"lake": self.lake}, partition_key=cycle, selection=[name]
            )
        events = result.get_asset_materialization_events()
        return dict(events[-1].materialization.metadata)

    def train(self) -> None:
        """Trains and judges the models of the early cycle."""
        for module, name in ((tuned_model, "tuned_model"), (boosted_model, "boosted_model"), (residuals, "residuals")):
            self.run(module, EARLY, name)
