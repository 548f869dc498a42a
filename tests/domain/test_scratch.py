"""Scratch folders: gone at the end, and removed by others where their process was killed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dp_assets.domain import scratch
from dp_assets.domain.scratch import UNLOCKED_SECONDS, remove_abandoned, scratch_folder


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(scratch.tempfile, "tempdir", str(tmp_path))
    return tmp_path


def grow_old(folder: Path) -> None:
    long_ago = time.time() - 2 * UNLOCKED_SECONDS
    os.utime(folder, (long_ago, long_ago))


def test_a_folder_is_empty_at_first_and_gone_at_the_end(root: Path) -> None:
    with scratch_folder() as folder:
        assert list(folder.iterdir()) == []
        (folder / "below").mkdir()
        (folder / "below" / "text").write_text("words")
    assert list(root.iterdir()) == []


def test_it_is_gone_after_an_error_as_well(root: Path) -> None:
    with pytest.raises(ZeroDivisionError), scratch_folder():
        _ = 1 / 0
    assert list(root.iterdir()) == []


def test_what_a_killed_process_left_is_removed_and_what_is_in_use_is_not(root: Path) -> None:
    code = "from dp_assets.domain.scratch import *\nwith scratch_folder() as one: print(one, flush=True); input()"
    environment = {**os.environ, "TMPDIR": str(root)}
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        left = Path(process.stdout.readline().strip())
        (left / "rows").write_text("1")
        grow_old(left)
        assert remove_abandoned(root) == 0
        process.kill()
    assert left.is_dir()
    with scratch_folder() as mine:  # the first one of this process below that root
        assert list(root.iterdir()) == [mine]


def test_a_folder_made_a_moment_ago_is_left_alone_though_nobody_holds_it_yet(root: Path) -> None:
    young = root / f"{scratch.PREFIX}young"
    young.mkdir()
    assert remove_abandoned(root) == 0
    grow_old(young)
    assert remove_abandoned(root) == 1


def test_what_others_keep_there_is_not_touched(root: Path) -> None:
    for name in ("somebody", "demand_planner_cache"):
        (root / name).mkdir()
        grow_old(root / name)
    (root / f"{scratch.PREFIX}file").write_text("no folder")
    assert remove_abandoned(root) == 0
    assert len(list(root.iterdir())) == 3
