"""The app factory. Belongs here: assembly of routers, errors, OpenAPI and the watch over bundles."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

from dp_resources.settings import Settings
from serving.api.access import check_guarded, describe_refusals
from serving.api.authentication import Gate
from serving.api.cycles.endpoints import router as cycles
from serving.api.forecasts.endpoints import router as forecasts
from serving.api.health.endpoints import router as health
from serving.api.middleware import LOCAL_HOSTS, Middleware
from serving.api.problems import MEDIA_TYPE, add_problem_handlers
from serving.api.session.endpoints import router as session
from serving.library import Library, open_lake

DESCRIPTION = """
SKU forecasts of the current cycle, with intervals, read from the serving bundle that the asset graph publishes.

* Quantities are units per bucket. `mean` adds up; `median` is best where single errors count; `published` is the number
  of record, after reconciliation and overrides.
* A newer bundle is picked up by itself; `/healthz` says which one is served.
* Whoever asks shows an API key or a token as `Authorization: Bearer …`; an API that is open answers readers on its own
  machine without. A key makes so many requests per second, then 429 says in `Retry-After` when to go on.
* Errors are problem details (RFC 9457): `detail` says what was expected, what came, and what to do.
"""


def create_app(settings: Settings | None = None, local_only: bool = False) -> FastAPI:
    """The API over the lake that the settings (default: the environment) describe.

    Nothing is read before the app starts. Without a bundle it starts all the same and answers 503 until one appears.

    Args:
        settings: the environment.
        local_only: answer only who asks for this machine by a name of its own.
    """
    chosen = settings or Settings()
    gate = Gate(chosen)

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        if not gate.is_open:
            await asyncio.to_thread(gate.open)
        library = Library(open_lake(chosen))
        await library.look()
        app.state.library = library
        watch = asyncio.create_task(library.watch())
        yield
        watch.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watch

    app = FastAPI(title="Demand Planner", version="1", description=DESCRIPTION, lifespan=lifespan)
    app.state.gate = gate
    for router in (forecasts, cycles, session, health):
        app.include_router(router)
    check_guarded(app)
    add_problem_handlers(app)
    if origins := [one.strip() for one in chosen.api_cors_origins.split(",") if one.strip()]:
        app.add_middleware(CORSMiddleware, allow_origins=origins, allow_methods=["*"], allow_headers=["Authorization"])
    generate, build = app.openapi, app.build_middleware_stack
    hosts = LOCAL_HOSTS if local_only else None
    app.openapi = lambda: _completed(generate())  # type: ignore[method-assign]
    app.build_middleware_stack = lambda: Middleware(build(), chosen.api_body_bytes, hosts)  # type: ignore[method-assign]
    return app


def _completed(document: dict[str, Any]) -> dict[str, Any]:
    """The OpenAPI document with what FastAPI cannot be told: refusals, and the media type of errors."""
    describe_refusals(document)
    for path in document["paths"].values():
        for operation in path.values():
            for status, response in operation["responses"].items():
                if status >= "400" and "application/json" in response.get("content", {}):
                    response["content"] = {MEDIA_TYPE: response["content"].pop("application/json")}
    return document
