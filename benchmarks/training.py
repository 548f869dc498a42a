"""Training against neuralforecast and against itself: ratios of windows per CPU second, side by side in one run.

    make bench-training        python -m benchmarks.training [--lake FOLDER] [--tuned]

Belongs here: the rounds, the figures and their bars. Does not belong here: the panel (`training_inputs.py`), accuracy,
which is measured on real sets (`accuracy.py`).

All on one thread. A rate is windows per CPU second of whole training steps: gather, forward, backward, optimiser,
running average. That of the peer leaves out its start: it is what more steps cost. Prints a table and writes
benchmarks/out/training.json.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import logging
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from benchmarks.findings import Finding, at_least, at_most, say, share, show
from benchmarks.training_inputs import HORIZON, LOOKBACK, PAST, PLANS, configured, encoded, long_frame, panel_of
from dp_assets.domain.config import DemandConfig
from dp_assets.domain.kept_memory import kept_memory
from dp_assets.domain.panel import Panel
from dp_assets.domain.training import HyperParameters, WindowSource, fit, spec_of
from dp_assets.domain.windows import WindowIndex, trainable_rows, training_windows

WEEKS = 260
PEER_STEPS = (2, 12)
STEP = 512
"""Windows of a gradient step, ours and the peer's."""
BARE_STEPS = 6


@dataclass(frozen=True)
class Size:
    """A network's size."""

    name: str
    layers: int
    hidden_size: int


YARDSTICK = Size("2 x 128 units", 2, 128)
DEFAULT = Size("1 x 64 units", 1, 64)


def rate(
    source: WindowSource,
    config: DemandConfig,
    size: Size,
    passes: str,
    batch: int,
    windows: WindowIndex,
    precision: str = "float32",
) -> float:
    """Windows per CPU second over one pass through all the windows, by the product's own `fit`."""
    model = config.model.model_copy(
        update={
            "passes": passes,
            "precision": precision,
            "layers": size.layers,
            "hidden_size": size.hidden_size,
            "batch_size": batch,
            "steps_per_epoch": None,
            "epochs": 1,
        }
    )
    settings = config.model_copy(update={"model": model})
    hyper = HyperParameters.of(settings)
    spec = spec_of(source.panel, encoded(source.panel, settings), settings, hyper)
    started = time.process_time()
    fit(source, spec, hyper, settings, windows)
    return len(windows) / (time.process_time() - started)


def peer_rate(panel: Panel, size: Size, dropout: float) -> float:
    """Windows per CPU second of neuralforecast's LSTM with the same channels, lengths, size, dropout and quantiles."""
    from neuralforecast import NeuralForecast
    from neuralforecast.losses.pytorch import MQLoss
    from neuralforecast.models import LSTM

    rows, static = long_frame(panel)

    def spent(steps: int) -> float:
        model = LSTM(
            h=HORIZON,
            input_size=LOOKBACK,
            encoder_n_layers=size.layers,
            encoder_hidden_size=size.hidden_size,
            encoder_dropout=dropout if size.layers > 1 else 0.0,
            decoder_hidden_size=size.hidden_size,
            hist_exog_list=list(panel.past_names),
            futr_exog_list=[*panel.known_names, *panel.calendar_names],
            stat_exog_list=[name for name in static.columns if name != "unique_id"],
            loss=MQLoss(quantiles=[0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975]),
            max_steps=steps,
            windows_batch_size=STEP,
            scaler_type="robust",
            accelerator="cpu",
            enable_progress_bar=False,
            enable_model_summary=False,
            enable_checkpointing=False,
            logger=False,
        )
        started = time.process_time()
        NeuralForecast(models=[model], freq="W-MON").fit(rows, static_df=static)
        return time.process_time() - started

    few, many = PEER_STEPS
    least = spent(few)
    return (many - few) * STEP / (spent(many) - least)


def bare_rate(size: Size, width: int) -> float:
    """Windows per CPU second of nothing but torch's LSTM, forwards and backwards: no training step can beat it."""
    network, inputs = torch.nn.LSTM(width, size.hidden_size, size.layers), torch.randn(LOOKBACK, STEP, width)
    with kept_memory():
        network(inputs)[0].sum().backward()
        started = time.process_time()
        for _ in range(BARE_STEPS):
            network(inputs)[0].sum().backward()
        return BARE_STEPS * STEP / (time.process_time() - started)


def supply_share(source: WindowSource, config: DemandConfig, windows: WindowIndex, trained: float) -> float:
    """Share of training's CPU that gathering windows and their targets takes, at so many windows per CPU second."""
    hyper = HyperParameters.of(config)
    spec = spec_of(source.panel, encoded(source.panel, config), config, hyper)
    order = np.random.default_rng(1).permutation(len(windows))
    with kept_memory():  # as in training
        started = time.process_time()
        for start in range(0, len(order), hyper.batch_size):
            batch = windows.take(order[start : start + hyper.batch_size])
            source.inputs(batch, spec)
            source.targets(batch)
        spent = time.process_time() - started
    return spent / len(order) * trained


