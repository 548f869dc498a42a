"""The API against a bare FastAPI app that returns constant bytes, side by side in one run.

`make bench-serving`. Ratios, never times: server CPU per request, in interleaved rounds, medians. The peer answers the
same path with one real answer, rendered beforehand: what is left of our ratio above 1 is the price of looking up and
rendering. The export of the whole catalogue as Parquet, CPU of the server, stands against pyarrow's bare write of the
finished table into memory with the same options. Prints a table and writes benchmarks/out/serving.json.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import psutil

from benchmarks.findings import Finding, at_least, at_most, show
from benchmarks.serving_bundle import put_benchmark_bundle, put_catalogue
from benchmarks.serving_soak import soak

CONNECTIONS = 16
HORIZON = 13
SLOWEST_MS = {16: 50.0, 64: 200.0}
"""Connections → milliseconds that 99 of 100 computed forecasts may take."""


def serve_peer(port: int, body: str) -> None:
    """The peer: nothing but FastAPI and constant bytes."""
    import uvicorn
    from fastapi import FastAPI, Response

    content = Path(body).read_bytes()
    app = FastAPI()

    @app.get("/v1/forecast/skus/{sku}")
    async def constant(sku: str) -> Response:
        return Response(content, media_type="application/json")

    @app.get("/healthz")
    async def healthz() -> Response:
        return Response(b"{}", media_type="application/json")

    uvicorn.run(app, port=port, log_level="error", access_log=False)


def free_port() -> int:
    """A port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def server(command: list[str], port: int, environment: dict[str, str]) -> Iterator[psutil.Process]:
    """A server process, once it answers; ended afterwards."""
    process = subprocess.Popen(command, env={**os.environ, **environment}, stdout=subprocess.DEVNULL)
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait()


def own_server(work: Path, port: int) -> AbstractContextManager[psutil.Process]:
    """Our server over the lake of a folder."""
    command = [sys.executable, "-m", "serving", "--port", str(port), "--log-level", "error"]
    return server(command, port, {"DP_LAKE_ROOT": str(work / "lake"), "OMP_NUM_THREADS": "1"})


async def _worker(port: int, paths: list[str]) -> list[float]:
    """Asks for each path in turn over one connection; stops the run at anything but 200. Seconds of each answer."""
    seconds = []
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for path in paths:
        asked = time.perf_counter()
        writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(f"expected 200 from {path}, got {head.splitlines()[0]!r}")
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        await reader.readexactly(length)
        seconds.append(time.perf_counter() - asked)
    writer.close()
    await writer.wait_closed()
    return seconds


def measure(process: psutil.Process, port: int, paths: list[str]) -> tuple[float, float]:
    """Server CPU milliseconds per request, and requests per second, over all paths."""

    async def all_workers() -> None:
        await asyncio.gather(*(_worker(port, paths[number::CONNECTIONS]) for number in range(CONNECTIONS)))

    before, started = cpu_seconds(process), time.perf_counter()
    asyncio.run(all_workers())
    return (cpu_seconds(process) - before) / len(paths) * 1000, len(paths) / (time.perf_counter() - started)


def slowest(port: int, paths: list[str], connections: int) -> float:
    """Milliseconds that 99 of 100 answers take at most, over so many connections that ask without a pause."""

    async def all_workers() -> list[list[float]]:
        return await asyncio.gather(*(_worker(port, paths[number::connections]) for number in range(connections)))

    asyncio.run(all_workers())
    seconds = sorted(one for each in asyncio.run(all_workers()) for one in each)
    return seconds[int(len(seconds) * 0.99)] * 1000


def latency(port: int, paths: list[str], connections: int, bar: float) -> Finding:
    """The slowest answers of a number of connections. A time, unlike all else here, so a busy machine misses it."""
    found = slowest(port, paths, connections)
    name = f"computed, {connections} connections: p99 in ms"
    return Finding(name, round(found, 1), "ms", "a quiet machine", f"<= {bar}", found <= bar)


def cpu_seconds(process: psutil.Process) -> float:
    """CPU time of a process so far: by the nanosecond where the kernel tells it per thread, else by the clock tick."""
    threads = list(Path(f"/proc/{process.pid}/task").glob("*/schedstat"))
    if threads:
        return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e9
    times = process.cpu_times()
    return float(times.user + times.system)


def import_cpu(code: str, tries: int = 15) -> float:
    """Least CPU seconds of a fresh interpreter that runs some code, compiled before, as what is installed is."""
    found = []
    with tempfile.TemporaryDirectory() as compiled:
        environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": compiled}
        for _ in range(tries + 1):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            subprocess.run([sys.executable, "-c", code], check=True, env=environment)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            found.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(found[1:])


