"""A served API while bundles are replaced under load: no answer is dropped or mixed, nothing broken is served."""

from __future__ import annotations

import http.client
import itertools
import json
import re
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import orjson
import pytest

from dp_resources.lake import Lake, json_bytes, sha256
from serving.bundle import FORMAT
from tests.serving.access_makers import Place
from tests.serving.makers import CYCLE, make_forecasts, put_bundle
from tests.serving.test_middleware import Served

SKUS = [f"sku{number:04d}" for number in range(40)]
MANY = orjson.dumps({"skus": SKUS})
KEY = CYCLE.isoformat()


class Bundles:
    """Two bundles of one cycle that differ in every number."""

    def __init__(self, place: Place) -> None:
        self.lake, self.folder = place.lake, place.folder

    def put(self, seed: int) -> str:
        return put_bundle(self.lake, self.folder, make_forecasts(series=SKUS, seed=seed))


class Load:
    """Threads that ask for all SKUs over and over, each over one connection."""

    def __init__(self, port: int, threads: int = 4) -> None:
        self.port, self.stopped = port, threading.Event()
        self.answers: list[bytes] = []
        self.failures: list[str] = []
        self.threads = [threading.Thread(target=self.ask, args=(number,)) for number in range(threads)]
        for thread in self.threads:
            thread.start()

    def ask(self, number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        for turn in itertools.count(number):
            if self.stopped.is_set():
                break
            try:
                if turn % 3:
                    connection.request("POST", "/v1/forecast/skus", MANY, {"Content-Type": "application/json"})
                else:
                    connection.request("GET", "/v1/forecast/catalogue?format=csv")
                answer = connection.getresponse()
                body = answer.read()
                if answer.status != 200:
                    self.failures.append(f"{answer.status} {body[:200]!r}")
                self.answers.append(body)
            except (OSError, http.client.HTTPException) as error:
                self.failures.append(repr(error))
        connection.close()

    def stop(self) -> None:
        self.stopped.set()
        for thread in self.threads:
            thread.join()


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path, api_access="open")


@pytest.fixture
def served(place: Place) -> Iterator[Served]:
    Bundles(place).put(1)
    found = Served(place)
    yield found
    found.stop()


def health(port: int) -> dict[str, object]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", "/healthz")
    found = json.loads(connection.getresponse().read())
    connection.close()
    assert isinstance(found, dict)
    return found


def wait_until(holds: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def mapped_versions(pid: int) -> set[str]:
    """Versions of bundles that a process has files of in memory."""
    return set(re.findall(r"_versions/serving_bundle/(\w+)/", Path(f"/proc/{pid}/maps").read_text()))


def rewrite(lake: Lake, name: str, change: Callable[[bytes], bytes]) -> None:
    """A bundle whose writer made a mistake in one file: the hashes are right, the content is not."""
    folder = lake.open_folder("serving_bundle", cycle=KEY)
    broken = folder.parent / "broken"
    shutil.copytree(folder, broken)
    (broken / name).write_bytes(change((broken / name).read_bytes()))
    lake.write_folder("serving_bundle", broken, cycle=KEY)
    shutil.rmtree(broken)


@pytest.mark.slow
@pytest.mark.needs_memory_maps
def test_newer_bundles_go_live_under_load_without_a_dropped_or_a_mixed_answer(place: Place, served: Served) -> None:
    bundles, whole, most = Bundles(place), set(), 0
    load = Load(served.port)
    try:
        for seed in (1, 2, 3, 1, 2):
            version = bundles.put(seed)
            wait_until(lambda version=version: health(served.port)["bundle"] == version)  # type: ignore[misc]
            for _ in range(10):
                most = max(most, len(mapped_versions(served.process.pid)))
                time.sleep(0.02)
            for path, body in (("catalogue?format=csv", None), ("skus", MANY)):
                connection = http.client.HTTPConnection("127.0.0.1", served.port)
                connection.request("POST" if body else "GET", f"/v1/forecast/{path}", body)
                whole.add(connection.getresponse().read())
                connection.close()
    finally:
        load.stop()
    assert load.failures == []
    assert len(whole) == 6
    assert len(load.answers) > 200
    assert set(load.answers) <= whole
    assert 1 <= most <= 2


@pytest.mark.slow
def test_a_broken_bundle_is_refused_under_load_and_the_one_before_goes_on(place: Place, served: Served) -> None:
    lake, good = place.lake, health(served.port)["bundle"]
    manifest = Path(lake.folder("serving_bundle", cycle=KEY)) / "manifest.json"
    before = manifest.read_bytes()
    load = Load(served.port, threads=2)

    def is_refused() -> bool:
        found = health(served.port)
        return found["problem"] is not None and found["bundle"] == good

    def truncate() -> None:
        version = Bundles(place).put(7)
        path = Path(lake.root) / "_versions" / "serving_bundle" / version / "numbers.npy"
        path.write_bytes(path.read_bytes()[:-100])

    def lose_a_file() -> None:
        version = Bundles(place).put(8)
        (Path(lake.root) / "_versions" / "serving_bundle" / version / "numbers.npy").unlink()

    breaks: dict[str, Callable[[], object]] = {
        "truncated": truncate,
        "a file is missing": lose_a_file,
        "half a manifest": lambda: manifest.write_bytes(before[: len(before) // 2]),
        "a manifest of nothing": lambda: manifest.write_bytes(b"null"),
        "an array of garbage": lambda: rewrite(lake, "numbers.npy", lambda _: b"garbage"),
        "a table of garbage": lambda: rewrite(lake, "series.arrow", lambda _: b"garbage"),
        "another format": lambda: rewrite(
            lake,
            "head.json",
            lambda text: text.replace(b'"format": %d' % FORMAT, b'"format": 5'),
        ),
    }
    try:
        for name, damage in breaks.items():
            damage()
            wait_until(is_refused)
            manifest.write_bytes(before)
            wait_until(lambda: health(served.port)["problem"] is None)
            assert health(served.port)["bundle"] == good, name
        version = Bundles(place).put(9)
        wait_until(lambda: health(served.port)["bundle"] == version)
    finally:
        load.stop()
    assert load.failures == []
    assert len(set(load.answers)) <= 4
    assert "Traceback" not in served.log.read_text()


def test_a_bundle_that_is_being_written_is_not_seen(place: Place) -> None:
    version = Bundles(place).put(1)
    with place.client() as client:
        library = client.app.state.library  # type: ignore[attr-defined]
        half = Path(place.lake.root) / "_versions" / "serving_bundle" / sha256(json_bytes("half"))
        half.mkdir()
        (half / "head.json").write_bytes(b'{"cycle":')
        assert not library.refresh()
        assert (library.current.version, library.problem) == (version, None)