def memory(folder: Path, passes: str) -> tuple[float, float]:
    """Peak of a fresh process that trains on a panel on disk, less what it holds before it opens it; and the size of
    panel and model. Both in bytes. The model is its weights, their gradients, two moments and the running average."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.training", "--train-on", str(folder), passes],
        check=True,
        capture_output=True,
        text=True,
    )
    found = json.loads(done.stdout.splitlines()[-1])
    return float(found["peak"] - found["before"]), float(found["panel"] + found["model"])


def train_on(folder: Path, passes: str) -> None:
    """The fresh process of `memory`: prints what it measured."""
    config = configured(passes=passes)
    torch.set_num_threads(1)
    before = resident_peak()
    panel = Panel.load(folder)
    encoders = encoded(panel, config)
    source, hyper = WindowSource.of(panel, encoders), HyperParameters.of(config)
    spec = spec_of(panel, encoders, config, hyper)
    trained = fit(source, spec, hyper, config, training_windows(panel, trainable_rows(panel), panel.history), epochs=1)
    weights = sum(parameter.numel() * parameter.element_size() for parameter in trained.network.parameters())
    size = sum(path.stat().st_size for path in folder.iterdir())
    print(json.dumps({"before": before, "peak": resident_peak(), "panel": size, "model": 5 * weights}))


def resident_peak() -> int:
    """Most memory this process ever held, bytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) * 1024


