"""Python's garbage collector, at rest while many objects are made that all stay.

Belongs here: that. Does not belong here: what the objects are.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def at_rest() -> Iterator[None]:
    """Nothing is collected meanwhile, unless another thread asks for it.

    Tens of thousands of parsed records make the collector look through all of them again and again, though none is
    garbage: a fifth of what a tick of the sensor costs. Memory is freed as before where no reference is left; only
    cycles wait. Use it around what makes such objects, not around work that goes on for long.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


@contextmanager
def set_aside() -> Iterator[None]:
    """What is there already counts as in use meanwhile, so that looking for garbage costs what was made since.

    A process that has loaded Dagster's graph, or dbt's project, holds half a million objects that stay, and looks
    through all of them whenever enough new ones have come. Use it around long work in such a process.
    """
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
