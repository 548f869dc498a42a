"""Accuracy of the product's own forecasts on sets in the split format, beside the bars and the best libraries.

    python -m benchmarks.accuracy FOLDER... [--work DIR] [--fit-once] [--loss sum] [--passes sequence] [--network]

Belongs here: landing a set's files, running the product's assets over its cycles, showing what came out. Does not
belong here: reading and scoring a set (`accuracy_split.py`).

Every number comes from the table `forecasts` of a lake that the product filled by itself from landed files: one sales
file a week, a product master, a promotion plan. Each cycle trains its own model on what was known at its cutoff; with
--fit-once, later cycles use the first one's; with --loss sum, the network minimises the error of the horizon's total;
with --passes sequence, it trains with one pass per sequence; with --network, it forecasts without gradient boosting.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl

from benchmarks.accuracy_bars import LIBRARIES, bars_of
from benchmarks.accuracy_split import ALL, WEEK, Split
from benchmarks.findings import Finding, show
from dp_assets.dbt_manifest import ensure_manifest
from dp_assets.domain.plan import RunPlan, plan_requests
from dp_assets.execution import definitions_for, execute, register
from dp_assets.lake_state import read_state
from dp_assets.project import Project, build_project
from dp_resources.clock import SimulatedClock
from dp_resources.settings import Settings

INGESTION = ("ingest_new_files", "refresh_buckets")
"""Jobs that come before a cycle; they run whole, because a file counts as taken in only once it is accounted for."""
TRAINED = ("sku_attributes", "features", "encoders", "tuned_model", "boosted_model", "residuals")
FORECAST = ("sku_attributes", "features", "forecasts")
DEFAULTS = {"tuning": {"trials": 0}}
"""The default values are what is measured, not a search for better ones."""


def land(split: Split, root: Path) -> None:
    """Writes a set's files as its producers would have: each week's sales arrive on the Monday after it."""
    for (week,), rows in split.sales().partition_by("ds", as_dict=True).items():
        assert isinstance(week, date)
        drop(rows, root / "shop" / f"{week}.parquet", week + WEEK)
    master = split.static.with_columns(pl.lit(split.first).alias("ds"))
    drop(master, root / "master" / "products.parquet", split.first)
    if split.promotions:
        drop(split.promotion_lines(), root / "marketing" / "plan.parquet", split.first)


def drop(rows: pl.DataFrame, path: Path, arrived_on: date) -> None:
    """Writes one file that arrived at midnight of a day."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows.write_parquet(path)
    stamp = datetime.combine(arrived_on, clock_time(), tzinfo=UTC).timestamp()
    os.utime(path, (stamp, stamp))


def open_project(split: Split, work: Path, model: dict[str, Any] | None = None, network_alone: bool = False) -> Project:
    """The set's project below a folder, on the day after the last cutoff's files."""
    clock = SimulatedClock(work / "clock.json")
    clock.set(datetime.combine(split.cycles[-1] + timedelta(days=2), clock_time(), tzinfo=UTC))
    settings = Settings(state_dir=work / "state", clock="simulated", executor="in_process", code_revision="benchmark")
    places = {"landing": {"root": str(work / "landing"), "settle_seconds": 0}, "lake": {"root": str(work / "lake")}}
    changed = {"model": model or {}, "boosting": {"enabled": not network_alone}}
    return build_project(settings, split.configuration(**places, **DEFAULTS, **changed), work, clock)


def forecast(
    split: Split, work: Path, fit_once: bool, model: dict[str, Any] | None = None, network_alone: bool = False
) -> tuple[pl.DataFrame, dict[str, float]]:
    """Forecasts of every cycle of a set by the product's assets, and CPU seconds by stage."""
    land(split, work / "landing")
    project = open_project(split, work, model, network_alone)
    spent = {"ingestion": 0.0, "training": 0.0, "forecasts": 0.0}
    ensure_manifest(project.settings)
    (work / "dagster").mkdir()
    cycles = tuple(cycle.isoformat() for cycle in split.cycles)
    with dg.DagsterInstance.local_temp(str(work / "dagster")) as instance:
        started = time.process_time()
        register(project, instance)
        definitions = definitions_for(project, say)
        while plans := _before_cycles(project):
            for plan in plans:
                execute(plan, project, definitions, instance)
        spent["ingestion"] = time.process_time() - started
        for number, cycle in enumerate(cycles):
            for job, assets, stage in (("retrain", TRAINED, "training"), ("weekly_cycle", FORECAST, "forecasts")):
                if job == "retrain" and fit_once and number:
                    continue
                started = time.process_time()
                plan = RunPlan(job, (cycle,), "the benchmark")  # type: ignore[arg-type]
                execute(plan, project, definitions, instance, assets)
                spent[stage] += time.process_time() - started
    lake = project.lake()
    frames = [
        lake.read("forecasts", cycle=cycle).with_columns(pl.lit(day).alias("cycle"))
        for cycle, day in zip(cycles, split.cycles, strict=True)
    ]
    return pl.concat(frames), spent


