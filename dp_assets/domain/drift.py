"""Drift: whether the world of a cycle is still the one that its champion was trained on.

Belongs here: what is compared, the table `drift` of a cycle, and whether it asks for a retraining. Does not belong
here: distances of samples (`distances.py`), which of two models is better (`champion.py`), scores of published
forecasts (`accuracy.py`).

    metric      error of the champion's forecasts of the newest closed buckets, against its own backtest and the naive
    coverage    share of those buckets that its intervals held
    channels    per numeric channel: values since the training against those of the training
    attributes  values of the active series against those of the training, and the share that the champion cannot know
    estimate    the error that its quantiles lead to expect, beside what came

A cycle is judged by its own panel and by forecasts of earlier cycles, so it uses nothing that was not known at its
cutoff: its verdict can be computed again, and files that come later change nothing about it. Only what the champion
forecast, and what happened since it was trained, counts; a new model starts without a debt.

Channels that are the same for many series at once (calendar, peers, the weather of a country) are left out: a few weeks
of them are a few values, and a season is no drift.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from dp_assets.domain.accuracy import past_scales, scored_frame
from dp_assets.domain.config import DemandConfig
from dp_assets.domain.contracts import DRIFT
from dp_assets.domain.contracts.columns import quantile_name
from dp_assets.domain.distances import category_psi, ks_distance, psi
from dp_assets.domain.encoders import AttributeEncoder, Encoders
from dp_assets.domain.inference import network_rows
from dp_assets.domain.interval_contract import TOLERANCE
from dp_assets.domain.metrics import score
from dp_assets.domain.panel import Panel, recent_actuals
from dp_assets.domain.peers import PREFIX
from dp_assets.domain.windows import IndexArray

METRIC, COVERAGE, CHANNELS, ATTRIBUTES, ESTIMATE = "metric", "coverage", "channels", "attributes", "estimate"
STABLE, DRIFTED, UNJUDGED, SHOWN = "stable", "drift", "unjudged", "shown"
ALL = "all"
COMPARED_SERIES = 4_000
"""Series that are compared at most, every so-manieth of all: more tell little, and cost by the series."""
NEW_VALUES_SHOWN = 5
NEEDED_OF_RESIDUALS = ("series_id", "cutoff", "lead", "actual", "predicted", "predicted_quantiles")
"""Columns of `residuals` that the level at training is made of."""


@dataclass(frozen=True)
class Trained:
    """The champion of a cycle and what it was made of.

    Attributes:
        version: as `model_version` of its forecasts says.
        panel: of the cycle that it was trained in.
        encoders: its own.
        residuals: its backtest, at least NEEDED_OF_RESIDUALS.
    """

    version: str
    panel: Panel
    encoders: Encoders
    residuals: pl.DataFrame


def drift_table(
    panel: Panel, forecasts: pl.DataFrame, earlier: Sequence[pl.DataFrame], trained: Trained, config: DemandConfig
) -> pl.DataFrame:
    """The table `drift` of a cycle.

    Args:
        panel: the cycle's.
        forecasts: the cycle's own, whose error is estimated.
        earlier: forecasts of cycles before it; of these only what the champion made, of buckets in the window, counts.
        trained: the champion.
        config: thresholds and window.
    """
    window = window_of(panel, trained, config)
    made = _closed(panel, earlier, trained, window, config)
    rows = [
        *_of_metric(made, panel, trained, config),
        *_of_coverage(made, config),
        *_of_channels(panel, trained, window, config),
        *_of_attributes(panel, trained, config),
        *_estimates(made, forecasts, config),
    ]
    return DRIFT.conform(pl.DataFrame(rows, schema=DRIFT.schema))


def window_of(panel: Panel, trained: Trained, config: DemandConfig) -> int:
    """Buckets before the cutoff that are judged: the configured ones, of those since the champion was trained."""
    since = int((panel.starts[: panel.history] >= np.datetime64(trained.panel.cutoff)).sum())
    return min(config.in_buckets(config.drift.window_weeks), since)


# -- rows -------------------------------------------------------------------------------------------------------------


def _row(
    kind: str,
    name: str,
    measure: str,
    value: float | None,
    reference: float | None,
    threshold: float | None,
    observations: int,
    least: int,
    below: bool = False,
) -> dict[str, Any]:
    """One row with its verdict; `below` where small values are the bad ones, `least` observations to judge at all."""
    value, reference = (None if one is None or not np.isfinite(one) else float(one) for one in (value, reference))
    if value is None or observations < least:
        verdict = UNJUDGED
    elif threshold is None:
        verdict = SHOWN
    else:
        verdict = DRIFTED if (value < threshold if below else value > threshold) else STABLE
    return {
        "kind": kind,
        "name": name,
        "measure": measure,
        "value": value,
        "reference": reference,
        "threshold": threshold,
        "observations": observations,
        "verdict": verdict,
        "words": _words(name, measure, value, reference, threshold, below),
    }


def _words(
    name: str, measure: str, value: float | None, reference: float | None, threshold: float | None, below: bool
) -> str:
    if value is None:
        return f"{name}: nothing to compare yet"
    said = f"{name}: {measure} {value:.3g}"
    if reference is not None:
        said += f" against {reference:.3g}"
    return said if threshold is None else f"{said}, {'at least' if below else 'at most'} {threshold:.3g} is stable"


# -- errors -----------------------------------------------------------------------------------------------------------


def sampled(names: pl.Series, most: int = COMPARED_SERIES) -> pl.Series:
    """Every so-manieth of sorted names, so many that at most `most` remain."""
    return names.unique().sort().gather_every(max(1, -(-names.n_unique() // most)))


def _closed(
    panel: Panel, earlier: Sequence[pl.DataFrame], trained: Trained, window: int, config: DemandConfig
) -> pl.DataFrame:
    """The champion's forecasts of the window's buckets beside what was sold, a scored frame with `cutoff`."""
    judged = sampled(trained.residuals["series_id"])
    days = panel.starts[panel.history - window : panel.history].astype("datetime64[D]").tolist()
    step = timedelta(weeks=panel.bucket_weeks)
    wanted = [
        frame.filter(
            (pl.col("model_version") == trained.version)
            & pl.col("bucket_start").is_in(days)
            & pl.col("series_id").is_in(judged.implode())
        ).with_columns((pl.col("bucket_start") - (pl.col("lead") - 1) * pl.lit(step)).cast(pl.Date).alias("cutoff"))
        for frame in earlier
    ]
    columns = ["cutoff", "series_id", "lead", "bucket_start", "forecast", "naive", *_quantiles(config)]
    none = pl.DataFrame(schema={name: pl.Float64() for name in columns}).with_columns(
        pl.col("cutoff", "bucket_start").cast(pl.Date), pl.col("series_id").cast(pl.String), pl.col("lead").cast(int)
    )
    rows = pl.concat([none, *(frame.select(columns) for frame in wanted)])
    actuals = recent_actuals(panel, max(window, 1))
    return scored_frame(rows, actuals, past_scales(panel, config), days).sort("cutoff", "series_id", "lead")


def _quantiles(config: DemandConfig) -> list[str]:
    return [quantile_name(level) for level in config.quantile_levels]


def _of_metric(made: pl.DataFrame, panel: Panel, trained: Trained, config: DemandConfig) -> list[dict[str, Any]]:
    metric, least = config.thresholds.metric, config.drift.min_observations
    value, naive = (_score(frame, config) for frame in (made, _as_naive(made, config)))
    level = _score(_backtest(made, panel, trained, config), config)
    raised = None if level is None else level * (1 + config.thresholds.retrain_increase)
    count = len(made)
    rows = [
        _row(METRIC, metric, "against its backtest", value if level is not None else None, level, raised, count, least),
        _row(METRIC, metric, "against the naive forecast", value, naive, naive, count, least),
    ]
    limit = config.thresholds.retrain_above
    return rows if limit is None else [*rows, _row(METRIC, metric, "limit", value, None, limit, count, least)]


def _score(frame: pl.DataFrame, config: DemandConfig) -> float | None:
    if frame.is_empty():
        return None
    found = score(frame, quantile_levels=config.quantile_levels)[config.thresholds.metric]
    return found if np.isfinite(found) else None


def _as_naive(made: pl.DataFrame, config: DemandConfig) -> pl.DataFrame:
    """The same rows, forecast by the naive method."""
    return made.with_columns(pl.col("naive").alias(name) for name in ("forecast", *_quantiles(config)))


def _backtest(made: pl.DataFrame, panel: Panel, trained: Trained, config: DemandConfig) -> pl.DataFrame:
    """The champion's backtest as a scored frame: the series and leads that it is compared on."""
    quantile = pl.col("predicted_quantiles").list
    scales = past_scales(panel, config)
    return (
        trained.residuals.filter(
            pl.col("series_id").is_in(made["series_id"].unique().implode())
            & pl.col("lead").is_in(made["lead"].unique().implode())
        )
        .with_columns(
            pl.col("predicted").alias("forecast"),
            *(
                quantile.get(at, null_on_oob=True).cast(pl.Float64).fill_null(pl.col("predicted")).alias(name)
                for at, name in enumerate(_quantiles(config))
            ),
        )
        .join(scales, on="series_id", how="left", maintain_order="left")
        .with_columns(pl.col("weight").fill_null(0.0))
    )


