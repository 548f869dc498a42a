"""The parts of the storage that roles and lifecycles speak of, and which keys make up each.

Belongs here: which table, artefact or record of the lake lies in which area. Does not belong here: who may do what
there (`roles.py`), what a table is (`dp_assets/domain/contracts`).

The lake has one root, because a commit record makes partitions of several areas current together. An area is therefore
a set of prefixes below that root, and not a bucket of its own; what producers land has a bucket of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum

from dp_assets.domain.config import RetentionConfig

ROOT = "lake"
"""Prefix of the lake in its bucket: `DP_LAKE_ROOT=s3://<lake bucket>/lake`."""
LANDING = "landing"
"""Prefix of the landing root in the raw bucket: `DP_LANDING_ROOT=s3://<raw bucket>/landing`."""


class Bucket(StrEnum):
    """Buckets that hold data."""

    RAW = "raw"
    LAKE = "lake"
    RESULTS = "results"


class Area(StrEnum):
    """Parts of the storage."""

    RAW = "raw"
    PROCESSED = "processed"
    MODELS = "models"
    FORECASTS = "forecasts"
    METRICS = "metrics"
    BUNDLE = "bundle"
    PINS = "pins"
    EVENTS = "events"
    LOGS = "logs"
    RESULTS = "results"


TABLES: Mapping[Area, tuple[str, ...]] = {
    Area.PROCESSED: (
        "attribute_conflicts",
        "attribute_corrections",
        "data_quality",
        "events",
        "file_buckets",
        "file_ledger",
        "file_lines",
        "product_life",
        "product_master",
        "promotions",
        "raw_files",
        "regressors",
        "rejected_rows",
        "sku_attribute_history",
        "sku_attributes",
        "stock",
        "transactions_cleaned",
        "unified_transactions",
        "weekly_buckets",
    ),
    Area.MODELS: (
        "boosted_model",
        "eligibility",
        "encoders",
        "features",
        "features_audit",
        "outlier_log",
        "stockouts",
        "tuned_model",
    ),
    Area.FORECASTS: (
        "exceptions",
        "feature_contributions",
        "feature_importance",
        "forecast_changes",
        "forecasts",
        "lost_sales",
        "node_forecasts",
        "outlier_causes",
        "planner_inputs",
        "price_elasticity",
        "promotion_side_effects",
        "promotion_uplift",
        "published_forecasts",
        "reconciled_rollups",
        "refreshed_forecasts",
        "replenishment",
        "scenario_forecasts",
        "series_classes",
        "temporal_rollups",
        "total_forecasts",
    ),
    Area.METRICS: (
        "accuracy",
        "champion_verdict",
        "drift",
        "error_distributions",
        "forecast_value_added",
        "interval_contract",
        "leaderboard",
        "level_accuracy",
        "residuals",
        "total_error_distributions",
    ),
    Area.BUNDLE: ("serving_bundle",),
}
"""Tables and artefact folders of each area."""

COMMITS: Mapping[Area, tuple[str, ...]] = {
    Area.PROCESSED: ("ingest", "sku_attributes", "weekly_buckets"),
    Area.FORECASTS: ("forecast_exports", "planner_inputs", "receipts"),
    Area.METRICS: ("accuracy", "residuals"),
}
"""Events whose commit records, and their index, belong to an area."""

FOLDERS: Mapping[Area, tuple[str, ...]] = {
    Area.PROCESSED: (
        "_landed",
        "_registrations",
        "_sightings",
        "_quality",
        "_index/_registrations",
        "_index/_sightings",
    ),
    Area.FORECASTS: ("_made/ledger",),
    Area.PINS: ("_pins",),
    Area.EVENTS: ("_file_events", "_index/_file_events"),
}
"""Other folders of the lake."""


def bucket_of(area: Area) -> Bucket:
    """The bucket that an area lies in."""
    return {Area.RAW: Bucket.RAW, Area.RESULTS: Bucket.RESULTS}.get(area, Bucket.LAKE)


def prefixes(area: Area) -> tuple[str, ...]:
    """Key prefixes of an area in its bucket, each ending with a slash, sorted.

    >>> prefixes(Area.BUNDLE)
    ('lake/_made/serving_bundle/', 'lake/_versions/serving_bundle/', 'lake/serving_bundle/')
    """
    outside = {Area.RAW: f"{LANDING}/", Area.RESULTS: "results/", Area.LOGS: "compute-logs/"}
    if area in outside:
        return (outside[area],)
    tables, commits = TABLES.get(area, ()), COMMITS.get(area, ())
    found = {f"{place}{table}" for table in tables for place in ("", "_versions/", "_made/")}
    found |= {f"{place}{event}" for event in commits for place in ("_commits/", "_index/_commits/")}
    return tuple(f"{ROOT}/{folder}/" for folder in sorted(found | set(FOLDERS.get(area, ()))))


def patterns(area: Area) -> tuple[str, ...]:
    """The keys of an area as few IAM patterns: `_*/T/*` stands for every record that the lake keeps about table T.

    >>> patterns(Area.BUNDLE)
    ('lake/_*/serving_bundle/*', 'lake/serving_bundle/*')
    """
    tables, commits = TABLES.get(area, ()), COMMITS.get(area, ())
    if not tables and not commits:
        return tuple(f"{prefix}*" for prefix in prefixes(area))
    found = {f"{ROOT}/{place}{table}/*" for table in tables for place in ("", "_*/")}
    found |= {f"{ROOT}/_*/{event}/*" for event in commits}
    found |= {f"{ROOT}/{folder}/*" for folder in FOLDERS.get(area, ())}
    return tuple(sorted(found))


def folder_keys(area: Area) -> tuple[str, ...]:
    """Names of an area's folders as keys, which whoever lists them asks for first: there is nothing, and 404 says so.

    >>> folder_keys(Area.BUNDLE)
    ('*/serving_bundle',)
    """
    if area in (Area.RAW, Area.RESULTS, Area.LOGS):
        return tuple(prefix.rstrip("/") for prefix in prefixes(area))
    last = [folder.rsplit("/", 1)[-1] for folder in FOLDERS.get(area, ())]
    return tuple(sorted({f"*/{name}" for name in (*TABLES.get(area, ()), *COMMITS.get(area, ()), *last)}))


def archived(retention: RetentionConfig) -> Iterator[tuple[Area, str, int]]:
    """Area, prefix and years after which what lies there is archived.

    Index, commit records and receipts of writes are small and read all the time: they are not.
    """
    years = {
        Area.PROCESSED: retention.processed_years,
        Area.MODELS: retention.processed_years,
        Area.FORECASTS: retention.forecast_years,
        Area.METRICS: retention.forecast_years,
        Area.BUNDLE: retention.forecast_years,
    }
    yield Area.RAW, "", retention.raw_years
    for area, many in years.items():
        for prefix in prefixes(area):
            if not prefix.startswith(tuple(f"{ROOT}/{small}/" for small in ("_index", "_commits", "_made"))):
                yield area, prefix, retention.raw_years if prefix == f"{ROOT}/_landed/" else many