def dependencies(code: str) -> list[str]:
    """Packages of others that some code imports: its modules below site-packages, without those of their innards."""
    names = (
        "import sys, sysconfig; site = sysconfig.get_path('platlib'); print(*{name.split('.')[0] for name, module in "
        "sys.modules.items() if (getattr(module, '__file__', None) or '').startswith(site)})"
    )
    found = subprocess.run([sys.executable, "-c", f"{code}; {names}"], check=True, capture_output=True, text=True)
    return sorted(name for name in found.stdout.split() if not name.startswith("_"))


def bare_forward(folder: Path, runs: int = 300) -> float:
    """CPU milliseconds of the model alone, the network and its trees, if any: one window, inputs ready, one thread."""
    from dp_assets.domain.boosting import feature_table
    from serving.bundle import Bundle
    from serving.forward import ForwardPass

    forward = ForwardPass(Bundle(folder))
    given = forward.inputs([0])
    inputs = {entry.name: given[entry.name] for entry in forward.session.get_inputs()}
    boosting = forward.boosting
    rows = feature_table(given, boosting.recent, boosting.labels)[0] if boosting else None

    def run() -> None:
        forward.session.run(None, inputs)
        if boosting and rows is not None:
            boosting.trees.sums(rows)

    run()
    started = time.process_time()
    for _ in range(runs):
        run()
    return (time.process_time() - started) / runs * 1000


def rounds(
    ours: tuple[psutil.Process, int],
    peer: tuple[psutil.Process, int],
    alone: tuple[psutil.Process, int],
    skus: list[str],
    repeats: int,
) -> dict[str, list[tuple[float, float]]]:
    """Interleaved measurements of the peer and of four kinds of answers; the round that warms up is left out.

    `first` asks for SKUs that nobody asked for before, `again` for those of the warm-up, `blend` runs network and
    trees, `network` the network of a server whose model is that alone.
    """
    paths = [f"/v1/forecast/skus/{sku}" for sku in skus]
    many = len(paths) // (repeats + 1)
    known = paths[:many]
    found: dict[str, list[tuple[float, float]]] = {"peer": [], "again": [], "first": [], "network": [], "blend": []}
    for number in range(repeats + 1):
        found["peer"].append(measure(*peer, known))
        found["first"].append(measure(*ours, paths[number * many : (number + 1) * many]))
        found["again"].append(measure(*ours, known))
        computed = [f"{path}?compute=true" for path in known]
        found["network"].append(measure(*alone, computed))
        found["blend"].append(measure(*ours, computed))
    return {name: values[1:] for name, values in found.items()}


def bare_write(folder: Path) -> float:
    """CPU seconds of pyarrow's write of the finished catalogue table into memory, with the options of the endpoint."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    from serving.api.catalogue.formats import PARQUET, text_columns
    from serving.api.catalogue.service import blocks
    from serving.bundle import Bundle
    from serving.rendering import Question

    bundle = Bundle(folder)
    question = Question(tuple(range(1, bundle.head.horizon + 1)), bundle.head.interval_levels)
    batches = list(blocks(bundle, np.arange(len(bundle)), question))
    table, text = pa.Table.from_batches(batches), text_columns(batches[0].schema)
    started = time.process_time()
    with pq.ParquetWriter(pa.BufferOutputStream(), table.schema, use_dictionary=text, **PARQUET) as writer:
        writer.write_table(table, row_group_size=len(batches[0]))
    return time.process_time() - started


def export(work: Path, skus: int, repeats: int = 5) -> Finding:
    """The catalogue as Parquet out of a server, against pyarrow's write of the finished table."""
    folder, port, ratios = put_catalogue(work, skus, HORIZON), free_port(), []
    with own_server(work, port) as process:
        for number in range(repeats + 1):
            bare, before = bare_write(folder), cpu_seconds(process)
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/v1/forecast/catalogue?format=parquet") as answer:
                while answer.read(2**20):
                    pass
            if number:  # the first one imports pyarrow
                ratios.append((cpu_seconds(process) - before) / bare)
    peer = f"bare pyarrow write of the table ({bare * 1000:.0f} ms)"
    return at_most(f"{skus} SKUs as Parquet: CPU", statistics.median(ratios), peer, 2.0)


