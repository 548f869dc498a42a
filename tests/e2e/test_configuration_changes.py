"""Changes of `demand.yaml` that need no change of code, each through the whole graph in real Dagster runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.e2e.small_world import World, world_config

pytestmark = pytest.mark.slow
WEEKS = 30
SMALL_MODEL = {"hidden_size": 8, "epochs": 2, "steps_per_epoch": 10, "batch_size": 64}


def forecast_of(folder: Path, weeks: int = WEEKS, **overrides: Any) -> World:
    world = World(folder, world_config(**overrides), weeks)
    world.run()
    return world


@pytest.mark.parametrize(
    "overrides",
    [
        {"bucket": {"weeks": 4, "first": "2017-01-02", "time_zone": "Europe/Rome"}, "lookback_weeks": 24},
        {
            "model": {"loss": "sum", **SMALL_MODEL},
            "attributes": {"department": {}},
            "hierarchies": [{"name": "product", "levels": ["department"]}],
            "regressors": {},
        },
    ],
    ids=["buckets of four weeks", "sum loss, one attribute less, no regressors"],
)
def test_a_change_of_configuration_needs_no_change_of_code(tmp_path: Path, overrides: dict[str, Any]) -> None:
    world = forecast_of(tmp_path, weeks=44 if "bucket" in overrides else WEEKS, **overrides)
    lake = world.project.lake()
    cycle = max(lake.partitions("forecasts"))
    forecasts = world.table("forecasts", cycle=cycle)
    assert set(forecasts["lead"]) == set(range(1, world.config.horizon + 1))
    assert "blend" in set(forecasts["method"])
    assert set(world.table("total_forecasts", cycle=cycle)["lead"]) == set(forecasts["lead"])
    assert lake.partitions("serving_bundle")
