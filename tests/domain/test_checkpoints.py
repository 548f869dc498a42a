"""Checkpoints: killed training goes on to the same bits, and only ever from its own state."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from dp_assets.domain.checkpoints import Checkpoint, Checkpoints
from dp_assets.domain.training import Epoch, Trained, fit_before, spec_of
from tests.domain.engine_inputs import engine
from tests.domain.killed_training import MODEL, train


def process(folder: Path, *arguments: str) -> int:
    return subprocess.run(
        [sys.executable, "-m", "tests.domain.killed_training", str(folder), *arguments], check=False
    ).returncode


@pytest.mark.slow
@pytest.mark.parametrize("passes", ["window", "sequence"])
def test_a_training_killed_again_and_again_ends_with_the_bytes_of_an_undisturbed_one(
    tmp_path: Path, passes: str
) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    whole.mkdir()
    killed.mkdir()
    train(whole, passes, None)
    for saves in (3, 20, 14):  # in the first epoch, later, and in the second fit
        assert process(killed, passes, str(saves)) == -signal.SIGKILL
        assert not (killed / "result.safetensors").exists()
    assert process(killed, passes) == 0
    assert (killed / "result.safetensors").read_bytes() == (whole / "result.safetensors").read_bytes()
    assert (killed / "curves.txt").read_text() == (whole / "curves.txt").read_text()


class StoppedError(Exception):
    """What a test ends a fit with."""


def fitted(checkpoint: Checkpoint | None, stop_after: int | None = None, seed: int = 1) -> Trained:
    panel, encoders, config, source, hyper = engine(model={**MODEL, "layers": 1, "seed": seed})

    def progress(epoch: Epoch) -> None:
        seen.append(epoch.number)
        if epoch.number == stop_after:
            raise StoppedError

    seen: list[int] = []
    spec = spec_of(panel, encoders, config, hyper)
    trained = fit_before(source, spec, hyper, config, panel.history, progress=progress, checkpoint=checkpoint)
    assert len(trained.curve) == 6
    trained.network.seen = seen
    return trained


def stopped_fit(path: Path, **arguments: int) -> None:
    with pytest.raises(StoppedError):
        fitted(Checkpoint(path, "data"), stop_after=4, **arguments)


def weights(trained: Trained) -> list[bytes]:
    return [tensor.numpy().tobytes() for tensor in trained.network.state_dict().values()]


def test_a_stopped_fit_goes_on_where_it_was_whatever_was_drawn_meanwhile(tmp_path: Path) -> None:
    stopped_fit(tmp_path / "fit")
    torch.rand(7)
    resumed = fitted(Checkpoint(tmp_path / "fit", "data"))
    assert resumed.network.seen == [4, 5, 6]
    undisturbed = fitted(None)
    assert weights(resumed) == weights(undisturbed)
    assert resumed.curve == undisturbed.curve


def test_a_finished_fit_is_not_done_again(tmp_path: Path) -> None:
    first = fitted(Checkpoint(tmp_path / "fit", "data"))
    again = fitted(Checkpoint(tmp_path / "fit", "data"))
    assert again.network.seen == []
    assert weights(again) == weights(first)


@pytest.mark.parametrize("how", ["other data", "other seed", "torn file", "something else"])
def test_what_is_not_the_state_of_this_very_fit_is_left_alone(tmp_path: Path, how: str) -> None:
    path = tmp_path / "fit"
    stopped_fit(path, **({"seed": 2} if how == "other seed" else {}))
    if how == "torn file":
        path.write_bytes(path.read_bytes()[:-100])
    if how == "something else":
        path.write_text("{}")
    trained = fitted(Checkpoint(path, "other" if how == "other data" else "data"))
    assert trained.network.seen == [1, 2, 3, 4, 5, 6]
    assert weights(trained) == weights(fitted(None))


def test_a_kill_while_a_checkpoint_is_written_leaves_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "fit"
    stopped_fit(path)
    before = path.read_bytes()

    def killed(self: Path, target: Path) -> None:
        raise StoppedError

    monkeypatch.setattr(Path, "replace", killed)
    with pytest.raises(StoppedError):
        fitted(Checkpoint(path, "data"))
    assert path.read_bytes() == before


def test_checkpoints_are_cleared_with_what_a_kill_left_beside_them(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path / "checkpoints", "data")
    checkpoints.clear()
    fitted(checkpoints.of("everything"))
    (tmp_path / "checkpoints" / "everything.safetensors.7.tmp").write_bytes(b"half")
    checkpoints.clear()
    assert not (tmp_path / "checkpoints").exists()
