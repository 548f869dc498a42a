"""Folders for files that nobody needs afterwards: unpacked archives, converted text, tables until they are written.

Belongs here: making such a folder, removing it, and removing those of processes that were killed. Does not belong
here: files on their way into the lake (`dp_resources/staged_files.py`).

Whoever uses a folder holds a lock on it, which the kernel takes back when the process dies, however it dies. So a
folder that nobody holds is of a dead process; a pause keeps one safe that was made a moment ago and is not locked yet.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

PREFIX = "demand_planner_scratch_"
UNLOCKED_SECONDS = 60.0


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """An empty folder below the system's folder for temporary files; it is gone at the end of the block.

    The first one of a process also removes what killed processes have left.

    Raises:
        OSError: it cannot be made.
    """
    _remove_abandoned_once(tempfile.gettempdir())
    with tempfile.TemporaryDirectory(prefix=PREFIX) as folder:
        held = os.open(folder, os.O_RDONLY)
        try:
            with suppress(OSError):  # a disk without locks
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield Path(folder)
        finally:
            os.close(held)


@cache
def _remove_abandoned_once(root: str) -> None:
    remove_abandoned(Path(root))


def remove_abandoned(root: Path) -> int:
    """Removes scratch folders of dead processes from below `root`; how many those were."""
    with os.scandir(root) as entries:
        found = [Path(one.path) for one in entries if one.name.startswith(PREFIX) and one.is_dir(follow_symlinks=False)]
    abandoned = [folder for folder in found if _is_abandoned(folder)]
    for folder in abandoned:
        shutil.rmtree(folder, ignore_errors=True)
    return len(abandoned)


def _is_abandoned(folder: Path) -> bool:
    try:
        held = os.open(folder, os.O_RDONLY)
    except OSError:  # its owner was quicker, or it belongs to another user
        return False
    try:
        if time.time() - os.fstat(held).st_mtime < UNLOCKED_SECONDS:
            return False
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # somebody holds it, or the disk knows no locks and nobody can tell
        return False
    finally:
        os.close(held)
    return True
