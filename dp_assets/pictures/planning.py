"""Pictures of what planners act on: classes, money at stake, value added, price elasticities, scenarios.

Belongs here: laying out a few bars and lines. Does not belong here: computing them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import dagster as dg
import numpy as np
import polars as pl

from dp_assets.domain.contracts.columns import quantile_name
from dp_assets.domain.hierarchy import SERIES, TOTAL
from dp_assets.domain.scenario_base import Base
from dp_assets.domain.value_added import EVERYTHING, POOLED_LEADS, STEPS
from dp_assets.pictures.figures import draw, figure_markdown

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


def elasticity_picture(elasticities: pl.DataFrame) -> dg.MarkdownMetadataValue:
    """How elasticities spread, those with an estimate of their own beside those that have others'."""

    def paint(axes: list[Axes]) -> None:
        own = elasticities.filter(pl.col("basis") == "own")["elasticity"].to_numpy()
        others = elasticities.filter(pl.col("basis") != "own")["elasticity"].to_numpy()
        every = elasticities["elasticity"].to_numpy() if len(elasticities) else np.zeros(1)
        # A margin on both sides, because elasticities that all are others' may differ by rounding alone.
        bins = np.linspace(every.min() - 0.05, every.max() + 0.05, 31).tolist()
        axes[0].hist([own, others], bins=bins, stacked=True, label=["own price moved", "others'"])
        axes[0].set(xlabel="elasticity", ylabel="series")
        axes[0].legend(fontsize=7)

    return figure_markdown(draw(1, 1, paint))


def scenario_picture(base: Base, table: pl.DataFrame, nodes: int = 6) -> dg.MarkdownMetadataValue:
    """Published numbers and the scenario's, with the widest intervals, of the nodes that change most."""
    upper = table.filter((pl.col("level") != SERIES) & (pl.col("hierarchy") == base.hierarchies[0].name))
    moved = upper.group_by("node").agg((pl.col("forecast") - pl.col("base_forecast")).sum().abs().alias("moved"))
    chosen = moved.sort("moved", "node", descending=[True, False])["node"].head(nodes).to_list()
    ends = base.config.quantile_levels[0], base.config.quantile_levels[-1]
    starts = np.array(base.forecasts.starts, "datetime64[D]")
    names = base.hierarchies[0].nodes["node"].to_list()

    def paint(axes: list[Axes]) -> None:
        for axis, node in zip(axes, chosen, strict=False):
            rows = upper.filter(pl.col("node") == node).sort("lead")
            published = np.zeros(len(starts)) if node not in names else base.sums[0].mean[names.index(node)]
            scenario = published.copy()
            scenario[rows["lead"].to_numpy() - 1] = rows["forecast"].to_numpy()
            days = rows["bucket_start"].to_numpy()
            low, high = (rows[quantile_name(end)].to_numpy() for end in ends)
            axis.plot(starts, published, color="black", lw=1, marker=".", ms=4, label="published")
            axis.plot(starts, scenario, color="tab:blue", lw=1.2, marker=".", ms=4, label="scenario")
            axis.vlines(days, low, high, color="tab:blue", alpha=0.4, lw=3)
            axis.set_title(node, fontsize=9)
            axis.set_ylim(bottom=0)
            axis.tick_params(axis="x", labelrotation=30, labelsize=7)
            axis.tick_params(axis="y", labelsize=7)
        axes[0].legend(fontsize=7, loc="lower left")
        for axis in axes[len(chosen) :]:
            axis.set_axis_off()

    columns = min(3, len(chosen))
    return figure_markdown(draw(-(-len(chosen) // columns), columns, paint, size=(4.2, 2.6)))


def period_picture(table: pl.DataFrame) -> dg.MarkdownMetadataValue:
    """The total of each period with its 80 % interval, one chart per kind; what was sold already is darker."""
    rows = table.filter((pl.col("level") == TOTAL) & (pl.col("hierarchy") == table["hierarchy"][0])).sort("starts_on")
    kinds = rows["kind"].unique(maintain_order=True).to_list()

    def paint(axes: list[Axes]) -> None:
        for axis, kind in zip(axes, kinds, strict=True):
            here = rows.filter(kind=kind)
            middle, low, high = (here[name].to_numpy() for name in ("forecast", "q0.1", "q0.9"))
            ends = [(middle - low).clip(0), (high - middle).clip(0)]
            axis.bar(here["period"].to_list(), middle, yerr=ends, color="tab:blue", alpha=0.5, capsize=3)
            axis.bar(here["period"].to_list(), here["sold"].to_numpy(), color="tab:blue")
            axis.set_title(f"units, {kind.replace('_', ' ')}", fontsize=9)
            axis.tick_params(axis="x", labelrotation=30, labelsize=7)

    return figure_markdown(draw(1, len(kinds), paint, size=(3.4, 2.6)))


def lost_sales_picture(table: pl.DataFrame) -> dg.MarkdownMetadataValue:
    """Units lost to stock-outs per bucket, those that were only inferred beside those that files stated."""
    sums = table.group_by("bucket_start", "kind").agg(pl.col("lost").sum()).sort("bucket_start", "kind")

    def paint(axes: list[Axes]) -> None:
        for kind, colour in (("stated", "tab:red"), ("inferred", "tab:orange")):
            here = sums.filter(kind=kind)
            axes[0].plot(here["bucket_start"], here["lost"], ".-", color=colour, label=kind)
        axes[0].set_ylabel("units lost")
        axes[0].tick_params(axis="x", labelrotation=30, labelsize=7)
        axes[0].legend(fontsize=7)

    return figure_markdown(draw(1, 1, paint))


def _bars(names: list[str], values: list[float], label: str) -> dg.MarkdownMetadataValue:
    def paint(axes: list[Axes]) -> None:
        axes[0].bar(names, values)
        axes[0].set_ylabel(label)

    return figure_markdown(draw(1, 1, paint))
