"""Jobs: the named selections of assets that people, schedules and sensors run.

Belongs here: which assets run together. Does not belong here: when they run (`schedules.py`, `sensors.py`).
"""

from functools import cache

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from dp_assets.project import Project

INGESTION = ("raw_files", "unified_transactions")
BUCKETS = ("weekly_buckets", "transactions_cleaned")
PREPARATION = ("sku_attributes", "features")
TRAINING = ("encoders", "tuned_model", "residuals")
FORECASTING = (
    "forecasts",
    "node_forecasts",
    "planner_inputs",
    "reconciled_rollups",
    "published_forecasts",
    "serving_bundle",
)
SELECTIONS: dict[str, tuple[tuple[str, ...], str]] = {
    "ingest_new_files": (INGESTION, "Read, unify and account for every row of newly landed files."),
    "refresh_buckets": (BUCKETS, "Rebuild the time buckets that landed files touch."),
    "retrain": ((*PREPARATION, *TRAINING), "Fit encoders, tune and train the network, collect its residuals."),
    "weekly_cycle": (
        (*PREPARATION, *FORECASTING),
        "Forecast, reconcile, publish and bundle a cycle with the champion.",
    ),
    "score_cycles": (("accuracy",), "Score the leads whose actuals have arrived."),
    "batch_inference": (("refreshed_forecasts",), "Refresh designated SKUs with the newest features and champion."),
}


@cache
def define_job(name: str) -> UnresolvedAssetJobDefinition:
    """The job of that name, one object however often it is asked for; KeyError when there is none."""
    assets, description = SELECTIONS[name]
    return dg.define_asset_job(name, selection=dg.AssetSelection.assets(*assets), description=description)


def build(project: Project) -> dg.Definitions:
    """Every job; runs of one job on the same partitions are safe to repeat."""
    return dg.Definitions(jobs=[define_job(name) for name in SELECTIONS])
