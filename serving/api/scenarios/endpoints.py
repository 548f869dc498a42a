"""`/v1/scenarios`. Belongs here: translation between HTTP and the service."""

from __future__ import annotations

import orjson
from fastapi import APIRouter, Request, Response

from dp_assets.domain.access import Permission
from serving.api.access import GuardedRoute, needs, principal_of
from serving.api.descriptions import answered, documented, documented_body, in_path
from serving.api.overrides.schemas import SET_EXAMPLE, OverridesSet
from serving.api.parameters import parse, parse_body
from serving.api.problems import PlanningUnavailableError, RefusedEditError, UnknownScenarioError, may_raise
from serving.api.scenarios import service
from serving.api.scenarios.schemas import (
    COMPARISON_EXAMPLE,
    SCENARIO_EXAMPLE,
    TO_KEEP_EXAMPLE,
    Comparison,
    ComparisonQuery,
    Deleted,
    DeletionQuery,
    Promotion,
    Requested,
    Scenario,
    Scenarios,
    ScenarioToKeep,
)
from serving.api.writing import CHANGES, IDEMPOTENCY_KEY, REFUSALS, beside, changed, desk, seen_of

router = APIRouter(tags=["scenarios"], route_class=GuardedRoute)
NAME = in_path("name", "Name of the scenario.")
REFUSED = may_raise(*REFUSALS, UnknownScenarioError)


@router.get(
    "/v1/scenarios",
    response_class=Response,
    summary="Scenarios",
    responses={
        **answered(Scenarios, "Every scenario that is kept", {"scenarios": [SCENARIO_EXAMPLE]}, conditional=False),
        **may_raise(PlanningUnavailableError),
    },
)
@needs(Permission.READ, heeds_scope=True)
async def scenarios(request: Request) -> Response:
    """Scenarios by name, and whether what they came to still holds."""
    here, principal = desk(request), principal_of(request)
    answer = await beside(here.turns, lambda: service.listing(here, principal))
    return Response(orjson.dumps(answer), media_type="application/json")


@router.get(
    "/v1/scenarios/{name}",
    response_class=Response,
    summary="A scenario",
    responses={
        **answered(Scenario, "As it was written, and its state", SCENARIO_EXAMPLE, conditional=False),
        **may_raise(UnknownScenarioError, PlanningUnavailableError),
    },
    openapi_extra={"parameters": [NAME]},
)
@needs(Permission.READ, heeds_scope=True)
async def scenario(request: Request) -> Response:
    """One scenario by name; ask again until its state is `up to date` after it was asked to run."""
    here, principal, name = desk(request), principal_of(request), request.path_params["name"]
    answer = await beside(here.turns, lambda: service.one(here, principal, name))
    return Response(orjson.dumps(answer), media_type="application/json")


@router.post(
    "/v1/scenarios",
    response_class=Response,
    status_code=201,
    summary="Keep a scenario",
    responses={201: answered(Scenario, "It is kept", SCENARIO_EXAMPLE, conditional=False)[200], **REFUSED},
    openapi_extra={
        "requestBody": documented_body(ScenarioToKeep, TO_KEEP_EXAMPLE),
        "parameters": [IDEMPOTENCY_KEY],
    },
)
@needs(Permission.PLAN, heeds_scope=True)
async def keep(request: Request) -> Response:
    """Keeps what would be different; nothing is computed yet. One of the same name is replaced only by its number.

    Whoever is kept to nodes changes what lies wholly inside them; a change of anything else is refused by name.
    """
    body, principal = await parse_body(ScenarioToKeep, request), principal_of(request)
    return await changed(request, lambda here, asked: service.keep(here, principal, body, asked))


@router.delete(
    "/v1/scenarios/{name}",
    response_class=Response,
    summary="Delete a scenario",
    responses={**answered(Deleted, "It is gone", {"deleted": "spring-sale"}, conditional=False), **REFUSED},
    openapi_extra={"parameters": documented(DeletionQuery, path={"name": "Name of the scenario."})},
)
@needs(Permission.PLAN, heeds_scope=True)
async def delete(request: Request) -> Response:
    """Ends a scenario; numbers that it was promoted to stay. Scenarios are of all who plan what they change."""
    query, principal, name = parse(DeletionQuery, request), principal_of(request), request.path_params["name"]
    return await changed(request, lambda here, asked: service.delete(here, principal, name, query.number, asked), b"")


@router.post(
    "/v1/scenarios/{name}/run",
    response_class=Response,
    status_code=202,
    summary="Compute a scenario",
    responses={
        202: answered(Requested, "The graph was asked", {"request": 13, "scenario": "spring-sale"}, conditional=False)[
            200
        ],
        **REFUSED,
    },
    openapi_extra={"parameters": [NAME, IDEMPOTENCY_KEY]},
)
@needs(Permission.PLAN, heeds_scope=True)
async def run(request: Request) -> Response:
    """Asks the asset graph to compute it; the sensor `requests_sensor` takes that up within a minute."""
    principal, name = principal_of(request), request.path_params["name"]
    return await changed(request, lambda here, asked: service.ask_for(here, principal, name, asked))


@router.get(
    "/v1/scenarios/{name}/comparison",
    response_class=Response,
    summary="Scenarios side by side",
    responses={
        **answered(Comparison, "Numbers and intervals beside the base", COMPARISON_EXAMPLE, conditional=False),
        **may_raise(UnknownScenarioError, RefusedEditError, PlanningUnavailableError),
    },
    openapi_extra={"parameters": documented(ComparisonQuery, path={"name": "Name of the scenario."})},
)
@needs(Permission.READ, heeds_scope=True)
async def comparison(request: Request) -> Response:
    """One or several scenarios beside what is published: one row per bucket of every node that any changes."""
    query, here, name = parse(ComparisonQuery, request), desk(request), request.path_params["name"]
    principal = principal_of(request)
    answer = await beside(here.turns, lambda: service.comparison(here, principal, name, query))
    return Response(orjson.dumps(answer), media_type="application/json")


@router.post(
    "/v1/scenarios/{name}/promote",
    response_class=Response,
    status_code=201,
    summary="Make a scenario the plan",
    responses={
        201: answered(OverridesSet, "Its numbers hold", SET_EXAMPLE, conditional=False)[200],
        202: answered(OverridesSet, "They wait for approval", SET_EXAMPLE, conditional=False)[200],
        **REFUSED,
    },
    openapi_extra={
        "requestBody": documented_body(Promotion, {"reason_code": "promotion"}),
        "parameters": [NAME, *CHANGES],
    },
)
@needs(Permission.PLAN, heeds_scope=True)
async def promote(request: Request) -> Response:
    """Sets, or proposes, every number that it changes; one of a series that is not theirs refuses all."""
    body, principal, seen = await parse_body(Promotion, request), principal_of(request), seen_of(request)
    name, reason = request.path_params["name"], body.reason_code
    return await changed(request, lambda here, asked: service.promote(here, principal, name, reason, seen, asked))
