"""The product's graph for the emulated cluster, without its sensors but with one that asks once for some assets."""

from __future__ import annotations

import os

import dagster as dg

from dp_assets.definitions import build_definitions
from dp_assets.defs.automation.jobs import define_job
from dp_assets.defs.automation.sensors import RANGE_END, RANGE_START
from dp_assets.project import load_project
from dp_resources.lake import Lake

JOB, ASSETS = "ASKED_JOB", "ASKED_ASSETS"
"""Variables of the environment: a job of the product, and the assets of it that are asked for."""


@dg.definitions
def defs() -> dg.Definitions:
    """What the daemon of the tests loads."""
    whole = build_definitions(load_project())

    @dg.sensor(
        job=define_job(os.environ[JOB]),
        minimum_interval_seconds=1,
        default_status=dg.DefaultSensorStatus.RUNNING,
    )
    def begin(lake: dg.ResourceParam[Lake]) -> dg.RunRequest:
        """Asks for one run, of the first cycle that has features or, where none has, attributes."""
        (cycle, *_) = lake.partitions("features") or lake.partitions("sku_attributes")
        return dg.RunRequest(
            run_key="once",
            asset_selection=[dg.AssetKey(name) for name in os.environ[ASSETS].split(",")],
            tags={RANGE_START: cycle, RANGE_END: cycle},
        )

    return dg.Definitions(
        assets=whole.assets,
        asset_checks=whole.asset_checks,
        jobs=whole.jobs,
        sensors=[begin],
        resources=whole.resources,
        executor=whole.executor,
    )
