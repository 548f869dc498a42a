"""Pictures of models and forecasts for the web UI.

Belongs here: drawing. Does not belong here: computing what is drawn (`domain/`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dagster as dg
import numpy as np
import polars as pl

from dp_assets.domain.contracts.columns import quantile_name
from dp_assets.domain.intervals import ErrorDistributions
from dp_assets.pictures.figures import draw, figure_markdown

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from dp_assets.domain.panel import Panel


def learning_curve(curve: dict[str, list[dict[str, Any]]]) -> dg.MarkdownMetadataValue:
    """Training loss of both fits, and held-out losses in both modes of the first."""

    def paint(axes: list[Axes]) -> None:
        for name, epochs in curve.items():
            numbers = [epoch["number"] for epoch in epochs]
            axes[0].plot(numbers, [epoch["train_loss"] for epoch in epochs], marker=".", label=name)
        axes[0].set(title="training loss", xlabel="epoch")
        axes[0].legend(fontsize=8)
        judged = [epoch for epoch in curve.get("held_out", []) if epoch["point"] is not None]
        for mode in ("point", "sum"):
            axes[1].plot([e["number"] for e in judged], [e[mode] for e in judged], marker=".", label=mode)
        axes[1].set(title="held-out loss", xlabel="epoch")
        axes[1].legend(fontsize=8)

    return figure_markdown(draw(1, 2, paint))


def study_picture(trials: tuple[dict[str, Any], ...], importance: dict[str, float]) -> dg.MarkdownMetadataValue:
    """Loss by trial, and the share of its variation that each parameter explains."""

    def paint(axes: list[Axes]) -> None:
        complete = [trial for trial in trials if trial["value"] is not None]
        axes[0].plot([t["number"] for t in complete], [t["value"] for t in complete], "o", label="complete")
        pruned = [trial["number"] for trial in trials if trial["value"] is None]
        for number in pruned:
            axes[0].axvline(number, color="grey", lw=0.6, ls=":")
        axes[0].set(title=f"loss by trial ({len(pruned)} pruned: dotted)", xlabel="trial")
        names = sorted(importance, key=lambda name: importance[name])
        axes[1].barh(names, [importance[name] for name in names])
        axes[1].set(title="importance" if names else "importance: too few trials")

    return figure_markdown(draw(1, 2, paint))


def importance_picture(importance: dict[str, float], most: int = 15) -> dg.MarkdownMetadataValue:
    """What gradient boosting's mean was gained by, the biggest shares."""
    names = list(importance)[:most][::-1]

    def paint(axes: list[Axes]) -> None:
        axes[0].barh(names, [importance[name] for name in names])
        axes[0].set(title="share of the gain", xlabel="")
        axes[0].tick_params(labelsize=7)

    return figure_markdown(draw(1, 1, paint))


def leaderboard_markdown(table: pl.DataFrame) -> dg.MarkdownMetadataValue:
    """The table `leaderboard` for reading: classes below each other, the published method in bold."""
    numbers = ("wape", "rmse", "bias", "wql", "share")
    head = ("demand class", "method", "rows", *(name.replace("_", " ") for name in numbers), "verdict")
    lines = [f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}"]
    for row in table.iter_rows(named=True):
        method = f"**{row['method']}**" if row["champion"] else row["method"]
        figures = ["" if row[name] is None else f"{row[name]:.3f}" for name in numbers]
        cells = [row["demand_class"], method, f"{row['observations']:,}", *figures, row["reason"]]
        lines.append(f"| {' | '.join(cells)} |")
    return dg.MetadataValue.md("\n".join(lines))


def residual_picture(errors: ErrorDistributions) -> dg.MarkdownMetadataValue:
    """Scaled residual quantiles against the size of the forecast, for the first and the last lead."""
    leads = sorted({min(errors.pools), max(errors.pools)})

    def paint(axes: list[Axes]) -> None:
        for axis, lead in zip(axes, leads, strict=True):
            pools = errors.pools[lead]
            for level, column in zip(errors.levels, pools.scaled.T, strict=True):
                axis.plot(np.exp(pools.centres), column, lw=1, label=f"{level:g}")
            axis.set(xscale="log", title=f"lead {lead}: residual ÷ sqrt(mean)", xlabel="forecast, units")
            axis.legend(fontsize=6, ncols=2)

    return figure_markdown(draw(1, len(leads), paint))


def forecast_pictures(
    panel: Panel, table: pl.DataFrame, backtest: pl.DataFrame | None
) -> dict[str, dg.MarkdownMetadataValue]:
    """Forecasts behind recent actuals, for the biggest series and for those that were forecast worst so far.

    Worst are, among the bigger half, those with the largest error in the model's backtest relative to their sales;
    without a model, those whose forecast lies furthest from the mean of their last buckets.
    """
    means = table.group_by("series_id").agg(pl.col("forecast").mean(), pl.col("naive").first())
    gap = ((pl.col("forecast") - pl.col("naive")).abs() / (pl.col("forecast") + pl.col("naive") + 1)).alias("error")
    ranked = means.with_columns(gap)
    if backtest is not None:
        error = pl.col("residual").abs().sum() / (pl.col("actual").sum() + 1)
        errors = backtest.group_by("series_id").agg(error.alias("error"))
        ranked = means.join(errors, on="series_id", how="inner")
    biggest = means.sort("forecast", "series_id", descending=[True, False])["series_id"]
    bigger = ranked.filter(pl.col("forecast") >= pl.col("forecast").median())
    worst = bigger.sort("error", "series_id", descending=[True, False])["series_id"]
    return {"biggest_skus": _fans(panel, table, biggest[:4]), "worst_skus": _fans(panel, table, worst[:4])}


def _fans(panel: Panel, table: pl.DataFrame, chosen: pl.Series) -> dg.MarkdownMetadataValue:
    position = {name: row for row, name in enumerate(panel.series["series_id"].to_list())}

    def paint(axes: list[Axes]) -> None:
        for axis, name in zip(axes, chosen.to_list(), strict=False):
            ahead = table.filter(pl.col("series_id") == name).sort("lead")
            days = ahead["bucket_start"].to_list()
            axis.plot(panel.starts[: panel.history], panel.quantity[position[name]], lw=1, color="black")
            low, high = (ahead[quantile_name(level)].to_list() for level in (0.1, 0.9))
            axis.fill_between(days, low, high, alpha=0.3, label="80 %")
            axis.plot(days, ahead["forecast"].to_list(), marker=".", label="mean")
            axis.plot(days, ahead["naive"].to_list(), ls=":", label="naive")
            axis.set_title(f"{name} ({ahead['method'][0]})", fontsize=9)
            axis.tick_params(labelsize=7)
        axes[0].legend(fontsize=7)

    return figure_markdown(draw(2, 2, paint))
