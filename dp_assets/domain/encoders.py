"""Encoders of a cycle: vocabularies of attributes and scalers of numeric channels, fitted as of its cutoff.

Belongs here: fitting them on the panel's eligible series, applying them to any later panel, and their JSON form.
Does not belong here: embeddings themselves (`network.py`), windows (`windows.py`). Serving imports this module, so it
needs NumPy and Polars only.

A model keeps the encoders it was trained with: `scale` and `codes` bring a panel of a later cycle into that model's
channels and vocabulary, whatever promotion kinds or attribute values have appeared or gone since.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from dp_assets.domain.calendar import EVENT_CHANNELS, left_out_of_network
from dp_assets.domain.config import AttributeKind, DemandConfig
from dp_assets.domain.errors import ArtefactError, NotEnoughHistoryError
from dp_assets.domain.panel import FloatArray, Panel
from dp_assets.domain.peers import PREFIX
from dp_assets.domain.promotions import PROMOTION_CHANNELS
from dp_assets.domain.training_config import EmbeddingConfig

UNKNOWN = "<UNK>"
FORMAT = 1
SHARE_STD = 0.1
"""Smallest standard deviation used for shares (promotions, events): what is rare must not become a huge number."""
PLANNED = (*PROMOTION_CHANNELS, *EVENT_CHANNELS)
"""Channels that exist only while somebody plans something begin like this."""
Transform = Literal["none", "log1p"]
LOG_CHANNELS = ("rolling_",)
"""Past channels in units begin like this; they take the configured target transform before they are scaled."""


def embedding_size(values: int, rule: EmbeddingConfig) -> int:
    """min(max_size, ceil(V / 2)) × scale, rounded, at least 1. V counts the known values, `<UNK>` not among them.

    >>> embedding_size(7, EmbeddingConfig(scale=1.0)), embedding_size(500, EmbeddingConfig(scale=0.5))
    (4, 25)
    """
    return max(1, round(min(rule.max_size, math.ceil(values / 2)) * rule.scale))


@dataclass(frozen=True)
class AttributeEncoder:
    """One attribute: its vocabulary, sorted, with `<UNK>` at index 0, and the size of its embedding."""

    name: str
    kind: AttributeKind
    vocabulary: tuple[str, ...]
    embedding_size: int

    @property
    def known(self) -> tuple[str, ...]:
        """The values seen in fitting: columns of `one_hot` and `multi_hot`."""
        return self.vocabulary[1:]

    def indices(self, values: pl.Series) -> npt.NDArray[np.int64]:
        """(n,) vocabulary index of each text; 0 where it is null or was not seen in fitting."""
        if not self.known:
            return np.zeros(len(values), dtype=np.int64)
        numbers = range(1, len(self.vocabulary))
        found = values.cast(pl.String).replace_strict(self.known, numbers, default=0, return_dtype=pl.Int64)
        return found.to_numpy().astype(np.int64)

    def one_hot(self, values: pl.Series) -> FloatArray:
        """(S, V) one column per known value; a row of zeros where it is missing or was not seen.

        The semantics of scikit-learn's LabelBinarizer, except that two values keep both columns (its single column is
        the second one here) and one value keeps ones.
        """
        return self._columns(self.indices(values)[:, None] == np.arange(len(self.vocabulary)))

    def multi_hot(self, values: pl.Series) -> FloatArray:
        """(S, V) one column per known label, as scikit-learn's MultiLabelBinarizer: unseen labels set nothing."""
        return self._columns(self.bag(values) > 0)

    def _columns(self, hot: npt.NDArray[np.bool_]) -> FloatArray:
        return hot[:, 1:].astype(np.float32)

    def bag(self, values: pl.Series) -> FloatArray:
        """(S, V + 1) multi-hot over the whole vocabulary; column 0 stands for unseen labels, and for having none."""
        row, labels = _labels(values)
        hot = np.zeros((len(values), len(self.vocabulary)), dtype=np.float32)
        hot[row, self.indices(labels)] = 1.0
        hot[~hot.any(axis=1), 0] = 1.0
        return hot

    def unseen(self, values: pl.Series) -> int:
        """How many values (labels) are there but were not seen in fitting; missing ones do not count."""
        texts = _labels(values)[1] if self.kind == "multi" else values
        return int((self.indices(texts) == 0).sum()) - texts.null_count()


