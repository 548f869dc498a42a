"""`/v1/files/{file_version_id}/recall`. Belongs here: translation between HTTP and the service."""

from __future__ import annotations

import orjson
from fastapi import APIRouter, Request, Response

from dp_assets.domain.access import Permission
from serving.api.access import GuardedRoute, needs, principal_of
from serving.api.descriptions import answered, documented, documented_body, in_path
from serving.api.parameters import parse, parse_body
from serving.api.problems import (
    BadParameterError,
    CannotBeRecalledError,
    ForbiddenError,
    KeyUsedError,
    PlanningUnavailableError,
    UnknownFileError,
    may_raise,
)
from serving.api.recalls import service
from serving.api.recalls.schemas import (
    RECALL_EXAMPLE,
    RECALLED_EXAMPLE,
    Recall,
    RecallAsked,
    Recalled,
    RecallQuery,
)
from serving.api.writing import IDEMPOTENCY_KEY, beside, changed, desk

router = APIRouter(tags=["files"], route_class=GuardedRoute)
PATH = "/v1/files/{file_version_id}/recall"
VERSION = {"file_version_id": "File version, as `GET /v1/files` lists it."}
UNDO = documented(RecallAsked, path=VERSION)
UNDO.append(IDEMPOTENCY_KEY)
TOLD = answered(Recalled, "It holds from now on", RECALLED_EXAMPLE, conditional=False)
REFUSED = may_raise(
    BadParameterError,
    ForbiddenError,
    UnknownFileError,
    CannotBeRecalledError,
    KeyUsedError,
    PlanningUnavailableError,
)


@router.get(
    PATH,
    response_class=Response,
    summary="What a recall would reach",
    responses={
        **answered(Recall, "What is computed from the file", RECALL_EXAMPLE, conditional=False),
        **may_raise(BadParameterError, UnknownFileError, PlanningUnavailableError),
    },
    openapi_extra={"parameters": documented(RecallQuery, path=VERSION)},
)
@needs(Permission.OPERATE)
async def recall(request: Request) -> Response:
    """Everything that a recall, or the undo of one that holds, would have computed again, and what the last one did.

    Nothing is written. Files that would be read again are read here, too, to know which buckets they change.
    """
    here, version, query = desk(request), request.path_params["file_version_id"], parse(RecallQuery, request)
    turns = here.previews if query.reach else here.turns
    answer = await beside(turns, lambda: service.recall(here, version, query.reach))
    return Response(orjson.dumps(answer), media_type="application/json")


@router.post(
    PATH,
    response_class=Response,
    status_code=201,
    summary="Take a file back",
    responses={201: TOLD[200], **REFUSED},
    openapi_extra={
        "requestBody": documented_body(RecallAsked, {"reason": "till 4 counted twice"}),
        "parameters": [*(in_path(*one) for one in VERSION.items()), IDEMPOTENCY_KEY],
    },
)
@needs(Permission.OPERATE)
async def take_back(request: Request) -> Response:
    """From now on the version counts for nothing. Nothing is deleted; the graph computes again what it reached."""
    body = await parse_body(RecallAsked, request)
    return await _told(request, undo=False, reason=body.reason)


@router.delete(
    PATH,
    response_class=Response,
    summary="Undo a recall",
    responses={**TOLD, **REFUSED},
    openapi_extra={"parameters": UNDO},
)
@needs(Permission.OPERATE)
async def undo(request: Request) -> Response:
    """Puts a version back in force, also one that a quality gate held out; the former bytes come back."""
    return await _told(request, undo=True, reason=parse(RecallAsked, request).reason)


async def _told(request: Request, undo: bool, reason: str) -> Response:
    principal, version = principal_of(request), request.path_params["file_version_id"]
    return await changed(request, lambda here, asked: service.tell(here, principal, version, undo, reason, asked))
