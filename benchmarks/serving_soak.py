"""A soak: memory of the server while it answers 70 % of what it can for minutes.

Belongs here: asking at a rate. Does not belong here: ratios against a peer (`serving.py`).
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Iterator, Sequence

import psutil

from benchmarks.findings import Finding, at_most

LOAD = 0.7
"""Of the most requests per second that were measured."""
DRIFT = 0.05
WARM = 0.2
"""Part of a soak after which memory is to stay as it is: caches are full and all SKUs were asked for."""


async def _ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str) -> None:
    """One request over a connection; anything but 200 ends the benchmark."""
    writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(f"expected 200 from {path}, got {head.splitlines()[0]!r}")
    await reader.readexactly(int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0]))


async def _connection(port: int, paths: Iterator[str], interval: float, until: float, taken: list[float]) -> None:
    """Asks for one path after another, one per interval at most, until a moment; notes the seconds of each."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    due = time.perf_counter()
    while due < until and (path := next(paths, None)) is not None:
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        started = time.perf_counter()
        await _ask(reader, writer, path)
        taken.append(time.perf_counter() - started)
        due = max(due + interval, time.perf_counter() - 1.0) if interval else time.perf_counter()
    writer.close()
    await writer.wait_closed()


def asked(port: int, paths: Iterator[str], connections: int, rate: float = 0.0, seconds: float = 1e9) -> list[float]:
    """Seconds of every request: as fast as it goes, or at a rate per second, until paths or time run out."""

    async def everybody() -> list[float]:
        taken: list[float] = []
        until, interval = time.perf_counter() + seconds, connections / rate if rate else 0.0
        await asyncio.gather(*(_connection(port, paths, interval, until, taken) for _ in range(connections)))
        return taken

    return asyncio.run(everybody())


def soak(process: psutil.Process, port: int, skus: Sequence[str], seconds: float, connections: int = 16) -> Finding:
    """Memory of the server while it answers 70 % of what it can, precomputed and, one in twenty, computed.

    Raises:
        RuntimeError: an answer was not 200.
    """
    every = [f"/v1/forecast/skus/{sku}{'' if at % 20 else '?compute=true'}" for at, sku in enumerate(skus)]
    paths = itertools.cycle(every)
    asked(port, iter(every), connections)  # what is loaded and kept by the first requests is no growth
    started = time.perf_counter()
    rate = LOAD * len(asked(port, paths, connections, seconds=5)) / (time.perf_counter() - started)
    memory, requests, parts = [], 0, 20
    for number in range(parts):
        requests += len(asked(port, paths, connections, rate, seconds / parts))
        memory.append(process.memory_info().rss / 2**20)
        if number % 4 == 3:
            print(f"  {requests} requests at {rate:.0f} a second, {memory[-1]:.1f} MiB", flush=True)
    settled = memory[int(parts * WARM) :]
    drift = max(settled) / settled[0] - 1
    return at_most(f"soak of {seconds:.0f} s: growth of memory", drift, f"{settled[0]:.0f} MiB, no errors", DRIFT)
