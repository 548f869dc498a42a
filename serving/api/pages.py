"""The workbench's files: what `make ui` built, served at `/` by the process that answers its questions.

Belongs here: which file a path gets, how long it may be kept, what its pages may do. Does not belong here: what the
workbench shows (`serving/ui`), any data.

Whatever is a path of the API stays one: this route takes no path below `API`, and of the others only those that a
browser opens. Files below `assets/` have a hash of their content in their names and never change; `index.html` names
them and is asked for each time.
"""

from __future__ import annotations

import asyncio
import mimetypes
from pathlib import Path

from fastapi import FastAPI, HTTPException, Request, Response
from starlette.routing import Match, Route
from starlette.types import Scope

from serving.api.middleware import POLICY

BUILT = Path(__file__).parents[1] / "ui" / "dist"
API = ("/v1", "/docs", "/redoc", "/openapi.json", "/healthz", "/metrics")
"""Paths, and what is below them, that are never the workbench's."""
WORKBENCH = (
    b"content-security-policy",
    b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    b"connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
)
FOREVER = "public, max-age=31536000, immutable"
HASHED = "assets/"
NOT_BUILT = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Demand Planner</title></head>
<body><main><h1>Demand Planner</h1>
<p>The workbench has not been built. Run <code>make ui</code> beside the Makefile, then load this page again.</p>
<p>The API answers all the same: <a href="/docs">its reference</a>.</p></main></body></html>
"""


def add_pages(app: FastAPI) -> None:
    """Serves the workbench at every path that is nobody else's; call it when all other routes are there."""
    app.router.routes.append(Pages(BUILT))


class Pages(Route):
    """The route of the workbench.

    Args:
        built: the folder that the build was written to; it may appear, or be another one, while the process runs.
    """

    def __init__(self, built: Path) -> None:
        super().__init__("/{path:path}", self._page, methods=["GET"], include_in_schema=False)
        self.built = built
        self._listed = self._names()

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """A full match, or none: what is not a page stays what it would be without the workbench."""
        taken = scope["type"] == "http" and scope["method"] in {"GET", "HEAD"} and self._is_page(scope)
        return super().matches(scope) if taken else (Match.NONE, {})

    def _is_page(self, scope: Scope) -> bool:
        path = scope["path"]
        if any(path == one or path.startswith(f"{one}/") for one in API):
            return False
        return path == "/" or path.startswith(f"/{HASHED}") or path[1:] in self._listed or _wants_a_page(scope)

    def _names(self) -> frozenset[str]:
        """Names in the folder, read at the start and when a page is sent: not for each request on the event loop."""
        try:
            return frozenset(one.name for one in self.built.iterdir())
        except OSError:
            return frozenset()

    def _file(self, path: str) -> Path | None:
        """The file of the build at a path; None where there is none, or it would lie outside."""
        try:
            found = (self.built / path).resolve()
            return found if found.is_file() and found.is_relative_to(self.built.resolve()) else None
        except (OSError, ValueError):
            return None

    async def _page(self, request: Request) -> Response:
        """A file, or the page that reads the rest of the path itself."""
        answer = await asyncio.to_thread(self._answer, request)
        request.scope[POLICY] = WORKBENCH
        return answer

    def _answer(self, request: Request) -> Response:
        """Raises HTTPException where there is no such file, as no other route would have answered."""
        path = request.path_params["path"]
        found = self._file(path)
        if found is None and not (path == "" or _wants_a_page(request.scope)):
            raise HTTPException(404)
        if found is None:
            found, self._listed = self._file("index.html"), self._names()
        if found is None:
            return Response(NOT_BUILT, media_type="text/html")
        headers = {"vary": "accept-encoding"}
        if path.startswith(HASHED) and found.name != "index.html":
            headers["cache-control"] = FOREVER
        sent = found
        packed = found.with_name(f"{found.name}.gz")
        if "gzip" in request.headers.get("accept-encoding", "") and packed.is_file():
            sent, headers["content-encoding"] = packed, "gzip"
        return Response(sent.read_bytes(), media_type=_media_type(found), headers=headers)


def _wants_a_page(scope: Scope) -> bool:
    return any(name == b"accept" and b"text/html" in value for name, value in scope["headers"])


def _media_type(path: Path) -> str:
    return mimetypes.guess_type(path.name)[0] or "application/octet-stream"