@dataclass(frozen=True)
class Scaler:
    """(transform(x) − mean) ÷ std of one channel."""

    mean: float
    std: float
    transform: Transform = "none"

    def __call__(self, values: FloatArray) -> FloatArray:
        """Scaled values, float32, same shape."""
        return ((_transformed(values, self.transform) - self.mean) / self.std).astype(np.float32)


@dataclass(frozen=True)
class Codes:
    """Attributes of S series as the network reads them.

    Attributes:
        single: (S, A1) vocabulary index per single-valued attribute, in the order of `Encoders.attributes`.
        multi: (S, V) multi-hot blocks, `<UNK>` first in each, of the multi-label attributes in the same order.
        unknown: attribute → values that were not seen in fitting and became `<UNK>`.
    """

    single: npt.NDArray[np.int64]
    multi: FloatArray
    unknown: dict[str, int]


@dataclass(frozen=True)
class ScaledChannels:
    """A panel's channels in the encoders' order: past (S, T, P), known (S, T + M, K), calendar (T + M, C).

    known_reach: (K,) buckets ahead of an origin for which a known channel may be read; see `Panel`.
    peers: (S, T, G) momentum of peers as it is, unscaled, see `peers.py`; NaN where the panel has none of a group.
    """

    past: FloatArray
    known: FloatArray
    calendar: FloatArray
    known_reach: tuple[int, ...]
    peers: FloatArray


