"""Files of a serving bundle: arrays that are memory-mapped, small tables, and what is wrong with them.

Belongs here: how one file is written and read. Does not belong here: which files a bundle has (`bundle.py`,
`nodes.py`).
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from dp_assets.domain.errors import ArtefactError


def save_array(folder: Path, name: str, array: npt.NDArray[Any]) -> None:
    """Writes `<name>.npy`: the same array, the same bytes."""
    np.save(folder / f"{name}.npy", np.ascontiguousarray(array), allow_pickle=False)


def mapped(folder: Path, name: str, shape: Sequence[int]) -> npt.NDArray[Any]:
    """A memory-mapped array as a plain ndarray, whose indexing is cheaper than np.memmap's.

    Raises:
        ArtefactError: it is missing, no array, or of another shape.
    """
    path = folder / f"{name}.npy"
    try:
        array: npt.NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False).view(np.ndarray)
    except (FileNotFoundError, ValueError) as error:
        raise ArtefactError(f"serving bundle {folder}: {error}; materialise the asset serving_bundle again") from error
    if array.shape != tuple(shape):
        raise ArtefactError(f"serving bundle {folder}: {name} has shape {array.shape}, expected {tuple(shape)}")
    return array


def write_arrow(path: Path, frame: pl.DataFrame) -> None:
    """Writes a table as Arrow IPC: the same table, the same bytes."""
    buffer = io.BytesIO()
    frame.write_ipc(buffer)
    path.write_bytes(buffer.getvalue())


def read_arrow(path: Path) -> pl.DataFrame:
    """A table that `write_arrow` wrote; ArtefactError where there is none."""
    return pl.read_ipc(io.BytesIO(read_bytes(path)))


def read_bytes(path: Path) -> bytes:
    """Bytes of a file of the bundle; ArtefactError where there is none."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise ArtefactError(
            f"expected {path.name} in {path.parent}, but it is not there; materialise the asset serving_bundle again"
        ) from None
