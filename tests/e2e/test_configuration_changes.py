"""Changes of `demand.yaml` that need no change of code, each through the whole graph in real Dagster runs."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from dp_assets.domain.encoders import Encoders
from tests.e2e.small_world import World, drop, world_config
from tests.factories import MONDAY

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
        {"model": {"loss": "sum", **SMALL_MODEL}},
        {"attributes": {"department": {}}, "hierarchies": [{"name": "product", "levels": ["department"]}]},
    ],
    ids=["buckets of four weeks", "sum loss", "one attribute less"],
)
def test_a_change_of_configuration_needs_no_change_of_code(tmp_path: Path, overrides: dict[str, Any]) -> None:
    world = forecast_of(tmp_path, weeks=44 if "bucket" in overrides else WEEKS, **overrides)
    lake = world.project.lake()
    cycle = max(lake.partitions("forecasts"))
    forecasts = world.table("forecasts", cycle=cycle)
    assert set(forecasts["lead"]) == set(range(1, world.config.horizon + 1))
    assert "lstm" in set(forecasts["method"])
    assert lake.partitions("serving_bundle")


def test_a_regressor_and_an_event_calendar_enter_the_network(tmp_path: Path) -> None:
    feeds = [
        {
            "name": "weather",
            "feed": "regressors",
            "files": ["weather/*.csv"],
            "arrival": "modified_at",
            "columns": {"name": "name", "starts_on": "day", "value": "value"},
        },
        {
            "name": "schools",
            "feed": "events",
            "files": ["schools/*.csv"],
            "arrival": "modified_at",
            "columns": {"name": "what", "starts_on": "from", "ends_on": "to"},
        },
    ]
    producers = [*(producer.model_dump() for producer in world_config().producers), *feeds]
    config = world_config(producers=producers, regressors={"temperature": {"known_ahead_weeks": 1}})
    world = World(tmp_path, config, WEEKS)
    days = [MONDAY + timedelta(days=number) for number in range(7 * (WEEKS + 1))]
    values = "".join(f"temperature,{day},{number % 30}\n" for number, day in enumerate(days))
    drop(tmp_path / "landing" / "weather" / "2017.csv", "name,day,value\n" + values, MONDAY)
    holidays = "".join(f"holidays,{days[first]},{days[first + 9]}\n" for first in (40, 100, 190))
    drop(tmp_path / "landing" / "schools" / "2017.csv", "what,from,to\n" + holidays, MONDAY)
    world.run()
    lake = world.project.lake()
    cycle = max(lake.partitions("tuned_model"))
    text = (lake.open_folder("encoders", cycle=cycle) / "encoders.json").read_text(encoding="utf-8")
    encoders = Encoders.from_json(text)
    assert encoders.known == ("promo_display", "regressor_temperature")
    assert {"event_holidays", "before_event_holidays"} <= set(encoders.calendar)
    assert "lstm" in set(world.table("forecasts", cycle=max(lake.partitions("forecasts")))["method"])
    assert lake.partitions("serving_bundle")
