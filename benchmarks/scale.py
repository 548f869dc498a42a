"""What a weekly cycle costs as the catalogue grows: features, forecasts, node forecasts, rollups.

`make bench-scale`. Invented catalogues of several sizes, 260 weeks each, in a lake on disk; every stage in a process of
its own, which reads its inputs from disk and writes what the asset of that name writes. Seconds by the clock, CPU
seconds and peak memory of each, how fast they grow with the number of series (the exponent of a power law fitted over
the sizes), and what that says of 500,000 series. The model is trained on the smallest catalogue, for fewer epochs than
by default, and its residuals of all series are invented; what forecasting costs depends on neither.

Then one catalogue in shards, by one process at a time and by two, and the same by Dagster itself: seconds, the bytes of
one step, and how many partitions and events its storage holds afterwards; and its features in shards, step by step.
Prints a table and writes benchmarks/out/scale.json. BENCH_DIR names a disk with room.

Belongs here: how costs grow. Does not belong here: ingestion and buckets (`ingest.py`), training (`training.py`).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from benchmarks.findings import Finding, at_most, say, share, show
from dp_assets.domain.config import DemandConfig
from dp_resources.lake import Lake

if TYPE_CHECKING:
    from dp_assets.domain.forecasts import Champion
    from dp_assets.domain.panel import Panel

WEEKS, HORIZON, LOOKBACK = 260, 13, 52
SIZES = (5_000, 50_000, 100_000)
BEYOND = 500_000
"""Series that the fitted power laws are asked about, where they were not measured."""
STAGES = ("features", "forecasts", "node_forecasts", "reconciled_rollups")
SHARDED, SHARDS, WITHIN = 10_000, 5, 15.0
"""Series in shards, into how many, and the seconds that may take."""
EXPONENT, SECONDS, GIGABYTES, AT = 1.1, 180.0, 6.0, 50_000
"""Bars: growth; and of all stages together at `AT` series, seconds and memory of two cores."""
BAR = "the bar of the requirement"
RECEIPT = "receipt"
FIRST = date(2020, 1, 6)
CYCLE = FIRST + timedelta(weeks=WEEKS)
DEPARTMENTS, BRANDS, TYPES = 10, 40, 200
EPOCHS = 4
ORIGINS = 26
"""Past origins of the residuals, two folds of a horizon each."""


@dataclass(frozen=True)
class Cost:
    """Of one stage: seconds by the clock, CPU seconds, peak bytes."""

    seconds: float
    cpu: float
    peak: float


def configuration(**overrides: Any) -> DemandConfig:
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
            **overrides,
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


def train(place: Path, lake: Lake, **overrides: Any) -> None:
    """A network and trees of the default size, fitted on the catalogue, into folders that all catalogues share."""
    from dp_assets.domain.boosting import fit_boosting
    from dp_assets.domain.encoders import fit_encoders
    from dp_assets.domain.model_folder import ModelCard, save_model
    from dp_assets.domain.network import to_onnx
    from dp_assets.domain.panel import Panel
    from dp_assets.domain.training import HyperParameters, WindowSource, example_inputs, fit_before, spec_of
    from dp_assets.domain.windows import trainable_rows

    config = configuration(**{"model": {"epochs": EPOCHS}, **overrides})
    panel = Panel.load(lake.open_folder("features", cycle=CYCLE.isoformat()))
    encoders, hyper = fit_encoders(panel, config), HyperParameters.of(config)
    source = WindowSource.of(panel, encoders)
    spec = spec_of(panel, encoders, config, hyper)
    network = fit_before(source, spec, hyper, config, panel.history).network
    card = ModelCard(CYCLE.isoformat(), spec, hyper, EPOCHS, config.model.seed, None, "unknown", {})
    onnx = to_onnx(network, example_inputs(source, spec))
    save_model(place / "model", network, onnx, card, encoders.to_json(), curve={}, study={})
    boosting = fit_boosting(source, encoders, trainable_rows(panel), config, panel.history)
    boosting.save(place / "model-boosting")


def write_model(place: Path, lake: Lake) -> None:
    """The shared model as one of the catalogue's lake, with residuals of all its series."""
    from dp_assets.domain.contracts import LEADERBOARD
    from dp_assets.domain.demand_classes import CLASSES
    from dp_assets.domain.error_distributions import error_distributions
    from dp_assets.domain.panel import Panel

    config, cycle = configuration(), CYCLE.isoformat()
    panel = Panel.load(lake.open_folder("features", cycle=cycle))
    lake.write_folder("tuned_model", place / "model", {"features": "", "recalls": []}, cycle=cycle)
    lake.write_folder("boosted_model", place / "model-boosting", {}, cycle=cycle)
    row = {"method": "boosting", "observations": 9, "share": 0.5, "champion": False, "reason": ""}
    board = pl.DataFrame([{"demand_class": name, **row} for name in CLASSES]).with_columns(
        pl.lit(None, pl.Float64).alias(score) for score in ("wape", "rmse", "bias", "wql")
    )
    lake.write("leaderboard", LEADERBOARD.conform(board), cycle=cycle)
    residuals = invented_residuals(panel, config)
    lake.write("residuals", residuals, cycle=cycle)
    some = panel.series["series_id"][: min(len(panel), SIZES[0])]
    sample = residuals.filter(pl.col("series_id").is_in(some.implode()))
    lake.write("error_distributions", error_distributions(sample, config), cycle=cycle)


