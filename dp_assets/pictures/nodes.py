"""Pictures of nodes: what a total or a department sold, and what was forecast for it.

Belongs here: laying out history, forecast, interval and actual of a few nodes. Does not belong here: computing them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import dagster as dg
import numpy as np
import numpy.typing as npt
import polars as pl

from dp_assets.domain.hierarchy import SERIES, Hierarchy, Matrix
from dp_assets.domain.interval_contract import TOLERANCE
from dp_assets.domain.node_forecasts import node_history
from dp_assets.domain.panel import Panel
from dp_assets.pictures.figures import draw, figure_markdown

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Days = npt.NDArray[np.datetime64]
HISTORY_SHOWN = 26
NODES_SHOWN = 6
GROUPS_SHOWN = 20


@dataclass(frozen=True)
class NodeView:
    """One small chart: units per bucket of a node before and after the cutoff.

    Attributes:
        title: the node.
        past: bucket starts and units before the cutoff.
        ahead: bucket starts after it.
        lines: label → units ahead, e.g. forecast, actual, naive.
        band: lower and upper end of the 80 % interval, where there is one.
    """

    title: str
    past: tuple[Days, Matrix]
    ahead: Days
    lines: dict[str, Matrix]
    band: tuple[Matrix, Matrix] | None = None


def biggest_nodes(panel: Panel, hierarchy: Hierarchy) -> list[tuple[int, str, Matrix]]:
    """(row, path, units per bucket of recent history) of the total and the biggest nodes right below it."""
    history = node_history(panel, hierarchy)[:, -HISTORY_SHOWN:]
    below = np.flatnonzero(hierarchy.depth == 1)
    order = below[np.argsort(-history[below].sum(axis=1), kind="stable")][: NODES_SHOWN - 1]
    return [(int(row), str(hierarchy.nodes["node"][int(row)]), history[row]) for row in [0, *order.tolist()]]


def recent_starts(panel: Panel) -> Days:
    """Starts of the buckets that pictures show before the cutoff."""
    return panel.starts[: panel.history][-HISTORY_SHOWN:]


def rollup_picture(table: pl.DataFrame, panel: Panel, hierarchy: Hierarchy) -> dg.MarkdownMetadataValue:
    """History, reconciled forecast and 80 % interval of the total and the biggest nodes below it."""
    upper = table.filter((pl.col("hierarchy") == hierarchy.name) & (pl.col("level") != SERIES)).sort("lead")
    views = []
    for row, name, history in biggest_nodes(panel, hierarchy):
        level = hierarchy.levels[int(hierarchy.depth[row])]
        ahead = upper.filter((pl.col("level") == level) & (pl.col("node") == name))
        band = (ahead["q0.1"].to_numpy(), ahead["q0.9"].to_numpy())
        lines = {"forecast": ahead["forecast"].to_numpy(), "base": ahead["base_forecast"].to_numpy()}
        views.append(NodeView(name, (recent_starts(panel), history), ahead["bucket_start"].to_numpy(), lines, band))
    return node_picture(views)


def accuracy_picture(scored: pl.DataFrame, panel: Panel, hierarchy: Hierarchy) -> dg.MarkdownMetadataValue:
    """Actual against forecast and naive forecast in closed buckets, for the total and the biggest nodes below it."""
    starts = scored["bucket_start"].unique().sort().to_numpy()
    views = []
    for row, name, history in biggest_nodes(panel, hierarchy):
        members = pl.DataFrame({"series_id": hierarchy.series.gather(hierarchy.members(row))})
        sums = scored.join(members, on="series_id").group_by("bucket_start")
        sold = sums.agg(pl.col("actual", "forecast", "naive").sum()).sort("bucket_start")
        lines = {column: sold[column].to_numpy() for column in ("actual", "forecast", "naive")}
        views.append(NodeView(name, (recent_starts(panel), history), starts, lines))
    return node_picture(views)


def coverage_picture(covered: pl.DataFrame) -> dg.MarkdownMetadataValue:
    """What the 80 % and the 95 % interval covered, beside what the contract allows: one chart each for leads, demand
    classes and categories, of which the biggest are shown.

    Args:
        covered: rows of `accuracy.coverage_summary`.
    """
    kinds = [kind for kind in covered["by"].unique(maintain_order=True) if kind != "all"]

    def paint(axes: list[Axes]) -> None:
        for axis, kind in zip(axes, kinds, strict=True):
            rows = covered.filter(by=kind)
            if len(rows) > GROUPS_SHOWN and kind != "lead":
                rows = rows.sort("observations", "node", descending=[True, False]).head(GROUPS_SHOWN)
            for level, colour in ((80, "tab:blue"), (95, "tab:orange")):
                nominal, allowed = level / 100, TOLERANCE[level]
                axis.axvspan(nominal - allowed, nominal + allowed, color=colour, alpha=0.15, lw=0)
                axis.plot(rows[f"coverage_{level}"], rows["node"], "o", ms=4, color=colour, label=f"{level} %")
            axis.invert_yaxis()
            axis.set_title(f"coverage by {kind.replace('_', ' ')}", fontsize=9)
            axis.tick_params(labelsize=7)
        axes[0].legend(fontsize=7, loc="lower left")

    return figure_markdown(draw(1, len(kinds), paint, size=(4.2, 3.2)))


def node_picture(views: list[NodeView]) -> dg.MarkdownMetadataValue:
    """A grid of small charts, three in a row."""
    colours = {"forecast": "tab:blue", "actual": "black", "naive": "tab:orange", "base": "tab:green"}

    def paint(axes: list[Axes]) -> None:
        for axis, view in zip(axes, views, strict=False):
            axis.plot(view.past[0], view.past[1], color="black", lw=1)
            if view.band is not None:
                axis.fill_between(view.ahead, *view.band, color="tab:blue", alpha=0.2, lw=0, label="80 %")
            for label, values in view.lines.items():
                axis.plot(view.ahead, values, color=colours[label], lw=1.2, marker=".", ms=4, label=label)
            axis.set_title(view.title, fontsize=9)
            axis.set_ylim(bottom=0)
            axis.tick_params(axis="x", labelrotation=30, labelsize=7)
            axis.tick_params(axis="y", labelsize=7)
        axes[0].legend(fontsize=7, loc="lower left")
        for axis in axes[len(views) :]:
            axis.set_axis_off()

    columns = min(3, len(views))
    return figure_markdown(draw(-(-len(views) // columns), columns, paint, size=(4.2, 2.6)))
