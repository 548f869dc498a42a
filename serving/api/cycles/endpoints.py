"""`/v1/cycles`. Belongs here: translation between HTTP and the service."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

from fastapi import APIRouter, Request, Response

from dp_assets.domain.access import Permission
from serving.api.access import GuardedRoute, address_of, needs, principal_of
from serving.api.cycles import service
from serving.api.cycles.schemas import EXAMPLE, KEPT_EXAMPLE, ROLLBACK_EXAMPLE, Cycle, KeptBundles, Rollback
from serving.api.descriptions import answered, documented_body
from serving.api.parameters import parse_body
from serving.api.problems import (
    BadParameterError,
    CannotBeServedError,
    NoBundleError,
    PlanningUnavailableError,
    may_raise,
)
from serving.api.state import gate, in_service, library, view

router = APIRouter(tags=["cycles"], route_class=GuardedRoute)


@router.get(
    "/v1/cycles/current",
    summary="The cycle being served",
    response_class=Response,
    responses={
        **answered(Cycle, "The cycle and what made its forecasts", EXAMPLE, conditional=False),
        **may_raise(NoBundleError),
    },
)
@needs(Permission.READ, heeds_scope=True)
async def current_cycle(request: Request) -> Response:
    """Which cycle the forecasts are of, how far they reach, what made them, and whether somebody rolled back to it.

    Whoever is kept to some nodes and must not see others is told of the series below them only.
    """
    return await _current(request)


@router.get(
    "/v1/cycles/bundles",
    summary="Bundles that can be rolled back to",
    response_class=Response,
    responses=answered(KeptBundles, "Every bundle that is kept", KEPT_EXAMPLE, conditional=False),
)
@needs(Permission.OPERATE)
async def kept_bundles(request: Request) -> Response:
    """Every bundle in the lake, the newest cycle first, with earlier versions of the same cycle."""
    found = await asyncio.to_thread(service.kept_bundles, library(request).lake)
    return Response(found.model_dump_json(), media_type="application/json")


@router.put(
    "/v1/cycles/current",
    summary="Roll back",
    response_class=Response,
    responses={
        **answered(Cycle, "What is served now", EXAMPLE, conditional=False),
        **may_raise(BadParameterError, NoBundleError, CannotBeServedError, PlanningUnavailableError),
    },
    openapi_extra={"requestBody": documented_body(Rollback, ROLLBACK_EXAMPLE)},
)
@needs(Permission.OPERATE)
async def roll_back(request: Request) -> Response:
    """Serves a bundle that is kept in place of the newest one, in every API process within ten seconds, until undone.

    It stays so when newer bundles come. The ledger says who, when, from where, what before, and why.
    """
    asked = await parse_body(Rollback, request)
    change = partial(service.roll_back, to=asked.to, reason=asked.reason)
    return await _changed(request, change)


@router.delete(
    "/v1/cycles/current",
    summary="Undo a rollback",
    response_class=Response,
    responses={
        **answered(Cycle, "What is served now", EXAMPLE, conditional=False),
        **may_raise(NoBundleError, CannotBeServedError, PlanningUnavailableError),
    },
)
@needs(Permission.OPERATE)
async def undo_rollback(request: Request) -> Response:
    """Serves the newest bundle again, in every API process within ten seconds."""
    return await _changed(request, service.undo)


async def _changed(request: Request, change: Callable[..., None]) -> Response:
    """Changes what is served, has this process follow at once, and answers what it serves then."""
    who = principal_of(request)
    shelf, by, address = library(request), who.name, address_of(request)
    await asyncio.to_thread(change, shelf, gate(request).accounts.database, who.scope, by=by, address=address)
    await shelf.look()
    return await _current(request)


async def _current(request: Request) -> Response:
    loaded = in_service(request)
    found = service.current_cycle(library(request), loaded, await view(request, loaded))
    return Response(found.model_dump_json(), media_type="application/json")