def findings(found: dict[str, list[tuple[float, float]]], forward_ms: dict[str, float]) -> list[Finding]:
    """The table: medians over the rounds of each round's ratio, for the machine's other work comes and goes.

    Args:
        found: what `rounds` returned.
        forward_ms: CPU milliseconds of a bare forward pass of each model that computes.
    """
    peer = statistics.median(cpu for cpu, _ in found["peer"])
    bare = f"bare FastAPI, constant bytes ({peer:.3f} ms)"

    def ratio(name: str, which: int, extra: float = 0.0) -> float:
        pairs = zip(found[name], found["peer"], strict=True)
        return statistics.median(ours[which] / (theirs[which] + extra) for ours, theirs in pairs)

    start = "from serving.__main__ import Settings, loaded_app; loaded_app(Settings()); import uvicorn"
    packages = dependencies(start)
    imports = import_cpu(start) / import_cpu(f"import {', '.join(packages)}")
    return [
        at_most("precomputed, asked again: CPU per request", ratio("again", 0), bare, 1.2),
        at_least("precomputed, asked again: requests per second", ratio("again", 1), bare, 0.8),
        at_most("precomputed, asked for the first time: CPU per request", ratio("first", 0), bare, 1.2),
        *(
            at_most(
                f"computed, {name}: CPU per request",
                ratio(name, 0, forward),
                f"bare FastAPI + bare forward pass of the same ({peer:.3f} + {forward:.3f} ms)",
                1.25,
            )
            for name, forward in forward_ms.items()
        ),
        at_most("start: CPU", imports, f"import of {', '.join(packages)}", 1.5),
    ]


def main(argv: list[str] | None = None) -> None:
    """Builds a bundle, runs both servers, compares."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.serving", description=__doc__)
    parser.add_argument("--skus", type=int, default=6000, help="SKUs in the bundle")
    parser.add_argument("--exported", type=int, default=50_000, help="SKUs in the catalogue that is exported")
    parser.add_argument("--rounds", type=int, default=9, help="interleaved rounds after the one that warms up")
    parser.add_argument("--soak-seconds", type=float, default=0, help="length of a soak; 600 is the whole one")
    parser.add_argument("--soak-only", action="store_true", help="nothing but the soak")
    parser.add_argument("--peer", nargs=2, metavar=("PORT", "BODY"), help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    if options.peer:
        serve_peer(int(options.peer[0]), options.peer[1])
        return
    with tempfile.TemporaryDirectory() as work:
        if options.soak_only:
            show(soaked(Path(work), options.skus, options.soak_seconds), "serving_soak")
            return
        run(Path(work), options.skus, options.exported, options.rounds, options.soak_seconds)


def soaked(work: Path, skus: int, seconds: float) -> list[Finding]:
    """The soak over a server of its own; nothing where it is to take no time."""
    if not seconds:
        return []
    _, names = put_benchmark_bundle(work, skus, HORIZON)
    port = free_port()
    with own_server(work, port) as process:
        print(f"soaking for {seconds:.0f} s ...")
        return [soak(process, port, names, seconds)]


def run(work: Path, skus: int, exported: int, repeats: int, seconds: float) -> None:
    """One run in a scratch folder."""
    print(f"building a bundle of {skus} SKUs x {HORIZON} leads ...")
    folder, names = put_benchmark_bundle(work, skus, HORIZON)
    plain, _ = put_benchmark_bundle(work / "alone", skus, HORIZON, boosted=False)
    ours, peer, alone = free_port(), free_port(), free_port()
    with own_server(work, ours) as own_process, own_server(work / "alone", alone) as plain_process:
        body = work / "body.json"
        with urllib.request.urlopen(f"http://127.0.0.1:{ours}/v1/forecast/skus/{names[0]}") as answer:
            body.write_bytes(answer.read())
        other = [sys.executable, "-m", "benchmarks.serving", "--peer", str(peer), str(body)]
        with server(other, peer, {}) as peer_process:
            print(f"{repeats} rounds over {CONNECTIONS} connections, {body.stat().st_size} bytes an answer ...")
            found = rounds((own_process, ours), (peer_process, peer), (plain_process, alone), names, repeats)
        computed = [f"/v1/forecast/skus/{sku}?compute=true" for sku in names]
        tails = [latency(ours, computed, connections, bar) for connections, bar in SLOWEST_MS.items()]
    print(f"exporting {exported} SKUs x {HORIZON} leads ...")
    forward = {"network": bare_forward(plain), "blend": bare_forward(folder)}
    table = [*findings(found, forward), *tails, export(work / "export", exported)]
    show([*table, *soaked(work / "soak", skus, seconds)], "serving")


if __name__ == "__main__":
    main()
