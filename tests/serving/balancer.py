"""A balancer on loopback: takes turns among replicas, and asks another one once where a GET was not answered.

Real connections and nothing kept between requests but connections; what HAProxy does with `retries 1`,
`option redispatch` and `retry-on conn-failure empty-response`.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
BROKEN = (OSError, asyncio.IncompleteReadError)
BAD_GATEWAY = b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n"


async def read_message(reader: asyncio.StreamReader) -> bytes:
    """A whole request or answer whose length is said; IncompleteReadError where its sender goes away."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = 0
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    return head + await reader.readexactly(length)


class Balancer:
    """Answers on a port of its own.

    Attributes:
        retried: GETs that another replica was asked for.
        refused: requests that were answered with 502.
    """

    def __init__(self, replicas: Sequence[int]) -> None:
        self.replicas, self.turns = replicas, itertools.count()
        self.retried = self.refused = 0
        self.port = 0

    async def start(self) -> asyncio.Server:
        """Listens; the caller closes the server."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        return server

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        held: dict[int, Streams] = {}
        try:
            while True:
                writer.write(await self._answer(await read_message(reader), held))
                await writer.drain()
        except BROKEN:
            pass  # the client is done
        finally:
            for _, one in (*held.values(), (reader, writer)):
                one.close()

    async def _answer(self, request: bytes, held: dict[int, Streams]) -> bytes:
        turn = next(self.turns)
        for number in range(2 if request.startswith(b"GET ") else 1):
            replica = self.replicas[(turn + number) % len(self.replicas)]
            self.retried += number
            try:
                return await self._ask(replica, request, held)
            except BROKEN:
                if replica in held:
                    held.pop(replica)[1].close()
        self.refused += 1
        return BAD_GATEWAY

    async def _ask(self, replica: int, request: bytes, held: dict[int, Streams]) -> bytes:
        if replica not in held:
            held[replica] = await asyncio.open_connection("127.0.0.1", replica)
        reader, writer = held[replica]
        writer.write(request)
        await writer.drain()
        return await read_message(reader)