def _before_cycles(project: Project) -> list[RunPlan]:
    plans = plan_requests(read_state(project.lake()), project.config, project.clock.now())
    return [plan for plan in plans if plan.job in INGESTION]


def findings(split: Split, scored: pl.DataFrame) -> list[Finding]:
    """Every bar of the set, and coverage per demand class."""
    rows = {row["demand_class"]: row for row in scored.iter_rows(named=True)}
    found = []
    for metric, bar in bars_of(split.name).items():
        value = rows[ALL][metric]
        library = LIBRARIES.get(split.name, {}).get(metric)
        peer = "no library measured" if library is None else f"best library {library}"
        found.append(
            Finding(
                f"{split.name} {metric}",
                round(value, 4),
                "",
                peer,
                f"±{bar}" if metric == "bias" else f"<= {bar}",
                abs(value) <= bar,
            )
        )
    for name, row in rows.items():
        for level, low, high in ((80, 0.76, 0.84), (95, 0.93, 0.97)):
            value = row[f"coverage_{level}"]
            held = row["observations"] < MIN_ROWS or low <= value <= high
            found.append(
                Finding(
                    f"{split.name} {name} coverage {level}",
                    round(value, 4),
                    "",
                    f"{row['observations']} rows",
                    f"{low}-{high}",
                    held,
                )
            )
    return found


MIN_ROWS = 500
"""Rows a demand class needs for its coverage to be judged."""


def table(scored: pl.DataFrame) -> str:
    """The metrics that are talked about, overall and per demand class, as text."""
    columns = ["wape", "bias", "wrmsse", "horizon_wape", "wql", "coverage_80", "coverage_95", "naive_wape"]
    head = f"{'class':14}{'rows':>8}" + "".join(f"{name:>14}" for name in columns)
    lines = [
        f"{row['demand_class']:14}{row['observations']:>8}" + "".join(f"{row[name]:>14.4f}" for name in columns)
        for row in scored.iter_rows(named=True)
    ]
    return "\n".join([head, *lines])


def say(text: str) -> None:
    """Progress, beside the results."""
    print(text, file=sys.stderr, flush=True)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Accuracy of the product's forecasts on sets in the split format.")
    parser.add_argument("sets", nargs="+", type=Path, help="folders with panel, actuals, static and meta.json")
    parser.add_argument("--work", type=Path, help="where landed files and lakes go (default: a temporary folder)")
    parser.add_argument("--fit-once", action="store_true", help="train in the first cycle only")
    parser.add_argument("--loss", choices=("point", "sum"), default="point", help="loss mode of the network")
    parser.add_argument("--passes", choices=("window", "sequence"), default="window", help="how the network trains")
    parser.add_argument("--network", action="store_true", help="the network alone, without gradient boosting")
    options = parser.parse_args(arguments)
    model = {"loss": options.loss, "passes": options.passes}
    found: list[Finding] = []
    for folder in options.sets:
        split = Split.read(folder)
        work = Path(tempfile.mkdtemp(prefix="accuracy-")) if options.work is None else options.work / split.name
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        forecasts, spent = forecast(split, work, options.fit_once, model, options.network)
        scored = split.scored(forecasts)
        print(
            f"\n{split.name}: {len(split.cycles)} cycles, "
            + ", ".join(f"{name} {value:.0f} CPU s" for name, value in spent.items())
        )
        print(table(scored), flush=True)
        found += findings(split, scored)
        if options.work is None:
            shutil.rmtree(work)
    print()
    show(found, "accuracy")


if __name__ == "__main__":
    main()