def _of_coverage(made: pl.DataFrame, config: DemandConfig) -> list[dict[str, Any]]:
    found = score(made, tuple(TOLERANCE), config.quantile_levels)
    rows = []
    for level in TOLERANCE:
        promised = level / 100
        least = promised - config.drift.coverage_below
        rows.append(
            _row(
                COVERAGE,
                str(level),
                "share inside",
                found[f"coverage_{level}"],
                promised,
                least,
                len(made),
                config.drift.min_observations,
                below=True,
            )
        )
    return rows


def expected_error(frame: pl.DataFrame, config: DemandConfig) -> float | None:
    """WAPE that quantile forecasts lead to expect: mean distance of their distribution from its median ÷ its mean.

    Between two levels the distribution is taken to be even, and to end at the outermost ones; so it is a little low.
    """
    if frame.is_empty():
        return None
    levels = np.array([0.0, *config.quantile_levels, 1.0])
    values = frame.select(_quantiles(config)).to_numpy().astype(np.float64)
    median = frame[quantile_name(0.5)].to_numpy().astype(np.float64)
    away = np.abs(np.concatenate([values[:, :1], values, values[:, -1:]], axis=1) - median[:, None])
    distance = ((away[:, 1:] + away[:, :-1]) / 2 * np.diff(levels)).sum()
    units = float(frame["forecast"].sum())
    return float(distance / units) if units > 0 else None


