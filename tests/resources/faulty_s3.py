"""An S3 endpoint that misbehaves as told: a threaded HTTP server before moto's, which answers what no fault catches."""

from __future__ import annotations

import http.client
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

HOP_BY_HOP = {"connection", "transfer-encoding", "keep-alive", "date", "server"}
SILENCE_SECONDS = 3.0


@dataclass
class Fault:
    """What happens to the next `times` requests of a method whose path holds a text.

    Attributes:
        kind: a status such as `503`, `half` (half the body, then the connection ends), `nothing` (the connection ends
            without an answer), `silence` (no answer for some seconds), or `short` (half the body, said to be whole).
    """

    method: str
    path: str
    kind: str
    times: int = 10**6


@dataclass
class FaultyS3:
    """The server; `faults` may change at any time, `requests` counts what came: (method, path)."""

    upstream: tuple[str, int]
    faults: list[Fault] = field(default_factory=list)
    requests: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        handler = type("Handler", (Handler,), {"owner": self})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def fault(self, method: str, path: str) -> str | None:
        self.requests.append((method, path))
        for one in self.faults:
            if one.method == method and one.path in path and one.times > 0:
                one.times -= 1
                return one.kind
        return None


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    owner: FaultyS3

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        kind = self.owner.fault(self.command, self.path)
        if kind == "nothing":
            self.close_connection = True
            return
        if kind == "silence":
            time.sleep(SILENCE_SECONDS)
            self.close_connection = True
            return
        if kind is not None and kind.isdigit():
            self.reply(int(kind), {}, f"<Error><Code>E{kind}</Code><Message>told to</Message></Error>".encode())
            return
        upstream = http.client.HTTPConnection(*self.owner.upstream, timeout=30)
        headers = {name: value for name, value in self.headers.items() if name.lower() != "expect"}
        upstream.request(self.command, self.path, body, headers)
        found = upstream.getresponse()
        data = found.read()
        given = {name: value for name, value in found.getheaders() if name.lower() not in HOP_BY_HOP}
        if kind == "short":
            data = data[: len(data) // 2]
            given = {name: value for name, value in given.items() if "checksum" not in name.lower()}
            given["Content-Length"] = str(len(data))
        self.reply(found.status, given, data, half=kind == "half")
        upstream.close()

    def reply(self, status: int, headers: dict[str, str], data: bytes, half: bool = False) -> None:
        self.send_response(status)
        for name, value in headers.items():
            if name.lower() != "content-length":
                self.send_header(name, value)
        length = headers.get("Content-Length", str(len(data))) if self.command == "HEAD" else str(len(data))
        self.send_header("Content-Length", length)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data[: len(data) // 2] if half else data)
            self.wfile.flush()
        self.close_connection = half

    do_GET = do_PUT = do_HEAD = do_POST = do_DELETE = answer  # noqa: N815
