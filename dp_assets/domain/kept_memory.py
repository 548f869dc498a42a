"""Memory kept between gradient steps instead of being handed back to the kernel and asked for again.

Belongs here: how the C library is told. Does not belong here: what is computed meanwhile (`training.py`).

A step frees and asks for the same large activations over and over. glibc maps large blocks one by one and unmaps them
when freed, so that each step faults in and zeroes every page anew: a fifth to two fifths of training's CPU. Elsewhere
than on glibc nothing is done.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_MMAP_MAX = -1, -3, -4
MIB = 2**20
KEPT = ((M_MMAP_MAX, 0), (M_TRIM_THRESHOLD, 2047 * MIB))
USUAL = ((M_MMAP_MAX, 65_536), (M_MMAP_THRESHOLD, 32 * MIB), (M_TRIM_THRESHOLD, 64 * MIB))
"""glibc's defaults, its thresholds as high as they rise by themselves in a process that frees large blocks."""

_open = False


@contextmanager
def kept_memory() -> Iterator[None]:
    """While it is open, freed memory stays with the process; afterwards what is free goes back.

    It may be opened within itself, and only the outermost says what holds. Not safe for threads.
    """
    global _open
    library = ctypes.CDLL(None)
    if _open or not (hasattr(library, "mallopt") and hasattr(library, "malloc_trim")):
        yield
        return
    _open = True
    for option, value in KEPT:
        library.mallopt(option, value)
    try:
        yield
    finally:
        _open = False
        for option, value in USUAL:
            library.mallopt(option, value)
        library.malloc_trim(0)
