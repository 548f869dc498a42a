"""A small shop in a temporary folder: files of two producers, a configuration, a clock, and a real Dagster instance."""

from __future__ import annotations

import json
import os
import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import numpy as np
import polars as pl
import pytest
from filelock import FileLock

from dp_assets.domain.config import DemandConfig
from dp_assets.execution import register, run_until_done
from dp_assets.project import Project, build_project
from dp_resources.clock import SimulatedClock
from dp_resources.settings import Settings
from tests.factories import MONDAY
from tests.manifest import hand_over_manifest

DEPARTMENTS = ("dairy", "bakery", "frozen")
BRANDS = ("own", "national")
PLANNED_AHEAD = 6
WEEKS = 24
"""Of the world that has been run."""
RESTATED = MONDAY + timedelta(weeks=2)
"""The week whose shop file that world's shop sent a second time."""


def world_config(**overrides: Any) -> DemandConfig:
    """Two producers (CSV and NDJSON), plans and outside influences, two attributes, a network of toy size."""
    base: dict[str, Any] = {
        "bucket": {"first": MONDAY, "time_zone": "Europe/Rome"},
        "producers": [
            {
                "name": "shop",
                "files": ["shop/*.csv"],
                "arrival": "modified_at",
                "csv": {"delimiter": ";", "decimal": ","},
                "date_format": "%d/%m/%Y",
                "time_zone": "Europe/Rome",
                "columns": {
                    "sku": "item",
                    "sold_at": "day",
                    "quantity": "qty",
                    "revenue": "money",
                    "department": "dept",
                },
            },
            {
                "name": "web",
                "files": ["web/*.ndjson"],
                "arrival": "modified_at",
                "columns": {"sku": "id", "sold_at": "ts", "quantity": "n", "revenue": "total", "brand": "brand"},
            },
            {
                "name": "master",
                "feed": "products",
                "files": ["master/*.csv"],
                "arrival": "modified_at",
                "columns": {"sku": "sku", "department": "department"},
                "priority": 1,
            },
            {
                "name": "planner",
                "feed": "attribute_corrections",
                "files": ["planner/*.csv"],
                "arrival": "modified_at",
                "columns": {"sku": "sku", "attribute": "attribute", "value": "value", "user": "who", "reason": "why"},
            },
            {
                "name": "marketing",
                "feed": "promotions",
                "files": ["marketing/*.csv"],
                "arrival": "modified_at",
                "columns": {
                    **{"sku": "sku", "level": "of", "member": "which"},
                    **{"starts_on": "from", "ends_on": "to", "kind": "kind", "share": "share"},
                },
            },
            {
                "name": "weather",
                "feed": "regressors",
                "files": ["weather/*.csv"],
                "arrival": "modified_at",
                "columns": {"name": "measure", "starts_on": "day", "value": "reading"},
            },
            {
                "name": "schools",
                "feed": "events",
                "files": ["schools/*.csv"],
                "arrival": "modified_at",
                "columns": {"name": "what", "starts_on": "from", "ends_on": "to", "level": "of", "member": "which"},
            },
        ],
        "attributes": {"department": {}, "brand": {}},
        "lookback_weeks": 12,
        "horizon_weeks": 4,
        "low_volume": {"min_selling_weeks": 6},
        "features": {"rolling_windows_weeks": [4], "holidays": "IT"},
        "regressors": {"temperature": {"known_ahead_weeks": 1}},
        "hierarchies": [{"name": "product", "levels": ["department", "brand"]}],
        "model": {"hidden_size": 8, "epochs": 2, "steps_per_epoch": 10, "batch_size": 64},
        "tuning": {"trials": 0},
        "validation": {"folds": 1},
        "replay": {"cycles": 1},
    }
    return DemandConfig.model_validate({**base, **overrides})


