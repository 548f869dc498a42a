"""Pictures of what planners act on: revenue by class, money at stake by rule, value added by step.

Belongs here: laying out a few bars. Does not belong here: computing them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import dagster as dg
import polars as pl

from dp_assets.domain.value_added import EVERYTHING, POOLED_LEADS, STEPS
from dp_assets.pictures import draw, figure_markdown

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def class_picture(classes: pl.DataFrame) -> dg.MarkdownMetadataValue:
    """Revenue of each ABC class, split by XYZ."""
    sums = classes.group_by("abc", "xyz").agg(pl.col("revenue").sum()).sort("abc", "xyz")
    names = [f"{abc}{xyz}" for abc, xyz in sums.select("abc", "xyz").iter_rows()]
    return _bars(names, sums["revenue"].to_list(), "revenue")


def exception_picture(exceptions: pl.DataFrame) -> dg.MarkdownMetadataValue:
    """Money at stake by rule."""
    sums = exceptions.group_by("rule").agg(pl.col("money").sum()).sort("rule")
    return _bars(sums["rule"].to_list(), sums["money"].to_list(), "money at stake")


def value_added_picture(added: pl.DataFrame) -> dg.MarkdownMetadataValue:
    """Error that each step saved, in percent of the naive forecast's."""
    total = added.filter((pl.col("grouping") == EVERYTHING) & (pl.col("lead") == POOLED_LEADS)).row(0, named=True)
    naive = max(total["error_naive"], 1e-9)
    return _bars(list(STEPS[1:]), [100 * total[f"added_by_{step}"] / naive for step in STEPS[1:]], "error saved, %")


def _bars(names: list[str], values: list[float], label: str) -> dg.MarkdownMetadataValue:
    def paint(axes: list[Axes]) -> None:
        axes[0].bar(names, values)
        axes[0].set_ylabel(label)

    return figure_markdown(draw(1, 1, paint))
