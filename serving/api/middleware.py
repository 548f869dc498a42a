"""What every request and every answer goes through: a name, limits of size, headers, a line in the log.

Belongs here: what holds for all paths alike. Does not belong here: who asks and what they may (`access.py`).

One ASGI layer around everything, so that answers to mistakes in the program have their headers and their line as well.
"""

from __future__ import annotations

import logging
import re
import secrets
import time
from collections.abc import Awaitable, Callable, MutableMapping
from datetime import UTC, datetime
from typing import Any

import orjson
from fastapi import Request
from starlette.exceptions import HTTPException

from dp_assets.domain.access import Principal
from serving.api.access import PRINCIPAL
from serving.api.meter import Meter
from serving.api.problems import BodyTooLongError, problem_response

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

ACCESS_LOG = "demand_planner.access"
ASKED = "demand_planner.asked"
"""What a body asks for, where the path does not say it: how many SKUs."""
LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]"})
"""Names under which a machine reaches itself. A page elsewhere whose name leads here has another one."""
PAGES = frozenset({"/docs", "/redoc", "/docs/oauth2-redirect"})
"""Pages for people; their scripts come from where FastAPI takes them."""
HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
)
NOTHING = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")
SCRIPTS = (
    b"content-security-policy",
    b"default-src 'self'; script-src 'self' 'unsafe-inline' https://cdn.jsdelivr.net; "
    b"style-src 'self' 'unsafe-inline' https://cdn.jsdelivr.net https://fonts.googleapis.com; "
    b"font-src https://fonts.gstatic.com; img-src 'self' data: https://fastapi.tiangolo.com https://cdn.redoc.ly; "
    b"worker-src blob:; frame-ancestors 'none'",
)
POLICY = "demand_planner.policy"
"""The header with what a page may do, of an answer that is one."""
NOT_KEPT = (b"cache-control", b"no-store")
AWAY = (b"x-planning-database", b"away")
"""Whoever asks was known lately, but nobody can say just now whether they still are; nothing can be changed."""
ONLY_TLS = (b"strict-transport-security", b"max-age=31536000")
SECRETS = re.compile(r"dp_[a-z0-9]+_[\w-]*|eyJ[\w-]*(?:\.[\w-]*)*")
"""Keys and tokens, for those who put them where they do not belong."""
WORKSHEET_BYTES = 8 * 2**20
"""Longest worksheet; it is read into memory."""
TRACE = "demand_planner.trace"
"""The trace that a request belongs to, where traces are sent anywhere."""
log = logging.getLogger(ACCESS_LOG)


class Middleware:
    """The layer around an app.

    Args:
        app: what answers.
        body_bytes: longest body of a request.
        upload_bytes: largest file uploaded; as any body when left out.
        hosts: names that may be asked for in `Host`; any when left out.
        meter: counts requests.
    """

    def __init__(
        self,
        app: App,
        body_bytes: int,
        hosts: frozenset[str] | None = None,
        meter: Meter | None = None,
        upload_bytes: int | None = None,
    ) -> None:
        self.app, self.body_bytes, self.hosts = app, body_bytes, hosts
        self.upload_bytes = upload_bytes or body_bytes
        self.meter = meter or Meter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started, name, status, meter = time.perf_counter(), secrets.token_hex(8), 500, self.meter
        meter.in_flight += 1

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], *_headers(scope, message["headers"], name)]
            await send(message)

        try:
            length, host = _length_and_host(scope)
            if self.hosts is not None and host not in self.hosts:
                detail = (
                    "while it is open, this API answers as localhost or 127.0.0.1 only; DP_API_ACCESS=keys ends that"
                )
                await _refuse(scope, send_with_headers, 421, "another-host", "Another host", detail)
            elif length is None:
                await self.app(scope, _counted(receive, self._limit(scope)), send_with_headers)
            elif length > self.body_bytes and length > (limit := self._limit(scope)):
                detail = f"expected a body of at most {limit} bytes, got {length}"
                await _refuse(scope, send_with_headers, 413, BodyTooLongError.kind, BodyTooLongError.title, detail)
            else:
                await self.app(scope, receive, send_with_headers)
        finally:
            seconds = time.perf_counter() - started
            meter.in_flight -= 1
            meter.done(scope.get("route"), scope["method"], status, seconds)
            if log.isEnabledFor(logging.INFO):
                log.info(_line(scope, name, status, seconds))

    def _limit(self, scope: Scope) -> int:
        """Longest body of a request: files and worksheets may be longer than questions."""
        path = scope["path"]
        if scope["method"] == "PUT" and path.startswith("/v1/files/"):
            return self.upload_bytes
        return max(self.body_bytes, WORKSHEET_BYTES) if path.startswith("/v1/worksheet") else self.body_bytes


def _counted(receive: Receive, limit: int) -> Receive:
    """Takes a body whose length was not said, up to the longest."""
    taken = 0

    async def counted() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > limit:
            raise HTTPException(413, f"expected a body of at most {limit} bytes")
        return message

    return counted


def _length_and_host(scope: Scope) -> tuple[int | None, str]:
    """Length of the body as it is said (None: it will show) and the name that is asked for, without its port."""
    length, chunked, host = 0, False, b""
    for name, value in scope["headers"]:
        if name == b"content-length":
            length = int(value) if value.isdigit() else 0
        elif name == b"transfer-encoding":
            chunked = True
        elif name == b"host":
            host = value
    name = host.decode("latin-1").lower()
    bare = name[: name.rfind("]") + 1] if name.startswith("[") else name.partition(":")[0]
    return None if chunked else length, bare


def _headers(scope: Scope, given: list[tuple[bytes, bytes]], name: str) -> list[tuple[bytes, bytes]]:
    """What is added to an answer."""
    policy = scope.get(POLICY) or (SCRIPTS if scope["path"] in PAGES else NOTHING)
    found = [*HEADERS, policy, (b"x-request-id", name.encode())]
    if not any(header == b"cache-control" for header, _ in given):
        found.append(NOT_KEPT)
    principal = scope.get(PRINCIPAL)
    if isinstance(principal, Principal) and not principal.confirmed:
        found.append(AWAY)
    if scope.get("scheme") == "https":
        found.append(ONLY_TLS)
    return found


async def _refuse(scope: Scope, send: Send, status: int, kind: str, title: str, detail: str) -> None:
    async def nothing() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    await problem_response(Request(scope), status, kind, title, detail)(scope, nothing, send)


def _line(scope: Scope, name: str, status: int, seconds: float) -> str:
    """The line of the access log, as JSON: never a query, a header or a body."""
    principal, client = scope.get(PRINCIPAL), scope.get("client")
    path = scope["path"]
    if "dp_" in path or "eyJ" in path:
        path = SECRETS.sub("…", path)
    return orjson.dumps(
        {
            "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "request": name,
            "client": client[0] if client else None,
            "who": principal.label if isinstance(principal, Principal) else None,
            "method": scope["method"],
            "path": path,
            **{said: scope[key] for said, key in (("asked", ASKED), ("trace", TRACE)) if key in scope},
            "status": status,
            "ms": round(seconds * 1000, 1),
        }
    ).decode()
