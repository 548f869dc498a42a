"""`dp run` in processes that kill themselves at a given write to the lake.

Belongs here: a server that has everything imported and built, and forks a process for each run; the world that those
runs ingest. Does not belong here: what must hold after a kill (`test_kills.py`).

A run is `run_until_done`, the real one, but for what would make it ten times as slow: Dagster keeps its events in
memory, and dbt, which writes nothing but its staging folder, is started by the undisturbed run only; the others find
the marts that it staged from the same files. Writes are counted by Python's audit hooks: every file below the lake that
is opened for writing, renamed or removed, and each `fsync`. So a kill may come before each of them, and nothing in the
product knows of it.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from dp_resources.lake import sha256
from tests.e2e.small_world import MONDAY, drop, land_week, world_config
from tests.manifest import hand_over_manifest

CHANGED: dict[str, Any] = {"filters": [{"kind": "require_sku"}, {"kind": "positive_quantity"}]}
"""What the second configuration has and the first has not: all files are read again, and their commits withdrawn."""
STAGES = ("first", "changed")
ODD_WEEK = 2
WRITING = os.O_WRONLY | os.O_RDWR


def config(stage: str) -> Any:
    """Six producers and a gate; so much history is asked for that nothing is trained."""
    return world_config(
        low_volume={"min_selling_weeks": 50},
        quality={"minimum_history": 2, "gates": {"rejected_share": {"warn": 0.2, "block": 0.5}}},
        **({"filters": [{"kind": "require_sku"}]} if stage == "first" else CHANGED),
    )


def land(root: Path, stage: str) -> None:
    """Two weeks of the shop, a copy, a file that cannot be read, one that a gate blocks, others; then one restated."""
    drop(root / "master" / "products.csv", "sku,department\nS000,dairy\nS001,bakery\n", MONDAY)
    for week in range(2):
        land_week(root, week, skus=6)
    (root / "weather" / f"{MONDAY + timedelta(weeks=1)}.csv").unlink()
    (root / "web" / f"{MONDAY + timedelta(weeks=1)}.ndjson").unlink()
    arrival = MONDAY + timedelta(weeks=2)
    drop(root / "shop" / "copy.csv", (root / "shop" / f"{MONDAY}.csv").read_text(), arrival)
    drop(root / "shop" / "broken.csv", "item;day;qty;money;dept\n\0\0\0\0\n", arrival)
    day = f"{MONDAY + timedelta(weeks=1):%d/%m/%Y}"
    rows = [f"NEW;{day};900;9,0;dairy", *(f";{day};{number};9,0;dairy" for number in range(1, 6))]
    drop(root / "shop" / "odd.csv", "\n".join(["item;day;qty;money;dept", *rows]) + "\n", arrival)
    if stage == "changed":
        text = (root / "shop" / f"{MONDAY}.csv").read_text()
        drop(root / "shop" / f"{MONDAY}.csv", text + f"NEW;{MONDAY:%d/%m/%Y};5;9,0;dairy\n", arrival)


# -- the server's side ------------------------------------------------------------------------------------------------


class Counter:
    """Counts writes below a folder, says each one, and ends the process before the one it is told to."""

    def __init__(self, root: Path, said: Path, kill_at: int | None) -> None:
        self.root, self.kill_at, self.count = str(root) + os.sep, kill_at, 0
        self.said = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        self.flushed = os.fsync

    def install(self) -> None:
        """From here on; an audit hook cannot be taken out again."""
        sys.addaudithook(self.hear)
        os.fsync = self.fsync

    def fsync(self, file: int) -> None:
        self.note("fsync", Path(f"/proc/self/fd/{file}").readlink())
        self.flushed(file)

    def hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open" and arguments[2] is not None and arguments[2] & WRITING:
            self.note("open", arguments[0])
        elif event in ("os.rename", "os.remove", "os.link"):
            self.note(event, arguments[1] if event != "os.remove" else arguments[0])

    def note(self, event: str, path: object) -> None:
        place = os.fsdecode(path) if isinstance(path, (str, bytes, os.PathLike)) else ""
        if not place.startswith(self.root):
            return
        os.write(self.said, f"{event} {place.removeprefix(self.root)}\n".encode())
        if self.count == self.kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        self.count += 1


def prepared_marts(marts: Path, keep: bool) -> Callable[..., list[Any]]:
    """A stand-in for `ModelRunner.build`: dbt itself where `keep`, and what it staged then from the same files.

    After a kill fewer buckets may be due. Then fewer files are read, and what is promoted of the marts is the same.
    """
    import dagster as dg

    from dp_resources.dbt_runner import ModelRunner

    real = ModelRunner.build

    def build(runner: ModelRunner, context: Any, variables: Mapping[str, Any], folder: Path) -> list[Any]:
        if keep:
            events = real(runner, context, variables, folder)
            shutil.rmtree(marts, ignore_errors=True)
            marts.mkdir()
            for path in folder.glob("*_*.parquet"):
                shutil.copy(path, marts)
            (marts / "given.json").write_text(json.dumps(_given(variables)))
            return events
        given, before = _given(variables), json.loads((marts / "given.json").read_text())
        assert given["variables"] == before["variables"]
        assert given["version_spans"] == before["version_spans"]
        assert set(given["buckets"]) <= set(before["buckets"])
        assert given["files"].items() <= before["files"].items()
        found = sorted(marts.glob("*.parquet"))
        for path in found:
            shutil.copy(path, folder)
        return [dg.Output(None, output_name=name) for name in sorted({path.name.split(".")[0] for path in found})]

    return build


def _given(variables: Mapping[str, Any]) -> dict[str, Any]:
    """All that dbt's output depends on, whatever the folder is called: variables, and names and hashes of inputs."""
    import polars as pl

    rows = pl.read_parquet(variables["inputs"]).rows()
    files = {f"{table} {Path(path).parent.name}": sha256(Path(path).read_bytes()) for table, path in rows}
    own = ("inputs", "staging", "buckets", "slices")
    return {
        "variables": {name: value for name, value in variables.items() if name not in own},
        "buckets": variables["buckets"],
        "version_spans": files.pop("version_spans inputs"),
        "files": files,
    }


