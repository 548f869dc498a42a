"""Data-parallel training: processes of a group hold the same weights and come to the loss of one alone."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from dp_assets.domain.parallel import own_share, place
from tests.domain.parallel_training import train


def test_a_process_on_its_own_takes_every_window() -> None:
    assert place() == (0, 1)
    assert own_share(np.arange(5)).tolist() == [0, 1, 2, 3, 4]


def test_windows_are_dealt_out_and_nobody_is_left_without(monkeypatch: pytest.MonkeyPatch) -> None:
    shares = []
    for number in range(3):
        monkeypatch.setattr("dp_assets.domain.parallel.place", lambda number=number: (number, 3))
        shares.append(own_share(np.arange(7)).tolist())
        assert own_share(np.arange(2)).tolist() == [0]
    assert sorted(row for share in shares for row in share) == list(range(7))


@pytest.mark.slow
@pytest.mark.parametrize("passes", ["window", "sequence"])
def test_two_processes_hold_the_same_weights_and_come_to_the_loss_of_one(tmp_path: Path, passes: str) -> None:
    train(tmp_path, passes)
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    subprocess.run([*launcher, "-m", "tests.domain.parallel_training", str(tmp_path), passes], check=True, timeout=300)
    first, second = ((tmp_path / f"{number}.safetensors").read_bytes() for number in (0, 1))
    assert first == second
    alone, together = (json.loads((tmp_path / f"{name}.json").read_text()) for name in ("alone", "0"))
    for name, loss in alone.items():
        assert together[name] == pytest.approx(loss, rel=0.03)
