"""Two replicas behind a balancer, one killed while they are asked."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.serving.access_makers import Place
from tests.serving.balancer import Balancer, read_message
from tests.serving.makers import make_forecasts, put_bundle
from tests.serving.test_middleware import Served

SKUS = [f"sku{number:04d}" for number in range(50)]
CONNECTIONS = 8


async def ask(port: int, requests: int, answered: list[int]) -> None:
    """Asks for one SKU after another over one connection; notes the status of every answer, 0 where there was none."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for number in range(requests):
        sku = SKUS[number % len(SKUS)]
        writer.write(f"GET /v1/forecast/skus/{sku} HTTP/1.1\r\nhost: localhost\r\n\r\n".encode())
        try:
            answer = await read_message(reader)
        except (OSError, asyncio.IncompleteReadError):
            answered.append(0)
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            continue
        assert not answer.startswith(b"HTTP/1.1 200") or sku.encode() in answer
        answered.append(int(answer.split(b" ", 2)[1]))
    writer.close()
    await writer.wait_closed()


async def under_load(replicas: list[Served], requests: int) -> tuple[list[int], Balancer]:
    """Statuses of so many requests, during which the second replica is killed."""
    balancer, answered = Balancer([one.port for one in replicas]), list[int]()
    async with await balancer.start():
        clients = [
            asyncio.create_task(ask(balancer.port, requests // CONNECTIONS, answered)) for _ in range(CONNECTIONS)
        ]
        while len(answered) < requests // 3:
            await asyncio.sleep(0.001)
        replicas[1].process.kill()
        await asyncio.gather(*clients)
    return answered, balancer


def kill_one_of_two(folder: Path, requests: int) -> None:
    replicas = []
    try:
        for number in range(2):
            place = Place(folder / f"{number}", api_access="open")
            place.lake.root = str(folder / "lake")
            if number == 0:
                put_bundle(place.lake, folder, make_forecasts(series=SKUS))
            replicas.append(Served(place))
        answered, balancer = asyncio.run(under_load(replicas, requests))
    finally:
        for one in replicas:
            one.stop()
    assert len(answered) == requests // CONNECTIONS * CONNECTIONS
    assert sum(status == 200 for status in answered) >= 0.999 * len(answered)
    assert balancer.retried > 0


@pytest.mark.slow
def test_one_of_two_replicas_is_killed_and_999_of_1000_requests_are_answered(tmp_path: Path) -> None:
    kill_one_of_two(tmp_path, 2_000)


@pytest.mark.long
def test_so_it_is_with_ten_times_as_many(tmp_path: Path) -> None:
    kill_one_of_two(tmp_path, 20_000)