def _estimates(made: pl.DataFrame, forecasts: pl.DataFrame, config: DemandConfig) -> list[dict[str, Any]]:
    came = score(made, quantile_levels=config.quantile_levels)["wape"] if len(made) else None
    return [
        _row(ESTIMATE, "closed buckets", "wape", came, expected_error(made, config), None, len(made), 1),
        _row(ESTIMATE, "this cycle", "wape", expected_error(forecasts, config), None, None, len(forecasts), 1),
    ]


# -- channels and attributes ------------------------------------------------------------------------------------------


def _of_channels(panel: Panel, trained: Trained, window: int, config: DemandConfig) -> list[dict[str, Any]]:
    rows, judged, drifted = [], 0, 0
    before, least = trained.panel, config.drift.min_observations
    of_now, of_before = (_compared(one) for one in (panel, before))
    for name in _channel_names(before, panel):
        recent = channel_values(panel, name, of_now, window)
        reference = channel_values(before, name, of_before, before.history)
        some = bool(len(recent) and len(reference))
        one = psi(reference, recent) if some else None
        two = ks_distance(reference, recent) if some else None
        count = min(len(recent), len(reference))
        found = [
            _row(CHANNELS, name, "psi", one, None, config.drift.psi, count, least),
            _row(CHANNELS, name, "ks", two, None, config.drift.ks, count, least),
        ]
        rows += found
        judged += found[0]["verdict"] != UNJUDGED
        drifted += any(row["verdict"] == DRIFTED for row in found)
    share = drifted / judged if judged else None
    return [*rows, _row(CHANNELS, ALL, "share that drifted", share, None, config.drift.channels, judged, 1)]


def _channel_names(before: Panel, panel: Panel) -> list[str]:
    """Channels of single series that both panels have."""
    own = [
        name
        for one in (panel.past_names, panel.known_names)
        for name in one
        if name in before.past_names + before.known_names
    ]
    return ["quantity", "price", *(name for name in own if not name.startswith(PREFIX))]