def invented_residuals(panel: Panel, config: DemandConfig) -> pl.DataFrame:
    """What was sold against the mean of the quarter before it, from as many origins and leads as a backtest has."""
    from dp_assets.domain.contracts import residuals

    history, series = panel.history, len(panel)
    pairs = [(history - back, lead) for back in range(ORIGINS, 0, -1) for lead in range(min(HORIZON, back))]
    origins, leads = np.array(pairs).T
    units = np.asarray(panel.quantity, np.float64)
    actual = units[:, origins + leads].reshape(-1)
    level = np.stack([units[:, origin - HORIZON : origin].mean(axis=1) for origin in origins], axis=1).reshape(-1) + 0.1
    spread = np.linspace(0.3, 2.0, len(config.quantile_levels), dtype=np.float32)
    own = pl.Series(np.multiply.outer(level.astype(np.float32), spread))
    return residuals(config).conform(
        pl.DataFrame(
            {
                "series_id": panel.series["series_id"].gather(np.repeat(np.arange(series), len(pairs))),
                "cutoff": np.tile(panel.starts[origins].astype("datetime64[D]"), series),
                "lead": np.tile(leads + 1, series),
                "actual": actual,
                "predicted": level,
                "residual": actual - level,
                "scale": level,
                "predicted_quantiles": own.arr.to_list(),
                "out_of_sample": np.full(len(actual), True),
            }
        )
    )


def features(place: Path, lake: Lake) -> None:
    """Contributions → dense panel, eligibility, outliers."""
    from dp_assets.domain.features import build_features
    from dp_assets.domain.known_sales import columns_read
    from dp_assets.domain.outline import Plans

    config, cycle = configuration(), CYCLE.isoformat()
    frames = lake.frames("weekly_buckets", None, columns_read(config))
    with tempfile.TemporaryDirectory(dir=place) as name:
        folder = Path(name)
        made = build_features(frames, lake.read("sku_attributes", cycle=cycle), Plans(), config, CYCLE, folder)
        lake.write("eligibility", made.eligibility, cycle=cycle)
        lake.write("outlier_log", made.outlier_log, cycle=cycle)
        lake.write_folder("features", folder, {"recalls": []}, cycle=cycle)


def share_out_series(place: Path, lake: Lake) -> None:
    """What the asset `features` does in its first step, where it is made in shards."""
    from dp_assets.domain.known_sales import columns_read
    from dp_assets.domain.outline import Plans, outline_of
    from dp_assets.feature_shards import share_out

    config, cycle = configuration(), CYCLE.isoformat()
    frames = lake.frames("weekly_buckets", None, columns_read(config))
    found = outline_of(frames, lake.read("sku_attributes", cycle=cycle), Plans(), config, CYCLE)
    share_out(lake, cycle, found, config, SHARDS, "benchmark", [])


def observe_series(lake: Lake, number: int) -> None:
    """What it does in the first step of one shard."""
    from dp_assets.feature_shards import FeatureShards, observe_shard

    observe_shard(FeatureShards.opened(lake, CYCLE.isoformat()), number, configuration())


def compare_series(place: Path, lake: Lake) -> None:
    """What it does between the two steps of each shard."""
    from dp_assets.feature_shards import FeatureShards, compare_shards

    compare_shards(FeatureShards.opened(lake, CYCLE.isoformat()), configuration())


def derive_series(lake: Lake, number: int) -> None:
    """What it does in the second step of one shard."""
    from dp_assets.feature_shards import FeatureShards, derive_shard

    derive_shard(FeatureShards.opened(lake, CYCLE.isoformat()), number, configuration())


