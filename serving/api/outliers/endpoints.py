"""`/v1/outliers`. Belongs here: translation between HTTP and the service."""

from __future__ import annotations

import asyncio

import orjson
from fastapi import APIRouter, Request, Response

from dp_assets.domain.access import Permission
from serving.api.access import GuardedRoute, needs
from serving.api.answers import conditional, etag, is_known, not_modified
from serving.api.descriptions import answered, documented
from serving.api.outliers import service
from serving.api.outliers.schemas import EXAMPLE, Outliers, OutliersQuery
from serving.api.parameters import parse
from serving.api.problems import BadParameterError, NoBundleError, NotMadeError, may_raise
from serving.api.state import library, table, view_of_tables

router = APIRouter(tags=["reasons"], route_class=GuardedRoute)


@router.get(
    "/v1/outliers",
    response_class=Response,
    summary="Outliers",
    responses={
        **answered(Outliers, "Outliers by the money at stake", EXAMPLE),
        **may_raise(NotMadeError, BadParameterError, NoBundleError),
    },
    openapi_extra={"parameters": documented(OutliersQuery, path={})},
)
@needs(Permission.READ, heeds_scope=True)
async def outliers(request: Request) -> Response:
    """Buckets of a cycle's history that sold so much that the models see less of them: how much, and likely causes.

    Causes are told where the job `explain` has looked for them.
    """
    query = parse(OutliersQuery, request)
    log = await table(request, "outlier_log", query.cycle)
    tables = library(request).tables
    made = service.Made(
        log, await tables.get("outlier_causes", log.cycle), await tables.get("series_classes", log.cycle)
    )
    seen = await view_of_tables(request)
    tag = etag(made.version, ("outliers", log.cycle, seen and seen.stamp, *query.model_dump().items()))
    if is_known(request, tag.encode()):
        return not_modified(tag)
    body = await asyncio.to_thread(lambda: orjson.dumps(service.outliers(made, seen, query)))
    return conditional(request, tag, lambda: body)