def _compared(panel: Panel) -> IndexArray:
    """Rows of the series that are compared: those that the network forecasts, or some of them."""
    rows = network_rows(panel)
    return rows[:: max(1, -(-len(rows) // COMPARED_SERIES))]


def channel_values(panel: Panel, name: str, rows: IndexArray, buckets: int) -> npt.NDArray[np.float32]:
    """(n,) values of a channel in the observed ones of the last buckets; of a shared one, one value per bucket."""
    since = slice(panel.history - buckets, panel.history)
    if name in panel.past_names:
        values = panel.past[rows, since, panel.past_names.index(name)]
    elif name in panel.known_names:
        values = panel.known[rows, since, panel.known_names.index(name)]
    else:
        values = getattr(panel, name)[rows, since]
    seen = np.asarray(panel.observed[rows, since]) > 0
    if len(rows) > 1 and buckets and bool((values == values[:1]).all()):
        return np.asarray(values[0])
    return np.asarray(values)[seen]


def _of_attributes(panel: Panel, trained: Trained, config: DemandConfig) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    drift = config.drift
    for encoder in trained.encoders.attributes:
        now, before = (_counted(encoder, one) for one in (panel, trained.panel))
        if now is None or before is None:
            continue
        unknown, usual = (_unknown(encoder, counts) for counts in (now, before))
        counts = min(sum(now.values()), sum(before.values()))
        unseen = sorted(set(now) - set(before) - set(encoder.known))
        rows += [
            _row(ATTRIBUTES, encoder.name, "psi", category_psi(before, now), None, drift.psi, counts, 1),
            _row(ATTRIBUTES, encoder.name, "unknown", unknown, usual, usual + drift.unknown_share, counts, 1),
            _row(ATTRIBUTES, encoder.name, "new values", float(len(unseen)), None, None, counts, 1)
            | {"words": _named(encoder.name, unseen)},
        ]
    return rows


def _counted(encoder: AttributeEncoder, panel: Panel) -> Counter[str] | None:
    """Value (label) → series of the panel that have it; None where the panel lacks the attribute."""
    if encoder.name not in panel.series.columns:
        return None
    values = panel.series[encoder.name]
    texts = values.explode() if encoder.kind == "multi" else values
    return Counter(texts.drop_nulls().cast(pl.String).to_list())


def _unknown(encoder: AttributeEncoder, counts: Mapping[str, int]) -> float:
    """Share of the values that become `<UNK>` under the champion's encoder."""
    known = set(encoder.known)
    return sum(count for value, count in counts.items() if value not in known) / max(1, sum(counts.values()))


def _named(attribute: str, unseen: Sequence[str]) -> str:
    if not unseen:
        return f"{attribute}: no new value since the training"
    more = "" if len(unseen) <= NEW_VALUES_SHOWN else f" and {len(unseen) - NEW_VALUES_SHOWN} more"
    return f"{attribute}: new since the training are {', '.join(unseen[:NEW_VALUES_SHOWN])}{more}"


# -- what follows -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class DriftVerdict:
    """What a cycle's drift comes to.

    Attributes:
        verdict: drift where a kind that may ask for a retraining has drifted, else stable, or unjudged.
        kinds: those kinds.
        cause: in words, for whoever reads why a model was trained; empty without drift.
    """

    verdict: str
    kinds: tuple[str, ...] = ()
    cause: str = ""


def verdict_of(table: pl.DataFrame, config: DemandConfig) -> DriftVerdict:
    """The verdict on a cycle, from its table `drift`; single channels do not count, only the share of them that has
    drifted."""
    counts = table.filter((pl.col("kind") != CHANNELS) | (pl.col("name") == ALL))
    asking = counts.filter((pl.col("verdict") == DRIFTED) & pl.col("kind").is_in(list(config.drift.retrain_on)))
    if len(asking):
        kinds = tuple(dict.fromkeys(asking["kind"].to_list()))
        return DriftVerdict(DRIFTED, kinds, "; ".join(asking["words"].to_list()))
    judged = counts.filter(pl.col("verdict").is_in([STABLE, DRIFTED]))
    return DriftVerdict(STABLE if len(judged) else UNJUDGED)


def retraining_due(
    verdicts: Mapping[str, Mapping[str, Any]], models: Iterable[str], config: DemandConfig
) -> tuple[str, str] | str:
    """The cycle to train in and the cause, or why nothing is due.

    Only the newest cycle asks: what earlier ones said is settled, or was said again. A model that was trained in it, or
    less than `cooldown_weeks` before it, ends the matter, whether it became the champion or not.

    Args:
        verdicts: cycle → what was committed of its drift: at least `verdict` and `cause`.
        models: cycles in which a model was trained.
        config: `drift`.
    """
    newest = max(verdicts, default=None)
    if newest is None:
        return "drift of no cycle has been judged yet"
    if verdicts[newest]["verdict"] != DRIFTED:
        return f"cycle {newest} is {verdicts[newest]['verdict']}"
    trained = max(models, default=None)
    if trained is not None:
        again = date.fromisoformat(trained) + timedelta(weeks=config.drift.cooldown_weeks)
        if trained >= newest or again > date.fromisoformat(newest):
            return f"cycle {newest} has drifted, but a model was trained in cycle {trained}; next from {again} on"
    return newest, f"drift in cycle {newest}: {verdicts[newest]['cause']}"
