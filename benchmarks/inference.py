"""Batch inference against bare eager torch, end to end against a bare forward pass, features against bare coreforecast.

`make bench-inference`. Ratios, never times: CPU seconds on one thread, in interleaved rounds, medians; whole processes
with their imports where it says end to end. Prints a table and writes benchmarks/out/inference.json.

Belongs here: what a batch of forecasts costs. Does not belong here: the API (`serving.py`), training (`training.py`).
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.findings import Finding, at_most, share, show
from dp_assets.domain.config import DemandConfig

SKUS, WEEKS, HORIZON, LOOKBACK = 10_000, 104, 13, 52
BATCH = 512


@dataclass(frozen=True)
class Place:
    """Where the parts lie that both sides read."""

    root: Path

    @property
    def model(self) -> Path:
        return self.root / "model"

    @property
    def panel(self) -> Path:
        return self.root / "panel"

    @property
    def errors(self) -> Path:
        return self.root / "errors.parquet"

    @property
    def windows(self) -> Path:
        return self.root / "windows.npz"


def configuration() -> DemandConfig:
    """A year back, a quarter ahead, attributes as invented, all else by default."""
    shop = {"name": "shop", "files": ["*.csv"], "columns": {"sku": "item", "sold_at": "day", "quantity": "units"}}
    return DemandConfig.model_validate(
        {
            "producers": [shop],
            "attributes": {"department": {}, "brand": {}},
            "horizon_weeks": HORIZON,
            "lookback_weeks": LOOKBACK,
        }
    )


def prepare(place: Place, skus: int) -> None:
    """Writes a panel, an untrained network with its encoders, error distributions, and windows gathered beforehand."""
    from dp_assets.domain.encoders import Encoders
    from dp_assets.domain.windows import Windows, windows_at
    from tests.factories import make_panel
    from tests.serving.network_makers import make_batch

    panel = make_panel(series=skus, history=WEEKS, horizon=HORIZON)
    batch = make_batch(panel, configuration(), place.model, boosted=False)
    panel.save(place.panel)
    batch.errors.write_parquet(place.errors)
    encoders = Encoders.from_json((place.model / "encoders.json").read_text(encoding="utf-8"))
    index = windows_at(np.arange(len(panel)), panel.history)
    np.savez(place.windows, allow_pickle=False, **Windows.of(panel, encoders).gather(index, LOOKBACK))


def bare(place: Place) -> None:
    """Imports, weights, windows that were gathered beforehand, one forward pass over all of them."""
    import torch

    from dp_assets.domain.model_folder import load_network

    torch.set_num_threads(1)
    network = load_network(place.model)
    with np.load(place.windows) as gathered:
        windows = {name: torch.from_numpy(gathered[name]) for name in network.spec.inputs}
    forward(network, windows)


def forward(network: Callable[..., object], windows: dict[str, object]) -> None:
    """Bare eager torch over windows in batches."""
    import torch

    with torch.no_grad():
        for start in range(0, len(windows["quantity"]), BATCH):  # type: ignore[arg-type]
            network({name: values[start : start + BATCH] for name, values in windows.items()})  # type: ignore[index]


def ours(place: Place) -> None:
    """From the stored panel and model to calibrated quantiles in a Parquet file, as the asset `forecasts` does it."""
    from dp_assets.domain.encoders import Encoders
    from dp_assets.domain.forecasts import Champion, forecast_table
    from dp_assets.domain.intervals import ErrorDistributions
    from dp_assets.domain.panel import Panel

    config = configuration()
    encoders = Encoders.from_json((place.model / "encoders.json").read_text(encoding="utf-8"))
    errors = ErrorDistributions.of(pl.read_parquet(place.errors), config.quantile_levels)
    panel = Panel.load(place.panel)
    champion = Champion(panel.cutoff.isoformat(), place.model, encoders, errors, "benchmark")
    forecast_table(panel, champion, config, "receipt").write_parquet(place.root / "forecasts.parquet")


def process_cpu(part: str, place: Place) -> float:
    """CPU seconds of a fresh process that does one part."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "benchmarks.inference", "--part", part, "--work", str(place.root)]
    subprocess.run(command, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def forward_findings(place: Place, rounds: int) -> list[Finding]:
    """The product's forward pass, gathering included, against torch on windows that were gathered beforehand."""
    import torch

    from dp_assets.domain.encoders import Encoders
    from dp_assets.domain.model_folder import load_network
    from dp_assets.domain.panel import Panel
    from dp_assets.domain.training import WindowSource, predict_windows
    from dp_assets.domain.windows import windows_at

    torch.set_num_threads(1)
    network, panel = load_network(place.model), Panel.load(place.panel)
    source = WindowSource.of(panel, Encoders.from_json((place.model / "encoders.json").read_text(encoding="utf-8")))
    index = windows_at(np.arange(len(panel)), panel.history)
    windows = source.inputs(index, network.spec)
    spent = interleaved(
        {"ours": lambda: predict_windows(network, source, index), "bare": lambda: forward(network, windows)}, rounds
    )
    peer = f"bare eager torch ({1000 * spent['bare'] / len(panel):.3f} ms a SKU)"
    return [at_most("forward pass with gathering of windows: CPU", spent["ours"] / spent["bare"], peer, 1.1)]


def feature_findings(place: Place, rounds: int) -> list[Finding]:
    """Rolling channels against coreforecast alone, which makes the same; and all past channels, for the picture."""
    from benchmarks.ingest_ours import bare_rolling
    from dp_assets.domain.channels import past_channels, rolling_channels
    from dp_assets.domain.panel import Panel

    config, panel = configuration(), Panel.load(place.panel)
    quantity, seen, price = (np.asarray(part) for part in (panel.capped, panel.observed, panel.price))
    promoted, first = np.zeros(quantity.shape, np.bool_), np.asarray(panel.first)
    spent = interleaved(
        {
            "rolling": lambda: rolling_channels(quantity, seen > 0, config),
            "all": lambda: past_channels(quantity, seen, price, promoted, first, config),
            "bare": lambda: bare_rolling(quantity, config),
        },
        rounds,
    )
    peer = f"bare coreforecast, rolling ones ({1000 * spent['bare']:.0f} ms)"
    return [
        at_most("rolling channels: CPU", spent["rolling"] / spent["bare"], peer, 1.5),
        share("  all past channels", spent["all"] / spent["bare"], peer),
    ]


def interleaved(parts: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Part → median CPU seconds; every round runs each part once, after one that does not count."""
    spent: dict[str, list[float]] = {name: [] for name in parts}
    for number in range(rounds + 1):
        for name, work in parts.items():
            started = time.process_time()
            work()
            if number:
                spent[name].append(time.process_time() - started)
    return {name: statistics.median(values) for name, values in spent.items()}


def end_to_end_findings(place: Place, rounds: int, skus: int) -> list[Finding]:
    """Whole processes: ours against a bare forward pass and its imports."""
    spent = {part: statistics.median(process_cpu(part, place) for _ in range(rounds)) for part in ("bare", "ours")}
    peer = f"imports and bare forward ({spent['bare']:.2f} s)"
    return [
        at_most(f"{skus:,} SKUs from stored panel to Parquet: CPU", spent["ours"] / spent["bare"], peer, 3.0),
        share("  milliseconds a SKU", 1000 * spent["ours"] / skus, "nobody"),
    ]


def main(argv: list[str] | None = None) -> None:
    """Writes the parts, runs both sides in turn, compares."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.inference", description=__doc__)
    parser.add_argument("--skus", type=int, default=SKUS)
    parser.add_argument("--rounds", type=int, default=5, help="interleaved rounds")
    parser.add_argument("--part", choices=("bare", "ours"), help=argparse.SUPPRESS)
    parser.add_argument("--work", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    if options.part:
        {"bare": bare, "ours": ours}[options.part](Place(options.work))
        return
    os.environ["OMP_NUM_THREADS"] = "1"
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DIR")) as scratch:
        place = Place(Path(scratch))
        print(f"writing a panel of {options.skus:,} SKUs × {WEEKS} weeks and a network ...", flush=True)
        prepare(place, options.skus)
        table = [*forward_findings(place, options.rounds), *end_to_end_findings(place, options.rounds, options.skus)]
        show([*table, *feature_findings(place, options.rounds)], "inference")


if __name__ == "__main__":
    main()
