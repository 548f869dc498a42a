"""`PUT /v1/files`. Belongs here: translation between HTTP and the service."""

from __future__ import annotations

import orjson
from fastapi import APIRouter, Request, Response

from dp_assets.domain.access import Permission
from serving.api.access import GuardedRoute, needs, principal_of
from serving.api.descriptions import answered, in_path
from serving.api.problems import (
    BadParameterError,
    BodyTooLongError,
    ForbiddenError,
    PlanningUnavailableError,
    UnknownProducerError,
    may_raise,
)
from serving.api.state import settings
from serving.api.uploads import service
from serving.api.uploads.schemas import UPLOADED_EXAMPLE, Uploaded
from serving.api.writing import beside, desk

router = APIRouter(tags=["files"], route_class=GuardedRoute)
PATH = [
    in_path("producer", "A producer of `demand.yaml`; calendars and promotions are producers' feeds, too."),
    in_path("name", "Name of the file; it must be one that the producer's `files` match."),
]
BODY = {
    "required": True,
    "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
}


@router.put(
    "/v1/files/{producer}/{name}",
    response_class=Response,
    status_code=201,
    summary="Upload a producer's file",
    responses={
        201: answered(Uploaded, "It lies in the landing folder", UPLOADED_EXAMPLE, conditional=False)[200],
        **may_raise(
            BadParameterError, BodyTooLongError, ForbiddenError, UnknownProducerError, PlanningUnavailableError
        ),
    },
    openapi_extra={"requestBody": BODY, "parameters": PATH},
)
@needs(Permission.OPERATE)
async def upload(request: Request) -> Response:
    """The body, as it is, becomes a file of the landing folder, whole or not at all; the graph takes it in from there.

    A file of the same name is replaced: the new content is another version of it. Sent again, it is the same file.
    """
    from dp_resources.staged_files import staged

    principal, here, at = principal_of(request), desk(request), request.path_params
    if principal.scope.nodes is not None:
        raise ForbiddenError("a file is about all nodes, and you are kept to some of them")
    uri = await beside(here.turns, lambda: service.place_of(here.config.producers, at["producer"], at["name"]))
    root = await beside(here.turns, lambda: service.landing_folder(here))
    with service.landing(), staged(root) as file:
        limit = settings(request).api_upload_bytes
        size, digest = await service.take_in(request.stream(), file, limit)
        answer = await beside(
            here.turns, lambda: service.land(here, principal.name, at["producer"], uri, file, size, digest)
        )
    return Response(orjson.dumps(answer), 201, media_type="application/json")
