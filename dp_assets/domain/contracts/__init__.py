"""The tables between stages, each described once: columns, types, units, keys and ranges.

Belongs here: one module per stage of the graph with its tables, and `tables`, which gathers them; whoever needs a table
imports it from here. Does not belong here: how a table is computed or where it is stored, what a table is (`table.py`).

The Polars schema, the blocking asset checks, the dbt contracts and `docs/tables.md` all come from these descriptions.
"""

from __future__ import annotations

from collections.abc import Iterable

from dp_assets.domain.attributes import ATTRIBUTE_CONFLICTS, ATTRIBUTE_CORRECTIONS, SKU_ATTRIBUTE_HISTORY
from dp_assets.domain.config import DemandConfig
from dp_assets.domain.contracts.buckets import sku_attributes, transactions_cleaned, weekly_buckets
from dp_assets.domain.contracts.features import OUTLIER_LOG, STOCKOUTS, eligibility
from dp_assets.domain.contracts.forecasting import (
    INTERVAL_CONTRACT,
    forecasts,
    node_forecasts,
    refreshed_forecasts,
    total_forecasts,
)
from dp_assets.domain.contracts.ingest import (
    DATA_QUALITY,
    EVENTS,
    FILE_BUCKETS,
    FILE_LEDGER,
    FILE_LINES,
    PRODUCT_LIFE,
    PROMOTIONS,
    RAW_FILES,
    REGRESSORS,
    REJECTED_ROWS,
    STOCK,
    product_master,
    unified_transactions,
)
from dp_assets.domain.contracts.monitoring import (
    ACCURACY,
    CHAMPION_VERDICT,
    DRIFT,
    FORECAST_VALUE_ADDED,
    LEVEL_ACCURACY,
)
from dp_assets.domain.contracts.planning import (
    EXCEPTIONS,
    lost_sales,
    price_elasticity,
    replenishment,
    scenario_forecasts,
    series_classes,
    temporal_rollups,
)
from dp_assets.domain.contracts.reasons import (
    FEATURE_CONTRIBUTIONS,
    FEATURE_IMPORTANCE,
    FORECAST_CHANGES,
    OUTLIER_CAUSES,
    PROMOTION_SIDE_EFFECTS,
    PROMOTION_UPLIFT,
)
from dp_assets.domain.contracts.reconciliation import planner_inputs, published_forecasts, reconciled_rollups
from dp_assets.domain.contracts.training import ERROR_DISTRIBUTIONS, LEADERBOARD, TOTAL_ERROR_DISTRIBUTIONS, residuals
from dp_assets.domain.table import Table

__all__ = (
    "ACCURACY",
    "ATTRIBUTE_CONFLICTS",
    "ATTRIBUTE_CORRECTIONS",
    "CHAMPION_VERDICT",
    "DATA_QUALITY",
    "DRIFT",
    "ERROR_DISTRIBUTIONS",
    "EVENTS",
    "EXCEPTIONS",
    "FEATURE_CONTRIBUTIONS",
    "FEATURE_IMPORTANCE",
    "FILE_BUCKETS",
    "FILE_LEDGER",
    "FILE_LINES",
    "FORECAST_CHANGES",
    "FORECAST_VALUE_ADDED",
    "INTERVAL_CONTRACT",
    "LEADERBOARD",
    "LEVEL_ACCURACY",
    "OUTLIER_CAUSES",
    "OUTLIER_LOG",
    "PRODUCT_LIFE",
    "PROMOTIONS",
    "PROMOTION_SIDE_EFFECTS",
    "PROMOTION_UPLIFT",
    "RAW_FILES",
    "REGRESSORS",
    "REJECTED_ROWS",
    "SKU_ATTRIBUTE_HISTORY",
    "STOCK",
    "STOCKOUTS",
    "TOTAL_ERROR_DISTRIBUTIONS",
    "eligibility",
    "forecasts",
    "lost_sales",
    "node_forecasts",
    "planner_inputs",
    "price_elasticity",
    "product_master",
    "published_forecasts",
    "reconciled_rollups",
    "refreshed_forecasts",
    "replenishment",
    "residuals",
    "scenario_forecasts",
    "series_classes",
    "sku_attributes",
    "table",
    "tables",
    "temporal_rollups",
    "total_forecasts",
    "transactions_cleaned",
    "unified_transactions",
    "weekly_buckets",
)


def tables(config: DemandConfig) -> tuple[Table, ...]:
    """Every table of the lake under a configuration, in the order data flows."""
    return (
        RAW_FILES,
        unified_transactions(config),
        REJECTED_ROWS,
        FILE_BUCKETS,
        FILE_LINES,
        DATA_QUALITY,
        FILE_LEDGER,
        product_master(config),
        ATTRIBUTE_CORRECTIONS,
        PROMOTIONS,
        EVENTS,
        REGRESSORS,
        STOCK,
        PRODUCT_LIFE,
        sku_attributes(config),
        ATTRIBUTE_CONFLICTS,
        SKU_ATTRIBUTE_HISTORY,
        weekly_buckets(config),
        transactions_cleaned(config),
        eligibility(config),
        OUTLIER_LOG,
        STOCKOUTS,
        residuals(config),
        ERROR_DISTRIBUTIONS,
        TOTAL_ERROR_DISTRIBUTIONS,
        LEADERBOARD,
        CHAMPION_VERDICT,
        INTERVAL_CONTRACT,
        forecasts(config),
        total_forecasts(config),
        refreshed_forecasts(config),
        node_forecasts(config),
        planner_inputs(config),
        reconciled_rollups(config),
        published_forecasts(config),
        series_classes(config),
        price_elasticity(config),
        replenishment(config),
        temporal_rollups(config),
        lost_sales(config),
        EXCEPTIONS,
        FEATURE_CONTRIBUTIONS,
        FEATURE_IMPORTANCE,
        FORECAST_CHANGES,
        OUTLIER_CAUSES,
        PROMOTION_UPLIFT,
        PROMOTION_SIDE_EFFECTS,
        scenario_forecasts(config),
        ACCURACY,
        LEVEL_ACCURACY,
        FORECAST_VALUE_ADDED,
        DRIFT,
    )


def table(config: DemandConfig, name: str) -> Table:
    """The table of that name; KeyError when there is none."""
    found: Iterable[Table] = (candidate for candidate in tables(config) if candidate.name == name)
    try:
        return next(iter(found))
    except StopIteration:
        raise KeyError(name) from None
