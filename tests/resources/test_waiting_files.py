"""Files that are still written, cannot be read or cannot be kept wait; the others go on, and nothing is half there."""

from __future__ import annotations

import errno
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dp_assets.domain.errors import StorageError
from dp_assets.domain.ingest.registration import Registration
from dp_assets.ingestion import ingest_file, register_new_files
from dp_assets.registry import registrations
from dp_resources import storage
from dp_resources.lake import Lake
from dp_resources.landing import Landing, lacks_its_end, outermost, producer_folders
from tests.landed import START, encode, make_rows, shop_config

CSV = encode(make_rows(10), "csv")
NOBODY = 65534


class Clock:
    """Wall and monotonic time that a test moves."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seconds = time.time()
        monkeypatch.setattr("dp_resources.landing.time.time", lambda: self.seconds)
        monkeypatch.setattr("dp_resources.landing.time.monotonic", lambda: self.seconds)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def put(tmp_path: Path, uri: str, data: bytes, modified: float) -> None:
    path = tmp_path / "landing" / uri
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    os.utime(path, (modified, modified))


def register(landing: Landing, tmp_path: Path) -> list[Registration]:
    return register_new_files(landing, Lake(tmp_path / "lake"), shop_config(), START)


def test_a_file_written_a_moment_ago_waits_until_it_has_stood(tmp_path: Path, clock: Clock) -> None:
    landing = Landing(tmp_path / "landing", settle_seconds=5)
    put(tmp_path, "shop/a.csv", CSV, clock.seconds - 2)
    put(tmp_path, "shop/old.csv", CSV + b"\n", clock.seconds - 60)
    assert [one.uri for one in register(landing, tmp_path)] == ["shop/old.csv"]
    assert "may still be written" in landing.waiting["shop/a.csv"]
    clock.seconds += 3
    assert [one.uri for one in register(landing, tmp_path)] == ["shop/a.csv"]
    assert landing.waiting == {}


def test_a_file_that_grew_between_two_listings_waits_though_its_time_is_old(tmp_path: Path, clock: Clock) -> None:
    landing = Landing(tmp_path / "landing", settle_seconds=5)
    put(tmp_path, "shop/a.csv", CSV[:50], clock.seconds - 5000)
    landing.list()
    put(tmp_path, "shop/a.csv", CSV[:80], clock.seconds - 4000)
    assert register(landing, tmp_path) == []
    clock.seconds += 4
    put(tmp_path, "shop/a.csv", CSV, clock.seconds - 4000)
    assert register(landing, tmp_path) == []
    clock.seconds += 4
    assert register(landing, tmp_path) == []
    clock.seconds += 2
    assert len(register(landing, tmp_path)) == 1


def test_a_file_dated_in_the_future_settles_by_our_own_listings(tmp_path: Path, clock: Clock) -> None:
    landing = Landing(tmp_path / "landing", settle_seconds=5)
    put(tmp_path, "shop/a.csv", CSV, clock.seconds + 9000)
    assert register(landing, tmp_path) == []
    clock.seconds += 6
    assert len(register(landing, tmp_path)) == 1


@pytest.mark.parametrize("format_", ["parquet", "arrow", "xlsx"])
def test_a_file_without_its_end_waits_longer_and_is_never_quarantined_for_being_half_there(
    tmp_path: Path, clock: Clock, format_: str
) -> None:
    whole = encode(make_rows(200), format_)
    landing = Landing(tmp_path / "landing", settle_seconds=5, unfinished_seconds=300)
    put(tmp_path, f"shop/a.{format_}", whole[: len(whole) // 2], clock.seconds - 60)
    assert register(landing, tmp_path) == []
    assert "without its c" in landing.waiting[f"shop/a.{format_}"]
    put(tmp_path, f"shop/a.{format_}", whole, clock.seconds - 59)
    assert register(landing, tmp_path) == []  # it changed between two listings
    clock.seconds += 10
    assert len(register(landing, tmp_path)) == 1
    put(tmp_path, f"shop/b.{format_}", whole[: len(whole) // 2], clock.seconds - 301)
    assert [one.uri for one in register(landing, tmp_path)] == [f"shop/b.{format_}"]


@pytest.mark.parametrize("format_", ["csv", "parquet", "arrow", "ndjson", "json", "xlsx"])
def test_a_whole_file_lacks_no_end(format_: str) -> None:
    whole = encode(make_rows(50), format_)
    assert lacks_its_end(whole) is None
    assert lacks_its_end(b"") is None
    assert (lacks_its_end(whole[:-30]) is None) == (format_ in ("csv", "ndjson", "json"))


def test_a_file_that_vanishes_between_listing_and_reading_is_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    landing = Landing(tmp_path / "landing")
    put(tmp_path, "shop/a.csv", CSV, 1e9)
    put(tmp_path, "shop/b.csv", CSV + b"\n", 1e9)
    listed = landing.list()
    (tmp_path / "landing/shop/a.csv").unlink()
    monkeypatch.setattr(landing, "list", lambda folders: listed)
    assert [one.uri for one in register(landing, tmp_path)] == ["shop/b.csv"]


def test_reading_stops_when_its_time_is_over_and_the_next_call_goes_on(tmp_path: Path) -> None:
    landing, lake = Landing(tmp_path / "landing"), Lake(tmp_path / "lake")
    for number in range(3):
        put(tmp_path, f"shop/{number}.csv", encode(make_rows(5, seed=number), "csv"), 1e9)
    for left in (2, 1, 0):
        assert len(register_new_files(landing, lake, shop_config(), START, within_seconds=0)) == 1
        assert len(landing.waiting) == left


def test_only_folders_of_producers_are_walked() -> None:
    config = shop_config(files=["shop/2017/*.csv", "shop/**/*.csv", "depot/x/*.csv"])
    assert producer_folders(config.producers) == ["depot/x", "shop"]
    assert outermost(["a", "a-b", "a/c"]) == ["a", "a-b"]


# -- full disks and permissions ------------------------------------------------------------

LAND = """
import sys
from pathlib import Path
from dp_assets.ingestion import ingest_file, register_new_files
from dp_resources.lake import Lake
from dp_resources.landing import Landing
from tests.landed import START, shop_config
landing, lake = Landing(sys.argv[1]), Lake(sys.argv[2])
print([one.uri for one in register_new_files(landing, lake, shop_config(), START)])
print(landing.waiting)
"""


def run_python(code: str, *arguments: Path, largest_file: int | None = None) -> str:
    """What a program prints that runs with a limit on the size of its files."""

    def limit() -> None:
        if largest_file is not None:
            import signal

            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))

    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        capture_output=True,
        text=True,
        env=environment,
        preexec_fn=limit,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


@pytest.mark.slow
def test_a_disk_that_takes_no_more_leaves_nothing_half_written_and_the_next_tick_goes_on(tmp_path: Path) -> None:
    put(tmp_path, "shop/a.csv", CSV, 1e9)
    put(tmp_path, "shop/big.csv", encode(make_rows(5000), "csv"), 1e9)
    printed = run_python(LAND, tmp_path / "landing", tmp_path / "lake", largest_file=20_000)
    assert printed.startswith("['shop/a.csv']")
    assert "cannot write" in printed
    assert "raise its limit" in printed
    kept = [path for path in (tmp_path / "lake").rglob("*") if path.is_file()]
    assert not [path for path in kept if path.name.endswith(".tmp")]
    assert [path.stat().st_size for path in kept if path.parent.name == "_landed"] == [len(CSV)]
    found = register(Landing(tmp_path / "landing"), tmp_path)
    assert [one.uri for one in found] == ["shop/big.csv"]
    assert len(registrations(Lake(tmp_path / "lake"))) == 2


@pytest.mark.needs_full_disk
def test_a_full_disk_says_to_free_space() -> None:
    with pytest.raises(OSError, match="No space") as caught, Path("/dev/full").open("wb", buffering=0) as file:
        file.write(b"x")
    error = storage.storage_error("cannot write", "lake/x", caught.value)
    assert isinstance(error, StorageError)
    assert "the disk is full: free space there" in str(error)
    assert error.errno == errno.ENOSPC


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 256 KiB, where this process may mount one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("this process may not mount a disk")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


@pytest.mark.skipif(shutil.which("mount") is None or os.geteuid() != 0, reason="only root may mount a disk")
def test_on_a_disk_that_is_full_nothing_half_written_stays_and_once_there_is_room_all_is_well(
    tmp_path: Path, small_disk: Path
) -> None:
    config = shop_config()
    put(tmp_path, "shop/a.csv", CSV, 1e9)
    put(tmp_path, "shop/big.csv", encode(make_rows(20_000), "csv"), 1e9)
    landing, lake = Landing(tmp_path / "landing"), Lake(small_disk / "lake")
    (small,) = register_new_files(landing, lake, config, START)
    assert small.uri == "shop/a.csv"
    assert "the disk is full: free space there" in landing.waiting["shop/big.csv"]
    assert list((small_disk / "lake" / "_staging").iterdir()) == []

    (small_disk / "ballast").write_bytes(b"x" * (shutil.disk_usage(small_disk).free // 4096 * 4096))
    with pytest.raises(StorageError, match=r"cannot write .*the disk is full"):
        ingest_file(lake, config, small.file_version_id)
    assert lake.committed("ingest") == {}
    assert list((small_disk / "lake" / "_staging").iterdir()) == []

    (small_disk / "ballast").unlink()
    subprocess.run(["mount", "-o", "remount,size=16m", str(small_disk)], check=True)
    (large,) = register_new_files(landing, lake, config, START)
    for one in (small, large):
        assert ingest_file(lake, config, one.file_version_id).status == "accepted"
    assert lake.read("unified_transactions", file_version=large.file_version_id).height == 20_000


@pytest.fixture
def place_of_nobody(tmp_path: Path) -> Iterator[Path]:
    """A folder in which this process has no more rights than any user: root, who may read everything, steps back."""
    if os.geteuid() != 0:
        yield tmp_path
        return
    with tempfile.TemporaryDirectory() as folder:
        os.chown(folder, NOBODY, NOBODY)
        register(Landing(Path(folder) / "nowhere"), tmp_path)  # whatever is imported late is imported now
        os.seteuid(NOBODY)
        try:
            yield Path(folder)
        finally:
            os.seteuid(0)


def test_a_file_or_folder_without_read_permission_waits_and_the_others_go_on(place_of_nobody: Path) -> None:
    for uri in ("shop/a.csv", "shop/locked.csv", "shop/closed/b.csv"):
        put(place_of_nobody, uri, CSV + uri.encode(), 1e9)
    locked, closed = (place_of_nobody / "landing/shop" / name for name in ("locked.csv", "closed"))
    locked.chmod(0)
    closed.chmod(0)
    landing = Landing(place_of_nobody / "landing")
    assert [one.uri for one in register(landing, place_of_nobody)] == ["shop/a.csv"]
    assert set(landing.waiting) == {"shop/locked.csv", "shop/closed"}
    assert all("give the user that Demand Planner runs as access" in reason for reason in landing.waiting.values())
    locked.chmod(0o600)
    closed.chmod(0o700)
    assert [one.uri for one in register(landing, place_of_nobody)] == ["shop/closed/b.csv", "shop/locked.csv"]


def test_a_lake_that_may_not_be_written_fails_the_tick_with_a_clear_message(place_of_nobody: Path) -> None:
    put(place_of_nobody, "shop/a.csv", CSV, 1e9)
    lake = place_of_nobody / "lake"
    (lake / "_registrations").mkdir(parents=True)
    (lake / "_registrations").chmod(0o500)
    with pytest.raises(StorageError, match=r"cannot write .*_registrations.*give the user"):
        register(Landing(place_of_nobody / "landing"), place_of_nobody)
    (lake / "_registrations").chmod(0o700)
    assert len(register(Landing(place_of_nobody / "landing"), place_of_nobody)) == 1
