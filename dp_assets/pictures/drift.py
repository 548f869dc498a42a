"""Pictures of drift: how far channels and attributes have moved since the champion was trained.

Belongs here: laying out the indices of a cycle. Does not belong here: computing them (`domain/drift.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import dagster as dg
import polars as pl

from dp_assets.pictures.figures import draw, figure_markdown

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BARS = 30


def drift_picture(table: pl.DataFrame) -> dg.MarkdownMetadataValue:
    """The stability indices of the table `drift`, largest on top, with the threshold.

    Args:
        table: the table `drift`.
    """
    found = table.filter((pl.col("measure") == "psi") & pl.col("value").is_not_null()).sort("value", "name")[-BARS:]

    def paint(axes: list[Axes]) -> None:
        axis = axes[0]
        colours = ["tab:red" if verdict == "drift" else "tab:blue" for verdict in found["verdict"]]
        bars = axis.barh(found["name"].to_list(), found["value"].to_list(), color=colours)
        for bar, verdict in zip(bars, found["verdict"], strict=True):
            bar.set_hatch("//" if verdict == "drift" else "")
        for threshold in found["threshold"].unique().to_list():
            axis.axvline(threshold, color="black", lw=0.8, ls=":", label=f"drift from {threshold:g} on")
        axis.set(title="population stability index since the champion's training; hatched: drift")
        axis.tick_params(axis="y", labelsize=7)
        axis.legend(loc="lower right", fontsize=8)

    return figure_markdown(draw(1, 1, paint, size=(8.0, 1.2 + 0.2 * len(found))))