def rounds(count: int, series: int) -> tuple[dict[str, list[float]], float]:
    """Rates by what was measured, one entry per round, and the share of window supply."""
    few, many = panel_of(max(20, series // 16), WEEKS), panel_of(series, WEEKS)
    config = configured()
    sources = {"few": WindowSource.of(few, encoded(few, config)), "many": WindowSource.of(many, encoded(many, config))}
    windows = {
        name: training_windows(one.panel, trainable_rows(one.panel), one.panel.history) for name, one in sources.items()
    }
    found: dict[str, list[float]] = {}
    installed = importlib.util.find_spec("neuralforecast") is not None
    for number in range(count + 1):
        measured: dict[str, float] = {}
        for size in (YARDSTICK, DEFAULT):
            measured[f"window {size.name}"] = rate(sources["few"], config, size, "window", STEP, windows["few"])
            measured[f"half {size.name}"] = rate(
                sources["few"], config, size, "window", STEP, windows["few"], "bfloat16"
            )
            measured[f"bare {size.name}"] = bare_rate(size, 4 + PAST + PLANS + 2)
            if installed:
                measured[f"peer {size.name}"] = peer_rate(few, size, config.model.dropout)
            measured[f"sequence {size.name}"] = rate(sources["many"], config, size, "sequence", STEP, windows["many"])
        if number:  # the first round warms up
            for name, value in measured.items():
                found.setdefault(name, []).append(value)
            print(
                f"round {number}: " + ", ".join(f"{name} {value:,.0f}/s" for name, value in measured.items()),
                flush=True,
            )
    default = statistics.median(found[f"window {DEFAULT.name}"])
    return found, supply_share(sources["few"], config, windows["few"], default)


def findings(found: dict[str, list[float]], supply: float, scratch: Path, series: int) -> list[Finding]:
    """The table: medians over the rounds of each round's ratio, for the machine's other work comes and goes."""

    def ratio(ours: str, theirs: str) -> float:
        return statistics.median(a / b for a, b in zip(found[ours], found[theirs], strict=True))

    table: list[Finding] = []
    for size in (YARDSTICK, DEFAULT):
        own = f"window {size.name}"
        if f"peer {size.name}" in found:
            peer = f"neuralforecast LSTM ({statistics.median(found[f'peer {size.name}']):,.0f} windows per CPU second)"
            table.append(at_least(f"{size.name}: windows per CPU second", ratio(own, f"peer {size.name}"), peer, 1.5))
        floor = f"torch's LSTM alone ({statistics.median(found[f'bare {size.name}']):,.0f} windows per CPU second)"
        table.append(share(f"{size.name}: windows per CPU second", ratio(own, f"bare {size.name}"), floor))
        full = f"the same in float32 ({statistics.median(found[own]):,.0f} windows per CPU second)"
        table.append(share(f"{size.name}: in bfloat16", ratio(f"half {size.name}", own), full))
        alone = f"a pass per window ({statistics.median(found[own]):,.0f} windows per CPU second)"
        table.append(at_least(f"{size.name}: one pass per sequence", ratio(f"sequence {size.name}", own), alone, 20.0))
    table.append(at_most("window supply: share of training CPU", supply, "all of training, default size", 0.02))
    panel_of(series, WEEKS).save(scratch / "panel")
    for passes in ("window", "sequence"):
        peak, held = memory(scratch / "panel", passes)
        counted = f"panel and model ({held / 2**20:,.0f} MiB: files, weights, gradients, moments, average)"
        table.append(at_most(f"peak memory beyond imports, a pass per {passes}", peak / held, counted, 2.0))
    return table


def demo_findings(lake_root: Path | None, tuned: bool) -> list[Finding]:
    """CPU minutes of training the demo's newest cycle that has a model of its own, by default and with the search."""
    from dp_assets.champions import open_encoders, open_panel
    from dp_assets.domain.training import fit_final
    from dp_assets.domain.training_config import TuningConfig
    from dp_assets.domain.tuning import tune
    from dp_assets.project import REPOSITORY, load_project
    from dp_resources.settings import Settings

    root = REPOSITORY / ".demo" / "lake" if lake_root is None else lake_root.resolve()
    if not root.is_dir():
        print(f"no demo lake in {root}: its training is left out; run `make demo`, or name a lake with --lake")
        return []
    project = load_project(Settings(lake_root=str(root)))
    lake = project.lake()
    cycle = max(lake.partitions("encoders"))
    panel, encoders = open_panel(lake, cycle), open_encoders(lake, cycle)
    source = WindowSource.of(panel, encoders)
    table = []
    for name, trials, bar in (("default", 0, 3.0), ("with the search", TuningConfig().trials, 20.0)):
        if trials and not tuned:
            print(f"training {name} is left out; --tuned runs it")
            continue
        config = project.config.model_copy(
            update={"tuning": project.config.tuning.model_copy(update={"trials": trials})}
        )
        with tempfile.TemporaryDirectory() as scratch:
            started = time.process_time()
            found = tune(source, encoders, config, Path(scratch) / "study.journal", "benchmark")
            fit_final(source, spec_of(panel, encoders, config, found.hyper), found.hyper, config)
            minutes = (time.process_time() - started) / 60
        table.append(
            Finding(
                f"training of the demo's cycle {cycle}, {name}",
                round(minutes, 2),
                "CPU minutes",
                f"{len(panel)} series x {panel.history} buckets, {trials} trials",
                f"<= {bar:g}",
                minutes <= bar,
            )
        )
    return table


def gpu_findings(series: int) -> list[Finding]:
    """Training on the GPU beside one CPU thread, in windows per second of wall time; nothing without a GPU."""
    if not torch.cuda.is_available():
        print("no GPU here: its figures are left out")
        return []
    panel = panel_of(series, WEEKS)
    config = configured()
    encoders = encoded(panel, config)
    windows = training_windows(panel, trainable_rows(panel), panel.history)
    table = []
    for passes, batch in (("window", 4096), ("sequence", 4096)):
        wall = []
        for device in ("cpu", "cuda"):
            source = WindowSource.of(panel, encoders, device)
            few = windows if device == "cuda" else windows.take(np.arange(len(windows) // 16))
            rate(source, config, DEFAULT, passes, batch, few.take(np.arange(len(few) // 8)))
            started = time.perf_counter()
            rate(source, config, DEFAULT, passes, batch, few)
            wall.append(len(few) / (time.perf_counter() - started))
        own = f"one CPU thread ({wall[0]:,.0f} windows per second)"
        name = f"{torch.cuda.get_device_name()}: a pass per {passes}, {wall[1]:,.0f} windows per second"
        table.append(share(name, wall[1] / wall[0], own))
    return table


def main(argv: list[str] | None = None) -> None:
    """Runs the rounds, then what needs a process, a lake or a GPU."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.training", description=__doc__)
    parser.add_argument(
        "--series", type=int, default=640, help="series of the panel; a pass per window trains on fewer"
    )
    parser.add_argument(
        "--memory-series", type=int, default=40_000, help="series of the panel whose memory is measured"
    )
    parser.add_argument("--rounds", type=int, default=3, help="interleaved rounds after the one that warms up")
    parser.add_argument("--lake", type=Path, help="a lake of the demo's configuration (default: .demo/lake)")
    parser.add_argument("--tuned", action="store_true", help="also time the search on that lake")
    parser.add_argument("--train-on", nargs=2, metavar=("PANEL", "PASSES"), help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    if options.train_on:
        train_on(Path(options.train_on[0]), options.train_on[1])
        return
    torch.set_num_threads(1)
    quiet()
    if importlib.util.find_spec("neuralforecast") is None:
        print("neuralforecast is not installed: lines against it are left out; `make bench-training` installs it")
    found, supply = rounds(options.rounds, options.series)
    with tempfile.TemporaryDirectory() as scratch:
        table = findings(found, supply, Path(scratch), options.memory_series)
    say(table)
    demo = demo_findings(options.lake, options.tuned)
    say(demo)
    print()
    show([*table, *demo, *gpu_findings(options.series)], "training")


def quiet() -> None:
    """Silences what the peer's trainer says of itself."""
    warnings.filterwarnings("ignore")
    for name in ("lightning", "pytorch_lightning", "lightning.pytorch", "lightning_fabric"):
        logging.getLogger(name).setLevel(logging.ERROR)


if __name__ == "__main__":
    main()
