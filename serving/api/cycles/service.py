"""Cycles out of the bundle in service. Does not belong here: HTTP."""

from __future__ import annotations

from serving.api.cycles.schemas import Cycle
from serving.library import Loaded


def current_cycle(loaded: Loaded) -> Cycle:
    """The cycle being served."""
    bundle, head = loaded.bundle, loaded.bundle.head
    return Cycle.model_validate(
        {
            "cycle": head.cycle,
            "bucket_weeks": head.bucket_weeks,
            "horizon": head.horizon,
            "leads": head.leads,
            "quantile_levels": head.quantile_levels,
            "interval_levels": head.interval_levels,
            "key": head.key,
            "series": len(bundle),
            "skus": bundle.skus,
            "champion": head.champion,
            "methods": bundle.counts("method"),
            "model_versions": bundle.counts("model_version"),
            "bundle": loaded.version,
            "loaded_at": loaded.loaded_at,
        }
    )