def write_panel(place: Path, lake: Lake) -> None:
    """What it does in its last step."""
    from dp_assets.feature_shards import FeatureShards, features_of_shards

    cycle = CYCLE.isoformat()
    with features_of_shards(FeatureShards.opened(lake, cycle), configuration()) as (_, folder, _):
        lake.write_folder("features_in_shards", folder, cycle=cycle)


def forecasts(place: Path, lake: Lake) -> None:
    """Panel and model → calibrated quantiles of every series."""
    from dp_assets.domain.forecasts import forecast_table

    panel, champion = opened(lake)
    lake.write("forecasts", forecast_table(panel, champion, configuration(), RECEIPT), cycle=CYCLE.isoformat())


def opened(lake: Lake) -> tuple[Panel, Champion]:
    """The panel and the model."""
    from dp_assets.champions import open_champion, open_panel

    panel, champion = open_panel(lake, CYCLE.isoformat()), open_champion(lake, CYCLE.isoformat(), configuration())
    if champion is None:
        raise SystemExit("expected a model in the lake, got none; call write_model first")
    return panel, champion


def forecast_shard(lake: Lake, number: int) -> None:
    """What the asset `forecasts` does in the step of one shard."""
    from dp_assets.domain.forecasts import model_forecasts, modelled_rows
    from dp_assets.domain.inference import shard
    from dp_assets.forecast_shards import shard_name, write_shard

    panel, champion = opened(lake)
    rows = shard(modelled_rows(panel, champion, configuration()), number, SHARDS)
    made = model_forecasts(panel, champion, configuration(), rows, champion.shares(panel))
    write_shard(lake, CYCLE.isoformat(), RECEIPT, shard_name(number, SHARDS), rows, made)


def put_together(place: Path, lake: Lake) -> None:
    """What it does in the step after them."""
    from dp_assets.domain.forecasts import forecast_table, modelled_rows
    from dp_assets.forecast_shards import read_shards

    config, cycle = configuration(), CYCLE.isoformat()
    panel, champion = opened(lake)
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


AFTER_FEATURES = (forecasts, put_together, node_forecasts, reconciled_rollups)


def cost(part: str, place: Path, root: Path) -> Cost:
    """What a process of its own spends on a part, its imports included."""
    command = [sys.executable, "-m", "benchmarks.scale", "--part", part, "--work", str(place), "--lake", str(root)]
    started = time.monotonic()
    said = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return Cost(time.monotonic() - started, *json.loads(said.splitlines()[-1]))


def spend(part: str, place: Path, lake: Lake) -> None:
    """Does a part, and says what it has cost."""
    name, _, number = part.partition(":")
    if name == "write_catalogue":
        write_catalogue(lake, int(number))
    elif number:
        {one.__name__: one for one in (forecast_shard, observe_series, derive_series)}[name](lake, int(number))
    else:
        parts = (features, share_out_series, compare_series, write_panel, train, write_model, *AFTER_FEATURES)
        {one.__name__: one for one in parts}[name](place, lake)
    print(json.dumps([time.process_time(), peak()]))


