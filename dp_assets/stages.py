"""Every module whose `build(project)` gives a part of the graph, in the order in which data flows.

Belongs here: the list. Importing it imports all of them, which is most of what starting a process costs: steps forked
from one that has imported it share that. Nothing is built or read.
"""

from __future__ import annotations

from dp_assets.defs import (
    boosted_model,
    checks,
    data_quality,
    drift,
    encoders,
    features,
    file_ledger,
    forecast_exports,
    forecasts,
    ingested_files,
    monitoring,
    planning,
    price_elasticity,
    published_forecasts,
    reasons,
    reconciled_rollups,
    residuals,
    scenario_forecasts,
    serving_bundle,
    tuned_model,
    weekly_buckets,
)
from dp_assets.defs.automation import alerts, drift_sensor, jobs, schedules, sensors

STAGES = (
    ingested_files,
    data_quality,
    file_ledger,
    weekly_buckets,
    features,
    encoders,
    tuned_model,
    boosted_model,
    residuals,
    forecasts,
    reconciled_rollups,
    published_forecasts,
    planning,
    reasons,
    price_elasticity,
    scenario_forecasts,
    serving_bundle,
    forecast_exports,
    monitoring,
    drift,
)
AUTOMATION = (checks, jobs, schedules, sensors, drift_sensor, alerts)
