"""A training as one of several processes: `torchrun --nproc-per-node 2 -m tests.domain.parallel_training FOLDER`.

Alone, or with others: each writes the weights it ended with and the losses it came to.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from torch import distributed

from dp_assets.domain.model_folder import save_weights
from dp_assets.domain.training import fit_before, spec_of
from tests.domain.engine_inputs import engine

MODEL = {"hidden_size": 8, "epochs": 8, "batch_size": 64, "steps_per_epoch": 8, "patience": 8}


def train(folder: Path, passes: str) -> None:
    """One fit, judged on the last horizon."""
    panel, encoders, config, source, hyper = engine(model={**MODEL, "passes": passes})
    spec = spec_of(panel, encoders, config, hyper)
    trained = fit_before(source, spec, hyper, config, panel.history - panel.horizon, validate=True)
    name = os.environ.get("RANK", "alone")
    save_weights(trained.network, folder / f"{name}.safetensors")
    last = trained.curve[-1]
    (folder / f"{name}.json").write_text(json.dumps({"train": last.train_loss, "point": last.point, "sum": last.sum}))


if __name__ == "__main__":
    if "RANK" in os.environ:
        distributed.init_process_group("gloo")
    train(Path(sys.argv[1]), sys.argv[2])
    if "RANK" in os.environ:
        distributed.destroy_process_group()