def peak() -> int:
    """Bytes that this process held at most; unlike `ru_maxrss`, not those of the one that started it."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def catalogue(place: Path, series: int) -> tuple[Path, dict[str, Cost]]:
    """A lake with a catalogue of so many series, its features and the model, and what features and training took."""
    root, found = place / f"lake-{series}", {}
    print(f"writing {series:,} series × {WEEKS} weeks ...", flush=True)
    cost(f"write_catalogue:{series}", place, root)
    found["features"] = cost("features", place, root)
    if not (place / "model-boosting").exists():
        found["train"] = cost("train", place, root)
    cost("write_model", place, root)
    return root, found


def measured(place: Path, series: int) -> dict[str, Cost]:
    """Stage → cost, of a catalogue that is written first; the first one also trains the model."""
    root, found = catalogue(place, series)
    for stage in STAGES[1:]:
        found[stage] = cost(stage, place, root)
    for stage, one in found.items():
        say([share(f"{series:,} series, {stage}: CPU seconds", one.cpu, "nothing")])
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
    cycle = [found[stage] for stage in STAGES]
    seconds, highest = sum(one.seconds for one in cycle), max(one.peak for one in cycle)
    if series == AT:
        lines.append(at_most(f"{series:,} series, all stages: seconds, of {SECONDS:.0f}", seconds / SECONDS, BAR, 1.0))
        lines.append(at_most(f"  peak, of {GIGABYTES:.0f} GB", highest / 1e9 / GIGABYTES, BAR, 1.0))
    else:
        lines.append(share(f"{series:,} series, all stages: seconds", seconds, "nothing"))
    return lines


def growth_findings(costs: dict[int, dict[str, Cost]]) -> list[Finding]:
    """Exponents of CPU and memory in the number of series, and what the two largest catalogues say of a larger one.

    Starting a process costs the same whatever it does, so small catalogues make growth look flatter; the exponent
    between the two largest is the one to believe, and the one that is judged.
    """
    sizes = sorted(costs)
    if len(sizes) < 2:
        return []
    lines = []
    for stage in STAGES:
        for name, unit in (("cpu", "CPU seconds"), ("peak", "peak GB")):
            values = [getattr(costs[size][stage], name) / (1e9 if name == "peak" else 1) for size in sizes]
            grown = exponent(sizes[-2:], values[-2:])
            what = f"{stage}: {name} grows with series to the power"
            lines.append(at_most(what, grown, f"a line, {sizes[-2]:,} to {sizes[-1]:,}", EXPONENT))
            lines.append(share("  over all sizes", exponent(sizes, values), "nothing"))
            if sizes[-1] < BEYOND:
                beyond = values[-1] * (BEYOND / sizes[-1]) ** max(1.0, grown)
                lines.append(share(f"  {BEYOND:,} series, extrapolated: {unit}", beyond, "nothing"))
    return lines


def shard_findings(place: Path) -> list[Finding]:
    """One catalogue in shards and what puts them together: one process at a time and two, against one piece."""
    root = place / f"lake-{SHARDED}"
    lake = Lake(root)
    if not lake.exists("features", cycle=CYCLE.isoformat()):
        catalogue(place, SHARDED)
    whole = cost("forecasts", place, root)
    parts = [f"forecast_shard:{number}" for number in range(SHARDS)]
    spent = {}
    for processes in (1, 2):
        started = time.monotonic()
        with ThreadPoolExecutor(processes) as pool:
            shards = list(pool.map(lambda part: cost(part, place, root), parts))
        together = cost("put_together", place, root)
        spent[processes] = (time.monotonic() - started, shards, together)
    digests = [lake.digest(table, cycle=CYCLE.isoformat()) for table in ("forecasts", "forecasts_in_shards")]
    if len(set(digests)) != 1:
        raise SystemExit("expected the bytes of one process from the shards, got others")
    seconds, shards, together = spent[2]
    peer = f"{SHARDED:,} series in one piece ({whole.seconds:.1f} s), to the same bytes"
    cpu = sum(one.cpu for one in shards) + together.cpu
    return [
        share(f"{SHARDED:,} series in one piece: CPU seconds", whole.cpu, "nothing"),
        share("  peak GB", whole.peak / 1e9, "nothing"),
        share(f"each of {SHARDS} shards: CPU seconds", cpu_of(shards), "nothing"),
        share("  peak GB", max(one.peak for one in shards) / 1e9, "nothing"),
        share("putting them together: CPU seconds", together.cpu, "nothing"),
        share("  peak GB", together.peak / 1e9, "nothing"),
        share(f"{SHARDS} shards, one process at a time: seconds", spent[1][0] / whole.seconds, peer),
        share(f"{SHARDS} shards, two processes: seconds", seconds / whole.seconds, peer),
        share("  CPU of all", cpu / whole.cpu, peer),
        at_most(f"{SHARDED:,} series over {SHARDS} shards: seconds, of {WITHIN:.0f}", seconds / WITHIN, BAR, 1.0),
        share("  on two free cores, by CPU: seconds", cpu_of(shards) * -(-SHARDS // 2) + together.cpu, "nothing"),
    ]


def feature_shard_findings(place: Path) -> list[Finding]:
    """The features of one catalogue in shards, step by step, against one piece."""
    root = place / f"lake-{SHARDED}"
    lake = Lake(root)
    whole = cost("features", place, root)
    steps: dict[str, list[Cost]] = {}
    for step in ("share_out_series", "observe_series", "compare_series", "derive_series", "write_panel"):
        numbered = [f"{step}:{number}" for number in range(SHARDS)]
        each = numbered if step in ("observe_series", "derive_series") else [step]
        steps[step] = [cost(part, place, root) for part in each]
    digests = {lake.manifest(name, cycle=CYCLE.isoformat())["sha256"] for name in ("features", "features_in_shards")}
    if len(digests) != 1:
        raise SystemExit("expected the features of one process from the shards, got others")
    lines = [
        share(f"{SHARDED:,} series in one piece, features: CPU seconds", whole.cpu, "nothing"),
        share("  peak GB", whole.peak / 1e9, "nothing"),
    ]
    for step, costs in steps.items():
        lines.append(share(f"in {SHARDS} shards, {step}: CPU seconds of each", cpu_of(costs), "nothing"))
        lines.append(share("  peak GB", max(one.peak for one in costs) / 1e9, "nothing"))
    return lines


def cpu_of(costs: Sequence[Cost]) -> float:
    """Mean CPU seconds."""
    return sum(one.cpu for one in costs) / len(costs)


def by_dagster(place: Path, series: int, shards: int) -> tuple[float, dict[str, int], str]:
    """The cycle's assets from forecasts on by Dagster's own command line: seconds that forecasts take, rows of its
    storage by what they are, and the digest of the forecasts."""
    root, home = place / f"lake-{series}", place / f"dagster-{series}-{shards}"
    home.mkdir(exist_ok=True)
    config = configuration(lake={"root": str(root)}, forecasting={"shards": shards})
    said = config.model_dump(mode="json", exclude_unset=True)
    (home / "demand.yaml").write_text(json.dumps(said), encoding="utf-8")
    (home / "dagster.yaml").write_text("telemetry: {enabled: false}\n", encoding="utf-8")
    environment = os.environ | {
        "DAGSTER_HOME": str(home),
        "DP_CONFIG": str(home / "demand.yaml"),
        "DP_STATE_DIR": str(place / "state"),
        "DP_CODE_REVISION": "benchmark",
    }
    asset = ["asset", "materialize", "-m", "dp_assets.definitions", "--partition", CYCLE.isoformat()]
    command = [sys.executable, "-m", "dagster", *asset, "--select"]
    prepare = "from dp_assets.cli import main; main()"
    subprocess.run([sys.executable, "-c", prepare, "prepare"], check=True, env=environment, capture_output=True)
    started = time.monotonic()
    subprocess.run([*command, "forecasts"], check=True, env=environment, capture_output=True)
    seconds = time.monotonic() - started
    subprocess.run([*command, "node_forecasts,reconciled_rollups"], check=True, env=environment, capture_output=True)
    return seconds, stored(home), Lake(root).digest("forecasts", cycle=CYCLE.isoformat())


def stored(home: Path) -> dict[str, int]:
    """What Dagster's storage in a folder holds: partitions that were made, over all assets, and events."""
    import dagster as dg

    with dg.DagsterInstance.from_config(str(home)) as instance:
        runs = instance.get_run_ids()
        events = sum(len(instance.all_logs(run)) for run in runs)
        made = (len(instance.get_materialized_partitions(key)) for key in instance.all_asset_keys())
        return {"runs": len(runs), "partitions": sum(made), "events": events}


