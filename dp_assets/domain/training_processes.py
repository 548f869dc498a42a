"""Training processes: the fits of a cycle's model by several processes at once, started here and joined again.

Belongs here: what they are told, how they find each other, how their result comes back. Does not belong here: what a
gradient step needs to know of the others (`parallel.py`), the fits themselves (`training.py`).

Each process opens the panel by itself, memory-mapped, so that they share its pages. They meet over a file, and talk by
nccl where every one has a GPU of its own, else by gloo. Which processes there are changes which windows a step's
rounding sees first, so the same number of them gives the same weights, another number nearly the same.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import distributed
from torch.multiprocessing.spawn import spawn

from dp_assets.domain.checkpoints import Checkpoints
from dp_assets.domain.config import DemandConfig
from dp_assets.domain.encoders import Encoders
from dp_assets.domain.model_folder import save_weights
from dp_assets.domain.network import NetworkSpec
from dp_assets.domain.panel import Panel
from dp_assets.domain.scratch import scratch_folder
from dp_assets.domain.training import (
    FITS,
    Epoch,
    HyperParameters,
    Progress,
    Trained,
    WindowSource,
    build_network,
    choose_device,
    fit_final,
)


@dataclass(frozen=True)
class Task:
    """What every process is told.

    Attributes:
        panel: folder of the panel.
        encoders: the model's encoders, JSON.
        spec: the network.
        hyper: its hyper-parameters.
        config: the configuration.
        threads: threads of torch in each process.
        checkpoints: where the fits leave their state; None where they leave none.
    """

    panel: Path
    encoders: str
    spec: NetworkSpec
    hyper: HyperParameters
    config: DemandConfig
    threads: int = 1
    checkpoints: Checkpoints | None = None

    def save(self, folder: Path) -> None:
        """Writes it as JSON."""
        kept = self.checkpoints
        told: dict[str, Any] = {
            "panel": str(self.panel.resolve()),
            "encoders": self.encoders,
            "spec": self.spec.to_json(),
            "hyper": dataclasses.asdict(self.hyper),
            "config": self.config.model_dump_json(),
            "threads": self.threads,
            "checkpoints": None if kept is None else [str(kept.folder.resolve()), kept.data, kept.seconds],
        }
        (folder / "task.json").write_text(json.dumps(told))

    @classmethod
    def load(cls, folder: Path) -> Task:
        """Reads what `save` wrote."""
        told = json.loads((folder / "task.json").read_text())
        kept = told["checkpoints"]
        return cls(
            Path(told["panel"]),
            told["encoders"],
            NetworkSpec.from_json(told["spec"]),
            HyperParameters(**told["hyper"]),
            DemandConfig.model_validate_json(told["config"]),
            told["threads"],
            None if kept is None else Checkpoints(Path(kept[0]), kept[1], kept[2]),
        )


def fit_together(task: Task, processes: int, progress: Progress | None = None) -> tuple[Trained, Trained]:
    """`training.fit_final` by so many processes: the fit judged on the last horizon, and the champion, on CPU.

    `progress` is called for every epoch once all are over.

    Raises:
        ProcessRaisedException: one of them failed; its message is in it, and the others have been ended.
    """
    with scratch_folder() as folder:
        task.save(folder)
        spawn(_take_part, args=(processes, folder), nprocs=processes)  # type: ignore[no-untyped-call]
        trained = [_loaded(task, folder, name) for name in FITS]
    for epoch in (epoch for one in trained for epoch in one.curve if progress is not None):
        progress(epoch)  # type: ignore[misc]
    held, champion = trained
    return held, champion


def _take_part(number: int, processes: int, folder: Path) -> None:
    """One of the processes: joins the group, trains, and writes the result where it is the first."""
    task = Task.load(folder)
    torch.set_num_threads(task.threads)
    device = choose_device()
    own_gpu = device == "cuda" and torch.cuda.device_count() >= processes
    if own_gpu:
        torch.cuda.set_device(number)
    distributed.init_process_group(
        "nccl" if own_gpu else "gloo", init_method=f"file://{folder / 'meeting'}", rank=number, world_size=processes
    )
    try:
        source = WindowSource.of(
            Panel.load(task.panel), Encoders.from_json(task.encoders), device if own_gpu else "cpu"
        )
        found = fit_final(source, task.spec, task.hyper, task.config, checkpoints=task.checkpoints)
        if number == 0:
            for name, trained in zip(FITS, found, strict=True):
                save_weights(trained.network, folder / f"{name}.safetensors")
                curve = [dataclasses.asdict(epoch) for epoch in trained.curve]
                (folder / f"{name}.json").write_text(json.dumps({"curve": curve, "best_epoch": trained.best_epoch}))
    finally:
        distributed.destroy_process_group()


def _loaded(task: Task, folder: Path, name: str) -> Trained:
    from safetensors.torch import load_file

    network = build_network(task.spec, task.config.model.seed)
    network.load_state_dict(load_file(folder / f"{name}.safetensors"))
    told = json.loads((folder / f"{name}.json").read_text())
    return Trained(network.eval(), tuple(Epoch(**epoch) for epoch in told["curve"]), told["best_epoch"])
