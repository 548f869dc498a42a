"""Models and their inputs as they lie in the lake.

Belongs here: opening panels, encoders and champions, and the identity (hashes, code revision) of what made a forecast.
Does not belong here: what is computed from them (`domain/`), the assets that do it (`defs/`).
"""

from __future__ import annotations

import subprocess
from datetime import date
from pathlib import Path

import polars as pl

from dp_assets.domain import contracts
from dp_assets.domain.boosting import Boosting, absence
from dp_assets.domain.champion import newest_champion
from dp_assets.domain.config import DemandConfig
from dp_assets.domain.contracts import INTERVAL_CONTRACT, LEADERBOARD
from dp_assets.domain.contracts.columns import quantile_name
from dp_assets.domain.encoders import Encoders
from dp_assets.domain.forecasts import Champion
from dp_assets.domain.interval_contract import CYCLES, EarlierCycle
from dp_assets.domain.intervals import ErrorDistributions
from dp_assets.domain.panel import Panel
from dp_resources.lake import Lake
from dp_resources.settings import REPOSITORY, Settings

TOTALS = "total_error_distributions"
CHALLENGE = "champion_verdict"
"""Event of the lake: cycle → whether its model may be used, against which champion, and why."""


def open_panel(lake: Lake, cycle: str) -> Panel:
    """The panel of a cycle, memory-mapped."""
    return Panel.load(lake.open_folder("features", cycle=cycle))


def open_encoders(lake: Lake, cycle: str) -> Encoders:
    """The encoders fitted in a cycle."""
    return Encoders.from_json((lake.open_folder("encoders", cycle=cycle) / "encoders.json").read_text(encoding="utf-8"))


def champion_cycle(lake: Lake, cycle: str) -> str | None:
    """The cycle whose model forecasts `cycle`: the newest with weights and residuals, None when there is none.

    Left out are retrained models that lost against the champion they were to replace.
    """
    judged = set(lake.partitions("error_distributions")) - refused_models(lake)
    return newest_champion((model for model in lake.partitions("tuned_model") if model in judged), cycle)


def refused_models(lake: Lake) -> set[str]:
    """Cycles whose model is not used, because it lost against the champion."""
    return {cycle for cycle, record in lake.committed(CHALLENGE).items() if not record["accepted"]}


def champion_before(lake: Lake, cycle: str) -> str | None:
    """The cycle of the champion that a model trained in `cycle` would replace; None for a first model."""
    earlier = [model for model in lake.partitions("tuned_model") if model < cycle]
    return champion_cycle(lake, max(earlier)) if earlier else None


def open_champion(lake: Lake, cycle: str, config: DemandConfig) -> Champion | None:
    """The champion of a cycle with the encoders and residuals that are its own; None when no model exists yet."""
    model = champion_cycle(lake, cycle)
    if model is None:
        return None
    folder = lake.open_folder("tuned_model", cycle=model)
    boosting = boosting_folder(lake, model)
    return Champion(
        cycle=model,
        folder=folder,
        encoders=Encoders.from_json((folder / "encoders.json").read_text(encoding="utf-8")),
        errors=ErrorDistributions.of(lake.read("error_distributions", cycle=model), config.quantile_levels),
        version=model_version(lake, model),
        leaderboard=lake.read("leaderboard", cycle=model) if boosting else LEADERBOARD.empty(),
        boosting=Boosting.load(boosting) if boosting else None,
        total_errors=ErrorDistributions.of(lake.read(TOTALS, cycle=model), config.quantile_levels)
        if lake.exists(TOTALS, cycle=model)
        else None,
    )


def earlier_cycles(lake: Lake, cycle: str, config: DemandConfig) -> list[EarlierCycle]:
    """The newest cycles before one, by which its intervals are judged, oldest first: of each its closed forecasts.

    Left out are those whose forecasts have other columns than now, e.g. of other intervals or series, and those without
    features. Of the features only few bytes are read, so they are not compared with their hashes.
    """
    now = contracts.forecasts(config).schema
    before = [found for found in lake.partitions("forecasts") if found < cycle][-CYCLES:]
    columns = ("series_id", "bucket_start", "forecast", *map(quantile_name, config.quantile_levels))
    return [
        EarlierCycle(
            Panel.load(lake.open_folder("features", verify=False, cycle=found)),
            lake.read("forecasts", columns, cycle=found).filter(pl.col("bucket_start") < date.fromisoformat(cycle)),
            open_contract(lake, found),
        )
        for found in before
        if lake.exists("features", cycle=found) and lake.shape("forecasts", cycle=found)[1] == now
    ]


def open_contract(lake: Lake, cycle: str) -> pl.DataFrame:
    """The contract of intervals that forecasts of a cycle were made under; without rows where there was none."""
    if not lake.exists("interval_contract", cycle=cycle):
        return INTERVAL_CONTRACT.empty()
    return lake.read("interval_contract", cycle=cycle)


def boosting_folder(lake: Lake, cycle: str) -> Path | None:
    """Where the gradient boosting of a cycle's model lies; None where there is none, or none that was judged."""
    if not all(lake.exists(name, cycle=cycle) for name in ("leaderboard", "boosted_model")):
        return None
    folder = lake.open_folder("boosted_model", cycle=cycle)
    return None if absence(folder) else folder


def model_version(lake: Lake, cycle: str) -> str:
    """How forecasts name the model of a cycle: the cycle, the hash of the network's weights, that of boosting."""
    weights: str = lake.manifest("tuned_model", cycle=cycle)["files"]["weights.safetensors"]["sha256"]
    if boosting_folder(lake, cycle) is None:
        return f"{cycle}+{weights[:12]}"
    return f"{cycle}+{weights[:12]}+{lake.manifest('boosted_model', cycle=cycle)['sha256'][:12]}"


def recalls_of_features(lake: Lake, cycle: str) -> list[str] | None:
    """The recalled versions that a cycle's features were computed without; None when its buckets were being rebuilt."""
    found: list[str] | None = lake.manifest("features", cycle=cycle)["info"].get("recalls", [])
    return found


def recalls_of_model(lake: Lake, cycle: str) -> list[str] | None:
    """The recalled versions that a cycle's model was trained without."""
    found: list[str] | None = lake.manifest("tuned_model", cycle=cycle)["info"].get("recalls", [])
    return found


def code_revision(settings: Settings) -> str:
    """The code that runs: what the environment says (images have no git), else git's commit, else `unknown`."""
    if settings.code_revision:
        return settings.code_revision
    command = ["git", "-C", str(REPOSITORY), "rev-parse", "HEAD"]
    try:
        found = subprocess.run(command, capture_output=True, text=True, check=True, timeout=10)
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return found.stdout.strip()
