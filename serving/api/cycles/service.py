"""Cycles out of the bundle in service. Does not belong here: HTTP."""

from __future__ import annotations

from serving.api.cycles.schemas import Cycle
from serving.library import Loaded
from serving.views import View


def current_cycle(loaded: Loaded, seen: View) -> Cycle:
    """The cycle being served, with counts of what is seen of it."""
    head = loaded.bundle.head
    return Cycle.model_validate(
        {
            "cycle": head.cycle,
            "bucket_weeks": head.bucket_weeks,
            "horizon": head.horizon,
            "leads": head.leads,
            "quantile_levels": head.quantile_levels,
            "interval_levels": head.interval_levels,
            "key": head.key,
            "series": len(seen),
            "skus": seen.skus,
            "champion": head.champion,
            "methods": seen.counts("method"),
            "model_versions": seen.counts("model_version"),
            "bundle": loaded.version,
            "loaded_at": loaded.loaded_at,
        }
    )
