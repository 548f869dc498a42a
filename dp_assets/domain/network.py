"""The network: an LSTM over level-scaled windows with embedded attributes and direct heads per lead.

Belongs here: the description of a network (`NetworkSpec`, plain JSON), the network built from it, and its ONNX form.
Does not belong here: training (`training.py`), gathering inputs (`windows.py`).

B windows, L lookback, M leads, P/K/C past/known/calendar channels, A single-valued attributes, V labels of multi-label
attributes, H LSTM units, Q quantile levels. The graph takes raw units and returns units:

    s     = ½ window mean + ½ mean of the last 8 weeks + 0.1, over observed buckets         the window's own level
    views = log1p(y / s), y / s, sold flag, observed mask                                   what the LSTM reads of y
    head  = f(state, attributes, log s, variation, age, the lead's own known-ahead channels and their difference
            from the recent past, demand a year before)                                     one vector per lead
    mean  = s × softplus(head)                                                              units, never negative
    q_k   = s × (u_1 + … + u_k)², u = softplus(head)                                        never negative or crossing

Both are at most CEILING × the window's maximum and level. Mean and quantiles are heads of one body, trained together:
the mean adds up over series, the median has the smaller error per series. Increments are added before the square
because the spread of a count grows with the root of what is expected.

With Monte Carlo dropout, a forecast is the mixture of that many passes of the heads, each with units left out that
were drawn when the network was built and are kept with its weights. Every window meets the same ones, so a forecast
depends on no other window, and the ONNX form computes the same. The recurrence, before any dropout, runs once.

Dividing by the window's own level, and handing each lead its own promotions, decide the accuracy of an LSTM on retail
demand far more than its size does.
"""

from __future__ import annotations

import dataclasses
import io
import json
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from dp_assets.domain.dropout import dropped
from dp_assets.domain.encoders import embedding_size
from dp_assets.domain.errors import ArtefactError
from dp_assets.domain.mixture import mixture_quantiles

if TYPE_CHECKING:
    from dp_assets.domain.config import DemandConfig
    from dp_assets.domain.encoders import Encoders
    from dp_assets.domain.panel import Panel
    from dp_assets.domain.windows import Inputs

CEILING = 4.0
"""A forecast is at most this multiple of the recent maximum (plus the level)."""
SQUASH = 4.0
"""Scaled channels are squashed smoothly into (−SQUASH, SQUASH), so that no outlying input can run away."""
OUTPUTS = ("mean", "quantiles")
"""Outputs of the ONNX form."""
LSTM_WEIGHTS = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
LEAST_DISPERSION = 0.01
"""Demand is never taken to be less dispersed than this: below it a likelihood is lost in rounding."""
UNKNOWN_RATE = 0.2
"""Share of attribute values replaced by `<UNK>` in training, so that unseen values meet a trained embedding, and none
is learned by heart."""


@dataclass(frozen=True)
class EmbeddingSpec:
    """One attribute: `values` counts the vocabulary with `<UNK>`; a multi-label one is a bag of its labels."""

    name: str
    kind: Literal["single", "multi"]
    values: int
    size: int


