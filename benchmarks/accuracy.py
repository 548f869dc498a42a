"""Accuracy of the product's own forecasts on sets in the split format, beside the bars and the best libraries.

    python -m benchmarks.accuracy FOLDER... [--peers all] [--held-back 20] [--trials 20] [--passes sequence] [--network]

Belongs here: landing a set's files, running the product's assets over its cycles, showing what came out. Does not
belong here: reading and scoring a set (`accuracy_split.py`), the libraries it is measured against
(`accuracy_peers.py`), which SKUs are held back (`accuracy_held_back.py`).

Every number comes from the table `forecasts` of a lake that the product filled by itself from landed files: one sales
file a week, a product master, a promotion plan. Each cycle trains its own model on what was known at its cutoff; with
--fit-once, later cycles use the first one's; with --loss sum or mix, the network minimises the error of the horizon's
total, or half of both; with --point-loss negative_binomial, its mean learns by the likelihood of counts;
with --passes sequence, it trains with one pass per sequence; with --network, it forecasts without gradient boosting;
with --trials, each cycle searches for its hyper-parameters; with --held-back, the last cycle is forecast once more as
if so many SKUs had only just come on sale.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time
from pathlib import Path
from typing import Any

import dagster as dg
import numpy as np
import polars as pl

from benchmarks.accuracy_bars import LIBRARIES, bars_of
from benchmarks.accuracy_held_back import compare, held_back
from benchmarks.accuracy_peers import PEERS, absent, peer_forecasts
from benchmarks.accuracy_split import ALL, WEEK, Split
from benchmarks.findings import Finding, at_most, show
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


def open_project(split: Split, work: Path, chosen: Mapping[str, Any]) -> Project:
    """The set's project below a folder, on the day after the last cutoff's files; defaults but for what was chosen."""
    clock = SimulatedClock(work / "clock.json")
    clock.set(datetime.combine(split.cycles[-1] + timedelta(days=2), clock_time(), tzinfo=UTC))
    settings = Settings(state_dir=work / "state", clock="simulated", executor="in_process", code_revision="benchmark")
    places = {"landing": {"root": str(work / "landing"), "settle_seconds": 0}, "lake": {"root": str(work / "lake")}}
    return build_project(settings, split.configuration(**places, **chosen), work, clock)


def forecast(
    split: Split, work: Path, fit_once: bool, chosen: Mapping[str, Any]
) -> tuple[pl.DataFrame, dict[str, float]]:
    """Forecasts of every cycle of a set by the product's assets, and CPU seconds by stage."""
    land(split, work / "landing")
    project, spent = open_project(split, work, chosen), {"ingestion": 0.0, "training": 0.0, "forecasts": 0.0}
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


def beside_peers(split: Split, ours: pl.DataFrame, packages: Sequence[str]) -> list[Finding]:
    """Prints every library's metrics on the same rows, and compares ours with the best of each metric."""
    own = ours.filter(pl.col("demand_class") == ALL).row(0, named=True)
    best: dict[str, tuple[float, str]] = {}
    print(f"{'':36}" + "".join(f"{name:>14}" for name in COMPARED) + f"{'CPU s of all':>14}")
    for package in packages:
        forecasts, spent = peer_forecasts(split, package)
        for model, rows in forecasts.items():
            found = split.scored(rows).filter(pl.col("demand_class") == ALL).row(0, named=True)
            points = rows["q0.025"].equals(rows["q0.975"])
            shown = {name: None if points and name in OF_QUANTILES else found[name] for name in COMPARED}
            cells = "".join(f"{'–':>14}" if value is None else f"{value:>14.4f}" for value in shown.values())
            print(f"{model:36}{cells}{spent:>14.0f}", flush=True)
            for name, value in shown.items():
                if value is not None and name in BETTER_WHEN_SMALLER and value < best.get(name, (np.inf, ""))[0]:
                    best[name] = value, model
    return [
        at_most(f"{split.name} {name} against the best library", own[name] / value, f"{model} {value:.4f}", 1.0)
        for name, (value, model) in best.items()
    ]