def land_week(root: Path, week: int, skus: int = 24, seed: int = 5) -> None:
    """Writes one week's files of every producer; the same week always has the same bytes and arrival."""
    rng = np.random.default_rng([seed, week])
    monday = MONDAY + timedelta(weeks=week)
    level = np.random.default_rng(seed).lognormal(1.2, 0.6, skus)
    promoted = promoted_skus(week, skus, seed)
    shop, web = ["item;day;qty;money;dept"], []
    for sku in range(skus):
        for day in range(0, 7, 2):
            units = int(rng.poisson(level[sku] * (2.5 if sku in promoted else 1.0) / 4))
            if units == 0:
                continue
            when = monday + timedelta(days=day)
            if day % 4 == 0:
                money = f"{units * (sku + 2) / 2:.2f}".replace(".", ",")
                shop.append(f"S{sku:03d};{when:%d/%m/%Y};{units};{money};{DEPARTMENTS[sku % 3]}")
            else:
                line = {"id": f"S{sku:03d}", "ts": f"{when}T10:00:00Z", "n": units, "total": units * (sku + 2) / 2}
                web.append(json.dumps({**line, "brand": BRANDS[sku % 2]}))
    shop.append(f"S000;{monday:%d/%m/%Y};-1;-1,00;dairy")
    arrival = monday + timedelta(weeks=1)
    drop(root / "shop" / f"{monday}.csv", "\n".join(shop) + "\n", arrival)
    drop(root / "web" / f"{monday}.ndjson", "\n".join(web) + "\n", arrival)
    land_plan(root, week + PLANNED_AHEAD, skus, seed)
    land_weather(root, week, seed)


def land_weather(root: Path, week: int, seed: int = 5) -> None:
    """Writes what was measured in a week and what was forecast at its end for the week after."""
    monday = MONDAY + timedelta(weeks=week)
    degrees = np.random.default_rng([seed, week, 2]).normal(12, 6, 14).round(1)
    readings = [f"temperature,{monday + timedelta(days=day)},{degree}" for day, degree in enumerate(degrees)]
    arrival = monday + timedelta(weeks=1)
    drop(root / "weather" / f"{monday}.csv", "\n".join(["measure,day,reading", *readings]) + "\n", arrival)


def land_holidays(root: Path) -> None:
    """Writes the school holidays of the first year, ten days every eight weeks, and fairs that only dairy goes to."""
    days = [MONDAY + timedelta(weeks=week, days=3) for week in range(5, 52, 8)]
    lines = [f"school holidays,{day},{day + timedelta(days=9)},," for day in days]
    lines += [f"fair,{day - timedelta(weeks=2)},,department,dairy" for day in days]
    drop(root / "schools" / "2017.csv", "\n".join(["what,from,to,of,which", *lines]) + "\n", MONDAY)


def land_corrections(root: Path) -> None:
    """Writes what a planner knows better than the producers: one brand, and one that nobody knows."""
    lines = ["sku,attribute,value,who,why", "S001,brand,local,ann,bought in spring", "S002,brand,,ann,unclear"]
    drop(root / "planner" / "corrections.csv", "\n".join(lines) + "\n", MONDAY + timedelta(weeks=2))


def promoted_skus(week: int, skus: int, seed: int) -> set[int]:
    """The SKUs on display in a week."""
    return set(np.random.default_rng([seed, week, 1]).choice(skus, 3, replace=False).tolist())


def land_plan(root: Path, week: int, skus: int = 24, seed: int = 5) -> None:
    """Writes the promotions plan of a week; it arrives on the Monday after which its week is the sixth. Every fourth
    week the whole bakery is in the leaflet."""
    monday = MONDAY + timedelta(weeks=week)
    days, promoted = f"{monday},{monday + timedelta(days=6)}", sorted(promoted_skus(week, skus, seed))
    plan = ["sku,from,to,kind,share,of,which", *(f"S{sku:03d},{days},display,0.5,," for sku in promoted)]
    plan += [f",{days},leaflet,1,department,bakery"] if week % 4 == 0 else []
    arrival = monday - timedelta(weeks=PLANNED_AHEAD - 1)
    drop(root / "marketing" / f"{monday}.csv", "\n".join(plan) + "\n", arrival)


