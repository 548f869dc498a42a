"""A code location for the emulated cluster: a run that begins by itself, with the executor and the tags of the product.

`fitted` asks for what `tuned_model` asks for. It keeps where it is in the state folder, and its first try waits to be
killed; the next one goes on from there.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

import dagster as dg
from dagster_k8s import k8s_job_executor

from dp_assets.pods import ROOMY_TAGS, TRAINING_TAGS


def _note(name: str) -> Path:
    folder = Path(os.environ["DP_STATE_DIR"])
    folder.mkdir(parents=True, exist_ok=True)
    return folder / name


@dg.asset(op_tags=ROOMY_TAGS)
def prepared() -> None:
    """Runs on any node."""
    _note("prepared").write_text(os.environ["NODE"])


@dg.asset(deps=[prepared], op_tags=TRAINING_TAGS)
def fitted() -> None:
    """Runs where a GPU is; the first try leaves a checkpoint and never ends."""
    if not _note("checkpoint").exists():
        _note("checkpoint").write_text("half")
        time.sleep(600)
    _note("fitted").write_text(f"{_note('checkpoint').read_text()} + half on {os.environ['NODE']}")


job = dg.define_asset_job("cycle", selection=[prepared, fitted])


@dg.sensor(job=job, minimum_interval_seconds=1, default_status=dg.DefaultSensorStatus.RUNNING)
def begin() -> dg.RunRequest:
    """Asks for one run."""
    return dg.RunRequest(run_key="once")


defs = dg.Definitions(assets=[prepared, fitted], jobs=[job], sensors=[begin], executor=k8s_job_executor)
