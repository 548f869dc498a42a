"""Tables of the stage `monitoring`: published forecasts against what was sold.

Belongs here: the metrics by name and definition, and the table they are kept in. Does not belong here: computing them
(`domain/metrics.py`).
"""

from __future__ import annotations

import polars as pl

from dp_assets.domain.contracts.columns import count, number, text
from dp_assets.domain.table import Column, Table

ACCURACY_METRICS: dict[str, str] = {
    "wape": "sum of |median − actual| ÷ sum of actuals",
    "mape": "mean of |mean − actual| ÷ actual over non-zero actuals",
    "smape": "mean of 2|mean − actual| ÷ (mean + actual), 0 where both are 0",
    "mae": "mean of |mean − actual|, units",
    "rmse": "root of the mean squared error of the mean, units",
    "rmsse": "mean over series of root scaled squared error of the mean; scale: squared naive steps in the past",
    "wrmsse": "rmsse weighted by the revenue of the last 13 weeks before the cutoff",
    "horizon_wape": "error of the horizon's total per series, of the mean",
    "bias": "sum of (mean − actual) ÷ sum of actuals: positive is over-forecast",
    "wql": "weighted quantile loss over the published quantiles",
    "coverage_50": "share of actuals inside the 50 % interval, ties at whole numbers split",
    "coverage_80": "share of actuals inside the 80 % interval, ties at whole numbers split",
    "coverage_90": "share of actuals inside the 90 % interval, ties at whole numbers split",
    "coverage_95": "share of actuals inside the 95 % interval, ties at whole numbers split",
    "plain_coverage_50": "share of actuals inside the 50 % interval",
    "plain_coverage_80": "share of actuals inside the 80 % interval",
    "plain_coverage_90": "share of actuals inside the 90 % interval",
    "plain_coverage_95": "share of actuals inside the 95 % interval",
    "naive_wape": "wape of the naive forecast (mean of the last 8 buckets)",
    "naive_mae": "mae of the naive forecast",
    "naive_rmse": "rmse of the naive forecast",
    "naive_rmsse": "rmsse of the naive forecast",
    "naive_bias": "bias of the naive forecast",
}
"""Metric → definition. All but the first and the naive ones say so if they are not of the mean."""


FORECAST_VALUE_ADDED = Table(
    name="forecast_value_added",
    grain="grouping × name × lead",
    key=("grouping", "name", "lead"),
    columns=(
        text("grouping", "all, a level of a hierarchy, user or reason_code (rows that planners changed)"),
        text("name", "all, a node, a planner, or a reason"),
        Column("lead", pl.Int64(), "buckets ahead; 0 pools all closed leads", minimum=0),
        count("observations", "series × leads"),
        number("actual", "units sold", "units"),
        *(
            number(f"error_{step}", f"sum of |{step} forecast − actual|, of means", "units", minimum=0)
            for step in ("naive", "model", "reconciled", "published")
        ),
        number("added_by_model", "error that the model saved against the naive forecast", "units"),
        number("added_by_reconciled", "error that reconciliation saved against the model", "units"),
        number("added_by_published", "error that planners saved against the reconciled forecast", "units"),
    ),
)


LEVEL_ACCURACY = Table(
    name="level_accuracy",
    grain="hierarchy × level × lead",
    key=("hierarchy", "level", "lead"),
    columns=(
        text("hierarchy", "hierarchy"),
        text("level", "total, a configured level, or series"),
        Column("lead", pl.Int64(), "buckets ahead; 0 pools all closed leads", minimum=0),
        Column("nodes", pl.Int64(), "nodes judged; locked numbers are left out", minimum=0),
        number("actual", "units sold", "units"),
        number("wape", "sum over nodes of |reconciled − actual| ÷ sum of actuals, of means", nullable=True),
        number("base_wape", "the same before reconciliation", nullable=True),
        number("bias", "sum of (reconciled − actual) ÷ sum of actuals: positive is over-forecast", nullable=True),
        number("coverage_80", "share of nodes inside their 80 % interval, ties at whole numbers split"),
        number("coverage_95", "share of nodes inside their 95 % interval, ties at whole numbers split"),
    ),
)


ACCURACY = Table(
    name="accuracy",
    grain="hierarchy × level × node × lead",
    key=("hierarchy", "level", "node", "lead"),
    columns=(
        text("hierarchy", "hierarchy; `-` for the total over series"),
        text("level", "total, a configured level, method, or demand_class"),
        text("node", "node, or name of the method or class"),
        Column("lead", pl.Int64(), "buckets ahead; 0 pools all closed leads", minimum=0),
        count("observations", "series × leads scored"),
        number("actual", "units sold", "units"),
        *(number(name, description, nullable=True) for name, description in ACCURACY_METRICS.items()),
    ),
)


DRIFT = Table(
    name="drift",
    grain="kind × name × measure",
    key=("kind", "name", "measure"),
    columns=(
        text("kind", "metric, coverage, channels, attributes; or estimate: the error that was and is expected"),
        text("name", "metric, interval in percent, channel, or attribute; `all` channels together"),
        text("measure", "what was compared"),
        number("value", "over the newest closed buckets before the cutoff", nullable=True),
        number("reference", "the same at the champion's training, of the naive forecast, or promised", nullable=True),
        number("threshold", "value beyond which it has drifted; empty where it is only shown", nullable=True),
        count("observations", "values or forecasts behind it"),
        text("verdict", "stable, drift, unjudged (too few observations, or none since the training), or shown"),
        text("words", "the same in words"),
    ),
)


CHAMPION_VERDICT = Table(
    name="champion_verdict",
    grain="replayed cycle",
    key=("replayed_cycle",),
    columns=(
        text("replayed_cycle", "cycle that the champion had forecast, or `all` of them together"),
        count("observations", "series × leads that both forecast and whose buckets have closed"),
        number("actual", "units sold", "units"),
        number("champion", "error of the champion's forecasts, by the metric of `thresholds`", nullable=True),
        number("challenger", "the same of the retrained model, whose refits had not seen these buckets", nullable=True),
        text("verdict", "won, lost or unjudged"),
    ),
)
