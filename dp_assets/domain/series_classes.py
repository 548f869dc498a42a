"""Classes of series as of a cycle: how they sell, how much they matter, how steady they are.

Belongs here: the table `series_classes`. Does not belong here: what is decided by them (`replenishment.py`).

demand class  smooth, erratic, intermittent or lumpy (`demand_classes.py`)
ABC           series by revenue of the last year, biggest first: A until `abc_shares[0]` of all revenue is reached, B
              until `abc_shares[1]`, then C. Units where no price is known at all.
XYZ           by the variation (standard deviation ÷ mean) of what buckets of the last year sold since the first sale:
              X up to `xyz_limits[0]`, Y up to `xyz_limits[1]`, then Z.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from dp_assets.domain.config import DemandConfig
from dp_assets.domain.contracts import series_classes
from dp_assets.domain.contracts.columns import key_columns
from dp_assets.domain.demand_classes import demand_classes
from dp_assets.domain.hierarchy import Matrix
from dp_assets.domain.panel import Panel
from dp_assets.domain.planning_config import ClassConfig

YEAR_WEEKS = 52


def class_table(panel: Panel, config: DemandConfig) -> pl.DataFrame:
    """The `series_classes` table: one row per series of the panel."""
    recent = slice(-min(panel.history, config.in_buckets(YEAR_WEEKS)), None)
    units = np.asarray(panel.quantity, np.float64)[:, recent]
    revenue: Matrix = (units * np.asarray(panel.price, np.float64)[:, recent]).sum(axis=1)
    weight = revenue if revenue.any() else units.sum(axis=1)
    since = np.arange(panel.history)[recent] >= np.asarray(panel.first)[:, None]
    frame = panel.series.select(column.name for column in key_columns(config)).with_columns(
        pl.Series("demand_class", demand_classes(panel).tolist()),
        pl.Series("abc", abc(weight, config.classes)),
        pl.Series("xyz", xyz(units, since, config.classes)),
        pl.Series("revenue", revenue),
        pl.Series("units", units.sum(axis=1)),
        pl.Series("variation", variation(units, since)),
        pl.Series("price", last_price(panel)),
    )
    return series_classes(config).conform(frame)


def last_price(panel: Panel) -> Matrix:
    """(S,) price per unit in the bucket before the cutoff; 0 where none was ever known."""
    return np.nan_to_num(np.asarray(panel.price, np.float64)[:, -1])


def abc(weight: Matrix, config: ClassConfig) -> list[str]:
    """(S,) A, B or C by the share of everything that bigger series have; C where nothing weighs anything.

    >>> abc(np.array([70.0, 5.0, 15.0, 10.0, 0.0]), ClassConfig(abc_shares=(0.8, 0.95)))
    ['A', 'C', 'A', 'B', 'C']
    """
    order = np.argsort(-weight, kind="stable")
    total = float(weight.sum())
    before = np.empty(len(weight))
    before[order] = np.cumsum(weight[order]) - weight[order]
    share = before / total if total > 0 else np.ones(len(weight))
    named = np.select([share < config.abc_shares[0], share < config.abc_shares[1]], ["A", "B"], default="C")
    found: list[str] = np.where(weight > 0, named, "C").tolist()
    return found


def variation(units: Matrix, since: np.ndarray) -> Matrix:
    """(S,) standard deviation ÷ mean over the buckets that `since` (S, T) counts; 0 where nothing was sold."""
    count = np.maximum(since.sum(axis=1), 1)
    mean = (units * since).sum(axis=1) / count
    spread = np.sqrt((((units - mean[:, None]) ** 2) * since).sum(axis=1) / count)
    found: Matrix = np.divide(spread, mean, out=np.zeros_like(mean), where=mean > 0)
    return found


def xyz(units: Matrix, since: np.ndarray, config: ClassConfig) -> list[str]:
    """(S,) X, Y or Z by the variation."""
    spread = variation(units, since)
    named = np.select([spread <= config.xyz_limits[0], spread <= config.xyz_limits[1]], ["X", "Y"], default="Z")
    found: list[str] = named.tolist()
    return found