def drop(path: Path, text: str, arrived_on: date) -> None:
    """A file whose modification time says that it arrived at six in the morning of a day."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    stamp = datetime(arrived_on.year, arrived_on.month, arrived_on.day, 6, tzinfo=UTC).timestamp()
    os.utime(path, (stamp, stamp))


class World:
    """A project in a temporary folder whose clock stands `weeks` after its first Monday, on a Tuesday noon."""

    def __init__(self, folder: Path, config: DemandConfig, weeks: int) -> None:
        self._open(folder, config)
        hand_over_manifest(folder / "state")
        master = [f"S{sku:03d},{DEPARTMENTS[sku % 3]}" for sku in range(24)]
        drop(folder / "landing" / "master" / "products.csv", "\n".join(["sku,department", *master]) + "\n", MONDAY)
        land_holidays(folder / "landing")
        land_corrections(folder / "landing")
        for week in range(PLANNED_AHEAD):
            land_plan(folder / "landing", week)
        for week in range(weeks):
            land_week(folder / "landing", week)
        self.advance_to(weeks)

    def _open(self, folder: Path, config: DemandConfig) -> None:
        self.folder = folder
        self.config = config.model_copy(
            update={
                "landing": config.landing.model_copy(update={"root": str(folder / "landing")}),
                "lake": config.lake.model_copy(update={"root": str(folder / "lake")}),
            }
        )
        self.clock = SimulatedClock(folder / "state" / "clock.json")
        (folder / "dagster").mkdir(parents=True, exist_ok=True)
        self.instance = dg.DagsterInstance.local_temp(str(folder / "dagster"))
        self.said: list[str] = []

    @classmethod
    def kept_in(cls, folder: Path, config: DemandConfig) -> World:
        """A world whose files are there already."""
        world = cls.__new__(cls)
        world._open(folder, config)
        return world

    def advance_to(self, weeks: int) -> None:
        """Moves the clock to the Tuesday after that many weeks."""
        day = MONDAY + timedelta(weeks=weeks, days=1)
        self.clock.set(datetime(day.year, day.month, day.day, 12, tzinfo=UTC))

    @property
    def project(self) -> Project:
        settings = Settings(state_dir=self.folder / "state", clock="simulated", executor="in_process")
        return build_project(settings, self.config, self.folder, self.clock)

    def run(self) -> int:
        """Runs everything due; the number of jobs that ran."""
        return run_until_done(self.project, self.instance, self.said.append)

    def table(self, name: str, **key: str) -> pl.DataFrame:
        return self.project.lake().read(name, **key)


def world_that_ran(temporary: pytest.TempPathFactory) -> World:
    """A world of its own for whoever asks, of two cycles, the first with the model of both; it is run once for all.

    One shop file was restated between the cycles: every SKU sold 40 units in its week, and one a week later.
    """
    config = world_config(lookback_weeks=8, replay={"cycles": 1})
    base = temporary.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    with FileLock(shared / "world.lock"):
        if not (shared / "world").exists():
            _run_first(shared / "unfinished", config)
            (shared / "unfinished").rename(shared / "world")
    folder = temporary.mktemp("world") / "copy"
    shutil.copytree(shared / "world", folder)
    return World.kept_in(folder, config)


def _run_first(folder: Path, config: DemandConfig) -> None:
    world = World(folder, config, WEEKS)
    register(world.project, world.instance)
    sales = [f"S{sku:03d};{RESTATED:%d/%m/%Y};40;1,00;" for sku in range(24)]
    sales.append(f"S001;{RESTATED + timedelta(weeks=1):%d/%m/%Y};40;1,00;bakery")
    text = "\n".join(["item;day;qty;money;dept", *sales, ""])
    drop(folder / "landing" / "shop" / f"{RESTATED}.csv", text, MONDAY + timedelta(weeks=21))
    world.run()
    world.instance.dispose()
