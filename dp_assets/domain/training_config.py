"""What `demand.yaml` says of the models: how they are built, tuned, trained and judged, and their intervals.

Belongs here: the sections `validation`, `model`, `tuning`, `boosting` and `intervals`. Does not belong here: what the
models are given (`features` and `attributes`, in `config.py`).
"""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from dp_assets.domain.config_section import MisplacedValueError, Section


class ValidationConfig(Section):
    scheme: Literal["rolling", "split"] = "rolling"
    """`rolling`: folds of one horizon each, training window growing; `split`: one fold."""
    folds: int = Field(2, ge=1)
    """Rolling-origin folds used for tuning and for out-of-sample residuals."""
    held_back_skus: tuple[str, ...] = ()
    """SKUs kept out of training altogether, to judge cold starts."""


class EmbeddingConfig(Section):
    max_size: int = Field(50, ge=1)
    """Upper bound of an embedding: size = min(max_size, ceil(values / 2)) × scale, at least 1."""
    scale: float = Field(0.1, gt=0)
    """Factor on the rule's size; tuned. Small ones generalise: sales say more about a series than its attributes."""


class ModelConfig(Section):
    loss: Literal["point", "sum", "mix"] = "point"
    """`point`: error of every bucket; `sum`: error of the horizon's total; `mix`: both, by `sum_weight`. Buckets and
    totals are always evaluated."""
    sum_weight: float = Field(0.5, gt=0, lt=1)
    """Weight of the horizon's total under `loss: mix`; buckets have the rest."""
    point_loss: Literal["tweedie", "mse", "mae", "huber", "negative_binomial"] = "tweedie"
    """Shape of the mean's error, for every loss mode. `tweedie` and `mse` make the forecast a mean, which adds up over
    series; the median comes from the quantiles. `negative_binomial` is the likelihood of counts, with a dispersion that
    is learned; it judges single buckets, so it needs `loss: point`."""
    static_strategy: Literal["A", "B"] = "B"
    """Where embeddings enter: `A` repeated at each time step, `B` beside the last LSTM state."""
    embedding: EmbeddingConfig = EmbeddingConfig()
    """Sizes of the embeddings of attributes."""
    monte_carlo_dropout: int = Field(0, ge=0, le=100)
    """Passes with dropout of which a forecast is the mixture, e.g. 20; with 0 it is that of the whole network. What a
    pass leaves out is drawn in training and kept with the model."""
    precision: Literal["float32", "bfloat16"] = "float32"
    """Numbers that the network is trained in. `bfloat16` is faster where processors have it; a short fit in both is
    compared first, and where it costs accuracy, training falls back to `float32` and says so."""
    passes: Literal["window", "sequence"] = "window"
    """How the network reads history in training: `window` runs it over the lookback of every window; `sequence` once
    over a stretch of a series, with a forecast from each origin on the way. Forecasts are made alike."""
    layers: int = Field(1, ge=1, le=4)
    """LSTM layers before tuning."""
    hidden_size: int = Field(64, ge=4)
    """LSTM units before tuning."""
    dropout: float = Field(0.3, ge=0, lt=1)
    """Dropout before tuning."""
    learning_rate: float = Field(8e-3, gt=0)
    """Highest learning rate before tuning; it rises to it and falls to nothing."""
    batch_size: int = Field(256, ge=1)
    """Windows per step before tuning."""
    epochs: int = Field(12, ge=1)
    """Epochs of the final fit at most; early stopping may end it sooner."""
    patience: int = Field(4, ge=1)
    """Epochs without a better validation loss after which training stops."""
    steps_per_epoch: int | None = Field(50, ge=1)
    """Gradient steps in one epoch at most; all windows once where it is null."""
    seed: int = 20170102
    """Seed of everything random."""

    @model_validator(mode="after")
    def _a_likelihood_is_of_buckets(self) -> Self:
        if self.point_loss == "negative_binomial" and self.loss != "point":
            message = f"negative_binomial is the likelihood of single buckets: expected loss point, got {self.loss}"
            raise MisplacedValueError(message, "loss")
        return self

    @property
    def sum_share(self) -> float:
        """Share of the horizon's total in the loss."""
        return {"point": 0.0, "sum": 1.0, "mix": self.sum_weight}[self.loss]


class SearchSpace(Section):
    layers: tuple[int, int] = (1, 3)
    """Fewest and most LSTM layers."""
    hidden_size: tuple[int, int] = (32, 256)
    """Fewest and most LSTM units, in steps of 32."""
    dropout: tuple[float, float] = (0.0, 0.5)
    """Range of dropout."""
    learning_rate: tuple[float, float] = (1e-3, 2e-2)
    """Range of the learning rate, searched on a log scale."""
    batch_size: tuple[int, ...] = (128, 256)
    """Batch sizes tried."""
    embedding_scale: tuple[float, float] = (0.05, 0.5)
    """Range of the factor on embedding sizes."""


class TuningConfig(Section):
    trials: int = Field(50, ge=0)
    """Optuna trials; 0 trains with the values under `model`."""
    workers: int = Field(1, ge=1)
    """Trials that may be at work at a time, in steps of their own (on Kubernetes a pod each). A trial then learns from
    those that are so many places or more before it; with 1, from all before it."""
    epochs: int = Field(5, ge=1)
    """Epochs per trial."""
    space: SearchSpace = SearchSpace()
    """What is searched."""


class BoostingConfig(Section):
    enabled: bool = True
    """Whether gradient boosting is trained beside the network and blended with it."""
    rounds: int = Field(100, ge=1)
    """Trees of each of its models: one of the mean, one per quantile level."""
    learning_rate: float = Field(0.08, gt=0, le=1)
    """Share of each tree's correction that is kept."""
    leaves: int = Field(31, ge=2)
    """Leaves of a tree at most."""
    rows: int = Field(120_000, ge=1_000)
    """Rows (windows × leads) it learns from at most, drawn by chance; the time it takes grows with them."""


class IntervalConfig(Section):
    levels: tuple[int, ...] = (50, 80, 95)
    """Central interval levels in percent."""
    method: Literal["network", "empirical", "gaussian"] = "network"
    """`network`: the network's own quantiles, calibrated on the backtest; `empirical`: quantiles of out-of-sample
    residuals around the mean; `gaussian`: the same, but normal where the normality check passes."""
    when_too_narrow: Literal["widen", "warn", "block"] = "widen"
    """What happens where the intervals of the newest cycles covered too little of a demand class: they are widened, or
    a check warns, or a check fails and nothing of the cycle is published."""

    @field_validator("levels")
    @classmethod
    def _levels_are_percent(cls, levels: tuple[int, ...]) -> tuple[int, ...]:
        if not levels or any(not 1 <= level <= 99 for level in levels):
            raise ValueError(f"expected levels between 1 and 99 percent, got {list(levels)}")
        return tuple(sorted(set(levels)))
