"""Feature contributions: what each driver adds to a forecast, and what the models would lose without it.

Belongs here: the drivers, the forecast without them, their shares in units, in words, and their importance. Does not
belong here: the sharing itself (`shapley.py`), why two cycles differ (`forecast_changes.py`).

A driver is a set of the models' inputs: a series' own recent demand, its price, what was and what is promoted, last
year, the calendar, an event, a regressor, its peers, each attribute. Together the drivers hold every input that differs
from series to series. The baseline is the forecast of the same series at its own mean level with nothing going on: even
demand, the usual price, no promotion, no holiday, an average season and unknown attributes. A driver's contribution is
its Shapley value between the baseline and the forecast, units per bucket; contributions add up to forecast − baseline.

Source: Shapley values of groups of inputs with a fixed reference (Lundberg & Lee 2017; Sundararajan & Najmi 2020, who
call it baseline Shapley). Importance is that of permutation (Breiman 2001; Fisher et al. 2019).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import polars as pl

from dp_assets.domain.calendar import EVENT_CHANNELS
from dp_assets.domain.channels import MAX_WEEKS_SINCE
from dp_assets.domain.contracts import FEATURE_CONTRIBUTIONS, FEATURE_IMPORTANCE
from dp_assets.domain.driver_details import (
    HOLIDAYS,
    LAST_YEAR,
    PEERS,
    PRICE,
    PROMOTED,
    PROMOTION,
    RECENT,
    SEASON,
    driver_details,
    spoken,
)
from dp_assets.domain.inference import mixed, predict_onnx, settled
from dp_assets.domain.promotions import PROMOTION_CHANNELS
from dp_assets.domain.shapley import shapley_values
from dp_assets.domain.windows import IndexArray, Inputs, WindowIndex, Windows, mean_observed, targets, windows_at

if TYPE_CHECKING:
    from dp_assets.domain.boosting import Boosting
    from dp_assets.domain.encoders import Encoders
    from dp_assets.domain.panel import Panel

Array = npt.NDArray[np.float64]
Forecast = Callable[[Inputs], Array]
"""Mean (B, M) of windows from their inputs, units."""
UNCHANGED = 1.0
"""Momentum of peers, and the relative price, where nothing is going on."""
SEED = 20170102
"""Of the orders and swaps that are drawn."""


@dataclass(frozen=True)
class Cells:
    """Some columns of an input's last axis; all of it where `columns` is None."""

    name: str
    columns: tuple[int, ...] | None = None


def drivers_of(encoders: Encoders) -> dict[str, tuple[Cells, ...]]:
    """Driver → the inputs it consists of, in a fixed order. No input belongs to two."""
    found: dict[str, list[Cells]] = {RECENT: [Cells("quantity")]}

    def add(driver: str, *cells: Cells) -> None:
        found.setdefault(driver, []).extend(cells)

    special = {"relative_price": PRICE, "weeks_since_promotion": PROMOTED}
    for column, name in enumerate(encoders.past):
        add(special.get(name, RECENT), Cells("past", (column,)))
    for column, name in enumerate(encoders.known):
        if name.startswith(PROMOTION_CHANNELS):
            add(PROMOTED, Cells("known", (column,)))
            add(PROMOTION, Cells("known_ahead", (column,)))
        else:
            add(
                _calendar_driver(name) if is_calendar(name) else spoken(name),
                Cells("known", (column,)),
                Cells("known_ahead", (column,)),
            )
    for column, name in enumerate(encoders.calendar):
        add(_calendar_driver(name), Cells("calendar", (column,)), Cells("calendar_ahead", (column,)))
    add(LAST_YEAR, Cells("season"))
    if encoders.peers:
        add(PEERS, Cells("peers"))
    single = multi = 0
    for encoder in encoders.attributes:
        if encoder.kind == "single":
            add(f"attribute {encoder.name}", Cells("single", (single,)))
            single += 1
        else:
            add(f"attribute {encoder.name}", Cells("multi", tuple(range(multi, multi + len(encoder.vocabulary)))))
            multi += len(encoder.vocabulary)
    return {name: tuple(cells) for name, cells in found.items()}


def is_calendar(name: str) -> bool:
    """Whether a channel known ahead is one of the calendar, which may differ from place to place."""
    return name.startswith(EVENT_CHANNELS) or name in ("holiday", "days_until_holiday")


def _calendar_driver(name: str) -> str:
    if name.endswith(("_sin", "_cos")):
        return SEASON
    for kind in EVENT_CHANNELS:
        if name.startswith(kind):
            return f"event {name.removeprefix(kind).replace('_', ' ')}"
    return HOLIDAYS


def baseline_inputs(inputs: Inputs, encoders: Encoders) -> Inputs:
    """The inputs of the same windows at their own mean level with nothing going on; see the module."""
    observed = inputs["observed"]
    level = mean_observed(inputs["quantity"], observed)
    base = {name: np.zeros_like(values) for name, values in inputs.items()}
    base |= {"observed": observed, "age": inputs["age"], "quantity": level[:, None] * observed}
    base["past"] = _even_past(inputs, level, encoders)
    for name in ("known", "known_ahead"):
        base[name] = scaled_zeros(
            inputs[name], encoders.known, encoders, (*PROMOTION_CHANNELS, *EVENT_CHANNELS), ("holiday",)
        )
    for name in ("calendar", "calendar_ahead"):
        base[name] = scaled_zeros(inputs[name], encoders.calendar, encoders, EVENT_CHANNELS, ("holiday",))
    if "peers" in inputs:
        base["peers"] = np.where(np.isnan(inputs["peers"]), inputs["peers"], np.float32(UNCHANGED))
    base["multi"] = _unknown_labels(inputs["multi"], encoders)
    return base


def _even_past(inputs: Inputs, level: npt.NDArray[np.float32], encoders: Encoders) -> npt.NDArray[np.float32]:
    """Past channels (B, L, P) of even demand at the usual price, zeros before the first sale."""
    lookback = inputs["quantity"].shape[1]
    since = np.arange(lookback) >= lookback - inputs["age"][:, None]
    past = np.zeros_like(inputs["past"])
    for column, name in enumerate(encoders.past):
        if name.startswith(("rolling_mean", "rolling_min", "rolling_max")):
            raw = level
        elif name == "relative_price":
            raw = np.full_like(level, UNCHANGED)
        elif name == "weeks_since_promotion":
            raw = np.full_like(level, MAX_WEEKS_SINCE)
        else:
            raw = np.zeros_like(level)
        past[:, :, column] = np.where(since, encoders.scalers[name](raw)[:, None], 0.0)
    return np.asarray(past, np.float32)


def scaled_zeros(
    values: Any, names: Sequence[str], encoders: Encoders, begins: tuple[str, ...], exactly: tuple[str, ...] = ()
) -> npt.NDArray[np.float32]:
    """Channels (…, K) with nothing going on: 0 before scaling where a channel says that something is, else its mean.

    Args:
        values: the channels, for their shape.
        names: of the K channels.
        encoders: that scale them.
        begins, exactly: how names of channels begin, or read, that say that something is going on.
    """
    scaled = np.zeros_like(values)
    for column, name in enumerate(names):
        if name.startswith(begins) or name in exactly:
            scaled[..., column] = encoders.scalers[name](np.zeros(1, np.float32))[0]
    return np.asarray(scaled, np.float32)


def _unknown_labels(multi: Any, encoders: Encoders) -> npt.NDArray[np.float32]:
    unknown, start = np.zeros_like(multi), 0
    for encoder in encoders.attributes:
        if encoder.kind == "multi":
            unknown[:, start] = 1.0
            start += len(encoder.vocabulary)
    return np.asarray(unknown, np.float32)


def with_drivers(inputs: Inputs, base: Inputs, cells: Sequence[Cells]) -> Inputs:
    """The base with some cells taken from the inputs."""
    made = dict(base)
    for name in {cell.name for cell in cells}:
        columns = [cell.columns for cell in cells if cell.name == name]
        if None in columns:
            made[name] = inputs[name]
            continue
        values, at = base[name].copy(), [column for chosen in columns for column in chosen or ()]
        values[..., at] = inputs[name][..., at]
        made[name] = values
    return made


def forecaster(session: Any, levels: Sequence[float], boosting: Boosting | None, shares: Array) -> Forecast:
    """The published statistical mean as a function of inputs of the same B series, in their order.

    Args:
        session: the network, from `inference.onnx_session`.
        levels: its quantile levels.
        boosting: what is mixed with it.
        shares: (B,) what boosting counts for.
    """
    mixes = boosting is not None and bool(shares.any())

    def mean_of(inputs: Inputs) -> Array:
        mean, quantiles = (part.astype(np.float64) for part in predict_onnx(session, inputs))
        if mixes and boosting is not None:
            other, other_quantiles = boosting.predict(inputs)
            mean, quantiles = mixed(mean, other, shares), mixed(quantiles, other_quantiles, shares)
        return settled(mean, quantiles, levels)

    return mean_of


def contributions(
    inputs: Inputs, encoders: Encoders, forecast: Forecast, orders: int, seed: int
) -> tuple[tuple[str, ...], Array, Array]:
    """Drivers (D), their contributions (D, B, M) in units per bucket, and the baseline (B, M) they are added to.

    Args:
        inputs: what `windows.gather` returned for B windows.
        encoders: the models' own.
        forecast: the models.
        orders: pairs of orders drawn; see `shapley_values`.
        seed: of the draw.
    """
    drivers, base = drivers_of(encoders), baseline_inputs(inputs, encoders)
    names = tuple(drivers)

    def value(switched: frozenset[int]) -> Array:
        cells = [cell for number in sorted(switched) for cell in drivers[names[number]]]
        return forecast(with_drivers(inputs, base, cells))

    return names, shapley_values(len(names), value, orders, seed), value(frozenset())


def contribution_table(
    panel: Panel, windows: Windows, rows: IndexArray, encoders: Encoders, lookback: int, forecast: Forecast, orders: int
) -> pl.DataFrame:
    """The `feature_contributions` table of some series of a cycle, whose order `forecast` must share.

    Args:
        panel: the cycle's panel.
        windows: its channels and attributes under the encoders.
        rows: (B,) series that the models forecast.
        encoders, lookback, forecast: the models'.
        orders: pairs of orders drawn.
    """
    if not len(rows):
        return FEATURE_CONTRIBUTIONS.empty()
    inputs = windows.gather(windows_at(rows, panel.history), lookback)
    names, shares, base = contributions(inputs, encoders, forecast, orders, SEED)
    series, horizon = len(rows), panel.horizon
    ids = np.repeat(panel.series["series_id"].to_numpy()[rows], horizon)
    frame = pl.DataFrame(
        {
            "series_id": np.tile(ids, len(names)),
            "lead": np.tile(np.arange(1, horizon + 1), len(names) * series),
            "bucket_start": np.tile(panel.starts[panel.history :].astype("datetime64[D]"), len(names) * series),
            "driver": np.repeat(np.array(names, dtype=object), series * horizon),
            "contribution": shares.ravel(),
            "baseline": np.tile(base.ravel(), len(names)),
            "forecast": np.tile((base + shares.sum(axis=0)).ravel(), len(names)),
            "detail": [text for name in names for text in driver_details(name, panel, rows, inputs)],
        },
        schema_overrides={"series_id": pl.String, "driver": pl.String, "bucket_start": pl.Date, "detail": pl.String},
    )
    return FEATURE_CONTRIBUTIONS.conform(frame)


def importance_table(
    panel: Panel,
    windows: Windows,
    rows: IndexArray,
    encoders: Encoders,
    lookback: int,
    forecast: Forecast,
    repeats: int,
) -> pl.DataFrame:
    """The `feature_importance` table: how much the WAPE of the last closed horizon rises when a driver's inputs are
    swapped between series, averaged over seeded swaps.

    A model that was trained on those buckets knows them, so the figures rank drivers; they do not promise accuracy.

    Args:
        panel, windows, encoders, lookback, forecast: as in `contribution_table`; `forecast` is of the same rows.
        rows: (B,) series.
        repeats: swaps.
    """
    if not len(rows):
        return FEATURE_IMPORTANCE.empty()
    origin = panel.history - panel.horizon
    index = WindowIndex(rows, np.full(len(rows), origin, np.int64))
    inputs = windows.gather(index, lookback)
    actual, seen = targets(panel, index, capped=False)
    whole = max(float((actual * seen).sum()), 1e-9)

    def wape(changed: Inputs) -> float:
        return float((np.abs(forecast(changed) - actual) * seen).sum()) / whole

    plain, rng, found = wape(inputs), np.random.default_rng(SEED), []
    for name, cells in drivers_of(encoders).items():
        rises = []
        for _ in range(repeats):
            order = rng.permutation(len(rows))
            swapped = {key: values[order] for key, values in inputs.items()}
            if name == RECENT:  # as shapes: a level of somebody else's would say nothing but that levels matter
                level = mean_observed(inputs["quantity"], inputs["observed"])
                other = np.maximum(level[order], 1e-6)
                swapped["quantity"] = np.asarray(swapped["quantity"] * (level / other)[:, None], np.float32)
            rises.append(wape(with_drivers(swapped, inputs, cells)) - plain)
        found.append({"driver": name, "importance": np.mean(rises), "spread": np.std(rises), "wape": plain})
    frame = pl.DataFrame(found)
    return FEATURE_IMPORTANCE.conform(frame)
