"""Memory kept between gradient steps: fewer pages asked for anew, and free memory goes back afterwards."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from dp_assets.domain.kept_memory import KEPT, USUAL, kept_memory

CODE = """
import json, resource
import numpy as np
from contextlib import nullcontext
from dp_assets.domain.kept_memory import kept_memory

def faults(context):
    with context:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        for _ in range(50):
            np.ones(40 * 2**20, np.uint8)  # above 32 MiB the C library never keeps a block by itself
        return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

def resident():
    return int(open("/proc/self/statm").read().split()[1]) * 4096

usual = faults(nullcontext())
before = resident()
kept = faults(kept_memory())
print(json.dumps({"usual": usual, "kept": kept, "grown": resident() - before, "after": faults(nullcontext())}))
"""


@pytest.mark.needs_glibc
def test_memory_is_asked_for_once_while_it_is_kept_and_given_back_afterwards() -> None:
    small_pages = {**os.environ, "NUMPY_MADVISE_HUGEPAGE": "0"}  # whether there are huge ones is chance
    done = subprocess.run([sys.executable, "-c", CODE], check=True, capture_output=True, text=True, env=small_pages)
    found = json.loads(done.stdout)
    assert found["kept"] < 0.1 * found["usual"]
    assert found["grown"] < 60 * 2**20
    assert found["after"] > 0.5 * found["usual"]


def test_opened_within_itself_only_the_outermost_says_what_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []

    class Library:
        def mallopt(self, option: int, value: int) -> None:
            said.append("kept" if (option, value) in KEPT else "usual")

        def malloc_trim(self, _: int) -> None:
            said.append("given back")

    monkeypatch.setattr("ctypes.CDLL", lambda _: Library())
    with kept_memory():
        with kept_memory():
            pass
        assert set(said) == {"kept"}
    assert said == ["kept"] * len(KEPT) + ["usual"] * len(USUAL) + ["given back"]
