"""Training processes: what several of them fit is what one fits, and what one cannot do they say."""

from __future__ import annotations

import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch
from torch.multiprocessing import ProcessRaisedException

from dp_assets.domain.checkpoints import Checkpoints
from dp_assets.domain.training import Epoch, Trained, fit_final, spec_of
from dp_assets.domain.training_processes import Task, fit_together
from tests.domain.engine_inputs import engine

MODEL = {"hidden_size": 8, "epochs": 6, "batch_size": 64, "steps_per_epoch": 8, "patience": 6}

pytestmark = pytest.mark.slow


def task(folder: Path, **model: object) -> Task:
    panel, encoders, config, _, hyper = engine(model={**MODEL, **model})
    panel.save(folder / "panel")
    return Task(folder / "panel", encoders.to_json(), spec_of(panel, encoders, config, hyper), hyper, config)


def weights(trained: Trained) -> list[bytes]:
    return [tensor.numpy().tobytes() for tensor in trained.network.state_dict().values()]


@pytest.mark.parametrize("passes", ["window", "sequence"])
def test_two_processes_come_to_the_losses_of_one(tmp_path: Path, passes: str) -> None:
    wanted, seen = task(tmp_path, passes=passes), list[Epoch]()
    held, champion = fit_together(wanted, 2, seen.append)
    assert seen == [*held.curve, *champion.curve]
    _, _, config, source, hyper = engine(model={**MODEL, "passes": passes})
    alone, _ = fit_final(source, wanted.spec, hyper, config)
    best, best_alone = held.curve[held.best_epoch - 1], alone.curve[alone.best_epoch - 1]
    assert best.point == pytest.approx(best_alone.point, rel=0.03)
    assert best.sum == pytest.approx(best_alone.sum, rel=0.03)
    assert champion.curve[-1].train_loss == pytest.approx(held.curve[len(champion.curve) - 1].train_loss, rel=0.2)


def test_two_processes_that_were_cut_short_go_on_to_the_same_bits(tmp_path: Path) -> None:
    wanted = task(tmp_path, passes="sequence")
    whole = [weights(each) for each in fit_together(wanted, 2)]
    kept = Checkpoints(tmp_path / "checkpoints", "data", seconds=0)
    cut = Task(wanted.panel, wanted.encoders, wanted.spec, wanted.hyper, wanted.config, checkpoints=kept)
    state, early = kept.folder / "everything.safetensors", tmp_path / "early.safetensors"

    def keep_an_early_state() -> None:
        while not state.is_file():
            time.sleep(0.001)
        shutil.copy(state, early)

    with ThreadPoolExecutor() as beside:
        beside.submit(keep_an_early_state)
        assert [weights(each) for each in fit_together(cut, 2)] == whole
    shutil.copy(early, state)  # as if killed there
    assert [weights(each) for each in fit_together(cut, 2)] == whole


def test_what_fails_in_a_process_is_said_by_the_one_that_asked(tmp_path: Path) -> None:
    wanted = task(tmp_path)
    lost = Task(tmp_path / "nowhere", wanted.encoders, wanted.spec, wanted.hyper, wanted.config)
    with pytest.raises(ProcessRaisedException, match="nowhere"):
        fit_together(lost, 2)
    assert not torch.distributed.is_initialized()
