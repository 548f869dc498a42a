"""Gradient boosting: the network's challenger, one direct model of all leads on demand scaled by its own level.

Belongs here: its table of features, made of the very windows that the network reads; its fit, its forecasts, its files.
Does not belong here: the windows (`windows.py`), the file of its trees (`trees.py`), how far it is believed beside the
network (`leaderboard.py`).

Every row is a window and a lead, and the lead is a feature, so that all leads share what they have in common and none
is forecast from another's forecast. The target is units ÷ level of the window, weighted by the root of the level as the
network's losses are (`losses.py`). One model forecasts the mean (Tweedie deviance), one each quantile (pinball loss).
LightGBM fits; forecasts run its trees by the ONNX runtime (`trees.py`). Importing this module imports neither.

Source: LightGBM (Ke et al., 2017); the horizon as a feature and the level-scaled target are what the best entries of
the M5 competition had in common (Makridakis et al., 2022).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from dp_assets.domain.errors import ArtefactError, ChallengerError, NotEnoughHistoryError
from dp_assets.domain.panel import FloatArray
from dp_assets.domain.trees import Trees, trees_of
from dp_assets.domain.windows import (
    MIN_OBSERVED,
    Inputs,
    WindowIndex,
    Windows,
    mean_observed,
    targets,
    training_windows,
    window_level,
)

if TYPE_CHECKING:
    from lightgbm import Booster

    from dp_assets.domain.config import DemandConfig
    from dp_assets.domain.encoders import Encoders

Array = npt.NDArray[np.float64]
FORMAT = 2
CARD, TREES = "boosting.json", "trees.onnx"
LAGS = (1, 2, 3, 4)
MEANS = (4, 8, 13, 26)
"""Buckets over which recent demand is averaged, those that fit into the lookback."""
LARGEST_RATIO = 20.0
"""Targets above so many levels count as so many: one bucket must not decide a tree."""
CEILING = 4.0
"""Forecasts are at most so many times the window's maximum plus its level, as the network's are."""
TWEEDIE_POWER = 1.3
LEAF_ROWS = 100
"""Rows a leaf holds at least; fewer where there are few rows in all."""
LEAF_SERIES = 5
"""Series a label must have to be a feature: what fewer share is learned by heart."""
LABELS = 32
"""Labels of multi-label attributes that are features at most: those that most series have."""
CHUNK = 20_000
"""Windows gathered at once."""


@dataclass(frozen=True)
class Boosting:
    """A fitted model.

    Attributes:
        lookback, horizon, recent: L, M, and the buckets of the recent level, as the network has them.
        levels: Q quantile levels, ascending.
        features: names of the columns of its table.
        encoders: SHA-256 of the JSON of the encoders it was trained with.
        trees: 1 + Q models, of the logarithm of the mean's ratio and of the quantiles' ratios.
        gains: what the model of the mean gained by splitting on each feature.
        labels: columns of `windows.gather`'s `multi` that are features.
    """

    lookback: int
    horizon: int
    recent: int
    levels: tuple[float, ...]
    features: tuple[str, ...]
    encoders: str
    trees: Trees
    gains: tuple[float, ...]
    labels: tuple[int, ...] = ()

    def predict(self, inputs: Inputs) -> tuple[Array, Array]:
        """Mean (B, M) and quantiles (B, M, Q) of the windows that `windows.gather` returned, units; never negative,
        ascending along Q."""
        rows, level = feature_table(inputs, self.recent, self.labels)
        ratios = self.trees.sums(rows).astype(np.float64).reshape(len(level), self.horizon, 1 + len(self.levels))
        ratios[:, :, 0] = np.exp(ratios[:, :, 0])
        ceiling = CEILING * (inputs["quantity"].max(axis=1) + level)
        found = np.clip(ratios * level[:, None, None], 0.0, ceiling[:, None, None])
        return found[:, :, 0], np.sort(found[:, :, 1:], axis=2)

    def predict_windows(self, windows: Windows, index: WindowIndex) -> tuple[Array, Array]:
        """Mean (W, M) and quantiles (W, M, Q) of windows of a panel, units."""
        means = [np.zeros((0, self.horizon))]
        quantiles = [np.zeros((0, self.horizon, len(self.levels)))]
        for piece in _pieces(index):
            mean, spread = self.predict(windows.gather(piece, self.lookback))
            means.append(mean)
            quantiles.append(spread)
        return np.concatenate(means), np.concatenate(quantiles)

    def refuse_others(self, encoders: Encoders) -> None:
        """Raises ArtefactError where windows would be encoded otherwise than in its training."""
        if self.encoders != digest(encoders):
            raise ArtefactError(
                "expected gradient boosting and the network trained with the same encoders, got others; materialise "
                "the assets tuned_model, boosted_model and residuals of that cycle again"
            )

    def importance(self) -> dict[str, float]:
        """Feature → share of what the model of the mean gained by splitting on it, biggest first."""
        total = max(sum(self.gains), 1e-9)
        shares = {name: gain / total for name, gain in zip(self.features, self.gains, strict=True)}
        return dict(sorted(shares.items(), key=lambda item: (-item[1], item[0])))

    def save(self, folder: Path) -> None:
        """Writes its trees as ONNX, which nothing is executed from, and their description."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / TREES).write_bytes(self.trees.onnx)
        card = {
            "format": FORMAT,
            "lookback": self.lookback,
            "horizon": self.horizon,
            "recent": self.recent,
            "levels": self.levels,
            "features": self.features,
            "encoders": self.encoders,
            "gains": self.gains,
            "labels": self.labels,
        }
        (folder / CARD).write_text(json.dumps(card, sort_keys=True, indent=1), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Boosting | None:
        """Reads what `save` wrote; None where there is nothing but a reason why (`absence`).

        Raises:
            ArtefactError: a file is missing, or it is of another format.
        """
        card = _card(folder)
        if card.pop("absent", ""):
            return None
        lists: dict[str, Any] = {name: tuple(card.pop(name)) for name in ("levels", "features", "gains", "labels")}
        return cls(trees=Trees(_read(folder / TREES)), **lists, **card)


def save_absence(folder: Path, reason: str) -> None:
    """Writes, in place of a model, why there is none."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / CARD).write_text(json.dumps({"format": FORMAT, "absent": reason}, indent=1), encoding="utf-8")


def absence(folder: Path) -> str:
    """Why there is no model in a folder; empty where there is one.

    Raises:
        ArtefactError: there is neither.
    """
    return str(_card(folder).get("absent", ""))


def _card(folder: Path) -> dict[str, Any]:
    """The description in a folder, without its format; ArtefactError where it is missing, damaged or another's."""
    try:
        card: dict[str, Any] = json.loads(_read(folder / CARD))
        found = card.pop("format")
    except (KeyError, ValueError) as error:
        raise ArtefactError(f"{folder / CARD} is damaged ({error}); materialise boosted_model again") from error
    if found != FORMAT:
        raise ArtefactError(f"expected boosting of format {FORMAT} in {folder}; materialise boosted_model again")
    return card


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise ArtefactError(f"expected {path}, which is not there; materialise boosted_model again") from error


def digest(encoders: Encoders) -> str:
    """SHA-256 by which a model knows the encoders it was trained with."""
    return hashlib.sha256(encoders.to_json().encode()).hexdigest()


def top_labels(windows: Windows, rows: npt.NDArray[np.integer]) -> tuple[int, ...]:
    """Columns of the multi-hot codes that become features, ascending: the labels, and having none, that most of some
    series share, at most LABELS; none that all of them share or fewer than LEAF_SERIES."""
    count = (windows.codes.multi[rows] > 0).sum(axis=0)
    told = np.flatnonzero((count >= LEAF_SERIES) & (count < len(rows)))
    return tuple(sorted(told[np.argsort(-count[told], kind="stable")][:LABELS].tolist()))


def feature_names(encoders: Encoders, lookback: int, labels: tuple[int, ...] = ()) -> tuple[str, ...]:
    """Names of the columns of `feature_table`, in order."""
    multi = [
        f"{each.name}_{label}" for each in encoders.attributes if each.kind == "multi" for label in each.vocabulary
    ]
    singles = (encoder.name for encoder in encoders.attributes if encoder.kind == "single")
    return (
        "log_level",
        "age",
        *(f"lag_{lag}" for lag in LAGS if lag <= lookback),
        *(f"mean_{buckets}" for buckets in MEANS if buckets <= lookback),
        *("mean", "spread", "share_sold", "share_sold_recently", "maximum"),
        *(f"last_{name}" for name in encoders.past),
        *encoders.peers,
        *(f"{kind}_{name}" for name in encoders.known for kind in ("recent", "under")),
        *singles,
        *(multi[at] for at in labels),
        *("lead", "last_year", "last_year_seen"),
        *(f"{kind}_{name}" for name in encoders.known for kind in ("planned", "change_of")),
        *(f"planned_{name}" for name in encoders.calendar),
    )


def feature_table(inputs: Inputs, recent: int, labels: tuple[int, ...] = ()) -> tuple[FloatArray, FloatArray]:
    """The table (B × M, F), float32, window by window and in it lead by lead, and the windows' levels (B,), units.

    Demand is ÷ level. `under_<channel>` is the mean demand of buckets in which the channel was above its average, e.g.
    of those under a promotion; NaN where there was none. A label of a multi-label attribute is 1 where the series has
    it, else 0.

    Args:
        inputs: windows as `windows.gather` returned them.
        recent: buckets of the recent level.
        labels: columns of `multi` that are features.
    """
    quantity, observed, horizon = inputs["quantity"], inputs["observed"], inputs["known_ahead"].shape[1]
    level = window_level(inputs, recent)
    ratio = quantity / level[:, None]
    lookback, centre = ratio.shape[1], mean_observed(ratio, observed)
    sold = (quantity > 0).astype(np.float32)
    last = slice(-recent, None)
    columns = [
        np.log(level),
        inputs["age"],
        *(ratio[:, -lag] for lag in LAGS if lag <= lookback),
        *(mean_observed(ratio[:, -buckets:], observed[:, -buckets:]) for buckets in MEANS if buckets <= lookback),
        centre,
        np.sqrt(mean_observed((ratio - centre[:, None]) ** 2, observed)),
        mean_observed(sold, observed),
        mean_observed(sold[:, last], observed[:, last]),
        quantity.max(axis=1) / level,
        *inputs["past"][:, -1].T,
        *inputs["peers"].T,
    ]
    now = inputs["known"][:, last].mean(axis=1)  # (B, K)
    for number in range(now.shape[1]):
        above = (inputs["known"][:, :, number] > 0) * observed
        under = np.where(above.any(axis=1), mean_observed(ratio, above), np.nan)
        columns += [now[:, number], under]
    columns += [*inputs["single"].T, *inputs["multi"][:, list(labels)].T]
    of_window = np.stack(columns, axis=1).astype(np.float32)
    season = inputs["season"]
    leads = np.broadcast_to(np.arange(1, horizon + 1, dtype=np.float32), season.shape[:2])
    ahead = [leads, season[:, :, 0] / level[:, None], season[:, :, 1]]
    for number in range(now.shape[1]):
        planned = inputs["known_ahead"][:, :, number]
        ahead += [planned, planned - now[:, number, None]]
    ahead += list(np.moveaxis(inputs["calendar_ahead"], 2, 0))
    of_lead = np.stack(ahead, axis=2).astype(np.float32)
    return np.concatenate([np.repeat(of_window, horizon, axis=0), of_lead.reshape(len(level) * horizon, -1)], 1), level


def fit_boosting(
    windows: Windows,
    encoders: Encoders,
    rows: npt.NDArray[np.integer],
    config: DemandConfig,
    end: int,
    threads: int = 1,
) -> Boosting:
    """Fits on windows whose targets lie before bucket `end`; the same inputs give the same model, bit for bit.

    Args:
        windows: panel, channels and attributes.
        encoders: what they were encoded by.
        rows: series to train on.
        config: quantile levels, and the section `boosting`: rounds, learning rate, leaves, rows drawn at most.
        end: first bucket that must not be seen.
        threads: threads of LightGBM; their number does not change the result.

    Raises:
        NotEnoughHistoryError: there is no window to learn from.
        ChallengerError: LightGBM refuses, e.g. because nothing was sold at all.
    """
    import lightgbm

    panel, lookback = windows.panel, min(config.lookback, windows.panel.history)
    index = drawn(training_windows(panel, np.asarray(rows, np.int64), end), config)
    if not len(index):
        raise NotEnoughHistoryError(
            f"cycle {panel.cutoff}: no window with {MIN_OBSERVED} observed buckets before its origin and "
            f"{panel.horizon} after it; shorten horizon_weeks or start at a later cycle"
        )
    recent = config.in_buckets(8)
    labels = top_labels(windows, rows)
    tables = [feature_table(windows.gather(piece, lookback), recent, labels) for piece in _pieces(index)]
    table, level = (np.concatenate(parts) for parts in zip(*tables, strict=True))
    actual, mask = targets(panel, index, capped=False)
    seen, units = mask.reshape(-1) > 0, np.repeat(level, panel.horizon)
    ratio = np.minimum(actual.reshape(-1) / units, LARGEST_RATIO)[seen]
    settings = config.boosting
    common = {
        "num_leaves": settings.leaves,
        "learning_rate": settings.learning_rate,
        "min_data_in_leaf": int(np.clip(seen.sum() // 500, 1, LEAF_ROWS)),
        "feature_fraction": 0.6,
        "bagging_fraction": 0.8,
        "bagging_freq": 1,
        "max_bin": 63,
        "seed": config.model.seed,
        "num_threads": threads,
        "deterministic": True,
        "force_row_wise": True,
        "verbosity": -1,
    }
    names = feature_names(encoders, lookback, labels)
    data = lightgbm.Dataset(table[seen], ratio, weight=np.sqrt(units)[seen], params=common, free_raw_data=False)

    def trained(**objective: Any) -> Booster:
        try:
            return lightgbm.train({**common, **objective}, data, settings.rounds)
        except lightgbm.basic.LightGBMError as error:
            raise ChallengerError(f"gradient boosting of cycle {panel.cutoff} failed: {error}") from error

    mean = trained(objective="tweedie", tweedie_variance_power=TWEEDIE_POWER)
    quantiles = [trained(objective="quantile", alpha=level) for level in config.quantile_levels]
    return Boosting(
        lookback=lookback,
        horizon=panel.horizon,
        recent=recent,
        levels=config.quantile_levels,
        features=names,
        encoders=digest(encoders),
        trees=trees_of([mean, *quantiles]),
        gains=tuple(map(float, mean.feature_importance("gain"))),
        labels=labels,
    )


def drawn(index: WindowIndex, config: DemandConfig) -> WindowIndex:
    """Some of the windows by seeded chance, in their order, where they have more rows than are asked for."""
    wanted = max(1, config.boosting.rows // config.horizon)
    if len(index) <= wanted:
        return index
    chosen = np.random.default_rng(config.model.seed).choice(len(index), wanted, replace=False)
    return index.take(np.sort(chosen))


def _pieces(index: WindowIndex) -> Iterator[WindowIndex]:
    for start in range(0, len(index), CHUNK):
        yield index.take(np.arange(start, min(start + CHUNK, len(index))))
