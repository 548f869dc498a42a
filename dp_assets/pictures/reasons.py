"""Pictures of reasons: drivers, importance, the waterfall between two cycles, causes of outliers.

Belongs here: laying out a few bars. Does not belong here: computing them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import dagster as dg
import numpy as np
import polars as pl

from dp_assets.pictures.figures import draw, figure_markdown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

MOST = 12
"""Bars of a picture."""


def contribution_picture(contributions: pl.DataFrame) -> dg.MarkdownMetadataValue:
    """Units that each driver moves, up and down apart, over all explained series."""
    sums = contributions.group_by("driver").agg(
        pl.col("contribution").clip(lower_bound=0).sum().alias("up"),
        pl.col("contribution").clip(upper_bound=0).sum().alias("down"),
    )
    shown = sums.sort(pl.col("up") - pl.col("down"), descending=True).head(MOST).reverse()

    def paint(axes: list[Axes]) -> None:
        axes[0].barh(shown["driver"].to_list(), shown["up"].to_list(), color="tab:blue")
        axes[0].barh(shown["driver"].to_list(), shown["down"].to_list(), color="tab:orange")
        axes[0].set_xlabel("units over the horizon")

    return figure_markdown(draw(1, 1, paint, size=(7.0, 4.0)))


def importance_picture(importance: pl.DataFrame) -> dg.MarkdownMetadataValue:
    """Rise of WAPE per driver."""
    shown = importance.sort("importance", "driver").tail(MOST)
    return _lying(shown["driver"].to_list(), shown["importance"].to_list(), "rise of WAPE without it")


def cause_picture(causes: pl.DataFrame) -> dg.MarkdownMetadataValue:
    """Units above the caps by likeliest cause."""
    sums = causes.filter(pl.col("rank") == 1).group_by("cause").agg(pl.col("excess").sum()).sort("excess", "cause")
    return _lying(sums["cause"].to_list(), sums["excess"].to_list(), "units above the cap")


def waterfall_picture(parts: pl.DataFrame) -> dg.MarkdownMetadataValue:
    """Each part on top of those before it, and the whole change at the end."""
    names, units = [*parts["part"].to_list(), "change"], parts["units"].to_numpy()
    bottoms = np.concatenate([[0.0], np.cumsum(units)[:-1], [0.0]]) if len(units) else np.zeros(1)
    heights = [*units.tolist(), float(units.sum())]

    def paint(axes: list[Axes]) -> None:
        colours = ["tab:blue" if height >= 0 else "tab:orange" for height in heights]
        axes[0].bar(names, heights, bottom=bottoms, color=[*colours[:-1], "tab:grey"])
        axes[0].axhline(0, color="black", lw=0.8)
        axes[0].set_ylabel("units over shared buckets")
        axes[0].tick_params(axis="x", rotation=30)

    return figure_markdown(draw(1, 1, paint, size=(8.0, 3.5)))


def uplift_picture(uplift: pl.DataFrame) -> dg.MarkdownMetadataValue:
    """Planned beside achieved uplift of runs that are over, one point each."""
    over = uplift.unique(["series_id", "bucket_start"]).filter(pl.col("achieved").is_not_null())

    def paint(axes: list[Axes]) -> None:
        axes[0].axline((0, 0), slope=1, color="black", lw=0.8, ls=":")
        axes[0].scatter(over["planned"].to_list(), over["achieved"].to_list(), s=8, alpha=0.5)
        axes[0].set(xlabel="planned uplift, units", ylabel="achieved uplift, units")

    return figure_markdown(draw(1, 1, paint, size=(5.0, 4.0)))


def _lying(names: Sequence[str], values: Sequence[float], label: str) -> dg.MarkdownMetadataValue:
    def paint(axes: list[Axes]) -> None:
        axes[0].barh(list(names), list(values))
        axes[0].set_xlabel(label)

    return figure_markdown(draw(1, 1, paint, size=(7.0, 3.5)))