def dagster_findings(place: Path, sizes: Sequence[int]) -> list[Finding]:
    """Dagster's own overhead: one catalogue in one step and in shards, and what its storage holds for several."""
    lines, digests = [], []
    for shards in (1, SHARDS):
        seconds, _, digest = by_dagster(place, SHARDED, shards)
        digests.append(digest)
        what = "one step" if shards == 1 else f"{shards} shards"
        lines.append(share(f"{SHARDED:,} series by Dagster in {what}: seconds", seconds, "nothing"))
    if len(set(digests)) != 1:
        raise SystemExit("expected the bytes of one step from Dagster's shards, got others")
    for series in sizes:
        for name, count in by_dagster(place, series, 1)[1].items():
            lines.append(share(f"{series:,} series, Dagster's storage after a cycle: {name}", count, "nothing"))
    return lines


def main(argv: list[str] | None = None) -> None:
    """See the module's docstring."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="*", default=SIZES, help="series (default: %(default)s)")
    parser.add_argument("--part", help=argparse.SUPPRESS)
    parser.add_argument("--work", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--lake", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    if options.part:
        spend(options.part, options.work, Lake(options.lake))
        return
    os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DIR")) as scratch:
        place = Path(scratch)
        costs = {series: measured(place, series) for series in sorted(options.sizes)}
        sized = [line for series, found in costs.items() for line in size_findings(series, found)]
        sharded = [*shard_findings(place), *feature_shard_findings(place)]
        by_size = dagster_findings(place, sorted(costs)[:2])
        show([*sized, *growth_findings(costs), *sharded, *by_size], "scale")


if __name__ == "__main__":
    main()
