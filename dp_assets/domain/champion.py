"""The champion: which model a cycle's forecasts use, and whether a newer one takes its place.

Belongs here: the choice, and the comparison of a retrained model with the champion. Does not belong here: knowing which
models exist (the lake), using them (`inference.py`), methods that compete within one model (`leaderboard.py`).

A retrained model is compared with the champion on cycles that the champion forecast before: the champion's forecasts as
they were made, and those of the retrained model's backtest, whose refits had seen nothing of the buckets they forecast.
Both are of the same series, leads and buckets, and judged by their means: quantiles of a backtest are not calibrated.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import polars as pl

from dp_assets.domain.config import DemandConfig
from dp_assets.domain.contracts import CHAMPION_VERDICT
from dp_assets.domain.contracts.columns import quantile_name
from dp_assets.domain.metrics import score

FIRST, WON, LOST, UNJUDGED = "first", "won", "lost", "unjudged"
ALL = "all"
MEANS = (0.25, 0.5, 0.75)
"""Quantile levels that stand for the mean where a metric asks for the median."""


def newest_champion(materialised: Iterable[str], cycle: str) -> str | None:
    """The newest model of a cycle at or before `cycle`, None when there is none. Keys are ISO dates.

    A model of a later cycle has seen what this cycle must not know, so it is never taken, however good it is.

    >>> newest_champion(["2017-10-02", "2017-11-06"], "2017-10-30")
    '2017-10-02'
    """
    return max((model for model in materialised if model <= cycle), default=None)


def champion_verdict(
    residuals: pl.DataFrame, forecasts: Mapping[str, pl.DataFrame], scales: pl.DataFrame, config: DemandConfig
) -> pl.DataFrame:
    """The table `champion_verdict` of a retrained model: both errors per replayed cycle, and over all of them.

    It wins where its error over all of them is smaller, and loses where it is not. With fewer rows than
    `drift.min_observations` it is unjudged, and so are backtests of buckets that were seen in training.

    Args:
        residuals: the retrained model's backtest.
        forecasts: cycle → what the champion forecast in it.
        scales: series_id, scale_squared and weight, see `accuracy.past_scales`.
        config: the metric, and how many rows it takes.
    """
    unseen = residuals.filter("out_of_sample").select(
        "series_id", pl.col("cutoff").cast(pl.String).alias("cycle"), "lead", "actual", "predicted"
    )
    made = [
        frame.select("series_id", pl.lit(cycle).alias("cycle"), "lead", "forecast")
        for cycle, frame in sorted(forecasts.items())
    ]
    none = unseen.clear().select("series_id", "cycle", "lead", pl.col("predicted").alias("forecast"))
    both = pl.concat([none, *made]).join(unseen, on=["series_id", "cycle", "lead"], how="inner", maintain_order="left")
    both = both.join(scales, on="series_id", how="left", maintain_order="left").with_columns(
        pl.col("weight").fill_null(0.0), pl.col("cycle").alias("cutoff")
    )
    parts = both.partition_by("cycle", as_dict=True, maintain_order=True)
    rows = [_compared(str(key[0]), part, config) for key, part in parts.items()]
    return CHAMPION_VERDICT.conform(pl.DataFrame([*rows, _compared(ALL, both, config)], schema=CHAMPION_VERDICT.schema))


def _compared(name: str, rows: pl.DataFrame, config: DemandConfig) -> dict[str, object]:
    champion, challenger = (_error(rows, column, config) for column in ("forecast", "predicted"))
    verdict = UNJUDGED
    if champion is not None and challenger is not None and len(rows) >= config.drift.min_observations:
        verdict = WON if challenger < champion else LOST
    return {
        "replayed_cycle": name,
        "observations": len(rows),
        "actual": float(rows["actual"].sum()),
        "champion": champion,
        "challenger": challenger,
        "verdict": verdict,
    }


def _error(rows: pl.DataFrame, column: str, config: DemandConfig) -> float | None:
    """The metric of `thresholds` of means; None where it is not defined."""
    if rows.is_empty():
        return None
    mean = pl.col(column)
    frame = rows.with_columns(mean.alias("forecast"), *(mean.alias(quantile_name(level)) for level in MEANS))
    found = score(frame, (50,), MEANS)[config.thresholds.metric]
    return found if found == found else None


def verdict_over_all(table: pl.DataFrame) -> str:
    """The verdict of a table `champion_verdict`."""
    return str(table.filter(pl.col("replayed_cycle") == ALL)["verdict"].item())


def verdict_words(table: pl.DataFrame, champion: str, config: DemandConfig) -> str:
    """The verdict in a sentence, for the run, the lake and whoever asks why a model is not used."""
    row = table.filter(pl.col("replayed_cycle") == ALL).row(0, named=True)
    count, metric = row["observations"], config.thresholds.metric
    if row["verdict"] == UNJUDGED:
        needed = f"{config.drift.min_observations} are needed; the newer model takes over, because it knows more"
        return f"{count} forecasts of the champion {champion} could be compared, {needed}"
    said = f"{metric} {row['challenger']:.4g} against {row['champion']:.4g} of the champion {champion}"
    said += f" over {len(table) - 1} replayed cycles, {count} forecasts"
    if row["verdict"] == WON:
        return f"the retrained model won and takes over: {said}"
    kept = "takes over nevertheless, as configured" if config.drift.challenger == "always" else "is kept but not used"
    return f"the retrained model lost and {kept}: {said}"
