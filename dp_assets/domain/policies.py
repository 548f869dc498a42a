"""Policies: what is decided for series of some classes, whatever holds for the others.

Belongs here: which policy of the configuration holds for a series in one matter. Does not belong here: the classes
(`series_classes.py`), what follows in each matter (`forecasts.py`, `replenishment.py`, `exceptions.py`).

A policy names demand, ABC and XYZ classes, and says something of the series that belong to all it names. Of the
policies that say something of the same matter, the first one that a series belongs to holds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import polars as pl

from dp_assets.domain.config import DemandConfig
from dp_assets.domain.demand_classes import Names
from dp_assets.domain.leaderboard import winners_of
from dp_assets.domain.panel import Panel
from dp_assets.domain.planning_config import MODEL, PolicyConfig
from dp_assets.domain.series_classes import class_table

Value = TypeVar("Value")


def policy_values(
    classes: pl.DataFrame, config: DemandConfig, matter: Callable[[PolicyConfig], Value | None]
) -> list[Value | None]:
    """(S,) what the first policy that says something of a matter says of each series; None where none does.

    Args:
        classes: `series_classes` rows, or just their classes.
        config: the policies.
        matter: what is asked of a policy.
    """
    found: list[Value | None] = [None] * len(classes)
    for policy in reversed(config.policies):
        said = matter(policy)
        if said is not None:
            for row in np.flatnonzero(belongs(classes, policy)).tolist():
                found[row] = said
    return found


def belongs(classes: pl.DataFrame, policy: PolicyConfig) -> npt.NDArray[np.bool_]:
    """(S,) whether a series has one of the classes that a policy names, of every kind that it names."""
    inside = np.ones(len(classes), np.bool_)
    for name in ("demand_class", "abc", "xyz"):
        wanted = getattr(policy, name)
        if wanted:
            inside &= classes[name].is_in(list(wanted)).fill_null(False).to_numpy()
    return inside


def service_levels(classes: pl.DataFrame, config: DemandConfig) -> npt.NDArray[np.float64]:
    """(S,) probability that stock lasts until the delivery: by policy, else by ABC class; C for an unknown series."""
    usual = [config.replenishment.service_levels[name] for name in classes["abc"].fill_null("C")]
    said = policy_values(classes, config, lambda policy: policy.service_level)
    return np.array([own if own is not None else other for own, other in zip(said, usual, strict=True)], np.float64)


def thresholds_of(classes: pl.DataFrame, config: DemandConfig) -> npt.NDArray[np.intp]:
    """(S,) which of `config.exception_thresholds` holds for each series; 0 are those of everybody else."""
    places = {id(policy): at for at, policy in enumerate(config.exception_policies, start=1)}
    said = policy_values(classes, config, lambda policy: places.get(id(policy)))
    return np.array([at or 0 for at in said], np.intp)


def methods_of(leaderboard: pl.DataFrame, panel: Panel, config: DemandConfig) -> Names:
    """(S,) statistical method that forecasts a series which the model could forecast; empty where the model does.

    Args:
        leaderboard: the champion's, whose winners hold where no policy says otherwise.
        panel: the whole panel of the cycle: what is A depends on everything.
        config: the policies.
    """
    winners = winners_of(leaderboard, panel)
    if all(policy.method is None for policy in config.policies):
        return winners
    said = policy_values(class_table(panel, config), config, lambda policy: policy.method)
    chosen = [
        winner if own is None else ("" if own == MODEL else own) for own, winner in zip(said, winners, strict=True)
    ]
    return np.array(chosen, np.str_)