@dataclass(frozen=True)
class NetworkSpec:
    """Everything needed to build the network; plain JSON. Lengths are in buckets."""

    lookback: int
    horizon: int
    recent: int
    past: tuple[str, ...]
    known: tuple[str, ...]
    calendar: tuple[str, ...]
    attributes: tuple[EmbeddingSpec, ...]
    strategy: Literal["A", "B"] = "B"
    layers: int = 1
    hidden_size: int = 64
    levels: tuple[float, ...] = (0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975)
    dropout: float = 0.1
    log_view: bool = True
    passes: Literal["window", "sequence"] = "window"
    dispersion: bool = False
    monte_carlo_dropout: int = 0
    precision: Literal["float32", "bfloat16"] = "float32"

    def to_json(self) -> str:
        """JSON with sorted keys."""
        return json.dumps(dataclasses.asdict(self), sort_keys=True, indent=1)

    @classmethod
    def from_json(cls, text: str) -> NetworkSpec:
        """Reads what `to_json` wrote; ArtefactError when it describes another kind of network."""
        raw = json.loads(text)
        try:
            raw["attributes"] = tuple(EmbeddingSpec(**entry) for entry in raw["attributes"])
            raw |= {name: tuple(raw[name]) for name in ("past", "known", "calendar", "levels")}
            return cls(**raw)
        except (KeyError, TypeError) as error:
            raise ArtefactError(f"expected a network description of this version, got other fields: {error}") from error

    @property
    def singles(self) -> tuple[EmbeddingSpec, ...]:
        """Single-valued attributes, in the order of the columns of `single`."""
        return tuple(attribute for attribute in self.attributes if attribute.kind == "single")

    @property
    def bags(self) -> tuple[EmbeddingSpec, ...]:
        """Multi-label attributes, in the order of their blocks in `multi`."""
        return tuple(attribute for attribute in self.attributes if attribute.kind == "multi")

    @property
    def static_size(self) -> int:
        """Width of all embeddings together."""
        return sum(attribute.size for attribute in self.attributes)

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the inputs the network takes, in order; inputs of width zero are left out."""
        wanted = ["quantity", "observed"]
        wanted += ["past"] if self.past else []
        wanted += ["known", "known_ahead"] if self.known else []
        wanted += ["calendar", "calendar_ahead"] if self.calendar else []
        wanted += ["season", "age"]
        wanted += ["single"] if self.singles else []
        return tuple(wanted + (["multi"] if self.bags else []))


def network_spec(
    panel: Panel,
    encoders: Encoders,
    config: DemandConfig,
    *,
    layers: int,
    hidden_size: int,
    dropout: float,
    embedding_scale: float,
) -> NetworkSpec:
    """The network for a panel and its encoders: another attribute in the configuration is another embedding here."""
    rule = config.model.embedding.model_copy(update={"scale": embedding_scale})
    attributes = tuple(
        EmbeddingSpec(
            name=encoder.name,
            kind=encoder.kind,
            values=len(encoder.vocabulary),
            size=embedding_size(len(encoder.known), rule),
        )
        for encoder in encoders.attributes
    )
    return NetworkSpec(
        lookback=min(config.lookback, panel.history),
        horizon=panel.horizon,
        recent=config.in_buckets(8),
        past=encoders.past,
        known=encoders.known,
        calendar=encoders.calendar,
        attributes=attributes,
        strategy=config.model.static_strategy,
        layers=layers,
        hidden_size=hidden_size,
        levels=config.quantile_levels,
        dropout=dropout,
        log_view=config.features.target_transform == "log1p",
        passes=config.model.passes,
        dispersion=config.model.point_loss == "negative_binomial",
        monte_carlo_dropout=config.model.monte_carlo_dropout,
        precision=config.model.precision,
    )


def squash(channels: Tensor) -> Tensor:
    """Scaled channels, bounded to (−SQUASH, SQUASH); near zero nothing changes."""
    return SQUASH * torch.tanh(channels / SQUASH)


def mean_over(values: Tensor, mask: Tensor) -> Tensor:
    """Mean of values (B, L) over the buckets that the mask (B, L) counts; 0 where it counts none. (B,)"""
    return (values * mask).sum(dim=1) / mask.sum(dim=1).clamp_min(1.0)


class DemandNetwork(nn.Module):
    """See the module's docstring. Call it with the inputs of `windows.gather` as tensors."""

    def __init__(self, spec: NetworkSpec) -> None:
        super().__init__()
        self.spec = spec
        self.embeddings = nn.ModuleList(nn.Embedding(each.values, each.size) for each in spec.singles)
        self.bag_weights = nn.ParameterList(nn.Parameter(torch.randn(each.values, each.size)) for each in spec.bags)
        for table in [*(layer.weight for layer in self.embeddings), *self.bag_weights]:
            nn.init.normal_(table, std=0.1)
        views = 3 + int(spec.log_view)
        width = views + len(spec.past) + len(spec.known) + len(spec.calendar)
        width += spec.static_size if spec.strategy == "A" else 0
        self.lstm = nn.LSTM(
            width,
            spec.hidden_size,
            spec.layers,
            batch_first=True,
            dropout=spec.dropout if spec.layers > 1 else 0.0,
        )
        ahead = 2 * len(spec.known) + len(spec.calendar) + 2 + spec.horizon
        shared = spec.hidden_size + 3 + (spec.static_size if spec.strategy == "B" else 0)
        self.hidden_shared = nn.Linear(shared, spec.hidden_size)
        if spec.passes == "sequence":
            self.drift = nn.Parameter(torch.zeros(spec.hidden_size))
        if spec.dispersion:
            self.of_dispersion = nn.Linear(3, 1)
            nn.init.zeros_(self.of_dispersion.weight)
            nn.init.zeros_(self.of_dispersion.bias)
        self.hidden_ahead = nn.Linear(ahead, spec.hidden_size, bias=False)
        self.second = nn.Linear(spec.hidden_size, spec.hidden_size)
        self.output = nn.Linear(spec.hidden_size, 1 + len(spec.levels))
        nn.init.zeros_(self.output.weight)
        with torch.no_grad():
            self.output.bias.copy_(_initial_bias(spec.levels))
        for name, units in (("state", spec.hidden_size), ("static", spec.static_size), ("hidden", spec.hidden_size)):
            if spec.monte_carlo_dropout:
                kept = functional.dropout(torch.ones(spec.monte_carlo_dropout, units), spec.dropout)
                self.register_buffer(f"kept_{name}", kept)

    def level(self, inputs: dict[str, Tensor]) -> Tensor:
        """The window's own level s, units. (B,)"""
        quantity, observed = inputs["quantity"], inputs["observed"]
        recent = slice(-self.spec.recent, None)
        whole = mean_over(quantity, observed)
        last = mean_over(quantity[:, recent], observed[:, recent])
        seen = observed[:, recent].sum(dim=1) > 0
        return 0.5 * whole + 0.5 * torch.where(seen, last, whole) + 0.1

    def static(self, inputs: dict[str, Tensor]) -> Tensor | None:
        """Every attribute's embedding side by side, None where there is no attribute. (B, static_size)"""
        parts: list[Tensor] = []
        if self.spec.singles:
            codes = inputs["single"]  # (B, A)
            if self.training:
                codes = codes * (torch.rand(codes.shape, device=codes.device) >= UNKNOWN_RATE)
            parts += [layer(codes[:, column]) for column, layer in enumerate(self.embeddings)]
        start = 0
        for each, weight in zip(self.spec.bags, self.bag_weights, strict=True):
            labels = inputs["multi"][:, start : start + each.values]  # (B, values)
            parts.append(labels @ weight / labels.sum(dim=1, keepdim=True).clamp_min(1.0))
            start += each.values
        return torch.cat(parts, dim=1) if parts else None

    def sequence(
        self, inputs: dict[str, Tensor], level: Tensor, static: Tensor | None, steps: int | None = None
    ) -> Tensor:
        """What the LSTM reads of so many steps, L unless given. (B, steps, width)"""
        quantity, observed = inputs["quantity"], inputs["observed"]
        ratio = quantity / level[:, None]
        views = [torch.log1p(ratio)] if self.spec.log_view else []
        views += [ratio.clamp_max(8.0), (quantity > 0).to(ratio.dtype), observed]
        parts = [view[:, :, None] for view in views]
        parts += [squash(inputs[name]) for name in ("past", "known", "calendar") if name in self.spec.inputs]
        if self.spec.strategy == "A" and static is not None:
            parts.append(static[:, None, :].expand(-1, steps or self.spec.lookback, -1))
        return torch.cat(parts, dim=2)

    def side(self, inputs: dict[str, Tensor], level: Tensor) -> Tensor:
        """Log level, variation and age. (B, 3)"""
        ratio = inputs["quantity"] / level[:, None]
        centre = mean_over(ratio, inputs["observed"])
        spread = mean_over((ratio - centre[:, None]) ** 2, inputs["observed"])
        return torch.stack([level.log() / 3, torch.sqrt(spread + 1e-6), torch.log1p(inputs["age"]) / 4], dim=1)

    def dispersion(self, inputs: dict[str, Tensor], level: Tensor) -> Tensor | None:
        """Dispersion of each window's demand, of which the variance is mean + dispersion × mean²; None where none is
        learned. (B,) It is a function of level, variation and age: no forecast needs it, only the likelihood does."""
        if not self.spec.dispersion:
            return None
        raw: Tensor = self.of_dispersion(self.side(inputs, level))
        return LEAST_DISPERSION + functional.softplus(raw[:, 0])

    def ahead(self, inputs: dict[str, Tensor], level: Tensor) -> Tensor:
        """What is known of each lead: its channels, their difference from the recent past, last year. (B, M, ·)

        The leads are all there are, or those that `leads` (B, M) names.
        """
        season = inputs["season"]
        parts = [torch.stack([torch.log1p(season[:, :, 0] / level[:, None]), season[:, :, 1]], dim=2)]
        if self.spec.known:
            known = squash(inputs["known_ahead"])
            recent = squash(inputs["known"][:, -self.spec.recent :]).mean(dim=1, keepdim=True)
            parts += [known, known - recent]
        if self.spec.calendar:
            parts.append(squash(inputs["calendar_ahead"]))
        lead = torch.eye(self.spec.horizon, dtype=level.dtype, device=level.device)
        parts.append(lead[inputs["leads"]] if "leads" in inputs else lead[None].expand(season.shape[0], -1, -1))
        return torch.cat(parts, dim=2)

    def forward(self, inputs: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        """Mean (B, M) and quantiles (B, M, Q) of demand per lead, units, never negative, ascending along Q."""
        level = self.level(inputs)
        static = self.static(inputs)
        state = self.recurrence(self.sequence(inputs, level, static))[1]
        return self.heads(state, inputs, level, static)

    def recurrence(self, steps: Tensor) -> tuple[Tensor, Tensor]:
        """The LSTM's states after each of the steps (B, L, width), and after the last: (B, L, H) and (B, H)."""
        if not (self.training and self.lstm.dropout and steps.device.type == "cpu"):
            states, (last, _) = self.lstm(steps)
            return states, last[-1]
        zero = steps.new_zeros(1, steps.shape[0], self.spec.hidden_size)
        for number in range(self.spec.layers):  # layer by layer, for dropout that costs less than the LSTM's own
            weights = [getattr(self.lstm, f"{name}_l{number}") for name in LSTM_WEIGHTS]
            inputs = dropped(states, self.spec.dropout) if number else steps
            states, last, _ = torch.lstm(inputs, (zero, zero), weights, True, 1, 0.0, True, False, True)
        return states, last[0]

    def heads(
        self,
        state: Tensor,
        inputs: dict[str, Tensor],
        level: Tensor,
        static: Tensor | None,
        drift: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Mean and quantiles of each window from the LSTM's state (B, H) at its origin.

        `drift` (B,) is the log of the window's level over the one by which the state was scaled; None where they are
        the same, as they are whenever a forecast is made.
        """
        side = self.side(inputs, level)
        ahead = self.hidden_ahead(self.ahead(inputs, level))  # (B, M, H)
        ceiling = CEILING * (inputs["quantity"].max(dim=1).values + level)

        def passed(drop: Callable[[str, Tensor], Tensor]) -> tuple[Tensor, Tensor]:
            shared = [drop("state", state), side]
            if self.spec.strategy == "B" and static is not None:
                shared.append(drop("static", static))
            window = self.hidden_shared(torch.cat(shared, dim=1))  # (B, H), once per window rather than once per lead
            if drift is not None:
                window = window + drift[:, None] * self.drift
            hidden = functional.gelu(window[:, None, :] + ahead)  # (B, M, H)
            hidden = functional.gelu(self.second(drop("hidden", hidden)))
            positive = functional.softplus(self.output(hidden).float())  # (B, M, 1 + Q)
            root = positive[:, :, 1:].cumsum(dim=2)  # (B, M, Q), ascending
            mean = torch.clamp_max(level[:, None] * positive[:, :, 0], ceiling[:, None])
            return mean, torch.clamp_max(level[:, None, None] * (root * root), ceiling[:, None, None])

        if self.training or not self.spec.monte_carlo_dropout:
            share = self.spec.dropout if self.training else 0.0
            return passed(lambda _, values: dropped(values, share))
        drawn = [
            passed(lambda name, values, number=number: values * self.get_buffer(f"kept_{name}")[number])  # type: ignore[misc]
            for number in range(self.spec.monte_carlo_dropout)
        ]
        means, quantiles = (torch.stack(parts) for parts in zip(*drawn, strict=True))
        return means.mean(dim=0), mixture_quantiles(quantiles, self.spec.levels)


def _initial_bias(levels: tuple[float, ...]) -> Tensor:
    """(1 + Q,) biases with which training starts at the window's level, exponentially distributed."""
    roots = torch.sqrt(-torch.log1p(-torch.tensor(levels, dtype=torch.float64)))
    wanted = torch.cat([torch.ones(1, dtype=torch.float64), roots.diff(prepend=torch.zeros(1, dtype=torch.float64))])
    return torch.log(torch.expm1(wanted)).float()


def as_tensors(inputs: Inputs, spec: NetworkSpec, device: str = "cpu") -> dict[str, Tensor]:
    """The inputs a network takes, as tensors on a device."""
    return {name: torch.from_numpy(np.ascontiguousarray(inputs[name])).to(device) for name in spec.inputs}


class _Positional(nn.Module):
    """The network with positional inputs, which is what the exporter can name."""

    def __init__(self, network: DemandNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, *tensors: Tensor) -> tuple[Tensor, Tensor]:
        result: tuple[Tensor, Tensor] = self.network(dict(zip(self.network.spec.inputs, tensors, strict=True)))
        return result


def to_onnx(network: DemandNetwork, example: dict[str, Tensor]) -> bytes:
    """The network as an ONNX model with a free batch size.

    Inputs have their names in `windows`; outputs are `mean` (B, M) and `quantiles` (B, M, Q).

    torch's exporter that traces is used because the newer one needs a further package; what it warns about is its own
    retirement and that traced shapes are constants, which holds here: only the batch varies, and it is declared free.
    """
    names = network.spec.inputs
    buffer = io.BytesIO()
    was_training = network.training
    network.eval()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            _Positional(network).eval(),
            tuple(example[name] for name in names),
            buffer,  # type: ignore[arg-type]
            input_names=list(names),
            output_names=list(OUTPUTS),
            dynamic_axes={name: {0: "windows"} for name in (*names, *OUTPUTS)},
            opset_version=17,
            dynamo=False,
        )
    network.train(was_training)
    return buffer.getvalue()
