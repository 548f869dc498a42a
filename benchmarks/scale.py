"""What a weekly cycle costs as the catalogue grows: features, forecasts, node forecasts, rollups.

`make bench-scale`. Invented catalogues of several sizes, 260 weeks each, in a lake on disk; every stage in a process of
its own, which reads its inputs from disk and writes what the asset of that name writes. Seconds by the clock, CPU
seconds and peak memory of each, how fast they grow with the number of series (the exponent of a power law fitted over
the sizes), and one catalogue forecast in shards by one process at a time and by two. Prints a table and writes
benchmarks/out/scale.json.

Belongs here: how costs grow. Does not belong here: ingestion and buckets (`ingest.py`), training (`training.py`).
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from benchmarks.findings import Finding, at_most, say, share, show
from dp_assets.domain.config import DemandConfig
from dp_resources.lake import Lake

if TYPE_CHECKING:
    from dp_assets.domain.forecasts import Champion
    from dp_assets.domain.panel import Panel

WEEKS, HORIZON, LOOKBACK = 260, 13, 52
SIZES = (5_000, 15_000, 50_000)
STAGES = ("features", "forecasts", "node_forecasts", "reconciled_rollups")
SHARDED, SHARDS = 10_000, 5
EXPONENT, SECONDS, GIGABYTES, AT = 1.1, 180.0, 6.0, 50_000
"""Bars: growth; and of all stages together at `AT` series, minutes and memory of two cores."""
RECEIPT = "receipt"
FIRST = date(2020, 1, 6)
CYCLE = FIRST + timedelta(weeks=WEEKS)
DEPARTMENTS, BRANDS, TYPES = 10, 40, 200


@dataclass(frozen=True)
class Cost:
    """Of one stage: seconds by the clock, CPU seconds, peak bytes."""

    seconds: float
    cpu: float
    peak: float


def configuration() -> DemandConfig:
    """A quarter ahead, a year back, three attributes that are levels of one hierarchy, all else by default."""
    shop = {"name": "shop", "files": ["*.csv"], "columns": {"sku": "item", "sold_at": "day", "quantity": "units"}}
    return DemandConfig.model_validate(
        {
            "bucket": {"first": FIRST},
            "producers": [shop],
            "attributes": {"department": {}, "brand": {}, "type": {}},
            "hierarchies": [{"name": "product", "levels": ["department", "brand", "type"]}],
            "horizon_weeks": HORIZON,
            "lookback_weeks": LOOKBACK,
        }
    )


def write_catalogue(lake: Lake, series: int) -> None:
    """Attributes as of the cycle and one partition of contributions per week; half of all weeks are without a sale."""
    from dp_assets.domain.contracts import planner_inputs, sku_attributes, weekly_buckets

    config, rng = configuration(), np.random.default_rng(1)
    names = np.array([f"SKU{number:07d}" for number in range(series)])
    kind = rng.integers(0, TYPES, series)
    levels = {"department": kind % DEPARTMENTS, "brand": kind % BRANDS, "type": kind}
    words = {name: [f"{name} {number}" for number in values] for name, values in levels.items()}
    sources = {f"{name}_source": ["shop/file"] * series for name in words}
    known = {"conflicts": [[]] * series, "has_attributes": [True] * series}
    attributes = pl.DataFrame({"sku": names, **words, **sources, **known}, strict=False)
    cycle = CYCLE.isoformat()
    lake.write("sku_attributes", sku_attributes(config).conform(attributes), cycle=cycle)
    lake.write("planner_inputs", planner_inputs(config).empty(), cycle=cycle)
    table, rate, busy = weekly_buckets(config), rng.lognormal(1.5, 0.8, series), rng.beta(1, 1, series)
    for week in range(WEEKS):
        monday = FIRST + timedelta(weeks=week)
        sold = np.flatnonzero(rng.random(series) < busy)
        season = 1 + 0.3 * np.sin(2 * np.pi * week / 52)
        units = 1.0 + rng.poisson(rate[sold] * season)
        arrived = datetime(monday.year, monday.month, monday.day, 6, tzinfo=UTC) + timedelta(weeks=1)
        frame = pl.DataFrame(
            {
                **{"series_id": names[sold], "sku": names[sold], "quantity": units, "revenue": units * 2.5},
                "transactions": units.astype(np.int64),
                "promoted_quantity": np.zeros(len(sold)),
            }
        ).with_columns(
            pl.lit(monday).alias("bucket_start"),
            pl.lit(f"shop-{week:04d}").alias("file_version_id"),
            pl.lit("landed").alias("event"),
            pl.lit(arrived).alias("known_from"),
        )
        lake.write("weekly_buckets", table.conform(frame), bucket=monday.isoformat())


def write_model(place: Path, lake: Lake) -> None:
    """An untrained network of the default size and small trees beside it, which cost what trained ones do."""
    from dp_assets.domain.panel import Panel
    from tests.serving.network_makers import make_batch

    panel = Panel.load(lake.open_folder("features", cycle=CYCLE.isoformat()))
    batch = make_batch(panel, configuration(), place / "model")
    batch.errors.write_parquet(place / "errors.parquet")
    batch.leaderboard.write_parquet(place / "leaderboard.parquet")


def features(place: Path, lake: Lake) -> None:
    """Contributions → dense panel, eligibility, outliers."""
    from dp_assets.domain.features import Plans, build_features, columns_read

    config, cycle = configuration(), CYCLE.isoformat()
    frames = lake.frames("weekly_buckets", None, columns_read(config))
    made = build_features(frames, lake.read("sku_attributes", cycle=cycle), Plans(), config, CYCLE)
    lake.write("eligibility", made.eligibility, cycle=cycle)
    lake.write("outlier_log", made.outlier_log, cycle=cycle)
    with tempfile.TemporaryDirectory(dir=place) as folder:
        made.panel.save(Path(folder))
        lake.write_folder("features", Path(folder), {}, cycle=cycle)


def forecasts(place: Path, lake: Lake) -> None:
    """Panel and model → calibrated quantiles of every series."""
    from dp_assets.domain.forecasts import forecast_table

    panel, champion = opened(place, lake)
    lake.write("forecasts", forecast_table(panel, champion, configuration(), RECEIPT), cycle=CYCLE.isoformat())


def opened(place: Path, lake: Lake) -> tuple[Panel, Champion]:
    """The panel, and the model that all catalogues share."""
    from dp_assets.domain.boosting import Boosting
    from dp_assets.domain.encoders import Encoders
    from dp_assets.domain.forecasts import Champion
    from dp_assets.domain.intervals import ErrorDistributions
    from dp_assets.domain.panel import Panel

    cycle = CYCLE.isoformat()
    panel = Panel.load(lake.open_folder("features", cycle=cycle))
    encoders = Encoders.from_json((place / "model" / "encoders.json").read_text(encoding="utf-8"))
    errors = ErrorDistributions.of(pl.read_parquet(place / "errors.parquet"), configuration().quantile_levels)
    board, boosting = pl.read_parquet(place / "leaderboard.parquet"), Boosting.load(place / "model-boosting")
    return panel, Champion(cycle, place / "model", encoders, errors, "benchmark", board, boosting)


def forecast_shard(place: Path, lake: Lake, number: int) -> None:
    """What the asset `forecasts` does in the step of one shard."""
    from dp_assets.domain.forecasts import model_forecasts, modelled_rows
    from dp_assets.domain.inference import shard
    from dp_assets.forecast_shards import shard_name, write_shard

    panel, champion = opened(place, lake)
    rows = shard(modelled_rows(panel, champion, configuration()), number, SHARDS)
    made = model_forecasts(panel, champion, configuration(), rows, champion.shares(panel))
    write_shard(lake, CYCLE.isoformat(), RECEIPT, shard_name(number, SHARDS), rows, made)


def put_together(place: Path, lake: Lake) -> None:
    """What it does in the step after them."""
    from dp_assets.domain.forecasts import forecast_table, modelled_rows
    from dp_assets.forecast_shards import read_shards

    config, cycle = configuration(), CYCLE.isoformat()
    panel, champion = opened(place, lake)
    modelled = read_shards(lake, cycle, RECEIPT, modelled_rows(panel, champion, config), config)
    made = forecast_table(panel, champion, config, RECEIPT, modelled=modelled)
    lake.write("forecasts_in_shards", made, cycle=cycle)


def node_forecasts(place: Path, lake: Lake) -> None:
    """Panel → base forecasts of every node above the series."""
    from dp_assets.domain.hierarchy import build_hierarchies
    from dp_assets.domain.node_forecasts import node_forecast_table
    from dp_assets.domain.panel import Panel

    config, cycle = configuration(), CYCLE.isoformat()
    panel = Panel.load(lake.open_folder("features", cycle=cycle))
    hierarchies = build_hierarchies(panel.series, lake.read("sku_attributes", cycle=cycle), config, CYCLE)
    lake.write("node_forecasts", node_forecast_table(panel, hierarchies, config), cycle=cycle)


def reconciled_rollups(place: Path, lake: Lake) -> None:
    """Forecasts of series and nodes → every level agrees."""
    from dp_assets.domain.panel import Panel
    from dp_assets.reconciling import reconcile_cycle

    cycle = CYCLE.isoformat()
    panel = Panel.load(lake.open_folder("features", cycle=cycle))
    lake.write("reconciled_rollups", reconcile_cycle(lake, configuration(), cycle, panel).table, cycle=cycle)


def cost(part: str, place: Path, root: Path) -> Cost:
    """What a process of its own spends on a part, its imports included."""
    command = [sys.executable, "-m", "benchmarks.scale", "--part", part, "--work", str(place), "--lake", str(root)]
    started = time.monotonic()
    said = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return Cost(time.monotonic() - started, *json.loads(said.splitlines()[-1]))


def spend(part: str, place: Path, lake: Lake) -> None:
    """Does a part, and says what it has cost."""
    name, _, number = part.partition(":")
    if number:
        forecast_shard(place, lake, int(number))
    else:
        stages = (features, forecasts, put_together, node_forecasts, reconciled_rollups)
        {one.__name__: one for one in stages}[name](place, lake)
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps([used.ru_utime + used.ru_stime, used.ru_maxrss * 1024]))


def measured(place: Path, series: int) -> dict[str, Cost]:
    """Stage → cost, of a catalogue that is written first; the first one also gets a model, which all share."""
    root = place / f"lake-{series}"
    lake = Lake(root)
    print(f"writing {series:,} series × {WEEKS} weeks ...", flush=True)
    write_catalogue(lake, series)
    found = {}
    for stage in STAGES:
        found[stage] = cost(stage, place, root)
        if stage == "features" and not (place / "model").exists():
            write_model(place, lake)
        say([share(f"{series:,} series, {stage}: seconds", found[stage].seconds, "nothing")])
    return found


def exponent(sizes: Sequence[int], values: Sequence[float]) -> float:
    """Of the power law through the values by least squares on logarithms."""
    return float(np.polyfit(np.log(sizes), np.log(values), 1)[0])


def size_findings(series: int, found: dict[str, Cost]) -> list[Finding]:
    """What each stage of one catalogue took."""
    lines = []
    for stage, one in found.items():
        lines.append(share(f"{series:,} series, {stage}: seconds", one.seconds, "nothing"))
        lines.append(share("  CPU seconds", one.cpu, "nothing"))
        lines.append(share("  peak GB", one.peak / 1e9, "nothing"))
    seconds, peak = sum(one.seconds for one in found.values()), max(one.peak for one in found.values())
    if series == AT:
        bar = "the bar of the requirement"
        lines.append(at_most(f"{series:,} series, all stages: seconds, of {SECONDS:.0f}", seconds / SECONDS, bar, 1.0))
        lines.append(at_most(f"  peak, of {GIGABYTES:.0f} GB", peak / 1e9 / GIGABYTES, bar, 1.0))
    else:
        lines.append(share(f"{series:,} series, all stages: seconds", seconds, "nothing"))
    return lines


def growth_findings(costs: dict[int, dict[str, Cost]]) -> list[Finding]:
    """Exponents of CPU and memory in the number of series; imports included, so small ones look flatter."""
    sizes = sorted(costs)
    if len(sizes) < 2:
        return []
    lines = []
    for stage in STAGES:
        for name in ("cpu", "peak"):
            grown = exponent(sizes, [getattr(costs[size][stage], name) for size in sizes])
            lines.append(at_most(f"{stage}: {name} grows with series to the power", grown, "a line", EXPONENT))
    return lines


def shard_findings(place: Path) -> list[Finding]:
    """One catalogue in shards and what puts them together: one process at a time and two, against one piece."""
    root = place / f"lake-{SHARDED}"
    lake = Lake(root)
    if not lake.exists("forecasts", cycle=CYCLE.isoformat()):
        write_catalogue(lake, SHARDED)
        cost("features", place, root)
    whole = cost("forecasts", place, root)
    parts = [f"forecast_shard:{number}" for number in range(SHARDS)]
    spent = {}
    for processes in (1, 2):
        started = time.monotonic()
        with ThreadPoolExecutor(processes) as pool:
            each = [*pool.map(lambda part: cost(part, place, root), parts), cost("put_together", place, root)]
        spent[processes] = (time.monotonic() - started, sum(one.cpu for one in each))
    digests = [lake.digest(table, cycle=CYCLE.isoformat()) for table in ("forecasts", "forecasts_in_shards")]
    if len(set(digests)) != 1:
        raise SystemExit("expected the bytes of one process from the shards, got others")
    peer = f"{SHARDED:,} series in one piece ({whole.seconds:.1f} s), to the same bytes"
    return [
        share(f"{SHARDS} shards, one process at a time: seconds", spent[1][0] / whole.seconds, peer),
        share(f"{SHARDS} shards, two processes: seconds", spent[2][0] / whole.seconds, peer),
        share("  CPU of all", spent[2][1] / whole.cpu, peer),
        at_most(f"{SHARDED:,} series over {SHARDS} shards: seconds, of 15", spent[2][0] / 15, "the requirement", 1.0),
    ]


def main(argv: list[str] | None = None) -> None:
    """See the module's docstring."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="series (default: %(default)s)")
    parser.add_argument("--part", help=argparse.SUPPRESS)
    parser.add_argument("--work", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--lake", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    if options.part:
        spend(options.part, options.work, Lake(options.lake))
        return
    os.environ["OMP_NUM_THREADS"] = "1"
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DIR")) as scratch:
        place = Path(scratch)
        costs = {series: measured(place, series) for series in sorted(options.sizes)}
        sized = [line for series, found in costs.items() for line in size_findings(series, found)]
        show([*sized, *growth_findings(costs), *shard_findings(place)], "scale")


if __name__ == "__main__":
    main()
