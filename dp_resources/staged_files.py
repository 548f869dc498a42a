"""Files that are still being written: one folder for all of them, so that none ever lies among tables.

Belongs here: writing a file under another name until it is whole, and removing what killed writers left behind.
Does not belong here: where a file goes in the end (`lake.py`).

A writer holds a lock on its file, which the kernel takes back when the process dies, however it dies. So a file that
nobody holds is of a dead writer, also where several machines write to one disk; a pause keeps a file safe that was made
a moment ago and is not locked yet. Where a disk knows no locks, a file counts as left behind after a day.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import BufferedRandom
from pathlib import Path
from typing import IO
from uuid import uuid4

FOLDER = "_staging"
"""Below the root of a lake, on the same disk, so that moving a file out of it is one step."""
UNLOCKED_SECONDS = 60.0
WITHOUT_LOCKS_SECONDS = 86_400.0


@dataclass(frozen=True)
class StagedFile:
    """A file that is being written.

    Attributes:
        file: open for writing and reading.
        path: where it is for now.
    """

    file: BufferedRandom
    path: Path

    def publish(self, target: Path) -> None:
        """Makes it stand at a path of the same disk, whole, in one step; what was there is replaced."""
        target.parent.mkdir(parents=True, exist_ok=True)
        self.file.flush()
        os.fsync(self.file.fileno())
        os.replace(self.path, target)


@contextmanager
def staged(root: Path) -> Iterator[StagedFile]:
    """A file to write below `root`; it is gone at the end of the block unless it was published.

    Raises:
        OSError: it cannot be written.
    """
    folder = root / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{uuid4().hex}.tmp"
    try:
        with path.open("w+b") as file:
            hold(file)
            yield StagedFile(file, path)
    finally:
        path.unlink(missing_ok=True)


def remove_abandoned(root: Path) -> int:
    """Removes what killed writers have left; how many files that were."""
    try:
        with os.scandir(root / FOLDER) as entries:
            found = [Path(entry.path) for entry in entries if entry.is_file(follow_symlinks=False)]
    except FileNotFoundError:
        return 0
    abandoned = [path for path in found if is_abandoned(path)]
    for path in abandoned:
        path.unlink(missing_ok=True)
    return len(abandoned)


def hold(file: IO[bytes]) -> None:
    """Marks an open file as in use until it is closed, or this process dies."""
    with suppress(OSError):  # a disk without locks
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def is_abandoned(path: Path) -> bool:
    """Whether nobody holds a file that was made some time ago."""
    try:
        with path.open("rb") as file:
            age = time.time() - os.fstat(file.fileno()).st_mtime
            return age > UNLOCKED_SECONDS and (_nobody_holds(file) or age > WITHOUT_LOCKS_SECONDS)
    except OSError:  # its writer was quicker, or it belongs to another user
        return False


def _nobody_holds(file: IO[bytes]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
