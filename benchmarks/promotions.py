"""What promotions and prices are worth as inputs: the same network with and without them, on promoted weeks.

    make bench-promotions      python -m benchmarks.promotions [--lake FOLDER] [--folds N] [--seeds N]

Belongs here: taking the channels out of a lake's newest panel, fitting both networks on the same windows, comparing
their errors. Does not belong here: accuracy beside libraries (`accuracy.py`).

Both see the same sales, calendar and attributes, and are fitted with the same settings and seeds up to the same bucket.
Errors are of the weeks after it, which neither has seen. Prints a table and writes benchmarks/out/promotions.json.
"""

from __future__ import annotations

import argparse
import dataclasses
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from benchmarks.findings import Finding, at_most, show
from dp_assets.domain.config import DemandConfig
from dp_assets.domain.encoders import fit_encoders
from dp_assets.domain.panel import Panel
from dp_assets.domain.promotions import PROMOTION_CHANNELS, promoted_buckets
from dp_assets.domain.training import HyperParameters, WindowSource, fit_before, predict_windows, spec_of
from dp_assets.domain.windows import targets, trainable_rows, windows_at

MOST = 0.9
"""WAPE on promoted weeks, as a ratio to the network without the inputs."""
OWN = ("relative_price", "weeks_since_promotion")
FOLD_BUCKETS = 4
"""Buckets between two folds."""
Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Errors:
    """Absolute errors and what was sold, per group of weeks."""

    error: dict[str, float]
    sold: dict[str, float]

    def wape(self, group: str) -> float:
        return self.error[group] / self.sold[group]


def without_promotions(panel: Panel) -> Panel:
    """The panel as it would be if nobody had recorded a promotion or a price."""
    known = [number for number, name in enumerate(panel.known_names) if not name.startswith(PROMOTION_CHANNELS)]
    past = [number for number, name in enumerate(panel.past_names) if name not in OWN]
    return dataclasses.replace(
        panel,
        known=np.asarray(panel.known)[:, :, known],
        known_names=tuple(panel.known_names[number] for number in known),
        known_reach=tuple(panel.known_reach[number] for number in known),
        past=np.asarray(panel.past)[:, :, past],
        past_names=tuple(panel.past_names[number] for number in past),
    )


def forecast(panel: Panel, config: DemandConfig, end: int) -> Array:
    """(R, M) medians of the eligible series from bucket `end`, by a network fitted on what lies before it."""
    encoders, hyper = fit_encoders(panel, config), HyperParameters.of(config)
    source = WindowSource.of(panel, encoders)
    network = fit_before(source, spec_of(panel, encoders, config, hyper), hyper, config, end).network
    found = predict_windows(network, source, windows_at(trainable_rows(panel), end))
    return found.quantiles[:, :, config.quantile_levels.index(0.5)].astype(np.float64)


def errors(panel: Panel, found: Array, end: int) -> Errors:
    """Over promoted weeks, other weeks, and all."""
    rows = trainable_rows(panel)
    actual, seen = targets(panel, windows_at(rows, end), capped=False)
    promoted = promoted_buckets(panel.known[rows][:, end : end + panel.horizon], panel.known_names)
    groups = {"promoted weeks": promoted, "other weeks": ~promoted, "all weeks": np.ones_like(promoted)}
    return Errors(
        {name: float((np.abs(found - actual) * seen * group).sum()) for name, group in groups.items()},
        {name: float((actual * seen * group).sum()) for name, group in groups.items()},
    )


def measure(panel: Panel, config: DemandConfig, folds: int, seeds: int) -> list[Finding]:
    """Ratios of WAPE, with ÷ without, pooled over folds and seeds."""
    plain, pooled = without_promotions(panel), {"with": [], "without": []}
    for fold in range(folds):
        end = panel.history - panel.horizon - fold * FOLD_BUCKETS
        for number in range(seeds):
            seed = config.model.seed + number
            settings = config.model_copy(update={"model": config.model.model_copy(update={"seed": seed})})
            for name, inputs in (("with", panel), ("without", plain)):
                one = errors(panel, forecast(inputs, settings, end), end)
                pooled[name].append(one)
                shown = ", ".join(f"{group} {one.wape(group):.3f}" for group in one.error)
                print(f"fold {fold + 1}, seed {seed}, {name:7}: WAPE of {shown}", flush=True)
    table = []
    for group in pooled["with"][0].error:
        both = {
            name: sum(one.error[group] for one in found) / sum(one.sold[group] for one in found)
            for name, found in pooled.items()
        }
        peer = f"the same network without them (WAPE {both['without']:.3f})"
        line = at_most(f"WAPE of {group}", both["with"] / both["without"], peer, MOST)
        table.append(line if group == "promoted weeks" else dataclasses.replace(line, bar="", holds=True))
    return table


def main(argv: list[str] | None = None) -> None:
    """Fits both networks on a lake's newest panel and compares them."""
    from dp_assets.champions import open_panel
    from dp_assets.project import REPOSITORY, load_project
    from dp_resources.settings import Settings

    parser = argparse.ArgumentParser(prog="python -m benchmarks.promotions", description=__doc__)
    parser.add_argument("--lake", type=Path, default=REPOSITORY / ".demo" / "lake", help="default: the demo's")
    parser.add_argument("--folds", type=int, default=2, help="buckets from which both forecast")
    parser.add_argument("--seeds", type=int, default=2, help="fits per fold")
    options = parser.parse_args(argv)
    if not options.lake.is_dir():
        parser.error(f"no lake in {options.lake}: run `make demo` first, or name one with --lake")
    torch.set_num_threads(1)
    project = load_project(Settings(lake_root=str(options.lake.resolve())))
    lake = project.lake()
    panel = open_panel(lake, max(lake.partitions("features")))
    print(f"{len(panel)} series, {panel.history} buckets, {', '.join(panel.known_names)}")
    show(measure(panel, project.config, options.folds, options.seeds), "promotions")


if __name__ == "__main__":
    main()
