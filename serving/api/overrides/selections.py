"""Which series of the current cycle are meant by a SKU or by attributes.

Belongs here: looking them up in the cycle's own tables, which may be newer than the bundle in service. Does not belong
here: what is done to them (`service.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import polars as pl

from serving.api.filters import passed_by

if TYPE_CHECKING:
    from dp_assets.planning import PlanningCycle


def series_of_sku(opened: PlanningCycle, sku: str) -> list[str]:
    """Ids of the series of a SKU, ascending."""
    return sorted(opened.forecasts.filter(pl.col("sku") == sku)["series_id"].unique().to_list())


def series_selected(opened: PlanningCycle, attributes: Sequence[str]) -> list[str]:
    """Ids of the series that pass filters by attribute, ascending.

    Raises:
        BadParameterError: an attribute is not written `name:value`, or not known.
    """
    keys = ("series_id", *opened.config.series_key)
    series = opened.forecasts.select(keys).unique().sort("series_id")
    known = opened.attributes.select("sku", *(one for one in opened.config.attributes if one in opened.attributes))
    described = series.join(known, on="sku", how="left", maintain_order="left")
    found: list[str] = described.filter(passed_by(described.drop("series_id"), attributes))["series_id"].to_list()
    return found
