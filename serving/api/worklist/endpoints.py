"""`/v1/worklist`. Belongs here: translation between HTTP and the service."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

import orjson
from fastapi import APIRouter, Request, Response

from dp_assets.domain.access import NodeScope, Permission
from dp_assets.domain.errors import ConfigError, StorageError
from serving.api.access import GuardedRoute, needs, principal_of
from serving.api.answers import conditional, etag
from serving.api.descriptions import answered, documented, documented_body
from serving.api.parameters import parse, parse_body
from serving.api.problems import (
    BadParameterError,
    ForbiddenError,
    NoBundleError,
    NotMadeError,
    PlanningUnavailableError,
    UnknownNodeError,
    may_raise,
)
from serving.api.state import in_service, library, table, view_of_tables
from serving.api.worklist import assignees as who
from serving.api.worklist import marks, service
from serving.api.worklist.schemas import (
    ASSIGNEES_EXAMPLE,
    EXAMPLE,
    SET_EXAMPLE,
    TO_SET_EXAMPLE,
    Assignees,
    AssigneesQuery,
    MarksSet,
    MarksToSet,
    Worklist,
    WorklistQuery,
)
from serving.api.writing import IDEMPOTENCY_KEY, REFUSALS, beside, changed, desk, refusals
from serving.tables import Kept
from serving.turns import TooManyWaitError

if TYPE_CHECKING:
    from dp_resources.planning_marks import Mark, Place

router = APIRouter(tags=["worklist"], route_class=GuardedRoute)
PATIENCE = 10.0
"""Seconds that the worklist waits for its marks; a first look at them may have to bring the database up to date."""
log = logging.getLogger("demand_planner.serving")


@router.get(
    "/v1/worklist",
    response_class=Response,
    summary="What to look at first",
    responses={
        **answered(Worklist, "Exceptions by money at stake", EXAMPLE),
        **may_raise(NotMadeError, BadParameterError, NoBundleError),
    },
    openapi_extra={"parameters": documented(WorklistQuery, path={})},
)
@needs(Permission.READ, heeds_scope=True)
async def worklist(request: Request) -> Response:
    """The table `exceptions` of a cycle: what changed much, is biased, new, outside its interval or about to expire.

    What planners accepted or snoozed is left out unless `marked` asks for it.
    """
    query = parse(WorklistQuery, request)
    sight = await _sight(request, await table(request, "exceptions", query.cycle))
    found, newest = service.marks_seen(sight, await _marks(request))
    loaded, cycle = library(request).current, sight.exceptions.cycle
    bundle = loaded.bundle if query.recent and loaded and loaded.cycle == cycle else None
    views = [one and one.stamp for one in (sight.seen, sight.inside)]
    said = (found is not None and newest, query.assigned_to == "me" and sight.user)
    asked = ("worklist", cycle, bundle and bundle.version, *views, *said, *query.model_dump().items())
    tag = etag(sight.exceptions.sha256, asked)
    if bundle is None:
        return conditional(request, tag, lambda: orjson.dumps(service.worklist(sight, found, query)))
    # Beside the event loop: the history of a node is a sum over the series below it.
    answer = await asyncio.to_thread(service.worklist, sight, found, query, bundle)
    return conditional(request, tag, lambda: orjson.dumps(answer))


@router.put(
    "/v1/worklist/marks",
    response_class=Response,
    summary="Accept, snooze, assign",
    responses={
        **answered(MarksSet, "The marks stand", SET_EXAMPLE, conditional=False),
        **may_raise(*REFUSALS, NotMadeError, NoBundleError),
    },
    openapi_extra={
        "requestBody": documented_body(MarksToSet, TO_SET_EXAMPLE),
        "parameters": [IDEMPOTENCY_KEY],
    },
)
@needs(Permission.PLAN, heeds_scope=True)
async def put_marks(request: Request) -> Response:
    """Sets marks on exceptions of the cycle in service, all or none; each says all that its exception is to have.

    What is accepted comes back with the next cycle that finds it, what is snoozed with the first one from a day on.
    """
    body = await parse_body(MarksToSet, request)
    sight = await _sight(request, await table(request, "exceptions", None))
    assignees = await _assignees(request, sight) if any(one.assigned_to for one in body.marks) else None
    return await changed(request, lambda here, asked: marks.set_marks(here, sight, assignees, body, asked))


@router.get(
    "/v1/worklist/assignees",
    response_class=Response,
    summary="Who can be assigned an exception",
    responses={
        **answered(Assignees, "Names to choose from", ASSIGNEES_EXAMPLE, conditional=False),
        **may_raise(
            UnknownNodeError, ForbiddenError, BadParameterError, PlanningUnavailableError, NotMadeError, NoBundleError
        ),
    },
    openapi_extra={"parameters": documented(AssigneesQuery, path={})},
)
@needs(Permission.PLAN, heeds_scope=True)
async def assignees(request: Request) -> Response:
    """Who is let in and plans all of what an exception of the cycle in service is about."""
    query = parse(AssigneesQuery, request)
    sight = await _sight(request, await table(request, "exceptions", None))
    known = await _assignees(request, sight)
    with refusals():
        return Response(orjson.dumps(marks.assigned(sight, known, query)), media_type="application/json")


async def _assignees(request: Request, sight: service.Sight) -> who.Assignees:
    """Everybody who can be assigned something, and what they plan by the bundle in service."""
    from dp_resources.accounts import Accounts

    here = desk(request)
    users = {one.name: one for one in await beside(here.marking, lambda: Accounts(here.database).users())}
    views, of = {}, in_service(request).views.of
    for name, user in users.items():
        if who.may_plan(user):
            nodes = user.scope.nodes
            views[name] = None if nodes is None else await of(NodeScope(nodes))
    return who.Assignees(users, views, here.settings.oidc_issuer is not None, sight)


async def _sight(request: Request, exceptions: Kept) -> service.Sight:
    principal = principal_of(request)
    nodes, seen = principal.scope.nodes, await view_of_tables(request)
    inside = None if nodes is None else seen or await in_service(request).views.of(NodeScope(nodes))
    return service.Sight(exceptions, seen, inside, principal.name)


async def _marks(request: Request) -> dict[Place, Mark] | None:
    """Every mark; None while the planning database cannot be asked, without which the worklist is read as well."""
    here = desk(request)
    try:
        return await asyncio.wait_for(here.marking.do(here.marks), PATIENCE)
    except (StorageError, ConfigError, OSError, TooManyWaitError) as error:  # a timeout is an OSError
        log.warning("the worklist is answered without marks: %s", error or type(error).__name__)
        return None
