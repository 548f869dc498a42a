"""Freshness: when the main line counts as late.

Belongs here: freshness policies per asset. They run on wall time, so a simulated clock gets none: there the sensors'
own look at the clock says what is due.
"""

from datetime import timedelta

import dagster as dg

from dp_assets.project import Project

MAIN_LINE = (
    "raw_files",
    "unified_transactions",
    "weekly_buckets",
    "features",
    "forecasts",
    "reconciled_rollups",
    "published_forecasts",
    "serving_bundle",
)


def freshness_policy(project: Project) -> dg.FreshnessPolicy:
    """Fails when an asset was not materialised for a bucket, the arrival grace and a day; warns a day earlier."""
    due = project.grid.step + project.grid.arrival_grace
    return dg.FreshnessPolicy.time_window(fail_window=due + timedelta(days=1), warn_window=due)


def with_freshness(assets: dg.AssetsDefinition, project: Project) -> dg.AssetsDefinition:
    """The same assets, those of the main line carrying the policy."""
    if project.settings.clock == "simulated":
        return assets
    policy = freshness_policy(project)
    return assets.map_asset_specs(
        lambda spec: dg.apply_freshness_policy(spec, policy) if spec.key.to_user_string() in MAIN_LINE else spec
    )
