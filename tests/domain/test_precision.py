"""Precision: training in bfloat16, and what happens where that costs accuracy."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from dp_assets.domain import precision
from dp_assets.domain.precision import TOLERANCE, precision_gate
from dp_assets.domain.training import fit_before, spec_of
from tests.domain.engine_inputs import engine, engine_panel

SMALL = {"hidden_size": 8, "epochs": 4, "batch_size": 32, "steps_per_epoch": 6, "precision": "bfloat16"}


def gated(history: int = 40, **model: Any) -> precision.Gate:
    panel, encoders, config, source, hyper = engine(engine_panel(history=history), model={**SMALL, **model})
    return precision_gate(source, spec_of(panel, encoders, config, hyper), hyper, config)


@pytest.mark.parametrize("passes", ["window", "sequence"])
def test_training_in_bfloat16_comes_to_nearly_the_loss_of_float32_and_to_the_same_bits_again(passes: str) -> None:
    losses, weights = {}, []
    for name in ("float32", "bfloat16", "bfloat16"):
        panel, encoders, config, source, hyper = engine(model={**SMALL, "passes": passes, "precision": name})
        spec = spec_of(panel, encoders, config, hyper)
        trained = fit_before(source, spec, hyper, config, panel.history - 3, validate=True)
        losses[name] = trained.curve[-1].point
        assert all(tensor.dtype == torch.float32 for tensor in trained.network.parameters())
        weights.append([tensor.numpy().tobytes() for tensor in trained.network.state_dict().values()])
    assert losses["bfloat16"] == pytest.approx(losses["float32"], rel=0.02)
    assert weights[0] != weights[1] == weights[2]


def test_where_the_short_fit_is_as_good_the_wanted_precision_is_used() -> None:
    gate = gated()
    assert gate.spec.precision == "bfloat16"
    assert set(gate.losses) == {"float32", "bfloat16"}
    assert gate.losses["bfloat16"] <= gate.losses["float32"] * (1 + TOLERANCE)


@pytest.mark.parametrize("factor", [1.01, float("nan")])
def test_where_it_costs_accuracy_training_falls_back_and_says_so(
    monkeypatch: pytest.MonkeyPatch, factor: float
) -> None:
    plain = precision._loss

    def worse(source: Any, spec: Any, *others: Any) -> float:
        return plain(source, spec, *others) * (factor if spec.precision == "bfloat16" else 1.0)

    monkeypatch.setattr(precision, "_loss", worse)
    gate = gated()
    assert gate.spec.precision == "float32"
    assert gate.verdict.startswith("float32: the validation loss in bfloat16 is ")


def test_with_nothing_to_judge_by_it_is_float32() -> None:
    assert gated(history=6).spec.precision == "float32"
    assert "too little history" in gated(history=6).verdict


def test_float32_compares_nothing() -> None:
    gate = gated(precision="float32")
    assert (gate.spec.precision, gate.losses) == ("float32", {})
