"""Checkpoints: a fit's state on disk, so that training killed at any moment goes on to the same bits.

Belongs here: writing, finding and refusing such a file. Does not belong here: what the state consists of
(`gradient_steps.py`, `training.py`), where the files are kept (the caller hands a path).

One safetensors file per fit: tensors, and everything else as JSON in its header. It is replaced as a whole, so that a
kill leaves the older one or the newer one. It is used only for the very same fit: its key holds whatever decides the
outcome. Where it cannot be read, training starts over.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

SECONDS = 20.0
"""Wall time between two checkpoints within an epoch; the end of an epoch always leaves one."""


@dataclass
class Checkpoint:
    """Where one fit leaves its state.

    Attributes:
        path: the file; its folder is made when missing.
        data: identity of the data it trains on, e.g. hashes of the panel and the encoders.
        seconds: wall time between two checkpoints within an epoch.
    """

    path: Path
    data: str
    seconds: float = SECONDS
    _saved_at: float = field(default=0.0, repr=False)
    _key: str = field(default="", repr=False)

    def begin(self, **decides: str) -> tuple[dict[str, Tensor], dict[str, Any]] | None:
        """Tensors and state that the same fit left, None where there are none.

        `decides` names whatever else decides the outcome of the fit.
        """
        from safetensors import SafetensorError, safe_open

        text = json.dumps({"data": self.data, **decides}, sort_keys=True)
        self._key, self._saved_at = hashlib.sha256(text.encode()).hexdigest(), time.monotonic()
        try:
            with safe_open(self.path, framework="pt") as file:
                head = file.metadata() or {}
                if head.get("key") != self._key:
                    return None
                return {name: file.get_tensor(name) for name in file.keys()}, json.loads(head["state"])  # noqa: SIM118
        except (FileNotFoundError, SafetensorError, KeyError, json.JSONDecodeError):
            return None

    @property
    def due(self) -> bool:
        """Whether enough time has passed since the last one."""
        return time.monotonic() - self._saved_at >= self.seconds

    def save(self, tensors: dict[str, Tensor], state: dict[str, Any]) -> None:
        """Replaces the file by a newer state, on disk before it counts."""
        from safetensors.torch import save

        self.path.parent.mkdir(parents=True, exist_ok=True)
        staged = self.path.with_name(f"{self.path.name}.{os.getpid()}.tmp")
        content = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}
        with staged.open("wb") as file:
            file.write(save(content, metadata={"key": self._key, "state": json.dumps(state)}))
            file.flush()
            os.fsync(file.fileno())
        staged.replace(self.path)
        self._saved_at = time.monotonic()


@dataclass(frozen=True)
class Checkpoints:
    """A folder with the checkpoints of the fits of one training."""

    folder: Path
    data: str
    seconds: float = SECONDS

    def of(self, name: str) -> Checkpoint:
        """That of one of the fits."""
        return Checkpoint(self.folder / f"{name}.safetensors", self.data, self.seconds)

    def clear(self) -> None:
        """Removes them all: the training is over and its result is kept elsewhere."""
        if self.folder.is_dir():
            for path in self.folder.glob("*.safetensors*"):
                path.unlink(missing_ok=True)
            with suppress(OSError):  # somebody else's file lies there, too
                self.folder.rmdir()
