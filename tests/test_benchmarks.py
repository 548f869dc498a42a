"""Benchmarks go on working when what they measure changes; what they measure is not judged here."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest


@pytest.mark.slow
def test_scenarios_are_measured_over_a_cycle_made_by_the_product(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from benchmarks import findings, scenarios

    monkeypatch.setattr(findings, "OUT", tmp_path)
    monkeypatch.setattr(scenarios, "ROUNDS", 1)
    monkeypatch.setattr(sys, "argv", ["scenarios", "--skus", "200"])
    scenarios.main()
    found = json.loads((tmp_path / "scenarios.json").read_text())
    assert {"name", "value", "unit", "peer", "bar", "holds"} == set(found[0])
    assert "CPU of 50 scenarios" in {one["name"] for one in found}
