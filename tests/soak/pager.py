"""Who is told: a webhook of our own, which checks the signature of what it gets and keeps every notice once."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from dp_resources.alert_channels import SIGNATURE, signature

SECRET = "the secret of twelve weeks"


@dataclass(frozen=True)
class Told:
    """One notice: its id, which is the same when it is sent again, that it began or is over, and about what."""

    id: str
    event: str
    kind: str
    key: str
    severity: str
    happened: str
    at: str


class Pager:
    """The webhook; `told` grows as messages come."""

    def __init__(self) -> None:
        self.told: list[Told] = []
        self.refused: list[str] = []
        self._lock = threading.Lock()
        handler = type("Handler", (_Handler,), {"pager": self})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/alerts"

    def take(self, body: bytes, signed: str) -> int:
        """Keeps what a message says; the status of the answer."""
        sent_at = int(signed.partition(",")[0].removeprefix("t=") or 0)
        if signed != signature(SECRET, body, sent_at) or abs(time.time() - sent_at) > 300:
            self.refused.append(signed)
            return 403
        names = Told.__dataclass_fields__
        alerts: list[dict[str, Any]] = json.loads(body)["alerts"]
        with self._lock:
            self.told += [Told(**{name: one[name] for name in names}) for one in alerts]
        return 204


class _Handler(BaseHTTPRequestHandler):
    pager: Pager

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(self.pager.take(body, self.headers.get(SIGNATURE, "")))
        self.end_headers()


@contextmanager
def listening() -> Iterator[Pager]:
    """A pager on a free port of this machine."""
    pager = Pager()
    thread = threading.Thread(target=pager.server.serve_forever, kwargs={"poll_interval": 0.1})
    thread.start()
    try:
        yield pager
    finally:
        pager.server.shutdown()
        thread.join()
        pager.server.server_close()
