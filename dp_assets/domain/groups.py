"""Groups of series that plans and influences speak of: a level and its member, such as region and north.

Belongs here: which levels there are, and which series belong to a member of one. Does not belong here: what is said of
a group (`promotions.py`, `calendar.py`, `regressors.py`), nodes and their totals (`hierarchy.py`).

A level is an attribute, a key column (`location`), or a level of a hierarchy's table, as of the cutoff; where several
have the same name, the first of these in this order. A multi-label attribute has a member per label. A member is a
value, not a path: department and GROCERY, wherever in a hierarchy that stands.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import polars as pl

from dp_assets.domain.errors import ConfigError
from dp_assets.domain.reconciliation_config import HierarchyConfig

if TYPE_CHECKING:
    from dp_assets.domain.config import DemandConfig

GROUP = ("level", "member")
"""Columns that name a group in plans; both are null in a line that is about no group."""
OF_SERIES = ("series_id", "sku")
Rows = npt.NDArray[np.intp]


def group_levels(config: DemandConfig) -> tuple[str, ...]:
    """The levels whose members a plan may name, in the order in which they win."""
    places = (level for hierarchy in config.hierarchies if hierarchy.table for level in hierarchy.levels)
    keys = (name for name in config.series_key if name != "sku")
    return tuple(name for name in dict.fromkeys((*config.attributes, *keys, *places)) if name != "sku")


def series_groups(series: pl.DataFrame, config: DemandConfig, cutoff: date) -> pl.DataFrame:
    """S rows in the order given: series_id, sku, and per level the member that the series belongs to, or null.

    Args:
        series: series_id, the key columns and the attributes, as in `Panel.series`.
        config: the hierarchies, with their tables read.
        cutoff: the cycle, as of which tables say where series belong.

    Raises:
        ConfigError: a table was not read with the configuration.
    """
    wanted = group_levels(config)
    found = series.select(*OF_SERIES, *(name for name in wanted if name in series.columns))
    for hierarchy in config.hierarchies:
        new = [level for level in hierarchy.levels if hierarchy.table and level in wanted and level not in found]
        if new:
            found = found.hstack(_placed(series, hierarchy, cutoff).select(new))
    return found


def _placed(series: pl.DataFrame, hierarchy: HierarchyConfig, cutoff: date) -> pl.DataFrame:
    if hierarchy.places is None:
        raise ConfigError(f"the table of hierarchy {hierarchy.name!r} was not read; load it with the configuration")
    places, keys = hierarchy.places.as_of(cutoff), list(hierarchy.places.keys)
    return series.select(keys).join(places, on=keys, how="left", maintain_order="left")


def rows_of(groups: pl.DataFrame, level: str, member: str, sku: str | None = None) -> Rows:
    """Rows of the series that belong to a member of a level, ascending; only those of a SKU, where one is named.

    Args:
        groups: what `series_groups` returned; a level that it lacks has no series.
    """
    if level not in groups.columns:
        return np.zeros(0, np.intp)
    column = groups[level]
    inside = column.list.contains(member) if isinstance(column.dtype, pl.List) else column == member
    if sku is not None:
        inside = inside & (groups["sku"] == sku)
    return inside.fill_null(False).arg_true().to_numpy().astype(np.intp)


def lines_of_series(lines: pl.DataFrame, groups: pl.DataFrame) -> pl.DataFrame:
    """Lines about a SKU, a group or a SKU in a group, one row per line and series that it is about.

    Args:
        lines: with sku, level and member; those about nobody in particular are left out.
        groups: what `series_groups` returned.

    Returns:
        The lines in their order, those of SKUs first, with series_id and `in_group`, whether they name a group.
    """
    own = lines.filter(pl.col("level").is_null()).join(
        groups.select(*OF_SERIES), on="sku", how="inner", maintain_order="left_right"
    )
    found = [own.with_columns(pl.lit(False).alias("in_group"))]
    grouped = lines.filter(pl.col("level").is_not_null())
    for level in grouped["level"].unique().sort().to_list():
        if level not in groups.columns:
            continue
        members = groups.select("series_id", pl.col("sku").alias("own_sku"), pl.col(level).alias("member"))
        if isinstance(members.schema["member"], pl.List):
            members = members.explode("member").unique(maintain_order=True)
        named = grouped.filter(pl.col("level") == level)
        met = named.join(members, on="member", how="inner", maintain_order="left_right")
        met = met.filter(pl.col("sku").is_null() | (pl.col("sku") == pl.col("own_sku")))
        found.append(met.with_columns(pl.lit(True).alias("in_group")).select(found[0].columns))
    return pl.concat(found)
