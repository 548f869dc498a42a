"""The app factory. Belongs here: assembly of routers, errors, OpenAPI and the watch over bundles."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from dp_resources.settings import Settings
from serving.api.access import check_guarded, describe_refusals
from serving.api.accuracy.endpoints import router as accuracy
from serving.api.alerts.endpoints import router as alerts
from serving.api.authentication import Gate
from serving.api.catalogue.endpoints import router as catalogue
from serving.api.changes.endpoints import router as changes
from serving.api.channels.endpoints import router as channels
from serving.api.classes.endpoints import router as classes
from serving.api.conflicts.endpoints import router as conflicts
from serving.api.contributions.endpoints import router as contributions
from serving.api.cycles.endpoints import router as cycles
from serving.api.descriptions import document
from serving.api.drift.endpoints import router as drift
from serving.api.file_versions.endpoints import router as file_versions
from serving.api.forecasts.endpoints import router as forecasts
from serving.api.health.endpoints import router as health
from serving.api.history.endpoints import router as history
from serving.api.keys.endpoints import router as keys
from serving.api.ledger.endpoints import router as ledger
from serving.api.lineage.endpoints import router as lineage
from serving.api.meter import Meter
from serving.api.metrics.endpoints import router as metrics
from serving.api.middleware import LOCAL_HOSTS, Middleware
from serving.api.newcomers.endpoints import router as newcomers
from serving.api.nodes.endpoints import router as nodes
from serving.api.outliers.endpoints import router as outliers
from serving.api.overrides.endpoints import router as overrides
from serving.api.pages import add_pages
from serving.api.problems import add_problem_handlers, share_problems
from serving.api.producers.endpoints import router as producers
from serving.api.proposals.endpoints import router as proposals
from serving.api.quality.endpoints import router as quality
from serving.api.recalls.endpoints import router as recalls
from serving.api.receipts.endpoints import router as receipts
from serving.api.scenarios.endpoints import router as scenarios
from serving.api.series.endpoints import router as series
from serving.api.session.endpoints import router as session
from serving.api.thresholds.endpoints import router as thresholds
from serving.api.trace.endpoints import router as trace
from serving.api.tracing import Traced, Tracing, is_configured
from serving.api.uploads.endpoints import router as uploads
from serving.api.users.endpoints import router as users
from serving.api.value_added.endpoints import router as value_added
from serving.api.what_if.endpoints import router as what_if
from serving.api.worklist.endpoints import router as worklist
from serving.api.worksheet.endpoints import router as worksheet
from serving.desk import Desk
from serving.library import Library, open_lake

READING = (
    forecasts,
    what_if,
    newcomers,
    catalogue,
    nodes,
    series,
    history,
    worklist,
    accuracy,
    value_added,
    drift,
    contributions,
    changes,
    channels,
    classes,
    outliers,
    trace,
    receipts,
)
"""Everything that is read of forecasts and what belongs to them."""
WRITING = (overrides, proposals, worksheet, scenarios, uploads, recalls)
"""Everything that people change."""
SENT = ("Authorization", "Content-Type", "Idempotency-Key", "If-Match", "If-None-Match")
"""Headers that pages elsewhere which are named may send."""
SHOWN = ("ETag", "Retry-After", "X-Request-Id", "X-Planning-Database")
"""Headers of answers that they may read, beside those that every page may."""
RUNNING = (producers, quality, conflicts, ledger, alerts, users, keys, thresholds)
"""What whoever runs the platform looks at and changes."""
DESCRIPTION = """
Forecasts of SKUs and of every node of the hierarchies, with intervals, read from the serving bundle that the asset
graph publishes; history, accuracy, exceptions and reasons beside them.

* Quantities are units per bucket. `mean` adds up; `median` is best where single errors count; `published` is the number
  of record, after reconciliation and overrides.
* A newer bundle is picked up by itself; `/healthz` says which one is served.
* Whoever asks shows an API key or a token as `Authorization: Bearer …`; an API that is open answers readers on its own
  machine without. A key makes so many requests per second, then 429 says in `Retry-After` when to go on.
* Answers that stand still have an `ETag`: asked again with `If-None-Match`, they cost nothing where nothing changed.
* Errors are problem details (RFC 9457): `detail` says what was expected, what came, and what to do.
"""


def create_app(settings: Settings | None = None, local_only: bool = False) -> FastAPI:
    """The API over the lake that the settings (default: the environment) describe.

    Nothing is read before the app starts. Without a bundle it starts all the same and answers 503 until one appears.

    Args:
        settings: the environment.
        local_only: answer only who asks for this machine by a name of its own.

    Raises:
        ConfigError: traces are to be sent somewhere, and cannot be.
    """
    chosen = settings or Settings()
    gate = Gate(chosen)
    tracing = Tracing() if is_configured() else None

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        if not gate.is_open:
            await asyncio.to_thread(gate.open)
        library = Library(open_lake(chosen))
        await library.look()
        app.state.library, app.state.desk = library, Desk(chosen, library.lake)
        watch = asyncio.create_task(library.watch())
        yield
        if tracing is not None:
            await asyncio.to_thread(tracing.close)
        watch.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watch

    app = FastAPI(title="Demand Planner", version="1", description=DESCRIPTION, lifespan=lifespan)
    app.state.gate, app.state.meter, app.state.settings = gate, Meter(), chosen
    routers = (*READING, *WRITING, cycles, lineage, file_versions, *RUNNING, session, health, metrics)
    # Not include_router: it would look every request up a second time, inside the router. And before the routes of
    # /docs: all are tried in turn.
    app.router.routes[:0] = [route for router in routers for route in router.routes]
    add_pages(app)
    check_guarded(app)
    add_problem_handlers(app)
    if origins := [one.strip() for one in chosen.api_cors_origins.split(",") if one.strip()]:
        app.add_middleware(
            CORSMiddleware, allow_origins=origins, allow_methods=["*"], allow_headers=SENT, expose_headers=SHOWN
        )
    generate, build = app.openapi, app.build_middleware_stack
    hosts = LOCAL_HOSTS if local_only else None
    app.openapi = lambda: _secured(document(generate))  # type: ignore[method-assign]

    def layers() -> ASGIApp:
        inner = Middleware(build(), chosen.api_body_bytes, hosts, app.state.meter, chosen.api_upload_bytes)
        return inner if tracing is None else Traced(inner, tracing, lambda: _cycle(app))

    app.build_middleware_stack = layers  # type: ignore[method-assign]
    return app


def _cycle(app: FastAPI) -> str | None:
    current = app.state.library.current
    return current.cycle if current else None


def _secured(found: dict[str, Any]) -> dict[str, Any]:
    """The OpenAPI document with how to authenticate and what is refused, which FastAPI cannot be told."""
    describe_refusals(found)
    share_problems(found)
    return found
