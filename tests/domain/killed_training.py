"""A training in a process of its own: `python -m tests.domain.killed_training FOLDER PASSES [SAVES]`.

It kills itself after so many checkpoints, as hard as a kernel would; without SAVES it ends and writes its result.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

from dp_assets.domain.checkpoints import Checkpoint, Checkpoints
from dp_assets.domain.model_folder import save_weights
from dp_assets.domain.training import fit_final, spec_of
from tests.domain.engine_inputs import MULTI, SINGLE, engine

MODEL = {
    "hidden_size": 8,
    "epochs": 6,
    "batch_size": 64,
    "steps_per_epoch": 4,
    "dropout": 0.2,
    "patience": 2,
    "layers": 2,
}


def train(folder: Path, passes: str, checkpoints: Checkpoints | None) -> None:
    """Both fits of a cycle's model; the champion's weights and both curves end in the folder."""
    panel, encoders, config, source, hyper = engine(attributes={**SINGLE, **MULTI}, model={**MODEL, "passes": passes})
    held, champion = fit_final(source, spec_of(panel, encoders, config, hyper), hyper, config, checkpoints=checkpoints)
    save_weights(champion.network, folder / "result.safetensors")
    (folder / "curves.txt").write_text(f"{held.best_epoch}\n{held.curve}\n{champion.curve}\n")


def killed_after(saves: int) -> None:
    """From now on the process kills itself once it has left so many checkpoints."""
    save, left = Checkpoint.save, [saves]

    def counted(self: Checkpoint, *content: Any) -> None:
        save(self, *content)
        left[0] -= 1
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)

    Checkpoint.save = counted  # type: ignore[method-assign]


if __name__ == "__main__":
    if len(sys.argv) > 3:
        killed_after(int(sys.argv[3]))
    train(Path(sys.argv[1]), sys.argv[2], Checkpoints(Path(sys.argv[1]) / "checkpoints", "data", seconds=0.0))
