"""Files that are still being written: whole or not there, and what killed writers leave is removed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dp_resources.lake import Lake
from dp_resources.staged_files import FOLDER, WITHOUT_LOCKS_SECONDS, hold, is_abandoned, remove_abandoned, staged
from dp_resources.warehouse import staging

WRITER = """
import sys
from pathlib import Path
from dp_resources.staged_files import staged
root = Path(sys.argv[1])
with staged(root) as one:
    one.file.write(b"half")
    one.file.flush()
    print("writing", flush=True)
    sys.stdin.read()
    one.publish(root / "table" / "part.parquet")
"""


def age(path: Path, seconds: float) -> None:
    stamp = time.time() - seconds
    os.utime(path, (stamp, stamp))


def test_a_file_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "table" / "part.parquet"
    with staged(tmp_path) as one:
        one.file.write(b"whole")
        assert not target.exists()
        one.publish(target)
    with pytest.raises(TypeError), staged(tmp_path) as one:
        one.file.write("text")  # type: ignore[arg-type]
    assert target.read_bytes() == b"whole"
    assert list((tmp_path / FOLDER).iterdir()) == []


def test_what_a_killed_writer_left_is_removed_and_what_a_living_one_holds_is_not(tmp_path: Path) -> None:
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "writing\n"
    left = list((tmp_path / FOLDER).iterdir())
    assert remove_abandoned(tmp_path) == 0, "they were made a moment ago"
    for path in left:
        age(path, 3600)
    assert remove_abandoned(tmp_path) == 0, "their writers live"
    writers[0].send_signal(signal.SIGKILL)
    writers[0].wait(10)
    assert remove_abandoned(tmp_path) == 1
    assert writers[1].communicate(timeout=10)[0] == ""
    assert (tmp_path / "table" / "part.parquet").read_bytes() == b"half"
    writers[0].communicate()
    assert list((tmp_path / FOLDER).iterdir()) == []


def test_where_a_disk_knows_no_locks_a_file_is_left_alone_for_a_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError("no locks available")

    monkeypatch.setattr("dp_resources.staged_files.fcntl.flock", refuse)
    path = tmp_path / "x.tmp"
    with path.open("wb") as file:
        hold(file)
    age(path, 3600)
    assert not is_abandoned(path)
    age(path, WITHOUT_LOCKS_SECONDS + 60)
    assert is_abandoned(path)


def test_a_lake_without_anything_left_behind_is_left_alone(tmp_path: Path) -> None:
    Lake(tmp_path / "lake").remove_abandoned()
    assert not (tmp_path / "lake").exists()


def test_the_staging_folder_of_a_killed_run_is_removed_by_the_next_and_that_of_a_living_one_is_not(
    tmp_path: Path,
) -> None:
    with staging(tmp_path) as living:
        dead = tmp_path / "staging" / "dead"
        dead.mkdir()
        (dead / ".lock").touch()
        (dead / "mart.parquet").write_bytes(b"much")
        for folder in (dead, living.folder):
            age(folder / ".lock", 3600)
        with staging(tmp_path):
            assert not dead.exists()
            assert living.folder.exists()