def run(project: Any, definitions: Any, folder: Path, order: Mapping[str, Any]) -> None:
    """What `dp run` does, in a process of its own."""
    import dagster as dg

    from dp_assets import execution
    from dp_resources.dbt_runner import ModelRunner

    execution.definitions_for = lambda *_: definitions
    ModelRunner.build = prepared_marts(folder / "marts", bool(order["undisturbed"]))  # type: ignore[method-assign]
    Counter(folder / "lake", folder / "said.txt", order["kill_at"]).install()
    with dg.DagsterInstance.ephemeral() as instance:
        execution.run_until_done(project, instance, print)
    (folder / "imported.txt").write_text("\n".join(sorted(sys.modules)))


def serve(folder: Path) -> None:
    """Builds the graph of both configurations, then forks a run for each line of standard input."""
    from dp_assets.defs import data_quality
    from dp_assets.execution import definitions_for
    from dp_assets.project import build_project
    from dp_resources import staged_files
    from dp_resources.clock import SimulatedClock
    from dp_resources.settings import Settings

    staged_files.UNLOCKED_SECONDS = 0.0  # what a killed run leaves is removed by the next one, not a minute later
    data_quality.PICTURES = 0  # they are metadata, and half of a run's time
    hand_over_manifest(folder / "state")
    settings = Settings(state_dir=folder / "state", clock="simulated", executor="in_process")
    graphs = {}
    for stage in STAGES:
        roots = {"landing": {"root": str(folder / "landing")}, "lake": {"root": str(folder / "lake")}}
        own = config(stage)
        own = own.model_copy(update={name: getattr(own, name).model_copy(update=one) for name, one in roots.items()})
        project = build_project(settings, own, folder, SimulatedClock(folder / "state" / "clock.json"))
        graphs[stage] = (project, definitions_for(project, print))
    print("ready", file=sys.__stdout__, flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        if (folder / "imported.txt").exists():  # by a run that came to its end
            for name in set((folder / "imported.txt").read_text().split()) - set(sys.modules):
                with suppress(ImportError):
                    importlib.import_module(name)
        child = os.fork()
        if child == 0:
            code = 1
            try:
                run(*graphs[order["stage"]], folder, order)
                code = 0
            except BaseException:
                import traceback

                traceback.print_exc()
            finally:
                sys.stdout.flush()
                os._exit(code)
        _, status, used = os.wait4(child, 0)
        ended = {"ended": os.waitstatus_to_exitcode(status), "cpu": used.ru_utime + used.ru_stime}
        print(json.dumps(ended), file=sys.__stdout__, flush=True)


# -- the test's side --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Ended:
    """How a run ended: exit code, negative for a signal, and the writes it had begun, such as `open raw_files/…`."""

    code: int
    writes: tuple[str, ...]
    seconds: float

    @property
    def was_killed(self) -> bool:
        return self.code == -signal.SIGKILL

    @property
    def place(self) -> str:
        """The table or folder of records that was written last."""
        targets = [one.split(" ")[1].split("/") for one in self.writes if one.startswith("os.rename")]
        if not targets:
            return "nothing"
        return "/".join(targets[-1][:2]) if targets[-1][0] in ("_commits", "_quality") else targets[-1][0]


class Runs:
    """The server, seen from the test."""

    def __init__(self, folder: Path) -> None:
        from dp_resources.clock import SimulatedClock

        self.folder = folder
        day = MONDAY + timedelta(weeks=3, days=1)
        (folder / "state").mkdir(parents=True)
        SimulatedClock(folder / "state" / "clock.json").set(_noon(day))
        self.log = (folder / "log.txt").open("w")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("DP_", "DAGSTER_"))}
        self.server = subprocess.Popen(
            [sys.executable, "-m", "tests.e2e.killed_process", str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.log,
            text=True,
            env={**kept, "MPLBACKEND": "agg"},
        )
        if self._answer(120) != "ready":
            raise AssertionError(self.tail())

    def run(self, stage: str, kill_at: int | None = None, undisturbed: bool = False) -> Ended:
        """One run, killed before its write number `kill_at`."""
        order = {"stage": stage, "kill_at": kill_at, "undisturbed": undisturbed}
        assert self.server.stdin is not None
        self.server.stdin.write(json.dumps(order) + "\n")
        self.server.stdin.flush()
        answer = json.loads(self._answer(120))
        said = self.folder / "said.txt"
        writes = said.read_text().splitlines() if said.exists() else []
        return Ended(answer["ended"], tuple(writes), answer["cpu"])

    def _answer(self, seconds: float) -> str:
        assert self.server.stdout is not None
        until = time.monotonic() + seconds
        while select.select([self.server.stdout], [], [], max(0.0, until - time.monotonic()))[0]:
            line = self.server.stdout.readline()
            if not line or line.startswith(("ready", '{"ended"')):
                return line.strip()
        raise AssertionError(f"the server said nothing for {seconds:g} s: {self.tail()}")

    def tail(self) -> str:
        """The last that the server and its runs said."""
        return (self.folder / "log.txt").read_text()[-4000:]

    def reset(self, to: Path | None = None) -> None:
        """Takes away what runs have made; with `to`, puts the lake that was saved there in its place."""
        shutil.rmtree(self.folder / "lake", ignore_errors=True)
        if to is not None:
            shutil.copytree(to, self.folder / "lake")

    def stop(self) -> None:
        assert self.server.stdin is not None
        self.server.stdin.close()
        self.server.wait(30)
        assert self.server.stdout is not None
        self.server.stdout.close()
        self.log.close()


@contextmanager
def runs(folder: Path) -> Iterator[Runs]:
    """A server over a folder of its own."""
    found = Runs(folder)
    try:
        yield found
    finally:
        found.stop()


def _noon(day: date) -> Any:
    from datetime import UTC, datetime

    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    sys.stdout = sys.stderr
    serve(folder)
