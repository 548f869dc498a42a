"""`/v1/quality`. Belongs here: translation between HTTP and the service."""

from __future__ import annotations

import orjson
from fastapi import APIRouter, Request, Response

from dp_assets.domain.access import Permission
from serving.api.access import GuardedRoute, needs
from serving.api.descriptions import answered, documented
from serving.api.parameters import parse
from serving.api.problems import BadParameterError, PlanningUnavailableError, may_raise
from serving.api.quality import service
from serving.api.quality.schemas import EXAMPLE, QualityPage, QualityQuery
from serving.api.state import library
from serving.api.writing import beside, desk

router = APIRouter(tags=["files"], route_class=GuardedRoute)


@router.get(
    "/v1/quality",
    response_class=Response,
    summary="Data quality",
    responses={
        **answered(QualityPage, "Reports of data quality, the last file to arrive first", EXAMPLE, conditional=False),
        **may_raise(BadParameterError, PlanningUnavailableError),
    },
    openapi_extra={"parameters": documented(QualityQuery, path={})},
)
@needs(Permission.READ)
async def quality(request: Request) -> Response:
    """What stands out in files beside those that their producer delivered before, file by file; the report of a day
    with `day`. Every measure of a file stands in `GET /v1/files/{file_version_id}`."""
    query, here, reader = parse(QualityQuery, request), desk(request), library(request).tables.reader()
    answer = await beside(here.turns, lambda: service.reports(here, reader, query))
    return Response(orjson.dumps(answer), media_type="application/json")
