"""The product as the ingestion benchmark runs it: landing → rows → weekly buckets → dense panel, stage by stage.

Belongs here: what `make bench-ingest` runs of the product, in a process of its own.
Does not belong here: the bare engines (`ingest_peers.py`), comparing (`ingest.py`).
"""

from __future__ import annotations

import resource
import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import numpy as np
from coreforecast.grouped_array import GroupedArray
from coreforecast.lag_transforms import RollingMax, RollingMean, RollingMin, RollingStd

from benchmarks.findings import OUT
from benchmarks.ingest_files import FIRST, WEEKS, configuration
from dp_assets.domain.channels import past_channels
from dp_assets.domain.cleaning import cap_outliers
from dp_assets.domain.config import DemandConfig
from dp_assets.domain.contracts import sku_attributes
from dp_assets.domain.features import build_features
from dp_assets.domain.known_sales import columns_read
from dp_assets.domain.outline import Plans
from dp_assets.domain.panel import FloatArray, Panel
from dp_assets.domain.plan import RunPlan, plan_requests
from dp_assets.execution import definitions_for, execute, register
from dp_assets.lake_state import read_state
from dp_assets.project import Project, build_project
from dp_resources.clock import SimulatedClock
from dp_resources.settings import Settings

STATE = OUT / "state"
"""Where dbt's parsed project stays from run to run, as it does in a deployment."""
MAIN_LINE = ("register and load", "raw_files and unified_transactions", "weekly_buckets", "panel")
EXTRAS = ("data_quality and file_ledger", "transactions_cleaned")


def run_ours(work: Path) -> dict[str, Any]:
    """The product over the landed files, as `dp run` does it, up to the panel; CPU seconds and peak memory.

    The main line is what the bare engines write, too: rows, weeks, the dense panel. What the same jobs make besides
    runs apart from it, so that both can be seen; `dp run` makes all of it with one start of dbt, not two. Buckets are
    due only after a file's quality is known, so `main_peak` covers that, too.
    """
    for place in ("lake", "dagster", "ours"):
        shutil.rmtree(work / place, ignore_errors=True)
        (work / place).mkdir(parents=True)
    project = open_project(work, FIRST + timedelta(weeks=WEEKS, days=1))
    stages = Stages()
    with dg.DagsterInstance.local_temp(str(work / "dagster")) as instance:
        register(project, instance)
        definitions = definitions_for(project, lambda text: None)
        stages.end("register and load")
        files = due(project, "ingest_new_files")
        execute(files, project, definitions, instance, ["raw_files", "unified_transactions"])
        stages.end("raw_files and unified_transactions")
        execute(files, project, definitions, instance, ["data_quality", "file_ledger"])
        stages.end("data_quality and file_ledger")
        buckets = due(project, "refresh_buckets")
        execute(buckets, project, definitions, instance, ["weekly_buckets"])
        stages.end("weekly_buckets")
        make_panel(project, work / "ours")
        stages.end("panel")
        main_peak = peak_gb()
        execute(buckets, project, definitions, instance, ["transactions_cleaned"])
        stages.end("transactions_cleaned")
    peak = peak_gb()
    panel = Panel.load(work / "ours")
    promoted = np.zeros(panel.quantity.shape, dtype=np.bool_)
    caps = cap_outliers(panel.quantity, panel.observed, promoted, project.config.outliers).capped
    past_channels(caps, panel.observed, panel.price, promoted, panel.first, project.config)
    channels = stages.end("caps and channels once more")
    bare_rolling(panel.capped, project.config)
    rolling = stages.end("bare coreforecast")
    main = sum(stages.spent[name] for name in MAIN_LINE)
    extras = sum(stages.spent[name] for name in EXTRAS)
    return {
        "units": sum(part["quantity"].sum() for part in project.lake().frames("weekly_buckets", columns=["quantity"])),
        "main": main,
        "main_peak": main_peak,
        "channels": channels,
        "rolling": rolling,
        "everything": main + extras,
        "peak": peak,
        "stages": {name: round(stages.spent[name], 2) for name in (*MAIN_LINE, *EXTRAS)},
    }


def open_project(work: Path, today: date) -> Project:
    """The three producers' project below a folder, at noon of a day."""
    clock = SimulatedClock(work / "clock.json")
    clock.set(datetime(today.year, today.month, today.day, 12, tzinfo=UTC))
    settings = Settings(state_dir=STATE, clock="simulated", executor="in_process")
    return build_project(settings, configuration(work), work, clock)


def due(project: Project, job: str) -> RunPlan:
    """The plan of that job, which must be the one that is due."""
    plans = plan_requests(read_state(project.lake()), project.config, project.clock.now())
    if not plans or plans[0].job != job:
        raise RuntimeError(f"expected {job} to be due, got {[plan.job for plan in plans]}; see the output above")
    return plans[0]


def make_panel(project: Project, folder: Path) -> None:
    """Makes and saves the panel of the newest cycle."""
    lake, config = project.lake(), project.config
    cutoff = project.grid.newest_cutoff(project.clock.now())
    parts = lake.frames("weekly_buckets", columns=columns_read(config))
    panel = build_features(parts, sku_attributes(config).empty(), Plans(), config, cutoff).panel
    panel.save(folder)


def bare_rolling(dense: FloatArray, config: DemandConfig) -> list[Any]:
    """The rolling columns of the past channels by coreforecast alone."""
    flat = np.ascontiguousarray(dense).ravel()
    grouped = GroupedArray(flat, np.arange(len(dense) + 1, dtype=np.int32) * dense.shape[1])
    kinds = (RollingMean, RollingStd, RollingMin, RollingMax)
    windows = [config.in_buckets(weeks) for weeks in config.features.rolling_windows_weeks]
    return [kind(0, window, 1).transform(grouped) for window in windows for kind in kinds]


class Stages:
    """CPU seconds between one call of `end` and the next, by name."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = {}
        self._before = _spent()

    def end(self, name: str) -> float:
        """Ends a stage; what it spent."""
        now = _spent()
        self.spent[name], self._before = now - self._before, now
        return self.spent[name]


def peak_gb() -> float:
    """Peak memory so far, of this process or of the largest it started."""
    return max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 2**20


def _spent() -> float:
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime
