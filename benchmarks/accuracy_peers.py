"""The libraries that the product's accuracy is measured against, each used as its documentation recommends.

Belongs here: statsforecast, mlforecast with LightGBM, neuralforecast on a set in the split format, with every column
that the product sees: history, channels known ahead, attributes. Does not belong here: the product (`accuracy.py`),
scoring (`accuracy_split.py`).

A peer is fitted once per cutoff on what lies before it. Where a library makes no quantiles, its point forecast stands
in for all of them, and only the metrics of points mean anything.
"""

from __future__ import annotations

import importlib.util
import logging
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from benchmarks.accuracy_split import WEEK, Split
from dp_assets.domain.metrics import STANDARD_QUANTILES

Columns = dict[str, pl.Series]
LAGS = (1, 2, 3, 4, 8, 13, 26, 52)
WINDOWS = (4, 8, 13, 26)
STEPS, WINDOWS_A_STEP = 600, 256
"""Gradient steps of the networks and windows in each, as many as the product's."""
KEYS = ["unique_id", "ds"]
NAIVE_WEEKS = 8


@dataclass(frozen=True)
class Cutoff:
    """What a peer is given at a cutoff: history (unique_id, ds, y, known-ahead channels), those channels for the weeks
    to forecast, and attributes as numbers."""

    history: pl.DataFrame
    future: pl.DataFrame
    static: pl.DataFrame
    known: list[str]
    attributes: list[str]
    horizon: int
    lookback: int


Peer = Callable[[Cutoff], dict[str, pl.DataFrame]]
"""Model → unique_id, ds and either `point`, or the columns of the standard quantiles."""


def at_cutoff(split: Split, cutoff: date) -> Cutoff:
    """The data of one cutoff; attributes are coded by their order, as trees and networks want them."""
    known, attributes = list(split.meta["futr_exog"]), list(split.meta["static"])
    horizon = int(split.meta["horizon"])
    panel = split.panel.select(*KEYS, "y", *known)
    history = panel.filter(pl.col("ds") <= cutoff)
    names = history["unique_id"].unique()
    future = panel.filter((pl.col("ds") > cutoff) & (pl.col("ds") <= cutoff + horizon * WEEK)).drop("y")
    static = split.static.filter(pl.col("unique_id").is_in(names.implode())).select(
        "unique_id", *(pl.col(name).fill_null("").rank("dense").cast(pl.Int32) for name in attributes)
    )
    complete = names.to_frame().join(future.select("ds").unique(), how="cross").join(future, on=KEYS, how="left")
    filled = complete.with_columns(pl.col(known).fill_null(0.0)).sort(KEYS)
    return Cutoff(history.sort(KEYS), filled, static, known, attributes, horizon, int(split.meta["lookback"]))


def statsforecast_peer(data: Cutoff) -> dict[str, pl.DataFrame]:
    """Statistical methods for intermittent and smooth demand, without columns beside the sales."""
    from statsforecast import StatsForecast
    from statsforecast.models import IMAPA, CrostonSBA, DynamicOptimizedTheta

    models = [IMAPA(), CrostonSBA(), DynamicOptimizedTheta()]
    made = StatsForecast(models=models, freq="1w", n_jobs=1).forecast(
        df=data.history.select(*KEYS, "y"), h=data.horizon
    )
    return {f"statsforecast {name}": _points(made, name) for name in made.columns if name not in KEYS}


def mlforecast_peer(data: Cutoff) -> dict[str, pl.DataFrame]:
    """LightGBM with lags, rolling means, dates, attributes and channels known ahead: Tweedie, and of log1p; recursive
    as by default, and one model per lead."""
    import lightgbm
    from mlforecast import MLForecast
    from mlforecast.lag_transforms import RollingMean
    from mlforecast.target_transforms import GlobalSklearnTransformer
    from sklearn.preprocessing import FunctionTransformer

    weeks = data.history["ds"].n_unique()
    lags = [lag for lag in LAGS if lag <= weeks // 2]
    log = GlobalSklearnTransformer(FunctionTransformer(func=np.log1p, inverse_func=np.expm1))
    common = {
        "n_estimators": 300,
        "learning_rate": 0.05,
        "num_leaves": 63,
        "verbosity": -1,
        "num_threads": 1,
        "seed": 1,
    }
    variants = {
        "LightGBM Tweedie": ({"objective": "tweedie"}, [], None),
        "LightGBM log1p": ({"objective": "l2"}, [log], None),
        "LightGBM Tweedie, direct": ({"objective": "tweedie"}, [], data.horizon),
    }
    frame = data.history.join(data.static, on="unique_id", how="left").to_pandas()
    ahead = data.future.to_pandas()
    for column in ("ds",):
        frame[column], ahead[column] = frame[column].astype("datetime64[ns]"), ahead[column].astype("datetime64[ns]")
    found = {}
    for name, (objective, transforms, direct) in variants.items():
        model = MLForecast(
            models={"model": lightgbm.LGBMRegressor(**common, **objective)},
            freq="W-MON",
            lags=lags,
            lag_transforms={1: [RollingMean(window, min_samples=1) for window in WINDOWS]},
            date_features=["month"],
            target_transforms=transforms,
        )
        model.fit(frame, static_features=data.attributes, max_horizon=direct)
        made = pl.from_pandas(model.predict(data.horizon, X_df=ahead if data.known else None))
        found[f"mlforecast {name}"] = _points(made, "model")
    return found


def neuralforecast_peer(data: Cutoff) -> dict[str, pl.DataFrame]:
    """LSTM, NHITS and TFT with all columns and quantile loss."""
    from neuralforecast import NeuralForecast
    from neuralforecast.losses.pytorch import MQLoss
    from neuralforecast.models import LSTM, NHITS, TFT

    for name in ("pytorch_lightning", "lightning.pytorch", "lightning_fabric"):
        logging.getLogger(name).setLevel(logging.ERROR)
    silent = {"logger": False, "enable_progress_bar": False, "enable_model_summary": False, "accelerator": "cpu"}
    common: dict[str, Any] = {
        "h": data.horizon,
        "input_size": data.lookback,
        "futr_exog_list": data.known or None,
        "stat_exog_list": data.attributes or None,
        "max_steps": STEPS,
        "windows_batch_size": WINDOWS_A_STEP,
        "scaler_type": "robust",
        "start_padding_enabled": True,
        "random_seed": 1,
        "enable_checkpointing": False,
        **silent,
    }
    models = [
        kind(loss=MQLoss(quantiles=list(STANDARD_QUANTILES)), alias=kind.__name__, **common)
        for kind in (LSTM, NHITS, TFT)
    ]
    frame, ahead, static = data.history.to_pandas(), data.future.to_pandas(), data.static.to_pandas()
    for part in (frame, ahead):
        part["ds"] = part["ds"].astype("datetime64[ns]")
    library = NeuralForecast(models=models, freq="W-MON")
    library.fit(frame, static_df=static, val_size=0)
    made = pl.from_pandas(library.predict(futr_df=ahead, static_df=static))
    return {f"neuralforecast {model.alias}": _quantiles(made, str(model.alias)) for model in models}


PEERS: dict[str, Peer] = {
    "statsforecast": statsforecast_peer,
    "mlforecast": mlforecast_peer,
    "neuralforecast": neuralforecast_peer,
}
"""Package → its models."""


def absent() -> list[str]:
    """Packages that are not installed; `make bench-accuracy` installs them."""
    return [name for name in PEERS if importlib.util.find_spec(name) is None]


def _points(made: pl.DataFrame, column: str) -> pl.DataFrame:
    return made.select("unique_id", pl.col("ds").cast(pl.Date), pl.col(column).cast(pl.Float64).alias("point"))


def _quantiles(made: pl.DataFrame, alias: str) -> pl.DataFrame:
    """The columns that neuralforecast names by level, ascending by value."""
    columns = [name for name in made.columns if name.startswith(f"{alias}-") or name == alias]
    values = np.sort(made.select(columns).to_numpy().astype(np.float64), axis=1)
    named = {f"q{level:g}": values[:, at] for at, level in enumerate(STANDARD_QUANTILES)}
    return made.select("unique_id", pl.col("ds").cast(pl.Date)).with_columns(
        **{k: pl.Series(v) for k, v in named.items()}
    )


def peer_forecasts(split: Split, package: str) -> tuple[dict[str, pl.DataFrame], float]:
    """Model → rows that `Split.scored` takes, over all cutoffs, and the CPU seconds of the package."""
    started = time.process_time()
    parts: dict[str, list[pl.DataFrame]] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for cutoff in sorted(split.actuals["cutoff"].unique()):
            data = at_cutoff(split, cutoff)
            naive = data.history.group_by("unique_id").agg(pl.col("y").tail(NAIVE_WEEKS).mean().alias("naive"))
            for model, made in PEERS[package](data).items():
                parts.setdefault(model, []).append(_rows(made, naive, cutoff))
    return {model: pl.concat(frames) for model, frames in parts.items()}, time.process_time() - started


def _rows(made: pl.DataFrame, naive: pl.DataFrame, cutoff: date) -> pl.DataFrame:
    """series_id, cycle, lead, forecast, naive and quantiles, units; never negative."""
    levels = [f"q{level:g}" for level in STANDARD_QUANTILES]
    numbers = (
        {"forecast": pl.col("point"), **{name: pl.col("point") for name in levels}}
        if "point" in made.columns
        else {"forecast": _mean(), **{name: pl.col(name) for name in levels}}
    )
    lead = (pl.col("ds") - pl.lit(cutoff)).dt.total_days() // 7
    return made.join(naive, on="unique_id", how="left").select(
        pl.col("unique_id").alias("series_id"),
        pl.lit(cutoff + WEEK).alias("cycle"),
        lead.alias("lead"),
        pl.col("naive").cast(pl.Float64),
        *(pl.max_horizontal(pl.lit(0.0), value).alias(name) for name, value in numbers.items()),
    )


def _mean() -> pl.Expr:
    """The mean that quantiles draw: each stands for the levels nearest to it."""
    levels = np.array(STANDARD_QUANTILES)
    edges = np.concatenate([[0.0], (levels[1:] + levels[:-1]) / 2, [1.0]])
    weights = np.diff(edges)
    return pl.sum_horizontal(
        float(weight) * pl.col(f"q{level:g}") for weight, level in zip(weights, levels, strict=True)
    )
