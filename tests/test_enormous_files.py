"""Files larger than memory and files that unpack to it: taken in or refused within bounded memory and time.

Each is landed in a process of its own, which says by how much its memory has grown at most. The large files are sparse:
they take no disk, and the copies that the lake keeps take none either.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dp_resources.lake import sha256
from tests.landed import World, shop_config
from tests.resources.s3_store import run_store

pytestmark = pytest.mark.slow

GIB = 2**30
GROWTH_MIB = 200
CPU_SECONDS = 120
LAND = """
import json, resource, sys, time
from pathlib import Path
import polars as pl
from dp_assets.content import known_files
from dp_assets.ingestion import ingest_file, register_new_files
from dp_resources.lake import Lake
from dp_resources.landing import Landing
from tests.landed import COLUMNS, START, World, encode, make_rows, shop_config

landing, lake, options, limits = json.loads(sys.argv[1])
config = shop_config(limits=limits)
warm = World(Path(sys.argv[2]), config)  # imports, and the threads that readers start
warm.land("shop/warm.csv", encode(make_rows(), "csv"))
before = resource.getrusage(resource.RUSAGE_SELF)
landing, lake = Landing(landing, options), Lake(lake, options)
found = register_new_files(landing, lake, config, START)
records = [dict(ingest_file(lake, config, one.file_version_id).record) for one in found]
after = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps({
    "mib": (after.ru_maxrss - before.ru_maxrss) / 1024,
    "cpu": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
    "waiting": landing.waiting,
    "status": [(one["status"], one["reason"]) for one in records],
    "hashes": [one["content_sha256"] for one in records],
}))
"""


def land(folder: Path, landing: str, lake: str, options: dict[str, Any] | None = None, **limits: Any) -> dict[str, Any]:
    """What became of the landed files, and what that cost."""
    done = subprocess.run(
        [sys.executable, "-c", LAND, json.dumps([landing, lake, options or {}, limits]), str(folder / "warm")],
        capture_output=True,
        text=True,
        check=False,
        timeout=500,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    report: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    print(f"{report['mib']:.0f} MiB, {report['cpu']:.1f} s: {report['status'] or report['waiting']}")
    assert report["mib"] < GROWTH_MIB
    assert report["cpu"] < CPU_SECONDS
    return report


def zeros(path: Path) -> None:
    os.truncate(path, 5 * GIB)


def one_line(path: Path) -> None:
    path.write_bytes(b"item,day,qty\nA1,2017-01-02,1" + b"1" * 100_000)
    os.truncate(path, 5 * GIB)


def bomb(path: Path) -> None:
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("a.csv", "w", force_zip64=True) as file,
    ):
        file.write(b"item,day,qty\n")
        for _ in range(1024):
            file.write(b"\n" * 2**20)


@pytest.mark.parametrize(
    ("make", "reason"),
    [(zeros, "unknown binary data"), (one_line, "lines of at most"), (bomb, "zip bomb")],
    ids=["5 GiB of zero bytes", "a line of 5 GiB", "a zip bomb"],
)
def test_an_enormous_file_is_quarantined_within_bounded_memory(
    tmp_path: Path, make: Callable[[Path], None], reason: str
) -> None:
    path = tmp_path / "landing" / "shop" / "file"
    path.parent.mkdir(parents=True)
    path.touch()
    make(path)
    report = land(tmp_path, str(tmp_path / "landing"), str(tmp_path / "lake"))
    ((status, said),) = report["status"]
    assert status == "quarantined"
    assert reason in said
    (kept,) = (tmp_path / "lake" / "_landed").iterdir()
    assert kept.stat().st_size == path.stat().st_size
    assert kept.stat().st_blocks * 512 < 64 * 2**20
    assert kept.name == report["hashes"][0]


def test_a_file_above_the_limit_waits_without_being_read_and_the_others_go_on(tmp_path: Path) -> None:
    config = shop_config(limits={"max_file_bytes": 1000})
    world = World(tmp_path, config)
    world.put("shop/a.csv", b"item,day,qty\n1,2017-01-02,1\n")
    world.put("shop/b.csv", b"item,day,qty\n" + b"1,2017-01-02,1\n" * 100)
    assert [one.uri for one in world.register()] == ["shop/a.csv"]
    assert world.landing.waiting == {
        "shop/b.csv": "it has 1,513 bytes, and producer shop at most 1,000 a file; split it, or raise "
        "`limits.max_file_bytes` of the producer"
    }
    world.config = shop_config(limits={"max_file_bytes": 2000})
    (found,) = world.register()
    assert world.ingest(found.file_version_id).rows["accepted"] == 100


def test_twenty_gibibytes_above_the_limit_cost_nothing(tmp_path: Path) -> None:
    path = tmp_path / "landing" / "shop" / "file"
    path.parent.mkdir(parents=True)
    path.touch()
    os.truncate(path, 20 * GIB)
    report = land(tmp_path, str(tmp_path / "landing"), str(tmp_path / "lake"))
    assert report["status"] == []
    assert "21,474,836,480 bytes" in report["waiting"]["shop/file"]
    assert report["cpu"] < 2
    assert not (tmp_path / "lake" / "_landed").exists()


def test_a_copy_has_the_bytes_and_the_hash_of_what_landed_wherever_holes_and_pieces_end(tmp_path: Path) -> None:
    world = World(tmp_path, shop_config())
    mib = 2**20
    contents = [
        b"\0" * mib,
        b"\0" * (3 * mib + 5),
        b"a" + b"\0" * (2 * mib),
        b"\0" * mib + b"a" * mib,
        b"b" * (2 * mib - 1),
        b"",
    ]
    for number, data in enumerate(contents):
        world.put(f"shop/{number}", data)
    found = world.register()
    assert {one.content_sha256 for one in found} == {sha256(data) for data in contents}
    kept = {path.name: path.read_bytes() for path in (tmp_path / "lake" / "_landed").iterdir()}
    assert kept == {sha256(data): data for data in contents}


def test_a_large_object_passes_through_s3_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    data = b"item,day,qty\n" + os.urandom(2**20).hex().encode() * 200
    with run_store() as store:
        store.put("shop/file", data)
        report = land(tmp_path, "s3://landing/in", "s3://lake/v1", store.options)
        kept = store.client.get_object(Bucket="lake", Key=f"v1/_landed/{report['hashes'][0]}")["Body"].read()
    assert report["status"][0][0] == "quarantined"
    assert report["hashes"] == [sha256(data)]
    assert sha256(kept) == sha256(data)
