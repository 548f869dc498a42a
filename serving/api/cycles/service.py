"""Cycles out of the bundle in service, and what can be served instead. Does not belong here: HTTP."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from dp_assets.domain.access import NodeScope
from dp_assets.domain.errors import DemandPlannerError, StorageError
from dp_resources.lake import Lake
from serving import pins
from serving.api.cycles.schemas import Cycle, KeptBundles, Pinned
from serving.api.problems import CannotBeServedError, ForbiddenError, PlanningUnavailableError
from serving.bundle import Bundle
from serving.library import Library, Loaded
from serving.views import View

if TYPE_CHECKING:
    from dp_resources.planning_db import PlanningDatabase

log = logging.getLogger("demand_planner.serving")


def pinned(library: Library) -> Pinned | None:
    """Why something else than the newest bundle is served; None where that one is."""
    pin, newest = library.pin, library.newest
    if pin is None:
        return None
    found = {"by": pin.by, "at": pin.at, "reason": pin.reason}
    cycle, version = newest or (None, None)
    return Pinned.model_validate({**found, "newest_cycle": cycle, "newest_bundle": version})


def kept_bundles(lake: Lake) -> KeptBundles:
    """Bundles that can be rolled back to."""
    found = pins.kept(lake)
    names = ("cycle", "written_at", "is_newest", "is_served", "can_be_served")
    rows = [{"bundle": one.version, **{name: getattr(one, name) for name in names}} for one in found]
    return KeptBundles.model_validate({"bundles": rows})


def current_cycle(library: Library, loaded: Loaded, seen: View) -> Cycle:
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
            "pinned": pinned(library),
            "promotions": _plans(loaded.bundle, "promo_"),
            "regressors": _plans(loaded.bundle, "regressor_"),
        }
    )


def _plans(bundle: Bundle, prefix: str) -> list[str]:
    """Channels that the network reads ahead, by what `promotions.py` and `regressors.py` put before their names."""
    return [name.removeprefix(prefix) for name in bundle.plans_read if name.startswith(prefix)]


def roll_back(
    library: Library, database: PlanningDatabase, scope: NodeScope, by: str, address: str, to: str, reason: str
) -> None:
    """Has every process serve a bundle that is kept.

    Raises:
        ForbiddenError: whoever asks works on some nodes alone, and everybody would be served something else.
        CannotBeServedError: it is not there, or cannot be served.
        PlanningUnavailableError: nobody can be told; nothing was changed.
    """
    with _told(scope):
        pins.Rollbacks(library.lake, database).roll_back(to, by, reason, address)


def undo(library: Library, database: PlanningDatabase, scope: NodeScope, by: str, address: str) -> None:
    """Has every process serve the newest bundle again; raises as `roll_back`."""
    with _told(scope):
        pins.Rollbacks(library.lake, database).undo(by, address=address)


@contextmanager
def _told(scope: NodeScope) -> Iterator[None]:
    if scope.nodes is not None:
        raise ForbiddenError("this changes what everybody is served, and you work on some nodes alone")
    try:
        yield
    except StorageError as error:
        log.error("what is served cannot be changed: %s", error)
        raise PlanningUnavailableError(
            "what is served cannot be changed now, and nothing was; the API's log says why; try again later"
        ) from error
    except DemandPlannerError as error:
        raise CannotBeServedError(str(error)) from error