COMPARED = ("wape", "bias", "wrmsse", "horizon_wape", "wql", "coverage_80", "coverage_95")
OF_QUANTILES = ("wql", "coverage_80", "coverage_95")
BETTER_WHEN_SMALLER = ("wape", "wrmsse", "horizon_wape", "wql")


def table(scored: pl.DataFrame) -> str:
    """The metrics that are talked about, overall and per demand class, as text."""
    columns = ["wape", "bias", "wrmsse", "horizon_wape", "wql", "coverage_80", "coverage_95", "naive_wape"]
    head = f"{'class':14}{'rows':>8}" + "".join(f"{name:>14}" for name in columns)
    lines = [
        f"{row['demand_class']:14}{row['observations']:>8}" + "".join(f"{row[name]:>14.4f}" for name in columns)
        for row in scored.iter_rows(named=True)
    ]
    return "\n".join([head, *lines])


def coverage_by_category(scored: pl.DataFrame) -> str:
    """What intervals covered of the hierarchy's top level, as text; those with too few rows are left out."""
    kept = scored.filter(pl.col("observations") >= MIN_ROWS)
    head = f"{'category':36}{'rows':>8}{'wape':>14}{'coverage_80':>14}{'coverage_95':>14}"
    lines = [
        f"{row['category']!s:36}{row['observations']:>8}"
        + "".join(f"{row[name]:>14.4f}" for name in ("wape", "coverage_80", "coverage_95"))
        for row in kept.iter_rows(named=True)
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
    parser.add_argument(
        "--peers", default="", help=f"libraries to run beside it, separated by commas: {', '.join(PEERS)}, or all"
    )
    parser.add_argument("--held-back", type=int, default=0, help="forecast so many SKUs as if they were new")
    parser.add_argument("--trials", type=int, default=0, help="search for hyper-parameters (default: their defaults)")
    parser.add_argument("--loss", choices=("point", "sum", "mix"), default="point", help="loss mode of the network")
    parser.add_argument(
        "--point-loss", choices=("tweedie", "negative_binomial"), default="tweedie", help="shape of the mean's error"
    )
    parser.add_argument("--passes", choices=("window", "sequence"), default="window", help="how the network trains")
    parser.add_argument("--network", action="store_true", help="the network alone, without gradient boosting")
    options = parser.parse_args(arguments)
    wanted = list(PEERS) if options.peers == "all" else [name for name in options.peers.split(",") if name]
    if unknown := sorted(set(wanted) - set(PEERS)):
        parser.error(f"expected --peers of {', '.join(PEERS)}, got {', '.join(unknown)}")
    if missing := [name for name in wanted if name in absent()]:
        say(f"not installed, so left out: {', '.join(missing)}; `make bench-accuracy` installs them")
    packages = [name for name in wanted if name not in missing]
    chosen = {
        "tuning": {"trials": options.trials},
        "model": {"loss": options.loss, "point_loss": options.point_loss, "passes": options.passes},
        "boosting": {"enabled": not options.network},
    }
    found: list[Finding] = []
    for folder in options.sets:
        split = Split.read(folder)
        work = Path(tempfile.mkdtemp(prefix="accuracy-")) if options.work is None else options.work / split.name
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        forecasts, spent = forecast(split, work, options.fit_once, chosen)
        scored = split.scored(forecasts)
        print(
            f"\n{split.name}: {len(split.cycles)} cycles, "
            + ", ".join(f"{name} {value:.0f} CPU s" for name, value in spent.items())
        )
        print(table(scored))
        print(coverage_by_category(split.scored_by_category(forecasts)), flush=True)
        found += [*findings(split, scored), *beside_peers(split, scored, packages)]
        if options.held_back:
            young, skus = held_back(split, options.held_back)
            (work / "new").mkdir()
            found += compare(young, skus, forecast(young, work / "new", options.fit_once, chosen)[0])
        if options.work is None:
            shutil.rmtree(work)
    print()
    show(found, "accuracy")


if __name__ == "__main__":
    main()