@dataclass(frozen=True)
class Encoders:
    """Everything learned from a panel besides the network.

    Attributes:
        attributes: one encoder per configured attribute, in the configured order.
        past, known, calendar: names of the channels a network sees, in order.
        scalers: channel name → scaler, for exactly those channels.
        left_out: calendar channels of the panel that a network does not see → why: the rule of two periods, or an event
            that never happened within history.
        cutoff: the cycle they were fitted in, ISO date.
        fitted_on: number of eligible series behind them.
        peers: names of the peer channels, which gradient boosting sees and a network does not.
    """

    attributes: tuple[AttributeEncoder, ...]
    past: tuple[str, ...]
    known: tuple[str, ...]
    calendar: tuple[str, ...]
    scalers: dict[str, Scaler]
    left_out: dict[str, str]
    cutoff: str
    fitted_on: int
    peers: tuple[str, ...] = ()

    def codes(self, series: pl.DataFrame) -> Codes:
        """Encodes attributes; unseen values, and attributes that the frame lacks, become `<UNK>`.

        Args:
            series: frame with the attribute columns, e.g. `Panel.series`.
        """
        values = {encoder.name: self._values(encoder, series) for encoder in self.attributes}
        singles = [encoder.indices(values[encoder.name]) for encoder in self.attributes if encoder.kind == "single"]
        bags = [encoder.bag(values[encoder.name]) for encoder in self.attributes if encoder.kind == "multi"]
        return Codes(
            single=np.stack(singles, axis=1) if singles else np.zeros((len(series), 0), dtype=np.int64),
            multi=np.concatenate(bags, axis=1) if bags else np.zeros((len(series), 0), dtype=np.float32),
            unknown={encoder.name: encoder.unseen(values[encoder.name]) for encoder in self.attributes},
        )

    @staticmethod
    def _values(encoder: AttributeEncoder, series: pl.DataFrame) -> pl.Series:
        if encoder.name in series.columns:
            return series[encoder.name]
        dtype = pl.List(pl.String()) if encoder.kind == "multi" else pl.String()
        return pl.Series(encoder.name, [None] * len(series), dtype=dtype)

    def scale(self, panel: Panel) -> ScaledChannels:
        """The panel's channels as the network reads them, float32; past cells before the first sale are 0.

        A promotion or event channel that the panel lacks counts as 0 before scaling: nothing of the kind is planned.

        Raises:
            ArtefactError: the panel lacks any other channel; the configuration changed since the fit.
        """
        past = self._scaled(panel.past, panel.past_names, self.past, panel)
        past[np.arange(panel.history) < panel.first[:, None]] = 0
        reaches = dict(zip(panel.known_names, panel.known_reach, strict=True))
        return ScaledChannels(
            past=past,
            known=self._scaled(panel.known, panel.known_names, self.known, panel),
            calendar=self._scaled(panel.calendar, panel.calendar_names, self.calendar, panel),
            known_reach=tuple(reaches.get(name, panel.horizon) for name in self.known),
            peers=self._peers(panel),
        )

    def _peers(self, panel: Panel) -> FloatArray:
        """The panel's peer channels in the order of `peers`; a view where they lie side by side, as they usually do."""
        at = [panel.past_names.index(name) if name in panel.past_names else -1 for name in self.peers]
        if at and at[0] >= 0 and at == list(range(at[0], at[0] + len(at))):
            return panel.past[:, :, at[0] : at[0] + len(at)]
        values = np.asarray(panel.past[:, :, at], np.float32)
        values[:, :, [number for number, place in enumerate(at) if place < 0]] = np.nan
        return values

    def _scaled(
        self,
        values: FloatArray,
        present: tuple[str, ...],
        wanted: tuple[str, ...],
        panel: Panel,
    ) -> FloatArray:
        missing = [name for name in wanted if name not in present and not name.startswith(PLANNED)]
        if missing:
            raise ArtefactError(
                f"the encoders of cycle {self.cutoff} were fitted on channels {missing} that the panel of cycle "
                f"{panel.cutoff} lacks; the configuration changed: train again, or materialise features with the old "
                f"configuration"
            )
        scaled = np.empty((*values.shape[:-1], len(wanted)), dtype=np.float32)
        for number, name in enumerate(wanted):
            there = values[..., present.index(name)] if name in present else np.zeros(values.shape[:-1], np.float32)
            scaled[..., number] = self.scalers[name](there)
        return scaled

    def to_json(self) -> str:
        """JSON with sorted keys: the same encoders give the same text."""
        content = {
            "format": FORMAT,
            "cutoff": self.cutoff,
            "fitted_on": self.fitted_on,
            "attributes": [vars(encoder) for encoder in self.attributes],
            "channels": {"past": self.past, "known": self.known, "calendar": self.calendar, "peers": self.peers},
            "scalers": {name: vars(scaler) for name, scaler in self.scalers.items()},
            "left_out": self.left_out,
        }
        return json.dumps(content, sort_keys=True, indent=1, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Encoders:
        """Reads what `to_json` wrote; ArtefactError when it is something else."""
        try:
            content = json.loads(text)
            if content["format"] != FORMAT:
                raise ArtefactError(f"expected encoders of format {FORMAT}, got {content['format']}; fit them again")
            return cls(
                attributes=tuple(_attribute(entry) for entry in content["attributes"]),
                scalers={name: Scaler(**entry) for name, entry in content["scalers"].items()},
                left_out=content["left_out"],
                cutoff=content["cutoff"],
                fitted_on=content["fitted_on"],
                **{name: tuple(names) for name, names in content["channels"].items()},
            )
        except (KeyError, TypeError, json.JSONDecodeError) as error:
            raise ArtefactError(
                f"expected the JSON of encoders, got something else ({error}); fit them again"
            ) from error


def _attribute(entry: dict[str, Any]) -> AttributeEncoder:
    return AttributeEncoder(**{**entry, "vocabulary": tuple(entry["vocabulary"])})


def _labels(values: pl.Series) -> tuple[npt.NDArray[np.int64], pl.Series]:
    """Row and text of every label of a list column; null labels and null lists give none."""
    rows = pl.DataFrame({"row": np.arange(len(values), dtype=np.int64), "label": values.cast(pl.List(pl.String()))})
    flat = rows.explode("label").drop_nulls("label")
    return flat["row"].to_numpy(), flat["label"]


def fit_encoders(panel: Panel, config: DemandConfig) -> Encoders:
    """Vocabularies, embedding sizes and scalers, from eligible series and observed history only.

    Raises:
        NotEnoughHistoryError: no series of the panel is eligible.
    """
    eligible = panel.series["eligible"].to_numpy()
    if not eligible.any():
        raise NotEnoughHistoryError(
            f"cycle {panel.cutoff}: expected eligible series to fit encoders on, but none of {len(panel)} active "
            f"ones is; see the reasons in the table eligibility, then lower low_volume.min_selling_weeks or name "
            f"mandatory SKUs"
        )
    left_out = left_out_of_network(panel.calendar[: panel.history], panel.calendar_names, panel.bucket_weeks)
    described = panel.series.filter("eligible")
    return Encoders(
        attributes=tuple(
            _fit_attribute(described[name], attribute.kind or "single", config.model.embedding)
            for name, attribute in config.attributes.items()
        ),
        past=tuple(name for name in panel.past_names if not name.startswith(PREFIX)),
        peers=tuple(name for name in panel.past_names if name.startswith(PREFIX)),
        known=panel.known_names,
        calendar=tuple(name for name in panel.calendar_names if name not in left_out),
        scalers=_fit_scalers(panel, eligible, left_out, config),
        left_out=left_out,
        cutoff=panel.cutoff.isoformat(),
        fitted_on=int(eligible.sum()),
    )


def _fit_attribute(values: pl.Series, kind: AttributeKind, rule: EmbeddingConfig) -> AttributeEncoder:
    texts = _labels(values)[1] if kind == "multi" else values
    known = sorted(set(texts.drop_nulls().to_list()) - {UNKNOWN})
    return AttributeEncoder(values.name, kind, (UNKNOWN, *known), embedding_size(len(known), rule))


def _fit_scalers(
    panel: Panel, eligible: npt.NDArray[np.bool_], left_out: Iterable[str], config: DemandConfig
) -> dict[str, Scaler]:
    """One scaler per channel that a network sees; calendar channels over the history buckets."""
    cells = (np.asarray(panel.observed) > 0) & eligible[:, None]  # (S, T)
    scalers: dict[str, Scaler] = {}
    for number, name in enumerate(panel.past_names):
        if name.startswith(PREFIX):
            continue
        transform: Transform = config.features.target_transform if name.startswith(LOG_CHANNELS) else "none"
        scalers[name] = _fit_scaler(panel.past[:, :, number][cells], transform)
    for number, name in enumerate(panel.known_names):
        floor = SHARE_STD if name.startswith(PLANNED) else 0.0
        scalers[name] = _fit_scaler(panel.known[:, : panel.history, number][cells], floor=floor)
    for number, name in enumerate(panel.calendar_names):
        if name not in left_out:
            floor = SHARE_STD if name.startswith(PLANNED) else 0.0
            scalers[name] = _fit_scaler(panel.calendar[: panel.history, number], floor=floor)
    return scalers


def _fit_scaler(values: FloatArray, transform: Transform = "none", floor: float = 0.0) -> Scaler:
    """Mean and population standard deviation (1 where it is 0, else at least the floor) after the transform."""
    if not len(values):
        return Scaler(0.0, 1.0, transform)
    exact = _transformed(values.astype(np.float64), transform)
    std = float(exact.std())
    negligible = std <= 1e-6 * max(1.0, float(np.abs(exact).max()))
    return Scaler(float(exact.mean()), 1.0 if negligible else max(std, floor), transform)


_TRANSFORMS: dict[Transform, Callable[[Any], Any]] = {"none": lambda values: values, "log1p": np.log1p}


def _transformed(values: npt.NDArray[Any], transform: Transform) -> npt.NDArray[Any]:
    return np.asarray(_TRANSFORMS[transform](values))
